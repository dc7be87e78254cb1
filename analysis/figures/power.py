"""What the study could have seen: power by size of the effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import checked
from analysis.figures.kept import kept

TARGET, SIZE = 0.8, 0.05  # power asked for, and the level of the test


@kept
def power_curve(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    caption: str,
) -> FigureExhibit:
    """Power against the true effect, and the least effect that reaches the target.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``effect`` (not negative) and ``power`` (0 to 1).

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    table = checked(table, id, numbers=("effect", "power"))
    outside = table.loc[(table["power"] < 0) | (table["power"] > 1), "power"]
    if len(outside):
        raise ValueError(
            f"{id}: column power, row {outside.index[0] + 1}: {outside.iloc[0]} is not in 0 to 1"
        )
    table = table.sort_values("effect", ignore_index=True)
    least = detectable(table, TARGET)
    style = theme.SERIES[0]
    figure, axes = theme.new_figure(theme.by_width(2.7, 2.9))
    ax = axes[0, 0]
    with theme.settings():
        for level, text in ((TARGET, "gewenst"), (SIZE, "toeval")):
            ax.axhline(100 * level, color=theme.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            theme.write(
                ax, 1.0, 100 * level, f"{text} {dutch.number(100 * level)}%", xytext=(4, 0), va="center",
                xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=theme.SMALL,
                color=theme.MUTED,
            )  # fmt: skip
        ax.plot(table["effect"], 100 * table["power"], **style.line, zorder=3)
        if least is not None:
            ax.vlines(least, 0, 100 * TARGET, color=style.color, linewidth=1.2, linestyle=style.linestyle)
            _label_detectable(ax, least, unit)
        ax.set_ylim(0, 103)
        ax.set_xlim(left=min(0, table["effect"].min()))
        theme.dutch_axis(ax, "x")
        theme.dutch_axis(ax, "y", unit="%", ticks=5)
        theme.heading(ax, "Kans dat de toets het effect ziet")
        theme.below(ax, f"werkelijk effect op {outcome_label}" + (f" ({unit})" if unit else ""))
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{words.sentence(caption)} Toets op {dutch.number(100 * SIZE)}%; verticale streep: kleinste effect "
        f"dat met {dutch.number(100 * TARGET)}% kans gezien wordt.",
        _alt(table, least, outcome_label, unit),
        kind,
        source,
        table[["effect", "power"]].rename(columns={"power": "kans"}),
    )


def detectable(rows: pd.DataFrame, target: float) -> float | None:
    """The least effect whose power reaches `target`, by linear interpolation; None if none drawn does.

    `rows` are in the order of their effects.
    """
    effect, power = rows["effect"].to_numpy(), np.maximum.accumulate(rows["power"].to_numpy())
    reached = np.flatnonzero(power >= target)
    if not len(reached):
        return None
    at = reached[0]
    if at == 0 or power[at] == power[at - 1]:
        return float(effect[at])
    share = (target - power[at - 1]) / (power[at] - power[at - 1])
    return float(effect[at - 1] + share * (effect[at] - effect[at - 1]))


def _label_detectable(ax, least: float, unit: str) -> None:
    """The least effect, at the foot of its line."""
    # On a narrow screen the unit, which the axis names, would lie over the curve or the words beside it.
    told = words.quantity(least, theme.by_width(unit, ""), 1)
    theme.write(
        ax, least, 0, told, xytext=(5, 12), textcoords="offset points", color=theme.SERIES[0].color,
        fontweight="bold", ha="left", zorder=5,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": theme.PAPER, "edgecolor": "none"},
    )  # fmt: skip


def _alt(table: pd.DataFrame, least: float | None, outcome: str, unit: str) -> str:
    percent = dutch.number(100 * TARGET)
    lead = f"De kans om een effect op {outcome} te zien stijgt met de grootte van het effect."
    if least is not None:
        told = words.quantity(least, unit, 1)
        return words.within(lead, f"Vanaf een effect van {told} is die kans ten minste {percent}%.")
    largest = table.iloc[-1]
    return words.within(
        lead,
        f"Ook bij {words.quantity(largest['effect'], unit, 1)}, het grootste effect dat is doorgerekend, is "
        f"de kans {dutch.number(100 * largest['power'])}%, minder dan {percent}%.",
    )
