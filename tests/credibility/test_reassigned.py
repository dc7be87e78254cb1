"""The quick estimators equal the plain ones, whatever the design, the weights and the regressors."""

from __future__ import annotations

from itertools import product

import numpy as np
import plain_reassigned
import pytest

from analysis.credibility.reassigned import ESTIMATORS, TARGETS, Setting, estimates

TIMES = np.arange(2017.0, 2027.0)
NEVER = np.inf
STARTS = {
    "two dates": [2024.0] * 5 + [2026.0] * 3 + [NEVER] * 4,
    "three dates": [2019.0] * 3 + [2021.0] * 3 + [2024.0] * 3 + [NEVER] * 3,
    "none never": [2020.0] * 4 + [2022.0] * 4 + [2030.0] * 4,
}


def settings():
    for choice in product(ESTIMATORS, (0, 1, 2), (False, True), TARGETS):
        try:
            yield Setting(*choice)
        except ValueError:
            continue


@pytest.mark.parametrize("starts", STARTS.values(), ids=STARTS)
def test_the_quick_estimators_equal_the_plain_ones(starts):
    rng = np.random.default_rng(len(starts))
    begin = np.array([rng.permutation(starts) for _ in range(20)])
    outcomes = rng.normal(size=(2, 12, 10))
    touches = np.triu(rng.random((12, 12)) < 0.3, 1)
    touches = (touches | touches.T).astype(float)
    neighbours = touches / np.maximum(touches.sum(axis=1, keepdims=True), 1.0)
    policy = (rng.choice([2019.0, 2023.0, 2024.0, NEVER], size=12)[:, None] <= TIMES).astype(float)
    masses = (rng.random(12) + 0.1, np.where(np.arange(12) == 3, 0.0, 1.0), rng.random((20, 12)) + 0.1)
    regressors = {
        "none": None,
        "policy": policy[None],
        "with one that changes every period": np.stack([policy, rng.normal(size=(12, 10))]),
        "collinear": np.stack([policy, 2 * policy]),
    }
    tried = 0
    for setting, mass, (name, covariates) in product(settings(), masses, regressors.items()):
        if (not setting.by_regression and covariates is not None) or (
            setting.target == "interaction" and covariates is None
        ):
            continue
        given = (setting, outcomes, TIMES, begin, mass)
        quick = estimates(*given, covariates=covariates, neighbours=neighbours)
        estimate, scores, factor = plain_reassigned.estimates(
            *given, covariates=covariates, neighbours=neighbours
        )
        known = np.isfinite(estimate)
        where = f"{setting}, {name}"
        assert np.array_equal(known, np.isfinite(quick.estimate)), where
        assert np.abs(quick.estimate[known] - estimate[known]).max(initial=0) < 1e-10, where
        assert np.abs(quick.scores - scores.swapaxes(1, 2)).max() < 1e-10, where
        assert np.array_equal(np.broadcast_to(factor, quick.factor.shape), quick.factor), where
        tried += 1
    assert tried > 100
