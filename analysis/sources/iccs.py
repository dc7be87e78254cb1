"""Student files of ICCS (IEA): ``ISG<CNT>C<cycle>.sav``, one system and cycle a file.

The public-use and restricted-use files share this layout. Bridge files (``…B4.sav``) hold a second
sample, tested on paper to compare modes, which international reporting leaves out; they are refused.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.errors

from analysis.design.gap import LEAVE_OUT, TRACKS, TrackVariable
from analysis.sources.iccs_contract import (
    BACKGROUND,
    CYCLES,
    MISSING_CODES,
    PV_COLUMNS,
    REQUIRED,
    STUDENTS,
    FileColumn,
)
from analysis.sources.spss import SpssFile, read_spss

FILE_NAME = re.compile(r"ISG([A-Z0-9]{3})([CB][0-9])\.SAV", re.IGNORECASE)
ASK_IEA = (
    "The public-use file of 2022 is not known to hold the track (vmbo, havo, vwo). Ask the IEA (Study Data "
    "Repository, secretariat@iea.nl) for the restricted-use file of ICCS 2022 for the Netherlands with the "
    "track or class type of each pupil, and put the name of its column in track_variable"
)
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
    wanted = [name for column in (*REQUIRED, *BACKGROUND) for name in column.names]
    track_name = [] if track is None else [track.name.upper()]
    file = read_spss(path, [*wanted, "COUNTRY", *track_name])
    _require_columns(file, path, track)
    _require_system(file.frame, system, path)
    rows = len(file.frame)
    tracks = None if track is None else _tracks(file, track, path)
    data: dict[str, object] = {
        "system": pd.Series(np.full(rows, system, dtype=object), dtype="str", copy=False),
        "cycle": np.full(rows, cycle, dtype=np.int64),
    }
    for column in (*REQUIRED, *BACKGROUND):
        name = next((name for name in column.names if name in file.columns), None)
        if name is not None:
            values = _values(file.frame.pop(name), column, path)  # raw columns go as they are read
            data[column.name] = values.astype(np.int64) if column.name in _WHOLE else values
            del values
    if "immigration" in data:
        code = data["immigration"]
        data["migration"] = np.where(np.isnan(code), np.nan, (code > 1).astype(float))
    if tracks is not None:
        data["track"] = tracks
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


def _require_columns(file: SpssFile, path: Path, track: TrackVariable | None) -> None:
    absent = [
        column.names[0] for column in REQUIRED if not any(name in file.columns for name in column.names)
    ]
    if absent:
        raise ValueError(
            f"{path.name}: column {', '.join(absent)} is absent among {len(file.columns)} columns; use the "
            "student file (ISG) of the international database as it was downloaded"
        )
    if track is not None and track.name.upper() not in file.columns:
        raise ValueError(f"{path.name}: the track variable {track.name} is absent. {ASK_IEA}")


def _require_system(frame: pd.DataFrame, system: str, path: Path) -> None:
    if "COUNTRY" not in frame:
        return
    codes = frame["COUNTRY"].dropna().astype(str).str.strip().str.upper().unique()
    if len(codes) > 1:
        raise ValueError(
            f"{path.name}: COUNTRY holds {', '.join(sorted(codes))}; expected one country a file"
        )
    if len(codes) == 1 and re.fullmatch("[A-Z0-9]{3}", codes[0]) and codes[0] != system:
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


def _tracks(file: SpssFile, track: TrackVariable, path: Path) -> np.ndarray:
    name = track.name.upper()
    series = file.frame[name]
    codes = track.codes or _codes_from_labels(file.labels.get(name, {}), track, path)
    text = series.map(_code_text, na_action="ignore")
    text = text.where(text != "", other=np.nan)
    known = {_code_text(code): value for code, value in codes.items()}
    missing = text.isna() | (text.isin([str(code) for code in MISSING_CODES]) & ~text.isin(list(known)))
    unknown = ~missing & ~text.isin(list(known))
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {track.name}, row {row + 1}: code {text.iloc[row]!r} has no track; known "
            f'are {", ".join(sorted(known))}. Add it to track_codes, with "" to leave such pupils out'
        )
    return text.map(known).where(~missing).replace(LEAVE_OUT, None).to_numpy(dtype=object)


def _codes_from_labels(labels: Mapping[float | str, str], track: TrackVariable, path: Path) -> dict[str, str]:
    """Codes whose label names exactly one track; a label that names several or none leaves pupils out."""
    named = {
        code: [one for one in TRACKS if re.search(rf"\b{one}\b", label, re.IGNORECASE)]
        for code, label in labels.items()
    }
    codes = {_code_text(code): found[0] if len(found) == 1 else LEAVE_OUT for code, found in named.items()}
    if not {"vmbo", "vwo"} <= set(codes.values()):
        raise ValueError(
            f"{path.name}: the labels of {track.name} do not say which code is vmbo and which vwo; fill in "
            "track_codes in data/design/kenniskloof.toml from the codebook"
        )
    return codes


def _code_text(code: object) -> str:
    """3.0 and "3 " as "3"."""
    text = str(code).strip()
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


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
    means = pd.Series({name: frame[name].mean() for name in PV_COLUMNS})
    spreads = pd.Series({name: frame[name].std() for name in PV_COLUMNS})
    middle = means.median()
    for number, name in enumerate(PV_COLUMNS, start=1):
        if abs(means[name] - middle) > _PV_MEANS_APART or not _PV_SD[0] < spreads[name] < _PV_SD[1]:
            raise ValueError(
                f"{path.name}: PV{number}CIV has mean {means[name]:.0f} and standard deviation "
                f"{spreads[name]:.0f}, the plausible values together mean {middle:.0f}; it is not a "
                "plausible value of civic knowledge. Are columns swapped?"
            )
