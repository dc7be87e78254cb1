"""Units whose exposure goes on and off, as arrays; errors by leaving out one cluster at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate.checks import require_complete, require_positive
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class ExposurePanel:
    """N units in T periods, with an exposure that may go up and down.

    Attributes
    ----------
    units : ndarray, shape (N,)
    times : ndarray, shape (T,)
    outcome, exposure : ndarray, shape (N, T)
    weight : ndarray, shape (N,)
    cluster : ndarray of int, shape (N,)
        Codes from 0.
    """

    units: np.ndarray
    times: np.ndarray
    outcome: np.ndarray
    exposure: np.ndarray
    weight: np.ndarray
    cluster: np.ndarray

    @property
    def n_clusters(self) -> int:
        return int(self.cluster.max()) + 1

    @property
    def first_switch(self) -> np.ndarray:
        """Place of the first period with another exposure than in the first, inf when there is none."""
        moved = self.exposure != self.exposure[:, :1]
        return np.where(moved.any(axis=1), moved.argmax(axis=1), np.inf)


def read_exposure_panel(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    exposure: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | None = None,
) -> ExposurePanel:
    """Check `frame` and arrange it; see :func:`analysis.estimate.did.switching.switchers`."""

    optional = [name for name in (cluster, weights) if name is not None]
    require_complete(frame, [unit, time, exposure, outcome, *optional], "frame")
    if weights is not None:
        require_positive(frame[weights], f"column {weights}")
    twice = frame.duplicated([unit, time])
    if twice.any():
        label, period = (frame.loc[twice, name].iloc[0] for name in (unit, time))
        raise ValueError(f"{unit} {label} occurs more than once in {period}: one row a unit and period")
    rows, units = pd.factorize(frame[unit], sort=True)
    columns, times = pd.factorize(frame[time], sort=True)
    if len(times) < 2:
        raise NotEstimableError("one period: nothing can switch", reason="er is maar één meting")

    def arranged(values: np.ndarray) -> np.ndarray:
        grid = np.full((len(units), len(times)), np.nan)
        grid[rows, columns] = values
        return grid

    y = arranged(frame[outcome].to_numpy(dtype=float))
    if np.isnan(y).any():
        row, column = np.argwhere(np.isnan(y))[0]
        raise ValueError(
            f"{unit} {units[row]} has no row for {times[column]}: every unit in every period; leave out the "
            "unit or the period beforehand"
        )
    codes = np.arange(len(units))
    if cluster is not None:
        grid = arranged(pd.factorize(frame[cluster], sort=True)[0].astype(float))
        changing = (grid != grid[:, :1]).any(axis=1)
        if changing.any():
            raise ValueError(f"{cluster} changes within {unit} {units[changing.argmax()]}")
        codes = grid[:, 0].astype(int)
    weight = np.ones(len(units))
    if weights is not None:
        weight = arranged(frame[weights].to_numpy(dtype=float))[:, 0]
    return ExposurePanel(
        units=np.asarray(units),
        times=np.asarray(times),
        outcome=y,
        exposure=arranged(frame[exposure].to_numpy(dtype=float)),
        weight=weight,
        cluster=codes,
    )


def jackknifed(panel: ExposurePanel, estimate: Callable, level: float) -> list[dict]:
    """Each estimate with its error by leaving out one cluster at a time (CRV3, t with clusters − 1).

    Parameters
    ----------
    estimate : callable
        From a mask of units (N,) to estimates (K,), NaN where there are none.

    Returns
    -------
    list of dict
        estimate, se, low, high, reason: one an estimate; `reason` is Dutch and empty where there is an error.

    Reference: MacKinnon, Nielsen & Webb (2023), Fast and reliable jackknife and bootstrap methods for
    cluster-robust inference, J. Appl. Econom. 38.
    """
    full = estimate(np.ones(len(panel.units), dtype=bool))
    count = panel.n_clusters
    without = np.array([estimate(panel.cluster != code) for code in range(count)])
    quantile = float(stats.t.ppf((1 + level) / 2, max(count - 1, 1)))
    rows = []
    for value, others in zip(full, without.T, strict=True):
        se, reason = np.nan, ""
        if not np.isfinite(value):
            reason = "er is niets om mee te vergelijken"
        elif count < 2 or not np.isfinite(others).all():
            reason = "zonder een van de clusters is er niets om mee te vergelijken"
        else:
            se = float(np.sqrt((count - 1) / count * ((others - value) ** 2).sum()))
        reach = quantile * se
        rows.append(
            {
                "estimate": float(value),
                "se": se,
                "low": value - reach,
                "high": value + reach,
                "reason": reason,
            }
        )
    return rows
