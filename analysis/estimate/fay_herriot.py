"""Small areas: a survey's own estimate of each province, drawn to what the provinces have in common.

Where a survey has a handful of schools in a province, its direct estimate there is poor. With the sampling
variance ψ_i of each direct estimate known, the model of Fay and Herriot is::

    y_i = θ_i + e_i,   e_i ~ N(0, ψ_i)          what was measured
    θ_i = x_i'β + u_i, u_i ~ N(0, A)            what provinces have in common, and what is their own
    θ̂_i = γ_i y_i + (1 − γ_i) x_i'β̂,            γ_i = A / (A + ψ_i)

A is fitted by restricted maximum likelihood, or by the adjusted likelihood of Li and Lahiri, ``A · L(A)``,
which never puts it at zero and so never throws the direct estimates away. The mean squared error is
``g₁ + g₂ + 2 g₃`` (Prasad–Rao; for a likelihood that is not restricted Datta–Lahiri take off the bias of Â)::

    g₁ = A ψ_i / (A + ψ_i)
    g₂ = (1 − γ_i)² x_i' (X'V⁻¹X)⁻¹ x_i,                V = diag(A + ψ)
    g₃ = ψ_i² / (A + ψ_i)³ · 2 / Σ_j (A + ψ_j)⁻²

References
----------
Fay & Herriot (1979), Estimates of income for small places, JASA 74. Prasad & Rao (1990), The estimation of
the mean squared error of small-area estimators, JASA 85. Datta & Lahiri (2000), A unified measure of
uncertainty of estimated best linear unbiased predictors in small area estimation, Stat. Sinica 10.
Li & Lahiri (2010), An adjusted maximum likelihood method for solving small area estimation problems,
J. Multivar. Anal. 101. Rao & Molina (2015), Small area estimation, 2nd ed., ch. 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.estimate.checks import require_complete
from analysis.unknown import NotEstimableError

METHODS = ("reml", "adjusted")
LEAST_AREAS = 3  # beyond the coefficients


@dataclass(frozen=True)
class FayHerriot:
    """Estimates for small areas.

    Attributes
    ----------
    table : pandas.DataFrame
        area, direct, direct_se, estimate, se, low, high, gamma: in the order of the frame. `gamma` is the
        weight of the area's own measurement; `se` the root of the mean squared error; the interval is normal.
    variance : float
        A, between areas beyond the covariates.
    covariance : pandas.DataFrame
        Of the coefficients.
    """

    table: pd.DataFrame
    variance: float
    coefficients: pd.Series
    covariance: pd.DataFrame
    method: str
    level: float


def fay_herriot(
    frame: pd.DataFrame,
    *,
    area: str,
    outcome: str,
    variance: str,
    covariates: Sequence[str] = (),
    method: str = "reml",
    level: float = 0.95,
) -> FayHerriot:
    """Empirical best linear unbiased predictions with the error they carry.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an area.
    area, outcome, variance : str
        Columns: code, direct estimate, and its sampling variance (not its standard error), above zero.
    covariates : sequence of str
        Numeric columns known for every area, beside a constant.
    method : {"reml", "adjusted"}

    Raises
    ------
    ValueError
        For missing values, an area that occurs twice, a variance that is not above zero, or covariates that
        say the same.
    NotEstimableError
        With fewer than three areas more than coefficients.
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r} is unknown: choose {' or '.join(METHODS)}")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a share between 0 and 1")
    require_complete(frame, [area, outcome, variance, *covariates], "frame")
    twice = frame[area].duplicated()
    if twice.any():
        raise ValueError(f"{area} {frame.loc[twice, area].iloc[0]} occurs more than once: one row an area")
    psi = frame[variance].to_numpy(dtype=float)
    if (psi <= 0).any():
        name = frame[area].iloc[int((psi <= 0).argmax())]
        raise ValueError(
            f"column {variance} is not above zero for {area} {name}: a direct estimate has an error"
        )
    x = np.column_stack([np.ones(len(frame)), *(frame[name].to_numpy(dtype=float) for name in covariates)])
    if len(frame) < x.shape[1] + LEAST_AREAS:
        raise NotEstimableError(
            f"{len(frame)} areas and {x.shape[1]} coefficients: what areas have of their own needs "
            f"{x.shape[1] + LEAST_AREAS} areas",
            reason="er zijn te weinig gebieden met een meting",
        )
    if np.linalg.matrix_rank(x / np.abs(x).max(axis=0).clip(min=1e-300)) < x.shape[1]:
        raise ValueError(
            f"the covariates {', '.join(covariates)} are collinear, with the constant or together"
        )
    y = frame[outcome].to_numpy(dtype=float)
    between = _between(y, x, psi, method)

    total = between + psi
    inverse = np.linalg.inv((x / total[:, None]).T @ x)
    beta = inverse @ (x.T @ (y / total))
    gamma = between / total
    estimate = gamma * y + (1 - gamma) * (x @ beta)
    information = (total**-2.0).sum() / 2
    g1 = gamma * psi
    g2 = (1 - gamma) ** 2 * np.einsum("ij,jk,ik->i", x, inverse, x)
    g3 = psi**2 / total**3 / information
    error = g1 + g2 + 2 * g3
    if method == "adjusted":
        error = error - (1 - gamma) ** 2 * _bias(x, total, inverse, between, information)
    se = np.sqrt(np.maximum(error, g2))
    reach = float(stats.norm.ppf((1 + level) / 2)) * se
    names = ["const", *covariates]
    return FayHerriot(
        table=pd.DataFrame(
            {
                "area": frame[area].to_numpy(),
                "direct": y,
                "direct_se": np.sqrt(psi),
                "estimate": estimate,
                "se": se,
                "low": estimate - reach,
                "high": estimate + reach,
                "gamma": gamma,
            }
        ),
        variance=between,
        coefficients=pd.Series(beta, index=names),
        covariance=pd.DataFrame(inverse, index=names, columns=names),
        method=method,
        level=level,
    )


def _between(y: np.ndarray, x: np.ndarray, psi: np.ndarray, method: str) -> float:
    """A that maximises the chosen likelihood: the best point of a grid, refined between its neighbours."""

    def loss(log_a: float) -> float:
        return -_log_likelihood(float(np.exp(log_a)), y, x, psi, method)

    top = 10 * (np.var(y) + psi.mean())
    grid = np.log(top) + np.linspace(-25, 0, 251)
    losses = np.array([loss(point) for point in grid])
    best = int(losses.argmin())
    if method == "reml" and best == 0:
        return 0.0
    ends = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-10})
    if method == "reml" and _log_likelihood(0.0, y, x, psi, method) >= -found.fun:
        return 0.0
    return float(np.exp(found.x))


def _log_likelihood(a: float, y: np.ndarray, x: np.ndarray, psi: np.ndarray, method: str) -> float:
    total = a + psi
    gram = (x / total[:, None]).T @ x
    beta = np.linalg.solve(gram, x.T @ (y / total))
    value = -0.5 * (np.log(total).sum() + ((y - x @ beta) ** 2 / total).sum())
    if method == "reml":
        return value - 0.5 * np.linalg.slogdet(gram)[1]
    return value + np.log(a)  # the adjustment of the profile likelihood


def _bias(x: np.ndarray, total: np.ndarray, inverse: np.ndarray, between: float, information: float) -> float:
    """Bias of Â under the adjusted profile likelihood (Li & Lahiri 2010, theorem 1)."""
    trace = np.trace(inverse @ ((x / total[:, None] ** 2).T @ x))
    return (2 / between - trace) / (2 * information)
