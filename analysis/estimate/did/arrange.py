"""Where each row of a long frame goes in the grid of units by periods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimate.did.columns import codes


def arrange(
    labels: pd.Series, period: np.ndarray, unit: str, said: pd.Series
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Periods (T,), units (N,) and the flat cell of each row; None when the rows lie in that order already.

    Parameters
    ----------
    labels : pandas.Series
        Units.
    period : ndarray of float, shape (n,)
    unit : str
        Name of the units, for messages.
    said : pandas.Series
        The column that `period` was read from, for messages.

    Raises
    ------
    ValueError
        If a row has no unit, or a unit and period occur twice.
    """
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
    of_unit, units = codes(labels, unit)
    of_time, times = pd.factorize(period, sort=True)
    position = of_unit * len(times) + of_time
    seen = np.bincount(position, minlength=len(units) * len(times))
    if seen.max() > 1:
        row = int((seen[position] > 1).argmax())
        raise ValueError(
            f"{int((seen > 1).sum())} combinations of {unit} and {said.name} occur more than once, for "
            f"instance {labels.iloc[row]} in {said.iloc[row]}: one row a unit and period"
        )
    return times, units, position


def first_rows(group: np.ndarray, n: int) -> np.ndarray:
    """The first row of each group, shape (n,), from the group of each row."""
    rows = np.empty(n, dtype=np.intp)
    rows[group[::-1]] = np.arange(len(group))[::-1]
    return rows


def require_constant(
    column: np.ndarray,
    value: np.ndarray,
    position: np.ndarray | None,
    n: int,
    t: int,
    units: np.ndarray,
    name: str,
) -> None:
    """Raise ValueError if `column` differs anywhere from its unit's `value`; missing equals missing."""
    empty = np.isnan(value)
    if position is None:
        grid = column.reshape(n, t)
        differs = grid != value[:, None]
        differs[empty] = ~np.isnan(grid[empty])
        changing = np.flatnonzero(differs.any(axis=1))
    else:
        of_row = position // t
        differs = (column != value[of_row]) & ~(np.isnan(column) & empty[of_row])
        changing = np.unique(of_row[differs])
    if len(changing):
        raise ValueError(
            f"{name} changes within {len(changing)} units, for instance {units[changing[0]]}: treatment must "
            f"be absorbing, so each unit has one {name} in all its rows"
        )


def _leading_run(period: np.ndarray) -> int:
    """Length of the strictly increasing run at the start: the number of periods if the frame is sorted."""
    width = 1
    while width < len(period) and period[width] > period[width - 1]:
        width += 1
    return width
