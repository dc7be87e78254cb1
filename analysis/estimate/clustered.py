"""Panel regressions by linearmodels with standard errors from leaving out one cluster at a time.

linearmodels' own clustered covariance (with ``group_debias=True``) is too small when clusters are few or
of unequal size. The jackknife covariance (CRV3) refits without each cluster; on the data as linearmodels
transforms them that is a formula, so no model is refitted. The transformation (how much of a unit's mean
is taken off) is kept from the full fit.

References
----------
Bell & McCaffrey (2002), Survey Methodology 28. MacKinnon, Nielsen & Webb (2023), Fast and reliable
jackknife and bootstrap methods for cluster-robust inference, J. Appl. Econom. 38.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS, PooledOLS, RandomEffects
from scipy import stats

from analysis.estimate.rank import determined, require_rank
from analysis.unknown import NotEstimableError

KINDS = ("pooled", "random", "fixed")


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, from Student's t with the clusters minus one."""

    value: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class WaldTest:
    """F test that several coefficients are zero."""

    statistic: float
    freedom: tuple[int, int]
    p_value: float


@dataclass(frozen=True)
class Clustered:
    """Coefficients with their cluster-robust covariance matrix.

    Attributes
    ----------
    params : pandas.Series, (k,)
    covariance : numpy.ndarray, (k, k)
        Jackknife over clusters (CRV3).
    """

    params: pd.Series
    covariance: np.ndarray
    clusters: int
    level: float

    def combine(self, weights: dict[str, float]) -> Estimate:
        """The linear combination of coefficients with these weights."""
        unknown = sorted(set(weights) - set(self.params.index))
        if unknown:
            raise ValueError(f"no coefficient {', '.join(unknown)}; there are {', '.join(self.params.index)}")
        vector = np.array([weights.get(name, 0.0) for name in self.params.index])
        value = float(vector @ self.params.to_numpy())
        se = float(np.sqrt(vector @ self.covariance @ vector))
        reach = float(stats.t.ppf((1 + self.level) / 2, self.clusters - 1)) * se
        return Estimate(value, se, value - reach, value + reach)

    def all_zero(self, prefix: str) -> WaldTest | None:
        """Test of the coefficients whose name starts with `prefix`; None when there are none."""
        chosen = [i for i, name in enumerate(self.params.index) if name.startswith(prefix)]
        if not chosen:
            return None
        params, covariance = self.params.to_numpy()[chosen], self.covariance[np.ix_(chosen, chosen)]
        statistic = float(params @ np.linalg.solve(covariance, params)) / len(chosen)
        freedom = (len(chosen), self.clusters - 1)
        return WaldTest(statistic, freedom, float(stats.f.sf(statistic, *freedom)))


