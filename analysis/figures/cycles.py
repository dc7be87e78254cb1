"""Means of several systems over the cycles of a study, as far as they are known."""

from __future__ import annotations

from statistics import NormalDist

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import checked
from analysis.figures.kept import kept
from analysis.results import interval_name

_HEIGHT = 3.5  # inch


@kept
def means_by_cycle(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    level: float = 0.95,
    caption: str,
) -> FigureExhibit:
    """One line a system over the cycles; a filled marker was published, an open one computed by others.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``label`` (the system), ``cycle`` (year), ``mean``, ``published`` (bool); ``se`` may hold
        unknown values: no interval is drawn there. At most five systems, in the order of the table.
    outcome_label, unit : str
        Dutch.
    level : float
        Coverage of the intervals, from the normal distribution.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, holds a value that cannot be drawn, or has too many systems.
    """
    table = checked(table, id, texts=("label",), numbers=("cycle", "mean"), gaps=("se",))
    if "published" not in table.columns:
        raise ValueError(f"{id}: column published is absent")
    systems = list(table["label"].unique())
    if len(systems) > len(theme.SERIES):
        raise ValueError(f"{id}: {len(systems)} systems; at most {len(theme.SERIES)} can be told apart")
    cycles = sorted(table["cycle"].unique())
    place = {cycle: position for position, cycle in enumerate(cycles)}
    figure, axes = theme.new_figure(_HEIGHT)
    ax = axes[0, 0]
    ends = []
    reach = NormalDist().inv_cdf((1 + level) / 2)
    with theme.settings():
        for number, (system, style) in enumerate(zip(systems, theme.SERIES, strict=False)):
            rows = table[table["label"] == system].sort_values("cycle")
            x = rows["cycle"].map(place) + 0.035 * (number - (len(systems) - 1) / 2)
            known = rows["se"].notna()
            ax.vlines(
                x[known],
                (rows["mean"] - reach * rows["se"])[known],
                (rows["mean"] + reach * rows["se"])[known],
                color=style.color,
                linewidth=2.4,
                alpha=0.5,
                zorder=2,
            )
            ax.plot(x, rows["mean"], **{**style.line, "marker": "none"}, zorder=3)
            for filled, part in rows.groupby(rows["published"].astype(bool)):
                ax.plot(
                    x[part.index], part["mean"], linestyle="none", marker=style.marker, markersize=7,
                    markerfacecolor=style.color if filled else theme.PAPER, markeredgecolor=style.color,
                    markeredgewidth=1.6, zorder=4,
                )  # fmt: skip
            ends.append((rows["mean"].iloc[-1], system, style))
        theme.dutch_axis(ax, "y")
        ax.grid(axis="y")
        ax.set_xticks(range(len(cycles)), labels=[str(int(cycle)) for cycle in cycles])
        ax.set_xlim(-0.3, len(cycles) - 0.7)
        gap = 1.4 * theme.TEXT * (ax.get_ylim()[1] - ax.get_ylim()[0]) / (72 * (_HEIGHT - 1.1))
        heights = theme.spread([value for value, *_ in ends], gap)
        for (value, system, style), height in zip(ends, heights, strict=True):
            theme.write(
                ax, 1.0, height, theme.wrapped(f"{system} {dutch.number(value)}", 24), color=style.color,
                xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
                fontweight="bold",
            )  # fmt: skip
        filled = ax.plot([], [], marker="o", linestyle="none", markersize=7, color=theme.MUTED)
        hollow = ax.plot(
            [], [], marker="o", linestyle="none", markersize=7, markerfacecolor=theme.PAPER,
            markeredgecolor=theme.MUTED, markeredgewidth=1.6,
        )  # fmt: skip
        theme.key(
            ax,
            [*filled, *hollow],
            ["gepubliceerd", "door anderen nagerekend"],
            f"{dutch.capital(outcome_label)} ({unit})",
        )
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{words.sentence(caption)} Streep: {interval_name(level)}, waar de standaardfout bekend is.",
        _alt(table, systems, outcome_label, unit),
        kind,
        source,
        _twin(table),
    )


def _alt(table: pd.DataFrame, systems: list[str], outcome: str, unit: str) -> str:
    last = table[table["cycle"] == table["cycle"].max()].sort_values("mean", ascending=False)
    order = "; ".join(f"{row['label']} {dutch.number(row['mean'])}" for _, row in last.iterrows())
    changes = []
    for system in systems:
        rows = table[table["label"] == system].sort_values("cycle")
        first, end = rows.iloc[0], rows.iloc[-1]
        told = f"{dutch.number(first['mean'])} in {int(first['cycle'])}"
        if len(rows) > 1:
            told += f" naar {dutch.number(end['mean'])} in {int(end['cycle'])}"
        changes.append(f"{system}: van {told}." if len(rows) > 1 else f"{system}: {told}.")
    return words.within(
        f"{dutch.capital(outcome)} per meting, in {unit}.",
        f"In {int(table['cycle'].max())}, van hoog naar laag: {order}.",
        *changes,
    )


def _twin(table: pd.DataFrame) -> pd.DataFrame:
    status = table["published"].astype(bool).map({True: "gepubliceerd", False: "nagerekend"})
    return pd.DataFrame(
        {
            "land of gebied": table["label"],
            "meting": table["cycle"].astype(int),
            "gemiddelde": table["mean"],
            "standaardfout": table["se"],
            "status": status,
        }
    )
