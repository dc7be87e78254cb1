"""A panel ordered by cluster, the level at which treatment was assigned: what every re-assignment needs.

Units of one cluster that are seen in the same periods, each with a weight that does not change, are told
apart by no estimator of this package: they count as one, by their weighted mean. Twelve provinces by ten
years then stand for any number of municipalities, exactly, and a unit that misses a period stays in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import NEVER, read_panel
from analysis.unknown import NotEstimableError

STARTED_BEFORE = "clusters that started before the panel"


@dataclass(frozen=True)
class ClusterPanel:
    """G clusters, N rows (a unit, or units that count as one) and T periods.

    Attributes
    ----------
    clusters : tuple of str
        Labels, sorted.
    times : ndarray of float, shape (T,)
    start : ndarray of float, shape (G,)
        First treated period of each cluster, as in `times`; ``inf`` for never within the panel.
    cluster : ndarray of int, shape (N,)
        Position in `clusters`, ascending; every cluster has a row.
    outcome : ndarray, shape (N, T)
        Zero where not observed.
    weight : ndarray, shape (N, T)
        Zero where not observed.
    size : ndarray, shape (N,)
        Weight in comparisons of two periods: that of the first observed one, summed.
    count : ndarray of int, shape (N,)
        Units that a row stands for.
    observations : int
        Rows of the frame that are used.
    step : float
        Event time from one period to the next: 2 for waves every two years, 1 for uneven ones.
    dropped : tuple of (str, int)
        What was left out, by reason.
    """

    clusters: tuple[str, ...]
    times: np.ndarray
    start: np.ndarray
    cluster: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    size: np.ndarray
    count: np.ndarray
    observations: int
    step: float = 1.0
    dropped: tuple[tuple[str, int], ...] = ()

    @property
    def units(self) -> int:
        """Units that the panel rests on."""
        return int(self.count.sum())

    @property
    def bounds(self) -> np.ndarray:
        """First row of each cluster, shape (G,)."""
        return np.searchsorted(self.cluster, np.arange(len(self.clusters)))

    @cached_property
    def mass(self) -> np.ndarray:
        """Summed weight of the units of each cluster, shape (G,)."""
        return np.bincount(self.cluster, weights=self.size, minlength=len(self.clusters))

    def position(self, start: np.ndarray) -> np.ndarray:
        """The first treated period by position; T for a start after the last. Any shape."""
        return np.searchsorted(self.times, start)

    @cached_property
    def first(self) -> np.ndarray:
        """First treated period of each cluster by position, shape (G,)."""
        return self.position(self.start)

    def steps(self, anticipation: float) -> int:
        """How many periods lie within an `anticipation` in event time."""
        if not anticipation >= 0:
            raise ValueError(f"anticipation is {anticipation}: zero or more periods")
        return int(np.floor(anticipation / self.step + 1e-9))

    @cached_property
    def dates(self) -> np.ndarray:
        """The distinct starts, increasing; shape (K,). Starts between the same two periods are one."""
        return np.array([self.start[self.first == first].min() for first in np.unique(self.first)])

    @cached_property
    def assigned(self) -> np.ndarray:
        """Position of each cluster's start in `dates`, shape (G,)."""
        return np.unique(self.first, return_inverse=True)[1]

    @property
    def treated(self) -> np.ndarray:
        """1 from the start on, shape (G, T)."""
        return (np.arange(len(self.times)) >= self.first[:, None]).astype(float)

    @property
    def treated_clusters(self) -> int:
        """Clusters that adopt within the panel, after its first period."""
        return int(((self.first > 0) & (self.first < len(self.times))).sum())

    @property
    def comparison_clusters(self) -> int:
        """Clusters that have not adopted yet when the first do."""
        return self.compared_with("not_yet")

    def compared_with(self, control: str) -> int:
        """Clusters to compare with when the first adopt: never-treated ones, or all not yet treated."""
        if control == "never":
            return int((self.first == len(self.times)).sum())
        return int((self.first > self.first[self.first > 0].min(initial=len(self.times))).sum())

    def begin(self, draws: np.ndarray) -> np.ndarray:
        """Starts by cluster under re-assignments `draws` of positions in `dates`, shape (R, G)."""
        return self.dates[draws]

    @property
    def even(self) -> bool:
        """Every row is seen in every period with one weight: periods may be added together."""
        return bool((self.weight == self.weight[:, :1]).all() and (self.weight > 0).all())

    def with_outcome(self, outcome: np.ndarray) -> ClusterPanel:
        """The same panel with another outcome (N, T)."""
        return replace(self, outcome=np.where(self.weight > 0, outcome, 0.0))

    def between(self, first: float, last: float) -> ClusterPanel:
        """The periods from `first` to `last`, both included; later starts count as never."""
        keep = (self.times >= first) & (self.times <= last)
        if keep.sum() < 2:
            raise NotEstimableError(
                f"{int(keep.sum())} periods lie between {first:g} and {last:g}: two at least",
                reason="er zijn te weinig metingen in deze periode",
            )
        times, weight = self.times[keep], self.weight[:, keep]
        seen = (weight > 0).any(axis=1)
        found = replace(
            self,
            times=times,
            start=np.where(self.start > times[-1], NEVER, self.start),
            outcome=self.outcome[:, keep],
            weight=weight,
        )
        return found._rows(seen) if not seen.all() else found

    def leave_out(self, *labels: str) -> ClusterPanel:
        """The panel without these clusters."""
        unknown = [label for label in labels if label not in self.clusters]
        if unknown:
            raise ValueError(f"no cluster {unknown[0]!r}; known are {', '.join(self.clusters)}")
        return self.keep(~np.isin(self.clusters, labels))

    def keep(self, kept: np.ndarray) -> ClusterPanel:
        """The panel of the clusters in the mask `kept`, shape (G,)."""
        return self._rows(kept[self.cluster], kept)

    def _rows(self, rows: np.ndarray, kept: np.ndarray | None = None) -> ClusterPanel:
        if kept is None:
            kept = np.isin(np.arange(len(self.clusters)), self.cluster[rows])
        return replace(
            self,
            clusters=tuple(np.array(self.clusters, dtype=object)[kept]),
            start=self.start[kept],
            cluster=(np.cumsum(kept) - 1)[self.cluster[rows]],
            outcome=self.outcome[rows],
            weight=self.weight[rows],
            size=self.size[rows],
            count=self.count[rows],
        )

    def without_early(self, anticipation: int = 0) -> ClusterPanel:
        """The panel without clusters that have no period before treatment, and their number."""
        early = self.first - anticipation <= 0
        if not early.any():
            return self
        if early.all():
            raise NotEstimableError(
                "every cluster started before the first period, or could react already: no outcome without "
                "the programme is known",
                reason="elke provincie begon al voor de eerste meting",
            )
        return replace(self.keep(~early), dropped=(*self.dropped, (STARTED_BEFORE, int(early.sum()))))


