"""Read the adolescent panel (ADKS), whose codebook is restricted: the column map stands in the design.

No public file or codebook was seen. The loader asks for a long file, one row a pupil and wave, and checks
what it gets against the contract; it guesses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyreadstat

from analysis.design.adks import AdksDesign, adks_design
from analysis.design.regio import TRACKS
from analysis.sources.geography import require_provinces
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.sources.texttable import read_text_pieces, shown
from analysis.workspace import Workspace

MAP = "data/design/adks.toml"
_EMPTY = ("", "NA", "nan")
_SHOWN = 5


def adks_contract(design: AdksDesign) -> pa.DataFrameSchema:
    """Columns pupil, school, wave, track, weight, the outcomes, and municipality and province if mapped.

    A missing answer is NaN; everything else is present. A pupil occurs once a wave.
    """
    used = design.file.used
    text = pa.Column(str, pa.Check.str_length(min_value=1))
    columns = {
        "pupil": text,
        "school": text,
        "wave": pa.Column(int, pa.Check.in_range(1, design.waves)),
        "track": pa.Column(str, pa.Check.isin(TRACKS)),
        "weight": pa.Column(float, pa.Check.gt(0)),
    }
    if "municipality" in used:
        columns["municipality"] = text
    if "province" in used:
        columns["province"] = pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$"))
    for outcome in design.outcome:
        columns[outcome.name] = pa.Column(float, pa.Check.in_range(outcome.low, outcome.high), nullable=True)
    return pa.DataFrameSchema(columns, unique=["pupil", "wave"], strict=True, name="adks")


def adks_path(design: AdksDesign, workspace: Workspace | None = None) -> Path:
    """Where the file is looked for."""
    return (workspace or Workspace.current()).data / design.file.name


def read_adks(path: Path, design: AdksDesign | None = None) -> pd.DataFrame:
    """The panel, one row a pupil and wave.

    Returns
    -------
    pandas.DataFrame
        pupil, school, wave, track, weight (1 if the file has none), the outcomes, and municipality and
        province if mapped. Missing answers are NaN.

    Raises
    ------
    FileNotFoundError
    ValueError
        If the file cannot be read, is empty, lacks a mapped column, holds an unknown track or province,
        a wave outside the design, a weight of zero or less, a value outside its range, or a pupil twice in
        a wave. The message names file, column and row (counted from 1, below the header).
    """
    design = design or adks_design()
    path = Path(path)
    known: dict[str, dict[str, str]] = {}
    pieces = [_shared(_piece(raw, path, design), known) for raw in _raw(path, design)]
    return _contracted(pd.concat(pieces, ignore_index=True), path, design)


def _piece(raw: pd.DataFrame, path: Path, design: AdksDesign) -> pd.DataFrame:
    """Some rows of the file in the types of the panel; their index counts on through the file."""
    names = {**design.file.used, **{outcome.name: outcome.file for outcome in design.outcome}}
    absent = [f"{theirs} (for {ours})" for ours, theirs in names.items() if theirs not in raw.columns]
    if absent:
        raise ValueError(
            f"{path.name}: column {', '.join(absent)} is missing. The file has {', '.join(raw.columns)}. "
            f"Put the names of the codebook in {MAP}, under [file.columns] and file of each outcome"
        )
    text = pd.DataFrame({ours: raw[theirs] for ours, theirs in names.items()})
    outcomes = [outcome.name for outcome in design.outcome]
    # a missing code is one for an answer only: pupil 98 is a pupil
    text[outcomes] = text[outcomes].mask(text[outcomes].isin(design.file.missing))
    text = text.mask(text.isin(_EMPTY))

    frame = pd.DataFrame(index=text.index)
    for column in ("pupil", "school"):
        frame[column] = _complete(text[column], path, column)
    frame["wave"] = _wave(text["wave"], path, design)
    frame["track"] = _track(text["track"], path, design)
    frame["weight"] = _numbers(_complete(text["weight"], path, "weight"), path, "weight", design) if (
        "weight" in text
    ) else 1.0  # fmt: skip
    if "municipality" in text:
        frame["municipality"] = _complete(text["municipality"], path, "municipality")
    if "province" in text:
        frame["province"] = _complete(text["province"], path, "province")
        require_provinces(frame["province"], f"{path.name}, column province")
    for outcome in design.outcome:
        frame[outcome.name] = _numbers(text[outcome.name], path, outcome.name, design) * outcome.factor
    return frame


def _shared(frame: pd.DataFrame, known: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The same with each text once in memory: a panel of millions of rows repeats its pupils and schools."""
    for column in frame.columns[frame.dtypes == "str"]:
        texts = known.setdefault(column, {})
        codes, unique = pd.factorize(frame[column])
        one = np.array([texts.setdefault(text, text) for text in unique], dtype=object)
        frame[column] = pd.Series(one[codes], frame.index, dtype="str")
    return frame


