"""Group-time average treatment effects (Callaway & Sant'Anna 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.estimate.did.aggregate import Aggregate, aggregate
from analysis.estimate.did.cell_estimates import from_cohort_means, one_by_one
from analysis.estimate.did.comparisons import Comparisons, comparisons
from analysis.estimate.did.influence import (
    Influence,
    Sample,
    standard_errors,
)
from analysis.estimate.did.panel import NO_PERIOD_BEFORE, Panel, read_panel
from analysis.estimate.did.support import error_unknown, two_sided
from analysis.estimate.did.timeline import Timeline
from analysis.estimate.did.two_periods import METHODS
from analysis.estimate.did.wald import JointTest, wald_chi2, wald_hotelling
from analysis.unknown import NotEstimable, NotEstimableError

UNBALANCED = ("pairs", "complete")
COLUMNS = pd.Index(["cohort", "time", "estimate", "se"])


@dataclass(frozen=True)
class GroupTime:
    """Effects by cohort and period.

    Attributes
    ----------
    estimates : ndarray, shape (M,)
    cells : Comparisons
        What each estimate compares.
    timeline : Timeline
        The periods.
    known : ndarray of bool, shape (M,)
        Estimates with at least two clusters (or units) on either side; the error of the others is unknown.
    labels : ndarray, shape (N,)
        Units, in the order of the influence function.
    dropped : tuple of (str, int)
        Units left out, by reason.
    n : int
        Observations used.
    """

    estimates: np.ndarray
    cells: Comparisons
    timeline: Timeline
    known: np.ndarray
    labels: np.ndarray
    n_treated_clusters: int
    n: int
    dropped: tuple[tuple[str, int], ...]
    _influence: Influence
    _options: _Options
    _panel: Panel

    @property
    def control(self) -> str:
        """``never`` or ``not_yet``: who is compared with."""
        return self._options.control

    @property
    def anticipation(self) -> float:
        return self._options.anticipation

    @property
    def clustered(self) -> bool:
        """Standard errors are by cluster, with G/(G−1), instead of by unit."""
        return self._options.clustered

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an effect: cohort, time, estimate, se.

        `se` is missing in the base period itself, and where it is unknown (see `why_no_se`).
        """
        columns = [self.cohort, self.time, self.estimates, self.se]
        if self.cohort.dtype.kind == "f":  # one block of numbers, which pandas makes in half the time
            return pd.DataFrame(np.column_stack(columns), columns=COLUMNS)
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))

    @property
    def cohort(self) -> np.ndarray:
        """First treated period of each estimate, shape (M,)."""
        return self.timeline.labels[self.cells.start]

    @property
    def time(self) -> np.ndarray:
        """Period of each estimate, shape (M,)."""
        return self.timeline.labels[self.cells.period]

    @property
    def event(self) -> np.ndarray:
        """Time since the first treated period of each estimate, shape (M,)."""
        return self.timeline.event(self.cells.start, self.cells.period)

    @property
    def why_no_se(self) -> NotEstimable | None:
        """Why some standard error is missing; None where all are known."""
        if self.known.all():
            return None
        m = int((~self.known).argmax())
        return error_unknown(self.clustered, f"cohort {self.cohort[m]} in {self.time[m]}")

    @property
    def se(self) -> np.ndarray:
        se = standard_errors(self.covariance)
        se[self.cells.period == self.cells.base] = np.nan
        return se

    @cached_property
    def covariance(self) -> np.ndarray:
        """Of the estimates, shape (M, M); NaN where unknown."""
        covariance = self._influence.covariance()
        covariance[~self.known], covariance[:, ~self.known] = np.nan, np.nan
        return covariance

    @property
    def influence(self) -> np.ndarray:
        """Influence function, shape (N, M): the error of an estimate is the mean of its column."""
        return self._influence.units()

    @property
    def n_units(self) -> int:
        return len(self.labels)

    @property
    def n_clusters(self) -> int:
        return self._influence.sample.n_clusters

    @cached_property
    def pretrend(self) -> JointTest:
        """Wald test that all effects before treatment (and anticipation) are zero.

        χ² with unit-level errors, as published with the method; Hotelling's distribution with clusters, and
        none when there are not more clusters than effects.
        """
        reference = self.timeline.reference(self.anticipation)
        before = (self.event <= reference) & (self.cells.period != self.cells.base)
        estimates, covariance = self.estimates[before], self.covariance[np.ix_(before, before)]
        if self.clustered:
            return wald_hotelling(estimates, covariance, self.n_clusters)
        return wald_chi2(estimates, covariance)

    def aggregate(self, kind: str = "simple", **options) -> Aggregate:
        """Average the effects; see :func:`analysis.estimate.did.aggregate.aggregate`."""
        return aggregate(
            kind,
            self.estimates,
            self.known,
            self.cells,
            self.timeline,
            self._influence,
            self.clustered,
            **options,
        )


