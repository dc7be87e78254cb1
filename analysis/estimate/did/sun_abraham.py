"""Event-study effects by an interaction-weighted regression (Sun & Abraham 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate.did.absorb import TwoWay
from analysis.estimate.did.bands import add_intervals
from analysis.estimate.did.influence import standard_errors, sum_by
from analysis.estimate.did.panel import NO_PERIOD_BEFORE, Panel, read_panel
from analysis.estimate.did.wald import JointTest, wald_hotelling


@dataclass(frozen=True)
class SunAbraham:
    """Effects by time since treatment, and the cohort effects they average.

    Attributes
    ----------
    estimate, se : float
        Mean effect over all observations after treatment.
    table : pandas.DataFrame
        event_time, estimate, se; the reference as 0 with missing `se`.
    cohort_table : pandas.DataFrame
        cohort, time, event_time, estimate, se, n (weight of the observations).
    covariance : ndarray
        Of the rows of `table` with a standard error.
    pretrend : JointTest
        Joint test of the event times before the reference.
    dropped : tuple of (str, int)
        What the regression leaves out, by reason.
    """

    estimate: float
    se: float
    table: pd.DataFrame
    cohort_table: pd.DataFrame
    covariance: np.ndarray
    pretrend: JointTest
    n: int
    n_units: int
    n_clusters: int
    dropped: tuple[tuple[str, int], ...]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval around `estimate` with t(clusters − 1)."""
        width = self.se * stats.t.ppf((1 + level) / 2, self.n_clusters - 1)
        return self.estimate - width, self.estimate + width

    def intervals(self, level: float = 0.95, *, seed: int = 0) -> pd.DataFrame:
        """`table` with pointwise and simultaneous intervals; see :func:`add_intervals`."""
        return add_intervals(self.table, self.covariance, self.n_clusters - 1, level, seed=seed)


def sun_abraham(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    anticipation: float = 0,
) -> SunAbraham:
    """Regress on unit effects, period effects and a dummy for each cohort and period but the reference.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.estimate.did.panel.read_panel`. Clusters are units if `cluster` is not given.
    anticipation : float
        Periods before treatment in which units may react already; the reference lies before them.

    Returns
    -------
    SunAbraham

    Notes
    -----
    Controls are the never-treated; without them the last cohort, until it is treated. The reference is the
    last period before treatment (less `anticipation`). Cohort effects are averaged by the observations each
    cohort has at that time; as in fixest and pyfixest these shares count as known. Standard errors are CRV1
    with the factor G/(G−1) · (N−1)/(N−K), K counting regressors and period effects.

    Because the regression is saturated in cohort and period, it falls apart into one two-way regression a
    cohort, which is how it is computed: exactly, and in time linear in the rows.

    Raises
    ------
    ValueError
        For the input that :func:`~analysis.estimate.did.panel.read_panel` refuses, without controls, or
        with covariates that do not vary beyond the effects.
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
    if not anticipation >= 0:
        raise ValueError(f"anticipation is {anticipation}: zero or more periods")
    panel, dropped = _comparable(panel, anticipation)
    starts, codes = np.unique(panel.cohort, return_inverse=True)
    observed = panel.observed
    mask = np.where(observed, 1.0 if panel.weights is None else panel.weights, 0.0)
    n, periods = panel.outcome.shape
    k = len(panel.covariate_names)

    fits = [TwoWay(mask[codes == code]) for code in range(len(starts))]
    slope, slope_influence, path_of_covariates = _covariates(panel, fits, codes, mask, k)
    outcome_net = panel.outcome - panel.covariates @ slope if k else panel.outcome
    paths = np.empty((len(starts), periods))
    residual = np.zeros((n, periods))
    for code, fit in enumerate(fits):
        fitted = fit.fit(outcome_net[codes == code])
        paths[code] = fitted.period
        residual[codes == code] = fitted.residual
    scores = mask * residual  # the period equations' scores: a unit's own effect is partialled out already
    if k:
        slope_influence = np.einsum("itk,it->ik", slope_influence, scores)

    cells, base = _cells(starts, panel.times, paths, anticipation)
    never = len(starts) - 1
    count = len(cells)
    estimates, influence = np.empty(count), np.zeros((n, count))
    for m, (code, t) in enumerate(cells):
        b = base[code]
        estimates[m] = (paths[code, t] - paths[code, b]) - (paths[never, t] - paths[never, b])
        for group, sign in ((code, 1.0), (never, -1.0)):
            fit = fits[group]
            place = {p: position for position, p in enumerate(fit.periods)}
            row = fit.inverse[place[t]] - fit.inverse[place[b]]
            rows = codes == group
            influence[rows, m] += sign * (scores[rows][:, fit.periods] @ row)
        if k:
            contrast = path_of_covariates[code, t] - path_of_covariates[code, b]
            contrast -= path_of_covariates[never, t] - path_of_covariates[never, b]
            influence[:, m] -= slope_influence @ contrast
    clusters = panel.n_clusters
    if clusters < 2:
        raise ValueError("one cluster only: there is no standard error; cluster at a finer level")
    total = int(observed.sum())
    factor = clusters / (clusters - 1) * (total - 1) / (total - count - k - periods)
    summed = sum_by(influence, panel.clusters, clusters)
    covariance = factor * summed.T @ summed
    mass = np.array([mask[codes == code, t].sum() for code, t in cells])
    return _result(panel, starts, cells, estimates, covariance, mass, total, dropped, anticipation)


def _comparable(panel: Panel, anticipation: float) -> tuple[Panel, tuple[tuple[str, int], ...]]:
    """The panel with controls that are never treated in it, and what had to be left out for that."""
    dropped = []
    panel, count = panel.without_always_treated(anticipation)
    if count:
        dropped.append((NO_PERIOD_BEFORE, count))
    if len(panel.units) == 0 or not np.isfinite(panel.cohort).any():
        raise ValueError("no unit is treated within the panel after its first period: no effect to estimate")
    if np.isfinite(panel.cohort).all():
        last = panel.cohorts[-1] - anticipation
        if len(panel.cohorts) == 1:
            raise ValueError(f"all units are treated in {panel.cohorts[0]:g}: there are no controls")
        keep = panel.times < last
        dropped.append((f"periods from {last:g} on, when no controls are left", int((~keep).sum())))
        panel = panel.before(last)
    return panel, tuple(dropped)


def _covariates(panel, fits, codes, mask, k):
    """Slopes, the residual design over its moments, and each cohort's path of the covariates."""
    periods = len(panel.times)
    path = np.zeros((len(fits), periods, k))
    if not k:
        return np.zeros(0), np.zeros((0, 0, 0)), path
    residual = np.zeros_like(panel.covariates)
    for code, fit in enumerate(fits):
        for column in range(k):
            fitted = fit.fit(panel.covariates[codes == code, :, column])
            path[code, :, column] = fitted.period
            residual[codes == code, :, column] = fitted.residual
    gram = np.einsum("itk,it,itl->kl", residual, mask, residual)
    scale = np.sqrt(np.diag(gram))
    size = np.sqrt(np.einsum("itk,it->k", np.nan_to_num(panel.covariates) ** 2, mask))
    if (scale <= 1e-9 * size).any() or np.linalg.cond(gram / np.outer(scale, scale)) > 1e12:
        raise ValueError(
            f"covariates {', '.join(panel.covariate_names)} do not vary beyond unit effects and "
            "cohort-period effects, or are collinear: leave out those that are constant within units"
        )
    inverse = np.linalg.inv(gram)
    outcome = np.where(mask > 0, panel.outcome, 0.0)
    slope = inverse @ np.einsum("itk,it,it->k", residual, mask, outcome)
    return slope, residual @ inverse, path


