"""The yardstick: the same contrast of changes between every two consecutive measurements.

What the clusters that have the programme differ in by themselves, from one measurement to the next, is seen
in all pairs before it began: each is a placebo question with its own exact re-assignment.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.inference.randomisation import Randomisation, randomisation_inference
from analysis.unknown import NotEstimableError


def consecutive_contrasts(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    cluster: str,
    treated: Iterable[str],
    since: object | None = None,
    level: float = 0.95,
    **sampling,
) -> pd.DataFrame:
    """Mean change of the `treated` clusters' units minus that of the others, between consecutive times.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and time; units absent at one end of a pair are left out of that pair, and counted.
    unit, time, outcome, cluster : str
        Columns; `time` sorts (ISO dates do), `cluster` is the level of assignment.
    treated : iterable of str
        Clusters; the others are the comparison.
    since : optional
        When the programme began, as a value of `time`; a pair that ends earlier is a placebo.
    level : float
        Coverage of the interval.
    **sampling
        ``max_exact``, ``draws`` and ``seed`` of
        :func:`analysis.inference.randomisation.randomisation_inference`.

    Returns
    -------
    pandas.DataFrame
        One row a pair, in order of time: start, end, estimate, low, high, p_value (difference of means, not
        studentised), p_studentised, exact, reassignments, smallest_p, sd (of the mean changes between
        clusters), units, left_out, placebo. A pair that nobody of one of the groups was measured in at both
        ends is not among them.

    Raises
    ------
    ValueError
        If a column is absent or a treated cluster is unknown.
    NotEstimableError
        If there are fewer than two times, or all clusters are treated, or none, or no two consecutive
        measurements have units of both groups in common.
    """
    absent = [name for name in (unit, time, outcome, cluster) if name not in frame]
    if absent:
        raise ValueError(f"columns {', '.join(absent)} are not in the frame; it has {', '.join(frame)}")
    treated = set(treated)
    unknown = sorted(treated - set(frame[cluster]))
    if unknown:
        raise ValueError(f"column {cluster!r}: treated {', '.join(map(str, unknown))} does not occur")
    if not treated or treated == set(frame[cluster]):
        raise NotEstimableError(
            f"{len(treated)} of {frame[cluster].nunique()} clusters are treated: no contrast",
            reason="er is geen gebied met en zonder het programma naast elkaar",
        )
    times = sorted(frame[time].unique())
    if len(times) < 2:
        raise NotEstimableError(
            f"column {time!r} has {len(times)} value: a change needs two",
            reason="er is maar een meting, en een verandering vraagt er twee",
        )
    rows = []
    for start, end in pairwise(times):
        pair, left_out = _pair(frame, unit, time, start, end)
        begun = pair[cluster].isin(treated)
        if begun.all() or not begun.any():  # nobody, where it is empty
            continue
        pair["_cohort"] = np.where(begun, 1.0, np.nan)
        found = randomisation_inference(
            pair,
            unit=unit,
            time="_when",
            cohort="_cohort",
            outcome=outcome,
            cluster=cluster,
            statistic="att_never",
            level=level,
            **sampling,
        )
        changes = pair.pivot_table(index=[cluster, unit], columns="_when", values=outcome)
        by_cluster = (changes[1] - changes[0]).groupby(level=0).mean()
        rows.append(
            _row(found, start, end, since)
            | {"sd": float(by_cluster.std()), "units": len(changes), "left_out": left_out}
        )
    if not rows:
        raise NotEstimableError(
            "no two consecutive times have units of both groups in common",
            reason="van beide groepen is geen plaats bij twee opeenvolgende metingen gemeten",
        )
    return pd.DataFrame(rows)


def _pair(frame: pd.DataFrame, unit: str, time: str, start: object, end: object) -> tuple[pd.DataFrame, int]:
    """Rows of units seen at both times, 0 at the start and 1 at the end; how many were not."""
    pair = frame[frame[time].isin([start, end])]
    both = pair.groupby(unit)[time].transform("nunique") == 2
    kept = pair[both].copy()
    kept["_when"] = (kept[time] == end).astype(int)
    return kept, int(pair.loc[~both, unit].nunique())


def _row(found: Randomisation, start: object, end: object, since: object | None) -> dict:
    low, high = found.interval_unstudentised
    return {
        "start": start,
        "end": end,
        "estimate": found.estimate,
        "low": low,
        "high": high,
        "p_value": found.p_unstudentised,
        "p_studentised": found.p_studentised,
        "exact": found.exact,
        "reassignments": found.draws,
        "smallest_p": found.smallest_p,
        "placebo": since is not None and end < since,
    }
