"""A null distribution that is linear in the hypothesised effect: its p-value and, by inversion, its interval.

Under the hypothesis ``beta = b`` the wild bootstrap and the randomisation test both work on outcomes
``y - b * treated``. Each draw's statistic is then ``(slope0 - b * slope1)`` over the root of
``var00 - 2 b var01 + b**2 var11``, whose five parts are computed once. A p-value at another hypothesis costs
a few vector operations, so the interval is the exact inversion of the exact test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

# Draws that tie with the observed statistic up to rounding count as ties.
TIE = 1e-9
# Steps of the inversion: doublings outward (to a million standard errors), rejections in a row to stop after,
# points of the grid back, halvings at the edge.
DOUBLINGS = 20
AFTER = 3
GRID = 48
HALVINGS = 45
_TOGETHER = 10_000  # draws of all distributions at a time: keeps the work arrays in cache
_ROUNDING = 1e-12


@dataclass(frozen=True)
class NullDistribution:
    """Draws of the statistic, as functions of the hypothesised effect b.

    Attributes
    ----------
    estimate, variance : float
        The observed statistic at b is ``(estimate - b) / sqrt(variance)``.
    slope0, slope1 : ndarray, shape (draws,)
        Numerator of each draw: ``slope0 - b * slope1``.
    var00, var01, var11 : ndarray, shape (draws,), or float
        Squared denominator of each draw: ``var00 - 2 b var01 + b**2 var11``.
    """

    estimate: float
    variance: float
    slope0: np.ndarray
    slope1: np.ndarray | float
    var00: np.ndarray | float
    var01: np.ndarray | float
    var11: np.ndarray | float

    def p_value(self, null: float = 0.0) -> float:
        """Share of draws at least as extreme as observed, two-sided by absolute value."""
        return float(Stacked.of([self]).p_values(np.array([null]))[0])

    def statistics(self, null: float = 0.0) -> tuple[float, np.ndarray]:
        """Absolute statistic observed and drawn at `null`; a draw without variance is infinite."""
        denominator = self.var00 - null * (2 * self.var01 - null * self.var11)
        root = np.sqrt(np.maximum(denominator, 0.0))
        top = np.abs(self.slope0 - null * self.slope1)
        drawn = np.divide(top, root, out=np.full(np.shape(top), np.inf), where=root > 0)
        return abs(self.estimate - null) / float(np.sqrt(self.variance)), drawn

    def interval(self, level: float, *, scale: float, smallest_p: float) -> tuple[float, float]:
        """Smallest interval holding every b that the test does not reject at ``1 - level``.

        Parameters
        ----------
        scale : float
            First step outward from the estimate, for instance a standard error.
        smallest_p : float
            Least p-value of the test; above ``1 - level`` the interval is the whole line.

        Returns
        -------
        (float, float)
            An end is infinite where no hypothesis, however far, is rejected.
        """
        low, high = intervals([self], level, scales=[scale], smallest_p=smallest_p)[0]
        return float(low), float(high)


def intervals(
    nulls: Sequence[NullDistribution], level: float, *, scales: Sequence[float], smallest_p: float
) -> np.ndarray:
    """The interval of each null distribution, as :meth:`NullDistribution.interval` gives it; shape (S, 2).

    Parameters
    ----------
    nulls : sequence of NullDistribution, length S
        All with the same number of draws.
    scales : sequence of float, length S
    """
    alpha = 1 - level
    if smallest_p > alpha + TIE:
        return np.tile([-np.inf, np.inf], (len(nulls), 1))
    found = np.empty((len(nulls), 2))
    together = max(1, _TOGETHER // np.size(nulls[0].slope0)) if nulls else 1
    for first in range(0, len(nulls), together):
        chosen = slice(first, first + together)
        steps = np.asarray(scales[chosen], dtype=float)
        both = np.tile(np.arange(len(steps)), 2)
        ends = _ends(Stacked.of(nulls[chosen]).rows(both), np.concatenate([-steps, steps]), alpha)
        found[chosen] = ends.reshape(2, -1).T
    return found


@dataclass(frozen=True)
class Stacked:
    """Null distributions on top of each other, each with a hypothesis of its own.

    Attributes
    ----------
    estimate, variance : ndarray, shape (S, 1)
    slope0, slope1, var00, twice01, var11 : ndarray, shape (S, R)
        As in :class:`NullDistribution`, var01 doubled.
    draws : int
        Of each, also of those no longer followed.
    settled : ndarray of int, shape (S,)
        Draws no longer followed that are extreme.
    """

    estimate: np.ndarray
    variance: np.ndarray
    slope0: np.ndarray
    slope1: np.ndarray
    var00: np.ndarray
    twice01: np.ndarray
    var11: np.ndarray
    draws: int
    settled: np.ndarray

    @classmethod
    def of(cls, nulls: Sequence[NullDistribution]) -> Stacked:
        draws = np.size(nulls[0].slope0)

        def stacked(name: str) -> np.ndarray:
            rows = np.empty((len(nulls), draws))
            for row, null in zip(rows, nulls, strict=True):
                row[:] = getattr(null, name)
            return rows

        return cls(
            estimate=np.array([[null.estimate] for null in nulls]),
            variance=np.array([[null.variance] for null in nulls]),
            slope0=stacked("slope0"),
            slope1=stacked("slope1"),
            var00=stacked("var00"),
            twice01=2 * stacked("var01"),
            var11=stacked("var11"),
            draws=draws,
            settled=np.zeros(len(nulls), dtype=int),
        )

    def p_values(self, null: np.ndarray) -> np.ndarray:
        """Two-sided p-value of each at its own hypothesis; both of shape (S,).

        Compared after cross-multiplying, so that a draw without variance counts as extreme, never as NaN.
        """
        b = null[:, None]
        top, bottom = self._parts(b)
        top *= top
        top *= self.variance
        bottom *= (self.estimate - b) ** 2
        bottom *= 1 - TIE
        return (self.settled + (top >= bottom).sum(axis=1)) / self.draws

    def _parts(self, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numerator and squared denominator at `b`, in as few arrays as can be."""
        top = b * self.slope1
        np.subtract(self.slope0, top, out=top)
        bottom = b * self.var11
        np.subtract(self.twice01, bottom, out=bottom)
        bottom *= b
        return top, np.subtract(self.var00, bottom, out=bottom)

    def rows(self, places: np.ndarray) -> Stacked:
        """Only the distributions in `places`."""
        parts = {
            name: value[places] if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
        }
        return Stacked(**parts)

    def between(self, one: np.ndarray, other: np.ndarray) -> Stacked:
        """The same p-values for hypotheses from `one` to `other`, (S,), following no more than need be.

        A draw that is extreme throughout is counted once, one that is nowhere extreme is dropped. The
        numerator is a line in b and the denominator a parabola that opens upward, so that both are bounded
        by their values at the two ends. `one` and `other` lie on the same side of the estimate.
        """
        ends = one[:, None], other[:, None]
        top, bottom = zip(*map(self._parts, ends), strict=True)
        away = [(self.estimate - b) ** 2 for b in ends]
        largest = np.maximum(*np.square(ends))
        with np.errstate(invalid="ignore"):  # an infinite numerator is followed
            error = _ROUNDING * (np.abs(self.slope0) + np.sqrt(largest) * np.abs(self.slope1))
            same_sign = top[0] * top[1] > 0
            smallest_top = np.maximum(np.minimum(*np.abs(top)) - error, 0.0) * same_sign
            largest_top = np.maximum(*np.abs(top)) + error
            error = _ROUNDING * (self.var00 + largest * self.var11)
            sag = self.var11 * (ends[0] - ends[1]) ** 2 / 4
            smallest_bottom = np.maximum(np.minimum(*bottom) - sag - error, 0.0)
            largest_bottom = np.maximum(*bottom) + error
            always = smallest_top**2 * self.variance > np.maximum(*away) * largest_bottom
            never = largest_top**2 * self.variance < np.minimum(*away) * smallest_bottom * (1 - 2 * TIE)
        open_ = ~(always | never)
        count = int(open_.sum(axis=1).max())
        places = np.argsort(~open_, axis=1, kind="stable")[:, :count]
        followed = {
            name: np.take_along_axis(getattr(self, name), places, axis=1)
            for name in ("slope0", "slope1", "var00", "twice01", "var11")
        }
        left = always.sum(axis=1) - np.take_along_axis(always, places, axis=1).sum(axis=1)
        return replace(self, **followed, settled=self.settled + left)


