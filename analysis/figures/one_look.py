"""All answers in one look: intervals against what matters and what could be seen, and what has no answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import narrow, theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept

# Inches: beside the picture for the questions; a line of text; around the picture of one unit; the key.
_LABELS, _LINE, _AROUND, _KEY = (2.85, 1.75), 0.158, (0.04, 0.38), 0.2
_LABEL_CHARACTERS = 33, 18
_WITHOUT = "Niet vast te stellen (de tabel zegt waarom)"
_SEEN, _MATTERS = theme.SEQUENTIAL[0], theme.DIVERGING[1]


@kept
def one_look(table: pd.DataFrame, *, id: str, kind: DataKind, source: str, caption: str) -> FigureExhibit:
    """Answered questions by unit, each with its interval; below them the others: a table says why.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a question: ``label``, ``unit``, ``reason`` ("" where there is an estimate) and, NaN where
        unknown, ``estimate``, ``low``, ``high``, ``smallest`` (what matters) and ``detectable`` (what could
        be seen), in its unit.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column or holds a value that cannot be drawn.
    """
    table = checked(
        table,
        id,
        texts=("label",),
        numbers=(),
        gaps=("low", "high"),
        optional=("estimate", "smallest", "detectable"),
    )
    answered = table[table["estimate"].notna()]
    check_interval(answered, id, inside="estimate")
    room = theme.characters() + theme.by_width(14, 4)
    lines = [theme.wrapped(label, room) for label in table.loc[table["estimate"].isna(), "label"]]
    units = list(answered["unit"].unique())
    labels = {
        unit: [theme.wrapped(label, theme.by_width(*_LABEL_CHARACTERS)) for label in own["label"]]
        for unit, own in answered.groupby("unit", sort=False)
    }
    heights = {unit: _LINE * sum(text.count("\n") + 1.35 for text in texts) for unit, texts in labels.items()}
    keys = _KEY * theme.by_width(1, 3) if units else 0.0
    below = _LINE * sum(text.count("\n") + 1 for text in lines) + (_LINE + 0.1) * bool(lines)
    total = keys + sum(heights.values()) + sum(_AROUND) * len(units) + below + 0.05
    figure, whole = theme.blank(total)
    whole.remove()
    wide, left = narrow.width(), theme.by_width(*_LABELS)
    down = keys
    with theme.settings():
        for unit in units:
            down += _AROUND[0]
            at = (left / wide, 1 - (down + heights[unit]) / total, 0.97 - left / wide, heights[unit] / total)
            ax = figure.add_axes(at)
            theme.clean(ax)
            _draw(ax, answered[answered["unit"] == unit], labels[unit], unit)
            down += heights[unit] + _AROUND[1]
        if units:
            _key(figure, 1 - 0.02 / total)
        if lines:
            ax = figure.add_axes((0, 0, 1, below / total))
            ax.set(xlim=(0, 1), ylim=(0, below))
            ax.set_axis_off()
            _write_lines(ax, lines, below - 0.05)
    return FigureExhibit(
        id, theme.finished(figure), caption, _alt(table, answered), kind, source, _twin(table)
    )


def _draw(ax: Axes, rows: pd.DataFrame, labels: list[str], unit: str) -> None:
    places = theme.rows(ax, labels)
    ax.grid(visible=False)
    style = theme.SERIES[0]
    for place, row in zip(places, rows.itertuples(), strict=True):
        for reach, color, thick in ((row.detectable, _SEEN, 0.9), (row.smallest, _MATTERS, 1.1)):
            if np.isfinite(reach):
                ax.add_patch(
                    Rectangle((-reach, place - thick / 2), 2 * reach, thick, color=color, linewidth=0)
                )
        ax.hlines(place, row.low, row.high, color=style.color, linewidth=2.2, zorder=3)
        ax.plot(
            row.estimate, place, marker=style.marker, markersize=7, color=style.color,
            markeredgecolor=theme.PAPER, markeredgewidth=0.8, zorder=4,
        )  # fmt: skip
    theme.reference_line(ax, 0, "x", linewidth=0.7, zorder=2)
    reach = np.nanmax(np.abs(rows[["estimate", "low", "high", "smallest", "detectable"]].to_numpy(float)))
    ax.set_xlim(-1.08 * reach, 1.08 * reach)
    ax.tick_params(axis="y", labelsize=theme.SMALL)
    theme.dutch_axis(ax, "x", sign=True, ticks=7)
    ax.set_xlabel(f"verschil ({unit})", fontsize=theme.SMALL, labelpad=1)


def _key(figure, top: float) -> None:
    style = theme.SERIES[0]
    bands = [Rectangle((0, 0), 1, 1, color=color, linewidth=0) for color in (_SEEN, _MATTERS)]
    estimate = Line2D([], [], color=style.color, marker=style.marker, linewidth=2.2, markersize=6)
    figure.legend(
        [estimate, *bands],
        ["schatting en interval", "te klein om te zien", "te klein om ertoe te doen"],
        loc="upper left", bbox_to_anchor=(0, top), ncols=theme.by_width(3, 1), frameon=False, borderpad=0,
        fontsize=theme.SMALL, handlelength=1.8, columnspacing=1.4, borderaxespad=0,
    )  # fmt: skip


def _write_lines(ax: Axes, lines: list[str], top: float) -> None:
    theme.write(ax, 0, top, _WITHOUT, va="top", fontsize=theme.SMALL, fontweight="bold")
    down = top - _LINE
    for text in lines:
        for line in text.split("\n"):
            theme.write(ax, 0, down, line, va="top", fontsize=theme.SMALL, color=theme.MUTED)
            down -= _LINE


def _alt(table: pd.DataFrame, answered: pd.DataFrame) -> str:
    parts = [f"Van {len(table)} vragen hebben er {len(answered)} een schatting."]
    known = answered.dropna(subset=["detectable"])
    if len(known):
        small = int((known["estimate"].abs() < known["detectable"]).sum())
        parts.append(f"Kleiner dan wat te zien was: {small} van de {len(known)} schattingen.")
    for row in answered.itertuples():
        told = words.with_interval(row.estimate, row.low, row.high, row.unit, 2, level=None, sign=True)
        parts.append(f"{row.label}: {told}.")
    return words.within(*parts)


def _twin(table: pd.DataFrame) -> pd.DataFrame:
    names = {
        "label": "vraag",
        "estimate": "schatting",
        "low": "laag",
        "high": "hoog",
        "smallest": "kleinste dat ertoe doet",
        "detectable": "kleinste dat te zien was",
        "unit": "eenheid",
        "reason": "waarom niet",
    }
    return table[list(names)].rename(columns=names)
