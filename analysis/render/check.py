"""What must be right in the report's sources, whichever renderer reads them.

Quarto only warns of an unknown variable, an unresolved reference or a broken link, and says nothing of a
figure without words. Here each is a mistake with file and line, and all are named at once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.render.project import Project, RenderError
from analysis.render.source import Line, fill, read_lines

KINDS = ("fig", "tbl", "sec", "eq")
_CALLOUT = re.compile(r"callout-(\w+)")
_CALLOUTS = ("note", "tip", "important", "warning", "caution")
# An attribute block: braces of which the values between quotes may hold anything.
_BLOCK = r'\{(?:[^{}"]|"(?:\\.|[^"\\])*")*\}'
_ATTRIBUTES = re.compile(_BLOCK)
_ID = re.compile(r"(?:^|\s)#([\w:.-]+)")
_REFERENCE = re.compile(r"(?<![\w\\@/.])@(?P<key>[A-Za-z0-9_](?:[\w:.#$%&+?<>~/-]*\w)?)")
_IMAGE = re.compile(rf"!\[(?P<caption>(?:\\.|[^\]\\])*)\]\((?P<target>[^)\s]*)\)(?P<attributes>{_BLOCK})?")
_LINK = re.compile(r"(?<!!)\[(?:\\.|[^\]\\])*\]\((?P<target>[^)\s]*)\)")
_FORMULA = re.compile(rf"(?<!\\)\$\$(?P<tex>.+?)(?<!\\)\$\$[ \t]*\n?[ \t]*(?P<attributes>{_BLOCK})?", re.DOTALL)
_TABLE_RULE = re.compile(r"\s*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)+\|?\s*")
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<text>.*)")
_DIV = re.compile(r"\s*:{3,}\s*(?P<rest>.*)")
_DOUBLED = re.compile(r"\b(hoofdstuk|paragraaf|sectie|figuur|tabel|vergelijking)\s+\[?@(fig|tbl|sec|eq)-", re.I)
_EXAMPLE = re.compile(r"^[ \t]*(?P<key>\(@[\w-]*\))", re.MULTILINE)
_BIBLIOGRAPHY_KEY = re.compile(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,", re.MULTILINE)
_RAW_HTML = re.compile(r"^\s*</?[a-zA-Z][^>]*>?")
_CELL = re.compile(r"\s*(`{3,}|~{3,})\s*\{(?![.=#])\s*(\w+)")
_UNSUPPORTED = re.compile(r"\.panel-tabset|\.column-\w+|\.aside\b|\blayout(-ncol|-nrow)?=|\.listing\b")
_STRUCTURE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Text:
    """The report as one string, with the way back to file and line."""

    lines: list[Line]
    root: Path

    @property
    def prose(self) -> str:
        """Without code, each line at its place."""
        return "\n".join("" if line.code else _STRUCTURE.sub(_blank, line.text) for line in self.lines)

    def place(self, offset: int, prose: str) -> str:
        starts = [0]
        for line in prose.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        return self.lines[bisect_right(starts, offset) - 1].place(self.root)


def check(project: Project) -> list[Line]:
    """The lines of the report, if nothing is wrong with them.

    Raises
    ------
    RenderError
        Naming every mistake with file and line.
    """
    lines = read_lines(project)
    problems: list[str] = []
    try:
        fill(lines, project)
    except RenderError as error:
        problems.append(str(error))
    text = Text(lines, project.root)
    for rule in _RULES:
        problems.extend(rule(text, project))
    if problems:
        count = len(problems)
        raise RenderError(f"{count} mistake{'s' * (count > 1)} in the report:\n" + "\n".join(problems))
    return lines


def labels(text: Text) -> dict[str, list[str]]:
    """Every id in the text, with the places where it is given."""
    prose = text.prose
    found: dict[str, list[str]] = {}
    for block in _ATTRIBUTES.finditer(prose):
        for match in _ID.finditer(_without_values(block[0])[1:-1]):
            found.setdefault(match[1], []).append(text.place(block.start(), prose))
    return found


def _without_values(block: str) -> str:
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', block)


def _blank(match: re.Match) -> str:
    return " " * len(match[0])


def _labels_are_unique(text: Text, project: Project) -> Iterator[str]:
    for label, places in labels(text).items():
        if len(places) > 1:
            yield f"{places[1]}: label {label} is used before, at {places[0]}"


def _references_lead_somewhere(text: Text, project: Project) -> Iterator[str]:
    known = labels(text)
    unnumbered = _unnumbered(text)
    keys = {
        key
        for path in project.paths(project.settings.get("bibliography"))
        for key in _BIBLIOGRAPHY_KEY.findall(path.read_text(encoding="utf-8"))
    }
    prose = text.prose
    outside = _ATTRIBUTES.sub(_blank, prose)
    for match in _REFERENCE.finditer(outside):
        key = match["key"]
        place = text.place(match.start(), prose)
        label = key[:1].lower() + key[1:]
        if label.split("-")[0] in KINDS and "-" in label:
            if label not in known:
                yield f"{place}: reference @{key} leads nowhere; no {{#{label}}} in the report"
            elif label in unnumbered:
                yield f"{place}: reference @{key} leads to a section without a number; link with [text](#{label})"
        elif key not in keys:
            yield f"{place}: citation @{key} is not in the bibliography"
    for match in _EXAMPLE.finditer(outside):
        yield (
            f"{text.place(match.start('key'), prose)}: a line that starts with (@…) is a numbered example to "
            "Pandoc; join it to the line before"
        )
    for match in _DOUBLED.finditer(outside):
        yield (
            f'{text.place(match.start(), prose)}: "{match[1]}" stands before a reference that brings its own '
            f"word; leave it out"
        )


def _unnumbered(text: Text) -> set[str]:
    found = set()
    for line in text.lines:
        heading = None if line.code else _HEADING.fullmatch(line.text)
        if heading and ".unnumbered" in heading["text"]:
            found.update(_ID.findall(" ".join(block[1:-1] for block in _ATTRIBUTES.findall(heading["text"]))))
    return found


def _links_lead_somewhere(text: Text, project: Project) -> Iterator[str]:
    known = labels(text)
    prose = text.prose
    for match in _LINK.finditer(prose):
        target = match["target"]
        place = text.place(match.start(), prose)
        if target.startswith("#"):
            if target[1:] not in known:
                yield f"{place}: link to {target}, but no heading or block carries {{{target}}}"
        elif not re.match(r"[a-z]+:", target):
            yield f"{place}: link to {target or 'nothing'}: the report is one file, so a link is #label or an address"


def _figures_are_complete(text: Text, project: Project) -> Iterator[str]:
    prose = text.prose
    for match in _IMAGE.finditer(prose):
        place = text.place(match.start(), prose)
        attributes = match["attributes"] or ""
        target = match["target"]
        if not re.search(r"#fig-[\w-]+", _without_values(attributes)):
            yield f"{place}: image {target} has no label {{#fig-…}}"
        if not match["caption"].strip():
            yield f"{place}: image {target} has no caption"
        alt = re.search(r'\bfig-alt="((?:\\.|[^"\\])*)"', attributes)
        if not alt or not alt[1].strip():
            yield f'{place}: image {target} has no alt text; add fig-alt="…"'
        if not (project.document.parent / target).is_file():
            yield f"{place}: image {target} does not exist"


def _tables_are_complete(text: Text, project: Project) -> Iterator[str]:
    lines = text.lines
    for i, line in enumerate(lines):
        if line.code or "|" not in line.text or not _TABLE_RULE.fullmatch(line.text):
            continue
        if any(not cell.strip() for cell in lines[i - 1].text.strip().strip("|").split("|")):
            yield f"{line.place(text.root)}: a column of this table has no heading"
        after = i + 1
        while after < len(lines) and lines[after].text.strip():
            after += 1
        while after < len(lines) and not lines[after].text.strip():
            after += 1
        caption = ""
        while after < len(lines) and lines[after].text.strip():
            caption += lines[after].text + " "
            after += 1
        if not re.match(r"(:|Table:)\s+[^\s{]", caption) or not re.search(r"\{[^}]*#tbl-[\w-]+", caption):
            yield f"{line.place(text.root)}: this table has no caption with a label; add `: caption {{#tbl-…}}`"


def _formulas_have_words(text: Text, project: Project) -> Iterator[str]:
    prose = text.prose
    for match in _FORMULA.finditer(prose):
        attributes = match["attributes"] or ""
        if not re.search(r"#eq-[\w-]+", attributes) or not re.search(r'\balt="[^"]+"', attributes):
            yield (
                f"{text.place(match.start(), prose)}: a displayed formula needs a label and words: "
                '$$ … $$ {#eq-… alt="…"}'
            )


def _headings_step_by_one(text: Text, project: Project) -> Iterator[str]:
    level = 0
    depth = 0
    before = ""
    for line in text.lines:
        if line.code:
            before = line.text
            continue
        div = _DIV.fullmatch(line.text)
        if div:
            depth += 1 if div["rest"] else -1
        heading = _HEADING.fullmatch(line.text)
        if heading and not depth:
            place = line.place(text.root)
            if before.strip():
                yield f"{place}: a heading needs an empty line before it"
            now = len(heading["marks"])
            if now > level + 1:
                yield f"{place}: heading of level {now} after level {level}; PDF/UA allows one step down at a time"
            level = now
        before = line.text


def _blocks_are_supported(text: Text, project: Project) -> Iterator[str]:
    depth = 0
    opened: list[Line] = []
    for line in text.lines:
        place = line.place(text.root)
        cell = _CELL.match(line.text)
        if cell:
            yield f"{place}: an executable cell ({cell[2]}); computing is done in notebooks/"
        if line.code:
            continue
        if _RAW_HTML.match(line.text):
            yield f"{place}: raw HTML does not reach the PDF; write Markdown"
        div = _DIV.fullmatch(line.text)
        if not div:
            continue
        depth += 1 if div["rest"] else -1
        if div["rest"]:
            opened.append(line)
        elif opened:
            opened.pop()
        else:
            yield f"{place}: ::: closes nothing"
        for kind in _CALLOUT.findall(div["rest"]):
            if kind not in _CALLOUTS:
                yield f"{place}: callout-{kind} is not known; choose from {', '.join(_CALLOUTS)}"
        if _UNSUPPORTED.search(div["rest"]):
            yield f"{place}: {div['rest']} looks different in the two renderers; leave it out"
    for line in opened:
        yield f"{line.place(text.root)}: ::: is not closed"


Rule = Callable[[Text, Project], Iterator[str]]
_RULES: tuple[Rule, ...] = (
    _labels_are_unique,
    _references_lead_somewhere,
    _links_lead_somewhere,
    _figures_are_complete,
    _tables_are_complete,
    _formulas_have_words,
    _headings_step_by_one,
    _blocks_are_supported,
)
