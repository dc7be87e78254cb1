"""Effect by dose, where units get more or less (Callaway, Goodman-Bacon & Sant'Anna 2024)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.bands import interval
from analysis.estimate.did.columns import require_columns
from analysis.estimate.did.comparisons import comparisons
from analysis.estimate.did.influence import Sample, standard_errors, sum_by
from analysis.estimate.did.panel import NO_PERIOD_BEFORE, Panel, no_controls, read_panel
from analysis.estimate.did.support import error_unknown
from analysis.estimate.did.timeline import said
from analysis.estimate.rank import LEFT
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class DoseResponse:
    """What a unit of dose more goes with: mean over cohorts and periods after treatment, by cohort size."""

    slope: float
    slope_se: float
    n_units: int
    n_treated: int
    n_clusters: int
    clustered: bool
    dropped: tuple[tuple[str, int], ...]

    def slope_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval around `slope`: normal, or t(clusters − 1) with clusters."""
        return interval(self.slope, self.slope_se, self.n_clusters - 1 if self.clustered else np.inf, level)


def dose_response(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    dose: str,
    control: str = "not_yet",
    anticipation: float = 0,
    weights: str | pd.Series | None = None,
    cluster: str | None = None,
) -> DoseResponse:
    """Effect of a unit of dose, linear in the dose, cohort by cohort.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, weights, cluster, control, anticipation
        See :func:`analysis.estimate.did.group_time_att`; controls are the not yet treated unless given.
    dose : str
        Column, constant within a unit: above zero for treated units, zero or missing for the others.

    Notes
    -----
    In each cohort and period after treatment the treated units' changes are regressed on the dose; what the
    controls changed moves all of them alike, and drops out of the slope. Slopes are averaged by cohort size.
    A slope compares units with different doses. It is the effect of a higher dose only under *strong*
    parallel trends: units with a high and a low dose would have gained the same from the same dose. Where
    organisations choose to do more in places where more is to be gained, the slope mixes both, and no
    pre-trend test can show it.

    Standard errors are analytic. With clusters, a cohort within one cluster adds nothing to them, so they
    are too small then: :func:`dose_response` refuses it.

    Raises
    ------
    ValueError
        For the input :func:`group_time_att` refuses, and for a dose that is missing, not positive or changing
        within a treated unit.
    NotEstimableError
        For a cohort with too few different doses, or with one cluster only on either side.
    """
    panel = read_panel(
        frame,
        unit=unit,
        time=time,
        cohort=cohort,
        outcome=outcome,
        cluster=cluster,
        weights=weights,
    )
    doses = _doses(frame, unit, dose, panel)
    early = panel.within & (panel.timeline.last_before(panel.start, anticipation) < 0)
    doses = doses[~early]
    panel, count = panel.without_always_treated(anticipation)
    cells = comparisons(panel, control, anticipation, "varying")
    sample = Sample(cells.codes, panel.unit_weights(), panel.clusters, panel.n_clusters)
    post = np.flatnonzero(cells.period >= cells.start)
    treated = np.isin(cells.codes, cells.cohort[post])
    if doses[treated].std() == 0:
        raise NotEstimableError(
            "all treated units have the same dose: there is no slope to estimate",
            reason="alle deelnemers hebben dezelfde dosis",
        )

    sizes = np.bincount(cells.codes, weights=sample.weights, minlength=len(cells.starts)) / len(doses)
    size = sizes[cells.cohort[post]]
    slopes, influence = np.empty(len(post)), np.zeros(len(doses))
    for row, m in enumerate(post):
        slopes[row], rows, values = _slope(panel, cells, sample, m, doses, cluster)
        influence[rows] += size[row] / size.sum() * values
    slope = float(size @ slopes / size.sum())
    by_size = np.zeros(len(cells.starts))
    np.add.at(by_size, cells.cohort[post], (slopes - slope) / size.sum())
    influence += sample.weights * by_size[cells.codes]
    covariance = sample.covariance(sum_by(influence[:, None], sample.clusters, sample.n_clusters))
    return DoseResponse(
        slope=slope,
        slope_se=float(standard_errors(covariance)[0]),
        n_units=len(panel.units),
        n_treated=int(treated.sum()),
        n_clusters=panel.n_clusters,
        clustered=cluster is not None,
        dropped=((NO_PERIOD_BEFORE, count),) if count else (),
    )


