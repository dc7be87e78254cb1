"""Whole builds of small real projects."""

import csv
import json

import pytest
from build_project import PUBLISH

from analysis.build.build import explanation
from analysis.build.errors import BuildError
from analysis.results import read_rows

MICRODATA = """\
import pandas as pd
from analysis.results import Result, publish
from analysis.workspace import Workspace

path = Workspace.current().data / "micro.csv"
frame = pd.read_csv(path) if path.exists() else pd.DataFrame({"x": [0] * 20})
kind = "real" if path.exists() else "synthetic"
publish(Result(id="a.mean", label="Gemiddelde", value=frame["x"].mean(), unit="punten", kind=kind,
               source="microdata", n=len(frame)), trial=not path.exists())
"""
SERIES = """\
import pandas as pd
from analysis.results import Series, publish

points = pd.DataFrame({"jaar": [2025, 2026], "waarde": [1.0, value]})
publish(Series("a.jaren", "Waarde per jaar", "punten", "fact", "bron", points, measures=("waarde",)))
"""


def released(project):
    return {row.id: row for row in read_rows(project.root / "data/build/released/results.csv")}


def test_from_notebooks_to_what_the_report_reads(project, built):
    project.notebook("a", PUBLISH.format(name="a", value="value"), "value")
    outcome = built(project)
    assert len(outcome.built.outcomes) == 1
    row = released(project)["a.value"]
    assert row.value == 1.5
    assert row.stamp.notebook == "a"
    assert [row.stamp.run] == [folder.name for folder in project.runs("a")]
    assert all((row.stamp.data_hash, row.stamp.parameters_hash, row.stamp.code_hash))
    variables = (project.root / "_variables.yml").read_text()
    assert '"value"' in variables
    generated = {path.name for path in (project.root / "reports/_generated").iterdir()}
    assert {"tbl-a.qmd", "status-a.qmd", "tbl-databronnen.qmd"} <= generated
    assert "Bron: Een bron." in (project.root / "reports/_generated/status-a.qmd").read_text()
    executed = json.loads((project.runs("a")[0] / "notebook.ipynb").read_text())
    assert [cell.get("execution_count") for cell in executed["cells"]] == [None, 1, 2, 3]
    assert not list((project.root / "data/build/tmp").iterdir())


def test_nothing_is_rerun_and_putting_data_back_gives_the_old_results(project, built):
    project.notebook("a", MICRODATA, entry='sources = ["microdata"]')
    assert len(built(project).built.outcomes) == 1
    synthetic = (project.root / "data/build/released/results.csv").read_bytes()
    assert built(project).released.unchanged
    data = project.write("data/real/micro.csv", "x\n" + "3\n" * 20)
    assert len(built(project).built.outcomes) == 1
    assert (released(project)["a.mean"].value, released(project)["a.mean"].kind) == (3.0, "real")
    data.unlink()
    again = built(project)
    assert (len(again.built.outcomes), again.built.unchanged) == (0, 1)
    assert (project.root / "data/build/released/results.csv").read_bytes() == synthetic
    project.notebook("a", MICRODATA, entry='sources = ["microdata"]', prose="Anders gezegd.")
    assert not built(project).built.outcomes


def test_what_someone_changed_in_the_released_set_is_mended_without_a_run(project, built):
    project.notebook("a")
    built(project)
    path = project.root / "data/build/released/results.csv"
    right = path.read_bytes()
    path.write_bytes(right.replace(b"1.5", b"9.5"))
    (project.root / "_variables.yml").unlink()
    outcome = built(project)
    assert not outcome.built.outcomes
    assert path.read_bytes() == right
    assert (project.root / "_variables.yml").exists()


def test_a_run_whose_rows_were_changed_by_hand_is_run_again(project, built):
    project.notebook("a")
    built(project)
    (rows,) = (folder / "results.csv" for folder in project.runs("a"))
    rows.write_text(rows.read_text().replace("1.5", "2.5"))
    assert len(built(project).built.outcomes) == 1
    assert released(project)["a.value"].value == 1.5


def test_swept_parameters_arrive_with_their_types(project, built):
    code = PUBLISH.format(name="a.{place}", value="len(code)").replace('"a.{place}', 'f"a.{place}')
    project.notebook(
        "a",
        "assert type(code) is str\nplace = f'p{code.lower()}'\n" + code,
        parameters="code = '0344'",
        entry='[notebook.sweep]\ncode = ["0363", "NO"]',
    )
    built(project)
    assert {"a.p0363.value", "a.pno.value"} <= set(released(project))
    parameters = [json.loads((folder / "run.json").read_text())["parameters"] for folder in project.runs("a")]
    assert sorted(content["code"] for content in parameters) == ["0363", "NO"]


