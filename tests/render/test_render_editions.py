"""What each edition may hold: mock says so, final refuses, public holds released tables alone."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from analysis.design.editions import read_simulations
from build_project import Project
from small_report import exhibits, make_project, rows

from analysis.__main__ import main
from analysis.datakind import DataKind
from analysis.release.fragments import write_fragments
from analysis.release.variables import write_variables
from analysis.render import RenderError, render
from analysis.results import Result, Stamp, read_rows, stamped, write_rows

MANIFEST = """\
[twin]
title = "Een tweeling"
publisher = "wij"
licence = "vrij"
reference = "hier"
access = "synthetisch"

[microdata]
title = "Echte gegevens"
publisher = "een ander"
licence = "beperkt"
reference = "daar"
access = "op aanvraag"
files = ["micro.csv"]
"""
NOTEBOOK = '[[notebook]]\nname = "{name}"\nfile = "{name}.ipynb"\nquestion = "Wat?"\nsources = {sources}\n'
MARK = "Proefrapport · synthetische gegevens · geen bevindingen"


@pytest.fixture
def small(tmp_path):
    """The small report with exhibits as they are released, of a kind."""

    def make(kind: str, sources: str = '["microdata"]'):
        workspace = make_project(tmp_path / "project", kind=kind)
        stamp = Stamp("kloof", "run0", "data0", "parameters0", "code0")
        write_rows(stamped(rows(kind), stamp), workspace.build / "released" / "results.csv")
        exhibits(workspace.build / "released" / "exhibits", kind)
        workspace.design.mkdir(parents=True)
        (workspace.root / "data" / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
        notebooks = NOTEBOOK.format(name="kloof", sources=sources)
        (workspace.design / "notebooks.toml").write_text(notebooks, encoding="utf-8")
        workspace.data.mkdir()
        return workspace

    return make


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_mock_is_the_default_and_says_so(small):
    folder = render(small("synthetic"), engine="embedded")
    assert MARK in (folder / "rapport.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == ["rapport.html", "rapport.pdf", "resultaten.csv"]


def test_final_refuses_what_is_synthetic_and_names_section_and_file(small):
    workspace = small("synthetic")
    with pytest.raises(RenderError) as caught:
        render(workspace, engine="embedded", edition="final")
    message = str(caught.value)
    assert (
        "kloof: 2 results and 3 figures and tables are synthetic; missing: micro.csv (Echte gegevens)"
        in message
    )
    assert "feiten" not in message
    assert not (workspace.root / "_report").exists()


@pytest.mark.parametrize(
    ("sources", "there", "told"),
    [
        (
            '["microdata"]',
            True,
            "no file is missing: the status note of the section says why a twin was used",
        ),
        ("[]", False, "no file would change that: they are made by simulation"),
    ],
)
def test_final_says_so_where_no_file_would_help(small, sources, there, told):
    workspace = small("synthetic", sources)
    if there:
        (workspace.data / "micro.csv").write_text("x\n1\n")
    with pytest.raises(RenderError, match=told):
        render(workspace, engine="embedded", edition="final")


def test_a_synthetic_exhibit_alone_is_refused_too(small):
    workspace = small("real")
    description = workspace.build / "released" / "exhibits" / "tbl-kloof-smal.json"
    description.write_text(description.read_text(encoding="utf-8").replace('"real"', '"synthetic"'))
    with pytest.raises(RenderError, match="kloof: 0 results and 1 figures and tables are synthetic"):
        render(workspace, engine="embedded", edition="final")


def test_final_of_real_data_carries_no_mark(small):
    folder = render(small("real"), engine="embedded", edition="final")
    page = (folder / "rapport.html").read_text(encoding="utf-8")
    assert MARK not in page
    assert "Synthetische gegevens" not in page


SIMULATED = '[[simulation]]\nsection = "vermogen"\nreason = "Het gaat over het onderzoek."\n'


@pytest.mark.parametrize("declared", [True, False])
def test_a_chapter_simulated_by_its_nature_makes_no_trial_of_a_real_report(small, declared):
    workspace = small("real")
    if declared:
        (workspace.design / "editions.toml").write_text(SIMULATED, encoding="utf-8")
    power = Result("vermogen.mde", "Kleinste effect", 1.4, "punten", DataKind.SYNTHETIC, "twin", decimals=1)
    everything = [*read_rows(workspace.build / "released" / "results.csv"), power]
    write_rows(everything, workspace.build / "released" / "results.csv")
    write_variables(everything, workspace.root / "_variables.yml")
    folders = [workspace.build / "released" / "exhibits"]
    write_fragments(
        folders, everything, workspace.reports / "_generated", simulations=read_simulations(workspace)
    )
    document = workspace.reports / "_eerste.qmd"
    chapter = "# Vermogen {#sec-vermogen}\n\n{{< include _generated/status-vermogen.qmd >}}\n\n"
    chapter += "Te zien is {{< var vermogen.mde.full >}}.\n"
    document.write_text(f"{document.read_text(encoding='utf-8')}\n{chapter}", encoding="utf-8")
    if not declared:
        with pytest.raises(RenderError, match="vermogen: 1 results"):
            render(workspace, engine="embedded", edition="final")
        return
    text = (render(workspace, engine="embedded", edition="final") / "rapport.html").read_text(
        encoding="utf-8"
    )
    assert MARK not in text
    assert "Simulatie, geen bevindingen" in text
    assert "1,4 punten (synthetisch)" in text


def test_public_holds_released_tables_and_nothing_of_the_runs(small):
    folder = render(small("synthetic"), engine="embedded", edition="public")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == [
        "LEESMIJ.txt", "inhoud.json", "openbaar.zip", "rapport.html", "rapport.pdf", "resultaten.csv",
        "tabellen/tbl-kloof-breed.csv", "tabellen/tbl-kloof-smal.csv",
    ]  # fmt: skip
    assert {"run", "data_hash", "parameters_hash", "code_hash"}.isdisjoint(read(folder / "resultaten.csv")[0])
    for path in folder.rglob("*"):
        if path.is_file():
            for secret in (b"run0", b"data0", b"parameters0", b"code0", b".ipynb"):
                assert secret not in path.read_bytes(), path.name


def test_a_public_table_keeps_its_kind_wherever_it_goes(small):
    folder = render(small("synthetic"), engine="embedded", edition="public")
    for path in (folder / "tabellen").glob("*.csv"):
        kinds = {line["soort gegevens"] for line in read(path)}
        assert kinds == {"synthetisch"}
    assert "LET OP: 3 figuren en tabellen rusten op synthetische gegevens" in (
        folder / "LEESMIJ.txt"
    ).read_text(encoding="utf-8")


def test_public_lists_every_file_with_its_checksum_also_in_the_zip(small):
    workspace = small("synthetic")
    folder = render(workspace, engine="embedded", edition="public")
    listed = {entry["pad"]: entry for entry in json.loads((folder / "inhoud.json").read_text())["bestanden"]}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(listed) == files - {"inhoud.json", "openbaar.zip"}
    for name, entry in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]
    assert listed["tabellen/tbl-kloof-smal.csv"]["soort"] == "synthetisch"
    with zipfile.ZipFile(folder / "openbaar.zip") as archive:
        assert set(archive.namelist()) == files - {"openbaar.zip"}
        assert archive.read("rapport.pdf") == (folder / "rapport.pdf").read_bytes()
    first = (folder / "openbaar.zip").read_bytes()
    assert (render(workspace, engine="embedded", edition="public") / "openbaar.zip").read_bytes() == first


def test_an_edition_that_is_none(small):
    with pytest.raises(
        RenderError, match="edition 'kladversie' is not known; choose from mock, final, public"
    ):
        render(small("real"), engine="embedded", edition="kladversie")


SYNTHETIC = """\
from analysis.results import Result, publish

publish(Result(id="a.value", label="Waarde", value=1.0, unit="", kind="{kind}", source="bron", n=20))
"""


@pytest.mark.parametrize(("kind", "status"), [("synthetic", 1), ("fact", 0)])
def test_build_refuses_the_final_edition_after_building(tmp_path, monkeypatch, capsys, kind, status):
    project = Project(tmp_path / "project")
    project.notebook("a", SYNTHETIC.format(kind=kind), entry='sources = ["microdata"]')
    monkeypatch.setenv("ANALYSIS_ROOT", str(project.root))
    monkeypatch.delenv("ANALYSIS_DATA", raising=False)
    assert main(["build", "--jobs", "1", "--kernels", "stock"]) == 0
    assert main(["build", "--jobs", "1", "--edition", "final"]) == status
    told = capsys.readouterr().err
    assert (
        "a: 1 results and 0 figures and tables are synthetic; missing: micro*.csv (Microdata)" in told
    ) == (status == 1)
