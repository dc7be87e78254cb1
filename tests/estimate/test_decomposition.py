"""Oaxaca–Blinder–Kitagawa: identities, a loop over replicates, and planted parts."""

import numpy as np
import pandas as pd
import pytest
from survey_samples import loop, survey

from analysis.estimate.decomposition import decompose
from analysis.estimate.survey import difference

PAIR = {"minuend": 2, "subtrahend": 0}


@pytest.fixture(scope="module", params=["jk2", "jk2_full", "brr"])
def sample(request):
    return survey(request.param)


def decomposed(sample, values=None, covariates=None):
    if covariates is None:
        covariates = pd.DataFrame(sample.regressors, columns=["ses", "female"])
    values = sample.pv if values is None else values
    return decompose(values, sample.design, group=sample.group, covariates=covariates, **PAIR)


def part(table, reference, component, term="total"):
    return table.set_index(["reference", "component", "term"]).loc[(reference, component, term)]


@pytest.mark.parametrize("reference", [0, 2])
def test_the_parts_add_up_to_the_gap(sample, reference):
    table = decomposed(sample)
    gap = difference(sample.pv, sample.design, group=sample.group, **PAIR).iloc[0]
    assert part(table, reference, "gap")["estimate"] == pytest.approx(gap["estimate"])
    assert part(table, reference, "gap")["se"] == pytest.approx(gap["se"])
    explained = part(table, reference, "explained")["estimate"]
    assert explained + part(table, reference, "unexplained")["estimate"] == pytest.approx(gap["estimate"])
    detail = sum(part(table, reference, "explained", name)["estimate"] for name in ("ses", "female"))
    assert detail == pytest.approx(explained)


@pytest.mark.parametrize("reference", [0, 2])
def test_parts_and_their_errors_equal_the_loop(sample, reference):
    def explained(m, rows, weight):
        means, slopes = {}, {}
        for group in (0, 2):
            inside = sample.group == group
            x, y, w = sample.regressors[inside], sample.pv[inside, m], weight[inside]
            root = np.sqrt(w)
            matrix = np.column_stack([np.ones(len(x)), x]) * root[:, None]
            slopes[group] = np.linalg.lstsq(matrix, y * root, rcond=None)[0][1:]
            means[group] = np.average(x, axis=0, weights=w)
        return (means[2] - means[0]) @ slopes[reference]

    estimate, sampling, imputation = loop(sample, explained)
    found = part(decomposed(sample), reference, "explained")
    assert found["estimate"] == pytest.approx(estimate, rel=1e-9)
    assert found["sampling_variance"] == pytest.approx(sampling, rel=1e-9)
    assert found["imputation_variance"] == pytest.approx(imputation, rel=1e-9)


def test_a_gap_made_of_composition_alone_is_explained_in_both_directions():
    sample = survey("jk2", n=3000)
    rng = np.random.default_rng(5)
    ses = rng.normal(size=3000) + 0.8 * (sample.group == 2)
    values = 500 + 25 * ses[:, None] + rng.normal(0, 1e-6, (3000, 5))
    table = decomposed(sample, values, pd.DataFrame({"ses": ses}))
    for reference in (0, 2):
        assert part(table, reference, "unexplained")["estimate"] == pytest.approx(0, abs=1e-4)
        assert part(table, reference, "explained")["estimate"] == pytest.approx(20, abs=2)


def test_the_directions_differ_when_slopes_do():
    sample = survey("jk2", n=3000)
    rng = np.random.default_rng(6)
    top = sample.group == 2
    ses = rng.normal(size=3000) + 1.0 * top
    values = 500 + np.where(top, 30, 10)[:, None] * ses[:, None] + rng.normal(0, 1e-6, (3000, 5))
    table = decomposed(sample, values, pd.DataFrame({"ses": ses}))
    gap = np.average(ses[top], weights=sample.design.weight[top])
    gap -= np.average(ses[sample.group == 0], weights=sample.design.weight[sample.group == 0])
    assert part(table, 0, "explained")["estimate"] == pytest.approx(10 * gap, rel=1e-4)
    assert part(table, 2, "explained")["estimate"] == pytest.approx(30 * gap, rel=1e-4)


def test_rows_without_a_covariate_are_left_out_and_a_group_without_rows_is_an_error(sample):
    covariates = pd.DataFrame(sample.regressors, columns=["ses", "female"])
    covariates.loc[:9, "ses"] = np.nan
    complete = covariates["ses"].notna().to_numpy() & (sample.group != 1)
    assert set(decomposed(sample, covariates=covariates)["n"]) == {complete.sum()}
    covariates.loc[sample.group == 2, "ses"] = np.nan
    with pytest.raises(ValueError, match="a group has no row with every covariate"):
        decomposed(sample, covariates=covariates)
