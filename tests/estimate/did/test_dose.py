"""Dose-response: definitions written out, derivatives, planted slopes, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered, wide

from analysis.estimate.did import dose_response, group_time_att


def dosed(**options) -> pd.DataFrame:
    """A staggered panel whose effect grows with the dose: 0.8 more for each unit."""
    frame = staggered(**{"units": 80, "effect": 0.0} | options)
    rng = np.random.default_rng(7)
    dose = rng.uniform(0.5, 3.0, 80)[frame["unit"]]
    frame["dose"] = np.where(frame["cohort"].notna(), dose, 0.0)
    frame["y"] += 0.8 * frame["dose"] * (frame["time"] >= frame["cohort"])
    return frame


def by_hand(frame, degree, weight):
    """Mean effect and mean slope from polynomial fits by cohort and period, not-yet-treated as controls."""
    y = wide(frame)
    first = frame.groupby("unit")[["cohort", "dose", "w"]].first()
    w = first["w"] if weight else first["w"] * 0 + 1
    total = att = slope = 0.0
    for g in sorted(first["cohort"].dropna().unique()):
        for t in y.columns[y.columns >= g]:
            change = y[t] - y[g - 1]
            treated = (first["cohort"] == g) & change.notna()
            control = (first["cohort"].isna() | (first["cohort"] > t)) & change.notna()
            gain = change[treated] - np.average(change[control], weights=w[control])
            fit = np.polynomial.Polynomial.fit(first["dose"][treated], gain, degree, w=np.sqrt(w[treated]))
            share = w[first["cohort"] == g].sum()
            total += share
            att += share * np.average(fit(first["dose"][treated]), weights=w[treated])
            slope += share * np.average(fit.deriv()(first["dose"][treated]), weights=w[treated])
    return att / total, slope / total


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("drop", [0.0, 0.1])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_means_follow_their_definition(degree, drop, weights):
    frame = dosed(drop=drop)
    fit = dose_response(frame, dose="dose", degree=degree, weights=weights, **NAMES)
    att, slope = by_hand(frame, degree, weights)
    assert fit.att == pytest.approx(att, abs=1e-9)
    assert fit.slope == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_the_mean_effect_is_that_of_the_group_time_effects(control):
    frame = dosed()
    simple = group_time_att(frame, control=control, **NAMES).aggregate()
    for degree in (1, 2):
        fit = dose_response(frame, dose="dose", degree=degree, control=control, **NAMES)
        assert fit.att == pytest.approx(simple.estimate, abs=1e-10)
        assert fit.att_se == pytest.approx(simple.se, rel=1e-10)


@pytest.mark.parametrize("cluster", [None, "cluster"])
@pytest.mark.parametrize("options", [{}, {"degree": 2, "knots": (1.5,)}], ids=str)
def test_errors_are_those_of_the_numerical_influence(options, cluster):
    frame = dosed()
    fit = dose_response(frame, dose="dose", grid=[1, 2], weights="w", cluster=cluster, **options, **NAMES)

    def numbers(data):
        moved = dose_response(data, dose="dose", grid=[1, 2], weights="w", **options, **NAMES)
        return np.array([*moved.table["estimate"], *moved.table["slope"], moved.att, moved.slope])

    influence = []
    for unit in range(80):
        step = 1e-4 * frame.loc[frame["unit"] == unit, "w"].iloc[0]
        ends = [
            numbers(frame.assign(w=frame["w"] + sign * step * (frame["unit"] == unit))) for sign in (1, -1)
        ]
        influence.append((ends[0] - ends[1]) / 2e-4)
    influence = np.array(influence)
    if cluster is not None:
        influence = pd.DataFrame(influence).groupby(frame.groupby("unit")["cluster"].first().to_numpy()).sum()
        influence = influence.to_numpy() * np.sqrt(11 / 10)
    expected = np.sqrt((influence**2).sum(axis=0))
    found = [*fit.table["se"], *fit.table["slope_se"], fit.att_se, fit.slope_se]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_planted_slopes_are_recovered_and_covered():
    slopes, covered = [], []
    for seed in range(200):
        fit = dose_response(dosed(seed=seed), dose="dose", **NAMES)
        slopes.append(fit.slope)
        low, high = fit.slope_interval()
        covered.append(low <= 0.8 <= high)
    assert np.mean(slopes) == pytest.approx(0.8, abs=3 * np.std(slopes) / np.sqrt(200))
    assert np.mean(covered) >= 0.9


def test_a_curve_is_followed_without_noise():
    frame = dosed(noise=0.0)
    frame["y"] -= 0.2 * frame["x"] * frame["time"]
    frame["y"] += 0.5 * frame["dose"] ** 2 * (frame["time"] >= frame["cohort"])
    table = dose_response(frame, dose="dose", degree=2, grid=[1.0, 2.0], **NAMES).table
    np.testing.assert_allclose(np.diff(table["estimate"]), 0.8 + 1.5, atol=1e-8)
    np.testing.assert_allclose(table["slope"], [1.8, 2.8], atol=1e-8)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="dose"), "column dose is absent"),
        (lambda f: f.assign(dose="high"), "column dose is .* must be numeric"),
        (lambda f: f.assign(dose=f["dose"] * f["time"]), "dose changes within 60 treated units"),
        (lambda f: f.assign(dose=f["dose"].where(f["unit"] != 1, 0.0)), "zero or negative for 1 treated"),
        (lambda f: f.assign(dose=f["dose"].where(f["unit"] != 1)), "missing, zero or negative for 1 treated"),
        (lambda f: f.assign(dose=f["dose"].where(f["cohort"].notna(), 1.0)), "contradict each other"),
        (lambda f: f.assign(dose=f["cohort"].notna() * 2.0), "all treated units have the same dose"),
        (lambda f: f.assign(dose=f["cohort"].fillna(0)), "cohort 3 in 3: 1 different doses cannot carry 2"),
    ],
)
def test_doses_that_cannot_be_used_are_refused(spoil, message):
    with pytest.raises(ValueError, match=message):
        dose_response(spoil(dosed()), dose="dose", **NAMES)


def test_a_cohort_in_one_cluster_is_refused():
    frame = dosed()
    frame["cluster"] = np.where(frame["cohort"] == 3, 50, frame["cluster"])
    with pytest.raises(ValueError, match="cohort 3 in 3: all treated units are in one cluster"):
        dose_response(frame, dose="dose", cluster="cluster", **NAMES)


def test_degree_and_knots_are_checked():
    with pytest.raises(ValueError, match="degree is 0"):
        dose_response(dosed(), dose="dose", degree=0, **NAMES)
    with pytest.raises(ValueError, match="knots must lie between the doses"):
        dose_response(dosed(), dose="dose", knots=[9], **NAMES)


def test_equals_diff_diff_for_one_cohort():
    """With several cohorts diff-diff gives each cohort its share once, whatever its number of periods; here
    each cohort-period counts. Its error of the mean slope takes the doses as given; here they vary."""
    diff_diff = pytest.importorskip("diff_diff", reason="diff-diff (extra `peers`) is not installed")
    frame = dosed()
    frame = frame[frame["cohort"].isna() | (frame["cohort"] == 3)]
    coded = frame.assign(first=frame["cohort"].fillna(0).astype(int))
    for degree in (1, 3):
        theirs = diff_diff.ContinuousDiD(degree=degree, num_knots=0, dvals=np.array([1.0, 2.0])).fit(
            coded, outcome="y", unit="unit", time="time", first_treat="first", dose="dose"
        )
        ours = dose_response(frame, dose="dose", degree=degree, control="never", grid=[1, 2], **NAMES)
        assert ours.att == pytest.approx(theirs.overall_att, abs=1e-10)
        assert ours.att_se == pytest.approx(theirs.overall_att_se, rel=1e-10)
        assert ours.slope == pytest.approx(theirs.overall_acrt, abs=1e-9)
        np.testing.assert_allclose(ours.table["estimate"], theirs.dose_response_att.effects, atol=1e-9)
        np.testing.assert_allclose(ours.table["se"], theirs.dose_response_att.se, rtol=1e-8)
        np.testing.assert_allclose(ours.table["slope"], theirs.dose_response_acrt.effects, atol=1e-9)
        np.testing.assert_allclose(ours.table["slope_se"], theirs.dose_response_acrt.se, rtol=1e-8)
