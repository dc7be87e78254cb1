"""Weights on the simplex: non-negative, together one, so that a weighted mean lies near a target.

The problem is ``min_w |A w - b|² + r |w|²`` over w ≥ 0, Σ w = 1. Because the weights add up to one,
``A w - b = (A - b 1') w``: the shortest vector in the convex hull of the columns of ``M = (A - b 1'; √r I)``.
With ``w = u / Σ u`` that is a least squares problem with non-negative unknowns and no other restriction,
``min_u |M u|² + (Σ u - 1)²``, since for each Σ u the best direction is the shortest vector. So one call of
Lawson and Hanson's algorithm gives the exact solution: no step size, no stopping rule, no chance.

Reference: Lawson & Hanson (1974), Solving least squares problems, ch. 23 (least distance programming).
"""

from __future__ import annotations

import numpy as np
from scipy import optimize


def simplex_weights(
    columns: np.ndarray, target: np.ndarray, *, ridge: float | np.ndarray = 0.0, intercept: bool = False
) -> np.ndarray:
    """Non-negative weights adding up to one that bring ``columns @ w`` nearest to `target`.

    Many problems of one size at once: a test by re-assignment solves thousands.

    Parameters
    ----------
    columns : ndarray, shape (d, m, k)
        One column a unit (or period) that gets a weight.
    target : ndarray, shape (d, m)
    ridge : float or ndarray, shape (d,)
        Multiplies the squared length of the weights; above zero the solution is unique.
    intercept : bool
        Leave a constant free: only the shape over the m rows is fitted, not the level.

    Returns
    -------
    ndarray, shape (d, k)

    Raises
    ------
    ValueError
        If the arrays hold missing values, or `ridge` is negative.
    """
    if not (np.isfinite(columns).all() and np.isfinite(target).all()):
        raise ValueError("columns or target are missing or infinite somewhere")
    ridge = np.broadcast_to(np.asarray(ridge, dtype=float), len(columns))
    if not (ridge >= 0).all():
        raise ValueError(f"ridge {ridge.min()}: zero or more")
    short = columns - target[:, :, None]
    if intercept:
        short = short - short.mean(axis=1, keepdims=True)
    draws, rows, count = short.shape
    system = np.empty((draws, rows + count + 1, count))
    system[:, :rows] = short
    system[:, rows:-1] = np.sqrt(ridge)[:, None, None] * np.eye(count)
    scale = np.sqrt((system[:, :-1] ** 2).sum(axis=1).mean(axis=1))
    equal = scale == 0  # every column equals the target
    # The squared length of the solution is of the order of the columns' at most: the scale keeps both parts
    # of the problem of one size.
    system[:, :-1] /= np.where(equal, 1.0, scale)[:, None, None]
    system[:, -1] = 1.0
    goal = np.zeros(rows + count + 1)
    goal[-1] = 1.0
    free = np.array([optimize.nnls(one, goal)[0] for one in system])
    free[equal] = 1.0
    return free / free.sum(axis=1, keepdims=True)
