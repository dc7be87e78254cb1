"""What the documents show, and where: the variables they name and the generated fragments they include.

Light, because every build asks: what is shown decides what the appendix of origins holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.workspace import Workspace

PROJECT = "_quarto.yml"
DOCUMENT = "reports/rapport.qmd"  # where no project file names the documents
FOLDER = "_generated"
ORIGINS = f"{FOLDER}/herkomst.qmd"
CONCLUSIONS = "conclusie"
NAMED_IN = "shown_in"  # the column of resultaten.csv with the sections that name a number
_VARIABLE = re.compile(r"(?<!\{)\{\{<\s*var\s+(\S+)\s*>\}\}")
_INCLUDE = re.compile(r"\s*\{\{<\s*include\s+(\S+)\s*>\}\}\s*")
_QUESTIONS = re.compile(rf"{FOLDER}/(?:vraag|vragen|proef|proeven|uitkomst)[\w-]*\.qmd")
_EXHIBIT = re.compile(rf"{FOLDER}/((?:fig|tbl)-[\w-]+)\.qmd")
_HEADING = re.compile(r"(?P<level>#{1,6})\s+(?P<title>.*?)\s*\{[^}]*#(?P<label>sec-[\w-]+)[^}]*\}\s*")


@dataclass(frozen=True)
class Use:
    """A section of a document that shows something.

    Attributes
    ----------
    name : str
        A variable, or the path of a fragment.
    page : str
        The HTML file of the document.
    label, title : str
        Of the section; empty before the first heading with a label. A title that sections share has that of
        the chapter in front.
    """

    name: str
    page: str
    label: str = ""
    title: str = ""


@dataclass(frozen=True)
class Shown:
    """Names of variables, and paths of fragments; each once, in the order of the text.

    `uses` has one entry for each of them and each section that shows it.
    """

    variables: tuple[str, ...]
    fragments: tuple[str, ...]
    uses: tuple[Use, ...] = ()

    @property
    def traced(self) -> bool:
        """Whether the report holds the appendix of origins, so that links to it lead somewhere."""
        return ORIGINS in self.fragments

    @property
    def exhibits(self) -> list[str]:
        return [match[1] for path in self.fragments if (match := _EXHIBIT.fullmatch(path))]

    @property
    def appendix(self) -> str:
        """The page that holds the appendix of origins; empty if none does."""
        return next((use.page for use in self.uses if use.name == ORIGINS), "")

    def results(self, conclusions: Mapping[str, Any]) -> set[str]:
        """Ids of the results whose numbers are shown; of a conclusion, those it rests on."""
        return {name for variable in self.variables for name in _results(variable, conclusions)}

    def places(self, conclusions: Mapping[str, Any]) -> dict[str, list[Use]]:
        """By id of a result, figure or table: where it is shown, each section once."""
        found: dict[str, dict[tuple[str, str], Use]] = {}
        for use in self.uses:
            exhibit = _EXHIBIT.fullmatch(use.name)
            for name in [exhibit[1]] if exhibit else _results(use.name, conclusions):
                found.setdefault(name, {}).setdefault((use.page, use.label), use)
        return {name: list(places.values()) for name, places in found.items()}


def _results(variable: str, conclusions: Mapping[str, Any]) -> list[str]:
    name = variable.rpartition(".")[0]
    section, _, rest = name.partition(".")
    if section == CONCLUSIONS and rest in conclusions:
        return list(conclusions[rest]["rests_on"])
    return [name]


def documents(workspace: Workspace) -> list[Path]:
    """The documents that ``_quarto.yml`` renders, in its order."""
    import yaml

    path = workspace.root / PROJECT
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    project = (content or {}).get("project") if isinstance(content, dict) else None
    names = project.get("render") if isinstance(project, dict) else None
    return [workspace.root / name for name in names or [DOCUMENT]]


def shown(workspace: Workspace, *, opened: bool = False) -> Shown:
    """What the documents and the sections they include name.

    Generated fragments are not opened, but for the sections of questions where `opened` is said: those name
    results and include exhibits themselves, once they have been made.
    """
    uses: dict[tuple[str, str, str], Use] = {}
    chapters: dict[tuple[str, str], str] = {}  # by label and title of the section
    for document in documents(workspace):
        page = document.with_suffix(".html").name
        label, title, chapter = "", "", ""
        for line in _lines(document.resolve(), document.parent, set(), opened):
            heading = _HEADING.fullmatch(line)
            if heading:
                label, title = heading["label"], heading["title"]
                chapter = title if heading["level"] == "#" else chapter
                chapters[label, title] = chapter
            include = _INCLUDE.fullmatch(line)
            for name in [include[1]] if include else _VARIABLE.findall(line):
                uses.setdefault((name, page, label), Use(name, page, label, title))
    titles = Counter(title for _, title in chapters)
    shared = {
        (label, title): f"{chapter}: {title}"
        for (label, title), chapter in chapters.items()
        if titles[title] > 1 and chapter != title
    }
    uses = {
        key: replace(use, title=shared.get((use.label, use.title), use.title)) for key, use in uses.items()
    }
    names = list(dict.fromkeys(use.name for use in uses.values()))
    fragments = [name for name in names if name.startswith(f"{FOLDER}/")]
    variables = [name for name in names if not name.startswith(f"{FOLDER}/")]
    return Shown(tuple(variables), tuple(fragments), tuple(uses.values()))


def _lines(path: Path, folder: Path, seen: set[Path], opened: bool) -> Iterator[str]:
    """The lines of `path` and of what it includes, but for generated fragments: those stay a line."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for line in path.read_text(encoding="utf-8").splitlines():
        include = _INCLUDE.fullmatch(line)
        generated = include and include[1].startswith(f"{FOLDER}/")
        if not include or generated:
            yield line
        if include and (not generated or (opened and _QUESTIONS.fullmatch(include[1]))):
            yield from _lines((folder / include[1]).resolve(), folder, seen, opened)
