"""Dose-response: definitions written out, numerical influence, planted slopes, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered, wide

from analysis.estimate.did import dose_response


def dosed(**options) -> pd.DataFrame:
    """A staggered panel whose effect grows with the dose: 0.8 more for each unit."""
    frame = staggered(**{"units": 80, "effect": 0.0} | options)
    rng = np.random.default_rng(7)
    dose = rng.uniform(0.5, 3.0, 80)[frame["unit"]]
    frame["dose"] = np.where(frame["cohort"].notna(), dose, 0.0)
    frame["y"] += 0.8 * frame["dose"] * (frame["time"] >= frame["cohort"])
    return frame


def by_hand(frame, weight):
    """Mean slope from straight lines by cohort and period, not-yet-treated as controls."""
    y = wide(frame)
    first = frame.groupby("unit")[["cohort", "dose", "w"]].first()
    w = first["w"] if weight else first["w"] * 0 + 1
    total = slope = 0.0
    for g in sorted(first["cohort"].dropna().unique()):
        for t in y.columns[y.columns >= g]:
            change = y[t] - y[g - 1]
            treated = (first["cohort"] == g) & change.notna()
            control = (first["cohort"].isna() | (first["cohort"] > t)) & change.notna()
            gain = change[treated] - np.average(change[control], weights=w[control])
            share = w[first["cohort"] == g].sum()
            total += share
            slope += share * np.polyfit(first["dose"][treated], gain, 1, w=np.sqrt(w[treated]))[0]
    return slope / total


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("drop", [0.0, 0.1])
def test_the_slope_follows_its_definition(drop, weights):
    frame = dosed(drop=drop)
    fit = dose_response(frame, dose="dose", weights=weights, **NAMES)
    assert fit.slope == pytest.approx(by_hand(frame, weights), abs=1e-8)


@pytest.mark.parametrize("cluster", [None, "cluster"])
def test_the_error_is_that_of_the_numerical_influence(cluster):
    frame = dosed()
    fit = dose_response(frame, dose="dose", weights="w", cluster=cluster, **NAMES)
    influence = []
    for unit in range(80):
        step = 1e-4 * frame.loc[frame["unit"] == unit, "w"].iloc[0]
        ends = [
            dose_response(
                frame.assign(w=frame["w"] + sign * step * (frame["unit"] == unit)),
                dose="dose",
                weights="w",
                **NAMES,
            ).slope
            for sign in (1, -1)
        ]
        influence.append((ends[0] - ends[1]) / 2e-4)
    influence = np.array(influence)
    if cluster is not None:
        influence = pd.Series(influence).groupby(frame.groupby("unit")["cluster"].first().to_numpy()).sum()
        influence = influence.to_numpy() * np.sqrt(11 / 10)
    assert fit.slope_se == pytest.approx(np.sqrt((influence**2).sum()), rel=1e-5)


def test_planted_slopes_are_recovered_and_covered():
    slopes, covered = [], []
    for seed in range(200):
        fit = dose_response(dosed(seed=seed), dose="dose", **NAMES)
        slopes.append(fit.slope)
        low, high = fit.slope_interval()
        covered.append(low <= 0.8 <= high)
    assert np.mean(slopes) == pytest.approx(0.8, abs=3 * np.std(slopes) / np.sqrt(200))
    assert np.mean(covered) >= 0.9


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


def test_equals_diff_diff_for_one_cohort():
    """With several cohorts diff-diff gives each cohort its share once, whatever its number of periods; here
    each cohort-period counts."""
    diff_diff = pytest.importorskip("diff_diff", reason="diff-diff (extra `peers`) is not installed")
    frame = dosed()
    frame = frame[frame["cohort"].isna() | (frame["cohort"] == 3)]
    coded = frame.assign(first=frame["cohort"].fillna(0).astype(int))
    theirs = diff_diff.ContinuousDiD(degree=1, num_knots=0, dvals=np.array([1.0, 2.0])).fit(
        coded, outcome="y", unit="unit", time="time", first_treat="first", dose="dose"
    )
    ours = dose_response(frame, dose="dose", control="never", **NAMES)
    assert ours.slope == pytest.approx(theirs.overall_acrt, abs=1e-9)
    np.testing.assert_allclose(theirs.dose_response_acrt.effects, ours.slope, atol=1e-9)
    np.testing.assert_allclose(theirs.dose_response_acrt.se, ours.slope_se, rtol=1e-8)
