"""Specification curve with a permutation test of the curve as a whole (Simonsohn, Simmons & Nelson 2020).

Every specification is estimated under the same re-assignments of clusters to starts, each estimate over its
own jackknife error. Within a specification, the place of each re-assignment's statistic among all of them is
its p-value; so each re-assignment has a whole curve of its own, with the median of its statistics and its
share significant, to which the observed curve is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, product
from multiprocessing import get_context

import numpy as np
import pandas as pd

from analysis.inference.assignments import reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.histories import among, placements
from analysis.inference.inversion import TIE, NullDistribution, intervals
from analysis.inference.reassigned import null_distribution
from analysis.inference.setting import Setting
from analysis.unknown import NotEstimable, NotEstimableError, attempt

ALL = ""
SIDES = ("clusters", "treated_clusters", "comparison_clusters")
BLOCK = 32  # specifications that a worker takes at a time


@dataclass(frozen=True)
class Specification:
    """One defensible way to estimate the effect.

    Attributes
    ----------
    estimator : str
        See :class:`analysis.inference.setting.Setting`.
    sample : str
        Key of the panels: which units, weights and outcome.
    before : int
        Periods kept before the first start; 0 keeps all.
    without : str
        Cluster left out, or "".
    spillover, policy : bool
        With regressors for treated neighbours and for the concurrent policy.
    """

    estimator: str
    sample: str
    anticipation: int = 0
    before: int = 0
    without: str = ALL
    spillover: bool = False
    policy: bool = False

    @property
    def setting(self) -> Setting:
        return Setting(self.estimator, self.anticipation, self.spillover)


@dataclass(frozen=True)
class Curve:
    """A specification curve and its permutation tests.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a specification: its choices, estimate, se, low, high, p, clusters, treated_clusters,
        comparison_clusters, and the reason where there is no estimate; such a row counts in nothing else.
    median : float
        Of the estimates.
    share_sign : float
        Share of estimates with the dominant sign.
    p_median : float
        Share of re-assignments whose median statistic (estimate over jackknife error) is at least as far
        from zero.
    p_significant : float
        The same for the share that has the dominant sign and is significant.
    smallest_p : float
        The least that `p_median` can be with these re-assignments.
    monte_carlo_se : float
        Of `p_median`; zero when exact.
    draws : int
        Re-assignments, the observed one included.
    """

    table: pd.DataFrame
    median: float
    share_sign: float
    p_median: float
    p_significant: float
    smallest_p: float
    monte_carlo_se: float
    draws: int
    exact: bool
    alpha: float


def specifications(
    *,
    estimators: Sequence[str],
    samples: Sequence[str],
    anticipation: Sequence[int] = (0,),
    before: Sequence[int] = (0,),
    without: Sequence[str] = (ALL,),
    spillover: Sequence[bool] = (False,),
    policy: Sequence[bool] = (False,),
) -> tuple[Specification, ...]:
    """All combinations that exist: regressors go with regression and imputation only."""
    grid = product(estimators, samples, anticipation, before, without, spillover, policy)
    return tuple(
        Specification(*choice)
        for choice in grid
        if not ((choice[5] or choice[6]) and choice[0] in ("never", "not_yet"))
    )


def specification_curve(
    samples: Mapping[str, ClusterPanel],
    chosen: Sequence[Specification],
    *,
    neighbours: np.ndarray | None = None,
    policy: np.ndarray | None = None,
    alpha: float = 0.05,
    max_exact: int = 0,
    draws: int = 999,
    seed: int = 0,
    intervals: bool = True,
    workers: int = 1,
) -> Curve:
    """Estimate every specification under the same re-assignments and test the curve as a whole.

    Parameters
    ----------
    samples : mapping of str to ClusterPanel
        The same clusters, periods and starts; other units, outcomes or weights.
    neighbours : ndarray, shape (G, G), optional
        See :func:`analysis.credibility.spillover.neighbour_shares`. Without a cluster, its neighbours' shares
        are those of the neighbours that are left.
    policy : ndarray, shape (G, T), optional
        The concurrent policy.
    max_exact, draws, seed
        Enumerate up to `max_exact` re-assignments, else sample `draws` beside the observed one.
    intervals : bool
        Invert each specification's test; without, `low` and `high` are missing.
    workers : int
        Processes. The result does not depend on it.

    Raises
    ------
    ValueError
        If the samples differ in design, or a specification asks for what is not given; the message names it.
    NotEstimableError
        If no specification can be estimated.
    """
    first = _common(samples)
    if not chosen:
        raise ValueError("no specification is given: a curve needs at least one")
    if alpha * (draws + 1) < 1 and max_exact == 0:
        raise ValueError(f"{draws} draws cannot give a p-value of {alpha}: take at least {int(1 / alpha)}")
    drawn, exact = reassignments(first.assigned, max_exact=max_exact, draws=draws, seed=seed)
    place = int((drawn == first.assigned).all(axis=1).argmax())  # where the observed assignment stands
    job = _Job(dict(samples), drawn, neighbours, policy, 1 - alpha if intervals else None)
    blocks = [chosen[at : at + BLOCK] for at in range(0, len(chosen), BLOCK)]
    if workers == 1:
        rows = [*chain.from_iterable(map(job, blocks))]
    else:
        with ProcessPoolExecutor(workers, get_context("spawn"), _start, (job,)) as pool:
            rows = [*chain.from_iterable(pool.map(_run, blocks))]
    had = np.flatnonzero([bool(row) for row in rows])
    if not len(had):
        raise NotEstimableError(
            f"none of {len(rows)} specifications can be estimated; the first: {rows[0].detail}",
            reason=rows[0].reason,
        )
    estimate = np.array([rows[at].estimate for at in had])  # (S, R)
    t = np.array([rows[at].statistic for at in had])  # absolute
    p = ranked(t)
    table = pd.DataFrame([vars(item) for item in chosen])
    values = {name: [getattr(rows[at], name) for at in had] for name in ("se", "low", "high")}
    for name, column in {"estimate": estimate[:, place], **values, "p": p[:, place]}.items():
        table[name] = np.nan
        table.loc[had, name] = column
    sides = {item: _sides(first, item) for item in dict.fromkeys(table["without"])}
    table[list(SIDES)] = [sides[item] for item in table["without"]]
    table["reason"] = [getattr(row, "reason", "") for row in rows]
    medians, signs, significant = curve_statistics(np.sign(estimate) * t, p, alpha)

    def tested(values: np.ndarray, against: float) -> float:
        return float((values >= against * (1 - TIE)).mean())

    p_median = tested(np.abs(medians), abs(medians[place]))
    return Curve(
        table=table,
        median=float(table["estimate"].median()),
        share_sign=float(signs[place]),
        p_median=p_median,
        p_significant=tested(significant, significant[place]),
        smallest_p=tested(np.abs(medians), np.abs(medians).max()),
        monte_carlo_se=0.0 if exact else float(np.sqrt(p_median * (1 - p_median) / len(drawn))),
        draws=len(drawn),
        exact=exact,
        alpha=alpha,
    )


def curve_statistics(
    statistic: np.ndarray, p: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, share of the dominant sign, and share of that sign with ``p <= alpha``, by column.

    Parameters
    ----------
    statistic, p : ndarray, shape (S, R)
        Signed statistics; those that are not finite are not identified and count in no share.
    """
    known = np.isfinite(statistic)
    medians = np.nanmedian(np.where(known, statistic, np.nan), axis=0)
    above, below = known & (statistic > 0), known & (statistic < 0)
    positive, negative = above.mean(axis=0), below.mean(axis=0)
    low = p <= alpha + TIE
    counted = np.where(positive >= negative, (above & low).mean(axis=0), (below & low).mean(axis=0))
    return medians, np.maximum(positive, negative), counted


