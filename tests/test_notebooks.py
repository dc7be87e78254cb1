"""Every notebook keeps to its form: a question, one parameters cell, calls; no code of its own."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from analysis.build.closure import DRAWING, FirstParty, Memory, closure
from analysis.build.form import out_of_form
from analysis.build.parameters import typed
from analysis.build.source import read_source
from analysis.design.notebooks import read_notebooks
from analysis.privacy.strip import stripped
from analysis.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST_PARTY = FirstParty.of(Workspace(ROOT, ROOT / "data" / "real"))
MEMORY = Memory()
LOOPS = (ast.For, ast.AsyncFor, ast.While)
OWN_CODE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PATH = re.compile(
    r"^(\.{0,2}/|~|[A-Za-z]:\\|data/)|\.(csv|sav|gz|toml|json|parquet|xlsx?|svg|png|ipynb|qmd)$"
)

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    content = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if kind in (None, cell["cell_type"])]


def source(cell):
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def nodes(path):
    for cell in cells(path, "code"):
        yield from ast.walk(ast.parse(source(cell)))


def entries():
    return {entry.file: entry for entry in read_notebooks(Workspace(ROOT, ROOT / "data" / "real"))}


def test_it_is_registered(path):
    assert path.name in entries(), f"{path.name} has no entry in data/design/notebooks.toml"


def test_its_sweep_fits_its_parameters(path):
    entry, found = entries()[path.name], read_source(path)
    for overrides in entry.combinations():
        typed(found.defaults, overrides, entry.name)


def test_it_opens_with_a_title_and_its_question(path):
    first = cells(path)[0]
    assert first["cell_type"] == "markdown"
    lines = source(first).splitlines()
    assert lines[0].startswith("# ")
    assert any(cell for cell in cells(path, "markdown") if "?" in source(cell)), "no question is asked"


def test_it_has_one_parameters_cell_with_plain_values(path):
    assert read_source(path).defaults, "a notebook has at least one parameter, such as seed"


def test_it_holds_no_code_of_its_own(path):
    own = [type(node).__name__ for node in nodes(path) if isinstance(node, (*OWN_CODE, *LOOPS))]
    assert not own, f"move {', '.join(own)} to analysis/, with a test"


def test_it_names_no_path(path):
    texts = [
        node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if PATH.search(text)]
    assert not [node.id for node in nodes(path) if isinstance(node, ast.Name) and node.id in ("open", "Path")]


def test_it_imports_the_analysis_and_at_most_frames(path):
    for node in nodes(path):
        if isinstance(node, ast.Import):
            tops = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            tops = {(node.module or "").split(".")[0]}
        else:
            continue
        assert tops <= {"analysis", "pandas", "numpy"}, (
            f"{', '.join(tops)} belongs behind a function of analysis"
        )


def test_it_is_stored_without_outputs_and_with_stable_ids(path):
    """On disk it may hold outputs, where git cleans it: what counts is what git has, or would take."""
    staged = subprocess.run(
        ["git", "show", f":notebooks/{path.name}"], cwd=ROOT, capture_output=True, check=False
    )
    stored = (staged.stdout if staged.returncode == 0 else path.read_bytes()).decode("utf-8")
    assert stripped(stored) == stored, "git is not set up to clean it: python tools/set_up_git.py"
    content = json.loads(stored)
    assert (content["nbformat"], content["nbformat_minor"]) >= (4, 5)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    identifiers = [cell["id"] for cell in content["cells"]]
    assert len(set(identifiers)) == len(identifiers)
    for cell in (cell for cell in content["cells"] if cell["cell_type"] == "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_its_key_holds_what_computes_and_not_what_builds_draws_or_prints(path):
    """Else a change of a figure, of the build or of the command line would run every notebook again."""
    found = closure(read_source(path).code, FIRST_PARTY, MEMORY, without=DRAWING)
    rooms = {name.split("/")[1].removesuffix(".py") for name in found.files}
    assert "results" in rooms
    assert not rooms & {*DRAWING, "build", "release", "render", "report", "privacy", "__main__"}


def test_the_build_has_nothing_to_say_of_its_form(path):
    workspace = Workspace(ROOT, ROOT / "data" / "real")
    assert [note for note in out_of_form(workspace) if path.name in note] == []


def test_it_publishes(path):
    called = {getattr(node.func, "id", "") for node in nodes(path) if isinstance(node, ast.Call)}
    assert "publish" in called
