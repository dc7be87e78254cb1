"""Rules for what stands in the text: figures, tables, formulas, headings and blocks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from urllib.parse import unquote

from analysis.render.project import Project
from analysis.render.source import Line
from analysis.render.text import BLOCK, Text, without_values

CALLOUTS = ("note", "tip", "important", "warning", "caution")
_CALLOUT = re.compile(r"\.callout-(\w+)")
_TEXT = r"(?:\\.|[^\[\]\\])*"
_LINKED_TEXT = rf"(?:\\.|\[{_TEXT}\]|[^\[\]\\])*"  # a caption may hold a link
_IMAGE = re.compile(rf"!\[(?P<caption>{_LINKED_TEXT})\]\((?P<target>[^)\n]*)\)(?P<attributes>{BLOCK})?")
_SIZE = re.compile(r"\b(?P<side>width|height)=[\"']?(?P<size>[^\s\"'}]+)")
# One inch is 96 pixels; a number without a unit counts pixels, as in HTML.
_INCHES = {"": 1 / 96, "px": 1 / 96, "pt": 1 / 72, "mm": 1 / 25.4, "cm": 1 / 2.54, "in": 1.0}
_LENGTH = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>px|pt|mm|cm|in|%)?")
MAX_INCHES = {"width": 6.1, "height": 9.0}  # of the text on an A4 with the margins of _quarto.yml
PICTURES = (".svg", ".png", ".jpg", ".jpeg")
_FORMULA = re.compile(
    rf"(?<!\\)\$\$(?P<tex>.+?)(?<!\\)\$\$[ \t]*\n?[ \t]*(?P<attributes>{BLOCK})?", re.DOTALL
)
_TABLE_RULE = re.compile(r"\s*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)+\|?\s*")
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<text>.*)")
_DIV = re.compile(r"\s*:{3,}\s*(?P<rest>.*)")
_MEANING = re.compile(r" {0,3}[:~]\s+\S")
_RAW_HTML = re.compile(r"\s*</?[a-zA-Z]")
_CELL = re.compile(r"\s*(`{3,}|~{3,})\s*\{(?![.=#])\s*(\w+)")
# Planes of pictographs and of private use; mathematical letters are in plane 1 too, and are drawn.
_NO_SHAPE = re.compile("[\ue000-\uf8ff\U00010000-\U0001d3ff\U0001d800-\U0010ffff]")
_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_UNSUPPORTED = re.compile(r"\.panel-tabset|\.column-\w+|\.aside\b|\blayout(-ncol|-nrow)?=|\.listing\b")


def figures_are_complete(text: Text, project: Project) -> Iterator[str]:
    folder = project.document.parent.resolve()
    for match in _IMAGE.finditer(text.prose):
        place = text.place(match.start())
        attributes = match["attributes"] or ""
        target = match["target"]
        if not re.search(r"#fig-[\w-]+", without_values(attributes)):
            yield f"{place}: image {target} has no label {{#fig-…}}"
        if not match["caption"].strip():
            yield f"{place}: image {target} has no caption"
        alt = re.search(r'\bfig-alt="((?:\\.|[^"\\])*)"', attributes)
        if not alt or not alt[1].strip():
            yield f'{place}: image {target} has no alt text; add fig-alt="…"'
        named = folder / unquote(target)
        path = named.resolve()
        if re.search(r"\s", target):
            yield f"{place}: image {target}: a blank in a path is written %20, and nothing follows the path"
        elif not named.is_file():
            yield f"{place}: image {target} does not exist"
        elif not path.is_relative_to(folder) or path.suffix not in PICTURES:
            yield f"{place}: image {target} is no {', '.join(PICTURES)} in {folder.name}"
        if not _alone(text.prose, match):
            yield f"{place}: image {target} stands within a text; a figure is a paragraph of its own"
        yield from (f"{place}: image {target}: {problem}" for problem in _sizes(attributes))


def _alone(prose: str, match: re.Match) -> bool:
    """Whether a paragraph holds the image and nothing else: only then it is a figure."""
    before = prose[: match.start()].rsplit("\n", 2)
    after = prose[match.end() :].split("\n", 2)
    above, below = before[-2] if len(before) > 1 else "", after[1] if len(after) > 1 else ""
    beside = (before[-1] + after[0]).strip()
    return not beside and all(not line.strip() or _DIV.fullmatch(line) for line in (above, below))


def _sizes(attributes: str) -> Iterator[str]:
    """What is wrong with the sizes in an attribute block, in either renderer."""
    for match in _SIZE.finditer(attributes):
        side, size = match["side"], match["size"]
        length = _LENGTH.fullmatch(size)
        units = ", ".join(filter(None, _INCHES))
        if not length or (length["unit"] == "%" and side == "height"):
            share = " or %" if side == "width" else ""
            yield f"{side}={size} is no length in {units}{share}"
        elif length["unit"] == "%":
            if not 0 < float(length["number"]) <= 100:
                yield f"{side}={size} is more than there is, or nothing"
        elif not 0 < float(length["number"]) * _INCHES[length["unit"] or ""] <= MAX_INCHES[side]:
            yield f"{side}={size} does not fit on paper: at most {MAX_INCHES[side]:g}in"


def tables_are_complete(text: Text, project: Project) -> Iterator[str]:
    for i, line in enumerate(text.lines):
        if line.code or "|" not in line.text or not _TABLE_RULE.fullmatch(line.text):
            continue
        place = line.place(text.root)
        if any(not cell.strip() for cell in text.lines[i - 1].text.strip().strip("|").split("|")):
            yield f"{place}: a column of this table has no heading"
        below = dropwhile(_filled, iter(text.lines[i:]))
        caption = " ".join(part.text for part in takewhile(_filled, dropwhile(_empty, below)))
        if not re.match(r"(:|Table:)\s+[^\s{]", caption) or not re.search(r"\{[^}]*#tbl-[\w-]+", caption):
            yield f"{place}: this table has no caption with a label; add `: caption {{#tbl-…}}` below it"


def terms_stand_in_a_list(text: Text, project: Project) -> Iterator[str]:
    """Pandoc's own definition lists are left out (``from`` in _quarto.yml) and are printed as text."""
    above = ""
    for line in text.lines:
        if not line.code and _MEANING.match(line.text) and above.strip() and "|" not in above:
            yield (
                f"{line.place(text.root)}: a definition list; write `- **term**: meaning` between "
                "`::: {.begrippen}` and `:::`"
            )
        above = line.text if line.text.strip() else above


