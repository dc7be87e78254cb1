"""Two-way and imputed effects of many assignments at once, by way of moments by cluster.

Arrays run (T, G, B): periods, clusters, and the rows of a batch last, so that every step is a few long
vector operations. Cluster and period effects are taken out of each column once. What is left enters the
estimate and its scores by cluster only through products of columns summed within clusters, and taking a
further regressor out (Frisch & Waugh 1933) changes those products by a rank-one update. So each choice of
regressors costs a few operations on (G, B) once the products are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RANK = 1e-9  # a regressor of which less than this share of its squares is left counts as collinear


@dataclass(frozen=True)
class ClusterMoments:
    """Products within clusters of columns without cluster and period effects.

    Attributes
    ----------
    products : ndarray, shape (K + 1, K + C, G, B)
        Rows are K regressors and the estimand: the target of a regression, or the loadings of an imputed
        mean. Columns are the regressors and what is regressed: the target, if any, and the outcomes.
    scales : ndarray, shape (K, B)
        Weighted squares of the regressors about their cluster means.
    """

    products: np.ndarray
    scales: np.ndarray

    def without(self, regressors: Sequence[int]) -> np.ndarray:
        """The estimand's row after taking out `regressors`, in that order; shape (C, G, B)."""
        count = len(self.scales)
        rows, columns = [*regressors, count], [*regressors, *range(count, self.products.shape[1])]
        found = self.products[np.ix_(rows, columns)]
        for scale in self.scales[list(regressors)]:
            found = _take_out_first(found, scale)
        return found[0]


def _take_out_first(products: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The products of what is left of all others; unchanged in rows of the batch where it is collinear."""
    first = products[0]
    length = first[0].sum(axis=0)
    kept = length > RANK * scale
    inverse = kept / np.where(kept, length, 1.0)
    of_rows = products[1:, 0].sum(axis=1) * inverse  # (rows, B)
    of_columns = first[1:].sum(axis=1) * inverse  # (columns, B)
    rows = products[1:] - of_rows[:, None, None] * first
    return rows[:, 1:] - of_columns[None, :, None] * rows[:, :1]


def two_way_moments(
    weight: np.ndarray, target: np.ndarray, regressors: Sequence[np.ndarray], outcomes: Sequence[np.ndarray]
) -> tuple[ClusterMoments, np.ndarray]:
    """Moments of a regression on `target`, and the target's weighted squares about its cluster means (B,).

    Parameters
    ----------
    weight, target, regressors, outcomes : ndarray, shape (T, G, B) or (T, G, 1)
        Weights zero where a cell is left out.
    """
    effects = _Effects(weight)
    columns, squares = effects.residuals([*regressors, target, *outcomes])
    rows = [weight * column for column in columns[: len(regressors) + 1]]
    scales = squares[: len(rows)]
    return _moments(rows, columns, scales[:-1]), scales[-1]


def imputation_moments(
    weight: np.ndarray, wanted: np.ndarray, regressors: Sequence[np.ndarray], outcomes: Sequence[np.ndarray]
) -> ClusterMoments:
    """Moments of the mean over `wanted` cells of outcome less what a fit on the weighted cells predicts.

    Parameters
    ----------
    weight : ndarray, shape (T, G, B)
        Of the untreated cells; zero elsewhere.
    wanted : ndarray, shape (T, G, B)
        Weights of the mean.
    regressors, outcomes : ndarray, shape (T, G, B) or (T, G, 1)
    """
    effects = _Effects(weight)
    columns, squares = effects.residuals([*regressors, *outcomes])
    rows = [weight * column for column in columns[: len(regressors)]]
    scales = squares[: len(rows)]
    return _moments([*rows, wanted - effects.adjoint(wanted)], columns, scales)


def _moments(rows, columns, scales) -> ClusterMoments:
    clusters, batch = rows[-1].shape[1:]
    products = np.empty((len(rows), len(columns), clusters, batch))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            if j < i < len(rows) - 1:  # of two regressors: seen before
                products[i, j] = products[j, i]
            else:
                products[i, j] = np.add.reduce(row * column, axis=0)
    if scales:
        scales = np.stack([np.broadcast_to(scale, batch) for scale in scales])
    return ClusterMoments(products, np.asarray(scales))


class _Effects:
    """Cluster and period effects by weighted least squares; weights (T, G, B) or (T, G, 1)."""

    def __init__(self, weight: np.ndarray) -> None:
        self.weight = weight
        total = weight.sum(axis=0)
        self.share = weight / np.where(total > 0, total, 1.0)
        by_period = weight.sum(axis=1)
        periods, _, batch = weight.shape
        # Normal equations of the period effects but the first, cluster effects taken out.
        normal = np.empty((periods - 1, periods - 1, batch))
        for s in range(1, periods):
            crossed = (self.share[s] * weight[s:]).sum(axis=1)
            normal[s - 1, s - 1 :] = normal[s - 1 :, s - 1] = -crossed
            normal[s - 1, s - 1] += np.where(by_period[s] > 0, by_period[s], 1.0)
        self.inverse = _inverse(normal)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Period effects, the first zero, for right-hand sides (T, B)."""
        found = (self.inverse * right[1:]).sum(axis=1)
        return np.concatenate([np.zeros_like(found[:1]), found])[:, None]

    def centred(self, values: np.ndarray) -> np.ndarray:
        """`values` about their cluster means."""
        return values - (self.share * values).sum(axis=0)

    def residuals(self, columns: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Columns less cluster and period effects, also where the weight is zero; and their weighted
        squares about cluster means, (B,)."""
        found, squares = [], []
        for column in columns:
            centred = self.centred(column)
            weighted = self.weight * centred
            found.append(centred - self.centred(self.solve(weighted.sum(axis=1))))
            weighted *= centred
            squares.append(weighted.sum(axis=(0, 1)))
        return found, squares

    def adjoint(self, wanted: np.ndarray) -> np.ndarray:
        """Coefficients on the cells that give the fitted effects summed over `wanted`."""
        by_cluster = wanted.sum(axis=0)
        period = self.solve(wanted.sum(axis=1) - (self.share * by_cluster).sum(axis=1))
        return self.share * by_cluster + self.weight * self.centred(period)


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Inverses of positive definite matrices (n, n, B) by Gauss–Jordan sweeps, all at a time."""
    found = matrices.copy()
    for k in range(len(found)):
        pivot = 1 / found[k, k]
        column = found[:, k].copy()
        row = found[k] * pivot
        found -= column[:, None] * row
        found[k] = row
        found[:, k] = -column * pivot
        found[k, k] = pivot
    return found
