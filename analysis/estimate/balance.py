"""How alike two groups of places were before anything began: means and standardised differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class Before:
    """Characteristics of clusters from the measurements before the first start.

    Attributes
    ----------
    table : pandas.DataFrame
        Index cluster; columns ``last`` (mean over its units at the last measurement before the first start),
        ``mean`` (over all before) and ``change`` (between the last two; absent where there is one).
    exposed : pandas.Series of bool
        Index cluster: whether it starts within the panel.
    last, previous : int
        Times of the last measurement before the first start and the one before; −1 where there is none.
    """

    table: pd.DataFrame
    exposed: pd.Series
    last: int
    previous: int


def before_start(frame: pd.DataFrame) -> Before:
    """Levels and change of every cluster before the first start.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, cluster, time, cohort and value of :class:`analysis.panel.question.Panel`. Every unit counts the
        same; a cluster that was not measured at a time is missing there.

    Raises
    ------
    NotEstimableError
        If nobody starts, or nothing was measured before the first start.
    """
    earlier = frame[frame["time"] < frame["cohort"].min()]
    if earlier.empty:
        raise NotEstimableError(
            "no measurement before the first start", reason="er is geen meting van vóór de eerste start"
        )
    wide = earlier.pivot_table(index="cluster", columns="time", values="value", aggfunc="mean")
    times = sorted(earlier["time"].unique())
    table = pd.DataFrame({"last": wide[times[-1]], "mean": wide.mean(axis=1)})
    if len(times) > 1:
        table["change"] = wide[times[-1]] - wide[times[-2]]
    exposed = frame.groupby("cluster")["cohort"].agg(lambda starts: starts.notna().any())
    return Before(
        table, exposed.reindex(table.index), int(times[-1]), int(times[-2]) if len(times) > 1 else -1
    )


def standardised_gap(values: pd.Series, exposed: pd.Series) -> tuple[float, float, float]:
    """Means of the exposed and of the others, and their difference in standard deviations::

        d = (m₁ − m₀) / √((s₁² + s₀²) / 2)

    with the spread within each group, which an effect of the programme on neither moves (Austin 2009). Places
    without a value are left out; the difference is NaN where a group has fewer than two, or neither varies.

    Parameters
    ----------
    values, exposed : pandas.Series
        With the same index.
    """
    known = values.notna()
    with_start, without = values[known & exposed], values[known & ~exposed]
    means = float(with_start.mean()), float(without.mean())
    if min(len(with_start), len(without)) < 2:
        return *means, np.nan
    spread = np.sqrt((with_start.var(ddof=1) + without.var(ddof=1)) / 2)
    return *means, float((means[0] - means[1]) / spread) if spread > 0 else np.nan
