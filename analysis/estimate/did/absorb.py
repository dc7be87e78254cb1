"""Unit and period effects fitted exactly, in time linear in the cells, for any pattern of observation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class TwoWayFit:
    """Values as unit effect plus period effect plus residual.

    Attributes
    ----------
    unit : ndarray, shape (n,)
        NaN for a unit without a cell in use.
    period : ndarray, shape (T,)
        Sums to zero over the periods in use; NaN elsewhere.
    residual : ndarray, shape (n, T)
        Zero where the weight is zero.
    """

    unit: np.ndarray
    period: np.ndarray
    residual: np.ndarray


class TwoWay:
    """Weighted least squares on unit and period effects.

    Unit effects are partialled out, which leaves one equation a period.

    Parameters
    ----------
    weights : ndarray, shape (n, T)
        Positive where a cell is used, zero elsewhere.

    Raises
    ------
    NotEstimableError
        If the cells fall apart into periods that no unit connects.
    """

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights
        self.by_unit = weights.sum(axis=1)
        self.by_period = weights.sum(axis=0)
        self.periods = np.flatnonzero(self.by_period > 0)
        with np.errstate(divide="ignore"):
            self._inverse_by_unit = np.where(self.by_unit > 0, 1 / self.by_unit, 0.0)
        used = weights[:, self.periods]
        gram = np.diag(self.by_period[self.periods]) - used.T @ (used * self._inverse_by_unit[:, None])
        # The rows of `gram` sum to zero; adding the constant makes it regular when periods hang together.
        count = len(self.periods)
        scale = self.by_period.sum() / max(count, 1)
        regular = gram / scale + 1.0 / max(count, 1)
        if count == 0 or np.linalg.cond(regular) > 1e12:
            raise NotEstimableError(
                "no unit connects some periods with others, so their period effects cannot be compared: "
                "leave out periods in which too few units are observed",
                reason="sommige metingen hebben geen plaats gemeen met de andere",
            )
        self.inverse = (np.linalg.inv(regular) - 1.0 / count) / scale

    def solve(self, unit_side: np.ndarray, period_side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unit and period coefficients of the normal equations with these right-hand sides."""
        reduced = period_side - self.weights.T @ (unit_side * self._inverse_by_unit)
        period = np.zeros(self.weights.shape[1])
        period[self.periods] = self.inverse @ reduced[self.periods]
        return (unit_side - self.weights @ period) * self._inverse_by_unit, period

    def fit(self, values: np.ndarray) -> TwoWayFit:
        """Fit `values`, shape (n, T); cells of weight zero may be NaN."""
        inside = self.weights > 0
        weighted = np.where(inside, values, 0.0) * self.weights
        unit, period = self.solve(weighted.sum(axis=1), weighted.sum(axis=0))
        residual = np.where(inside, values - unit[:, None] - period, 0.0)
        period[self.by_period == 0] = np.nan
        unit[self.by_unit == 0] = np.nan
        return TwoWayFit(unit, period, residual)
