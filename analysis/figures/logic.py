"""The logic of the programme as boxes and arrows: what goes in, and what is meant to come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import TextPath

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import narrow, theme, words
from analysis.figures.kept import kept
from analysis.sources.facts_contract import LOGIC_STAGES

STAGE_NAMES = {
    "input": "Input",
    "activiteiten": "Activiteiten",
    "bereik": "Bereik",
    "uitkomst": "Uitkomst",
    "impact": "Impact",
}
STATUS_NAMES = {
    "gemeld": "gemeld in de brieven",
    "beoogd": "toegezegd of beoogd",
    "onbekend": "onbekend",
}

# Points. A box is as high as the longest text in its row asks.
_GAP, _ARROW, _PAD, _LEAD, _HEAD, _KEY = 9.0, 9.0, 5.0, 12.5, 20.0, 26.0
_TITLE = _LEAD + 1.5
_MARGIN = 3.0


@dataclass(frozen=True)
class BoxStyle:
    """How a stage of one status is drawn; fill and outline both differ, also in grey."""

    face: str
    edge: str
    line: str | tuple


STYLES = {
    "gemeld": BoxStyle(theme.SEQUENTIAL[0], theme.SERIES[0].color, "-"),
    "beoogd": BoxStyle(theme.PAPER, theme.SERIES[0].color, (0, (5, 2.2))),
    "onbekend": BoxStyle("#ececec", theme.MUTED, (0, (1.2, 1.8))),
}


@kept
def programme_logic_figure(logic: pd.DataFrame, lines: pd.DataFrame, drawn: Sequence[str]) -> FigureExhibit:
    """The chain from input to impact of the lines `drawn`, side by side: ``fig-programma-logica``.

    Parameters
    ----------
    logic, lines : pandas.DataFrame
        As :func:`analysis.sources.facts.programme_logic` and ``programme_lines`` return them.
    drawn : sequence of str
        Two or three lines; each becomes a column.

    Raises
    ------
    ValueError
        If a line does not exist or there are too few or too many to read.
    """
    id = "fig-programma-logica"
    if not 2 <= len(drawn) <= 3:
        raise ValueError(f"{id}: two or three lines can be drawn beside each other, got {len(drawn)}")
    short = lines.set_index("line")["short"]
    unknown = [line for line in drawn if line not in short.index]
    if unknown:
        raise ValueError(f"{id}: {', '.join(unknown)} is not a line of the programme")
    chains = {line: logic[logic["line"] == line].set_index("stage").loc[list(LOGIC_STAGES)] for line in drawn}
    width = 72 * narrow.width() - 2 * _MARGIN
    columns = theme.by_width(len(drawn), 1)  # on a narrow screen the chains stand below each other
    box = (width - _GAP * (columns - 1)) / columns
    texts = {
        (line, stage): _filled(dutch.capital(chain.loc[stage, "text"]), box - 2 * _PAD - 3)
        for line, chain in chains.items()
        for stage in LOGIC_STAGES
    }
    beside = [drawn] if columns > 1 else [[line] for line in drawn]
    heights = [
        [2 * _PAD + _TITLE + _LEAD * max(len(texts[line, stage]) for line in row) for stage in LOGIC_STAGES]
        for row in beside
    ]
    key = _key_places(width)
    starts = np.cumsum([_KEY + _LEAD * 1.3 * key[-1][1], *(_chain(high) + 2 * _GAP for high in heights)])
    total = starts[-1] - 2 * _GAP + 2 * _MARGIN
    figure, ax = theme.blank(total / 72)
    ax.set_position((0, 0, 1, 1))
    ax.set_xlim(-_MARGIN, width + _MARGIN)
    ax.set_ylim(total - _MARGIN, -_MARGIN)  # points from the top
    with theme.settings():
        _key(ax, key)
        for number, line in enumerate(drawn):
            row, column = divmod(number, columns)
            left, top = column * (box + _GAP), starts[row] + _HEAD
            theme.write(ax, left, starts[row] + 6, short[line], fontweight="bold", va="top")
            for stage, height in zip(LOGIC_STAGES, heights[row], strict=True):
                style = STYLES[chains[line].loc[stage, "status"]]
                _box(ax, left, top, box, height, style)
                inner = {"va": "top", "fontsize": theme.SMALL}
                theme.write(ax, left + _PAD, top + _PAD, STAGE_NAMES[stage], fontweight="bold", **inner)
                for number, text in enumerate(texts[line, stage]):
                    theme.write(ax, left + _PAD, top + _PAD + _TITLE + number * _LEAD, text, **inner)
                top += height
                if stage != LOGIC_STAGES[-1]:
                    _arrow(ax, left + box / 2, top)
                top += _ARROW
    named = dutch.join([short[line] for line in drawn])
    return FigureExhibit(
        id,
        figure,
        f"Van input naar impact: {named}. Gekleurd vlak met doorgetrokken rand: gemeld in de brieven. "
        "Streepjesrand: toegezegd of beoogd. Grijs vlak met stippelrand: onbekend. Een pijl is een "
        "veronderstelling van het programma, geen gemeten verband.",
        _alt(chains, short),
        DataKind.FACT,
        "programme_logic; programme_lines",
        pd.concat([_table(chain, short[line]) for line, chain in chains.items()], ignore_index=True),
    )


def _chain(heights: Sequence[float]) -> float:
    """Points from the name of a line to the end of its last box."""
    return _HEAD + sum(heights) + _ARROW * (len(heights) - 1)


def _filled(text: str, width: float) -> list[str]:
    """`text` in lines of at most `width` points, by the measure of the type."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _length(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _length(text: str) -> float:
    """Points from the left of the first letter to the right of the last.

    The control points tell it: the outlines of DejaVu Sans reach no farther than they do.
    """
    path = TextPath((0, 0), text, size=theme.SMALL, prop=FontProperties(family=theme.FONT))
    return float(np.ptp(path.vertices[path.codes != TextPath.CLOSEPOLY, 0]))


