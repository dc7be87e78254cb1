"""Variance between pupils, schools, municipalities and provinces: nested random intercepts by REML.

The model is ``y = X b + sum_l Z_l u_l + e`` with levels nested in one another, ``u_l ~ N(0, sd_l²)``.
Because the levels are nested, the inverse of the covariance matrix follows from one pass from the
smallest groups to the largest (a rank-one update a group), so that an evaluation of the restricted
likelihood costs as much as the number of groups, not of pupils.

References
----------
Harville (1977), Maximum likelihood approaches to variance component estimation, JASA 72.
Bates, Mächler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J. Stat. Soft. 67
(parameters relative to the residual, whose variance is profiled out).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from analysis.estimate.checks import require_columns, require_complete
from analysis.unknown import NotEstimableError


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
    outcome: pd.Series,
    design: pd.DataFrame,
    levels: pd.DataFrame,
    *,
    known: Mapping[str, float] | None = None,
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
    known : mapping of str to float or None
        Standard deviation of each level and of ``residual`` when they are given instead of estimated, as in
        planning a study; the deviance is then missing.

    Raises
    ------
    ValueError
        If values are missing.
    NotEstimableError
        If the design is collinear, a level has no more groups than the one above (its variance could not be
        told apart), or the outcome does not vary.
    """
    if not (len(outcome) == len(design) == len(levels)):
        raise ValueError(f"{len(outcome)} outcomes, {len(design)} rows of design, {len(levels)} of levels")
    require_complete(pd.DataFrame({"outcome": outcome}), ["outcome"], "outcome")
    require_complete(design, list(design.columns), "design")
    tree = _Tree.of(
        levels, np.column_stack([design.to_numpy(dtype=float), outcome.to_numpy(dtype=float)]), len(outcome)
    )
    if known is None:
        _require_identified(tree, list(levels.columns))
    if np.linalg.matrix_rank(tree.cross[:-1, :-1], hermitian=True) < design.shape[1]:
        raise NotEstimableError(
            f"the columns {list(design.columns)} are collinear; leave one out",
            reason="schoolsoort, jaar en provincie zijn in deze gegevens niet van elkaar te onderscheiden",
        )

    if known is None:
        ratios = _most_likely(tree, levels.shape[1])
        deviance = tree.deviance(ratios)
        beta, covariance, residual = tree.solve(ratios)
    else:
        sds = _checked_sds(known, [*levels.columns, "residual"])
        residual = sds[-1] ** 2
        ratios = sds[:-1] ** 2 / residual
        beta, covariance, fitted = tree.solve(ratios)
        covariance = covariance * (residual / fitted)
        deviance = float("nan")
    variances = np.append(ratios, 1.0) * residual
    table = pd.DataFrame(
        {
            "level": [*levels.columns, "residual"],
            "groups": [*tree.counts, tree.n],
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


def _most_likely(tree: _Tree, count: int) -> np.ndarray:
    """Variance ratios that maximise the restricted likelihood; zero is allowed.

    Ratios of variances, not of standard deviations: at zero the latter's derivative vanishes, and the
    search would stay there.
    """
    fit = optimize.minimize(
        tree.deviance,
        np.full(count, 0.05),
        method="L-BFGS-B",
        jac="3-point",
        bounds=[(0.0, None)] * count,
        options={"ftol": 1e-13},
    )
    if not (np.isfinite(fit.fun) and np.isfinite(fit.x).all()):
        raise NotEstimableError(
            "the restricted likelihood has no finite maximum: is the outcome constant?",
            reason="de antwoorden verschillen te weinig om spreiding te schatten",
        )
    return fit.x


def _require_identified(tree: _Tree, names: list[str]) -> None:
    """Each level must have more groups than the one above it, and the observations more than the last."""
    counts = [*tree.counts, tree.n]
    for i, (upper, lower) in enumerate(itertools.pairwise(counts)):
        if lower <= upper:
            inner = (
                f"level {names[i + 1]!r} has {lower} groups"
                if i + 1 < len(names)
                else f"there are {lower} rows"
            )
            raise NotEstimableError(
                f"{inner} within {upper} of {names[i]!r}: their variances cannot be told apart; leave one "
                "out",
                reason="de spreiding van scholen en die van groepen daarin zijn niet te onderscheiden",
            )


def _checked_sds(known: Mapping[str, float], names: list[str]) -> np.ndarray:
    if set(known) != set(names):
        raise ValueError(f"known standard deviations of {', '.join(known)}: expected {', '.join(names)}")
    sds = np.array([float(known[name]) for name in names])
    if not (np.isfinite(sds).all() and (sds >= 0).all() and sds[-1] > 0):
        raise ValueError(f"known standard deviations {dict(known)}: zero or more, the residual above zero")
    return sds


@dataclass(frozen=True)
class _Tree:
    """Sums of the data over the smallest groups, and which group lies in which."""

    n: int
    cross: np.ndarray  # (k+1, k+1) cross-products of [X, y]
    sums: np.ndarray  # (groups, k+1) sums of [X, y] over the smallest groups
    sizes: np.ndarray  # (groups,)
    counts: tuple[int, ...]  # groups of each level, the largest groups first
    runs: tuple[np.ndarray, ...]  # from the smallest level up: where the groups of one larger group begin

    @classmethod
    def of(cls, levels: pd.DataFrame, data: np.ndarray, n: int) -> _Tree:
        require_complete(levels, list(levels.columns), "levels")
        codes = [levels.groupby(list(levels.columns[: i + 1]), sort=True, observed=True).ngroup().to_numpy()
                 for i in range(levels.shape[1])]  # fmt: skip
        counts = [int(code.max()) + 1 for code in codes]
        runs = []
        for i in reversed(range(1, len(codes))):
            parent = np.zeros(counts[i], dtype=np.intp)
            parent[codes[i]] = codes[i - 1]
            # groups come in the order of the groups they lie in, so each of those is a run
            runs.append(np.flatnonzero(np.diff(parent, prepend=-1)))
        order = np.argsort(codes[-1], kind="stable")
        starts = np.flatnonzero(np.diff(codes[-1][order], prepend=-1))
        sums = np.add.reduceat(data[order], starts, axis=0)
        sizes = np.bincount(codes[-1], minlength=counts[-1]).astype(float)
        return cls(n, data.T @ data, sums, sizes, tuple(counts), tuple(runs))

    def deviance(self, ratios: np.ndarray) -> float:
        """Minus twice the restricted log-likelihood.

        `ratios` are the variances relative to the residual's, largest groups first.
        """
        factor, _, residual, log_determinant = self._reduced(ratios)
        freedom = self.n - len(factor)
        return float(
            log_determinant + 2 * np.log(np.diag(factor)).sum() + freedom * (1 + np.log(2 * np.pi * residual))
        )

    def solve(self, ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Coefficients, their covariance and the residual variance; `ratios` as for :meth:`deviance`."""
        factor, half, residual, _ = self._reduced(ratios)
        inverse = np.linalg.inv(factor)
        return inverse.T @ half, inverse.T @ inverse * residual, residual

    def _reduced(self, ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
        """Cholesky factor L of X'V⁻¹X, L⁻¹X'V⁻¹y, the residual variance and log |V|, V relative to it."""
        cross, sums, sizes, log_determinant = self.cross, self.sums, self.sizes, 0.0
        for level, ratio in enumerate(ratios[::-1]):
            shrink = 1.0 + ratio * sizes
            cross = cross - sums.T @ (sums * (ratio / shrink)[:, None])
            log_determinant += np.log(shrink).sum()
            if level < len(self.runs):
                sums = np.add.reduceat(sums / shrink[:, None], self.runs[level], axis=0)
                sizes = np.add.reduceat(sizes / shrink, self.runs[level])
        xx, xy, yy = cross[:-1, :-1], cross[:-1, -1], cross[-1, -1]
        factor = np.linalg.cholesky(xx)
        half = np.linalg.solve(factor, xy)
        return factor, half, float(yy - half @ half) / (self.n - len(xy)), log_determinant


def dummies(frame: pd.DataFrame, column: str, *, categories: Sequence, reference=None) -> pd.DataFrame:
    """Indicator columns ``column=value`` for `categories`, without `reference` when given.

    Raises
    ------
    ValueError
        If a value is outside `categories`.
    """
    require_columns(frame, [column], "frame")
    unknown = sorted(
        {str(value) for value in frame[column].dropna().unique()} - {str(value) for value in categories}
    )
    if unknown:
        raise ValueError(
            f"{column}: unknown value {', '.join(unknown)}; known are {', '.join(map(str, categories))}"
        )
    kept = [value for value in categories if value != reference]
    values = frame[column].to_numpy()
    return pd.DataFrame(
        {f"{column}={value}": (values == value).astype(float) for value in kept}, index=frame.index
    )
