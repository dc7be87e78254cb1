"""A list of places with the date a programme started there: the exposure as somebody kept it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.design.questions import REALISED, Spell, require_no_overlap
from analysis.design.tables import STARTS, StartMap
from analysis.sources.dates import parse_periods
from analysis.sources.locate import Gazetteer
from analysis.sources.placed_table import Losses, read_placed
from analysis.sources.places import UNPLACED

_DECLARED = f"data/design/{STARTS}.toml"


@dataclass(frozen=True)
class Starts:
    """Spells as a list gives them, and what of it could not be used."""

    spells: tuple[Spell, ...]
    losses: Losses


def read_starts(paths: Iterable[Path], design: StartMap, gazetteer: Gazetteer) -> Starts:
    """The spells in all files together; a row without a date is a place where nothing has started.

    What cannot be read is no reason to leave a row out: its place would count as one that the programme never
    reached.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file cannot be read or lacks a column, a place or a date cannot be read, an end does not come
        after its start, or two spells of a place overlap; names the file and, where there is one, the line.
    """
    found = read_placed(paths, design, gazetteer, _DECLARED)
    frame, losses = found.frame, found.losses
    for what, lost in (("date", losses.undated), ("place", losses.unplaced)):
        for loss in lost:
            if loss.value:
                raise ValueError(
                    f"{loss.place}, line {loss.line}: {loss.value!r} is no {what} that can be read "
                    f"({loss.reason}); correct it, or leave the date empty where nothing has started"
                )
    placed = frame[frame["level"] != UNPLACED]
    ends = placed["end"] if "end" in placed else pd.Series("", index=placed.index)
    ends = ends.fillna("").astype(str)
    parsed = parse_periods(ends, order=design.date_order)["start"]
    wrong = parsed.isna() & (ends != "")
    if wrong.any():
        row = placed[wrong].iloc[0]
        raise ValueError(
            f"{found.cell(row, 'end')}: {row['end']!r} is no date; correct it, or leave it empty where the "
            "programme goes on"
        )
    spells = []
    for row, end in zip(placed.itertuples(), parsed, strict=True):
        try:
            spells.append(
                Spell(
                    exposure=design.name,
                    place=row.place,
                    start=row.date.date().isoformat(),
                    end="" if pd.isna(end) else end.date().isoformat(),
                    status=REALISED,
                    source=row.file,
                )
            )
        except ValueError as error:
            raise ValueError(f"{row.file}, line {row.line}: {error}") from error
    kept = tuple(dict.fromkeys(spells))
    require_no_overlap(kept, ", ".join(dict.fromkeys(spell.source for spell in kept)))
    return Starts(kept, replace(losses, undated=()))  # those had no date at all: nothing has started there
