"""Editions of the report: what each may hold.

``mock``
    What there is; whatever rests on synthetic data says so on every page, figure and table.
``final``
    Refused as long as anything released is synthetic, but for sections that are simulated by their nature
    (``data/design/editions.toml``).
``public``
    The report with only released tables beside it, each with its data kind, a list with checksums, and all
    of it in one zip. No executed notebook and no detail of a run.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.editions import read_simulations
from analysis.design.notebooks import read_notebooks
from analysis.manifest import find_sources
from analysis.release.fragments import Description, read_cells, read_description
from analysis.release.twin import ZIP_DATE, with_kind
from analysis.render.project import RenderError
from analysis.render.resultsfile import FILE as RESULTS
from analysis.render.resultsfile import write_results_file
from analysis.results import ROWS_FILE, Result, read_rows
from analysis.workspace import Workspace

EDITIONS = ("mock", "final", "public")
TABLES = "tabellen"
MANIFEST = "inhoud.json"
README = "LEESMIJ.txt"
ARCHIVE = "openbaar.zip"


def released_folder(workspace: Workspace) -> Path:
    """``data/build/released``.

    Raises
    ------
    RenderError
        If nothing was released yet.
    """
    folder = workspace.build / "released"
    if not (folder / ROWS_FILE).is_file():
        raise RenderError(f"{folder / ROWS_FILE} does not exist: run `python -m analysis build` first")
    return folder


def require_edition(edition: str, workspace: Workspace) -> None:
    """Raise RenderError if what was released may not be in `edition`."""
    if edition not in EDITIONS:
        raise RenderError(f"edition {edition!r} is not known; choose from {', '.join(EDITIONS)}")
    if edition == "final":
        _refuse_synthetic(workspace)


def write_public(workspace: Workspace, folder: Path) -> None:
    """Make of a rendered report in `folder` the public edition.

    ``resultaten.csv`` is written without the detail of runs; the cells of every released figure and table
    come under ``tabellen``. ``inhoud.json`` lists the files with their SHA-256, and ``openbaar.zip`` holds
    them all.
    """
    released = released_folder(workspace)
    write_results_file(read_rows(released / ROWS_FILE), folder / RESULTS, public=True)
    (folder / TABLES).mkdir()
    described = {exhibit.id: exhibit for exhibit in _exhibits(released)}
    for exhibit in described.values():
        cells = exhibit.folder / f"{exhibit.id}.csv"
        if cells.is_file():
            text = with_kind(read_cells(cells), exhibit.kind)
            (folder / TABLES / cells.name).write_text(text, encoding="utf-8", newline="\n")
    (folder / README).write_text(_readme(described.values()), encoding="utf-8", newline="\n")
    content = {
        "editie": "openbaar",
        "bestanden": [_entry(path, folder, described) for path in _files(folder)],
    }
    (folder / MANIFEST).write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    _zip(folder, folder / ARCHIVE)


@dataclass
class _Section:
    """Synthetic things of one section, and the notebooks that published them."""

    rows: int = 0
    exhibits: int = 0
    notebooks: set[str] = field(default_factory=set)


def _refuse_synthetic(workspace: Workspace) -> None:
    released = released_folder(workspace)
    found: dict[str, _Section] = {}
    rows = read_rows(released / ROWS_FILE)
    for row in rows:
        if row.kind is DataKind.SYNTHETIC:
            section = found.setdefault(row.id.split(".")[0], _Section())
            section.rows += 1
            section.notebooks.add(row.stamp.notebook)
    for exhibit in _exhibits(released):
        if exhibit.kind is DataKind.SYNTHETIC:
            section = found.setdefault(exhibit.section, _Section())
            section.exhibits += 1
            section.notebooks |= _publishers(exhibit.section, rows)
    for section in read_simulations(workspace):
        found.pop(section, None)
    if not found:
        return
    missing = _missing_files(workspace)
    lines = [
        f"  {name}: {section.rows} results and {section.exhibits} figures and tables are synthetic; "
        f"{_what_is_missing(section.notebooks, missing)}"
        for name, section in sorted(found.items())
    ]
    raise RenderError(
        "the final edition holds nothing synthetic, and these sections do:\n"
        + "\n".join(lines)
        + f"\nPut the files in {workspace.data}, or name their folder with --data, and build again; or make "
        "the mock edition."
    )


def _publishers(section: str, rows: Iterable[Result]) -> set[str]:
    """Notebooks that publish results of `section`, or the one that carries its name."""
    return {row.stamp.notebook for row in rows if row.id.split(".")[0] == section} or {section}


def _missing_files(workspace: Workspace) -> dict[str, list[str] | None]:
    """For each notebook, the files of its sources that are not there; None where it reads no file."""
    absent = {
        found.source.key: f"{', '.join(found.source.files)} ({found.source.title})"
        for found in find_sources(workspace)
        if found.source.has_files and not found.files
    }
    return {
        entry.name: [absent[key] for key in entry.all_sources if key in absent] if entry.all_sources else None
        for entry in read_notebooks(workspace)
    }


def _what_is_missing(notebooks: Iterable[str], missing: dict[str, list[str] | None]) -> str:
    known = [missing[name] for name in sorted(notebooks) if name in missing]
    files = list(dict.fromkeys(file for files in known if files for file in files))
    if files:
        return f"missing: {'; '.join(files)}"
    if known and all(files is None for files in known):
        return "no file would change that: they are made by simulation"
    return "no file is missing: the status note of the section says why a twin was used"


def _exhibits(released: Path) -> list[Description]:
    return [read_description(path) for path in sorted((released / "exhibits").glob("*.json"))]


def _readme(exhibits: Iterable[Description]) -> str:
    synthetic = sum(exhibit.kind is DataKind.SYNTHETIC for exhibit in exhibits)
    warning = (
        f"\nLET OP: {dutch.number(synthetic)} figuren en tabellen rusten op synthetische gegevens. Die zijn "
        "nagebootst.\nZij laten zien dat de rekenwijze werkt en zijn geen bevindingen.\n"
        if synthetic
        else ""
    )
    return (
        "Openbare editie\n"
        f"{warning}\n"
        "rapport.html, rapport.pdf  het rapport\n"
        f"{RESULTS:<27}elke vrijgegeven uitkomst, een regel per uitkomst\n"
        f"{TABLES + '/':<27}de cijfers onder elke figuur en tabel; laatste kolom: soort gegevens\n"
        f"{MANIFEST:<27}alle bestanden met hun controlegetal (SHA-256)\n"
        "\n"
        f"CSV is UTF-8, met een komma tussen de velden. In {RESULTS} en onder de figuren is het\n"
        "decimaalteken een punt. Een leeg veld is onbekend.\n"
    )


def _entry(path: Path, folder: Path, described: dict[str, Description]) -> dict:
    data = path.read_bytes()
    entry = {
        "pad": path.relative_to(folder).as_posix(),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    exhibit = described.get(path.stem) if path.parent.name == TABLES else None
    if exhibit is not None:
        entry |= {"soort": exhibit.kind.dutch, "bijschrift": exhibit.caption, "bron": exhibit.source}
    return entry


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _zip(folder: Path, target: Path) -> None:
    names = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
