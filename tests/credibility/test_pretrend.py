"""Pre-trend tests and their power, against published results and brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.credibility.pretrend import (
    _along_slope,
    _wald,
    after_passing,
    detectable_slope,
    joint_test,
    pretrend_test,
    trend_power,
)

# He & Wang (2017, figure 2C) as distributed with Roth's `pretrends` (HeAndWangResults): periods -4, -3, -2
# against -1, then 0 to 3. The results below are those of its README.
TIMES = np.array([-4, -3, -2, 0, 1, 2, 3])
DISTANCE = TIMES + 1
SIGMA_UPPER = [
    0.008906571194529533, 0.0044883135706186295, 0.0014587024925276637, 0.0012157688615843654,
    0.0020327644888311625, 0.0013225014554336667, 0.001961772795766592,
    0.005936916917562485, 0.002750079147517681, 0.001350585836917162, 0.0014315459411591291,
    0.0012067791540175676, 0.0013847157824784517,
    0.00303862476721406, 0.0009056166163645685, 0.0006791298510506749, 0.0010167636210098863,
    0.000709014420863241,
    0.003924740944057703, 0.0025961180217564106, 0.0017326149391010404, 0.0022345525212585926,
    0.008065897040069103, 0.005875375121831894, 0.0037414359394460917,
    0.007881578989326954, 0.0036507095210254192,
    0.00978842657059431,
]  # fmt: skip
SIGMA = np.zeros((7, 7))
SIGMA[np.triu_indices(7)] = SIGMA_UPPER
SIGMA = SIGMA + np.triu(SIGMA, 1).T
BEFORE = SIGMA[:3, :3]
SLOPE = 0.05205871

COLUMNS = {"unit": "unit", "time": "year", "cohort": "cohort", "outcome": "y", "cluster": "province"}
NEVER = float("nan")


def test_slope_with_half_power_equals_the_published_one():
    assert detectable_slope(BEFORE, DISTANCE[:3], test="any") == pytest.approx(SLOPE, abs=2e-5)


def test_power_equals_the_published_one():
    assert trend_power(BEFORE, DISTANCE[:3], SLOPE, test="any") == pytest.approx(0.4999776, abs=2e-4)


def test_what_is_left_after_passing_equals_the_published_column():
    published = [-0.09230764, -0.05555285, -0.02790950, 0.06490184, 0.12084694, 0.16946498, 0.22453827]
    assert after_passing(SLOPE * DISTANCE, SIGMA, pre=3) == pytest.approx(published, abs=1e-5)


def test_passing_distorts_the_effect_away_from_the_truth():
    trend = SLOPE * DISTANCE
    assert (after_passing(trend, SIGMA, pre=3)[3:] > trend[3:]).all()


def test_joint_test_by_hand():
    beta = np.array([0.1, -0.05, 0.02])
    found = joint_test(beta, BEFORE, clusters=12)
    wald = beta @ np.linalg.inv(BEFORE) @ beta
    assert found.statistic == pytest.approx(wald)
    assert found.p_chi2 == pytest.approx(stats.chi2.sf(wald, 3))
    assert found.p_f == pytest.approx(stats.f.sf(wald * 9 / (3 * 11), 3, 9))
    assert joint_test(beta, BEFORE).p_f is None
    # One estimate: the square of a t with G - 1 degrees of freedom.
    one = joint_test([0.1], [[0.002]], clusters=12)
    assert one.p_f == pytest.approx(2 * stats.t.sf(0.1 / np.sqrt(0.002), 11))


def test_joint_power_equals_simulation():
    rng = np.random.default_rng(3)
    slope, distance = 0.06, DISTANCE[:3]
    draws = rng.multivariate_normal(slope * distance, BEFORE, size=40_000)
    wald = np.einsum("ni,ij,nj->n", draws, np.linalg.inv(BEFORE), draws)
    assert trend_power(BEFORE, distance, slope) == pytest.approx(
        (wald > stats.chi2.isf(0.05, 3)).mean(), abs=0.01
    )
    few = trend_power(BEFORE, distance, slope, clusters=12)
    assert few < trend_power(BEFORE, distance, slope)
    found = detectable_slope(BEFORE, distance, power=0.8, clusters=12)
    assert trend_power(BEFORE, distance, found, clusters=12) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: joint_test([0.1, 0.2], np.ones((2, 2))), "singular"),
        (lambda: joint_test([0.1, 0.2], np.eye(3)), "of that size"),
        (lambda: joint_test([0.1, np.inf], np.eye(2)), "must be finite"),
        (lambda: joint_test(np.zeros(12), np.eye(12), clusters=12), "12 clusters"),
        (lambda: trend_power(np.eye(2), [-2, -1], 0.1, test="some"), "'some' is unknown"),
        (lambda: detectable_slope(np.eye(2), [-2, -1], power=0.01), "between alpha"),
        (lambda: detectable_slope(np.eye(2), [-2, -1], power=0.06, test="any"), "without any trend"),
    ],
)
def test_bad_input_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def make_panel(cohorts, *, seed=0, slope=0.0, years=8, units=3):
    """Clusters with shocks by year; adopters drift by `slope` a year and jump by 5 on adoption."""
    rng = np.random.default_rng(seed)
    cohorts = np.array(cohorts, dtype=float)
    province = np.repeat(np.arange(len(cohorts)), rng.integers(1, units + 1, len(cohorts)))
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(len(province)), years),
            "year": np.tile(2010 + np.arange(years), len(province)),
        }
    )
    place = province[frame["unit"]]
    frame["province"] = [f"PV{20 + code}" for code in place]
    frame["cohort"] = cohorts[place]
    year = frame["year"].to_numpy() - 2010
    frame["y"] = (
        rng.normal(size=len(province))[frame["unit"]]
        + 0.5 * rng.normal(size=(len(cohorts), years))[place, year]
        + slope * year * np.isfinite(cohorts)[place]
        + 5.0 * (frame["year"] >= frame["cohort"])
        + 0.5 * rng.normal(size=len(frame))
    )
    return frame


TEN = [2014.0, 2014.0, 2015.0, 2016.0] + [NEVER] * 6


def differences(frame, adopters):
    """Mean change since 2013, adopters minus the rest, and its jackknife covariance, written out."""
    wide = frame.pivot_table(index=["province", "unit"], columns="year", values="y")
    change = wide[[2010, 2011, 2012]].sub(wide[2013], axis=0)
    side = change.index.get_level_values("province").isin(adopters)
    place = change.index.get_level_values("province")

    def contrast(keep):
        return (change[side & keep].mean() - change[~side & keep].mean()).to_numpy()

    everyone = contrast(np.full(len(change), True))
    without = np.array([contrast(place != label) for label in place.unique()]) - everyone
    return everyone, (len(without) - 1) / len(without) * without.T @ without


def test_pretrend_and_all_reassignments_equal_brute_force():
    frame = make_panel(TEN, seed=2, slope=0.2)
    found = pretrend_test(frame, **COLUMNS, power=False)
    labels = sorted(frame["province"].unique())
    difference, covariance = differences(frame, labels[:4])
    assert found.table["difference"].to_numpy() == pytest.approx(difference)
    assert found.covariance == pytest.approx(covariance)
    assert found.reference == 2013
    assert found.statistic == pytest.approx(difference @ np.linalg.solve(covariance, difference))
    drawn = []
    for adopters in combinations(labels, 4):
        difference, covariance = differences(frame, adopters)
        drawn.append(difference @ np.linalg.solve(covariance, difference))
    assert found.draws == len(drawn) == 210
    assert found.p_randomisation == np.mean(np.array(drawn) >= found.statistic * (1 - 1e-9))
    assert found.smallest_p == 1 / 210
    assert found.p_f == joint_test(found.table["difference"], found.covariance, clusters=10).p_f


def test_treatment_effects_do_not_enter():
    frame = make_panel(TEN, seed=3)
    without = frame.assign(y=frame["y"] - 5.0 * (frame["year"] >= frame["cohort"]))
    assert (
        pretrend_test(frame, **COLUMNS).p_randomisation == pretrend_test(without, **COLUMNS).p_randomisation
    )


def test_a_steep_trend_is_found_and_no_trend_is_not():
    fives = [2014.0] * 5 + [NEVER] * 7
    steep = pretrend_test(make_panel(fives, slope=3.0), **COLUMNS, power=False)
    assert steep.p_randomisation == steep.smallest_p == 1 / 792
    assert steep.detectable_80 is None
    rejected = [
        pretrend_test(make_panel(fives, seed=seed), **COLUMNS, power=False).p_randomisation <= 0.05
        for seed in range(120)
    ]
    assert sum(rejected) <= 13  # 5 % of 120 is 6; more than 13 has probability below 0.004


def test_detectable_slope_is_found_as_often_as_it_says():
    fives = [2014.0] * 5 + [NEVER] * 7
    slopes = []
    for seed in (1, 2, 3):
        one = pretrend_test(make_panel(fives, seed=seed), **COLUMNS)
        assert 0 < one.detectable_50 < one.detectable_80
        slopes.append(one.detectable_80)
    slope = float(np.median(slopes))
    found = [
        pretrend_test(make_panel(fives, seed=seed, slope=slope), **COLUMNS, power=False).p_randomisation
        <= 0.05
        for seed in range(100, 160)
    ]
    assert 0.6 <= np.mean(found) <= 0.97


def test_a_trend_along_its_slope_equals_the_outcomes_with_that_trend_tested():
    rng = np.random.default_rng(6)
    weight, change = rng.uniform(0.5, 2, (3, 12)), rng.normal(size=(3, 12))
    distance, slope = np.array([-3.0, -2.0, -1.0]), 0.7
    adopters = rng.permuted(np.tile(np.arange(12) < 5, (6, 1)), axis=1).astype(np.int8)
    level, trend, fixed, mixed, square = _along_slope(adopters, weight, change, distance)
    moved = change + slope * weight * distance[:, None] * (adopters[0] == 1)
    _, difference, covariance = _wald(adopters, weight, moved)
    np.testing.assert_allclose(level + slope * trend, difference, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(fixed + slope * mixed + slope**2 * square, covariance, rtol=1e-9, atol=1e-12)


def test_last_adopters_are_compared_with_where_all_adopt():
    frame = make_panel([2013.0] * 5 + [2014.0] * 3 + [2016.0] * 4)
    found = pretrend_test(frame, **COLUMNS, power=False)
    assert (found.adopting, found.comparison) == (8, 4)
    assert found.reference == 2012
    always = make_panel([2000.0, *[2014.0] * 5, *[NEVER] * 6])
    assert pretrend_test(always, **COLUMNS, power=False).adopting == 5


def test_sampled_reassignments_state_their_error():
    frame = make_panel([2014.0] * 5 + [NEVER] * 7, seed=4)
    exact = pretrend_test(frame, **COLUMNS, power=False)
    sampled = pretrend_test(frame, **COLUMNS, power=False, max_exact=100, draws=1_999, seed=5)
    assert exact.exact
    assert not sampled.exact
    assert abs(sampled.p_randomisation - exact.p_randomisation) < 4 * sampled.monte_carlo_se


def test_what_cannot_be_tested_is_an_error():
    frame = make_panel([2014.0] * 5 + [NEVER] * 7)
    with pytest.raises(ValueError, match="1 period lies before"):
        pretrend_test(frame[frame["year"] >= 2013], **COLUMNS)
    with pytest.raises(ValueError, match="nobody to compare with"):
        pretrend_test(frame.assign(cohort=2014.0), **COLUMNS)
    with pytest.raises(ValueError, match="test at most 2 by periods="):
        pretrend_test(make_panel([2014.0, 2014.0, NEVER, NEVER, NEVER]), **COLUMNS)
    with pytest.raises(ValueError, match="fewer than two clusters"):
        pretrend_test(make_panel([2014.0] + [NEVER] * 7), **COLUMNS)
    two = pretrend_test(make_panel([2014.0, 2014.0, NEVER, NEVER, NEVER]), **COLUMNS, periods=2)
    assert two.detectable_50 == np.inf  # ten re-assignments cannot give a p-value of 5 %
    assert two.df == 2
    assert two.table["time"].tolist() == [2011, 2012]
