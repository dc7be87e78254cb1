"""Nothing is skipped in silence: what lies there and is used by nothing is said, with what to paste."""

from __future__ import annotations

import re
import shutil
import tomllib

import pytest
from build_project import Project
from repository import run_analysis

from analysis.build.form import out_of_form
from analysis.build.unused import unused_inputs
from analysis.render.unused import unused_texts
from analysis.workspace import Workspace


@pytest.fixture
def notes(tmp_path):
    project = Project(tmp_path / "project")
    project.notebook("een")
    return project, lambda: list(unused_inputs(project.workspace))


def pasted(note):
    lines = [line[4:] for line in note.splitlines() if line.startswith("    ")]
    return tomllib.loads("\n".join(lines))


def test_a_project_in_order_says_nothing(notes):
    assert notes[1]() == []


def test_a_notebook_that_is_not_registered(notes):
    project, said = notes
    source = next(project.workspace.notebooks.glob("*.ipynb"))
    text = source.read_text(encoding="utf-8").replace('"cells": [', '"cells": [' + QUESTION, 1)
    (project.workspace.notebooks / "09-opkomst.ipynb").write_text(text, encoding="utf-8")
    (note,) = said()
    assert "notebooks/09-opkomst.ipynb is not in data/design/notebooks.toml" in note
    assert pasted(note)["notebook"] == [
        {"name": "opkomst", "file": "09-opkomst.ipynb", "question": "Stemmen jongeren?"}
    ]


QUESTION = (
    '{"cell_type": "markdown", "id": "vraag", "metadata": {}, "source": "# Opkomst\\n\\nStemmen jongeren?"},'
)


def test_a_file_that_no_source_recognises(notes):
    project, said = notes
    project.workspace.data.mkdir(parents=True, exist_ok=True)
    (project.workspace.data / "micra_2025.csv").write_text("a;b\n")
    (project.workspace.data / "Lijst van gemeenten.xlsx").write_bytes(b"")
    first, second = said()
    assert "Lijst van gemeenten.xlsx in" in first
    assert pasted(first)["lijst_van_gemeenten"]["files"] == ["Lijst van gemeenten.xlsx"]
    assert "Was micro*.csv meant, rename it." in second


def test_what_does_not_keep_to_the_form_of_a_notebook(notes):
    project, _ = notes
    project.notebook(
        "lus",
        "import matplotlib.pyplot as plt\nfrom pandas import DataFrame",
        "def f():\n    pass\n\nfor _ in range(2):\n    f()",
        f"x = '{'a' * 120}'",
        prose="Zonder vraag.",
    )
    assert list(out_of_form(project.workspace)) == [
        "notebooks/lus.ipynb: no question is asked in its text",
        "notebooks/lus.ipynb, cell 3, line 1: imports matplotlib.pyplot; that belongs behind a function of "
        "analysis, as figures do",
        "notebooks/lus.ipynb, cell 4, line 1: a function of its own; move it to analysis/, with a test",
        "notebooks/lus.ipynb, cell 4, line 4: a loop of its own; move it to analysis/, with a test",
        "notebooks/lus.ipynb, cell 5, line 1: 126 characters; at most 110",
    ]


def test_a_section_that_nothing_includes_and_an_entry_without_a_sentence(tmp_path, repository_copy):
    root = repository_copy(tmp_path / "copy")
    workspace = Workspace(root, root / "data" / "real")
    assert list(unused_texts(workspace)) == []
    (root / "reports" / "_opkomst.qmd").write_text("# Opkomst {#sec-opkomst}\n", encoding="utf-8")
    claims = root / "data" / "design" / "claims.toml"
    entry = '\n[[exempt]]\ntext = "hoger dan ooit"\nreason = "x"\n'
    claims.write_text(claims.read_text(encoding="utf-8") + entry, encoding="utf-8")
    section, gone = unused_texts(workspace)
    assert "reports/_opkomst.qmd is in no document" in section
    assert "{{< include _opkomst.qmd >}}" in section
    assert gone == (
        "data/design/claims.toml: no sentence holds 'hoger dan ooit' any more: take the entry out, or put "
        "its text right"
    )


def test_the_command_line_says_it_and_lists_variables(tmp_path, repository_copy):
    root = repository_copy(tmp_path / "copy")
    shutil.copy(root / "notebooks" / "01-programma.ipynb", root / "notebooks" / "09-x.ipynb")
    assert "note: notebooks/09-x.ipynb is not in" in run_analysis(root, "build", "--explain").stdout
    assert "make them with" in run_analysis(root, "variables").stderr
    variables = (
        'kloof:\n  gap:\n    value: "[52,3](#herkomst-x)"\n    full: 52,3 punten\n  n:\n    value: "4"\n'
    )
    (root / "_variables.yml").write_text(variables)
    assert run_analysis(root, "variables", "gap", "52").stdout.splitlines() == [
        "{{< var kloof.gap.value >}}  52,3",
        "{{< var kloof.gap.full >}}  52,3 punten",
    ]
    assert re.search("no variable holds zoiets", run_analysis(root, "variables", "zoiets").stderr)
