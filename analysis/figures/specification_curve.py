"""Specification curve: every defensible estimate in order, and below it the choices that made it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import narrow, theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept

_MOST_DOTS = 80  # beyond this, dots run into each other and a fine stroke reads better
_ROOM = 240  # points from the first specification to the last, about


@kept
def specification_curve(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    choices: Mapping[str, str],
    decimals: int = 1,
    level: float = 0.95,
    p_value: float | None = None,
    caption: str,
) -> FigureExhibit:
    """Estimates in ascending order with intervals; a dot marks each option a specification takes.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``estimate``, ``low``, ``high``, one text column for each choice, and optionally ``main``
        (true for the specification of the analysis plan).
    choices : mapping of column to Dutch name
        The rows below the curve in this order, their options in the order of the table:
        ``{"weights": "weging", …}``.
    p_value : float, optional
        Of the curve as a whole, by permutation; told in the caption.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    if not choices:
        raise ValueError(f"{id}: no choices given; without them the curve cannot be read")
    table = checked(table, id, texts=tuple(choices), numbers=("estimate",), gaps=("low", "high"))
    check_interval(table, id, inside="estimate")
    main = table["main"].astype(bool) if "main" in table.columns else pd.Series(False, index=table.index)
    if main.sum() > 1:
        raise ValueError(f"{id}: {int(main.sum())} specifications are marked main; at most one can be")
    options = {column: list(table[column].unique()) for column in choices}
    table = table.assign(main=main).sort_values(["estimate", "low"], kind="stable", ignore_index=True)

    lines = sum(len(values) + 1 for values in options.values())
    matrix = theme.by_width(0.185, 0.205) * lines + theme.by_width(0.0, 0.16) * (lines - len(options))
    room = theme.by_width(1.9, 2.4)  # inches for the curve
    figure, axes = theme.new_figure(0.3 + room + matrix, rows=2, height_ratios=[room, matrix], sharex=True)
    curve, below = axes[:, 0]
    with theme.settings():
        _draw_curve(curve, table, decimals)
        theme.heading(
            curve,
            f"{dutch.capital(outcome_label)} ({unit})" if unit else dutch.capital(outcome_label),
            room=1.5 * theme.TEXT * bool(main.any()),
        )
        theme.dutch_axis(curve, "y", sign=True)
        curve.tick_params(axis="x", length=0, labelbottom=False)
        curve.spines["bottom"].set_visible(False)
        _draw_choices(below, table, choices, options)
        below.set_xlabel(f"{dutch.number(len(table))} specificaties,\nvan lage naar hoge schatting")
    return FigureExhibit(
        id,
        theme.finished(figure),
        _caption(caption, level, p_value, bool(main.any())),
        _alt(table, outcome_label, unit, decimals, level, p_value),
        kind,
        source,
        _twin(table, choices),
    )


def _draw_curve(ax: Axes, table: pd.DataFrame, decimals: int) -> None:
    theme.reference_line(ax, 0)
    x = np.arange(len(table))
    clear = ((table["low"] > 0) | (table["high"] < 0)).to_numpy()
    width = float(np.clip(220 / len(table), 0.6, 3.0))
    for where, color in ((~clear, "#9a9a9a"), (clear, theme.SERIES[0].color)):
        rows = table[where]
        bars = _segments(x[where], rows["low"], rows["high"])
        ax.plot(*bars, color=color, linewidth=width, alpha=0.45, zorder=2)
        if len(table) <= _MOST_DOTS:
            ax.plot(
                x[where], rows["estimate"], marker="o", markersize=max(2.2, 1.6 * width), color=color,
                linestyle="none", zorder=3,
            )  # fmt: skip
    if len(table) > _MOST_DOTS:  # sorted and close: a line is what dots would look like
        ax.plot(x, table["estimate"], color=theme.PAPER, linewidth=4.5, zorder=3)
        ax.plot(x, table["estimate"], color=theme.INK, linewidth=2.2, zorder=3)
    for place in np.flatnonzero(table["main"]):
        row = table.iloc[place]
        color = theme.SERIES[1].color
        ax.vlines(place, row["low"], row["high"], color=color, linewidth=max(width, 1.6), zorder=4)
        ax.plot(
            place,
            row["estimate"],
            marker="D",
            markersize=8,
            color=color,
            markeredgecolor=theme.PAPER,
            zorder=5,
        )
        right = place > len(table) / 2
        theme.write(  # above the picture, with a line down to its mark
            ax, place, 1, f"hoofdschatting {dutch.number(row['estimate'], decimals, sign=True)}",
            xycoords=("data", "axes fraction"), xytext=(4 if right else -4, 5), textcoords="offset points",
            color=color, fontweight="bold", ha="right" if right else "left", va="bottom", zorder=6,
        )  # fmt: skip
        ax.annotate(
            "", (place, row["estimate"]), xytext=(place, 1.0), textcoords=("data", "axes fraction"),
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
            annotation_clip=False, zorder=3.5,
        )  # fmt: skip


