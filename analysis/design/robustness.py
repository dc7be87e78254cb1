"""Which other choices are tried, and which simulations the design is put through: ``robustness.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, record, records, require_table
from analysis.design.rollout import rollout
from analysis.workspace import Workspace

DESIGN = "robustness"


@dataclass(frozen=True)
class CurvePlan:
    """The options of the specification curve; all their combinations that exist are estimated."""

    estimators: tuple[str, ...]
    anticipation: tuple[int, ...]
    before: tuple[int, ...]
    leave_one_out: bool
    draws: int
    seed: int


@dataclass(frozen=True)
class ChecksPlan:
    """Pretended starts and windows of anticipation count measurements."""

    placebo: tuple[int, ...]
    anticipation: tuple[int, ...]
    mbar: tuple[float, ...]
    leads: int


@dataclass(frozen=True)
class StrataPlan:
    """Provinces that change places among themselves; the others do so too."""

    randstad: tuple[str, ...]


@dataclass(frozen=True)
class AlarmPlan:
    """Simulations without an effect; `periphery` has a shock in common in some of them."""

    periphery: tuple[str, ...]
    reassigned: int
    draws: int
    seed: int


@dataclass(frozen=True)
class PowerPlan:
    """`effects` are multiples of the smallest effect of interest."""

    effects: tuple[float, ...]
    target: float
    alpha: float
    reassigned: int
    draws: int
    seed: int


@dataclass(frozen=True)
class DiagnosisAnswer:
    """An estimand and the specification that is asked for it."""

    id: str
    label: str
    programme: str
    estimand: str
    specification: str


@dataclass(frozen=True)
class DiagnosisPlan:
    alpha: float
    reassigned: int
    draws: int
    seed: int
    answers: tuple[DiagnosisAnswer, ...]

    def of(self, programme: str) -> tuple[tuple[str, str, str], ...]:
        """(id, estimand, specification) of the answers of one programme."""
        return tuple(
            (item.id, item.estimand, item.specification)
            for item in self.answers
            if item.programme == programme
        )


@dataclass(frozen=True)
class Robustness:
    curve: CurvePlan
    checks: ChecksPlan
    strata: StrataPlan
    alarm: AlarmPlan
    power: PowerPlan
    diagnosis: DiagnosisPlan


def robustness(workspace: Workspace | None = None) -> Robustness:
    """The content of ``data/design/robustness.toml``.

    Raises
    ------
    ValueError
        If a table or key is absent or unknown, or an estimand of ``rollout.toml`` has no answer.
    """
    content = read_design(DESIGN, workspace)
    file = f"{DESIGN}.toml"

    def table(kind, key):
        return record(kind, content.get(key, {}), f"{file}, {key}")

    diagnosis = dict(require_table(content.get("diagnosis", {}), f"{file}, diagnosis"))
    answers = records(DiagnosisAnswer, diagnosis.pop("answer", []), f"{file}, diagnosis.answer")
    plan = Robustness(
        curve=table(CurvePlan, "curve"),
        checks=table(ChecksPlan, "checks"),
        strata=table(StrataPlan, "strata"),
        alarm=table(AlarmPlan, "alarm"),
        power=table(PowerPlan, "power"),
        diagnosis=record(DiagnosisPlan, {**diagnosis, "answers": answers}, f"{file}, diagnosis"),
    )
    asked = {item.estimand for item in answers}
    for programme in dict.fromkeys(item.programme for item in answers):
        for estimand in rollout(programme, workspace).estimands:
            if estimand.id not in asked:
                raise ValueError(f"{file}: estimand {estimand.id} has no answer; add a [[diagnosis.answer]]")
    return plan
