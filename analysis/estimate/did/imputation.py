"""Effects by imputing what treated units would have had (Borusyak, Jaravel & Spiess 2024; Gardner 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.absorb import TwoWay
from analysis.estimate.did.bands import interval
from analysis.estimate.did.influence import standard_errors, sum_by
from analysis.estimate.did.panel import Panel, no_controls, nobody_treated, read_panel
from analysis.estimate.did.support import cluster_factor, error_unknown, several
from analysis.estimate.did.untreated import Controls
from analysis.unknown import NotEstimable

KINDS = ("simple", "group", "event", "calendar")
_INDEX = {"group": "cohort", "event": "event_time", "calendar": "time"}


@dataclass(frozen=True)
class ImputedMean:
    """A mean of imputed effects and its parts.

    Attributes
    ----------
    estimate, se : float
        Mean over all treated observations. `se` is NaN where it is unknown; `why_no_se` says why.
    table : pandas.DataFrame
        cohort, event_time or time; estimate; se; n. One row for ``simple``.
    covariance : ndarray
        Of the rows of `table`.
    """

    kind: str
    estimate: float
    se: float
    table: pd.DataFrame
    covariance: np.ndarray
    n_clusters: int
    clustered: bool

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval: normal, or t(clusters − 1) with clusters; the whole line if `se` is unknown."""
        return interval(self.estimate, self.se, self.n_clusters - 1 if self.clustered else np.inf, level)

    @property
    def why_no_se(self) -> NotEstimable | None:
        """Why `se` or that of a part is missing; None where all are known."""
        missing = np.isnan(self.se) or self.table["se"].isna().any()
        return error_unknown(self.clustered) if missing else None


@dataclass(frozen=True)
class Imputation:
    """Imputed effects of every treated observation.

    Attributes
    ----------
    estimate, se : float
        Mean over all treated observations.
    effects : ndarray, shape (N, T)
        NaN where not treated, not observed or not imputable.
    dropped : tuple of (str, int)
        Treated observations without an imputed effect, by reason.
    n, n_units, n_clusters : int
    """

    effects: np.ndarray
    panel: Panel
    clustered: bool
    anticipation: float
    dropped: tuple[tuple[str, int], ...]
    n: int
    _fit: TwoWay
    _residual: np.ndarray
    _controls: Controls

    @property
    def estimate(self) -> float:
        return self.aggregate("simple").estimate

    @property
    def se(self) -> float:
        return self.aggregate("simple").se

    @property
    def n_units(self) -> int:
        return len(self.panel.units)

    @property
    def n_clusters(self) -> int:
        return self.panel.n_clusters

    def aggregate(self, kind: str = "simple") -> ImputedMean:
        """Average the effects over all, by cohort, by event time or by period, each observation by weight.

        Raises
        ------
        ValueError
            If the kind is unknown.
        """
        if kind not in KINDS:
            raise ValueError(f"aggregate {kind!r} is unknown: choose {', '.join(KINDS)}")
        panel = self.panel
        used = ~np.isnan(self.effects) & panel.treated
        start = np.broadcast_to(panel.start[:, None], used.shape)
        period = np.broadcast_to(np.arange(used.shape[1]), used.shape)
        of_cell = {"simple": 0 * period, "group": start, "event": panel.event, "calendar": period}[kind]
        labels = np.unique(of_cell[used])
        weights = np.where(used, 1.0 if panel.weights is None else panel.weights, 0.0)
        targets = [used & (of_cell == label) for label in labels]
        if kind != "simple":
            targets.append(used)
        effects = np.where(used, self.effects, 0.0)
        estimates, scores = [], []
        for target in targets:
            share = np.where(target, weights, 0.0)
            share /= share.sum()
            estimates.append(float((share * effects).sum()))
            scores.append(self.scores(share, effects))
        scores = np.column_stack(scores)
        factor = cluster_factor(self.n_clusters) if self.clustered else 1.0
        covariance = factor * scores.T @ scores
        unknown = ~np.array([self.known(target) for target in targets])
        covariance[unknown], covariance[:, unknown] = np.nan, np.nan
        se = standard_errors(covariance)
        parts = slice(None) if kind == "simple" else slice(-1)
        if kind in ("group", "calendar"):
            labels = panel.periods[labels]
        columns = {} if kind == "simple" else {_INDEX[kind]: labels}
        counts = [int(target.sum()) for target in targets]
        table = pd.DataFrame({**columns, "estimate": estimates[parts], "se": se[parts], "n": counts[parts]})
        return ImputedMean(
            kind,
            estimates[-1],
            float(se[-1]),
            table,
            covariance[parts, parts],
            self.n_clusters,
            self.clustered,
        )

    def known(self, target: np.ndarray) -> bool:
        """Whether every cohort of `target` has two clusters in it, and every period two untreated ones."""
        start, rows = self.panel.start, target.any(axis=1)
        treated = rows[:, None] & (start[:, None] == np.flatnonzero(np.bincount(start[rows])))
        untreated = self._fit.weights[:, target.any(axis=0)] > 0
        return all(several(self.panel.clusters, side).all() for side in (treated, untreated))

    def scores(self, share: np.ndarray, effects: np.ndarray) -> np.ndarray:
        """Σ v ε by cluster for the mean with weights `share` on treated observations, shape (clusters,)."""
        unit, period = share.sum(axis=1), share.sum(axis=0)
        on_untreated = self._controls.weights_on_untreated(self._fit, unit, period, share)
        scores = (on_untreated * self._residual).sum(axis=1)
        # A treated observation's error cannot be told from its effect. The conservative choice subtracts
        # the mean effect of its cohort in its period, weighted as in theorem 3.
        for g in self.panel.cohorts:
            rows = np.flatnonzero(self.panel.start == g)
            v, tau = share[rows], effects[rows]
            clusters = None if self.panel.clusters is None else self.panel.clusters[rows]
            of_cluster = sum_by(v, clusters, self.n_clusters)
            weighted = sum_by(v * tau, clusters, self.n_clusters)
            square = (of_cluster**2).sum(axis=0)
            mean = np.divide(
                (of_cluster * weighted).sum(axis=0), square, out=np.zeros_like(square), where=square > 0
            )
            scores[rows] += (v * (tau - mean)).sum(axis=1)
        return sum_by(scores[:, None], self.panel.clusters, self.n_clusters)[:, 0]


