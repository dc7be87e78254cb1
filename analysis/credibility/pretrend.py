"""Did adopters and others move alike before anyone adopted, and could the test have told?

The joint test is reported with its power: a test that would miss a trend large enough to explain the effect
says little by passing, and looking only at designs that pass distorts what is left (Roth 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import ClusterPanel, cluster_panel
from analysis.inference.inversion import TIE
from analysis.unknown import NotEstimableError

CHUNK = 4_096
_TRUTHS = 100  # re-assignments taken in turn for the truth, in the power of the randomisation test
_DRAWS = 200  # and those each is tested against


@dataclass(frozen=True)
class JointTest:
    """A Wald test that a vector of pre-period estimates is zero.

    Attributes
    ----------
    statistic : float
        ``beta' sigma^-1 beta``.
    df : int
        Number of estimates.
    p_chi2 : float
        From the chi-squared distribution: right with many clusters only.
    p_f : float or None
        From Hotelling's distribution, F(df, G - df), for a covariance estimated from G clusters; None when
        the number of clusters was not given.
    """

    statistic: float
    df: int
    p_chi2: float
    p_f: float | None


@dataclass(frozen=True)
class Pretrend:
    """Differences between adopters and comparison clusters before the first adoption, tested jointly.

    Attributes
    ----------
    table : DataFrame
        Columns time, difference, se: the change since the last period before adoption, adopters minus
        comparison.
    covariance : ndarray, shape (df, df)
        Of the differences, by the cluster jackknife (CRV3).
    reference : float
        The last period before anyone adopts.
    statistic, df, p_chi2, p_f
        See :class:`JointTest`.
    p_randomisation : float
        Share of re-assignments with a statistic at least as large: the one to report.
    smallest_p : float
    exact : bool
    draws : int
    monte_carlo_se : float
        Zero when exact.
    adopting, comparison : int
        Clusters on either side.
    detectable_50, detectable_80 : float or None
        Slope a period of a linear difference in trends that the randomisation test at 5 % finds half of the
        time, and four times in five; infinite where it cannot, None where not asked for.
    """

    table: pd.DataFrame
    covariance: np.ndarray
    reference: float
    statistic: float
    df: int
    p_chi2: float
    p_f: float
    p_randomisation: float
    smallest_p: float
    exact: bool
    draws: int
    monte_carlo_se: float
    adopting: int
    comparison: int
    detectable_50: float | None
    detectable_80: float | None


def joint_test(
    beta: Sequence[float], sigma: Sequence[Sequence[float]], *, clusters: int | None = None
) -> JointTest:
    """Wald test that all of `beta` is zero.

    Parameters
    ----------
    beta : sequence, length q
        Pre-period estimates of an event study, without the reference period.
    sigma : array, shape (q, q)
        Their covariance.
    clusters : int, optional
        Number of clusters the covariance was estimated from. Its rank is below that number, and the
        chi-squared test rejects far too often when the number is small.
    """
    estimates, covariance = _moments(beta, sigma)
    df = len(estimates)
    statistic = float(estimates @ np.linalg.solve(covariance, estimates))
    return JointTest(
        statistic=statistic,
        df=df,
        p_chi2=float(stats.chi2.sf(statistic, df)),
        p_f=None if clusters is None else float(stats.f.sf(*_hotelling(statistic, df, clusters))),
    )


def pretrend_test(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    periods: int | None = None,
    power: bool = True,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> Pretrend:
    """Compare adopters with the others in every period before anyone adopts.

    Only periods before the first adoption are used, so that no effect of treatment, of whatever cohort, can
    enter, and a re-assignment of adopters keeps its meaning. The comparison clusters are those that never
    adopt within the panel or, if there are none, those that adopt last.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights
        See :func:`analysis.inference.cluster_panel.cluster_panel`. Clusters treated from the start are left
        out.
    periods : int, optional
        Test only this many periods before the reference period; all of them unless told otherwise. The
        covariance has rank at most G - 2, so there must be fewer.
    power : bool
        Find the detectable slopes as well, which takes some tenths of a second.
    max_exact, draws, seed
        Enumerate up to `max_exact` re-assignments, else sample.

    Notes
    -----
    With twelve clusters of unequal size only the randomisation test keeps its level: at 5 % and with four
    pre-periods the F-test rejects in about 15 % of panels without any pre-trend, chi-squared in over 40 %
    (``benchmarks/inference.py pretrend``).

    Raises
    ------
    ValueError
        If fewer than two periods lie before the first adoption, nobody can be compared with, or more
        periods are tested than the number of clusters bears.
    """
    panel = cluster_panel(
        frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster, weights=weights
    )
    adopter, panel_clusters, first = _sides(panel)
    if first < 2:
        raise NotEstimableError(
            f"{first} period lies before the first adoption: a pre-trend needs at least two",
            reason="er is maar één meting vóór de eerste start",
        )
    tested = np.arange(first - 1)[-periods:] if periods else np.arange(first - 1)
    count = len(panel_clusters)
    if len(tested) > count - 3:
        raise NotEstimableError(
            f"{len(tested)} pre-periods cannot be tested jointly with {count} clusters; test at most "
            f"{count - 3} by periods=",
            reason=f"{len(tested)} metingen vóór de start zijn te veel om met {count} provincies te toetsen",
        )
    weight, change = _changes(panel, tested, first - 1, panel_clusters)
    drawn, exact = reassignments(adopter.astype(np.intp), max_exact=max_exact, draws=draws, seed=seed)
    observed, difference, covariance = _wald(adopter[None, :].astype(np.int8), weight, change)
    statistics = np.concatenate(
        [_wald(drawn[start : start + CHUNK], weight, change)[0] for start in range(0, len(drawn), CHUNK)]
    )
    p = float((statistics >= observed[0] * (1 - TIE)).mean())
    mirrored = 2 if 2 * adopter.sum() == count else 1
    test = joint_test(difference[0], covariance[0], clusters=count)
    times = panel.times[tested]
    reference = float(panel.times[first - 1])
    found = (
        _detectable(weight, change, times - reference, drawn, (0.5, 0.8), np.random.default_rng(seed))
        if power
        else [None, None]
    )
    return Pretrend(
        table=pd.DataFrame(
            {
                "time": times,
                "difference": difference[0],
                "se": np.sqrt(np.diag(covariance[0])),
            }
        ),
        covariance=covariance[0],
        reference=reference,
        statistic=test.statistic,
        df=test.df,
        p_chi2=test.p_chi2,
        p_f=test.p_f,
        p_randomisation=p,
        smallest_p=(mirrored if exact else 1) / len(drawn),
        exact=exact,
        draws=len(drawn),
        monte_carlo_se=0.0 if exact else float(np.sqrt(p * (1 - p) / len(drawn))),
        adopting=int(adopter.sum()),
        comparison=int(count - adopter.sum()),
        detectable_50=found[0],
        detectable_80=found[1],
    )


def _sides(panel: ClusterPanel) -> tuple[np.ndarray, np.ndarray, int]:
    """Whether each kept cluster adopts, the kept clusters, and the number of periods before adoption."""
    kept = np.flatnonzero(panel.first > 0)
    adoption = panel.first[kept]
    if not len(kept) or (adoption == adoption[0]).all():
        raise NotEstimableError(
            "all clusters adopt at the same time, or none does: there is nobody to compare with",
            reason="alle provincies beginnen tegelijk, of geen",
        )
    return adoption < adoption.max(), kept, int(adoption.min())


def _changes(
    panel: ClusterPanel, tested: np.ndarray, reference: int, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Summed weight and weighted change since the reference, shape (periods, clusters) each."""
    seen = panel.weight > 0
    weight = panel.size[:, None] * (seen[:, tested] & seen[:, [reference]])
    change = weight * (panel.outcome[:, tested] - panel.outcome[:, [reference]])
    starts = panel.bounds
    return np.add.reduceat(weight, starts, axis=0)[kept].T, np.add.reduceat(change, starts, axis=0)[kept].T


