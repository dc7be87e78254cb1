"""Reading a panel: the front door of every estimator of adoption.

All start here, so that each reads the same column in the same way and refuses the same bad input with the
same words.

Periods are ordered, not assumed yearly or one apart. A unit is exposed from the first period at or after its
start, and event time counts steps from there: the common distance between periods where they are evenly
spaced (two years, half a year), and otherwise one step from each period to the next (elections). So the last
period before exposure is always one step before it, whatever the calendar did.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.estimate.did.arrange import arrange, first_rows, require_constant
from analysis.estimate.did.columns import codes, numbers, require_columns, require_finite, weights_of
from analysis.estimate.did.periods import NUMBER, Keys, evenly, keys
from analysis.estimate.did.staggered import NEVER, NO_PERIOD_BEFORE, Panel, no_controls, nobody_treated
from analysis.estimate.did.timeline import Timeline

__all__ = ["NEVER", "NO_PERIOD_BEFORE", "Panel", "no_controls", "nobody_treated", "read_panel"]


def read_panel(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | pd.Series | None = None,
    covariates: str | Sequence[str] = (),
) -> Panel:
    """Check `frame` and arrange it by unit and period.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and period, in any order and with any index; the panel may be unbalanced.
    unit, cluster : str
        Columns with labels of any kind; a missing label is an error. A cluster is constant within a unit.
    time : str
        Column with ordered periods: numbers (a year, 2019.5 in half years, Decimals), dates, calendar
        periods, or ordered categories. Text has no order and is refused.
    cohort : str
        Column with the start of treatment, written as `time` is. A unit is exposed from the first period at
        or after it. Never treated is missing (NaN, None, NaT, NA), infinity, or 0 where all periods are
        above 0; a start after the last period is not within the panel.
    outcome : str
        Numeric column without gaps or infinities.
    weights : str or pandas.Series, optional
        Column, or series aligned by index; positive.
    covariates : str or sequence of str
        Numeric columns without missing values.

    Raises
    ------
    ValueError
        If a column is absent, of the wrong kind or misses values; if a unit and period occur twice, a cohort
        changes within a unit (treatment is not absorbing) or is below 0 where all periods are above 0, time
        and cohort are of different kinds, or a weight is not positive.
    """
    covariates = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    named = [weights] if isinstance(weights, str) else []
    require_columns(
        frame, [unit, time, cohort, outcome, *([] if cluster is None else [cluster]), *named, *covariates]
    )
    when = keys(frame[time], time)
    require_finite(when.floats, frame.index, time)
    began = _starts(frame, when, time, cohort)
    values = numbers(frame[outcome], outcome)
    times, units, position = arrange(frame[unit], when.floats, unit, frame[time])
    n, t = len(units), len(times)
    balanced = len(frame) == n * t

    def by_unit(column: np.ndarray) -> np.ndarray:
        if position is None:
            return column.reshape(n, t)
        arranged = np.full(n * t, np.nan)
        arranged[position] = column
        return arranged.reshape(n, t)

    rows = np.arange(n) * t if position is None else first_rows(position // t, n)
    start = began[rows]
    require_constant(began, start, position, n, t, units, cohort)
    above = when.kind == NUMBER and times[0] > 0
    if above and (start < 0).any():  # a code for never, such as -1 or -999, is no start before the panel
        row = int(np.flatnonzero(began < 0)[0])
        raise ValueError(
            f"column {cohort} is {began[row]:g} in row {frame.index[row]}, and {time} runs from "
            f"{times[0]:g}: leave it empty, or write 0, for a unit that is never treated"
        )
    never = np.isnan(start) | ((start == 0) & above)
    clusters = labels = None
    if cluster is not None:
        of_row, labels = codes(frame[cluster], cluster, ordered=True)
        clusters = of_row[rows]
        require_constant(of_row, clusters, position, n, t, units, cluster)
    controls = np.empty((n, t, len(covariates)))
    for k, column in enumerate(covariates):
        controls[:, :, k] = by_unit(numbers(frame[column], column))
    return Panel(
        units=units,
        timeline=Timeline(
            times if when.kind == NUMBER else _labels(frame[time], position, n, t),
            np.arange(t),
            evenly(times, time) if when.kind == NUMBER else 1.0,
        ),
        start=np.searchsorted(times, np.where(never, NEVER, start), side="left"),
        outcome=by_unit(values),
        balanced=balanced,
        weights=None if weights is None else by_unit(weights_of(frame, weights)),
        clusters=clusters,
        cluster_labels=labels,
        covariates=controls,
        covariate_names=covariates,
    )


def _starts(frame: pd.DataFrame, when: Keys, time: str, cohort: str) -> np.ndarray:
    """Start of treatment by row on the scale of the periods' keys, shape (n,)."""
    began = keys(frame[cohort], cohort, when.order)
    if began.kind != when.kind and not np.isnan(began.floats).all():
        raise ValueError(
            f"column {cohort} is {began.said} and column {time} is {when.said}: write both in the same way"
        )
    if np.fmin.reduce(began.floats) == -np.inf:
        row = frame.index[int((began.floats == -np.inf).argmax())]
        raise ValueError(f"column {cohort} is minus infinity in row {row}: a start is a period")
    return began.floats


def _labels(series: pd.Series, position: np.ndarray | None, n: int, t: int) -> np.ndarray:
    """The labels of the periods in order, as they stand in the column, shape (T,)."""
    rows = np.arange(t) if position is None else first_rows(position % t, t)
    return np.asarray(series.iloc[rows].array)
