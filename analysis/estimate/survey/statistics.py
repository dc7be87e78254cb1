"""Means, differences of means, shares, standard deviations and correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.combine import (
    Combined,
    combine,
    contributing_zones,
    effective_size,
    result_frame,
)
from analysis.estimate.survey.design import ReplicateDesign
from analysis.estimate.survey.inputs import Inputs, prepare
from analysis.estimate.survey.totals import empty_replicates, replicate_totals


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted sums about a centre, by group, for the full sample and each replicate.

    ``weight`` has shape (groups, 1), ``first`` and ``second`` (groups, M); the replicated ones lead with
    R. Where a replicate leaves a group without weight, its sums are NaN. ``centre`` has shape (groups, M)
    and keeps sums of squares from cancelling.
    """

    centre: np.ndarray
    n: np.ndarray
    weight: np.ndarray
    first: np.ndarray
    second: np.ndarray
    replicated_weight: np.ndarray
    replicated_first: np.ndarray
    replicated_second: np.ndarray

    def full_variance(self) -> np.ndarray:
        """Variance of the values in each group, shape (groups, M), with n − 1."""
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = self.second / self.weight - np.square(self.first / self.weight)
            return spread * (self.n / (self.n - 1.0))[:, None]


def moments(values: np.ndarray, design: ReplicateDesign, codes: np.ndarray, groups: int) -> Moments:
    """Sums of weights, values and squares of `values` (n, M) in one pass."""
    count = values.shape[1]
    n = np.bincount(codes, minlength=groups)
    centre = np.column_stack(
        [np.bincount(codes, weights=values[:, m], minlength=groups) / n for m in range(count)]
    )

    def columns():
        yield np.ones(design.n)
        for m in range(count):
            deviation = values[:, m] - centre[codes, m]
            yield deviation
            yield np.square(deviation)

    full, replicates = replicate_totals(design, columns(), codes, groups)
    replicates[empty_replicates(design, codes, groups)] = np.nan
    return Moments(
        centre,
        n,
        full[..., :1],
        full[..., 1::2],
        full[..., 2::2],
        replicates[..., :1],
        replicates[..., 1::2],
        replicates[..., 2::2],
    )


