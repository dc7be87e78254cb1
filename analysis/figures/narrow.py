"""Two widths of every figure: that of a page, and that of a phone, each with its own layout.

A picture that is made smaller makes its letters smaller. On a narrow screen the page therefore shows another
drawing of the same rows, of which the letters are as large as those around it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from analysis.exhibits import FigureExhibit

# Inches. On a screen of 390 pixels the text is 355 wide: there the smallest letters of the narrow drawing,
# of 9.5 points, are 11 pixels high.
WIDE, NARROW = 6.3, 4.2
_width: ContextVar[float] = ContextVar("width", default=WIDE)

Draw = Callable[..., FigureExhibit]


def width() -> float:
    """Inches that the figure being drawn is wide."""
    return _width.get()


def is_narrow() -> bool:
    """Whether the figure being drawn is for a narrow screen."""
    return width() < WIDE


@contextmanager
def narrow() -> Iterator[None]:
    """As long as the block lasts, figures are drawn for a narrow screen."""
    token = _width.set(NARROW)
    try:
        yield
    finally:
        _width.reset(token)


def drawn_narrow(draw: Draw, arguments: Sequence, options: Mapping[str, Any]) -> FigureExhibit | None:
    """What `draw` gives for a narrow screen, None where there is no room for its axes."""
    with narrow(), warnings.catch_warnings():
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            return draw(*arguments, **options)
        except UserWarning:
            return None


def at_both_widths(draw: Draw, arguments: Sequence, options: Mapping[str, Any]) -> FigureExhibit:
    """What `draw` gives, with the narrow drawing in it where there is room for one."""
    small = drawn_narrow(draw, arguments, options)
    return replace(draw(*arguments, **options), narrow=small and small.figure)