def _wald(
    adopters: np.ndarray, weight: np.ndarray, change: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Statistic (R,), differences (R, q) and their CRV3 covariance (R, q, q) for rows of adopters (R, G)."""
    difference, deviation = _differences(adopters, weight, change)
    covariance = _crossed(deviation, deviation)
    return _statistic(difference, covariance), difference, covariance


def _differences(
    adopters: np.ndarray, weight: np.ndarray, change: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Differences (R, q) and their jackknife deviations (R, q, G); both are linear in `change`."""
    difference, deviation = 0.0, 0.0
    for side, sign in ((adopters == 1, 1.0), (adopters != 1, -1.0)):
        member = side.astype(float)
        size, total = member @ weight.T, member @ change.T
        own = member[:, None, :]
        left = size[:, :, None] - own * weight
        if not (left > 0).all():
            raise NotEstimableError(
                "in some pre-period fewer than two clusters are seen on one side, or would be under a "
                "re-assignment: their spread is unknown; drop that period",
                reason="er is een meting vóór de start met minder dan twee provincies om te vergelijken",
            )
        mean = total / size
        difference = difference + sign * mean
        deviation = deviation + sign * ((total[:, :, None] - own * change) / left - mean[:, :, None])
    return difference, deviation


def _crossed(deviation: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jackknife covariance (R, q, q) of differences with these deviations (R, q, G)."""
    count = deviation.shape[2]
    return (count - 1) / count * deviation @ other.transpose(0, 2, 1)


def _statistic(difference: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Wald statistics (...,) of differences (..., q) with covariances (..., q, q)."""
    try:
        solved = np.linalg.solve(covariance, difference[..., None])[..., 0]
    except np.linalg.LinAlgError as error:
        raise NotEstimableError(
            f"the covariance of the differences before the start has no inverse ({error}): the "
            "outcome hardly varies there",
            reason="de uitkomst verschilt vóór de start te weinig tussen provincies",
        ) from error
    return (difference * solved).sum(axis=-1)


def _detectable(
    weight: np.ndarray,
    change: np.ndarray,
    distance: np.ndarray,
    drawn: np.ndarray,
    shares: Sequence[float],
    rng: np.random.Generator,
) -> list[float]:
    """The slopes that the randomisation test at 5 % finds with the probabilities `shares`, to 2 %.

    A trend of that slope is added to the observed outcomes of the adopters of one re-assignment after the
    other, and tested anew. What pre-trend the data hold already counts as noise.
    """
    truths = drawn[rng.permutation(len(drawn))[:_TRUTHS]]
    tested = drawn[rng.permutation(len(drawn))[:_DRAWS]]
    level, trend, fixed, mixed, square = (
        np.stack(parts)
        for parts in zip(
            *(_along_slope(np.vstack([truth, tested]), weight, change, distance) for truth in truths),
            strict=True,
        )
    )

    @cache
    def power(slope: float) -> float:
        found = _statistic(level + slope * trend, fixed + slope * mixed + slope**2 * square)
        own, others = found[:, :1], found[:, 1:]
        p = (1 + (others >= own * (1 - TIE)).sum(axis=1)) / (1 + len(tested))
        return (p <= 0.05).sum() / len(truths)

    spread = float(np.abs(change).sum() / weight.sum() / np.abs(distance).max())
    return [_least(power, share, spread) for share in shares]


def _along_slope(
    adopters: np.ndarray, weight: np.ndarray, change: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, ...]:
    """What the differences and their covariance become when the first row's adopters drift apart.

    With a slope s the differences are ``level + s trend`` and the covariance is ``fixed + s mixed +
    s² square``: shapes (R, q) twice and (R, q, q) three times.
    """
    level, deviation = _differences(adopters, weight, change)
    trend, drift = _differences(adopters, weight, weight * distance[:, None] * (adopters[0] == 1))
    mixed = _crossed(deviation, drift)
    return (
        level,
        trend,
        _crossed(deviation, deviation),
        mixed + mixed.transpose(0, 2, 1),
        _crossed(drift, drift),
    )


def _least(power: Callable[[float], float], share: float, start: float) -> float:
    """The least slope, to 2 %, whose `power` is at least `share`; infinite if `start` is doubled in vain."""
    high = start
    for _ in range(12):
        if power(high) >= share:
            break
        high *= 2
    else:
        return float("inf")
    low = 0.0
    while high - low > 0.02 * high:
        middle = (low + high) / 2
        if power(middle) >= share:
            high = middle
        else:
            low = middle
    return high


def trend_power(
    sigma: Sequence[Sequence[float]],
    distance: Sequence[float],
    slope: float,
    *,
    clusters: int | None = None,
    test: str = "joint",
    alpha: float = 0.05,
) -> float:
    """Probability that a pre-trend test rejects when trends differ by `slope` a period.

    Parameters
    ----------
    sigma : array, shape (q, q)
        Covariance of the pre-period estimates.
    distance : sequence, length q
        Periods since the reference period: negative numbers.
    slope : float
    clusters : int, optional
        For the joint test, use Hotelling's distribution instead of chi-squared.
    test : {"joint", "any"}
        The Wald test, or whether any single estimate is significant at `alpha` by the normal distribution
        (the convention that Roth 2022 studies).
    alpha : float
    """
    _, covariance = _moments(np.zeros(len(distance)), sigma)
    trend = slope * np.asarray(distance, dtype=float)
    if test == "any":
        return 1 - _inside(trend, covariance, alpha)
    if test != "joint":
        raise ValueError(f"test {test!r} is unknown: use 'joint' or 'any'")
    df = len(trend)
    noncentral = float(trend @ np.linalg.solve(covariance, trend))
    if clusters is None:
        return float(stats.ncx2.sf(stats.chi2.isf(alpha, df), df, noncentral))
    _, _, second = _hotelling(0.0, df, clusters)
    return float(stats.ncf.sf(stats.f.isf(alpha, df, second), df, second, noncentral))


def detectable_slope(
    sigma: Sequence[Sequence[float]],
    distance: Sequence[float],
    *,
    power: float = 0.5,
    clusters: int | None = None,
    test: str = "joint",
    alpha: float = 0.05,
) -> float:
    """The slope a period that the test finds with probability `power`; arguments as :func:`trend_power`."""
    if not alpha < power < 1:
        raise ValueError(f"power is {power}; it must lie between alpha ({alpha}) and 1")

    def short(slope: float) -> float:
        return trend_power(sigma, distance, slope, clusters=clusters, test=test, alpha=alpha) - power

    if short(0.0) >= 0:
        raise ValueError(f"without any trend the test already rejects with probability {power} or more")
    high = float(np.sqrt(np.diag(np.asarray(sigma, dtype=float))).max() / np.abs(distance).max())
    while short(high) < 0:
        high *= 2
    return float(optimize.brentq(short, 0.0, high, xtol=1e-8 * high))


def after_passing(
    beta_trend: Sequence[float], sigma: Sequence[Sequence[float]], *, pre: int, alpha: float = 0.05
) -> np.ndarray:
    """Expected event-study estimates under a trend, given that no pre-period estimate was significant.

    Parameters
    ----------
    beta_trend : sequence, length pre + post
        The hypothesised violation of parallel trends in each period, in order of time.
    sigma : array, shape (pre + post, pre + post)
    pre : int
    alpha : float

    Notes
    -----
    The mean of a normal vector truncated to a box (Tallis 1961; Manjunath & Wilhelm 2021), carried over to
    the post-periods by their regression on the pre-periods (Roth 2022, section I.C).
    """
    trend, covariance = _moments(beta_trend, sigma)
    before = covariance[:pre, :pre]
    bound = stats.norm.isf(alpha / 2) * np.sqrt(np.diag(before))
    inside = _inside(trend[:pre], before, alpha)
    density = np.zeros(pre)
    for j in range(pre):
        others = np.delete(np.arange(pre), j)
        slope = before[others, j] / before[j, j]
        left = before[np.ix_(others, others)] - np.outer(slope, before[j, others])
        for edge, sign in ((-bound[j], 1.0), (bound[j], -1.0)):
            mean = trend[others] + slope * (edge - trend[j])
            mass = _box(mean, left, bound[others]) if len(others) else 1.0
            density[j] += sign * mass * stats.norm.pdf(edge, trend[j], np.sqrt(before[j, j]))
    return trend + covariance[:, :pre] @ density / inside


def _inside(trend: np.ndarray, covariance: np.ndarray, alpha: float) -> float:
    return _box(trend, covariance, stats.norm.isf(alpha / 2) * np.sqrt(np.diag(covariance)))


def _box(mean: np.ndarray, covariance: np.ndarray, bound: np.ndarray) -> float:
    """Probability that a normal vector lies within plus or minus `bound`."""
    return float(
        stats.multivariate_normal.cdf(
            bound, mean, covariance, lower_limit=-bound, abseps=1e-8, releps=1e-8, maxpts=200_000, rng=0
        )
    )


def _hotelling(statistic: float, df: int, clusters: int) -> tuple[float, int, int]:
    """A Wald statistic on a covariance from G clusters, as F with its degrees of freedom."""
    second = clusters - df
    if second < 1:
        raise ValueError(
            f"{df} estimates cannot be tested jointly with {clusters} clusters: the covariance has rank "
            f"below {clusters}; test fewer periods"
        )
    return statistic * second / (df * (clusters - 1)), df, second


def _moments(beta: Sequence[float], sigma: Sequence[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    estimates, covariance = np.asarray(beta, dtype=float), np.asarray(sigma, dtype=float)
    if covariance.shape != (len(estimates), len(estimates)):
        raise ValueError(f"{len(estimates)} estimates need a covariance of that size, got {covariance.shape}")
    if not (np.isfinite(estimates).all() and np.isfinite(covariance).all()):
        raise ValueError("estimates and covariance must be finite; leave out periods that were not estimated")
    values = np.linalg.eigvalsh((covariance + covariance.T) / 2)
    if not values[0] > 1e-12 * values[-1]:
        raise ValueError(
            f"the covariance of the {len(estimates)} estimates is singular; with G clusters its rank is "
            "below G, so test fewer periods"
        )
    return estimates, covariance
