"""Weights for those who leave a panel: one over the chance of still taking part.

Each year's chance of staying is estimated from what was observed before (track, last answer, year) by a
logistic regression over all pupil-years; the weight of a pupil in a year is one over the product of the
chances so far. This removes the bias of leaving so far as leaving depends on what is in the model
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


@dataclass(frozen=True)
class AttritionWeights:
    """Weights and how they came about.

    Attributes
    ----------
    weights : pandas.Series
        One a row of the frame, above zero, mean 1.
    coefficients : pandas.Series
        Log odds of staying.
    by_wave : pandas.DataFrame
        One row a wave: wave, n, share (of those who ever entered by then), mean_weight, max_weight,
        effective_n.
    trimmed : int
        Rows whose weight was cut off.
    bounds : tuple of float
        Between which weights were cut off, before scaling to mean 1.
    """

    weights: pd.Series
    coefficients: pd.Series
    by_wave: pd.DataFrame
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
    trim: tuple[float, float] = (0.01, 0.99),
    base_weight: str | None = None,
) -> AttritionWeights:
    """Weights for the rows of an unbalanced panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and wave in which it took part.
    unit, time, group : str
        Pupil, whole-numbered wave, track.
    last_answer : str
        Outcome whose last observed value may drive leaving; missing values allowed.
    trim : tuple of float
        Quantiles of the weights at which they are cut off.
    base_weight : str or None
        Column with sampling weights to multiply by.

    Raises
    ------
    ValueError
        For a unit twice in a wave, an unknown group, a base weight of zero or less, or when staying is
        predicted perfectly, so that someone has no chance of staying.
    """
    require_columns(frame, [last_answer], "frame")
    require_complete(frame, [unit, time, group], "frame")
    if frame.duplicated([unit, time]).any():
        first = frame.loc[frame.duplicated([unit, time]), [unit, time]].iloc[0]
        raise ValueError(f"{unit} {first[unit]!r} occurs twice in {time} {first[time]}")
    if base_weight is not None:
        require_positive(frame[base_weight], f"column {base_weight}")
    risk = _at_risk(
        _filled(frame[[unit, time, group, last_answer]], unit, time, group), unit, time, last_answer
    )
    if risk["stays"].all():
        weights = pd.Series(1.0, index=frame.index)
        return AttritionWeights(
            weights, pd.Series(dtype=float), _by_wave(frame, weights, time), 0, (1.0, 1.0)
        )
    design = _design(risk, time, group, groups)
    coefficients, chance = _logit(design, risk["stays"].to_numpy(dtype=float))
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
    weights = (cut / cut.mean()).rename("weight")
    return AttritionWeights(
        weights=weights,
        coefficients=coefficients,
        by_wave=_by_wave(frame, weights, time),
        trimmed=int((cut != raw).sum()),
        bounds=(float(low), float(high)),
    )


def _filled(rows: pd.DataFrame, unit: str, time: str, group: str) -> pd.DataFrame:
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
    filled[group] = filled.groupby(unit)[group].ffill()
    return filled


def _at_risk(rows: pd.DataFrame, unit: str, time: str, last_answer: str) -> pd.DataFrame:
    """Every row with whether the unit is seen again later, and its last answer so far, standardised."""
    final_wave = rows[time].max()
    answer = rows.groupby(unit)[last_answer].ffill()
    known = answer.notna()
    scale = answer.std()
    score = ((answer - answer.mean()) / (scale if scale > 0 else 1.0)).fillna(0.0)
    stays = rows[time] < rows.groupby(unit)[time].transform("max")
    risk = rows.assign(score=score, unknown=(~known).astype(float), stays=stays)
    # nobody can leave after the last wave: those rows are kept for the product, with a chance of one
    return risk.assign(final=risk[time] == final_wave)


def _design(risk: pd.DataFrame, time: str, group: str, groups: Sequence[str]) -> pd.DataFrame:
    waves = sorted(risk.loc[~risk["final"], time].unique())
    used = [name for name in groups if (risk[group] == name).any()]
    parts = [
        dummies(risk.assign(**{time: risk[time].where(~risk["final"], waves[-1])}), time, categories=waves),
        dummies(risk, group, categories=used, reference=used[0]),
        risk[["score"]],
    ]
    if risk["unknown"].any():
        parts.append(risk[["unknown"]])
    return pd.concat(parts, axis=1).assign(_final=risk["final"])


def _logit(design: pd.DataFrame, stays: np.ndarray, steps: int = 50) -> tuple[pd.Series, np.ndarray]:
    """Coefficients and chances by Newton's method; rows of the last wave get a chance of one."""
    final = design.pop("_final").to_numpy()
    x, y = design.to_numpy(dtype=float)[~final], stays[~final]
    beta = np.zeros(x.shape[1])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-(x @ beta)))
        information = (x * (chance * (1 - chance))[:, None]).T @ x
        try:
            step = np.linalg.solve(information, x.T @ (y - chance))
        except np.linalg.LinAlgError:
            break
        beta += step
        if np.abs(step).max() < 1e-10:
            fitted = np.ones(len(final))
            fitted[~final] = 1 / (1 + np.exp(-(x @ beta)))
            return pd.Series(beta, index=design.columns), fitted
    raise ValueError(
        "staying is predicted perfectly in some wave or group, so someone has no chance to stay: "
        "merge groups or leave the wave out"
    )


def _by_wave(frame: pd.DataFrame, weights: pd.Series, time: str) -> pd.DataFrame:
    table = pd.DataFrame({"wave": frame[time], "w": weights}).groupby("wave")["w"]
    start = int(table.size().iloc[0])
    return pd.DataFrame(
        {
            "n": table.size(),
            "share": table.size() / start,
            "mean_weight": table.mean(),
            "max_weight": table.max(),
            "effective_n": table.agg(effective_n),
        }
    ).reset_index()
