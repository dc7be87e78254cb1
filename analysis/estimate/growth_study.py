"""All that is asked about one outcome of the panel: means by wave, and growth estimated in four ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.estimate.checks import row_weights
from analysis.estimate.growth import MODELS, PRIMARY, Growth, growth
from analysis.estimate.wave_means import wave_means
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class GrowthStudy:
    """Answers on one outcome.

    Attributes
    ----------
    means, gaps : pandas.DataFrame
        See :func:`analysis.estimate.wave_means.wave_means`; weighted for attrition.
    weighted : dict of str to Growth
        By model, weighted for attrition.
    unweighted : Growth
        The primary model with the sampling weights alone, to see what the attrition weights do.
    """

    means: pd.DataFrame
    gaps: pd.DataFrame
    weighted: dict[str, Growth]
    unweighted: Growth


def growth_study(
    frame: pd.DataFrame,
    outcome: str,
    weights: pd.Series,
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
    weights : pandas.Series
        One a row, aligned by index, of :func:`analysis.estimate.attrition.attrition_weights`.

    Raises
    ------
    ValueError
        If nobody has an answer, or for what :func:`analysis.estimate.growth.growth` refuses.
    """
    known = frame[outcome].notna()
    if not known.any():
        raise NotEstimableError(
            f"{outcome}: no pupil has an answer in any wave", reason="niemand heeft deze vraag beantwoord"
        )
    weights = row_weights(weights, frame, "weights")[known.to_numpy()].reset_index(drop=True)
    frame = frame[known].reset_index(drop=True)
    names = {
        "outcome": outcome, "unit": "pupil", "time": "wave", "group": "track", "groups": groups,
        "minuend": minuend, "subtrahend": subtrahend, "cluster": "school", "level": level,
    }  # fmt: skip
    means, gaps = wave_means(frame, weights=weights, **names)
    return GrowthStudy(
        means=means,
        gaps=gaps,
        weighted={model: growth(frame, model, weights=weights, **names) for model in MODELS},
        unweighted=growth(frame, PRIMARY, weights=frame["weight"], **names),
    )
