"""Three estimators on cluster-by-period means, for many assignments or many weightings at once.

A batch of B rows is a batch of re-assignments of clusters to starts, or of weightings in which a cluster
left out weighs zero. Each estimator returns B estimates with a clustered variance, so that a permutation
test, a jackknife and a whole specification curve are each a call or two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ESTIMATORS = ("two_way", "never", "not_yet", "imputation")
TARGETS = ("effect", "exposure", "interaction", "before")
_RANK = 1e-9


@dataclass(frozen=True)
class Answers:
    """Estimates of a batch, for several outcomes.

    Attributes
    ----------
    estimate : ndarray, shape (O, B)
        Infinite where not identified.
    scores : ndarray, shape (O, B, G)
        Linear in the outcome; zero where not identified.
    factor : ndarray, shape (B,)
        G/(G − 1).
    """

    estimate: np.ndarray
    scores: np.ndarray
    factor: np.ndarray

    def covariance(self, one: int = 0, other: int = 0) -> np.ndarray:
        """Clustered covariance of the estimates of two outcomes, shape (B,)."""
        return self.factor * (self.scores[one] * self.scores[other]).sum(axis=1)

    @property
    def statistic(self) -> np.ndarray:
        """Absolute t statistic of the first outcome, shape (B,); infinite where not identified."""
        root = np.sqrt(self.covariance())
        top = np.abs(self.estimate[0])
        return np.divide(top, root, out=np.full(root.shape, np.inf), where=root > 0)


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
    mass = np.atleast_2d(np.asarray(mass, dtype=float))
    begin = np.atleast_2d(np.asarray(begin, dtype=float))
    if covariates is not None and len(covariates) and not setting.by_regression:
        raise ValueError(f"{setting.estimator} takes no covariates: use two_way or imputation")
    if setting.spillover and neighbours is None:
        raise ValueError("spillover needs the neighbours of each cluster")
    if not setting.by_regression:
        return _group_time(setting, outcomes, times, begin, mass)
    treated = (times >= begin[:, :, None]).astype(float)
    others = [] if covariates is None else [column[None] for column in covariates]
    exposure = (1 - treated) * (neighbours @ treated) if setting.spillover else None
    # Cells in the window of anticipation are neither treated nor untreated: they are left out.
    waiting = (times >= begin[:, :, None] - setting.anticipation) & (treated == 0)
    if setting.estimator == "imputation":
        others = others if exposure is None else [*others, exposure]
        return _imputation(outcomes, mass, treated, waiting, others)
    weight = mass[:, :, None] * (~waiting if setting.anticipation else np.ones((1, 1, len(times))))
    if setting.target == "exposure":
        return _two_way(outcomes, weight, exposure, [*others, treated])
    if setting.target == "interaction":
        if not others:
            raise ValueError("an interaction needs the other policy as first covariate")
        return _two_way(outcomes, weight, treated * others[0], [*others, treated])
    return _two_way(outcomes, weight, treated, others if exposure is None else [*others, exposure])


class _Absorber:
    """Residuals on cluster and period effects, by weighted least squares; weights (B, G, T)."""

    def __init__(self, weight: np.ndarray) -> None:
        self.weight = weight
        total = weight.sum(axis=2, keepdims=True)
        self.total = np.where(total > 0, total, 1.0)
        share = weight / self.total
        normal = -np.swapaxes(share, 1, 2) @ weight
        periods = np.arange(weight.shape[2])
        by_period = weight.sum(axis=1)
        self.seen = by_period > 0
        normal[:, periods, periods] += np.where(self.seen, by_period, 1.0)
        self.inverse = np.linalg.inv(normal[:, 1:, 1:])

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Period effects, the first zero, for right-hand sides (B, T)."""
        found = (self.inverse @ right[:, 1:, None])[:, :, 0]
        return np.concatenate([np.zeros((len(found), 1)), found], axis=1)

    def residual(self, values: np.ndarray) -> np.ndarray:
        """`values` (B, G, T) less cluster and period effects, also where the weight is zero."""
        centred = values - _by_cluster(self.weight, values) / self.total
        period = self.solve(np.einsum("bgt,bgt->bt", *_same(self.weight, centred)))
        left = centred - period[:, None, :]
        return left - _by_cluster(self.weight, left) / self.total

    def adjoint(self, wanted: np.ndarray) -> np.ndarray:
        """Coefficients on the cells that give the fitted effects summed over `wanted` (B, G, T)."""
        by_cluster = wanted.sum(axis=2, keepdims=True)
        right = wanted.sum(axis=1) - (self.weight * by_cluster / self.total).sum(axis=1)
        period = self.solve(right)[:, None, :]
        cluster = (by_cluster - _by_cluster(self.weight, period)) / self.total
        return self.weight * (cluster + period)


def _same(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.broadcast_arrays(one, other))