def test_two_runs_with_one_id_are_named_and_nothing_is_released(project, built):
    project.notebook("a", entry="[notebook.sweep]\nseed = [1, 2]")
    with pytest.raises(BuildError, match=r"a\.value is published by a\[seed=1\] and by a\[seed=2\]"):
        built(project)
    assert not (project.root / "data/build/released").exists()


def test_a_source_of_which_nothing_is_known_stops_the_release(project, built):
    project.notebook("a")
    built(project)
    before = (project.root / "data/build/released/results.csv").read_bytes()
    publish = PUBLISH.format(name="a", value="value")
    project.notebook("a", publish.replace('"bron"', '"bron; brom"'), SERIES.replace('"bron"', '"kaart"'))
    with pytest.raises(BuildError) as caught:
        built(project)
    message = str(caught.value)
    assert "brom: named by a.value of notebook a, tbl-a" in message
    assert "kaart: named by a.jaren of notebook a" in message
    assert "bron:" not in message
    assert (project.root / "data/build/released/results.csv").read_bytes() == before
    project.notebook("a")
    assert built(project).released.unchanged


def test_only_runs_what_is_asked_and_releases_when_all_is_there(project, built):
    project.notebook("a")
    project.notebook("b")
    assert built(project, only=["a"]).released is None
    assert not (project.root / "data/build/released").exists()
    assert built(project, only=["b"]).released is not None
    assert {"a.value", "b.value"} <= set(released(project))


def test_rows_over_too_few_units_are_withheld_and_counted(project, built):
    project.notebook("a", MICRODATA, entry='sources = ["microdata"]')
    project.write("data/real/micro.csv", "x\n" + "3\n" * 9)
    assert built(project).released.suppressed == 1
    rows = released(project)
    assert rows["a.mean"].value is None
    assert rows["a.mean"].n is None
    assert rows["ontsluiting.suppressed"].value == rows["ontsluiting.suppressed_real"].value == 1
    text = (project.root / "data/build/released/results.csv").read_text()
    assert "3.0" not in text


def test_the_same_bytes_whatever_the_number_of_workers(project, built, tmp_path):
    project.notebook("a", PUBLISH.format(name="a", value="value"), SERIES)
    project.notebook("b", "print('hallo')\n" + PUBLISH.format(name="b", value="value / 3"))

    def everything():
        base = project.root / "data/build"
        return {
            path.relative_to(base): path.read_bytes() for path in base.rglob("runs/**/*") if path.is_file()
        }

    outcome = project.analysis("build", "--jobs", "2")
    assert outcome.returncode == 0, outcome.stderr
    first = everything()
    project.analysis("clean")
    assert not everything()
    built(project)
    assert everything() == first


def test_settings_of_the_user_do_not_reach_a_run(project, built, tmp_path, monkeypatch):
    startup = tmp_path / "startup.py"
    startup.write_text("raise SystemExit('never')\n")
    profile = tmp_path / "ipython" / "profile_default" / "startup"
    profile.mkdir(parents=True)
    (profile / "00.py").write_text("leaked = 1\n")
    monkeypatch.setenv("PYTHONSTARTUP", str(startup))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    check = "import os\nassert 'leaked' not in globals()\nassert os.environ['OMP_NUM_THREADS'] == '1'\n"
    project.notebook("a", check + PUBLISH.format(name="a", value="value"))
    built(project)


def test_a_folder_with_braces_and_spaces_is_no_format(tmp_path, built):
    from build_project import Project

    project = Project(tmp_path / "{seed} een map")
    project.notebook("a", entry="[notebook.sweep]\nseed = [3]")
    built(project)
    assert released(project)["a.value"].value == 1.5


def test_the_table_of_sources_says_what_was_there(project, built):
    project.notebook("a")
    built(project)
    path = project.root / "data/build/released/exhibits/tbl-databronnen.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        found = {row["Bron"]: row["Bij deze bouw"] for row in csv.DictReader(handle)}
    assert found["Microdata"] == "niet aanwezig"
    project.write("data/real/micro.csv", "x\n1\n")
    assert not built(project).built.outcomes
    assert "aanwezig" in path.read_text().replace("niet aanwezig", "")


def test_changed_inputs_are_named(project, built):
    project.write("toy/__init__.py", "")
    project.write("toy/a.py", "x = 1\n")
    code = "import toy.a\n" + PUBLISH.format(name="a", value="value")
    project.notebook("a", code, entry='sources = ["microdata"]')

    def why():
        (line,) = explanation(project.workspace)
        return line

    assert why() == "a: will run: it has not run here before"
    built(project)
    assert why() == "a: done before with these inputs; nothing to do"
    project.write("toy/a.py", "x = 2\n")
    assert why() == "a: will run: toy/a.py changed"
    project.write("data/real/micro.csv", "x\n")
    project.write("toy/a.py", "import toy.b\nx = 1\n")
    project.write("toy/b.py", "")
    assert why() == (
        "a: will run: data file micro.csv of source microdata is new; toy/a.py changed; "
        "toy/b.py is now reached by its imports"
    )
