"""A registration as it is kept: a list of activities, each with a date, a place, a kind and who took part.

No outcome is expected here, and no municipality has to occur. Files, columns and words are declared in
``data/design/registrations.toml``; what a period or a place got of the programme is for the panel to count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analysis.design.tables import REGISTRATIONS, RegistrationMap
from analysis.sources.locate import Gazetteer
from analysis.sources.placed_table import (
    Losses,
    Placed,
    collected,
    read_placed,
    repeating,
    require_most_dated,
)
from analysis.sources.placenames import key
from analysis.sources.places import BODY, MUNICIPALITY, PROVINCE, SCHOOL, UNPLACED

_DECLARED = f"data/design/{REGISTRATIONS}.toml"
LEVELS = (MUNICIPALITY, PROVINCE, BODY, SCHOOL, UNPLACED)

ACTIVITIES = pa.DataFrameSchema(
    {
        "date": pa.Column("datetime64[ns]", coerce=True),
        "until": pa.Column("datetime64[ns]", coerce=True),
        "precision": pa.Column(str),
        "place": pa.Column(
            str, pa.Check.str_matches(r"^(GM\d{4}|PV\d\d|BQ(-[A-Z]{2})?|\d\d[A-Z]{2}(\d\d)?)$"), nullable=True
        ),
        "level": pa.Column(str, pa.Check.isin(LEVELS)),
        "school": pa.Column(str),
        "kind": pa.Column(str),
        "young_people": pa.Column(float, pa.Check.ge(0), nullable=True),
        "file": pa.Column(str),
        "line": pa.Column("int64"),
    },
    checks=pa.Check(
        lambda frame: frame["place"].isna() == (frame["level"] == UNPLACED), error="a place has a level"
    ),
    strict=True,
    name="activities",
)
"""One row an activity that took place. ``date`` and ``until`` are its first and last day, apart where only a
month or year is known; ``place`` is a code and ``level`` says of what; ``young_people`` is missing where
nobody counted."""


@dataclass(frozen=True)
class Activities:
    """A registration.

    Attributes
    ----------
    name : str
        The programme.
    frame : pandas.DataFrame
        As :data:`ACTIVITIES`, in the order of the files.
    """

    name: str
    frame: pd.DataFrame
    losses: Losses


def find_files(design: RegistrationMap, folder: Path) -> list[Path]:
    """The files in `folder` that the design names, whatever their case: ``ProDemos 2024.XLSX`` is one.

    Hidden files and the locks of open spreadsheets are not listed.
    """
    patterns = [pattern.lower() for pattern in design.files]
    return sorted(
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.is_file()
        and not path.name.startswith((".", "~$"))
        and any(fnmatchcase(path.name.lower(), pattern) for pattern in patterns)
    )


def read_activities(paths: Iterable[Path], design: RegistrationMap, gazetteer: Gazetteer) -> Activities:
    """The activities in all files together.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file cannot be read, has no column for the date or for any place, holds a number of young people
        that is no whole number of zero or more, or a status or kind that the design does not know; names
        file, column and line (as a spreadsheet numbers it).
    """
    placed = read_placed(paths, design, gazetteer, _DECLARED)
    require_most_dated(placed.losses)
    frame, skipped = _that_count(placed, design)
    losses = placed.losses_of(frame)
    frame["kind"] = _kinds(frame, design, placed)
    frame["young_people"] = _young_people(frame, placed)
    frame = frame[list(ACTIVITIES.columns)].reset_index(drop=True)
    what = [column for column in frame.columns if column not in ("file", "line")]
    losses = replace(
        losses,
        skipped=skipped,
        unknown=(("aantal jongeren", int(frame["young_people"].isna().sum())),),
        repeated=repeating(frame, frame.duplicated(what)),
    )
    return Activities(design.name, ACTIVITIES.validate(frame), losses)


def _that_count(placed: Placed, design: RegistrationMap) -> tuple[pd.DataFrame, tuple]:
    frame = placed.frame
    if "status" not in frame or not design.columns.get("status"):
        return frame, ()
    there = frame["status"].notna()  # missing, and not empty, in a file without the column: every row counts
    words = frame["status"].fillna("").map(key)
    counted, not_counted = ({key(word) for word in words} for words in (design.counted, design.not_counted))
    _require_known(
        frame[there], "status", words[there], counted | not_counted, "counted or not_counted", placed
    )
    out = there & words.isin(not_counted)
    reasons = [f"status {text!r}" for text in frame.loc[out, "status"].fillna("")]
    skipped = tuple(
        loss
        for file, rows in frame[out].assign(reason=reasons).groupby("file", sort=False)
        for loss in collected(rows["status"].fillna(""), rows["reason"], rows["line"], file)
    )
    return frame[~out].copy(), skipped


def _kinds(frame: pd.DataFrame, design: RegistrationMap, placed: Placed) -> pd.Series:
    if "kind" not in frame:
        return pd.Series("", frame.index, dtype="str")
    words = frame["kind"].fillna("").map(key)
    if design.kinds:
        names = {key(word): kind for word, kind in design.kinds.items()}
        there = frame["kind"].notna()
        _require_known(frame[there], "kind", words[there], set(names), "kinds", placed)
        return words.map(names).fillna("").astype("str")
    first: dict[str, str] = {}
    written = zip(words, frame["kind"].fillna(""), strict=True)
    return pd.Series([first.setdefault(word, text) for word, text in written], frame.index, dtype="str")


def _require_known(
    frame: pd.DataFrame, column: str, words: pd.Series, known: set[str], where: str, placed: Placed
) -> None:
    strange = ~words.isin(known)
    if strange.any():
        first = frame[strange].iloc[0]
        others = sorted(set(frame.loc[strange, column].fillna("")) - {first[column]})
        more = f"; further {', '.join(map(repr, others[:5]))}" if others else ""
        raise ValueError(
            f"{placed.cell(first, column)}: {first[column]!r} is unknown{more}. "
            f"Add it to {where} in {_DECLARED}"
        )


def _young_people(frame: pd.DataFrame, placed: Placed) -> pd.Series:
    if "young_people" not in frame:
        return pd.Series(np.nan, frame.index)
    numbers = frame["young_people"]
    wrong = numbers.notna() & ((numbers < 0) | (numbers != numbers.round()))
    if wrong.any():
        first = frame[wrong].iloc[0]
        raise ValueError(
            f"{placed.cell(first, 'young_people')}: {first['young_people']:g} is no number of people. "
            "Correct it, or leave the cell empty where nobody counted"
        )
    return numbers
