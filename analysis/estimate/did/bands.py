"""Intervals for a whole path of effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

DRAWS = 20_000


def interval(estimate: float, se: float, df: float, level: float = 0.95) -> tuple[float, float]:
    """Interval with Student's t; where the error is unknown (NaN) nothing is excluded: the whole line."""
    if np.isnan(se):
        return -np.inf, np.inf
    width = se * stats.t.ppf((1 + level) / 2, df)
    return float(estimate - width), float(estimate + width)


def add_intervals(
    table: pd.DataFrame, covariance: np.ndarray, df: float, level: float, *, seed: int = 0
) -> pd.DataFrame:
    """`table` with low, high, low_simultaneous and high_simultaneous; missing where `se` is.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns estimate and se.
    covariance : ndarray
        Of the rows that have a standard error, in their order.
    df : float
        Of Student's t; infinite for the normal.
    level : float
        Coverage of each interval, and of all simultaneous ones together.
    seed : int
        Of the draws behind the simultaneous critical value.
    """
    point = stats.t.ppf((1 + level) / 2, df)
    joint = simultaneous_critical_value(covariance, df, level, seed=seed) if len(covariance) else np.nan
    estimate, se = table["estimate"], table["se"]
    return table.assign(
        low=estimate - point * se,
        high=estimate + point * se,
        low_simultaneous=estimate - joint * se,
        high_simultaneous=estimate + joint * se,
    )


def simultaneous_critical_value(
    covariance: np.ndarray, df: float, level: float = 0.95, *, seed: int = 0
) -> float:
    """Quantile of the largest absolute t of jointly distributed estimates (sup-t band).

    NaN if a variance is unknown.

    Raises
    ------
    ValueError
        If a variance is not positive.
    """
    se = np.sqrt(np.diag(covariance))
    if np.isnan(se).any():
        return np.nan
    if len(se) == 0 or not (se > 0).all():
        raise ValueError("a band needs estimates that all have a positive standard error")
    size, direction = np.linalg.eigh(covariance / np.outer(se, se))
    # The sign of an eigenvector is arbitrary and differs between LAPACK builds; fix it.
    direction = direction * np.sign(direction[np.abs(direction).argmax(axis=0), np.arange(len(se))])
    root = direction * np.sqrt(np.maximum(size, 0.0))
    rng = np.random.default_rng(seed)
    deviations = rng.standard_normal((DRAWS, len(se))) @ root.T
    if np.isfinite(df):
        deviations /= np.sqrt(rng.chisquare(df, DRAWS) / df)[:, None]
    largest = np.quantile(np.abs(deviations).max(axis=1), level)
    return float(max(largest, stats.t.ppf((1 + level) / 2, df)))
