"""Effect by dose, where units get more or less (Callaway, Goodman-Bacon & Sant'Anna 2024)."""

from __future__ import annotations

from collections.abc import Sequence
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
from analysis.estimate.rank import determined
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class DoseResponse:
    """Effects by dose, averaged over cohorts and periods after treatment by cohort size.

    Attributes
    ----------
    table : pandas.DataFrame
        By dose: dose, estimate and se (effect on units with that dose), slope and slope_se (its derivative).
    att, att_se : float
        Mean effect over treated units and their periods, each at its own dose.
    slope, slope_se : float
        Mean derivative over the same: what one unit of dose more goes with.
    n_units, n_treated, n_clusters : int
    clustered : bool
    """

    table: pd.DataFrame
    att: float
    att_se: float
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
    degree: int = 1,
    knots: Sequence[float] = (),
    grid: Sequence[float] | None = None,
    anticipation: float = 0,
    weights: str | pd.Series | None = None,
    cluster: str | None = None,
) -> DoseResponse:
    """Effect by dose from comparisons with units without treatment, cohort by cohort.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, weights, cluster, control, anticipation
        See :func:`analysis.estimate.did.group_time_att`; controls are the not yet treated unless given.
    dose : str
        Column, constant within a unit: above zero for treated units, zero or missing for the others.
    degree : int
        Of the polynomial that relates effect to dose.
    knots : sequence of float
        Doses at which its highest derivative may jump (a spline).
    grid : sequence of float, optional
        Doses of the table; the deciles of the treated units' doses unless given.

    Notes
    -----
    In each cohort and period after treatment the treated units' changes, less the mean change of the
    controls, are regressed on the dose; the coefficients are averaged by cohort size. The effect at dose d
    is the effect on units that got d, under parallel trends. The slope compares units with different
    doses. It is the effect of a higher dose only under *strong* parallel trends: units with a high and a
    low dose would have gained the same from the same dose. Where organisations choose to do more in places
    where more is to be gained, the slope mixes both, and no pre-trend test can show it.

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
    if degree < 1:
        raise ValueError(f"degree is {degree}: one at least")
    cells = comparisons(panel, control, anticipation, "varying")
    sample = Sample(cells.codes, panel.unit_weights(), panel.clusters, panel.n_clusters)
    post = np.flatnonzero(cells.period >= cells.start)
    treated = np.isin(cells.codes, cells.cohort[post])
    basis = _Basis.of(doses[treated], degree, knots)
    grid = np.quantile(doses[treated], np.linspace(0.1, 0.9, 9)) if grid is None else np.asarray(grid, float)

    sizes = np.bincount(cells.codes, weights=sample.weights, minlength=len(cells.starts)) / len(doses)
    share = sizes[cells.cohort[post]] / sizes[cells.cohort[post]].sum()
    # Columns of the target: the curve and its derivative on the grid, the mean effect, the mean slope.
    width = 2 * len(grid) + 2
    target, influence = np.zeros(width), np.zeros((len(doses), width))
    parts = np.empty((len(post), width))
    for row, m in enumerate(post):
        parts[row], rows, values = _cell(panel, cells, sample, m, doses, basis, grid, cluster)
        influence[rows] += share[row] * values
    target = share @ parts
    slope_by_size = np.zeros((len(cells.starts), width))
    np.add.at(slope_by_size, cells.cohort[post], (parts - target) / sizes[cells.cohort[post]].sum())
    influence += sample.weights[:, None] * slope_by_size[cells.codes]
    covariance = sample.covariance(sum_by(influence, sample.clusters, sample.n_clusters))
    se = standard_errors(covariance)
    points = len(grid)
    table = pd.DataFrame(
        {
            "dose": grid,
            "estimate": target[:points],
            "se": se[:points],
            "slope": target[points : 2 * points],
            "slope_se": se[points : 2 * points],
        }
    )
    return DoseResponse(
        table=table,
        att=float(target[-2]),
        att_se=float(se[-2]),
        slope=float(target[-1]),
        slope_se=float(se[-1]),
        n_units=len(panel.units),
        n_treated=int(treated.sum()),
        n_clusters=panel.n_clusters,
        clustered=cluster is not None,
        dropped=((NO_PERIOD_BEFORE, count),) if count else (),
    )


def _cell(panel, cells, sample, m, doses, basis, grid, cluster) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets of one comparison, the rows it rests on, and their influence."""
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
    n = len(doses)
    x, slopes = basis.values(doses[of_treated]), basis.slopes(doses[of_treated])
    w, v = sample.weights[of_treated], sample.weights[of_controls]
    gram = (w[:, None] * x).T @ x
    size = np.sqrt(np.diag(gram))
    if len(np.unique(doses[of_treated])) < x.shape[1] or determined(gram / np.outer(size, size)).any():
        raise NotEstimableError(
            f"{place}: {len(np.unique(doses[of_treated]))} different doses cannot carry "
            f"{x.shape[1]} coefficients",
            reason="het bereik verschilt te weinig tussen plaatsen",
        )
    control_mean = v @ change[of_controls] / v.sum()
    inverse = np.linalg.inv(gram)
    coefficients = inverse @ (x.T @ (w * (change[of_treated] - control_mean)))
    left = change[of_treated] - control_mean - x @ coefficients
    by_treated = (w * left)[:, None] * (x @ inverse)
    by_controls = -(v * (change[of_controls] - control_mean) / v.sum())

    mean_x, mean_slope = w @ x / w.sum(), w @ slopes / w.sum()
    weigh = np.vstack([basis.values(grid), basis.slopes(grid), mean_x, mean_slope])
    parts = weigh @ coefficients
    treated_values = by_treated @ weigh.T
    treated_values[:, -2] += w * ((x - mean_x) @ coefficients) / w.sum()
    treated_values[:, -1] += w * ((slopes - mean_slope) @ coefficients) / w.sum()
    # Only the constant takes the controls' mean: one in a value, zero in a derivative.
    constant = weigh[:, 0]
    rows = np.concatenate([of_treated, of_controls])
    values = np.vstack([treated_values, by_controls[:, None] * constant])
    return parts, rows, n * values


