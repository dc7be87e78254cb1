"""The renderer for where Quarto is not installed: Pandoc makes HTML and Typst, Typst makes the PDF.

It reads the same ``_quarto.yml``, .qmd files, filters, template and partials as Quarto does, from a folder
that holds nothing else (:mod:`analysis.render.stage`).
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from analysis.build.fingerprint import Fingerprints
from analysis.build.kept import Kept, known
from analysis.render.inlined import inlined
from analysis.render.project import Project, RenderError
from analysis.render.source import fill, read_lines
from analysis.render.stage import PICTURES

HERE = Path(__file__).parent
TEMPLATES = (HERE / "typst" / "template.typ", HERE / "typst" / "definitions.typ")  # the second is a part
CROSSREF = HERE / "lua" / "crossref.lua"
# Filters of the project run before or after the cross-references, as their entry point in Quarto says.
BEFORE = ("pre-ast",)
AFTER = ("pre-finalize",)
# Checksums, as code. Pandoc gets a place of the same length for each, so that another picture or another run
# leaves what it makes as it was.
_CHECKSUM = re.compile(r"(?<=`)[0-9a-f]{16,64}(?=`)")
_CHECKSUM_PLACE = re.compile(r"z\d{15,63}")
# Megabytes that Pandoc fills before it collects garbage, by the length of its text. With 256 the long
# document takes a sixth less processor time than with what Pandoc takes by itself; a short one takes a fifth
# less with 64, which it hardly fills.
_ROOM = (64, 256)
_NOT_DRAWN = re.compile(r"""the text `"(?P<text>.+?)"` could not be displayed""")


def render_embedded(
    projects: Sequence[Project], folder: Path, kept: Kept | None, pool: Executor
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
        Takes up what comes first first: the PDFs, and of the longest document, which take longest.

    Returns
    -------
    list of Future
        Each ends well, or raises RenderError where Pandoc or Typst fails or warns.
    """
    makers = sorted(WRITERS, key=lambda make: make is not write_told_paper)
    texts = [(project, fill(read_lines(project), project)) for project in projects]
    texts.sort(key=lambda text: -len(text[1]))
    return [pool.submit(make, *text, folder, kept) for make in makers for text in texts]


def write_page(project: Project, text: str, folder: Path, kept: Kept | None = None) -> None:
    """Write the page of `project`, of which `text` has its shortcodes filled in, into `folder`."""
    options = project.options("html")
    arguments = [
        "--to=html5",
        "--sandbox",
        "--mathml",
        *(["--section-divs"] if options.get("section-divs") else []),
        f"--shift-heading-level-by={options.get('shift-heading-level-by', 0)}",
    ]
    page = _pandoc(project, "html", text, arguments, [project.path(options["template"])], kept)
    (folder / project.page).write_text(inlined(page, project), encoding="utf-8", newline="\n")


