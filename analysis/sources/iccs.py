"""Student files of ICCS (IEA): ``ISG<CNT>C<cycle>.sav``, one system and cycle a file.

The public-use and restricted-use files share this layout. Bridge files (``…B4.sav``) hold a second
sample, tested on paper to compare modes, which international reporting leaves out; they are refused.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.errors

from analysis.design.gap import TrackVariable
from analysis.sources.iccs_contract import (
    BACKGROUND,
    COUNTRY_NUMBERS,
    CYCLES,
    GENDER,
    GENDERS,
    MISSING_CODES,
    MORE_VALUES,
    REQUIRED,
    STUDENTS,
    FileColumn,
    plausible_columns,
)
from analysis.sources.iccs_track import code_text, read_tracks
from analysis.sources.spss import SpssFile, read_spss

FILE_NAME = re.compile(r"ISG([A-Z0-9]{3})([CB][0-9])(?:[ _.(-].*)?\.Z?SAV", re.IGNORECASE)
_WHOLE = ("pupil", "zone", "rep")  # required whole numbers; the other columns may be missing
_PIECE = 500_000
_CONTRACT = copy.copy(STUDENTS)
_CONTRACT.unique = None  # a file holds one system and cycle: unique pupils are looked for by themselves
_PV_MEANS_APART = 40.0  # points; plausible values of one scale differ far less on average
_PV_SD = (20.0, 250.0)


def find_iccs(folder: Path) -> list[Path]:
    """The student files of core samples in `folder`, by name; bridge files and other files are not listed."""
    if not folder.is_dir():
        return []
    found = [
        path
        for path in folder.iterdir()
        if (match := FILE_NAME.fullmatch(path.name)) and match[2].upper() in CYCLES and path.is_file()
    ]
    return sorted(found, key=lambda path: path.name.upper())


def describe_name(path: Path) -> tuple[str, int]:
    """System and cycle of a file from its name: ``ISGNLDC4.sav`` is ("NLD", 2022).

    Raises
    ------
    ValueError
        If the name is not that of a student file of a core sample.
    """
    match = FILE_NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(
            f"{path.name}: the name of a student file is ISG<country>C<cycle>.sav, such as ISGNLDC4.sav"
        )
    system, suffix = match[1].upper(), match[2].upper()
    if suffix.startswith("B"):
        raise ValueError(
            f"{path.name}: a bridge file, the second sample that compares modes of testing; international "
            f"reporting leaves it out. Use ISG{system}C{suffix[1]}.sav"
        )
    if suffix not in CYCLES:
        known = ", ".join(f"{name} ({cycle})" for name, cycle in CYCLES.items())
        raise ValueError(f"{path.name}: unknown cycle {suffix}; known are {known}")
    return system, CYCLES[suffix]


def read_iccs(path: Path | str | Iterable[Path | str], *, track: TrackVariable | None = None) -> pd.DataFrame:
    """Pupils of one file, or of several below each other.

    Parameters
    ----------
    path : path or iterable of paths
    track : TrackVariable or None
        Where the track stands; None reads none.

    Returns
    -------
    pandas.DataFrame
        As :data:`analysis.sources.iccs_contract.STUDENTS`: required columns always, background columns and
        ``track`` where the file has them. Missing values are NaN.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, damaged, of another kind, or holds what the contract does not allow; the
        message names file, column and first row (counted from 1), and what to do.
    """
    if not isinstance(path, Path | str):
        frames = [read_iccs(one, track=track) for one in path]
        if not frames:
            raise ValueError("no ICCS files given")
        combined = pd.concat(frames, ignore_index=True)
        _require_unique(combined, ["system", "cycle", "pupil"], "the files together")
        return combined
    path = Path(path)
    system, cycle = describe_name(path)
    wanted = [name for column in (*REQUIRED, *MORE_VALUES, *BACKGROUND) for name in column.names]
    wanted += [name for names, _ in GENDER for name in names]
    wanted += [] if track is None else [track.name, track.key]
    file = read_spss(path, [*wanted, "COUNTRY"])
    _require_columns(file, path)
    _require_system(file.frame, system, path)
    rows = len(file.frame)
    tracks = None if track is None else read_tracks(file, track, path)
    gender = _gender(file, path)
    data: dict[str, object] = {
        "system": pd.Series(np.full(rows, system, dtype=object), dtype="str", copy=False),
        "cycle": np.full(rows, cycle, dtype=np.int64),
    }
    _require_values_on_end(file, path)
    for column in (*REQUIRED, *MORE_VALUES, *BACKGROUND):
        name = next((name for name in column.names if name in file.columns), None)
        if name is not None:
            values = _values(file.frame.pop(name), column, path)  # raw columns go as they are read
            data[column.name] = values.astype(np.int64) if column.name in _WHOLE else values
            del values
    if "immigration" in data:
        code = data["immigration"]
        data["migration"] = np.where(np.isnan(code), np.nan, (code > 1).astype(float))
    if gender is not None:
        data["gender"] = pd.Series(gender, dtype="str")
        data["female"] = np.select([gender == "girl", gender == "boy"], [1.0, 0.0], np.nan)
    if tracks is not None:
        data |= {"level": tracks["level"].astype("str"), "track": tracks["track"].to_numpy(dtype=object)}
    frame = pd.DataFrame(data, copy=False)
    del data
    _require_unique(frame, ["pupil"], path.name)
    _require_plausible(frame, path)
    for start in range(0, len(frame), _PIECE):  # a look at all rows at once doubles the memory
        try:
            _CONTRACT.validate(frame.iloc[start : start + _PIECE])
        except pandera.errors.SchemaError as error:
            raise ValueError(f"{path.name}: {error}") from error
    return frame


def _require_columns(file: SpssFile, path: Path) -> None:
    absent = [
        column.names[0] for column in REQUIRED if not any(name in file.columns for name in column.names)
    ]
    if absent:
        raise ValueError(
            f"{path.name}: column {', '.join(absent)} is absent among {len(file.columns)} columns; use the "
            "student file (ISG) of the international database as it was downloaded"
        )


def _require_system(frame: pd.DataFrame, system: str, path: Path) -> None:
    if "COUNTRY" not in frame:
        return
    codes = frame["COUNTRY"].dropna().map(code_text).str.upper().replace(COUNTRY_NUMBERS).unique()
    if len(codes) > 1:
        raise ValueError(
            f"{path.name}: COUNTRY holds {', '.join(sorted(codes))}; expected one country a file"
        )
    if len(codes) == 1 and re.fullmatch("[A-Z][A-Z0-9]{2}", codes[0]) and codes[0] != system:
        raise ValueError(
            f"{path.name}: the name says {system}, COUNTRY says {codes[0]}; give the file its own name back"
        )


def _values(series: pd.Series, column: FileColumn, path: Path) -> np.ndarray:
    """The column as floats, missing as NaN, every other value within its range."""
    if not pd.api.types.is_numeric_dtype(series):
        filled = series.dropna()
        filled = filled[filled.astype(str).str.strip() != ""]
        if column.required or not filled.empty:
            example = f", such as {filled.iloc[0]!r} in row {filled.index[0] + 1}" if not filled.empty else ""
            raise ValueError(
                f"{path.name}: column {series.name} holds text{example}; it must be numeric. Was the file "
                "saved anew with a decimal comma?"
            )
        return np.full(len(series), np.nan)
    values = series.to_numpy(dtype=float, na_value=np.nan, copy=True)
    outside = ~np.isnan(values) & ~((values >= column.low) & (values <= column.high))
    if not column.required:
        values[outside & np.isin(values, list(MISSING_CODES))] = np.nan
        outside &= ~np.isnan(values)
    if column.required and np.isnan(values).any():
        row = int(np.isnan(values).argmax())
        raise ValueError(
            f"{path.name}: column {series.name} is missing in {int(np.isnan(values).sum())} rows, first in "
            f"row {row + 1}; every pupil in this file must have it"
        )
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(
            f"{path.name}: column {series.name}, row {row + 1}: {values[row]:g} lies outside "
            f"{column.low:g} to {column.high:g} and is no missing code; are columns swapped, or is the code "
            "new?"
        )
    if column.whole:
        broken = ~np.isnan(values) & (values != np.round(values))
        if broken.any():
            row = int(broken.argmax())
            raise ValueError(
                f"{path.name}: column {series.name}, row {row + 1}: {values[row]:g} is not a whole number; "
                "are columns swapped?"
            )
    return values


def _gender(file: SpssFile, path: Path) -> np.ndarray | None:
    """``boy``, ``girl`` or ``other`` of each pupil, None where the file has no column for it.

    The derived S_GENDER counts from 0 and the answer itself (IS4G02) from 1; a third answer is one.
    """
    for names, first in GENDER:
        name = next((name for name in names if name in file.columns), None)
        if name is not None:
            column = FileColumn("gender", (name,), first, first + 2, whole=True)
            values = _values(file.frame[name], column, path) - first
            answers = np.array([*GENDERS, None], dtype=object)
            return answers[np.where(np.isnan(values), len(GENDERS), values).astype(int)]
    return None


def _require_values_on_end(file: SpssFile, path: Path) -> None:
    """Plausible values beyond the fifth count only if none before them is left out."""
    there = [column.names[0] in file.columns for column in MORE_VALUES]
    if any(later and not earlier for earlier, later in itertools.pairwise(there)):
        gap = MORE_VALUES[there.index(False)].names[0]
        raise ValueError(
            f"{path.name}: {gap} is absent and later plausible values are there; was it dropped?"
        )


def _require_unique(frame: pd.DataFrame, columns: list[str], place: str) -> None:
    repeated = frame.duplicated(columns)
    if repeated.any():
        row = int(repeated.to_numpy().argmax())
        raise ValueError(
            f"{place}: pupil {frame['pupil'].iloc[row]} occurs more than once (IDSTUD), again in row "
            f"{row + 1}; each pupil has one row"
        )


def _require_plausible(frame: pd.DataFrame, path: Path) -> None:
    """Catch a column that is not what its name says."""
    if frame["rep"].nunique() < 2:
        raise ValueError(
            f"{path.name}: JKREPS is {frame['rep'].iloc[0]} in every row; a zone has two halves, 0 and 1"
        )
    columns = plausible_columns(frame)
    for one, other in itertools.combinations(columns, 2):
        if len(frame) > 1 and frame[one].equals(frame[other]):
            first, second = columns.index(one) + 1, columns.index(other) + 1
            raise ValueError(
                f"{path.name}: PV{first}CIV and PV{second}CIV are the same in every row; plausible values "
                "are drawn apart. Was one copied, or their mean put in all?"
            )
    means = pd.Series({name: frame[name].mean() for name in columns})
    spreads = pd.Series({name: frame[name].std() for name in columns})
    middle = means.median()
    for number, name in enumerate(columns, start=1):
        if abs(means[name] - middle) > _PV_MEANS_APART or not _PV_SD[0] < spreads[name] < _PV_SD[1]:
            raise ValueError(
                f"{path.name}: PV{number}CIV has mean {means[name]:.0f} and standard deviation "
                f"{spreads[name]:.0f}, the plausible values together mean {middle:.0f}; it is not a "
                "plausible value of civic knowledge. Are columns swapped?"
            )
