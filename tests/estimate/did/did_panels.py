"""Simulated staggered panels with a known truth, and the definitions written out in full."""

from __future__ import annotations

import numpy as np
import pandas as pd

NAMES = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "y"}


def staggered(
    units: int = 60,
    periods: int = 7,
    *,
    seed: int = 1,
    starts: tuple[float, ...] = (np.nan, 3, 5, 6),
    effect: float = 1.0,
    growth: float = 0.4,
    drop: float = 0.0,
    noise: float = 1.0,
) -> pd.DataFrame:
    """Units in turn in each cohort of `starts`; effect `effect` + `growth` for each period since.

    Columns unit, time, cohort, y, x and z (covariates that matter for trends), w (weight), cluster.
    """
    rng = np.random.default_rng(seed)
    unit, time = np.divmod(np.arange(units * periods), periods)
    time += 1
    cohort = np.array(starts, dtype=float)[unit % len(starts)]
    x = rng.normal(size=units)
    since = time - cohort
    y = (
        2.0 * rng.normal(size=units)[unit]
        + 0.3 * time
        + 0.2 * x[unit] * time
        + np.where(since >= 0, effect + growth * since, 0.0)
        + noise * rng.normal(size=units * periods)
    )
    frame = pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": y, "x": x[unit]})
    frame["z"] = rng.normal(size=len(frame))
    frame["w"] = rng.uniform(0.5, 2.0, units)[unit]
    frame["cluster"] = unit // 4 % 11
    if drop:
        frame = frame[rng.uniform(size=len(frame)) > drop].reset_index(drop=True)
    return frame


def wide(frame: pd.DataFrame, column: str = "y") -> pd.DataFrame:
    return frame.set_index(["unit", "time"])[column].unstack()  # noqa: PD010 - must refuse duplicates


def dummies(frame: pd.DataFrame, extra: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Unit dummies, period dummies but the first, and `extra` columns, as one matrix; `extra` first."""
    unit = pd.get_dummies(frame["unit"]).to_numpy(float)
    time = pd.get_dummies(frame["time"]).to_numpy(float)[:, 1:]
    own = np.column_stack(list(extra.values())) if extra else np.empty((len(frame), 0))
    return np.hstack([own, unit, time]), list(extra)


def crv1(x, y, w, cluster, k_extra, n_counted) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of the first `k_extra` columns, and CRV1 counting `n_counted` parameters."""
    root = np.sqrt(w)
    xw, yw = x * root[:, None], y * root
    inverse = np.linalg.pinv(xw.T @ xw)
    beta = inverse @ xw.T @ yw
    score = xw * (yw - xw @ beta)[:, None]
    codes = pd.factorize(cluster)[0]
    summed = np.zeros((codes.max() + 1, x.shape[1]))
    np.add.at(summed, codes, score)
    groups, n = len(summed), len(y)
    factor = groups / (groups - 1) * (n - 1) / (n - n_counted)
    return beta[:k_extra], (factor * inverse @ summed.T @ summed @ inverse)[:k_extra, :k_extra]
