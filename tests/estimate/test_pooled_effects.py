"""Partial pooling with lasting shocks: against a direct computation, coverage, what it refuses."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimate.pooled_effects import pooled_effects
from analysis.unknown import NotEstimableError

module = import_module("analysis.estimate.pooled_effects")
COLUMNS = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "y"}
STARTS = np.array([6, np.inf, 6, np.inf, 6, 8, np.inf, 8, np.inf, 6])


def drawn(rng, rho=0.6, omega=0.5, mean=1.0, starts=STARTS, periods=9, sd=0.8):
    count = len(starts)
    shocks = rng.standard_normal((count, periods))
    for t in range(1, periods):
        shocks[:, t] = rho * shocks[:, t - 1] + np.sqrt(1 - rho**2) * shocks[:, t]
    effect = rng.normal(mean, omega, count)
    y = rng.normal(0, 2, (count, 1)) + rng.normal(0, 3, periods) + sd * shocks
    y += effect[:, None] * (np.arange(1, periods + 1) >= starts[:, None])
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(count), periods),
            "time": np.tile(np.arange(1, periods + 1), count),
            "cohort": np.repeat(np.where(np.isinf(starts), np.nan, starts), periods),
            "y": y.ravel(),
        }
    )
    return frame, effect


def test_mean_is_that_of_generalised_least_squares_at_given_variances(monkeypatch):
    """A grid of one point: the mixed model written out with all its matrices."""
    frame, _ = drawn(np.random.default_rng(1))
    y = frame["y"].to_numpy()
    rho, sigma = 0.4, 0.3 * _rough(y.reshape(10, 9))  # the lowest point of the grid of σ
    monkeypatch.setattr(module, "_RHO", np.array([rho]))
    monkeypatch.setattr(module, "_SIGMA", 1)
    monkeypatch.setattr(module, "_OMEGA", 1)
    fit = pooled_effects(frame, **COLUMNS)
    omega = fit.spread  # the single point of the grid
    treated = np.flatnonzero(np.isfinite(STARTS))
    lag = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    z = np.zeros((90, len(treated)))
    for place, code in enumerate(treated):
        z[code * 9 : code * 9 + 9, place] = np.arange(1, 10) >= STARTS[code]
    v = np.kron(np.eye(10), sigma**2 * rho**lag) + omega**2 * z @ z.T
    x = np.hstack([z.sum(axis=1, keepdims=True), np.kron(np.eye(10), np.ones((9, 1))),
                   np.kron(np.ones((10, 1)), np.eye(9))[:, 1:]])  # fmt: skip
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    assert fit.mean == pytest.approx(beta[0], abs=1e-7)
    reach = stats.norm.ppf(0.975) * np.sqrt(np.linalg.inv(information)[0, 0])
    assert fit.high - fit.mean == pytest.approx(reach, rel=1e-4)
    error = np.linalg.inv(information)[0, 0] + omega**2
    assert fit.next_high - fit.mean == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(error), rel=1e-4)


def _rough(y):
    return (y - y.mean(axis=0) - (y.mean(axis=1) - y.mean())[:, None]).std()


def test_weights_of_the_grid_are_the_restricted_likelihood():
    """Ratios of posterior weight against the density of contrasts that hold no fixed effect."""
    frame, _ = drawn(np.random.default_rng(2))
    y = frame["y"].to_numpy().reshape(10, 9)
    treated = np.flatnonzero(np.isfinite(STARTS))
    begun = (np.arange(1, 10) >= STARTS[treated][:, None]).astype(float)
    grid = module._Grid.of(y, begun, treated, np.zeros((10, 9)))
    z = np.zeros((90, len(treated)))
    for place, code in enumerate(treated):
        z[code * 9 : code * 9 + 9, place] = begun[place]
    x = np.hstack([z.sum(axis=1, keepdims=True), np.kron(np.eye(10), np.ones((9, 1))),
                   np.kron(np.ones((10, 1)), np.eye(9))[:, 1:]])  # fmt: skip
    contrasts = np.linalg.svd(x)[0][:, x.shape[1] :]
    lag = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    sigmas = _rough(y) * np.exp(np.linspace(np.log(0.3), np.log(6.0), module._SIGMA))
    order = np.argsort(-grid.weight)[[0, 5, 60, 200]]
    expected = []
    for point in order:
        # σ is no part of the result: it is the one whose estimate of the mean is the grid's
        found = []
        for sigma in sigmas:
            v = np.kron(np.eye(10), sigma**2 * grid.rho[point] ** lag) + grid.omega[point] ** 2 * z @ z.T
            inverse = np.linalg.inv(v)
            information = x.T @ inverse @ x
            mean = np.linalg.solve(information, x.T @ inverse @ y.ravel())[0]
            close = abs(mean - grid.mean[point]) + abs(
                np.linalg.inv(information)[0, 0] - grid.variance[point]
            )
            density = stats.multivariate_normal.logpdf(
                contrasts.T @ y.ravel(), np.zeros(contrasts.shape[1]), contrasts.T @ v @ contrasts
            )
            found.append((close, density))
        assert min(found)[0] < 1e-7
        # the grid is even in ω/(3s + ω), so that the prior adds nothing
        expected.append(min(found)[1])
    ratios = np.log(grid.weight[order]) - np.log(grid.weight[order[0]])
    assert ratios == pytest.approx(np.array(expected) - expected[0], abs=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_intervals_cover(rho):
    rng = np.random.default_rng(3)
    found = []
    for _ in range(60):
        frame, _ = drawn(rng, rho=rho)
        fit = pooled_effects(frame, **COLUMNS)
        new = rng.normal(1.0, 0.5)
        found.append(
            (
                fit.next_low <= new <= fit.next_high,
                fit.low <= 1.0 <= fit.high,
                fit.spread_low <= 0.5 <= fit.spread_high,
            )
        )
    shares = np.mean(found, axis=0)
    assert (shares > 0.95 - 3.3 * np.sqrt(0.05 * 0.95 / 60)).all()


def test_known_sampling_variance_is_taken_off_the_spread():
    """Noise of respondents that is announced widens nothing between clusters."""
    rng = np.random.default_rng(4)
    frame, _ = drawn(rng, omega=0.0, sd=0.1, rho=0.0)
    noisy = frame.assign(y=frame["y"] + rng.normal(0, 1.0, len(frame)), variance=1.0)
    known = pooled_effects(noisy, variance="variance", **COLUMNS)
    assert known.low < known.mean < known.high
    none = pooled_effects(frame, **COLUMNS)
    zero = pooled_effects(frame.assign(variance=0.0), variance="variance", **COLUMNS)
    assert zero.mean == pytest.approx(none.mean, abs=1e-10)
    assert known.next_high - known.next_low > none.next_high - none.next_low
    with pytest.raises(ValueError, match="variance is negative"):
        pooled_effects(frame.assign(variance=-1.0), variance="variance", **COLUMNS)


def test_municipalities_count_by_the_mean_of_their_province():
    frame, _ = drawn(np.random.default_rng(5))
    half = pd.concat(
        [
            frame.assign(place=frame["unit"].astype(str) + part, y=frame["y"] + shift)
            for part, shift in (("a", 1.5), ("b", -1.5))
        ]
    )
    columns = COLUMNS | {"unit": "place"}
    fit = pooled_effects(half, cluster="unit", **columns)
    assert fit.mean == pytest.approx(pooled_effects(frame, **COLUMNS).mean, abs=1e-9)
    assert fit.n_clusters == 10


def test_too_few_or_no_controls_say_why():
    frame, _ = drawn(np.random.default_rng(6))
    few = frame.assign(cohort=frame["cohort"].where(frame["unit"].isin([0, 2, 4, 5])))
    with pytest.raises(NotEstimableError, match="4 treated clusters") as caught:
        pooled_effects(few, **COLUMNS)
    assert caught.value.reason.startswith("het begon in minder dan 5 provincies")
    together = frame.assign(cohort=6.0)
    with pytest.raises(NotEstimableError, match="cannot be told from the periods"):
        pooled_effects(together, **COLUMNS)
    mixed = frame.assign(group=np.where(frame["unit"] < 2, 0, frame["unit"]))
    with pytest.raises(ValueError, match="adopt at different times"):
        pooled_effects(mixed, cluster="group", **COLUMNS)
    with pytest.raises(ValueError, match=r"level 1\.5"):
        pooled_effects(frame, level=1.5, **COLUMNS)
