"""Weighted least squares on every replicate and plausible value from cross-products alone.

The cross-products of the full sample and of each half zone are taken once; every replicate then solves a
small system. Variables are centred on the rows and scaled in the products, which keeps the normal
equations as accurate as an orthogonal decomposition of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.rank import CONSTANT, collinear, determined
from analysis.estimate.survey.combine import Combined, effective_size, result_frame
from analysis.estimate.survey.design import ReplicateDesign, common_index
from analysis.estimate.survey.inputs import prepare
from analysis.estimate.survey.statistics import combined
from analysis.estimate.survey.totals import GroupedDesign

INTERCEPT = "intercept"


def regression(
    outcome: Any,
    design: ReplicateDesign,
    regressors: Any,
    by: Any = None,
    *,
    missing: str = "error",
) -> pd.DataFrame:
    """Weighted least squares with an intercept.

    Parameters
    ----------
    outcome : array_like, shape (n,) or (n, M)
        A variable or M plausible values of one.
    regressors : pandas.DataFrame, or array_like of shape (n,) or (n, K)
        Numeric; indicators for categories. Columns of an array are named x1, x2, …
    by, missing
        As :func:`analysis.estimate.survey.mean`.

    Returns
    -------
    pandas.DataFrame
        As for a mean, one row a group and coefficient, told apart by the column ``term``: ``intercept``
        first, then the regressors. Where the regressors are collinear without one half of one zone, though
        not in the full sample, ``se`` is NaN, whichever half the replicate drops. ``effective_n`` is that
        of the mean of the outcome.

    Raises
    ------
    NotEstimableError
        If the regressors are collinear in the full sample or a group; the message names one that the
        others determine.
    ValueError, TypeError
        As for a mean.
    """
    names, matrix = regressor_matrix(regressors, design)
    inputs = prepare({"outcome": outcome, "regressors": matrix}, design, by, missing)
    values, matrix = inputs.arrays
    products = cross_products(values, matrix, names, inputs.grouped)
    known = _indicators_known(matrix, inputs.grouped)
    found = combined(inputs, *products.coefficients(), zones=np.where(known, inputs.grouped.zones, 0.0))
    sizes = products.effective_n(combined(inputs, *products.means()))
    return result_frame(inputs, found, sizes, {"term": [INTERCEPT, *names]})


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Weighted cross-products of ``[1, regressors, outcomes]``, centred by group.

    ``full`` has shape (groups, 1 + K + M, 1 + K + M), ``replicates`` leads with R and is NaN where a
    replicate leaves a group without weight; ``centre`` has shape (groups, K + M), ``n`` (groups,).
    ``mirrored`` says that a replicate drops one half of a zone and none drops the other: which of the two is
    a matter of labels, so that what cannot be estimated without the other has an unknown error as well.
    """

    full: np.ndarray
    replicates: np.ndarray
    centre: np.ndarray
    n: np.ndarray
    names: list[str]
    mirrored: bool = False

    @property
    def width(self) -> int:
        """K, the number of regressors."""
        return len(self.names)

    def coefficients(self) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (groups, K + 1, M), intercept first, and their replicates (R, groups, K + 1, M).

        Raises
        ------
        NotEstimableError
            If the regressors of a group are collinear in the full sample.
        """
        inside = self.width + 1
        scale = self._scale()
        stacked = np.concatenate([self.full[None], self.replicates])
        stacked = stacked / (scale[:, :, None] * scale[:, None, :])
        left, right = stacked[..., :inside, :inside], stacked[..., :inside, inside:]
        unit = left / self.full[:, :1, :1]
        wrong = determined(unit)
        if wrong[0].any():
            group = int(wrong[0].any(axis=-1).argmax())
            where = f" in group {group + 1} of {self.n.size}" if self.n.size > 1 else ""
            raise collinear(self.names[int(wrong[0, group, 1:].argmax())], where=where)
        singular = wrong.any(axis=-1)
        if self.mirrored:
            singular[1:] |= determined(2 * unit[0] - unit[1:]).any(axis=-1)
        solvable = np.where(singular[..., None, None], np.eye(inside), left)
        solved = np.linalg.solve(solvable, np.where(singular[..., None, None], 0.0, right))
        solved[singular] = np.nan
        solved *= scale[:, None, inside:] / scale[:, :inside, None]
        shift = (solved[..., 1:, :] * self.centre[:, : self.width, None]).sum(axis=-2)
        solved[..., 0, :] += self.centre[:, self.width :] - shift
        return solved[0], solved[1:]

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Means of the outcomes (groups, 1, M) and their replicates (R, groups, 1, M)."""
        full, replicates = self._all_means()
        return full[:, None, self.width :], replicates[..., None, self.width :]

    def regressor_means(self) -> tuple[np.ndarray, np.ndarray]:
        """Means of the regressors (groups, K) and their replicates (R, groups, K)."""
        full, replicates = self._all_means()
        return full[:, : self.width], replicates[..., : self.width]

    def effective_n(self, means: Combined) -> np.ndarray:
        """Effective n of the mean of the outcome, shape (groups,), from its :meth:`means` combined."""
        outcome = np.arange(self.width + 1, self.full.shape[-1])
        weight = self.full[:, :1, 0]
        spread = self.full[:, outcome, outcome] / weight - np.square(self.full[:, 0, outcome] / weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = spread.mean(axis=-1) * self.n / (self.n - 1.0)
        return effective_size(variance, means.sampling_variance[:, 0])

    def _all_means(self) -> tuple[np.ndarray, np.ndarray]:
        return (
            self.centre + self.full[..., 0, 1:] / self.full[..., 0, :1],
            self.centre + self.replicates[..., 0, 1:] / self.replicates[..., 0, :1],
        )

    def _scale(self) -> np.ndarray:
        """Root mean squares (groups, 1 + K + M), 1 where a column is constant but for rounding."""
        weight = self.full[:, :1, 0]
        scale = np.sqrt(np.diagonal(self.full, axis1=-2, axis2=-1) / weight)
        scale[:, 0] = 1.0
        constant = scale[:, 1:] <= CONSTANT * np.abs(self.centre)
        scale[:, 1:] = np.where(constant | (scale[:, 1:] == 0), 1.0, scale[:, 1:])
        return scale


def cross_products(
    values: np.ndarray, matrix: np.ndarray, names: list[str], grouped: GroupedDesign
) -> CrossProducts:
    """The cross-products of outcomes `values` (n, M) and regressors `matrix` (n, K) in one pass."""
    width = matrix.shape[1]
    columns = np.empty((len(values), 1 + width + values.shape[1]))
    columns[:, 0] = 1.0
    columns[:, 1 : width + 1] = matrix
    columns[:, width + 1 :] = values
    sums = grouped.full_totals(columns)
    centre = sums[:, 1:] / sums[:, :1]
    columns[:, 1:] -= centre[0] if grouped.groups == 1 else centre[grouped.codes]
    full, replicates = grouped.cross_products(columns)
    return CrossProducts(full, replicates, centre, grouped.n, names, grouped.design.method == "jk2")


def regressor_matrix(regressors: Any, design: ReplicateDesign) -> tuple[list[str], np.ndarray]:
    """Names and values (n, K) of regressors given as a frame, a series or an array.

    Raises
    ------
    TypeError, ValueError
        If one is text, none is given or names coincide.
    """
    common_index({"regressors": regressors}, design.index)
    n = design.n
    if isinstance(regressors, pd.Series):
        regressors = regressors.to_frame("x1" if regressors.name is None else regressors.name)
    if isinstance(regressors, pd.DataFrame):
        names = [str(name) for name in regressors.columns]
        text = [
            name
            for name, kind in zip(names, regressors.dtypes, strict=True)
            if not pd.api.types.is_numeric_dtype(kind)
        ]
        if text:
            raise TypeError(
                f"regressor {', '.join(text)} is not numeric: make indicators of it with pandas.get_dummies"
            )
        matrix = regressors.to_numpy(dtype=float, na_value=np.nan)
    else:
        matrix = np.asarray(regressors, dtype=float)
        matrix = matrix[:, None] if matrix.ndim == 1 else matrix
        names = [f"x{k + 1}" for k in range(matrix.shape[-1])]
    if matrix.shape[0] != n or matrix.ndim != 2 or matrix.shape[1] == 0:
        raise ValueError(f"regressors have shape {matrix.shape}: expected ({n}, K) with K at least 1")
    if len(set(names)) < len(names) or INTERCEPT in names:
        raise ValueError(
            f"regressors {', '.join(names)}: names must differ, and {INTERCEPT} is added already"
        )
    return names, matrix


def _indicators_known(matrix: np.ndarray, grouped: GroupedDesign) -> np.ndarray:
    """Groups in which balanced replicates divide both levels of every indicator, shape (groups,).

    The jackknife shows it by itself, in the replicate without those rows; these replicates drop nothing.
    """
    known = np.ones(grouped.groups, dtype=bool)
    if grouped.design.replicates is None:
        return known
    for column in matrix.T:
        low, high = column.min(), column.max()
        if low == high or not ((column == low) | (column == high)).all():
            continue
        codes, sides = np.unique(grouped.codes * 2 + (column == high), return_inverse=True)
        alike = GroupedDesign(grouped.design, sides, len(codes)).zones == 0
        known[codes[alike] // 2] = False
    return known
