"""Two-way fixed effects, static and as an event study, by linearmodels.

The static coefficient is a weighted mean of comparisons, some of which use already-treated units as
controls (see :func:`analysis.estimate.did.bacon`). Where effects differ between cohorts or grow over
time it need not lie near any effect. It stands here as the estimate readers know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from linearmodels import PanelOLS
from linearmodels.panel.utility import AbsorbingEffectError

from analysis.estimate.did.absorb import TwoWay as absorbed
from analysis.estimate.did.bands import add_intervals, interval
from analysis.estimate.did.panel import Panel, no_controls, nobody_treated, read_panel
from analysis.estimate.did.support import cluster_factor, error_unknown, several
from analysis.estimate.did.timeline import said
from analysis.estimate.did.wald import JointTest, wald_hotelling
from analysis.estimate.rank import collinear, require_rank
from analysis.unknown import NotEstimable, NotEstimableError


@dataclass(frozen=True)
class TwoWay:
    """A two-way fixed-effects regression.

    Attributes
    ----------
    estimate, se : float
        Static: the coefficient of the treatment indicator. Event study: the plain mean of the
        coefficients of event times 0 and later. `se` is NaN where it is unknown; `why_no_se` says why.
    table : pandas.DataFrame
        Static: one row. Event study: one row an event time, the reference as 0 with missing `se`.
        Columns event_time (event study only), estimate, se, n (treated observations).
    covariance : ndarray
        Of the rows of `table` but the reference; NaN where unknown.
    reference : float or None
        Of an event study: event time of the last period before treatment, less `anticipation`.
    pretrend : JointTest or None
        Joint test of the leads, by Hotelling's distribution.
    n_treated_clusters : int
        Clusters that hold a treated unit: what inference at the level of assignment rests on.
    """

    estimate: float
    se: float
    table: pd.DataFrame
    covariance: np.ndarray
    reference: float | None
    pretrend: JointTest | None
    n: int
    n_units: int
    n_clusters: int
    n_treated_clusters: int
    why_no_se: NotEstimable | None

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval around `estimate` with t(clusters − 1); the whole line if `se` is unknown."""
        return interval(self.estimate, self.se, self.n_clusters - 1, level)

    def intervals(self, level: float = 0.95, *, seed: int = 0) -> pd.DataFrame:
        """`table` with pointwise and simultaneous intervals; see :func:`add_intervals`."""
        known = ~np.isnan(np.diag(self.covariance))
        covariance = self.covariance[np.ix_(known, known)]
        return add_intervals(self.table, covariance, self.n_clusters - 1, level, seed=seed)


