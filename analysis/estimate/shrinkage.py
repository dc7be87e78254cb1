"""Regions as draws from a population: each effect shrunken to the mean.

Estimates scatter more than the regions do, because each carries sampling error. Shrunken effects draw each
region to the mean in proportion to how little its own pupils tell. They treat the regions as draws from a
normal distribution; for the spread of the regions that are there, see :mod:`analysis.estimate.spread`.

References
----------
Rubin (1981), Estimation in parallel randomized experiments, J. Educ. Stat. 6; Gelman (2006), Prior
distributions for variance parameters, Bayesian Analysis 1 (uniform on the standard deviation).
Morris (1983), Parametric empirical Bayes inference, JASA 78.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate.regional import RegionEstimates

_POINTS = 400  # of the likelihood of the spread
EFFECTS = ("raw", "raw_se", "raw_low", "raw_high", "shrunken", "se", "low", "high")


def shrunken(regions: RegionEstimates, level: float = 0.95) -> pd.DataFrame:
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
    grid = (np.arange(_POINTS) + 0.5) / _POINTS * _widest(regions)
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
