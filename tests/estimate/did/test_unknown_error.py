"""One cluster on either side of a comparison: the error is unknown, and said to be."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered

from analysis.estimate.did import dose_response, group_time_att, imputation, sun_abraham, two_way_fe
from analysis.unknown import NotEstimable, NotEstimableError

FITS = {
    "group_time": lambda frame, **options: group_time_att(frame, **options).aggregate(),
    "sun_abraham": sun_abraham,
    "imputation": lambda frame, **options: imputation(frame, **options).aggregate(),
    "two_way_fe": two_way_fe,
}


def provinces(starts, units=8, seed=0):
    """Units in provinces that adopt as a whole, with a shock of their own each year."""
    rng = np.random.default_rng(seed)
    rows = []
    for province, start in enumerate(starts):
        shock = rng.normal(size=8)
        for unit in range(units):
            level = rng.normal()
            rows += [
                (100 * province + unit, province, t, start, level + shock[t] + 0.1 * rng.normal())
                for t in range(8)
            ]
    return pd.DataFrame(rows, columns=["unit", "cluster", "time", "cohort", "y"])


@pytest.mark.parametrize(
    "starts", [[4] + [np.nan] * 11, [4] * 11 + [np.nan]], ids=["one treated", "one compared with"]
)
@pytest.mark.parametrize("name", FITS)
def test_one_cluster_on_a_side_has_no_error(name, starts):
    found = FITS[name](provinces(starts), cluster="cluster", **NAMES)
    assert np.isfinite(found.estimate)
    assert np.isnan(found.se)
    assert found.interval() == (-np.inf, np.inf)
    assert isinstance(found.why_no_se, NotEstimable)
    assert "één groep" in found.why_no_se.reason


@pytest.mark.parametrize("name", FITS)
def test_two_clusters_on_each_side_have_one(name):
    found = FITS[name](provinces([4] * 2 + [np.nan] * 2), cluster="cluster", **NAMES)
    assert found.se > 0
    assert found.why_no_se is None


@pytest.mark.parametrize("name", FITS)
def test_one_treated_unit_has_no_error_either(name):
    frame = staggered(starts=(np.nan,))
    frame["cohort"] = frame["cohort"].where(frame["unit"] != 7, 4.0)
    found = FITS[name](frame, **NAMES)
    assert np.isnan(found.se)
    assert "één eenheid" in found.why_no_se.reason


def test_only_what_the_lonely_cohort_counts_in_is_unknown():
    frame = provinces([2, 4, 4, 4] + [np.nan] * 6)
    fit = group_time_att(frame, cluster="cluster", **NAMES)
    assert fit.table.loc[fit.table["cohort"] == 2, "se"].isna().all()
    assert fit.table.loc[fit.table["cohort"] == 4, "se"].notna().all()
    assert fit.aggregate("group").table["se"].isna().tolist() == [True, False]
    event = fit.aggregate("event").table.set_index("event_time")["se"]
    assert event[[4.0, 5.0]].isna().all(), "only cohort 2 is seen so long"
    assert event[-3.0] > 0, "only cohort 4 is seen so long before"
    alone = frame[frame["cohort"] != 2]
    expected = group_time_att(alone, cluster="cluster", **NAMES).table
    pair = fit.table.merge(expected, on=["cohort", "time"])
    np.testing.assert_allclose(pair["estimate_x"], pair["estimate_y"], atol=1e-12)
    saturated = sun_abraham(frame, cluster="cluster", **NAMES)
    assert saturated.cohort_table.groupby("cohort")["se"].agg(lambda s: s.isna().all()).tolist() == [
        True,
        False,
    ]
    assert np.isnan(saturated.se)
    assert imputation(frame, cluster="cluster", **NAMES).aggregate("group").table["se"].isna().tolist() == [
        True,
        False,
    ]
    assert two_way_fe(frame, cluster="cluster", **NAMES).se > 0, "one coefficient, which four clusters tell"


def test_a_joint_test_needs_errors_and_bands_leave_out_what_is_unknown():
    fit = group_time_att(provinces([4] + [np.nan] * 11), cluster="cluster", **NAMES)
    assert fit.pretrend.p_value is None
    assert "unknown" in fit.pretrend.remark
    assert fit.aggregate("event").intervals()[["low", "high_simultaneous"]].isna().all(axis=None)
    mixed = group_time_att(provinces([2, 4, 4, 4] + [np.nan] * 6), cluster="cluster", **NAMES)
    table = mixed.aggregate("event").intervals()
    assert table["low_simultaneous"].notna().equals(table["se"].notna())


def test_without_a_word_less_is_lost_where_units_of_a_cluster_differ():
    """Treatment below the level of the cluster: treated units in one cluster, next to untreated ones."""
    frame = provinces([np.nan] * 6)
    frame["cohort"] = frame["cohort"].where(frame["unit"] % 100 > 3, 4.0)
    assert group_time_att(frame, cluster="cluster", **NAMES).aggregate().se > 0
    frame["cohort"] = frame["cohort"].where(frame["cluster"] == 2)
    assert np.isnan(group_time_att(frame, cluster="cluster", **NAMES).aggregate().se)


def test_a_dose_is_refused_where_its_error_is_unknown():
    frame = provinces([np.nan] * 6 + [4]).assign(dose=lambda f: 1.0 + f["unit"] % 5)
    frame["dose"] = frame["dose"].where(frame["cohort"].notna())
    with pytest.raises(NotEstimableError, match="all treated units are in one cluster"):
        dose_response(frame, dose="dose", cluster="cluster", **NAMES)


ALL = staggered(starts=(3, 5, 6))


def test_where_all_are_treated_in_the_end_comparisons_go_on_until_the_last_start():
    fit = group_time_att(ALL, **NAMES)
    assert fit.control == "not_yet"
    assert fit.table["time"].max() == 5, "in 6 and 7 nobody is left to compare with"
    pd.testing.assert_frame_equal(fit.table, group_time_att(ALL, control="not_yet", **NAMES).table)
    early = ALL[ALL["time"] < 6].assign(cohort=lambda f: f["cohort"].where(f["cohort"] < 6))
    expected = group_time_att(early, control="not_yet", **NAMES)
    post = fit.table[fit.table["time"] >= fit.table["cohort"]]
    pair = post.merge(expected.table, on=["cohort", "time"])
    assert len(pair) == len(post) == 4
    np.testing.assert_allclose(pair["estimate_x"], pair["estimate_y"], atol=1e-12)
    for other in (sun_abraham, imputation, two_way_fe):
        found = other(ALL, **NAMES)
        assert np.isfinite(found.estimate)
        assert found.se > 0


@pytest.mark.parametrize("name", FITS)
def test_where_nobody_can_be_compared_with_the_reason_is_dutch(name):
    for cohort, reason in (
        (4.0, "niemand om mee te vergelijken"),
        (np.nan, "niemand gaat in deze periode meedoen"),
    ):
        with pytest.raises(NotEstimableError) as told:
            FITS[name](ALL.assign(cohort=cohort), **NAMES)
        assert reason in told.value.reason


@pytest.mark.parametrize("name", FITS)
def test_one_cluster_in_all_is_refused_with_a_reason(name):
    with pytest.raises(NotEstimableError, match="one cluster only") as told:
        _ = FITS[name](staggered().assign(cluster=1), cluster="cluster", **NAMES).se
    assert "één groep" in told.value.reason
