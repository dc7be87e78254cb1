"""A checked staggered-adoption panel as arrays: one row a unit, one column a period.

Every estimator in this folder starts here, so that each refuses the same bad input with the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

NEVER = np.inf
NO_PERIOD_BEFORE = "units without a period before treatment"


@dataclass(frozen=True)
class Panel:
    """A staggered-adoption panel of N units, T periods and K covariates.

    Attributes
    ----------
    units : ndarray, shape (N,)
        Labels, in order of first appearance.
    times : ndarray of float, shape (T,)
        Observed periods, increasing.
    cohort : ndarray of float, shape (N,)
        First treated period; ``inf`` for a unit not treated up to the last period.
    outcome : ndarray, shape (N, T)
        NaN where the unit is not observed.
    balanced : bool
        Every unit observed in every period.
    weights : ndarray, shape (N, T), or None
        Positive where observed.
    clusters : ndarray of int, shape (N,), or None
        Cluster codes from 0; None when each unit is its own cluster.
    cluster_labels : ndarray or None
    covariates : ndarray, shape (N, T, K)
    """

    units: np.ndarray
    times: np.ndarray
    cohort: np.ndarray
    outcome: np.ndarray
    balanced: bool
    weights: np.ndarray | None
    clusters: np.ndarray | None
    cluster_labels: np.ndarray | None
    covariates: np.ndarray
    covariate_names: tuple[str, ...] = ()

    @property
    def observed(self) -> np.ndarray:
        """Mask of shape (N, T)."""
        return ~np.isnan(self.outcome)

    @property
    def treated(self) -> np.ndarray:
        """Treatment indicator of shape (N, T); absorbing by construction."""
        return self.times[None, :] >= self.cohort[:, None]

    @property
    def always_treated(self) -> np.ndarray:
        """Units treated in the first period already, shape (N,): no outcome before treatment."""
        return self.cohort <= self.times[0]

    @property
    def cohorts(self) -> np.ndarray:
        """Cohorts first treated within the panel, increasing; the never-treated are not among them."""
        cohorts = np.unique(self.cohort)
        return cohorts[np.isfinite(cohorts)]

    @property
    def n_clusters(self) -> int:
        return len(self.units) if self.clusters is None else len(self.cluster_labels)

    def unit_weights(self) -> np.ndarray:
        """One weight a unit, shape (N,): the one of its first observed period; ones without weights."""
        if self.weights is None:
            return np.ones(len(self.units))
        if self.balanced:
            return np.ascontiguousarray(self.weights[:, 0])
        first = self.observed.argmax(axis=1)
        return self.weights[np.arange(len(first)), first]

    def without_always_treated(self, anticipation: float = 0) -> tuple[Panel, int]:
        """The panel without units that have no period before treatment, and how many those were."""
        drop = self.cohort - anticipation <= self.times[0]
        count = int(drop.sum())
        return (self.select(~drop), count) if count else (self, 0)

    def before(self, period: float) -> Panel:
        """The panel of the periods before `period`; cohorts from then on count as never treated."""
        keep = self.times < period
        panel = replace(
            self,
            times=self.times[keep],
            cohort=np.where(self.cohort >= period, NEVER, self.cohort),
            outcome=np.ascontiguousarray(self.outcome[:, keep]),
            weights=None if self.weights is None else np.ascontiguousarray(self.weights[:, keep]),
            covariates=self.covariates[:, keep],
        )
        return panel if self.balanced else panel.select(panel.observed.any(axis=1))

    def select(self, keep: np.ndarray) -> Panel:
        """The panel of the units in the mask `keep`; periods and clusters left empty are dropped."""
        outcome = self.outcome[keep]
        seen = ~np.isnan(outcome).all(axis=0) if not self.balanced else np.ones(len(self.times), dtype=bool)
        clusters, labels = self.clusters, self.cluster_labels
        if clusters is not None:
            used, clusters = np.unique(clusters[keep], return_inverse=True)
            labels = labels[used]
        times = self.times[seen]
        cohort = self.cohort[keep]
        if len(times):
            cohort = np.where(cohort > times[-1], NEVER, cohort)
        return Panel(
            units=self.units[keep],
            times=times,
            cohort=cohort,
            outcome=np.ascontiguousarray(outcome[:, seen]),
            balanced=self.balanced,
            weights=None if self.weights is None else np.ascontiguousarray(self.weights[keep][:, seen]),
            clusters=clusters,
            cluster_labels=labels,
            covariates=self.covariates[keep][:, seen],
            covariate_names=self.covariate_names,
        )


def read_panel(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | None = None,
    covariates: Sequence[str] = (),
) -> Panel:
    """Check `frame` and arrange it by unit and period.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and period, in any order; the panel may be unbalanced.
    unit, time, cohort, outcome : str
        Columns. `time` is numeric. `cohort` is the first treated period and missing for never-treated
        units; a cohort after the last period counts as never treated within the panel.
    cluster, weights : str, optional
        Columns; a cluster is constant within a unit, a weight is positive.
    covariates : sequence of str
        Numeric columns without missing values.

    Raises
    ------
    ValueError
        If a column is absent, non-numeric where it must be numeric, or missing values; if a unit and
        period occur twice, a cohort changes within a unit (treatment is not absorbing), never-treated
        is written as 0 or infinity, or a weight is not positive.
    """
    covariates = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    named = [unit, time, cohort, outcome, *(c for c in (cluster, weights) if c is not None), *covariates]
    absent = [column for column in dict.fromkeys(named) if column not in frame.columns]
    if absent:
        raise ValueError(
            f"column {', '.join(map(str, absent))} is absent; "
            f"the frame has {', '.join(map(str, frame.columns))}"
        )
    if len(frame) == 0:
        raise ValueError("the frame has no rows")
    period = _numeric(frame, time)
    start = _numeric(frame, cohort, missing=True)
    values = _numeric(frame, outcome)
    times, units, position = _arrange(frame[unit], period, unit, time)
    n, t = len(units), len(times)
    balanced = len(frame) == n * t

    def by_unit(column: np.ndarray) -> np.ndarray:
        if position is None:
            return column.reshape(n, t)
        arranged = np.full(n * t, np.nan)
        arranged[position] = column
        return arranged.reshape(n, t)

    rows = np.arange(n) * t if position is None else _first_row(position // t, n)
    cohort_of = start[rows]
    _require_constant(start, cohort_of, position, n, t, units, cohort)
    _check_cohorts(cohort_of, times, cohort)
    cohort_of = np.where(np.isnan(cohort_of) | (cohort_of > times[-1]), NEVER, cohort_of)

    clusters = labels = None
    if cluster is not None:
        codes, labels = pd.factorize(frame[cluster], sort=True)
        if (codes < 0).any():
            raise ValueError(f"{int((codes < 0).sum())} rows have no {cluster}: every unit needs its cluster")
        clusters = codes[rows]
        _require_constant(codes.astype(float), clusters.astype(float), position, n, t, units, cluster)
        labels = np.asarray(labels)
    weight = None
    if weights is not None:
        flat = _numeric(frame, weights)
        if (flat <= 0).any():
            raise ValueError(
                f"{int((flat <= 0).sum())} rows have a {weights} of zero or less: weights are positive"
            )
        weight = by_unit(flat)
    controls = np.empty((n, t, len(covariates)))
    for k, column in enumerate(covariates):
        controls[:, :, k] = by_unit(_numeric(frame, column))
    return Panel(
        units, times, cohort_of, by_unit(values), balanced, weight, clusters, labels, controls, covariates
    )


def _numeric(frame: pd.DataFrame, column: str, *, missing: bool = False) -> np.ndarray:
    """`column` as float64; `missing` allows empty cells (as NaN)."""
    series = frame[column]
    if isinstance(series, pd.DataFrame):
        raise ValueError(f"column {column} occurs more than once")
    dtype = series.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iuf":
        empty = missing and series.isna().all()
        if not empty and not (pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)):
            raise ValueError(f"column {column} is {dtype}: it must be numeric, for instance a year")
        values = np.full(len(series), np.nan) if empty else series.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = series.to_numpy().astype(float, copy=False)
    # One sum finds any NaN or infinity; they are only counted when there is one.
    if not missing and not np.isfinite(values.sum()):
        wrong = ~np.isfinite(values)
        if wrong.any():
            raise ValueError(
                f"column {column} is missing or infinite in {int(wrong.sum())} of {len(values)} rows, "
                f"first in row {frame.index[wrong.argmax()]}: leave such rows out deliberately "
                "(the panel may be unbalanced)"
            )
    return values


def _arrange(
    labels: pd.Series, period: np.ndarray, unit: str, time: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Periods, units and the flat cell of each row; None when the rows lie in that order already."""
    raw = labels.to_numpy()
    rows = len(raw)
    width = _leading_run(period)
    if raw.dtype.kind in "iu" and rows % width == 0:
        grid = raw.reshape(-1, width)
        first = grid[:, 0]
        increasing = len(first) == 1 or bool((first[1:] > first[:-1]).all())
        if (
            increasing
            and (grid == first[:, None]).all()
            and (period.reshape(-1, width) == period[:width]).all()
        ):
            return period[:width].copy(), first.copy(), None
    codes, units = pd.factorize(labels)
    if (codes < 0).any():
        raise ValueError(f"{int((codes < 0).sum())} rows have no {unit}")
    time_codes, times = pd.factorize(period, sort=True)
    position = codes * len(times) + time_codes
    cells = len(units) * len(times)
    seen = np.bincount(position, minlength=cells)
    if seen.max() > 1:
        twice = int(seen.argmax())
        raise ValueError(
            f"{int((seen > 1).sum())} combinations of {unit} and {time} occur more than once, for instance "
            f"{units[twice // len(times)]} in {times[twice % len(times)]:g}: one row a unit and period"
        )
    return times, np.asarray(units), position


