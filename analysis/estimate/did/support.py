"""How many clusters an estimate rests on, and what is said where they are too few.

A cluster tells nothing of its own error: the scores of the only treated cluster (or of the only one compared
with) sum to zero, so that a cluster-robust variance leaves that side out and comes out far too small. The
error of an estimate with one cluster on either side is unknown, and that of every mean it counts in.
"""

from __future__ import annotations

import numpy as np

from analysis.unknown import NotEstimable, NotEstimableError


def several(clusters: np.ndarray | None, used: np.ndarray) -> np.ndarray:
    """Whether at least two clusters have a unit in `used`, by column.

    Parameters
    ----------
    clusters : ndarray of int, shape (N,), or None
        None when each unit is its own cluster.
    used : ndarray of bool, shape (N, J)

    Returns
    -------
    ndarray of bool, shape (J,)
    """
    if clusters is None or not len(clusters):
        return np.count_nonzero(used, axis=0) > 1
    first = clusters[used.argmax(axis=0)]
    return (used & (clusters[:, None] != first)).any(axis=0)


def two_sided(
    clusters: np.ndarray | None, codes: np.ndarray, cohort: np.ndarray, controls: np.ndarray
) -> np.ndarray:
    """Comparisons with at least two clusters on either side, bool of shape (M,).

    Parameters
    ----------
    clusters : ndarray of int, shape (N,), or None
    codes : ndarray of int, shape (N,)
        Cohort of each unit.
    cohort : ndarray of int, shape (M,)
        The treated one.
    controls : ndarray of bool, shape (M, K)
        Those compared with.
    """
    if clusters is None:
        counts = np.bincount(codes, minlength=controls.shape[1])
        return (counts[cohort] > 1) & (controls @ counts > 1)
    found = np.zeros((int(clusters.max()) + 1, controls.shape[1]))
    found[clusters, codes] = 1.0
    return (found.sum(axis=0)[cohort] > 1) & ((found @ controls.T > 0).sum(axis=0) > 1)


def cluster_factor(n_clusters: int) -> float:
    """G/(G−1), by which a covariance from G clusters is too small.

    Raises
    ------
    NotEstimableError
        If there is one cluster only.
    """
    if n_clusters < 2:
        raise NotEstimableError(
            "one cluster only: there is no standard error; cluster at a finer level",
            reason="er is maar één groep, zodat de onzekerheid niet te schatten is",
        )
    return n_clusters / (n_clusters - 1)


def error_unknown(clustered: bool, where: str = "") -> NotEstimable:
    """Why there is no standard error, in both languages; `where` is English and names what has one only."""
    what, wat = ("cluster", "groep") if clustered else ("unit", "eenheid")
    return NotEstimable(
        reason=(
            f"aan een van beide kanten van de vergelijking staat maar één {wat}, "
            "zodat toeval en effect niet te onderscheiden zijn"
        ),
        detail=(
            f"{where or 'one side of the comparison'} holds one {what} only, so its error cannot be told "
            "from its effect; put cohorts together, or cluster at a finer level"
        ),
    )
