"""Tests of equivalence: can a difference that matters be ruled out?

A large p-value of a test of differences does not show that there are none. Here the null hypothesis is
the other way round: the difference is at least as large as the smallest difference of interest, which is
declared before the data are seen. Rejecting it supports "no difference that matters"; not rejecting it
leaves the question open.

Two readings of "no regional differences" are tested.

* :func:`spread_below`: the standard deviation of these regions is below a bound. The regions are all there
  are, so nothing is assumed about a population of them (:mod:`analysis.estimate.spread`). Averaged over the
  directions in which regions can differ the size is nominal at the bound; when all of the difference sits in
  the few worst measured regions it can come to .09.
* :func:`all_within`: every region lies within a bound of the mean of the regions: two one-sided tests
  for each region, and all must reject (intersection-union, so no correction; never above nominal size,
  and conservative when several regions lie near the bound).

References
----------
Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach,
J. Pharmacokin. Biopharm. 15. Berger & Hsu (1996), Bioequivalence trials, intersection-union tests and
equivalence confidence sets, Stat. Sci. 11. Wellek (2010), Testing statistical hypotheses of equivalence
and noninferiority, 2nd ed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.estimate.regional import RegionEstimates
from analysis.estimate.spread import chance_below, chances_below


@dataclass(frozen=True)
class Equivalence:
    """Outcome of a test of equivalence.

    Attributes
    ----------
    p_value : float
        Small means: a difference of `bound` or more is ruled out.
    bound : float
        Smallest difference of interest, in the unit of the outcome.
    """

    p_value: float
    bound: float
    statistic: float
    alpha: float

    @property
    def shown(self) -> bool:
        """Whether equivalence is shown at `alpha`."""
        return self.p_value < self.alpha


def all_within(regions: RegionEstimates, bound: float, *, alpha: float = 0.05) -> Equivalence:
    """Whether every region lies within ± `bound` of the plain mean of the regions (intersection-union)."""
    _check(bound, alpha)
    errors = np.sqrt(np.diag(regions.deviation_covariance))
    statistic = float(((np.abs(regions.deviation) - bound) / errors).max())
    return Equivalence(float(stats.t.cdf(statistic, regions.freedom)), bound, statistic, alpha)


def spread_below(regions: RegionEstimates, bound: float, *, alpha: float = 0.05) -> Equivalence:
    """Whether the standard deviation of these regions is below `bound`."""
    _check(bound, alpha)
    statistic = float(regions.deviation @ regions.deviation)
    return Equivalence(chance_below(regions, bound), bound, statistic, alpha)


def spread_power(
    regions: RegionEstimates,
    bound: float,
    *,
    true_sd: float = 0.0,
    alpha: float = 0.05,
    draws: int = 1000,
    seed: int,
) -> float:
    """Chance that :func:`spread_below` rejects when the spread of the regions is exactly `true_sd`.

    Parameters
    ----------
    regions : RegionEstimates
        For its covariance and degrees of freedom: what the design of the study yields.
    draws, seed
        The regions differ in a direction drawn anew; Monte Carlo error ``sqrt(p (1 - p) / draws)``.
    """
    _check(bound, alpha)
    if true_sd < 0:
        raise ValueError(f"true_sd {true_sd}: a standard deviation is zero or more")
    rng = np.random.default_rng(seed)
    count = len(regions.regions)
    effects = rng.standard_normal((draws, count))
    effects -= effects.mean(axis=1, keepdims=True)
    effects *= true_sd / effects.std(axis=1, ddof=1, keepdims=True)
    deviations = effects + rng.standard_normal((draws, count)) @ _root(regions.deviation_covariance).T
    below = chances_below(deviations, regions.deviation_covariance, bound, regions.freedom)
    return float((below < alpha).mean())


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
    deviation = np.random.default_rng(seed).standard_normal((draws, count)) @ _root(total).T
    errors = np.sqrt(np.diag(regions.deviation_covariance))
    critical = stats.t.ppf(alpha, regions.freedom)
    return float((((np.abs(deviation) - bound) / errors).max(axis=1) < critical).mean())


def _root(covariance: np.ndarray) -> np.ndarray:
    """A square root of a covariance that need not be of full rank."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.clip(values, 0, None))


def _check(bound: float, alpha: float) -> None:
    if not (math.isfinite(bound) and bound > 0):
        raise ValueError(f"bound {bound}: the smallest difference of interest is a number above zero")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha}: expected a share between 0 and 0,5")
