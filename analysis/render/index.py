"""``index.html``: the way in to what a render wrote, so that the folder can be published as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.build.kept import Kept
from analysis.release.markdown import attribute, escape
from analysis.render.embedded import write_page
from analysis.render.project import Project

PAGE = "index"
SHEETS = "provincies"
TITLE = "Documenten en gegevens"
# Files that may lie beside the documents, and what they are.
DATA = {
    "resultaten.csv": "elke vrijgegeven uitkomst, een regel per uitkomst",
    "herkomst.json": "waar elke uitkomst, figuur en tabel vandaan komt",
    "openbaar.zip": "alles wat hier staat in één bestand",
    "inhoud.json": "alle bestanden met hun controlegetal",
    "LEESMIJ.txt": "uitleg bij de bestanden",
}


def write_index(
    projects: Sequence[Project],
    folder: Path,
    *,
    sheets: Mapping[str, str] | None = None,
    also: Sequence[str] = (),
    kept: Kept | None = None,
) -> None:
    """Write ``index.html`` into `folder`, for what lies in it.

    Parameters
    ----------
    projects : sequence of Project
        The documents, in the folder that the renderers work in.
    folder : Path
    sheets : mapping of str to str, optional
        The province that each sheet in `folder` is of, by the path of its page.
    also : sequence of str
        Names of :data:`DATA` that are written later.
    kept : Kept, optional
        What was rendered before.
    """
    files = [name for name in DATA if name in also or (folder / name).is_file()]
    first = projects[0]
    settings = {key: value for key, value in first.settings.items() if key != "bibliography"}
    settings |= {
        "title": first.settings["title"],
        "subtitle": TITLE,
        "toc": False,
        "number-sections": False,
        "output-file": f"{PAGE}.html",
    }
    settings["format"] = {
        name: {key: value for key, value in options.items() if key != "output-file"}
        for name, options in settings.get("format", {}).items()
    }
    project = replace(first, document=first.document.with_name(f"{PAGE}.qmd"), settings=settings)
    write_page(project, index_markdown(projects, files, sheets or {}), folder, kept)


def index_markdown(projects: Sequence[Project], files: Sequence[str], sheets: Mapping[str, str]) -> str:
    """The text of the page."""
    parts = ["# Documenten\n", *(_document(project) for project in projects)]
    if sheets:
        parts += ["\n# Een blad per provincie\n", *(_sheet(path, name) for path, name in sheets.items())]
    if files:
        parts += ["\n# Gegevens\n", *(f"- [{name}]({name}): {DATA[name]}" for name in files)]
    return "\n".join(parts) + "\n"


def _document(project: Project) -> str:
    title = str(project.settings["title"])
    subtitle = str(project.settings.get("subtitle", ""))
    told = f": {escape(subtitle)}" if subtitle else ""
    return f"- [{escape(title)}]({project.page}){told} ({_paper(title, project.paper)})"


def _sheet(path: str, name: str) -> str:
    paper = Path(path).with_suffix(".pdf").as_posix()
    return f"- [{escape(name)}]({path}) ({_paper(name, paper)})"


def _paper(name: str, path: str) -> str:
    """A link that reads short and says in full what it leads to."""
    label = attribute(f"als PDF: {name}")
    return f"[als PDF]({path}){{aria-label={label}}}"
