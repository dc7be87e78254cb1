"""The renderer for where Quarto is not installed: Pandoc makes HTML and Typst, Typst makes the PDF.

It reads the same ``_quarto.yml``, .qmd files, filters, template and partials as Quarto does, from a folder
that holds nothing else (:mod:`analysis.render.stage`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from analysis.render.project import Project, RenderError
from analysis.render.source import fill, read_lines

HERE = Path(__file__).parent
TEMPLATES = HERE / "typst"
CROSSREF = HERE / "lua" / "crossref.lua"
# Filters of the project run before or after the cross-references, as their entry point in Quarto says.
BEFORE = ("pre-ast",)
AFTER = ("pre-finalize",)
_NOT_DRAWN = re.compile(r"""the text `"(?P<text>.+?)"` could not be displayed""")


def render_embedded(projects: Sequence[Project], folder: Path) -> None:
    """Write the page and the PDF of each of `projects` into `folder`.

    `projects` stand in a folder that holds what the renderers may see, see :mod:`analysis.render.stage`.

    Raises
    ------
    RenderError
        If Pandoc or Typst fails or warns.
    """
    # The PDFs first: they take longest.
    makers = sorted(WRITERS, key=lambda make: make is not write_paper)
    texts = [(project, fill(read_lines(project), project)) for project in projects]
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        tasks = [pool.submit(make, *text, folder) for make in makers for text in texts]
        for task in tasks:
            task.result()


def write_page(project: Project, text: str, folder: Path) -> None:
    """Write the page of `project`, of which `text` has its shortcodes filled in, into `folder`."""
    options = project.options("html")
    arguments = [
        "--to=html5",
        "--sandbox",  # nothing is embedded but what the filter of the cross-references brings along
        "--mathml",
        "--embed-resources",
        *(["--section-divs"] if options.get("section-divs") else []),
        f"--template={project.path(options['template'])}",
        f"--shift-heading-level-by={options.get('shift-heading-level-by', 0)}",
    ]
    page = _pandoc(project, "html", text, arguments)
    (folder / project.page).write_text(page, encoding="utf-8", newline="\n")


def write_paper(project: Project, text: str, folder: Path) -> None:
    """Write the PDF, likewise."""
    import typst

    options = project.options("typst")
    with tempfile.TemporaryDirectory() as staging:
        for part in (*sorted(TEMPLATES.glob("*.typ")), *project.paths(options.get("template-partials"))):
            shutil.copy(part, Path(staging) / part.name)
        template = Path(staging) / "template.typ"
        source = _pandoc(project, "typst", text, ["--to=typst-citations", f"--template={template}"])
    try:
        pdf, warnings = typst.compile_with_warnings(
            source.encode("utf-8"),
            root=str(project.root),
            font_paths=_fonts(),
            pdf_standards=list(options.get("pdf-standard") or []),
            timestamp=timestamp(project),
        )
    except typst.TypstError as error:
        raise RenderError(
            f"Typst: {_where(error.message, project)}{error.message}\n{error.diagnostic}"
        ) from error
    if warnings:
        raise RenderError("Typst: " + "\n".join(f"{w.message}\n{w.diagnostic}" for w in warnings))
    (folder / project.paper).write_bytes(pdf)


def _where(message: str, project: Project) -> str:
    """File and line of a character that no font can draw; Typst names it, and a place in its own source."""
    match = _NOT_DRAWN.search(message)
    if not match:
        return ""
    places = [line.place(project.root) for line in read_lines(project) if match["text"] in line.text]
    return f"{', '.join(places)}: " if places else ""


# Each takes the project, its text with shortcodes filled in, and the folder to write into.
WRITERS = (write_page, write_paper)


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


def _pandoc(project: Project, to: str, text: str, arguments: list[str]) -> str:
    import pypandoc

    options = project.options(to)
    folder = project.document.parent
    metadata = project.metadata(to) | {
        "document-folder": f"{folder.relative_to(project.root).as_posix()}/",
        "number-sections": bool(options.get("number-sections")),
        "pagetitle": project.settings["title"],
        "css": [os.path.relpath(path, folder) for path in project.paths(options.get("css"))],
    }
    with tempfile.TemporaryDirectory() as staging:
        settings = Path(staging) / "metadata.json"
        settings.write_text(json.dumps(metadata, default=str), encoding="utf-8")
        command = [
            pypandoc.get_pandoc_path(),
            "--from=markdown",
            "--standalone",
            "--fail-if-warnings",
            "--wrap=none",
            "--syntax-highlighting=none",
            f"--metadata-file={settings}",
            f"--resource-path={folder}",
            f"--toc-depth={options.get('toc-depth', 3)}",
            *(["--toc"] if options.get("toc") else []),
            *(f"--lua-filter={path}" for path in _filters(project, options, BEFORE)),
            f"--lua-filter={CROSSREF}",
            *(["--citeproc"] if options.get("bibliography") else []),
            *(f"--bibliography={path}" for path in project.paths(options.get("bibliography"))),
            *(f"--csl={path}" for path in project.paths(options.get("csl"))),
            *(f"--lua-filter={path}" for path in _filters(project, options, AFTER)),
            *arguments,
        ]
        result = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", cwd=folder)
    if result.returncode or result.stderr.strip():
        raise RenderError(f"Pandoc ({to}): {result.stderr.strip()}")
    return result.stdout


def _filters(project: Project, options: Mapping[str, Any], entry_points: tuple[str, ...]) -> list[Path]:
    known = BEFORE + AFTER
    for item in options.get("filters") or []:
        if not isinstance(item, Mapping) or item.get("at") not in known:
            raise RenderError(f"filters: expected a path and at: {' or '.join(known)}, got {item}")
    return [project.path(item["path"]) for item in options.get("filters") or [] if item["at"] in entry_points]
