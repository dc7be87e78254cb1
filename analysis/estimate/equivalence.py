"""Tests of equivalence: can a difference that matters be ruled out?

A large p-value of a test of differences does not show that there are none. Here the null hypothesis is
the other way round: the difference is at least as large as the smallest difference of interest, which is
declared before the data are seen. Rejecting it supports "no difference that matters"; not rejecting it
leaves the question open.

Two readings of "no regional differences" are tested.

* :func:`spread_below`: the standard deviation between regions is below a bound. The Q statistic of
  the estimates follows its chi-squared distribution exactly at the bound, so the size is nominal.
* :func:`all_within`: every region lies within a bound of the mean of the regions: two one-sided tests
  for each region, and all must reject (intersection-union, so no correction; never above nominal size,
  and conservative when several regions lie near the bound).

References
----------
Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach,
J. Pharmacokin. Biopharm. 15. Berger & Hsu (1996), Bioequivalence trials, intersection-union tests and
equivalence confidence sets, Stat. Sci. 11. Wellek (2010), Testing statistical hypotheses of equivalence
and noninferiority, 2nd ed. Viechtbauer (2007), Stat. Med. 26 (the Q statistic at a given spread).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.estimate.regional import RegionEstimates
from analysis.estimate.shrinkage import heterogeneity


@dataclass(frozen=True)
class Equivalence:
    """Outcome of a test of equivalence.

    Attributes
    ----------
    p_value : float
        Small means: a difference of `bound` or more is ruled out.
    bound : float
        Smallest difference of interest, in the unit of the outcome.
    statistic : float
    alpha : float
    """

    p_value: float
    bound: float
    statistic: float
    alpha: float

    @property
    def shown(self) -> bool:
        """Whether equivalence is shown at `alpha`."""
        return self.p_value < self.alpha


def two_one_sided(
    estimate: float, se: float, bound: float, *, freedom: float = math.inf, alpha: float = 0.05
) -> Equivalence:
    """Two one-sided tests that a single difference lies within ± `bound` (Schuirmann 1987)."""
    _check(bound, alpha)
    if not (math.isfinite(estimate) and math.isfinite(se) and se > 0 and freedom > 0):
        raise ValueError(f"estimate {estimate}, standard error {se}, freedom {freedom}: no test is possible")
    statistic = (abs(estimate) - bound) / se
    return Equivalence(float(stats.t.cdf(statistic, freedom)), bound, statistic, alpha)


def all_within(regions: RegionEstimates, bound: float, *, alpha: float = 0.05) -> Equivalence:
    """Whether every region lies within ± `bound` of the plain mean of the regions (intersection-union)."""
    _check(bound, alpha)
    errors = np.sqrt(np.diag(regions.deviation_covariance))
    statistic = float(((np.abs(regions.deviation) - bound) / errors).max())
    return Equivalence(float(stats.t.cdf(statistic, regions.freedom)), bound, statistic, alpha)


def spread_below(regions: RegionEstimates, bound: float, *, alpha: float = 0.05) -> Equivalence:
    """Whether the standard deviation between regions is below `bound`."""
    _check(bound, alpha)
    statistic = heterogeneity(regions, bound)
    return Equivalence(float(stats.chi2.cdf(statistic, len(regions.regions) - 1)), bound, statistic, alpha)


def spread_power(
    covariance: np.ndarray,
    bound: float,
    *,
    true_sd: float = 0.0,
    alpha: float = 0.05,
    draws: int = 4000,
    seed: int,
) -> float:
    """Chance that :func:`spread_below` rejects when the regions' standard deviation is `true_sd`.

    The quadratic form is a weighted sum of chi-squared variables; its weights are exact, the chance is
    the share of `draws` (Monte Carlo error ``sqrt(p (1 - p) / draws)``).

    Parameters
    ----------
    covariance : numpy.ndarray, (K, K)
        Of the regions' estimates: what the design of the study yields.
    """
    _check(bound, alpha)
    if true_sd < 0:
        raise ValueError(f"true_sd {true_sd}: a standard deviation is zero or more")
    eigenvalues = _form_eigenvalues(covariance, bound, true_sd)
    normal = np.random.default_rng(seed).standard_normal((draws, len(eigenvalues)))
    critical = stats.chi2.ppf(alpha, len(covariance) - 1)
    return float(((normal**2) @ eigenvalues < critical).mean())


def within_power(
    regions: RegionEstimates,
    bound: float,
    *,
    true_sd: float = 0.0,
    alpha: float = 0.05,
    draws: int = 4000,
    seed: int,
) -> float:
    """Chance that :func:`all_within` rejects when the regions' standard deviation is `true_sd`."""
    _check(bound, alpha)
    count = len(regions.regions)
    centre = np.eye(count) - 1 / count
    total = centre @ (regions.covariance + true_sd**2 * np.eye(count)) @ centre
    values, vectors = np.linalg.eigh(total)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    deviation = np.random.default_rng(seed).standard_normal((draws, count)) @ root.T
    errors = np.sqrt(np.diag(regions.deviation_covariance))
    critical = stats.t.ppf(alpha, regions.freedom)
    return float((((np.abs(deviation) - bound) / errors).max(axis=1) < critical).mean())


def _form_eigenvalues(covariance: np.ndarray, bound: float, true_sd: float) -> np.ndarray:
    """Weights of the chi-squared variables that make up Q at `bound` when the spread is `true_sd`."""
    count = len(covariance)
    weight = np.linalg.inv(covariance + bound**2 * np.eye(count))
    ones = weight.sum(axis=0)
    form = weight - np.outer(ones, ones) / ones.sum()
    root = np.linalg.cholesky(covariance + true_sd**2 * np.eye(count))
    return np.clip(np.linalg.eigvalsh(root.T @ form @ root), 0, None)


def _check(bound: float, alpha: float) -> None:
    if not (math.isfinite(bound) and bound > 0):
        raise ValueError(f"bound {bound}: the smallest difference of interest is a number above zero")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha}: expected a share between 0 and 0,5")