def _segments(x, low, high) -> tuple[np.ndarray, np.ndarray]:
    """Upright segments as one broken line: one path in the file, however many there are."""
    x = np.asarray(x, dtype=float)
    low, high = np.broadcast_to(low, x.shape), np.broadcast_to(high, x.shape)
    gap = np.full(x.shape, np.nan)
    return np.column_stack([x, x, gap]).ravel(), np.column_stack([low, high, gap]).ravel()


def _seen(x: np.ndarray, covered: int) -> np.ndarray:
    """Of each unbroken run the ends, and between these one in so many as a stroke has `covered`."""
    if covered < 2 or len(x) == 0:
        return x
    begins = np.diff(x, prepend=x[0] - 2) > 1
    ends = np.append(begins[1:], True)
    in_run = np.arange(len(x)) - np.maximum.accumulate(np.where(begins, np.arange(len(x)), 0))
    return x[begins | ends | (in_run % covered == 0)]


def _draw_choices(ax: Axes, table: pd.DataFrame, choices, options) -> None:
    x = np.arange(len(table))
    size = float(np.clip(900 / len(table), 8, 22))
    ticks, labels, heads = [], [], []
    height = 0.0
    for column, name in choices.items():
        heads.append(len(ticks))
        ticks.append(height)
        labels.append(name)
        for option in options[column]:
            height -= theme.by_width(1.0, 1.8)
            ticks.append(height + theme.by_width(0.0, 0.8))
            labels.append(option)
            taken = (table[column] == option).to_numpy()
            ax.axhline(height, color=theme.RULE, linewidth=0.5, zorder=0)
            if len(table) > _MOST_DOTS:
                stroke = max(0.5, 300 / len(table))
                marks = _segments(
                    _seen(x[taken], int(stroke * len(table) / _ROOM)), height - 0.36, height + 0.36
                )
                ax.plot(*marks, color=theme.SERIES[0].color, linewidth=stroke)
            else:
                ax.scatter(x[taken], np.full(taken.sum(), height), s=size, color=theme.SERIES[0].color, lw=0)
            main = taken & table["main"].to_numpy()
            ax.scatter(
                x[main], np.full(main.sum(), height), s=38, marker="D", color=theme.SERIES[1].color, zorder=4
            )
        height -= 1
    ax.set_yticks([] if narrow.is_narrow() else ticks, labels=[] if narrow.is_narrow() else labels)
    if narrow.is_narrow():  # names stand above their rows, so that the picture has the whole width
        for number, (tick, label) in enumerate(zip(ticks, labels, strict=True)):
            theme.write(
                ax, 0, tick, label, xycoords=("axes fraction", "data"), va="center", fontsize=theme.SMALL,
                fontweight="bold" if number in heads else "normal",
            )  # fmt: skip
    ax.set_ylim(height + 0.3, 0.7)
    ax.set_xlim(-0.02 * len(table) - 0.5, 1.02 * len(table) - 0.5)
    ax.tick_params(axis="both", length=0)
    ax.set_xticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    for number, tick in enumerate(ax.get_yticklabels()):
        tick.set_fontsize(theme.SMALL)
        tick.set_fontweight("bold" if number in heads else "normal")


def _caption(caption: str, level: float, p_value: float | None, main: bool) -> str:
    text = (
        f"{words.sentence(caption)} Streep: {dutch.number(100 * level)}%-interval, blauw waar het nul niet "
        "bevat. Onder: de keuzes van elke specificatie."
    )
    if main:
        text += " Ruit: de hoofdschatting."
    if p_value is not None:
        text += f" Randomisatietoets van de hele curve: p = {dutch.p_value(p_value)}."
    return text.replace("p = <", "p <")


def _alt(
    table: pd.DataFrame, outcome: str, unit: str, decimals: int, level: float, p_value: float | None
) -> str:
    def told(value: float) -> str:
        return words.quantity(value, unit, decimals, sign=True)

    estimates = table["estimate"]
    above, below = int((table["low"] > 0).sum()), int((table["high"] < 0).sum())
    parts = [
        f"{dutch.capital(outcome)} in {dutch.number(len(table))} specificaties. De schattingen lopen van "
        f"{told(estimates.min())} tot {told(estimates.max())}, met {told(estimates.median())} in het midden.",
        f"Het {dutch.number(100 * level)}%-interval ligt {above} keer boven en {below} keer onder nul.",
    ]
    if table["main"].any():
        row = table[table["main"]].iloc[0]
        interval = words.with_interval(
            row["estimate"], row["low"], row["high"], unit, decimals, level=level, sign=True
        )
        parts.append(f"De hoofdschatting geeft {interval}.")
    if p_value is not None:
        parts.append(f"De randomisatietoets van de hele curve geeft p = {dutch.p_value(p_value)}.")
    return words.within(*parts).replace("p = <", "p <")


def _twin(table: pd.DataFrame, choices: Mapping[str, str]) -> pd.DataFrame:
    names = {"estimate": "schatting", "low": "laag", "high": "hoog", **choices, "main": "hoofdschatting"}
    twin = table[list(names)].rename(columns=names)
    return twin.assign(hoofdschatting=np.where(table["main"], "ja", "nee"))
