"""Bad input gives a clear error, the same from every estimator, and never a number."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered

from analysis.estimate.did import bacon, dose_response, group_time_att, imputation, sun_abraham, two_way_fe
from analysis.estimate.did.panel import read_panel

ESTIMATORS = [group_time_att, sun_abraham, imputation, two_way_fe, bacon]


def change(frame, **columns):
    return frame.assign(**columns)


def one(frame, row, column, value):
    changed = frame.copy()
    changed[column] = changed[column].astype(object if isinstance(value, str) else float)
    changed.loc[row, column] = value
    return changed


CASES = {
    "missing column": (lambda f: f.drop(columns="cohort"), "column cohort is absent"),
    "no rows": (lambda f: f.iloc[:0], "no rows"),
    "missing outcome": (lambda f: one(f, 3, "y", np.nan), "column y is missing or infinite in 1 of"),
    "infinite outcome": (lambda f: one(f, 3, "y", np.inf), "column y is missing or infinite in 1 of"),
    "text outcome": (lambda f: change(f, y="a"), "column y is .* must be numeric"),
    "text time": (lambda f: change(f, time=f["time"].astype(str)), "column time is .* must be numeric"),
    "dates beside numbers": (
        lambda f: change(f, time=pd.to_datetime("2020-01-01")),
        "column cohort is float64 and column time is datetime64.*: write both in the same way",
    ),
    "boolean cohort": (lambda f: change(f, cohort=True), "column cohort is bool: it must be numeric"),
    "missing time": (lambda f: one(f, 2, "time", np.nan), "column time is missing"),
    "missing unit": (lambda f: one(f, 2, "unit", np.nan), "1 rows have no unit"),
    "duplicate": (lambda f: pd.concat([f, f.iloc[[4]]]), "occur more than once, for instance 0 in 5"),
    "cohort changes": (lambda f: one(f, 9, "cohort", 4.0), "cohort changes within 1 units, for instance 1"),
    "treatment switches off": (
        lambda f: change(f, cohort=f["cohort"].where(f["time"] < 7)),
        "treatment must be absorbing",
    ),
    "start at minus infinity": (
        lambda f: change(f, cohort=f["cohort"].fillna(-np.inf)),
        "cohort is minus infinity in row 0",
    ),
    "nobody treated": (lambda f: change(f, cohort=np.nan), "no unit is treated|no unit adopts"),
    "all together": (lambda f: change(f, cohort=4.0), "no controls|no never-treated|nothing to compare"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda f: f.__name__)
def test_bad_input_is_refused(estimator, case):
    spoil, message = CASES[case]
    with pytest.raises(ValueError, match=message):
        estimator(spoil(staggered()), **NAMES)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda f: f.__name__)
def test_weights_must_be_positive(estimator, value):
    with pytest.raises(ValueError, match=r"w is missing|w of zero or less"):
        estimator(one(staggered(), 5, "w", value), weights="w", **NAMES)


@pytest.mark.parametrize("estimator", ESTIMATORS[:-1], ids=lambda f: f.__name__)
def test_clusters_must_hold_whole_units(estimator):
    with pytest.raises(ValueError, match="cluster changes within 1 units"):
        estimator(one(staggered(), 5, "cluster", 9), cluster="cluster", **NAMES)
    with pytest.raises(ValueError, match="1 rows have no cluster"):
        estimator(one(staggered(), 5, "cluster", np.nan), cluster="cluster", **NAMES)


@pytest.mark.parametrize("estimator", ESTIMATORS[:-1], ids=lambda f: f.__name__)
def test_covariates_must_be_complete(estimator):
    with pytest.raises(ValueError, match="column z is missing"):
        estimator(one(staggered(), 5, "z", np.nan), covariates=["z"], **NAMES)


@pytest.mark.parametrize("estimator", ESTIMATORS[1:-1], ids=lambda f: f.__name__)
def test_covariates_without_variation_in_units_are_refused(estimator):
    with pytest.raises(ValueError, match="do not vary beyond"):
        estimator(staggered(), covariates=["x"], **NAMES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"control": "later"}, "control 'later' is unknown"),
        ({"est_method": "ols"}, "est_method 'ols' is unknown"),
        ({"base_period": "first"}, "base_period 'first' is unknown"),
        ({"unbalanced": "drop"}, "unbalanced 'drop' is unknown"),
        ({"anticipation": -1}, "anticipation is -1"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        group_time_att(staggered(), **NAMES, **options)


def test_a_real_cohort_zero_is_a_cohort():
    frame = staggered(starts=(np.nan, 0, 2)).assign(time=lambda f: f["time"] - 4)
    assert set(group_time_att(frame, **NAMES).table["cohort"]) == {0, 2}


@pytest.mark.parametrize("code", [-1, -999])
def test_a_code_for_never_below_the_periods_is_refused(code):
    """As a start it would be one before the panel: the unit would leave the comparison without a word."""
    frame = staggered()
    coded = frame.assign(cohort=frame["cohort"].fillna(code))
    row = frame.index[frame["cohort"].isna()][0]
    with pytest.raises(ValueError, match=rf"cohort is {code} in row {row}, and time runs from 1: .* write 0"):
        group_time_att(coded, **NAMES)


def test_collinear_covariates_and_separation_are_named():
    frame = staggered().assign(double=lambda f: 2 * f["x"], told=lambda f: f["cohort"].notna() * 1.0)
    with pytest.raises(ValueError, match=r"cohort 3 in 2 against 1: the covariates are collinear"):
        group_time_att(frame, covariates=["x", "double"], **NAMES)
    with pytest.raises(ValueError, match=r"cohort 3 in 2 against 1: .*(separate|collinear)"):
        group_time_att(frame, covariates=["told"], **NAMES)


def test_without_never_treated_never_controls_are_refused():
    with pytest.raises(ValueError, match="choose control='not_yet'"):
        group_time_att(staggered(starts=(3, 5)), control="never", **NAMES)


def test_a_cohort_after_the_panel_counts_as_never_treated():
    frame = staggered()
    later = frame.assign(cohort=frame["cohort"].fillna(99))
    pd.testing.assert_frame_equal(group_time_att(later, **NAMES).table, group_time_att(frame, **NAMES).table)


@pytest.mark.parametrize("estimator", ESTIMATORS[:-1], ids=lambda f: f.__name__)
def test_rows_may_come_in_any_order_and_units_have_any_name(estimator):
    frame = staggered()
    shuffled = frame.sample(frac=1, random_state=3).assign(unit=lambda f: "GM" + f["unit"].astype(str))
    for a, b in ((frame, shuffled), (frame, frame.astype({"time": "int16", "cohort": "Float64"}))):
        one_, other = estimator(a, **NAMES), estimator(b, **NAMES)
        if estimator is group_time_att:
            np.testing.assert_allclose(one_.estimates, other.estimates, rtol=0, atol=1e-12)
            np.testing.assert_allclose(one_.se, other.se, rtol=1e-10)
        else:
            assert one_.estimate == pytest.approx(other.estimate, abs=1e-12)
            assert one_.se == pytest.approx(other.se, rel=1e-10)


def test_the_frame_is_left_as_it_was():
    frame = staggered()
    before = frame.copy(deep=True)
    for estimator in ESTIMATORS:
        estimator(frame, **NAMES)
    dose_response(frame.assign(dose=frame["cohort"].fillna(0) * (1 + frame["unit"])), dose="dose", **NAMES)
    pd.testing.assert_frame_equal(frame, before)


def test_panel_reads_an_unbalanced_frame_cell_by_cell():
    frame = staggered(drop=0.3)
    panel = read_panel(frame, weights="w", covariates=["z"], **NAMES)
    assert not panel.balanced
    place = {label: row for row, label in enumerate(panel.units)}
    for row in frame.itertuples():
        cell = place[row.unit], int(np.flatnonzero(panel.times == row.time)[0])
        assert panel.outcome[cell] == row.y
        assert panel.weights[cell] == row.w
        assert panel.covariates[(*cell, 0)] == row.z
    assert panel.observed.sum() == len(frame)
