"""Two-way fixed effects against least squares on all dummies, and against other programs."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, crv1, dummies, staggered
from linearmodels import PanelOLS

from analysis.estimate.did import two_way_fe

PANELS = {
    "balanced": (staggered(), {}),
    "unbalanced": (staggered(drop=0.2), {}),
    "weighted": (staggered(drop=0.2), {"weights": "w"}),
    "covariate": (staggered(drop=0.2), {"weights": "w", "covariates": ["z"]}),
}


def treated(frame):
    return (frame["time"] >= frame["cohort"]).to_numpy(float)


@pytest.mark.parametrize("cluster", [None, "cluster"])
@pytest.mark.parametrize("case", PANELS)
def test_static_is_least_squares_with_crv1(case, cluster):
    frame, options = PANELS[case]
    fit = two_way_fe(frame, cluster=cluster, **options, **NAMES)
    columns = {"d": treated(frame), **{c: frame[c].to_numpy() for c in options.get("covariates", ())}}
    x, _ = dummies(frame, columns)
    w = frame["w"].to_numpy() if "weights" in options else np.ones(len(frame))
    counted = len(columns) + frame["time"].nunique()
    beta, covariance = crv1(x, frame["y"].to_numpy(), w, frame[cluster or "unit"], len(columns), counted)
    assert fit.estimate == pytest.approx(beta[0], abs=1e-10)
    assert fit.se == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-9)
    assert (fit.n, fit.n_units) == (len(frame), frame["unit"].nunique())
    assert fit.n_clusters == frame[cluster or "unit"].nunique()


def test_event_study_is_least_squares_on_event_time_dummies():
    frame, options = PANELS["covariate"]
    fit = two_way_fe(frame, cluster="cluster", event_study=True, leads=3, **options, **NAMES)
    event = (frame["time"] - frame["cohort"]).clip(lower=-3)
    names = [-3, -2, 0, 1, 2, 3, 4]
    columns = {str(e): (event == e).to_numpy(float) for e in names} | {"z": frame["z"].to_numpy()}
    x, _ = dummies(frame, columns)
    beta, covariance = crv1(
        x, frame["y"].to_numpy(), frame["w"].to_numpy(), frame["cluster"], 8, 8 + frame["time"].nunique()
    )
    table = fit.table.set_index("event_time")
    np.testing.assert_allclose(table.loc[names, "estimate"], beta[:7], atol=1e-9)
    np.testing.assert_allclose(table.loc[names, "se"], np.sqrt(np.diag(covariance))[:7], rtol=1e-8)
    assert table.loc[-1, "estimate"] == 0
    assert np.isnan(table.loc[-1, "se"])
    assert fit.estimate == pytest.approx(beta[2:7].mean(), abs=1e-9)
    share = np.repeat([0, 0.2, 0], [2, 5, 1])
    assert fit.se == pytest.approx(np.sqrt(share @ covariance @ share), rel=1e-8)
    assert (fit.pretrend.q, fit.pretrend.df) == (2, 9)


def test_linearmodels_differs_by_the_parameters_it_counts():
    """Its default with two effects counts unit effects, which are nested in the clusters, as parameters."""
    frame = staggered()
    indexed = frame.assign(d=treated(frame)).set_index(["unit", "time"])
    model = PanelOLS(indexed["y"], indexed[["d"]], entity_effects=True, time_effects=True)
    theirs = model.fit(cov_type="clustered", clusters=indexed["cluster"], group_debias=True)
    ours = two_way_fe(frame, cluster="cluster", **NAMES)
    n, units, periods = len(frame), frame["unit"].nunique(), frame["time"].nunique()
    ratio = (n - 1 - periods) / (n - units - periods)
    assert ours.estimate == pytest.approx(theirs.params["d"], abs=1e-12)
    assert (theirs.std_errors["d"] / ours.se) ** 2 == pytest.approx(ratio, rel=1e-10)


@pytest.mark.parametrize("cluster", ["unit", "cluster"])
def test_equals_pyfixest(cluster):
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest (extra `peers`) is not installed")
    frame = staggered().assign(d=lambda f: treated(f))
    theirs = pyfixest.feols("y ~ d | unit + time", frame, vcov={"CRV1": cluster})
    ours = two_way_fe(frame, cluster=cluster, **NAMES)
    assert ours.estimate == pytest.approx(theirs.coef()["d"], abs=1e-10)
    assert ours.se == pytest.approx(theirs.se()["d"], rel=1e-10)


def test_anticipation_leaves_the_window_out_and_moves_the_reference():
    frame = staggered(noise=0.0).assign(x=0.0)
    moved = frame.assign(y=frame["y"] + 5.0 * (frame["time"] == frame["cohort"] - 1))
    kept = frame[frame["time"] != frame["cohort"] - 1]
    static = two_way_fe(moved, anticipation=1, **NAMES)
    assert static.estimate == pytest.approx(two_way_fe(kept, **NAMES).estimate, abs=1e-10)
    path = two_way_fe(moved, anticipation=1, event_study=True, **NAMES).table.set_index("event_time")
    assert path.loc[-2, "estimate"] == 0
    assert path.loc[-1, "estimate"] > 2


def test_an_event_study_without_never_treated_asks_for_a_choice():
    frame = staggered(starts=(3, 5, 6))
    with pytest.raises(ValueError, match=r"no never-treated units: .* up to a straight line"):
        two_way_fe(frame, event_study=True, **NAMES)
    assert np.isfinite(two_way_fe(frame, event_study=True, leads=2, **NAMES).estimate)
    with pytest.raises(ValueError, match="leads is 1: more than 1"):
        two_way_fe(frame, event_study=True, leads=1, **NAMES)


def test_it_misses_the_effect_when_effects_grow_and_all_are_treated():
    """Why it is not the main estimate: without noise, its coefficient lies far below the mean effect."""
    frame = staggered(starts=(3, 5, 7), effect=0.0, growth=1.0, noise=0.0)
    frame["y"] -= 0.2 * frame["x"] * frame["time"]
    mean = (frame["time"] - frame["cohort"])[frame["time"] >= frame["cohort"]].mean()
    assert two_way_fe(frame, **NAMES).estimate < 0.5 * mean


def test_intervals_follow_t_over_clusters_and_bands_are_wider():
    fit = two_way_fe(staggered(), cluster="cluster", event_study=True, **NAMES)
    low, high = fit.interval()
    assert (high - low) / (2 * fit.se) == pytest.approx(2.228139, abs=1e-5)  # t(10)
    table = fit.intervals().dropna()
    assert (table["high_simultaneous"] > table["high"]).all()
    assert (table["low_simultaneous"] < table["low"]).all()
    pd.testing.assert_frame_equal(fit.intervals(), fit.intervals())
