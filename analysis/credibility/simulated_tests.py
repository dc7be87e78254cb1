"""The test that is reported, in many simulated outcomes of one design at once.

The statistic is linear in the outcome, so what the design and its re-assignments ask is computed once for all
outcomes together: it is the engine of the headline, with more outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.inference.assignments import reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.inversion import TIE, NullDistribution
from analysis.inference.reassigned import as_null, direction, require_identified, statistics
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
    found = statistics(panel, setting, np.vstack([panel.start, panel.begin(drawn)]), outcomes)
    require_identified(found)
    error = np.sqrt(found.covariance(slice(None), slice(None)))  # (B, R)
    t = np.abs(found.estimate) / np.where(error > 0, error, np.nan)
    t = np.where(np.isfinite(t) & found.defined, t, np.inf)  # an undefined draw counts as extreme
    return (t[:, 1:] >= t[:, :1] * (1 - TIE)).mean(axis=1)
