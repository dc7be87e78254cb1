"""From result to sentence, by rules declared before the data were in.

A directional word in the report comes from here and nowhere else. When the sign or the interval of the
result changes, the sentence changes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.conclusions import ConclusionDesign, ConclusionPlan, Limits
from analysis.design.questions import Question
from analysis.results import TRIAL, Result


@dataclass(frozen=True)
class Conclusion:
    """A sentence, the rule that gave it, and the results it rests on.

    Attributes
    ----------
    parts : tuple of (str, str)
        The sentence in parts, each with the id of the result that gave it, or "" for the rule's own words.
    kind : DataKind
        Of the results together.
    rests_on : tuple of str
        Result ids.
    why : str
        "niet vast te stellen" and the reason, without what is needed, where the result is unknown.
    """

    id: str
    condition: str
    parts: tuple[tuple[str, str], ...]
    kind: DataKind
    rests_on: tuple[str, ...]
    why: str = ""

    @property
    def sentence(self) -> str:
        return "".join(text for text, _ in self.parts)

    @property
    def plain(self) -> tuple[tuple[str, str], ...]:
        """The parts for who reads in plain words: of what is unknown only that, and why, without files."""
        if not self.why:
            return self.parts
        return (("Dat is ", ""), (_FILE_NAME.sub("", self.why), self.rests_on[0]), (".", ""))


_FILE_NAME = re.compile(r"(?<=bestand) \S+\.\w+(?= )")  # "het bestand adks.csv van … ontbreekt"
_ROLES = ("result", "smallest", "ceiling", "detectable", "joint_p", "equivalence_p")
_OPTIONAL = frozenset({"ceiling", "detectable"})
EFFECT_RULES = "effect"


def conclude(
    design: ConclusionDesign,
    rows: Iterable[Result],
    questions: Iterable[Question] = (),
    *,
    incomplete: bool = False,
) -> list[Conclusion]:
    """The declared conclusions, in their declared order, and one for every question with results.

    With `incomplete`, because a notebook failed, a conclusion of which a result is lacking is left out.

    Raises
    ------
    ValueError
        If a conclusion names a result that is not among `rows`, or if no smallest effect is known where
        the rule asks for one.
    """
    by_id = {row.id: row for row in rows}
    plans = [*design.conclusions, *_of_questions(questions, by_id)]
    if incomplete:
        plans = [plan for plan in plans if not _absent(plan, by_id)]
    return [_conclude(plan, design, by_id) for plan in plans]


def _absent(plan: ConclusionPlan, rows: Mapping[str, Result]) -> list[str]:
    named = ((role, getattr(plan, role)) for role in _ROLES)
    return sorted(name for role, name in named if name and name not in rows and role not in _OPTIONAL)


def _of_questions(questions: Iterable[Question], rows: Mapping[str, Result]) -> Iterator[ConclusionPlan]:
    for question in questions:
        if question.placebo:
            continue
        for prefix in (question.prefix, f"{TRIAL}.{question.prefix}"):
            if f"{prefix}.effect" not in rows:
                continue
            yield ConclusionPlan(
                id=prefix,
                rules=EFFECT_RULES,
                result=f"{prefix}.effect",
                subject=question.outcome.subject,
                where=question.exposure.where,
                without=question.exposure.without,
                smallest=f"{prefix}.smallest_of_interest",
                ceiling=f"{prefix}.ceiling",
                detectable=_detectable(prefix),
            )


def _detectable(prefix: str) -> str:
    """The row of the checks that says which effect could have been seen."""
    own = prefix.removeprefix(f"{TRIAL}.")
    return f"{prefix.removesuffix(own)}zekerheid.{own.replace('.', '_')}.detectable"


def _conclude(plan: ConclusionPlan, design: ConclusionDesign, rows: Mapping[str, Result]) -> Conclusion:
    names = {role: getattr(plan, role) for role in _ROLES if getattr(plan, role)}
    absent = _absent(plan, rows)
    if absent:
        near = get_close_matches(absent[0], list(rows), n=2)
        hint = f"; did you mean {', or '.join(near)}?" if near else ""
        raise ValueError(f"conclusion {plan.id}: no result {', '.join(absent)} was released{hint}")
    used = {role: rows[name] for role, name in names.items() if name in rows}
    rule = next(
        rule for rule in design.rules[plan.rules] if _holds(rule.condition, used, design.limits, plan.id)
    )
    given = {
        "subject": (plan.subject, ""),
        "Subject": (dutch.capital(plan.subject), ""),
        "where": (plan.where, ""),
        "without": (plan.without, ""),
        "full": (_in_sentences(used["result"].variables()["full"]), used["result"].id),
        "unknown": (_in_sentences(used["result"].unknown), ""),
        "no_statement": (used["result"].no_statement, ""),
        **{role: (_amount(row), row.id) for role, row in used.items() if role != "result"},
    }
    parts = _filled(rule.sentence, given)
    kind = DataKind.combine(row.kind for role, row in used.items() if role != "smallest")
    if kind is DataKind.SYNTHETIC:
        (first, origin), *others = parts
        parts = [(f"{design.mark.synthetic} ", ""), (dutch.lower(first), origin), *others]
    result = used["result"]
    why = result.unknown.partition("; ")[0] if result.value is None else ""
    return Conclusion(
        plan.id, rule.condition, tuple(parts), kind, tuple(row.id for row in used.values()), why
    )


def _in_sentences(told: str) -> str:
    """A reason with what is needed in a sentence of its own: the two together are too long to read."""
    return told.replace("; nodig is ", ". Nodig is ").replace("; bij ", ". Bij ")


def _amount(row: Result) -> str:
    return f"{dutch.number(row.value, row.decimals)} {row.unit}".strip()


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
    if condition == "no_statement":
        return bool(result.no_statement)
    if condition == "out_of_reach":
        known = [used[role].value for role in ("ceiling", "detectable") if role in used]
        return len(known) == 2 and None not in known and known[0] < known[1]
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