def group_time_att(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    control: str | None = None,
    est_method: str = "dr",
    anticipation: float = 0,
    base_period: str = "varying",
    covariates: str | Sequence[str] = (),
    weights: str | pd.Series | None = None,
    cluster: str | None = None,
    unbalanced: str = "pairs",
) -> GroupTime:
    """Average effect on each cohort in each period.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, covariates, weights, cluster
        See :func:`analysis.estimate.did.panel.read_panel`. A unit's weight is the one of its first
        observed period; covariates are taken from the base period of each comparison.
    control : {"never", "not_yet"}, optional
        Compare with never-treated units, or with all not yet treated. Unless given, with the never-treated
        where there are any, and otherwise with the not yet treated, until the last cohort can react.
    est_method : {"dr", "reg", "ipw"}
        With covariates: doubly robust, outcome regression, or inverse probability weighting. Without
        covariates the three are the same.
    anticipation : float
        Time before treatment in which units may react already, in the unit of event time.
    base_period : {"varying", "universal"}
        Base of the periods before treatment; see :func:`analysis.estimate.did.comparisons.comparisons`.
    unbalanced : {"pairs", "complete"}
        In an unbalanced panel each comparison uses the units observed in both of its periods, or all use
        the units observed in every period.

    Returns
    -------
    GroupTime

    Notes
    -----
    Units without a period before treatment (less `anticipation`) are left out and counted in `dropped`.
    Standard errors are analytic, from the influence function. References: Callaway & Sant'Anna
    (2021, Journal of Econometrics), Sant'Anna & Zhao (2020, Journal of Econometrics).

    Raises
    ------
    ValueError
        For the input that :func:`~analysis.estimate.did.panel.read_panel` refuses.
    NotEstimableError
        Without controls, or when a comparison cannot be made with these covariates (the message names it).
    """
    if est_method not in METHODS:
        raise ValueError(f"est_method {est_method!r} is unknown: choose {', '.join(METHODS)}")
    if unbalanced not in UNBALANCED:
        raise ValueError(f"unbalanced {unbalanced!r} is unknown: choose {' or '.join(UNBALANCED)}")
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
    panel, dropped = _usable(panel.standardised(), unbalanced, anticipation)
    if control is None:
        control = "never" if (~panel.within).any() else "not_yet"
    return _fit(panel, dropped, _Options(control, est_method, anticipation, base_period, cluster is not None))


@dataclass(frozen=True)
class _Options:
    """As in :func:`group_time_att`."""

    control: str
    est_method: str
    anticipation: float
    base_period: str
    clustered: bool


def _fit(panel: Panel, dropped: tuple[tuple[str, int], ...], options: _Options) -> GroupTime:
    cells = comparisons(panel, options.control, options.anticipation, options.base_period)
    sample = Sample(cells.codes, panel.unit_weights(), panel.clusters, panel.n_clusters)
    if panel.balanced and not panel.covariate_names:
        estimates, influence = from_cohort_means(panel, cells, sample)
        known = two_sided(panel.clusters, cells.codes, cells.cohort, cells.controls)
    else:
        cells, estimates, known, influence = one_by_one(panel, cells, sample, options.est_method)
    return GroupTime(
        estimates=estimates,
        cells=cells,
        timeline=panel.timeline,
        known=known | (cells.period == cells.base),
        labels=panel.units,
        n_treated_clusters=panel.n_treated_clusters,
        n=int(panel.observed.sum()) if not panel.balanced else panel.outcome.size,
        dropped=dropped,
        _influence=influence,
        _options=options,
        _panel=panel,
    )


def _usable(panel: Panel, unbalanced: str, anticipation: float) -> tuple[Panel, tuple[tuple[str, int], ...]]:
    """The panel without units that no comparison can use, and how many those were."""
    dropped = []
    panel, count = panel.without_always_treated(anticipation)
    if count:
        dropped.append((NO_PERIOD_BEFORE, count))
    if unbalanced == "complete" and not panel.balanced:
        complete = panel.observed.all(axis=1)
        if not complete.any():
            raise NotEstimableError(
                "no unit is observed in every period: use unbalanced='pairs'",
                reason="geen enkele eenheid is in elke periode gemeten",
            )
        dropped.append(("not observed in every period", int((~complete).sum())))
        panel = panel.select(complete)
    return panel, tuple(dropped)
