"""Doubly robust beside the headline: a planted difference between places is taken out, few places say why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.credibility.alike_in import alike_in
from analysis.unknown import NotEstimableError


def panel(places: int, *, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Twelve provinces; who starts has a higher x, and x carries a drift of its own; the effect is 2."""
    rng = np.random.default_rng(seed)
    province = np.repeat(np.arange(12), places)
    begun = np.isin(province, [0, 2, 4, 9, 10])
    x = rng.normal(size=len(province)) + 0.6 * begun
    level = rng.normal(size=len(province))
    frames = [
        pd.DataFrame(
            {
                "unit": np.arange(len(province)), "cluster": province, "time": time,
                "cohort": np.where(begun, 1.0, np.nan), "x": x,
                "value": level + 0.5 * time + 0.8 * x * time + 2.0 * (begun & (time >= 1))
                + 0.2 * rng.normal(size=len(province)),
            }
        )
        for time in (0, 1)
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True), x, begun


def augmented(change: np.ndarray, begun: np.ndarray, x: np.ndarray) -> float:
    """Augmented inverse probability weighting by hand: logit by Newton, the others' line by least squares."""
    design, beta = np.column_stack([np.ones_like(x), x]), np.zeros(2)
    for _ in range(30):
        chance = 1 / (1 + np.exp(-design @ beta))
        curvature = design.T @ (design * (chance * (1 - chance))[:, None])
        beta = beta + np.linalg.solve(curvature, design.T @ (begun - chance))
    chance = 1 / (1 + np.exp(-design @ beta))
    odds = np.where(begun, 0.0, chance / (1 - chance))
    rest = change - np.polyval(np.polyfit(x[~begun], change[~begun], 1), x)
    return float(rest[begun].mean() - (odds * rest).sum() / odds.sum())


def test_a_drift_that_goes_with_a_covariate_is_taken_out():
    frame, x, begun = panel(20)
    wide = frame.pivot_table(index="unit", columns="time", values="value")
    change = (wide[1] - wide[0]).to_numpy()
    unadjusted = change[begun].mean() - change[~begun].mean()
    found = alike_in(frame, ["x"], control="not_yet")
    assert unadjusted - 2 > 0.3, "without it the answer is wrong"
    assert found.estimate == pytest.approx(augmented(change, begun, x), abs=1e-9)
    assert abs(found.estimate - 2.0) < 4 * 0.2 * np.sqrt(2 * (1 / 100 + 2 / 140))
    low, high = found.interval(0.95)
    assert low < found.estimate < high
    assert found.n_clusters == 12


def test_too_few_places_for_the_covariates_say_so():
    frame, *_ = panel(1)  # a place a province: five with a start
    with pytest.raises(NotEstimableError) as raised:
        alike_in(frame.assign(z=0.5), ["x", "z"], control="not_yet")
    assert raised.value.reason == "de kleinste groep telt 5 plaatsen, en voor 2 kenmerken zijn er 20 nodig"


def test_without_covariates_nothing_is_asked():
    with pytest.raises(ValueError, match="no covariates"):
        alike_in(panel(1)[0], [], control="not_yet")
