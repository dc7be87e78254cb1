"""The command line, on small real projects."""

import json
import shlex
import sys
import threading
import time

import pytest
from build_project import Project

from analysis.__main__ import main
from analysis.results import read_rows


@pytest.fixture
def project(tmp_path, monkeypatch):
    project = Project(tmp_path / "project")
    project.notebook("a")
    monkeypatch.setenv("ANALYSIS_ROOT", str(project.root))
    monkeypatch.delenv("ANALYSIS_DATA", raising=False)
    return project


def test_an_interrupt_while_words_are_read_is_told(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.__main__._parser", interrupted)
    assert main(["build"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(command in text for command in ("build", "render", "report", "sources", "clean"))


def test_build_then_nothing_to_do_as_json(project):
    first = project.analysis("build", "--json", "--jobs", "1")
    assert first.returncode == 0, first.stderr
    events = [json.loads(line) for line in first.stdout.splitlines()]
    assert [event["event"] for event in events] == ["begin", "started", "done", "end"]
    assert events[0] == {"event": "begin", "total": 1, "done_before": 0}
    assert events[2]["run"] == "a"
    second = project.analysis("build")
    assert second.returncode == 0, second.stderr
    assert "0 run, 1 unchanged" in second.stdout


def test_explain_does_nothing(project, capsys):
    assert main(["build", "--explain"]) == 0
    assert capsys.readouterr().out == "a: will run: it has not run here before\n"
    assert not (project.root / "data" / "build").exists()


def test_an_error_of_ours_is_one_block_without_a_traceback(project):
    project.write("data/design/notebooks.toml", "[[notebook]]\n")
    outcome = project.analysis("build")
    assert outcome.returncode == 1
    assert "data/design/notebooks.toml, notebook 1: file, name, question is absent" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "Traceback" in project.analysis("--debug", "build").stderr


def test_a_data_folder_that_is_not_there_is_said_so(project, capsys):
    assert main(["build", "--data", "nergens"]) == 1
    assert "--data nergens: there is no such folder" in capsys.readouterr().err


def test_data_elsewhere_is_used(project, tmp_path, capsys):
    folder = tmp_path / "mijn data"
    folder.mkdir()
    (folder / "micro.csv").write_text("x\n1\n")
    (folder / "iets.txt").write_text("")
    assert main(["sources", "--data", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "microdata: present" in text
    assert "found micro.csv" in text
    assert "not recognised: iets.txt" in text
    assert main(["sources"]) == 0
    assert "microdata: absent" in capsys.readouterr().out


@pytest.mark.parametrize("jobs", ["0", "-1", "x"])
def test_a_number_of_jobs_that_is_none(jobs, capsys):
    with pytest.raises(SystemExit):
        main(["build", "--jobs", jobs])
    assert "expected a whole number" in capsys.readouterr().err


def test_a_notebook_that_failed_ends_the_command_as_failed(project):
    project.notebook("b", "1 / 0")
    outcome = project.analysis("build")
    assert outcome.returncode == 1
    assert "ZeroDivisionError" in outcome.stderr
    assert "a.value" in (project.root / "data/build/released/results.csv").read_text()


def test_a_failed_notebook_is_told_also_where_the_report_cannot_be_rendered(project):
    """There is no document here: that is told, and what failed before it is not lost."""
    project.notebook("a", "1 / 0")
    outcome = project.analysis("report")
    assert outcome.returncode == 1
    assert "ZeroDivisionError" in outcome.stderr
    assert f"run again   {shlex.quote(sys.executable)} -m analysis build --only a" in outcome.stderr
    assert "must list the documents" in outcome.stderr
    assert not (project.root / "_report").exists()


def test_a_final_edition_names_what_failed_and_how_to_run_it_again(project):
    project.notebook("b", "1 / 0")
    outcome = project.analysis("report", "--edition", "final")
    assert outcome.returncode == 1
    assert "there is no final edition yet:\n  failed: b (b.ipynb): ZeroDivisionError" in outcome.stderr
    assert f"run again   {shlex.quote(sys.executable)} -m analysis build --only b" in outcome.stderr
    assert not (project.root / "_report").exists()


def test_clean_removes_what_was_made_and_nothing_else(project):
    project.write("data/real/micro.csv", "x\n1\n")
    project.write("_report/rapport.html", "")
    kept = {path for path in project.root.rglob("*") if path.is_file() and "_report" not in path.parts}
    project.analysis("build")
    assert (project.root / "_variables.yml").exists()
    assert project.analysis("clean").returncode == 0
    left = {path for path in project.root.rglob("*") if path.is_file()}
    assert left - {project.root / "data/build/.lock"} == kept


def test_clean_old_keeps_what_the_plan_can_use(project):
    project.analysis("build")
    project.notebook("a", parameters="seed = 2\nvalue = 1.5")
    project.analysis("build")
    assert len(project.runs("a")) == 2
    outcome = project.analysis("clean", "--old")
    assert "1 old runs removed" in outcome.stdout
    assert len(project.runs("a")) == 1
    assert "0 run, 1 unchanged" in project.analysis("build").stdout


def test_what_is_printed_is_one_release_whatever_is_built_beside_it(project, tmp_path, monkeypatch):
    """A report on one data folder beside builds of another, started at many moments."""
    code = (
        "import pandas as pd\nfrom analysis.workspace import Workspace\n"
        "from analysis.results import Result, publish\n"
        "frame = pd.read_csv(Workspace.current().data / 'micro.csv')\n"
        "mean = float(frame['x'].mean())\n"
        "publish(Result('a.mean', 'Gemiddelde', mean, '', 'real', 'microdata', n=len(frame)))"
    )
    project.notebook("a", code, entry='sources = ["microdata"]')
    folders = {}
    for value in (3, 7):
        folders[value] = tmp_path / f"data{value}"
        folders[value].mkdir()
        (folders[value] / "micro.csv").write_text("x\n" + f"{value}\n" * 20)
        assert main(["build", "--data", str(folders[value])]) == 0
    seen: list[set[str]] = []

    def printed(workspace, **asked):
        """What a renderer would read, again and again while it works."""
        found = set()
        for _ in range(10):
            rows = read_rows(workspace.build / "released" / "results.csv")
            found |= {str(row.value) for row in rows if row.id == "a.mean"}
            text = (workspace.root / "_variables.yml").read_text(encoding="utf-8")
            found |= {"3.0" if '"3' in text and '"7' not in text else "7.0"}
            time.sleep(0.02)
        seen.append(found)
        return workspace.root / "_report"

    monkeypatch.setattr("analysis.render.render", printed)
    for offset in (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4):
        other = threading.Thread(target=main, args=(["build", "--data", str(folders[7])],))
        other.start()
        time.sleep(offset)
        assert main(["report", "--data", str(folders[3])]) == 0
        other.join()
    assert seen == [{"3.0"}] * 8
