"""A staggered-adoption panel as arrays: one row a unit, one column a period."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.estimate.did.timeline import Timeline, said
from analysis.estimate.rank import CONSTANT, collinear
from analysis.unknown import NotEstimableError

NEVER = np.inf
NO_PERIOD_BEFORE = "units without a period before treatment"


@dataclass(frozen=True)
class Panel:
    """A staggered-adoption panel of N units, T periods and K covariates.

    Attributes
    ----------
    units : ndarray, shape (N,)
        Labels, in order of first appearance.
    timeline : Timeline
        The observed periods in order.
    start : ndarray of int, shape (N,)
        Position of the first period in which a unit is treated; T where that is never within the panel.
    outcome : ndarray, shape (N, T)
        NaN where the unit is not observed.
    balanced : bool
        Every unit observed in every period.
    weights : ndarray, shape (N, T), or None
        Positive where observed.
    clusters : ndarray of int, shape (N,), or None
        Cluster codes from 0, positions in `cluster_labels`; None when each unit is its own cluster.
    cluster_labels : ndarray or None
        Sorted.
    covariates : ndarray, shape (N, T, K)
    """

    units: np.ndarray
    timeline: Timeline
    start: np.ndarray
    outcome: np.ndarray
    balanced: bool
    weights: np.ndarray | None
    clusters: np.ndarray | None
    cluster_labels: np.ndarray | None
    covariates: np.ndarray
    covariate_names: tuple[str, ...] = ()

    @property
    def times(self) -> np.ndarray:
        """Periods as increasing floats, shape (T,): their labels if these are numbers, else their order."""
        return self.timeline.times

    @property
    def periods(self) -> np.ndarray:
        """Labels of the periods, shape (T,)."""
        return self.timeline.labels

    @property
    def cohort(self) -> np.ndarray:
        """First treated period of each unit as in `times`, shape (N,); ``inf`` for never within the panel."""
        return np.append(self.times, NEVER)[self.start]

    @property
    def observed(self) -> np.ndarray:
        """Mask of shape (N, T)."""
        return ~np.isnan(self.outcome)

    @property
    def within(self) -> np.ndarray:
        """Units that are treated in some period of the panel, shape (N,)."""
        return self.start < len(self.periods)

    @property
    def treated(self) -> np.ndarray:
        """Treatment indicator of shape (N, T); absorbing by construction."""
        return np.arange(len(self.periods)) >= self.start[:, None]

    @property
    def event(self) -> np.ndarray:
        """Event time of shape (N, T): zero in the first treated period; ``-inf`` for the never-treated."""
        return self.timeline.event(self.start[:, None], np.arange(len(self.timeline)))

    @property
    def cohorts(self) -> np.ndarray:
        """Positions in which some units are first treated, increasing; never is not among them."""
        return np.unique(self.start[self.within])

    @property
    def n_clusters(self) -> int:
        return len(self.units) if self.clusters is None else len(self.cluster_labels)

    @property
    def n_treated_clusters(self) -> int:
        """Clusters with a unit that is treated within the panel."""
        within = self.within
        if self.clusters is None:
            return int(np.count_nonzero(within))
        return int(np.count_nonzero(np.bincount(self.clusters[within])))

    def unit_weights(self) -> np.ndarray:
        """One weight a unit, shape (N,): the one of its first observed period; ones without weights."""
        if self.weights is None:
            return np.ones(len(self.units))
        if self.balanced:
            return np.ascontiguousarray(self.weights[:, 0])
        first = self.observed.argmax(axis=1)
        return self.weights[np.arange(len(first)), first]

    def without_always_treated(self, anticipation: float = 0) -> tuple[Panel, int]:
        """The panel without units that have no period before treatment, and how many those were."""
        drop = self.within & (self.timeline.last_before(self.start, anticipation) < 0)
        count = int(drop.sum())
        return (self.select(~drop), count) if count else (self, 0)

    def before(self, position: int) -> Panel:
        """The panel of the periods before `position`; cohorts from then on count as never treated."""
        panel = replace(
            self,
            timeline=self.timeline.select(slice(position)),
            start=np.minimum(self.start, position),
            outcome=np.ascontiguousarray(self.outcome[:, :position]),
            weights=None if self.weights is None else np.ascontiguousarray(self.weights[:, :position]),
            covariates=self.covariates[:, :position],
        )
        return panel if self.balanced else panel.select(panel.observed.any(axis=1))

    def standardised(self) -> Panel:
        """The panel with covariates about their mean and in standard deviations, for estimators that only
        take them out: no digits are lost to their level or scale.

        Raises
        ------
        NotEstimableError
            If one does not vary.
        """
        if not self.covariate_names:
            return self
        centred = self.covariates - np.nanmean(self.covariates, axis=(0, 1))
        spread = np.sqrt(np.nanmean(np.square(centred), axis=(0, 1)))
        flat = ~(spread > CONSTANT * np.nanmax(np.abs(self.covariates), axis=(0, 1)))
        if flat.any():
            raise collinear(self.covariate_names[int(flat.argmax())])
        return replace(self, covariates=centred / spread)

    def with_controls(self, anticipation: float = 0) -> tuple[Panel, tuple[tuple[str, int], ...]]:
        """The panel up to the last period with a comparison, and what had to be left out, by reason.

        Units without a period before treatment go. Where all are treated in the end, so do the periods from
        that on in which the last cohort can react: until then it is a control like the never-treated.

        Raises
        ------
        NotEstimableError
            If nobody is treated, or all are treated together.
        """
        panel, count = self.without_always_treated(anticipation)
        dropped = [(NO_PERIOD_BEFORE, count)] if count else []
        if not panel.within.any():
            raise nobody_treated()
        if panel.within.all():
            if len(panel.cohorts) == 1:
                raise no_controls(
                    f"all units are treated in {said(panel.periods[panel.cohorts[0]])}: there are no controls"
                )
            end = int(panel.timeline.last_before(panel.cohorts[-1:], anticipation)[0]) + 1
            reason = f"periods from {said(panel.periods[end])} on, when no controls are left"
            dropped.append((reason, len(panel.periods) - end))
            panel = panel.before(end)
            if not panel.within.any():
                raise no_controls("all units can react at the same time: there are no controls")
        return panel, tuple(dropped)

    def select(self, keep: np.ndarray) -> Panel:
        """The panel of the units in the mask `keep`; periods and clusters left empty are dropped."""
        outcome = self.outcome[keep]
        seen = ~np.isnan(outcome).all(axis=0) if not self.balanced else np.ones(len(self.periods), dtype=bool)
        clusters, labels = self.clusters, self.cluster_labels
        if clusters is not None:
            used, clusters = np.unique(clusters[keep], return_inverse=True)
            labels = labels[used]
        return Panel(
            units=self.units[keep],
            timeline=self.timeline.select(seen),
            start=np.searchsorted(np.flatnonzero(seen), self.start[keep]),
            outcome=np.ascontiguousarray(outcome[:, seen]),
            balanced=self.balanced,
            weights=None if self.weights is None else np.ascontiguousarray(self.weights[keep][:, seen]),
            clusters=clusters,
            cluster_labels=labels,
            covariates=self.covariates[keep][:, seen],
            covariate_names=self.covariate_names,
        )


def nobody_treated() -> NotEstimableError:
    return NotEstimableError(
        "no unit is treated within the panel after its first period: there is no effect to estimate",
        reason="niemand gaat in deze periode meedoen",
    )


def no_controls(detail: str) -> NotEstimableError:
    return NotEstimableError(detail, reason="er is niemand om mee te vergelijken")
