"""Whatever rests on synthetic data says so where it stands.

A chapter that shows a synthetic number, figure or table carries a status note that says "synthetisch".
Where a chapter has no such note, as in a summary, each sentence says it: with a variable that carries the
word, such as ``.full``, or in its own words. And a report with anything synthetic in it has at least one
note with the class ``synthetisch``, because that puts the mark on the page and on every sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.datakind import DataKind
from analysis.exhibits import SYNTHETIC_CAPTION
from analysis.release.fragments import FOLDER
from analysis.release.markdown import visible
from analysis.render.project import Project, RenderError, read_variables
from analysis.render.source import SHORTCODE, Line

WORD = DataKind.SYNTHETIC.dutch
STEM = "syntheti"  # synthetisch, synthetische, synthetic
_NOTE = re.compile(r"status-[\w-]+\.qmd")
_MARK = re.compile(r":{3,}\s*\{[^}]*\.synthetisch\b")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[\"“'*_(\[]*[A-Z\x00])")


@dataclass
class Chapter:
    """Lines from one heading of level 1 to the next."""

    title: str
    lines: list[Line] = field(default_factory=list)

    @property
    def labelled(self) -> bool:
        """Whether a status note in this chapter says "synthetisch"."""
        return any(is_note(line) and WORD in line.text for line in self.lines)


def check_labelling(lines: list[Line], project: Project) -> None:
    """Raise RenderError if something synthetic stands without the word.

    Parameters
    ----------
    lines : list of Line
        The report with includes expanded; see :func:`analysis.render.source.read_lines`.
    """
    shown = synthetic_variables(read_variables(project.root))
    problems: list[str] = []
    anything = None
    for chapter in chapters(lines):
        uses = [line for line in chapter.lines if _shows_synthetic(line, shown)]
        anything = anything or (uses[0] if uses else None)
        if chapter.labelled or not uses:
            continue
        problems.extend(
            f"{line.place(project.root)}: a synthetic exhibit in {chapter.title!r}, which has no status note "
            f"that says {WORD!r}; include {FOLDER}/status-….qmd"
            for line in uses
            if SYNTHETIC_CAPTION in line.text
        )
        problems.extend(_unmarked_sentences(chapter, shown, project))
    if anything and not any(_MARK.match(line.text) for line in lines):
        problems.append(
            f"{anything.place(project.root)}: the report shows synthetic results, but no note marks it as a "
            f"trial; include {FOLDER}/status-rapport.qmd"
        )
    if problems:
        raise RenderError("Synthetic results without the word:\n" + "\n".join(problems))


def chapters(lines: list[Line]) -> list[Chapter]:
    """`lines` by heading of level 1; what stands before the first is a chapter without a title."""
    found = [Chapter("")]
    for line in lines:
        if not line.code and line.text.startswith("# "):
            found.append(Chapter(line.text[2:].split("{")[0].strip()))
        found[-1].lines.append(line)
    return found


def is_note(line: Line) -> bool:
    return line.path.parent.name == FOLDER and _NOTE.fullmatch(line.path.name) is not None


def synthetic_variables(variables: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """What every variable of a synthetic result says, by name (``section.name.part``)."""
    found: dict[str, str] = {}
    for key, value in variables.items():
        if isinstance(value, Mapping):
            name = f"{prefix}{key}"
            if value.get("kind") == WORD:
                found |= {f"{name}.{part}": text for part, text in value.items() if isinstance(text, str)}
            found |= synthetic_variables(value, f"{name}.")
    return found


def _synthetic_texts(text: str, shown: Mapping[str, str]) -> list[str]:
    """What the synthetic variables in `text` say."""
    named = (match["content"].split() for match in SHORTCODE.finditer(text))
    return [
        visible(shown[word[1]]) for word in named if len(word) == 2 and word[0] == "var" and word[1] in shown
    ]


def _shows_synthetic(line: Line, shown: Mapping[str, str]) -> bool:
    return SYNTHETIC_CAPTION in line.text or bool(_synthetic_texts(line.text, shown))


def _unmarked_sentences(chapter: Chapter, shown: Mapping[str, str], project: Project) -> Iterator[str]:
    for paragraph in _paragraphs(chapter.lines):
        for sentence in sentences(" ".join(line.text for line in paragraph)):
            texts = _synthetic_texts(sentence, shown)
            if texts and not any(STEM in text.lower() for text in (SHORTCODE.sub("", sentence), *texts)):
                yield (
                    f"{paragraph[0].place(project.root)}: a synthetic number without the word, in "
                    f"{chapter.title!r}: {sentence.strip()!r}. Use .full or write {WORD!r}"
                )


def sentences(text: str) -> list[str]:
    """`text` in sentences; a point inside a shortcode ends none."""
    whole = (match[0] for match in SHORTCODE.finditer(text))
    pieces = _SENTENCE.split(SHORTCODE.sub("\x00", text))
    return [re.sub("\x00", lambda _: next(whole), piece) for piece in pieces]


def _paragraphs(lines: list[Line]) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for line in [*lines, None]:
        if line is not None and line.text.strip():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []
