"""What a re-assignment moves: the histories of clusters, between places that keep start, size and volatility.

Which clusters adopt says when a place starts, but also how large it is and how strongly its outcome swings.
Were starts moved over clusters, an estimate that rests on five small, restless clusters would be compared
with estimates that rest on others, large and quiet ones among them. So the starts stay, and what happened to
a cluster, in units of its own volatility, happens elsewhere instead: the cluster that gets the start of a
place lends it its history, times the volatility of the place. Where clusters are alike both come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.statistics import RANK, Statistics

NUMBERS = 500_000  # moved histories at a time: keeps the work arrays in cache


def placements(
    drawn: np.ndarray, assigned: np.ndarray, size: np.ndarray, strata: np.ndarray | None = None
) -> np.ndarray:
    """Whose history each place has under re-assignments, shape (R, G).

    Parameters
    ----------
    drawn : ndarray of int, shape (R, G)
        Which start each cluster has; see :func:`analysis.inference.assignments.reassignments`.
    assigned : ndarray of int, shape (G,)
        Which it has in truth.
    size : ndarray, shape (G,)
        Weight of each cluster.
    strata : ndarray, shape (G,), optional
        Clusters that only change places among themselves.

    Notes
    -----
    Among those with one start, the larger cluster gets the larger place, so that histories move no further
    from places of their size than they must.
    """
    by_size = np.argsort(size, kind="stable")
    kind = np.zeros(len(by_size), dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
    key = kind * (int(assigned.max()) + 1)
    places = by_size[np.argsort((key + assigned)[by_size], kind="stable")]
    found = np.empty(drawn.shape, dtype=np.intp)
    found[:, places] = by_size[np.argsort((key + drawn)[:, by_size], axis=1, kind="stable")]
    return found


def among(placed: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """:func:`placements` among the clusters in the mask `kept`; a place without its history gets the next."""
    if kept.all():
        return placed
    found = placed.copy()
    for gone in np.flatnonzero(~kept):
        instead = found[:, [gone]]
        found = np.where(found == gone, instead, found)
    return (np.cumsum(kept) - 1)[found[:, kept]]


def two_way_residual(weight: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """The outcomes (B, N, T) less unit and period effects, by least squares with `weight` (N, T).

    Zero where the weight is.
    """
    total = weight.sum(axis=1, keepdims=True)
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    swept = outcomes - np.einsum("nt,bnt->bn", share, outcomes)[:, :, None]
    normal = np.diag(weight.sum(axis=0)) - share.T @ weight
    period = np.einsum("nt,bnt->bt", weight, swept) @ np.linalg.pinv(normal, rcond=RANK, hermitian=True)
    left = swept - (period[:, None, :] - (period @ share.T)[:, :, None])
    return np.where(weight > 0, left, 0.0)


def histories(
    panel: ClusterPanel,
    outcomes: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    stretch: np.ndarray | None = None,
) -> np.ndarray:
    """What happened to each cluster in each period, shape (B, G, T); zero where it is not seen.

    The mean over its units of what unit effects, period effects and covariates leave. Each cluster weighs the
    same, so that what all have in common in a period leans to none of them.

    Parameters
    ----------
    outcomes : ndarray, shape (B, N, T)
    covariates : ndarray, shape (C, G, T), optional
    stretch : ndarray, shape (T,), optional
        Labels of periods between which a unit has effects of their own.
    """
    weight = panel.weight / panel.mass[panel.cluster][:, None]
    count = 0 if covariates is None else len(covariates)
    both = np.concatenate([covariates[:, panel.cluster], outcomes]) if count else outcomes
    left = np.empty(both.shape)
    stretch = np.zeros(len(panel.times)) if stretch is None else stretch
    for label in np.unique(stretch):
        inside = stretch == label
        left[:, :, inside] = two_way_residual(weight[:, inside], both[:, :, inside])
    if count:
        x, y = np.split(left.reshape(len(left), -1), [count])
        weighted = x * weight.ravel()
        slope = np.linalg.pinv(weighted @ x.T, rcond=RANK, hermitian=True) @ (weighted @ y.T)
        left = (y - slope.T @ x).reshape(outcomes.shape)
    total = np.add.reduceat(weight, panel.bounds, axis=0)
    return np.add.reduceat(weight * left, panel.bounds, axis=1) / np.where(total > 0, total, 1.0)


@dataclass(frozen=True)
class Loadings:
    """An estimate, and it without each cluster, as sums over what happens to clusters in periods.

    Attributes
    ----------
    values : ndarray, shape (1 + G, G, K)
        On the K combinations of periods that matter.
    basis : ndarray, shape (T, K)
        These combinations.
    """

    values: np.ndarray
    basis: np.ndarray

    @classmethod
    def of(cls, units: Statistics, periods: int) -> Loadings:
        """From the statistics of the outcomes that are one in one cluster and period each, in that order."""
        clusters = len(units.estimate) // periods
        whole = np.concatenate([units.estimate.T, units.without[:, 0].T])  # (1 + G, G T)
        whole = whole.reshape(-1, periods)
        _, size, turned = np.linalg.svd(whole, full_matrices=False)
        basis = turned[size > RANK * size.max(initial=0.0)].T
        return cls((whole @ basis).reshape(clusters + 1, clusters, -1), basis)

    def moved(
        self, found: Statistics, history: np.ndarray, volatility: np.ndarray, placed: np.ndarray
    ) -> Statistics:
        """Statistics under re-assignments, those observed before them; shape (O, 1 + R).

        Parameters
        ----------
        found : Statistics
            Of the outcomes as they are, shape (O, 1).
        history : ndarray, shape (O, G, T)
            See :func:`histories`. Units keep what sets them apart from their cluster.
        volatility : ndarray, shape (O, G)
        placed : ndarray of int, shape (R, G)
            See :func:`placements`.
        """
        own = history @ self.basis  # (O, G, K)
        scaled = own / volatility[:, :, None]
        outcomes, count = len(own), placed.shape[1]
        loads = self.values.reshape(count + 1, -1).T
        change = np.empty((outcomes, len(placed), count + 1))
        step = max(1, NUMBERS // max(1, own.size))
        for at in range(0, len(placed), step):
            part = scaled[:, placed[at : at + step]]  # (O, r, G, K)
            part *= volatility[:, None, :, None]
            part -= own[:, None]
            change[:, at : at + step] = (part.reshape(-1, loads.shape[0]) @ loads).reshape(
                outcomes, -1, count + 1
            )
        still = np.zeros((outcomes, 1, count + 1))
        change = np.concatenate([still, change], axis=1)
        return Statistics(found.estimate + change[:, :, 0], found.without + change[:, :, 1:])
