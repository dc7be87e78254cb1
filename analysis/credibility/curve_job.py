"""The specifications of a curve in blocks that share their work.

Specifications with the same periods and anticipation share what moves with the starts; among those, the ones
with the same estimator, sample and clusters share all but the choice of regressors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from analysis.credibility.cells import Cells
from analysis.credibility.permutation import CHUNK, as_null
from analysis.credibility.reassigned import Moved, group_time, joined, regression
from analysis.inference.inversion import NullDistribution, intervals

if TYPE_CHECKING:
    from analysis.credibility.specification_curve import Specification


@dataclass(frozen=True)
class Row:
    """What the curve needs of one specification.

    Attributes
    ----------
    estimate, statistic : ndarray, shape (R,)
        By re-assignment; the statistic is absolute.
    se, low, high : float
    """

    estimate: np.ndarray
    statistic: np.ndarray
    se: float
    low: float
    high: float


def shared(item: Specification) -> tuple:
    """Specifications sorted by this have beside them those they share most work with."""
    return _design(item), _regressed(item)


def _design(item: Specification) -> tuple:
    return item.before, item.anticipation


def _regressed(item: Specification) -> tuple:
    return item.estimator, item.sample, item.without


@dataclass(frozen=True)
class CurveJob:
    """All that specifications have in common; call it on specifications sorted by :func:`shared`.

    Attributes
    ----------
    samples : dict of str to Cells
    drawn : ndarray of int, shape (R, G)
        Re-assignments, as positions in the cells' dates.
    neighbours : ndarray, shape (G, G), or None
    policy : ndarray, shape (G, T), or None
    level : float or None
        Of the intervals; None inverts no test.
    """

    samples: dict[str, Cells]
    drawn: np.ndarray
    neighbours: np.ndarray | None
    policy: np.ndarray | None
    level: float | None

    def __call__(self, block: Sequence[Specification]) -> list[Row]:
        nulls: list[NullDistribution] = []
        for _, alike in groupby(block, _design):
            nulls += self._nulls(list(alike))
        errors = [float(np.sqrt(null.variance)) for null in nulls]
        ends = np.full((len(nulls), 2), np.nan)
        if self.level is not None:
            ends = intervals(nulls, self.level, scales=errors, smallest_p=1 / len(self.drawn))
        return [
            Row(null.slope0, null.statistics()[1], se, float(low), float(high))
            for null, se, (low, high) in zip(nulls, errors, ends, strict=True)
        ]

    def _nulls(self, alike: Sequence[Specification]) -> Iterator[NullDistribution]:
        """For specifications with the same periods and anticipation, in their order."""
        starts: list[np.ndarray] = []
        moved: list[Moved] = []
        for _, group in groupby(alike, _regressed):
            items = list(group)
            for item in items:
                with _naming(item):
                    self._check(item)
            first = items[0]
            with _naming(first):
                cells, policy = self._periods(first)
            starts = starts or self._starts(cells)
            mass = (cells.mass * (np.array(cells.clusters) != first.without))[:, None]
            outcomes = np.stack([cells.outcome, cells.treated])
            if first.setting.by_regression:
                moved = moved or [
                    Moved(cells.times, begin, first.anticipation, policy, self.neighbours) for begin in starts
                ]
                fits = [regression(first.estimator, outcomes, part, mass) for part in moved]
                found = [[fit.answers(self._regressors(item)) for fit in fits] for item in items]
            else:
                parts = [group_time(first.setting, outcomes, cells.times, begin, mass) for begin in starts]
                found = [parts] * len(items)
            for item, parts in zip(items, found, strict=True):
                with _naming(item):
                    null = as_null(item.setting, joined(parts))
                yield null

    def _starts(self, cells: Cells) -> list[np.ndarray]:
        """Starts as observed and re-assigned, (G, B) each."""
        begin = np.vstack([cells.start, cells.begin(self.drawn)]).T
        places = range(0, begin.shape[1], CHUNK)
        return [np.ascontiguousarray(begin[:, place : place + CHUNK]) for place in places]

    def _check(self, item: Specification) -> None:
        if item.policy and self.policy is None:
            raise ValueError("the concurrent policy is not given")
        item.setting.require_regressors(covariates=item.policy, neighbours=self.neighbours is not None)
        clusters = self.samples[item.sample].clusters
        if item.without and item.without not in clusters:
            raise ValueError(f"no cluster {item.without!r}; known are {', '.join(clusters)}")

    def _periods(self, item: Specification) -> tuple[Cells, np.ndarray | None]:
        """The cells of the periods kept, and the policy in them, shape (1, G, T)."""
        cells = self.samples[item.sample]
        policy = None if self.policy is None else self.policy[None]
        if not item.before:
            return cells, policy
        first = cells.start.min() - item.before
        if policy is not None:
            policy = policy[:, :, cells.times >= first]
        return cells.between(first, cells.times[-1]), policy

    def _regressors(self, item: Specification) -> list[int]:
        """Places of the specification's regressors: the policy, if given, comes before exposure."""
        return [0] * item.policy + [0 if self.policy is None else 1] * item.spillover


@contextmanager
def _naming(item: Specification) -> Iterator[None]:
    """An error says which specification it comes from."""
    try:
        yield
    except (ValueError, KeyError) as error:
        raise ValueError(f"{item}: {error}") from error
