"""One look for every figure: palette, type, axes in Dutch, direct labels.

Figures are made for 6.3 inch, the text width of an A4 page, and once more for a phone
(:mod:`analysis.figures.narrow`). Series differ in colour, marker and line style, so that a reader who sees no
colour, or prints in black and white, can still tell them apart. The palette is our own; it is not the
government's house style. The layout is made with DejaVu Sans, which comes with matplotlib, so that it
is the same on every machine; it is written as text, in the letters of the document, which are narrower.

No figure touches pyplot or the global settings: :func:`new_figure` builds a
:class:`matplotlib.figure.Figure`, and every property that matplotlib would look up while drawing is set on
the artist.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, MaxNLocator

from analysis import dutch
from analysis.figures import narrow

WIDTH = narrow.WIDE  # inch, of a page
FONT = "DejaVu Sans"
TEXT = 10.5  # points, all ordinary text
SMALL = 9.5  # points, the least anything is set in


INK = "#1a1a1a"
MUTED = "#5c5c5c"
RULE = "#d9d9d9"
PAPER = "#ffffff"
UNKNOWN_FILL = "#f4f4f4"
TRUTH = "#1a1a1a"

# Light to dark in one hue: the order survives in grey.
SEQUENTIAL = ("#dde8f1", "#b3cce1", "#7ea8ca", "#37719e", "#143f66")
# Below and above a middle; the middle is the lightest in grey.
DIVERGING = ("#8a3a0c", "#d9955f", "#efebe6", "#7ea8ca", "#143f66")
HATCH_UNKNOWN = "////"


@dataclass(frozen=True)
class SeriesStyle:
    """How one series is drawn; no two share a colour, a marker or a line style."""

    color: str
    marker: str
    linestyle: str | tuple
    hatch: str

    @property
    def line(self) -> dict:
        return {
            "color": self.color,
            "marker": self.marker,
            "linestyle": self.linestyle,
            "linewidth": 1.8,
            "markersize": 6,
            "markeredgecolor": PAPER,
            "markeredgewidth": 0.8,
        }


# Every colour has at least 4.5:1 against white, so that a label may carry it.
SERIES = (
    SeriesStyle("#12406b", "o", "-", ""),
    SeriesStyle("#b5470f", "s", (0, (5, 1.6)), "///"),
    SeriesStyle("#1d7a70", "^", (0, (1.2, 1.4)), "..."),
    SeriesStyle("#77438a", "D", (0, (6, 1.6, 1.2, 1.6)), "xxx"),
    SeriesStyle("#5c5c5c", "v", (0, (3, 3)), "\\\\\\"),
)

_SETTINGS = {
    "font.family": [FONT],
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "hatch.linewidth": 0.7,
    "lines.solid_capstyle": "butt",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
}


def settings():
    """Context in which artists take the theme; outside it nothing has changed."""
    defaults = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"}
    return mpl.rc_context({**defaults, **_SETTINGS})


def new_figure(height: float, rows: int = 1, columns: int = 1, **grid) -> tuple[Figure, np.ndarray]:
    """A figure as wide as the text and its axes, an array of `rows` by `columns`.

    Parameters
    ----------
    height : float
        Inches.
    **grid
        Passed to :meth:`matplotlib.figure.Figure.subplots`.
    """
    with settings():
        figure = Figure(figsize=(narrow.width(), height), layout="constrained", dpi=72)
        axes = figure.subplots(rows, columns, squeeze=False, **grid)
        for ax in axes.flat:
            clean(ax)
    return figure, axes


def blank(height: float) -> tuple[Figure, Axes]:
    """A figure as wide as the text with one axes over all of it, for maps."""
    with settings():
        figure = Figure(figsize=(narrow.width(), height), dpi=72)
        axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
        axes.set_axis_off()
    return figure, axes


def characters() -> int:
    """How many characters of :data:`TEXT` fit beside each other."""
    return round(68 * narrow.width() / WIDTH)


def by_width(wide, small):
    """`small` in a drawing for a narrow screen, else `wide`."""
    return small if narrow.is_narrow() else wide


def finished(figure: Figure) -> Figure:
    """The figure with its layout fixed, so that every time it is written the same bytes come out.

    The constrained layout improves a little every time; here it is repeated until it has settled, and then
    taken off, because a figure that has one is drawn twice to be written.
    """
    engine = figure.get_layout_engine()
    if engine is not None:
        places = None
        for _ in range(4):
            before = places
            engine.execute(figure)
            places = [ax.get_position().bounds for ax in figure.axes]
            if places == before:
                break
        with settings():
            figure.set_layout_engine(None)
    return figure


def clean(ax: Axes) -> None:
    """Leave the two axes that are read, in the theme's type, also for ticks matplotlib makes later."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(
        which="both",
        labelsize=TEXT,
        labelfontfamily=FONT,
        labelcolor=INK,
        color=MUTED,
        width=0.8,
        length=3.5,
        grid_color=RULE,
        grid_linewidth=0.7,
        grid_linestyle="-",
    )
    ax.set_axisbelow(True)


