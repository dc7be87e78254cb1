"""Event studies as the sensitivity analysis of parallel trends takes them."""

import numpy as np
import pytest
from did_panels import NAMES, dummies, staggered

from analysis.credibility.sensitivity import sensitivity
from analysis.estimate.did import group_time_att, imputation, sun_abraham, two_way_fe
from analysis.unknown import NotEstimableError

PATHS = {
    "never": lambda frame, **options: group_time_att(frame, **NAMES).event_path(**options),
    "not_yet": lambda frame, **options: group_time_att(frame, control="not_yet", **NAMES).event_path(
        **options
    ),
    "universal": lambda frame, **options: (
        group_time_att(frame, base_period="universal", **NAMES).aggregate("event", **options).event_path()
    ),
    "sun_abraham": lambda frame, **options: sun_abraham(frame, **NAMES).event_path(**options),
    "imputation": lambda frame, **options: imputation(frame, **NAMES).event_path(**options),
}


@pytest.mark.parametrize("name", PATHS)
def test_one_call_leads_to_the_sensitivity_analysis(name):
    path = PATHS[name](staggered(units=200), min_event=-3, max_event=1, binned=True)
    assert path.event_times.tolist() == [-3, -2, 0, 1]
    assert (path.reference, path.pre.tolist(), path.post.tolist()) == (-1, [-3, -2], [0, 1])
    assert np.linalg.eigvalsh(path.covariance)[0] > 0
    found = sensitivity(**path.arguments, m=[0.0], mbar=[0.0, 0.5])
    assert found.estimate == path.estimates[2]
    assert found.se == pytest.approx(np.sqrt(path.covariance[2, 2]))
    assert found.breakdown_mbar > 0
    assert path.table["event_time"].tolist() == [-3, -2, -1, 0, 1]


def drifting():
    """No effect and no noise: treated units part from the others by a curve of event time."""
    frame = staggered(effect=0.0, growth=0.0, noise=0.0)
    frame["y"] -= 0.2 * frame["x"] * frame["time"]
    since = (frame["time"] - frame["cohort"]).fillna(0.0)
    return frame.assign(y=frame["y"] + np.where(frame["cohort"].notna(), since + 0.1 * since**2, 0.0))


@pytest.mark.parametrize("name", ["never", "universal", "sun_abraham", "imputation"])
def test_a_violation_is_measured_from_one_reference_before_and_after(name):
    """Every estimate is the violation then, less that in the period before treatment."""
    path = PATHS[name](drifting())

    def violation(event):
        return event + 0.1 * event**2

    np.testing.assert_allclose(
        path.estimates, violation(path.event_times) - violation(path.reference), atol=1e-9
    )


def test_the_usual_mean_of_imputed_effects_has_another_reference():
    """Measured from all periods before, the effects in 0 and 1 take .4 of the violation before treatment."""
    frame = drifting()
    table = imputation(frame, **NAMES).aggregate("event").table
    path = imputation(frame, **NAMES).event_path()
    assert (table["estimate"] - path.estimates[path.event_times >= 0]).iloc[:2].min() > 0.4


@pytest.mark.parametrize("cluster", [None, "cluster"])
def test_the_path_of_imputation_is_least_squares_with_leads_on_the_untreated(cluster):
    frame = staggered(drop=0.15)
    path = imputation(frame, cluster=cluster, weights="w", **NAMES).event_path()
    event = (frame["time"] - frame["cohort"]).to_numpy()
    treated = event >= 0
    x, _ = dummies(frame, {f"lead {e}": (event == e) * 1.0 for e in path.pre})
    w = np.sqrt(frame["w"].to_numpy())
    gram = np.linalg.pinv((x * w[:, None])[~treated])
    beta = gram @ (frame["y"].to_numpy() * w)[~treated]
    np.testing.assert_allclose(path.estimates[: len(path.pre)], beta[: len(path.pre)], atol=1e-9)
    residual = frame["y"].to_numpy() - x @ beta
    for time, estimate in zip(path.post, path.estimates[len(path.pre) :], strict=True):
        rows = event == time
        assert estimate == pytest.approx(np.average(residual[rows], weights=w[rows] ** 2), abs=1e-9)
    # Leads are regression coefficients: their covariance is CRV0 on the untreated, times G/(G−1) by cluster.
    score = gram[: len(path.pre)] * (residual * w)[~treated]
    codes = frame.loc[~treated, cluster or "unit"].to_numpy()
    summed = np.array([score[:, codes == code].sum(axis=1) for code in np.unique(codes)])
    groups = frame[cluster].nunique() if cluster else 0
    factor = groups / (groups - 1) if cluster else 1.0
    leads = path.covariance[: len(path.pre), : len(path.pre)]
    np.testing.assert_allclose(leads, factor * summed.T @ summed, rtol=1e-7, atol=1e-12)


