"""The randomisation test of a frame as it is published, studentised and not: starts move over clusters.

The headline moves histories instead, and leaves size and volatility in place; see
:mod:`analysis.inference.histories`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import cluster_panel
from analysis.inference.inversion import NullDistribution
from analysis.inference.reassigned import as_null, direction, smallest_p, statistics
from analysis.inference.setting import Setting

STATISTICS = {
    "two_way": "two_way",
    "att_never": "never",
    "att_not_yet": "not_yet",
    "imputation": "imputation",
}


@dataclass(frozen=True)
class Randomisation:
    """A randomisation test of no effect, studentised and not, and the intervals that invert them.

    Attributes
    ----------
    estimate : float
        The statistic as observed.
    p_studentised, p_unstudentised : float
        Studentised by the jackknife over clusters (CRV3).
    interval_studentised, interval_unstudentised : (float, float)
        Constant effects not rejected; an end is infinite where the test cannot reject at this level.
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
    statistic: str = "two_way",
    anticipation: int = 0,
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
    frame, unit, time, cohort, outcome, cluster, weights
        See :func:`analysis.inference.cluster_panel.cluster_panel`.
    statistic : {"two_way", "att_never", "att_not_yet", "imputation"}
        Two-way fixed effects coefficient, the overall group-time average effect against never- or
        not-yet-treated clusters, or the mean imputed effect.
    anticipation : int
        Periods before the start in which clusters may react already.
    null : float
        Hypothesised constant effect.
    max_exact, draws, seed
        Enumerate up to `max_exact` re-assignments, else sample.
    level : float
        Coverage of the intervals.

    Raises
    ------
    NotEstimableError
        If the statistic or its jackknife does not exist under the observed assignment.

    Notes
    -----
    Young (2019); the studentised form stays valid in large samples when effects differ between clusters
    (Canay, Romano & Shaikh 2017). The interval inverts the test under a constant effect.
    """
    if statistic not in STATISTICS:
        raise ValueError(f"statistic {statistic!r} is unknown: use one of {', '.join(STATISTICS)}")
    panel = cluster_panel(
        frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster, weights=weights
    )
    setting = Setting(STATISTICS[statistic], anticipation)
    drawn, exact = reassignments(panel.assigned, max_exact=max_exact, draws=draws, seed=seed)
    outcomes = np.stack([panel.outcome, direction(panel, setting)])
    begin = np.vstack([panel.start, panel.begin(drawn)])
    size = float(np.abs(panel.outcome).max())
    studentised = as_null(statistics(panel, setting, begin, outcomes), size=size)
    plain = NullDistribution(studentised.estimate, 1.0, studentised.slope0, studentised.slope1, 1.0, 0.0, 0.0)
    p = studentised.p_value(null)
    scale = float(np.sqrt(studentised.variance))
    least = smallest_p(studentised, exact=exact)
    return Randomisation(
        estimate=studentised.estimate,
        p_studentised=p,
        p_unstudentised=plain.p_value(null),
        interval_studentised=studentised.interval(level, scale=scale, smallest_p=least),
        interval_unstudentised=plain.interval(level, scale=scale, smallest_p=least),
        level=level,
        null=null,
        statistic=statistic,
        exact=exact,
        draws=len(drawn),
        undefined=int(np.isinf(studentised.slope0).sum()),
        smallest_p=least,
        monte_carlo_se=0.0 if exact else float(np.sqrt(p * (1 - p) / len(drawn))),
    )
