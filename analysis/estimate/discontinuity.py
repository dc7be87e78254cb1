"""Effect of being on one side of a threshold: local linear regressions on both sides of it.

References
----------
Hahn, Todd & van der Klaauw (2001), Econometrica 69; Imbens & Lemieux (2008), Journal of Econometrics 142.
MacKinnon & White (1985), Journal of Econometrics 29, for the variance (HC2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.unknown import NotEstimableError

LEAST = 5  # observations on a side: a line and something left over


@dataclass(frozen=True)
class Discontinuity:
    """The jump at the threshold.

    Attributes
    ----------
    estimate, se, p_value : float
        Of the jump; the test takes Student's t with `freedom` degrees of freedom.
    below, above : int
        Observations within the bandwidth.
    """

    estimate: float
    se: float
    p_value: float
    below: int
    above: int
    freedom: int


def discontinuity(
    score: np.ndarray, outcome: np.ndarray, *, threshold: float, bandwidth: float
) -> Discontinuity:
    """Difference at the threshold between two lines, one a side, through what lies within the bandwidth.

    Parameters
    ----------
    score, outcome : array_like, shape (n,)
        Who scores the threshold or above it got the programme.
    threshold, bandwidth : float
        In units of the score; every observation within the bandwidth counts the same.

    Raises
    ------
    ValueError
        If lengths differ or a number is not finite; the message names the first row.
    NotEstimableError
        If a side has fewer than five observations or two different scores.
    """
    score, outcome = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    if score.shape != outcome.shape or score.ndim != 1:
        raise ValueError(f"score has shape {score.shape} and outcome {outcome.shape}: one row each for all")
    if not bandwidth > 0:
        raise ValueError(f"bandwidth is {bandwidth}: above zero")
    wrong = np.flatnonzero(~(np.isfinite(score) & np.isfinite(outcome)))
    if len(wrong):
        row = wrong[0]
        raise ValueError(
            f"row {row + 1}: score {score[row]} and outcome {outcome[row]}: give numbers, or leave it out"
        )
    distance = score - threshold
    near = np.abs(distance) <= bandwidth
    sides = [near & (distance < 0), near & (distance >= 0)]
    counts = [int(side.sum()) for side in sides]
    if min(counts) < LEAST or any(np.ptp(distance[side]) == 0 for side in sides):
        raise NotEstimableError(
            f"{counts[0]} observations below the threshold and {counts[1]} above within {bandwidth:g}: "
            f"{LEAST} with different scores are needed on each side",
            reason="er zijn te weinig scores rond de grens",
        )
    (low, low_variance), (high, high_variance) = (_at_zero(distance[side], outcome[side]) for side in sides)
    estimate, se, freedom = high - low, float(np.sqrt(low_variance + high_variance)), sum(counts) - 4
    p = 2 * stats.t.sf(abs(estimate) / se, freedom) if se > 0 else float(estimate == 0)
    return Discontinuity(float(estimate), se, float(p), *counts, freedom)


def _at_zero(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Height at zero of the line through the points, and its variance (HC2)."""
    design = np.column_stack([np.ones_like(x), x])
    inverse = np.linalg.inv(design.T @ design)
    weights = inverse[0] @ design.T  # of each outcome in the height at zero
    slope_and_height = inverse @ (design.T @ y)
    residual = y - design @ slope_and_height
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    return float(slope_and_height[0]), float((weights**2 * residual**2 / (1 - leverage)).sum())
