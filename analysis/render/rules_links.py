"""Rules for what points elsewhere: labels, references, citations and links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from analysis.release.markdown import anchor
from analysis.render.entries import did_you_mean
from analysis.render.project import Project, read_variables
from analysis.render.source import SHORTCODE, holds, lookup
from analysis.render.text import ATTRIBUTES, ID, Text

KINDS = ("fig", "tbl", "sec", "eq")
_REFERENCE = re.compile(r"(?<![\w\\@/.])@(?P<key>[A-Za-z0-9_](?:[\w:.#$%&+?<>~/-]*\w)?)")
_LINK = re.compile(r"(?<![!\\])\[(?:\\.|[^\]\\])*\]\((?P<target>[^)\s]*)\)")
_ORIGIN = re.compile(r"\]\(#(herkomst-[^)\s]+)\)")
_BESIDE = ("index.html", "resultaten.csv")
_SHEET = re.compile(r"provincies/PV\d\d\.html")
_HEADING = re.compile(r"#{1,6}\s.*")
_WORDS = "hoofdstuk|paragraaf|sectie|figuur|tabel|vergelijking"
_DOUBLED = re.compile(rf"\b({_WORDS})\s+\[?@(fig|tbl|sec|eq)-", re.IGNORECASE)
# What Pandoc takes for the number of an example: (@x), @x. or @x) where a list can begin.
_EXAMPLE = re.compile(r"\s*\(?@[\w-]*[.)](\s.*)?")
_LIST_ITEM = re.compile(r"\s*([-*+:]|\(?(\w{1,4}|@[\w-]*)[.)])\s.*")
_BIBLIOGRAPHY_KEY = re.compile(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,", re.MULTILINE)


def labels_are_unique(text: Text, project: Project) -> Iterator[str]:
    for label, places in text.labels.items():
        if len(places) > 1:
            yield f"{places[1]}: label {label} is used before, at {places[0]}"


def references_lead_somewhere(text: Text, project: Project) -> Iterator[str]:
    unnumbered = _unnumbered(text)
    keys = _bibliography(project)
    for match in _REFERENCE.finditer(text.outside):
        key = match["key"]
        place = text.place(match.start())
        label = key[:1].lower() + key[1:]
        kind, dash, _ = label.partition("-")
        if kind not in KINDS or not dash:
            if key not in keys:
                yield f"{place}: citation @{key} is not in the bibliography{did_you_mean(key, keys)}"
        elif label not in text.labels:
            elsewhere = [page for page, labels in text.others.items() if label in labels]
            hint = (
                f"; it stands in another document: write [words]({elsewhere[0]}#{label})"
                if elsewhere
                else did_you_mean(label, text.labels)
            )
            yield f"{place}: reference @{key} leads nowhere; no {{#{label}}} in the report{hint}"
        elif label in unnumbered:
            yield f"{place}: reference @{key}: that section has no number; write [its title](#{label})"


def references_read_well(text: Text, project: Project) -> Iterator[str]:
    begins, in_list = True, False
    for line in text.lines:
        filled = bool(line.text.strip()) and not line.code
        if filled and (begins or in_list) and _EXAMPLE.fullmatch(line.text):
            place = line.place(text.root)
            yield f"{place}: a line that starts with (@…) or @…. is a numbered example; join it to the last"
        if filled and begins:
            in_list = _LIST_ITEM.fullmatch(line.text) is not None or line.text.startswith("  ")
        begins = not filled
    for match in _DOUBLED.finditer(text.outside):
        place = text.place(match.start())
        yield f'{place}: "{match[1]}" before a reference that brings its own word; leave it out'


def links_lead_somewhere(text: Text, project: Project) -> Iterator[str]:
    origins = {label for label in _appendix(text, project) if label.startswith(anchor(""))}
    for match in _LINK.finditer(text.prose):
        target = match["target"]
        place = text.place(match.start())
        if target.startswith("#"):
            if target[1:] not in text.labels and target[1:] not in origins:
                hint = did_you_mean(target[1:], text.labels)
                yield f"{place}: link to {target}, but no heading or block carries {{{target}}}{hint}"
        elif not re.match(r"[a-z]+:", target):
            page, _, label = target.partition("#")
            labels = text.labels if page == project.page else text.others.get(page)
            if labels is None and _written(target, {project.page, *text.others}):
                continue
            if labels is None:
                pages = "".join(f", {name}#label" for name in text.others)
                yield f"{place}: link to {target!r}: a link is #label{pages} or a full address"
            elif label and label not in labels:
                yield f"{place}: link to {target}, but no heading or block of {page} carries {{#{label}}}"


def _written(target: str, pages: Set[str]) -> bool:
    """Whether a render writes this file beside the documents: their PDF, a sheet, the index, the data."""
    papers = {page.removesuffix(".html") + ".pdf" for page in pages}
    return target in papers or target in _BESIDE or _SHEET.fullmatch(target) is not None


def numbers_have_an_origin(text: Text, project: Project) -> Iterator[str]:
    """A number that leads to its origin finds it in this document, or in the one that holds the appendix."""
    known = text.labels.keys() | _appendix(text, project)
    variables = read_variables(project.root)
    for line in text.lines:
        for shortcode in SHORTCODE.finditer(line.text):
            name, *arguments = shortcode["content"].split()
            if name != "var" or len(arguments) != 1 or not holds(variables, arguments[0]):
                continue  # one that is unknown is told where variables are filled in
            for label in _ORIGIN.findall(lookup(variables, arguments[0])):
                if label not in known:
                    yield (
                        f"{line.place(text.root)}: {arguments[0]} leads to #{label}, which no appendix "
                        "holds: build again, or name the page with the appendix in _quarto.yml, herkomst"
                    )


def _appendix(text: Text, project: Project) -> Set[str]:
    """The labels of the document that holds the appendix of origins, where that is another one."""
    page, _, _ = str(project.settings.get("herkomst", "")).partition("#")
    return text.others.get(page, frozenset())


def _unnumbered(text: Text) -> set[str]:
    """Labels of headings without a number."""
    found: set[str] = set()
    for line in text.lines:
        if not line.code and _HEADING.fullmatch(line.text) and ".unnumbered" in line.text:
            for block in ATTRIBUTES.findall(line.text):
                found.update(ID.findall(block[1:-1]))
    return found


def _bibliography(project: Project) -> set[str]:
    files = project.paths(project.settings.get("bibliography"))
    return {key for path in files for key in _BIBLIOGRAPHY_KEY.findall(path.read_text(encoding="utf-8"))}
