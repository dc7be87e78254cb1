"""Declared noise has the moments that it declares, and the table of sizes counts what the tests do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from credibility_panels import COLUMNS, make_panel

from analysis.credibility import (
    Noise,
    shock_models,
    simulate_power,
    size_table,
)
from analysis.inference import Setting, cluster_panel, randomised


@pytest.fixture(scope="module")
def panel():
    return cluster_panel(make_panel(), **COLUMNS)


def test_sizes_persistence_and_unit_noise(panel):
    drawn = Noise(panel, 2.0, persistence=0.6, sd_unit=3.0, volatility={"P00": 0.5})(range(4_000))
    variance = 4.0 * np.where(np.arange(12) == 0, 0.25, 1.0) + 9.0 / panel.count
    assert drawn.var(axis=(0, 2)) == pytest.approx(variance, rel=0.06)
    plain = Noise(panel, 2.0, persistence=0.6)(range(4_000))
    lagged = (plain[:, :, 1:] * plain[:, :, :-1]).mean() / (plain**2).mean()
    assert lagged == pytest.approx(0.6, abs=0.02)
    assert (plain[:, :, 0] ** 2).mean() == pytest.approx((plain[:, :, -1] ** 2).mean(), rel=0.06)


def test_heavy_tails_keep_their_variance(panel):
    drawn = Noise(panel, 1.0, freedom=5.0)(range(4_000))
    assert drawn.var() == pytest.approx(1.0, rel=0.05)
    assert (np.abs(drawn) > 4).mean() > 10 * 2 * 3.2e-5  # a normal has 6e-5


def test_the_periphery_moves_together(panel):
    shared = Noise(panel, 1.0, shared=("P00", "P01"), sd_shared=2.0)(range(4_000))
    pair = np.corrcoef(shared[:, 0].ravel(), shared[:, 1].ravel())[0, 1]
    assert pair == pytest.approx(4 / 5, abs=0.02)


def test_worlds_follow_their_seeds(panel):
    noise = Noise(panel, 1.0, persistence=0.3, sd_unit=1.0)
    assert np.array_equal(noise([4, 9])[1], noise([9])[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sd": -1.0}, "zero or more"),
        ({"sd": 1.0, "persistence": 1.0}, "between -1 and 1"),
        ({"sd": 1.0, "freedom": 2.0}, "more than 2"),
        ({"sd": 1.0, "shared": ("P99",)}, "no cluster P99"),
    ],
)
def test_noise_that_cannot_be_is_refused(panel, options, message):
    with pytest.raises(ValueError, match=message):
        Noise(panel, **options)


def test_a_row_of_the_table_counts_the_rejections_of_the_test(panel):
    models = shock_models(panel, periphery=("P00", "P01"))
    assert len(models) == 8
    table = size_table(panel, {"main": Setting()}, {"iid": models["iid"]}, draws=30, reassigned=99, seed=3)
    seeds = np.random.SeedSequence([3, 1]).generate_state(30, np.uint64).tolist()
    lots = np.random.SeedSequence([3, 2]).generate_state(30, np.uint64).tolist()
    rejected = [
        randomised(replace(panel, outcome=world), Setting(), max_exact=0, draws=99, seed=lots[0]).p_value
        <= 0.05
        for world in models["iid"](seeds)
    ]
    assert table["size"][0] == np.mean(rejected)
    assert table["draws"][0] == 30


def test_power_from_declared_noise_with_exaggeration_and_sign(panel):
    """Small effects that are found are told too large; type M falls to one as power rises."""
    noise = Noise(panel, 0.8, sd_unit=1.0)
    found = simulate_power(
        panel, noise, (0.0, 0.3, 1.0, 3.0), {"main": Setting()}, draws=400, reassigned=199
    )["main"].table
    assert found["type_m"].isna().tolist() == [True, False, False, False]
    assert found["type_m"][1] > 1.8
    assert found["type_m"][3] == pytest.approx(1.0, abs=0.05)
    assert found["type_s"][1] > found["type_s"][3] == 0.0
    assert found["type_m"].iloc[1:].is_monotonic_decreasing
    told = found.iloc[1]
    independent = np.sqrt(told["power"] * (1 - told["power"]) / 400)
    assert 0.5 * independent < told["power_se"] <= np.sqrt(2) * independent  # panels come in pairs


def test_models_in_one_table_are_what_each_is_alone(panel):
    """They share draws and re-assignments; none sees the others."""
    models = shock_models(panel, periphery=panel.clusters[:3])
    options = {"draws": 60, "reassigned": 99, "bootstrap": True, "seed": 3}
    together = size_table(panel, {"main": Setting()}, models, **options)
    alone = [
        size_table(panel, {"main": Setting()}, {name: noise}, **options) for name, noise in models.items()
    ]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))
    assert together["size"].nunique() > 3
