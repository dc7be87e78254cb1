"""From result to sentence, by rules declared before the data were in.

A directional word in the report comes from here and nowhere else. When the sign or the interval of the
result changes, the sentence changes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.conclusions import ConclusionDesign, ConclusionPlan, Limits
from analysis.results import Result


@dataclass(frozen=True)
class Conclusion:
    """A sentence, the rule that gave it, and the results it rests on.

    Attributes
    ----------
    id, condition : str
    parts : tuple of (str, str)
        The sentence in parts, each with the id of the result that gave it, or "" for the rule's own words.
    kind : DataKind
        Of the results together.
    rests_on : tuple of str
        Result ids.
    """

    id: str
    condition: str
    parts: tuple[tuple[str, str], ...]
    kind: DataKind
    rests_on: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return "".join(text for text, _ in self.parts)


def conclude(design: ConclusionDesign, rows: Iterable[Result]) -> list[Conclusion]:
    """The declared conclusions, in their declared order.

    Raises
    ------
    ValueError
        If a conclusion names a result that is not among `rows`, or if no smallest effect is known where
        the rule asks for one.
    """
    by_id = {row.id: row for row in rows}
    return [_conclude(plan, design, by_id) for plan in design.conclusions]


def _conclude(plan: ConclusionPlan, design: ConclusionDesign, rows: Mapping[str, Result]) -> Conclusion:
    names = {
        role: getattr(plan, role)
        for role in ("result", "treated", "smallest", "joint_p", "equivalence_p")
        if getattr(plan, role)
    }
    absent = sorted(set(names.values()) - set(rows))
    if absent:
        raise ValueError(f"conclusion {plan.id}: no result {', '.join(absent)} was released")
    used = {role: rows[name] for role, name in names.items()}
    rule = next(
        rule for rule in design.rules[plan.rules] if _holds(rule.condition, used, design.limits, plan.id)
    )
    result, smallest = used["result"], used.get("smallest")
    limit = f"{dutch.number(smallest.value, smallest.decimals)} {smallest.unit}" if smallest else ""
    given = {
        "subject": (plan.subject, ""),
        "full": (result.variables()["full"], result.id),
        "smallest": (limit, smallest.id if smallest else ""),
    }
    parts = _filled(rule.sentence, given)
    kind = DataKind.combine(row.kind for role, row in used.items() if role != "smallest")
    if kind is DataKind.SYNTHETIC:
        (first, origin), *others = parts
        parts = [(f"{design.mark.synthetic} ", ""), (f"{first[:1].lower()}{first[1:]}", origin), *others]
    return Conclusion(plan.id, rule.condition, tuple(parts), kind, tuple(names.values()))


def _filled(sentence: str, given: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """`sentence` in parts, with what is `given` for its fields; each part with its result, or ""."""
    parts: list[tuple[str, str]] = []
    for words, name, _, _ in Formatter().parse(sentence):
        if words:
            parts.append((words, ""))
        if name is not None:
            parts.append(given[name])
    return [part for part in parts if part[0]]


def _holds(condition: str, used: Mapping[str, Result], limits: Limits, place: str) -> bool:
    result = used["result"]
    if condition == "otherwise":
        return True
    if condition == "unknown":
        return result.value is None
    if condition == "too_few_treated":
        treated = used["treated"].value
        return treated is None or treated < limits.treated_provinces
    if condition in ("equivalent", "different"):
        p = used["equivalence_p" if condition == "equivalent" else "joint_p"].value
        return p is not None and p < limits.alpha
    if result.low is None:
        return False
    if condition == "above":
        return result.low > 0
    if condition == "below":
        return result.high < 0
    smallest = used["smallest"].value
    if smallest is None or smallest <= 0:
        raise ValueError(
            f"conclusion {place}: the smallest effect of interest must be positive, got {smallest}"
        )
    return -smallest < result.low and result.high < smallest
