"""The jump at a threshold, against least squares by statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.estimate.discontinuity import discontinuity
from analysis.unknown import NotEstimableError


@pytest.fixture
def scores():
    rng = np.random.default_rng(1)
    score = rng.uniform(20, 90, 240)
    outcome = 3 + 0.1 * score + 4 * (score >= 55) + rng.normal(0, 1 + 0.02 * score)
    return score, outcome


def test_it_is_the_regression_with_an_interaction(scores):
    score, outcome = scores
    near = np.abs(score - 55) <= 20
    x, above = score[near] - 55, score[near] >= 55
    design = np.column_stack([np.ones_like(x), above, x, x * above])
    fit = sm.OLS(outcome[near], design).fit(cov_type="HC2", use_t=True)
    found = discontinuity(score, outcome, threshold=55, bandwidth=20)
    assert found.estimate == pytest.approx(fit.params[1], rel=1e-10)
    assert found.se == pytest.approx(fit.bse[1], rel=1e-10)
    assert found.p_value == pytest.approx(fit.pvalues[1], rel=1e-8)
    assert (found.below, found.above) == ((near & (score < 55)).sum(), (near & (score >= 55)).sum())
    assert found.freedom == near.sum() - 4


def test_who_scores_the_threshold_got_the_programme():
    score = np.array([*range(-6, 0), *range(6)], dtype=float)
    outcome = np.where(score >= 0, 5.0, 2.0) + 0.5 * score
    found = discontinuity(score, outcome, threshold=0, bandwidth=10)
    assert found.estimate == pytest.approx(3.0)
    assert (found.below, found.above) == (6, 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [1.0, 2.0]}, "one row each for all"),
        ({"bandwidth": 0.0}, "bandwidth is 0.0: above zero"),
        ({"score": [1.0, np.nan, 3.0]}, "row 2: score nan and outcome 2.0"),
    ],
)
def test_bad_input_gives_no_number(change, message):
    given = {"score": [1.0, 2.0, 3.0], "outcome": [1.0, 2.0, 3.0], "bandwidth": 1.0, **change}
    with pytest.raises(ValueError, match=message):
        discontinuity(given["score"], given["outcome"], threshold=2.0, bandwidth=given["bandwidth"])


def test_too_few_scores_around_the_threshold():
    score = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    with pytest.raises(NotEstimableError) as error:
        discontinuity(score, score, threshold=5, bandwidth=10)
    assert error.value.reason == "er zijn te weinig scores rond de grens"
    with pytest.raises(NotEstimableError):
        discontinuity(np.repeat([1.0, 9.0], 6), np.arange(12.0), threshold=5, bandwidth=10)