def _box(ax: Axes, left: float, top: float, width: float, height: float, style: BoxStyle) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=4",
            facecolor=style.face,
            edgecolor=style.edge,
            linestyle=style.line,
            linewidth=1.4,
        )
    )


def _arrow(ax: Axes, x: float, top: float) -> None:
    ax.annotate(
        "",
        (x, top + _ARROW - 1),
        (x, top + 1),
        arrowprops={"arrowstyle": "-|>,head_width=0.22,head_length=0.4", "color": theme.INK, "linewidth": 1.2,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _key_places(width: float) -> list[tuple[float, int]]:
    """Of each entry of the key: where it begins, and in which line of the key."""
    places: list[tuple[float, int]] = []
    left, line = 0.0, 0
    for label in STATUS_NAMES.values():
        if left + 26 + _length(label) > width:
            left, line = 0.0, line + 1
        places.append((left, line))
        left += 26 + _length(label) + 16
    return places


def _key(ax: Axes, places: Sequence[tuple[float, int]]) -> None:
    for (status, label), (left, line) in zip(STATUS_NAMES.items(), places, strict=True):
        down = line * _LEAD * 1.3
        _box(ax, left, 2 + down, 20, 13, STYLES[status])
        theme.write(ax, left + 26, 8.5 + down, label, va="center", fontsize=theme.SMALL)


def _alt(chains: dict[str, pd.DataFrame], short: pd.Series) -> str:
    count = sum(int((chain["status"] == "onbekend").sum()) for chain in chains.values())
    stages = len(LOGIC_STAGES) * len(chains)
    silent = [
        f"{short[line]}: {dutch.join(list(chain.index[chain['status'] == 'onbekend']))} onbekend."
        for line, chain in chains.items()
        if (chain["status"] == "onbekend").any()
    ]
    return words.within(
        f"Schema van {dutch.join([short[line] for line in chains])}: per lijn vijf vakken met pijlen van "
        f"input naar impact. Van de {stages} vakken {'is' if count == 1 else 'zijn'} er {count} onbekend.",
        *silent,
    )


def _table(chain: pd.DataFrame, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "programmalijn": name,
            "stap": list(chain.index),
            "inhoud": chain["text"].to_numpy(),
            "status": chain["status"].to_numpy(),
            "vindplaats": chain["places"].to_numpy(),
        }
    )
