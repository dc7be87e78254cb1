"""The roll-out of a programme as a design that can be diagnosed, and its twin as a source of draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.credibility.diagnosis import Answer, Answered, Design, Drawn, diagnose
from analysis.credibility.dose_slope import dose_slopes
from analysis.credibility.simulated_tests import drawn_assignments, simulated_nulls
from analysis.design.robustness import DiagnosisPlan
from analysis.design.rollout import Programme, Specification
from analysis.inference.cluster_panel import ClusterPanel, cluster_panel
from analysis.inference.inversion import Stacked, intervals
from analysis.inference.reassigned import statistics
from analysis.inference.setting import Setting
from analysis.synthetic.rollout import population, rollout_outcomes, rollout_truth, rollout_twin

LEVEL = 0.95  # of every interval that is judged
COLUMNS = {"unit": "municipality", "time": "year", "cohort": "cohort"}


def twin_cells(design: Programme, frame: pd.DataFrame) -> ClusterPanel:
    """Province-by-year means of `frame`."""
    return cluster_panel(frame, **COLUMNS, outcome=design.outcome.name, cluster="province")


def setting_of(specification: Specification) -> Setting:
    """The estimator of a specification of the design."""
    two_way = specification.estimator == "two_way_fe"
    return Setting("two_way" if two_way else specification.control, specification.anticipation)


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
    design: Programme, answers: tuple[tuple[str, str, str], ...], *, reassigned: int
) -> Design:
    """The design of a programme's evaluation, for :func:`analysis.credibility.diagnosis.diagnose`.

    Parameters
    ----------
    answers : tuple of (id, estimand id, specification name)
    reassigned : int
        Re-assignments sampled in each randomisation test.
    """
    draws = TwinDraws.of(design)
    estimands = {item.id: item for item in design.estimands}
    strategies, used = [], {}
    for id, estimand, name in answers:
        if estimand not in estimands:
            raise ValueError(f"answer {id}: no estimand {estimand!r}; known are {', '.join(estimands)}")
        specification, dose = design.specification(name), estimands[estimand].summary == "dose"
        strategy = (
            DoseAnswer(draws, specification.anticipation)
            if dose
            else EffectAnswer(draws, setting_of(specification), reassigned)
        )
        # Two estimands answered alike share one strategy, which then runs once a draw.
        strategy = used.setdefault((dose, name), strategy)
        strategies.append(Answer(id, estimand, strategy))
    return Design(
        model=TwinModel(draws),
        inquiries=tuple(item.id for item in design.estimands),
        answers=tuple(strategies),
    )


@dataclass(frozen=True)
class TwinDraws:
    """The twin of a programme, drawn without a frame.

    Attributes
    ----------
    panel : ClusterPanel
        Provinces by years; the outcome is that of the twin's own seed.
    average : ndarray, shape (G, N)
        Takes municipalities to the means of their provinces.
    """

    design: Programme
    panel: ClusterPanel
    average: np.ndarray

    @classmethod
    def of(cls, design: Programme) -> TwinDraws:
        panel = twin_cells(design, rollout_twin(design).frame)
        member = np.arange(len(panel.clusters))[:, None] == population(design).province
        return cls(design, panel, member / panel.mass[:, None])

    def outcomes(self, seeds: Sequence[int], effect: float = 0.0) -> np.ndarray:
        """Of every municipality and year, shape (seeds, N, T)."""
        return rollout_outcomes(self.design, seeds, effect=effect)

    def means(self, seeds: Sequence[int], effect: float = 0.0) -> np.ndarray:
        """Of every province and year, shape (seeds, G, T)."""
        return self.average @ self.outcomes(seeds, effect)


@dataclass(frozen=True)
class TwinModel:
    """Draws of the twin, shape (seeds, N, T), with the true value of each estimand."""

    draws: TwinDraws

    def __call__(self, seeds: Sequence[int], effect: float) -> Drawn:
        design = self.draws.design
        truth = rollout_truth(design, effect=effect)
        value = {"simple": truth.att, "dose": truth.dose_slope, "twfe": effect * self._two_way()}
        return Drawn(
            self.draws.outcomes(seeds, effect), {item.id: value[item.summary] for item in design.estimands}
        )

    def _two_way(self) -> float:
        """What the two-way regression gives on the planted effects alone: its estimand."""
        panel = self.draws.panel
        planted = self.draws.average @ population(self.draws.design).planted
        return float(statistics(panel, Setting("two_way"), panel.start[None], planted[None]).estimate[0, 0])


@dataclass(frozen=True)
class EffectAnswer:
    """The effect with the randomisation test that the study reports."""

    draws: TwinDraws
    setting: Setting
    reassigned: int

    def __call__(self, outcomes: np.ndarray, seeds: Sequence[int]) -> Answered:
        panel = self.draws.panel
        drawn = drawn_assignments(panel, seeds[0], self.reassigned)
        nulls = simulated_nulls(panel, self.setting, self.draws.average @ outcomes, drawn)
        scales = [np.sqrt(null.variance) for null in nulls]
        return Answered(
            np.array([null.estimate for null in nulls]),
            Stacked.of(nulls).p_values(np.zeros(len(nulls))),
            lambda: intervals(nulls, LEVEL, scales=scales, smallest_p=1 / len(drawn)).T,
        )


@dataclass(frozen=True)
class DoseAnswer:
    """The slope of the dose with the jackknife t interval over provinces, as the chapter reports it."""

    draws: TwinDraws
    anticipation: int

    def __call__(self, outcomes: np.ndarray, seeds: Sequence[int]) -> Answered:
        panel, people = self.draws.panel, population(self.draws.design)
        slope, without = dose_slopes(
            outcomes,
            panel.times,
            panel.start[people.province],
            people.places["dose"].to_numpy(),
            people.province,
            anticipation=self.anticipation,
        )
        df = without.shape[1] - 1
        se = np.sqrt(df / (df + 1) * ((without - slope[:, None]) ** 2).sum(axis=1))
        half = stats.t.ppf(0.5 + LEVEL / 2, df) * se
        return Answered(slope, 2 * stats.t.sf(np.abs(slope) / se, df), lambda: (slope - half, slope + half))
