"""`make new` from nothing to a section in the report, with tests that pass."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from repository import run_analysis

from analysis.privacy.strip import stripped


def new(root, *words):
    command = [sys.executable, str(root / "tools" / "new_chapter.py"), *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def root(tmp_path, repository_copy):
    return repository_copy(tmp_path / "copy")


def files(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def only(path, begin):
    """Leave of a design file its settings and what stands from `begin` on: what the command added."""
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("\n[[") + 1] + text[text.index(begin) :], "utf-8")


def test_from_nothing_to_a_rendered_section(root):
    """In a report of this one chapter: the others would take minutes to compute."""
    made = new(root, "opkomst", "--question", "Stemmen jongeren vaker?")
    assert made.returncode == 0, made.stderr
    design = root / "data" / "design"
    only(design / "notebooks.toml", '[[notebook]]\nname = "opkomst"')
    only(design / "conclusions.toml", "[[rule.opkomst]]")
    (design / "questions.toml").unlink()
    report = root / "reports" / "rapport.qmd"
    front = report.read_text("utf-8").split("---\n")[1]
    report.write_text(f"---\n{front}---\n\n{{{{< include _opkomst.qmd >}}}}\n", "utf-8")
    other = root / "reports" / "verantwoording.qmd"
    front = other.read_text("utf-8").split("---\n")[1]
    other.write_text(f"---\n{front}---\n\n{{{{< include _herkomst.qmd >}}}}\n", "utf-8")
    outcome = run_analysis(root, "report", "--engine", "embedded", "--jobs", "1", "--no-factsheets")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    page = re.sub(r"<[^>]+>|\s+", " ", (root / "_report" / "rapport.html").read_text("utf-8"))
    page = " ".join(page.split())
    assert "Stemmen jongeren vaker?" in page
    assert "Het verschil in opkomst is niet vast te stellen: de berekening is nog niet geschreven" in page
    assert "Uitkomsten van opkomst." in page
    assert (root / "_report" / "rapport.pdf").is_file()


def test_its_files_are_those_of_any_chapter_and_its_tests_pass(root):
    made = new(root, "nieuw-begin", "--title", "Een nieuw begin")
    assert made.returncode == 0, made.stderr
    assert "_nieuw-begin.qmd >}}\n\n# Literatuur" in (root / "reports" / "rapport.qmd").read_text("utf-8")
    (path,) = (root / "notebooks").glob("??-nieuw-begin.ipynb")
    text = path.read_text("utf-8")
    assert stripped(text) == text
    assert json.loads(text)["cells"][0]["source"][0] == "# Een nieuw begin\n"
    tests = ["tests/answers/test_answers_nieuw_begin.py", "tests/test_notebooks.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", "begin"]
    variables = {**os.environ, "PYTHONPATH": str(root), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Opkomst"], "expected lower case letters"),
        (["regio"], "is taken: analysis/answers/regio.py"),
        (["prodemos"], "data/design/questions.toml"),
        (["proef"], "have a meaning of their own"),
        (["import"], "expected lower case letters"),
        (["opkomst", "--question", "Geen vraag."], "with a question mark"),
    ],
)
def test_a_name_that_cannot_be_is_told_and_nothing_is_written(root, words, said):
    before = files(root)
    outcome = new(root, *words)
    assert outcome.returncode == 1
    assert said in outcome.stderr
    assert files(root) == before
