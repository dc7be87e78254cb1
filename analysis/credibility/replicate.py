"""The same simulation many times, each with its own seed, on any number of processes with the same result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

T = TypeVar("T")


def replicate(
    one: Callable[[np.random.SeedSequence], T], *, draws: int, seed: int, workers: int = 1
) -> list[T]:
    """``one(child)`` for every child of the seed, in order.

    Parameters
    ----------
    one : callable
        Takes a seed sequence; can be pickled when there is more than one worker.
    draws, seed : int
    workers : int
        Processes. Draw i has the i-th child of the seed wherever it runs, and linear algebra runs on one
        thread, so the result does not depend on it.
    """
    if draws < 1 or workers < 1:
        raise ValueError(f"{draws} draws on {workers} workers: one at least of each")
    seeds = np.random.SeedSequence(seed).spawn(draws)
    if workers == 1:
        with threadpool_limits(1):
            return [one(child) for child in seeds]
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, threadpool_limits, (1,)) as pool:
        return list(pool.map(one, seeds, chunksize=max(1, draws // (4 * workers))))


def as_integer(seed: np.random.SeedSequence) -> int:
    """A seed sequence as the integer that functions with an integer seed ask for."""
    return int(seed.generate_state(1, np.uint64)[0])
