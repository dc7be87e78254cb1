"""A long frame as dense unit-by-period arrays, checked, with units ordered by cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class DensePanel:
    """One row a unit, one column a period; a cell that was not observed has weight zero.

    Attributes
    ----------
    outcome, weight, treated : ndarray, shape (units, periods)
        `treated` is 1 from the unit's cohort on.
    covariates : ndarray, shape (covariates, units, periods)
    cluster : ndarray of int, shape (units,)
        Position in `clusters`, ascending.
    clusters : ndarray, shape (clusters,)
        Labels, sorted.
    times : ndarray of float, shape (periods,)
        Observed periods, ascending.
    paths : ndarray, shape (paths, periods)
        The distinct treatment paths, in order of cohort; a path of zeros is never treated.
    assigned : ndarray of int, shape (clusters,), or None
        Each cluster's path; None where units of one cluster adopt at different times.
    rows : int
        Rows of the frame.
    """

    outcome: np.ndarray
    weight: np.ndarray
    treated: np.ndarray
    covariates: np.ndarray
    cluster: np.ndarray
    clusters: np.ndarray
    times: np.ndarray
    paths: np.ndarray
    assigned: np.ndarray | None
    rows: int

    @property
    def bounds(self) -> np.ndarray:
        """First unit of each cluster and, last, the number of units; shape (clusters + 1,)."""
        return np.searchsorted(self.cluster, np.arange(len(self.clusters) + 1))


def dense_panel(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    covariates: Sequence[str] = (),
) -> DensePanel:
    """Check `frame` and lay it out unit by period.

    Parameters
    ----------
    frame : DataFrame
        One row a unit and period; the panel may be unbalanced.
    unit, time, outcome, cluster : str
        Columns. `time` is numeric; `cluster` is the level at which treatment was assigned.
    cohort : str
        Column with the first treated period; missing means never treated.
    weights : str, optional
        Column with positive weights.
    covariates : sequence of str
        Columns with further regressors.

    Raises
    ------
    ValueError
        If a column is absent, a value missing or not finite, a weight not positive, a unit observed twice
        in one period, or cohort or cluster not constant within a unit.
    """
    covariates = tuple(covariates)
    columns = [unit, time, cohort, outcome, cluster, *([weights] if weights else []), *covariates]
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise ValueError(
            f"columns {', '.join(map(repr, absent))} are not in the frame; it has "
            f"{', '.join(map(str, frame.columns))}"
        )
    if frame.empty:
        raise ValueError("the frame has no rows: there is nothing to infer from")
    for name in (unit, cluster):
        _require(frame[name].notna().to_numpy(), frame, name, "is missing")
    when = _numbers(frame, time)
    value = _numbers(frame, outcome)
    mass = _numbers(frame, weights) if weights else np.ones(len(frame))
    _require(mass > 0, frame, weights or "", "is zero or negative; weights must be positive")
    start = _cohorts(frame, cohort, when)

    units, unit_labels = pd.factorize(frame[unit], sort=False)
    times, period = np.unique(when, return_inverse=True)
    places, cluster_labels = pd.factorize(frame[cluster], sort=True)
    if len(cluster_labels) < 2:
        raise ValueError(
            f"column {cluster!r} has one cluster, {cluster_labels[0]!r}; at least two are needed"
        )
    count, n_times = len(unit_labels), len(times)
    first = np.empty(count, dtype=np.intp)
    first[units[::-1]] = np.arange(len(frame))[::-1]
    _constant(places, places[first][units], frame, cluster, unit)
    _constant(
        np.nan_to_num(start, nan=np.inf), np.nan_to_num(start[first][units], nan=np.inf), frame, cohort, unit
    )

    order = np.argsort(places[first], kind="stable")
    rank = np.empty(count, dtype=np.intp)
    rank[order] = np.arange(count)
    cell = rank[units] * n_times + period
    seen = np.bincount(cell, minlength=count * n_times)
    if (seen > 1).any():
        row = int(np.flatnonzero(seen[cell] > 1)[0])
        raise ValueError(
            f"{unit} {frame[unit].iloc[row]!r} has more than one row in {time} "
            f"{frame[time].iloc[row]!r}; keep one row a unit and period"
        )

    def lay(values: np.ndarray) -> np.ndarray:
        grid = np.zeros(count * n_times)
        grid[cell] = values
        return grid.reshape(count, n_times)

    begin = np.nan_to_num(start[first][order], nan=np.inf)
    paths, path_of_unit = np.unique(
        (times >= np.unique(begin)[:, None]).astype(float), axis=0, return_inverse=True
    )
    level = np.searchsorted(np.unique(begin), begin)
    path = path_of_unit.reshape(-1)[level]
    cluster_of_unit = places[first][order]
    assigned = np.zeros(len(cluster_labels), dtype=np.intp)
    assigned[cluster_of_unit] = path
    return DensePanel(
        outcome=lay(value),
        weight=lay(mass),
        treated=paths[path],
        covariates=np.array([lay(_numbers(frame, name)) for name in covariates]).reshape(-1, count, n_times),
        cluster=cluster_of_unit,
        clusters=np.asarray(cluster_labels),
        times=times,
        paths=paths,
        assigned=assigned if (assigned[cluster_of_unit] == path).all() else None,
        rows=len(frame),
    )


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    try:
        values = pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r} is not numeric: {error}") from error
    _require(
        np.isfinite(values), frame, name, "is missing or not finite; drop such rows first and count them"
    )
    return values


def _cohorts(frame: pd.DataFrame, name: str, when: np.ndarray) -> np.ndarray:
    try:
        start = pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r} is not numeric: {error}") from error
    # Zero is how other software codes never treated; read as a period it would mean always treated.
    _require(
        ~((start == 0) & (when.min() > 1)),
        frame,
        name,
        "is 0, long before the first period; write never treated as missing",
    )
    return start


def _require(good: np.ndarray, frame: pd.DataFrame, name: str, what: str) -> None:
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise ValueError(
            f"column {name!r} {what}: {int((~good).sum())} rows, the first at index {frame.index[row]!r}"
        )


def _constant(values: np.ndarray, expected: np.ndarray, frame: pd.DataFrame, name: str, unit: str) -> None:
    if (values != expected).any():
        row = int(np.flatnonzero(values != expected)[0])
        raise ValueError(
            f"column {name!r} changes within {unit} {frame[unit].iloc[row]!r}; "
            "it must be constant, because treatment is absorbing and assigned once"
        )
