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


@kept
def power_curve(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    target: float = 0.8,
    size: float = 0.05,
    decimals: int = 1,
    caption: str = "",
) -> FigureExhibit:
    """Power against the true effect, and the least effect that reaches the target.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``effect`` (not negative) and ``power`` (0 to 1); optionally ``series`` (tests or designs, at
        most five).
    target, size : float
        Power asked for, and the level of the test.

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
    if "series" not in table.columns:
        table["series"] = ""
    series = list(table["series"].unique())
    if len(series) > len(theme.SERIES):
        raise ValueError(f"{id}: {len(series)} series; at most {len(theme.SERIES)} can be told apart")
    found = {name: detectable(table[table["series"] == name], target) for name in series}

    figure, axes = theme.new_figure(theme.by_width(2.7, 2.9))
    ax = axes[0, 0]
    with theme.settings():
        for level, text in ((target, "gewenst"), (size, "toeval")):
            ax.axhline(100 * level, color=theme.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            theme.write(
                ax, 1.0, 100 * level, f"{text} {dutch.number(100 * level)}%", xytext=(4, 0), va="center",
                xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=theme.SMALL,
                color=theme.MUTED,
            )  # fmt: skip
        handles = []
        for name, style in zip(series, theme.SERIES, strict=False):
            rows = table[table["series"] == name].sort_values("effect")
            (line,) = ax.plot(rows["effect"], 100 * rows["power"], **style.line, zorder=3)
            handles.append(line)
            if found[name] is not None:
                ax.vlines(
                    found[name], 0, 100 * target, color=style.color, linewidth=1.2, linestyle=style.linestyle
                )
        _label_detectable(ax, found, unit, decimals)
        ax.set_ylim(0, 103)
        ax.set_xlim(left=min(0, table["effect"].min()))
        theme.dutch_axis(ax, "x")
        theme.dutch_axis(ax, "y", unit="%", ticks=5)
        heading = "Kans dat de toets het effect ziet"
        if len(series) > 1:
            theme.key(ax, handles, series, heading)
        else:
            theme.heading(ax, heading)
        theme.below(ax, f"werkelijk effect op {outcome_label}" + (f" ({unit})" if unit else ""))
    text = words.sentence(
        caption or f"kans om een effect op {outcome_label} te zien, naar grootte van het effect"
    )
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{text} Toets op {dutch.number(100 * size)}%; verticale streep: kleinste effect dat met "
        f"{dutch.number(100 * target)}% kans gezien wordt.",
        _alt(table, found, outcome_label, unit, target, decimals),
        kind,
        source,
        _twin(table, len(series) > 1),
    )


def detectable(rows: pd.DataFrame, target: float) -> float | None:
    """The least effect whose power reaches `target`, by linear interpolation; None if none drawn does."""
    rows = rows.sort_values("effect")
    effect, power = rows["effect"].to_numpy(), np.maximum.accumulate(rows["power"].to_numpy())
    reached = np.flatnonzero(power >= target)
    if not len(reached):
        return None
    at = reached[0]
    if at == 0 or power[at] == power[at - 1]:
        return float(effect[at])
    share = (target - power[at - 1]) / (power[at] - power[at - 1])
    return float(effect[at - 1] + share * (effect[at] - effect[at - 1]))


def _label_detectable(ax, found: dict[str, float | None], unit: str, decimals: int) -> None:
    """The least effects at the foot of their lines, one above the other so that none overlap."""
    known = [
        (value, style)
        for value, style in zip(found.values(), theme.SERIES, strict=False)
        if value is not None
    ]
    for place, (value, style) in enumerate(sorted(known, key=lambda pair: pair[0])):
        # On a narrow screen the unit, which the axis names, would lie over the curve or the words beside it.
        told = words.quantity(value, theme.by_width(unit, ""), decimals)
        theme.write(
            ax, value, 0, told, xytext=(5, 12 + 16 * place), textcoords="offset points", color=style.color,
            fontweight="bold", ha="left",
            bbox={"boxstyle": "round,pad=0.1", "facecolor": theme.PAPER, "edgecolor": "none"}, zorder=5,
        )  # fmt: skip


def _alt(
    table: pd.DataFrame, found: dict[str, float | None], outcome: str, unit: str, target: float, decimals: int
) -> str:
    percent = dutch.number(100 * target)
    parts = [f"De kans om een effect op {outcome} te zien stijgt met de grootte van het effect."]
    for name, value in found.items():
        rows = table[table["series"] == name].sort_values("effect")
        lead = f"{dutch.capital(name)}: vanaf" if name else "Vanaf"
        largest = rows.iloc[-1]
        if value is None:
            seen = words.quantity(largest["effect"], unit, decimals)
            parts.append(
                f"{f'{dutch.capital(name)}: ook' if name else 'Ook'} bij {seen}, het grootste effect dat is "
                f"doorgerekend, is de kans {dutch.number(100 * largest['power'])}%, minder dan {percent}%."
            )
            continue
        parts.append(
            f"{lead} een effect van {words.quantity(value, unit, decimals)} is die kans "
            f"ten minste {percent}%."
        )
    return words.within(*parts)


def _twin(table: pd.DataFrame, several: bool) -> pd.DataFrame:
    twin = table.rename(columns={"series": "toets", "effect": "effect", "power": "kans"})
    return twin[["toets", "effect", "kans"] if several else ["effect", "kans"]]
