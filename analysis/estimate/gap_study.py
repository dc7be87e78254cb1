"""All that is asked about the gap between two groups of pupils in a survey; what cannot be had says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pandas as pd

from analysis.estimate.decomposition import decompose
from analysis.estimate.gap import (
    adjusted_difference,
    level_shares,
    quantile_difference,
    standardised_difference,
)
from analysis.estimate.survey import ReplicateDesign, difference, mean
from analysis.unknown import NotEstimable, attempt

Answer = pd.DataFrame | NotEstimable


@dataclass(frozen=True)
class GapStudy:
    """Answers on one outcome, each a frame of the survey engine or the reason why there is none.

    Attributes
    ----------
    means, levels
        By group, column ``track``.
    gap, gap_sd
        Difference of the means, in the unit of the outcome and in standard deviations of all pupils.
    adjusted
        Difference among pupils with equal covariates.
    interactions : mapping of covariate to answer
        The same with that covariate as moderator.
    decomposition, quantiles
        See :func:`analysis.estimate.decomposition.decompose` and
        :func:`analysis.estimate.gap.quantile_difference`.
    """

    means: Answer
    gap: Answer
    gap_sd: Answer
    adjusted: Answer
    interactions: Mapping[str, Answer]
    decomposition: Answer
    quantiles: Answer
    levels: Answer

    @classmethod
    def without(cls, why: NotEstimable, covariates: Sequence[str]) -> GapStudy:
        """No answer to anything, for one reason."""
        answers = dict.fromkeys((field.name for field in fields(cls)), why)
        return cls(**answers | {"interactions": dict.fromkeys(covariates, why)})


def gap_study(
    frame: pd.DataFrame | NotEstimable,
    *,
    outcome: Sequence[str],
    minuend: str,
    subtrahend: str,
    covariates: Sequence[str],
    quantiles: Sequence[float],
    levels: Mapping[str, float],
) -> GapStudy:
    """Estimate everything on pupils of a survey with a paired jackknife.

    Parameters
    ----------
    frame : pandas.DataFrame or NotEstimable
        Columns track, weight, zone, rep, the covariates and `outcome`; or why there are no pupils, which is
        then the answer to everything.
    outcome : sequence of str
        Columns with the plausible values.
    minuend, subtrahend : str
        Tracks of the gap.
    levels : mapping of str to float
        Lowest value of each proficiency level, from high to low.

    Raises
    ------
    ValueError
        If the frame is malformed: missing values, or weights and zones that are none.
    """
    if isinstance(frame, NotEstimable):
        return GapStudy.without(frame, covariates)
    survey = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
    values, track = frame[list(outcome)], frame["track"]
    pair = {"group": track, "minuend": minuend, "subtrahend": subtrahend}
    background = {"covariates": frame[list(covariates)], **pair}
    return GapStudy(
        means=attempt(mean, values, survey, by=track),
        gap=attempt(difference, values, survey, **pair),
        gap_sd=attempt(standardised_difference, values, survey, **pair),
        adjusted=attempt(adjusted_difference, values, survey, **background),
        interactions={
            name: attempt(adjusted_difference, values, survey, moderator=name, **background)
            for name in covariates
        },
        decomposition=attempt(decompose, values, survey, **background),
        quantiles=attempt(quantile_difference, values, survey, quantiles, **pair),
        levels=attempt(level_shares, values, survey, levels, by=track),
    )
