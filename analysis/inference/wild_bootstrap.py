"""Wild cluster bootstrap: exact over all sign vectors when clusters are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.inference.crv import sandwich
from analysis.inference.inversion import NullDistribution
from analysis.inference.moments import ClusterMoments, cluster_moments, fit
from analysis.inference.panel import dense_panel

MAX_EXACT_CLUSTERS = 16
WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


@dataclass(frozen=True)
class WildBootstrap:
    """A studentised wild cluster bootstrap test and the interval that inverts it.

    Attributes
    ----------
    p_value : float
        Of ``beta = null``, symmetric.
    interval : (float, float)
        Effects not rejected; an end is infinite where the test cannot reject at this level.
    level, null : float
    restricted : bool
        WCR (null imposed) or WCU.
    exact : bool
        All 2^G sign vectors, or a sample of them.
    draws : int
    smallest_p : float
        The least p-value this test can give with these clusters.
    monte_carlo_se : float
        Standard error of `p_value` from sampling; zero when exact.
    """

    p_value: float
    interval: tuple[float, float]
    level: float
    null: float
    restricted: bool
    exact: bool
    draws: int
    smallest_p: float
    monte_carlo_se: float


def wild_cluster_bootstrap(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    null: float = 0.0,
    restricted: bool = True,
    distribution: str = "rademacher",
    draws: int = 99_999,
    seed: int = 0,
    level: float = 0.95,
) -> WildBootstrap:
    """Test the two-way fixed effects coefficient of treatment by the wild cluster bootstrap.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.inference.panel.dense_panel`.
    null : float
        Hypothesised effect.
    restricted : bool
        Impose the hypothesis on the bootstrap world (WCR, the default) or not (WCU).
    distribution : {"rademacher", "webb"}
        Rademacher signs are enumerated up to 16 clusters; Webb's six points are always sampled.
    draws, seed : int
        For sampling.
    level : float
        Coverage of the interval.

    Notes
    -----
    Cameron, Gelbach & Miller (2008); the variant by cluster cross-products is that of MacKinnon, Nielsen &
    Webb (2023). Studentised by CRV1, whose constant factor cancels.
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
    return wild_cluster_bootstrap_from(
        cluster_moments(panel),
        null=null,
        restricted=restricted,
        distribution=distribution,
        draws=draws,
        seed=seed,
        level=level,
    )


def wild_cluster_bootstrap_from(
    moments: ClusterMoments,
    *,
    null: float = 0.0,
    restricted: bool = True,
    distribution: str = "rademacher",
    draws: int = 99_999,
    seed: int = 0,
    level: float = 0.95,
) -> WildBootstrap:
    """The same from moments already accumulated."""
    signs, exact = sign_vectors(moments.clusters, distribution, draws, seed)
    world = wild_null(moments, signs, restricted=restricted)
    smallest_p = 2.0 ** (1 - moments.clusters) if exact else 1 / len(signs)
    # Without the null imposed the observed sample is not among the worlds, and none may be as extreme.
    p = max(world.p_value(null), smallest_p)
    return WildBootstrap(
        p_value=p,
        interval=world.interval(level, scale=float(np.sqrt(world.variance)), smallest_p=smallest_p),
        level=level,
        null=null,
        restricted=restricted,
        exact=exact,
        draws=2**moments.clusters if exact else len(signs),
        smallest_p=smallest_p,
        monte_carlo_se=0.0 if exact else float(np.sqrt(p * (1 - p) / len(signs))),
    )


def sign_vectors(clusters: int, distribution: str, draws: int, seed: int) -> tuple[np.ndarray, bool]:
    """Auxiliary weights, shape (draws, G), and whether they are all there are.

    When enumerated, the first cluster's sign is held at +1: a vector and its mirror image give the same
    absolute statistic, so half of them tell all. When sampled, the first vector is all ones, the observed
    sample, so that a p-value is never zero.
    """
    if distribution == "rademacher" and clusters <= MAX_EXACT_CLUSTERS:
        return _all_signs(clusters), True
    if draws < 1:
        raise ValueError(f"{draws} draws asked for: at least one is needed")
    rng = np.random.default_rng(seed)
    if distribution == "rademacher":
        sampled = rng.integers(0, 2, (draws, clusters)) * 2.0 - 1.0
    elif distribution == "webb":
        sampled = rng.choice(np.concatenate([-WEBB, WEBB]), (draws, clusters))
    else:
        raise ValueError(f"distribution {distribution!r} is unknown: use 'rademacher' or 'webb'")
    sampled[0] = 1.0
    return sampled, False


@lru_cache(maxsize=4)
def _all_signs(clusters: int) -> np.ndarray:
    bits = np.arange(2 ** (clusters - 1))[:, None] >> np.arange(clusters)
    signs = 1.0 - 2.0 * (bits & 1)
    signs = np.roll(signs, 1, axis=1)  # the highest bit is never set: it becomes the first cluster's sign
    signs.flags.writeable = False
    return signs


def wild_null(moments: ClusterMoments, signs: np.ndarray, *, restricted: bool = True) -> NullDistribution:
    """The bootstrap's null distribution over `signs`, linear in the hypothesised effect.

    With null b imposed, the score of cluster g is ``dy - b dd`` and its time-effect scores are
    ``z_y - b z_d``. A draw multiplies both by the cluster's sign and regresses anew.
    """
    regression = fit(moments)
    total = regression.dd.sum()
    # What a unit of a cluster's time-effect score does to each cluster's treatment score, by way of the
    # time effects re-estimated in each draw.
    leak = regression.z_d @ moments.inverse
    count = moments.clusters
    factor = count / (count - 1) / total**2

    def refit(score: np.ndarray, z_score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficient (draws,) and scores by cluster (draws, G) when residuals carry these scores."""
        coefficient = signs @ score / total
        scores = signs * score - signs @ (leak @ z_score.T).T - coefficient[:, None] * regression.dd
        return coefficient, scores

    if restricted:
        slope0, scores0 = refit(regression.dy, regression.z_y)
        slope1, scores1 = refit(regression.dd, regression.z_d)
        var01 = factor * (scores0 * scores1).sum(axis=1)
        var11 = factor * (scores1**2).sum(axis=1)
    else:
        beta = regression.estimate
        slope0, scores0 = refit(regression.scores, regression.z_y - beta * regression.z_d)
        slope1, var01, var11 = 0.0, 0.0, 0.0
    return NullDistribution(
        estimate=regression.estimate,
        variance=sandwich(regression) ** 2,
        slope0=slope0,
        slope1=slope1,
        var00=factor * (scores0**2).sum(axis=1),
        var01=var01,
        var11=var11,
    )
