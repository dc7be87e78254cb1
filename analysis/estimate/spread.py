"""How far these regions lie apart: the spread of those that are there, not of a population they came from.

With all twelve provinces in the data there is no thirteenth to be surprised by. The estimand is the standard
deviation of their true values, ``S² = Σ_k (μ_k − μ̄)² / (K − 1)``, and the only error is that each μ_k is
estimated from some schools and pupils. Nothing is assumed about how the μ_k are distributed.

The statistic is ``T = Σ_k (m_k − m̄)²`` of the estimates m. With errors of covariance V (centred), T is a
sum of squares with weights the eigenvalues of V and means that depend on S and on where the regions differ:
that direction is taken as estimated. The scale of V rests on few groups; the distribution is averaged over
what those leave open, ``V ν/χ²_ν``, as Student's t does for one mean. The interval holds every S for which T
is not in a tail, so that its upper end at level 1 − 2α lies below a bound exactly when
:func:`analysis.estimate.equivalence.spread_below` rejects at α.

References
----------
Cochran (1977), Sampling techniques, 3rd ed., ch. 2 (finite populations).
Gelman (2005), Analysis of variance: why it is more important than ever, Ann. Stat. 33, §3.5
(finite-population and superpopulation standard deviations).
Hedges & Pigott (2001), The power of statistical tests in meta-analysis, Psych. Methods 6 (fixed effects that
differ).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from analysis.estimate.quadratic_form import lower_tail
from analysis.estimate.regional import RegionEstimates

_SCALES = 16  # points over which the uncertain scale of the errors is averaged


@dataclass(frozen=True)
class Spread:
    """A standard deviation between regions and its interval."""

    sd: float
    low: float
    high: float
    level: float


def spread(regions: RegionEstimates, level: float = 0.95) -> Spread:
    """Standard deviation of these regions' true values: unbiased in its square, zero where that is negative.

    Raises
    ------
    ValueError
        If `level` is no share.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a share between 0 and 1")
    deviation = regions.deviation
    count = len(deviation)
    square = (deviation @ deviation - np.trace(regions.deviation_covariance)) / (count - 1)
    tail = (1 - level) / 2
    return Spread(
        sd=float(np.sqrt(max(square, 0.0))),
        low=_reach(regions, 1 - tail),
        high=_reach(regions, tail),
        level=level,
    )


def chance_below(regions: RegionEstimates, sd: float) -> float:
    """Chance of a statistic T as small as observed, or smaller, when the regions' spread is `sd`."""
    return float(
        chances_below(regions.deviation[None, :], regions.deviation_covariance, sd, regions.freedom)[0]
    )


def chances_below(deviations: np.ndarray, covariance: np.ndarray, sd: float, freedom: float) -> np.ndarray:
    """The same for several sets of deviations, (n, K), with one covariance (K, K) and its freedom."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-12 * values.max()
    values, vectors = values[kept], vectors[:, kept]
    along = deviations @ vectors
    length = np.linalg.norm(along, axis=1, keepdims=True)
    direction = np.divide(along, length, out=np.full_like(along, len(values) ** -0.5), where=length > 0)
    statistic = (deviations**2).sum(axis=1)
    scale = freedom / stats.chi2.ppf((np.arange(_SCALES) + 0.5) / _SCALES, freedom)
    means = np.sqrt(deviations.shape[1] - 1) * sd * direction
    parts = [lower_tail(statistic, one * values, means / np.sqrt(one * values)) for one in scale]
    return np.mean(parts, axis=0)


def _reach(regions: RegionEstimates, chance: float) -> float:
    """The spread at which T or less has this chance; zero where even no spread makes T too likely small."""
    if chance_below(regions, 0.0) <= chance:
        return 0.0
    top = float(np.linalg.norm(regions.deviation)) + float(np.sqrt(np.trace(regions.deviation_covariance)))
    while chance_below(regions, top) > chance:
        top *= 2
    return float(optimize.brentq(lambda sd: chance_below(regions, sd) - chance, 0.0, top, xtol=1e-7 * top))
