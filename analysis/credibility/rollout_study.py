"""The roll-out of a programme as a design that can be diagnosed, and its twin as a source of draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import stats

from analysis.credibility.cells import Cells, collapse
from analysis.credibility.diagnosis import (
    Answer,
    Answered,
    DataStrategy,
    Design,
    Drawn,
    Inquiry,
    Model,
    diagnose,
)
from analysis.credibility.dose_slope import dose_slopes
from analysis.credibility.permutation import randomised
from analysis.credibility.power import Power, ReportedTest, design_se, minimum_detectable, simulate_power
from analysis.credibility.reassigned import Setting, estimates
from analysis.design.robustness import DiagnosisPlan, PowerPlan
from analysis.design.rollout import Programme, Specification
from analysis.estimate.did.panel import read_panel
from analysis.inference.moments import cluster_moments
from analysis.inference.randomisation import randomisation_inference_from
from analysis.synthetic.rollout import rollout_twin

COLUMNS = {"unit": "municipality", "time": "year", "cohort": "cohort"}


@dataclass(frozen=True)
class TwinCells:
    """From an integer seed to the twin's cells, with its effects multiplied by `effect`."""

    design: Programme
    effect: float = 0.0

    def __call__(self, seed: int) -> Cells:
        return twin_cells(self.design, rollout_twin(self.design, seed=seed, effect=self.effect).frame)


def twin_cells(design: Programme, frame: pd.DataFrame, weights: str | None = None) -> Cells:
    """Province-by-year means of `frame`."""
    return collapse(frame, **COLUMNS, outcome=design.outcome.name, cluster="province", weights=weights)


def weighted_cells(design: Programme, frame: pd.DataFrame, weights: Sequence[str]) -> dict[str, Cells]:
    """Cells by way of weighing: every municipality the same, by inhabitants, every province the same."""
    ways = {
        "municipalities": {},
        "inhabitants": {"weights": "inhabitants"},
        "provinces": {"equal_clusters": True},
    }
    unknown = sorted(set(weights) - set(ways))
    if unknown:
        raise ValueError(f"weights {', '.join(unknown)}: known are {', '.join(ways)}")
    names = {**COLUMNS, "outcome": design.outcome.name, "cluster": "province"}
    return {name: collapse(frame, **names, **ways[name]) for name in weights}


def cell_variance(design: Programme, cells: Cells) -> np.ndarray:
    """Variance of a province-year mean in the twin beyond province and year effects, shape (G,)."""
    twin = design.twin
    return twin.sd_province_year**2 + twin.sd_noise**2 / cells.mass


def reported_test(name: str, specification: Specification) -> ReportedTest:
    """The randomisation test that goes with a specification of the design."""
    if specification.estimator == "two_way_fe":
        return ReportedTest(name, "two_way", "crv3")
    return ReportedTest(name, f"att_{specification.control}")


def rollout_power(
    design: Programme, plan: PowerPlan, *, workers: int = 1
) -> tuple[dict[str, Power], dict[str, float]]:
    """Power by simulation, and the minimum detectable effect by formula, of each specification."""
    chosen = [design.specification(name) for name in plan.specifications]
    found = simulate_power(
        TwinCells(design),
        plan.effects,
        [reported_test(item.name, item) for item in chosen],
        alpha=plan.alpha,
        target=plan.target,
        reassigned=plan.reassigned,
        draws=plan.draws,
        seed=plan.seed,
        workers=workers,
    )
    cells = TwinCells(design)(design.twin.seed)
    formula = {}
    for item in chosen:
        two_way = item.estimator == "two_way_fe"
        setting = Setting("two_way" if two_way else item.control, item.anticipation)
        se = design_se(cells, setting, cell_variance(design, cells))
        formula[item.name] = minimum_detectable(
            se, clusters=len(cells.clusters), alpha=plan.alpha, power=plan.target
        )
    return found, formula


def rollout_diagnosis(
    designs: Mapping[str, Programme], plan: DiagnosisPlan, *, workers: int = 1
) -> pd.DataFrame:
    """The diagnosis of every programme that the plan asks about, one row an answer."""
    programmes = dict.fromkeys(item.programme for item in plan.answers)
    tables = [
        diagnose(
            rollout_design(designs[name], plan.of(name), reassigned=plan.reassigned),
            draws=plan.draws,
            seed=plan.seed,
            alpha=plan.alpha,
            workers=workers,
        )
        for name in programmes
    ]
    return pd.concat(tables, ignore_index=True)