def write_paper(project: Project, text: str, folder: Path, kept: Kept | None = None) -> None:
    """Write the PDF, likewise."""
    options = project.options("typst")
    parts = [*TEMPLATES, *project.paths(options.get("template-partials"))]
    # quotes as they are meant: Typst opens one where a piece in another language has just ended
    source = _pandoc(project, "typst", text, ["--to=typst-citations-smart"], parts, kept)
    standards = list(options.get("pdf-standard") or [])
    pictures = (path for path in sorted(project.root.rglob("*")) if path.suffix in PICTURES)
    decides = {
        "source": source,
        "files": _hashes((path for path in pictures if path.name in source), project.root),
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


def write_told_paper(project: Project, text: str, folder: Path, kept: Kept | None = None) -> None:
    """Write the PDF, of which the tables tell the headings of their rows."""
    from analysis.render.rowheads import tag_row_headings  # brings pikepdf along

    write_paper(project, text, folder, kept)
    tag_row_headings(folder / project.paper)


# Each takes the project, its text with shortcodes filled in, and the folder to write into.
WRITERS = (write_page, write_told_paper)


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


def _pandoc(
    project: Project, to: str, text: str, arguments: list[str], template: Sequence[Path], kept: Kept | None
) -> str:
    """What Pandoc makes of `text`; `template` has its parts, of which the one it begins with comes first.

    Pictures and style sheets are not read: what comes out holds their paths.
    """
    import pypandoc

    options = project.options(to)
    folder = project.document.parent
    styles, books = project.paths(options.get("css")), project.paths(options.get("bibliography"))
    metadata = project.metadata(to) | {
        "document-folder": f"{folder.relative_to(project.root).as_posix()}/",
        "number-sections": bool(options.get("number-sections")),
        "pagetitle": project.settings["title"],
        "css": [os.path.relpath(path, folder) for path in styles],
    }
    told = json.dumps(metadata, default=str)
    csl = project.paths(options.get("csl"))
    before, after = (_filters(project, options, points) for points in (BEFORE, AFTER))
    arguments = [
        f"--from={options.get('from', 'markdown')}",
        "--standalone",
        "--fail-if-warnings",
        "--wrap=none",
        "--syntax-highlighting=none",
        f"--toc-depth={options.get('toc-depth', 3)}",
        *(["--toc"] if options.get("toc") else []),
        *(f"--lua-filter={path}" for path in (*before, CROSSREF)),
        *(["--citeproc"] if options.get("bibliography") else []),
        *(f"--bibliography={path}" for path in books),
        *(f"--csl={path}" for path in csl),
        *(f"--lua-filter={path}" for path in after),
        *arguments,
    ]

    room = min(max(len(text) // 1000, _ROOM[0]), _ROOM[1])

    def make(text: str) -> bytes:
        with tempfile.TemporaryDirectory() as staging:
            for part in template:
                shutil.copy(part, Path(staging) / part.name)
            settings = Path(staging) / "metadata.json"
            settings.write_text(told, encoding="utf-8")
            command = [
                pypandoc.get_pandoc_path(),
                *("+RTS", f"-A{room}m", "-RTS"),
                *arguments,
                f"--metadata-file={settings}",
                f"--resource-path={folder}",
                f"--template={Path(staging) / template[0].name}",
            ]
            result = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", cwd=folder)
        if result.returncode or result.stderr.strip():
            raise RenderError(f"Pandoc ({to}): {result.stderr.strip()}")
        return result.stdout.encode("utf-8")

    root = str(project.root)  # another folder each time
    checksums = {
        found: f"z{n:0{len(found) - 1}}" for n, found in enumerate(dict.fromkeys(_CHECKSUM.findall(text)))
    }
    places = {place: found for found, place in checksums.items()}
    decides = {
        "text": _CHECKSUM.sub(lambda found: checksums[found[0]], text),
        "told": [told.replace(root, ""), to, *(argument.replace(root, "") for argument in arguments)],
        "files": [_hashes(paths) for paths in ([*before, CROSSREF, *after], books, csl, template)],
        "pandoc": importlib.metadata.version("pypandoc_binary"),
    }
    made = known(kept, decides, lambda: make(decides["text"])).decode("utf-8")
    if not set(_CHECKSUM_PLACE.findall(made)) >= set(places):  # a filter made something of one
        made = make(text).decode("utf-8")
    return _CHECKSUM_PLACE.sub(lambda place: places.get(place[0], place[0]), made)


def _hashes(paths: Iterable[Path], root: Path | None = None) -> list[list[str]]:
    """Name and hash of the content of each, the name as it stands below `root`."""
    known = Fingerprints()
    return [[path.relative_to(root).as_posix() if root else path.name, known.of(path)] for path in paths]


def _filters(project: Project, options: Mapping[str, Any], entry_points: tuple[str, ...]) -> list[Path]:
    known = BEFORE + AFTER
    for item in options.get("filters") or []:
        if not isinstance(item, Mapping) or item.get("at") not in known:
            raise RenderError(f"filters: expected a path and at: {' or '.join(known)}, got {item}")
    return [project.path(item["path"]) for item in options.get("filters") or [] if item["at"] in entry_points]
