"""Diagnosis of a research design in the manner of DeclareDesign (Blair, Cooper, Coppock & Humphreys 2019).

A design is declared as a model (how data come about), inquiries (what is asked, with its answer under the
model) and answers (what is computed). Drawing it many times tells how
far the answers lie from the truth, and how often intervals cover and tests reject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.credibility.replicate import Seeds, as_integers, replicate


@dataclass(frozen=True)
class Drawn:
    """Several worlds: their data together, and the true value of each inquiry, one or one a world."""

    data: Any
    truth: Mapping[str, float | np.ndarray]


@dataclass(frozen=True)
class Answered:
    """What an answer strategy says about several worlds.

    Attributes
    ----------
    estimate, p_value : ndarray, shape (worlds,)
    interval : callable
        Without arguments; gives the low and the high ends, each of shape (worlds,) and infinite where
        unbounded. It is called only where the interval is asked for, as it can cost more than the rest.
    """

    estimate: np.ndarray
    p_value: np.ndarray
    interval: Callable[[], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Answer:
    """How an inquiry is answered: ``answer(data, seeds)`` gives an :class:`Answered`."""

    id: str
    inquiry: str
    answer: Callable[[Any, Sequence[int]], Answered]


@dataclass(frozen=True)
class Design:
    """Model, inquiries and answers.

    Attributes
    ----------
    model : callable
        How data come about: ``model(seeds, effect)`` gives a :class:`Drawn` of one world a seed; `effect`
        multiplies the effects of the model, and 0 is the world without any.
    inquiries : tuple of str
        Questions whose answers the model knows: keys of ``Drawn.truth``.

    Raises
    ------
    ValueError
        If two answers share an id, or one has no inquiry.
    """

    model: Callable[[Sequence[int], float], Drawn]
    inquiries: tuple[str, ...]
    answers: tuple[Answer, ...]

    def __post_init__(self) -> None:
        for answer in self.answers:
            if answer.inquiry not in self.inquiries:
                raise ValueError(
                    f"answer {answer.id} has no inquiry {answer.inquiry!r} among {sorted(self.inquiries)}"
                )
        ids = [answer.id for answer in self.answers]
        if not ids or len(set(ids)) != len(ids):
            raise ValueError(f"answers {ids}: one or more, each with its own id")


def diagnose(
    design: Design, *, draws: int = 500, seed: int = 0, alpha: float = 0.05, workers: int = 1
) -> pd.DataFrame:
    """Draw the design with and without its effects, and summarise every answer.

    Parameters
    ----------
    draws, seed, workers
        See :func:`analysis.credibility.replicate.replicate`.
    alpha : float
        Level at which a p-value counts as a rejection.

    Returns
    -------
    pandas.DataFrame
        One row an answer: answer, inquiry, draws, mean_truth, mean_estimate, sd_estimate, and bias, rmse,
        power, coverage and false_positive, each with its Monte Carlo standard error (``_se``).
        `false_positive` comes from the same draws without effects.

    Notes
    -----
    The error of the root mean squared error is that of the mean squared error by the delta method.
    """
    found = replicate(_Diagnosand(design), draws=draws, seed=seed, workers=workers)
    return pd.DataFrame(
        [
            {"answer": answer.id, "inquiry": answer.inquiry, **_summary(found[:, place], alpha)}
            for place, answer in enumerate(design.answers)
        ]
    )


@dataclass(frozen=True)
class _Diagnosand:
    design: Design

    def __call__(self, seeds: Seeds) -> np.ndarray:
        """Truth, estimate, low, high, p with effects, and p without; shape (seeds, answers, 6)."""
        world, strategy = as_integers(seeds, 2)
        truth, said = self._said(world, strategy, 1.0)
        _, without = self._said(world, strategy, 0.0)
        ends = {key: answered.interval() for key, answered in said.items()}
        found = np.empty((len(seeds), len(self.design.answers), 6))
        for place, item in enumerate(self.design.answers):
            key = id(item.answer)
            columns = (truth[item.inquiry], said[key].estimate, *ends[key], said[key].p_value)
            for column, values in enumerate((*columns, without[key].p_value)):
                found[:, place, column] = values
        return found

    def _said(self, world, strategy, effect: float):
        """The truth, and what each strategy says; answers that share one have it run once."""
        drawn = self.design.model(world, effect)
        strategies = {id(item.answer): item.answer for item in self.design.answers}
        return drawn.truth, {key: answer(drawn.data, strategy) for key, answer in strategies.items()}


def _summary(rows: np.ndarray, alpha: float) -> dict[str, float]:
    truth, estimate, low, high, p, p_null = rows.T
    count = len(rows)
    if count < 2:
        raise ValueError("a diagnosis needs two draws at least")
    error = estimate - truth
    squared = error**2
    rmse = float(np.sqrt(squared.mean()))
    found = {
        "draws": count,
        "mean_truth": float(truth.mean()),
        "mean_estimate": float(estimate.mean()),
        "sd_estimate": float(estimate.std(ddof=1)),
        "bias": float(error.mean()),
        "bias_se": float(error.std(ddof=1) / np.sqrt(count)),
        "rmse": rmse,
        "rmse_se": float(squared.std(ddof=1) / np.sqrt(count) / (2 * rmse)) if rmse > 0 else 0.0,
    }
    for name, hits in (
        ("power", p <= alpha),
        ("coverage", (low <= truth) & (truth <= high)),
        ("false_positive", p_null <= alpha),
    ):
        share = float(hits.mean())
        found |= {name: share, f"{name}_se": float(np.sqrt(share * (1 - share) / count))}
    return found
