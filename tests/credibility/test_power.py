"""Power by formula and by simulation: textbook cases, and agreement with the plain path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from credibility_panels import COLUMNS, make_panel
from scipy import stats

from analysis.credibility.power import (
    TOGETHER,
    design_se,
    detectable,
    simulate_power,
)
from analysis.credibility.replicate import as_integers
from analysis.credibility.simulated_tests import drawn_assignments
from analysis.inference import ClusterPanel, Setting, answer, cluster_panel
from analysis.inference.histories import placements
from analysis.inference.reassigned import null_distribution, statistics

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


@pytest.mark.parametrize("estimator", ["two_way", "never", "not_yet", "imputation"])
def test_the_standard_error_of_the_design_is_the_spread_of_the_estimates(base, estimator):
    variance = 0.2 + 1 / base.mass
    se = design_se(base, Setting(estimator), variance)
    rng = np.random.default_rng(0)
    worlds = rng.normal(size=(2000, *base.outcome.shape)) * np.sqrt(variance)[:, None]
    spread = statistics(base, Setting(estimator), base.start[None], worlds).estimate[:, 0].std()
    assert spread == pytest.approx(se, rel=4 / np.sqrt(2 * 2000))


def test_adding_an_effect_in_the_formula_of_the_test_is_adding_it_to_the_data(base):
    """The rejections at an effect are those of panels that really have it, as drawn and with shocks reversed.

    Without an effect to add, a panel and its opposite are rejected together: each counts twice in `plain`.
    """
    effects = (0.0, 0.4, 0.8)
    options = {"tests": TESTS, "reassigned": 99, "draws": 60, "seed": 3}
    fast = simulate_power(base, Normal(base), effects, **options)
    for place, effect in enumerate(effects):
        up, down = (
            simulate_power(base, Normal(base, effect=sign * effect), (0.0, 9.0), **options)
            for sign in (1, -1)
        )
        for name in TESTS:
            plain = (up[name].table["rejected"][0] + down[name].table["rejected"][0]) / 2
            assert fast[name].table["rejected"][place] == plain, (name, effect)


def test_exaggeration_and_sign_by_listing_panels_one_by_one(base):
    """Type M and type S by the plain path: every panel made, tested and judged by itself."""
    effects, draws, test = (0.0, 0.4), 240, Setting("two_way")
    found = simulate_power(base, Normal(base), effects, {"t": test}, reassigned=99, draws=draws, seed=3)["t"]
    seeds = np.random.SeedSequence(3).spawn(draws // 2)
    sizes, wrong, told = [], [], []
    for at in range(0, len(seeds), TOGETHER):
        data, lots = as_integers(seeds[at : at + TOGETHER], 2)
        drawn = drawn_assignments(base, lots[0], 99)
        for shocks in Normal(base)(data):
            for sign in (1, -1):
                world = replace(base, outcome=sign * shocks + 0.4 * base.treated)
                null = null_distribution(world, test, placements(drawn, world.assigned, world.mass))
                told.append(null.p_value() <= 0.05 + 1e-9)
                if told[-1]:
                    sizes.append(abs(null.estimate) / 0.4)
                    wrong.append(null.estimate < 0)
    row = found.table.iloc[1]
    assert row["rejected"] == sum(told)
    assert row["type_m"] == pytest.approx(np.mean(sizes), rel=1e-9)
    assert row["type_s"] == pytest.approx(np.mean(wrong), abs=1e-12)


def test_the_announced_simulation_errors_are_the_realised_ones(base):
    """Sixty simulations, each with its own seed: power, type M and type S scatter as each says they do."""
    rows = [
        simulate_power(base, Normal(base), (0.0, 0.2), TESTS, reassigned=99, draws=200, seed=seed)["main"]
        .table.iloc[1]
        for seed in range(60)
    ]  # fmt: skip
    for name in ("power", "type_m", "type_s"):
        realised = np.std([row[name] for row in rows], ddof=1)
        announced = np.sqrt(np.mean([row[f"{name}_se"] ** 2 for row in rows]))
        assert announced == pytest.approx(realised, rel=0.3), name


def test_an_effect_of_almost_nothing_has_the_wrong_sign_in_half_of_what_is_found(base):
    """The test sees a panel and its opposite alike: of each pair that it rejects, one has the wrong sign."""
    found = simulate_power(base, Normal(base), (0.0, 1e-9), TESTS, reassigned=99, draws=400)["main"].table
    assert found["rejected"][1] == found["rejected"][0] > 0
    assert found["type_s"][1] == 0.5
    assert found["type_s_se"][1] == 0.0


def test_the_reported_test_is_the_one_that_inference_reports():
    """With all re-assignments, a rejection is that of the answer; equal weights, units seen throughout."""
    for seed in range(6):
        frame = make_panel(seed, effect=0.5)
        p = answer(frame, **COLUMNS, estimator="two_way").p_value
        cells = cluster_panel(frame, **COLUMNS)
        test = simulate_power(
            cells,
            lambda seeds, cells=cells: np.repeat(cells.outcome[None], len(seeds), axis=0),
            (0.0, 1.0),
            {"reported": Setting("two_way")},
            reassigned=4999,
            draws=4,
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
    se = design_se(base, Setting("two_way"), np.full(12, sd**2))
    formula = (stats.t.ppf(0.975, 11) + stats.t.ppf(0.8, 11)) * se  # Bloom (1995), with few clusters
    power = found["reported"]
    assert power.detectable == pytest.approx(formula, rel=0.2)


def test_the_least_effect_is_interpolated_and_unknown_where_none_reaches_it():
    effects, power = np.array([0.0, 1.0, 2.0]), np.array([0.05, 0.6, 1.0])
    error = np.array([0.02, 0.05, 0.03])
    value, se = detectable(effects, power, error, 0.8)
    assert value == pytest.approx(1.5)
    assert se == pytest.approx(0.04 / 0.4)
    assert detectable(effects, power / 2, error, 0.8) == (None, None)


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
    for draws in (2, 101):
        with pytest.raises(ValueError, match="four or more and even"):
            simulate_power(base, Normal(base), (0.0, 1.0), TESTS, draws=draws)
