"""Designs to come: formula and simulation against derivations of their own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.credibility.planned_design import (
    MOST,
    CellNoise,
    Lottery,
    Threshold,
    detectable,
    power,
    units_needed,
)
from analysis.estimate.discontinuity import discontinuity
from analysis.inference.setting import MIN_CLUSTERS
from analysis.unknown import NotEstimableError

ALPHA, TARGET = 0.05, 0.8
NOISE = CellNoise(sd=1.0, icc=0.28, cluster_memory=0.8, person_memory=0.6, persons=25)
DRAWS = 1_000


def within(found: float, expected: float, draws: int) -> bool:
    """Within Monte Carlo error; 3.5 standard errors go wrong once in two thousand times."""
    return abs(found - expected) <= 3.5 * np.sqrt(expected * (1 - expected) / draws)


def power_by_integration(effect: float, se: float, freedom: int) -> float:
    """P(|Z + shift| > critical · sqrt(chi2 / freedom)), over the density of the chi-square."""
    critical, shift = stats.t.ppf(1 - ALPHA / 2, freedom), effect / se

    def density(q: float) -> float:
        bound = critical * np.sqrt(q / freedom)
        return (stats.norm.sf(bound - shift) + stats.norm.cdf(-bound - shift)) * stats.chi2.pdf(q, freedom)

    return integrate.quad(density, 0, freedom + 30 * np.sqrt(2 * freedom), limit=200)[0]


def stepped_weights() -> np.ndarray:
    """By group and time: three groups that start at 1, at 2 and never, each third of the clusters.

    Group 1 at 1 is compared with groups 2 and 3, and at 2 with group 3; group 2 at 2 with group 3, from 1 on.
    The three effects count the same.
    """
    weights = np.zeros((3, 3))

    def add(group, time, before, others):
        weights[group, time] += 1 / 3
        weights[group, before] -= 1 / 3
        for other in others:
            weights[other, time] -= 1 / 3 / len(others)
            weights[other, before] += 1 / 3 / len(others)

    add(0, 1, 0, (1, 2))
    add(0, 2, 0, (2,))
    add(1, 2, 1, (2,))
    return weights


def test_variance_of_a_cell():
    assert NOISE.variance == pytest.approx(0.28 * 0.2 + 0.72 * 0.4 / 25)
    turned = CellNoise(sd=50, icc=0.03, cluster_memory=0.8, person_memory=0.0, persons=150)
    assert turned.variance == pytest.approx(2500 * (0.006 + 0.97 / 150))


@pytest.mark.parametrize("units", [10, 58, 108])
def test_two_groups_have_the_error_of_a_difference_of_changes(units):
    assert Lottery(2, NOISE.variance).se(units) == pytest.approx(np.sqrt(8 * NOISE.variance / units))


@pytest.mark.parametrize("units", [15, 93])
def test_steps_have_the_error_of_their_weights(units):
    found = Lottery(3, NOISE.variance).se(units)
    assert found == pytest.approx(np.sqrt((stepped_weights() ** 2).sum() * NOISE.variance * 3 / units))


def test_groups_that_are_not_even():
    """Six clusters begin and five wait: the error of a difference between means of 6 and 5 changes."""
    found = Lottery(2, 1.0).se(11)
    assert found == pytest.approx(np.sqrt(2 * (1 / 6 + 1 / 5)))


def test_error_at_a_threshold_is_that_of_two_lines():
    """Of the least squares weights themselves, over even scores."""
    units = 4_000
    x = (np.arange(units // 2) + 0.5) / (units // 2)
    design = np.column_stack([np.ones_like(x), x])
    variance = 2 * np.linalg.inv(design.T @ design)[0, 0]
    assert Threshold(50.0).se(units) == pytest.approx(50 * np.sqrt(variance), rel=1e-3)
    lottery = 50 * np.sqrt(4 / units)
    assert Threshold(50.0).se(units) == pytest.approx(2 * lottery)


@pytest.mark.parametrize("plan", [Lottery(2, NOISE.variance), Lottery(3, NOISE.variance), Threshold(1.0)])
@pytest.mark.parametrize("effect", [0.05, 0.2, 0.6, 3.0])
def test_power_is_that_of_a_shifted_t(plan, effect):
    units = 60
    expected = power_by_integration(effect, plan.se(units), plan.freedom(units))
    assert power(plan, units, effect, alpha=ALPHA) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    ("plan", "effect"),
    [(Lottery(2, NOISE.variance), 0.2), (Lottery(3, NOISE.variance), 0.2), (Threshold(50.0), 20.0)],
)
def test_needed_is_the_fewest_and_detectable_its_inverse(plan, effect):
    units = units_needed(plan, effect, alpha=ALPHA, target=TARGET)
    assert units % plan.step == 0
    assert power(plan, units, effect, alpha=ALPHA) >= TARGET
    assert power(plan, units - plan.step, effect, alpha=ALPHA) < TARGET
    seen = detectable(plan, units, alpha=ALPHA, target=TARGET)
    assert seen <= effect
    assert power(plan, units, seen, alpha=ALPHA) == pytest.approx(TARGET)


def test_a_large_effect_needs_the_fewest_units_of_a_test():
    assert units_needed(Lottery(2, 1.0), 50.0, alpha=ALPHA, target=TARGET) == 2 * MIN_CLUSTERS


def test_too_few_and_too_many():
    with pytest.raises(NotEstimableError) as few:
        detectable(Lottery(2, 1.0), 7, alpha=ALPHA, target=TARGET)
    assert few.value.reason == "met minder dan 10 is geen toets betrouwbaar"
    with pytest.raises(NotEstimableError):
        units_needed(Lottery(2, 1.0), np.sqrt(8 / MOST), alpha=ALPHA, target=TARGET)


@pytest.mark.parametrize(
    ("plan", "units", "effect"),
    [
        (Lottery(2, NOISE.variance), 60, 0.2),
        (Lottery(3, NOISE.variance), 60, 0.2),
        (Lottery(2, 0.375), 26, 1.0),
        (Threshold(50.0), 394, 20.0),
    ],
)
def test_the_estimators_find_what_the_formula_says(plan, units, effect):
    found = plan.simulate(units, effect, alpha=ALPHA, draws=DRAWS, reassigned=399, seed=11)
    assert within(found.power, power_by_integration(effect, plan.se(units), plan.freedom(units)), DRAWS)
    assert within(found.size, ALPHA, DRAWS)
    independent = np.sqrt(found.power * (1 - found.power) / DRAWS)
    if isinstance(plan, Lottery):  # its panels come in pairs with shocks reversed
        assert 0.5 * independent < found.power_se <= np.sqrt(2) * independent
    else:
        assert found.power_se == pytest.approx(independent)


def test_pupils_drawn_one_by_one_give_the_same_power():
    """Schools with their own level and shocks, pupils with theirs, two tests each, compared by hand."""
    schools, effect, draws = 60, 0.2, 600
    rng = np.random.default_rng(5)
    between, within_school = NOISE.icc, 1 - NOISE.icc
    shape = (draws, schools, NOISE.persons)
    level = rng.normal(0, np.sqrt(between * NOISE.cluster_memory), (draws, schools, 1))
    pupil = rng.normal(0, np.sqrt(within_school * NOISE.person_memory), shape)
    means = []
    for _ in range(2):
        shock = rng.normal(0, np.sqrt(between * (1 - NOISE.cluster_memory)), (draws, schools, 1))
        error = rng.normal(0, np.sqrt(within_school * (1 - NOISE.person_memory)), shape)
        means.append((level + pupil + shock + error).mean(axis=2))
    change = means[1] - means[0]
    half = schools // 2
    change[:, :half] += effect
    tested = stats.ttest_ind(change[:, :half], change[:, half:], axis=1)
    expected = power(Lottery(2, NOISE.variance), schools, effect, alpha=ALPHA)
    assert within(float((tested.pvalue <= ALPHA).mean()), expected, draws)


def test_applications_drawn_one_by_one_give_the_same_power():
    """Yes or no as outcome, half of them yes without support: the formula's spread is that of a coin."""
    units, effect, draws = 788, 20.0, 400
    rng = np.random.default_rng(6)
    rejected = 0
    for _ in range(draws):
        score = rng.uniform(0, 100, units)
        chance = 0.4 + 0.2 * (score >= 50)  # around a half, where the spread is 49 to 50 points
        outcome = 100.0 * (rng.uniform(size=units) < chance)
        rejected += discontinuity(score, outcome, threshold=50, bandwidth=50).p_value <= ALPHA
    assert within(rejected / draws, power(Threshold(49.0), units, effect, alpha=ALPHA), draws)


def test_the_same_seed_gives_the_same():
    plan = Lottery(2, 1.0)
    again = [plan.simulate(20, 1.0, alpha=ALPHA, draws=50, reassigned=99, seed=3) for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: CellNoise(0.0, 0.1, 0.5, 0.5, 10),
        lambda: CellNoise(1.0, 1.0, 0.5, 0.5, 10),
        lambda: CellNoise(1.0, 0.1, 0.5, -0.1, 10),
        lambda: Lottery(1, 1.0),
        lambda: Threshold(0.0),
        lambda: units_needed(Lottery(2, 1.0), 0.0, alpha=ALPHA, target=TARGET),
    ],
)
def test_a_design_that_cannot_be(call):
    with pytest.raises(ValueError, match=r"above zero|below 1"):
        call()
