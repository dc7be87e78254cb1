"""The test that is reported, in many simulated outcomes of one design at once.

The statistic is linear in the outcome, so what the design and its re-assignments ask is computed once for all
outcomes together: it is the engine of the headline, with more outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.inference.assignments import reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.group_time import NUMBERS
from analysis.inference.inversion import TIE, NullDistribution
from analysis.inference.reassigned import (
    as_null,
    direction,
    linear_in_few,
    linear_statistics,
    require_identified,
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
        estimate, variance, defined = _by_changes(panel, setting, begin, outcomes)
    else:
        found = statistics(panel, setting, begin, outcomes)
        require_identified(found)
        estimate, variance = found.estimate, found.covariance(slice(None), slice(None))
        defined = found.defined
    error = np.sqrt(variance)  # (B, R)
    t = np.abs(estimate) / np.where(error > 0, error, np.nan)
    t = np.where(np.isfinite(t) & defined, t, np.inf)  # an undefined draw counts as extreme
    return (t[:, 1:] >= t[:, :1] * (1 - TIE)).mean(axis=1)


def _by_changes(
    panel: ClusterPanel, setting: Setting, begin: np.ndarray, outcomes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimates and their jackknife variances (B, R), and which assignments have both (R,).

    What an assignment asks of an outcome is a handful of numbers a cluster, the same for all outcomes: with
    hundreds of outcomes it pays to compute these once and to multiply.
    """
    coefficients, changes = linear_statistics(panel, setting, begin, outcomes)
    rows, count = begin.shape
    changes = changes.reshape(len(outcomes), -1)
    whole = coefficients[:, 0].reshape(rows, -1)
    apart = coefficients[:, 1:].reshape(rows, count, -1) - whole[:, None]
    variance = np.empty((len(outcomes), rows))
    step = max(1, NUMBERS // (len(outcomes) * count))
    for at in range(0, rows, step):
        part = apart[at : at + step]
        deviations = (part.reshape(-1, part.shape[-1]) @ changes.T).reshape(len(part), count, -1)
        variance[:, at : at + step] = np.einsum("rgb,rgb->br", deviations, deviations)
    variance *= (count - 1) / count
    return changes @ whole.T, variance, np.isfinite(coefficients).all(axis=(1, 2, 3))
