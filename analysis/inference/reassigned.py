"""One engine: the statistic of any setting under any re-assignment, its randomisation test and its interval.

Headline, robustness, power and diagnosis all come here, so that one question, estimator and specification
have one estimate, one studentisation (the jackknife over clusters) and one interval, wherever it is printed.
A re-assignment moves histories and leaves start, size and volatility in place; see
:mod:`analysis.inference.histories`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.group_time import GroupTime, simple
from analysis.inference.histories import Loadings, histories, placements
from analysis.inference.inversion import NullDistribution
from analysis.inference.regressions import Regressions
from analysis.inference.setting import Setting
from analysis.inference.statistics import Statistics
from analysis.inference.volatility import volatility
from analysis.unknown import NotEstimable, NotEstimableError

UNITS = 4_000_000  # numbers in outcomes that are one in a single cluster and period, at a time
VARIATION = 1e-10  # a standard error below this share of the outcome's size is rounding


@dataclass(frozen=True)
class Tested:
    """An estimate with its studentised randomisation test.

    Attributes
    ----------
    estimate, se : float
        `se` by the jackknife over clusters (CRV3).
    low, high : float
        Constant effects that the test does not reject; infinite where it cannot reject at this level.
    p_value : float
        Two-sided.
    smallest_p : float
        The least p-value this test can give with this design.
    exact : bool
        All admissible re-assignments, or a sample of them.
    draws : int
        Re-assignments used, the observed one included.
    """

    estimate: float
    se: float
    low: float
    high: float
    p_value: float
    smallest_p: float
    exact: bool
    draws: int
    clusters: int
    treated_clusters: int
    comparison_clusters: int

    @property
    def monte_carlo_se(self) -> float:
        """Standard error of `p_value` from sampling; zero when exact."""
        return 0.0 if self.exact else float(np.sqrt(self.p_value * (1 - self.p_value) / self.draws))


def as_table(found: Mapping[object, Tested | NotEstimable], name: str) -> pd.DataFrame:
    """One row a result, in the order given: `name`, the fields of :class:`Tested`, and reason.

    A result that could not be had has no numbers, and its reason in Dutch.
    """
    empty = {item.name: np.nan for item in fields(Tested)} | {"exact": False, "draws": 0}
    empty |= dict.fromkeys(("clusters", "treated_clusters", "comparison_clusters"), 0)
    rows = [
        {
            name: key,
            **(empty if isinstance(item, NotEstimable) else vars(item)),
            "reason": getattr(item, "reason", ""),
        }
        for key, item in found.items()
    ]
    return pd.DataFrame(rows)


def statistics(
    panel: ClusterPanel,
    setting: Setting,
    begin: np.ndarray,
    outcomes: np.ndarray | None = None,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> Statistics:
    """The estimate of `setting`, and its jackknife, when clusters start as in each row of `begin`.

    Parameters
    ----------
    begin : ndarray of float, shape (R, G)
        Starts; ``inf`` is never.
    outcomes : ndarray, shape (O, N, T), optional
        By row of the panel; the panel's own unless given.
    covariates : ndarray, shape (C, G, T), optional
        Further regressors, for regression and imputation.
    neighbours : ndarray, shape (G, G), optional
        Row g: the share of each cluster in the neighbourhood of g. Needed for spillover.
    """
    outcomes = panel.outcome[None] if outcomes is None else outcomes
    has_covariates = covariates is not None and len(covariates) > 0
    setting.require_regressors(covariates=has_covariates, neighbours=neighbours is not None)
    first = panel.position(begin)
    paths = np.unique(first)
    if setting.by_regression:
        engine = Regressions(panel, setting, outcomes, paths, covariates=covariates, neighbours=neighbours)
        return engine(first)
    return GroupTime(panel, simple(paths, len(panel.times), setting), outcomes)(first)[0]


FEW = 24  # clusters; with more of them, coefficients by cluster and cluster left out outgrow what they save


def linear_in_few(panel: ClusterPanel, setting: Setting) -> bool:
    """Whether :func:`linear_statistics` can be had, and pays."""
    return not setting.by_regression and len(panel.clusters) <= FEW


def linear_statistics(
    panel: ClusterPanel, setting: Setting, begin: np.ndarray, outcomes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`statistics` of group-time effects, taken apart into what assignments ask and what outcomes give.

    Parameters
    ----------
    begin, outcomes
        As there.

    Returns
    -------
    coefficients, changes : ndarray
        See :meth:`analysis.inference.group_time.GroupTime.linear`.
    """
    first = panel.position(begin)
    parts = simple(np.unique(first), len(panel.times), setting)
    return GroupTime(panel, parts, outcomes).linear(first)


