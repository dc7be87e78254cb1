"""The place of a figure that cannot be drawn: it says so, and why."""

from __future__ import annotations

import textwrap

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import ALT_CHARACTERS, FigureExhibit
from analysis.figures import theme
from analysis.figures.kept import kept

_LINE = 64, 42  # characters, on a page and on a narrow screen


@kept
def absent(*, id: str, caption: str, why: str, kind: DataKind, source: str) -> FigureExhibit:
    """A figure that holds a sentence, so that its number, its caption and what refers to it stand.

    Parameters
    ----------
    caption : str
        What the figure would have shown.
    why : str
        As read where the number would stand: "niet vast te stellen: …".
    """
    lines = textwrap.wrap(f"{dutch.capital(why)}.", theme.by_width(*_LINE))
    figure, axes = theme.new_figure(0.5 + 0.22 * len(lines))
    ax = axes[0, 0]
    with theme.settings():
        ax.axis("off")
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        theme.write(ax, 0.0, 0.5, "\n".join(lines), va="center", ha="left", color=theme.INK)
    alt = textwrap.shorten(f"Geen figuur. {dutch.capital(why)}.", ALT_CHARACTERS, placeholder=" …")
    return FigureExhibit(id, theme.finished(figure), caption, alt, kind, source)
