"""Shocks with a known size, persistence and neighbourhood are found; and those of real turnout."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimate.panel_noise import PanelNoise, panel_noise, years
from analysis.panel.turnout import turnout_panel
from analysis.sources.geography import neighbours
from analysis.unknown import NotEstimableError

NEIGHBOURS = neighbours()
PLACES = sorted(NEIGHBOURS)
SD, PERSISTENCE, K = 1.4, 0.7, 0.5
NAMES = {"unit": "place", "time": "year", "outcome": "y", "neighbours": NEIGHBOURS}


def planted(seed: int, times: np.ndarray, sd=SD, persistence=PERSISTENCE, k=K) -> np.ndarray:
    """Shocks built step by step, not from the covariance that is estimated: shape (G, T)."""
    rng = np.random.default_rng(seed)
    weights = np.array([[float(b in NEIGHBOURS[a]) for b in PLACES] for a in PLACES])
    weights /= weights.sum(axis=1, keepdims=True)
    spread = np.linalg.inv(np.eye(len(PLACES)) - k * weights)
    spread /= np.sqrt((spread**2).sum(axis=1, keepdims=True))
    shocks = np.empty((len(PLACES), len(times)))
    shocks[:, 0] = spread @ rng.standard_normal(len(PLACES))
    for t in range(1, len(times)):
        keep = persistence ** (times[t] - times[t - 1])
        new = spread @ rng.standard_normal(len(PLACES))
        shocks[:, t] = keep * shocks[:, t - 1] + np.sqrt(1 - keep**2) * new
    return sd * shocks


def panel(shocks: np.ndarray, times: np.ndarray) -> pd.DataFrame:
    place = np.linspace(-5, 5, len(PLACES))[:, None]
    values = 75 + place + 3 * np.sin(times) + shocks
    return pd.DataFrame(
        [(p, t, values[g, s]) for g, p in enumerate(PLACES) for s, t in enumerate(times)],
        columns=["place", "year", "y"],
    )


def test_planted_shocks_are_found():
    times = np.cumsum(np.tile([0.7, 2.0, 3.5], 20))
    found = [panel_noise(panel(planted(seed, times), times), **NAMES) for seed in range(6)]
    assert np.mean([one.sd.value for one in found]) == pytest.approx(SD, rel=0.08)
    assert np.mean([one.persistence.value for one in found]) == pytest.approx(PERSISTENCE, abs=0.04)
    assert np.mean([one.spatial.value for one in found]) == pytest.approx(K, abs=0.1)


def test_the_intervals_hold_the_planted_values_with_ten_measurements():
    times = years(turnout_panel("TK", level="provincie").frame["date"].unique())
    found = [panel_noise(panel(planted(100 + seed, times), times), **NAMES) for seed in range(20)]
    for name, truth in (("sd", SD), ("persistence", PERSISTENCE), ("spatial", K)):
        held = sum(getattr(one, name).low <= truth <= getattr(one, name).high for one in found)
        assert held >= stats.binom.ppf(0.005, 20, 0.93), name


def test_place_and_measurement_effects_change_nothing():
    times = np.arange(8.0)
    frame = panel(planted(3, times), times)
    moved = frame.assign(y=frame["y"] + 100 * frame["year"] ** 2 + frame["place"].str[2:].astype(int) * 7)
    one, other = panel_noise(frame, **NAMES), panel_noise(moved, **NAMES)
    assert one.sd.value == pytest.approx(other.sd.value, rel=1e-8)
    assert (one.persistence, one.spatial) == (other.persistence, other.spatial)


def contrast_sd(noise: PanelNoise, treated, before, after) -> float:
    """Of a difference in mean changes without any effect, from the covariance: nothing is drawn."""
    inside = np.isin(noise.places, treated)
    space = np.where(inside, 1 / inside.sum(), -1 / (~inside).sum())
    times = np.array([*before, *after], float)
    time = np.repeat([-1 / len(before), 1 / len(after)], [len(before), len(after)])
    lasting = noise.persistence.value ** np.abs(times[:, None] - times)
    return noise.sd.value * np.sqrt((space @ noise.correlation @ space) * (time @ lasting @ time))


@pytest.fixture(scope="module")
def turnout() -> PanelNoise:
    frame = turnout_panel("TK", level="provincie").frame
    return panel_noise(frame, unit="place", time="date", outcome="turnout_pct", neighbours=NEIGHBOURS)


def test_turnout_of_the_tweede_kamer(turnout):
    """Shocks last, neighbours share them: what the contrast of eight earlier pairs showed in another way."""
    assert turnout.persistence.low > 0.8
    assert turnout.spatial.low > 0.5
    near = np.array([[other in NEIGHBOURS[one] for other in turnout.places] for one in turnout.places])
    far = ~near & ~np.eye(len(near), dtype=bool)
    assert turnout.correlation[near].mean() > turnout.correlation[far].mean() > 0
    assert 0.6 < turnout.change_sd(2) < 1.3
    treated = ["PV20", "PV22", "PV24", "PV29", "PV30"]
    contrast = contrast_sd(turnout, treated, turnout.times[-2:-1], turnout.times[-1:])
    assert 0.3 < contrast < 0.6


def test_draws_have_the_covariance_they_were_drawn_from(turnout):
    times = [2021.2, 2023.9, 2025.8]
    draws = turnout.draw(range(4000), times)
    assert draws.shape == (4000, 12, 3)
    treated = ["PV20", "PV22", "PV24", "PV29", "PV30"]
    inside = np.isin(turnout.places, treated)
    means = draws[:, inside].mean(axis=1) - draws[:, ~inside].mean(axis=1)
    contrasts = means[:, 2] - means[:, :2].mean(axis=1)
    assert contrasts.std() == pytest.approx(contrast_sd(turnout, treated, times[:2], times[2:]), rel=0.05)
    np.testing.assert_array_equal(draws[5], turnout.draw([5], times)[0])


def test_what_cannot_be_estimated_or_is_malformed():
    times = np.arange(4.0)
    frame = panel(planted(1, times), times)
    with pytest.raises(NotEstimableError, match="12 units and 2 times"):
        panel_noise(frame[frame["year"] < 2], **NAMES)
    with pytest.raises(ValueError, match=r"PV20 has no y in 1\.0; the panel must be balanced"):
        panel_noise(frame.drop(index=1), **NAMES)
    with pytest.raises(ValueError, match="PV20 has more than one row"):
        panel_noise(pd.concat([frame, frame.iloc[:1]]), **NAMES)
    with pytest.raises(ValueError, match=r"neighbours of PV31 are not given"):
        panel_noise(frame, **NAMES | {"neighbours": {k: v for k, v in NEIGHBOURS.items() if k != "PV31"}})
    with pytest.raises(ValueError, match="columns jaar are not in the frame"):
        panel_noise(frame, **NAMES | {"time": "jaar"})