def formulas_have_words(text: Text, project: Project) -> Iterator[str]:
    for match in _FORMULA.finditer(text.prose):
        attributes = match["attributes"] or ""
        if not re.search(r"#eq-[\w-]+", attributes) or not re.search(r'\balt="[^"]+"', attributes):
            place = text.place(match.start())
            yield f'{place}: a displayed formula needs a label and words: $$ … $$ {{#eq-… alt="…"}}'


def headings_step_by_one(text: Text, project: Project) -> Iterator[str]:
    level = 0
    depth = 0
    before = ""
    for line in text.lines:
        div = None if line.code else _DIV.fullmatch(line.text)
        if div:
            depth += 1 if div["rest"] else -1
        heading = None if line.code else _HEADING.fullmatch(line.text)
        if heading and not depth:
            place = line.place(text.root)
            now = len(heading["marks"])
            if before.strip():
                yield f"{place}: a heading needs an empty line above it"
            if now > level + 1:
                yield f"{place}: heading of level {now} after level {level}; PDF/UA wants one step at a time"
            level = now
        before = line.text


def characters_have_a_shape(text: Text, project: Project) -> Iterator[str]:
    """Pictographs and private characters: no font of the PDF draws them."""
    for line in text.lines:
        for character in dict.fromkeys(_NO_SHAPE.findall(line.text)):
            name = unicodedata.name(character, "private")
            code = f"U+{ord(character):04X}"
            yield f"{line.place(text.root)}: {character} ({code}, {name}) is in no font of the PDF"


def characters_keep_their_order(text: Text, project: Project) -> Iterator[str]:
    """Characters that are not seen and turn what follows: with one of them 12 is read as 21."""
    for line in text.lines:
        for character in dict.fromkeys(_TURNS.findall(line.text)):
            name = f"(U+{ord(character):04X}, {unicodedata.name(character)})"
            yield f"{line.place(text.root)}: {name} turns the order in which the text is read; take it out"


def blocks_are_supported(text: Text, project: Project) -> Iterator[str]:
    opened: list[Line] = []
    for line in text.lines:
        cell = _CELL.match(line.text)
        if cell:
            yield f"{line.place(text.root)}: an executable cell ({cell[2]}); computing is done in notebooks/"
        if line.code:
            continue
        if _RAW_HTML.match(line.text):
            yield f"{line.place(text.root)}: raw HTML does not reach the PDF; write Markdown"
        div = _DIV.fullmatch(line.text)
        if not div:
            continue
        if div["rest"]:
            opened.append(line)
        elif opened:
            opened.pop()
        else:
            yield f"{line.place(text.root)}: ::: closes nothing"
        for kind in _CALLOUT.findall(div["rest"]):
            if kind not in CALLOUTS:
                known = ", ".join(CALLOUTS)
                yield f"{line.place(text.root)}: callout-{kind} is not known; choose from {known}"
        if _UNSUPPORTED.search(div["rest"]):
            yield f"{line.place(text.root)}: {div['rest']} looks different in the two renderers; leave it out"
    for line in opened:
        yield f"{line.place(text.root)}: ::: is not closed"


def _filled(line: Line) -> bool:
    return bool(line.text.strip())


def _empty(line: Line) -> bool:
    return not line.text.strip()
