"""How the sentences of the report read: a warning for each that is long or passive.

``python -m analysis.render.style`` names them with file and line, and always ends well: ``make lint`` shows
what it says and stops at nothing. The report is for readers of B1; a sentence that must be long to be exact
stands in ``reports/aanvaard.txt``, by the words it begins with, a line each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.release.shown import FOLDER
from analysis.render.project import Project, read_projects
from analysis.render.source import Line, read_lines
from analysis.workspace import Workspace, find_root

ACCEPTED = "aanvaard.txt"
LONGEST = 28  # words
_SHORTCODE = re.compile(r"\{\{<.*?>\}\}")
_MARKUP = re.compile(r"\]\([^)]*\)|\{[^{}]*\}|[*_\[\]`]")
_END = re.compile(r"(?<=[.?!:])\s+(?=[A-Z*\"'@])")
_PASSIVE = re.compile(r"\b(?:wordt|worden|werd|werden)\b", re.IGNORECASE)
_PARTICIPLE = re.compile(
    r"\b(?:\w{2,6})?ge\w{2,}(?:d|t|en)\b|\b(?:be|ver|ont|her)\w{3,}[dt]\b", re.IGNORECASE
)
# Lines that hold no sentence: headings, tables, divisions, rules of lists of references.
_NO_PROSE = re.compile(r"\s*(?:#|\||:::|---|<|$)")


@dataclass(frozen=True)
class Sentence:
    """A sentence of the report, and the line it begins on."""

    text: str
    place: str

    @property
    def words(self) -> int:
        return len(re.findall(r"\w[\w'-]*", self.text))

    @property
    def passive(self) -> bool:
        return bool(_PASSIVE.search(self.text) and _PARTICIPLE.search(_PASSIVE.sub("", self.text)))


def sentences(lines: Sequence[Line], root: Path) -> Iterator[Sentence]:
    """The sentences that people wrote, without what the build generates."""
    paragraph: list[Line] = []
    for line in [*lines, None]:
        ends = line is None or line.code or line.path.parent.name == FOLDER or _NO_PROSE.match(line.text)
        starts = line is not None and re.match(r"\s*(?:[-*:]|\d+\.)\s", line.text)
        if (ends or starts) and paragraph:
            yield from _of(paragraph, root)
            paragraph = []
        if not ends:
            paragraph.append(line)


def remarks(project: Project, accepted: Sequence[str] = ()) -> Iterator[str]:
    """``file:line: 33 words: …`` for each sentence that is long or passive and not `accepted`.

    What the build makes need not be there: only sentences that people wrote are looked at.
    """
    for sentence in sentences(read_lines(project, []), project.root):
        if any(sentence.text.startswith(start) for start in accepted):
            continue
        said = [f"{sentence.words} words"] if sentence.words > LONGEST else []
        said += ["passive"] if sentence.passive else []
        if said:
            yield f"{sentence.place}: {', '.join(said)}: {sentence.text[:70]}…"


def accepted_sentences(workspace: Workspace) -> tuple[str, ...]:
    path = workspace.reports / ACCEPTED
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _of(paragraph: Sequence[Line], root: Path) -> Iterator[Sentence]:
    starts, text = [], ""
    for line in paragraph:
        starts.append(len(text))
        plain = _MARKUP.sub("", _SHORTCODE.sub("…", line.text)).strip()
        text += re.sub(r"^(?:[-:]|\d+\.)\s+", "", plain) + " "
    place = 0
    for part in _END.split(text.strip()):
        begin = text.index(part, place)
        place = begin + len(part)
        line = paragraph[max(number for number, start in enumerate(starts) if start <= begin)]
        yield Sentence(part, line.place(root))


def main() -> None:
    """Warn of the sentences of the report; the technical document may be as exact as it must."""
    root = find_root()
    project = read_projects(root)[0]
    found = list(remarks(project, accepted_sentences(Workspace(root, root))))
    for remark in found:
        print(f"warning: {remark}")
    print(f"{len(found)} sentences of {project.document.name} could be shorter or more active")


if __name__ == "__main__":
    main()
