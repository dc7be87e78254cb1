"""Mean by group and wave of a panel, and the gap by wave, without assuming a straight line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.estimate.checks import plain, row_weights, waves
from analysis.estimate.clustered import Clustered, Estimate, clustered_fit


def wave_means(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    group: str,
    groups: Sequence[str],
    minuend: str,
    subtrahend: str,
    cluster: str,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weighted means with intervals that allow for clusters (Student's t, clusters minus one).

    Returns
    -------
    means, gaps : pandas.DataFrame
        group, wave, estimate, se, low, high, n; and wave, estimate, se, low, high, n of `minuend` −
        `subtrahend` in the waves that have both, with the n of the smaller group. A mean that rests on one
        cluster has no standard error: NaN, and so has its gap.

    Raises
    ------
    ValueError
        For missing values, weights of zero or less, or an unknown group.
    """
    weights = None if weights is None else row_weights(weights, frame, "weights")
    frame = plain(frame, [outcome, unit, time, group, cluster], "frame")
    frame[time] = waves(frame[time], time)
    unknown = sorted(set(frame[group].unique()) - set(groups))
    if unknown:
        raise ValueError(
            f"{group}: unknown value {', '.join(map(str, unknown))}; known are {', '.join(groups)}"
        )
    weight = pd.Series(1.0, index=frame.index) if weights is None else weights
    by_cell = frame.groupby([group, time], observed=True)
    present, clusters = by_cell.size(), by_cell[cluster].nunique()
    seen = sorted(frame[time].unique())
    cells = [(name, wave) for name in groups for wave in seen if (name, wave) in present]
    several = [cell for cell in cells if clusters[cell] > 1]
    keys = pd.MultiIndex.from_frame(frame[[group, time]])
    fit = _fit(frame, keys, several, outcome, unit, time, cluster, weight, level) if several else None

    def row(combination: dict[tuple, float], n: int) -> dict:
        if fit is not None and set(combination) <= set(several):
            found = fit.combine({_column(cell): sign for cell, sign in combination.items()})
        else:
            value = sum(
                sign * np.average(frame.loc[keys == cell, outcome], weights=weight[keys == cell])
                for cell, sign in combination.items()
            )
            found = Estimate(float(value), math.nan, math.nan, math.nan)
        return {**asdict(found), "n": int(n)}

    means = [
        {"group": name, "wave": wave, **row({(name, wave): 1.0}, present[name, wave])} for name, wave in cells
    ]
    gaps = [
        {
            "wave": wave,
            **row(
                {(minuend, wave): 1.0, (subtrahend, wave): -1.0},
                min(present[minuend, wave], present[subtrahend, wave]),
            ),
        }
        for wave in seen
        if {(minuend, wave), (subtrahend, wave)} <= set(cells)
    ]
    measures = ["value", "se", "low", "high", "n"]
    return (
        pd.DataFrame(means, columns=["group", "wave", *measures]).rename(columns={"value": "estimate"}),
        pd.DataFrame(gaps, columns=["wave", *measures]).rename(columns={"value": "estimate"}),
    )


def _fit(frame, keys, cells, outcome, unit, time, cluster, weight, level) -> Clustered:
    """Means of the cells that rest on several clusters."""
    rows = keys.isin(cells)
    kept, own = frame[rows].reset_index(drop=True), keys[rows]
    design = pd.DataFrame({_column(cell): np.asarray(own == cell, float) for cell in cells})
    return clustered_fit(
        "pooled",
        kept[outcome],
        design,
        unit=kept[unit],
        time=kept[time],
        cluster=kept[cluster],
        weights=weight[rows].reset_index(drop=True),
        level=level,
    )


def _column(cell: tuple) -> str:
    return f"{cell[0]}:{cell[1]}"
