"""The reported statistics on cluster-by-period means, for many panels with many re-assignments each.

Weights do not change over time, so unit effects go by centring each cluster's row, a re-assignment changes
only which path a cluster takes, and every sum over clusters follows from a table by cluster and path. No
regression is solved: leaving out a cluster is a subtraction.

Below B panels of one design have R re-assignments each, of G clusters to K treatment paths over T periods;
an outcome whose first axis is one stands for the same values in every panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.credibility.cells import Cells
from analysis.credibility.reassigned import Setting

_RANK = 1e-10


@dataclass(frozen=True)
class Statistic:
    """Estimates, and the parts by cluster whose products are their variances and covariances.

    Attributes
    ----------
    estimate : ndarray, shape (B, R)
    parts : ndarray, shape (B, R, G)
        The covariance of two outcomes' estimates is the sum over clusters of the products of their parts.
    """

    estimate: np.ndarray
    parts: np.ndarray

    def covariance(self, other: Statistic) -> np.ndarray:
        """Shape (B, R)."""
        return np.einsum("brg,brg->br", self.parts, other.parts)


class TwoWay:
    """The two-way fixed effects coefficient with CRV3, the jackknife variance by cluster.

    With d and y centred by cluster, m the mass and S_d = sum(m d), S_y alike, the coefficient is
    ``(sum(m d'y) - S_d'S_y / M) / (sum(m d'd) - S_d'S_d / M)``; without cluster h all sums leave it out.

    Attributes
    ----------
    defined : ndarray of bool, shape (B, R)
        Whether the treatment varies beyond cluster and period effects, also without any one cluster.
    """

    def __init__(self, cells: Cells, drawn: np.ndarray) -> None:
        self.mass, self.rest = cells.mass, cells.mass.sum() - cells.mass
        self.place = drawn + len(cells.dates) * np.arange(len(self.mass))  # in a table (G, K) as one row
        self.paths = _centred((cells.times >= cells.dates[:, None]).astype(float))  # (K, T)
        product = self.paths @ self.paths.T
        own = self.mass[:, None] * product.diagonal()  # (G, K)
        self.shares = np.stack([(drawn == path) @ self.mass for path in range(len(product))], axis=-1)
        with_sum = self.shares @ product  # S_d'd of each path, (B, R, K)
        squared = (self.shares * with_sum).sum(axis=-1)
        lengths = self._taken(own[None])
        total = lengths.sum(axis=-1)
        crossed = self.mass * np.take_along_axis(with_sum, drawn, axis=-1)
        self.full = total - squared / self.mass.sum()
        self.without = (
            total[..., None] - lengths - (squared[..., None] - 2 * crossed + self.mass * lengths) / self.rest
        )
        floor = _RANK * own.max(axis=1).sum()
        self.defined = (self.full > floor) & (self.without > floor).all(axis=-1)
        self.full = np.where(self.defined, self.full, 1.0)
        self.without = np.where(self.defined[..., None], self.without, 1.0)

    def _taken(self, table: np.ndarray) -> np.ndarray:
        """The entry of each cluster's path from tables (B or 1, G, K), shape (B, R, G)."""
        if len(table) == 1:
            return table.reshape(-1).take(self.place)
        return np.stack([one.take(place) for one, place in zip(table, self.place, strict=True)])

    def __call__(self, outcome: np.ndarray) -> Statistic:
        """The coefficient for outcomes (B or 1, G, T); zero where it is not defined."""
        table = self.mass[:, None] * (_centred(outcome) @ self.paths.T)  # m y'd by path, (B, G, K)
        total = self._taken(table).sum(axis=-1)
        by_path = table.sum(axis=1)  # S_y'd, (B, K)
        both = (self.shares @ by_path[..., None])[..., 0]  # S_d'S_y
        estimate = (total - both / self.mass.sum()) / self.full
        # A cluster that leaves takes its own product along, and its part in the means of the others.
        others = by_path[:, None] - table
        without = total[..., None] - self._taken(table - (self.mass / self.rest)[:, None] * others)
        without -= self.shares @ np.swapaxes(others / self.rest[:, None], 1, 2)
        count = len(self.mass)
        parts = np.sqrt((count - 1) / count) * (without / self.without - estimate[..., None])
        return Statistic(np.where(self.defined, estimate, 0.0), np.where(self.defined[..., None], parts, 0.0))


class GroupTime:
    """The group-time effects averaged by weight ("simple"), with the variance of their influence by cluster.

    A comparison is of a cohort's change since its base period with that of the clusters not treated (yet),
    summed over the periods that have the same ones to compare with.

    Attributes
    ----------
    defined : ndarray of bool, shape (B, R)
        All true: a re-assignment keeps the number of clusters at each start.

    Raises
    ------
    ValueError
        If no cohort has a period before its start, or one has nothing to be compared with.
    """

    def __init__(self, cells: Cells, drawn: np.ndarray, setting: Setting) -> None:
        kinds = np.arange(len(cells.dates))
        found = _comparisons(cells, setting)
        if not found or not all(any(controls) for _, _, controls, _ in found):
            raise ValueError(
                f"{setting} is not identified under the observed assignment: too few clusters adopt, or none "
                "can be compared with"
            )
        cohort, self.base, controls, self.periods = zip(*found, strict=True)
        self.treated = (kinds[:, None] == np.array(cohort)).astype(float)  # (K, Q)
        self.compared = np.array(controls, dtype=float).T  # (K, Q)
        self.member = [(drawn == kind) * cells.mass for kind in kinds]  # mass on path k, K of (B, R, G)
        shares = np.stack([member.sum(axis=-1) for member in self.member], axis=-1)  # (B, R, K)
        self.size, self.others = shares @ self.treated, shares @ self.compared  # (B, R, Q)
        self.total = self.size @ [len(periods) for periods in self.periods]
        self.clusters = len(cells.mass)
        self.defined = np.ones(drawn.shape[:2], dtype=bool)

    def __call__(self, outcome: np.ndarray) -> Statistic:
        """The average effect for outcomes (B or 1, G, T)."""
        change = np.stack(
            [
                outcome[..., periods].sum(axis=-1) - len(periods) * outcome[..., base]
                for base, periods in zip(self.base, self.periods, strict=True)
            ],
            axis=-1,
        )  # (B, G, Q)
        sums = [member @ change for member in self.member]  # K of (B, R, Q)
        own = sum(kind * values for kind, values in zip(self.treated, sums, strict=True))
        other = sum(kind * values for kind, values in zip(self.compared, sums, strict=True))
        ratio = self.size / self.others
        estimate = (own - ratio * other).sum(axis=-1)
        own_mean, other_mean = own / self.size, other / self.others
        across = np.swapaxes(change, 1, 2)
        parts = 0.0
        for member, treated, compared in zip(self.member, self.treated, self.compared, strict=True):
            # On this path a cluster counts for so much in each comparison, less the mean that it is part of.
            weight = treated - compared * ratio  # (B, R, Q)
            centre = (treated * own_mean - compared * ratio * other_mean).sum(axis=-1, keepdims=True)
            parts = parts + member * (weight @ across - centre)
        scale = np.sqrt(self.clusters / (self.clusters - 1)) / self.total
        return Statistic(estimate / self.total, scale[..., None] * parts)


def _comparisons(cells: Cells, setting: Setting) -> list[tuple[int, int, tuple[bool, ...], np.ndarray]]:
    """(cohort's path, base period, paths compared with, periods); periods alike are put together."""
    found = []
    for path, date in enumerate(cells.dates):
        before = np.flatnonzero(cells.times < date - setting.anticipation)
        after = np.flatnonzero(cells.times >= date)
        if not len(before) or not len(after):
            continue  # nothing to compare with or no effect: this cohort tells nothing
        alike: dict[tuple[bool, ...], list[int]] = {}
        for period in after:
            floor = cells.times[-1 if setting.estimator == "never" else period]
            wait = 0 if setting.estimator == "never" else setting.anticipation
            controls = (cells.dates > floor + wait) & (cells.dates != date)
            alike.setdefault(tuple(controls.tolist()), []).append(int(period))
        found += [(path, int(before[-1]), controls, np.array(at)) for controls, at in alike.items()]
    return found


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(axis=-1, keepdims=True)
