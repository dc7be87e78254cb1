"""Nested variance components: against a dense likelihood, a reference package, and a known truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimate.variance_components import dummies, nested_variance_components


def pupils(seed=4, sds=(0.3, 0.4, 0.5), slope=0.5):
    rng = np.random.default_rng(seed)
    rows = []
    for province in range(12):
        p = rng.normal(0, sds[0])
        for municipality in range(rng.integers(3, 9)):
            m = rng.normal(0, sds[1])
            for school in range(rng.integers(1, 5)):
                s = rng.normal(0, sds[2])
                for _ in range(rng.integers(3, 12)):
                    x = rng.normal()
                    y = 1 + slope * x + p + m + s + rng.normal()
                    rows.append((province, f"{municipality}", f"{school}", x, y))
    return pd.DataFrame(rows, columns=["province", "municipality", "school", "x", "y"])


def fit(frame, known=None):
    design = pd.DataFrame({"const": 1.0, "x": frame["x"]})
    return nested_variance_components(
        frame["y"], design, frame[["province", "municipality", "school"]], known=known
    )


def test_matches_statsmodels():
    """MixedLM of statsmodels 0.15.0 (REML, groups province, variance components municipality and school).

    y ~ x on the frame above with seed 4, fit(reml=True, method=["bfgs"], gtol=1e-10).
    """
    found = fit(pupils())
    assert found.deviance == pytest.approx(4026.7212990412, abs=1e-6)
    assert found.table["variance"].to_numpy() == pytest.approx(
        [0.11313145, 0.14594994, 0.23824962, 1.03518340], rel=1e-4
    )
    assert found.coefficients.to_numpy() == pytest.approx([1.07724557, 0.49442726], abs=1e-6)


def test_likelihood_and_coefficients_match_a_dense_covariance_matrix():
    frame = pupils(seed=1).iloc[:200].reset_index(drop=True)
    found = fit(frame)
    sizes = found.table["variance"].to_numpy()
    covariance = sizes[3] * np.eye(len(frame))
    names = ["province", "municipality", "school"]
    for i in range(3):
        key = frame[names[: i + 1]].astype(str).agg("/".join, axis=1).to_numpy()
        covariance += sizes[i] * (key[:, None] == key[None, :])
    x = np.column_stack([np.ones(len(frame)), frame["x"]])
    inverse = np.linalg.inv(covariance)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ frame["y"])
    rest = frame["y"] - x @ beta
    deviance = (
        np.linalg.slogdet(covariance)[1]
        + np.linalg.slogdet(information)[1]
        + rest @ inverse @ rest
        + (len(frame) - 2) * np.log(2 * np.pi)
    )
    assert found.deviance == pytest.approx(deviance, abs=1e-7)
    assert found.coefficients.to_numpy() == pytest.approx(beta, abs=1e-10)
    assert found.covariance.to_numpy() == pytest.approx(np.linalg.inv(information), rel=1e-8)
    given = fit(frame, known=dict(zip([*names, "residual"], np.sqrt(sizes), strict=True)))
    assert given.covariance.to_numpy() == pytest.approx(np.linalg.inv(information), rel=1e-8)


def test_balanced_one_way_matches_the_analysis_of_variance():
    rng = np.random.default_rng(8)
    groups, size = 30, 7
    y = (rng.normal(0, 1, groups)[:, None] + rng.normal(0, 2, (groups, size))).ravel()
    level = pd.DataFrame({"school": np.repeat(np.arange(groups), size)})
    found = nested_variance_components(pd.Series(y), pd.DataFrame({"const": np.ones(len(y))}), level)
    table = y.reshape(groups, size)
    within = table.var(axis=1, ddof=1).mean()
    between = table.mean(axis=1).var(ddof=1) - within / size
    assert found.table["variance"].to_numpy() == pytest.approx([between, within], rel=1e-5)


def test_unbiased_over_repetitions():
    truth = np.array([0.3, 0.4, 0.5, 1.0]) ** 2
    draws = np.array([fit(pupils(seed=100 + r)).table["variance"].to_numpy() for r in range(40)])
    z = (draws.mean(axis=0) - truth) / (draws.std(axis=0, ddof=1) / np.sqrt(len(draws)))
    assert np.abs(z).max() < stats.norm.ppf(1 - 0.001 / 8), z


def test_zero_variance_is_found_and_not_stuck_elsewhere():
    frame = pupils(seed=3, sds=(0.0, 0.0, 0.5))
    found = fit(frame)
    assert found.sd("province") < 0.12
    assert found.sd("school") == pytest.approx(0.5, abs=0.1)


def test_one_group_each_cannot_be_told_apart():
    frame = pupils()
    frame["school"] = "1"
    with pytest.raises(ValueError, match="'school' has 71 groups within 71 of 'municipality'"):
        fit(frame)
    frame = pupils().drop_duplicates(["province", "municipality", "school"]).reset_index(drop=True)
    with pytest.raises(ValueError, match="there are 181 rows within 181 of 'school'"):
        fit(frame)


def test_bad_input():
    frame = pupils()
    with pytest.raises(ValueError, match="collinear"):
        nested_variance_components(
            frame["y"],
            pd.DataFrame({"const": 1.0, "again": 2.0}, index=frame.index),
            frame[["province"]],
        )
    with pytest.raises(ValueError, match="column outcome is missing or infinite in 1 rows"):
        fit(frame.assign(y=frame["y"].where(frame.index != 7)))
    with pytest.raises(ValueError, match="expected province, municipality, school, residual"):
        fit(frame, known={"province": 1.0})
    with pytest.raises(ValueError, match="unknown value mavo"):
        dummies(pd.DataFrame({"track": ["vwo", "mavo"]}), "track", categories=["vmbo", "vwo"])
