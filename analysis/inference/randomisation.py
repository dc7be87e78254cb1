"""Randomisation inference: what the estimate would have been had other clusters adopted at those dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.inversion import NullDistribution
from analysis.inference.moments import ClusterMoments, cluster_moments
from analysis.inference.panel import DensePanel, dense_panel
from analysis.inference.permuted_att import att_statistics
from analysis.inference.permuted_twoway import twoway_statistics

STATISTICS = ("two_way", "att_never", "att_not_yet")


@dataclass(frozen=True)
class Randomisation:
    """A randomisation test of no effect, studentised and not, and the intervals that invert them.

    Attributes
    ----------
    estimate : float
        The statistic as observed.
    p_studentised, p_unstudentised : float
    interval_studentised, interval_unstudentised : (float, float)
        Constant effects not rejected; an end is infinite where the test cannot reject at this level.
    level, null : float
    statistic : str
    exact : bool
        All admissible re-assignments, or a sample of them.
    draws : int
        Re-assignments used, the observed one included.
    undefined : int
        Re-assignments under which the statistic or its variance is not identified; counted as extreme.
    smallest_p : float
        The least p-value this test can give with this design.
    monte_carlo_se : float
        Standard error of `p_studentised` from sampling; zero when exact.
    """

    estimate: float
    p_studentised: float
    p_unstudentised: float
    interval_studentised: tuple[float, float]
    interval_unstudentised: tuple[float, float]
    level: float
    null: float
    statistic: str
    exact: bool
    draws: int
    undefined: int
    smallest_p: float
    monte_carlo_se: float


def randomisation_inference(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    statistic: str = "two_way",
    studentise: str = "crv1",
    null: float = 0.0,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
    level: float = 0.95,
) -> Randomisation:
    """Compare the estimate with all those under admissible re-assignments of clusters to adoption dates.

    Admissible is every re-assignment that keeps the number of clusters adopting at each date.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights, covariates
        See :func:`analysis.inference.panel.dense_panel`; the cohort must be constant within clusters.
    statistic : {"two_way", "att_never", "att_not_yet"}
        Two-way fixed effects coefficient, or the overall group-time average effect against never- or
        not-yet-treated clusters (without covariates).
    studentise : {"crv1", "crv3"}
        Variance in the studentised two-way statistic.
    null : float
        Hypothesised constant effect.
    max_exact, draws, seed
        Enumerate up to `max_exact` re-assignments, else sample.
    level : float
        Coverage of the intervals.

    Notes
    -----
    Young (2019); the studentised form stays valid in large samples when effects differ between clusters
    (Canay, Romano & Shaikh 2017). The interval inverts the test under a constant effect.
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
    if covariates and statistic != "two_way":
        raise ValueError(f"statistic {statistic!r} takes no covariates: leave them out or use 'two_way'")
    return randomisation_inference_from(
        panel,
        cluster_moments(panel),
        statistic=statistic,
        studentise=studentise,
        null=null,
        max_exact=max_exact,
        draws=draws,
        seed=seed,
        level=level,
    )


def randomisation_inference_from(
    panel: DensePanel,
    moments: ClusterMoments,
    *,
    statistic: str = "two_way",
    studentise: str = "crv1",
    null: float = 0.0,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
    level: float = 0.95,
) -> Randomisation:
    """The same from a panel and its moments."""
    drawn, exact = reassignments(require_assigned(panel), max_exact=max_exact, draws=draws, seed=seed)
    studentised, plain, undefined = randomisation_null(
        panel, moments, drawn, statistic=statistic, studentise=studentise
    )
    p = studentised.p_value(null)
    scale = float(np.sqrt(studentised.variance))
    smallest_p = _smallest(studentised) if exact else 1 / len(drawn)
    return Randomisation(
        estimate=studentised.estimate,
        p_studentised=p,
        p_unstudentised=plain.p_value(null),
        interval_studentised=studentised.interval(level, scale=scale, smallest_p=smallest_p),
        interval_unstudentised=plain.interval(level, scale=scale, smallest_p=smallest_p),
        level=level,
        null=null,
        statistic=statistic,
        exact=exact,
        draws=len(drawn),
        undefined=undefined,
        smallest_p=smallest_p,
        monte_carlo_se=0.0 if exact else float(np.sqrt(p * (1 - p) / len(drawn))),
    )


def require_assigned(panel: DensePanel) -> np.ndarray:
    """Each cluster's path, or an error where adoption differs within a cluster."""
    if panel.assigned is not None:
        return panel.assigned
    mixed = [
        str(label)
        for place, label in enumerate(panel.clusters)
        if len(np.unique(panel.treated[panel.bounds[place] : panel.bounds[place + 1]], axis=0)) > 1
    ]
    raise ValueError(
        f"units of one cluster adopt at different times in {', '.join(mixed[:5])}"
        f"{' and others' if len(mixed) > 5 else ''}; the cluster must be the level at which treatment was "
        "assigned"
    )


def randomisation_null(
    panel: DensePanel,
    moments: ClusterMoments,
    drawn: np.ndarray,
    *,
    statistic: str = "two_way",
    studentise: str = "crv1",
) -> tuple[NullDistribution, NullDistribution, int]:
    """The studentised and the plain null distribution over `drawn`, and the number of undefined draws."""
    assigned = require_assigned(panel)
    with_observed = np.vstack([assigned.astype(drawn.dtype), drawn])
    if statistic == "two_way":
        slopes, variances, defined = twoway_statistics(
            moments, panel.paths, assigned, with_observed, studentise=studentise
        )
    elif statistic in STATISTICS:
        slopes, variances, defined = att_statistics(
            panel, with_observed, control=statistic.removeprefix("att_")
        )
    else:
        raise ValueError(f"statistic {statistic!r} is unknown: use one of {', '.join(STATISTICS)}")
    if not defined[0]:
        raise ValueError(
            "the statistic or its variance is not identified under the observed assignment: too few clusters "
            "adopt, or none can be compared with; with a single treated cluster use studentise='crv1'"
        )
    if not variances[0, 0] > 0:
        raise ValueError("the outcome has no variation left between clusters, so nothing can be inferred")
    # An undefined draw counts as extreme: an unbounded numerator over any variance.
    slopes[0, ~defined], slopes[1, ~defined] = np.inf, 0.0
    variances[:, ~defined] = 0.0
    estimate, variance = float(slopes[0, 0]), float(variances[0, 0])
    y, treated = slopes[:, 1:]
    studentised = NullDistribution(estimate, variance, y, treated, *variances[:, 1:])
    plain = NullDistribution(estimate, 1.0, y, treated, 1.0, 0.0, 0.0)
    return studentised, plain, int((~defined[1:]).sum())


def _smallest(null: NullDistribution) -> float:
    """Share of re-assignments that cannot be told from the observed one or its mirror image.

    Under these the observed treatment itself is fitted without residual, with slope one or minus one.
    """
    same = (np.abs(np.abs(null.slope1) - 1) < 1e-8) & (null.var11 < 1e-14)
    return float((same | np.isinf(null.slope0)).mean())
