"""Why the plan was frozen anew, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import dutch
from analysis.design.plan import Deviation
from analysis.design.revisions import REVISIONS, Change, Revised
from analysis.release.markdown import code, escape
from analysis.release.plan_words import dutch_date, say


def revisions_markdown(found: Sequence[Revised]) -> str:
    """Each revision: the changes made after data were seen in full, by what was seen; the others by title."""
    if not found:
        return "Dit plan is nog niet herzien.\n"
    return "\n\n".join(_revision(item) for item in found) + "\n"


def _revision(item: Revised) -> str:
    revision = item.revision
    after = sum(bool(change.seen) for change in revision.changes)
    count = dutch.number(len(revision.changes))
    head = (
        f"Het plan van {dutch_date(revision.earlier)} (controlegetal {code(revision.checksum)}) is op "
        f"{dutch_date(revision.later)} herzien, op {count} punten. Elk verschil tussen de twee plannen "
        f"hoort bij een punt, met een reden in {code(f'data/design/{REVISIONS}.toml')}. Bij "
        f"{dutch.number(after)} daarvan waren gegevens waar het punt over gaat, al gezien: die keuzes zijn "
        "dus niet vooraf gemaakt. Die staan hieronder, elk met de reden."
    )
    by_seen: dict[str, list[str]] = {}
    for change, covered in item.differences:
        if change.seen:
            by_seen.setdefault(change.seen, []).append(_change(change, covered))
    parts = [head]
    for seen, told in by_seen.items():
        parts += [f"*Vooraf gezien: {escape(seen)}.*", "\n".join(told)]
    unseen = [
        f"{escape(dutch.lower(change.title))} ({_where(change, covered)})"
        for change, covered in item.differences
        if not change.seen
    ]
    if unseen:
        parts.append(f"Zonder dat er iets van de gegevens was gezien, veranderde: {'; '.join(unseen)}.")
    return "\n\n".join(part for part in parts if part)


def _where(change: Change, covered: Sequence[Deviation]) -> str:
    return ", ".join(map(code, dict.fromkeys([*(item.place for item in covered), *change.elsewhere])))


def _change(change: Change, covered: Sequence[Deviation]) -> str:
    places: dict[str, list[Deviation]] = {}
    for difference in covered:
        places.setdefault(difference.place, []).append(difference)
    files = [f"{code(place)} ({_different(items)})" for place, items in places.items()]
    files += [code(path) for path in change.elsewhere]
    return f"- **{escape(change.title)}.** {escape(change.reason)} *Waar*: {', '.join(files)}."


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
