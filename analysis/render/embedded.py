"""The renderer for where Quarto is not installed: Pandoc makes HTML and Typst, Typst makes the PDF.

It reads the same ``_quarto.yml``, .qmd files, filters, template and partials as Quarto does, from a folder
that holds nothing else (:mod:`analysis.render.stage`).
"""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

from analysis.build.kept import Kept, known
from analysis.render.inlined import inlined
from analysis.render.pandoc import hashes, page_of, sources_of
from analysis.render.project import Project, RenderError
from analysis.render.source import fill, read_lines
from analysis.render.stage import PICTURES

_NOT_DRAWN = re.compile(r"""the text `"(?P<text>.+?)"` could not be displayed""")


def render_embedded(
    projects: Sequence[Project],
    folder: Path,
    kept: Kept | None,
    pool: Executor,
    check: Callable[[], object] = lambda: None,
) -> list[Future[None]]:
    """Begin to write the page and the PDF of each of `projects` into `folder`.

    Parameters
    ----------
    projects : sequence of Project
        In a folder that holds what the renderers may see, see :mod:`analysis.render.stage`.
    folder : Path
    kept : Kept or None
        What was made before.
    pool : Executor
    check : callable
        Raises RenderError for what is wrong with the sources: all of it, before what a renderer says. It is
        called while Pandoc reads the longest document, which takes longest; the others wait for it, so that
        two cores are at work and none is shared.

    Returns
    -------
    list of Future
        Each ends well, or raises RenderError where Pandoc or Typst fails or warns.
    """
    try:
        texts = [(project, fill(read_lines(project), project)) for project in projects]
    except RenderError:
        check()
        raise
    begun = []
    for project, text in sorted(texts, key=lambda text: -len(text[1])):
        begun.append(pool.submit(_write_both, project, sources_of(project, text, kept), folder, kept))
        if len(begun) == 1:
            check()
    return begun


def write_document(project: Project, text: str, folder: Path, kept: Kept | None = None) -> None:
    """Write page and PDF of `project`, of which `text` has its shortcodes filled in, into `folder`."""
    _write_both(project, sources_of(project, text, kept), folder, kept)


def _write_both(project: Project, sources: Iterator[str], folder: Path, kept: Kept | None) -> None:
    """Set the PDF while Pandoc still writes the page."""
    from analysis.render.rowheads import tag_row_headings  # brings pikepdf along

    write_paper(project, next(sources), folder, kept)
    tag_row_headings(folder / project.paper)
    _write(next(sources), project, folder)


def write_page(project: Project, text: str, folder: Path, kept: Kept | None = None) -> None:
    """Write the page alone."""
    _write(page_of(project, text, kept), project, folder)


def _write(page: str, project: Project, folder: Path) -> None:
    (folder / project.page).write_text(inlined(page, project), encoding="utf-8", newline="\n")


def write_paper(project: Project, source: str, folder: Path, kept: Kept | None = None) -> None:
    """Write the PDF that Typst makes of `source`; the headings of rows are not yet told in it."""
    standards = list(project.options("typst").get("pdf-standard") or [])
    pictures = (path for path in sorted(project.root.rglob("*")) if path.suffix in PICTURES)
    decides = {
        "source": source,
        "files": hashes((path for path in pictures if path.name in source), project.root),
        "asked": [standards, timestamp(project), importlib.metadata.version("typst")],
    }
    (folder / project.paper).write_bytes(known(kept, decides, lambda: _compiled(project, source, standards)))


def _compiled(project: Project, source: str, standards: list[str]) -> bytes:
    import typst

    try:
        pdf, warnings = typst.compile_with_warnings(
            source.encode("utf-8"),
            root=str(project.root),
            font_paths=_fonts(),
            pdf_standards=standards,
            timestamp=timestamp(project),
        )
    except typst.TypstError as error:
        raise RenderError(
            f"Typst: {_where(error.message, project)}{error.message}\n{error.diagnostic}"
        ) from error
    if warnings:
        raise RenderError("Typst: " + "\n".join(f"{w.message}\n{w.diagnostic}" for w in warnings))
    return pdf


def _where(message: str, project: Project) -> str:
    """File and line of a character that no font can draw; Typst names it, and a place in its own source."""
    match = _NOT_DRAWN.search(message)
    if not match:
        return ""
    places = [line.place(project.root) for line in read_lines(project) if match["text"] in line.text]
    return f"{', '.join(places)}: " if places else ""


def timestamp(project: Project) -> int:
    """Seconds since 1970 that the PDF carries: SOURCE_DATE_EPOCH, the day of the report, or a fixed one."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    day = date.fromisoformat(str(project.settings.get("dagtekening", "2026-01-01")))
    return int(given or datetime.combine(day, time(), tzinfo=UTC).timestamp())


@cache
def _fonts():
    """Typst's own fonts and nothing of this machine, so that the PDF is the same everywhere."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