def ranked(statistic: np.ndarray) -> np.ndarray:
    """Share of a row's statistics at least as large as each of them; shape as given, (S, R)."""
    count = statistic.shape[1]
    ordered = np.sort(statistic, axis=1)
    floor = statistic * (1 - TIE)
    below = [np.searchsorted(row, at, side="left") for row, at in zip(ordered, floor, strict=True)]
    return (count - np.stack(below)) / count


@dataclass(frozen=True, eq=False)
class _Row:
    """What the curve needs of one specification; `estimate` and `statistic` by re-assignment."""

    estimate: np.ndarray
    statistic: np.ndarray
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class _Job:
    """All that specifications have in common; re-assignments `drawn` (R, G)."""

    samples: dict[str, ClusterPanel]
    drawn: np.ndarray
    neighbours: np.ndarray | None
    policy: np.ndarray | None
    level: float | None

    def __call__(self, block: Sequence[Specification]) -> list[_Row | NotEstimable]:
        found = [attempt(self._null, item) for item in block]
        nulls = [item for item in found if item]
        errors = [float(np.sqrt(null.variance)) for null in nulls]
        ends = np.full((len(nulls), 2), np.nan)
        if self.level is not None:
            ends = intervals(nulls, self.level, scales=errors, smallest_p=1 / len(self.drawn))
        rows = iter(
            _Row(null.slope0, null.statistics()[1], se, float(low), float(high))
            for null, se, (low, high) in zip(nulls, errors, ends, strict=True)
        )
        return [next(rows) if item else item for item in found]

    def _null(self, item: Specification) -> NullDistribution:
        with _naming(item):
            panel = self.samples[item.sample]
            if item.policy and self.policy is None:
                raise ValueError("the concurrent policy is not given")
            periods, kept = np.ones(len(panel.times), dtype=bool), np.ones(len(panel.clusters), dtype=bool)
            if item.before:
                periods[: max(0, int(panel.first.min()) - item.before)] = False
                panel = panel.between(panel.times[periods][0], panel.times[-1])
            placed = placements(self.drawn, panel.assigned, panel.mass)
            if item.without:
                kept = np.array(panel.clusters) != item.without
                panel = panel.leave_out(item.without)
            return null_distribution(
                panel,
                item.setting,
                among(placed, kept),
                covariates=self.policy[None][:, kept][:, :, periods] if item.policy else None,
                neighbours=_among(self.neighbours, kept),
            )


