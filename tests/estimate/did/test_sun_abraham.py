"""The interaction-weighted regression against least squares on all its dummies."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, crv1, dummies, staggered

from analysis.estimate.did import group_time_att, sun_abraham

CASES = {
    "balanced": (staggered(), {}),
    "unbalanced": (staggered(drop=0.2), {}),
    "weighted": (staggered(drop=0.2), {"weights": "w"}),
    "covariates": (staggered(drop=0.2).assign(z2=lambda f: f["z"] * f["time"]), {"covariates": ["z", "z2"]}),
    "all": (staggered(drop=0.2), {"weights": "w", "covariates": ["z"]}),
}


def saturated(frame, options, cluster, cells):
    """Coefficients and CRV1 of a dummy for each (cohort, period) in `cells`, with unit and period effects."""
    columns = {(g, t): ((frame["cohort"] == g) & (frame["time"] == t)).to_numpy(float) for g, t in cells}
    columns |= {c: frame[c].to_numpy() for c in options.get("covariates", ())}
    x, _ = dummies(frame, columns)
    w = frame["w"].to_numpy() if "weights" in options else np.ones(len(frame))
    counted = len(columns) + frame["time"].nunique()
    beta, covariance = crv1(x, frame["y"].to_numpy(), w, frame[cluster], len(columns), counted)
    return beta[: len(cells)], covariance[: len(cells), : len(cells)], w


@pytest.mark.parametrize("cluster", [None, "cluster"])
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_saturated_regression(case, cluster):
    frame, options = CASES[case]
    fit = sun_abraham(frame, cluster=cluster, **options, **NAMES)
    table = fit.cohort_table
    cells = list(zip(table["cohort"], table["time"], strict=True))
    beta, covariance, w = saturated(frame, options, cluster or "unit", cells)
    np.testing.assert_allclose(table["estimate"], beta, atol=1e-9)
    np.testing.assert_allclose(table["se"], np.sqrt(np.diag(covariance)), rtol=1e-7)
    mass = [w[((frame["cohort"] == g) & (frame["time"] == t)).to_numpy()].sum() for g, t in cells]
    np.testing.assert_allclose(table["n"], mass)
    for event, rows in table.groupby("event_time"):
        share = np.zeros(len(cells))
        share[rows.index] = rows["n"] / rows["n"].sum()
        line = fit.table.set_index("event_time").loc[event]
        assert line["estimate"] == pytest.approx(share @ beta, abs=1e-9)
        assert line["se"] == pytest.approx(np.sqrt(share @ covariance @ share), rel=1e-7)
    post = np.where(table["event_time"] >= 0, table["n"], 0)
    post = post / post.sum()
    assert fit.estimate == pytest.approx(post @ beta, abs=1e-9)
    assert fit.se == pytest.approx(np.sqrt(post @ covariance @ post), rel=1e-7)


def test_without_never_treated_the_last_cohort_is_the_control_until_its_start():
    frame = staggered(starts=(3, 5, 6))
    fit = sun_abraham(frame, **NAMES)
    assert fit.dropped == (("periods from 6 on, when no controls are left", 2),)
    assert set(fit.cohort_table["cohort"]) == {3, 5}
    early = frame[frame["time"] < 6].assign(cohort=lambda f: f["cohort"].where(f["cohort"] < 6))
    pd.testing.assert_frame_equal(fit.table, sun_abraham(early, **NAMES).table)


def test_anticipation_moves_the_reference():
    fit = sun_abraham(staggered(), anticipation=1, **NAMES)
    assert fit.table.set_index("event_time").loc[-2, "estimate"] == 0
    ours = group_time_att(staggered(), anticipation=1, base_period="universal", **NAMES)
    pairs = fit.cohort_table.merge(ours.table, on=["cohort", "time"])
    assert len(pairs) == len(fit.cohort_table)
    np.testing.assert_allclose(pairs["estimate_x"], pairs["estimate_y"], atol=1e-12)


def test_event_study_of_a_panel_with_gaps_uses_the_last_period_before_treatment():
    frame = staggered(periods=9, starts=(np.nan, 4, 8)).query("time in [1, 2, 3, 6, 9]")
    fit = sun_abraham(frame, **NAMES)
    expected = group_time_att(frame, base_period="universal", **NAMES).table.dropna()
    pairs = fit.cohort_table.merge(expected, on=["cohort", "time"])
    np.testing.assert_allclose(pairs["estimate_x"], pairs["estimate_y"], atol=1e-12)


def test_treated_from_the_start_is_left_out_and_counted():
    frame = staggered(starts=(np.nan, 1, 4))
    fit = sun_abraham(frame, **NAMES)
    assert fit.dropped == (("units without a period before treatment", 20),)
    pd.testing.assert_frame_equal(fit.table, sun_abraham(frame[frame["cohort"] != 1], **NAMES).table)


def test_equals_pyfixest():
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest (extra `peers`) is not installed")
    frame = staggered()
    fit = sun_abraham(frame, cluster="cluster", **NAMES)
    cells = list(zip(fit.cohort_table["cohort"], fit.cohort_table["time"], strict=True))
    wide = frame.copy()
    for number, (g, t) in enumerate(cells):
        wide[f"d{number}"] = ((frame["cohort"] == g) & (frame["time"] == t)).astype(float)
    formula = " + ".join(f"d{number}" for number in range(len(cells)))
    theirs = pyfixest.feols(f"y ~ {formula} | unit + time", wide, vcov={"CRV1": "cluster"})
    np.testing.assert_allclose(fit.cohort_table["estimate"], theirs.coef().to_numpy(), atol=1e-10)
    np.testing.assert_allclose(fit.cohort_table["se"], theirs.se().to_numpy(), rtol=1e-10)
