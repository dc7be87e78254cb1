"""Cross-products by cluster: all that the two-way regression and its inference need.

In ``y = beta D + unit effects + time effects + covariates`` unit effects lie within clusters, so they are
swept out first; the time dummies (and covariates) ``Z`` are kept as regressors. Every statistic of this
package is then a function of a few small matrices by cluster, whatever the number of rows, and leaving a
cluster out or flipping its residuals' sign is a subtraction. Time effects must not be swept out before a
cluster bootstrap: a sign flip of one cluster changes the period means of all (MacKinnon, Nielsen & Webb
2023, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.inference.panel import DensePanel

RANK_TOLERANCE = 1e-10
VARIATION_TOLERANCE = 1e-14  # of a sum of squares: what rounding leaves of an outcome fitted exactly


@dataclass(frozen=True)
class ClusterMoments:
    """Weighted cross-products within clusters, after sweeping out unit effects.

    Attributes
    ----------
    zz : ndarray, shape (G, L, L)
        Of the time dummies and covariates; the first `periods` of the L columns are time dummies.
    zd, zy : ndarray, shape (G, L)
        With the treatment and the outcome.
    dd, dy : ndarray, shape (G,)
        Of the treatment with itself and with the outcome.
    yy, spread : float
        Of the outcome with itself, after and before sweeping (then about its mean).
    rows : int
        Observations.
    parameters : int
        Treatment, covariates and periods; unit effects lie within clusters and are not counted.
    """

    zz: np.ndarray
    zd: np.ndarray
    zy: np.ndarray
    dd: np.ndarray
    dy: np.ndarray
    yy: float
    spread: float
    rows: int
    parameters: int

    @property
    def clusters(self) -> int:
        return len(self.dd)

    @cached_property
    def inverse(self) -> np.ndarray:
        """Pseudo-inverse of the summed `zz`, (L, L); the time dummies add up to a swept-out constant."""
        return np.linalg.pinv(self.zz.sum(axis=0), rcond=RANK_TOLERANCE, hermitian=True)

    @cached_property
    def inverses_without(self) -> np.ndarray:
        """The same with one cluster left out, (G, L, L)."""
        return np.linalg.pinv(self.zz.sum(axis=0) - self.zz, rcond=RANK_TOLERANCE, hermitian=True)


def cluster_moments(panel: DensePanel) -> ClusterMoments:
    """Accumulate the cross-products of `panel` in one pass."""
    weight = panel.weight
    total = weight.sum(axis=1, keepdims=True)

    def sweep(values: np.ndarray) -> np.ndarray:
        return values - (weight * values).sum(axis=1, keepdims=True) / total

    centre = (weight * panel.outcome).sum() / weight.sum()
    # Treatment is constant over a unit's cells, so its unobserved cells carry weight zero throughout.
    y, d = sweep(panel.outcome), sweep(panel.treated)
    x = [_standardised(sweep(column), weight) for column in panel.covariates]
    bounds = panel.bounds
    starts = bounds[:-1]
    n_clusters, n_times = len(starts), weight.shape[1]
    size = n_times + len(x)

    def add(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, starts, axis=0)

    zz = np.zeros((n_clusters, size, size))
    share = weight / total
    for place in range(n_clusters):
        block = slice(bounds[place], bounds[place + 1])
        zz[place, :n_times, :n_times] = -share[block].T @ weight[block]
    diagonal = np.arange(n_times)
    zz[:, diagonal, diagonal] += add(weight)
    zd, zy = np.zeros((n_clusters, size)), np.zeros((n_clusters, size))
    zd[:, :n_times], zy[:, :n_times] = add(weight * d), add(weight * y)
    for j, column in enumerate(x, start=n_times):
        weighted = weight * column
        zz[:, j, :n_times] = zz[:, :n_times, j] = add(weighted)
        zd[:, j], zy[:, j] = add((weighted * d).sum(axis=1)), add((weighted * y).sum(axis=1))
        for k, other in enumerate(x[: j - n_times + 1], start=n_times):
            zz[:, j, k] = zz[:, k, j] = add((weighted * other).sum(axis=1))
    return ClusterMoments(
        zz=zz,
        zd=zd,
        zy=zy,
        dd=add((weight * d * d).sum(axis=1)),
        dy=add((weight * d * y).sum(axis=1)),
        yy=float((weight * y * y).sum()),
        spread=float((weight * (panel.outcome - centre) ** 2).sum()),
        rows=panel.rows,
        parameters=1 + size,
    )


def _standardised(column: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Unit variance, so that one tolerance judges the rank; a covariate without variation stays zero."""
    scale = np.sqrt((weight * column**2).sum() / weight.sum())
    return column / scale if scale > 0 else column


@dataclass(frozen=True)
class Fit:
    """The treatment's coefficient and each cluster's part in it.

    With ``d`` and ``y`` the treatment and outcome residualised on unit effects and Z, the coefficient is
    ``sum(dy) / sum(dd)``.

    Attributes
    ----------
    dd, dy : ndarray, shape (G,)
        Cross-products of the residualised treatment with itself and with the outcome.
    z_d, z_y : ndarray, shape (G, L)
        Cross-products of Z with the residualised treatment and outcome; each sums to zero over clusters.
    """

    dd: np.ndarray
    dy: np.ndarray
    z_d: np.ndarray
    z_y: np.ndarray

    @property
    def estimate(self) -> float:
        return float(self.dy.sum() / self.dd.sum())

    @property
    def scores(self) -> np.ndarray:
        """Sum by cluster of residualised treatment times residual, shape (G,)."""
        return self.dy - self.estimate * self.dd


def fit(moments: ClusterMoments) -> Fit:
    """Partial Z out of treatment and outcome (Frisch–Waugh–Lovell).

    Raises
    ------
    ValueError
        If treatment or outcome does not vary once unit and time effects are taken out.
    """
    on_d = moments.inverse @ moments.zd.sum(axis=0)
    on_y = moments.inverse @ moments.zy.sum(axis=0)
    z_d = moments.zd - moments.zz @ on_d
    z_y = moments.zy - moments.zz @ on_y
    dd = moments.dd - moments.zd @ on_d - z_d @ on_d
    dy = moments.dy - moments.zy @ on_d - z_d @ on_y
    if not dd.sum() > RANK_TOLERANCE * max(moments.dd.sum(), np.finfo(float).tiny):
        raise ValueError(
            "the treatment does not vary beyond unit and time effects: needed are units seen before and "
            "after adoption and, in the same periods, units not (yet) treated"
        )
    if not moments.yy - moments.zy.sum(axis=0) @ on_y > VARIATION_TOLERANCE * moments.spread:
        raise ValueError(
            "the outcome does not vary beyond unit and time effects, so nothing can be inferred; check that "
            "it is measured a unit and period"
        )
    return Fit(dd=dd, dy=dy, z_d=z_d, z_y=z_y)
