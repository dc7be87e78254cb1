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
from scipy import stats

from analysis.estimate.did.bands import add_intervals
from analysis.estimate.did.panel import Panel, read_panel
from analysis.estimate.did.wald import JointTest, wald_hotelling


@dataclass(frozen=True)
class TwoWay:
    """A two-way fixed-effects regression.

    Attributes
    ----------
    estimate, se : float
        Static: the coefficient of the treatment indicator. Event study: the plain mean of the
        coefficients of event times 0 and later.
    table : pandas.DataFrame
        Static: one row. Event study: one row an event time, the reference as 0 with missing `se`.
        Columns event_time (event study only), estimate, se, n (treated observations).
    covariance : ndarray
        Of the rows of `table` that have a standard error.
    pretrend : JointTest or None
        Joint test of the leads, by Hotelling's distribution.
    n, n_units, n_clusters : int
    n_treated_clusters : int
        Clusters that hold a treated unit: what inference at the level of assignment rests on.
    """

    estimate: float
    se: float
    table: pd.DataFrame
    covariance: np.ndarray
    pretrend: JointTest | None
    n: int
    n_units: int
    n_clusters: int
    n_treated_clusters: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval around `estimate` with t(clusters − 1)."""
        width = self.se * stats.t.ppf((1 + level) / 2, self.n_clusters - 1)
        return self.estimate - width, self.estimate + width

    def intervals(self, level: float = 0.95, *, seed: int = 0) -> pd.DataFrame:
        """`table` with pointwise and simultaneous intervals; see :func:`add_intervals`."""
        return add_intervals(self.table, self.covariance, self.n_clusters - 1, level, seed=seed)


def two_way_fe(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    event_study: bool = False,
    leads: int | None = None,
    lags: int | None = None,
    anticipation: int = 0,
) -> TwoWay:
    """Regress the outcome on treatment, unit effects and period effects.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.estimate.did.panel.read_panel`. Clusters are units if `cluster` is not given.
    event_study : bool
        One coefficient for each time relative to treatment, −1 being the reference.
    leads, lags : int, optional
        Put event times before −`leads` and after `lags` together in the outermost ones.

    anticipation : int
        Periods before treatment in which units may react already. Static: those observations are left out.
        Event study: the reference is the period before them.

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
        For the input that :func:`~analysis.estimate.did.panel.read_panel` refuses, when treatment does
        not vary beyond the fixed effects, or when an event study is asked without never-treated units
        and without `leads` or `lags`: its path is then identified up to a straight line only.
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
    if anticipation < 0:
        raise ValueError(f"anticipation is {anticipation}: zero or more periods")
    _require_contrast(panel)
    reference = -1 - anticipation
    if event_study:
        names, columns = _event_columns(panel, leads, lags, reference)
    else:
        panel = _without_window(panel, anticipation)
        names, columns = [0.0], [(panel.treated & panel.observed).astype(float)]
    estimates, covariance = _fit(panel, columns)
    kept = len(names)
    estimates, covariance = estimates[:kept], covariance[:kept, :kept]
    counts = [int(column.sum()) for column in columns]
    clusters = panel.clusters if panel.clusters is not None else np.arange(len(panel.units))
    shared = {
        "n": int(panel.observed.sum()),
        "n_units": len(panel.units),
        "n_clusters": panel.n_clusters,
        "n_treated_clusters": len(np.unique(clusters[np.isfinite(panel.cohort)])),
    }
    se = np.sqrt(np.diag(covariance))
    if not event_study:
        table = pd.DataFrame({"estimate": estimates, "se": se, "n": counts})
        return TwoWay(float(estimates[0]), float(se[0]), table, covariance, None, **shared)
    times = np.array(names)
    post = times >= 0
    share = post / post.sum()
    lead = np.flatnonzero(times < reference)
    table = pd.DataFrame(
        {
            "event_time": [*times, reference],
            "estimate": [*estimates, 0.0],
            "se": [*se, np.nan],
            "n": [*counts, int(((_relative(panel) == reference) & panel.observed).sum())],
        }
    ).sort_values("event_time", ignore_index=True)
    pretrend = (
        wald_hotelling(estimates[lead], covariance[np.ix_(lead, lead)], panel.n_clusters)
        if len(lead)
        else None
    )
    mean, spread = float(share @ estimates), float(np.sqrt(share @ covariance @ share))
    return TwoWay(mean, spread, table, covariance, pretrend, **shared)


def _require_contrast(panel: Panel) -> None:
    if not np.isfinite(panel.cohort).any():
        raise ValueError("no unit is treated within the panel: there is no effect to estimate")
    if len(np.unique(panel.cohort)) == 1:
        raise ValueError(
            f"all {len(panel.units)} units are treated in {panel.cohort[0]:g}: there are no controls"
        )


def _without_window(panel: Panel, anticipation: int) -> Panel:
    """The panel without observations in the periods of anticipation."""
    relative = _relative(panel)
    window = (relative < 0) & (relative >= -anticipation)
    if not window.any():
        return panel
    return replace(panel, outcome=np.where(window, np.nan, panel.outcome), balanced=False)


def _relative(panel: Panel) -> np.ndarray:
    return panel.times[None, :] - panel.cohort[:, None]


def _event_columns(
    panel: Panel, leads: int | None, lags: int | None, reference: int
) -> tuple[list[float], list[np.ndarray]]:
    if np.isfinite(panel.cohort).all() and leads is None and lags is None:
        raise ValueError(
            "no never-treated units: an event study identifies its path up to a straight line only. "
            "Give leads or lags to put the outer event times together, or use group_time_att."
        )
    relative = np.where(panel.observed, _relative(panel), -np.inf)
    if leads is not None:
        if leads <= -reference:
            raise ValueError(f"leads is {leads}: more than {-reference}, since {reference} is the reference")
        relative = np.where(np.isfinite(relative), np.maximum(relative, -leads), relative)
    if lags is not None:
        if lags < 0:
            raise ValueError(f"lags is {lags}: zero at least")
        relative = np.minimum(relative, lags)
    names = [name for name in np.unique(relative[np.isfinite(relative)]) if name != reference]
    if not any(name >= 0 for name in names):
        raise ValueError("no treated observation in the panel: there is no effect to estimate")
    if reference not in relative:
        raise ValueError(
            f"no treated unit is observed {-reference} periods before treatment: there is no reference"
        )
    return names, [(relative == name).astype(float) for name in names]


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
        raise ValueError(
            "the regressors do not vary beyond unit and period effects, or are collinear: "
            "leave out covariates that are constant within units, or periods without controls"
        ) from error
    n, k = design.shape
    periods = len(np.unique(period))
    return fit.params.to_numpy(), fit.cov.to_numpy() * (n - k) / (n - k - periods)
