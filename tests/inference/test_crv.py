"""CRV1 and CRV3 against regressions written out in full, and against linearmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, dummies, make_panel, refit
from linearmodels.panel import PanelOLS
from scipy import stats

from analysis.inference import cluster_robust


def brute(frame, columns, covariates=()):
    w = frame[columns["weights"]].to_numpy() if "weights" in columns else np.ones(len(frame))
    beta, se = refit(dummies(frame, covariates), frame["y"].to_numpy(), w, frame["province"].to_numpy())
    return beta, se * np.sqrt(small_sample(frame, covariates))


def small_sample(frame, covariates=()):
    """(N - 1)/(N - K), with K the treatment, the covariates and the periods."""
    rows = len(frame)
    return (rows - 1) / (rows - 1 - len(covariates) - frame["year"].nunique())


def test_estimate_and_crv1_equal_the_full_dummy_regression(panel):
    frame, columns = panel
    found = cluster_robust(frame, **columns)
    assert (found.estimate, found.se_crv1) == pytest.approx(brute(frame, columns), rel=1e-10)


def test_crv3_equals_refitting_without_each_cluster(panel):
    frame, columns = panel
    found = cluster_robust(frame, **columns)
    without = np.array(
        [brute(frame[frame["province"] != place], columns)[0] for place in np.unique(frame["province"])]
    )
    assert found.leave_one_out == pytest.approx(without, rel=1e-9)
    se = np.sqrt(11 / 12 * ((without - brute(frame, columns)[0]) ** 2).sum())
    assert found.se_crv3 == pytest.approx(se, rel=1e-10)
    assert found.p_crv3 == pytest.approx(2 * stats.t.sf(abs(found.estimate) / se, 11), rel=1e-9)
    half = stats.t.ppf(0.975, 11) * se
    assert found.interval_crv3 == pytest.approx((found.estimate - half, found.estimate + half), rel=1e-9)


def test_covariates_are_partialled_out(panel):
    frame, columns = panel
    found = cluster_robust(frame, **columns, covariates=["x"])
    assert (found.estimate, found.se_crv1) == pytest.approx(brute(frame, columns, ("x",)), rel=1e-10)
    assert found.estimate != pytest.approx(cluster_robust(frame, **columns).estimate, rel=1e-3)


def test_crv1_equals_linearmodels_without_counting_nested_effects(panel):
    frame, columns = panel
    indexed = frame.set_index(["unit", "year"])
    indexed["treated"] = (frame["year"] >= frame["cohort"]).to_numpy(float)
    weights = indexed[[columns["weights"]]] if "weights" in columns else None
    model = PanelOLS(
        indexed["y"], indexed[["treated"]], entity_effects=True, time_effects=True, weights=weights
    )
    clusters = indexed["province"].str[2:].astype(int)
    fitted = model.fit(
        cov_type="clustered", clusters=clusters, group_debias=True, auto_df=False, count_effects=False
    )
    found = cluster_robust(frame, **columns)
    assert found.estimate == pytest.approx(fitted.params["treated"], rel=1e-10)
    se = fitted.std_errors["treated"] * np.sqrt(small_sample(frame))
    assert found.se_crv1 == pytest.approx(se, rel=1e-10)


@pytest.mark.parametrize(
    ("weights", "estimate", "se"),
    [(None, -0.4886172126156453, 0.5348518412781794), ("w", -0.44005573433452194, 0.5880651165390185)],
)
def test_crv1_equals_the_numbers_of_pyfixest(weights, estimate, se):
    """pyfixest 0.60.0: feols("y ~ treated | unit + year", vcov={"CRV1": "province"}, weights=weights).

    Its CRV3 differs: it multiplies the jackknife by the small-sample factor of CRV1 once more, so that on
    this panel it is 1.1096 times ours. MacKinnon, Nielsen & Webb define it without.
    """
    frame = make_panel(DESIGNS["staggered"], drop=0.1)
    found = cluster_robust(frame, **COLUMNS, weights=weights)
    assert (found.estimate, found.se_crv1) == pytest.approx((estimate, se), rel=1e-10)


def test_treatment_may_vary_within_clusters():
    frame = make_panel(DESIGNS["staggered"])
    frame.loc[frame["unit"] % 3 == 0, "cohort"] = 2015.0
    found = cluster_robust(frame, **COLUMNS)
    assert (found.estimate, found.se_crv1) == pytest.approx(brute(frame, COLUMNS), rel=1e-10)


def test_one_treated_cluster_has_no_crv3():
    found = cluster_robust(make_panel([2014.0] + [NEVER] * 11), **COLUMNS)
    assert found.se_crv3 is None
    assert found.p_crv3 is None
    assert found.interval_crv3 is None
    assert np.isnan(found.leave_one_out).sum() == 1


def test_provinces_may_be_the_units_themselves():
    frame = make_panel(DESIGNS["one date"])
    means = frame.groupby(["province", "year", "cohort"], as_index=False, dropna=False)["y"].mean()
    columns = {**COLUMNS, "unit": "province"}
    found = cluster_robust(means, **columns)
    beta, se = brute(means.assign(unit=means["province"]), COLUMNS)
    assert (found.estimate, found.se_crv1) == pytest.approx((beta, se), rel=1e-10)
    nullable = means.assign(cohort=means["cohort"].astype("Int64"))
    assert cluster_robust(nullable, **columns).estimate == found.estimate


def test_row_order_does_not_matter():
    frame = make_panel(DESIGNS["staggered"], drop=0.1)
    again = cluster_robust(frame.sample(frac=1.0, random_state=9), **COLUMNS)
    assert again.estimate == pytest.approx(cluster_robust(frame, **COLUMNS).estimate, rel=1e-12)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="y"), "column y is absent"),
        (lambda f: f.iloc[:0], "no rows"),
        (
            lambda f: f.assign(y=f["y"].where(f.index != f.index[3])),
            "column y is missing or infinite in 1 of",
        ),
        (lambda f: f.assign(w=f["w"].where(f.index != f.index[3], 0.0)), "w of zero or less"),
        (lambda f: f.assign(province=None), "no province"),
        (lambda f: f.assign(province="PV20"), "one cluster"),
        (lambda f: pd.concat([f, f.iloc[:1]]), "more than once"),
        (lambda f: f.assign(cohort=f["cohort"].where(f["year"] < 2015)), "cohort changes within"),
        (
            lambda f: f.assign(province=f["province"].where(f["year"] < 2015, "PV31")),
            "province changes within",
        ),
        (lambda f: f.assign(cohort=np.nan), "does not vary"),
        (lambda f: f.assign(cohort=2014.0), "does not vary"),
        (lambda f: f.assign(y=1.0), "outcome does not vary"),
        (lambda f: f.assign(y=f["unit"] ** 2 + np.sin(f["year"])), "outcome does not vary"),
        (lambda f: f.assign(y="veel"), "must be numeric"),
    ],
)
def test_bad_input_never_yields_a_number(spoil, message):
    frame = make_panel(DESIGNS["staggered"])
    with pytest.raises(ValueError, match=message):
        cluster_robust(spoil(frame), **COLUMNS, weights="w")
