"""The county employment data of Callaway & Sant'Anna (2021), against the published figures.

The data are those of the R package ``did`` (mpdta: 500 counties, 2003–2007) and stay out of the repository;
the tests read them from the Python package moderndid where that is installed. Published: the package's
vignettes (effects to four digits, p-values of the pre-test) and the help file of the Stata command csdid
(doubly robust effects and analytic errors to seven digits).
"""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.did import bacon, group_time_att, two_way_fe

moderndid = pytest.importorskip(
    "moderndid", reason="moderndid (extra `peers`), which carries mpdta, is not installed"
)

NAMES = {"unit": "countyreal", "time": "year", "cohort": "cohort", "outcome": "lemp"}
CELLS = [(g, t) for g in (2004, 2006, 2007) for t in (2004, 2005, 2006, 2007)]
UNCONDITIONAL = [
    -0.0105, -0.0704, -0.1373, -0.1008, 0.0065, -0.0028, -0.0046, -0.0412, 0.0305, -0.0027, -0.0311, -0.0261,
]  # fmt: skip
UNCONDITIONAL_SE = [
    0.0233, 0.0310, 0.0364, 0.0344, 0.0233, 0.0196, 0.0178, 0.0202, 0.0150, 0.0164, 0.0179, 0.0167,
]  # fmt: skip
WITH_POPULATION = [
    -0.0145297, -0.0764219, -0.1404483, -0.1069039, -0.0004721, -0.0062025, 0.0009606, -0.0412939,
    0.0267278, -0.0045766, -0.0284475, -0.0287814,
]  # fmt: skip
WITH_POPULATION_SE = [
    0.0221292, 0.0286713, 0.0353782, 0.0328865, 0.0222234, 0.0184957, 0.0194002, 0.0197211,
    0.0140657, 0.0157178, 0.0181809, 0.0162390,
]  # fmt: skip


@pytest.fixture(scope="module")
def mpdta() -> pd.DataFrame:
    data = moderndid.load_mpdta().to_pandas()
    assert data.shape == (2500, 6)
    return data.assign(cohort=data["first.treat"].where(data["first.treat"] > 0).astype(float))


def test_effects_without_covariates(mpdta):
    fit = group_time_att(mpdta, **NAMES)
    assert list(zip(fit.table["cohort"], fit.table["time"], strict=True)) == CELLS
    np.testing.assert_allclose(fit.estimates, UNCONDITIONAL, atol=5.01e-5)
    np.testing.assert_allclose(fit.se, UNCONDITIONAL_SE, atol=5.01e-5)
    assert fit.pretrend.p_value == pytest.approx(0.16812, abs=5e-6)


def test_effects_given_population(mpdta):
    fit = group_time_att(mpdta, covariates=["lpop"], **NAMES)
    np.testing.assert_allclose(fit.estimates, WITH_POPULATION, atol=5.01e-8)
    np.testing.assert_allclose(fit.se, WITH_POPULATION_SE, atol=5.01e-8)
    assert fit.pretrend.p_value == pytest.approx(0.23267, abs=5e-6)


PEER = {"never": "nevertreated", "not_yet": "notyettreated"}
KINDS = {"simple": "simple", "group": "group", "event": "dynamic", "calendar": "calendar"}


@pytest.mark.parametrize("base_period", ["varying", "universal"])
@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize("control", PEER)
@pytest.mark.parametrize("est_method", ["reg", "ipw", "dr"])
@pytest.mark.parametrize("covariates", [(), ("lpop",)], ids=["none", "lpop"])
def test_everything_equals_moderndid(mpdta, covariates, est_method, control, anticipation, base_period):
    ours = group_time_att(
        mpdta,
        covariates=covariates,
        est_method=est_method,
        control=control,
        anticipation=anticipation,
        base_period=base_period,
        **NAMES,
    )
    theirs = moderndid.att_gt(
        mpdta,
        yname="lemp",
        tname="year",
        idname="countyreal",
        gname="first.treat",
        xformla="~ lpop" if covariates else "~1",
        est_method=est_method,
        control_group=PEER[control],
        anticipation=anticipation,
        base_period=base_period,
        boot=False,
    )
    np.testing.assert_array_equal(ours.table["cohort"], theirs.groups)
    np.testing.assert_array_equal(ours.table["time"], theirs.times)
    np.testing.assert_allclose(ours.estimates, theirs.att_gt, atol=1e-10)
    np.testing.assert_allclose(ours.se, np.array(theirs.se_gt, dtype=float), atol=1e-10)
    for kind, name in KINDS.items():
        mean, peer = ours.aggregate(kind), moderndid.aggte(theirs, type=name, boot=False)
        assert mean.estimate == pytest.approx(peer.overall_att, abs=1e-10)
        assert mean.se == pytest.approx(peer.overall_se, abs=1e-10)
        if kind != "simple":
            np.testing.assert_allclose(mean.table["estimate"], peer.att_by_event, atol=1e-10)
            errors = np.array(peer.se_by_event, dtype=float)
            np.testing.assert_allclose(mean.table["se"], errors, atol=1e-10)


def test_weights_equal_moderndid(mpdta):
    """Weights as the package's authors use them: one a county, here its population."""
    weighted = mpdta.assign(w=np.exp(mpdta["lpop"]))
    for covariates in ((), ("lpop",)):
        ours = group_time_att(weighted, weights="w", covariates=covariates, control="not_yet", **NAMES)
        theirs = moderndid.att_gt(
            weighted,
            yname="lemp",
            tname="year",
            idname="countyreal",
            gname="first.treat",
            xformla="~ lpop" if covariates else "~1",
            weightsname="w",
            control_group="notyettreated",
            boot=False,
        )
        np.testing.assert_allclose(ours.estimates, theirs.att_gt, atol=1e-10)
        np.testing.assert_allclose(ours.se, np.array(theirs.se_gt, dtype=float), atol=1e-10)


def test_two_way_coefficient_and_its_decomposition(mpdta):
    coefficient = two_way_fe(mpdta, **NAMES).estimate
    assert coefficient == pytest.approx(-0.0365, abs=5e-5)  # Callaway & Sant'Anna (2021), table 3
    assert bacon(mpdta, **NAMES).estimate == pytest.approx(coefficient, abs=1e-12)
