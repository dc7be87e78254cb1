"""Group-time effects: definitions written out, influence functions by differentiation, published figures."""

import itertools

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered, wide
from scipy import stats

from analysis.estimate.did import group_time_att, sun_abraham
from analysis.estimate.did.two_periods import METHODS

CONTROLS = ("never", "not_yet")


def by_hand(frame, control, anticipation=0, base_period="varying", weights=None):
    """ATT(g, t) straight from the definition, without covariates; missing cells pairwise."""
    y = wide(frame)
    cohort = frame.groupby("unit")["cohort"].first()
    weight = frame.groupby("unit")["w"].first() if weights else cohort * 0 + 1
    weight = weight.fillna(1.0)
    rows = {}
    for g in sorted(cohort.dropna().unique()):
        before = [t for t in y.columns if t < g - anticipation]
        for number, t in enumerate(y.columns):
            if not before or (t < g and base_period == "varying" and number == 0):
                continue
            base = before[-1] if t >= g or base_period == "universal" else y.columns[number - 1]
            untreated = cohort.isna()
            if control == "not_yet":
                untreated = untreated | (cohort > max(t, base) + anticipation)
            change = y[t] - y[base]
            means = []
            for group in (cohort == g, untreated & (cohort != g)):
                used = group & change.notna()
                means.append(np.average(change[used], weights=weight[used]) if used.any() else np.nan)
            if not np.isnan(means).any():
                rows[g, t] = means[0] - means[1]
    return rows


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("drop", [0.0, 0.25])
@pytest.mark.parametrize("base_period", ["varying", "universal"])
@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize("control", CONTROLS)
def test_effects_follow_the_definition(control, anticipation, base_period, drop, weights):
    frame = staggered(drop=drop)
    fit = group_time_att(
        frame, control=control, anticipation=anticipation, base_period=base_period, weights=weights, **NAMES
    )
    expected = by_hand(frame, control, anticipation, base_period, weights)
    assert set(zip(fit.table["cohort"], fit.table["time"], strict=True)) == set(expected)
    for row in fit.table.itertuples():
        assert row.estimate == pytest.approx(expected[row.cohort, row.time], abs=1e-12)


def test_periods_may_have_gaps_and_cohorts_may_start_in_them():
    """Who starts in 4 or 5 is first seen treated in 6: one cohort, and 3 is the period before for both."""
    frame = staggered(periods=9, starts=(np.nan, 4, 5, 8))
    frame = frame[frame["time"].isin([1, 2, 3, 6, 9])]
    exposed = frame.assign(cohort=frame["cohort"].map({4: 6.0, 5: 6.0, 8: 9.0}))
    for control, base in itertools.product(CONTROLS, ("varying", "universal")):
        fit = group_time_att(frame, control=control, base_period=base, **NAMES)
        expected = by_hand(exposed, control, 0, base)
        assert len(fit.table) == len(expected)
        for row in fit.table.itertuples():
            assert row.estimate == pytest.approx(expected[row.cohort, row.time], abs=1e-12)
    assert fit.aggregate("event").table["event_time"].tolist() == [-4, -3, -2, -1, 0, 1]
    pd.testing.assert_frame_equal(
        fit.table, group_time_att(exposed, control=control, base_period=base, **NAMES).table
    )


VARIANTS = [
    {},
    {"control": "not_yet"},
    {"control": "not_yet", "base_period": "universal"},
    {"covariates": ["x"], "est_method": "reg"},
    {"covariates": ["x"], "est_method": "ipw"},
    {"covariates": ["x", "z"], "est_method": "dr", "control": "not_yet"},
]


def numbers(fit):
    """Effects followed by every aggregate and its parts."""
    kinds = [fit.aggregate(kind) for kind in ("simple", "group", "event", "calendar")]
    parts = [a.estimates for a in kinds[1:]]
    return np.concatenate([fit.estimates, [a.estimate for a in kinds], *parts])


def influences(fit):
    kinds = [fit.aggregate(kind) for kind in ("simple", "group", "event", "calendar")]
    overall = [a.influence[:, -1:] for a in kinds]
    parts = [a.influence[:, :-1] for a in kinds[1:]]
    return np.hstack([fit.influence, *overall, *parts])


