"""The effect in each treated cluster, with the little certainty one cluster gives."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import read_panel
from analysis.estimate.regional import RegionEstimates


def cluster_effects(
    frame: pd.DataFrame, *, unit: str, time: str, cohort: str, outcome: str, cluster: str
) -> RegionEstimates:
    """Mean effect after adoption in each treated cluster.

    Parameters
    ----------
    frame, unit, time, cohort, outcome
        See :func:`analysis.estimate.did.panel.read_panel`. Only units observed in every period count, so
        that a mean does not change with who is observed.
    cluster : str
        Level of assignment: all units of a cluster adopt together.

    Returns
    -------
    RegionEstimates
        The treated clusters with their effects, for a joint test and for shrinkage.

    Notes
    -----
    Cluster means by period are regressed on cluster effects, period effects and one dummy for each treated
    cluster after adoption. One cluster cannot show its own error, so the covariance assumes that shocks to
    cluster and period are independent with one variance for all. Shocks that last, or larger ones in small
    clusters, make these errors too small: they order clusters, they do not test one of them.

    Raises
    ------
    ValueError
        If a cluster has no unit observed in every period, units of one cluster adopt at different times,
        fewer than three clusters adopt, or none is left untreated.
    """
    panel = read_panel(frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster)
    panel, _ = panel.with_controls()
    complete = panel.observed.all(axis=1)
    lost = np.setdiff1d(panel.clusters, panel.clusters[complete])
    if len(lost):
        raise ValueError(f"{cluster} {panel.cluster_labels[lost[0]]} has no unit observed in every period")
    panel = panel.select(complete)
    labels = np.asarray(panel.cluster_labels)
    first = np.array([panel.clusters.tolist().index(code) for code in range(len(labels))])
    starts = panel.start[first]
    mixed = panel.start != starts[panel.clusters]
    if mixed.any():
        name = labels[panel.clusters[mixed.argmax()]]
        raise ValueError(f"units of {cluster} {name} adopt at different times: there is no single start")
    treated = np.flatnonzero(starts < len(panel.timeline))
    counts = np.bincount(panel.clusters)
    means = (
        np.column_stack([np.bincount(panel.clusters, weights=y) for y in panel.outcome.T]) / counts[:, None]
    )
    clusters, periods = means.shape
    row, column = np.divmod(np.arange(clusters * periods), periods)
    design = np.hstack(
        [
            (row[:, None] == treated) & (column >= starts[row])[:, None],
            row[:, None] == np.arange(clusters),
            column[:, None] == np.arange(1, periods),
        ]
    ).astype(float)
    freedom = len(design) - design.shape[1]
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ (design.T @ means.ravel())
    residual = means.ravel() - design @ coefficients
    covariance = inverse * (residual @ residual) / freedom
    k = len(treated)
    return RegionEstimates(
        regions=tuple(map(str, labels[treated])),
        estimate=coefficients[:k],
        covariance=covariance[:k, :k],
        freedom=freedom,
        groups=clusters,
        n=panel.outcome.size,
        counts=counts[treated],
    )
