"""Gaps over the whole distribution: the gap at each quantile."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept


@kept
def quantile_gap(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    mean: float | None = None,
    decimals: int = 0,
    level: float = 0.95,
) -> FigureExhibit:
    """The gap at each quantile with its interval, beside the gap in means.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``quantile`` (between 0 and 1), ``estimate``, ``low``, ``high``.
    outcome_label, unit : str
        Dutch: "verschil tussen vwo en vmbo in burgerschapskennis", "punten".
    mean : float, optional
        The gap in means, drawn as a dashed line.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    table = checked(table, id, numbers=("quantile", "estimate", "low", "high"))
    check_interval(table, id, inside="estimate")
    wrong = table.loc[(table["quantile"] <= 0) | (table["quantile"] >= 1), "quantile"]
    if len(wrong):
        raise ValueError(
            f"{id}: column quantile, row {wrong.index[0] + 1}: {wrong.iloc[0]} is not between 0 and 1"
        )
    table = table.sort_values("quantile", ignore_index=True)
    percent = 100 * table["quantile"]
    style = theme.SERIES[0]
    heading = f"{dutch.capital(outcome_label)} ({unit})" if unit else dutch.capital(outcome_label)
    figure, axes = theme.new_figure(3.6)
    ax = axes[0, 0]
    with theme.settings():
        ax.fill_between(percent, table["low"], table["high"], color=style.color, alpha=0.16, linewidth=0)
        for edge in ("low", "high"):
            ax.plot(percent, table[edge], color=style.color, linewidth=0.7, alpha=0.7)
        ax.plot(percent, table["estimate"], **style.line)
        if mean is not None:
            ax.axhline(mean, color=theme.INK, linewidth=1.0, linestyle=(0, (5, 3)), zorder=1.5)
            theme.write(
                ax, 1.0, mean, theme.wrapped(f"verschil in gemiddelde: {dutch.number(mean, decimals)}", 14),
                xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
            )  # fmt: skip
        theme.heading(ax, heading)
        if ax.get_ylim()[0] < 0 < ax.get_ylim()[1]:
            theme.reference_line(ax, 0)
        theme.dutch_axis(ax, "y")
        theme.dutch_axis(ax, "x", unit="%", ticks=9)
        ax.grid(axis="y")
        theme.below(ax, "leerlingen van laag naar hoog (percentiel binnen de eigen groep)")
    first, last = table.iloc[0], table.iloc[-1]
    change = last["estimate"] - first["estimate"]
    apart = first["high"] < last["low"] or last["high"] < first["low"]
    ends = [
        f"{dutch.number(row['estimate'], decimals)} bij het {dutch.number(100 * row['quantile'])}e percentiel"
        for row in (first, last)
    ]
    alt = words.within(
        f"{dutch.capital(outcome_label)} naar percentiel, in {unit or 'eenheden'}: {dutch.join(ends)}.",
        f"Tussen het laagste en het hoogste percentiel loopt het verschil "
        f"{'op' if change > 0 else 'terug'} met {words.quantity(abs(change), unit, decimals)}; "
        f"de intervallen daar overlappen {'niet' if apart else 'wel'}.",
        "" if mean is None else f"Verschil in gemiddelde: {words.quantity(mean, unit, decimals)}.",
    )
    twin = {"quantile": "kwantiel", "estimate": "verschil", "low": "laag", "high": "hoog"}
    caption = words.sentence(f"{outcome_label} naar percentiel")
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{caption} Band: {dutch.number(100 * level)}%-interval.",
        alt,
        kind,
        source,
        table[list(twin)].rename(columns=twin),
    )
