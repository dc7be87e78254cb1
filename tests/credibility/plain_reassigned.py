"""The estimators of :mod:`analysis.inference.reassigned` as plainly as they come, to hold quick ones to.

Every period is a period, every regressor is residualised afresh, and every array runs (B, G, T).
"""

from __future__ import annotations

import numpy as np

from analysis.inference import Setting

_RANK = 1e-9


def estimates(
    setting: Setting,
    outcomes: np.ndarray,
    times: np.ndarray,
    begin: np.ndarray,
    mass: np.ndarray,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes (O, G, T), times (T,), starts (B, G), weights of clusters (G,) or (B, G); zero leaves one out.

    Gives estimates (O, B), their scores by cluster (O, B, G) and G/(G - 1).
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
        return _two_way(
            outcomes,
            weight,
            treated * others[0],
            [*others, *([] if exposure is None else [exposure]), treated],
        )
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


def _two_way(outcomes, weight, target, others) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def _imputation(outcomes, mass, treated, waiting, others) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def _group_time(setting: Setting, outcomes, times, begin, mass) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def _answers(slopes, scores, present, known):
    slopes, scores = np.array(slopes), np.array(scores)
    rows = scores.shape[1]
    count = np.broadcast_to(present.sum(axis=1), rows)
    known = np.broadcast_to(known, rows)
    factor = count / np.maximum(count - 1, 1)
    return np.where(known, slopes, np.inf), np.where(known[:, None], scores, 0.0), factor