@dataclass(frozen=True)
class _Basis:
    """Polynomial with knots, on the dose as standard scores so that powers stay well conditioned."""

    centre: float
    scale: float
    degree: int
    knots: np.ndarray

    @classmethod
    def of(cls, doses: np.ndarray, degree: int, knots: Sequence[float]) -> _Basis:
        scale = doses.std()
        if scale == 0:
            raise NotEstimableError(
                "all treated units have the same dose: there is no slope to estimate",
                reason="alle deelnemers hebben dezelfde dosis",
            )
        knots = np.asarray(knots, dtype=float)
        if ((knots <= doses.min()) | (knots >= doses.max())).any():
            raise ValueError(f"knots must lie between the doses {doses.min():g} and {doses.max():g}")
        return cls(float(doses.mean()), float(scale), degree, (knots - doses.mean()) / scale)

    def values(self, doses: np.ndarray) -> np.ndarray:
        z = (np.asarray(doses, dtype=float) - self.centre) / self.scale
        powers = z[:, None] ** np.arange(self.degree + 1)
        beyond = np.maximum(z[:, None] - self.knots, 0.0) ** self.degree
        return np.hstack([powers, beyond])

    def slopes(self, doses: np.ndarray) -> np.ndarray:
        z = (np.asarray(doses, dtype=float) - self.centre) / self.scale
        order = np.arange(self.degree + 1)
        powers = order * z[:, None] ** np.maximum(order - 1, 0)
        over = z[:, None] - self.knots
        beyond = np.where(over > 0, self.degree * np.maximum(over, 0.0) ** (self.degree - 1), 0.0)
        return np.hstack([powers, beyond]) / self.scale


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
