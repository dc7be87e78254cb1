"""When each place was first exposed, judged by the dates of the measurements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.design.questions import ASSUMED, REALISED, Exposure, Spell
from analysis.design.tables import RegistrationMap, registration_maps, start_maps
from analysis.panel.registered import mostly_unplaced
from analysis.sources.activities import Activities, find_files, read_activities
from analysis.sources.gazetteer import gazetteer, province_of
from analysis.sources.geography import province_names
from analysis.sources.places import MUNICIPALITY, PROVINCE
from analysis.sources.starts import read_starts
from analysis.workspace import Workspace

DESIGN_SOURCE = "studie"

_LEVEL = {PROVINCE: "provincie", MUNICIPALITY: "gemeente"}
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
    losses : tuple of (str, int)
        Rows of that file left out, by Dutch reason.
    apart : str
        Dutch: how many registered activities contradict the starts; "" where none do, or nothing is known.
    unknown : str
        Why it cannot be said where it started, in Dutch; there are no spells then. "" where it can.
    """

    exposure: Exposure
    complete: bool
    source: str
    remark: str = ""
    losses: tuple[tuple[str, int], ...] = ()
    apart: str = ""
    unknown: str = ""

    @property
    def caption(self) -> str:
        """Dutch, for the picture of the schedule: what it shows and where that comes from."""
        if self.unknown:
            return f"Start van {self.exposure.label} per provincie. {dutch.capital(self.unknown)}."
        if self.source == DESIGN_SOURCE:
            return f"{self.exposure.schedule} {self.apart}".strip()
        place = _LEVEL[self.exposure.place]
        whose = "" if self.exposure.place == PROVINCE else ": de eerste start in een van haar gemeenten"
        return (
            f"Start van {self.exposure.label} per provincie{whose}. {self.remark} Een {place} zonder start "
            f"daarin telt als niet bereikt. {self.apart}"
        ).strip()

    def schedule(self, provinces: list[str], home: Mapping[str, str]) -> pd.DataFrame:
        """Which province starts when and how sure that is: code, start (year), status, date (as written).

        A province starts with the first of its municipalities; `home` has the province of each.
        """
        first: dict[str, Spell] = {}
        for spell in sorted(self.exposure.spells, key=lambda spell: spell.began):
            first.setdefault(home.get(spell.place, spell.place), spell)
        rows = []
        for code in provinces:
            spell = first.get(code)
            if spell is None:
                rows.append((code, np.nan, NEVER if self.complete else UNKNOWN, ""))
            else:
                status = ASSUMPTION if spell.status == ASSUMED else KNOWN
                rows.append((code, float(spell.began.year), status, spell.start))
        return pd.DataFrame(rows, columns=["code", "start", "status", "date"])


def exposed(exposure: Exposure, workspace: Workspace, until: pd.Timestamp | None = None) -> Exposed:
    """What a list of starts says, else the registration where the design rests on that, else the design.

    A list of starts says when; how many were reached is then for the registration to say, where there is one
    and the exposure has an intensity.

    Parameters
    ----------
    until : pandas.Timestamp, optional
        The last measurement: who is reached later is no part of what it measured.
    """
    starts = start_maps(workspace).get(exposure.name)
    paths = find_files(starts, workspace.data) if starts is not None else []
    registered = registration_maps(workspace).get(exposure.name)
    activities = find_files(registered, workspace.data) if registered is not None else []
    if paths:
        read = read_starts(paths, starts, gazetteer(workspace))
        found = _at_level(read.spells, exposure, workspace)
        remark, source = f"De startdata komen uit {_names(paths)}.", f"start_{exposure.name}"
        remark += _partly(read.spells, exposure, workspace)
        losses = read.losses.left_out
        if activities and exposure.intensity:
            counted, why = _counted(activities, registered, workspace)
            if counted is None:
                remark += f" Het bereik per plaats is onbekend: {why}."
            else:
                reached = _first_activities(counted.frame, replace(exposure, threshold=0), workspace, until)
                found = _with_reach(found, reached)
                remark += f" Het bereik komt uit {_names(activities)}."
                source += f"; registratie_{exposure.name}"
                losses = (*losses, *counted.losses.left_out)
        listed = replace(exposure, spells=found)
        apart = _out_of_step(listed, registered, activities, workspace)
        return Exposed(listed, True, source, remark, losses, apart)
    if activities and exposure.starts == "registration":
        read = read_activities(activities, registered, gazetteer(workspace))
        found = _first_activities(read.frame, exposure, workspace, until)
        begun = (
            f"de dag waarop er {dutch.number(exposure.threshold)} jongeren waren bereikt, volgens"
            if exposure.threshold
            else "de eerste activiteit in"
        )
        remark = f"De start in een {_LEVEL[exposure.place]} is {begun} {_names(activities)}."
        if unplaced := mostly_unplaced(read.frame):
            none = replace(exposure, spells=())
            source, losses = f"registratie_{exposure.name}", read.losses.left_out
            return Exposed(none, False, source, remark, losses, unknown=unplaced)
        return Exposed(
            replace(exposure, spells=found),
            True,
            f"registratie_{exposure.name}",
            remark,
            read.losses.left_out,
        )
    require_places(
        (one.place for one in exposure.spells), f"exposures.toml, spells of {exposure.name}", workspace
    )
    apart = _out_of_step(exposure, registered, activities, workspace)
    return Exposed(exposure, complete=False, source=DESIGN_SOURCE, remark=exposure.before, apart=apart)


