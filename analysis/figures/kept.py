"""Pictures that need not be drawn again: who draws a whole release says how it finds them.

A chapter asks for all its figures whenever one of them looks different. Drawing is what takes long, so each
kind of figure is looked up by what it is drawn from and by the code that draws it
(:class:`analysis.release.draw.Drawer`). Anywhere else, as in a notebook, it is drawn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from analysis.exhibits import FigureExhibit

Draw = Callable[..., FigureExhibit]
Find = Callable[[Draw, tuple, Mapping[str, Any]], FigureExhibit]
_find: ContextVar[Find | None] = ContextVar("find", default=None)


def kept(draw: Draw) -> Draw:
    """Mark `draw`, which gives the same picture for the same arguments."""

    @functools.wraps(draw)
    def found(*arguments: Any, **options: Any) -> FigureExhibit:
        find = _find.get()
        return draw(*arguments, **options) if find is None else find(draw, arguments, options)

    return found


@contextmanager
def found_by(find: Find) -> Iterator[None]:
    """As long as the block lasts, marked functions are handed to `find` with their arguments."""
    token = _find.set(find)
    try:
        yield
    finally:
        _find.reset(token)