def cluster_panel(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    equal_clusters: bool = False,
) -> ClusterPanel:
    """Read a panel and order it by cluster.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights
        See :func:`analysis.estimate.did.panel.read_panel`. The panel may be unbalanced.
    equal_clusters : bool
        Every cluster weighs one, whatever its units.

    Raises
    ------
    ValueError
        If units of one cluster adopt at different times, or the frame is refused at the front door.
    """
    panel = read_panel(
        frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster, weights=weights
    )
    codes, count = panel.clusters, panel.n_clusters
    labels = tuple(map(str, panel.cluster_labels))
    start = np.full(count, NEVER)
    start[codes] = panel.cohort
    mixed = np.unique(codes[panel.cohort != start[codes]])
    if len(mixed):
        raise ValueError(
            f"units of one {cluster} adopt at different times in "
            f"{', '.join(labels[code] for code in mixed[:5])}{' and others' if len(mixed) > 5 else ''}: "
            "the cluster must be the level at which treatment was assigned"
        )
    seen = panel.observed
    weight = np.where(seen, 1.0 if panel.weights is None else panel.weights, 0.0)
    size = panel.unit_weights().astype(float)
    if equal_clusters:
        share = 1 / np.bincount(codes, weights=size, minlength=count)[codes]
        weight, size = weight * share[:, None], size * share
    return _merged(
        ClusterPanel(
            clusters=labels,
            times=panel.times,
            start=start,
            cluster=codes,
            outcome=np.where(seen, panel.outcome, 0.0),
            weight=weight,
            size=size,
            count=np.ones(len(codes), dtype=int),
            observations=int(seen.sum()),
            step=panel.timeline.step,
        )
    )


def _merged(panel: ClusterPanel) -> ClusterPanel:
    """Units of a cluster with one weight each and the same periods as one; the rows in order of cluster."""
    seen = panel.weight > 0
    steady = (panel.weight == panel.size[:, None] * seen).all(axis=1)
    # Units whose weight changes stay by themselves: a number of their own tells them apart.
    own = np.where(steady, 0, 1 + np.arange(len(steady)))
    keys = np.column_stack([panel.cluster, own, seen])
    kinds, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    mass = np.bincount(group, weights=panel.size)

    def mean(column: np.ndarray) -> np.ndarray:
        return np.bincount(group, weights=panel.size * column) / mass

    one = np.empty(len(kinds), dtype=np.intp)
    one[group] = np.arange(len(group))
    weight = np.where((kinds[:, 1] == 0)[:, None], mass[:, None] * kinds[:, 2:], panel.weight[one])
    return replace(
        panel,
        cluster=kinds[:, 0],
        outcome=np.column_stack([mean(column) for column in panel.outcome.T]),
        weight=weight,
        size=mass,
        count=np.bincount(group),
    )
