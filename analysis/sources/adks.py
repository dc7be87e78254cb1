"""Read the adolescent panel (ADKS), whose codebook is restricted: the column map stands in the design.

No public file or codebook was seen. The loader asks for a long file, one row a pupil and wave, and checks
what it gets against the contract; it guesses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analysis.design.adks import LEAVE_OUT, SPSS_SUFFIXES, SUFFIXES, AdksDesign, adks_design
from analysis.design.regio import TRACKS
from analysis.sources.adks_columns import (
    MAP,
    as_complete,
    as_numbers,
    as_province,
    as_recoded,
    as_track,
    as_wave,
    first_row,
)
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.sources.iccs_track import code_text
from analysis.sources.places import one_spelling
from analysis.sources.spss import read_spss
from analysis.sources.texttable import read_text_pieces
from analysis.workspace import Workspace

PLACES = ("municipality", "province")
_EMPTY = ("", "NA", "nan")
_EXACT = 2.0**53  # whole numbers from here on are not all floats


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
    """The file that the design names, or the one of that name in another format that is there instead.

    Raises
    ------
    ValueError
        If it is there in several formats and not in that of the design.
    """
    path = (workspace or Workspace.current()).data / design.file.name
    stem = path.name.partition(".")[0]
    others = [path.with_name(f"{stem}{suffix}") for suffix in SUFFIXES]
    there = [path] if path.is_file() else [other for other in others if other.is_file()]
    if len(there) > 1:
        raise ValueError(f"{', '.join(one.name for one in there)}: keep one, or name one in {MAP}")
    return there[0] if there else path


@dataclass(frozen=True)
class AdksPanel:
    """The panel, and what the map of tracks left out of it.

    Attributes
    ----------
    frame : pandas.DataFrame
        As :func:`read_adks`.
    left_out : tuple of (str, int)
        Rows left out, by their code of the track, in the order of the codes.
    """

    frame: pd.DataFrame
    left_out: tuple[tuple[str, int], ...]


def read_adks(path: Path, design: AdksDesign | None = None) -> pd.DataFrame:
    """The frame of :func:`read_adks_file`."""
    return read_adks_file(path, design).frame


def read_adks_file(path: Path, design: AdksDesign | None = None) -> AdksPanel:
    """The panel, one row a pupil and wave, without the tracks that the map leaves out.

    Returns
    -------
    AdksPanel
        With columns pupil, school, wave, track, weight (1 if the file has none), the outcomes, and
        municipality and province if mapped. Missing answers are NaN.

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
    frame = pd.concat(pieces)  # the index counts on through the file, for messages
    out = frame["track"] == LEAVE_OUT
    counts = frame.loc[out, "code"].value_counts().sort_index()
    kept = _contracted(frame[~out].drop(columns="code"), path, design)
    return AdksPanel(kept, tuple((code, int(rows)) for code, rows in counts.items()))


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
    decimals = rf"{re.escape(design.file.decimal)}0+$"  # -9.0 is -9, as a table with empty cells writes it
    plain = text[outcomes].apply(lambda cells: cells.str.replace(decimals, "", regex=True))
    text[outcomes] = text[outcomes].mask(plain.isin(design.file.missing))
    text = text.mask(text.isin(_EMPTY))

    frame = pd.DataFrame(index=text.index)
    for column in ("pupil", "school"):
        frame[column] = as_complete(text[column], path, names[column])
    frame["wave"] = as_wave(text["wave"], path, design)
    frame["track"] = as_track(text["track"], path, design)
    frame["code"] = text["track"].astype("str")
    frame["weight"] = 1.0
    if "weight" in text:
        weight = as_complete(text["weight"], path, names["weight"])
        frame["weight"] = as_numbers(weight, path, names["weight"], design)
    if "municipality" in text:
        frame["municipality"] = one_spelling(as_complete(text["municipality"], path, names["municipality"]))
    if "province" in text:
        provinces = as_complete(text["province"], path, names["province"])
        frame["province"] = as_province(provinces, path, names["province"])
    for outcome in design.outcome:
        answers = as_recoded(text[outcome.name], path, outcome) if outcome.recode else text[outcome.name]
        frame[outcome.name] = as_numbers(answers, path, outcome.file, design) * outcome.factor
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
        raise ValueError(f"{path.name}: the file is empty; get it again, or remove it")
    if path.suffix.lower() in SPSS_SUFFIXES:
        yield _spss(path, design)
    else:
        yield from read_text_pieces(path, separator=design.file.separator)


