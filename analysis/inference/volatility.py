"""How strongly the outcome of each cluster swings from period to period, told apart no further than it shows.

A variance from a handful of periods is mostly chance. Those of all clusters together say how much they
really differ, and each is drawn towards what they have in common by as much (Smyth 2004): with many periods a
cluster keeps its own, with two or three, or where all swing alike, they are as good as one. With four
periods, a test that trusts the variance of each cluster rejects .06 to .13 without an effect, by these .042
to .061.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.histories import histories
from analysis.inference.setting import Setting

NOTHING = 1e-6  # a variance below this share of the mean one is taken for that share
STEPS = 60


def volatility(
    panel: ClusterPanel,
    setting: Setting,
    outcomes: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    trends: bool = False,
) -> np.ndarray:
    """Standard deviation of each cluster's swings, shape (B, G); one for all where nothing tells them apart.

    Parameters
    ----------
    setting : Setting
        Periods are compared within stretches in which nobody starts, or comes within its anticipation: a
        constant effect, whoever has it, changes nothing.
    outcomes : ndarray, shape (B, N, T)
    covariates : ndarray, shape (C, G, T), optional
    trends : bool
        A straight line of a cluster's own is no swing either: for what is said about diverging trends.
    """
    cuts = np.unique(np.concatenate([panel.first, panel.first - setting.anticipation]))
    stretch = np.searchsorted(cuts, np.arange(len(panel.times)), side="right")
    seen = np.add.reduceat(panel.weight, panel.bounds, axis=0) > 0  # (G, T)
    within = (stretch == np.unique(stretch)[:, None]).astype(float)  # (stretches, T)
    history = histories(panel, outcomes, covariates, stretch=stretch)
    count = seen @ within.T
    share = within.T[None] / np.maximum(count, 1)[:, None]  # (G, T, stretches)

    def left_of(values: np.ndarray) -> np.ndarray:
        """Less the mean of each cluster in each stretch."""
        means = np.einsum("...gt,gts->...gs", seen * values, share)
        return seen * (values - means @ within)

    left, freedom = left_of(history), np.maximum(count - 1, 0).sum(axis=1)
    if trends:
        line = left_of(np.broadcast_to(np.arange(len(panel.times), dtype=float), seen.shape))
        length = (line**2).sum(axis=1)
        slope = (left * line).sum(axis=2) / np.where(length > 0, length, 1.0)
        left = left - slope[:, :, None] * line
        freedom = np.maximum(freedom - (length > 0), 0)
    return np.sqrt(moderated((left**2).sum(axis=2), freedom))


def moderated(squares: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Variances from sums of squares, each drawn towards the common one by what they are worth together.

    Parameters
    ----------
    squares : ndarray, shape (O, G)
    freedom : ndarray, shape (G,)
        Degrees of freedom; zero where a variance is unknown.

    Notes
    -----
    Logarithms of the variances scatter by chance as trigamma(f / 2); what they scatter more says how many
    degrees of freedom d the common variance counts for, trigamma(d / 2): Smyth (2004), section 6.2.
    """
    known = freedom > 0
    total = squares.sum(axis=1)
    if known.sum() < 2 or not (total > 0).all():
        return np.ones(squares.shape)
    f = freedom[known]
    own = squares[:, known] / f
    own = np.maximum(own, NOTHING * own.mean(axis=1, keepdims=True))
    level = np.log(own) - special.digamma(f / 2) + np.log(f / 2)
    centre = level.mean(axis=1, keepdims=True)
    excess = level.var(axis=1, ddof=1, keepdims=True) - special.polygamma(1, f / 2).mean()
    differ = excess > 0
    d = 2 * _inverse_trigamma(np.where(differ, excess, 1.0))
    common = np.exp(centre + np.where(differ, special.digamma(d / 2) - np.log(d / 2), 0.0))
    found = np.repeat(common, len(freedom), axis=1)
    found[:, known] = np.where(differ, (d * common + f * own) / (d + f), common)
    return found


def _inverse_trigamma(value: np.ndarray) -> np.ndarray:
    """By Newton's method on one over trigamma, which is nearly a line."""
    x = 0.5 + 1 / value
    for _ in range(STEPS):
        now = special.polygamma(1, x)
        step = now * (1 - now / value) / special.polygamma(2, x)
        x = x + step
        if (np.abs(step) <= 1e-12 * x).all():
            break
    return x
