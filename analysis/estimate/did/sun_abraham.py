"""Event-study effects by an interaction-weighted regression (Sun & Abraham 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.absorb import TwoWay
from analysis.estimate.did.bands import add_intervals, interval
from analysis.estimate.did.comparisons import groups
from analysis.estimate.did.influence import standard_errors, sum_by
from analysis.estimate.did.panel import Panel, no_controls, read_panel
from analysis.estimate.did.support import cluster_factor, error_unknown, several
from analysis.estimate.did.timeline import said
from analysis.estimate.rank import require_rank
from analysis.unknown import NotEstimable


@dataclass(frozen=True)
class SunAbraham:
    """Effects by time since treatment, and the cohort effects they average.

    Attributes
    ----------
    estimate, se : float
        Mean effect over all observations after treatment.
        `se` is NaN where it is unknown; `why_no_se` says why.
    table : pandas.DataFrame
        event_time, estimate, se; the reference as 0 with missing `se`.
    cohort_table : pandas.DataFrame
        cohort, time, event_time, estimate, se, n (weight of the observations).
    covariance : ndarray
        Of the rows of `table` but the reference; NaN where unknown.
    reference : float
        Event time of the last period before treatment, less `anticipation`.
    dropped : tuple of (str, int)
        What the regression leaves out, by reason.
    """

    estimate: float
    se: float
    table: pd.DataFrame
    cohort_table: pd.DataFrame
    covariance: np.ndarray
    reference: float
    n: int
    n_units: int
    n_clusters: int
    dropped: tuple[tuple[str, int], ...]
    why_no_se: NotEstimable | None

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval around `estimate` with t(clusters − 1); the whole line if `se` is unknown."""
        return interval(self.estimate, self.se, self.n_clusters - 1, level)

    def intervals(self, level: float = 0.95, *, seed: int = 0) -> pd.DataFrame:
        """`table` with pointwise and simultaneous intervals; see :func:`add_intervals`."""
        known = ~np.isnan(np.diag(self.covariance))
        covariance = self.covariance[np.ix_(known, known)]
        return add_intervals(self.table, covariance, self.n_clusters - 1, level, seed=seed)


def sun_abraham(
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
) -> SunAbraham:
    """Regress on unit effects, period effects and a dummy for each cohort and period but the reference.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.estimate.did.panel.read_panel`. Clusters are units if `cluster` is not given.
    anticipation : float
        Time before treatment in which units may react already, in the unit of event time; the reference lies
        before it.

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
        For the input that :func:`~analysis.estimate.did.panel.read_panel` refuses.
    NotEstimableError
        Without controls, or with covariates that do not vary beyond the effects.
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
    panel, dropped = panel.standardised().with_controls(anticipation)
    starts, codes = groups(panel.start)
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

    cells, base = _cells(starts, panel, paths, anticipation)
    never = len(starts) - 1
    count = len(cells)
    if not count:
        raise no_controls(
            "no cohort is seen in a period together with its reference period and with controls"
        )
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
    total = int(observed.sum())
    factor = cluster_factor(panel.n_clusters) * (total - 1) / (total - count - k - periods)
    summed = sum_by(influence, panel.clusters, panel.n_clusters)
    covariance = factor * summed.T @ summed
    mass = np.array([mask[codes == code, t].sum() for code, t in cells])
    known = _known(panel, codes, cells, base)
    covariance[~known], covariance[:, ~known] = np.nan, np.nan
    return _result(panel, starts, cells, estimates, covariance, mass, total, dropped, anticipation)


def _known(panel: Panel, codes: np.ndarray, cells: list, base: dict[int, int]) -> np.ndarray:
    """Cells with at least two clusters on either side in both of their periods, shape (M,)."""
    observed, clusters = panel.observed, panel.clusters
    enough = []
    for code in range(int(codes.max()) + 1):
        rows = codes == code
        enough.append(several(None if clusters is None else clusters[rows], observed[rows]))
    return np.array([all(enough[k][p] for k in (code, -1) for p in (t, base[code])) for code, t in cells])


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
    squares = np.einsum("itk,it->k", np.nan_to_num(panel.covariates) ** 2, mask)
    beyond = "unit effects and cohort-period effects"
    require_rank(gram, panel.covariate_names, squares=squares, beyond=beyond)
    inverse = np.linalg.inv(gram)
    outcome = np.where(mask > 0, panel.outcome, 0.0)
    slope = inverse @ np.einsum("itk,it,it->k", residual, mask, outcome)
    return slope, residual @ inverse, path


def _cells(starts, panel, paths, anticipation):
    """(cohort code, period) of every dummy, and each cohort's reference period."""
    cells, base = [], {}
    for code, g in enumerate(starts[:-1]):
        seen = np.flatnonzero(~np.isnan(paths[code]) & ~np.isnan(paths[-1]))
        before = seen[seen <= panel.timeline.last_before(g, anticipation)]
        if len(before) == 0:
            raise no_controls(
                f"cohort {said(panel.periods[g])} and the controls share no period before treatment"
            )
        base[code] = int(before[-1])
        cells += [(code, int(t)) for t in seen if t != base[code]]
    return cells, base


def _result(panel, starts, cells, estimates, covariance, mass, total, dropped, anticipation) -> SunAbraham:
    start = np.array([starts[code] for code, _ in cells])
    period = np.array([t for _, t in cells])
    event = panel.timeline.event(start, period)
    labels = np.unique(event)
    shares = (event[:, None] == labels) * mass[:, None]
    shares = shares / shares.sum(axis=0)
    post = mass * (event >= 0)
    if not post.any():
        raise no_controls(
            "no treated observation can be compared with controls: there is no effect to estimate"
        )
    post = post / post.sum()
    parts, part_covariance = shares.T @ estimates, _quadratic(shares, covariance)
    table = pd.DataFrame({"event_time": labels, "estimate": parts, "se": standard_errors(part_covariance)})
    reference = panel.timeline.reference(anticipation)
    if reference not in labels:
        table.loc[len(table)] = [reference, 0.0, np.nan]
        table = table.sort_values("event_time", ignore_index=True)
    variance = float(_quadratic(post[:, None], covariance)[0, 0])
    unknown = np.isnan(np.diag(covariance)).any()
    return SunAbraham(
        estimate=float(post @ estimates),
        se=float(np.sqrt(variance)),
        table=table,
        cohort_table=pd.DataFrame(
            {
                "cohort": panel.periods[start],
                "time": panel.periods[period],
                "event_time": event,
                "estimate": estimates,
                "se": standard_errors(covariance),
                "n": mass,
            }
        ),
        covariance=part_covariance,
        reference=reference,
        n=total,
        n_units=len(panel.units),
        n_clusters=panel.n_clusters,
        dropped=dropped,
        why_no_se=error_unknown(panel.clusters is not None) if unknown else None,
    )


def _quadratic(shares: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """``shares' covariance shares``, NaN only for the averages that an unknown row counts in."""
    unknown = np.isnan(np.diag(covariance))
    found = shares.T @ np.where(unknown[:, None] | unknown, 0.0, covariance) @ shares
    touched = (shares[unknown] != 0).any(axis=0)
    found[touched], found[:, touched] = np.nan, np.nan
    return found
