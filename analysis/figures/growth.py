"""Growth by track: one line a track over the waves, labelled at its end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept


@kept
def growth(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    decimals: int = 1,
    level: float = 0.95,
    caption: str,
) -> FigureExhibit:
    """Means or predictions by wave for each group.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``group``, ``wave`` (whole number), ``estimate``, ``low``, ``high``; optionally ``truth``.
        At most five groups.
    outcome_label, unit : str
        Dutch.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, holds a value that cannot be drawn, or has too many groups.
    """
    table = checked(
        table, id, texts=("group",), numbers=("wave", "estimate", "low", "high"), optional=("truth",)
    )
    check_interval(table, id, inside="estimate")
    groups = list(table["group"].unique())
    if len(groups) > len(theme.SERIES):
        raise ValueError(f"{id}: {len(groups)} groups; at most {len(theme.SERIES)} can be told apart")
    if table.duplicated(["group", "wave"]).any():
        raise ValueError(f"{id}: a group has two rows for the same wave")
    heading = f"{dutch.capital(outcome_label)} ({unit})" if unit else dutch.capital(outcome_label)
    figure, axes = theme.new_figure(theme.by_width(3.2, 3.8))
    ax = axes[0, 0]
    shifts = 0.06 * (np.arange(len(groups)) - (len(groups) - 1) / 2)
    ends = []
    with theme.settings():
        for group, style, shift in zip(groups, theme.SERIES, shifts, strict=False):
            rows = table[table["group"] == group].sort_values("wave")
            waves = rows["wave"] + shift
            ax.vlines(waves, rows["low"], rows["high"], color=style.color, linewidth=2.4, alpha=0.5, zorder=2)
            ax.plot(waves, rows["estimate"], **style.line, zorder=3)
            ends.append((waves.iloc[-1], rows["estimate"].iloc[-1], group, style))
        if "truth" in table.columns:
            for group in groups:
                rows = table[table["group"] == group].sort_values("wave")
                drawn = theme.truth(ax, rows["wave"], rows["truth"])
            theme.key(ax, [drawn], ["ware waarde (synthetisch)"], heading)
        else:
            theme.heading(ax, heading)
        theme.whole_ticks(ax, "x", table["wave"])
        theme.dutch_axis(ax, "y")
        ax.grid(axis="y")
        theme.below(ax, _WAVE)
        ax.set_xlim(table["wave"].min() - 0.25, table["wave"].max() + 0.25)
        _label_ends(ax, ends, decimals)
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{words.sentence(caption)} Streep: {dutch.number(100 * level)}%-interval.",
        _alt(table, groups, outcome_label, unit, decimals, level),
        kind,
        source,
        table[[name for name in _TWIN if name in table.columns]].rename(columns=_TWIN),
    )


_WAVE = "meting"
_TWIN = {
    "group": "groep",
    "wave": _WAVE,
    "estimate": "schatting",
    "low": "laag",
    "high": "hoog",
    "truth": "ware waarde (synthetisch)",
}


def _label_ends(ax, ends, decimals: int) -> None:
    low, high = ax.get_ylim()
    gap = 1.35 * theme.TEXT * (high - low) / (72 * 2.6)  # a line of text in data units, axes 2.6 inch high
    for (_, value, group, style), height in zip(
        ends, theme.spread([end[1] for end in ends], gap), strict=True
    ):
        theme.write(
            ax, 1.0, height, f"{group} {dutch.number(value, decimals)}", color=style.color,
            xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points", va="center",
            fontweight="bold",
        )  # fmt: skip


def _alt(table: pd.DataFrame, groups: list[str], outcome: str, unit: str, decimals: int, level: float) -> str:
    parts = [
        f"{dutch.capital(outcome)} naar {_WAVE}{f', in {unit}' if unit else ''}, "
        f"met {dutch.number(100 * level)}%-intervallen."
    ]
    for group in groups:
        rows = table[table["group"] == group].sort_values("wave")
        change = rows["estimate"].iloc[-1] - rows["estimate"].iloc[0]
        parts.append(
            f"{dutch.capital(group)}: verandering van {words.quantity(change, unit, decimals, sign=True)}."
        )
    wide = table.pivot_table(index="wave", columns="group", values="estimate").dropna()
    if len(groups) > 1 and len(wide) > 1:
        gap = wide.max(axis=1) - wide.min(axis=1)
        parts.insert(
            1,
            f"Het verschil tussen de hoogste en de laagste groep gaat van "
            f"{words.quantity(gap.iloc[0], unit, decimals)} in {_WAVE} {dutch.number(gap.index[0])} naar "
            f"{words.quantity(gap.iloc[-1], unit, decimals)} in {_WAVE} {dutch.number(gap.index[-1])}.",
        )
    return words.within(*parts)
