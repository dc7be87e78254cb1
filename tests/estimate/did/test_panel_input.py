"""What never is, what a period is, and which labels are refused: the same for every estimator."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered

from analysis.estimate.did import (
    bacon,
    dose_response,
    group_time_att,
    imputation,
    read_panel,
    sun_abraham,
    two_way_fe,
)

TREATED = {3: 3, 5: 5, 6: 6}


def mapped(frame, convert, missing=None):
    """Both time columns converted; never-treated as `missing`."""
    return frame.assign(
        time=frame["time"].map(convert),
        cohort=frame["cohort"].map(lambda v: missing if np.isnan(v) else convert(int(v))),
    )


def day(year):
    return pd.Timestamp(2010 + int(year), 3, 1)


ORDER = pd.CategoricalDtype([f"TK{year}" for year in range(1, 8)], ordered=True)
ELECTIONS = {1: 1998, 2: 2002, 3: 2003, 4: 2006, 5: 2010, 6: 2012, 7: 2017}
SAME = {
    "zero is never": lambda f: f.assign(cohort=f["cohort"].fillna(0)),
    "infinity is never": lambda f: f.assign(cohort=f["cohort"].fillna(np.inf)),
    "a start after the panel": lambda f: f.assign(cohort=f["cohort"].fillna(99)),
    "None in objects": lambda f: mapped(f, int).astype({"cohort": object}),
    "integers with NA": lambda f: f.astype({"cohort": "Int64", "time": "int16"}),
    "Decimals": lambda f: mapped(f, Decimal),
    "dates with NaT": lambda f: mapped(f, day, pd.NaT),
    "dates of two resolutions": lambda f: mapped(f, day, pd.NaT).astype({"time": "datetime64[s]"}),
    "days": lambda f: mapped(f, lambda v: day(v).date()),
    "dates in a zone": lambda f: mapped(f, lambda v: day(v).tz_localize("Europe/Amsterdam"), pd.NaT),
    "starts between two dates": lambda f: f.assign(
        time=f["time"].map(day), cohort=f["cohort"].map(day, na_action="ignore") - pd.Timedelta(90, "D")
    ),
    "calendar periods": lambda f: mapped(f, lambda v: pd.Period(str(2010 + v), freq="Y"), pd.NaT),
    "ordered categories": lambda f: mapped(f, lambda v: f"TK{v}").astype({"time": ORDER, "cohort": ORDER}),
    "categories and text": lambda f: mapped(f, lambda v: f"TK{v}").astype({"time": ORDER}),
    "categories of numbers": lambda f: f.astype({"time": "category", "cohort": "category"}),
    "half years": lambda f: mapped(f, lambda v: 2017 + v / 2),
    "every two years": lambda f: mapped(f, lambda v: 2008 + 2 * v),
    "starts between waves": lambda f: mapped(f, lambda v: 2008 + 2 * v).assign(
        cohort=lambda g: g["cohort"] - 1
    ),
    "elections": lambda f: mapped(f, ELECTIONS.get),
    "negative periods": lambda f: mapped(f, lambda v: v - 7),
    "index levels named like columns": lambda f: f.set_index(["unit", "time"], drop=False),
    "an index that repeats": lambda f: f.set_axis(np.zeros(len(f), dtype=int)),
    "text and categories as units": lambda f: f.assign(
        unit=("GM" + f["unit"].astype(str)).astype("category"), cluster=f["cluster"].astype(str)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_one_panel_written_in_many_ways(case):
    frame = staggered()
    plain = read_panel(frame, cluster="cluster", **NAMES)
    panel = read_panel(SAME[case](frame), cluster="cluster", **NAMES)
    np.testing.assert_array_equal(panel.start, plain.start)
    np.testing.assert_array_equal(panel.outcome, plain.outcome)
    np.testing.assert_array_equal(panel.treated, plain.treated)
    assert panel.n_clusters == plain.n_clusters
    np.testing.assert_array_equal(panel.event / panel.timeline.step, plain.event)
    assert (np.diff(panel.times) > 0).all()
    np.testing.assert_array_equal(panel.times[:, None] >= panel.cohort, plain.treated.T)


@pytest.mark.parametrize(
    "case", ["zero is never", "dates with NaT", "categories and text", "elections", "half years"]
)
@pytest.mark.parametrize(
    "estimator", [group_time_att, sun_abraham, imputation, two_way_fe, bacon], ids=lambda f: f.__name__
)
def test_every_estimator_sees_the_same_panel(estimator, case):
    frame = staggered()
    plain, found = estimator(frame, **NAMES), estimator(SAME[case](frame), **NAMES)
    if estimator is group_time_att:
        plain, found = plain.aggregate(), found.aggregate()
    assert found.estimate == pytest.approx(plain.estimate, abs=1e-12)
    if estimator is not bacon:
        assert found.se == pytest.approx(plain.se, rel=1e-12)


def test_results_carry_the_periods_as_they_were_given():
    fit = group_time_att(SAME["dates with NaT"](staggered()), **NAMES)
    assert fit.table["cohort"].tolist()[0] == day(3)
    assert fit.table["time"].max() == day(7)
    assert fit.aggregate("group").table["cohort"].tolist() == [day(3), day(5), day(6)]
    assert imputation(SAME["dates with NaT"](staggered()), **NAMES).aggregate("calendar").table["time"].iloc[
        0
    ] == day(3)
    assert bacon(SAME["dates with NaT"](staggered()), **NAMES).table["treated"].iloc[0] == day(3)


@pytest.mark.parametrize(
    ("case", "step"), [("half years", 0.5), ("every two years", 2.0), ("elections", 1.0)]
)
def test_event_time_counts_steps(case, step):
    """The reference is the last period before treatment: half a year, two years, or one election before."""
    frame = SAME[case](staggered())
    expected = (step * np.arange(-4, 5)).tolist()
    assert group_time_att(frame, **NAMES).aggregate("event").table["event_time"].tolist() == expected
    table = sun_abraham(frame, **NAMES).table
    assert table["event_time"].tolist() == (step * np.arange(-5, 5)).tolist()
    assert table.loc[table["se"].isna(), "event_time"].tolist() == [-step]
    study = two_way_fe(frame, event_study=True, **NAMES).table
    assert study.loc[study["se"].isna(), "event_time"].tolist() == [-step]
    assert imputation(frame, **NAMES).aggregate("event").table["event_time"].tolist() == expected[4:]
    early = sun_abraham(frame, anticipation=step, **NAMES).table
    assert early.loc[early["se"].isna(), "event_time"].tolist() == [-2 * step]


def test_a_period_that_nobody_was_seen_in_does_not_move_event_time():
    """Selecting units may empty a period; the steps are those of the panel that was read."""
    frame = staggered()
    sparse = frame[(frame["time"] != 4) | (frame["unit"] == 0)]
    panel = read_panel(sparse, **NAMES)
    kept = panel.select(panel.units != 0)
    assert kept.periods.tolist() == [1, 2, 3, 5, 6, 7]
    assert kept.event[kept.units == 1][0].tolist() == [-2, -1, 0, 2, 3, 4]


REFUSED = {
    "text as time": (lambda f: f.astype({"time": str}), "column time is .* must be numeric"),
    "lengths of time": (lambda f: f.assign(time=pd.to_timedelta(f["time"], unit="D")), "must be numeric"),
    "years beside dates": (lambda f: f.assign(time=f["time"].map(day)), "write both in the same way"),
    "a zone on one side": (
        lambda f: SAME["dates with NaT"](f).assign(time=lambda g: g["time"].dt.tz_localize("UTC")),
        "write both in the same way",
    ),
    "years beside quarters": (
        lambda f: SAME["calendar periods"](f).assign(time=f["time"].map(lambda v: pd.Period(f"201{v}Q1"))),
        "write both in the same way",
    ),
    "a label outside the order": (
        lambda f: mapped(f, lambda v: f"TK{v}").astype({"time": ORDER}).assign(cohort="TK8"),
        "cohort holds 'TK8' in row 0, which is not in the order TK1",
    ),
    "periods on no grid": (
        lambda f: f.assign(time=f["time"] + 0.37 * (f["time"] == 3)),
        "no whole number of the smallest steps",
    ),
    "numbers that floats skip": (lambda f: f.assign(time=f["time"] * 10**16), "too large to tell"),
    "infinite time": (
        lambda f: f.assign(time=f["time"].where(f["time"] < 7, np.inf)), "time is missing or infinite"
    ),
    "text beside numbers": (
        lambda f: f.assign(unit=[str(u) if row % 2 else u for row, u in enumerate(f["unit"])]),
        "column unit holds text .* write labels in one way",
    ),
    "a category without a label": (
        lambda f: f.assign(cluster=f["cluster"].where(f["cluster"] != 2).astype("category")),
        "56 rows have no cluster, first row 56",
    ),
    "names in the index": (lambda f: f.set_index(["unit", "time"]), "is a level of the index: reset_index"),
    "a column twice": (lambda f: pd.concat([f, f[["y"]]], axis=1), "column y occurs more than once"),
    "text as outcome": (lambda f: f.astype({"y": str}), "column y is .* must be numeric"),
    "minus infinity": (lambda f: f.assign(y=f["y"].where(f.index != 9, -np.inf)), "first in row 9"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_one_meaning_is_refused(case):
    spoil, message = REFUSED[case]
    frame = spoil(staggered().assign(cluster=lambda f: f["unit"] // 4 % 11))
    with pytest.raises(ValueError, match=message):
        read_panel(frame, cluster="cluster" if "cluster" in frame else None, **NAMES)


def test_weights_follow_labels_and_a_covariate_may_stand_alone():
    frame = staggered(drop=0.1)
    shuffled = frame["w"].sample(frac=1, random_state=1)
    by_name = read_panel(frame, weights="w", covariates="z", **NAMES)
    by_label = read_panel(frame, weights=shuffled, covariates=["z"], **NAMES)
    np.testing.assert_array_equal(by_label.weights, by_name.weights)
    np.testing.assert_array_equal(by_label.covariates, by_name.covariates)
    with pytest.raises(ValueError, match=r"; 1 rows have none, first row 0: give one a row"):
        read_panel(frame, weights=frame["w"].iloc[1:], **NAMES)
    with pytest.raises(ValueError, match="w of zero or less, first row 3"):
        read_panel(frame, weights=frame["w"].where(frame.index != 3, 0.0), **NAMES)


def test_the_size_and_level_of_a_covariate_do_not_matter():
    """Judged and taken out about its mean and in its own spread: 1e-7 or 1e9, beside a level of 1e8."""
    frame = staggered(drop=0.1)
    for scale, level in ((1e-7, 0.0), (1e9, 0.0), (1.0, 1e8)):
        moved = frame.assign(z=frame["z"] * scale + level, x=frame["x"] * scale + level)
        for estimator, names in ((sun_abraham, ["z"]), (imputation, ["z"]), (two_way_fe, ["z"])):
            plain, found = (estimator(data, covariates=names, **NAMES) for data in (frame, moved))
            assert found.estimate == pytest.approx(plain.estimate, abs=1e-6)
            assert found.se == pytest.approx(plain.se, rel=1e-6)
        plain, found = (group_time_att(data, covariates=["x", "z"], **NAMES) for data in (frame, moved))
        np.testing.assert_allclose(found.estimates, plain.estimates, atol=1e-6)
        np.testing.assert_allclose(found.se, plain.se, rtol=1e-5)


@pytest.mark.parametrize(
    "estimator", [group_time_att, sun_abraham, imputation, two_way_fe], ids=lambda f: f.__name__
)
@pytest.mark.parametrize(("column", "name"), [("twice", "twice"), ("level", "level"), ("near", "near")])
def test_collinear_and_constant_covariates_get_one_message(estimator, column, name):
    frame = staggered().assign(
        twice=lambda f: 3 - 2 * f["z"], level=1e8, near=lambda f: f["z"] + 1e-9 * f["y"]
    )
    with pytest.raises(
        ValueError, match=rf"the covariates are collinear .* regressor {name} is constant or determined"
    ):
        estimator(frame, covariates=["z", column], **NAMES)


def test_tenths_of_a_year_are_what_somebody_asks_for():
    """Three steps of .1 are .3, though 3 * .1 is not in floats."""
    frame = staggered().assign(time=lambda f: f["time"] / 10, cohort=lambda f: f["cohort"] / 10)
    table = group_time_att(frame, **NAMES).aggregate("event", min_event=-0.3, max_event=0.3).table
    assert table["event_time"].tolist() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    balanced = group_time_att(frame, **NAMES).aggregate("event", balance=0.2).table
    assert balanced["event_time"].tolist() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2]
    assert sun_abraham(frame, anticipation=0.1, **NAMES).reference == -0.2


def test_a_dose_is_read_by_unit_whatever_units_are():
    frame = staggered().assign(dose=lambda f: np.where(f["cohort"].notna(), 1.0 + f["unit"] % 5, np.nan))
    plain = dose_response(frame, dose="dose", **NAMES)
    named = frame.assign(unit=("u" + frame["unit"].astype(str)).astype("category"))
    named = named.sample(frac=1, random_state=4).set_index("unit", drop=False)
    assert dose_response(named, dose="dose", **NAMES).slope == pytest.approx(plain.slope, rel=1e-12)