def _among(neighbours: np.ndarray | None, kept: np.ndarray) -> np.ndarray | None:
    """Shares in the neighbourhood among the clusters kept."""
    if neighbours is None or kept.all():
        return neighbours
    found = neighbours[np.ix_(kept, kept)]
    total = found.sum(axis=1, keepdims=True)
    return found / np.where(total > 0, total, 1.0)


@contextmanager
def _naming(item: Specification) -> Iterator[None]:
    """An error says which specification it comes from."""
    try:
        yield
    except NotEstimableError:
        raise
    except (ValueError, KeyError) as error:
        raise ValueError(f"{item}: {error}") from error


_job: _Job | None = None


def _start(job: _Job) -> None:
    global _job
    _job = job


def _run(block: Sequence[Specification]) -> list[_Row | NotEstimable]:
    return _job(block)


def _sides(panel: ClusterPanel, without: str) -> tuple[int, ...]:
    """How many clusters there are, adopt and are compared with."""
    left = panel.leave_out(without) if without else panel
    return len(left.clusters), left.treated_clusters, left.comparison_clusters


def _common(samples: Mapping[str, ClusterPanel]) -> ClusterPanel:
    """The first of `samples`, after a check that all have the same design."""
    if not samples:
        raise ValueError("no panels are given")
    name, first = next(iter(samples.items()))
    for other, panel in samples.items():
        same = (
            panel.clusters == first.clusters
            and np.array_equal(panel.times, first.times)
            and np.array_equal(panel.start, first.start)
        )
        if not same:
            raise ValueError(f"samples {name!r} and {other!r} differ in clusters, periods or starts")
    return first
