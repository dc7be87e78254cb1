"""The whole way, on a copy of the repository: data in, report out."""

import csv

import pytest
from repository import run_analysis


def test_the_report_is_there_whole(report):
    folder = report / "_report"
    assert sorted(path.name for path in folder.iterdir()) == [
        "herkomst.json",
        "rapport.html",
        "rapport.pdf",
        "resultaten.csv",
    ]
    assert (folder / "rapport.pdf").read_bytes().startswith(b"%PDF")
    assert "</html>" in (folder / "rapport.html").read_text(encoding="utf-8")


def test_every_released_row_says_what_it_rests_on(report):
    with (report / "_report" / "resultaten.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) > 40
    assert {"id", "value", "low", "high", "n", "unit", "kind", "source"} <= set(rows[0])
    assert {row["kind"] for row in rows} <= {"fact", "real", "synthetic"}
    assert all(row["source"] for row in rows)
    assert {row["kind"] for row in rows if row["id"].startswith("prodemos.att")} == {"synthetic"}
    assert {row["kind"] for row in rows if row["id"].startswith("programma.")} == {"fact"}


def test_a_second_build_runs_nothing(report):
    before = {
        path: path.stat().st_mtime_ns for path in (report / "data" / "build" / "runs").rglob("run.json")
    }
    outcome = run_analysis(report, "build")
    assert outcome.returncode == 0, outcome.stderr
    after = {path: path.stat().st_mtime_ns for path in (report / "data" / "build" / "runs").rglob("run.json")}
    assert after == before
    assert before


def test_the_same_inputs_give_the_same_report(report):
    names = ("rapport.html", "rapport.pdf", "resultaten.csv")
    first = {name: (report / "_report" / name).read_bytes() for name in names}
    outcome = run_analysis(report, "render", "--engine", "embedded")
    assert outcome.returncode == 0, outcome.stderr
    for name in names:
        assert (report / "_report" / name).read_bytes() == first[name], name


@pytest.mark.real
def test_real_microdata_reach_the_validation_section(report, shared, repository_copy, tmp_path):
    real = shared / "real"
    if not any(real.glob("ISG*.sav")):
        pytest.skip("the real ICCS files are not there")
    root = repository_copy(tmp_path / "copy")
    outcome = run_analysis(root, "build", "--only", "validatie", "--data", str(real.resolve()))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
