"""Lee's bounds against a case computed by hand and a truth they must contain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.credibility.lee_bounds import lee_bounds
from analysis.unknown import NotEstimableError

MISSING = np.nan


def test_a_case_computed_by_hand():
    """Treated: 4 of 4 seen (1, 2, 3, 4). Controls: 2 of 4 seen (1, 2). Half of the treated is trimmed.

    Kept are 1 and 2 (mean 1.5) for the lower and 3 and 4 (mean 3.5) for the upper bound; controls 1.5.
    """
    outcome = np.array([1.0, 2, 3, 4, 1, 2, MISSING, MISSING])
    found = lee_bounds(outcome, np.repeat([True, False], 4))
    assert (found.low, found.high, found.naive) == pytest.approx((0.0, 2.0, 1.0))
    assert (found.trimmed, found.n, found.interval) == ("treated", 8, None)


def test_the_unit_at_the_edge_counts_in_part():
    """Treated 3 of 3 seen, controls 1 of 2: half of the weight of 1, 2, 3 is 1 and half of 2."""
    found = lee_bounds(np.array([1.0, 2, 3, 0, MISSING]), np.array([True, True, True, False, False]))
    assert found.low == pytest.approx((1 + 0.5 * 2) / 1.5)
    assert found.high == pytest.approx((3 + 0.5 * 2) / 1.5)


def test_the_controls_are_trimmed_when_they_are_seen_more_often():
    """The mirror image of the case by hand: the effect changes sign."""
    outcome = np.array([1.0, 2, MISSING, MISSING, 1, 2, 3, 4])
    found = lee_bounds(outcome, np.repeat([True, False], 4))
    assert (found.low, found.high) == pytest.approx((-2.0, 0.0))
    assert found.trimmed == "control"


def test_without_attrition_there_is_nothing_to_bound():
    rng = np.random.default_rng(0)
    outcome, treated = rng.normal(size=50), rng.uniform(size=50) < 0.5
    found = lee_bounds(outcome, treated, weights=rng.uniform(1, 2, 50), cluster=np.arange(50) % 10)
    assert found.low == pytest.approx(found.naive)
    assert found.high == pytest.approx(found.naive)
    low, high = found.interval
    assert low < found.naive < high


def test_weights_are_copies():
    outcome = np.array([1.0, 2, 3, 4, 1, 2, MISSING])
    treated = np.array([True] * 4 + [False] * 3)
    times = np.array([1, 2, 1, 3, 2, 1, 2])
    weighted = lee_bounds(outcome, treated, weights=times)
    copied = lee_bounds(np.repeat(outcome, times), np.repeat(treated, times))
    assert (weighted.low, weighted.high) == pytest.approx((copied.low, copied.high))


def test_selective_attrition_biases_the_difference_but_not_the_bounds():
    """Effect 1 on everyone; treated units with poor outcomes stay, controls with poor outcomes leave."""
    inside = naive = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        treated = np.arange(600) < 300
        base = rng.normal(size=600)
        outcome = np.where(~treated & (base < -0.8), MISSING, base + treated)
        found = lee_bounds(outcome, treated, cluster=np.arange(600) % 12)
        inside += found.interval[0] <= 1.0 <= found.interval[1]
        naive += abs(found.naive - 1.0) < 0.1
    assert inside >= 36
    assert naive <= 4


def test_the_interval_is_one_of_both_bounds():
    """Twelve clusters of their own level: the interval holds both ends in some 95 % of samples."""
    rng = np.random.default_rng(1)
    cluster = np.arange(240) % 12
    treated = cluster < 6
    covered = 0
    for _ in range(200):
        outcome = rng.normal(size=240) + 0.5 * rng.normal(size=12)[cluster]
        seen = rng.uniform(size=240) < np.where(treated, 0.95, 0.85)
        low, high = lee_bounds(np.where(seen, outcome, MISSING), treated, cluster=cluster).interval
        # Of a normal with sd sqrt(1.25), the lowest 85/95 have this mean, and the highest its mirror image.
        edge = stats.norm.ppf(85 / 95)
        bound = np.sqrt(1.25) * stats.norm.pdf(edge) / (85 / 95)
        covered += low <= -bound and bound <= high
    assert covered / 200 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def test_a_missing_label_is_no_cluster():
    outcome, treated = np.arange(6.0), np.array([True, False] * 3)
    for labels in (["a", "b", None, "a", "b", "c"], [1.0, 2, np.nan, 1, 2, 3]):
        with pytest.raises(ValueError, match="1 units have no cluster, the first at 2"):
            lee_bounds(outcome, treated, cluster=np.array(labels, dtype=object))
    with pytest.raises(ValueError, match="1 outcomes are infinite"):
        lee_bounds(np.where(np.arange(6) == 2, np.inf, outcome), treated)


def test_bad_input_gives_no_bounds():
    with pytest.raises(NotEstimableError, match="no control unit is observed"):
        lee_bounds(np.array([1.0, MISSING]), np.array([True, False]))
    with pytest.raises(ValueError, match="true or false"):
        lee_bounds(np.array([1.0, 2.0]), np.array([1, 0]))
    with pytest.raises(ValueError, match="positive"):
        lee_bounds(np.array([1.0, 2.0]), np.array([True, False]), weights=np.array([0.0, 1.0]))