@pytest.mark.parametrize("drop", [0.0, 0.15])
@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_influence_is_the_derivative_to_a_units_weight(options, drop):
    """An influence function is n times the derivative of the estimate to the mass of one unit."""
    frame = staggered(units=48, drop=drop)
    fit = group_time_att(frame, weights="w", **options, **NAMES)
    influence = influences(fit)
    step = 1e-5
    for place in (0, 5, 22, 47):
        unit = fit.labels[place]
        w = frame.loc[frame["unit"] == unit, "w"].iloc[0]
        moved = []
        for change in (step * w, -step * w):
            changed = frame.assign(w=frame["w"] + change * (frame["unit"] == unit))
            moved.append(numbers(group_time_att(changed, weights="w", **options, **NAMES)))
        derivative = (moved[0] - moved[1]) / (2 * step)
        np.testing.assert_allclose(influence[place] / fit.n_units, derivative, atol=2e-7)


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("drop", [0.0, 0.15])
def test_standard_errors_follow_from_the_influence(options, drop):
    frame = staggered(drop=drop)
    n = frame["unit"].nunique()
    for cluster in (None, "cluster"):
        fit = group_time_att(frame, weights="w", cluster=cluster, **options, **NAMES)
        influence = influences(fit)
        if cluster is None:
            expected = np.sqrt((influence**2).sum(axis=0)) / n
        else:
            of_unit = frame.groupby("unit")["cluster"].first().loc[fit.labels]
            summed = pd.DataFrame(influence).groupby(of_unit.to_numpy()).sum().to_numpy()
            groups = len(summed)
            expected = np.sqrt(groups / (groups - 1) * (summed**2).sum(axis=0)) / n
        kinds = [fit.aggregate(kind) for kind in ("simple", "group", "event", "calendar")]
        parts = [np.sqrt(np.diag(a.covariance)) for a in kinds[1:]]
        found = np.concatenate([np.sqrt(np.diag(fit.covariance)), [a.se for a in kinds], *parts])
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


def test_without_covariates_the_three_methods_and_both_ways_of_computing_agree():
    frame = staggered().assign(one=0.0)
    fits = [group_time_att(frame, est_method=method, control="not_yet", **NAMES) for method in METHODS]
    # One unit missing one outcome sends all comparisons through the general way.
    spare = pd.concat([frame, frame.iloc[[0]].assign(unit=999)], ignore_index=True)
    general = group_time_att(spare, control="not_yet", **NAMES)
    for fit in (*fits[1:], general):
        np.testing.assert_allclose(fit.estimates, fits[0].estimates, atol=1e-12)
        np.testing.assert_allclose(fit.se, fits[0].se, rtol=1e-10)


def test_methods_follow_their_formulas():
    """Least squares and logit on one comparison, with other people's least squares and likelihood."""
    frame = staggered(units=200, starts=(np.nan, 2), periods=2)
    y, first = wide(frame), frame.groupby("unit").first()
    change, treated = (y[2] - y[1]).to_numpy(), first["cohort"].notna().to_numpy()
    x = np.column_stack([np.ones(200), first["x"]])
    beta = np.linalg.lstsq(x[~treated], change[~treated], rcond=None)[0]
    left = change - x @ beta
    from scipy.optimize import minimize

    def deviance(b):
        return np.logaddexp(0, x @ b).sum() - (x @ b)[treated].sum()

    odds = np.exp(x @ minimize(deviance, np.zeros(2), tol=1e-12).x)[~treated]
    expected = {
        "reg": left[treated].mean(),
        "ipw": change[treated].mean() - np.average(change[~treated], weights=odds),
        "dr": left[treated].mean() - np.average(left[~treated], weights=odds),
    }
    for method, value in expected.items():
        fit = group_time_att(frame, covariates=["x"], est_method=method, **NAMES)
        assert fit.estimates[0] == pytest.approx(value, abs=1e-6)


def test_aggregates_follow_their_definitions():
    fit = group_time_att(staggered(units=70, starts=(np.nan, 3, 3, 5, 6)), **NAMES)
    table = fit.table.assign(p=lambda t: t["cohort"].map({3: 28, 5: 14, 6: 14}))
    post = table[table["time"] >= table["cohort"]]
    assert fit.aggregate().estimate == pytest.approx(np.average(post["estimate"], weights=post["p"]))
    by_cohort = post.groupby("cohort")["estimate"].mean()
    group = fit.aggregate("group")
    np.testing.assert_allclose(group.table["estimate"], by_cohort)
    assert group.estimate == pytest.approx(np.average(by_cohort, weights=[28, 14, 14]))
    calendar = fit.aggregate("calendar")
    means = post.groupby("time")[["estimate", "p"]].apply(lambda t: np.average(t["estimate"], weights=t["p"]))
    np.testing.assert_allclose(calendar.table["estimate"], means)
    assert calendar.estimate == pytest.approx(means.mean())
    event = fit.aggregate("event")
    means = table.groupby(table["time"] - table["cohort"])[["estimate", "p"]].apply(
        lambda t: np.average(t["estimate"], weights=t["p"])
    )
    np.testing.assert_allclose(event.table["estimate"], means)
    assert event.estimate == pytest.approx(means[means.index >= 0].mean())


