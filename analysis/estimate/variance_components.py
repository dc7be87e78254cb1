"""Variance between pupils, schools, municipalities and provinces: nested random intercepts by REML.

The model is ``y = X b + sum_l Z_l u_l + e`` with levels nested in one another, ``u_l ~ N(0, sd_l²)``.
Because the levels are nested, the inverse of the covariance matrix follows from one pass from the
smallest groups to the largest (a rank-one update a group), so that an evaluation of the restricted
likelihood costs as much as the number of groups, not of pupils.

References
----------
Harville (1977), Maximum likelihood approaches to variance component estimation, JASA 72.
Bates, Mächler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J. Stat. Soft. 67
(relative standard deviations as parameters, the residual variance profiled out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from analysis.estimate.checks import require_columns, require_complete


@dataclass(frozen=True)
class VarianceComponents:
    """A fitted model with nested random intercepts.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a level from the largest groups to the residual: level, groups, sd, variance, share.
    coefficients : pandas.Series
        Generalised least squares estimates of the fixed part, (k,).
    covariance : pandas.DataFrame
        Their covariance matrix given the variances, (k, k).
    deviance : float
        Minus twice the restricted log-likelihood.
    n : int
        Observations.
    """

    table: pd.DataFrame
    coefficients: pd.Series
    covariance: pd.DataFrame
    deviance: float
    n: int

    def sd(self, level: str) -> float:
        """Standard deviation between the groups of `level` (``residual`` for pupils)."""
        return float(self.table.set_index("level").loc[level, "sd"])


def nested_variance_components(
    outcome: pd.Series, design: pd.DataFrame, levels: pd.DataFrame
) -> VarianceComponents:
    """Fit nested random intercepts by restricted maximum likelihood.

    Parameters
    ----------
    outcome : pandas.Series, (n,)
    design : pandas.DataFrame, (n, k)
        Fixed part, including the constant or a full set of dummies.
    levels : pandas.DataFrame, (n, L)
        Group codes, columns from the largest groups to the smallest. Codes need be unique only within the
        larger group.

    Raises
    ------
    ValueError
        If values are missing, the design is collinear, or a level has no more groups than the one above
        (its variance could not be told apart).
    """
    if not (len(outcome) == len(design) == len(levels)):
        raise ValueError(f"{len(outcome)} outcomes, {len(design)} rows of design, {len(levels)} of levels")
    require_complete(pd.DataFrame({"outcome": outcome}), ["outcome"], "outcome")
    require_complete(design, list(design.columns), "design")
    tree = _Tree.of(
        levels, np.column_stack([design.to_numpy(dtype=float), outcome.to_numpy(dtype=float)]), len(outcome)
    )
    if np.linalg.matrix_rank(tree.cross[:-1, :-1], hermitian=True) < design.shape[1]:
        raise ValueError(f"the columns {list(design.columns)} are collinear; leave one out")

    start = np.full(levels.shape[1], 0.25)
    fit = optimize.minimize(
        lambda ratios: tree.solve(ratios)[0],
        start,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * len(start),
        options={"ftol": 1e-13, "gtol": 1e-7},
    )
    if not np.isfinite(fit.fun):
        raise ValueError("the restricted likelihood has no finite maximum: is the outcome constant?")
    deviance, beta, covariance, residual = tree.solve(fit.x)
    variances = np.append(fit.x**2, 1.0) * residual
    table = pd.DataFrame(
        {
            "level": [*levels.columns, "residual"],
            "groups": [*(len(counts) for counts in tree.parents[::-1]), tree.n],
            "sd": np.sqrt(variances),
            "variance": variances,
            "share": variances / variances.sum(),
        }
    )
    names = list(design.columns)
    return VarianceComponents(
        table=table,
        coefficients=pd.Series(beta, index=names),
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        deviance=float(deviance),
        n=tree.n,
    )


@dataclass(frozen=True)
class _Tree:
    """Sums of the data over the smallest groups, and which group lies in which."""

    n: int
    cross: np.ndarray  # (k+1, k+1) cross-products of [X, y]
    sums: np.ndarray  # (groups, k+1) sums of [X, y] over the smallest groups
    sizes: np.ndarray  # (groups,)
    parents: tuple[np.ndarray, ...]  # from the smallest level up: index of the group one level up

    @classmethod
    def of(cls, levels: pd.DataFrame, data: np.ndarray, n: int) -> _Tree:
        require_complete(levels, list(levels.columns), "levels")
        codes = [levels.groupby(list(levels.columns[: i + 1]), sort=True, observed=True).ngroup().to_numpy()
                 for i in range(levels.shape[1])]  # fmt: skip
        counts = [int(code.max()) + 1 for code in codes]
        for upper, lower, i in zip(counts[:-1], counts[1:], range(len(counts)), strict=False):
            if lower <= upper:
                raise ValueError(
                    f"level {levels.columns[i + 1]!r} has {lower} groups within {upper} of "
                    f"{levels.columns[i]!r}: its variance cannot be told apart; leave one of the two out"
                )
        if counts[-1] >= n:
            raise ValueError(
                f"level {levels.columns[-1]!r} has as many groups as there are observations: "
                "its variance cannot be told apart from the residual"
            )
        parents = []
        for i in reversed(range(len(codes))):
            parent = np.zeros(counts[i], dtype=np.intp)
            if i:
                parent[codes[i]] = codes[i - 1]
            parents.append(parent)
        sums = np.zeros((counts[-1], data.shape[1]))
        np.add.at(sums, codes[-1], data)
        sizes = np.bincount(codes[-1], minlength=counts[-1]).astype(float)
        return cls(n, data.T @ data, sums, sizes, tuple(parents))

    def solve(self, ratios: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, float]:
        """Restricted deviance, coefficients, their covariance and the residual variance.

        `ratios` are the standard deviations relative to the residual's, largest groups first.
        """
        cross, sums, sizes, log_determinant = self.cross, self.sums, self.sizes, 0.0
        for level, ratio in enumerate(ratios[::-1]):
            shrink = 1.0 + ratio**2 * sizes
            cross = cross - sums.T @ (sums * (ratio**2 / shrink)[:, None])
            log_determinant += np.log(shrink).sum()
            parent = self.parents[level]
            if level + 1 < len(ratios):
                groups = len(self.parents[level + 1])
                merged = np.zeros((groups, sums.shape[1]))
                np.add.at(merged, parent, sums / shrink[:, None])
                sizes = np.bincount(parent, weights=sizes / shrink, minlength=groups)
                sums = merged
        xx, xy, yy = cross[:-1, :-1], cross[:-1, -1], cross[-1, -1]
        factor = np.linalg.cholesky(xx)
        half = np.linalg.solve(factor, xy)
        freedom = self.n - len(xy)
        residual = float(yy - half @ half) / freedom
        inverse = np.linalg.inv(factor)
        covariance = inverse.T @ inverse * residual
        deviance = (
            log_determinant
            + 2 * np.log(np.diag(factor)).sum()
            + freedom * (1 + np.log(2 * np.pi * residual))
        )
        return float(deviance), inverse.T @ half, covariance, residual


def dummies(frame: pd.DataFrame, column: str, *, categories: Sequence, reference=None) -> pd.DataFrame:
    """Indicator columns ``column=value`` for `categories`, without `reference` when given.

    Raises
    ------
    ValueError
        If a value is outside `categories`.
    """
    require_columns(frame, [column], "frame")
    unknown = sorted(set(frame[column].dropna().astype(str)) - {str(value) for value in categories})
    if unknown:
        raise ValueError(f"{column}: unknown value {', '.join(unknown)}; known are {', '.join(map(str, categories))}")
    kept = [value for value in categories if value != reference]
    values = frame[column].to_numpy()
    return pd.DataFrame(
        {f"{column}={value}": (values == value).astype(float) for value in kept}, index=frame.index
    )
