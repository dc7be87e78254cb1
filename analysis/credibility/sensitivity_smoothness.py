"""Shortest fixed-length interval when the trend's slope may change by at most M a period.

Rambachan & Roth (2023, section 4.1), after Armstrong & Kolesar (2018): among affine estimators of the
target, weigh worst-case bias under the smoothness restriction against variance, and choose the shortest
interval whose length does not depend on the data.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import optimize, special

_STEPS = 50
_ROOT = math.sqrt(2)


def fixed_length_interval(
    beta: np.ndarray, sigma: np.ndarray, pre: int, target: np.ndarray, m: float, alpha: float
) -> tuple[float, float]:
    """The interval; arguments as in :func:`analysis.credibility.sensitivity.smoothness_interval`."""
    weights, bias, se = optimal_weights(sigma, pre, target, m, alpha)
    centre = float(weights @ beta)
    half = se * _folded_quantile(bias / se, alpha)
    return centre - half, centre + half


def optimal_weights(
    sigma: np.ndarray, pre: int, target: np.ndarray, m: float, alpha: float
) -> tuple[np.ndarray, float, float]:
    """Weights on all event-study coefficients, their worst-case bias and standard error.

    The violation of parallel trends is a line through the reference period plus kinks. The post-period
    kinks act through `target` alone. Unbiasedness under any line fixes one combination of the pre-period
    weights; the other ``pre - 1`` are free, namely the effects ``z`` of the pre-period kinks, so that the
    worst-case bias is ``m * (fixed + sum |z|)``.
    """
    post = len(target)
    ahead = np.arange(1, post + 1)
    fixed = float(sum(abs(target[ahead > kink] @ (ahead[ahead > kink] - kink)) for kink in range(post)))
    # Pre-periods at distance 1..pre, nearest first: weights v give sum(v * distance) on the line and
    # sum(v * (distance - kink)) over those beyond each kink.
    distance = np.arange(1, pre + 1)
    effects = np.maximum(distance[None, :] - np.arange(pre)[:, None], 0.0)  # first row: the line itself
    solve = np.linalg.inv(effects)
    line = float(target @ ahead)

    def weights(z: np.ndarray) -> np.ndarray:
        near_first = solve @ np.concatenate([[line], z])
        return np.concatenate([near_first[::-1], target])

    origin = weights(np.zeros(pre - 1))
    basis = np.zeros((len(origin), pre - 1))
    basis[:pre] = solve[::-1, 1:]
    quadratic, linear = basis.T @ sigma @ basis, basis.T @ sigma @ origin

    def half_length(z: np.ndarray) -> float:
        w = origin + basis @ z
        se = float(np.sqrt(w @ sigma @ w))
        return se * _folded_quantile(m * (fixed + np.abs(z).sum()) / se, alpha)

    best = _best_on_path(quadratic, linear, half_length)
    chosen = origin + basis @ best
    return chosen, m * (fixed + float(np.abs(best).sum())), float(np.sqrt(chosen @ sigma @ chosen))


def _best_on_path(quadratic: np.ndarray, linear: np.ndarray, length) -> np.ndarray:
    """The point of least length among those that trade bias against variance efficiently.

    Those points solve ``min z'Qz/2 + c'z + penalty * sum|z|``. As the penalty falls they run along straight
    pieces; the length is convex along them, so each piece is searched in turn.
    """
    best = np.zeros(len(linear))
    shortest = length(best)
    for start, end in _pieces(quadratic, linear):

        def along(share: float, start=start, end=end) -> float:
            return length(start + share * (end - start))

        found = optimize.minimize_scalar(along, bounds=(0, 1), method="bounded", options={"xatol": 1e-9})
        for share in (found.x, 1.0):
            value = along(share)
            if value < shortest:
                best, shortest = start + share * (end - start), value
    return best


def _pieces(quadratic: np.ndarray, linear: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """End points of the straight pieces, from the largest penalty (z = 0) to none."""
    count = len(linear)
    z, signs = np.zeros(count), np.zeros(count)
    if count == 0 or not np.abs(linear).max() > 0:
        return []
    penalty = float(np.abs(linear).max())
    first = int(np.abs(linear).argmax())
    active, signs[first] = [first], -np.sign(linear[first])
    pieces = []
    for _ in range(50 * count):
        rows = np.ix_(active, active)
        level = -np.linalg.solve(quadratic[rows], linear[active])
        slope = -np.linalg.solve(quadratic[rows], signs[active])  # z = level + penalty * slope
        gradient = linear + quadratic[:, active] @ level
        change = quadratic[:, active] @ slope
        following, event = 0.0, None
        for j in set(range(count)) - set(active):
            for sign in (1.0, -1.0):  # the gradient reaches sign * penalty
                if abs(sign - change[j]) > 1e-14:
                    at = gradient[j] / (sign - change[j])
                    if following < at < penalty * (1 - 1e-12):
                        following, event = at, ("enter", j, -sign)
        for place, j in enumerate(active):
            if slope[place] != 0:
                at = -level[place] / slope[place]
                if following < at < penalty * (1 - 1e-12):
                    following, event = at, ("leave", j, 0.0)
        end = np.zeros(count)
        end[active] = level + following * slope
        pieces.append((z, end))
        z, penalty = end, following
        if event is None:
            return pieces
        kind, j, sign = event
        if kind == "enter":
            active.append(j)
        else:
            active.remove(j)
        signs[j] = sign
    raise RuntimeError("the bias-variance path did not end; check that the covariance is positive definite")


def _folded_quantile(mean: float, alpha: float) -> float:
    """The 1 - alpha quantile of ``|N(mean, 1)|``, mean zero or more."""
    # Newton from the one-sided quantile: the tail is convex beyond the mean, so no step goes too far.
    found = mean - _normal_quantile(alpha)
    for _ in range(_STEPS):
        near, far = found - mean, found + mean
        tail = (math.erfc(near / _ROOT) + math.erfc(far / _ROOT)) / 2
        density = (math.exp(-near * near / 2) + math.exp(-far * far / 2)) / math.sqrt(2 * math.pi)
        step = (tail - alpha) / density
        found += step
        if step <= 1e-14 * found:
            break
    return found


@cache
def _normal_quantile(alpha: float) -> float:
    return float(special.ndtri(alpha))
