"""What designs to come could see: the chance by number of units, a panel a design."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept
from analysis.figures.words import listing

_PER_ROW = 3, 2  # on a page, and on a narrow screen
_PANEL_HEIGHT, _LEAST_HEIGHT = 1.24, 2.0  # inch


@kept
def designs_to_come(
    table: pd.DataFrame,
    order: Sequence[str],
    *,
    id: str,
    target: float,
    kind: DataKind,
    source: str,
    caption: str,
) -> FigureExhibit:
    """Power of each design against the number of units: formula as a line, simulation as points.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``design``, ``label``, ``unit`` (plural), ``units``, ``formula`` (per cent), and where it was
        simulated ``simulated``, ``low`` and ``high``; ``needed``, and where known ``there``, are the same in
        all rows of a design.
    order : sequence of str
        Designs, in the order of the panels.
    target : float
        Per cent that is asked for.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    table = checked(
        table,
        id,
        numbers=("units", "formula", "needed"),
        texts=("design", "label", "unit"),
        optional=("simulated", "low", "high", "there"),
    )
    drawn = table.dropna(subset=["simulated"])
    check_interval(drawn, id, inside="simulated")
    across = theme.by_width(*_PER_ROW)
    count = -(-len(order) // across)
    figure, axes = theme.new_figure(max(_LEAST_HEIGHT, _PANEL_HEIGHT * count + 0.2), count, across)
    line, point = theme.SERIES[0], theme.SERIES[1]
    for place, (name, ax) in enumerate(zip(order, axes.flat, strict=False)):
        with theme.settings():
            rows = table[table["design"] == name].sort_values("units")
            points = drawn[drawn["design"] == name]
            needed = rows["needed"].iloc[0]
            ax.axhline(target, color=theme.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            ax.plot(rows["units"], rows["formula"], color=line.color, linewidth=1.8, zorder=3)
            ax.vlines(needed, 0, target, color=theme.MUTED, linewidth=0.9, zorder=2)
            ax.errorbar(
                points["units"],
                points["simulated"],
                yerr=[points["simulated"] - points["low"], points["high"] - points["simulated"]],
                fmt=point.marker, color=point.color, markersize=3.6, elinewidth=1.4, zorder=4,
            )  # fmt: skip
            theme.write(
                ax, needed, 0, f"{dutch.number(needed)} {rows['unit'].iloc[0]}", xytext=(4, 4),
                textcoords="offset points", fontsize=theme.SMALL, zorder=5,
            )  # fmt: skip
            ax.set_ylim(0, 105)
            most = 1.02 * rows["units"].max()
            ax.set_xlim(0, most)
            there = rows["there"].iloc[0]
            if there <= most:  # not where it is unknown either
                style = theme.SERIES[3]
                ax.plot(there, 0, marker=style.marker, color=style.color, clip_on=False, zorder=6)
            theme.dutch_axis(ax, "x", ticks=4)
            theme.dutch_axis(ax, "y", unit="%" if place % across == 0 else "", ticks=3)
            if place % across:
                ax.set_yticklabels([])
            theme.heading(ax, rows["label"].iloc[0])
    for ax in list(axes.flat)[len(order) :]:
        ax.set_axis_off()
    return FigureExhibit(
        id,
        theme.finished(figure),
        caption,
        _alt(table, order, target),
        kind,
        source,
        table[["label", "unit", "units", "formula", "simulated", "low", "high"]].rename(
            columns={
                "label": "ontwerp", "unit": "eenheid", "units": "aantal", "formula": "formule",
                "simulated": "nagebootst", "low": "laag", "high": "hoog",
            }
        ),
    )  # fmt: skip


def _alt(table: pd.DataFrame, order: Sequence[str], target: float) -> str:
    """What is needed of each, in one sentence; the numbers stand below the figure."""
    first = table.drop_duplicates("design").set_index("design").loc[list(order)]
    asked = listing({row.label: dutch.number(row.needed) for row in first.itertuples()})
    return f"Met het aantal groeit de kans. Voor {dutch.number(target)}% is nodig: {asked}."
