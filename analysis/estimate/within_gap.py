"""The gap between two groups within schools: two-way fixed effects by linearmodels.

Pupils are averaged to cells of school, track and school year. With the number of pupils as weight, the
regression of the cell means gives the pupils' coefficients and, as clusters hold whole cells, their
cluster-robust standard errors.

Reference: Cameron & Miller (2015), A practitioner's guide to cluster-robust inference, J. Hum. Res. 50.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS
from scipy import stats

from analysis.estimate.checks import plain
from analysis.estimate.variance_components import dummies
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class WithinGap:
    """A gap net of school and year.

    Attributes
    ----------
    estimate, se, low, high : float
        Interval from Student's t with `clusters` − 1 degrees of freedom. All but the estimate are NaN where
        the schools with both groups lie in one cluster.
    clusters, schools, n : int
        Clusters, schools that have both groups and so carry the estimate, and pupils.
    """

    estimate: float
    se: float
    low: float
    high: float
    clusters: int
    schools: int
    n: int


def within_gap(
    frame: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    group: str,
    groups: Sequence[str],
    minuend: str,
    subtrahend: str,
    cluster: str,
    level: float = 0.95,
) -> WithinGap:
    """Difference `minuend` − `subtrahend` of `group` with effects of `unit` (school) and `time` (year).

    Clusters are those of `cluster` (the province), with the factor G / (G − 1) that linearmodels leaves out
    by default.

    Raises
    ------
    ValueError
        If values are missing, a group is unknown or a unit lies in two clusters.
    NotEstimableError
        If no unit has both groups, or there is one cluster.
    """
    columns = [outcome, unit, time, group, cluster]
    frame = plain(frame, columns, "frame")
    per_unit = frame.groupby(unit)[cluster].nunique()
    if (per_unit > 1).any():
        raise ValueError(f"{unit} {per_unit.idxmax()!r} lies in {per_unit.max()} values of {cluster}")
    offered = pd.crosstab(frame[unit], frame[group]).reindex(columns=[minuend, subtrahend], fill_value=0)
    both = int((offered > 0).all(axis=1).sum())
    if both == 0:
        raise NotEstimableError(
            f"no {unit} has both {minuend} and {subtrahend}: there is no gap within it",
            reason=f"er is geen school met leerlingen van zowel {minuend} als {subtrahend}",
        )
    clusters = int(frame[cluster].nunique())
    if clusters < 2:
        raise NotEstimableError(
            f"one {cluster} only: standard errors by {cluster} need several",
            reason="er zijn gegevens uit één provincie, en de onzekerheid volgt uit verschillen daartussen",
        )
    shared = frame[unit].isin(offered.index[(offered > 0).all(axis=1)])
    carrying = frame.loc[shared, cluster].nunique()

    cells = (
        frame.groupby([unit, group, time, cluster], observed=True)[outcome]
        .agg(["mean", "size"])
        .reset_index()
    )
    effects = dummies(cells, group, categories=[one for one in groups if (cells[group] == one).any()],
                      reference=subtrahend)  # fmt: skip
    index = pd.MultiIndex.from_arrays(
        [
            cells.groupby([unit, group], observed=True).ngroup(),
            cells[time].rank(method="dense").astype(int),
        ],
        names=["cell", "period"],
    )

    def indexed(values) -> pd.DataFrame:
        return pd.DataFrame(values).set_axis(index, axis=0)

    codes = cells[_apart(cells, unit, time)].apply(lambda column: pd.factorize(column, sort=True)[0])
    model = PanelOLS(
        indexed(cells[["mean"]]),
        indexed(effects),
        weights=indexed(cells[["size"]]),
        other_effects=indexed(codes),
    )
    fit = model.fit(
        cov_type="clustered",
        clusters=indexed(pd.DataFrame({cluster: pd.factorize(cells[cluster], sort=True)[0]})),
        group_debias=True,
        # schools lie within clusters, so their effects cost no degrees of freedom (Cameron & Miller, II.B)
        auto_df=False,
        count_effects=False,
    )
    name = f"{group}={minuend}"
    # schools of one cluster show nothing of what clusters differ by
    estimate, se = float(fit.params[name]), float(fit.std_errors[name]) if carrying > 1 else np.nan
    reach = float(stats.t.ppf((1 + level) / 2, clusters - 1)) * se
    return WithinGap(estimate, se, estimate - reach, estimate + reach, clusters, both, len(frame))


def _apart(cells: pd.DataFrame, *effects: str) -> list[str]:
    """`effects` without one that another holds already: the year, where each school is seen in one year."""
    kept = list(effects)
    for inner in effects:
        outer = [other for other in kept if other != inner]
        if any(not cells.drop_duplicates([other, inner])[other].duplicated().any() for other in outer):
            kept.remove(inner)
    return kept
