"""Entries of the design as messages name them: to paste, or to put right.

A message that asks for an entry shows it, filled in as far as the text tells; and where a sentence was
reworded, the entry that used to fit it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from analysis.release.markdown import visible
from analysis.release.shown import FOLDER

_WORD = re.compile(r"\w+")
_ALIKE = 0.6  # share of an entry's words that a sentence must hold to be taken for the one it was written for
_SUGGESTED = 3


class Entry(Protocol):
    """What lists a piece of the report's text."""

    text: str


def block(heading: str, **fields: Any) -> str:
    """An entry under ``[[heading]]``, as it is pasted, on lines of its own below a message."""
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "".join(f"\n    {line}" for line in (f"[[{heading}]]", *lines))


def standing_text(root: Path) -> str:
    """All that people wrote in ``reports``, with single blanks."""
    files = sorted(path for path in (root / "reports").rglob("*.qmd") if path.parent.name != FOLDER)
    return " ".join(" ".join(path.read_text(encoding="utf-8") for path in files).split())


def idle(entries: Iterable[Entry], root: Path) -> list[Entry]:
    """Those whose text stands in no file of the report."""
    text = standing_text(root)
    return [entry for entry in entries if " ".join(entry.text.split()) not in text]


def reworded(sentence: str, lost: Sequence[Entry]) -> Entry | None:
    """The entry of `lost`, which fit no sentence any more, that `sentence` most likely had."""
    words = _words(sentence)
    shared = {entry: _share(_words(entry.text), words) for entry in lost}
    best = max(shared, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] >= _ALIKE else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean a, or b?``, or nothing where no name is like it."""
    found = get_close_matches(name, list(known), n=_SUGGESTED, cutoff=0.7)
    return f"; did you mean {', or '.join(found)}?" if found else ""


def names(variables: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """What every variable says, by the name that a sentence uses: ``section.name.part``."""
    found: dict[str, str] = {}
    for key, value in variables.items():
        if isinstance(value, Mapping):
            found |= names(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = visible(str(value))
    return found


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _share(own: set[str], other: set[str]) -> float:
    return len(own & other) / len(own) if own else 0.0
