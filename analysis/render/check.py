"""What must be right in the report's sources, whichever renderer reads them.

Quarto only warns of an unknown variable, an unresolved reference or a broken link, and says nothing of a
figure without words. Here each is a mistake with file and line, and all are named at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
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
    rules_links.numbers_have_an_origin,
    rules_blocks.figures_are_complete,
    rules_blocks.tables_are_complete,
    rules_blocks.terms_stand_in_a_list,
    rules_blocks.formulas_have_words,
    rules_blocks.headings_step_by_one,
    rules_blocks.blocks_are_supported,
    rules_blocks.characters_have_a_shape,
    rules_blocks.characters_keep_their_order,
    rules_numbers.numbers_have_a_source,
    rules_numbers.numbers_stand_in_running_text,
)


def check_documents(
    projects: Sequence[Project], also: Sequence[Callable[[list[Line], Project], None]] = ()
) -> list[list[Line]]:
    """The lines of every document, if nothing is wrong with any of them.

    Parameters
    ----------
    projects : sequence of Project
    also : sequence of callables
        Further checks of the lines of one document, which raise RenderError.

    Raises
    ------
    RenderError
        Naming every mistake in all of them with file and line.
    """
    absent: list[str] = []
    read = [read_lines(project, absent) for project in projects]
    if any(
        "_generated" in problem for problem in absent
    ):  # a build comes first: the rest would follow from it
        raise RenderError("\n".join(dict.fromkeys(absent)))
    labels = {
        project.page: frozenset(Text(lines, project.root).labels)
        for project, lines in zip(projects, read, strict=True)
    }
    said = list(dict.fromkeys(absent))
    for project, lines in zip(projects, read, strict=True):
        others = {page: known for page, known in labels.items() if page != project.page}
        for one in (partial(check_lines, others=others), *also):
            try:
                one(lines, project)
            except RenderError as error:
                said.append(str(error))
    if said:
        raise RenderError("\n".join(said))
    return read


def check(project: Project) -> list[Line]:
    """The lines of the only document of a project; see :func:`check_documents`."""
    return check_documents([project])[0]


def check_lines(
    lines: list[Line],
    project: Project,
    more: Mapping[str, Any] | None = None,
    others: Mapping[str, frozenset[str]] | None = None,
) -> None:
    """Raise RenderError if something is wrong with `lines`.

    Parameters
    ----------
    lines : list of Line
    project : Project
    more : mapping, optional
        Variables beside those of ``_variables.yml``.
    others : mapping of str to set of str, optional
        The labels that links may lead to in other documents, by the name of their page.
    """
    problems: list[str] = []
    try:
        fill(lines, project, more)
    except RenderError as error:
        problems.extend(str(error).splitlines())
    text = Text(lines, project.root, others or {})
    for rule in RULES:
        problems.extend(rule(text, project))
    if problems:
        count = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        raise RenderError(f"{count} in {project.document.name}:\n" + "\n".join(problems))
