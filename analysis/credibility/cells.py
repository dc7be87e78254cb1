"""A panel as cluster-by-period means: enough for every estimator that only sees the level of assignment.

When all units of a cluster adopt together and are seen in every period with a constant weight, the two-way
regression, the group-time effects and the imputed effects, and their cluster scores, depend on the data by
the weighted mean of each cluster and period and by each cluster's summed weight. Twelve provinces by ten
years then stand for any number of rows, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import read_panel

NOT_IN_EVERY_PERIOD = "units not observed in every period"


@dataclass(frozen=True)
class Cells:
    """Cluster-by-period means of a balanced panel.

    Attributes
    ----------
    clusters : tuple of str
        Labels, sorted.
    times : ndarray of float, shape (T,)
    start : ndarray of float, shape (G,)
        First treated period of each cluster; ``inf`` for never within the panel.
    outcome : ndarray, shape (G, T)
        Weighted means.
    mass : ndarray, shape (G,)
        Summed weight of the units of each cluster.
    units : int
        Units that the means rest on.
    dropped : tuple of (str, int)
        Units left out, by reason.
    """

    clusters: tuple[str, ...]
    times: np.ndarray
    start: np.ndarray
    outcome: np.ndarray
    mass: np.ndarray
    units: int
    dropped: tuple[tuple[str, int], ...] = ()

    @cached_property
    def dates(self) -> np.ndarray:
        """The distinct starts, increasing, ``inf`` last; shape (K,)."""
        return np.unique(self.start)

    @cached_property
    def assigned(self) -> np.ndarray:
        """Position of each cluster's start in `dates`, shape (G,)."""
        return np.searchsorted(self.dates, self.start)

    @property
    def treated(self) -> np.ndarray:
        """1 from the start on, shape (G, T)."""
        return (self.times >= self.start[:, None]).astype(float)

    @property
    def treated_clusters(self) -> int:
        """Clusters that adopt within the panel, after its first period."""
        return int(((self.start > self.times[0]) & (self.start <= self.times[-1])).sum())

    @property
    def comparison_clusters(self) -> int:
        """Clusters that have not adopted yet when the first do."""
        return int((self.start > self.start[self.start > self.times[0]].min(initial=np.inf)).sum())

    def begin(self, draws: np.ndarray) -> np.ndarray:
        """Starts by cluster under re-assignments `draws` of positions in `dates`, shape (B, G)."""
        return self.dates[draws]

    def between(self, first: float, last: float) -> Cells:
        """The periods from `first` to `last`, both included; later starts count as never."""
        keep = (self.times >= first) & (self.times <= last)
        if keep.sum() < 2:
            raise ValueError(f"{int(keep.sum())} periods lie between {first:g} and {last:g}: two at least")
        times = self.times[keep]
        start = np.where(self.start > times[-1], np.inf, self.start)
        return replace(self, times=times, start=start, outcome=self.outcome[:, keep])

    def leave_out(self, cluster: str) -> Cells:
        """The cells without one cluster."""
        if cluster not in self.clusters:
            raise ValueError(f"no cluster {cluster!r}; known are {', '.join(self.clusters)}")
        keep = np.array(self.clusters) != cluster
        return replace(
            self,
            clusters=tuple(label for label in self.clusters if label != cluster),
            start=self.start[keep],
            outcome=self.outcome[keep],
            mass=self.mass[keep],
        )


def collapse(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    equal_clusters: bool = False,
) -> Cells:
    """The cluster-by-period means of `frame`.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights
        See :func:`analysis.estimate.did.panel.read_panel`. Units not observed in every period are left out
        and counted.
    equal_clusters : bool
        Every cluster weighs one, whatever its units.

    Raises
    ------
    ValueError
        If units of one cluster adopt at different times, a weight changes over time, or no unit is
        observed in every period.
    """
    panel = read_panel(
        frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster, weights=weights
    )
    complete = panel.observed.all(axis=1)
    if not complete.any():
        raise ValueError("no unit is observed in every period: the panel cannot be collapsed by cluster")
    lost = int((~complete).sum())
    if lost:
        panel = panel.select(complete)
    if panel.weights is not None:
        changing = (panel.weights != panel.weights[:, :1]).any(axis=1)
        if changing.any():
            raise ValueError(
                f"{weights} changes over time in {int(changing.sum())} units, for instance "
                f"{panel.units[changing.argmax()]}: give one weight a unit"
            )
    codes, count = panel.clusters, panel.n_clusters
    labels = tuple(map(str, panel.cluster_labels))
    start = np.full(count, np.inf)
    start[codes] = panel.cohort
    mixed = panel.cohort != start[codes]
    if mixed.any():
        raise ValueError(
            f"units of {cluster} {labels[codes[mixed.argmax()]]} adopt at different times: the cluster must "
            "be the level at which treatment was assigned"
        )
    weight = panel.unit_weights()
    mass = np.bincount(codes, weights=weight, minlength=count)
    sums = np.stack(
        [np.bincount(codes, weights=weight * column, minlength=count) for column in panel.outcome.T]
    )
    return Cells(
        clusters=labels,
        times=panel.times,
        start=start,
        outcome=sums.T / mass[:, None],
        mass=np.ones(count) if equal_clusters else mass,
        units=len(panel.units),
        dropped=((NOT_IN_EVERY_PERIOD, lost),) if lost else (),
    )