def _raw(path: Path, design: AdksDesign) -> Iterator[pd.DataFrame]:
    """The file as text in pieces, so that a code is never taken for a number on the way."""
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is absent from {path.parent}")
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name}: the file is empty")
    try:
        if path.suffix == ".sav":
            frame, _ = pyreadstat.read_sav(str(path), user_missing=True)
            if frame.empty:
                raise ValueError(f"{path.name}: has a header and no rows")
            yield frame.apply(_as_text)
        else:
            yield from read_text_pieces(path, separator=design.file.separator)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise ValueError(f"{path.name}: not a readable {path.suffix} file: {error}") from error


def _as_text(column: pd.Series) -> pd.Series:
    """An SPSS column as text: 3.0 reads ``3``, system-missing reads ``""``."""
    if not pd.api.types.is_numeric_dtype(column):
        return column.fillna("").astype(str).str.strip()
    values = column.to_numpy(dtype=float)
    return pd.Series([("" if np.isnan(value) else f"{value:.15g}") for value in values], index=column.index)


def _complete(column: pd.Series, path: Path, name: str) -> pd.Series:
    if column.isna().any():
        raise ValueError(
            f"{path.name}, column {name}: {int(column.isna().sum())} empty, "
            f"first in row {_row(column.isna())}"
        )
    quoted = column.str.contains('"', regex=False)
    if quoted.any():
        raise ValueError(
            f"{path.name}, column {name}, row {_row(quoted)}: {shown(column[quoted].iloc[0])} holds a quote; "
            "is one missing at the other end?"
        )
    return column.astype(str)


def _wave(column: pd.Series, path: Path, design: AdksDesign) -> pd.Series:
    waves = [str(wave) for wave in range(1, design.waves + 1)]
    wrong = ~_complete(column, path, "wave").isin(waves)
    if wrong.any():
        raise ValueError(
            f"{path.name}, column wave, row {_row(wrong)}: {shown(column[wrong].iloc[0])} "
            f"is not one of {', '.join(waves)}"
        )
    return column.astype(int)


def _track(column: pd.Series, path: Path, design: AdksDesign) -> pd.Series:
    wrong = ~_complete(column, path, "track").isin(design.file.tracks)
    if wrong.any():
        values = ", ".join(repr(value) for value in sorted(column[wrong].unique())[:_SHOWN])
        raise ValueError(
            f"{path.name}, column track, row {_row(wrong)}: unknown code {values}; "
            f"known are {', '.join(design.file.tracks)}. Add it under [file.tracks] in {MAP}"
        )
    return column.map(dict(design.file.tracks)).astype(str)


def _numbers(column: pd.Series, path: Path, name: str, design: AdksDesign) -> pd.Series:
    text = column if design.file.decimal == "." else column.str.replace(design.file.decimal, ".", regex=False)
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = column.notna() & ~np.isfinite(numbers)
    if wrong.any():
        raise ValueError(
            f"{path.name}, column {name}, row {_row(wrong)}: {shown(column[wrong].iloc[0])} is not a number "
            f"(the decimal sign is {design.file.decimal!r} in {MAP})"
        )
    return numbers


def _contracted(frame: pd.DataFrame, path: Path, design: AdksDesign) -> pd.DataFrame:
    twice = frame.duplicated(["pupil", "wave"])
    if twice.any():
        first = frame[twice].iloc[0]
        raise ValueError(
            f"{path.name}, row {_row(twice)}: pupil {first['pupil']} occurs twice in wave {first['wave']}; "
            f"{int(twice.sum())} such rows"
        )
    try:
        return adks_contract(design).validate(frame.reset_index(drop=True), lazy=True)
    except pa.errors.SchemaErrors as errors:
        case = errors.failure_cases.iloc[0]
        row = "" if pd.isna(case["index"]) else f", row {int(case['index']) + 1}"
        raise ValueError(
            f"{path.name}, column {case['column']}{row}: found {case['failure_case']}, "
            f"fails the check {case['check']}; {len(errors.failure_cases)} such values"
        ) from None


def _row(wrong: pd.Series) -> int:
    """Number of the first row that is wrong; the index counts on through the file."""
    return int(wrong.index[np.asarray(wrong).argmax()]) + 1