def _counted(
    paths: list[Path], design: RegistrationMap, workspace: Workspace
) -> tuple[Activities | None, str]:
    """The registration, or in Dutch why nobody can be counted by place: the starts do not rest on it."""
    try:
        read = read_activities(paths, design, gazetteer(workspace))
    except ValueError:  # whoever counts the registration says where
        return None, f"{_names(paths)} is niet te lezen"
    unplaced = mostly_unplaced(read.frame)
    return (None, unplaced) if unplaced else (read, "")


def _partly(spells: tuple[Spell, ...], exposure: Exposure, workspace: Workspace) -> str:
    """Dutch: that municipalities were listed, where the start is decided by province; "" where none were."""
    named = {spell.place for spell in spells} - set(province_names(workspace))
    if exposure.place == MUNICIPALITY or not named:
        return ""
    count = "één gemeente" if len(named) == 1 else f"{dutch.number(len(named))} gemeenten"
    return (
        f" Daarin {'staat' if len(named) == 1 else 'staan'} {count}; een provincie telt in haar geheel vanaf "
        "de eerste start in een van haar gemeenten, dus ook waar het programma niet of pas later kwam."
    )


def _out_of_step(
    exposure: Exposure, design: RegistrationMap | None, paths: list[Path], workspace: Workspace
) -> str:
    """Dutch: how many registered activities contradict the starts that hold; "" where none do.

    A registration that cannot be read is the business of who counts it.
    """
    if design is None or not paths:
        return ""
    try:
        frame = read_activities(paths, design, gazetteer(workspace)).frame
    except ValueError:
        return ""
    placed = _placed(frame, exposure, workspace)
    began: dict[str, str] = {}
    for spell in sorted(exposure.spells, key=lambda spell: spell.began):
        began.setdefault(spell.place, spell.began.isoformat())
    start = pd.to_datetime(placed["place"].map(began))
    early, without = int((placed["until"] < start).sum()), int(start.isna().sum())
    level = _LEVEL[exposure.place]
    parts = [
        f"{dutch.number(count)} {where}"
        for count, where in (
            (early, f"vóór de start in hun {level}"),
            (without, f"in een {level} zonder start"),
        )
        if count
    ]
    if not parts:
        return ""
    return (
        f"Van de {dutch.number(len(placed))} activiteiten in {_names(paths)} die te plaatsen zijn, "
        f"{'viel er' if early + without == 1 else 'vielen er'} {dutch.join(parts)}."
    )


def require_places(codes: Iterable[str], where: str, workspace: Workspace) -> None:
    """ValueError unless each code of the design is a province or municipality: others match nothing."""
    left = sorted(set(codes) - set(province_names(workspace)))
    unknown = sorted(set(left) - set(province_of(workspace))) if left else []
    if unknown:
        raise ValueError(
            f"data/design/{where}: {', '.join(unknown)} is no province or municipality; expected codes of "
            "CBS such as PV20 or GM0363"
        )


def _with_reach(spells: tuple[Spell, ...], reached: tuple[Spell, ...]) -> tuple[Spell, ...]:
    """`spells` with the young people registered in their place; none registered there is nobody reached.

    Of several spells in a place the first carries them all: the registration is not divided over spells.
    """
    people = {spell.place: spell.intensity for spell in reached}
    carried: set[str] = set()
    found = []
    for spell in spells:
        if spell.intensity is None:
            first = spell.place not in carried
            spell = replace(spell, intensity=people.get(spell.place, 0.0) if first else 0.0)
            carried.add(spell.place)
        found.append(spell)
    return tuple(found)


def _first_activities(
    frame: pd.DataFrame, exposure: Exposure, workspace: Workspace, until: pd.Timestamp | None
) -> tuple[Spell, ...]:
    """A spell from the first activity in each place, with the young people reached there, up to `until`.

    With a threshold it begins once that many are registered there: a place that never gets so far has none,
    and an activity without a number adds nobody.
    """
    placed = _placed(frame, exposure, workspace)
    found = []
    for place, rows in placed.sort_values("date", kind="stable").groupby("place", sort=True):
        enough = rows[rows["young_people"].fillna(0).cumsum() >= exposure.threshold]
        people = rows["young_people"] if until is None else rows.loc[rows["date"] <= until, "young_people"]
        if len(enough):
            found.append(
                Spell(
                    exposure=exposure.name,
                    place=str(place),
                    start=enough["date"].iloc[0].date().isoformat(),
                    status=REALISED,
                    source=rows["file"].iloc[0],
                    intensity=None if len(people) and people.isna().all() else float(people.sum()),
                )
            )
    return tuple(found)


