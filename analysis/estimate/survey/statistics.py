"""Means, differences of means, shares, standard deviations and correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.combine import Combined, combine, effective_size, result_frame
from analysis.estimate.survey.design import ReplicateDesign, common_index
from analysis.estimate.survey.inputs import Inputs, prepare
from analysis.estimate.survey.totals import GroupedDesign
from analysis.unknown import NotEstimableError

SMALL_SPREAD = 0.01  # standard deviation for a level of 1 from which squares about zero keep twelve digits
BLOCK_ROWS = 8_000


@dataclass(frozen=True, eq=False)
class Means:
    """Means by group, and what else the same sums tell.

    Attributes
    ----------
    full : numpy.ndarray, shape (groups, M)
    replicates : numpy.ndarray, shape (R, groups, M)
    variance : numpy.ndarray, shape (groups,)
        Variance of the values, with n − 1, mean over M.
    """

    full: np.ndarray
    replicates: np.ndarray
    variance: np.ndarray
    grouped: GroupedDesign

    def combined(self) -> Combined:
        """Rubin's rules for the means."""
        return combine(self.full, self.replicates, self.grouped.design, self.grouped.zones)

    def effective_n(self, combined: Combined | None = None) -> np.ndarray:
        """Size of the simple random sample in which the mean would be as certain, shape (groups,).

        The variance of the values over the sampling variance of their mean, as in the technical reports
        of ICCS: n over the design effect of the mean. NaN where the values do not vary. `combined` is
        that of the means, where it is there already.
        """
        found = self.combined() if combined is None else combined
        return effective_size(self.variance, found.sampling_variance)


def replicated_means(values: np.ndarray, grouped: GroupedDesign) -> Means:
    """Means of `values` (n, M) by group, and their replicates.

    Squares about zero lose digits where values vary little for their level: those are taken about one of
    the values instead, which costs a copy.
    """
    means = _means_about_zero(values, grouped)
    level = np.square(means.full).mean(axis=-1)
    if not (means.variance < SMALL_SPREAD**2 * level).any():
        return means
    centre = values[0, 0]
    means = _means_about_zero(values - centre, grouped)
    return replace(means, full=means.full + centre, replicates=means.replicates + centre)


def _means_about_zero(values: np.ndarray, grouped: GroupedDesign) -> Means:
    weight, replicated_weight = grouped.weights()
    full, replicates = grouped.totals(values)
    full, replicates = full / weight, replicates / replicated_weight
    squares = grouped.full_totals(_row_squares(values))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares / (weight[:, 0] * values.shape[1]) - np.square(full).mean(axis=-1)
        variance = spread * grouped.n / (grouped.n - 1.0)
    return Means(full, replicates, variance, grouped)


