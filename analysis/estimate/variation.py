"""How an outcome varies by itself, as who plans a measurement must know: within groups, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.checks import require_columns
from analysis.estimate.variance_components import nested_variance_components
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class Variation:
    """A measure of variation.

    Attributes
    ----------
    groups, n : int
        Groups (schools, places), and the observations in them.
    """

    value: float
    se: float
    groups: int
    n: int


def intraclass(
    frame: pd.DataFrame, *, values: Sequence[str], group: str, fixed: str | None = None
) -> Variation:
    """Share of the variance of an outcome that lies between groups.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a pupil.
    values : sequence of str
        Columns with the plausible values of one outcome; every value is estimated and the shares averaged.
    group : str
        Column of the school.
    fixed : str, optional
        Column whose levels are held equal, such as the programme within a track.

    Returns
    -------
    Variation
        Its error has the sampling part of Donner (1986), with groups of the mean size, and the part between
        plausible values (Rubin 1987).

    Raises
    ------
    ValueError
        If a column is absent or a value is missing.
    NotEstimableError
        If there are not two groups, or no group has two members.

    Notes
    -----
    Restricted maximum likelihood with a random intercept a group; pupils are not weighted.
    """
    require_columns(frame, [*values, group, *([fixed] if fixed else [])], "intraclass")
    groups, n = int(frame[group].nunique()), len(frame)
    if groups < 2 or n <= groups:
        raise NotEstimableError(
            f"{n} rows in {groups} groups: two groups, and two rows in one of them, at least",
            reason="er zijn te weinig groepen met meer dan één deelnemer",
        )
    design = pd.DataFrame({"constant": np.ones(n)}, index=frame.index)
    if fixed:
        dummies = pd.get_dummies(frame[fixed], prefix=fixed, drop_first=True, dtype=float)
        design = pd.concat([design, dummies], axis=1)
    shares = np.array(
        [
            nested_variance_components(frame[value], design, frame[[group]])
            .table.set_index("level")
            .loc[group, "share"]
            for value in values
        ]
    )
    share, size = shares.mean(), n / groups
    sampling = 2 * ((1 - share) * (1 + (size - 1) * share)) ** 2 / (size * (size - 1) * (groups - 1))
    between = shares.var(ddof=1) * (1 + 1 / len(shares)) if len(shares) > 1 else 0.0
    return Variation(float(share), float(np.sqrt(sampling + between)), groups, n)


def change_sd(frame: pd.DataFrame, *, unit: str, time: str, outcome: str, last: int) -> Variation:
    """Spread between units of the change from one measurement to the next, over the `last` changes together.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and time, every unit at every time.
    unit, time, outcome : str
        Columns.
    last : int
        Changes that count, from the latest back.

    Returns
    -------
    Variation
        The root of the mean variance; its error takes changes as normal and independent.

    Raises
    ------
    ValueError
        If a column is absent or a unit misses a time.
    NotEstimableError
        If there are fewer changes, or fewer than three units.
    """
    require_columns(frame, [unit, time, outcome], "change_sd")
    twice = frame.duplicated([unit, time])
    if twice.any():
        row = frame.loc[twice].iloc[0]
        raise ValueError(f"change_sd: {unit} {row[unit]!r} has more than one row at {time} {row[time]}")
    wide = frame.pivot_table(index=unit, columns=time, values=outcome, dropna=False)
    if wide.isna().to_numpy().any():
        missing = wide.index[wide.isna().any(axis=1)][0]
        raise ValueError(f"change_sd: {unit} {missing!r} misses a {time}; leave it out")
    changes = wide.diff(axis=1).iloc[:, 1:]
    units = len(changes)
    if last < 1 or changes.shape[1] < last or units < 3:
        raise NotEstimableError(
            f"{changes.shape[1]} changes of {units} units: {last} changes and three units are needed",
            reason="er zijn te weinig metingen of plaatsen",
        )
    variance = changes.iloc[:, -last:].var(ddof=1).mean()
    value = float(np.sqrt(variance))
    return Variation(value, value / np.sqrt(2 * last * (units - 1)), units, units * last)
