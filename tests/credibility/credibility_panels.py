"""Panels of twelve provinces with something planted in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = {"unit": "unit", "time": "year", "cohort": "cohort", "outcome": "y", "cluster": "province"}
NEVER = np.nan
COHORTS = [2014.0] * 5 + [2016.0] * 3 + [NEVER] * 4
RING = {f"P{g:02d}": (f"P{(g - 1) % 12:02d}", f"P{(g + 1) % 12:02d}") for g in range(12)}


def make_panel(
    seed: int = 0,
    *,
    cohorts=COHORTS,
    effect: float = 0.0,
    early: float = 0.0,
    spill: float = 0.0,
    shock: float = 0.3,
    noise: float = 1.0,
    years: int = 10,
) -> pd.DataFrame:
    """342-like panel in small: 3 to 9 units a province, 2010 on, with columns w (weight) and y.

    Parameters
    ----------
    effect, early : float
        Effect since the start, and in the one period before it.
    spill : float
        Effect on an untreated province of both neighbours in the ring being treated.
    """
    rng = np.random.default_rng(seed)
    cohorts = np.array(cohorts, dtype=float)
    province = np.repeat(np.arange(len(cohorts)), 3 + np.arange(len(cohorts)) % 7)
    time = np.arange(2010, 2010 + years)
    treated = (time >= cohorts[:, None]).astype(float)
    around = (np.roll(treated, 1, axis=0) + np.roll(treated, -1, axis=0)) / 2
    mean = (
        effect * treated
        + early * (time == cohorts[:, None] - 1)
        + spill * (1 - treated) * around
        + rng.normal(size=(len(cohorts), years)) * shock
        + rng.normal(size=years)
    )
    n = len(province)
    y = rng.normal(size=(n, 1)) * 3 + mean[province] + noise * rng.normal(size=(n, years))
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), years),
            "year": np.tile(time, n),
            "province": np.char.add("P", np.char.zfill(np.repeat(province, years).astype(str), 2)),
            "cohort": np.repeat(cohorts[province], years),
            "y": y.ravel(),
        }
    )
    frame["w"] = np.repeat(rng.uniform(0.5, 3.0, n), years)
    return frame.sample(frac=1.0, random_state=3)
