"""The Dutch pupils of PISA 2003 (OECD): ``pisa2003_nld.csv.gz``.

The one open Dutch file with tracks, plausible values and replicate weights. It is about mathematics,
reading, science and problem solving; it proves the machinery and says nothing about civic knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.errors

from analysis.sources.numerals import parse_numbers
from analysis.sources.pisa_contract import DOMAINS, PUPILS, REPLICATE_COLUMNS, REPLICATES, pv_columns
from analysis.sources.texttable import read_text_table, shown

FILE = "pisa2003_nld.csv.gz"
LARGEST = 256 * 2**20  # bytes unpacked; the file has 2.5 million
_WEIGHT = "W_FSTUWT"
_REPLICATES = {f"W_FSTR{k}": name for k, name in enumerate(REPLICATE_COLUMNS, start=1)}
_PLAUSIBLE = {
    f"PV{k}{short}": name
    for domain, short in DOMAINS.items()
    for k, name in enumerate(pv_columns(domain), start=1)
}
_FAY = (0.35, 0.65)  # how far replicates lie from the weight; in the published file 0.49 to 0.51
_IDENTIFIERS = ("CNT", "SCHOOLID", "STIDSTD")
_CODES = {"ST03Q01": {1: 1.0, 2: 0.0}, "IMMIG": {1: 0.0, 2: 1.0, 3: 1.0}}  # girl, boy; native, otherwise
_MISSING = {"ST03Q01": {7, 8, 9}, "IMMIG": {7, 8, 9}, "ESCS": {997, 998, 999}}
_COLUMNS = (*_IDENTIFIERS, "PROGN", *_CODES, "ESCS", _WEIGHT, *_REPLICATES, *_PLAUSIBLE)


def read_pisa2003(path: Path | str, programmes: Mapping[int, str]) -> pd.DataFrame:
    """Pupils of the file.

    Parameters
    ----------
    path : path
        A CSV file with commas and decimal points, gzipped or not.
    programmes : mapping of int to str
        Programme code (``PROGN``) to track, see :mod:`analysis.design.gap`.

    Returns
    -------
    pandas.DataFrame
        As :data:`analysis.sources.pisa_contract.PUPILS`.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, damaged, of another kind, or holds what the contract does not allow; the
        message names file, column and first row (counted from 1), and what to do.
    """
    path = Path(path)
    table = read_text_table(path, largest=LARGEST)  # all cells as text, so that nothing is guessed
    for column in _COLUMNS:
        if column not in table:
            raise ValueError(f"{path.name}: column {column} is absent among {table.shape[1]} columns")
    country = table.loc[table["CNT"] != "NLD", "CNT"]
    if not country.empty:
        raise ValueError(
            f"{path.name}: CNT in row {country.index[0] + 1} is {country.iloc[0]!r}; expected NLD only"
        )
    programme = _numbers(table, "PROGN", path)
    data = {
        "school": table["SCHOOLID"],
        "pupil": table["STIDSTD"],
        "programme": programme.astype("int64"),
        "track": _coded(programme, dict(programmes), "PROGN", path, "add it to the programmes of the design"),
        "female": _background(table, "ST03Q01", path),
        "ses": _background(table, "ESCS", path),
        "migration": _background(table, "IMMIG", path),
        "weight": _weights(table, _WEIGHT, path, zero=False),
        **{name: _weights(table, column, path, zero=True) for column, name in _REPLICATES.items()},
        **{name: _plausible(table, column, path) for column, name in _PLAUSIBLE.items()},
    }
    frame = pd.DataFrame(data).astype({"track": "str"})
    repeated = frame.duplicated(["school", "pupil"])
    if repeated.any():
        row = int(repeated.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: pupil {frame['pupil'].iloc[row]} of school {frame['school'].iloc[row]} occurs "
            f"more than once (SCHOOLID, STIDSTD), again in row {row + 1}; each pupil has one row"
        )
    _require_fay(frame, path)
    try:
        return PUPILS.validate(frame)
    except pandera.errors.SchemaError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _numbers(table: pd.DataFrame, column: str, path: Path, *, optional: bool = False) -> pd.Series:
    cells = table[column]
    values = parse_numbers(cells)
    empty = cells.isna() | cells.isin(["", "NA", "."])
    wrong = ~np.isfinite(values) & ~(empty if optional else False)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: {shown(cells.iloc[row])} is not a number"
            + ("; is it a decimal comma?" if "," in str(cells.iloc[row]) else "")
        )
    return values


def _coded(values: pd.Series, codes: dict, column: str, path: Path, advice: str) -> pd.Series:
    unknown = values.notna() & ~values.isin(list(codes))
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: unknown code {values.iloc[row]:g}; {advice}"
        )
    return values.map(codes)


def _background(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    values = _numbers(table, column, path, optional=True)
    values = values.where(~values.isin(list(_MISSING[column])))
    if column in _CODES:
        known = ", ".join(map(str, _CODES[column]))
        return _coded(values, _CODES[column], column, path, f"known are {known}")
    outside = values.abs() > 8
    if outside.any():
        row = int(outside.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: {values.iloc[row]:g} is no value of the index"
        )
    return values


def _weights(table: pd.DataFrame, column: str, path: Path, *, zero: bool) -> pd.Series:
    values = _numbers(table, column, path)
    wrong = values < 0 if zero else values <= 0
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        rule = "zero or more" if zero else "above zero"
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: weight {values.iloc[row]:g}; a weight is {rule}"
        )
    return values


def _plausible(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    values = _numbers(table, column, path)
    outside = (values < -300) | (values > 1300)
    if outside.any():
        row = int(outside.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: {values.iloc[row]:g} is no plausible value; are "
            "columns swapped?"
        )
    return values


def _require_fay(frame: pd.DataFrame, path: Path) -> None:
    """Fay's factor 0.5 makes each replicate weight about half or one and a half times the full weight."""
    ratios = frame[list(REPLICATE_COLUMNS)].div(frame["weight"], axis=0)
    average = ratios.mean(axis=1).median()
    if not 0.8 < average < 1.25:
        raise ValueError(
            f"{path.name}: the {REPLICATES} replicate weights average {average:.2f} times {_WEIGHT}; "
            "about once is expected. Are columns swapped?"
        )
    spread = np.sqrt(((ratios - 1) ** 2).mean())  # 0.5 with Fay's factor, 1 for weights of 0 and 2
    wrong = ~spread.between(*_FAY)
    if wrong.any():
        name = {ours: theirs for theirs, ours in _REPLICATES.items()}[wrong.idxmax()]
        raise ValueError(
            f"{path.name}: column {name} lies {spread[wrong].iloc[0]:.2f} times {_WEIGHT} away from it on "
            "average; 0.5 is expected of replicates by Fay's method, and 1 would be balanced replicates of 0 "
            f"and 2, with another error. {int(wrong.sum())} of {REPLICATES} columns are so"
        )
