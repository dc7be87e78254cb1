"""Everything a question about an effect is answered with; what cannot be had costs itself and no more."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.credibility.consecutive import consecutive_contrasts
from analysis.credibility.pretrend import Pretrend, pretrend_test
from analysis.credibility.weighted_comparison import WeightedComparison, weighted_comparison
from analysis.estimate.did import (
    Bacon,
    ClusterJackknife,
    bacon,
    cluster_jackknife,
    dose_response,
    sun_abraham,
)
from analysis.inference import Answer, answer
from analysis.unknown import NotEstimable, NotEstimableError, attempt

NO_INTENSITY = NotEstimable("hoeveel jongeren per plaats zijn bereikt, is niet bekend")


@dataclass(frozen=True)
class EffectStudy:
    """The answers to one question; each an estimate or the reason why there is none.

    Attributes
    ----------
    main, imputed, two_way : Answer or NotEstimable
        Group-time comparisons (the headline), imputation (co-primary), and two-way fixed effects (for
        reference), each with its own re-assignment test.
    interacted : ClusterJackknife or NotEstimable
        Sun and Abraham.
    parts : Bacon or NotEstimable
        What the two-way coefficient compares.
    pretrend : Pretrend or NotEstimable
    slope : ClusterJackknife, NotEstimable or None
        Of the dose; None where the question does not ask for it.
    earlier : pandas.DataFrame or NotEstimable
        The same contrast between every two consecutive measurements.
    means : pandas.DataFrame
        time, group ("exposed" or "others"), mean, n (people, or else units), units.
    weighted : WeightedComparison, NotEstimable or None
        Provinces weighted to look alike; None where the question does not ask for it.
    """

    main: Answer | NotEstimable
    imputed: Answer | NotEstimable
    two_way: Answer | NotEstimable
    interacted: ClusterJackknife | NotEstimable
    parts: Bacon | NotEstimable
    pretrend: Pretrend | NotEstimable
    slope: ClusterJackknife | NotEstimable | None
    earlier: pd.DataFrame | NotEstimable
    means: pd.DataFrame
    weighted: WeightedComparison | NotEstimable | None = None


def effect_study(
    frame: pd.DataFrame,
    *,
    comparison: str = "not_yet",
    dose: bool = False,
    weighted: bool = False,
    weights: str | None = None,
    leads: int = 5,
    level: float = 0.95,
    seed: int = 0,
) -> EffectStudy:
    """Answer a question from its panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, cluster, time, cohort and value of :class:`analysis.panel.question.Panel`; n, weight and dose
        where there are any.
    comparison : {"not_yet", "never"}
    dose : bool
        Also estimate the slope in ``dose``.
    weighted : bool
        Also compare provinces that are weighted to look alike: for an outcome with many measurements before.
    weights : str, optional
        Column; each unit counts the same unless given.
    leads : int
        Periods before the start that the pre-trend test looks at.
    level, seed : float, int
    """
    names = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value"}
    asked = {**names, "cluster": "cluster", "weights": weights, "level": level, "seed": seed}
    by_weight = {} if weights is None else {"weights": weights}
    slope = None
    if dose:
        slope = NO_INTENSITY
        if "dose" in frame.columns:
            slope = attempt(
                cluster_jackknife, dose_response, frame, cluster="cluster", value="slope", **names,
                dose="dose", control=comparison,
            )  # fmt: skip
    return EffectStudy(
        main=attempt(answer, frame, **asked, estimator="group_time", control=comparison),
        imputed=attempt(answer, frame, **asked, estimator="imputation"),
        two_way=attempt(answer, frame, **asked, estimator="two_way"),
        interacted=attempt(cluster_jackknife, sun_abraham, frame, cluster="cluster", **names, **by_weight),
        parts=attempt(_parts, frame, names),
        pretrend=attempt(pretrend_test, frame, **names, cluster="cluster", periods=leads, seed=seed),
        slope=slope,
        earlier=attempt(_earlier, frame, level, seed),
        means=_means(frame),
        weighted=weighted_comparison(frame, level=level, seed=seed) if weighted else None,
    )


def _parts(frame: pd.DataFrame, names: dict[str, str]) -> Bacon:
    """Of the units that were measured every time: those the decomposition is defined for."""
    complete = frame.groupby("unit")["time"].transform("nunique") == frame["time"].nunique()
    if not complete.any():
        raise NotEstimableError(
            "no unit was measured every time: the decomposition is defined for balanced panels",
            reason="geen enkele plaats is bij elke meting gemeten",
        )
    return bacon(frame[complete], **names)


def _earlier(frame: pd.DataFrame, level: float, seed: int) -> pd.DataFrame:
    started = frame.loc[frame["cohort"].notna(), "cluster"].unique()
    return consecutive_contrasts(
        frame, unit="unit", time="time", outcome="value", cluster="cluster", treated=started,
        since=frame["cohort"].min(), level=level, seed=seed,
    )  # fmt: skip


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    people = frame["n"] if "n" in frame.columns else pd.Series(1, index=frame.index)
    group = frame["cohort"].notna().map({True: "exposed", False: "others"})
    table = frame.assign(group=group, people=people).groupby(["group", "time"], as_index=False)
    return table.agg(mean=("value", "mean"), n=("people", "sum"), units=("unit", "nunique"))
