"""One question answered: the estimate, its interval and p-value, or the reason why there is none.

The p-value is that of re-assignment, studentised by the jackknife over clusters (CRV3), for every estimator.
What a re-assignment moves is the history of a cluster; start, size and volatility stay where they are, see
:mod:`analysis.inference.histories`. Share of panels without an effect in which it is at most .05 (342
municipalities, ten years, five and three provinces adopting and four never as in ``benchmarks/inference.py``,
fixed; simulation error .002 on 12,000 panels for group-time, .0035 on 4,000 for the others):

======================  ==========  ==========  =======
shocks                  group-time  imputation  two-way
======================  ==========  ==========  =======
independent             .051        .048        .050
AR(.6)                  .049        .049        .047
AR(.8), small volatile  .048        .043        .043
AR(.6), large volatile  .053        .055        .052
t(3)                    .049        .048        .053
t(3), small volatile    .049        .047        .050
======================  ==========  ==========  =======

Over four designs it lies between .040 and .059 for group-time effects, also where those that adopt are the
volatile ones; :mod:`analysis.inference.wild` has that table, with the bootstrap that stands beside every
answer. How often it rejects in the design at hand is simulated for each question, see
:func:`analysis.credibility.size_table.size_table`.

Adoption was not by lot, and no test mends that: where the provinces that adopt share shocks of their own, or
were chosen for a low outcome, it rejects more often. With fewer than five provinces on either side the tests
contradict one another and power is next to nothing: no statement is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from analysis.inference.assignments import MAX_EXACT, assignment_count, reassignments
from analysis.inference.cluster_panel import ClusterPanel, cluster_panel
from analysis.inference.event_path import event_path, no_path
from analysis.inference.group_time import comparisons
from analysis.inference.histories import placements
from analysis.inference.reassigned import Tested, null_distribution, statistics, tested
from analysis.inference.setting import MIN_CLUSTERS, Setting
from analysis.inference.wild import wild_null
from analysis.unknown import NotEstimableError

ESTIMATORS = ("group_time", "imputation", "two_way")
CONTROLS = ("never", "not_yet")


@dataclass(frozen=True)
class Answer:
    """An effect with its inference at the level of assignment, or what can be said without.

    Attributes
    ----------
    estimate : float
        NaN where it cannot be had.
    low, high : float
        Constant effects that the randomisation test does not reject; NaN where no statement is made, infinite
        where the test cannot reject however far.
    p_value, smallest_p : float or None
        Of the studentised randomisation test of no effect, and the least it can be with this design; None
        where no statement is made.
    reason : str or None
        None where a statement is made; else, in Dutch, the clause that says why not.
    detail : str
        English: what was left out, or why there is no statement; empty where there is nothing to say.
    anticipation : float
        In event time.
    se, crv3_p : float or None
        Jackknife over clusters and its p-value by t(G - 1); None where no statement is made.
    wild_p, wild_low, wild_high : float or None
        Restricted wild cluster bootstrap, studentised by the jackknife, and its inversion.
    n_treated_clusters, n_comparison_clusters : int
        Clusters whose start the estimate uses, and those compared with when the first start.
    n_assignments : int
        Re-assignments that there are.
    draws : int
        Those that were compared with: all of them if `exact`.
    monte_carlo_se : float
        Of `p_value`; zero when exact.
    path : pandas.DataFrame
        The event study by group-time comparisons; see :func:`analysis.inference.event_path.event_path`.
    dropped : tuple of (str, int)
        What was left out, by reason.
    """

    estimate: float
    low: float
    high: float
    p_value: float | None
    smallest_p: float | None
    reason: str | None
    detail: str
    estimator: str
    control: str
    anticipation: float
    level: float
    se: float | None
    crv3_p: float | None
    wild_p: float | None
    wild_low: float | None
    wild_high: float | None
    n_units: int
    n_observations: int
    n_clusters: int
    n_treated_clusters: int
    n_comparison_clusters: int
    n_assignments: int
    draws: int
    exact: bool
    monte_carlo_se: float
    path: pd.DataFrame = field(repr=False, compare=False)
    dropped: tuple[tuple[str, int], ...] = ()

    @property
    def alpha(self) -> float:
        return 1 - self.level

    @property
    def significant(self) -> bool | None:
        """Whether the p-value is at most ``1 - level``; None where no such statement is made."""
        return None if self.p_value is None else self.p_value <= self.alpha + 1e-12

    @property
    def interval(self) -> tuple[float, float]:
        return self.low, self.high


def answer(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    estimator: str = "group_time",
    control: str = "not_yet",
    anticipation: float = 0,
    level: float = 0.95,
    seed: int = 0,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    strata: dict[str, object] | None = None,
) -> Answer:
    """The average effect on the treated of a staggered programme, by few clusters.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, cluster, weights
        See :func:`analysis.estimate.did.panel.read_panel`. The panel may be unbalanced: a comparison uses
        all units that are seen in both of its periods.
    estimator : {"group_time", "imputation", "two_way"}
        Group-time effects averaged by weight (Callaway & Sant'Anna 2021); the mean imputed effect (Borusyak,
        Jaravel & Spiess 2024), which without covariates is also that of extended two-way fixed effects
        (Wooldridge 2021); the two-way fixed effects coefficient.
    control : {"not_yet", "never"}
        Whom group-time effects compare with.
    anticipation : float
        Event time before the start in which clusters may react already: in years where waves are evenly
        spaced, in periods where they are not, as for the estimators of :mod:`analysis.estimate.did`.
    seed, max_exact, draws
        Above `max_exact` re-assignments, `draws` are sampled.
    strata : dict of cluster label to stratum, optional
        Re-assign within strata only.

    Returns
    -------
    Answer

    Raises
    ------
    ValueError
        For malformed input or options. Input that is well formed and cannot answer gives an answer with a
        `reason`.

    Notes
    -----
    Test, interval and p-value are of one kind for all estimators: the estimate over its jackknife error,
    compared with all those under re-assignments of histories to places, and inverted under a constant effect.
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator {estimator!r} is unknown: use one of {', '.join(ESTIMATORS)}")
    if control not in CONTROLS:
        raise ValueError(f"control {control!r} is unknown: use one of {', '.join(CONTROLS)}")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    panel = cluster_panel(
        frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster, weights=weights
    )
    setting = Setting(control if estimator == "group_time" else estimator, panel.steps(anticipation))
    return answered(
        panel,
        setting,
        control=control,
        level=level,
        seed=seed,
        max_exact=max_exact,
        draws=draws,
        strata=strata,
    )


