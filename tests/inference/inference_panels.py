"""Panels with twelve clusters of unequal size, and the regressions written out in full."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = {"unit": "unit", "time": "year", "cohort": "cohort", "outcome": "y", "cluster": "province"}


def make_panel(
    cohorts: list[float],
    *,
    seed: int = 1,
    units: int = 4,
    years: int = 8,
    effect: float = 0.0,
    drop: float = 0.0,
) -> pd.DataFrame:
    """A panel whose clusters adopt in `cohorts` (NaN never), with shocks by cluster and year."""
    rng = np.random.default_rng(seed)
    province = np.repeat(np.arange(len(cohorts)), rng.integers(1, units + 1, len(cohorts)))
    time = np.arange(2010, 2010 + years)
    frame = pd.DataFrame(
        {"unit": np.repeat(np.arange(len(province)), years), "year": np.tile(time, len(province))}
    )
    frame["province"] = np.char.add("PV", (20 + province[frame["unit"]]).astype(str))
    frame["cohort"] = np.array(cohorts, dtype=float)[province[frame["unit"]]]
    shock = rng.normal(size=(len(cohorts), years)).cumsum(axis=1) * 0.4
    frame["x"] = rng.normal(size=len(frame))
    frame["y"] = (
        rng.normal(size=len(province))[frame["unit"]]
        + shock[province[frame["unit"]], frame["year"] - 2010]
        + 0.3 * frame["x"]
        + effect * (frame["year"] >= frame["cohort"])
        + rng.normal(size=len(frame))
    )
    frame["w"] = rng.uniform(0.5, 3.0, len(frame))
    if drop:
        frame = frame[rng.uniform(size=len(frame)) > drop]
    return frame.sample(frac=1.0, random_state=3)


def dummies(frame: pd.DataFrame, covariates: tuple[str, ...] = ()) -> np.ndarray:
    """Treatment first, then covariates, a dummy a unit and a dummy a period but the first."""
    treated = (frame["year"] >= frame["cohort"]).to_numpy(float)
    units = (frame["unit"].to_numpy()[:, None] == np.unique(frame["unit"])).astype(float)
    times = (frame["year"].to_numpy()[:, None] == np.unique(frame["year"])[1:]).astype(float)
    return np.hstack([treated[:, None], frame[list(covariates)].to_numpy(float), units, times])


def refit(x: np.ndarray, y: np.ndarray, w: np.ndarray, cluster: np.ndarray) -> tuple[float, float]:
    """Coefficient of the first column and its CRV1 standard error with factor G/(G - 1), by brute force."""
    root = np.sqrt(w)[:, None]
    beta, *_ = np.linalg.lstsq(x * root, y * root[:, 0], rcond=None)
    others, *_ = np.linalg.lstsq(x[:, 1:] * root, x[:, 0] * root[:, 0], rcond=None)
    left = x[:, 0] - x[:, 1:] @ others
    score = pd.Series(w * left * (y - x @ beta)).groupby(cluster).sum()
    count = len(score)
    return beta[0], float(np.sqrt(count / (count - 1) * (score**2).sum()) / (w * left * left).sum())


NEVER = float("nan")
DESIGNS = {
    "one date": [2014.0] * 5 + [NEVER] * 7,
    "staggered": [2013.0, 2013.0, 2014.0, 2014.0, 2016.0, 2016.0, *[NEVER] * 6],
    "all treated in the end": [2012.0] * 5 + [2014.0] * 3 + [2016.0] * 4,
}
