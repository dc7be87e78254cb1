"""Means over respondents: announced against realised variance, and the weights they earn."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.sampled_means import precision_weights, sampled_means
from analysis.unknown import NotEstimableError

SIZES = [(2, 5), (3, 20), (6, 8), (4, 15)]  # schools and pupils a school, by municipality


def respondents(rng, between=0.5, within=1.5, weighted=False):
    rows = []
    for unit, (schools, pupils) in enumerate(SIZES):
        for period in (1, 2):
            for school in range(schools):
                shift = rng.normal(0, between)
                for _ in range(pupils):
                    rows.append((unit, period, school, 10 * unit + shift + rng.normal(0, within)))
    frame = pd.DataFrame(rows, columns=["unit", "time", "school", "y"])
    return frame.assign(w=np.tile([1.0, 3.0], len(frame) // 2 + 1)[: len(frame)]) if weighted else frame


@pytest.mark.parametrize("weighted", [False, True])
def test_announced_variance_is_the_realised_one(weighted):
    rng = np.random.default_rng(1)
    means, announced, spreads = [], [], []
    options = {"unit": "unit", "time": "time", "outcome": "y", "cluster": "school"}
    for _ in range(400):
        found = sampled_means(
            respondents(rng, weighted=weighted), weight="w" if weighted else None, **options
        )
        means.append(found.table["mean"])
        announced.append(found.table["variance"])
        spreads.append((found.sd_within**2, found.sd_between**2))
    realised = np.var(means, axis=0, ddof=1).reshape(4, 2).mean(axis=1)
    assert np.mean(announced, axis=0).reshape(4, 2).mean(axis=1) == pytest.approx(realised, rel=0.2)
    assert np.mean(spreads, axis=0) == pytest.approx([1.5**2, 0.5**2], rel=0.06)


def test_without_clusters_it_is_the_pooled_variance_over_n():
    frame = respondents(np.random.default_rng(2), between=0.0)
    found = sampled_means(frame, unit="unit", time="time", outcome="y")
    groups = frame.groupby(["unit", "time"])["y"]
    pooled = ((frame["y"] - groups.transform("mean")) ** 2).sum() / (len(frame) - 8)
    assert found.table["variance"].to_numpy() == pytest.approx((pooled / groups.size()).to_numpy())
    assert found.table["mean"].to_numpy() == pytest.approx(groups.mean().to_numpy())
    assert list(found.table.columns) == ["unit", "time", "mean", "n", "clusters", "variance"]
    assert found.sd_between == 0


def test_unequal_weights_cost_precision_as_kish_has_it():
    frame = respondents(np.random.default_rng(3), between=0.0, weighted=True)
    plain = sampled_means(frame, unit="unit", time="time", outcome="y").table["variance"]
    found = sampled_means(frame, unit="unit", time="time", outcome="y", weight="w").table["variance"]
    effect = frame.groupby(["unit", "time"])["w"].agg(lambda w: len(w) * (w**2).sum() / w.sum() ** 2)
    assert (found / plain).to_numpy() == pytest.approx(effect.to_numpy())


def cells(rng, noise=0.8, units=40, periods=8, missing=False):
    variance = np.repeat(rng.uniform(0.05, 3.0, units), periods)
    y = (
        np.repeat(rng.normal(0, 3, units), periods)
        + np.tile(rng.normal(0, 2, periods), units)
        + rng.normal(0, np.sqrt(noise**2 + variance))
    )
    table = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "time": np.tile(np.arange(periods), units),
            "mean": y,
            "variance": variance,
        }
    )
    return table.drop(index=table.index[::7]) if missing else table


@pytest.mark.parametrize("missing", [False, True])
def test_noise_beyond_sampling_is_recovered(missing):
    rng = np.random.default_rng(4)
    squares = [
        precision_weights(cells(rng, missing=missing), unit="unit", time="time").noise_sd ** 2
        for _ in range(60)
    ]
    assert np.mean(squares) == pytest.approx(0.64, abs=3.3 * np.std(squares) / np.sqrt(60))


def test_weights_are_the_inverse_of_both_variances_with_mean_one():
    table = cells(np.random.default_rng(5))
    found = precision_weights(table, unit="unit", time="time")
    total = found.noise_sd**2 + table["variance"]
    assert (found.weights * total).to_numpy() == pytest.approx(np.full(320, (found.weights * total).iloc[0]))
    assert found.weights.mean() == pytest.approx(1)
    assert found.sampling_share == pytest.approx((table["variance"] / total).mean())


def test_weighted_effects_are_more_precise_than_equal_weights_and_than_weights_by_respondents():
    rng = np.random.default_rng(6)
    errors = []
    for _ in range(200):
        table = cells(rng, noise=0.6, units=24, periods=4)
        treated = (table["unit"] < 12) & (table["time"] >= 2)
        weights = {
            "equal": np.ones(len(table)),
            "n": 1 / table["variance"].to_numpy(),
            "both": precision_weights(table.assign(t=treated), unit="unit", time="time", treated="t")
            .weights.to_numpy(),
        }  # fmt: skip
        x = np.column_stack(
            [treated, *(pd.get_dummies(table[name], dtype=float) .to_numpy() for name in ("unit", "time"))]
        ).astype(float)  # fmt: skip
        row = []
        for w in weights.values():
            root = np.sqrt(w)
            row.append(np.linalg.lstsq(x * root[:, None], table["mean"] * root, rcond=None)[0][0])
        errors.append(row)
    equal, by_n, both = np.std(errors, axis=0)
    assert both < equal
    assert both < by_n


def test_what_cannot_be_had_and_bad_input():
    frame = respondents(np.random.default_rng(7)).drop_duplicates(["unit", "time"])
    with pytest.raises(NotEstimableError, match="no cluster has two respondents"):
        sampled_means(frame, unit="unit", time="time", outcome="y")
    whole = respondents(np.random.default_rng(7), weighted=True)
    with pytest.raises(ValueError, match="column w: 1 weights are not above zero, first in row 2"):
        sampled_means(
            whole.assign(w=whole["w"].where(whole.index != 2, 0.0)), unit="unit", time="time", outcome="y",
            weight="w",
        )  # fmt: skip
    table = cells(np.random.default_rng(8), units=5, periods=3)
    with pytest.raises(ValueError, match="variance is negative in row 0"):
        precision_weights(table.assign(variance=-1.0), unit="unit", time="time")
    with pytest.raises(NotEstimableError, match="leave no residuals"):
        precision_weights(table[table["time"] == 0], unit="unit", time="time")
