"""The step Quarto runs before it renders, called as Quarto calls it: with Pandoc, as a filter of nothing."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pypandoc
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
STEP = yaml.safe_load((REPOSITORY / "_quarto.yml").read_text(encoding="utf-8"))["project"]["pre-render"]


@pytest.fixture
def before(project):
    """Run the step in `project`; Python is found by QUARTO_PYTHON only, unless told otherwise."""
    (project.root / STEP).parent.mkdir(exist_ok=True)
    shutil.copyfile(REPOSITORY / STEP, project.root / STEP)

    def run(**variables):
        left_out = ("ANALYSIS_", "QUARTO_", "VIRTUAL_ENV", "CONDA_PREFIX", "PATH")
        environment = {name: v for name, v in os.environ.items() if not name.startswith(left_out)}
        environment |= {"PYTHONPATH": str(REPOSITORY), "CI": "1", "PATH": ""} | variables
        command = [pypandoc.get_pandoc_path(), "--from", "markdown", "--to", "plain", "--lua-filter", STEP]
        return subprocess.run(
            command,
            cwd=project.root,
            env=environment,
            input="",
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    return run


PYTHON = {"QUARTO_PYTHON": sys.executable}
POSIX = pytest.mark.skipif(os.name != "posix", reason="an empty PATH")


def test_results_are_brought_up_to_date_and_nothing_is_rendered(project, before):
    project.notebook("a")
    first = before(**PYTHON)
    assert first.returncode == 0, first.stderr
    assert "1 run, 0 unchanged" in first.stdout
    assert (project.root / "_variables.yml").exists()
    assert not (project.root / "_report").exists()
    assert "0 run, 1 unchanged" in before(**PYTHON).stdout


def test_a_failing_build_stops_quarto_with_its_reason(project, before):
    project.notebook("a", "1 / 0")
    outcome = before(**PYTHON)
    assert outcome.returncode != 0
    assert "ZeroDivisionError" in outcome.stderr
    assert f"run again   {shlex.quote(sys.executable)} -m analysis build --only a" in outcome.stderr
    assert "nothing was rendered" in outcome.stderr


def test_when_the_build_calls_quarto_nothing_is_done(project, before):
    project.notebook("a", "1 / 0")
    outcome = before(ANALYSIS_BUILT="1", **PYTHON)
    assert (outcome.returncode, outcome.stdout.strip(), outcome.stderr) == (0, "", "")
    assert not (project.root / "data" / "build").exists()


@POSIX
def test_the_environment_in_the_repository_serves_without_a_path(project, before):
    project.notebook("a")
    link = project.root / ".venv" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    link.chmod(0o755)
    assert "1 run, 0 unchanged" in before().stdout


@POSIX
def test_without_python_what_was_built_is_rendered_and_said_to_be_so(project, before):
    project.notebook("a")
    outcome = before()
    assert outcome.returncode != 0
    assert "There are no results yet" in outcome.stderr
    assert before(**PYTHON).returncode == 0
    bare = project.write("bare/python3", "#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    outcome = before(PATH=str(bare.parent))
    assert outcome.returncode == 0
    assert "the report shows the results as they were built last" in outcome.stderr


def test_the_data_of_the_last_build_are_used_again(project, before, tmp_path):
    code = "from analysis.workspace import Workspace\n"
    code += "there = (Workspace.current().data / 'micro.csv').exists()\n"
    code += "from analysis.results import Result, publish\n"
    code += "publish(Result('a.there', 'Aanwezig', float(there), '', 'fact', 'bron'))\n"
    project.notebook("a", code, entry='sources = ["microdata"]')
    folder = tmp_path / "mijn data"
    folder.mkdir()
    (folder / "micro.csv").write_text("x\n1\n")
    assert project.analysis("build", "--data", str(folder)).returncode == 0
    assert "0 run, 1 unchanged" in before(**PYTHON).stdout
    assert "1 run, 0 unchanged" in project.analysis("build").stdout
    assert project.analysis("build", "--data", str(folder)).returncode == 0
    shutil.rmtree(folder)
    outcome = before(**PYTHON)
    assert outcome.returncode != 0
    assert "which is gone: name a folder with --data" in outcome.stderr


def test_our_own_render_tells_quarto_so():
    from analysis.render.quarto import BUILT_VARIABLE

    assert f'local BUILT = "{BUILT_VARIABLE}"' in (REPOSITORY / STEP).read_text(encoding="utf-8")
