"""What Quarto runs before and after it renders by itself, run as Quarto runs it: by Pandoc's Lua."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pypandoc
import pytest

REPORTS = Path(__file__).resolve().parents[2] / "reports"


def hook(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("QUARTO", "ANALYSIS"))}
    return subprocess.run(
        [pypandoc.get_pandoc_path(), "lua", str(REPORTS / name)],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=clean | {"PATH": "", "VIRTUAL_ENV": "", "CONDA_PREFIX": ""} | variables,
    )


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def rendered_by_quarto(tmp_path):
    """A report of an earlier render, and beside it what Quarto writes by itself."""
    for name in (
        "_report/rapport.html", "_report/resultaten.csv", "_report/provincies/PV20.html",
        "_report/reports/rapport.html", "_report/reports/rapport.pdf", "_report/reports/verantwoording.html",
        "_report/reports/_generated/fig-a-b.svg",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("nieuw" if "reports" in name else "oud")
    return tmp_path


def test_documents_stand_where_they_always_stand(rendered_by_quarto):
    output = rendered_by_quarto / "_report"
    done = hook(
        "opruimen.lua",
        rendered_by_quarto,
        QUARTO_PROJECT_OUTPUT_DIR=str(output),
        QUARTO_PROJECT_RENDER_ALL="1",
    )
    assert done.returncode == 0, done.stderr
    assert files(output) == ["rapport.html", "rapport.pdf", "verantwoording.html"]
    assert {path.read_text() for path in output.iterdir()} == {"nieuw"}


@pytest.mark.parametrize("variables", [{}, {"ANALYSIS_BUILT": "1", "QUARTO_PROJECT_RENDER_ALL": "1"}])
def test_a_preview_and_the_build_are_left_alone(rendered_by_quarto, variables):
    before = files(rendered_by_quarto)
    output = str(rendered_by_quarto / "_report")
    assert (
        hook("opruimen.lua", rendered_by_quarto, QUARTO_PROJECT_OUTPUT_DIR=output, **variables).returncode
        == 0
    )
    assert files(rendered_by_quarto) == before


@pytest.fixture
def failed_before(tmp_path):
    for name in ("reports/rapport.qmd", "reports/rapport.html", "reports/rapport.typ", "reports/stijl.css"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    return tmp_path


def test_without_results_and_python_it_says_what_to_do(failed_before):
    done = hook("bijwerken.lua", failed_before)
    assert done.returncode == 1
    assert "run `make report`, or set QUARTO_PYTHON" in done.stderr
    assert files(failed_before) == ["reports/rapport.qmd", "reports/stijl.css"]  # no half documents


def test_with_results_and_no_python_it_renders_those(failed_before):
    results = failed_before / "data" / "build" / "released" / "results.csv"
    results.parent.mkdir(parents=True)
    results.write_text("id")
    done = hook("bijwerken.lua", failed_before)
    assert done.returncode == 0
    assert "as they were built last" in done.stderr


def test_when_the_build_calls_there_is_nothing_to_do(failed_before):
    done = hook("bijwerken.lua", failed_before, ANALYSIS_BUILT="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "reports/rapport.typ" in files(failed_before)
