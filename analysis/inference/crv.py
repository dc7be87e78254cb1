"""Cluster-robust standard errors for few clusters: CRV1 and the jackknife CRV3, with t(G - 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.inference.moments import RANK_TOLERANCE, ClusterMoments, Fit, cluster_moments, fit
from analysis.inference.panel import dense_panel


@dataclass(frozen=True)
class ClusterRobust:
    """The two-way fixed effects coefficient with standard errors clustered at the level of assignment.

    Attributes
    ----------
    estimate : float
    se_crv1 : float
        Sandwich with the factor G/(G - 1) · (N - 1)/(N - K).
    se_crv3 : float or None
        Cluster jackknife; None where leaving out some cluster leaves no treatment contrast.
    p_crv1, p_crv3 : float, float or None
        Two-sided, from t(G - 1).
    interval_crv1, interval_crv3 : (float, float), or None
    leave_one_out : ndarray, shape (G,)
        The estimate without each cluster, in order of label; NaN where it is not identified.
    clusters : int
    level : float
        Coverage of the intervals.
    """

    estimate: float
    se_crv1: float
    se_crv3: float | None
    p_crv1: float
    p_crv3: float | None
    interval_crv1: tuple[float, float]
    interval_crv3: tuple[float, float] | None
    leave_one_out: np.ndarray
    clusters: int
    level: float


def cluster_robust(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    level: float = 0.95,
) -> ClusterRobust:
    """CRV1 and CRV3 for ``outcome = beta treated + unit effects + time effects``.

    CRV1 carries the factor G/(G - 1) · (N - 1)/(N - K) of Stata, fixest and pyfixest, K counting regressors
    and periods but not unit effects, which lie within clusters. linearmodels leaves out G/(G - 1) unless
    ``group_debias=True``, and by default counts the unit effects as well. CRV3 is (G - 1)/G times the sum of
    squared deviations of the leave-one-cluster-out estimates from the full one (MacKinnon, Nielsen & Webb
    2023, eq. 13); no small-sample factor on top.

    See :func:`analysis.inference.panel.dense_panel` for the columns and the errors.
    """
    panel = dense_panel(
        frame,
        unit=unit,
        time=time,
        cohort=cohort,
        outcome=outcome,
        cluster=cluster,
        weights=weights,
        covariates=covariates,
    )
    return cluster_robust_from(cluster_moments(panel), level=level)


def cluster_robust_from(moments: ClusterMoments, *, level: float = 0.95) -> ClusterRobust:
    """The same from moments already accumulated."""
    regression = fit(moments)
    estimate, count = regression.estimate, moments.clusters
    without = leave_one_out(moments)
    se1 = sandwich(regression) * float(np.sqrt((moments.rows - 1) / (moments.rows - moments.parameters)))
    se3 = float(np.sqrt((count - 1) / count * ((without - estimate) ** 2).sum()))
    p1, interval1 = _student(estimate, se1, count - 1, level)
    if np.isfinite(se3):
        p3, interval3 = _student(estimate, se3, count - 1, level)
    else:
        se3, p3, interval3 = None, None, None
    return ClusterRobust(
        estimate=estimate,
        se_crv1=se1,
        se_crv3=se3,
        p_crv1=p1,
        p_crv3=p3,
        interval_crv1=interval1,
        interval_crv3=interval3,
        leave_one_out=without,
        clusters=count,
        level=level,
    )


def sandwich(regression: Fit) -> float:
    """Clustered standard error with the factor G/(G - 1) alone; further constants cancel in draws."""
    count = len(regression.dd)
    return float(np.sqrt(count / (count - 1) * (regression.scores**2).sum()) / regression.dd.sum())


def leave_one_out(moments: ClusterMoments) -> np.ndarray:
    """The coefficient without each cluster in turn, shape (G,); NaN where it is not identified."""
    zd = moments.zd.sum(axis=0) - moments.zd
    zy = moments.zy.sum(axis=0) - moments.zy
    dd = moments.dd.sum() - moments.dd
    dy = moments.dy.sum() - moments.dy
    on_d = np.einsum("gij,gj->gi", moments.inverses_without, zd)
    left = dd - (on_d * zd).sum(axis=1)
    identified = left > RANK_TOLERANCE * moments.dd.sum()
    estimates = np.full(moments.clusters, np.nan)
    np.divide(dy - (on_d * zy).sum(axis=1), left, out=estimates, where=identified)
    return estimates


def _student(estimate: float, se: float, df: int, level: float) -> tuple[float, tuple[float, float]]:
    if not se > 0:
        raise ValueError(
            "the standard error is zero: the outcome has no variation left between clusters, "
            "so nothing can be inferred"
        )
    half = stats.t.ppf(0.5 + level / 2, df) * se
    return float(2 * stats.t.sf(abs(estimate) / se, df)), (float(estimate - half), float(estimate + half))
