"""Cluster-by-period means stand for the panel exactly."""

from __future__ import annotations

import numpy as np
import pytest
from credibility_panels import COLUMNS, NEVER, make_panel

from analysis.credibility.cells import NOT_IN_EVERY_PERIOD, collapse
from analysis.credibility.permutation import randomised
from analysis.credibility.reassigned import Setting, estimates
from analysis.estimate.did import group_time_att, imputation, two_way_fe
from analysis.inference import randomisation_inference

PLAIN = {
    "two_way": lambda frame, **k: two_way_fe(frame, **COLUMNS, **k).estimate,
    "never": lambda frame, **k: (
        group_time_att(frame, **COLUMNS, control="never", **k).aggregate("simple").estimate
    ),
    "not_yet": lambda frame, **k: (
        group_time_att(frame, **COLUMNS, control="not_yet", **k).aggregate("simple").estimate
    ),
    "imputation": lambda frame, **k: imputation(frame, **COLUMNS, **k).estimate,
}


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize("estimator", PLAIN)
def test_the_fast_path_equals_the_plain_estimators(estimator, anticipation, weights):
    frame = make_panel(effect=1.0)
    cells = collapse(frame, **COLUMNS, weights=weights)
    fast = estimates(
        Setting(estimator, anticipation), cells.outcome[None], cells.times, cells.start, cells.mass
    )
    plain = PLAIN[estimator](frame, anticipation=anticipation, weights=weights)
    assert fast.estimate[0, 0] == pytest.approx(plain, abs=1e-10)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    ("estimator", "statistic"), [("two_way", "two_way"), ("never", "att_never"), ("not_yet", "att_not_yet")]
)
def test_the_randomisation_test_and_its_interval_are_those_of_the_inference_room(
    estimator, statistic, weights
):
    frame = make_panel(effect=0.4)
    fast = randomised(collapse(frame, **COLUMNS, weights=weights), Setting(estimator))
    plain = randomisation_inference(frame, **COLUMNS, weights=weights, statistic=statistic, studentise="crv1")
    assert (fast.exact, fast.draws) == (True, 27_720)
    assert fast.p_value == plain.p_studentised
    assert fast.smallest_p == plain.smallest_p
    assert (fast.low, fast.high) == pytest.approx(plain.interval_studentised, abs=1e-8)


@pytest.mark.parametrize("name", ["x", "x and policy"])
def test_regressors_enter_the_regression_as_in_the_plain_path(name):
    frame = make_panel(effect=1.0)
    rng = np.random.default_rng(1)
    table = {(g, t): v for (g, t), v in np.ndenumerate(rng.normal(size=(12, 10)))}
    for column in name.split(" and "):
        places = frame["province"].str[1:].astype(int), frame["year"] - 2010
        frame[column] = [table[g, t] * (1 if column == "x" else g) for g, t in zip(*places, strict=True)]
    columns = name.split(" and ")
    cells = collapse(frame, **COLUMNS)
    covariates = np.stack([collapse(frame, **{**COLUMNS, "outcome": c}).outcome for c in columns])
    for estimator in ("two_way", "imputation"):
        fast = estimates(
            Setting(estimator),
            cells.outcome[None],
            cells.times,
            cells.start,
            cells.mass,
            covariates=covariates,
        )
        plain = PLAIN[estimator](frame, covariates=columns)
        assert fast.estimate[0, 0] == pytest.approx(plain, abs=1e-8), estimator


def test_weight_zero_leaves_a_cluster_out():
    frame = make_panel(effect=1.0)
    cells = collapse(frame, **COLUMNS)
    for estimator, plain in PLAIN.items():
        for name in ("P00", "P07", "P11"):
            mass = np.where(np.array(cells.clusters) == name, 0.0, cells.mass)
            fast = estimates(Setting(estimator), cells.outcome[None], cells.times, cells.start, mass)
            assert fast.estimate[0, 0] == pytest.approx(plain(frame[frame["province"] != name]), abs=1e-10)
            assert fast.estimate[0, 0] == pytest.approx(
                randomised(cells.leave_out(name), Setting(estimator), max_exact=0, draws=19).estimate,
                abs=1e-10,
            )


def test_a_batch_is_its_rows_one_by_one():
    cells = collapse(make_panel(effect=1.0), **COLUMNS)
    rng = np.random.default_rng(0)
    begin = cells.begin(np.array([rng.permutation(cells.assigned) for _ in range(7)]))
    shares = np.full((12, 12), 1 / 11) - np.eye(12) / 11
    for setting in (
        Setting("two_way", 1, True),
        Setting("two_way", 0, True, "exposure"),
        Setting("imputation", 1, True),
        Setting("never", 2, target="before"),
    ):
        batch = estimates(setting, cells.outcome[None], cells.times, begin, cells.mass, neighbours=shares)
        for place, row in enumerate(begin):
            one = estimates(setting, cells.outcome[None], cells.times, row, cells.mass, neighbours=shares)
            assert batch.estimate[0, place] == pytest.approx(one.estimate[0, 0], abs=1e-10)
            assert batch.covariance()[place] == pytest.approx(one.covariance()[0], rel=1e-8)


def test_units_not_always_seen_are_left_out_and_counted():
    frame = make_panel()
    gone = (frame["unit"] == 3) & (frame["year"] == 2012)
    cells = collapse(frame[~gone], **COLUMNS)
    assert cells.dropped == ((NOT_IN_EVERY_PERIOD, 1),)
    assert np.array_equal(cells.outcome, collapse(frame[frame["unit"] != 3], **COLUMNS).outcome)


def test_what_cannot_be_collapsed_is_refused():
    frame = make_panel()
    mixed = frame.assign(cohort=frame["cohort"].where(frame["unit"] != 0, NEVER))
    with pytest.raises(ValueError, match="P00 adopt at different times"):
        collapse(mixed, **COLUMNS)
    changing = frame.assign(w=frame["w"] + (frame["year"] == 2012))
    with pytest.raises(ValueError, match="w changes over time"):
        collapse(changing, **COLUMNS, weights="w")


def test_settings_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="estimator 'ols' is unknown"):
        Setting("ols")
    with pytest.raises(ValueError, match="takes no regressors"):
        Setting("never", spillover=True)
    with pytest.raises(ValueError, match="periods of anticipation"):
        Setting("never", target="before")