def imputation(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | pd.Series | None = None,
    covariates: str | Sequence[str] = (),
    anticipation: float = 0,
) -> Imputation:
    """Fit unit and period effects on untreated observations, and impute treated units' outcomes from them.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.estimate.did.panel.read_panel`. Clusters are units if `cluster` is not given.
    anticipation : float
        Time before treatment in which units may react already, in the unit of event time; those effects are
        imputed too, but do not count in the mean.

    Returns
    -------
    Imputation

    Notes
    -----
    The point estimate is also that of Gardner's two stages. Standard errors are the conservative ones of
    Borusyak, Jaravel & Spiess (2024, theorem 3), with the effect averaged by cohort and period. Clusters get
    the factor G/(G−1). Units without an untreated observation, and treated observations in periods in
    which nobody is untreated, have no imputed effect; they are counted in `dropped`.

    Raises
    ------
    ValueError
        For the input that :func:`~analysis.estimate.did.panel.read_panel` refuses.
    NotEstimableError
        When no effect can be imputed.
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
    if not panel.within.any():
        raise nobody_treated()
    return impute(panel.standardised(), anticipation, cluster is not None)


def impute(panel: Panel, anticipation: float, clustered: bool) -> Imputation:
    """:func:`imputation` of a panel that was read."""
    observed = panel.observed
    last = panel.timeline.last_before(panel.start, anticipation)
    treated = panel.within[:, None] & (np.arange(len(panel.timeline)) > last[:, None])
    mask = np.where(observed & ~treated, 1.0 if panel.weights is None else panel.weights, 0.0)
    no_base = mask.sum(axis=1) == 0
    no_control = mask.sum(axis=0) == 0
    target = observed & treated
    imputable = target & ~no_base[:, None] & ~no_control
    if not imputable.any():
        raise no_controls(
            "no effect can be imputed: there are no controls in the periods after treatment, or no treated "
            "unit has an observation before treatment"
        )
    dropped = tuple(
        (reason, int(count))
        for reason, count in (
            ("of units never observed untreated", (target & no_base[:, None]).sum()),
            ("in periods without untreated observations", (target & ~no_base[:, None] & no_control).sum()),
        )
        if count
    )
    fit = TwoWay(mask)
    controls = Controls.of(panel, fit, mask)
    net = panel.outcome - panel.covariates @ controls.slope if panel.covariate_names else panel.outcome
    fitted = fit.fit(net)
    effects = np.where(imputable, net - fitted.unit[:, None] - fitted.period, np.nan)
    return Imputation(
        effects,
        panel,
        clustered,
        anticipation,
        dropped,
        int(observed.sum()),
        fit,
        fitted.residual,
        controls,
    )
