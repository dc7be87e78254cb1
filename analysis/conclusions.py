"""From result to sentence, by rules declared before the data were in.

A directional word in the report comes from here and nowhere else. When the sign or the interval of the
result changes, the sentence changes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.conclusions import ConclusionDesign, ConclusionPlan, Limits
from analysis.results import Result


@dataclass(frozen=True)
class Conclusion:
    """A sentence, the rule that gave it, and the results it rests on.

    Attributes
    ----------
    id, condition, sentence : str
    kind : DataKind
        Of the results together.
    rests_on : tuple of str
        Result ids.
    """

    id: str
    condition: str
    sentence: str
    kind: DataKind
    rests_on: tuple[str, ...]


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
    sentence = rule.sentence.format(
        subject=plan.subject,
        full=result.variables()["full"],
        smallest=f"{dutch.number(smallest.value, smallest.decimals)} {smallest.unit}" if smallest else "",
    )
    kind = DataKind.combine(row.kind for role, row in used.items() if role != "smallest")
    if kind is DataKind.SYNTHETIC:
        sentence = f"{design.mark.synthetic} {sentence[0].lower()}{sentence[1:]}"
    return Conclusion(plan.id, rule.condition, sentence, kind, tuple(names.values()))


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
