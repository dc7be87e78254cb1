"""Which result leads to which sentence: ``data/design/conclusions.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from analysis.design.read import read_design, record, records, require_table
from analysis.workspace import Workspace

DESIGN = "conclusions"
CONDITIONS = (
    "unknown",
    "out_of_reach",
    "no_statement",
    "above",
    "below",
    "negligible",
    "equivalent",
    "different",
    "otherwise",
)


@dataclass(frozen=True)
class Rule:
    """`sentence` is written when `condition` is the first of its list to hold."""

    condition: str
    sentence: str

    def __post_init__(self) -> None:
        if self.condition not in CONDITIONS:
            raise ValueError(f"unknown condition {self.condition!r}; known are {', '.join(CONDITIONS)}")


@dataclass(frozen=True)
class ConclusionPlan:
    """One conclusion of the report: the rules it follows, the results it looks at by id, and its words."""

    id: str
    rules: str
    result: str
    subject: str
    where: str = ""
    without: str = ""
    smallest: str = ""
    ceiling: str = ""
    detectable: str = ""
    joint_p: str = ""
    equivalence_p: str = ""


@dataclass(frozen=True)
class Limits:
    """Thresholds the conditions use."""

    alpha: float


@dataclass(frozen=True)
class Mark:
    """What opens a sentence that rests on synthetic rows."""

    synthetic: str


@dataclass(frozen=True)
class ConclusionDesign:
    """All rules and all conclusions."""

    limits: Limits
    mark: Mark
    rules: Mapping[str, tuple[Rule, ...]]
    conclusions: tuple[ConclusionPlan, ...]


# What a condition looks at beside the result, by the key of the conclusion that names it.
_LOOKS_AT = {"negligible": "smallest", "equivalent": "equivalence_p", "different": "joint_p"}
_ALWAYS = frozenset({"subject", "Subject", "full", "unknown", "no_statement"})
_NAMED = frozenset(
    {"where", "without", "smallest", "ceiling", "detectable", "joint_p", "equivalence_p"}
)  # keys of a conclusion that its rules may use
_EXAMPLES = {"where": "in de provincies met het programma", "without": "in de andere provincies"}


def _fields(rule: Rule, place: str) -> set[str]:
    """The names between braces in the sentence of `rule`."""
    try:
        found = {name for _, name, _, _ in Formatter().parse(rule.sentence) if name is not None}
    except ValueError as error:
        raise ValueError(f"{place}: sentence {rule.sentence!r}: {error}") from error
    unknown = sorted(found - _ALWAYS - _NAMED)
    if unknown:
        raise ValueError(
            f"{place}: the sentence names {{{unknown[0]}}}, which no conclusion has; known are "
            f"{', '.join(sorted(_ALWAYS | _NAMED))}"
        )
    return found


def _require(plan: ConclusionPlan, rule: Rule, place: str, of: str) -> None:
    """ValueError if `plan` lacks a key that one of its rules needs."""
    needed = (_fields(rule, place) & _NAMED) | {_LOOKS_AT.get(rule.condition, "")} - {""}
    for key in sorted(needed):
        if not getattr(plan, key):
            example = _EXAMPLES.get(key, f"{plan.result.rpartition('.')[0]}.{key}")
            raise ValueError(
                f'{place}: {key} is absent, and {of} ({rule.condition}) needs it; add {key} = "{example}"'
            )


def read_conclusions(workspace: Workspace | None = None) -> ConclusionDesign:
    """The declared rules.

    Raises
    ------
    ValueError
        If a condition is unknown, a list of rules does not end with ``otherwise``, or a conclusion names
        rules that are not there.
    """
    place = f"data/design/{DESIGN}.toml"
    content = read_design(DESIGN, workspace)
    written = require_table(content.get("rule", {}), f"{place}, rule")
    rules = {name: records(Rule, listed, f"{place}, rule.{name}") for name, listed in written.items()}
    for name, listed in rules.items():
        for number, rule in enumerate(listed, start=1):
            _fields(rule, f"{place}, rule.{name} {number}")
        if not listed or listed[-1].condition != "otherwise":
            raise ValueError(f"{place}: rule.{name} must end with the condition otherwise")
    conclusions = records(ConclusionPlan, content.get("conclusion", []), f"{place}, conclusion")
    for plan in conclusions:
        if plan.rules not in rules:
            raise ValueError(
                f"{place}: conclusion {plan.id} names the rules {plan.rules!r}, which are not there"
            )
        for number, rule in enumerate(rules[plan.rules], start=1):
            _require(plan, rule, f"{place}, conclusion {plan.id}", f"rule.{plan.rules} {number}")
    limits = record(Limits, content.get("limits", {}), f"{place}, limits")
    mark = record(Mark, content.get("mark", {}), f"{place}, mark")
    return ConclusionDesign(limits, mark, rules, conclusions)
