"""Weights for those who leave a panel: one over the chance of still taking part.

A pupil leaves with the school or alone. The chance that a school stays is the share of schools that do so
in that year; the chance that a pupil stays while the school does is estimated from what was observed before
(track, last answer, year) by a logistic regression. The weight of a pupil in a year is one over the product
of the chances so far. This removes the bias of leaving so far as leaving depends on what is in the model
("missing at random"); it cannot know what is not.

References
----------
Robins, Rotnitzky & Zhao (1995), Analysis of semiparametric regression models for repeated outcomes in the
presence of missing data, JASA 90. Wooldridge (2002), Inverse probability weighted M-estimators for sample
selection, attrition and stratification, Portuguese Econ. J. 1. Kish (1965), Survey sampling (effective n).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.checks import require_columns, require_complete, require_positive
from analysis.estimate.variance_components import dummies
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class AttritionWeights:
    """Weights and how they came about.

    Attributes
    ----------
    weights : pandas.Series
        One a row of the frame, above zero, mean 1.
    coefficients : pandas.Series
        Log odds of staying.
    trimmed : int
        Rows whose weight was cut off.
    bounds : tuple of float
        Between which weights were cut off, before scaling to mean 1.
    """

    weights: pd.Series
    coefficients: pd.Series
    trimmed: int
    bounds: tuple[float, float]

    @property
    def effective_n(self) -> float:
        """Rows that equally weighted rows would be worth (Kish)."""
        return effective_n(self.weights)


def effective_n(weights: pd.Series) -> float:
    """``(sum w)² / sum w²``."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def attrition_weights(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    group: str,
    groups: Sequence[str],
    last_answer: str,
    cluster: str,
    trim: tuple[float, float] = (0.01, 0.99),
    base_weight: str | None = None,
    ends: str | None = None,
) -> AttritionWeights:
    """Weights for the rows of an unbalanced panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and wave in which it took part.
    unit, time, group, cluster : str
        Pupil, wave (numbers, any distance apart: only their order counts), track, school.
    last_answer : str
        Outcome whose last observed value may drive leaving; missing values allowed.
    trim : tuple of float
        Quantiles of the weights at which they are cut off.
    base_weight : str or None
        Column with sampling weights to multiply by.
    ends : str or None
        Column that is true where the schooling of the unit ends with the wave: who is gone after it did not
        drop out, so such rows say nothing of the chance to leave and raise nobody's weight.

    Raises
    ------
    ValueError
        For a unit twice in a wave, an unknown group or a base weight of zero or less.
    NotEstimableError
        When staying is predicted perfectly, so that someone has no chance of staying.
    """
    require_columns(frame, [last_answer], "frame")
    complete = [unit, time, group, cluster, *([ends] if ends else [])]
    require_complete(frame, complete, "frame")
    labels, said = frame.index, sorted(frame[time].unique())
    frame = frame.reset_index(drop=True)
    frame[time] = frame[time].rank(method="dense").astype(int)  # a wave is a place in their order
    if frame.duplicated([unit, time]).any():
        first = frame.loc[frame.duplicated([unit, time]), [unit, time]].iloc[0]
        raise ValueError(f"{unit} {first[unit]} occurs twice in {time} {said[first[time] - 1]}")
    if base_weight is not None:
        require_positive(frame[base_weight], f"column {base_weight}")
    names = [*complete, last_answer]
    filled = _filled(frame[names], unit, time, complete[2:])
    risk = _at_risk(filled, unit, time, cluster, last_answer, ends)
    coefficients, chance = _chances(risk, time, group, groups)
    chance = chance * risk["cluster_chance"].to_numpy()
    # the weight of the wave that follows: stayers carry one over the product of their chances so far
    risk = risk.assign(factor=1.0 / chance)
    product = risk.groupby(unit)["factor"].cumprod()
    product = product.groupby(risk[unit]).shift(fill_value=1.0)
    product.index = pd.MultiIndex.from_frame(risk[[unit, time]])
    raw = pd.Series(
        product.reindex(pd.MultiIndex.from_frame(frame[[unit, time]])).to_numpy(), index=frame.index
    )
    if base_weight is not None:
        raw = raw * frame[base_weight]
    low, high = np.quantile(raw, trim[0]), np.quantile(raw, trim[1])
    cut = raw.clip(low, high)
    weights = (cut / cut.mean()).rename("weight").set_axis(labels)
    return AttritionWeights(
        weights=weights,
        coefficients=coefficients.rename({f"{time}={k}": f"{time}={wave}" for k, wave in enumerate(said, 1)}),
        trimmed=int((cut != raw).sum()),
        bounds=(float(low), float(high)),
    )


