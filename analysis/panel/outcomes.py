"""An outcome as measured: places by dates, from whichever source the design names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.questions import Outcome
from analysis.design.tables import outcome_maps
from analysis.panel.municipal_units import united
from analysis.panel.turnout import CALLED, MUNICIPALITIES, NO_FILES, turnout_panel
from analysis.sources.activities import find_files
from analysis.sources.gazetteer import gazetteer, province_of
from analysis.sources.municipal_changes import municipal_changes
from analysis.sources.outcome_table import by_place, read_outcome_table
from analysis.sources.places import BODY, MUNICIPALITY, PROVINCE, SCHOOL
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Measured:
    """An outcome by unit and date.

    Attributes
    ----------
    frame : pandas.DataFrame
        unit (text), province (CBS code), date (datetime), value, and n (people behind a value), se, weight
        where the source has them; one row a unit and date, none of these missing. response (per cent of those
        invited) where the source has any; missing where a row has none.
    level : str
        What a unit is: "municipality" or "province".
    source : str
        Keys in ``data/manifest.toml``, separated by "; ".
    remark : str
        Dutch, for the report: which file, what was left out and why.
    losses : tuple of (str, int)
        What was left out, by Dutch reason.
    members : mapping of str to str
        The unit of each place that is measured as part of another: municipalities that merged.
    """

    frame: pd.DataFrame
    level: str
    kind: DataKind
    source: str
    remark: str = ""
    losses: tuple[tuple[str, int], ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)


def measured(outcome: Outcome, workspace: Workspace) -> Measured | NotEstimable:
    """`outcome` from its source, or why there is nothing to read.

    Raises
    ------
    ValueError
        If a file is there and broken: that is mended, not reported.
    """
    return _READERS[outcome.source](outcome, workspace)


def _turnout(outcome: Outcome, workspace: Workspace) -> Measured | NotEstimable:
    election, _, votes = outcome.select.partition(":")
    if election not in CALLED:
        return NotEstimable(f"er is geen reeks van {outcome.subject}; nodig is {outcome.needed}")
    found = turnout_panel(election, votes=votes or "reported", workspace=workspace)
    if isinstance(found.frame, NotEstimable):
        why = "" if found.frame.reason == NO_FILES else f": {found.frame.reason}"
        return NotEstimable(f"er is geen reeks van {outcome.subject}{why}; nodig is {outcome.needed}")
    frame = pd.DataFrame(
        {
            "unit": found.frame["place"],
            "province": found.frame["province"],
            "date": pd.to_datetime(found.frame["date"]),
            "value": found.frame["turnout_pct"].astype(float),
            "n": found.frame["n"].astype("int64"),
        }
    )
    level = MUNICIPALITY if found.level == MUNICIPALITIES else PROVINCE
    return Measured(frame, level, found.kind, found.source, found.remark, found.dropped)


def _file(outcome: Outcome, workspace: Workspace) -> Measured | NotEstimable:
    """The tables in the data folder that the design names for this outcome, at the level most rows have."""
    design = outcome_maps(workspace).get(outcome.name)
    if design is None:
        raise ValueError(
            f"data/design/outcome_tables.toml: no [[outcome]] named {outcome.name}, which outcomes.toml "
            "reads from a file"
        )
    paths = find_files(design, workspace.data)
    if not paths:
        return NotEstimable(f"er is geen bestand met {outcome.subject}; nodig is {outcome.needed}")
    read = read_outcome_table(paths, design, gazetteer(workspace))
    home = province_of(workspace)
    rows = read.frame[read.frame["level"].isin([MUNICIPALITY, PROVINCE])]
    bodies, schools = (int((read.frame["level"] == level).sum()) for level in (BODY, SCHOOL))
    if rows.empty and schools:
        return NotEstimable(
            f"de plaatsen in {_names(paths)} zijn scholen, en waar die staan is niet bekend; nodig is de "
            "lijst van vestigingen van DUO (duo_vo_2025.csv)"
        )
    if rows.empty:
        return NotEstimable(
            f"in {_names(paths)} is geen enkele plaats te herkennen; nodig is {outcome.needed}"
        )
    level = rows["level"].value_counts().idxmax()
    if level == PROVINCE:  # what is known more precisely counts in its province too
        rows = rows.assign(place=rows["place"].map(home).fillna(rows["place"]), level=PROVINCE)
    other = int((rows["level"] != level).sum())
    rows = rows[rows["level"] == level]
    together = _together(rows)
    merged, members = "", {}
    if level == MUNICIPALITY:
        rows, merged, members = _on_equal_land(rows, workspace)
    kept = by_place(rows)
    frame = pd.DataFrame(
        {
            "unit": kept["place"].astype(str),
            "province": kept["place"].map(home).fillna(kept["place"]).astype(str),
            "date": kept["date"],
            "value": kept["value"],
        }
    )
    for column in ("n", "se"):
        if kept[column].notna().all():
            frame[column] = kept[column]
    if kept["response"].notna().any():
        frame["response"] = kept["response"]
    losses = (
        *read.losses.left_out,
        *((f"zonder getal in {name}", rows) for name, rows in read.losses.unknown if rows),
        *((("metingen op een ander niveau", other),) if other else ()),
        *((("in Caribisch Nederland, dat in geen provincie ligt", bodies),) if bodies else ()),
        *((("van scholen waarvan de gemeente niet bekend is", schools),) if schools else ()),
    )
    remark = f"De uitkomst komt uit {_names(paths)}.{together}{merged}"
    if read.persons:
        remark += " Aantallen mensen staan er niet in: elke regel telt als één leerling."
    if read.columns:
        remark += (
            f" Gelezen {'zijn de kolommen' if len(read.columns) > 1 else 'is de kolom'} "
            f"{dutch.join(list(read.columns))}; andere kolommen tellen voor de uitkomst niet mee."
        )
    coarser = sum(loss.rows for loss in read.losses.coarser)
    if coarser:
        remark += (
            f" Van {dutch.number(coarser, 0)} van de {dutch.number(read.losses.rows, 0)} regels is alleen de "
            "provincie te herkennen."
        )
    repeated = sum(loss.rows for loss in read.losses.repeated)
    if repeated:
        many = repeated > 1
        remark += (
            f" {dutch.number(repeated, 0)} van de {dutch.number(read.losses.rows, 0)} regels "
            f"{'herhalen' if many else 'herhaalt'} een eerdere regel, en {'tellen' if many else 'telt'} mee."
        )
    return Measured(
        frame.reset_index(drop=True),
        level,
        DataKind.REAL,
        f"uitkomst_{outcome.name}",
        remark,
        losses,
        members,
    )


def _on_equal_land(rows: pd.DataFrame, workspace: Workspace) -> tuple[pd.DataFrame, str, dict[str, str]]:
    """Municipalities that merged count as one before the merger too; in Dutch how many; the unit of each.

    A unit has the code of its member that is measured last.
    """
    changes, origin = municipal_changes(workspace)
    units = united(rows["place"], changes)
    unit = rows["place"].map(units)
    last = (
        rows.assign(unit=unit).sort_values(["date", "place"], kind="stable").groupby("unit")["place"].last()
    )
    gone = len(units) - unit.nunique()
    told = (
        f" Heringedeelde gemeenten zijn ook van vóór de herindeling samengenomen ({origin}): "
        f"{dutch.number(len(units), 0)} gemeenten vormen zo {dutch.number(unit.nunique(), 0)} gelijke "
        "gebieden."
    )
    members = {code: last[one] for code, one in units.items()}
    return rows.assign(place=unit.map(last)), told if gone else "", members


def _together(rows: pd.DataFrame) -> str:
    """Dutch: of how many places and dates there are several rows, and where files contradict each other."""
    groups = rows.groupby(["date", "until", "place"])
    several = int((groups.size() > 1).sum())
    if not several:
        return ""
    told = (
        f" Van {dutch.number(several)} van de {dutch.number(groups.ngroups)} keren dat een plaats is "
        "gemeten, zijn er meer regels; die zijn samengenomen."
    )
    # per file first: within one, rows are pupils, classes or schools and differ by nature
    by_file = rows.groupby(["date", "until", "place", "file"])["value"].mean()
    values = by_file.groupby(level=["date", "until", "place"])
    apart = int((values.max() > values.min()).sum())
    if apart:
        files = dutch.join(sorted(rows["file"].unique()))
        told += f" Bij {dutch.number(apart)} daarvan verschillen de waarden tussen {files}."
    return told


def _names(paths: Iterable[Path]) -> str:
    return dutch.join([path.name for path in paths])


_READERS: dict[str, Callable[[Outcome, Workspace], Measured | NotEstimable]] = {
    "turnout": _turnout,
    "file": _file,
}