def answered(
    panel: ClusterPanel,
    setting: Setting,
    *,
    control: str = "not_yet",
    level: float = 0.95,
    seed: int = 0,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    strata: dict[str, object] | None = None,
) -> Answer:
    """The same from a panel already read; `setting` without further regressors."""
    known: dict[str, object] = {}
    try:
        panel = panel.without_early(setting.anticipation)
        treated, compared = sides(panel, control, setting.anticipation)
        known = {"n_treated_clusters": treated, "n_comparison_clusters": compared}
        first = statistics(panel, setting, panel.start[None])
        known["estimate"] = _required(float(first.estimate[0, 0]))
        path = event_path(panel, Setting(control, setting.anticipation))
        known["path"] = path.table()
        _require_enough(treated, compared, len(panel.clusters))
        groups = _strata(panel, strata)
        drawn, exact = reassignments(
            panel.assigned, strata=groups, max_exact=max_exact, draws=draws, seed=seed
        )
        known |= {
            "n_assignments": assignment_count(panel.assigned, groups),
            "draws": len(drawn),
            "exact": exact,
        }
        null = null_distribution(panel, setting, placements(drawn, panel.assigned, panel.mass, groups))
        result = tested(null, panel, exact=exact, level=level)
        known["path"] = path.table(level, seed=seed)
        _require_attainable(result, 1 - level)
    except NotEstimableError as error:
        return _answer(panel, setting, control, level, known, reason=error.reason, detail=error.detail)
    freedom = result.clusters - 1
    known |= {
        "estimate": result.estimate,
        "low": result.low,
        "high": result.high,
        "p_value": result.p_value,
        "smallest_p": result.smallest_p,
        "se": result.se,
        "crv3_p": float(2 * stats.t.sf(abs(result.estimate) / result.se, freedom)),
        **_bootstrapped(panel, setting, result.se, level, seed),
        "monte_carlo_se": result.monte_carlo_se,
    }
    return _answer(panel, setting, control, level, known)


