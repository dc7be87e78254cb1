"""How many clusters an estimate rests on, and what is said where they are too few.

A cluster tells nothing of its own error: the scores of the only treated cluster (or of the only one compared
with) sum to zero, so that a cluster-robust variance leaves that side out and comes out far too small. The
error of an estimate with one cluster on either side is unknown, and that of every mean it counts in.
"""

from __future__ import annotations

import numpy as np

from analysis.unknown import NotEstimable


def presence(clusters: np.ndarray, groups: np.ndarray, used: np.ndarray | None = None) -> np.ndarray:
    """Whether a cluster has a unit of a group, bool of shape (clusters, groups).

    Parameters
    ----------
    clusters, groups : ndarray of int, shape (N,)
    used : ndarray of bool, shape (N,), optional
        Units that count.
    """
    shape = int(clusters.max(initial=-1)) + 1, int(groups.max(initial=-1)) + 1
    found = np.zeros(shape, dtype=bool)
    if used is None:
        found[clusters, groups] = True
    else:
        found[clusters[used], groups[used]] = True
    return found


def two_sided(found: np.ndarray, cohort: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Comparisons with at least two clusters on either side, bool of shape (M,).

    Parameters
    ----------
    found : ndarray of bool, shape (clusters, K)
        From :func:`presence`.
    cohort : ndarray of int, shape (M,)
    controls : ndarray of bool, shape (M, K)
    """
    treated = np.minimum(found.sum(axis=0), 2)[cohort]
    if len(found) <= 2 * found.shape[1] + 200:
        compared = (found.astype(float) @ controls.T > 0).sum(axis=0)
    else:  # many clusters: two are soon found, group by group
        compared = (controls * found.sum(axis=0)).sum(axis=1)
        once = compared < 2 * found.shape[1]
        compared[once] = (found.astype(float) @ controls[once].T > 0).sum(axis=0)
    return (treated > 1) & (compared > 1)


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