def rollout_design(
    design: Programme, answers: tuple[tuple[str, str, str], ...], *, reassigned: int, level: float = 0.95
) -> Design:
    """The design of a programme's evaluation, for :func:`analysis.credibility.diagnosis.diagnose`.

    Parameters
    ----------
    design : Programme
    answers : tuple of (id, estimand id, specification name)
    reassigned : int
        Re-assignments sampled in each randomisation test.
    """
    estimands = {item.id: item for item in design.estimands}
    strategies, used = [], {}
    for id, estimand, name in answers:
        if estimand not in estimands:
            raise ValueError(f"answer {id}: no estimand {estimand!r}; known are {', '.join(estimands)}")
        specification, dose = design.specification(name), estimands[estimand].summary == "dose"
        strategy = (
            DoseAnswer(design, specification, level)
            if dose
            else EffectAnswer(design, specification, reassigned, level)
        )
        # Two estimands answered alike share one strategy, which then runs once a draw.
        strategy = used.setdefault((dose, name), strategy)
        strategies.append(Answer(id, estimand, strategy))
    return Design(
        model=Model(f"twin of {design.name}", TwinModel(design)),
        inquiries=tuple(Inquiry(item.id, item.text) for item in design.estimands),
        data=DataStrategy(),
        answers=tuple(strategies),
    )


@dataclass(frozen=True)
class TwinModel:
    """Draws of the twin with the true value of each estimand."""

    design: Programme

    def __call__(self, seed: int, effect: float) -> Drawn:
        twin = rollout_twin(self.design, seed=seed, effect=effect)
        frame = twin.frame
        if self.design.reach is not None:
            per = self.design.reach.per_inhabitants
            frame = frame.assign(dose=per * frame["reached"] / frame["inhabitants"])
        value = {
            "simple": twin.truth.att,
            "dose": twin.truth.dose_slope,
            "twfe": effect * _two_way_truth(self.design),
        }
        return Drawn(frame, {item.id: value[item.summary] for item in self.design.estimands})


@lru_cache(maxsize=8)
def _two_way_truth(design: Programme) -> float:
    """What the two-way regression gives on the planted effects alone: its estimand."""
    cells = [twin_cells(design, rollout_twin(design, effect=effect).frame) for effect in (1.0, 0.0)]
    planted = cells[0].outcome - cells[1].outcome
    first = cells[0]
    return float(
        estimates(Setting("two_way"), planted[None], first.times, first.start, first.mass).estimate[0, 0]
    )


@dataclass(frozen=True)
class EffectAnswer:
    """The effect with the randomisation test that the study reports."""

    design: Programme
    specification: Specification
    reassigned: int
    level: float

    def __call__(self, frame: pd.DataFrame, seed: int) -> Answered:
        cells = twin_cells(self.design, frame)
        options = {"max_exact": 0, "draws": self.reassigned, "seed": seed, "level": self.level}
        if self.specification.estimator == "two_way_fe":
            panel = cells.dense()
            found = randomisation_inference_from(panel, cluster_moments(panel), studentise="crv3", **options)
            return Answered(found.estimate, *found.interval_studentised, found.p_studentised)
        setting = Setting(self.specification.control, self.specification.anticipation)
        tested = randomised(cells, setting, **options)
        return Answered(tested.estimate, tested.low, tested.high, tested.p_value)


@dataclass(frozen=True)
class DoseAnswer:
    """The slope of the dose with the jackknife t interval over provinces, as the chapter reports it."""

    design: Programme
    specification: Specification
    level: float

    def __call__(self, frame: pd.DataFrame, seed: int) -> Answered:
        panel = read_panel(frame, **COLUMNS, outcome=self.design.outcome.name, cluster="province")
        doses = frame.drop_duplicates("municipality")["dose"].to_numpy()
        slope, without = dose_slopes(
            panel.outcome,
            panel.times,
            panel.cohort,
            doses,
            panel.clusters,
            anticipation=self.specification.anticipation,
        )
        df = len(without) - 1
        se = float(np.sqrt(df / len(without) * ((without - slope) ** 2).sum()))
        half = float(stats.t.ppf(0.5 + self.level / 2, df)) * se
        return Answered(slope, slope - half, slope + half, float(2 * stats.t.sf(abs(slope) / se, df)))
