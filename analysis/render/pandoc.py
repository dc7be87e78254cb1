"""Pandoc: from a document's text to its page and to the Typst source of its PDF.

Pandoc reads a text once for both: a filter at the beginning of the page (``lua/paper.lua``) writes the Typst
source. Pictures and style sheets are not read: what comes out holds their paths.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any

from analysis.build.fingerprint import Fingerprints
from analysis.build.kept import Kept
from analysis.render.project import Project, RenderError

HERE = Path(__file__).parent
TEMPLATES = (HERE / "typst" / "template.typ", HERE / "typst" / "definitions.typ")  # the second is a part
CROSSREF = HERE / "lua" / "crossref.lua"
CITATIONS = HERE / "lua" / "citations.lua"
PAPER = HERE / "lua" / "paper.lua"
LUA = (CROSSREF, CITATIONS, PAPER)
# Filters of the project run before or after the cross-references, as their entry point in Quarto says.
BEFORE = ("pre-ast",)
AFTER = ("pre-finalize",)
# Checksums, as code. Pandoc gets a place of the same length for each, so that another picture or another run
# leaves what it makes as it was.
_CHECKSUM = re.compile(r"(?<=`)[0-9a-f]{16,64}(?=`)")
_CHECKSUM_PLACE = re.compile(r"z\d{15,63}")
# Megabytes that Pandoc fills before it collects garbage: one for so many characters of its text, in bounds.
# The long document takes a sixth less processor time than with what Pandoc takes by itself (and .75 GB of
# memory); a short one takes a fifth less with 64, which it hardly fills.
_CHARACTERS = 800
_ROOM = (64, 512)
_TOC_DEPTH = 3
_PAGE_OPTIONS = ("section-divs", "shift-heading-level-by")
_METADATA, _TEXT, _SAID, _SOURCE, _PAGE = "metadata.json", "text", "said", "source", "page"


def page_of(project: Project, text: str, kept: Kept | None = None) -> str:
    """The page of `project`, of which `text` has its shortcodes filled in.

    Raises
    ------
    RenderError
        If Pandoc fails or warns.
    """
    text, places = _without_checksums(text)
    page = _Asked.page(project, text)
    made = page.found(kept) or page.keep(_Run(project, text, page).page(), kept)
    return _with_checksums(made, places) or _Run(project, _filled(text, places), page).page()


def sources_of(project: Project, text: str, kept: Kept | None = None) -> Iterator[str]:
    """The Typst source of `project`, as soon as it is there, and then its page; raises as :func:`page_of`.

    Where there is something to make, Pandoc has begun when this returns.
    """
    text, places = _without_checksums(text)
    page, paper = _Asked.page(project, text), _Asked.paper(project, text)
    source, made = paper.found(kept), page.found(kept)
    run = None if source and made else _Run(project, text, page, None if source else paper)

    def told(source: str | None, made: str | None) -> Iterator[str]:
        source = source or run.source()
        yield _with_checksums(source, places) or _Run(project, _filled(text, places), page, paper).source()
        if run:
            made = page.keep(run.page(), kept)
            paper.keep(source, kept)  # now, as what Pandoc warned of would not be told again
        yield _with_checksums(made, places) or _Run(project, _filled(text, places), page).page()

    return told(source, made)


@dataclass(frozen=True)
class _Asked:
    """What Pandoc is asked for.

    Attributes
    ----------
    to : str
    shared, filters : tuple of str
        Paths of filters: first those that do the same for every format.
    template : tuple of Path
        Its parts, of which the one it begins with comes first.
    options : dict
        Of the format.
    metadata : dict
    decides : dict
        All that decides what comes of it.
    """

    to: str
    shared: tuple[str, ...]
    filters: tuple[str, ...]
    template: tuple[Path, ...]
    options: dict[str, Any]
    metadata: dict[str, Any]
    decides: dict[str, Any]

    @classmethod
    def page(cls, project: Project, text: str) -> _Asked:
        return cls._of(project, text, "html", "html5", [project.path(project.options("html")["template"])])

    @classmethod
    def paper(cls, project: Project, text: str) -> _Asked:
        parts = project.paths(project.options("typst").get("template-partials"))
        # quotes as they are meant: Typst opens one where a piece in another language has just ended
        return cls._of(project, text, "typst", "typst-citations-smart", [*TEMPLATES, *parts])

    @classmethod
    def _of(cls, project: Project, text: str, name: str, to: str, template: list[Path]) -> _Asked:
        options = project.options(name)
        folder = project.document.parent
        books, csl = _literature(project)
        before, after = (_filters(project, options, points) for points in (BEFORE, AFTER))
        shared = list(takewhile(_for_every_format, before))
        filters = [*before[len(shared) :], CROSSREF, *after]
        shared += [CITATIONS] if books else []
        metadata = project.metadata(name) | {
            "document-folder": f"{folder.relative_to(project.root).as_posix()}/",
            "number-sections": bool(options.get("number-sections")),
            "pagetitle": project.settings["title"],
            "css": [os.path.relpath(path, folder) for path in project.paths(options.get("css"))],
        }
        files = [*shared, *filters, PAPER, *books, *csl, *template]
        decides = {
            "text": text,
            "to": to,
            "options": {key: options.get(key) for key in ("from", "toc", "toc-depth", *_PAGE_OPTIONS)},
            "metadata": json.dumps(metadata, default=str),
            "filters": [path.name for path in (*shared, *filters)],
            "files": hashes(files),
            "pandoc": importlib.metadata.version("pypandoc_binary"),
        }
        told = (tuple(map(str, paths)) for paths in (shared, filters))
        return cls(to, *told, tuple(template), options, metadata, decides)

    def found(self, kept: Kept | None) -> str | None:
        """What was made of it before."""
        content = kept.find(self.decides) if kept else None
        return None if content is None else content.decode("utf-8")

    def keep(self, made: str, kept: Kept | None) -> str:
        """`made`, which is found from now on."""
        if kept:
            kept.keep(self.decides, made.encode("utf-8"))
        return made


class _Run:
    """Pandoc at work on one text, for the page, and for the Typst source if `paper` is asked for.

    Who does not wait for the page stops it.
    """

    def __init__(self, project: Project, text: str, page: _Asked, paper: _Asked | None = None) -> None:
        folder = tempfile.TemporaryDirectory()
        self._staging = staging = Path(folder.name)
        for part in (*page.template, *(paper.template if paper else ())):
            shutil.copy(part, staging / part.name)
        metadata = page.metadata | ({"paper": paper.metadata} if paper else {})
        (staging / _METADATA).write_text(json.dumps(metadata, default=str), encoding="utf-8")
        (staging / _TEXT).write_text(text, encoding="utf-8", newline="\n")
        first = []
        if paper:
            first = [shutil.copy(PAPER, staging)]
            told = _told_to_paper(paper, staging)
            (staging / PAPER.with_suffix(".json").name).write_text(json.dumps(told), encoding="utf-8")
        with (staging / _TEXT).open("rb") as read, (staging / _SAID).open("wb") as said:
            self._process = subprocess.Popen(
                _command(project, text, page, staging, first),
                stdin=read,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=project.document.parent,
            )
        weakref.finalize(self, _end, self._process, folder)

    def source(self) -> str:
        """The Typst source, as soon as it is there."""
        if not self._process.stdout.read(1):  # one sign says so
            self.page()
            raise RenderError("Pandoc ended without a source for the paper")
        return (self._staging / _SOURCE).read_text(encoding="utf-8")

    def page(self) -> str:
        """The page, when it is done."""
        status = self._process.wait()
        said = (self._staging / _SAID).read_text(encoding="utf-8", errors="replace").strip()
        if status or said:
            raise RenderError(f"Pandoc: {said or f'ended with status {status}'}")
        return (self._staging / _PAGE).read_text(encoding="utf-8")


def _end(process: subprocess.Popen, folder: tempfile.TemporaryDirectory) -> None:
    process.kill()
    process.wait()
    process.stdout.close()
    folder.cleanup()


@cache
def _program() -> str:
    """The Pandoc that pypandoc brings along, or else the one that it finds.

    Asked itself, it starts Pandoc first to see which version it has.
    """
    name = "pandoc.exe" if os.name == "nt" else "pandoc"
    brought = Path(find_spec("pypandoc").origin).parent / "files" / name
    if brought.is_file():
        return str(brought)
    import pypandoc

    return pypandoc.get_pandoc_path()


def _command(project: Project, text: str, page: _Asked, staging: Path, first: list[str]) -> list[str]:
    options = page.options
    room = min(max(len(text) // _CHARACTERS, _ROOM[0]), _ROOM[1])
    books, csl = _literature(project)
    return [
        _program(),
        *("+RTS", f"-A{room}m", "-RTS"),
        f"--from={options.get('from', 'markdown')}",
        f"--to={page.to}",
        "--standalone",
        "--sandbox",
        "--fail-if-warnings",
        "--wrap=none",
        "--syntax-highlighting=none",
        "--mathml",
        f"--toc-depth={options.get('toc-depth', _TOC_DEPTH)}",
        *(["--toc"] if options.get("toc") else []),
        *(["--section-divs"] if options.get("section-divs") else []),
        f"--shift-heading-level-by={options.get('shift-heading-level-by', 0)}",
        *(f"--lua-filter={path}" for path in (*page.shared, *first, *page.filters)),
        *(f"--bibliography={path}" for path in books),
        *(f"--csl={path}" for path in csl),
        f"--metadata-file={staging / _METADATA}",
        f"--resource-path={project.document.parent}",
        f"--template={staging / page.template[0].name}",
        f"--output={staging / _PAGE}",
    ]


def _told_to_paper(paper: _Asked, staging: Path) -> dict[str, Any]:
    """What lua/paper.lua is to write the source with."""
    return {
        "format": paper.to,
        "filters": paper.filters,
        "template": str(staging / paper.template[0].name),
        "output": str(staging / _SOURCE),
        "toc": bool(paper.options.get("toc")),
        "toc-depth": paper.options.get("toc-depth", _TOC_DEPTH),
    }


def _literature(project: Project) -> tuple[list[Path], list[Path]]:
    """Bibliographies and the style they are told in; nothing where a document cites nothing."""
    books = project.paths(project.settings.get("bibliography"))
    return books, project.paths(project.settings.get("csl")) if books else []


def _filters(project: Project, options: Mapping[str, Any], entry_points: tuple[str, ...]) -> list[Path]:
    known = BEFORE + AFTER
    for item in options.get("filters") or []:
        if not isinstance(item, Mapping) or item.get("at") not in known:
            raise RenderError(f"filters: expected a path and at: {' or '.join(known)}, got {item}")
    return [project.path(item["path"]) for item in options.get("filters") or [] if item["at"] in entry_points]


def _for_every_format(path: Path) -> bool:
    """Whether a filter does not ask which format is written."""
    return "FORMAT" not in path.read_text(encoding="utf-8")


def hashes(paths: Iterable[Path], root: Path | None = None) -> list[list[str]]:
    """Name and hash of the content of each, the name as it stands below `root`."""
    known = Fingerprints()
    return [[path.relative_to(root).as_posix() if root else path.name, known.of(path)] for path in paths]


def _without_checksums(text: str) -> tuple[str, dict[str, str]]:
    """`text` with a place for each checksum, and what belongs in each."""
    known = dict.fromkeys(_CHECKSUM.findall(text))
    places = {found: f"z{n:0{len(found) - 1}}" for n, found in enumerate(known)}
    text = _CHECKSUM.sub(lambda match: places[match[0]], text)
    return text, {place: found for found, place in places.items()}


def _with_checksums(made: str, places: Mapping[str, str]) -> str:
    """`made` with each checksum in its place; "" where a filter made something of a place."""
    return _filled(made, places) if set(_CHECKSUM_PLACE.findall(made)) >= set(places) else ""


def _filled(text: str, places: Mapping[str, str]) -> str:
    return _CHECKSUM_PLACE.sub(lambda match: places.get(match[0], match[0]), text)
