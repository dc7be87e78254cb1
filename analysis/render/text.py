"""The report as one string, with the way back to file and line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from analysis.render.source import Line

_QUOTED = r'"(?:\\.|[^"\\])*"'
# An attribute block: braces of which the values between quotes may hold anything.
BLOCK = rf'\{{(?:[^{{}}"]|{_QUOTED})*\}}'
ATTRIBUTES = re.compile(rf"(?<!\\){BLOCK}")
ID = re.compile(r"(?:^|\s)#([\w:.-]+)")
_INLINE_CODE = re.compile(r"(?<![\\`])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")


@dataclass(frozen=True)
class Text:
    """The lines of the report and what can be asked of them.

    Attributes
    ----------
    lines : list of Line
    root : Path
        Places are named relative to it.
    others : mapping of str to set of str
        The labels of the other documents, by the name of their page.
    """

    lines: list[Line]
    root: Path
    others: Mapping[str, Set[str]] = field(default_factory=dict)

    @cached_property
    def prose(self) -> str:
        """All lines without code, every character at its place."""
        return "\n".join("" if line.code else _INLINE_CODE.sub(blank, line.text) for line in self.lines)

    @cached_property
    def outside(self) -> str:
        """The prose without attribute blocks, every character at its place."""
        return ATTRIBUTES.sub(blank, self.prose)

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """Every id in the text, with the places where it is given."""
        found: dict[str, list[str]] = {}
        for block in ATTRIBUTES.finditer(self.prose):
            for match in ID.finditer(without_values(block[0])[1:-1]):
                found.setdefault(match[1], []).append(self.place(block.start()))
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.prose.split("\n"))]

    def place(self, offset: int) -> str:
        """``file:line`` of a position in the prose."""
        return self.lines[bisect_right(self._starts, offset) - 1].place(self.root)


def blank(match: re.Match) -> str:
    """As many blanks as `match` has characters; line ends stay."""
    return "\n".join(" " * len(line) for line in match[0].split("\n"))


def without_values(block: str) -> str:
    """An attribute block with empty values, so that nothing in a value is taken for an id."""
    return re.sub(_QUOTED, '""', block) if '"' in block else block