def replicated_spreads(values: np.ndarray, grouped: GroupedDesign) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations (groups, M), dividing by the sum of weights, and their replicates."""
    deviations = values - _group_means(values, grouped)
    weight, replicated_weight = grouped.weights()
    full, replicates = grouped.totals(np.hstack([deviations, np.square(deviations)]))
    return (
        np.sqrt(_variance(full / weight, values.shape[1])),
        np.sqrt(_variance(replicates / replicated_weight, values.shape[1])),
    )


def mean(values: Any, design: ReplicateDesign, by: Any = None, *, missing: str = "error") -> pd.DataFrame:
    """Weighted means with their standard errors.

    Parameters
    ----------
    values : array_like, shape (n,) or (n, M)
        A variable or M plausible values of one.
    design : ReplicateDesign
        Of the same n rows, in the same order.
    by : None, array_like, pandas.Series or pandas.DataFrame
        Groups to estimate for separately.
    missing : str
        ``error`` refuses missing values; ``drop`` leaves incomplete rows out.

    Returns
    -------
    pandas.DataFrame
        The group labels, if any, and ``estimate, se, sampling_variance, imputation_variance, n,
        effective_n, df``; one row a group, in order of the labels. ``imputation_variance`` includes the
        factor ``1 + 1/M``, so that ``se**2`` is the sum of both parts. ``effective_n`` is the size of
        the simple random sample in which the mean would have the same sampling variance. Where a
        replicate leaves a group without weight, or a group lies within one half of one zone, ``se`` is
        NaN: the sample does not tell.

    Raises
    ------
    ValueError, TypeError
        If shapes do not fit or values are missing, infinite or text.
    """
    inputs = prepare({"values": values}, design, by, missing)
    return _of_means(inputs, replicated_means(inputs.arrays[0], inputs.grouped))


def standard_deviation(
    values: Any, design: ReplicateDesign, by: Any = None, *, missing: str = "error"
) -> pd.DataFrame:
    """Weighted standard deviations, dividing by the sum of weights. Parameters as :func:`mean`.

    ``effective_n`` is that of the mean of the values, here and in every other statistic but the mean.
    """
    inputs = prepare({"values": values}, design, by, missing)
    found = combined(inputs, *replicated_spreads(inputs.arrays[0], inputs.grouped))
    return result_frame(inputs, found, replicated_means(inputs.arrays[0], inputs.grouped).effective_n())


def difference(
    values: Any,
    design: ReplicateDesign,
    *,
    group: Any,
    minuend: Any,
    subtrahend: Any,
    by: Any = None,
    missing: str = "error",
) -> pd.DataFrame:
    """Mean of group `minuend` minus mean of group `subtrahend`, replicate by replicate.

    The groups may share schools: the covariance is in the replicates. Rows of other groups are left out.

    Parameters
    ----------
    values, design, by, missing
        As :func:`mean`.
    group : array_like, shape (n,)
        Label of each row.
    minuend, subtrahend : label
        Two different labels in `group`.

    Returns
    -------
    pandas.DataFrame
        As :func:`mean`; ``n`` and ``effective_n`` count both groups. ``se`` is NaN where that of one of both
        means is.

    Raises
    ------
    NotEstimableError
        If a label does not occur, in the whole or in a group of `by`.
    """
    side = sides_of(group, design, minuend, subtrahend, missing)
    rows = side >= 0
    inputs = prepare(
        {"values": take_rows(values, rows), "side": side[rows]},
        design.take(rows),
        None if by is None else take_rows(by, rows),
        missing,
    )
    values, side = inputs.arrays
    pairs = inputs.grouped.codes * 2 + side[:, 0].astype(np.int64)
    n = np.bincount(pairs, minlength=2 * inputs.grouped.groups)
    present = n.reshape(-1, 2) > 0
    if not present.all():
        first = int((~present).any(axis=1).argmax())
        lost = subtrahend if present[first, 0] else minuend
        where = {name: labels[first] for name, labels in inputs.labels.items()}
        raise NotEstimableError(
            f"no row of group {lost!r} in {where or 'the complete rows'}: no difference there",
            reason=f"van de groep {lost} is in een van de delen niemand aanwezig",
        )
    paired = GroupedDesign(inputs.design, pairs, n.size, n)
    means = replicated_means(values, paired)
    found = combined(
        inputs,
        means.full[0::2] - means.full[1::2],
        means.replicates[:, 0::2] - means.replicates[:, 1::2],
        zones=known_zones(inputs.grouped.zones, paired),
    )
    return result_frame(inputs, found, means.effective_n().reshape(-1, 2).sum(axis=1))


def share_at_or_above(
    values: Any,
    design: ReplicateDesign,
    cut: float | Sequence[float],
    by: Any = None,
    *,
    missing: str = "error",
) -> pd.DataFrame:
    """Weighted share of the rows with a value of `cut` or more, between 0 and 1.

    Parameters as :func:`mean`; `cut` is one or several cut points, such as those between proficiency
    levels. One row a group and cut, told apart by the column ``cut``.
    """
    cuts = np.atleast_1d(np.asarray(cut, dtype=float))
    if cuts.ndim != 1 or cuts.size == 0 or not np.isfinite(cuts).all():
        raise ValueError(f"cut is {cut!r}: expected one or more finite numbers")
    inputs = prepare({"values": values}, design, by, missing)
    frames = []
    for position, point in enumerate(cuts):
        reached = (inputs.arrays[0] >= point).astype(float)
        frame = _of_means(inputs, replicated_means(reached, inputs.grouped), {"cut": [float(point)]})
        frames.append(frame.set_axis(frame.index * cuts.size + position))
    return pd.concat(frames).sort_index()


def correlation(
    first: Any, second: Any, design: ReplicateDesign, by: Any = None, *, missing: str = "error"
) -> pd.DataFrame:
    """Weighted Pearson correlations.

    `first` and `second` are (n,) or (n, M); two sets of plausible values are paired one to one and need
    the same M. Other parameters as :func:`mean`; ``effective_n`` is that of the mean of `first`.
    A correlation with a variable that does not vary is NaN.
    """
    inputs = prepare({"first": first, "second": second}, design, by, missing)
    left, right = inputs.arrays
    if left.shape[1] != right.shape[1] and 1 not in (left.shape[1], right.shape[1]):
        raise ValueError(
            f"first has {left.shape[1]} plausible values, second {right.shape[1]}: expected as many, or one"
        )
    grouped, count = inputs.grouped, max(left.shape[1], right.shape[1])
    sizes = replicated_means(left, grouped).effective_n()
    left, right = (
        np.broadcast_to(values - _group_means(values, grouped), (grouped.design.n, count))
        for values in (left, right)
    )
    sums = np.hstack([left, right, left * right, np.square(left), np.square(right)])
    (weight, replicated_weight), (full, replicates) = grouped.weights(), grouped.totals(sums)
    found = combined(
        inputs, _correlation(full / weight, count), _correlation(replicates / replicated_weight, count)
    )
    return result_frame(inputs, found, sizes)


def _of_means(inputs: Inputs, means: Means, terms: dict[str, list] | None = None) -> pd.DataFrame:
    found = means.combined()
    return result_frame(inputs, found, means.effective_n(found), terms)


def combined(
    inputs: Inputs, full: np.ndarray, replicates: np.ndarray, *, zones: np.ndarray | None = None
) -> Combined:
    """Rubin's rules for a statistic of each group, with or without several terms.

    `zones` are those that contribute, shape (groups,), 0 where the error is unknown; those of the groups
    unless given.
    """
    zones = inputs.grouped.zones if zones is None else zones
    return combine(full, replicates, inputs.design, zones.reshape(-1, *(1,) * (full.ndim - 2)))


def known_zones(zones: np.ndarray, paired: GroupedDesign) -> np.ndarray:
    """`zones` of each group, 0 where the error of one of its two sides is unknown.

    A side within one half of one zone has no error of its own in the replicates. What is left of that of
    the difference is the other side's, and whether it is all there is depends on which half is dropped.

    Parameters
    ----------
    zones : ndarray, shape (groups,)
    paired : GroupedDesign
        2 · groups, the sides of each group beside one another.
    """
    return np.where((paired.zones.reshape(-1, 2) > 0).all(axis=1), zones, 0.0)


def sides_of(
    group: Any, design: ReplicateDesign, minuend: Any, subtrahend: Any, missing: str = "drop"
) -> np.ndarray:
    """0 for rows of `minuend`, 1 for rows of `subtrahend`, −1 for others, shape (n,).

    Raises
    ------
    ValueError
        If the labels are equal, or, with ``missing="error"``, a row has none.
    NotEstimableError
        If one does not occur.
    """
    common_index({"group": group}, design.index)
    n = design.n
    if minuend == subtrahend:
        raise ValueError(f"minuend and subtrahend are both {minuend!r}: a difference needs two groups")
    labels = pd.Series(np.asarray(group))
    if len(labels) != n:
        raise ValueError(f"group has {len(labels)} rows: expected {n} as the design has")
    above, below = (labels == minuend).to_numpy(bool), (labels == subtrahend).to_numpy(bool)
    for label, rows in ((minuend, above), (subtrahend, below)):
        if not rows.any():
            known = ", ".join(map(repr, sorted(labels.dropna().unique(), key=str)))
            raise NotEstimableError(
                f"no row of group {label!r}; there are {known}",
                reason=f"in de gegevens is niemand van de groep {label}",
            )
    if missing == "error" and labels.isna().any():
        raise ValueError(
            f"group: {int(labels.isna().sum())} of {n} rows are missing; leave them out and count them, or "
            'pass missing="drop"'
        )
    return np.select([above, below], [0, 1], default=-1)


def take_rows(values: Any, rows: np.ndarray) -> Any:
    """The rows of a frame, series or array."""
    return values[rows] if isinstance(values, pd.Series | pd.DataFrame) else np.asarray(values)[rows]


def _group_means(values: np.ndarray, grouped: GroupedDesign) -> np.ndarray:
    """Unweighted mean of the row's group, (n, M): a centre from which squares do not cancel."""
    sums = [np.bincount(grouped.codes, weights=column, minlength=grouped.groups) for column in values.T]
    return (np.stack(sums, axis=1) / grouped.n[:, None])[grouped.codes]


