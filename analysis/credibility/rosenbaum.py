"""How unequal the chances of adopting may have been before the conclusion falls (Rosenbaum 2002).

A randomisation test takes every re-assignment as equally likely. Adoption was not by lot: something unseen
may have made some clusters likelier to adopt, and moved the outcome. If it multiplies the odds of adopting by
at most gamma, the p-value is no larger than the worst over all ways in which it may lie over the clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.histories import placements
from analysis.inference.inversion import TIE
from analysis.inference.reassigned import null_distribution
from analysis.inference.setting import Setting
from analysis.unknown import NotEstimableError

MAX_CLUSTERS = 16  # all ways in which an unseen trait may lie over the clusters are tried
LARGEST = 1e6
HALVINGS = 40


@dataclass(frozen=True)
class HiddenBias:
    """What a randomisation test allows of unequal chances.

    Attributes
    ----------
    gamma : float
        The least ratio of odds at which the worst p-value exceeds alpha: one where it does without any;
        infinite where it does at none up to a million.
    p_value : float
        With equal chances.
    counts, extreme : ndarray, shape (traits, sums)
        Re-assignments, all and those as extreme as observed, by how early the clusters with a trait start.
    ranks : int
        Paths before the last one.
    """

    gamma: float
    p_value: float
    alpha: float
    counts: np.ndarray
    extreme: np.ndarray
    ranks: int

    def worst_p(self, gamma: float) -> float:
        """Largest p-value when odds of starting first differ by at most `gamma` between any two clusters."""
        return _worst(self.counts, self.extreme, self.ranks, gamma)


def hidden_bias(
    panel: ClusterPanel,
    setting: Setting,
    *,
    alpha: float = 0.05,
    strata: np.ndarray | None = None,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> HiddenBias:
    """The ratio of odds at which the randomisation test of `setting` no longer rejects.

    Parameters
    ----------
    strata, max_exact, draws, seed
        See :func:`analysis.inference.reassigned.randomised`.

    Raises
    ------
    NotEstimableError
        With more than sixteen clusters, or where there is no test.

    Notes
    -----
    A re-assignment has a chance in proportion to gamma to the power of the clusters with the trait that start
    first; those that start between first and last count in part, by rank. All sets of clusters that may have
    the trait are tried.
    """
    count = len(panel.clusters)
    if count > MAX_CLUSTERS:
        raise NotEstimableError(
            f"{count} clusters: an unseen trait is tried on all sets of at most {MAX_CLUSTERS}",
            reason="met zoveel regio's is niet uit te rekenen hoe ongelijk de kansen mogen zijn",
        )
    drawn, _ = reassignments(panel.assigned, strata=strata, max_exact=max_exact, draws=draws, seed=seed)
    distribution = null_distribution(panel, setting, placements(drawn, panel.assigned, panel.mass, strata))
    observed, statistic = distribution.statistics()
    extreme = statistic >= observed * (1 - TIE)
    p = float(extreme.mean())
    if p > alpha + TIE:
        return HiddenBias(1.0, p, alpha, np.ones((1, 1)), np.full((1, 1), p), 1)
    # How early: the last path (never, where there is one) has rank zero. As bit masks, one a rank.
    ranks = int(drawn.max())
    early = np.stack([(drawn <= path) @ (1 << np.arange(count)) for path in range(ranks)], axis=1)
    traits = np.arange(1 << count)
    if strata is None:
        # Which clusters have the trait does not matter to all re-assignments together, only how many.
        sizes = _overlaps(early, (1 << np.arange(count + 1)) - 1, count)
        counts = sizes[np.bitwise_count(traits)]
    else:
        counts = _overlaps(early, traits, count)
    tables = counts, _overlaps(early[extreme], traits, count), ranks
    return HiddenBias(_gamma(*tables, alpha), p, alpha, *tables)


def _overlaps(early: np.ndarray, traits: np.ndarray, count: int) -> np.ndarray:
    """How many re-assignments have each sum of ranks over the clusters with a trait, (traits, sums)."""
    masks, times = np.unique(early, axis=0, return_counts=True)
    found = np.zeros((len(traits), count * early.shape[1] + 1))
    rows = np.arange(len(traits))
    for ranks, repeated in zip(masks, times, strict=True):
        sums = sum(np.bitwise_count(mask & traits) for mask in ranks)
        found[rows, sums] += repeated
    return found


def _worst(counts: np.ndarray, extreme: np.ndarray, ranks: int, gamma: float) -> float:
    odds = gamma ** (np.arange(counts.shape[1]) / ranks)
    return float((extreme @ odds / (counts @ odds)).max())


def _gamma(counts: np.ndarray, extreme: np.ndarray, ranks: int, alpha: float) -> float:
    low, high = 0.0, np.log(LARGEST)
    if _worst(counts, extreme, ranks, LARGEST) <= alpha + TIE:
        return float("inf")
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _worst(counts, extreme, ranks, float(np.exp(middle))) > alpha + TIE:
            high = middle
        else:
            low = middle
    return float(np.exp(high))
