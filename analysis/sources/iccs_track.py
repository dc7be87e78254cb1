"""The track of each pupil of ICCS: from a column of the student file, or of a file of classes beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.design.gap import LEAVE_OUT, TRACKS, TrackVariable
from analysis.sources.iccs_contract import MISSING_CODES
from analysis.sources.sheets import read_sheets
from analysis.sources.spss import SpssFile, read_spss
from analysis.sources.tracklabels import is_missing, level_named

ASK_IEA = (
    "The public-use file of 2022 is not known to hold the track (vmbo, havo, vwo). Ask the IEA (Study Data "
    "Repository, secretariat@iea.nl) for the restricted-use file of ICCS 2022 for the Netherlands with the "
    "track or class type of each pupil, and put the name of its column in track_variable"
)
_DESIGN = "data/design/kenniskloof.toml"
_SPSS = (".sav", ".zsav")


def read_tracks(file: SpssFile, track: TrackVariable, path: Path) -> pd.DataFrame:
    """Level and track of each pupil.

    Parameters
    ----------
    file : SpssFile
        The student file, with the track variable, or the key of the file of classes.
    path : Path
        Of the student file; a file of classes lies beside it.

    Returns
    -------
    pandas.DataFrame
        level (``vmbo-b``, ``havo/vwo``, …; missing where unknown) and track (vmbo, havo, vwo; missing where
        unknown, or left out by the design).

    Raises
    ------
    ValueError
        If the column or file is absent, a code or label names no level, or a level has no track in the
        design; names file, column and row, and what to declare.
    """
    name = track.name.upper()
    if track.file:
        series, labels, place = _of_classes(file, track, path)
    elif name in file.columns:
        series, labels, place = (
            file.frame[name],
            file.labels.get(name, {}),
            f"{path.name}: column {track.name}",
        )
    else:
        raise ValueError(f"{path.name}: the track variable {track.name} is absent. {ASK_IEA}")
    text = series.map(code_text, na_action="ignore")
    text = text.where(text != "", other=np.nan)
    if track.codes:
        levels = _coded(text, track, place)
    else:
        levels = _labelled(text, {code_text(code): label for code, label in labels.items()}, track, place)
    return pd.DataFrame({"level": levels.replace(LEAVE_OUT, None), "track": _tracks(levels, track, place)})


def code_text(code: object) -> str:
    """3.0 and "3 " as "3"."""
    text = str(code).strip()
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def _coded(text: pd.Series, track: TrackVariable, place: str) -> pd.Series:
    known = {code_text(code): level for code, level in track.codes.items()}
    missing = text.isna() | (text.isin([str(code) for code in MISSING_CODES]) & ~text.isin(list(known)))
    unknown = ~missing & ~text.isin(list(known))
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise ValueError(
            f"{place}, row {row + 1}: code {text.iloc[row]!r} has no track; known "
            f'are {", ".join(sorted(known))}. Add it to track_codes, with "" to leave such pupils out'
        )
    return text.map(known).where(~missing)


def _labelled(text: pd.Series, labels: Mapping[str, str], track: TrackVariable, place: str) -> pd.Series:
    """Levels by what the labels say; text that is no code is its own label."""
    levels: dict[str, str | None] = {}
    strange = []
    for code in text.dropna().unique():
        label = labels.get(code, code)
        if is_missing(label) or (code.isdigit() and code not in labels and int(code) in MISSING_CODES):
            levels[code] = None
        elif (level := level_named(label)) is not None:
            levels[code] = level
        else:
            strange.append(
                f"{code!r}" + (f" ({label})" if code in labels else " (no label)" if code.isdigit() else "")
            )
    if strange:
        raise ValueError(
            f"{place}: {', '.join(strange)} name no type of education; fill in track_codes in {_DESIGN} from "
            'the codebook, with "" to leave such pupils out'
        )
    return text.map(levels)


def _tracks(levels: pd.Series, track: TrackVariable, place: str) -> pd.Series:
    """The track of each level: its own, that of its learning path, or what the design declares."""
    known = {one: one for one in (*TRACKS, LEAVE_OUT)} | {f"vmbo-{path}": "vmbo" for path in ("b", "k", "gt")}
    known |= track.mixed
    counts = levels.value_counts()
    undeclared = [f"{level} ({count} pupils)" for level, count in counts.items() if level not in known]
    if undeclared:
        raise ValueError(
            f"{place}: {', '.join(undeclared)} belongs to no single track. Declare each in [track_mixed] of "
            f'{_DESIGN}: a track to count it there, "" to leave it out'
        )
    return levels.map(known).replace(LEAVE_OUT, None)


def _of_classes(file: SpssFile, track: TrackVariable, path: Path) -> tuple[pd.Series, Mapping, str]:
    """The track variable of each pupil's class (or school, or stratum), by the key both files have."""
    key = track.key.upper()
    if key not in file.columns:
        raise ValueError(f"{path.name}: column {track.key}, the track_key of {_DESIGN}, is absent")
    other = path.with_name(track.file)
    if other.suffix.lower() in _SPSS:
        read = read_spss(other, [track.key, track.name])
        absent = [one for one in (track.key, track.name) if one.upper() not in read.columns]
        if absent:
            raise ValueError(f"{other.name}: column {', '.join(absent)} is absent")
        table = read.frame.set_axis(read.frame.columns.str.upper(), axis=1)
        labels = read.labels.get(track.name.upper(), {})
    else:
        columns = {key: [track.key], track.name.upper(): [track.name]}
        (sheet,) = read_sheets(other, columns, list(columns), name=_DESIGN)
        table, labels = sheet.frame, {}
    table = table[[key, track.name.upper()]].map(code_text, na_action="ignore").drop_duplicates()
    twice = table[table[key].duplicated()]
    if len(twice):
        raise ValueError(f"{other.name}: {track.key} {twice[key].iloc[0]} has two values of {track.name}")
    keys = file.frame[key].map(code_text, na_action="ignore")
    lost = keys.notna() & ~keys.isin(table[key])
    if lost.any():
        row = int(lost.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: {track.key} {keys.iloc[row]} in row {row + 1} is not in {other.name}; "
            f"{int(lost.sum())} pupils are in no class of it. Get a file of all classes"
        )
    return keys.map(table.set_index(key)[track.name.upper()]), labels, f"{other.name}: column {track.name}"