def _row_squares(values: np.ndarray) -> np.ndarray:
    """Sum of squares of each row of `values` (n, M), shape (n,).

    So short a sum costs more to begin than to add up: a matrix product takes eight rows at once, in
    blocks that stay in the cache.
    """
    n, width = values.shape
    sums, squares = np.empty(n), np.zeros((BLOCK_ROWS, width))
    adding = np.kron(np.eye(8), np.ones((width, 1)))
    for start in range(0, n, BLOCK_ROWS):
        block = values[start : start + BLOCK_ROWS]
        np.square(block, out=squares[: len(block)])
        sums[start : start + BLOCK_ROWS] = (squares.reshape(-1, 8 * width) @ adding).ravel()[: len(block)]
    return sums


def _variance(moments: np.ndarray, count: int) -> np.ndarray:
    """Variance from means of deviations and of their squares, side by side on the last axis."""
    return np.maximum(moments[..., count:] - np.square(moments[..., :count]), 0.0)


def _correlation(moments: np.ndarray, count: int) -> np.ndarray:
    left, right, product, left_square, right_square = (
        moments[..., k * count : (k + 1) * count] for k in range(5)
    )
    spread = (left_square - left**2) * (right_square - right**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, (product - left * right) / np.sqrt(spread), np.nan)
