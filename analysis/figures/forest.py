"""Forest plot: one row an estimate with its interval, the numbers written beside it."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from matplotlib.axes import Axes

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import narrow, theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept

_LABEL_CHARACTERS = 28, 18  # on a page, and on a narrow screen


@kept
def forest(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    decimals: int = 1,
    level: float = 0.95,
    highlight: Collection[str] = (),
    caption: str,
) -> FigureExhibit:
    """Differences of the same kind for provinces, countries or specifications, with plus signs.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``label``, ``estimate``, ``low``, ``high``. Drawn from the top. An
        estimate without an interval, both ends unknown, is a mark without a line.
    outcome_label, unit : str
        Dutch.
    highlight : collection of str
        Labels of rows that stand out, such as the total.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, holds a value that cannot be drawn or a label twice, or if
        `highlight` names no row.
    """
    table = checked(table, id, texts=("label",), numbers=("estimate",), gaps=("low", "high"))
    check_interval(table, id, inside="estimate")
    twice = table.loc[table["label"].duplicated(), "label"]
    if len(twice):
        raise ValueError(f"{id}: column label: {twice.iloc[0]!r} occurs twice")
    strange = sorted(set(highlight) - set(table["label"]))
    if strange:
        raise ValueError(f"{id}: highlight names {', '.join(strange)}, which is no row of the table")

    labels = [theme.wrapped(label, theme.by_width(*_LABEL_CHARACTERS)) for label in table["label"]]
    lines = sum(label.count("\n") + 1 for label in labels)
    figure, axes = theme.new_figure(1.15 + theme.by_width(0.23, 0.27 if lines <= 16 else 0.23) * lines)
    ax = axes[0, 0]
    with theme.settings():
        theme.reference_line(ax, 0, "x")
        heights = theme.rows(ax, labels)
        for height, row in zip(heights, table.itertuples(), strict=True):
            _draw_row(ax, height, row, row.label in highlight)
            theme.write_beside(ax, height, _told(row, decimals), bold=row.label in highlight)
        for tick, label in zip(ax.get_yticklabels(), table["label"], strict=True):
            tick.set_fontweight("bold" if label in highlight else "normal")
        theme.dutch_axis(ax, "x", sign=True, ticks=5)
        theme.below(ax, f"{outcome_label} ({unit})" if unit else outcome_label)
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{words.sentence(caption)} Streep: {dutch.number(100 * level)}%-interval.",
        _alt(table, outcome_label, unit, decimals, level),
        kind,
        source,
        table[list(_TWIN)].rename(columns=_TWIN),
    )


_TWIN = {"label": "rij", "estimate": "schatting", "low": "laag", "high": "hoog"}


def _draw_row(ax: Axes, height: float, row, highlighted: bool) -> None:
    style = theme.SERIES[1] if highlighted else theme.SERIES[0]
    ax.hlines(height, row.low, row.high, color=style.color, linewidth=3 if highlighted else 2, zorder=2)
    ax.plot(
        row.estimate, height, marker=style.marker, markersize=8 if highlighted else 7, color=style.color,
        markeredgecolor=theme.PAPER, markeredgewidth=0.8, zorder=3,
    )  # fmt: skip


def _told(row, decimals: int) -> str:
    """The estimate with its interval; on a narrow screen without, so that the picture keeps its room."""
    if narrow.is_narrow():
        return words.quantity(row.estimate, "", decimals, sign=True)
    return words.with_interval(row.estimate, row.low, row.high, "", decimals, level=None, sign=True)


def _alt(table: pd.DataFrame, outcome: str, unit: str, decimals: int, level: float) -> str:
    highest, lowest = table.loc[table["estimate"].idxmax()], table.loc[table["estimate"].idxmin()]
    parts = [
        f"{dutch.capital(outcome)} in {len(table)} {'rij' if len(table) == 1 else 'rijen'}, "
        f"met {dutch.number(100 * level)}%-intervallen."
    ]
    if len(table) > 1:
        ends = [
            f"{row['label']} ({words.quantity(row['estimate'], unit, decimals, sign=True)})"
            for row in (highest, lowest)
        ]
        parts.append(f"Het hoogst is {ends[0]}, het laagst {ends[1]}.")
    above, below = int((table["low"] > 0).sum()), int((table["high"] < 0).sum())
    known = int(table["low"].notna().sum())
    line = f"de lijn ({dutch.number(0, decimals)})"
    parts.append(f"Intervallen boven {line}: {above}; eronder: {below}; eroverheen: {known - above - below}.")
    if known < len(table):
        parts.append(f"Zonder interval: {len(table) - known}.")
    return words.within(*parts)
