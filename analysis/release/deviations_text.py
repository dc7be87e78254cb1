"""What differs from the frozen plan, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from analysis import dutch
from analysis.design.plan import Deviation, FrozenPlan, Reason
from analysis.release.markdown import code, escape
from analysis.release.plan_words import dutch_date, say


def plan_line(plan: FrozenPlan) -> str:
    """Date and checksum of the plan, as a paragraph."""
    return (
        f"Het plan is vastgelegd op {dutch_date(plan.frozen)}. Controlegetal (SHA-256) van alle "
        f"instellingen samen: {code(plan.checksum)}."
    )


def deviations_markdown(
    plan: FrozenPlan | None, found: Sequence[Deviation], reasons: Sequence[Reason]
) -> str:
    """What differs from the plan: "geen", or each key with its value then and now."""
    if plan is None:
        return "Er is nog geen analyseplan vastgelegd. Afwijkingen zijn daarom niet vast te stellen.\n"
    if not found:
        return f"{plan_line(plan)}\n\nAfwijkingen bij deze bouw: geen.\n"
    count = "één afwijking" if len(found) == 1 else f"{dutch.number(len(found))} afwijkingen"
    lines = [f"- {_deviation(item)} {_reason(item, reasons)}" for item in found]
    return f"{plan_line(plan)}\n\nBij deze bouw: {count} van het plan.\n\n" + "\n".join(lines) + "\n"


def _deviation(item: Deviation) -> str:
    place = code(item.place)
    if not item.key:
        return f"{place}: dit bestand is {'nieuw' if item.before is None else 'verdwenen'}."
    place += f", {code(item.key)}"
    key = item.key.rpartition(".")[2]  # in whose words the values are said
    if item.before is None:
        return f"{place}: toegevoegd, {say(item.now, key)}."
    if item.now is None:
        return f"{place}: weggelaten, was {say(item.before, key)}."
    return f"{place}: was {say(item.before, key)}, is nu {say(item.now, key)}."


def _reason(item: Deviation, reasons: Sequence[Reason]) -> str:
    for reason in reasons:
        if item.under(reason.file, reason.key):
            return f"Reden: {escape(reason.reason)}"
    return "Reden: niet opgegeven."
