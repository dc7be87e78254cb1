"""A panel as dense unit-by-period arrays with units ordered by cluster, for regressions with covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import read_panel


@dataclass(frozen=True)
class DensePanel:
    """One row a unit, one column a period; a cell that was not observed has weight zero.

    Attributes
    ----------
    outcome, weight, treated : ndarray, shape (units, periods)
        `treated` is 1 from the unit's cohort on.
    covariates : ndarray, shape (covariates, units, periods)
    cluster : ndarray of int, shape (units,)
        Position in `clusters`, ascending.
    clusters : ndarray, shape (clusters,)
        Labels, sorted.
    times : ndarray of float, shape (periods,)
    rows : int
        Rows of the frame.
    """

    outcome: np.ndarray
    weight: np.ndarray
    treated: np.ndarray
    covariates: np.ndarray
    cluster: np.ndarray
    clusters: np.ndarray
    times: np.ndarray
    rows: int

    @property
    def bounds(self) -> np.ndarray:
        """First unit of each cluster and, last, the number of units; shape (clusters + 1,)."""
        return np.searchsorted(self.cluster, np.arange(len(self.clusters) + 1))


def dense_panel(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    covariates: Sequence[str] = (),
) -> DensePanel:
    """Read a panel at the one front door, :func:`analysis.estimate.did.panel.read_panel`.

    Raises
    ------
    ValueError
        For what the door refuses, and for a single cluster.
    """
    panel = read_panel(
        frame,
        unit=unit,
        time=time,
        cohort=cohort,
        outcome=outcome,
        cluster=cluster,
        weights=weights,
        covariates=covariates,
    )
    if panel.n_clusters < 2:
        raise ValueError(
            f"column {cluster!r} has one cluster, {panel.cluster_labels[0]!r}; at least two are needed"
        )
    order = np.argsort(panel.clusters, kind="stable")
    seen = panel.observed[order]
    weight = np.ones(seen.shape) if panel.weights is None else panel.weights[order]
    return DensePanel(
        outcome=np.where(seen, panel.outcome[order], 0.0),
        weight=np.where(seen, weight, 0.0),
        treated=panel.treated[order].astype(float),
        covariates=np.where(seen, np.moveaxis(panel.covariates[order], 2, 0), 0.0),
        cluster=panel.clusters[order],
        clusters=np.asarray(panel.cluster_labels),
        times=panel.times,
        rows=int(seen.sum()),
    )