def direction(
    panel: ClusterPanel,
    setting: Setting,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> np.ndarray:
    """What a unit of the target adds to each cell as observed, shape (N, T)."""
    treated = panel.treated
    if setting.target == "exposure":
        added = (1 - treated) * (neighbours @ treated)
    elif setting.target == "interaction":
        added = treated * covariates[0]
    elif setting.target == "before":
        periods = np.arange(len(panel.times))
        added = (periods >= panel.first[:, None] - setting.anticipation) * (1 - treated)
    else:
        added = treated
    return added[panel.cluster]


def null_distribution(
    panel: ClusterPanel,
    setting: Setting,
    placed: np.ndarray,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> NullDistribution:
    """The studentised statistic under each re-assignment, linear in the hypothesised effect.

    Parameters
    ----------
    placed : ndarray of int, shape (R, G)
        See :func:`analysis.inference.histories.placements`.

    Raises
    ------
    NotEstimableError
        If the estimate or its jackknife does not exist under the observed assignment, or the outcome does not
        vary between clusters.
    """
    outcomes = np.stack([panel.outcome, direction(panel, setting, covariates, neighbours)])
    found = moved(panel, setting, placed, outcomes[None], covariates=covariates, neighbours=neighbours)
    return as_null(found, size=float(np.abs(panel.outcome).max()))


def moved(
    panel: ClusterPanel,
    setting: Setting,
    placed: np.ndarray,
    outcomes: np.ndarray,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> Statistics:
    """Statistics when histories have moved: as observed, and under each row of `placed`.

    Parameters
    ----------
    placed : ndarray of int, shape (R, G)
    outcomes : ndarray, shape (S, O, N, T)
        S sets of O outcomes, of which the first tells how volatile clusters are.

    Returns
    -------
    Statistics
        Of the sets one after another: estimate (S·O, 1 + R).

    Raises
    ------
    NotEstimableError
        If the statistic is not identified under the observed assignment.
    """
    each = outcomes.shape[1]
    flat = outcomes.reshape(-1, *outcomes.shape[2:])
    given = {"covariates": covariates, "neighbours": neighbours}
    found = statistics(panel, setting, panel.start[None], flat, **given)
    require_identified(found)
    history = histories(panel, flat, covariates)
    volatile = volatility(panel, setting, outcomes[:, 0], covariates)
    return loadings(panel, setting, **given).moved(found, history, np.repeat(volatile, each, axis=0), placed)


def loadings(panel: ClusterPanel, setting: Setting, **given) -> Loadings:
    """What the estimate of `setting`, and its jackknife, make of a cluster's outcome in each period."""
    shape = len(panel.clusters), len(panel.times)
    units = np.eye(shape[0] * shape[1]).reshape(-1, *shape)
    step = max(1, UNITS // panel.outcome.size)
    parts = [
        statistics(panel, setting, panel.start[None], units[at : at + step][:, panel.cluster], **given)
        for at in range(0, len(units), step)
    ]
    whole = [np.concatenate([getattr(part, name) for part in parts]) for name in ("estimate", "without")]
    return Loadings.of(Statistics(*whole), shape[1])


def as_null(found: Statistics, *, size: float = 1.0) -> NullDistribution:
    """The null distribution from statistics on the outcome and its :func:`direction`, the observed row first.

    `size` is that of the outcome, to tell a variance from rounding.
    """
    require_identified(found)
    variance = found.covariance(0, 0)
    if not variance[0] > (VARIATION * max(size, np.finfo(float).tiny)) ** 2:
        raise NotEstimableError(
            "the outcome has no variation left between clusters, so nothing can be inferred",
            reason="de uitkomst verschilt niet tussen provincies",
        )
    parts = [found.estimate[0], found.estimate[1], variance, found.covariance(0, 1), found.covariance(1, 1)]
    # An undefined draw counts as extreme: an unbounded numerator over any variance.
    undefined = ~found.defined
    for part, value in zip(parts, (np.inf, 0.0, 0.0, 0.0, 0.0), strict=True):
        part[undefined] = value
    return NullDistribution(float(parts[0][0]), float(variance[0]), *(part[1:] for part in parts))


def require_identified(found: Statistics) -> None:
    """Raise NotEstimableError unless the first assignment has an estimate and a jackknife."""
    if not np.isfinite(found.estimate[0, 0]):
        raise NotEstimableError(
            "the estimate is not identified under the observed assignment: too few clusters adopt, none can "
            "be compared with, or a regressor takes up all of the treatment",
            reason="er zijn geen provincies om mee te vergelijken, of geen meting vóór en na de start",
        )
    if not np.isfinite(found.without[0, 0]).all():
        raise NotEstimableError(
            "leaving out one cluster leaves no estimate, so that its spread over clusters is unknown",
            reason="de schatting hangt aan één provincie, zodat de onzekerheid niet te bepalen is",
        )


def randomised(
    panel: ClusterPanel,
    setting: Setting,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
    strata: np.ndarray | None = None,
    level: float = 0.95,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> Tested:
    """Compare the estimate of `setting` with all those under admissible re-assignments.

    Admissible is every re-assignment that keeps the number of clusters at each start, within each stratum if
    `strata` (G,) are given. Covariates, and exposure to treated neighbours, keep their place.
    """
    drawn, exact = reassignments(panel.assigned, strata=strata, max_exact=max_exact, draws=draws, seed=seed)
    placed = placements(drawn, panel.assigned, panel.mass, strata)
    null = null_distribution(panel, setting, placed, covariates=covariates, neighbours=neighbours)
    return tested(null, panel, exact=exact, level=level)


def tested(null: NullDistribution, panel: ClusterPanel, *, exact: bool, level: float) -> Tested:
    """The test and interval of a null distribution over re-assignments of `panel`."""
    least = smallest_p(null, exact=exact)
    se = float(np.sqrt(null.variance))
    low, high = null.interval(level, scale=se, smallest_p=least)
    return Tested(
        estimate=null.estimate,
        se=se,
        low=low,
        high=high,
        p_value=null.p_value(),
        smallest_p=least,
        exact=exact,
        draws=len(null.slope0),
        clusters=len(panel.clusters),
        treated_clusters=panel.treated_clusters,
        comparison_clusters=panel.comparison_clusters,
    )


def smallest_p(null: NullDistribution, *, exact: bool = True) -> float:
    """Share of re-assignments that cannot be told from the observed one or its mirror image.

    Under these the observed treatment itself is fitted without residual, with slope one or minus one.
    """
    if not exact:
        return 1 / len(null.slope0)
    same = (np.abs(np.abs(null.slope1) - 1) < 1e-8) & (null.var11 < 1e-14)
    return float((same | np.isinf(null.slope0)).mean())
