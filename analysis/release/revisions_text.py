"""Why the plan was frozen anew, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import dutch
from analysis.design.plan import Deviation
from analysis.design.revisions import Change, Revised
from analysis.release.markdown import code, escape
from analysis.release.plan_words import dutch_date, say


def revisions_markdown(found: Sequence[Revised]) -> str:
    """Each revision with its changes: the reason, what had been seen, and what is different."""
    if not found:
        return "Dit plan is nog niet herzien.\n"
    return "\n\n".join(_revision(item) for item in found) + "\n"


def _revision(item: Revised) -> str:
    revision = item.revision
    after = sum(bool(change.seen) for change in revision.changes)
    count = dutch.number(len(revision.changes))
    head = (
        f"Het plan van {dutch_date(revision.earlier)} (controlegetal {code(revision.checksum)}) is op "
        f"{dutch_date(revision.later)} herzien, op {count} punten. Alle verschillen tussen de twee plannen "
        f"staan hieronder, elk met de reden. Bij {dutch.number(after)} daarvan waren gegevens waar het punt "
        "over gaat, al gezien: die keuzes zijn dus niet vooraf gemaakt."
    )
    return head + "\n\n" + "\n".join(_change(change, covered) for change, covered in item.differences)


def _change(change: Change, covered: Sequence[Deviation]) -> str:
    seen = escape(change.seen) if change.seen else "niets van de gegevens waar dit punt over gaat"
    places: dict[str, list[Deviation]] = {}
    for difference in covered:
        places.setdefault(difference.place, []).append(difference)
    files = [f"{code(place)} ({_different(items)})" for place, items in places.items()]
    files += [code(path) for path in change.elsewhere]
    return (
        f"- **{escape(change.title)}.** {escape(change.reason)} *Vooraf gezien*: {seen}. "
        f"*Waar*: {', '.join(files)}."
    )


def _different(items: Sequence[Deviation]) -> str:
    """What came, went and changed, with values where they fit a line."""
    kinds: dict[str, list[str]] = {}
    for item in items:
        key = item.key.rpartition(".")[2]
        name = code(item.key.removesuffix(".sentence")) if item.key else ""
        if item.before is None:
            kinds.setdefault("nieuw", []).append(f"{name}{_value(item.now, key)}")
        elif item.now is None:
            kinds.setdefault("weg", []).append(f"{name}{_value(item.before, key)}")
        elif _is_plain(item.before) and _is_plain(item.now):
            values = f"was {say(item.before, key)}, is nu {say(item.now, key)}"
            kinds.setdefault("anders", []).append(f"{name} {values}")
        else:
            kinds.setdefault("anders", []).append(name)
    return "; ".join(
        f"{kind}: {', '.join(names)}" if any(names) else kind for kind, names in kinds.items()
    )  # fmt: skip


def _value(value: Any, key: str) -> str:
    return f" ({say(value, key)})" if _is_plain(value) else ""


def _is_plain(value: Any) -> bool:
    """Whether a value can stand in a line: no sentence of a rule, no table."""
    if isinstance(value, list | tuple):
        return not any(isinstance(item, Mapping | list) for item in value)
    return not isinstance(value, Mapping) and len(str(value)) <= 40
