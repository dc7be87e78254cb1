"""The report's text: includes expanded and shortcodes filled in, each line knowing where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.render.entries import did_you_mean, names
from analysis.render.project import Project, RenderError, read_variables, split_front_matter

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(?P<content>.*?)\s*>\}\}(?!\})")
_INCLUDE = re.compile(r"\s*\{\{<\s*include\s+(?P<path>\S+)\s*>\}\}\s*")
_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})")
_SEARCH = "; look for it with: python -m analysis variables WORD"
PAGE_BREAK = (
    '\n```{=html}\n<div style="page-break-after: always;"></div>\n```\n\n```{=typst}\n#pagebreak()\n```\n'
)


@dataclass(frozen=True)
class Line:
    """One line of the report, before its shortcodes are filled in.

    Attributes
    ----------
    text : str
    path : Path
        The file it stands in.
    number : int
        Its line number there, from 1.
    code : bool
        Whether it is part of a fenced code block.
    """

    text: str
    path: Path
    number: int
    code: bool = False

    def place(self, root: Path) -> str:
        return f"{_below(self.path, root)}:{self.number}"


@cache  # asked for every label, of a few hundred files
def _below(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def read_lines(project: Project, absent: list[str] | None = None) -> list[Line]:
    """All lines of the report with includes expanded.

    As in Quarto, a path in an include is relative to the rendered document, also in an included file. What is
    wrong with an include is added to `absent`, where that is given, and the reading goes on without it.

    Raises
    ------
    RenderError
        If an include is missing, circular, or carries its own front matter.
    """
    return list(_expand(project.document, project, (), absent))


def _expand(
    path: Path, project: Project, above: tuple[Path, ...], absent: list[str] | None
) -> Iterator[Line]:
    _, texts = split_front_matter(path)
    fence = ""
    for number, text in enumerate(texts, start=1):
        line = Line(text, path, number, code=bool(fence))
        mark = _FENCE.match(text)
        if fence:
            if mark and mark["fence"].startswith(fence) and text.strip() == mark["fence"]:
                fence = ""
            yield line
            continue
        if mark:
            fence = mark["fence"]
            yield Line(text, path, number, code=True)
            continue
        include = _INCLUDE.fullmatch(text)
        if not include:
            yield line
            continue
        try:
            target = _target(include["path"], line, project, (*above, path))
        except RenderError as error:
            if absent is None:
                raise
            absent.append(str(error))
            continue
        yield from _expand(target, project, (*above, path), absent)
        yield Line("", path, number)


def _target(named: str, line: Line, project: Project, above: tuple[Path, ...]) -> Path:
    """The file that an include on `line` names; RenderError where it cannot be included."""
    place = line.place(project.root)
    target = (project.document.parent / named).resolve()
    if not target.is_relative_to(project.document.parent.resolve()):
        raise RenderError(f"{place}: include {named} lies outside {project.document.parent.name}")
    if not target.is_file():
        made = "_generated" in named
        hint = "; the build makes it: run `make report`, or `python -m analysis build`" if made else ""
        raise RenderError(f"{place}: include {named} does not exist{hint}")
    if target in above:
        raise RenderError(f"{place}: include {named} includes itself")
    if split_front_matter(target)[0]:
        raise RenderError(f"{target}: an included file has no front matter of its own")
    return target


def fill(lines: list[Line], project: Project, more: Mapping[str, Any] | None = None) -> str:
    """The text of `lines` with every shortcode filled in, also in code, as Quarto does.

    `more` holds variables beside those of ``_variables.yml``.

    Raises
    ------
    RenderError
        If a shortcode or variable is unknown; all of them are named.
    """
    variables = {**read_variables(project.root), **(more or {})}
    problems: list[str] = []
    filled = []
    for line in lines:

        def value(match: re.Match, line: Line = line) -> str:
            try:
                return _value(match["content"], variables, project)
            except RenderError as error:
                problems.append(f"{line.place(project.root)}: {error}")
                return ""

        filled.append(SHORTCODE.sub(value, line.text).replace("{{{<", "{{<").replace(">}}}", ">}}"))
    if problems:
        raise RenderError("\n".join(problems))
    return "\n".join(filled) + "\n"


def _value(content: str, variables: Mapping[str, Any], project: Project) -> str:
    name, *arguments = content.split()
    if name == "pagebreak" and not arguments:
        return PAGE_BREAK
    if name in ("var", "meta") and len(arguments) == 1:
        source = variables if name == "var" else project.options("html")
        return lookup(source, arguments[0], name)
    raise RenderError(f"unknown shortcode {{{{< {content} >}}}}; known are include, var, meta and pagebreak")


def holds(source: Mapping[str, Any], key: str) -> bool:
    """Whether there is one value under the dotted `key`; :func:`lookup` says what to do without."""
    value: Any = source
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return not isinstance(value, (Mapping, list))


def lookup(source: Mapping[str, Any], key: str, kind: str = "var") -> str:
    """The text under the dotted `key`.

    Raises
    ------
    RenderError
        If there is none.
    """
    value: Any = source
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            where = "_variables.yml" if kind == "var" else "_quarto.yml or the front matter"
            hint = did_you_mean(key, names(source)) or _SEARCH * (kind == "var")
            raise RenderError(f"unknown {kind} {key}: it is not in {where}{hint}")
        value = value[part]
    if isinstance(value, (Mapping, list)):
        raise RenderError(f"{kind} {key} is not one value but holds {', '.join(map(str, value))}")
    return str(value)
