"""A second opinion for few provinces that were not drawn by lot: comparisons weighted to look alike.

Every province is one unit. Synthetic difference-in-differences weights the provinces without a start, and the
measurements before it, so that the two groups ran in parallel; augmented synthetic control imitates each
province with a start by itself. Both are tested by all re-assignments of the starts over the provinces; the
placebo of the first gives its standard error, that of the second a rank for each province.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import pandas as pd

from analysis.estimate.synthetic_control import SyntheticControls, synthetic_control
from analysis.estimate.synthetic_did import SyntheticDid, synthetic_did
from analysis.inference import no_statement
from analysis.inference.synthetic import (
    SyntheticPermutation,
    permutation_interval,
    permute_control,
    permute_synthetic,
    placebo_synthetic,
)
from analysis.unknown import NotEstimable, NotEstimableError, attempt

MAX_EXACT, DRAWS = 2_000, 999
_NAMES = {"unit": "province", "time": "time", "cohort": "cohort", "outcome": "value"}


@dataclass(frozen=True)
class WeightedEstimate:
    """One of the two estimates with its test.

    Attributes
    ----------
    exact : bool
        All re-assignments, or a sample.
    treated_clusters, comparison_clusters, clusters : int
        Provinces the estimate is about, is compared with, and both.
    reason : str
        Why no statement on significance is made, in Dutch; "" where one may be made.
    low, high : float or None
        Constant effects that the test does not reject; None for synthetic control.
    se : float or None
        From the placebo on provinces without a start; None where there are too few of them.
    """

    estimate: float
    p_value: float
    smallest_p: float
    exact: bool
    treated_clusters: int
    comparison_clusters: int
    clusters: int
    reason: str = ""
    low: float | None = None
    high: float | None = None
    se: float | None = None


@dataclass(frozen=True)
class WeightedComparison:
    """Both estimates, and the weights they rest on.

    Attributes
    ----------
    did : WeightedEstimate or NotEstimable
        Synthetic difference-in-differences.
    control : WeightedEstimate or NotEstimable
        Augmented synthetic control, mean over the provinces whose imitation was accepted.
    unit_weights : pandas.DataFrame or NotEstimable
        cohort, unit, weight: of the first.
    time_weights : pandas.DataFrame or NotEstimable
        cohort, time, weight: of the first.
    imitated : pandas.DataFrame or NotEstimable
        unit, estimate, rmspe_before, p_value, smallest_p, refused: each province by the second.
    imitation_weights : pandas.DataFrame or NotEstimable
        treated, unit, weight: of the second.
    """

    did: WeightedEstimate | NotEstimable
    control: WeightedEstimate | NotEstimable
    unit_weights: pd.DataFrame | NotEstimable
    time_weights: pd.DataFrame | NotEstimable
    imitated: pd.DataFrame | NotEstimable
    imitation_weights: pd.DataFrame | NotEstimable


def weighted_comparison(frame: pd.DataFrame, *, level: float = 0.95, seed: int = 0) -> WeightedComparison:
    """Both estimates of a question's panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, province, time, cohort and value of :class:`analysis.panel.question.Panel`; n where there is
        any. Smaller units are averaged by n over those that were measured every time.
    """
    provinces = attempt(by_province, frame)
    if isinstance(provinces, NotEstimable):
        return WeightedComparison(*([provinces] * 6))
    did = attempt(synthetic_did, provinces, **_NAMES)
    control = attempt(synthetic_control, provinces, **_NAMES)
    return WeightedComparison(
        did=attempt(_did, did, level, seed),
        control=attempt(_control, control, level, seed),
        unit_weights=attempt(attrgetter("unit_weights"), did),
        time_weights=attempt(attrgetter("time_weights"), did),
        imitated=attempt(attrgetter("table"), control),
        imitation_weights=attempt(attrgetter("weights"), control),
    )


def by_province(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a province and measurement: province, time, cohort, value.

    Raises
    ------
    NotEstimableError
        If the start is known by municipality, so that a province has no one start; or if no place of a
        province was measured every time.
    """
    complete = frame.groupby("unit")["time"].transform("nunique") == frame["time"].nunique()
    absent = sorted(set(frame["province"]) - set(frame.loc[complete, "province"]))
    if absent:
        raise NotEstimableError(
            f"no place of {', '.join(absent)} was measured every time: weights need every cell",
            reason="niet in elke provincie is er een plaats die bij elke meting is gemeten",
        )
    frame = frame[complete]
    starts = frame.groupby("province")["cohort"].nunique(dropna=False)
    if (starts > 1).any():
        raise NotEstimableError(
            f"the places of {', '.join(starts.index[starts > 1])} start at different times",
            reason="deze schatting vergelijkt provincies, en de start is hier per gemeente bekend",
        )
    weight = frame["n"].astype(float) if "n" in frame.columns else 1.0
    parts = frame.assign(weight=weight, part=frame["value"] * weight)
    grouped = parts.groupby(["province", "time"], as_index=False)
    sums = grouped.agg(weight=("weight", "sum"), part=("part", "sum"), cohort=("cohort", "first"))
    return sums.assign(value=sums["part"] / sums["weight"])[["province", "time", "cohort", "value"]]


def _did(found: SyntheticDid, level: float, seed: int) -> WeightedEstimate:
    test = permute_synthetic(found, max_exact=MAX_EXACT, draws=DRAWS, seed=seed)
    low, high = permutation_interval(found, level=level, max_exact=MAX_EXACT, draws=DRAWS, seed=seed)
    placebo = attempt(placebo_synthetic, found, max_exact=MAX_EXACT, draws=DRAWS, seed=seed)
    se = None if isinstance(placebo, NotEstimable) else placebo.se
    return _estimate(test, found.n_treated, found.n_controls, level, low=low, high=high, se=se)


def _control(found: SyntheticControls, level: float, seed: int) -> WeightedEstimate:
    test = permute_control(found, max_exact=MAX_EXACT, draws=DRAWS, seed=seed)
    accepted = int((found.table["refused"] == "").sum())
    return _estimate(test, accepted, found.n_controls, level)


def _estimate(
    test: SyntheticPermutation, treated: int, compared: int, level: float, **given
) -> WeightedEstimate:
    found = WeightedEstimate(
        test.estimate,
        test.p_value,
        test.smallest_p,
        test.exact,
        treated,
        compared,
        treated + compared,
        **given,
    )
    return WeightedEstimate(**vars(found) | {"reason": no_statement(found, level)})
