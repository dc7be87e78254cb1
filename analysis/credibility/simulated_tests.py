"""The test that is reported, in many simulated outcomes of one design at once.

The statistic is linear in the outcome, so what the design and its re-assignments ask is computed once for all
outcomes together: it is the engine of the headline, with more outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.inference.assignments import reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.histories import placements
from analysis.inference.inversion import TIE, NullDistribution
from analysis.inference.reassigned import as_null, direction, moved
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
    outcomes : ndarray, shape (B, N, T)
        By row of the panel.
    drawn : ndarray of int, shape (R, G)
        Re-assignments, the observed one among them; positions in ``panel.dates``.

    Raises
    ------
    NotEstimableError
        If the statistic is not identified under the observed assignment, or an outcome has no variation.
    """
    added = np.broadcast_to(direction(panel, setting), outcomes.shape)
    placed = placements(drawn, panel.assigned, panel.mass)
    found = moved(panel, setting, placed, np.stack([outcomes, added], axis=1))
    return [
        as_null(
            Statistics(found.estimate[2 * place :][:2], found.without[2 * place :][:2]),
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
    found = moved(panel, setting, placements(drawn, panel.assigned, panel.mass), outcomes[:, None])
    square, variance = found.estimate**2, found.covariance(slice(None), slice(None))
    # Compared by products: a draw without variance is extreme.
    extreme = square[:, 1:] * variance[:, :1] >= square[:, :1] * variance[:, 1:] * (1 - TIE)
    return extreme.mean(axis=1)
