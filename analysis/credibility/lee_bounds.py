"""Bounds on the effect when some outcomes are not observed, and treatment may be the reason (Lee 2009).

They hold if treatment moves observation in one direction only (monotonicity), which cannot be seen. The
interval is one of the bounds: it covers both with the level asked for, by the cluster jackknife and t(G - 1).
It says nothing about how treatment was assigned and is no substitute for the randomisation interval of the
effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.unknown import NotEstimableError

Array = np.ndarray


@dataclass(frozen=True)
class LeeBounds:
    """Effect on units that would be observed with and without treatment, at worst and at best.

    Attributes
    ----------
    naive : float
        Difference in means of the observed.
    interval : (float, float) or None
        Covers both bounds, and all between, with the level asked for, by the jackknife over clusters; None
        without clusters.
    trimmed : str
        "treated" or "control": the group observed more often.
    n : int
        Units, observed or not.
    """

    low: float
    high: float
    naive: float
    interval: tuple[float, float] | None
    trimmed: str
    n: int
    clusters: int | None


def lee_bounds(
    outcome: Array,
    treated: Array,
    *,
    weights: Array | None = None,
    cluster: Array | None = None,
    level: float = 0.95,
) -> LeeBounds:
    """Trim the group observed more often from above and from below.

    Parameters
    ----------
    outcome : ndarray, shape (N,)
        NaN where not observed. For a difference-in-differences: each unit's change.
    treated : ndarray of bool, shape (N,)
    weights : ndarray, shape (N,), optional
    cluster : ndarray, shape (N,), optional
        Level of assignment, for standard errors; every unit has one.

    Notes
    -----
    Assumes that treatment moves observation in one direction only (monotonicity). The trimmed share is
    ``1 - (smaller observed share) / (larger observed share)``. The unit at the edge is kept in part, so that
    exactly that share is trimmed.

    Raises
    ------
    ValueError
        If an outcome or a weight is infinite, a weight is not positive, or a unit has no cluster.
    NotEstimableError
        If a group is empty or wholly unobserved, also without one of the clusters.
    """
    outcome = np.asarray(outcome, dtype=float)
    treated = np.asarray(treated)
    if treated.dtype != bool:
        raise ValueError("treated must be true or false for every unit")
    weight = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=float)
    if not (len(outcome) == len(treated) == len(weight)):
        raise ValueError("outcome, treated and weights differ in length")
    if not ((weight > 0) & np.isfinite(weight)).all():
        raise ValueError("a weight is missing, infinite, zero or negative; weights must be positive")
    if np.isinf(outcome).any():
        raise ValueError(
            f"{int(np.isinf(outcome).sum())} outcomes are infinite; not observed is missing (NaN)"
        )
    low, high, naive, trimmed = _bounds(outcome, treated, weight)
    interval, count = None, None
    if cluster is not None:
        codes, labels = pd.factorize(np.asarray(cluster))
        if (codes < 0).any():
            raise ValueError(
                f"{int((codes < 0).sum())} units have no cluster, the first at {int((codes < 0).argmax())}: "
                "every unit needs its cluster"
            )
        if len(codes) != len(outcome):
            raise ValueError("outcome and cluster differ in length")
        count = len(labels)
        without = np.array(
            [
                _bounds(outcome[keep], treated[keep], weight[keep])[:2]
                for keep in (codes != g for g in range(count))
            ]
        )
        se = np.sqrt((count - 1) / count * ((without - [low, high]) ** 2).sum(axis=0))
        half = stats.t.ppf((1 + level) / 2, count - 1) * se
        interval = (low - float(half[0]), high + float(half[1]))
    return LeeBounds(
        low=low,
        high=high,
        naive=naive,
        interval=interval,
        trimmed=trimmed,
        n=len(outcome),
        clusters=count,
    )


def _bounds(outcome: Array, treated: Array, weight: Array):
    seen = ~np.isnan(outcome)
    shares, groups = [], []
    for name, group in (("treated", treated), ("control", ~treated)):
        if not (group & seen).any():
            raise NotEstimableError(
                f"no {name} unit is observed, with all clusters or without one: there is nothing to bound",
                reason="aan een van beide kanten is niemand gemeten",
            )
        shares.append(float(weight[group & seen].sum() / weight[group].sum()))
        groups.append((outcome[group & seen], weight[group & seen]))
    (y1, w1), (y0, w0) = groups
    mean1, mean0 = np.average(y1, weights=w1), np.average(y0, weights=w0)
    kept = min(shares) / max(shares)
    if shares[0] >= shares[1]:
        low, high, trimmed = _lowest(y1, w1, kept) - mean0, -_lowest(-y1, w1, kept) - mean0, "treated"
    else:
        low, high, trimmed = mean1 + _lowest(-y0, w0, kept), mean1 - _lowest(y0, w0, kept), "control"
    return float(low), float(high), float(mean1 - mean0), trimmed


def _lowest(values: Array, weight: Array, share: float) -> float:
    """Mean of the lowest `share` of the weight; the unit at the edge counts in part."""
    order = np.argsort(values, kind="stable")
    values, weight = values[order], weight[order]
    kept = np.clip(share * weight.sum() - (np.cumsum(weight) - weight), 0.0, weight)
    return float(values @ kept / kept.sum())
