"""Diagnosis of a research design in the manner of DeclareDesign (Blair, Cooper, Coppock & Humphreys 2019).

A design is declared as a model (how data come about), inquiries (what is asked, with its answer under the
model), a data strategy (what is observed) and answers (what is computed). Drawing it many times tells how
far the answers lie from the truth, and how often intervals cover and tests reject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.credibility.replicate import as_integer, replicate


@dataclass(frozen=True)
class Drawn:
    """One world: its data, and the true value of each inquiry in it."""

    data: Any
    truth: Mapping[str, float]


@dataclass(frozen=True)
class Answered:
    """What an answer strategy says about one data set; an unbounded interval has infinite ends."""

    estimate: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Model:
    """How data come about.

    Attributes
    ----------
    name : str
    draw : callable
        ``draw(seed, effect)`` gives a :class:`Drawn`; `effect` multiplies the effects of the model, and 0
        is the world without any.
    """

    name: str
    draw: Callable[[int, float], Drawn]


@dataclass(frozen=True)
class Inquiry:
    """A question whose answer the model knows; `id` is its key in ``Drawn.truth``."""

    id: str
    text: str = ""


@dataclass(frozen=True)
class DataStrategy:
    """What of the world is observed: ``observe(data, seed)``; everything unless told otherwise."""

    name: str = "everything"
    observe: Callable[[Any, int], Any] | None = None


@dataclass(frozen=True)
class Answer:
    """How an inquiry is answered: ``answer(data, seed)`` gives an :class:`Answered`."""

    id: str
    inquiry: str
    answer: Callable[[Any, int], Answered]


@dataclass(frozen=True)
class Design:
    """Model, inquiries, data strategy and answers.

    Raises
    ------
    ValueError
        If two answers share an id, or one has no inquiry.
    """

    model: Model
    inquiries: tuple[Inquiry, ...]
    data: DataStrategy
    answers: tuple[Answer, ...]

    def __post_init__(self) -> None:
        known = {inquiry.id for inquiry in self.inquiries}
        for answer in self.answers:
            if answer.inquiry not in known:
                raise ValueError(
                    f"answer {answer.id} has no inquiry {answer.inquiry!r} among {sorted(known)}"
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
    design : Design
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
    found = np.array(replicate(_Diagnosand(design), draws=draws, seed=seed, workers=workers))
    return pd.DataFrame(
        [
            {"answer": answer.id, "inquiry": answer.inquiry, **_summary(found[:, place], alpha)}
            for place, answer in enumerate(design.answers)
        ]
    )


@dataclass(frozen=True)
class _Diagnosand:
    design: Design

    def __call__(self, seed: np.random.SeedSequence) -> np.ndarray:
        """Truth, estimate, low, high, p with effects, and p without; shape (answers, 6)."""
        world, sample, strategy = (as_integer(child) for child in seed.spawn(3))
        rows = []
        for effect in (1.0, 0.0):
            drawn = self.design.model.draw(world, effect)
            observe = self.design.data.observe
            data = drawn.data if observe is None else observe(drawn.data, sample)
            said = {id(item.answer): item.answer for item in self.design.answers}
            said = {key: answer(data, strategy) for key, answer in said.items()}
            rows.append([(drawn.truth, item, said[id(item.answer)]) for item in self.design.answers])
        return np.array(
            [
                [truth[item.inquiry], said.estimate, said.low, said.high, said.p_value, without.p_value]
                for (truth, item, said), (_, _, without) in zip(*rows, strict=True)
            ]
        )


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