def _spss(path: Path, design: AdksDesign) -> pd.DataFrame:
    """The mapped columns of an SPSS file as text, under the names of the map."""
    mapped = [*design.file.used.values(), *(outcome.file for outcome in design.outcome)]
    file = read_spss(path, mapped)
    found = {name: file.frame[name.upper()] for name in mapped if name.upper() in file.columns}
    absent = [name for name in file.columns if name not in {one.upper() for one in found}]
    text = {name: _as_text(column, f"{path.name}, column {name}") for name, column in found.items()}
    for name, known in _named_by_labels(design).items():
        if name in text:
            text[name] = _with_labels(text[name], file.labels.get(name.upper(), {}), known)
    # what is not mapped was not read: its name alone is for the message about an absent column
    return pd.DataFrame({**text, **{name: "" for name in absent}} if len(found) < len(mapped) else text)


def _named_by_labels(design: AdksDesign) -> dict[str, Collection[str]]:
    """Columns whose value labels may say what a code is, with the words that the map has for them."""
    used = design.file.used
    named: dict[str, Collection[str]] = {used[name]: () for name in PLACES if name in used}
    named |= {one.file: one.recode for one in design.outcome if one.recode}
    return named | {used["track"]: design.file.tracks}


def _with_labels(text: pd.Series, labels: Mapping[object, str], known: Collection[str]) -> pd.Series:
    """Codes as their labels, but for codes that the map knows; a label that it does not know stays a code.

    Without words of a map every label counts: a place is known by its name.
    """
    names = {code_text(code): str(label).strip() for code, label in labels.items()}
    shown = {code: name for code, name in names.items() if code not in known and (name in known or not known)}
    return text.replace(shown) if shown else text


def _as_text(column: pd.Series, place: str) -> pd.Series:
    """An SPSS column as text: 3.0 reads ``3``, missing reads ``""``."""
    if not pd.api.types.is_numeric_dtype(column):
        return column.fillna("").astype("str").str.strip()
    values = column.to_numpy(dtype=float)
    blurred = np.abs(values) >= _EXACT
    if blurred.any():
        raise ValueError(
            f"{place}, row {int(blurred.argmax()) + 1}: {values[blurred][0]:.0f} has more digits than an "
            "SPSS number holds exactly, so that two may have become one; get this column as text"
        )
    return pd.Series([_number_text(value) for value in values], index=column.index, dtype="str")


def _number_text(value: float) -> str:
    if np.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() else repr(float(value))


def _contracted(frame: pd.DataFrame, path: Path, design: AdksDesign) -> pd.DataFrame:
    twice = frame.duplicated(["pupil", "wave"])
    if twice.any():
        first = frame[twice].iloc[0]
        raise ValueError(
            f"{path.name}, row {first_row(twice)}: pupil {first['pupil']} occurs twice in wave "
            f"{first['wave']}; {int(twice.sum())} such rows"
        )
    try:
        return adks_contract(design).validate(frame, lazy=True).reset_index(drop=True)
    except pa.errors.SchemaErrors as errors:
        case = errors.failure_cases.iloc[0]
        row = "" if pd.isna(case["index"]) else f", row {int(case['index']) + 1}"
        names = {**design.file.used, **{outcome.name: outcome.file for outcome in design.outcome}}
        column = names.get(case["column"], case["column"])
        raise ValueError(
            f"{path.name}, column {column}{row}: found {case['failure_case']}, "
            f"fails the check {case['check']}; {len(errors.failure_cases)} such values. Is it a code for no "
            f"answer, or another scale? See missing, and factor, low and high of each outcome, in {MAP}"
        ) from None