def _bootstrapped(panel: ClusterPanel, setting: Setting, se: float, level: float, seed: int) -> dict:
    null = wild_null(panel, setting, seed=seed)
    low, high = null.interval(level, scale=se, smallest_p=1 / len(null.slope0))
    return {"wild_p": null.p_value(), "wild_low": low, "wild_high": high}


def sides(panel: ClusterPanel, control: str, anticipation: int) -> tuple[int, int]:
    """Clusters whose start a comparison uses, and the most that one is compared with.

    Where all are treated in the end, the last to start are compared with and have no effect of their own.
    """
    paths = np.unique(panel.first)
    used = [
        item
        for item in comparisons(paths, len(panel.times), Setting(control, anticipation))
        if item.event >= 0
    ]
    treated = np.isin(panel.first, [item.path for item in used]).sum()
    compared = max((np.isin(panel.first, item.others).sum() for item in used), default=0)
    return int(treated), int(compared)


def _answer(panel, setting, control, level, known, *, reason=None, detail="") -> Answer:
    remarks = [f"{count} {what} left out" for what, count in panel.dropped]
    nothing = {
        "estimate": np.nan,
        "low": np.nan,
        "high": np.nan,
        "p_value": None,
        "smallest_p": None,
        "se": None,
        "crv3_p": None,
        "wild_p": None,
        "wild_low": None,
        "wild_high": None,
        "n_treated_clusters": panel.treated_clusters,
        "n_comparison_clusters": panel.comparison_clusters,
        "n_assignments": 0,
        "draws": 0,
        "exact": False,
        "monte_carlo_se": 0.0,
        "path": no_path(),
    }
    return Answer(
        **(nothing | known),
        reason=reason,
        detail="; ".join([*remarks, *([detail] if detail else [])]),
        estimator=setting.estimator if setting.by_regression else "group_time",
        control=control,
        anticipation=setting.anticipation * panel.step,
        level=level,
        n_units=panel.units,
        n_observations=panel.observations,
        n_clusters=len(panel.clusters),
        dropped=panel.dropped,
    )


def _required(estimate: float) -> float:
    if np.isfinite(estimate):
        return estimate
    raise NotEstimableError(
        "the estimate is not identified: no cluster starts within the panel after a period without the "
        "programme, or none can be compared with",
        reason="er is geen provincie die binnen de metingen begint en met een andere te vergelijken is",
    )


def _require_enough(treated: int, compared: int, clusters: int) -> None:
    few = min(treated, compared)
    if few >= MIN_CLUSTERS:
        return
    # Not how many started: a start counts while others can be compared with, and the last to start have none.
    which, verb = ("van {} is een start te vergelijken", "treated") if few == treated else (
        "een start is te vergelijken met hooguit {}", "to compare with"
    )  # fmt: skip
    raise NotEstimableError(
        f"{few} of {clusters} clusters {verb}: below {MIN_CLUSTERS} on either side no test is reliable",
        reason=f"{which.format(f'{few} van de {clusters} provincies')}, en met minder dan {MIN_CLUSTERS} is "
        "geen toets betrouwbaar",
    )


def no_statement(found: Tested, level: float = 0.95) -> str:
    """Why no statement on significance is made of a test, in Dutch; "" where one may be made.

    The same limits as :func:`answer` keeps, for an estimate that is tested beside it.

    Parameters
    ----------
    found : Tested
        Or a row of a table of these, see :func:`analysis.inference.reassigned.as_table`.
    level : float
        Coverage of its interval.
    """
    try:
        _require_enough(int(found.treated_clusters), int(found.comparison_clusters), int(found.clusters))
        _require_attainable(found, 1 - level)
    except NotEstimableError as error:
        return error.reason
    return ""


def _require_attainable(result: Tested, alpha: float) -> None:
    if result.smallest_p <= alpha + 1e-12:
        return
    shown = f"{result.smallest_p:.3f}".replace(".", ",")
    raise NotEstimableError(
        f"the least p-value this design can give is {result.smallest_p:.4f}, above {alpha:g}",
        reason=f"de kleinste p-waarde die deze opzet kan geven is {shown}",
    )


def _strata(panel: ClusterPanel, strata: dict[str, object] | None) -> np.ndarray | None:
    if strata is None:
        return None
    unknown = [label for label in panel.clusters if label not in strata]
    if unknown:
        raise ValueError(f"the stratum of {', '.join(unknown)} is not given")
    return np.unique([str(strata[label]) for label in panel.clusters], return_inverse=True)[1]
