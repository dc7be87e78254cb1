"""When each place was first exposed, judged by the dates of the measurements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.design.questions import ASSUMED, Exposure, Spell

KNOWN, ASSUMPTION, NEVER, UNKNOWN = "bekend", "aanname", "niet", "onbekend"  # as the roll-out figure has them


@dataclass(frozen=True)
class Exposed:
    """The spells of a programme, and where they were found.

    Attributes
    ----------
    exposure : Exposure
        With the spells that hold: those of the design, or of a file.
    complete : bool
        Places without a spell are known not to be reached: so in a registration, not in the letters.
    source : str
        Key in ``data/manifest.toml``; the remark says the file.
    remark : str
    """

    exposure: Exposure
    complete: bool
    source: str
    remark: str = ""

    def schedule(self, provinces: list[str]) -> pd.DataFrame:
        """Which province starts when and how sure that is: code, start (year), status, date (as written)."""
        first: dict[str, Spell] = {}
        for spell in sorted(self.exposure.spells, key=lambda spell: spell.began):
            first.setdefault(spell.place, spell)
        rows = []
        for code in provinces:
            spell = first.get(code)
            if spell is None:
                rows.append((code, np.nan, NEVER if self.complete else UNKNOWN, ""))
            else:
                status = ASSUMPTION if spell.status == ASSUMED else KNOWN
                rows.append((code, float(spell.began.year), status, spell.start))
        return pd.DataFrame(rows, columns=["code", "start", "status", "date"])


@dataclass(frozen=True)
class Joined:
    """A measured frame with what each unit was exposed to.

    Attributes
    ----------
    frame : pandas.DataFrame
        With time (0, 1, … over the dates), cohort (time of the first measurement under exposure; missing
        where there is none) and intensity (of the spell; 0 where not exposed, missing where unknown).
    dates : tuple of pandas.Timestamp
        The measurements, in order.
    losses : tuple of (str, int)
        Rows left out, by Dutch reason.
    """

    frame: pd.DataFrame
    dates: tuple[pd.Timestamp, ...]
    losses: tuple[tuple[str, int], ...]


def join(frame: pd.DataFrame, exposure: Exposure) -> Joined:
    """Give every row of `frame` its place in time and its exposure.

    Exposed at a measurement is who had started by its date. A unit exposed at its first measurement has no
    measurement before the start and is left out; so are measurements after a spell has ended, since the
    estimators take exposure to last. Both are counted.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, province, date and more; see :class:`analysis.panel.outcomes.Measured`.
    exposure : Exposure
    """
    dates = tuple(sorted(frame["date"].unique()))
    position = {date: place for place, date in enumerate(dates)}
    frame = frame.assign(time=frame["date"].map(position).astype("int64"))
    place = frame["unit"] if exposure.place == "municipality" else frame["province"]
    spells: dict[str, list[Spell]] = {}
    for spell in exposure.spells:
        spells.setdefault(spell.place, []).append(spell)
    began = {code: min(one.began for one in own) for code, own in spells.items()}
    cohort = {
        code: next((time for date, time in position.items() if pd.Timestamp(start) <= date), np.nan)
        for code, start in began.items()
    }
    frame = frame.assign(
        cohort=place.map(cohort).astype(float),
        intensity=_intensity(place, spells),
    )
    ended = pd.Series(
        [
            bool(own) and not any(one.holds(date.date()) for one in own) and began[code] <= date.date()
            for code, date in zip(place, frame["date"], strict=True)
            for own in (spells.get(code, []),)
        ],
        index=frame.index,
        dtype=bool,
    )
    first = frame.groupby("unit")["time"].transform("min")
    early = frame["cohort"].le(first)
    losses = (
        ("metingen van plaatsen die al vóór hun eerste meting waren begonnen", int(early.sum())),
        ("metingen nadat het programma daar was gestopt", int((ended & ~early).sum())),
    )
    kept = frame[~early & ~ended].reset_index(drop=True)
    return Joined(kept, dates, tuple((reason, count) for reason, count in losses if count))


def _intensity(place: pd.Series, spells: dict[str, list[Spell]]) -> pd.Series:
    known = {
        code: np.nan
        if any(one.intensity is None for one in own)
        else float(sum(one.intensity for one in own))
        for code, own in spells.items()
    }
    return place.map(known).where(place.isin(list(spells)), 0.0).astype(float)
