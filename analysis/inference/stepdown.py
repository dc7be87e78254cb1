"""p-values adjusted for the number of outcomes, step by step: Holm, and Romano–Wolf."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.inference.inversion import TIE


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm (1979) adjusted p-values, in the order given.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].
    """
    p = np.asarray(p_values, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values must lie between 0 and 1, got {p[~((p >= 0) & (p <= 1))].tolist()}")
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def romano_wolf(observed: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Romano & Wolf (2005, 2016) step-down adjusted p-values.

    Parameters
    ----------
    observed : ndarray, shape (outcomes,)
        Absolute statistics.
    drawn : ndarray, shape (outcomes, draws)
        Absolute statistics under the null; column by column the same draw for every outcome, so that the
        dependence between outcomes is kept. The observed sample is one of the draws.

    Returns
    -------
    ndarray, shape (outcomes,)
        At each step: the share of draws whose largest statistic, over the outcomes not yet stepped over,
        reaches the observed one; made monotone.
    """
    observed, drawn = np.asarray(observed, dtype=float), np.asarray(drawn, dtype=float)
    if drawn.ndim != 2 or drawn.shape[0] != len(observed):
        raise ValueError(
            f"{len(observed)} observed statistics against draws of shape {drawn.shape}; expected "
            "one row of draws an outcome"
        )
    order = np.argsort(-observed, kind="stable")
    # From the least extreme outcome up, the largest draw over it and those below it.
    largest = np.maximum.accumulate(drawn[order[::-1]], axis=0)[::-1]
    p = (largest >= observed[order][:, None] * (1 - TIE)).mean(axis=1)
    adjusted = np.empty(len(observed))
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted
