"""What each edition may hold: mock says so, final refuses, public holds released tables alone."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from build_project import Project
from small_report import exhibits, make_project, release_as, rows

from analysis.__main__ import main
from analysis.datakind import DataKind
from analysis.release.release import REHEARSAL, STANDARD
from analysis.render import RenderError, render
from analysis.results import Stamp, read_rows, stamped, write_rows

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

    def make(kind: str, edition: str = STANDARD):
        workspace = make_project(tmp_path / "project", kind=kind)
        release_as(workspace, edition)
        stamp = Stamp("kloof", "run0", "data0", "parameters0", "code0")
        write_rows(stamped(rows(kind), stamp), workspace.build / "released" / "results.csv")
        exhibits(workspace.build / "released" / "exhibits", kind)
        workspace.design.mkdir(parents=True)
        (workspace.root / "data" / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
        notebooks = NOTEBOOK.format(name="kloof", sources='["microdata"]')
        (workspace.design / "notebooks.toml").write_text(notebooks, encoding="utf-8")
        workspace.data.mkdir()
        return workspace

    return make


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def shown(folder: Path) -> str:
    """The page without its style sheet, which holds the mark for who prints a trial."""
    return (folder / "rapport.html").read_text(encoding="utf-8").partition("</style>")[2]


def test_mock_says_so_on_every_page(small):
    folder = render(small("synthetic", REHEARSAL), engine="embedded", edition="mock")
    assert MARK in shown(folder)
    assert 'class="proef"' in (folder / "rapport.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [
        "index.html", "rapport.html", "rapport.pdf", "resultaten.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("edition", ["standard", "final", "public"])
def test_what_was_released_as_a_rehearsal_is_printed_as_nothing_else(small, edition):
    workspace = small("synthetic", REHEARSAL)
    with pytest.raises(RenderError, match=f"is the mock edition: run `.* report --edition {edition}`"):
        render(workspace, engine="embedded", edition=edition)
    assert not (workspace.root / "_report").exists()


def test_final_refuses_what_is_synthetic_and_names_result_and_notebook(small):
    workspace = small("synthetic")
    with pytest.raises(RenderError) as caught:
        render(workspace, engine="embedded", edition="final")
    message = str(caught.value)
    assert "kloof.gap of notebook kloof is synthetic and not published as a trial" in message
    assert "fig-kloof-lijn is synthetic and not drawn as a trial" in message
    assert "feiten" not in message
    assert not (workspace.root / "_report").exists()


def test_final_refuses_as_long_as_a_notebook_failed_and_names_it(small):
    workspace = small("real")
    release_as(workspace, STANDARD, missing=["b (b.ipynb): ValueError: kapot"])
    with pytest.raises(
        RenderError, match=r"no final edition yet:\n  failed: b \(b\.ipynb\): ValueError: kapot"
    ):
        render(workspace, engine="embedded", edition="final")
    assert not (workspace.root / "_report").exists()


def test_a_synthetic_exhibit_alone_is_refused_too(small):
    workspace = small("real")
    description = workspace.build / "released" / "exhibits" / "tbl-kloof-smal.json"
    description.write_text(description.read_text(encoding="utf-8").replace('"real"', '"synthetic"'))
    with pytest.raises(RenderError, match=r"no final edition yet:\n  tbl-kloof-smal is synthetic"):
        render(workspace, engine="embedded", edition="final")


def test_final_of_real_data_carries_no_mark(small):
    folder = render(small("real"), engine="embedded", edition="final")
    assert MARK not in shown(folder)
    assert "Synthetische gegevens" not in shown(folder)


def test_trials_make_no_trial_of_a_real_report(small):
    """They are released beside the results, under ids of their own, and the report does not show them."""
    workspace = small("real")
    released = workspace.build / "released"
    everything = read_rows(released / "results.csv")
    trials = [replace(row, id=f"proef.{row.id}", kind=DataKind.SYNTHETIC) for row in everything]
    write_rows([*everything, *trials], released / "results.csv")
    description = (released / "exhibits" / "tbl-kloof-smal.json").read_text(encoding="utf-8")
    for suffix, text in (
        ("json", description.replace('"real"', '"synthetic"').replace("tbl-kloof", "tbl-proef-kloof")),
        ("csv", (released / "exhibits" / "tbl-kloof-smal.csv").read_text(encoding="utf-8")),
    ):
        (released / "exhibits" / f"tbl-proef-kloof-smal.{suffix}").write_text(text, encoding="utf-8")
    folder = render(workspace, engine="embedded", edition="final")
    assert MARK not in shown(folder)


def test_public_holds_released_tables_and_nothing_of_the_runs(small):
    folder = render(small("synthetic"), engine="embedded", edition="public")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == [
        "LEESMIJ.txt", "index.html", "inhoud.json", "openbaar.zip", "rapport.html", "rapport.pdf",
        "resultaten.csv", "tabellen/tbl-kloof-breed.csv", "tabellen/tbl-kloof-smal.csv",
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
        RenderError, match="edition 'kladversie' is not known; choose from standard, mock, final, public"
    ):
        render(small("real"), engine="embedded", edition="kladversie")


FACT = """\
from analysis.results import Result, publish

publish(Result(id="a.value", label="Waarde", value={value}, unit="", kind="fact", source="bron", n=20))
"""


@pytest.mark.parametrize(("value", "status"), [("1 / 0", 1), ("1.0", 0)])
def test_build_refuses_the_final_edition_after_building(tmp_path, monkeypatch, capsys, value, status):
    project = Project(tmp_path / "project")
    project.notebook("a", FACT.format(value=value), entry='sources = ["microdata"]')
    monkeypatch.setenv("ANALYSIS_ROOT", str(project.root))
    monkeypatch.delenv("ANALYSIS_DATA", raising=False)
    assert main(["build", "--jobs", "1", "--kernels", "stock"]) == status
    capsys.readouterr()
    assert main(["build", "--jobs", "1", "--kernels", "stock", "--edition", "final"]) == status
    told = capsys.readouterr().err
    assert ("there is no final edition yet:\n  failed: a (a.ipynb): ZeroDivisionError" in told) == (
        status == 1
    )


def test_what_is_synthetic_is_not_published_but_as_a_trial(tmp_path, built):
    """So that no twin can come into a report by the notebook's mistake."""
    project = Project(tmp_path / "project")
    project.notebook("a", FACT.format(value="1.0").replace('"fact"', '"synthetic"'))
    assert "a.value rests on a synthetic twin: publish(…, trial=True)" in built(project).problems
