"""The gap between two groups of pupils: in points, in standard deviations, adjusted, over the distribution.

Every function works replicate by replicate and on each plausible value, like the survey engine it is built
from. None of these numbers is an effect: pupils are not put into tracks by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.combine import combine, result_frame
from analysis.estimate.survey.design import ReplicateDesign
from analysis.estimate.survey.inputs import prepare, taken
from analysis.estimate.survey.quantiles import check_shares, replicated_quantiles
from analysis.estimate.survey.regressions import regression, regressor_matrix
from analysis.estimate.survey.statistics import (
    known_zones,
    mean,
    replicated_means,
    replicated_spreads,
    sides_of,
    take_rows,
)
from analysis.estimate.survey.totals import GroupedDesign
from analysis.unknown import NotEstimableError


def standardised_difference(
    values: Any,
    design: ReplicateDesign,
    *,
    group: Any,
    minuend: Any,
    subtrahend: Any,
    missing: str = "error",
) -> pd.DataFrame:
    """Difference of two group means in standard deviations of all pupils.

    The standard deviation is that of every row, also of groups other than the two; it varies over the
    replicates with the means.

    Parameters
    ----------
    values, design, group, minuend, subtrahend
        As :func:`analysis.estimate.survey.difference`.
    missing : str
        Whether rows without a group are an error; they count in the standard deviation. Missing values
        always are.

    Returns
    -------
    pandas.DataFrame
        One row, columns as for a mean; ``n`` counts all rows.
    """
    side = sides_of(group, design, minuend, subtrahend, missing)
    inputs = prepare({"values": values}, design)
    rows = side >= 0
    spread, spread_replicates = replicated_spreads(inputs.arrays[0], inputs.grouped)
    pair = GroupedDesign(design.take(rows), side[rows], 2)
    means = replicated_means(inputs.arrays[0][rows], pair)
    found = combine(
        (means.full[:1] - means.full[1:]) / spread,
        (means.replicates[:, :1] - means.replicates[:, 1:]) / spread_replicates,
        design,
        known_zones(GroupedDesign.whole(pair.design).zones, pair),
    )
    return result_frame(inputs, found, replicated_means(inputs.arrays[0], inputs.grouped).effective_n())


def quantile_difference(
    values: Any,
    design: ReplicateDesign,
    q: float | Sequence[float],
    *,
    group: Any,
    minuend: Any,
    subtrahend: Any,
) -> pd.DataFrame:
    """Difference between the q-quantiles of two groups: one row a q, told apart by the column ``q``.

    A difference of quantiles compares pupils at the same place in their own group; it is not a quantile of
    differences between pupils.
    """
    shares = check_shares(q)
    side = sides_of(group, design, minuend, subtrahend)
    rows = side >= 0
    inputs = prepare({"values": take_rows(values, rows)}, design.take(rows))
    pair = GroupedDesign(inputs.design, side[rows], 2)
    full, replicates = replicated_quantiles(inputs.arrays[0], pair, shares)
    found = combine(
        full[:1] - full[1:],
        replicates[:, :1] - replicates[:, 1:],
        inputs.design,
        known_zones(inputs.grouped.zones, pair)[:, None],
    )
    sizes = replicated_means(inputs.arrays[0], pair).effective_n().sum(keepdims=True)
    return result_frame(inputs, found, sizes, {"q": shares.tolist()})


def adjusted_difference(
    values: Any,
    design: ReplicateDesign,
    *,
    group: Any,
    minuend: Any,
    subtrahend: Any,
    covariates: pd.DataFrame,
    moderator: str = "",
) -> pd.DataFrame:
    """Difference between two groups among pupils with equal covariates, by weighted least squares.

    Rows of the two groups that miss a covariate are left out: ``n`` says how many remain.

    Parameters
    ----------
    values, design, group, minuend, subtrahend
        As :func:`analysis.estimate.survey.difference`.
    covariates : pandas.DataFrame
        Numeric, n rows.
    moderator : str
        A covariate over which the difference may change. It is centred on its weighted mean, so that the
        term ``difference`` is the difference at the mean, and a term ``difference x <moderator>`` is added:
        by how much the difference changes with one unit.

    Returns
    -------
    pandas.DataFrame
        As a regression, one row a term: ``intercept``, ``difference``, the covariates, the interaction.

    Raises
    ------
    NotEstimableError
        If nobody has every covariate, or they cannot be told apart.
    """
    side = sides_of(group, design, minuend, subtrahend)
    _, matrix = regressor_matrix(covariates, design)
    rows = (side >= 0) & np.isfinite(matrix).all(axis=1)
    there = np.unique(side[rows])
    if len(there) < 2:
        both = "in beide groepen" if not len(there) else "in een van de groepen"
        raise NotEstimableError(
            "no row of a group, or of both, has every covariate",
            reason=f"{both} zijn van niemand alle kenmerken bekend",
        )
    part = design.take(rows)
    difference = (side[rows] == 0).astype(float)
    frame = pd.DataFrame(matrix[rows], index=part.index, columns=[str(name) for name in covariates.columns])
    if "difference" in frame:
        raise ValueError("a covariate is named difference, which is the name of a term: rename it")
    frame.insert(0, "difference", difference)
    if moderator:
        if moderator not in frame:
            raise ValueError(f"moderator {moderator} is not among {', '.join(frame.columns[1:])}")
        centred = frame[moderator] - np.average(frame[moderator], weights=part.weight)
        frame[moderator] = centred
        frame[f"difference x {moderator}"] = difference * centred
    return regression(take_rows(values, rows), part, frame)


def level_shares(
    values: Any, design: ReplicateDesign, levels: Mapping[str, float], by: Any = None
) -> pd.DataFrame:
    """Share of pupils within each level, from the highest to below the lowest.

    Parameters
    ----------
    levels : mapping of str to float
        Lowest value of each level, from high to low.

    Returns
    -------
    pandas.DataFrame
        Columns as for a mean, ``level`` and ``inside``: how many rows the level holds, mean over
        plausible values. The last level of each group is ``below`` the lowest.
    """
    cuts = list(levels.values())
    if cuts != sorted(set(cuts), reverse=True):
        raise ValueError(f"levels are given from high to low, got cuts {cuts}")
    inputs = prepare({"values": values}, design, by, "error")
    for name in {"level", "inside"} & set(inputs.labels):
        raise taken(name)
    edges = [np.inf, *cuts, -np.inf]
    frames = []
    for name, high, low in zip([*levels, "below"], edges[:-1], edges[1:], strict=True):
        inside = ((inputs.arrays[0] >= low) & (inputs.arrays[0] < high)).astype(float)
        share = mean(inside, design, by)
        share.insert(len(inputs.labels), "level", name)
        codes, groups = inputs.grouped.codes, inputs.grouped.groups
        share["inside"] = np.bincount(codes, weights=inside.mean(axis=1), minlength=groups)
        frames.append(share)
    order = np.arange(groups * len(frames)).reshape(len(frames), groups).T.ravel()
    return pd.concat(frames, ignore_index=True).iloc[order].reset_index(drop=True)


def cycle_change(
    first: float,
    first_se: float | None,
    second: float,
    second_se: float | None,
    linking_error: float | None,
) -> tuple[float, float | None]:
    """Change between two cycles of a study and its standard error.

    The samples are independent; the scales are tied by common items, and the linking error is what that
    tie costs. It concerns a change of level, not a change in a gap between groups of one cycle.

    Parameters
    ----------
    first, second : float
        Means of the earlier and the later cycle.
    first_se, second_se : float or None
        None is unknown.
    linking_error : float or None
        In the unit of the means; None is unknown.

    Returns
    -------
    change : float
    se : float or None
        None unless all three parts are known: a standard error without the linking error would be too
        small.
    """
    parts = (first_se, second_se, linking_error)
    for part in parts:
        if part is not None and not part >= 0:
            raise ValueError(f"standard errors and the linking error are zero or more, got {part}")
    if any(part is None for part in parts):
        return second - first, None
    return second - first, float(np.sqrt(sum(part**2 for part in parts)))
