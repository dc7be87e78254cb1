"""A null distribution that is linear in the hypothesised effect: its p-value and, by inversion, its interval.

Under the hypothesis ``beta = b`` the wild bootstrap and the randomisation test both work on outcomes
``y - b * treated``. Each draw's statistic is then ``(slope0 - b * slope1)`` over the root of
``var00 - 2 b var01 + b**2 var11``, whose five parts are computed once. A p-value at another hypothesis costs
a few vector operations, so the interval is the exact inversion of the exact test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Draws that tie with the observed statistic up to rounding count as ties.
TIE = 1e-9
_DOUBLINGS = 20  # a million standard errors
_AFTER = 3
_GRID = 48
_HALVINGS = 45


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
        """Share of draws at least as extreme as observed, two-sided by absolute value.

        Compared after cross-multiplying, so that a draw without variance counts as extreme, never as NaN.
        """
        numerator = (self.slope0 - null * self.slope1) ** 2 * self.variance
        denominator = self.var00 - null * (2 * self.var01 - null * self.var11)
        extreme = numerator >= (self.estimate - null) ** 2 * denominator * (1 - TIE)
        return float(np.count_nonzero(extreme) / np.size(extreme))  # the mean, without its overhead

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
        level : float
        scale : float
            First step outward from the estimate, for instance a standard error.
        smallest_p : float
            Least p-value of the test; above ``1 - level`` the interval is the whole line.

        Returns
        -------
        (float, float)
            An end is infinite where no hypothesis, however far, is rejected.
        """
        alpha = 1 - level
        if smallest_p > alpha + TIE:
            return -np.inf, np.inf
        return self._end(-scale, alpha), self._end(scale, alpha)

    def _end(self, step: float, alpha: float) -> float:
        # Walk outward by doubling until the test rejects and goes on rejecting; then look back on a grid
        # for the outermost b not rejected (acceptance need not be one stretch), and halve in on its edge.
        outer, rejected = step, 0
        for _ in range(_DOUBLINGS):
            if self.p_value(self.estimate + outer) <= alpha + TIE:
                rejected += 1
                if rejected > _AFTER:
                    break
            else:
                rejected = 0
            outer *= 2
        else:
            return float(np.copysign(np.inf, step))
        reach = outer / 2**_AFTER
        grid = self.estimate + reach * np.arange(_GRID) / _GRID
        inside, outside = self.estimate, self.estimate + reach
        for point in grid[:0:-1]:
            if self.p_value(point) > alpha + TIE:
                inside = point
                break
            outside = point
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            if self.p_value(middle) > alpha + TIE:
                inside = middle
            else:
                outside = middle
        return float(outside)