def _placed(frame: pd.DataFrame, exposure: Exposure, workspace: Workspace) -> pd.DataFrame:
    """Activities in a place that can be read, at the level where the exposure is decided."""
    placed = frame[frame["level"].isin([MUNICIPALITY, PROVINCE])]
    if exposure.place == PROVINCE:
        placed = placed.assign(place=placed["place"].map(province_of(workspace)).fillna(placed["place"]))
    return placed


def _at_level(spells: tuple[Spell, ...], exposure: Exposure, workspace: Workspace) -> tuple[Spell, ...]:
    """Spells at the level where the exposure is decided: in a province, from the first in it."""
    if exposure.place == MUNICIPALITY:
        return spells
    home = province_of(workspace)
    by_province: dict[str, list[Spell]] = {}
    for spell in spells:
        by_province.setdefault(home.get(spell.place, spell.place), []).append(spell)
    together = []
    for province, own in sorted(by_province.items()):
        if len(own) > 1 and any(home.get(one.place) for one in own):
            amounts = [one.intensity for one in own if one.intensity is not None]
            last = "" if any(not one.end for one in own) else max(one.end for one in own)
            first = min(own, key=lambda one: one.began)
            own = [replace(first, end=last, intensity=sum(amounts) if amounts else None)]
        together += [replace(one, place=province) for one in own]
    return tuple(together)


def _names(paths: Iterable[Path]) -> str:
    return dutch.join([path.name for path in paths])


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
    early : int
        Of these, rows of units that were exposed at their first measurement.
    on_off : pandas.DataFrame or None
        Every row that came in, with time and `on`: 1 where the unit was exposed on that very date. None where
        no programme had stopped before a measurement: then `frame` says the same.
    """

    frame: pd.DataFrame
    dates: tuple[pd.Timestamp, ...]
    losses: tuple[tuple[str, int], ...]
    early: int = 0
    on_off: pd.DataFrame | None = None


def join(frame: pd.DataFrame, exposure: Exposure, members: Mapping[str, str] | None = None) -> Joined:
    """Give every row of `frame` its place in time and its exposure.

    Exposed at a measurement is who had started by its date. A unit exposed at its first measurement has no
    measurement before the start and is left out; so are measurements after a spell has ended, since the
    estimators take exposure to last. Both are counted, and both are in `on_off`, for the estimator that needs
    no lasting exposure (:mod:`analysis.estimate.did.switch_path`).

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, province, date and more; see :class:`analysis.panel.outcomes.Measured`.
    members : mapping of str to str, optional
        The unit of a place that is measured as part of it, as a municipality that was merged.
    """
    members = members or {}
    dates = tuple(sorted(frame["date"].unique()))
    position = {date: place for place, date in enumerate(dates)}
    frame = frame.assign(time=frame["date"].map(position).astype("int64"))
    place = frame["unit"] if exposure.place == "municipality" else frame["province"]
    spells: dict[str, list[Spell]] = {}
    for spell in exposure.spells:
        spells.setdefault(members.get(spell.place, spell.place), []).append(spell)
    began = {code: min(one.began for one in own) for code, own in spells.items()}
    cohort = {
        code: next((time for date, time in position.items() if pd.Timestamp(start) <= date), np.nan)
        for code, start in began.items()
    }
    started = place.map(cohort).astype(float)
    frame = frame.assign(
        cohort=started,
        intensity=_intensity(place, spells).where(started.notna(), 0.0),  # who starts later is not exposed
    )
    holds = [
        any(one.holds(date.date()) for one in spells.get(code, []))
        for code, date in zip(place, frame["date"], strict=True)
    ]
    on = pd.Series(holds, index=frame.index, dtype=bool)
    ended = ~on & (pd.to_datetime(place.map(began)) <= frame["date"])
    first = frame.groupby("unit")["time"].transform("min")
    early = frame["cohort"].le(first)
    losses = (
        ("metingen van plaatsen die al vóór hun eerste meting waren begonnen", int(early.sum())),
        ("metingen nadat het programma daar was gestopt", int((ended & ~early).sum())),
    )
    kept = frame[~early & ~ended].reset_index(drop=True)
    return Joined(
        kept,
        dates,
        tuple((reason, count) for reason, count in losses if count),
        int(early.sum()),
        frame.assign(on=on.astype(float)) if ended.any() else None,
    )


def _intensity(place: pd.Series, spells: dict[str, list[Spell]]) -> pd.Series:
    known = {
        code: np.nan
        if any(one.intensity is None for one in own)
        else float(sum(one.intensity for one in own))
        for code, own in spells.items()
    }
    return place.map(known).where(place.isin(list(spells)), 0.0).astype(float)