def _filled(rows: pd.DataFrame, unit: str, time: str, constant: list[str]) -> pd.DataFrame:
    """A row for every wave from a unit's first to its last: who skips one and comes back has not left."""
    spans = rows.groupby(unit)[time].agg(["min", "max"])
    count = (spans["max"] - spans["min"] + 1).to_numpy()
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    every = pd.DataFrame(
        {
            unit: np.repeat(spans.index.to_numpy(), count),
            time: np.repeat(spans["min"].to_numpy(), count) + step,
        }
    )
    filled = every.merge(rows, on=[unit, time], how="left")
    filled[constant] = filled.groupby(unit)[constant].ffill()
    return filled


def _at_risk(
    rows: pd.DataFrame, unit: str, time: str, cluster: str, last_answer: str, ends: str | None
) -> pd.DataFrame:
    """Every row with the last answer so far (standardised), and whether pupil and school are seen later."""
    answer = rows.groupby(unit)[last_answer].ffill()
    scale = answer.std()
    score = ((answer - answer.mean()) / (scale if scale > 0 else 1.0)).fillna(0.0)
    stays = rows[time] < rows.groupby(unit)[time].transform("max")
    over = rows[ends].astype(bool) if ends else pd.Series(False, index=rows.index)
    cluster_stays = rows[time] < rows.groupby(cluster)[time].transform("max")
    # a school whose pupils are all at their end is not one that stopped taking part
    schools = rows.assign(stays=cluster_stays)[~over].drop_duplicates([cluster, time])
    cluster_chance = rows[time].map(schools.groupby(time)["stays"].mean())
    # who leaves with the school or at the end of it, or in a wave in which nobody left alone, says nothing of
    # the chance to leave alone
    could_not = ~cluster_stays | over
    alone = ~could_not & ~rows[time].map((stays | could_not).groupby(rows[time]).all())
    return rows.assign(
        score=score,
        unknown=answer.isna().astype(float),
        stays=stays,
        alone=alone,
        cluster_chance=cluster_chance.where(cluster_stays & ~over, 1.0),
    )


def _chances(
    risk: pd.DataFrame, time: str, group: str, groups: Sequence[str]
) -> tuple[pd.Series, np.ndarray]:
    """Log odds of staying alone, and everyone's chance: one for those who could not leave alone."""
    chance = np.ones(len(risk))
    rows = risk[risk["alone"]]
    if rows.empty:
        return pd.Series(dtype=float), chance
    used = [name for name in groups if (rows[group] == name).any()]
    parts = [
        dummies(rows, time, categories=sorted(rows[time].unique())),
        dummies(rows, group, categories=used, reference=used[0]),
        rows[["score"]],
    ]
    if rows["unknown"].any():
        parts.append(rows[["unknown"]])
    coefficients, fitted = _logit(pd.concat(parts, axis=1), rows["stays"].to_numpy(dtype=float))
    chance[risk["alone"].to_numpy()] = fitted
    return coefficients, chance


def _logit(design: pd.DataFrame, stays: np.ndarray) -> tuple[pd.Series, np.ndarray]:
    """Coefficients and fitted chances by Newton's method."""
    x = design.to_numpy(dtype=float)
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(x @ beta)))
        information = (x * (chance * (1 - chance))[:, None]).T @ x
        try:
            step = np.linalg.solve(information, x.T @ (stays - chance))
        except np.linalg.LinAlgError:
            break
        beta += step
        if np.abs(step).max() < 1e-10:
            return pd.Series(beta, index=design.columns), 1 / (1 + np.exp(-(x @ beta)))
    raise NotEstimableError(
        "staying is predicted perfectly for some group, so someone has no chance to leave or to stay: "
        "merge groups",
        reason="van een deel van de leerlingen staat vast of zij blijven; hun uitval is dan niet te wegen",
    )