def _by_cluster(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Weighted sums over periods, (B, G, 1); einsum saves the product array."""
    return np.einsum("bgt,bgt->bg", *_same(weight, values))[:, :, None]


def _dot(weight: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Weighted inner products, (B, 1, 1)."""
    return np.einsum("bgt,bgt->b", *_same(weight * one, other))[:, None, None]


def _orthogonal(absorber: _Absorber, columns: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Residualised columns, each orthogonal to those before, with squared length; collinear ones zero."""
    found: list[tuple[np.ndarray, np.ndarray]] = []
    weight = absorber.weight
    for column in columns:
        left = absorber.residual(column)
        raw = column - _by_cluster(weight, column) / absorber.total
        scale = _dot(weight, raw, raw)
        for other, length in found:
            left = left - _dot(weight, left, other) / length * other
        length = _dot(weight, left, left)
        kept = length > _RANK * scale
        found.append((np.where(kept, left, 0.0), np.where(kept, length, 1.0)))
    return found


def _without(weight: np.ndarray, values: np.ndarray, basis) -> np.ndarray:
    for other, length in basis:
        values = values - _dot(weight, values, other) / length * other
    return values


def _two_way(outcomes, weight, target, others) -> Answers:
    absorber = _Absorber(weight)
    weight = absorber.weight
    basis = _orthogonal(absorber, others)
    raw = target - _by_cluster(weight, target) / absorber.total
    scale = _dot(weight, raw, raw)
    left = _without(weight, absorber.residual(target), basis)
    length = _dot(weight, left, left)
    known = length > _RANK * scale
    loadings = weight * left / np.where(known, length, 1.0)
    slopes, scores = [], []
    for outcome in outcomes:
        y = _without(weight, absorber.residual(outcome[None]), basis)
        slope = np.einsum("bgt,bgt->b", *_same(loadings, y))
        slopes.append(slope)
        scores.append(_by_cluster(loadings, y - slope[:, None, None] * left)[:, :, 0])
    return _answers(slopes, scores, weight.any(axis=2), known[:, 0, 0])


def _imputation(outcomes, mass, treated, waiting, others) -> Answers:
    weight = mass[:, :, None] * ((treated == 0) & ~waiting)
    absorber = _Absorber(weight)
    imputable = weight.any(axis=2, keepdims=True) & absorber.seen[:, None, :]
    wanted = mass[:, :, None] * treated * imputable
    total = wanted.sum(axis=(1, 2), keepdims=True)
    known = (total > 0)[:, 0, 0]
    wanted = wanted / np.where(total > 0, total, 1.0)
    basis = _orthogonal(absorber, [np.broadcast_to(column, weight.shape) for column in others])
    loadings = -absorber.adjoint(wanted)
    for other, length in basis:
        loadings = loadings - weight * other * np.einsum("bgt,bgt->b", wanted, other)[:, None, None] / length
    means, scores = [], []
    for outcome in outcomes:
        y = _without(weight, absorber.residual(np.broadcast_to(outcome, weight.shape)), basis)
        mean = np.einsum("bgt,bgt->b", wanted, y)
        means.append(mean)
        scores.append(
            _by_cluster(loadings, y)[:, :, 0] + _by_cluster(wanted, y - mean[:, None, None])[:, :, 0]
        )
    return _answers(means, scores, np.broadcast_to(mass > 0, scores[0].shape), known)


def _group_time(setting: Setting, outcomes, times, begin, mass) -> Answers:
    dates = np.unique(begin[np.isfinite(begin) & (begin <= times[-1])])
    rows, count = max(len(begin), len(mass)), len(outcomes)
    slope, total = np.zeros((count, rows)), np.zeros(rows)
    scores = np.zeros((count, rows, begin.shape[1]))
    known = np.ones(rows, dtype=bool)
    for date in dates:
        member = mass * (begin == date)
        share = member.sum(axis=1)
        before = np.flatnonzero(times < date - setting.anticipation)
        if not len(before):
            continue  # no period to compare with: this cohort tells nothing
        base = before[-1]
        early = setting.target == "before"
        first, last = (date - setting.anticipation, date - 1) if early else (date, times[-1])
        for t in np.flatnonzero((times >= first) & (times <= last)):
            floor = times[-1] if setting.estimator == "never" else times[t] + setting.anticipation
            compared = mass * ((begin > floor) & (begin != date))
            known &= ((share > 0) & (compared.sum(axis=1) > 0)) | (share == 0)
            for hot, sign in ((member, 1.0), (compared, -1.0)):
                size = hot.sum(axis=1)
                scaled = hot * (sign * share / np.where(size > 0, size, 1.0))[:, None]
                for place, outcome in enumerate(outcomes):
                    change = outcome[:, t] - outcome[:, base]
                    sums = scaled @ change
                    slope[place] += sums
                    mean = sums / np.where(share > 0, sign * share, 1.0)
                    scores[place] += scaled * (change - mean[:, None])
            total += share
    known &= total > 0
    safe = np.where(total > 0, total, 1.0)
    return _answers(slope / safe, scores / safe[:, None], np.broadcast_to(mass > 0, scores[0].shape), known)


def _answers(slopes, scores, present, known) -> Answers:
    slopes, scores = np.array(slopes), np.array(scores)
    rows = scores.shape[1]
    count = np.broadcast_to(present.sum(axis=1), rows)
    known = np.broadcast_to(known, rows)
    return Answers(
        estimate=np.where(known, slopes, np.inf),
        scores=np.where(known[:, None], scores, 0.0),
        factor=count / np.maximum(count - 1, 1),
    )
