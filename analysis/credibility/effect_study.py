"""Everything a question about an effect is answered with; what cannot be had costs itself and no more."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.credibility.consecutive import consecutive_contrasts
from analysis.credibility.pretrends import Pretrends, pretrends
from analysis.credibility.weighted_comparison import WeightedComparison, weighted_comparison
from analysis.estimate.did import (
    Bacon,
    ClusterJackknife,
    OnOff,
    bacon,
    cluster_jackknife,
    dose_response,
    on_off_effect,
    sun_abraham,
)
from analysis.inference import Answer, Setting, answer, cluster_panel
from analysis.unknown import NotEstimable, NotEstimableError, attempt

ESTIMATORS = ("group_time", "imputation", "two_way")
NO_INTENSITY = NotEstimable("hoeveel jongeren per plaats zijn bereikt, is niet bekend")


@dataclass(frozen=True)
class EffectStudy:
    """The answers to one question; each an estimate or the reason why there is none.

    Attributes
    ----------
    main, beside, compared : Answer or NotEstimable
        The headline, the co-primary estimator, and one printed for comparison, each with its own
        re-assignment test.
    interacted : ClusterJackknife or NotEstimable
        Sun and Abraham.
    parts : Bacon or NotEstimable
        What the two-way coefficient compares.
    trends : Pretrends or NotEstimable
        Slopes before the start by cohort.
    slope : ClusterJackknife, NotEstimable or None
        Of the dose; None where the question does not ask for it.
    earlier : pandas.DataFrame or NotEstimable
        The same contrast between every two consecutive measurements.
    means : pandas.DataFrame
        time, group ("exposed" or "others"), mean, n (people, or else units), units.
    weighted : WeightedComparison, NotEstimable or None
        Provinces weighted to look alike; None where the question does not ask for it.
    stopped : OnOff, NotEstimable or None
        With what was measured after a stop; None where the programme stopped nowhere.
    """

    main: Answer | NotEstimable
    beside: Answer | NotEstimable
    compared: Answer | NotEstimable
    interacted: ClusterJackknife | NotEstimable
    parts: Bacon | NotEstimable
    trends: Pretrends | NotEstimable
    slope: ClusterJackknife | NotEstimable | None
    earlier: pd.DataFrame | NotEstimable
    means: pd.DataFrame
    weighted: WeightedComparison | NotEstimable | None = None
    stopped: OnOff | NotEstimable | None = None


def effect_study(
    frame: pd.DataFrame,
    *,
    comparison: str = "not_yet",
    estimators: tuple[str, str, str] = ESTIMATORS,
    dose: bool = False,
    weighted: bool = False,
    weights: str | None = None,
    smallest: float | None = None,
    on_off: pd.DataFrame | None = None,
    stopped: str = "switch_path",
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
    estimators : tuple of str
        Of the headline, beside it, and for comparison; see :func:`analysis.inference.answer`.
    dose : bool
        Also estimate the slope in ``dose``.
    weighted : bool
        Also compare provinces that are weighted to look alike: for an outcome with many measurements before.
    weights : str, optional
        Column; each unit counts the same unless given.
    smallest : float, optional
        The smallest effect of interest: trends before the start that bias the headline by less are alike.
    on_off : pandas.DataFrame, optional
        Every measurement with `on`, where the programme stopped before one; as of
        :class:`analysis.panel.question.Panel`.
    stopped : {"switch_path", "switchers"}
        The estimator for that.
    """
    main, beside, compared = estimators
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
        main=attempt(answer, frame, **asked, estimator=main, control=comparison),
        beside=attempt(answer, frame, **asked, estimator=beside),
        compared=attempt(answer, frame, **asked, estimator=compared),
        interacted=attempt(cluster_jackknife, sun_abraham, frame, cluster="cluster", **names, **by_weight),
        parts=attempt(_parts, frame, names),
        trends=attempt(_trends, frame, asked, comparison, smallest),
        slope=slope,
        earlier=attempt(_earlier, frame, level, seed),
        means=_means(frame),
        weighted=weighted_comparison(frame, level=level, seed=seed) if weighted else None,
        stopped=None
        if on_off is None
        else attempt(
            on_off_effect,
            on_off,
            unit="unit",
            time="time",
            exposure="on",
            outcome="value",
            cluster="cluster",
            estimator=stopped,
            level=level,
        ),
    )


def _trends(frame: pd.DataFrame, asked: dict, comparison: str, smallest: float | None) -> Pretrends:
    options = {name: asked[name] for name in ("level", "seed")}
    panel = cluster_panel(frame, **{name: item for name, item in asked.items() if name not in options})
    return pretrends(panel, headline=Setting(comparison), bound=smallest, **options)


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