def _slope(panel, cells, sample, m, doses, cluster) -> tuple[float, np.ndarray, np.ndarray]:
    """Slope of one comparison, the treated rows it rests on, and their influence."""
    t, base, k = cells.period[m], cells.base[m], cells.cohort[m]
    change = panel.outcome[:, t] - panel.outcome[:, base]
    observed = ~np.isnan(change)
    of_treated = np.flatnonzero((cells.codes == k) & observed)
    of_controls = np.flatnonzero(cells.controls[m][cells.codes] & observed)
    place = f"cohort {said(panel.periods[cells.starts[k]])} in {said(panel.periods[t])}"
    if len(of_treated) == 0 or len(of_controls) == 0:
        raise no_controls(f"{place}: no treated or no control unit is observed in both periods")
    for side, rows in (("treated", of_treated), ("control", of_controls)):
        if cluster is not None and len(np.unique(sample.clusters[rows])) < 2:
            unknown = error_unknown(True, place)
            raise NotEstimableError(
                f"{place}: all {side} units are in one {cluster}, so its error cannot be told from its "
                "effect; put cohorts together or cluster at a finer level",
                reason=unknown.reason,
            )
    w, d, y = sample.weights[of_treated], doses[of_treated], change[of_treated]
    apart = d - w @ d / w.sum()
    spread = w @ apart**2
    if not spread > LEFT * (w @ d**2):
        raise NotEstimableError(
            f"{place}: {len(np.unique(d))} different doses cannot carry 2 coefficients",
            reason="een plaats begon alleen, zonder andere om het bereik mee te vergelijken"
            if len(of_treated) == 1
            else "het bereik verschilt te weinig tussen plaatsen die tegelijk begonnen",
        )
    slope = w * apart @ y / spread
    left = y - w @ y / w.sum() - slope * apart
    return float(slope), of_treated, len(doses) * w * apart * left / spread


def _doses(frame: pd.DataFrame, unit: str, dose: str, panel: Panel) -> np.ndarray:
    """One dose a unit, in the order of `panel`; zero for units that are not treated."""
    require_columns(frame, [dose])
    if not pd.api.types.is_numeric_dtype(frame[dose]) or pd.api.types.is_bool_dtype(frame[dose]):
        raise ValueError(f"column {dose} is {frame[dose].dtype}: it must be numeric")
    of_row = pd.Index(panel.units).get_indexer(pd.Index(frame[unit]))
    by_unit = pd.Series(frame[dose].to_numpy()).groupby(of_row, sort=True).agg(["first", "nunique"])
    treated = panel.within
    changing = treated & (by_unit["nunique"].to_numpy() > 1)
    if changing.any():
        raise ValueError(
            f"{dose} changes within {int(changing.sum())} treated units, for instance "
            f"{panel.units[changing.argmax()]}: give each unit one dose"
        )
    values = by_unit["first"].to_numpy(dtype=float, na_value=np.nan)
    wrong = treated & ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise ValueError(
            f"{dose} is missing, zero or negative for {int(wrong.sum())} treated units, for instance "
            f"{panel.units[wrong.argmax()]}"
        )
    untreated = ~treated & (np.nan_to_num(values) != 0)
    if untreated.any() and treated.any():
        raise ValueError(
            f"{dose} is not zero for {int(untreated.sum())} units that are not treated within the panel, for "
            f"instance {panel.units[untreated.argmax()]}: cohort and dose contradict each other"
        )
    return np.where(treated, values, 0.0)
