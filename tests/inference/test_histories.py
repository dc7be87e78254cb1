"""What a re-assignment moves: whose history each place has, and what stays where it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, make_panel
from six_models import design, worlds

from analysis.inference import Setting, cluster_panel, randomisation_inference, randomised, reassignments
from analysis.inference.histories import among, histories, placements
from analysis.inference.reassigned import loadings, statistics
from analysis.inference.volatility import moderated, volatility


def test_the_larger_place_gets_the_larger_history():
    assigned, size = np.array([0, 1, 0, 1, 1]), np.array([5.0, 4.0, 9.0, 8.0, 1.0])
    drawn = np.array([[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]])
    # Second row: clusters 1 and 3 (4 and 8 large) start first, in the places of 0 and 2 (5 and 9).
    assert placements(drawn, assigned, size).tolist() == [[0, 1, 2, 3, 4], [1, 0, 3, 2, 4]]


def test_histories_stay_within_their_stratum():
    assigned, strata = np.array([0, 1, 1, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 1])
    drawn, _ = reassignments(assigned, strata=strata)
    placed = placements(drawn, assigned, np.arange(6.0), strata)
    assert (np.sort(placed, axis=1) == np.arange(6)).all()
    assert (strata[placed] == strata).all()
    assert (np.take_along_axis(drawn, placed, axis=1) == assigned).all()


def test_a_place_left_out_closes_up():
    placed = np.array([[1, 2, 0, 3], [3, 1, 2, 0], [0, 1, 2, 3]])
    kept = np.array([True, False, True, True])
    # Place 0 had the history of 1, which is gone: it gets that of 2, which place 1 had.
    assert among(placed, kept).tolist() == [[1, 0, 2], [2, 1, 0], [0, 1, 2]]
    assert among(placed, np.ones(4, dtype=bool)) is placed


@pytest.mark.parametrize("estimator", ["not_yet", "never", "imputation", "two_way"])
def test_where_clusters_are_alike_it_is_the_same_as_moving_starts(estimator):
    """Same size, and swings that differ no more than by chance: then which of the two moves is nothing."""
    frame = make_panel([2013.0] * 2 + [2014.0] * 2 + [NEVER] * 3, seed=6, units=1, effect=0.5)
    panel = cluster_panel(frame, **COLUMNS)
    assert np.ptp(volatility(panel, Setting(estimator), panel.outcome[None])) == 0
    names = {"not_yet": "att_not_yet", "never": "att_never"}
    starts = randomisation_inference(frame, **COLUMNS, statistic=names.get(estimator, estimator))
    found = randomised(panel, Setting(estimator))
    assert found.p_value == starts.p_studentised
    assert (found.low, found.high) == pytest.approx(starts.interval_studentised)
    assert found.smallest_p == starts.smallest_p


@pytest.mark.parametrize("estimator", ["not_yet", "imputation", "two_way"])
@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_loadings_times_cells_is_the_estimate(estimator, drop):
    panel = cluster_panel(make_panel(DESIGNS["staggered"], drop=drop), **COLUMNS)
    setting = Setting(estimator, anticipation=1)
    loads = loadings(panel, setting)
    shocks = np.random.default_rng(1).normal(size=(3, 12, 8))
    plain = statistics(panel, setting, panel.start[None], shocks[:, panel.cluster])
    summed = np.einsum("mgk,ogk->om", loads.values, shocks @ loads.basis)
    np.testing.assert_allclose(summed[:, 0], plain.estimate[:, 0], atol=1e-12)
    np.testing.assert_allclose(summed[:, 1:], plain.without[:, 0], atol=1e-12)


def test_what_all_share_is_nobodys_history():
    frame = make_panel(DESIGNS["one date"], drop=0.1)
    shared = frame.assign(y=frame["y"] + 3 * np.sin(frame["year"]) + frame["unit"])
    one, other = (cluster_panel(item, **COLUMNS) for item in (frame, shared))
    before, after = (histories(panel, panel.outcome[None]) for panel in (one, other))
    np.testing.assert_allclose(after, before, atol=1e-9)


@pytest.mark.parametrize("anticipation", [0, 1])
def test_a_constant_effect_changes_no_volatility(anticipation):
    frame = make_panel(DESIGNS["staggered"], drop=0.2)
    more = frame.assign(y=frame["y"] + 50.0 * (frame["year"] >= frame["cohort"]))
    one, other = (
        volatility(panel, Setting(anticipation=anticipation), panel.outcome[None])
        for panel in (cluster_panel(item, **COLUMNS) for item in (frame, more))
    )
    np.testing.assert_allclose(other, one, rtol=1e-9)


def test_where_trends_are_asked_about_a_straight_line_is_no_swing():
    frame = make_panel(DESIGNS["one date"])
    line = frame.assign(y=frame["y"] + 5.0 * frame["cohort"].notna() * frame["year"])
    for trends, same in ((True, True), (False, False)):
        one, other = (
            volatility(panel, Setting(), panel.outcome[None], trends=trends)
            for panel in (cluster_panel(item, **COLUMNS) for item in (frame, line))
        )
        assert np.allclose(one, other, rtol=1e-8) is same


def test_volatility_finds_who_is_restless_and_knows_when_it_cannot():
    panel = design("five small")
    small = panel.mass <= np.sort(panel.mass)[5]
    found = volatility(panel, Setting(), worlds(panel, "AR(.8), small volatile", 400, seed=1))
    ratio = np.median(found[:, small].mean(axis=1) / found[:, ~small].mean(axis=1))
    assert 1.4 < ratio < 2.0  # twice as large in truth; drawn in, and noise of municipalities on both
    alike = volatility(panel, Setting(), worlds(panel, "iid", 400, seed=1))
    assert np.median(alike.max(axis=1) / alike.min(axis=1)) < 1.5
    before_and_after = replace(
        panel, times=panel.times[3:5], outcome=panel.outcome[:, 3:5], weight=panel.weight[:, 3:5]
    )
    two = np.random.default_rng(0).normal(size=(1, 12, 2))
    assert (volatility(before_and_after, Setting(), two) == 1).all()


def test_moderated_variances_lie_between_their_own_and_the_common_one():
    rng = np.random.default_rng(0)
    truth = np.exp(rng.normal(size=200))
    freedom = np.full(200, 8.0)
    squares = truth * rng.chisquare(8, size=(50, 200))
    found, own = moderated(squares, freedom), squares / 8
    error = [np.mean((np.log(item) - np.log(truth)) ** 2) for item in (found, own)]
    assert error[0] < 0.85 * error[1]
    common = np.exp(np.log(found).mean(axis=1, keepdims=True))
    assert (np.sign(found - common) == np.sign(own - common)).mean() > 0.9
    unseen = moderated(np.array([[4.0, 1.0, 0.0]]), np.array([4.0, 4.0, 0.0]))[0]
    assert unseen[1] <= unseen[2] <= unseen[0]
    assert (moderated(np.zeros((1, 4)), np.full(4, 3.0)) == 1).all()
