"""Editions of the report: what each may hold.

``standard``
    What there is: facts, results on real data, and what cannot be established. Synthetic results stand in the
    technical document only.
``mock``
    The rehearsal: results on twins take the place of what cannot be established, and every page says so.
``final``
    As standard, and refused as long as a notebook failed: that can be mended.
``public``
    The report with only released tables beside it, each with its data kind, a list with checksums, and all
    of it in one zip. No executed notebook and no detail of a run.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

from analysis import dutch
from analysis.datakind import DataKind
from analysis.release.fragments import Description, read_cells, read_description
from analysis.release.release import REHEARSAL, STANDARD, missing_notebooks, released_edition
from analysis.release.twin import ZIP_DATE, with_kind
from analysis.render.project import RenderError
from analysis.render.resultsfile import FILE as RESULTS
from analysis.render.resultsfile import sections_of, write_results_file
from analysis.results import ROWS_FILE, TRIAL, read_rows
from analysis.workspace import Workspace

EDITIONS = (STANDARD, REHEARSAL, "final", "public")
TABLES = "tabellen"
MANIFEST = "inhoud.json"
README = "LEESMIJ.txt"
ARCHIVE = "openbaar.zip"
WRITTEN_LAST = (MANIFEST, README, ARCHIVE)  # because they list what is there


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
    folder = released_folder(workspace)
    released, wanted = released_edition(folder), REHEARSAL if edition == REHEARSAL else STANDARD
    if released != wanted:
        raise RenderError(
            f"what was released is the {released or 'unknown'} edition: run `python -m analysis report "
            f"--edition {edition}`"
        )
    if edition == "final":
        _refuse(folder)


def _refuse(folder: Path) -> None:
    """Raise RenderError for what stands in the way of a final edition, and can be mended."""
    problems = [f"  failed: {line}" for line in missing_notebooks(folder)]
    problems += [
        f"  {row.id} of notebook {row.stamp.notebook} is synthetic and not published as a trial"
        for row in read_rows(folder / ROWS_FILE)
        if row.kind is DataKind.SYNTHETIC and row.section != TRIAL
    ]
    problems += [
        f"  {exhibit.id} is synthetic and not drawn as a trial"
        for exhibit in _exhibits(folder)
        if exhibit.kind is DataKind.SYNTHETIC and exhibit.id.split("-")[1] != TRIAL
    ]
    if problems:
        raise RenderError("there is no final edition yet:\n" + "\n".join(problems))


def write_public(workspace: Workspace, folder: Path) -> None:
    """Make of a rendered report in `folder` the public edition.

    ``resultaten.csv`` is written without the detail of runs; the cells of every released figure and table
    come under ``tabellen``. ``inhoud.json`` lists the files with their SHA-256, and ``openbaar.zip`` holds
    them all.
    """
    released = released_folder(workspace)
    write_results_file(
        read_rows(released / ROWS_FILE),
        folder / RESULTS,
        public=True,
        sections=sections_of(workspace, released),
    )
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
