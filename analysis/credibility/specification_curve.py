"""Specification curve with a permutation test of the curve as a whole (Simonsohn, Simmons & Nelson 2020).

Every specification is estimated under the same re-assignments of clusters to starts. Within a
specification, the place of each re-assignment's statistic among all of them is its p-value; so each
re-assignment has a whole curve of its own, with its median, its share of one sign and its share
significant, to which the observed curve is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain, product
from multiprocessing import get_context

import numpy as np
import pandas as pd

from analysis.credibility.cells import Cells
from analysis.credibility.curve_job import CurveJob, Row, shared
from analysis.credibility.reassigned import Setting
from analysis.inference.assignments import reassignments
from analysis.inference.inversion import TIE

ALL = ""
BLOCK = 104  # specifications that a worker takes at a time


@dataclass(frozen=True)
class Specification:
    """One defensible way to estimate the effect.

    Attributes
    ----------
    estimator : str
        See :class:`analysis.credibility.reassigned.Setting`.
    sample : str
        Key of the cells: which units, weights and outcome.
    anticipation : int
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
        One row a specification: its choices, estimate, se, low, high, p.
    median : float
    share_sign, share_significant : float
        Share of estimates with the dominant sign, and share that has it and is significant.
    p_median, p_sign, p_significant : float
        Share of re-assignments whose curve is at least as extreme.
    draws : int
        Re-assignments, the observed one included.
    exact : bool
    alpha : float
    """

    table: pd.DataFrame
    median: float
    share_sign: float
    share_significant: float
    p_median: float
    p_sign: float
    p_significant: float
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
    samples: Mapping[str, Cells],
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
    samples : mapping of str to Cells
        The same clusters, periods and starts; other outcomes or weights.
    chosen : sequence of Specification
    neighbours : ndarray, shape (G, G), optional
        See :func:`analysis.credibility.spillover.neighbour_shares`.
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
        If the samples differ in design, or a specification is not identified; the message names it.
    """
    first = _common(samples)
    if not chosen:
        raise ValueError("no specification is given: a curve needs at least one")
    if alpha * (draws + 1) < 1 and max_exact == 0:
        raise ValueError(f"{draws} draws cannot give a p-value of {alpha}: take at least {int(1 / alpha)}")
    drawn, exact = reassignments(first.assigned, max_exact=max_exact, draws=draws, seed=seed)
    place = int((drawn == first.assigned).all(axis=1).argmax())  # where the observed assignment stands
    job = CurveJob(dict(samples), drawn, neighbours, policy, 1 - alpha if intervals else None)
    order = sorted(range(len(chosen)), key=lambda place: shared(chosen[place]))
    blocks = [
        [chosen[place] for place in order[first : first + BLOCK]] for first in range(0, len(order), BLOCK)
    ]
    if workers == 1:
        done = [job(block) for block in blocks]
    else:
        with ProcessPoolExecutor(workers, get_context("spawn"), _start, (job,)) as pool:
            done = list(pool.map(_run, blocks))
    found = dict(zip(order, chain.from_iterable(done), strict=True))
    rows = [found[place] for place in range(len(chosen))]
    estimate = np.array([row.estimate for row in rows])  # (S, R)
    p = ranked(np.array([row.statistic for row in rows]))
    fields = pd.DataFrame([vars(item) for item in chosen])
    table = fields.assign(
        estimate=estimate[:, place],
        se=[row.se for row in rows],
        low=[row.low for row in rows],
        high=[row.high for row in rows],
        p=p[:, place],
    )
    medians, signs, significant = curve_statistics(estimate, p, alpha)

    def tested(values: np.ndarray) -> float:
        return float((values >= values[place] * (1 - TIE)).mean())

    return Curve(
        table=table,
        median=float(medians[place]),
        share_sign=float(signs[place]),
        share_significant=float(significant[place]),
        p_median=tested(np.abs(medians)),
        p_sign=tested(signs),
        p_significant=tested(significant),
        draws=len(drawn),
        exact=exact,
        alpha=alpha,
    )


def curve_statistics(
    estimate: np.ndarray, p: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, share of the dominant sign, and share of that sign with ``p <= alpha``, by column.

    Parameters
    ----------
    estimate, p : ndarray, shape (S, R)
        Estimates that are not finite are not identified; they count in no share.
    """
    known = np.isfinite(estimate)
    medians = np.nanmedian(np.where(known, estimate, np.nan), axis=0)
    above, below = known & (estimate > 0), known & (estimate < 0)
    positive, negative = above.mean(axis=0), below.mean(axis=0)
    low = p <= alpha + TIE
    counted = np.where(positive >= negative, (above & low).mean(axis=0), (below & low).mean(axis=0))
    return medians, np.maximum(positive, negative), counted


def ranked(statistic: np.ndarray) -> np.ndarray:
    """Share of a row's statistics at least as large as each of them; shape as given, (S, R)."""
    count = statistic.shape[1]
    ordered = np.sort(statistic, axis=1)
    floor = statistic * (1 - TIE)
    return np.stack(
        [1 - np.searchsorted(row, at, side="left") / count for row, at in zip(ordered, floor, strict=True)]
    )


_job: CurveJob | None = None


def _start(job: CurveJob) -> None:
    global _job
    _job = job


def _run(block: Sequence[Specification]) -> list[Row]:
    return _job(block)


def _common(samples: Mapping[str, Cells]) -> Cells:
    """The first of `samples`, after a check that all have the same design."""
    if not samples:
        raise ValueError("no cells are given")
    name, first = next(iter(samples.items()))
    for other, cells in samples.items():
        same = (
            cells.clusters == first.clusters
            and np.array_equal(cells.times, first.times)
            and np.array_equal(cells.start, first.start)
        )
        if not same:
            raise ValueError(f"samples {name!r} and {other!r} differ in clusters, periods or starts")
    return first
