"""What changed between two reports: numbers, sentences, figures and tables, and what lies behind them.

Only what both are known to say is compared, see :mod:`analysis.release.edition`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis import dutch
from analysis.release.edition import HASHES, Edition, unprinted

_SHORT = 5  # changes that a build names
_TOLERANCE = 1e-9  # below it a number is the same, computed on another machine


@dataclass(frozen=True)
class Change:
    """Something that is in both, but not the same; `label` says what it is."""

    id: str
    old: str
    new: str
    label: str = ""


@dataclass(frozen=True)
class Part:
    """What became of the numbers, the sentences or the exhibits; `added` and `removed` hold id and text."""

    changed: tuple[Change, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    same: int = 0


@dataclass(frozen=True)
class Difference:
    """Between two editions.

    `unseen` are numbers that changed behind the digits shown. A part is None where one of the editions
    knows nothing of it.
    """

    numbers: Part
    unseen: tuple[str, ...] = ()
    sentences: Part | None = None
    exhibits: Part | None = None
    notebooks: Part | None = None


def compare(old: Edition, new: Edition) -> Difference:
    """What changed from `old` to `new`.

    Raises
    ------
    ValueError
        If one knows numbers only as printed, and the other only in full.
    """
    if old.printed != new.printed:
        old, new = unprinted(old), unprinted(new)
    before = {name: number.text for name, number in old.numbers.items()}
    now = {name: number.text for name, number in new.numbers.items()}
    labels = {name: number.label for name, number in (*old.numbers.items(), *new.numbers.items())}
    unseen = tuple(
        name
        for name in sorted(set(before) & set(now))
        if before[name] == now[name] and _differs(old.numbers[name].exact, new.numbers[name].exact)
    )
    return Difference(
        numbers=_part(before, now, labels),
        unseen=unseen,
        sentences=_both(old.sentences, new.sentences, _part),
        exhibits=_both(old.exhibits, new.exhibits, _exhibits),
        notebooks=_both(old.notebooks, new.notebooks, _notebooks),
    )


def in_short(found: Difference) -> Iterator[str]:
    """What a build says at its end: how many numbers, sentences, exhibits changed, and the first of them."""
    parts = {"numbers": found.numbers, "sentences": found.sentences, "figures or tables": found.exhibits}
    counts = []
    for title, part in parts.items():
        told = {} if part is None else {"changed": part.changed, "new": part.added, "gone": part.removed}
        said = [f"{len(items)} {word}" for word, items in told.items() if items]
        if said:
            counts.append(f"{title}: {', '.join(said)}")
    if found.unseen:
        counts.append(f"{len(found.unseen)} numbers changed behind the digits shown")
    if not counts:
        return
    yield "; ".join(counts)
    changed = [
        f"  {change.id}: was {change.old}; is now {change.new}"
        for part in (found.numbers, found.sentences)
        if part is not None
        for change in part.changed
    ]
    yield from changed[:_SHORT]
    if len(changed) > _SHORT:
        yield f"  and {len(changed) - _SHORT} more"


def in_words(found: Difference) -> Iterator[str]:
    """The differences in Dutch, a line each."""
    yield from _told("Cijfers", found.numbers)
    if found.unseen:
        yield f"  achter de getoonde cijfers veranderd: {', '.join(found.unseen)}"
    for title, part in (
        ("Zinnen met een conclusie", found.sentences),
        ("Figuren en tabellen", found.exhibits),
        ("Notebooks", found.notebooks),
    ):
        if part is None:
            yield f"{title}: niet vergeleken; een van beide zegt er niets over"
        else:
            yield from _told(title, part)


def _told(title: str, part: Part) -> Iterator[str]:
    counts = (len(part.changed), len(part.added), len(part.removed), part.same)
    changed, added, removed, same = map(dutch.number, counts)
    yield f"{title}: {changed} veranderd, {added} nieuw, {removed} vervallen, {same} gelijk"
    for change in part.changed:
        label = f" ({change.label})" if change.label else ""
        yield f"  {change.id}{label}: was {change.old}; is nu {change.new}"
    for name, text in part.added:
        yield f"  {name}: nieuw, {text}"
    for name, text in part.removed:
        yield f"  {name}: vervallen, was {text}"


def _part(old: Mapping[str, str], new: Mapping[str, str], labels: Mapping[str, str] | None = None) -> Part:
    labels = labels or {}
    both = sorted(set(old) & set(new))
    changed = tuple(
        Change(name, old[name], new[name], labels.get(name, "")) for name in both if old[name] != new[name]
    )
    return Part(
        changed=changed,
        added=tuple((name, new[name]) for name in sorted(set(new) - set(old))),
        removed=tuple((name, old[name]) for name in sorted(set(old) - set(new))),
        same=len(both) - len(changed),
    )


def _exhibits(old: Mapping[str, tuple[str, str]], new: Mapping[str, tuple[str, str]]) -> Part:
    def said(own: Mapping[str, tuple[str, str]], other: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """The caption; the checksum too where only that tells the two apart."""
        return {
            name: f"{caption} [{checksum[:16]}]" if other.get(name, ("", ""))[0] == caption else caption
            for name, (caption, checksum) in own.items()
        }

    return _part(said(old, new), said(new, old))


def _notebooks(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> Part:
    def said(hashes: Mapping[str, Mapping[str, str]], other: Mapping[str, Mapping[str, str]]):
        return {
            name: ", ".join(
                f"{word} {values[key]}"
                for key, word in HASHES.items()
                if name not in other or values[key] != other[name][key]
            )
            for name, values in hashes.items()
        }

    return _part(said(old, new), said(new, old))


def _both(old: Any, new: Any, compared: Any) -> Part | None:
    return None if old is None or new is None else compared(old, new)


def _differs(old: tuple[float | None, ...], new: tuple[float | None, ...]) -> bool:
    if not old or not new:
        return False
    for before, now in zip(old, new, strict=True):
        if (before is None) != (now is None):
            return True
        if before is not None and not math.isclose(before, now, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
            return True
    return False
