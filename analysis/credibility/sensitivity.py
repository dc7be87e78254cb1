"""How far trends may have diverged before a conclusion falls (Rambachan & Roth 2023).

Parallel trends need not hold exactly. Two ways of saying how badly they may fail: the difference in trends
is a line whose slope changes by at most M a period (smoothness), or its changes after adoption are at most
M-bar times the largest before it (relative magnitudes). For either, an interval that covers the effect under
every such failure, and the breakdown value: the largest M or M-bar at which zero is still excluded.

The intervals take the covariance as known and the estimates as normal. With twelve clusters that is
optimistic: pass a covariance made for few clusters (CRV3), and read them beside the randomisation interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.credibility.sensitivity_relative import conditional_interval
from analysis.credibility.sensitivity_smoothness import fixed_length_interval

Interval = tuple[float, float]

_DOUBLINGS = 30
_HALVINGS = 25


@dataclass(frozen=True)
class Sensitivity:
    """Intervals under growing violations of parallel trends.

    Attributes
    ----------
    estimate, se : float
        The target, ``target @ beta_post``.
    original : (float, float)
        The usual interval, under exact parallel trends.
    table : DataFrame
        Columns restriction ("smoothness" or "relative_magnitudes"), bound, low, high.
    breakdown_m, breakdown_mbar : float
        Largest M and M-bar for which the interval excludes zero; zero where it never does, infinite where
        it always does.
    """

    estimate: float
    se: float
    original: Interval
    table: pd.DataFrame
    breakdown_m: float
    breakdown_mbar: float
    level: float


def smoothness_interval(
    beta: Sequence[float],
    sigma: Sequence[Sequence[float]],
    *,
    pre: int,
    m: float,
    target: Sequence[float] | None = None,
    alpha: float = 0.05,
) -> Interval:
    """Shortest fixed-length interval when the slope of the difference in trends changes by at most `m`.

    At ``m = 0`` the difference in trends is a straight line, which the pre-period estimates reveal.

    Parameters
    ----------
    beta : sequence, length pre + post
        Event-study estimates in order of time, without the reference period, which must be the one just
        before adoption.
    sigma : array, shape (pre + post, pre + post)
        Their covariance.
    pre : int
        Number of estimates before the reference period; the rest come after.
    target : sequence, length post, optional
        Weights on the post-period effects; the first one unless told otherwise.
    """
    estimates, covariance, weights = _checked(beta, sigma, pre, target)
    _bound(m, "m")
    return fixed_length_interval(estimates, covariance, pre, weights, float(m), _level(alpha))


def relative_magnitudes_interval(
    beta: Sequence[float],
    sigma: Sequence[Sequence[float]],
    *,
    pre: int,
    mbar: float,
    target: Sequence[float] | None = None,
    alpha: float = 0.05,
    hybrid: bool = True,
) -> Interval:
    """Interval when changes after adoption are at most `mbar` times the largest change before it.

    The published default is the hybrid of the conditional and the least favourable test, with a tenth of
    alpha spent on the first stage; ``hybrid=False`` gives the purely conditional one. An end is infinite
    where the test accepts however far. See :func:`smoothness_interval` for the other
    arguments.
    """
    estimates, covariance, weights = _checked(beta, sigma, pre, target)
    _bound(mbar, "mbar")
    return conditional_interval(estimates, covariance, pre, weights, float(mbar), _level(alpha), hybrid)


def breakdown(interval: Callable[[float], Interval], scale: float) -> float:
    """Largest bound at which `interval` excludes zero: zero if none does, infinite if all do.

    `scale` is a bound of the size to begin with.
    """

    def excludes(bound: float) -> bool:
        low, high = interval(bound)
        return not low <= 0 <= high

    if not excludes(0.0):
        return 0.0
    high = scale
    for _ in range(_DOUBLINGS):
        if not excludes(high):
            break
        high *= 2
    else:
        return float("inf")
    low = 0.0 if high == scale else high / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if excludes(middle):
            low = middle
        else:
            high = middle
    return low


def _checked(
    beta: Sequence[float], sigma: Sequence[Sequence[float]], pre: int, target: Sequence[float] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    estimates, covariance = np.asarray(beta, dtype=float), np.asarray(sigma, dtype=float)
    size = len(estimates)
    if covariance.shape != (size, size):
        raise ValueError(f"{size} estimates need a covariance of {size} by {size}, got {covariance.shape}")
    if not 1 <= pre < size:
        raise ValueError(
            f"pre is {pre} of {size} estimates: at least one before and one after adoption are needed"
        )
    if not (np.isfinite(estimates).all() and np.isfinite(covariance).all()):
        raise ValueError("estimates and covariance must be finite; leave out periods that were not estimated")
    if not np.allclose(covariance, covariance.T, rtol=1e-8, atol=0):
        raise ValueError("the covariance is not symmetric")
    values = np.linalg.eigvalsh((covariance + covariance.T) / 2)
    if not values[0] > 1e-12 * values[-1]:
        raise ValueError(
            f"the covariance of the {size} estimates is singular; with G clusters its rank is below G, "
            "so leave out periods or aggregate them"
        )
    weights = np.eye(size - pre)[0] if target is None else np.asarray(target, dtype=float)
    if weights.shape != (size - pre,):
        raise ValueError(f"target has {weights.size} weights for {size - pre} post-period estimates")
    if not np.isfinite(weights).all() or not weights.any():
        raise ValueError("target must hold finite weights, not all zero")
    return estimates, covariance, weights


def _bound(value: float, name: str) -> None:
    if not (np.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is {value}; it must be zero or more")


def _level(alpha: float) -> float:
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 0.5")
    return alpha
