"""The whole way, on a copy of the repository: data in, report out."""

import csv

import pytest
from repository import run_analysis

from analysis.results import read_rows


def test_the_report_is_there_whole(report):
    folder = report / "_report"
    assert sorted(path.name for path in folder.iterdir()) == [
        "herkomst.json",
        "index.html",
        "provincies",
        "rapport.html",
        "rapport.pdf",
        "resultaten.csv",
        "verantwoording.html",
        "verantwoording.pdf",
    ]
    for name in ("rapport", "verantwoording"):
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert "</html>" in (folder / f"{name}.html").read_text(encoding="utf-8")


def test_every_released_row_says_what_it_rests_on(report):
    with (report / "_report" / "resultaten.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) > 40
    assert {"id", "value", "low", "high", "n", "unit", "kind", "source"} <= set(rows[0])
    assert {row["kind"] for row in rows} <= {"fact", "real", "synthetic"}
    assert all(row["source"] for row in rows)
    assert {row["kind"] for row in rows if row["id"].startswith("prodemos.opkomst_tk.effect")} == {"real"}
    assert {row["kind"] for row in rows if row["id"].startswith("programma.")} == {"fact"}
    # a twin is on trial under an id of its own, and nothing else is there
    on_trial = {row["id"] for row in rows if row["id"].startswith("proef.")}
    synthetic = {row["id"] for row in rows if row["kind"] == "synthetic"}
    assert synthetic
    assert synthetic <= on_trial
    assert {row["kind"] for row in rows if row["id"] in on_trial} <= {"synthetic", "fact"}


def test_one_estimate_has_one_interval_in_every_row(report):
    """Of equal question, estimator and specification, whichever notebook published it."""
    rows = read_rows(report / "data" / "build" / "released" / "results.csv")
    found = {}
    for row in rows:
        if row.question and row.specification:
            part = row.id.partition(".")[0] == "proef"
            said = (row.value, row.low, row.high, row.level, row.p_value, row.no_statement)
            found.setdefault((part, row.question, row.estimator, row.specification), []).append(said)
    several = {key: said for key, said in found.items() if len(said) > 1}
    assert len(several) > 5
    assert {key: said for key, said in several.items() if len(set(said)) > 1} == {}


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
    whole = (path for path in (report / "_report").rglob("*") if path.is_file() and path.suffix != ".json")
    names = [str(path.relative_to(report / "_report")) for path in whole]
    assert len(names) == 6 + 2 * 12, "both documents, the rows, the index and the sheets"
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
