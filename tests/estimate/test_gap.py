"""The gap in its several measures: loops, identities and planted truths."""

import numpy as np
import pandas as pd
import pytest
from survey_samples import loop, survey

from analysis.estimate.gap import (
    adjusted_difference,
    cycle_change,
    level_shares,
    quantile_difference,
    standardised_difference,
)
from analysis.estimate.survey import difference, quantile, regression, share_at_or_above
from analysis.unknown import NotEstimableError

PAIR = {"minuend": 2, "subtrahend": 0}


@pytest.fixture(scope="module", params=["jk2", "brr"])
def sample(request):
    return survey(request.param)


def test_standardised_difference_equals_the_loop(sample):
    def statistic(m, rows, weight):
        values = sample.pv[:, m]
        spread = np.sqrt(np.average((values - np.average(values, weights=weight)) ** 2, weights=weight))
        means = [np.average(values[sample.group == g], weights=weight[sample.group == g]) for g in (2, 0)]
        return (means[0] - means[1]) / spread

    found = standardised_difference(sample.pv, sample.design, group=sample.group, **PAIR).iloc[0]
    estimate, sampling, imputation = loop(sample, statistic)
    assert found["estimate"] == pytest.approx(estimate, rel=1e-10)
    assert found["sampling_variance"] == pytest.approx(sampling, rel=1e-10)
    assert found["imputation_variance"] == pytest.approx(imputation, rel=1e-10)
    assert found["n"] == 600


def test_quantile_difference_equals_the_loop(sample):
    def statistic(m, rows, weight):
        sides = [
            np.quantile(
                sample.pv[sample.group == g, m],
                0.25,
                weights=weight[sample.group == g],
                method="inverted_cdf",
            )
            for g in (2, 0)
        ]
        return sides[0] - sides[1]

    found = quantile_difference(sample.pv, sample.design, [0.25, 0.5], group=sample.group, **PAIR)
    estimate, sampling, _ = loop(sample, statistic)
    assert found["estimate"][0] == pytest.approx(estimate, rel=1e-10)
    assert found["sampling_variance"][0] == pytest.approx(sampling, rel=1e-10)
    medians = quantile(sample.pv, sample.design, 0.5, by=sample.group)["estimate"]
    assert found["estimate"][1] == pytest.approx(medians[2] - medians[0])


def test_adjusted_difference_is_the_coefficient_of_the_group(sample):
    covariates = pd.DataFrame(sample.regressors, columns=["ses", "female"])
    found = adjusted_difference(sample.pv, sample.design, group=sample.group, covariates=covariates, **PAIR)
    rows = sample.group != 1
    frame = covariates[rows].assign(vwo=(sample.group[rows] == 2).astype(float))
    expected = regression(sample.pv[rows], sample.design.take(rows), frame).set_index("term")
    assert found.set_index("term").loc["difference", "estimate"] == pytest.approx(
        expected.loc["vwo", "estimate"]
    )
    assert found.set_index("term").loc["difference", "se"] == pytest.approx(expected.loc["vwo", "se"])


@pytest.mark.parametrize(
    ("unknown", "said"),
    [([0], "in een van de groepen"), ([0, 2], "in beide groepen")],
    ids=["of one group", "of both"],
)
def test_background_that_is_unknown_of_a_whole_group_is_said_as_such(sample, unknown, said):
    covariates = pd.DataFrame({"ses": np.arange(len(sample.group), dtype=float)})
    covariates.loc[np.isin(sample.group, unknown), "ses"] = np.nan
    with pytest.raises(NotEstimableError) as caught:
        adjusted_difference(sample.pv, sample.design, group=sample.group, covariates=covariates, **PAIR)
    assert caught.value.reason == f"{said} zijn van niemand alle kenmerken bekend"


def test_adjusted_difference_without_a_role_for_covariates_is_the_difference(sample):
    rng = np.random.default_rng(0)
    balanced = pd.DataFrame({"x": rng.normal(size=600)})
    raw = difference(sample.pv, sample.design, group=sample.group, **PAIR)["estimate"][0]
    found = adjusted_difference(sample.pv, sample.design, group=sample.group, covariates=balanced, **PAIR)
    assert found.set_index("term").loc["difference", "estimate"] == pytest.approx(raw, abs=5)


def test_a_gap_that_grows_with_a_moderator_is_found(sample):
    covariates = pd.DataFrame(sample.regressors, columns=["ses", "female"])
    planted = sample.pv + 30 * ((sample.group == 2) * sample.regressors[:, 0])[:, None]
    args = {"group": sample.group, "covariates": covariates, "moderator": "ses", **PAIR}
    before = adjusted_difference(sample.pv, sample.design, **args).set_index("term")
    after = adjusted_difference(planted, sample.design, **args).set_index("term")
    name = "difference x ses"
    assert after.loc[name, "estimate"] - before.loc[name, "estimate"] == pytest.approx(30, rel=1e-9)
    with pytest.raises(ValueError, match="moderator age is not among ses, female"):
        adjusted_difference(sample.pv, sample.design, **{**args, "moderator": "age"})


def test_rows_that_miss_a_covariate_are_left_out_and_counted(sample):
    covariates = pd.DataFrame(sample.regressors, columns=["ses", "female"])
    covariates.loc[[0, 5, 9], "ses"] = np.nan
    found = adjusted_difference(sample.pv, sample.design, group=sample.group, covariates=covariates, **PAIR)
    complete = covariates["ses"].notna().to_numpy() & (sample.group != 1)
    assert set(found["n"]) == {complete.sum()}
    with pytest.raises(ValueError, match="has every covariate"):
        adjusted_difference(
            sample.pv, sample.design, group=sample.group, covariates=covariates.assign(ses=np.nan), **PAIR
        )


def test_levels_add_up_and_agree_with_the_shares_above_their_bounds(sample):
    levels = {"A": 563.0, "B": 479.0, "C": 395.0}
    found = level_shares(sample.pv, sample.design, levels, by=pd.Series(sample.group, name="track"))
    assert list(found["level"]) == ["A", "B", "C", "below"] * 3
    assert found.groupby("track")["estimate"].sum().to_numpy() == pytest.approx(1.0)
    above = share_at_or_above(sample.pv, sample.design, 479, by=sample.group)
    two = found[found["level"].isin(["A", "B"])].groupby("track")["estimate"].sum()
    assert two.to_numpy() == pytest.approx(above["estimate"].to_numpy())
    with pytest.raises(ValueError, match="from high to low"):
        level_shares(sample.pv, sample.design, {"C": 395, "A": 563})


def test_a_change_between_cycles_carries_the_linking_error():
    change, se = cycle_change(522.9, 4.53, 508.3, 4.09, 3.0)
    assert change == pytest.approx(-14.6)
    assert se == pytest.approx(np.sqrt(4.53**2 + 4.09**2 + 9))


@pytest.mark.parametrize("unknown", [0, 1, 2])
def test_a_change_with_an_unknown_part_has_no_standard_error(unknown):
    parts = [4.53, 4.09, 3.0]
    parts[unknown] = None
    first, second, link = parts
    assert cycle_change(522.9, first, 508.3, second, link) == (pytest.approx(-14.6), None)


def test_a_negative_linking_error_is_refused():
    with pytest.raises(ValueError, match="zero or more"):
        cycle_change(1, 1, 2, 1, -1)
