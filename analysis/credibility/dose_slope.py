"""The slope of the dose, with and without each cluster, fast enough to be drawn thousands of times.

With a linear dose the controls' changes move all treated units of a cohort alike, so they drop out of the
slope: within each cohort and period after the start it is the regression of the treated units' changes on
their dose. :func:`analysis.estimate.did.dose_response` gives the same slope, and everything else.
"""

from __future__ import annotations

import numpy as np


def dose_slopes(
    outcome: np.ndarray,
    times: np.ndarray,
    start: np.ndarray,
    dose: np.ndarray,
    cluster: np.ndarray,
    *,
    anticipation: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """The mean slope over cohorts and periods by cohort size, and the same without each cluster.

    Parameters
    ----------
    outcome : ndarray, shape (..., N, T)
        Balanced panels with the same starts, doses and clusters.
    times : ndarray, shape (T,)
    start : ndarray, shape (N,)
        First treated period; ``inf`` for never, which some units must be.
    dose : ndarray, shape (N,)
    cluster : ndarray of int, shape (N,)
        Codes from 0.
    anticipation : int
        Periods before the start that are left out of the comparison.

    Returns
    -------
    ndarray, shape (...), and ndarray, shape (..., G)

    Raises
    ------
    ValueError
        If no unit is never treated, or the dose does not vary within any cohort.
    """
    if not np.isinf(start).any():
        raise ValueError("no unit is never treated: the slope needs controls in every period")
    count = int(cluster.max()) + 1
    everyone = np.ones(count + 1)
    keep = np.vstack([everyone[:count], 1 - np.eye(count)])[:, cluster]  # all, then without each cluster
    total, periods = 0.0, np.zeros(count + 1)
    for date in np.unique(start[np.isfinite(start) & (start <= times[-1])]):
        before = np.flatnonzero(times < date - anticipation)
        if not len(before):
            continue
        member = keep[:, start == date]  # (1 + G, members)
        d, y = dose[start == date], outcome[..., start == date, :]
        size = member.sum(axis=1)
        after = times >= date
        change = y[..., after].sum(axis=-1) - after.sum() * y[..., before[-1]]
        centre = member @ d / np.where(size > 0, size, 1)
        spread = member @ d**2 - size * centre**2
        known = spread > 1e-12 * (d**2).sum()
        slope = ((d * change) @ member.T - centre * (change @ member.T)) / np.where(known, spread, 1.0)
        total = total + np.where(known, size * slope, 0.0)
        periods += np.where(known, size * after.sum(), 0.0)
    if not (periods > 0).all():
        raise ValueError("the dose does not vary within a cohort, with all clusters or without one of them")
    found = total / periods
    return found[..., 0], found[..., 1:]