class DutchFormatter(Formatter):
    """Tick labels with a decimal comma, all with the digits the finest tick needs."""

    def __init__(self, *, sign: bool = False, unit: str = "") -> None:
        self.sign = sign
        self.unit = unit
        self.decimals = 0

    def set_locs(self, locs) -> None:
        values = np.asarray(locs, dtype=float)
        self.decimals = next(
            (d for d in range(6) if np.allclose(values, np.round(values, d), rtol=0, atol=10.0 ** -(d + 4))),
            6,
        )

    def __call__(self, x, pos=None) -> str:
        text = dutch.number(float(x), self.decimals, sign=self.sign)
        return f"{text}{self.unit}"


def dutch_axis(ax: Axes, which: str, *, sign: bool = False, unit: str = "", ticks: int = 6) -> None:
    """Dutch numbers and a handful of round ticks on the axis `which` (``"x"`` or ``"y"``)."""
    axis = getattr(ax, f"{which}axis")
    ticks = by_width(ticks, max(2, ticks // 2)) if which == "x" else ticks
    axis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(DutchFormatter(sign=sign, unit=unit))


def whole_ticks(ax: Axes, which: str, values: Sequence[float], *, sign: bool = False, ticks: int = 9) -> None:
    """Ticks at (a round selection of) the whole `values`, for instance event times or years."""
    values = sorted({int(value) for value in values})
    step = max(1, -(-len(values) // ticks))
    anchor = 0 if 0 in values else values[0]
    chosen = [value for value in values if (value - anchor) % step == 0]
    labels = [dutch.number(value, sign=sign) if abs(value) < 1000 else str(value) for value in chosen]
    getattr(ax, f"{which}axis").set_ticks(chosen, labels=labels)


def heading(ax: Axes, text: str, *, room: float = 0.0) -> None:
    """What the vertical axis measures, above it and upright, so that it reads on a phone.

    `room` are points between it and the picture, for what is written there.
    """
    ax.set_title(
        wrapped(text, characters() - 2), loc="left", fontsize=TEXT, fontfamily=FONT, color=INK, pad=8 + room
    )


def below(ax: Axes, text: str) -> None:
    """What the horizontal axis measures, below it."""
    ax.set_xlabel(wrapped(text, by_width(characters(), characters() - 12)))


def columns(labels: Sequence[str]) -> int:
    """In how many columns a key with `labels` fits, the rows as even as can be."""
    fit = max(1, by_width(characters(), characters() - 14) // (max(len(label) for label in labels) + 6))
    rows_needed = -(-len(labels) // fit)
    return -(-len(labels) // rows_needed)


def key(ax: Axes, handles: Sequence, labels: Sequence[str], title: str = "") -> None:
    """A key above the picture, under `title`; for where no label fits beside the series."""
    with settings():
        ax.legend(
            handles,
            labels,
            title=wrapped(title, characters() - 2) if title else None,
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=columns(labels),
            frameon=False,
            alignment="left",
            borderpad=0,
            handlelength=2.2,
            columnspacing=1.4,
        )


def write(ax: Axes, x: float, y: float, text: str, **properties):
    """Text in the theme's type; `properties` as for :meth:`matplotlib.axes.Axes.annotate`."""
    style = {"fontsize": TEXT, "fontfamily": FONT, "color": INK, "annotation_clip": False}
    return ax.annotate(text, (x, y), **{**style, **properties})


def rows(ax: Axes, labels: Sequence[str]) -> np.ndarray:
    """Make the vertical axis a list of `labels` from the top; the heights of the rows."""
    lines = np.array([label.count("\n") + 1 for label in labels], dtype=float)
    heights = lines.sum() - (np.cumsum(lines) - lines / 2)
    ax.set_yticks(heights, labels=list(labels))
    ax.set_ylim(-0.2, lines.sum() + 0.2)
    ax.tick_params(axis="y", length=0, pad=6)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    return heights


def write_beside(ax: Axes, height: float, text: str, *, bold: bool = False) -> None:
    """Text to the right of the axes at a row's height."""
    write(
        ax, 1.0, height, text, xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
        va="center", fontsize=SMALL, fontweight="bold" if bold else "normal",
    )  # fmt: skip


def wrapped(text: str, width: int) -> str:
    """`text` over several lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text


def truth(ax: Axes, x, y, **style):
    """What a synthetic twin was made with: crosses and a fine dashed line, never a series' own look."""
    look = {"color": TRUTH, "marker": "x", "markersize": 6.5, "linestyle": (0, (1.5, 2)), "linewidth": 1.1}
    (drawn,) = ax.plot(x, y, **{**look, "zorder": 4, **style})
    return drawn


def reference_line(ax: Axes, value: float, which: str = "y", **style) -> None:
    """A thin line at `value` on axis `which`, for "no effect" and the like."""
    draw = ax.axhline if which == "y" else ax.axvline
    draw(value, **{"color": INK, "linewidth": 0.9, "zorder": 1.5, **style})


def spread(positions: Sequence[float], gap: float) -> np.ndarray:
    """Positions at least `gap` apart, in the same order and as near to `positions` as that allows.

    Least squares under the order constraint: isotonic regression of the positions less the gaps already
    taken (pool adjacent violators).
    """
    positions = np.asarray(positions, dtype=float)
    order = np.argsort(positions, kind="stable")
    offset = gap * np.arange(len(positions))
    blocks: list[list[float]] = []  # mean, size
    for value in positions[order] - offset:
        blocks.append([float(value), 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            previous = blocks[-1]
            previous[0] = (previous[0] * previous[1] + mean * size) / (previous[1] + size)
            previous[1] += size
    placed = np.concatenate([np.full(int(size), mean) for mean, size in blocks] or [np.empty(0)]) + offset
    result = np.empty_like(positions)
    result[order] = placed
    return result


def shades(count: int) -> tuple[str, ...]:
    """`count` shades of :data:`SEQUENTIAL` from light to dark, as far apart as they go.

    Raises
    ------
    ValueError
        If there are not so many.
    """
    most = len(SEQUENTIAL)
    if not 1 <= count <= most:
        raise ValueError(f"{count} shades asked for; there are {most}")
    if count == 1:
        return (SEQUENTIAL[2],)
    return tuple(SEQUENTIAL[round(step * (most - 1) / (count - 1))] for step in range(count))


def luminance(color: str) -> float:
    """Relative luminance of a colour, 0 (black) to 1 (white), as WCAG 2.2 defines it."""
    channels = np.array(mpl.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(fill: str) -> str:
    """Ink or white, whichever reads better on `fill`."""
    return max((INK, PAPER), key=lambda color: contrast(color, fill))
