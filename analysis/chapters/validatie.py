"""Exhibits of the chapter that reproduces published figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.answers.systems import system_name
from analysis.answers.validatie_names import MEASURES, NOT_REPRODUCED, OUTCOMES, STATISTICS, printed, what
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures.absent import absent
from analysis.figures.published import published_against_reproduced
from analysis.results import Released, Series
from analysis.results.row import NOT_ESTABLISHED, NOT_SHOWN
from analysis.workspace import Workspace

SECTION = "validatie"
_LEFT_OUT = "niet nagerekend"
_CAPTION = "Gepubliceerde cijfers en dezelfde cijfers nagerekend"


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """Published beside reproduced: all as a table, what was reproduced as a figure."""
    series = released.points(f"{SECTION}.cijfers")
    return [validation_table(released, series), validation_figure(released, series)]


def validation_table(released: Released, series: Series) -> TableExhibit:
    """Published beside reproduced; what was reproduced comes first."""
    points = series.points
    order = points["verdict"].eq(NOT_REPRODUCED).to_numpy().argsort(kind="stable")
    cells = [
        (
            f"{row.study} {row.cycle}, {system_name(row.system)}",
            what(row),
            printed(row.published, row.published_se, row.decimals, row.se_decimals)
            + ("" if row.status == "published" or np.isnan(row.published) else " (door anderen nagerekend)"),
            _reproduced(row),
            _verdict(row),
        )
        for row in points.iloc[order].itertuples(index=False)
    ]
    return TableExhibit(
        id=released.exhibit("tbl", SECTION),
        cells=pd.DataFrame(cells, columns=["Onderzoek", "Uitkomst", "Gepubliceerd", "Nagerekend", "Oordeel"]),
        caption=f"{_CAPTION} uit de leerlingbestanden, met standaardfout tussen haakjes. Gelijk: op alle "
        f"gedrukte cijfers. {series.note}",
        kind=series.kind,
        source=series.source,
        align="llrrl",
        widths=[30, 30, 20, 20, 20],
    )


def _withheld(row: Any) -> bool:
    return row.verdict != NOT_REPRODUCED and np.isnan(row.n)


def _reproduced(row: Any) -> str:
    if row.verdict == NOT_REPRODUCED:
        return _LEFT_OUT
    return NOT_SHOWN if _withheld(row) else printed(row.reproduced, row.reproduced_se, row.decimals, 1)


def _verdict(row: Any) -> str:
    return NOT_SHOWN if _withheld(row) else OUTCOMES[row.verdict]


def validation_figure(released: Released, series: Series) -> FigureExhibit:
    """What was reproduced of what was published, beside that."""
    points = series.points
    shown = points[points["reproduced"].notna() & points["published"].notna()]
    shared = {
        "id": released.exhibit("fig", SECTION),
        "kind": series.kind,
        "source": series.source,
    }
    if shown.empty:
        there = points["verdict"].ne(NOT_REPRODUCED).any()
        why = "van de bestanden is niets gepubliceerd" if there else "er zijn geen leerlingbestanden"
        return absent(caption=f"{_CAPTION}.", why=f"{NOT_ESTABLISHED}: {why}", **shared)
    rows = pd.DataFrame(
        {
            "label": [_short(row) for row in shown.itertuples(index=False)],
            "panel": [_panel(row) for row in shown.itertuples(index=False)],
            **{name: shown[name] for name in ("published", "published_se", "reproduced", "reproduced_se")},
            "decimals": shown["decimals"],
        }
    ).sort_values("panel", kind="stable", ignore_index=True)
    return published_against_reproduced(
        rows,
        outcome_label="uitkomsten van ICCS en PISA",
        level=series.level,
        caption=_CAPTION,
        **shared,
    )


def _panel(row: Any) -> str:
    """Rows that share an axis: one measure over systems, or one system over measures."""
    about = MEASURES[row.measure] if row.study == "ICCS" else system_name(row.system)
    return f"{row.study} {row.cycle}, {about}: {STATISTICS[row.statistic]} (punten)"


def _short(row: Any) -> str:
    """What sets a row apart within its panel."""
    if row.study == "ICCS":
        return system_name(row.system)
    groups = {"": "", "male": ", jongens", "female": ", meisjes", "male-female": ", jongens − meisjes"}
    return MEASURES[row.measure].capitalize() + groups[row.group]
