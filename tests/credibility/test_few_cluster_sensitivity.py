"""Sensitivity with few clusters: the published engine at its limits, drift by hand, unequal chances."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from credibility_panels import COLUMNS, NEVER, make_panel

from analysis.credibility import PathSensitivity, hidden_bias, path_sensitivity, trend_allowance
from analysis.inference import Setting, answered, cluster_panel, event_path, randomised, reassignments
from analysis.inference.histories import placements
from analysis.inference.reassigned import null_distribution, statistics
from analysis.unknown import NotEstimableError

MAIN = Setting("not_yet")


@pytest.fixture(scope="module")
def panel():
    return cluster_panel(make_panel(seed=4, effect=1.2, shock=0.3), **COLUMNS)


def test_the_target_is_the_headline(panel):
    path = event_path(panel, MAIN)
    ready = PathSensitivity.of(path)
    assert ready.estimate == pytest.approx(answered(panel, MAIN, max_exact=0, draws=99).estimate)
    assert (ready.pre, len(ready.target)) == (5, 6)
    assert PathSensitivity.of(path, leads=2).pre == 2


def test_without_a_violation_relative_magnitudes_give_the_original_interval(panel):
    ready = PathSensitivity.of(event_path(panel, MAIN))
    low, high = ready.original
    assert ready.relative(0.0) == pytest.approx((low, high), abs=0.02 * (high - low))


def test_a_straight_line_is_taken_off_by_the_smoothness_interval():
    """A drift of the adopting clusters, whatever its slope, leaves the interval at M = 0 where it was."""
    panel = cluster_panel(make_panel(cohorts=[2014.0] * 5 + [NEVER] * 7, effect=1.2), **COLUMNS)
    drifting = panel.first < len(panel.times)
    line = (np.arange(10) - panel.first[:, None] + 1.0) * drifting[:, None]
    moved = panel.with_outcome(panel.outcome + 3.0 * line[panel.cluster])
    one, other = (PathSensitivity.of(event_path(item, MAIN)) for item in (panel, moved))
    at = one.smoothness(0.0)
    assert other.smoothness(0.0) == pytest.approx(at, abs=1e-9)
    assert not other.original[0] <= 1.2 <= other.original[1]


def test_intervals_grow_with_the_violation_and_break_down_where_they_reach_zero(panel):
    found = path_sensitivity(event_path(panel, MAIN), m=(0.0, 0.05, 0.2), mbar=(0.0, 0.1, 0.5), leads=3)
    for _, rows in found.table.groupby("restriction"):
        assert (np.diff(rows["low"]) < 0).all()
        assert (np.diff(rows["high"]) > 0).all()
    ready = PathSensitivity.of(event_path(panel, MAIN), leads=3)
    for interval, breakdown in (
        (ready.smoothness, found.breakdown_m),
        (ready.relative, found.breakdown_mbar),
    ):
        assert 0 < breakdown < np.inf
        assert interval(0.99 * breakdown)[0] > 0
        assert interval(1.01 * breakdown)[0] < 0


def test_sensitivity_needs_a_period_before_the_reference():
    few = cluster_panel(make_panel(cohorts=[2011.0] * 5 + [NEVER] * 7), **COLUMNS)
    with pytest.raises(NotEstimableError, match="no period lies just before"):
        PathSensitivity.of(event_path(few, MAIN))


def test_an_allowance_is_the_randomisation_test_on_the_outcome_less_the_drift(panel):
    options = {"max_exact": 0, "draws": 499, "seed": 3}
    found = trend_allowance(panel, MAIN, (0.0, 0.1), **options)
    plain = randomised(panel, MAIN, **options)
    first, second = found.table.itertuples()
    assert (first.low, first.high, first.p_value) == pytest.approx((plain.low, plain.high, plain.p_value))
    adopting = panel.first < len(panel.times)
    line = ((np.arange(10) - panel.first[:, None] + 1.0) * adopting[:, None])[panel.cluster]
    ends, p = [], []
    for drift in np.linspace(-0.1, 0.1, 9):
        world = randomised(panel.with_outcome(panel.outcome - drift * line), MAIN, **options)
        ends.append((world.low, world.high))
        p.append(world.p_value)
    assert (second.low, second.high) == pytest.approx((min(e[0] for e in ends), max(e[1] for e in ends)))
    assert second.p_value == max(p)
    shift = statistics(panel, MAIN, panel.start[None], line[None]).estimate[0, 0]
    assert found.bias == pytest.approx(shift)


def test_the_breakdown_drift_is_the_least_that_is_accepted(panel):
    options = {"max_exact": 0, "draws": 499, "seed": 3}
    found = trend_allowance(panel, MAIN, (), **options)
    below, above = (
        trend_allowance(panel, MAIN, (factor * found.breakdown,), **options).table["p_value"][0]
        for factor in (0.99, 1.01)
    )
    assert below <= 0.05 < above
    nothing = cluster_panel(make_panel(seed=4, effect=0.0), **COLUMNS)
    assert trend_allowance(nothing, MAIN, (), **options).breakdown == 0.0
    with pytest.raises(ValueError, match="zero or more"):
        trend_allowance(panel, MAIN, (-0.1,), **options)


def test_unequal_chances_by_brute_force():
    """Six clusters, two that adopt: every set of clusters that may have the trait, every re-assignment."""
    frame = make_panel(cohorts=[2014.0] * 2 + [NEVER] * 4, effect=3.0, shock=0.1)
    panel = cluster_panel(frame, **COLUMNS)
    found = hidden_bias(panel, MAIN, alpha=0.3)
    drawn, _ = reassignments(panel.assigned)
    observed, t = null_distribution(panel, MAIN, placements(drawn, panel.assigned, panel.mass)).statistics()
    extreme, adopts = t >= observed * (1 - 1e-9), drawn == 0
    for gamma in (1.0, 2.0, 5.0):
        worst = 0.0
        for trait in product((0, 1), repeat=6):
            chance = gamma ** (adopts @ np.array(trait)).astype(float)
            worst = max(worst, chance[extreme].sum() / chance.sum())
        assert found.worst_p(gamma) == pytest.approx(worst)
    assert found.worst_p(1.0) == found.p_value
    assert found.worst_p(0.999 * found.gamma) <= 0.3 < found.worst_p(1.001 * found.gamma)


def test_the_rank_of_a_start_counts_in_part():
    frame = make_panel(cohorts=[2013.0] * 2 + [2015.0] * 2 + [NEVER] * 3, effect=3.0, shock=0.1)
    panel = cluster_panel(frame, **COLUMNS)
    found = hidden_bias(panel, MAIN)
    drawn, _ = reassignments(panel.assigned)
    observed, t = null_distribution(panel, MAIN, placements(drawn, panel.assigned, panel.mass)).statistics()
    extreme, early = t >= observed * (1 - 1e-9), (2 - drawn) / 2
    chances = [3.0 ** (early @ np.array(trait)) for trait in product((0, 1), repeat=7)]
    worst = max(chance[extreme].sum() / chance.sum() for chance in chances)
    assert found.worst_p(3.0) == pytest.approx(worst)
    strata = np.array([0, 0, 0, 0, 1, 1, 1])
    within = hidden_bias(replace(panel), MAIN, strata=strata, alpha=0.9)
    assert within.p_value >= found.p_value


def test_a_conclusion_that_is_none_falls_at_once(panel):
    nothing = cluster_panel(make_panel(seed=4, effect=0.0), **COLUMNS)
    found = hidden_bias(nothing, MAIN, max_exact=0, draws=199)
    assert found.gamma == 1.0
    assert found.worst_p(1.0) == found.p_value > 0.05
