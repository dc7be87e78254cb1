"""What must be right in the report's sources, whichever renderer reads them.

Quarto only warns of an unknown variable, an unresolved reference or a broken link, and says nothing of a
figure without words. Here each is a mistake with file and line, and all are named at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from analysis.render import rules_blocks, rules_links, rules_numbers
from analysis.render.project import Project, RenderError
from analysis.render.source import Line, fill, read_lines
from analysis.render.text import Text

RULES: tuple[Callable[[Text, Project], Iterator[str]], ...] = (
    rules_links.labels_are_unique,
    rules_links.references_lead_somewhere,
    rules_links.references_read_well,
    rules_links.links_lead_somewhere,
    rules_blocks.figures_are_complete,
    rules_blocks.tables_are_complete,
    rules_blocks.formulas_have_words,
    rules_blocks.headings_step_by_one,
    rules_blocks.blocks_are_supported,
    rules_numbers.numbers_have_a_source,
    rules_numbers.numbers_stand_in_running_text,
)


def check(project: Project) -> list[Line]:
    """The lines of the report, if nothing is wrong with them.

    Raises
    ------
    RenderError
        Naming every mistake with file and line.
    """
    lines = read_lines(project)
    check_lines(lines, project)
    return lines


def check_lines(lines: list[Line], project: Project, more: Mapping[str, Any] | None = None) -> None:
    """Raise RenderError if something is wrong with `lines`; `more` holds further variables."""
    problems: list[str] = []
    try:
        fill(lines, project, more)
    except RenderError as error:
        problems.extend(str(error).splitlines())
    text = Text(lines, project.root)
    for rule in RULES:
        problems.extend(rule(text, project))
    if problems:
        count = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        raise RenderError(f"{count} in the report:\n" + "\n".join(problems))
