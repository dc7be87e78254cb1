"""Which other choices are tried, and which simulations the design is put through: ``robustness.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, record, records
from analysis.design.rollout import rollout
from analysis.workspace import Workspace

DESIGN = "robustness"


@dataclass(frozen=True)
class CurvePlan:
    """The options of the specification curve; all their combinations that exist are estimated."""

    programme: str
    other_programme: str
    estimators: tuple[str, ...]
    weights: tuple[str, ...]
    anticipation: tuple[int, ...]
    years_before: tuple[int, ...]
    leave_one_out: bool
    spillover: tuple[bool, ...]
    other_policy: tuple[bool, ...]
    draws: int
    seed: int


@dataclass(frozen=True)
class MainPlan:
    """The specification of the analysis plan, as one of the options of the curve."""

    specification: str
    estimator: str
    weights: str


@dataclass(frozen=True)
class ChecksPlan:
    placebo_years: tuple[int, ...]
    placebo_seed: int
    anticipation_years: tuple[int, ...]
    mbar: tuple[float, ...]
    leads: int
    lags: int


@dataclass(frozen=True)
class AttritionPlan:
    """Measurements that go missing in the twin: shares of municipalities."""

    seed: int
    missing_treated: float
    missing_control: float

    def __post_init__(self) -> None:
        for share in (self.missing_treated, self.missing_control):
            if not 0 <= share < 1:
                raise ValueError(f"a share of {share} goes missing: between 0 and 1")


@dataclass(frozen=True)
class PowerPlan:
    programmes: tuple[str, ...]
    specifications: tuple[str, ...]
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
    main: MainPlan
    checks: ChecksPlan
    attrition: AttritionPlan
    power: PowerPlan
    diagnosis: DiagnosisPlan


def robustness(workspace: Workspace | None = None) -> Robustness:
    """The content of ``data/design/robustness.toml``.

    Raises
    ------
    ValueError
        If a table or key is absent or unknown, the main specification is not one of the curve's options, or
        an estimand of ``rollout.toml`` has no answer.
    """
    content = read_design(DESIGN, workspace)
    file = f"{DESIGN}.toml"

    def table(kind, key):
        return record(kind, content.get(key, {}), f"{file}, {key}")

    diagnosis = dict(content.get("diagnosis", {}))
    answers = records(DiagnosisAnswer, diagnosis.pop("answer", []), f"{file}, diagnosis.answer")
    plan = Robustness(
        curve=table(CurvePlan, "curve"),
        main=table(MainPlan, "main"),
        checks=table(ChecksPlan, "checks"),
        attrition=table(AttritionPlan, "attrition"),
        power=table(PowerPlan, "power"),
        diagnosis=record(DiagnosisPlan, {**diagnosis, "answers": answers}, f"{file}, diagnosis"),
    )
    if plan.main.estimator not in plan.curve.estimators or plan.main.weights not in plan.curve.weights:
        raise ValueError(f"{file}: the main specification is not among the options of the curve")
    asked = {item.estimand for item in answers}
    for programme in dict.fromkeys((*plan.power.programmes, *(item.programme for item in answers))):
        for estimand in rollout(programme, workspace).estimands:
            if estimand.id not in asked:
                raise ValueError(f"{file}: estimand {estimand.id} has no answer; add a [[diagnosis.answer]]")
    return plan
