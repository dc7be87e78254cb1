"""Intervals inverted together equal the plain inversion, one p-value after another."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.inference.inversion import AFTER, DOUBLINGS, GRID, HALVINGS, TIE, NullDistribution, intervals


def plain_end(null: NullDistribution, step: float, alpha: float) -> float:
    """Out by doubling, back on a grid, in by halving; every draw at every step."""
    outer, rejected = step, 0
    for _ in range(DOUBLINGS):
        rejected = rejected + 1 if null.p_value(null.estimate + outer) <= alpha + TIE else 0
        if rejected > AFTER:
            break
        outer *= 2
    else:
        return float(np.copysign(np.inf, step))
    reach = outer / 2**AFTER
    inside, outside = null.estimate, null.estimate + reach
    for place in range(GRID - 1, 0, -1):
        point = null.estimate + reach * place / GRID
        if null.p_value(point) > alpha + TIE:
            inside = point
            break
        outside = point
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if null.p_value(middle) > alpha + TIE:
            inside = middle
        else:
            outside = middle
    return float(outside)


def distribution(rng: np.random.Generator, draws: int, kind: str) -> NullDistribution:
    scores0, scores1 = rng.normal(size=(2, draws, 12))
    scores1 *= rng.choice([0.05, 0.3, 1.0])
    slope0, slope1 = scores0.sum(axis=1) + rng.normal(), scores1.sum(axis=1) * rng.choice([0.1, 1.0])
    estimate, variance = float(rng.normal() * rng.choice([0, 1, 5])), float(rng.chisquare(12))
    if kind == "not identified in some draws":
        slope0[:3], slope1[:3], scores0[:3], scores1[:3] = np.inf, 0.0, 0.0, 0.0
    if kind == "not studentised":
        return NullDistribution(estimate, 1.0, slope0, slope1, 1.0, 0.0, 0.0)
    parts = (scores0**2).sum(axis=1), (scores0 * scores1).sum(axis=1), (scores1**2).sum(axis=1)
    if kind == "unrestricted":
        return NullDistribution(estimate, variance, slope0, 0.0, parts[0], 0.0, 0.0)
    return NullDistribution(estimate, variance, slope0, slope1, *parts)


@pytest.mark.parametrize(
    "kind", ["studentised", "not studentised", "unrestricted", "not identified in some draws"]
)
def test_intervals_together_equal_the_plain_inversion_to_the_last_bit(kind):
    rng = np.random.default_rng(3)
    nulls = [distribution(rng, 199, kind) for _ in range(60)]
    scales = [float(np.sqrt(null.variance)) for null in nulls]
    together = intervals(nulls, 0.95, scales=scales, smallest_p=0.005)
    plain = [
        [plain_end(null, -scale, 1 - 0.95), plain_end(null, scale, 1 - 0.95)]
        for null, scale in zip(nulls, scales, strict=True)
    ]
    assert np.isfinite(plain).any()
    assert np.array_equal(together, plain)
    one = nulls[7].interval(0.95, scale=scales[7], smallest_p=0.005)
    assert list(one) == plain[7]


def test_a_test_that_cannot_reject_gives_the_whole_line():
    null = distribution(np.random.default_rng(0), 19, "studentised")
    assert intervals([null], 0.99, scales=[1.0], smallest_p=0.05).tolist() == [[-np.inf, np.inf]]
    assert intervals([], 0.95, scales=[], smallest_p=0.01).shape == (0, 2)
