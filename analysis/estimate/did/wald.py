"""Joint tests of several coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class JointTest:
    """A Wald test that all of `q` coefficients are zero.

    Attributes
    ----------
    statistic : float or None
        χ² for :func:`wald_chi2`, F for :func:`wald_hotelling`.
    p_value : float or None
        None where the covariance does not allow the test; `remark` says why.
    q : int
        Coefficients tested.
    df : float
        Denominator degrees of freedom; infinite for χ².
    """

    statistic: float | None
    p_value: float | None
    q: int
    df: float
    remark: str = ""


def wald_chi2(estimates: np.ndarray, covariance: np.ndarray) -> JointTest:
    """Wald test against χ²(q)."""
    statistic, remark = _quadratic(estimates, covariance)
    q = len(estimates)
    p_value = None if statistic is None else float(stats.chi2.sf(statistic, q))
    return JointTest(statistic, p_value, q, np.inf, remark)


def wald_hotelling(estimates: np.ndarray, covariance: np.ndarray, n_clusters: int) -> JointTest:
    """Wald test against Hotelling's T², for a covariance from G clusters: F(q, G − q).

    With few clusters χ² and F(q, G − 1) reject far too often, because the covariance itself is estimated
    from G cluster scores. Hotelling's distribution counts that; it is exact for independent normal scores
    of equal size (Pustejovsky & Tipton 2018 refine its degrees of freedom).
    """
    q = len(estimates)
    df = n_clusters - q
    if df < 1:
        remark = f"{q} coefficients against {n_clusters} clusters: too few clusters for a joint test"
        return JointTest(None, None, q, df, remark)
    statistic, remark = _quadratic(estimates, covariance)
    if statistic is None:
        return JointTest(None, None, q, df, remark)
    statistic *= df / ((n_clusters - 1) * q)
    return JointTest(statistic, float(stats.f.sf(statistic, q, df)), q, df, remark)


def _quadratic(estimates: np.ndarray, covariance: np.ndarray) -> tuple[float | None, str]:
    if len(estimates) == 0:
        return None, "no coefficient before treatment to test"
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all():
        return None, "a standard error is zero or unknown: too few units or clusters for a joint test"
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.matrix_rank(correlation, tol=1e-10, hermitian=True) < len(estimates):
        return None, (
            f"the covariance of {len(estimates)} coefficients is singular: more coefficients than units or "
            "clusters can tell apart, so there is no joint test"
        )
    standard = estimates / scale
    return float(standard @ np.linalg.solve(correlation, standard)), ""
