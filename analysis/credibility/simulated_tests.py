"""The randomisation tests that the study reports, in many simulated panels of one design at once.

Each panel has its own sample of re-assignments, so that the test stays exact. What depends on the design
alone is computed once, and what depends on the re-assignments once for all outcomes. Panel by panel the
result is that of :func:`analysis.inference.randomisation.randomisation_null` (two-way, by CRV3) and of
:func:`analysis.credibility.permutation.null_distribution` (group-time effects).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from analysis.credibility.cells import Cells
from analysis.credibility.reassigned import Setting
from analysis.credibility.simulated_statistics import GroupTime, TwoWay
from analysis.inference.assignments import reassignments
from analysis.inference.inversion import NullDistribution


def drawn_assignments(cells: Cells, seeds: Sequence[int], count: int) -> np.ndarray:
    """`count` re-assignments a seed with the observed one before them, shape (B, 1 + count, G); read-only."""
    return _drawn(tuple(cells.assigned.tolist()), tuple(seeds), count)


@lru_cache(maxsize=1)  # the answers to one batch of worlds ask for the same in turn
def _drawn(assigned: tuple[int, ...], seeds: tuple[int, ...], count: int) -> np.ndarray:
    observed = np.array(assigned)
    found = np.stack([reassignments(observed, max_exact=0, draws=count, seed=seed)[0] for seed in seeds])
    found.flags.writeable = False
    return found


def simulated_nulls(
    cells: Cells, setting: Setting, outcomes: np.ndarray, drawn: np.ndarray
) -> list[NullDistribution]:
    """The null distribution of the reported test in every panel, the observed assignment first in each.

    Parameters
    ----------
    cells : Cells
        The design; its outcome is not used.
    setting : Setting
        Two-way without anticipation, or group-time effects; neither with spillover or another target.
    outcomes : ndarray, shape (B, G, T)
    drawn : ndarray of int, shape (B, R, G)
        Re-assignments of each panel, the observed one first; positions in ``cells.dates``.

    Raises
    ------
    ValueError
        If the setting has no simulated test, the statistic is not identified under the observed assignment,
        or an outcome has no variation.
    """
    if setting.spillover or setting.target != "effect" or setting.estimator == "imputation":
        raise ValueError(f"{setting} has no simulated test: use two_way, never or not_yet, without spillover")
    if setting.estimator == "two_way":
        if setting.anticipation:
            raise ValueError(f"{setting} has no simulated test: two_way is reported without anticipation")
        statistic = TwoWay(cells, drawn)
    else:
        statistic = GroupTime(cells, drawn, setting)
    defined = statistic.defined
    if not defined[:, 0].all():
        raise ValueError(f"{setting} or its variance is not identified under the observed assignment")
    outcome, treated = statistic(outcomes), statistic(cells.treated[None])
    # An undefined statistic counts as extreme: an unbounded numerator over any variance.
    slope0, variance = np.where(defined, outcome.estimate, np.inf), outcome.covariance(outcome)
    if not (variance[:, 0] > 0).all():
        raise ValueError("an outcome has no variation left between clusters, so nothing can be inferred")
    slope1 = np.broadcast_to(treated.estimate, slope0.shape)
    parts = (slope0, slope1, variance, outcome.covariance(treated), treated.covariance(treated))
    return [
        NullDistribution(float(panel[0][0]), float(panel[2][0]), *panel) for panel in zip(*parts, strict=True)
    ]
