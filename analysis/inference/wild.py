"""The exact wild cluster bootstrap of any estimator, studentised by the jackknife.

Under the hypothesis of no effect a panel is unit effects, period effects and a residual. Estimators that
compare changes with changes do not see the first two, so a bootstrap world is the sum of each cluster's
residual, with its sign: the estimate and every leave-one-out estimate are sums of what the clusters
contribute, and all sign vectors are one product of matrices.
"""

from __future__ import annotations

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.inversion import TIE
from analysis.inference.reassigned import require_identified, statistics
from analysis.inference.setting import Setting
from analysis.inference.statistics import RANK, Statistics
from analysis.inference.wild_bootstrap import sign_vectors


def wild_p_value(panel: ClusterPanel, setting: Setting, *, draws: int = 99_999, seed: int = 0) -> float:
    """p-value of no effect by the restricted wild cluster bootstrap (Rademacher signs, by CRV3).

    Parameters
    ----------
    panel : ClusterPanel
    setting : Setting
        Without further regressors.
    draws, seed : int
        For more than 16 clusters, where signs are sampled.

    Notes
    -----
    Cameron, Gelbach & Miller (2008); MacKinnon, Nielsen & Webb (2023) call the variant with the jackknife
    inside WCR-V. Exact over all sign vectors up to 16 clusters, hence never below ``2^(1 - G)``.
    """
    residual = two_way_residual(panel)
    clusters = np.arange(len(panel.clusters))
    outcomes = residual * (panel.cluster == clusters[:, None])[:, :, None]  # (G, N, T): one cluster each
    found = statistics(panel, setting, panel.start[None], outcomes)
    require_identified(Statistics(found.estimate.sum(0, keepdims=True), found.without.sum(0, keepdims=True)))
    signs, _ = sign_vectors(len(clusters), "rademacher", draws, seed)
    estimate = signs @ found.estimate[:, 0]
    deviations = signs @ (found.without[:, 0] - found.estimate)
    squares = (deviations**2).sum(axis=1)
    # The first vector leaves the sample as it is. Compared by products: a world without variance is extreme.
    top, bottom = estimate**2 * squares[0], estimate[0] ** 2 * squares
    return float((top >= bottom * (1 - TIE)).mean())


def two_way_residual(panel: ClusterPanel) -> np.ndarray:
    """The outcome less unit and period effects, by weighted least squares, shape (N, T)."""
    weight = panel.weight
    total = weight.sum(axis=1, keepdims=True)
    share = weight / total
    swept = panel.outcome - (share * panel.outcome).sum(axis=1, keepdims=True)
    normal = np.diag(weight.sum(axis=0)) - share.T @ weight
    period = np.linalg.pinv(normal, rcond=RANK, hermitian=True) @ (weight * swept).sum(axis=0)
    left = swept - (period - (share * period).sum(axis=1, keepdims=True))
    return np.where(weight > 0, left, 0.0)
