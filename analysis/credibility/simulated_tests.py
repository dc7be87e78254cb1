"""The test that is reported, in many simulated outcomes of one design at once.

The statistic is linear in the outcome, so what the design and its re-assignments ask is computed once for all
outcomes together: it is the engine of the headline, with more outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.inference.assignments import reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.group_time import NUMBERS
from analysis.inference.inversion import TIE, NullDistribution, Stacked
from analysis.inference.reassigned import (
    as_null,
    direction,
    linear_in_few,
    linear_statistics,
    require_identified,
    require_variation,
    statistics,
)
from analysis.inference.setting import Setting
from analysis.inference.statistics import Statistics


def drawn_assignments(panel: ClusterPanel, seed: int, count: int) -> np.ndarray:
    """`count` re-assignments, the observed one before them, as positions in ``panel.dates``."""
    return reassignments(panel.assigned, max_exact=0, draws=count, seed=seed)[0]


def simulated_nulls(
    panel: ClusterPanel, setting: Setting, outcomes: np.ndarray, drawn: np.ndarray
) -> list[NullDistribution]:
    """The null distribution of the reported test for every outcome.

    Parameters
    ----------
    panel : ClusterPanel
        The design; its outcome is not used.
    setting : Setting
    outcomes : ndarray, shape (B, N, T)
        By row of the panel.
    drawn : ndarray of int, shape (R, G)
        Re-assignments, the observed one among them; positions in ``panel.dates``.

    Raises
    ------
    NotEstimableError
        If the statistic is not identified under the observed assignment, or an outcome has no variation.
    """
    begin = np.vstack([panel.start, panel.begin(drawn)])
    found = statistics(panel, setting, begin, np.concatenate([outcomes, direction(panel, setting)[None]]))
    return [
        as_null(
            Statistics(found.estimate[[place, -1]], found.without[[place, -1]]),
            size=float(np.abs(outcome).max()),
        )
        for place, outcome in enumerate(outcomes)
    ]


def stacked_nulls(panel: ClusterPanel, setting: Setting, outcomes: np.ndarray, drawn: np.ndarray) -> Stacked:
    """:func:`simulated_nulls` on top of each other, quicker.

    Parameters, errors
        As there.
    """
    if not linear_in_few(panel, setting):
        return Stacked.of(simulated_nulls(panel, setting, outcomes, drawn))
    begin = np.vstack([panel.start, panel.begin(drawn)])
    target = direction(panel, setting)[None]
    require_identified(statistics(panel, setting, begin[:1], outcomes[:1]))
    found = _ByChanges.of(panel, setting, begin, np.concatenate([outcomes, target]))
    estimate, variance, defined = found.estimate(), found.variance(), found.defined
    with_target = found.covariance_with_last()
    for place, outcome in enumerate(outcomes):
        require_variation(variance[place, 0], size=float(np.abs(outcome).max()))
    # An undefined draw counts as extreme, as in `as_null`: an unbounded numerator over any variance.
    drawn_in = defined[1:]
    slope1 = np.broadcast_to(np.where(drawn_in, estimate[-1, 1:], 0.0), (len(outcomes), len(drawn)))
    var11 = np.broadcast_to(np.where(drawn_in, variance[-1, 1:], 0.0), slope1.shape)
    return Stacked(
        estimate=estimate[:-1, :1],
        variance=variance[:-1, :1],
        slope0=np.where(drawn_in, estimate[:-1, 1:], np.inf),
        slope1=slope1,
        var00=np.where(drawn_in, variance[:-1, 1:], 0.0),
        twice01=np.where(drawn_in, 2 * with_target[:-1, 1:], 0.0),
        var11=var11,
        draws=len(drawn),
        settled=np.zeros(len(outcomes), dtype=int),
    )


def p_values(nulls: Sequence[NullDistribution], null: float = 0.0) -> np.ndarray:
    """p-value of the hypothesis `null` in each, shape (B,)."""
    return np.array([item.p_value(null) for item in nulls])


def no_effect_p_values(
    panel: ClusterPanel, setting: Setting, outcomes: np.ndarray, drawn: np.ndarray
) -> np.ndarray:
    """p-value of no effect for every outcome, shape (B,): that of :func:`simulated_nulls`, quicker.

    Parameters
    ----------
    panel, setting, outcomes, drawn
        As there.
    """
    begin = np.vstack([panel.start, panel.begin(drawn)])
    if linear_in_few(panel, setting):
        require_identified(statistics(panel, setting, begin[:1], outcomes[:1]))
        found = _ByChanges.of(panel, setting, begin, outcomes)
        estimate, variance, defined = found.estimate(), found.variance(), found.defined
    else:
        found = statistics(panel, setting, begin, outcomes)
        require_identified(found)
        estimate, variance = found.estimate, found.covariance(slice(None), slice(None))
        defined = found.defined
    error = np.sqrt(variance)  # (B, R)
    t = np.abs(estimate) / np.where(error > 0, error, np.nan)
    t = np.where(np.isfinite(t) & defined, t, np.inf)  # an undefined draw counts as extreme
    return (t[:, 1:] >= t[:, :1] * (1 - TIE)).mean(axis=1)


@dataclass(frozen=True)
class _ByChanges:
    """Estimates and their jackknife variances under all assignments, of many outcomes at once.

    What an assignment asks of an outcome is a handful of numbers a cluster, the same for all outcomes: with
    hundreds of outcomes it pays to compute these once and to multiply.

    Attributes
    ----------
    whole : ndarray, shape (R, K)
        Coefficients of the estimate on K changes of clusters.
    apart : ndarray, shape (R, G, K)
        What leaving out each cluster adds to them.
    changes : ndarray, shape (B, K)
    defined : ndarray of bool, shape (R,)
    """

    whole: np.ndarray
    apart: np.ndarray
    changes: np.ndarray
    defined: np.ndarray

    @classmethod
    def of(cls, panel: ClusterPanel, setting: Setting, begin: np.ndarray, outcomes: np.ndarray) -> _ByChanges:
        coefficients, changes = linear_statistics(panel, setting, begin, outcomes)
        rows, count = begin.shape
        whole = coefficients[:, 0].reshape(rows, -1)
        apart = coefficients[:, 1:].reshape(rows, count, -1) - whole[:, None]
        defined = np.isfinite(coefficients).all(axis=(1, 2, 3))
        return cls(whole, apart, changes.reshape(len(outcomes), -1), defined)

    @property
    def _factor(self) -> float:
        count = self.apart.shape[1]
        return (count - 1) / count

    def estimate(self) -> np.ndarray:
        """Shape (B, R)."""
        return self.changes @ self.whole.T

    def variance(self) -> np.ndarray:
        """Shape (B, R)."""
        rows, count, terms = self.apart.shape
        found = np.empty((len(self.changes), rows))
        step = max(1, NUMBERS // (len(self.changes) * count))
        for at in range(0, rows, step):
            part = self.apart[at : at + step]
            deviations = (part.reshape(-1, terms) @ self.changes.T).reshape(len(part), count, -1)
            found[:, at : at + step] = np.einsum("rgb,rgb->br", deviations, deviations)
        return found * self._factor

    def covariance_with_last(self) -> np.ndarray:
        """Of each outcome with the last one, shape (B, R)."""
        deviations = self.apart @ self.changes[-1]  # (R, G)
        return self._factor * (self.changes @ np.einsum("rgk,rg->kr", self.apart, deviations))
