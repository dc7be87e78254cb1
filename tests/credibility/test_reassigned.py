"""The engine equals estimators written out plainly, whatever the design, the weights and the regressors."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import plain_reassigned
import pytest

from analysis.inference import ClusterPanel, Setting
from analysis.inference.reassigned import statistics
from analysis.inference.setting import ESTIMATORS, TARGETS

TIMES = np.arange(2017.0, 2027.0)
NEVER = np.inf
STARTS = {
    "two dates": [2024.0] * 5 + [2026.0] * 3 + [NEVER] * 4,
    "three dates": [2019.0] * 3 + [2021.0] * 3 + [2024.0] * 3 + [NEVER] * 3,
    "none never": [2020.0] * 4 + [2022.0] * 4 + [2030.0] * 4,
}


def panel_of(outcome: np.ndarray, mass: np.ndarray) -> ClusterPanel:
    """Each cluster one row."""
    return ClusterPanel(
        clusters=tuple(f"P{g:02d}" for g in range(12)),
        times=TIMES,
        start=np.full(12, NEVER),
        cluster=np.arange(12),
        outcome=outcome,
        weight=np.repeat(mass[:, None], 10, axis=1),
        size=mass,
        count=np.ones(12, dtype=int),
        observations=120,
    )


def in_quarters(panel: ClusterPanel, outcomes: np.ndarray, rng) -> tuple[ClusterPanel, np.ndarray]:
    """Four rows a cluster that together are it: their weights change, so that no shortcut is taken."""
    count = len(panel.clusters)
    rows = np.repeat(np.arange(count), 4)
    share = rng.dirichlet(np.ones(4), size=count).ravel()
    noise = rng.normal(size=(len(outcomes), len(rows), 1))  # an effect of the row: swept out
    weight = panel.weight[rows] * share[:, None]
    quarters = replace(
        panel,
        cluster=rows,
        outcome=panel.outcome[rows],
        weight=weight * (1 + 1e-15),
        size=weight[:, 0],
        count=np.ones(len(rows), dtype=int),
    )
    return quarters, outcomes[:, rows] + noise


def settings():
    for choice in product(ESTIMATORS, (0, 1, 2), (False, True), TARGETS):
        try:
            yield Setting(*choice)
        except ValueError:
            continue


@pytest.mark.parametrize("starts", STARTS.values(), ids=STARTS)
def test_the_engine_equals_the_plain_estimators(starts):
    rng = np.random.default_rng(len(starts))
    begin = np.array([rng.permutation(starts) for _ in range(20)])
    outcomes = rng.normal(size=(2, 12, 10))
    touches = np.triu(rng.random((12, 12)) < 0.3, 1)
    touches = (touches | touches.T).astype(float)
    neighbours = touches / np.maximum(touches.sum(axis=1, keepdims=True), 1.0)
    policy = (rng.choice([2019.0, 2023.0, 2024.0, NEVER], size=12)[:, None] <= TIMES).astype(float)
    regressors = {
        "none": None,
        "policy": policy[None],
        "with one that changes every period": np.stack([policy, rng.normal(size=(12, 10))]),
        "collinear": np.stack([policy, 2 * policy]),
    }
    mass = rng.random(12) + 0.1
    panel = panel_of(outcomes[0], mass)
    quarters, their_outcomes = in_quarters(panel, outcomes, rng)
    tried = 0
    for setting, (name, covariates) in product(settings(), regressors.items()):
        if (not setting.by_regression and covariates is not None) or (
            setting.target == "interaction" and covariates is None
        ):
            continue
        extra = {"covariates": covariates, "neighbours": neighbours}
        found = statistics(panel, setting, begin, outcomes, **extra)
        again = statistics(quarters, setting, begin, their_outcomes, **extra)
        where = f"{setting}, {name}"
        assert np.allclose(again.estimate, found.estimate, atol=1e-9, equal_nan=True), where
        assert np.allclose(again.without, found.without, atol=1e-9, equal_nan=True), where
        for place in (None, 3, 11):
            kept = mass if place is None else np.where(np.arange(12) == place, 0.0, mass)
            plain, _, _ = plain_reassigned.estimates(setting, outcomes, TIMES, begin, kept, **extra)
            quick = found.estimate if place is None else found.without[:, :, place]
            known = np.isfinite(plain)
            assert np.isfinite(quick)[known].all(), where
            assert np.abs(quick[known] - plain[known]).max(initial=0) < 1e-9, where
        tried += 1
    assert tried > 40
