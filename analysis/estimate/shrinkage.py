"""Regions as draws from a population: each effect shrunken to the mean, and the spread a next one adds to.

Estimates scatter more than the regions do, because each carries sampling error. Shrunken effects draw each
region to the mean in proportion to how little its own pupils tell. They treat the regions as draws from a
normal distribution, and so does :func:`population_spread`, which belongs where a next region is meant; for
the spread of the regions that are there, see :mod:`analysis.estimate.spread`.

References
----------
Viechtbauer (2007), Confidence intervals for the amount of heterogeneity, Stat. Med. 26 (Q-profile).
Rubin (1981), Estimation in parallel randomized experiments, J. Educ. Stat. 6; Gelman (2006), Prior
distributions for variance parameters, Bayesian Analysis 1 (uniform on the standard deviation).
Morris (1983), Parametric empirical Bayes inference, JASA 78.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.estimate.regional import RegionEstimates
from analysis.estimate.spread import Spread

EFFECTS = ("raw", "raw_se", "raw_low", "raw_high", "shrunken", "se", "low", "high")


def heterogeneity(regions: RegionEstimates, sd: float) -> float:
    """Generalised Cochran Q of the estimates when the regions' standard deviation is `sd`.

    Follows a chi-squared distribution with K − 1 degrees of freedom if `sd` is the true one.
    """
    return _cochran(regions, np.linalg.inv(_total(regions, sd)))


def population_spread(regions: RegionEstimates, level: float = 0.95) -> Spread:
    """Standard deviation of the population that the regions came from (REML, Q-profile interval).

    The interval holds every value that the Q statistic does not reject.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a share between 0 and 1")
    freedom = len(regions.regions) - 1
    top = _widest(regions)

    def log_likelihood(sd: float) -> float:
        return float(_restricted_log_likelihood(regions, np.array([sd]))[0])

    best = optimize.minimize_scalar(
        lambda sd: -log_likelihood(sd), bounds=(0, top), method="bounded",
        options={"xatol": 1e-10 * top},
    )  # fmt: skip
    estimate = best.x if -best.fun > log_likelihood(0.0) else 0.0

    def solve(quantile: float) -> float:
        if heterogeneity(regions, 0.0) <= quantile:
            return 0.0
        return float(optimize.brentq(lambda sd: heterogeneity(regions, sd) - quantile, 0.0, 10 * top))

    return Spread(
        sd=float(estimate),
        low=solve(stats.chi2.ppf((1 + level) / 2, freedom)),
        high=solve(stats.chi2.ppf((1 - level) / 2, freedom)),
        level=level,
    )


def shrunken(regions: RegionEstimates, level: float = 0.95, points: int = 400) -> pd.DataFrame:
    """Raw and shrunken deviation of each region from the mean of the regions.

    Each region is drawn to the mean in proportion to how little its own pupils tell. The spread between
    regions is not fixed at its estimate, which is often exactly zero with twelve regions and would then
    leave intervals without width: the shrunken effect is averaged over the spread's likelihood.

    Returns
    -------
    pandas.DataFrame
        region, raw, raw_se, raw_low, raw_high, shrunken, se, low, high. Raw intervals use Student's t with
        the degrees of freedom of the estimates, shrunken ones with the regions minus one.
    """
    count = len(regions.regions)
    grid = (np.arange(points) + 0.5) / points * _widest(regions)
    log_likelihood = _restricted_log_likelihood(regions, grid)
    posterior = np.exp(log_likelihood - log_likelihood.max())
    posterior /= posterior.sum()
    centre = np.eye(count) - 1 / count
    weight = np.linalg.inv(_total(regions, grid[:, None, None]))
    keep = grid[:, None, None] ** 2 * weight
    mean = weight.sum(axis=1) @ regions.estimate / weight.sum(axis=(1, 2))
    means = (mean[:, None] + (keep @ (regions.estimate - mean[:, None])[:, :, None])[:, :, 0]) @ centre
    # the mean is estimated too: its error enters through what is not kept
    rest = (np.eye(count) - keep).sum(axis=2)
    covariance = (
        grid[:, None, None] ** 2 * (np.eye(count) - keep)
        + rest[:, :, None] * rest[:, None, :] / weight.sum(axis=(1, 2))[:, None, None]
    )
    variances = np.einsum("ij,gjk,ik->gi", centre, covariance, centre)
    effect = posterior @ means
    se = np.sqrt(posterior @ variances + posterior @ (means - effect) ** 2)
    raw, raw_se = regions.deviation, np.sqrt(np.diag(regions.deviation_covariance))
    t = stats.t.ppf((1 + level) / 2, regions.freedom)
    # the spread is known from as many regions as there are: the normal quantile covers too little
    reach = stats.t.ppf((1 + level) / 2, count - 1) * se
    return pd.DataFrame(
        {
            "region": regions.regions,
            "raw": raw,
            "raw_se": raw_se,
            "raw_low": raw - t * raw_se,
            "raw_high": raw + t * raw_se,
            "shrunken": effect,
            "se": se,
            "low": effect - reach,
            "high": effect + reach,
        }
    )


def _restricted_log_likelihood(regions: RegionEstimates, sd: np.ndarray) -> np.ndarray:
    """Restricted log-likelihood, up to a constant, of each standard deviation in `sd`, (G,)."""
    total = _total(regions, sd[:, None, None])
    weight = np.linalg.inv(total)
    cochran = np.array([_cochran(regions, one) for one in weight])
    return -0.5 * (np.linalg.slogdet(total)[1] + np.log(weight.sum(axis=(1, 2))) + cochran)


def _total(regions: RegionEstimates, sd: float | np.ndarray) -> np.ndarray:
    """Covariance of the estimates around the mean of all regions."""
    return regions.covariance + sd**2 * np.eye(len(regions.regions))


def _cochran(regions: RegionEstimates, weight: np.ndarray) -> float:
    centred = regions.estimate - weight.sum(axis=0) @ regions.estimate / weight.sum()
    return float(centred @ weight @ centred)


def _widest(regions: RegionEstimates) -> float:
    """A standard deviation beyond which the likelihood is negligible."""
    return 5 * float(np.std(regions.estimate, ddof=1)) + 2 * float(
        np.sqrt(np.diag(regions.covariance)).mean()
    )
