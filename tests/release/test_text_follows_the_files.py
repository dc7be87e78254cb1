"""The text of the report for many subsets of files, read for contradictions.

Results of a chapter on real files are imitated by those of its trial, under the ids, kind and sources that
real ones have: what is read here is the text around them, and that every sentence goes by the rows and not by
what happened to be there when it was written.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from repository import REPOSITORY

from analysis.chapters import of_notebook
from analysis.conclusions import conclude
from analysis.datakind import DataKind
from analysis.design.conclusions import read_conclusions
from analysis.design.questions import exposures, questions
from analysis.exhibits import write_exhibit
from analysis.rehearsal.checks import BROKEN, TWINS
from analysis.release.colophon import write_colophon
from analysis.release.fragments import write_fragments
from analysis.release.markdown import visible
from analysis.release.question_sections import (
    write_check_sections,
    write_measured_sections,
    write_outcome_sections,
    write_placebo_section,
    write_question_sections,
    write_reach_sections,
)
from analysis.release.school_section import write_school_section
from analysis.release.variables import write_variables
from analysis.render.project import read_project
from analysis.render.source import fill, read_lines
from analysis.results import TRIAL, Released, read_rows, read_series
from analysis.workspace import Workspace

# Files, the results that rest on them, and what the text says as long as they are not there.
FILES = {
    "democratiekennis": (
        ("prodemos.kennis",),
        "uitkomst_democratiekennis",
        "er is geen bestand met de kennis",
    ),
    "betrokkenheid": (
        ("tienskip.betrokkenheid",),
        "uitkomst_betrokkenheid",
        "er is geen bestand met de betrokkenheid",
    ),
    "iccs": (
        ("kenniskloof",),
        "iccs2022",
        "het bestand ISGNLDC4.sav van ICCS 2022 met de schoolsoort van leerlingen ontbreekt",
    ),
    "adks": (("houdingen", "regio"), "adks", "het bestand adks.csv van het Adolescentenpanel ontbreekt"),
}
SUBSETS = ((), *((name,) for name in FILES), tuple(FILES))  # none, each alone, all
NOTEBOOKS = (
    "programma", "effect", "kenniskloof", "houdingen", "regio", "zekerheid", "meten", "validatie", "bereik",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(report, tmp_path_factory):
    """A project with the report's sources and design, and the released results of a build without files."""
    root = tmp_path_factory.mktemp("subsets")
    for name in ("data/design", "data/facts", "reports"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("_generated"))
    for name in ("_quarto.yml", "data/manifest.toml"):
        shutil.copy(REPOSITORY / name, root / name)
    released = report / "data" / "build" / "released"
    rows, series = read_rows(released / "results.csv"), read_series(released / "series")
    return Workspace(root, root / "data" / "real"), Released(tuple(rows), tuple(series))


def with_files(released: Released, files: tuple[str, ...]) -> Released:
    """`released`, with the results on twins as real ones where their file is there."""
    source = {prefix: key for name in files for prefix in FILES[name][0] for key in [FILES[name][1]]}

    def real(items, by_id):
        for item in items:
            key = next((key for prefix, key in source.items() if item.id.startswith(f"{prefix}.")), None)
            trial = by_id.get(f"{TRIAL}.{item.id}")
            if key is None or trial is None or not item.reason or trial.reason:
                yield item
            else:
                yield untold(replace(trial, id=item.id, kind=DataKind.REAL, source=key))

    return Released(
        tuple(real(released.rows, {row.id: row for row in released.rows})),
        tuple(real(released.series, {item.id: item for item in released.series})),
    )


def untold(item):
    """`item` without the truth that only a twin knows."""
    if not hasattr(item, "points") or "truth" not in item.points:
        return item
    measures = tuple(name for name in item.measures if name != "truth")
    return replace(item, points=item.points.drop(columns="truth"), measures=measures)


def text_of(workspace: Workspace, released: Released, drawn: Path) -> str:
    """The report as Markdown, everything included and filled in."""
    generated = workspace.reports / "_generated"
    asked = questions(workspace)
    described = write_fragments([drawn], released, generated, NOTEBOOKS)
    write_colophon(workspace, workspace.root / "released", generated)
    write_question_sections(asked, released, generated)
    write_school_section(released, generated)
    write_placebo_section([one.id for one in described], generated)
    write_measured_sections(asked, [one.id for one in described], generated)
    write_check_sections(asked, released, [one.id for one in described], workspace.reports, generated)
    write_outcome_sections(released, workspace.reports, generated)
    write_reach_sections(exposures(workspace), [one.id for one in described], released, generated)
    conclusions = conclude(read_conclusions(workspace), released.rows, asked, incomplete=False)
    write_variables(released.rows, workspace.root / "_variables.yml", conclusions, traced=False)
    project = read_project(workspace.root)
    return visible(fill(read_lines(project), project))


@pytest.fixture(scope="module")
def kept():
    """Exhibits by notebook and what its results rest on: drawn once."""
    return {}


def draw(workspace: Workspace, released: Released, target: Path, kept: dict) -> Path:
    """All exhibits; a chapter with the same results as before is not drawn again."""
    target.mkdir()
    for notebook in NOTEBOOKS:
        own = of_notebook.sections(notebook, workspace)
        rest = [item for item in (*released.rows, *released.series) if item.section in own]
        key = (notebook, tuple((item.id, item.kind) for item in rest))
        if key not in kept:
            kept[key] = of_notebook.exhibits(notebook, released, workspace)
        for exhibit in kept[key]:
            write_exhibit(exhibit, target)
    for exhibit in of_notebook.whole(released, workspace):
        write_exhibit(exhibit, target)
    return target


@pytest.mark.parametrize("files", SUBSETS, ids=lambda files: "+".join(files) or "none")
def test_every_sentence_goes_by_the_files_that_are_there(folder, kept, tmp_path, files):
    workspace, standard = folder
    released = with_files(standard, files)
    text = re.sub(
        r"\s+", " ", text_of(workspace, released, draw(workspace, released, tmp_path / "drawn", kept))
    )
    for pattern in (TWINS, BROKEN):
        assert [text[max(0, m.start() - 80) : m.end() + 80] for m in pattern.finditer(text)] == []
    for name, (_, _, absence) in FILES.items():
        assert (absence in text) == (name not in files), f"{name}: {absence!r}"
