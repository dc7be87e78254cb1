"""The report project as ``_quarto.yml`` and the front matter of its documents describe it.

Only what the report uses is read; a key that the embedded renderer does not know is an error, so that
the two renderers cannot drift apart unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from analysis.release.variables import FILE, parsed

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FORMATS = ("html", "typst")
# Keys that say how to render; every other key is metadata for the templates.
OPTIONS = frozenset(
    {
        "project", "format", "from", "filters", "execute", "output-file", "theme", "minimal", "template",
        "css", "embed-resources", "html-math-method", "shift-heading-level-by", "section-divs", "toc-depth",
        "citeproc", "pdf-standard", "template-partials", "number-sections", "bibliography", "csl",
        "font-paths", "callout-icon", "callout-appearance",
    }
)  # fmt: skip
METADATA = frozenset(
    {
        "title", "subtitle", "datum", "versie", "uitgever", "dagtekening", "description", "lang", "toc",
        "papersize", "margin", "section-numbering", "link-citations", "nocite", "herkomst", "oefening",
        "dichte-tabellen",
    }
)  # fmt: skip


class RenderError(Exception):
    """The report cannot be rendered; the message says where and what to do."""


@dataclass(frozen=True)
class Project:
    """One document of the report project.

    Attributes
    ----------
    root : Path
        Folder of ``_quarto.yml``; paths in that file are relative to it.
    document : Path
        The .qmd that is rendered; paths in the text are relative to its folder.
    output : Path
        Where the report goes, relative paths resolved.
    settings : dict
        ``_quarto.yml`` merged with the front matter of `document`, which wins.
    """

    root: Path
    document: Path
    output: Path
    settings: Mapping[str, Any]

    @property
    def page(self) -> str:
        """The name of the HTML file, by which other documents link to this one."""
        return self.options("html").get("output-file", f"{self.document.stem}.html")

    @property
    def paper(self) -> str:
        """The name of the PDF."""
        return self.options("typst").get("output-file", f"{self.document.stem}.pdf")

    def options(self, to: str) -> dict[str, Any]:
        """Settings for format `to`: those of the format over the general ones."""
        general = {key: value for key, value in self.settings.items() if key not in ("format", "project")}
        return general | dict(self.settings["format"][to] or {})

    def metadata(self, to: str) -> dict[str, Any]:
        """What the templates may name."""
        return {key: value for key, value in self.options(to).items() if key not in OPTIONS}

    def at(self, root: Path) -> Project:
        """The same document in a copy of the project in `root`."""
        return replace(self, root=root, document=root / self.document.relative_to(self.root))

    def path(self, relative: str) -> Path:
        """A file named in ``_quarto.yml``.

        Raises
        ------
        RenderError
            If it does not exist.
        """
        path = self.root / relative
        if not path.exists():
            raise RenderError(f"{self.root / '_quarto.yml'} names {relative}, which does not exist")
        return path

    def paths(self, value: str | list[str] | None) -> list[Path]:
        return [self.path(name) for name in ([value] if isinstance(value, str) else value or [])]


def read_project(root: Path) -> Project:
    """The first document of the project in `root`: the report."""
    return read_projects(root)[0]


def read_projects(root: Path) -> list[Project]:
    """The documents that ``project/render`` of the project in `root` names, in its order.

    Raises
    ------
    RenderError
        If ``_quarto.yml`` or a document is missing or malformed, or holds an unknown key.
    """
    file = root / "_quarto.yml"
    config = _mapping(_load(file), str(file))
    project = _mapping(config.get("project"), f"{file}, project")
    documents = project.get("render")
    if not isinstance(documents, list) or not documents:
        raise RenderError(f"{file}: project/render must list the documents, got {documents!r}")
    formats = _mapping(config.get("format"), f"{file}, format")
    if set(formats) != set(FORMATS):
        raise RenderError(f"{file}: formats must be {' and '.join(FORMATS)}, got {', '.join(formats)}")
    _known(file, config, formats)
    read = [_document(root, root / name, config, formats) for name in documents]
    if len({project.document.parent for project in read}) > 1 or len({p.page for p in read}) < len(read):
        raise RenderError(f"{file}: the documents stand in one folder, each once; got {', '.join(documents)}")
    return read


def _document(root: Path, document: Path, config: Mapping[str, Any], formats: Mapping[str, Any]) -> Project:
    file = root / "_quarto.yml"
    front, _ = split_front_matter(document)
    own = _mapping(front.get("format"), f"{document}, format")
    if set(own) - set(FORMATS):
        raise RenderError(f"{document}: formats must be {' and '.join(FORMATS)}, got {', '.join(own)}")
    _known(document, front, own)
    merged = {to: {**(formats[to] or {}), **(own.get(to) or {})} for to in FORMATS}
    settings = {**config, **front, "format": merged}
    if not settings.get("title"):
        raise RenderError(f"{document}: no title given; PDF/UA needs one")
    if settings.get("lang") != "nl":
        raise RenderError(f"{file}: lang must be nl, got {settings.get('lang')!r}")
    for to, suffix in zip(FORMATS, (".html", ".pdf"), strict=True):
        name = merged[to].get("output-file", f"{document.stem}{suffix}")
        if name != f"{document.stem}{suffix}":
            raise RenderError(
                f"{document}: is written to {document.stem}{suffix}, by which links find it; leave "
                f"output-file: {name} out"
            )
    output = root / _mapping(config.get("project"), str(file)).get("output-dir", "_report")
    return Project(root, document, output, settings)


def _known(place: Path, keys: Mapping[str, Any], formats: Mapping[str, Any]) -> None:
    """Raise RenderError for a key that the embedded renderer does not know."""
    for where, found in (
        (str(place), keys),
        *((f"{place}, format {to}", formats.get(to) or {}) for to in FORMATS),
    ):
        if "date" in found:
            raise RenderError(
                f"{where}: write `datum:` with the text as printed instead of `date:`, which Quarto "
                "reformats and which may change from day to day"
            )
        unknown = sorted(set(found) - OPTIONS - METADATA)
        if unknown:
            raise RenderError(
                f"{where}: {', '.join(unknown)} is not known to the embedded renderer; add it to "
                "analysis/render/project.py or leave it out"
            )


def split_front_matter(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Front matter of `path` and its lines, with the front matter blanked so that line numbers hold."""
    if not path.is_file():
        raise RenderError(f"{path} does not exist")
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].rstrip() != "---":
        return {}, lines
    for end, line in enumerate(lines[1:], start=1):
        if line.rstrip() in ("---", "..."):
            front = _parse("\n".join(lines[1:end]), str(path))
            return _mapping(front, str(path)), [""] * (end + 1) + lines[end + 1 :]
    raise RenderError(f"{path}:1: the front matter is not closed with ---")


def read_variables(root: Path) -> dict[str, Any]:
    """``_variables.yml`` of the project; empty where it does not exist yet."""
    path = root / FILE
    if not path.is_file():
        return {}
    return _mapping(_parse(path.read_text(encoding="utf-8"), str(path), _loaded), str(path))


# Every check asks for the variables, of the project and of its stage; nobody changes them.
_loaded = lru_cache(maxsize=2)(parsed)


def _load_yaml(text: str) -> object:
    return yaml.load(text, Loader=_LOADER)


def _load(path: Path) -> object:
    if not path.is_file():
        raise RenderError(f"{path} does not exist")
    return _parse(path.read_text(encoding="utf-8"), str(path))


def _parse(text: str, place: str, load: Callable[[str], object] = _load_yaml) -> object:
    try:
        return load(text)
    except yaml.YAMLError as error:
        raise RenderError(f"{place} is not valid YAML: {error}") from error


def _mapping(value: object, place: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RenderError(f"{place}: expected keys and values, got {type(value).__name__}")
    return value