def test_event_times_can_be_limited_and_balanced():
    fit = group_time_att(staggered(), **NAMES)
    limited = fit.aggregate("event", min_event=-1, max_event=1)
    assert list(limited.table["event_time"]) == [-1, 0, 1]
    balanced = fit.aggregate("event", balance=2)
    table = fit.table[fit.table["cohort"].isin([3, 5])]
    event = table["time"] - table["cohort"]
    assert list(balanced.table["event_time"]) == [-3, -2, -1, 0, 1, 2]
    assert balanced.table["estimate"].iloc[-1] == pytest.approx(table["estimate"][event == 2].mean())
    with pytest.raises(ValueError, match="balance goes with 'event'"):
        fit.aggregate("group", balance=1)
    with pytest.raises(ValueError, match="aggregate 'mean' is unknown"):
        fit.aggregate("mean")


def test_units_without_a_period_before_treatment_are_left_out_and_counted():
    frame = staggered(starts=(np.nan, 1, 2, 4))
    fit = group_time_att(frame, **NAMES)
    assert fit.dropped == (("units without a period before treatment", 15),)
    kept = frame[frame["cohort"] != 1]
    pd.testing.assert_frame_equal(fit.table, group_time_att(kept, **NAMES).table)
    assert group_time_att(frame, anticipation=1, **NAMES).dropped[0][1] == 30


def test_complete_uses_the_units_observed_in_every_period():
    frame = staggered(drop=0.05)
    counts = frame.groupby("unit")["time"].transform("size")
    fit = group_time_att(frame, unbalanced="complete", **NAMES)
    pd.testing.assert_frame_equal(fit.table, group_time_att(frame[counts == 7], **NAMES).table)
    assert fit.dropped == (("not observed in every period", frame.loc[counts < 7, "unit"].nunique()),)


def test_pretrend_is_the_wald_test_of_the_effects_before_treatment():
    fit = group_time_att(staggered(units=200), **NAMES)
    before = (fit.table["time"] < fit.table["cohort"]).to_numpy()
    b, v = fit.estimates[before], fit.covariance[np.ix_(before, before)]
    statistic = b @ np.linalg.solve(v, b)
    assert fit.pretrend.statistic == pytest.approx(statistic)
    assert fit.pretrend.p_value == pytest.approx(stats.chi2.sf(statistic, before.sum()))
    few = group_time_att(staggered(units=200), cluster="cluster", **NAMES)
    assert few.pretrend.p_value is None or few.pretrend.df >= 1


def test_a_joint_test_is_refused_when_there_are_more_effects_than_clusters():
    frame = staggered(periods=12, starts=(np.nan, 7, 9, 11))
    fit = group_time_att(frame, cluster="cluster", **NAMES)
    assert fit.pretrend.p_value is None
    assert "too few clusters" in fit.pretrend.remark


def test_one_cluster_has_no_standard_error():
    with pytest.raises(ValueError, match="one cluster only"):
        group_time_att(staggered().assign(cluster=1), cluster="cluster", **NAMES).table  # noqa: B018


def test_large_levels_cost_no_digits():
    frame = staggered()
    fit = group_time_att(frame, **NAMES)
    moved = group_time_att(frame.assign(y=frame["y"] + 1e7 * (1 + frame["unit"])), **NAMES)
    np.testing.assert_allclose(moved.estimates, fit.estimates, atol=1e-6)
    np.testing.assert_allclose(moved.se, fit.se, rtol=1e-6)


def test_same_bytes_twice():
    first, again = (group_time_att(staggered(), cluster="cluster", **NAMES) for _ in range(2))
    assert first.estimates.tobytes() == again.estimates.tobytes()
    assert first.covariance.tobytes() == again.covariance.tobytes()
    a, b = (fit.aggregate("event").intervals(seed=4) for fit in (first, again))
    assert a.to_numpy().tobytes() == b.to_numpy().tobytes()


