"""All that is asked about the outcomes of a panel: means by wave, and growth estimated in four ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.estimate.attrition import AttritionWeights
from analysis.estimate.checks import row_weights
from analysis.estimate.growth import MODELS, PRIMARY, Growth, growth
from analysis.estimate.wave_means import wave_means
from analysis.unknown import NotEstimable, attempt


@dataclass(frozen=True)
class GrowthStudy:
    """Answers on one outcome, each with what was found or why it cannot be had.

    Attributes
    ----------
    means, gaps : pandas.DataFrame or NotEstimable
        See :func:`analysis.estimate.wave_means.wave_means`; weighted for attrition.
    weighted : dict of str to Growth or NotEstimable
        By model, weighted for attrition.
    unweighted : Growth or NotEstimable
        The primary model with the sampling weights alone, to see what the attrition weights do.
    """

    means: pd.DataFrame | NotEstimable
    gaps: pd.DataFrame | NotEstimable
    weighted: dict[str, Growth | NotEstimable]
    unweighted: Growth | NotEstimable

    @classmethod
    def without(cls, why: NotEstimable) -> GrowthStudy:
        """No answer to anything, for one reason."""
        return cls(why, why, dict.fromkeys(MODELS, why), why)


def growth_studies(
    frame: pd.DataFrame | NotEstimable,
    outcomes: Sequence[str],
    weights: AttritionWeights | NotEstimable,
    *,
    groups: Sequence[str],
    minuend: str,
    subtrahend: str,
    level: float = 0.95,
) -> dict[str, GrowthStudy]:
    """:func:`growth_study` of each outcome; without a panel the reason is the answer to all."""
    if isinstance(frame, NotEstimable):
        return {outcome: GrowthStudy.without(frame) for outcome in outcomes}
    shared = {"groups": groups, "minuend": minuend, "subtrahend": subtrahend, "level": level}
    own = weights if isinstance(weights, NotEstimable) else weights.weights
    return {outcome: growth_study(frame, outcome, own, **shared) for outcome in outcomes}


def growth_study(
    frame: pd.DataFrame,
    outcome: str,
    weights: pd.Series | NotEstimable,
    *,
    groups: Sequence[str],
    minuend: str,
    subtrahend: str,
    level: float = 0.95,
) -> GrowthStudy:
    """Fit all models on rows pupil, wave, track, school and weight; clusters are schools.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows without an answer on `outcome` are left out; ``n`` of the results says how many remain.
    weights : pandas.Series or NotEstimable
        One a row, aligned by index, of :func:`analysis.estimate.attrition.attrition_weights`, or why there
        are none.

    Raises
    ------
    ValueError
        For what :func:`analysis.estimate.growth.growth` refuses as malformed.
    """
    known = frame[outcome].notna()
    if not known.any():
        return GrowthStudy.without(
            NotEstimable("op deze vraag is geen enkel antwoord", f"{outcome}: no answer")
        )
    kept = frame[known].reset_index(drop=True)
    names = {
        "outcome": outcome, "unit": "pupil", "time": "wave", "group": "track", "groups": groups,
        "minuend": minuend, "subtrahend": subtrahend, "cluster": "school", "level": level,
    }  # fmt: skip
    unweighted = attempt(growth, kept, PRIMARY, weights=kept["weight"], **names)
    if isinstance(weights, NotEstimable):
        return GrowthStudy(weights, weights, dict.fromkeys(MODELS, weights), unweighted)
    own = row_weights(weights, frame, "weights")[known.to_numpy()].reset_index(drop=True)
    means = attempt(wave_means, kept, weights=own, **names)
    means, gaps = (means, means) if isinstance(means, NotEstimable) else means
    return GrowthStudy(
        means=means,
        gaps=gaps,
        weighted={model: attempt(growth, kept, model, weights=own, **names) for model in MODELS},
        unweighted=unweighted,
    )
