"""All staggered re-assignments of clusters to adoption dates that keep the number adopting at each date."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import factorial, prod

import numpy as np

MAX_EXACT = 100_000


def assignment_count(assigned: np.ndarray, strata: np.ndarray | None = None) -> int:
    """Number of distinct re-assignments: G! / (n_0! n_1! ...), within each stratum and multiplied."""
    return prod(_count(assigned[rows]) for rows in _strata(assigned, strata))


def _count(assigned: np.ndarray) -> int:
    sizes = np.bincount(assigned)
    return factorial(len(assigned)) // prod(factorial(int(size)) for size in sizes)


def _strata(assigned: np.ndarray, strata: np.ndarray | None) -> list[np.ndarray]:
    """Positions of the clusters of each stratum."""
    if strata is None:
        return [np.arange(len(assigned))]
    strata = np.asarray(strata)
    if strata.shape != assigned.shape:
        raise ValueError(f"{len(strata)} strata are given for {len(assigned)} clusters: one a cluster")
    return [np.flatnonzero(strata == label) for label in np.unique(strata)]


def reassignments(
    assigned: np.ndarray,
    *,
    strata: np.ndarray | None = None,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> tuple[np.ndarray, bool]:
    """Re-assignments of clusters to treatment paths, and whether they are all there are.

    Parameters
    ----------
    assigned : ndarray of int, shape (G,)
        The path of each cluster as observed.
    strata : ndarray, shape (G,), optional
        Clusters only change places within a stratum: for an assignment that was as if by lot among like
        clusters, and not between unlike ones.
    max_exact : int
        Enumerate up to this many; beyond it, sample.
    draws, seed : int
        For sampling without regard to repeats; the observed assignment comes on top, in the first row, so
        that the p-value is valid and never zero.

    Returns
    -------
    ndarray of int8, shape (re-assignments, G), and bool
    """
    groups = _strata(assigned, strata)
    if assignment_count(assigned, strata) <= max_exact:
        found = np.zeros((1, len(assigned)), dtype=np.int8)
        for rows in groups:
            part = _enumerate(tuple(int(size) for size in np.bincount(assigned[rows])))
            if len(rows) == len(assigned):
                return part, True
            found = np.repeat(found, len(part), axis=0)
            found[:, rows] = np.tile(part, (len(found) // len(part), 1))
        return found, True
    if draws < 1:
        raise ValueError(f"{draws} draws asked for: at least one is needed")
    rng = np.random.default_rng(seed)
    observed = assigned.astype(np.int8)
    found = np.tile(observed, (draws + 1, 1))
    for rows in groups:
        found[1:, rows] = rng.permuted(found[1:, rows], axis=1)
    return found, False


@lru_cache(maxsize=8)
def _enumerate(sizes: tuple[int, ...]) -> np.ndarray:
    total = sum(sizes)
    filled = np.full((1, total), len(sizes) - 1, dtype=np.int8)
    free = np.arange(total, dtype=np.intp)[None, :]
    for path, size in enumerate(sizes[:-1]):
        places = range(free.shape[1])
        if not size:
            continue
        chosen = np.array(list(combinations(places, size)), dtype=np.intp)
        kept = np.array([sorted(set(places) - set(row)) for row in chosen.tolist()], dtype=np.intp)
        filled = np.repeat(filled, len(chosen), axis=0)
        np.put_along_axis(filled, free[:, chosen].reshape(-1, size), np.int8(path), axis=1)
        free = free[:, kept].reshape(-1, kept.shape[1])
    filled.flags.writeable = False
    return filled
