"""Equivalence tests: nominal size at the bound, power as announced, textbook numbers."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.equivalence import (
    all_within,
    spread_below,
    spread_power,
    within_power,
)
from analysis.estimate.regional import RegionEstimates
from analysis.estimate.spread import chances_below, spread

CODES = tuple(f"PV{code}" for code in range(20, 32))
BOUND = 0.08
SE = np.linspace(0.02, 0.05, 12)


def simulated(rng, sd, errors=SE, correlation=0.0):
    noise = np.sqrt(correlation) * rng.normal() + np.sqrt(1 - correlation) * rng.normal(size=len(errors))
    covariance = np.diag(errors**2) * (1 - correlation) + correlation * np.outer(errors, errors)
    return RegionEstimates(CODES[: len(errors)], planted(rng, sd, len(errors)) + errors * noise, covariance,
                           500, 512, 9999)  # fmt: skip


def planted(rng, sd, count=12):
    """Differences in a direction drawn anew, whose standard deviation over these regions is exactly `sd`."""
    effect = rng.normal(size=count)
    return (effect - effect.mean()) / effect.std(ddof=1) * sd


def p_values(draws, bound):
    """Of :func:`spread_below` for draws with one covariance, all at once."""
    first = draws[0]
    deviations = np.array([d.deviation for d in draws])
    found = chances_below(deviations, first.deviation_covariance, bound, first.freedom)
    assert found[:3] == pytest.approx([spread_below(d, bound).p_value for d in draws[:3]], abs=1e-5)
    return found


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_spread_test_has_its_nominal_size_at_the_bound(correlation):
    rng = np.random.default_rng(20)
    p = p_values([simulated(rng, BOUND, correlation=correlation) for _ in range(2000)], BOUND)
    for alpha in (0.01, 0.05, 0.10):
        error = math.sqrt(alpha * (1 - alpha) / len(p))
        assert abs((p < alpha).mean() - alpha) < 3.3 * error
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize("freedom", [20, 60])
@pytest.mark.parametrize("precision", [0.5, 2.0])
def test_spread_test_keeps_its_size_when_the_scale_of_the_errors_is_estimated(freedom, precision):
    """The covariance comes with a chi-squared scale, as from few schools; errors small or large."""
    rng = np.random.default_rng(27)
    errors = SE / precision
    rejected = []
    for _ in range(500):
        scale = rng.chisquare(freedom) / freedom
        effect = planted(rng, BOUND) + errors * rng.normal(size=12)
        d = RegionEstimates(CODES, effect, np.diag(errors**2) * scale, freedom, freedom + 12, 9999)
        rejected.append(spread_below(d, BOUND).shown)
    assert abs(np.mean(rejected) - 0.05) < 3.3 * math.sqrt(0.05 * 0.95 / 500)


@pytest.mark.parametrize("where", [(0, 1), (10, 11), (0, 11)])
def test_spread_test_wherever_the_regions_differ(where):
    """All of the spread in two regions: the best measured, the worst measured, one of each."""
    rng = np.random.default_rng(28)
    effect = np.zeros(12)
    effect[list(where)] = [1, -1]
    effect *= BOUND / effect.std(ddof=1)
    draws = [
        RegionEstimates(CODES, effect + SE * rng.normal(size=12), np.diag(SE**2), 500, 512, 9999)
        for _ in range(2000)
    ]
    assert (p_values(draws, BOUND) < 0.05).mean() < 0.10


@pytest.mark.parametrize("sd", [0.1, 0.2])
def test_spread_test_rejects_less_often_beyond_the_bound(sd):
    rng = np.random.default_rng(21)
    p = p_values([simulated(rng, sd) for _ in range(1000)], BOUND)
    assert (p < 0.05).mean() < 0.035


@pytest.mark.parametrize("sd", [0.0, 0.04])
def test_power_is_what_simulation_shows(sd):
    rng = np.random.default_rng(22)
    draws = [simulated(rng, sd) for _ in range(2000)]
    for announced, shown in (
        (spread_power(draws[0], BOUND, true_sd=sd, seed=1), p_values(draws, BOUND) < 0.05),
        (
            within_power(draws[0], 2 * BOUND, true_sd=sd, seed=1),
            [all_within(d, 2 * BOUND).shown for d in draws],
        ),
    ):
        assert np.mean(shown) == pytest.approx(announced, abs=0.045)
    assert spread_power(draws[0], BOUND, seed=1) > 0.9


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
    for _ in range(30):
        d = simulated(rng, 0.05)
        shown = spread_below(d, BOUND).shown
        assert shown == (spread(d, level=0.90).high < BOUND)
        verdicts.add(shown)
    assert verdicts == {True, False}


def test_bad_bounds():
    d = simulated(np.random.default_rng(1), 0.0)
    for bound in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="smallest difference of interest is a number above zero"):
            spread_below(d, bound)
        with pytest.raises(ValueError, match="smallest difference of interest"):
            all_within(d, bound)
    with pytest.raises(ValueError, match="alpha"):
        spread_below(d, 1.0, alpha=0.6)
