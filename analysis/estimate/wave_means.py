"""Mean by group and wave of a panel, and the gap by wave, without assuming a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.estimate.checks import plain, row_weights, waves
from analysis.estimate.clustered import clustered_fit


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
        `subtrahend` in the waves that have both.

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
    present = frame.groupby([group, time], observed=True).size()
    cells = [
        (name, wave) for name in groups for wave in sorted(frame[time].unique()) if (name, wave) in present
    ]
    keys = pd.MultiIndex.from_frame(frame[[group, time]])
    design = pd.DataFrame({f"{name}:{wave}": np.asarray(keys == (name, wave), float) for name, wave in cells})
    fit = clustered_fit(
        "pooled",
        frame[outcome],
        design,
        unit=frame[unit],
        time=frame[time],
        cluster=frame[cluster],
        weights=weights,
        level=level,
    )

    def row(combination: dict[str, float], n: int) -> dict:
        return {**asdict(fit.combine(combination)), "n": int(n)}

    means = [
        {"group": name, "wave": wave, **row({f"{name}:{wave}": 1.0}, present[name, wave])}
        for name, wave in cells
    ]
    gaps = [
        {"wave": wave, **row({f"{minuend}:{wave}": 1.0, f"{subtrahend}:{wave}": -1.0},
                                  present[minuend, wave] + present[subtrahend, wave])}
        for wave in sorted(frame[time].unique())
        if {(minuend, wave), (subtrahend, wave)} <= set(cells)
    ]  # fmt: skip
    columns = {"value": "estimate"}
    return pd.DataFrame(means).rename(columns=columns), pd.DataFrame(gaps).rename(columns=columns)
