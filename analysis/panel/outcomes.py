"""An outcome as measured: places by dates, from whichever source the design names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.datakind import DataKind
from analysis.design.questions import Outcome
from analysis.panel.turnout import turnout_panel
from analysis.sources.turnout import ELECTIONS
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Measured:
    """An outcome by unit and date.

    Attributes
    ----------
    frame : pandas.DataFrame
        unit (text), province (CBS code), date (datetime), value, and n (people behind a value), se, weight
        where the source has them; one row a unit and date, no value missing.
    level : str
        What a unit is: "municipality" or "province".
    kind : DataKind
    source : str
        Keys in ``data/manifest.toml``, separated by "; ".
    remark : str
        Dutch, for the report: which file, what was left out and why.
    losses : tuple of (str, int)
        What was left out, by Dutch reason.
    """

    frame: pd.DataFrame
    level: str
    kind: DataKind
    source: str
    remark: str = ""
    losses: tuple[tuple[str, int], ...] = ()


def measured(outcome: Outcome, workspace: Workspace) -> Measured | NotEstimable:
    """`outcome` from its source, or why there is nothing to read.

    Raises
    ------
    ValueError
        If a file is there and broken: that is mended, not reported.
    """
    return _READERS[outcome.source](outcome, workspace)


def _turnout(outcome: Outcome, workspace: Workspace) -> Measured | NotEstimable:
    if outcome.select not in ELECTIONS:
        return NotEstimable(f"er is geen reeks van {outcome.subject}; nodig is {outcome.needed}")
    found = turnout_panel(outcome.select, workspace=workspace)
    frame = pd.DataFrame(
        {
            "unit": found.frame["place"],
            "province": found.frame["province"],
            "date": pd.to_datetime(found.frame["date"]),
            "value": found.frame["turnout_pct"].astype(float),
            "n": found.frame["n"].astype("int64"),
        }
    )
    return Measured(frame, "province", found.kind, found.source, found.remark, found.dropped)


def _file(outcome: Outcome, workspace: Workspace) -> Measured | NotEstimable:
    return NotEstimable(f"er is geen bestand met {outcome.subject}; nodig is {outcome.needed}")


_READERS: dict[str, Callable[[Outcome, Workspace], Measured | NotEstimable]] = {
    "turnout": _turnout,
    "file": _file,
}