def _cells(starts, times, paths, anticipation):
    """(cohort code, period) of every dummy, and each cohort's reference period."""
    cells, base = [], {}
    for code, g in enumerate(starts[:-1]):
        seen = np.flatnonzero(~np.isnan(paths[code]) & ~np.isnan(paths[-1]))
        before = seen[times[seen] < g - anticipation]
        if len(before) == 0:
            raise ValueError(f"cohort {g:g} and the controls share no period before treatment")
        base[code] = int(before[-1])
        cells += [(code, int(t)) for t in seen if t != base[code]]
    return cells, base


def _result(panel, starts, cells, estimates, covariance, mass, total, dropped, anticipation) -> SunAbraham:
    cohort = np.array([starts[code] for code, _ in cells])
    time = np.array([panel.times[t] for _, t in cells])
    event = time - cohort
    labels = np.unique(event)
    shares = (event[:, None] == labels) * mass[:, None]
    shares = shares / shares.sum(axis=0)
    post = mass * (event >= 0)
    if not post.any():
        raise ValueError(
            "no treated observation can be compared with controls: there is no effect to estimate"
        )
    post = post / post.sum()
    parts, part_covariance = shares.T @ estimates, shares.T @ covariance @ shares
    table = pd.DataFrame({"event_time": labels, "estimate": parts, "se": standard_errors(part_covariance)})
    reference = -1.0 - anticipation
    if reference not in labels:
        table.loc[len(table)] = [reference, 0.0, np.nan]
        table = table.sort_values("event_time", ignore_index=True)
    lead = np.flatnonzero(labels < -anticipation)
    return SunAbraham(
        estimate=float(post @ estimates),
        se=float(np.sqrt(post @ covariance @ post)),
        table=table,
        cohort_table=pd.DataFrame(
            {
                "cohort": cohort,
                "time": time,
                "event_time": event,
                "estimate": estimates,
                "se": standard_errors(covariance),
                "n": mass,
            }
        ),
        covariance=part_covariance,
        pretrend=wald_hotelling(parts[lead], part_covariance[np.ix_(lead, lead)], panel.n_clusters),
        n=total,
        n_units=len(panel.units),
        n_clusters=panel.n_clusters,
        dropped=dropped,
    )
