"""Classes of a choropleth map: round bounds, shades that keep their order in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis import dutch
from analysis.figures import theme


@dataclass(frozen=True)
class Classes:
    """Bounds in ascending order and one shade for each class between two of them.

    A class holds its lower bound and not its upper one; the last class holds both.
    """

    bounds: tuple[float, ...]
    colors: tuple[str, ...]
    decimals: int

    @classmethod
    def of(
        cls,
        values: Sequence[float],
        classes: int | Sequence[float],
        *,
        decimals: int,
        middle: float | None = None,
    ) -> Classes:
        """Classes that cover `values`.

        Parameters
        ----------
        values : sequence of float
            Known values, rounded to `decimals` before they are put into a class.
        classes : int or sequence of float
            How many at most (2 to 5), with round bounds; or the bounds.
        middle : float, optional
            A bound, or the middle of a class, where the shades turn.

        Raises
        ------
        ValueError
            If the bounds do not ascend, do not cover the values, or are too many.
        """
        values = np.round(np.asarray(values, dtype=float), decimals)
        most = len(theme.SEQUENTIAL)
        if isinstance(classes, int):
            if not 2 <= classes <= most:
                raise ValueError(f"{classes} classes asked for; between 2 and {most} can be told apart")
            bounds = _round_bounds(values, classes, middle, decimals)
        else:
            bounds = np.asarray(classes, dtype=float)
        if len(bounds) < 2 or not (np.diff(bounds) > 0).all():
            raise ValueError(f"class bounds must ascend, got {', '.join(map(str, bounds))}")
        if len(bounds) - 1 > most:
            raise ValueError(f"{len(bounds) - 1} classes; at most {most} can be told apart")
        if values.min() < bounds[0] or values.max() > bounds[-1]:
            raise ValueError(
                f"values run from {values.min()} to {values.max()}, "
                f"outside the class bounds {bounds[0]} to {bounds[-1]}"
            )
        count = len(bounds) - 1
        shades = theme.shades(count) if middle is None else _two_sided(bounds, middle)
        return cls(tuple(float(bound) for bound in bounds), shades, max(decimals, _digits(bounds)))

    def index(self, value: float) -> int:
        """Which class holds `value`."""
        return int(min(np.searchsorted(self.bounds, value, side="right"), len(self.bounds) - 1) - 1)

    def color(self, value: float) -> str:
        return self.colors[self.index(value)]

    def text(self, value: float, *, sign: bool = False) -> str:
        """The class of `value` in words, "onbekend" for NaN."""
        return dutch.UNKNOWN if np.isnan(value) else self._texts(sign)[self.index(value)]

    def key(self, *, sign: bool = False) -> list[tuple[str, str]]:
        """Shade and words of each class, highest first."""
        return list(zip(self.colors, self._texts(sign), strict=True))[::-1]

    def _texts(self, sign: bool) -> list[str]:
        digits = _digits(self.bounds)
        ends = [dutch.number(bound, digits, sign=sign) for bound in self.bounds]
        return [f"{low} tot {high}" for low, high in pairwise(ends)]


def _round_bounds(values: np.ndarray, classes: int, middle: float | None, decimals: int) -> np.ndarray:
    low, high = values.min(), values.max()
    if middle is not None:
        reach = max(abs(low - middle), abs(high - middle)) or 1.0
        low, high = middle - reach, middle + reach
    if low == high:  # one class, as narrow as the digits shown
        return np.array([low, low + 10.0**-decimals])
    for wanted in range(classes, 0, -1):
        bounds = MaxNLocator(nbins=wanted, steps=[1, 2, 3, 4, 5, 10], integer=decimals == 0).tick_values(
            low, high
        )
        if len(bounds) - 1 <= classes:
            return np.round(bounds, 10)
    return np.array([low, high])


def _two_sided(bounds: np.ndarray, middle: float) -> tuple[str, ...]:
    """Shades by the side of `middle` on which a class lies and its distance from there."""
    centres = (bounds[:-1] + bounds[1:]) / 2 - middle
    reach = max(abs(centres).max(), np.finfo(float).eps)
    steps = np.rint(2 * centres / reach).astype(int)
    steps = np.where((steps == 0) & (abs(centres) > 0.1 * reach), np.sign(centres).astype(int), steps)
    return tuple(theme.DIVERGING[step + 2] for step in steps)


def _digits(bounds: Sequence[float]) -> int:
    return next((d for d in range(6) if np.allclose(bounds, np.round(bounds, d), rtol=0, atol=1e-9)), 6)
