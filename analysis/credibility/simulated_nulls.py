"""Null distributions of many simulated panels at once: p-values and intervals as of one, a row a panel.

:class:`analysis.inference.inversion.NullDistribution` explains the five parts and how its interval inverts
the test. Here each has a leading axis of panels, and every panel takes the same steps in its own scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.inversion import AFTER, DOUBLINGS, GRID, HALVINGS, TIE


@dataclass(frozen=True)
class NullDistributions:
    """Statistics under R re-assignments in B panels; the first re-assignment is the one observed.

    Attributes
    ----------
    slope0, slope1 : ndarray, shape (B, R), or (B or 1, R)
        Numerator at the hypothesised effect b: ``slope0 - b * slope1``.
    var00, var01, var11 : ndarray, shape (B, R)
        Squared denominator: ``var00 - 2 b var01 + b**2 var11``.
    """

    slope0: np.ndarray
    slope1: np.ndarray
    var00: np.ndarray
    var01: np.ndarray
    var11: np.ndarray

    @property
    def estimate(self) -> np.ndarray:
        """As observed, shape (B,)."""
        return self.slope0[:, 0]

    @property
    def variance(self) -> np.ndarray:
        """Of the estimate, shape (B,)."""
        return self.var00[:, 0]

    def p_values(self, null: np.ndarray | float = 0.0) -> np.ndarray:
        """Two-sided p-value of each panel at its own hypothesis, shape (B,)."""
        null = np.broadcast_to(np.asarray(null, dtype=float), self.estimate.shape)
        b = null[:, None]
        numerator = (self.slope0 - b * self.slope1) ** 2 * self.variance[:, None]
        denominator = self.var00 - b * (2 * self.var01 - b * self.var11)
        extreme = numerator >= ((self.estimate - null) ** 2)[:, None] * denominator * (1 - TIE)
        return np.count_nonzero(extreme, axis=1) / extreme.shape[1]

    def intervals(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the interval of effects not rejected at ``1 - level``, each of shape (B,)."""
        alpha = 1 - level
        se = np.sqrt(self.variance)
        if 1 / self.slope0.shape[1] > alpha + TIE:
            return np.full(se.shape, -np.inf), np.full(se.shape, np.inf)
        return self._ends(-se, alpha), self._ends(se, alpha)

    def _ends(self, step: np.ndarray, alpha: float) -> np.ndarray:
        def accepted(hypothesis: np.ndarray) -> np.ndarray:
            return self.p_values(hypothesis) > alpha + TIE

        estimate = self.estimate
        outer, rejected = step.copy(), np.zeros(step.shape, dtype=int)
        for _ in range(DOUBLINGS):
            rejected = np.where(
                rejected > AFTER, rejected, np.where(accepted(estimate + outer), 0, rejected + 1)
            )
            bounded = rejected > AFTER
            if bounded.all():
                break
            outer = np.where(bounded, outer, 2 * outer)
        reach = outer / 2**AFTER
        inside, outside = estimate, estimate + reach
        found = np.zeros(step.shape, dtype=bool)
        for place in range(GRID - 1, 0, -1):
            point = estimate + reach * place / GRID
            hit = ~found & accepted(point)
            inside = np.where(hit, point, inside)
            found |= hit
            if found.all():
                break
            outside = np.where(found, outside, point)
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            kept = accepted(middle)
            inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
        return np.where(bounded, outside, np.copysign(np.inf, step))
