"""A registration of a roll-out: the real file when it is there, else its synthetic twin."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.datakind import DataKind
from analysis.design.rollout import Programme
from analysis.sources.registration import read_registration
from analysis.sources.sourced import Sourced
from analysis.synthetic.rollout import RolloutTwin, Truth


def registration(
    path: Path, contract: pa.DataFrameSchema, design: Programme, twin: RolloutTwin, *, name: str
) -> Sourced:
    """The rows of `path` if it exists, else those of `twin`; the remark says which.

    Raises
    ------
    ValueError
        If the file is there and breaks its contract. A broken file never gives way to the twin.
    """
    if not path.is_file():
        remark = (
            f"De registratie van {name} ({path.name}) is er niet. Alle cijfers komen uit een synthetische "
            "tweeling waarin het effect vooraf is gekozen; ze zeggen niets over Nederland."
        )
        return Sourced(twin.frame, DataKind.SYNTHETIC, f"tweeling_{design.name}", remark)
    frame = read_registration(path, contract)
    known = frame[design.outcome.name].notna()
    dropped = ((f"{design.outcome.label.lower()} onbekend", int((~known).sum())),) if not known.all() else ()
    if not known.any():
        raise ValueError(f"{path.name}: column {design.outcome.name} is empty in every row")
    remark = f"De cijfers komen uit de registratie van {name} ({path.name})."
    return Sourced(
        frame[known].reset_index(drop=True), DataKind.REAL, f"registratie_{design.name}", remark, dropped
    )


def schedule(panel: Sourced, design: Programme) -> pd.DataFrame:
    """Which province starts when, and how sure that is: code, start, status.

    Real rows show what the file holds. Otherwise the design is shown; a province that it does not let
    start is unknown there, because no letter says that it stays out.
    """
    if panel.kind is DataKind.REAL:
        starts = panel.frame.groupby("province")["cohort"].min()
        status = starts.notna().map({True: "bekend", False: "niet"})
        return pd.DataFrame({"code": starts.index, "start": starts.to_numpy(), "status": status.to_numpy()})
    rows = [
        (
            item.province,
            float("nan") if item.year is None else float(item.year),
            "onbekend" if item.year is None else "aanname" if item.assumed else "bekend",
        )
        for item in design.adoptions
    ]
    return pd.DataFrame(rows, columns=["code", "start", "status"])


def complete_units(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of municipalities that are observed in every year of `frame`."""
    years = frame.groupby("municipality")["year"].transform("nunique")
    return frame[years == frame["year"].nunique()]


def with_truth(table: pd.DataFrame, truth: Truth | None) -> pd.DataFrame:
    """An event-study table with column `truth`, zero before the start; unchanged if there is no truth."""
    if truth is None:
        return table
    planted = table["event_time"].map(truth.by_event_time)
    return table.assign(truth=planted.where(table["event_time"] >= 0, 0.0))
