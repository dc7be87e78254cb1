"""Power by formula and by simulation: textbook cases, and agreement with the plain path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from credibility_panels import COLUMNS, make_panel
from scipy import stats

from analysis.credibility.power import (
    design_se,
    detectable,
    minimum_detectable,
    simulate_power,
)
from analysis.inference import ClusterPanel, Setting, answer, cluster_panel
from analysis.inference.reassigned import statistics

TESTS = {"main": Setting("not_yet"), "reported": Setting("two_way")}


@dataclass(frozen=True)
class Normal:
    """Independent normal shocks on the design of `base`, with a constant effect."""

    base: ClusterPanel
    sd: float = 0.5
    effect: float = 0.0

    def __call__(self, seeds: Sequence[int]) -> np.ndarray:
        shape = self.base.outcome.shape
        shocks = [np.random.default_rng(seed).normal(0.0, self.sd, shape) for seed in seeds]
        return np.array(shocks) + self.effect * self.base.treated


@pytest.fixture(scope="module")
def base() -> ClusterPanel:
    return cluster_panel(make_panel(), **COLUMNS)


def test_the_formula_adds_the_two_quantiles():
    assert minimum_detectable(1.0, clusters=12) == pytest.approx(2.2010 + 0.8755, abs=1e-3)
    assert minimum_detectable(0.5, clusters=10**6) == pytest.approx(0.5 * 2.8016, abs=1e-3)
    with pytest.raises(ValueError, match="positive"):
        minimum_detectable(0.0, clusters=12)


@pytest.mark.parametrize("estimator", ["two_way", "never", "not_yet", "imputation"])
def test_the_standard_error_of_the_design_is_the_spread_of_the_estimates(base, estimator):
    variance = 0.2 + 1 / base.mass
    se = design_se(base, Setting(estimator), variance)
    rng = np.random.default_rng(0)
    worlds = rng.normal(size=(2000, *base.outcome.shape)) * np.sqrt(variance)[:, None]
    spread = statistics(base, Setting(estimator), base.start[None], worlds).estimate[:, 0].std()
    assert spread == pytest.approx(se, rel=4 / np.sqrt(2 * 2000))


def test_adding_an_effect_in_the_formula_of_the_test_is_adding_it_to_the_data(base):
    """The rejections at an effect are those of panels that really have it."""
    effects = (0.0, 0.4, 0.8)
    options = {"tests": TESTS, "reassigned": 99, "draws": 60, "seed": 3}
    fast = simulate_power(base, Normal(base), effects, **options)
    for place, effect in enumerate(effects):
        plain = simulate_power(base, Normal(base, effect=effect), (0.0, 9.0), **options)
        for name in TESTS:
            assert fast[name].table["rejected"][place] == plain[name].table["rejected"][0], (name, effect)


def test_the_reported_test_is_the_one_that_inference_reports():
    """With all re-assignments, a rejection is that of the answer; equal weights, units seen throughout."""
    for seed in range(6):
        frame = make_panel(seed, effect=0.5)
        p = answer(frame, **COLUMNS, estimator="two_way").p_value
        cells = cluster_panel(frame, **COLUMNS)
        test = simulate_power(
            cells,
            lambda _, cells=cells: cells.outcome[None],
            (0.0, 1.0),
            {"reported": Setting("two_way")},
            reassigned=4999,
            draws=1,
        )
        rejected = bool(test["reported"].table["rejected"][0])
        assert rejected == (p <= 0.05) or abs(p - 0.05) < 0.012


def test_power_is_the_size_without_effect_and_rises_to_one(base):
    found = simulate_power(base, Normal(base), (0.0, 0.3, 0.6, 1.5, 3.0), TESTS, draws=150, reassigned=99)
    for power in found.values():
        rates = power.table["power"].to_numpy()
        assert abs(power.size - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / 150)
        assert rates[-1] == 1.0
        assert (np.diff(rates) >= -0.05).all()
        assert power.detectable is not None


def test_simulation_and_formula_agree(base):
    sd = 0.5
    found = simulate_power(base, Normal(base, sd), np.linspace(0, 2, 11), TESTS, draws=150, reassigned=199)
    formula = minimum_detectable(design_se(base, Setting("two_way"), np.full(12, sd**2)), clusters=12)
    power = found["reported"]
    assert power.detectable == pytest.approx(formula, rel=0.2)


def test_the_least_effect_is_interpolated_and_unknown_where_none_reaches_it():
    effects, power = np.array([0.0, 1.0, 2.0]), np.array([0.05, 0.6, 1.0])
    value, error = detectable(effects, power, 100, 0.8)
    assert value == pytest.approx(1.5)
    assert error == pytest.approx(0.04 / 0.4)
    assert detectable(effects, power / 2, 100, 0.8) == (None, None)


def test_the_result_does_not_depend_on_the_workers(base):
    one, two = (
        simulate_power(base, Normal(base), (0.0, 0.5), TESTS, draws=60, reassigned=49, workers=workers)[
            "main"
        ]
        for workers in (1, 2)
    )
    assert one.table.to_csv() == two.table.to_csv()


def test_effects_start_at_zero(base):
    with pytest.raises(ValueError, match="the first zero"):
        simulate_power(base, Normal(base), (0.5, 1.0), TESTS)


def test_quantiles_are_those_of_the_t_distribution():
    ratio = minimum_detectable(1.0, clusters=5, power=0.5) / stats.t.ppf(0.975, 4)
    assert ratio == pytest.approx(1.0)