def clustered_fit(
    kind: str,
    outcome: pd.Series,
    design: pd.DataFrame,
    *,
    unit: pd.Series,
    time: pd.Series,
    cluster: pd.Series,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> Clustered:
    """Fit by linearmodels, all inputs in the same order.

    Parameters
    ----------
    kind : str
        ``pooled`` (PooledOLS), ``random`` (RandomEffects) or ``fixed`` (PanelOLS with unit effects).

    Raises
    ------
    ValueError
        If `kind` is unknown, or a row has no unit or cluster.
    NotEstimableError
        If there are fewer than two clusters, a coefficient rests on one cluster alone, or the design cannot
        be told apart from itself: a group seen at one time only has no slope.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}; known are {', '.join(KINDS)}")
    for name, column in (("unit", unit), ("cluster", cluster)):
        if column.isna().any():
            raise ValueError(f"{int(column.isna().sum())} rows have no {name}: every row needs one")
    units = pd.factorize(unit, sort=True)[0]  # numbers: linearmodels sorts and groups by unit all along
    index = pd.MultiIndex.from_arrays([units, time], names=["unit", "time"])
    codes = pd.factorize(cluster, sort=True)[0]
    groups = int(codes.max()) + 1
    if groups < 2:
        raise NotEstimableError(
            "one cluster only: standard errors by cluster need several",
            reason="er is maar één school, en de onzekerheid volgt uit verschillen tussen scholen",
        )
    weight = np.ones(len(outcome)) if weights is None else weights.to_numpy(dtype=float)
    _require_rank(design, weight, units, kind)
    model = {"pooled": PooledOLS, "random": RandomEffects, "fixed": PanelOLS}[kind]
    fit = model(
        outcome.to_frame("outcome").set_axis(index),
        design.set_axis(index),
        weights=None if weights is None else weights.to_frame("weight").set_axis(index),
        **({"entity_effects": True} if kind == "fixed" else {}),
    ).fit()
    theta = 0.0 if kind == "pooled" else 1.0
    if kind == "random":
        theta = fit.theta["theta"].reindex(units).to_numpy()
    data = np.column_stack([design.to_numpy(dtype=float), outcome.to_numpy(dtype=float)])
    data = _transformed(data, weight, units, theta)
    covariance = leave_one_cluster_out(data[:, :-1], data[:, -1], codes, list(design.columns))
    return Clustered(fit.params, covariance, groups, level)


def _require_rank(design: pd.DataFrame, weight: np.ndarray, units: np.ndarray, kind: str) -> None:
    """Raise NotEstimableError unless the columns, net of unit effects if there are any, can be told apart."""
    x = design.to_numpy(dtype=float)
    beyond, theta = ("unit effects", 1.0) if kind == "fixed" else ("one another", 0.0)
    left = _transformed(x, weight, units, theta)
    squares = np.square(_transformed(x, weight, units, 0.0)).sum(axis=0)
    try:
        require_rank(left.T @ left, list(design.columns), squares=squares, beyond=beyond)
    except NotEstimableError as error:
        raise NotEstimableError(
            f"{error.detail}, or a group is seen at one time only",
            reason="van een van de schoolsoorten is er maar één meting",
        ) from None


def leave_one_cluster_out(x: np.ndarray, y: np.ndarray, codes: np.ndarray, names: list[str]) -> np.ndarray:
    """Jackknife covariance of least squares: ``(G − 1)/G`` times the spread of the leave-one-out estimates.

    Parameters
    ----------
    x, y : numpy.ndarray, (n, k) and (n,)
    codes : numpy.ndarray of int, (n,)
        Cluster of each row, 0 to G − 1.
    names : list of str
        Of the coefficients, for the message.
    """
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(codes.max() + 2))
    blocks = [order[a:b] for a, b in itertools.pairwise(bounds)]
    cross = np.array([x[rows].T @ x[rows] for rows in blocks])
    moment = np.array([x[rows].T @ y[rows] for rows in blocks])
    total, right = cross.sum(axis=0), moment.sum(axis=0)
    full = np.linalg.solve(total, right)
    # the diagonal after leaving a cluster out, as a share of what it was: zero is a coefficient gone
    scale = np.sqrt(np.diag(total))
    rest = (total - cross) / np.outer(scale, scale)
    if determined(rest).any():
        gone = names[int((1 - np.diagonal(cross, axis1=1, axis2=2) / np.diag(total)).min(axis=0).argmin())]
        raise NotEstimableError(
            f"without one of the {len(blocks)} clusters the coefficients cannot be told apart ({gone}): its "
            "standard error is unknown; merge groups or clusters",
            reason="een van de schoolsoorten of metingen rust op één school",
        )
    without = np.linalg.solve(rest, ((right - moment) / scale)[:, :, None])[:, :, 0] / scale
    spread = without - full
    return (len(blocks) - 1) / len(blocks) * spread.T @ spread


def _transformed(data: np.ndarray, weight: np.ndarray, unit: np.ndarray, theta) -> np.ndarray:
    """The data as linearmodels regresses them: a share `theta` of the units' means off, root weights on."""
    sums = np.column_stack([np.bincount(unit, weights=weight * column) for column in data.T])
    means = sums / np.bincount(unit, weights=weight)[:, None]
    share = np.broadcast_to(np.asarray(theta, dtype=float), len(data))
    return np.sqrt(weight)[:, None] * (data - share[:, None] * means[unit])
