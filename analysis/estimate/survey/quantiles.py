"""Weighted quantiles on every replicate without sorting or summing again.

The q-quantile is the smallest value at which the cumulated weight reaches the share q of all weight: the
inverse of the weighted distribution function, which reproduces the percentiles the OECD publishes. In a
jackknife replicate the cumulated weight differs from that of the full sample by a step function with
steps at the rows of one zone only, so that the quantile is found between two of those steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.combine import result_frame
from analysis.estimate.survey.design import ReplicateDesign
from analysis.estimate.survey.inputs import prepare
from analysis.estimate.survey.statistics import combined, replicated_means
from analysis.estimate.survey.totals import BLOCK_CELLS, GroupedDesign


def quantile(
    values: Any,
    design: ReplicateDesign,
    q: float | Sequence[float],
    by: Any = None,
    *,
    missing: str = "error",
) -> pd.DataFrame:
    """Weighted quantiles with their standard errors.

    Parameters
    ----------
    values : array_like, shape (n,) or (n, M)
    q : float or sequence of float
        Between 0 and 1, both excluded.
    by, missing
        As :func:`analysis.estimate.survey.mean`.

    Returns
    -------
    pandas.DataFrame
        As for a mean, one row a group and q, told apart by the column ``q``.

    Raises
    ------
    ValueError
        If a q lies outside (0, 1), and as for a mean.
    """
    shares = check_shares(q)
    inputs = prepare({"values": values}, design, by, missing)
    found = combined(inputs, *replicated_quantiles(inputs.arrays[0], inputs.grouped, shares))
    sizes = replicated_means(inputs.arrays[0], inputs.grouped).effective_n()
    return result_frame(inputs, found, sizes, {"q": shares.tolist()})


def check_shares(q: float | Sequence[float]) -> np.ndarray:
    """`q` as an array, or ValueError if one lies outside (0, 1)."""
    shares = np.atleast_1d(np.asarray(q, dtype=float))
    if shares.ndim != 1 or shares.size == 0 or not ((shares > 0) & (shares < 1)).all():
        raise ValueError(f"q is {q!r}: expected one or more shares between 0 and 1")
    return shares


def replicated_quantiles(
    values: np.ndarray, grouped: GroupedDesign, shares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles (groups, Q, M) of `values` (n, M) and their replicates (R, groups, Q, M)."""
    design, groups, count = grouped.design, grouped.groups, values.shape[1]
    full = np.empty((groups, shares.size, count))
    replicates = np.empty((design.n_replicates, groups, shares.size, count))
    by_group = np.argsort(grouped.codes, kind="stable")
    edges = np.concatenate([[0], np.cumsum(grouped.n)])
    for group in range(groups):
        rows = by_group[edges[group] : edges[group + 1]]
        for m in range(count):
            ordered = rows[np.argsort(values[rows, m], kind="stable")]
            positions, moved = _positions(design, ordered, shares)
            full[group, :, m] = values[ordered[positions], m]
            replicates[:, group, :, m] = values[ordered[moved], m]
    replicates[grouped.empty] = np.nan
    return full, replicates


def _positions(
    design: ReplicateDesign, rows: np.ndarray, shares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the quantiles among `rows`, in order of value: (Q,) and, by replicate, (R, Q)."""
    weight = design.weight[rows]
    cumulated = np.cumsum(weight)
    full = _search(cumulated, shares * cumulated[-1])
    if design.replicates is not None:
        return full, _brr_positions(design.replicates, rows, shares)
    zone, signed = design.zone[rows], np.where(design.half[rows] == 1, weight, -weight)
    moved = np.tile(full, (design.n_replicates, 1))
    by_zone = np.argsort(zone, kind="stable")
    present, starts = np.unique(zone[by_zone], return_index=True)
    for number, start, end in zip(present, starts, [*starts[1:], rows.size], strict=True):
        steps = by_zone[start:end]  # in order of value within the zone
        change = np.cumsum(signed[steps])
        moved[number] = _shifted_search(cumulated, steps, change, shares)
        if design.method == "jk2_full":
            moved[design.zones + number] = _shifted_search(cumulated, steps, -change, shares)
    return full, moved


def _shifted_search(
    cumulated: np.ndarray, steps: np.ndarray, change: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Where the cumulated weight, changed by `change` from each of `steps` on, reaches each share.

    The changed cumulated weight never falls, so that the first step at which the target is reached
    brackets the answer: it lies after the step before and not after this one.
    """
    targets = shares * (cumulated[-1] + change[-1])
    at_steps = cumulated[steps] + change
    step = np.searchsorted(at_steps, targets, side="left")
    before = np.where(step > 0, change[step - 1], 0.0)
    first = np.where(step > 0, steps[step - 1] + 1, 0)
    last = np.where(step < steps.size, steps[np.minimum(step, steps.size - 1)], cumulated.size - 1)
    return np.clip(np.searchsorted(cumulated, targets - before, side="left"), first, last)


def _brr_positions(replicates: np.ndarray, rows: np.ndarray, shares: np.ndarray) -> np.ndarray:
    width = max(1, BLOCK_CELLS // rows.size)
    starts = range(0, replicates.shape[1], width)
    return np.concatenate([_block_positions(replicates[rows, k : k + width], shares) for k in starts])


def _block_positions(weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Positions by replicate of some replicates, whose `weights` are overwritten."""
    cumulated = np.cumsum(weights, axis=0, out=weights)
    return np.array([_search(column, shares * column[-1]) for column in cumulated.T])


def _search(cumulated: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.minimum(np.searchsorted(cumulated, targets, side="left"), cumulated.size - 1)