def _ends(stacked: Stacked, step: np.ndarray, alpha: float) -> np.ndarray:
    """The outermost hypotheses not rejected, in the direction of each `step` (S,) from the estimate."""
    # Walk outward by doubling until the test rejects and goes on rejecting; then look back on a grid
    # for the outermost b not rejected (acceptance need not be one stretch), and halve in on its edge.
    estimate = stacked.estimate[:, 0]
    outer, rejected = step.copy(), np.zeros(len(step), dtype=int)
    going, rows = np.arange(len(step)), stacked
    for _ in range(DOUBLINGS):
        accepted = rows.p_values(estimate[going] + outer[going]) > alpha + TIE
        rejected[going] = np.where(accepted, 0, rejected[going] + 1)
        stays = rejected[going] <= AFTER
        if not stays.all():
            going, rows = going[stays], rows.rows(stays)
        if not len(going):
            break
        outer[going] *= 2
    unbounded = going
    reach = outer / 2**AFTER
    inside, outside = estimate.copy(), estimate + reach
    going = np.setdiff1d(np.arange(len(step)), unbounded)
    rows = stacked if not len(unbounded) else stacked.rows(going)
    for place in range(GRID - 1, 0, -1):
        if not len(going):
            break
        point = estimate[going] + reach[going] * place / GRID
        accepted = rows.p_values(point) > alpha + TIE
        inside[going[accepted]] = point[accepted]
        outside[going[~accepted]] = point[~accepted]
        if accepted.any():
            going, rows = going[~accepted], rows.rows(~accepted)
    rows = stacked.between(inside, outside)
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        accepted = rows.p_values(middle) > alpha + TIE
        inside, outside = np.where(accepted, middle, inside), np.where(accepted, outside, middle)
    outside[unbounded] = np.copysign(np.inf, step[unbounded])
    return outside
