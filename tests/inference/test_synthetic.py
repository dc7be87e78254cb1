"""Re-assignment of synthetic difference-in-differences and synthetic control: by hand, size, edges."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.synthetic_control import ControlSettings, synthetic_control
from analysis.estimate.synthetic_did import synthetic_did
from analysis.inference.synthetic import (
    permutation_interval,
    permute_control,
    permute_synthetic,
    placebo_synthetic,
)
from analysis.unknown import NotEstimableError

COLUMNS = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "y"}


def panel(rng, treated=3, n=9, t=10, start=8, effect=0.0):
    y = rng.normal(size=(n, 1)) + rng.normal(size=t) + rng.normal(0, 0.5, (n, t))
    y[:treated, start - 1 :] += effect
    cohort = np.where(np.arange(n) < treated, float(start), np.nan)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), t),
            "time": np.tile(np.arange(1, t + 1), n),
            "cohort": np.repeat(cohort, t),
            "y": y.ravel(),
        }
    )


def reassigned(frame, chosen, start=8):
    return frame.assign(cohort=np.where(frame["unit"].isin(chosen), float(start), np.nan))


def test_permutation_is_the_estimate_under_every_choice_of_units():
    frame = panel(np.random.default_rng(1), effect=0.4)
    found = permute_synthetic(synthetic_did(frame, **COLUMNS))
    every = np.array(
        [synthetic_did(reassigned(frame, c), **COLUMNS).estimate for c in combinations(range(9), 3)]
    )
    assert found.draws == len(every) == 84
    assert found.exact
    assert np.sort(found.estimates) == pytest.approx(np.sort(every), abs=1e-10)
    assert found.p_value == pytest.approx((np.abs(every) >= abs(found.estimate) - 1e-9).mean())
    assert found.smallest_p == 1 / 84


def test_permutation_has_its_size_and_finds_a_large_effect():
    rng = np.random.default_rng(2)
    p = np.array([permute_synthetic(synthetic_did(panel(rng), **COLUMNS)).p_value for _ in range(300)])
    assert abs((p <= 0.1).mean() - 0.1) < 3.3 * np.sqrt(0.09 / 300)
    assert abs(p.mean() - 0.5) < 3.3 * np.sqrt(1 / 12 / 300)
    found = synthetic_did(panel(rng, effect=20.0), **COLUMNS)
    assert permute_synthetic(found).p_value == pytest.approx(1 / 84)


def test_a_sample_of_reassignments_holds_the_observed_one():
    frame = panel(np.random.default_rng(3), effect=20.0)
    found = permute_synthetic(synthetic_did(frame, **COLUMNS), max_exact=10, draws=50, seed=4)
    assert not found.exact
    assert found.draws == 51
    assert found.p_value >= 1 / 51
    assert found.monte_carlo_se > 0


def test_interval_holds_the_effects_that_are_not_rejected():
    frame = panel(np.random.default_rng(5), effect=1.0)
    found = synthetic_did(frame, **COLUMNS)
    low, high = permutation_interval(found, level=0.9)
    assert low < found.estimate < high
    for edge, step in ((low, -0.05), (high, 0.05)):
        assert permute_synthetic(found, null=edge).p_value > 0.1
        assert permute_synthetic(found, null=edge + step).p_value <= 0.1
    few = synthetic_did(panel(np.random.default_rng(5), treated=1), **COLUMNS)
    assert permutation_interval(few, level=0.95) == (-np.inf, np.inf)


def test_placebo_is_the_spread_over_every_choice_of_controls():
    frame = panel(np.random.default_rng(6))
    found = placebo_synthetic(synthetic_did(frame, **COLUMNS))
    never = frame[frame["cohort"].isna()]
    every = [synthetic_did(reassigned(never, c), **COLUMNS).estimate for c in combinations(range(3, 9), 3)]
    assert found.draws == 20
    assert found.se == pytest.approx(np.std(every), rel=1e-10)
    with pytest.raises(NotEstimableError, match="cannot stand in for 4 treated ones"):
        placebo_synthetic(synthetic_did(panel(np.random.default_rng(6), treated=4), **COLUMNS))


def test_control_is_ranked_by_its_effect_over_the_gap_before():
    frame = panel(np.random.default_rng(7), treated=2, n=7, t=12, start=11, effect=0.3)
    settings = ControlSettings(worst_fit=np.inf)
    found = synthetic_control(frame, settings=settings, **COLUMNS)
    ratios = []
    for chosen in combinations(range(7), 2):
        table = synthetic_control(reassigned(frame, chosen, 11), settings=settings, **COLUMNS).table
        ratios.append(abs(table["estimate"].mean()) / np.sqrt((table["rmspe_before"] ** 2).mean()))
    observed = abs(found.estimate) / np.sqrt((found.table["rmspe_before"] ** 2).mean())
    test = permute_control(found)
    assert test.draws == 21
    assert test.p_value == pytest.approx((np.array(ratios) >= observed * (1 - 1e-9)).mean())
    assert test.smallest_p == 1 / 21


def test_control_permutation_has_its_size():
    rng = np.random.default_rng(8)
    settings = ControlSettings(augment=False, worst_fit=np.inf)
    p = []
    for _ in range(200):
        frame = panel(rng, treated=3, n=9, t=11, start=11)
        p.append(permute_control(synthetic_control(frame, settings=settings, **COLUMNS)).p_value)
    assert abs((np.array(p) <= 0.1).mean() - 0.1) < 3.3 * np.sqrt(0.09 / 200)