def _leading_run(period: np.ndarray) -> int:
    """Length of the strictly increasing run at the start: the number of periods if the frame is sorted."""
    width = 1
    while width < len(period) and period[width] > period[width - 1]:
        width += 1
    return width


def _first_row(unit_of_row: np.ndarray, n: int) -> np.ndarray:
    rows = np.empty(n, dtype=np.intp)
    rows[unit_of_row[::-1]] = np.arange(len(unit_of_row))[::-1]
    return rows


def _require_constant(column, value, position, n, t, units, name) -> None:
    """Raise if `column` differs from its unit's `value` anywhere; missing equals missing."""
    if position is None:
        grid, empty = column.reshape(n, t), np.isnan(value)
        differs = grid != value[:, None]
        differs[empty] = ~np.isnan(grid[empty])
        changing = np.flatnonzero(differs.any(axis=1))
    else:
        of_row = position // t
        repeated = value[of_row]
        differs = (column != repeated) & ~(np.isnan(column) & np.isnan(repeated))
        changing = np.unique(of_row[differs])
    if len(changing):
        raise ValueError(
            f"{name} changes within {len(changing)} units, for instance {units[changing[0]]}: treatment must "
            f"be absorbing, so each unit has one {name} in all its rows"
        )


def _check_cohorts(cohort: np.ndarray, times: np.ndarray, name: str) -> None:
    infinite = np.isinf(cohort)
    if infinite.any():
        raise ValueError(
            f"{name} is infinite for {int(infinite.sum())} units: leave never-treated units missing (NaN)"
        )
    zero = (cohort == 0) & (times[0] > 0)
    if zero.any():
        raise ValueError(
            f"{name} is 0 for {int(zero.sum())} units while the periods start at {times[0]:g}: "
            "leave never-treated units missing (NaN)"
        )