def replicated_mean(sums: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Means (groups, M) and their replicates (R, groups, M)."""
    return (
        sums.centre + sums.first / sums.weight,
        sums.centre + sums.replicated_first / sums.replicated_weight,
    )


def replicated_sd(sums: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations (groups, M), dividing by the sum of weights, and their replicates."""
    full = np.sqrt(_spread(sums.weight, sums.first, sums.second))
    replicates = np.sqrt(_spread(sums.replicated_weight, sums.replicated_first, sums.replicated_second))
    return full, replicates


def effective_n(values: np.ndarray, design: ReplicateDesign, codes: np.ndarray, groups: int) -> np.ndarray:
    """Size of the simple random sample in which the mean of `values` would be as certain, shape (groups,).

    The variance of the values over the sampling variance of their mean, as in the technical reports of
    ICCS: n over the design effect of the mean. NaN where the values do not vary.
    """
    sums = moments(values, design, codes, groups)
    full, replicates = replicated_mean(sums)
    combined = combine(full, replicates, design, contributing_zones(design, codes, groups))
    return effective_size(sums.full_variance().mean(axis=-1), combined.sampling_variance)


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
    sums = moments(inputs.arrays[0], inputs.design, inputs.codes, inputs.groups)
    combined = _combined(inputs, *replicated_mean(sums))
    sizes = effective_size(sums.full_variance().mean(axis=-1), combined.sampling_variance)
    return result_frame(inputs, combined, sizes)


def standard_deviation(
    values: Any, design: ReplicateDesign, by: Any = None, *, missing: str = "error"
) -> pd.DataFrame:
    """Weighted standard deviations, dividing by the sum of weights. Parameters as :func:`mean`.

    ``effective_n`` is that of the mean of the values, here and in every other statistic but the mean.
    """
    inputs = prepare({"values": values}, design, by, missing)
    sums = moments(inputs.arrays[0], inputs.design, inputs.codes, inputs.groups)
    combined = _combined(inputs, *replicated_sd(sums))
    means = _combined(inputs, *replicated_mean(sums))
    sizes = effective_size(sums.full_variance().mean(axis=-1), means.sampling_variance)
    return result_frame(inputs, combined, sizes)


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
        As :func:`mean`; ``n`` and ``effective_n`` count both groups.

    Raises
    ------
    ValueError
        If a label does not occur, in the whole or in a group of `by`.
    """
    if minuend == subtrahend:
        raise ValueError(f"minuend and subtrahend are both {minuend!r}: a difference needs two groups")
    labels = pd.Series(np.asarray(group, dtype=object))
    if len(labels) != design.n:
        raise ValueError(f"group has {len(labels)} rows: expected {design.n} as the design has")
    for label in (minuend, subtrahend):
        if not (labels == label).any():
            known = ", ".join(map(repr, sorted(labels.dropna().unique(), key=str)))
            raise ValueError(f"no row of group {label!r}; there are {known}")
    if missing == "error" and labels.isna().any():
        raise ValueError(
            f"group: {int(labels.isna().sum())} of {design.n} rows are missing; leave them out and count "
            'them, or pass missing="drop"'
        )
    rows = labels.isin([minuend, subtrahend]).to_numpy()
    side = (labels[rows] == subtrahend).to_numpy()
    inputs = prepare(
        {"values": _rows(values, rows), "side": side}, design.take(rows), _rows(by, rows), missing
    )
    values, side = inputs.arrays
    codes = inputs.codes * 2 + side[:, 0].astype(np.int64)
    present = np.bincount(codes, minlength=2 * inputs.groups).reshape(-1, 2) > 0
    if not present.all():
        first = int((~present).any(axis=1).argmax())
        lost = subtrahend if present[first, 0] else minuend
        where = dict(inputs.labels.iloc[first])
        raise ValueError(f"no row of group {lost!r} in {where or 'the complete rows'}: no difference there")
    sums = moments(values, inputs.design, codes, 2 * inputs.groups)
    full, replicates = replicated_mean(sums)
    combined = _combined(inputs, full[0::2] - full[1::2], replicates[:, 0::2] - replicates[:, 1::2])
    sides = combine(
        full, replicates, inputs.design, contributing_zones(inputs.design, codes, 2 * inputs.groups)
    )
    sizes = effective_size(sums.full_variance().mean(axis=-1), sides.sampling_variance)
    return result_frame(inputs, combined, sizes.reshape(-1, 2).sum(axis=1))


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
        sums = moments(reached, inputs.design, inputs.codes, inputs.groups)
        combined = _combined(inputs, *replicated_mean(sums))
        sizes = effective_size(sums.full_variance().mean(axis=-1), combined.sampling_variance)
        frame = result_frame(inputs, combined, sizes, {"cut": [float(point)]})
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
    count = max(left.shape[1], right.shape[1])
    args = inputs.design, inputs.codes, inputs.groups
    one, two = moments(left, *args), moments(right, *args)
    products = (
        (left[:, m % left.shape[1]] - one.centre[inputs.codes, m % left.shape[1]])
        * (right[:, m % right.shape[1]] - two.centre[inputs.codes, m % right.shape[1]])
        for m in range(count)
    )
    full_product, replicated_product = replicate_totals(inputs.design, products, inputs.codes, inputs.groups)
    full = _correlation(full_product, one.weight, one.first, one.second, two.first, two.second)
    replicates = _correlation(
        replicated_product,
        one.replicated_weight,
        one.replicated_first,
        one.replicated_second,
        two.replicated_first,
        two.replicated_second,
    )
    return result_frame(inputs, _combined(inputs, full, replicates), effective_n(left, *args))


def _combined(inputs: Inputs, full: np.ndarray, replicates: np.ndarray) -> Combined:
    return combine(
        full, replicates, inputs.design, contributing_zones(inputs.design, inputs.codes, inputs.groups)
    )


def _correlation(product, weight, first_one, second_one, first_two, second_two) -> np.ndarray:
    covariance = product / weight - (first_one / weight) * (first_two / weight)
    spread = _spread(weight, first_one, second_one) * _spread(weight, first_two, second_two)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, covariance / np.sqrt(spread), np.nan)


def _spread(weight: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.maximum(second / weight - np.square(first / weight), 0.0)


def _rows(values: Any, rows: np.ndarray) -> Any:
    if values is None:
        return None
    return values[rows] if isinstance(values, pd.Series | pd.DataFrame) else np.asarray(values)[rows]
