"""All staggered re-assignments of clusters to adoption dates that keep the number adopting at each date."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import factorial, prod

import numpy as np

MAX_EXACT = 100_000


def assignment_count(assigned: np.ndarray) -> int:
    """Number of distinct re-assignments: G! / (n_0! n_1! ...)."""
    sizes = np.bincount(assigned)
    return factorial(len(assigned)) // prod(factorial(int(size)) for size in sizes)


def reassignments(
    assigned: np.ndarray, *, max_exact: int = MAX_EXACT, draws: int = 19_999, seed: int = 0
) -> tuple[np.ndarray, bool]:
    """Re-assignments of clusters to treatment paths, and whether they are all there are.

    Parameters
    ----------
    assigned : ndarray of int, shape (G,)
        The path of each cluster as observed.
    max_exact : int
        Enumerate up to this many; beyond it, sample.
    draws, seed : int
        For sampling without regard to repeats; the observed assignment comes on top, in the first row, so
        that the p-value is valid and never zero.

    Returns
    -------
    ndarray of int8, shape (re-assignments, G), and bool
    """
    sizes = tuple(int(size) for size in np.bincount(assigned))
    if assignment_count(assigned) <= max_exact:
        return _enumerate(sizes), True
    if draws < 1:
        raise ValueError(f"{draws} draws asked for: at least one is needed")
    rng = np.random.default_rng(seed)
    observed = assigned.astype(np.int8)
    return np.vstack([observed, rng.permuted(np.tile(observed, (draws, 1)), axis=1)]), False


@lru_cache(maxsize=8)
def _enumerate(sizes: tuple[int, ...]) -> np.ndarray:
    total = sum(sizes)
    filled = np.full((1, total), len(sizes) - 1, dtype=np.int8)
    free = np.arange(total, dtype=np.intp)[None, :]
    for path, size in enumerate(sizes[:-1]):
        places = range(free.shape[1])
        chosen = np.array(list(combinations(places, size)), dtype=np.intp).reshape(-1, size)
        kept = np.array([sorted(set(places) - set(row)) for row in chosen.tolist()], dtype=np.intp)
        filled = np.repeat(filled, len(chosen), axis=0)
        np.put_along_axis(filled, free[:, chosen].reshape(-1, size), np.int8(path), axis=1)
        free = free[:, kept].reshape(-1, kept.shape[1])
    filled.flags.writeable = False
    return filled