def two_way_fe(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | pd.Series | None = None,
    covariates: str | Sequence[str] = (),
    event_study: bool = False,
    leads: float | None = None,
    lags: float | None = None,
    anticipation: float = 0,
) -> TwoWay:
    """Regress the outcome on treatment, unit effects and period effects.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.estimate.did.panel.read_panel`. Clusters are units if `cluster` is not given.
    event_study : bool
        One coefficient for each time relative to treatment, the last period before it being the reference.
    leads, lags : float, optional
        Put event times before −`leads` and after `lags` together in the outermost ones.
    anticipation : float
        Time before treatment in which units may react already, in the unit of event time. Static: those
        observations are left out. Event study: the reference is the period before them.

    Returns
    -------
    TwoWay

    Notes
    -----
    Standard errors are CRV1 with the factor G/(G−1) · (N−1)/(N−K), as in Stata's areg and reghdfe, fixest
    and pyfixest: K counts the regressors and the period effects, not the unit effects, which are nested
    in the clusters. linearmodels applies G/(G−1) only with ``group_debias=True``, and with two effects
    its default counts the nested ones as well, which widens the standard error for nothing.

    Raises
    ------
    ValueError
        For the input that :func:`~analysis.estimate.did.panel.read_panel` refuses.
    NotEstimableError
        When treatment or covariates do not vary beyond the fixed effects, or when an event study is asked
        without never-treated units and without `leads` or `lags`: its path is then identified up to a
        straight line only.
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
    reference = panel.timeline.reference(anticipation)
    _require_contrast(panel)
    cluster_factor(panel.n_clusters)
    panel = panel.standardised()
    if event_study:
        names, columns = _event_columns(panel, leads, lags, reference)
    else:
        panel = _without_window(panel, reference)
        names, columns = [0.0], [(panel.treated & panel.observed).astype(float)]
    _require_rank(
        panel, columns, [f"event time {name:g}" for name in names] if event_study else ["treatment"]
    )
    estimates, covariance = _fit(panel, columns)
    kept = len(names)
    estimates, covariance = estimates[:kept], covariance[:kept, :kept]
    counts = [int(column.sum()) for column in columns]
    known = _known(panel, columns)
    covariance[~known], covariance[:, ~known] = np.nan, np.nan
    shared = {
        "n": int(panel.observed.sum()),
        "n_units": len(panel.units),
        "n_clusters": panel.n_clusters,
        "n_treated_clusters": panel.n_treated_clusters,
        "why_no_se": None if known.all() else error_unknown(panel.clusters is not None),
    }
    se = np.sqrt(np.diag(covariance))
    if not event_study:
        table = pd.DataFrame({"estimate": estimates, "se": se, "n": counts})
        return TwoWay(float(estimates[0]), float(se[0]), table, covariance, None, None, **shared)
    times = np.array(names)
    post = times >= 0
    share = post / post.sum()
    lead = np.flatnonzero(times < reference)
    table = pd.DataFrame(
        {
            "event_time": [*times, reference],
            "estimate": [*estimates, 0.0],
            "se": [*se, np.nan],
            "n": [*counts, int(((panel.event == reference) & panel.observed).sum())],
        }
    ).sort_values("event_time", ignore_index=True)
    pretrend = (
        wald_hotelling(estimates[lead], covariance[np.ix_(lead, lead)], panel.n_clusters)
        if len(lead)
        else None
    )
    after = np.where(post, share, 0.0)[post]
    mean, variance = float(share @ estimates), float(after @ covariance[np.ix_(post, post)] @ after)
    return TwoWay(mean, float(np.sqrt(variance)), table, covariance, reference, pretrend, **shared)


def _require_contrast(panel: Panel) -> None:
    if not panel.within.any():
        raise nobody_treated()
    if len(np.unique(panel.start)) == 1:
        raise no_controls(
            f"all {len(panel.units)} units are treated in {said(panel.periods[panel.start[0]])}: there are "
            "no controls"
        )


def _known(panel: Panel, columns: list[np.ndarray]) -> np.ndarray:
    """Columns that at least two clusters have, where two can be compared with as well; shape (columns,)."""
    compared = panel.start > panel.start.min()
    sides = np.column_stack([compared, *(column.any(axis=1) for column in columns)])
    enough = several(panel.clusters, sides)
    return enough[1:] & enough[0]


def _without_window(panel: Panel, reference: float) -> Panel:
    """The panel without observations in the periods of anticipation."""
    window = (panel.event < 0) & (panel.event > reference)
    if not window.any():
        return panel
    return replace(panel, outcome=np.where(window, np.nan, panel.outcome), balanced=False)


def _event_columns(
    panel: Panel, leads: float | None, lags: float | None, reference: float
) -> tuple[list[float], list[np.ndarray]]:
    if panel.within.all() and leads is None and lags is None:
        raise NotEstimableError(
            "no never-treated units: an event study identifies its path up to a straight line only. "
            "Give leads or lags to put the outer event times together, or use group_time_att.",
            reason="alle eenheden gaan meedoen, en dan ligt dit verloop maar op een rechte lijn na vast",
        )
    relative = np.where(panel.observed, panel.event, -np.inf)
    if leads is not None:
        if leads <= -reference:
            raise ValueError(
                f"leads is {leads:g}: more than {-reference:g}, since {reference:g} is the reference"
            )
        relative = np.where(np.isfinite(relative), np.maximum(relative, -leads), relative)
    if lags is not None:
        if lags < 0:
            raise ValueError(f"lags is {lags}: zero at least")
        relative = np.minimum(relative, lags)
    names = [name for name in np.unique(relative[np.isfinite(relative)]) if name != reference]
    if not any(name >= 0 for name in names):
        raise nobody_treated()
    if reference not in relative:
        raise no_controls(
            f"no treated unit is observed {-reference:g} before treatment: there is no reference"
        )
    return names, [(relative == name).astype(float) for name in names]


def _require_rank(panel: Panel, columns: list[np.ndarray], names: list[str]) -> None:
    """Raise unless the regressors vary beyond unit and period effects and from one another."""
    mask = np.where(panel.observed, 1.0 if panel.weights is None else panel.weights, 0.0)
    absorb = absorbed(mask)
    regressors = [*columns, *np.moveaxis(panel.covariates, 2, 0)]
    left = np.array([absorb.fit(column).residual.ravel() for column in regressors])
    squares = np.array([(mask * np.nan_to_num(column) ** 2).sum() for column in regressors])
    cross = (left * mask.ravel()) @ left.T
    names = [*names, *panel.covariate_names]
    require_rank(cross, names, squares=squares, beyond="unit and period effects")


def _fit(panel: Panel, columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and CRV1 covariance of `columns` followed by the covariates."""
    row, period = np.nonzero(panel.observed)
    index = pd.MultiIndex.from_arrays([row, period], names=["unit", "time"])
    arrays = [column[row, period] for column in columns]
    arrays += [panel.covariates[row, period, k] for k in range(panel.covariates.shape[2])]
    design = pd.DataFrame(np.column_stack(arrays), index=index)
    design.columns = [f"x{k}" for k in range(len(arrays))]
    clusters = panel.clusters[row] if panel.clusters is not None else row
    model = PanelOLS(
        pd.Series(panel.outcome[row, period], index=index, name="y"),
        design,
        entity_effects=True,
        time_effects=True,
        weights=None if panel.weights is None else pd.Series(panel.weights[row, period], index=index),
        drop_absorbed=False,
    )
    try:
        fit = model.fit(
            cov_type="clustered",
            clusters=pd.Series(clusters, index=index),
            group_debias=True,
            debiased=True,
            auto_df=False,
            count_effects=False,
        )
    except (AbsorbingEffectError, ValueError, np.linalg.LinAlgError) as error:
        raise collinear("treatment", beyond="unit and period effects") from error
    n, k = design.shape
    periods = len(np.unique(period))
    return fit.params.to_numpy(), fit.cov.to_numpy() * (n - k) / (n - k - periods)
