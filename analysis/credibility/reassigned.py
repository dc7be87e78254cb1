"""Three estimators on cluster-by-period means, for many assignments or many weightings at once.

A batch of B rows is a batch of re-assignments of clusters to starts, or of weightings in which a cluster
left out weighs zero. Each estimator returns B estimates with a clustered variance, so that a permutation
test, a jackknife and a whole specification curve are each a call or two. Work arrays have the batch last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.credibility.cluster_moments import (
    RANK,
    ClusterMoments,
    imputation_moments,
    two_way_moments,
)

ESTIMATORS = ("two_way", "never", "not_yet", "imputation")
TARGETS = ("effect", "exposure", "interaction", "before")


@dataclass(frozen=True)
class Answers:
    """Estimates of a batch, for several outcomes.

    Attributes
    ----------
    estimate : ndarray, shape (O, B)
        Infinite where not identified.
    scores : ndarray, shape (O, G, B)
        Linear in the outcome; zero where not identified.
    factor : ndarray, shape (B,)
        G/(G − 1).
    """

    estimate: np.ndarray
    scores: np.ndarray
    factor: np.ndarray

    def covariance(self, one: int = 0, other: int = 0) -> np.ndarray:
        """Clustered covariance of the estimates of two outcomes, shape (B,)."""
        return self.factor * (self.scores[one] * self.scores[other]).sum(axis=0)

    @property
    def statistic(self) -> np.ndarray:
        """Absolute t statistic of the first outcome, shape (B,); infinite where not identified."""
        root = np.sqrt(self.covariance())
        top = np.abs(self.estimate[0])
        return np.divide(top, root, out=np.full(root.shape, np.inf), where=root > 0)


def joined(parts: Sequence[Answers]) -> Answers:
    """The answers of batches that follow each other."""
    if len(parts) == 1:
        return parts[0]
    return Answers(
        estimate=np.concatenate([part.estimate for part in parts], axis=1),
        scores=np.concatenate([part.scores for part in parts], axis=2),
        factor=np.concatenate([part.factor for part in parts]),
    )


@dataclass(frozen=True)
class Setting:
    """What is estimated, and how.

    Attributes
    ----------
    estimator : {"two_way", "never", "not_yet", "imputation"}
        Two-way regression; group-time effects against never- or not-yet-treated clusters, averaged by
        weight ("simple"); imputation from untreated cells.
    anticipation : int
        Periods before the start in which clusters may react already.
    spillover : bool
        Also estimate what treated neighbours do to untreated clusters (regression and imputation only).
    target : {"effect", "exposure", "interaction", "before"}
        The effect itself; the effect of a wholly treated neighbourhood on an untreated cluster (two_way
        with spillover); how much the effect differs where the first covariate is one (two_way); or the
        mean effect in the periods of anticipation (group-time only).
    """

    estimator: str = "not_yet"
    anticipation: int = 0
    spillover: bool = False
    target: str = "effect"

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise ValueError(f"estimator {self.estimator!r} is unknown: use one of {', '.join(ESTIMATORS)}")
        if self.target not in TARGETS:
            raise ValueError(f"target {self.target!r} is unknown: use one of {', '.join(TARGETS)}")
        if self.anticipation < 0:
            raise ValueError(f"anticipation is {self.anticipation}: zero or more periods")
        if self.spillover and not self.by_regression:
            raise ValueError(f"{self.estimator} takes no regressors: spillover needs two_way or imputation")
        if self.target == "exposure" and not (self.spillover and self.estimator == "two_way"):
            raise ValueError("target 'exposure' needs estimator 'two_way' with spillover")
        if self.target == "interaction" and self.estimator != "two_way":
            raise ValueError("target 'interaction' needs estimator 'two_way'")
        if self.target == "before" and (self.by_regression or not self.anticipation):
            raise ValueError(
                "target 'before' needs group-time effects with one or more periods of anticipation"
            )

    @property
    def by_regression(self) -> bool:
        return self.estimator in ("two_way", "imputation")

    def require_regressors(self, *, covariates: bool, neighbours: bool) -> None:
        """Raise ValueError if there are covariates it cannot take, or no neighbours where it needs them."""
        if covariates and not self.by_regression:
            raise ValueError(f"{self.estimator} takes no covariates: use two_way or imputation")
        if self.spillover and not neighbours:
            raise ValueError("spillover needs the neighbours of each cluster")
        if self.target == "interaction" and not covariates:
            raise ValueError("an interaction needs the other policy as first covariate")


def estimates(
    setting: Setting,
    outcomes: np.ndarray,
    times: np.ndarray,
    begin: np.ndarray,
    mass: np.ndarray,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> Answers:
    """The estimate of `setting` in every row of a batch.

    Parameters
    ----------
    setting : Setting
    outcomes : ndarray, shape (O, G, T)
    times : ndarray, shape (T,)
    begin : ndarray, shape (B, G) or (1, G)
        First treated periods.
    mass : ndarray, shape (G,), (1, G) or (B, G)
        Weights; zero leaves a cluster out.
    covariates : ndarray, shape (K, G, T), optional
        Further regressors, for regression and imputation.
    neighbours : ndarray, shape (G, G), optional
        Row g: the share of each cluster in the neighbourhood of g. Needed for spillover.

    Notes
    -----
    The variance is the sum of squared scores by cluster with G/(G − 1). For group-time effects it takes the
    cohorts' shares as given; for imputation the effects are centred on their mean (Borusyak, Jaravel &
    Spiess 2024, section 4.3, with one group).
    """
    mass = np.atleast_2d(np.asarray(mass, dtype=float)).T
    begin = np.ascontiguousarray(np.atleast_2d(np.asarray(begin, dtype=float)).T)
    has_covariates = covariates is not None and len(covariates) > 0
    setting.require_regressors(covariates=has_covariates, neighbours=neighbours is not None)
    if not setting.by_regression:
        return group_time(setting, outcomes, times, begin, mass)
    moved = Moved(times, begin, setting.anticipation, covariates, neighbours if setting.spillover else None)
    found = regression(setting.estimator, outcomes, moved, mass, setting.target)
    return found.answers(range(found.regressors))


class Moved:
    """What moves with the starts of clusters, on periods taken together while nothing changes.

    Between two changes of treatment, waiting or a covariate all regressors are constant within a cluster, so
    that regressions see the outcome by its mean over those periods only, weighted by their number.

    Parameters
    ----------
    times : ndarray, shape (T,)
    begin : ndarray, shape (G, B)
    anticipation : int
    covariates : ndarray, shape (K, G, T), optional
    neighbours : ndarray, shape (G, G), optional

    Attributes
    ----------
    lengths : ndarray, shape (S, 1, 1)
        Periods in each stretch.
    treated, waiting : ndarray, shape (S, G, B)
        Cells that wait are neither treated nor untreated, and are left out.
    covariates : list of ndarray, shape (S, G, 1)
    exposure : ndarray, shape (S, G, B), or None
        Share of treated neighbours of each untreated cell.
    """

    def __init__(
        self,
        times: np.ndarray,
        begin: np.ndarray,
        anticipation: int = 0,
        covariates: np.ndarray | None = None,
        neighbours: np.ndarray | None = None,
    ) -> None:
        covariates = np.empty((0, len(begin), len(times))) if covariates is None else np.asarray(covariates)
        dates = np.unique(begin)
        changes = np.searchsorted(times, np.concatenate([dates, dates - anticipation]))
        differs = np.flatnonzero((np.diff(covariates, axis=2) != 0).any(axis=(0, 1))) + 1
        self._first = np.unique(np.concatenate([[0], changes[changes < len(times)], differs]))
        self.lengths = np.diff(self._first, append=len(times)).astype(float)[:, None, None]
        since = times[self._first, None, None]
        self.treated = (since >= begin).astype(float)
        self.waiting = (since >= begin - anticipation) & (since < begin)
        self.anticipation = anticipation
        self.covariates = [column.T[self._first, :, None] for column in covariates]
        self.exposure = None if neighbours is None else (1 - self.treated) * (neighbours @ self.treated)

    def means(self, outcome: np.ndarray) -> np.ndarray:
        """Means of an outcome (G, T) over each stretch, shape (S, G, 1)."""
        return np.add.reduceat(outcome.T, self._first, axis=0)[:, :, None] / self.lengths


@dataclass(frozen=True)
class Regression:
    """A batch of regressions or imputations before its regressors are chosen.

    Attributes
    ----------
    moments : ClusterMoments
    clusters : ndarray, shape (B,) or (1,)
        Clusters that count.
    known : ndarray, shape (B,) or (1,)
        Whether there is anything to estimate.
    scale : ndarray, shape (B,) or (1,), or None
        Of a regression's target, see :func:`~analysis.credibility.cluster_moments.two_way_moments`.
    wanted : ndarray, shape (G, B), or None
        Weight of each cluster in an imputed mean.
    """

    moments: ClusterMoments
    clusters: np.ndarray
    known: np.ndarray
    scale: np.ndarray | None = None
    wanted: np.ndarray | None = None

    @property
    def regressors(self) -> int:
        return len(self.moments.scales)

    def answers(self, regressors: Sequence[int]) -> Answers:
        """The estimates beside the regressors in these places: the covariates first, exposure after them."""
        row = self.moments.without(regressors)
        if self.wanted is not None:
            means = row.sum(axis=1)
            return _answers(means, row - means[:, None] * self.wanted, self.clusters, self.known)
        length = row[0].sum(axis=0)
        known = self.known & (length > RANK * self.scale)
        row = row / np.where(known, length, 1.0)
        slopes = row[1:].sum(axis=1)
        return _answers(slopes, row[1:] - slopes[:, None] * row[0], self.clusters, known)


def regression(
    estimator: str, outcomes: np.ndarray, moved: Moved, mass: np.ndarray, target: str = "effect"
) -> Regression:
    """Prepare a two-way regression or an imputation.

    Parameters
    ----------
    estimator : {"two_way", "imputation"}
    outcomes : ndarray, shape (O, G, T)
    moved : Moved
    mass : ndarray, shape (G, 1) or (G, B)
    target : str
        See :class:`Setting`.
    """
    means = [moved.means(outcome) for outcome in outcomes]
    treated, exposure = moved.treated, moved.exposure
    weight = mass * moved.lengths
    regressors = list(moved.covariates)
    if estimator == "imputation":
        regressors += [] if exposure is None else [exposure]
        wanted = weight * treated
        weight = weight * ((treated == 0) & ~moved.waiting)
        imputable = weight.any(axis=0) & weight.any(axis=1)[:, None]
        wanted = wanted * imputable
        total = wanted.sum(axis=(0, 1))
        known = total > 0
        wanted = wanted / np.where(known, total, 1.0)
        moments = imputation_moments(weight, wanted, regressors, means)
        return Regression(moments, (mass > 0).sum(axis=0), known, wanted=wanted.sum(axis=0))
    if moved.anticipation:
        weight = weight * ~moved.waiting
    if target == "exposure":
        regressors, wanted = [*regressors, treated], exposure
    elif target == "interaction":
        regressors, wanted = [*regressors, treated], treated * regressors[0]
    else:
        regressors, wanted = [*regressors, *([] if exposure is None else [exposure])], treated
    moments, scale = two_way_moments(weight, wanted, regressors, means)
    return Regression(moments, weight.any(axis=0).sum(axis=0), np.ones(1, dtype=bool), scale=scale)


def group_time(
    setting: Setting, outcomes: np.ndarray, times: np.ndarray, begin: np.ndarray, mass: np.ndarray
) -> Answers:
    """Group-time effects averaged by weight; shapes as in :func:`regression`, starts (G, B)."""
    dates = np.unique(begin)
    dates = dates[dates <= times[-1]]
    rows = max(begin.shape[1], mass.shape[1])
    slopes, total = np.zeros((len(outcomes), rows)), np.zeros(rows)
    scores = np.zeros((len(outcomes), len(begin), rows))
    work = np.empty_like(scores)
    known = np.ones(rows, dtype=bool)

    def add(change: np.ndarray, weight: np.ndarray, scale: np.ndarray | float) -> None:
        """Add `scale` (B,) times the mean of `change` (O, G) by `weight` (G, B), and its scores."""
        size = weight.sum(axis=0)
        scale = scale / np.where(size > 0, size, 1.0)
        sums = change @ weight
        np.add(slopes, sums * scale, out=slopes)
        np.subtract(change[:, :, None], (sums / np.where(size > 0, size, 1.0))[:, None], out=work)
        np.multiply(work, weight * scale, out=work)
        np.add(scores, work, out=scores)

    for date in dates:
        before = np.flatnonzero(times < date - setting.anticipation)
        if not len(before):
            continue  # no period to compare with: this cohort tells nothing
        member = begin == date
        weight = mass * member
        share = weight.sum(axis=0)
        early = setting.target == "before"
        first, last = (date - setting.anticipation, date - 1) if early else (date, times[-1])
        periods = np.flatnonzero((times >= first) & (times <= last))
        changes = outcomes[:, :, periods] - outcomes[:, :, before[-1], None]
        floors = np.full(len(periods), times[-1])
        if setting.estimator != "never":
            floors = times[periods] + setting.anticipation
        passed = np.searchsorted(dates, floors, side="right")
        for count in np.unique(passed):  # periods in which the same clusters are compared with
            same = passed == count
            compared = mass * ((begin > floors[same][0]) & ~member)
            known &= compared.any(axis=0) | (share == 0)
            add(changes[:, :, same].sum(axis=2), compared, -share)
        add(changes.sum(axis=2), weight, share)
        total += len(periods) * share
    known &= total > 0
    safe = np.where(total > 0, total, 1.0)
    return _answers(slopes / safe, scores / safe, (mass > 0).sum(axis=0), known)


def _answers(slopes: np.ndarray, scores: np.ndarray, clusters: np.ndarray, known: np.ndarray) -> Answers:
    """Answers from slopes (O, B) and scores (O, G, B), blanked where not `known`."""
    count = np.broadcast_to(clusters, scores.shape[2])
    if not known.all():
        slopes, scores = np.where(known, slopes, np.inf), np.where(known, scores, 0.0)
    return Answers(
        estimate=slopes,
        scores=scores,
        factor=count / np.maximum(count - 1, 1),
    )