def test_planted_effects_are_recovered_and_intervals_cover():
    since = [t - g for g in (3, 5, 6) for t in range(g, 8)]
    estimates, covered, truth = [], [], 1.0 + 0.4 * np.mean(since)
    for seed in range(400):
        frame = staggered(seed=seed)
        frame["y"] -= 0.2 * frame["x"] * frame["time"]
        mean = group_time_att(frame, **NAMES).aggregate()
        estimates.append(mean.estimate)
        low, high = mean.interval()
        covered.append(low <= truth <= high)
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert np.mean(estimates) == pytest.approx(truth, abs=3 * error)
    assert 0.92 <= np.mean(covered) <= 0.98


def test_covariates_remove_the_bias_of_trends_that_depend_on_them():
    """Treated units have a higher x, and y grows with x: only with the covariate is the effect found."""
    frame = staggered(units=4000, starts=(np.nan, 5), noise=0.2)
    likely = frame.groupby("unit")["x"].first() + np.random.default_rng(2).normal(size=4000) > 0
    frame["cohort"] = np.where(frame["unit"].map(likely), 5.0, np.nan)
    frame["y"] = 0.5 * frame["x"] * frame["time"] + (frame["time"] >= 5) * frame["cohort"].notna()
    frame["y"] += np.random.default_rng(3).normal(size=len(frame)) * 0.1
    assert abs(group_time_att(frame, **NAMES).aggregate().estimate - 1) > 0.5
    for method in METHODS:
        fit = group_time_att(frame, covariates=["x"], est_method=method, **NAMES).aggregate()
        assert fit.estimate == pytest.approx(1, abs=0.05)


def test_universal_base_with_never_treated_controls_is_the_saturated_regression():
    frame = staggered()
    ours = group_time_att(frame, base_period="universal", **NAMES)
    saturated = sun_abraham(frame, **NAMES).cohort_table.set_index(["cohort", "time"])
    table = ours.table.dropna().set_index(["cohort", "time"])
    np.testing.assert_allclose(table["estimate"], saturated.loc[table.index, "estimate"], atol=1e-12)
    n, units, periods = len(frame), 60, 7
    factor = units / (units - 1) * (n - 1) / (n - len(saturated) - periods)
    np.testing.assert_allclose(table["se"] * np.sqrt(factor), saturated.loc[table.index, "se"], rtol=1e-10)


@pytest.mark.parametrize("cluster", [None, "cluster"])
@pytest.mark.parametrize("drop", [0.0, 0.1])
def test_equals_diff_diff(drop, cluster):
    """Pairs in an unbalanced panel, and G/(G−1) with clusters, are diff-diff's too. Its overall effect in an
    unbalanced panel weighs a cohort by its units seen in both periods; here by all its units."""
    diff_diff = pytest.importorskip("diff_diff", reason="diff-diff (extra `peers`) is not installed")
    frame = staggered(drop=drop)
    coded = frame.assign(first=frame["cohort"].fillna(0).astype(int))
    names = {"outcome": "y", "unit": "unit", "time": "time", "first_treat": "first"}
    theirs = diff_diff.CallawaySantAnna(cluster=cluster).fit(coded, **names)
    ours = group_time_att(frame, cluster=cluster, **NAMES)
    for row in ours.table.itertuples():
        peer = theirs.group_time_effects[int(row.cohort), int(row.time)]
        assert row.estimate == pytest.approx(peer["effect"], abs=1e-10)
        assert row.se == pytest.approx(peer["se"], rel=1e-10)
    mean = ours.aggregate()
    assert mean.estimate == pytest.approx(theirs.overall_att, abs=0.01 if drop else 1e-10)
    assert mean.se == pytest.approx(theirs.overall_se, rel=0.01 if drop else 1e-10)


def test_complete_units_equal_moderndid():
    """Its way with an unbalanced panel, as that of the R package unless told otherwise."""
    moderndid = pytest.importorskip("moderndid", reason="moderndid (extra `peers`) is not installed")
    frame = staggered(drop=0.05)
    coded = frame.assign(first=frame["cohort"].fillna(0).astype(int))
    theirs = moderndid.att_gt(coded, yname="y", tname="time", idname="unit", gname="first", boot=False)
    ours = group_time_att(frame, unbalanced="complete", **NAMES)
    np.testing.assert_allclose(ours.estimates, theirs.att_gt, atol=1e-10)
    np.testing.assert_allclose(ours.se, np.array(theirs.se_gt, dtype=float), atol=1e-10)