def test_bins_are_means_by_size_of_what_they_hold():
    frame = staggered()
    fit = group_time_att(frame, base_period="universal", **NAMES)
    table = fit.table.assign(event=lambda t: t["time"] - t["cohort"])
    path = fit.aggregate("event", min_event=-2, max_event=2, binned=True)
    first, last = table[table["event"] <= -2], table[table["event"] >= 2]
    assert path.table["event_time"].tolist() == [-2, -1, 0, 1, 2]
    assert path.table["estimate"].iloc[0] == pytest.approx(first["estimate"].mean(), abs=1e-12)
    assert path.table["estimate"].iloc[-1] == pytest.approx(last["estimate"].mean(), abs=1e-12)
    assert np.isnan(path.table["se"].iloc[1]), "the reference"
    saturated = sun_abraham(frame, **NAMES).event_path(min_event=-2, max_event=2, binned=True)
    np.testing.assert_allclose(saturated.estimates[[0, -1]], path.estimates[[0, -1]], atol=1e-12)


def test_a_two_way_path_is_its_table_without_the_reference():
    fit = two_way_fe(staggered(), event_study=True, leads=3, lags=2, **NAMES)
    path = fit.event_path()
    np.testing.assert_array_equal(path.covariance, fit.covariance)
    assert path.table["estimate"].tolist() == fit.table["estimate"].tolist()
    with pytest.raises(ValueError, match="this is the static coefficient"):
        two_way_fe(staggered(), **NAMES).event_path()


def test_what_has_no_common_reference_or_error_is_not_a_path():
    frame = staggered()
    with pytest.raises(ValueError, match="base_period='universal'"):
        group_time_att(frame, **NAMES).aggregate("event").event_path()
    with pytest.raises(ValueError, match="this is 'simple'"):
        group_time_att(frame, **NAMES).aggregate().event_path()
    with pytest.raises(ValueError, match="the first bin lies before the reference -1"):
        imputation(frame, **NAMES).event_path(min_event=-1, max_event=3, binned=True)
    with pytest.raises(NotEstimableError, match="up to a straight line"):
        imputation(staggered(starts=(3, 5, 6)), **NAMES).event_path()
    alone = frame.assign(cluster=frame["unit"] % 10, cohort=np.where(frame["unit"] % 10 == 3, 4.0, np.nan))
    with pytest.raises(NotEstimableError, match=r"the error of the effects at event time .* is unknown"):
        group_time_att(alone, cluster="cluster", **NAMES).event_path()


def test_anticipation_moves_the_reference_of_the_path():
    for fit in (
        group_time_att(staggered(), anticipation=1, **NAMES),
        sun_abraham(staggered(), anticipation=1, **NAMES),
        imputation(staggered(), anticipation=1, **NAMES),
    ):
        path = fit.event_path(min_event=-3, max_event=0)
        assert path.reference == -2
        assert path.event_times.tolist() == [-3, -1, 0]


def test_balance_keeps_the_cohorts_and_periods_that_balance_e_of_r_keeps():
    """Cohorts seen `balance` periods on; event times from there down to a panel's length less (R's did)."""
    fit = group_time_att(staggered(starts=(np.nan, 2, 3, 5, 6)), base_period="universal", **NAMES)
    table = fit.table.assign(event=lambda t: t["time"] - t["cohort"])
    for balance, cohorts, first in ((1, [2, 3, 5, 6], -5), (2, [2, 3, 5], -4), (4, [2, 3], -2), (5, [2], -1)):
        kept = table[table["cohort"].isin(cohorts) & table["event"].between(first, balance)]
        found = fit.aggregate("event", balance=balance).table
        expected = kept.groupby("event")["estimate"].mean()
        assert found["event_time"].tolist() == expected.index.tolist()
        np.testing.assert_allclose(found["estimate"], expected, atol=1e-12)


def test_balance_equals_moderndid():
    moderndid = pytest.importorskip("moderndid", reason="moderndid (extra `peers`) is not installed")
    frame = staggered(starts=(np.nan, 2, 3, 5, 6)).assign(first=lambda f: f["cohort"].fillna(0))
    names = {"yname": "y", "tname": "time", "idname": "unit", "gname": "first"}
    theirs = moderndid.att_gt(frame, **names, boot=False)
    for balance in (1, 2, 4):
        ours = group_time_att(frame, **NAMES).aggregate("event", balance=balance)
        peer = moderndid.aggte(theirs, type="dynamic", balance_e=balance, boot=False)
        assert ours.table["event_time"].tolist() == list(peer.event_times)
        np.testing.assert_allclose(ours.table["estimate"], peer.att_by_event, atol=1e-10)
        assert ours.estimate == pytest.approx(peer.overall_att, abs=1e-10)
        assert ours.se == pytest.approx(peer.overall_se, abs=1e-10)
