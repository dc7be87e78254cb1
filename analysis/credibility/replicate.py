"""The same simulation many times, each with its own seed, on any number of processes with the same result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

BATCH = 25  # draws at a time: large enough to pay for each call, small enough to stay in cache

Seeds = Sequence[np.random.SeedSequence]


def replicate(
    batch: Callable[[Seeds], np.ndarray], *, draws: int, seed: int, workers: int = 1, together: int = BATCH
) -> np.ndarray:
    """What `batch` gives for the children of the seed, in order; shape (draws, ...).

    Parameters
    ----------
    batch : callable
        From a sequence of seed sequences to an array with a row for each; can be pickled when there is more
        than one worker.
    workers : int
        Processes. Draw i has the i-th child of the seed and the same batch wherever it runs, and linear
        algebra runs on one thread, so the result does not depend on it.
    together : int
        Draws a batch; on these the result does depend, where a batch has something in common.
    """
    if draws < 1 or workers < 1:
        raise ValueError(f"{draws} draws on {workers} workers: one at least of each")
    seeds = np.random.SeedSequence(seed).spawn(draws)
    batches = [seeds[start : start + together] for start in range(0, draws, together)]
    if workers == 1:
        with threadpool_limits(1):
            return np.concatenate([batch(part) for part in batches])
    with ProcessPoolExecutor(workers, get_context("spawn"), threadpool_limits, (1,)) as pool:
        return np.concatenate(list(pool.map(batch, batches)))


def as_integers(seeds: Seeds, count: int) -> list[tuple[int, ...]]:
    """`count` independent integers from every seed, as functions with an integer seed ask for; count rows."""
    return list(zip(*(map(as_integer, seed.spawn(count)) for seed in seeds), strict=True))


def as_integer(seed: np.random.SeedSequence) -> int:
    """A seed sequence as the integer that functions with an integer seed ask for."""
    return int(seed.generate_state(1, np.uint64)[0])
