"""Equivalence tests: nominal size at the bound, power as announced, textbook numbers."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.equivalence import (
    all_within,
    spread_below,
    spread_power,
    two_one_sided,
    within_power,
)
from analysis.estimate.regional import RegionEstimates
from analysis.estimate.shrinkage import spread

CODES = tuple(f"PV{code}" for code in range(20, 32))
BOUND = 0.08
SE = np.linspace(0.02, 0.05, 12)


def simulated(rng, sd, errors=SE, correlation=0.0):
    noise = np.sqrt(correlation) * rng.normal() + np.sqrt(1 - correlation) * rng.normal(size=len(errors))
    covariance = np.diag(errors**2) * (1 - correlation) + correlation * np.outer(errors, errors)
    effect = rng.normal(0, sd, len(errors)) + errors * noise
    return RegionEstimates(CODES[: len(errors)], effect, covariance, 500, 512, 9999)


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_spread_test_has_its_nominal_size_at_the_bound(correlation):
    rng = np.random.default_rng(20)
    p = np.array([spread_below(simulated(rng, BOUND, correlation=correlation), BOUND).p_value
                  for _ in range(2000)])  # fmt: skip
    for alpha in (0.01, 0.05, 0.10):
        error = math.sqrt(alpha * (1 - alpha) / len(p))
        assert abs((p < alpha).mean() - alpha) < 3.3 * error
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize("sd", [0.1, 0.2])
def test_spread_test_rejects_less_often_beyond_the_bound(sd):
    rng = np.random.default_rng(21)
    rejected = np.mean([spread_below(simulated(rng, sd), BOUND).shown for _ in range(1000)])
    assert rejected < 0.035


@pytest.mark.parametrize("sd", [0.0, 0.04])
def test_power_is_what_simulation_shows(sd):
    rng = np.random.default_rng(22)
    covariance = np.diag(SE**2)
    draws = [simulated(rng, sd) for _ in range(2000)]
    for announced, shown in (
        (spread_power(covariance, BOUND, true_sd=sd, seed=1), [spread_below(d, BOUND).shown for d in draws]),
        (
            within_power(draws[0], 2 * BOUND, true_sd=sd, seed=1),
            [all_within(d, 2 * BOUND).shown for d in draws],
        ),
    ):
        assert np.mean(shown) == pytest.approx(announced, abs=0.045)
    assert spread_power(covariance, BOUND, seed=1) > 0.9


def test_largest_deviation_test_is_of_nominal_size_in_the_worst_case_and_never_above():
    """One region at the bound and measured badly, the others well inside: the least favourable case."""
    rng = np.random.default_rng(23)
    errors = np.full(12, 0.001)
    errors[0] = 0.05
    rejected = []
    for _ in range(3000):
        effect = np.zeros(12)
        effect[0] = 2 * BOUND * 12 / 11  # deviation from the mean of all twelve is then the bound
        d = RegionEstimates(CODES, effect + errors * rng.normal(size=12), np.diag(errors**2), 10**6, 10**6, 1)
        rejected.append(all_within(d, 2 * BOUND).shown)
    assert 0.035 < np.mean(rejected) < 0.065
    several = []
    for _ in range(1000):
        effect = 2 * BOUND * np.array([1, -1] * 6)
        d = RegionEstimates(CODES, effect + SE * rng.normal(size=12), np.diag(SE**2), 10**6, 10**6, 1)
        several.append(all_within(d, 2 * BOUND).shown)
    assert np.mean(several) < 0.01


def test_interval_and_test_agree():
    """Equivalence at 5 % exactly when the 90 % interval of the spread ends below the bound."""
    rng = np.random.default_rng(24)
    verdicts = set()
    for _ in range(200):
        d = simulated(rng, 0.05)
        shown = spread_below(d, BOUND).shown
        assert shown == (spread(d, level=0.90).high < BOUND)
        verdicts.add(shown)
    assert verdicts == {True, False}


def test_two_one_sided_by_hand():
    found = two_one_sided(0.3, 0.2, 1.0, freedom=30)
    lower, upper = stats.t.sf((0.3 + 1.0) / 0.2, 30), stats.t.cdf((0.3 - 1.0) / 0.2, 30)
    assert found.p_value == pytest.approx(max(lower, upper), rel=1e-12)
    assert found.shown
    assert not two_one_sided(0.9, 0.2, 1.0, freedom=30).shown
    assert two_one_sided(-0.3, 0.2, 1.0, freedom=30).p_value == found.p_value


def test_two_one_sided_has_its_nominal_size_at_the_bound():
    rng = np.random.default_rng(25)
    rejected = []
    for _ in range(4000):
        sample = rng.normal(1.0, 2.0, 40)
        se = sample.std(ddof=1) / np.sqrt(40)
        rejected.append(two_one_sided(sample.mean(), se, 1.0, freedom=39).shown)
    assert 0.038 < np.mean(rejected) < 0.062


def test_bad_bounds():
    d = simulated(np.random.default_rng(1), 0.0)
    for bound in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="smallest difference of interest is a number above zero"):
            spread_below(d, bound)
        with pytest.raises(ValueError, match="smallest difference of interest"):
            all_within(d, bound)
    with pytest.raises(ValueError, match="alpha"):
        spread_below(d, 1.0, alpha=0.6)
    with pytest.raises(ValueError, match="no test is possible"):
        two_one_sided(0.0, 0.0, 1.0)
