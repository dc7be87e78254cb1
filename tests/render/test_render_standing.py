"""A report that stands is left alone, and whatever decides it has it made again."""

import subprocess
import sys
from pathlib import Path

import pytest
import typst
from small_report import release_as

from analysis.render import RenderError, render, standing


def made(workspace, **asked):
    """When the page was written."""
    return (render(workspace, engine="embedded", **asked) / "rapport.html").stat().st_mtime_ns


EMPTY = typst.compile(b"")


@pytest.fixture
def counted(project, monkeypatch):
    """Render `project` without renderers; the number of times that they were called."""
    calls = []

    def write(projects, folder: Path, kept, pool, check) -> list:
        check()
        calls.append(folder)
        (folder / "rapport.html").write_text("x", encoding="utf-8")
        (folder / "rapport.pdf").write_bytes(EMPTY)
        return []

    monkeypatch.setattr("analysis.render.render_embedded", write)

    def run(**asked):
        before = len(calls)
        render(project, **{"engine": "embedded", **asked})
        return len(calls) - before

    return run


def test_what_stands_is_left_alone(project):
    first = made(project)
    assert made(project) == first
    page = project.root / "_report" / "rapport.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Kloof", "Gat"), encoding="utf-8")
    assert made(project) != first
    assert "Gat" not in page.read_text(encoding="utf-8")


def test_nothing_is_waited_for_that_only_drawing_needs():
    heavy = "{'pandas', 'numpy', 'matplotlib', 'geopandas', 'pandera', 'pikepdf'}"
    told = f"import sys, analysis.render; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def append(name, text="\n"):
    def change(root):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8")

    return change


@pytest.mark.parametrize(
    "change",
    [
        append("reports/_eerste.qmd"),
        append("reports/stijl.css"),
        append("reports/filters/kaders.lua"),
        append("reports/partials/page.typ"),
        append("reports/literatuur.bib"),
        append("reports/literatuur.csl"),
        append("reports/_generated/tbl-kloof-smal.qmd"),
        append("_quarto.yml"),
        append("_variables.yml"),
        append("data/build/released/exhibits/tbl-x.csv", "a\n"),
        append("data/design/claims.toml", ""),
        append("data/facts/letter_facts.csv", "a\n"),
        append("_report/resultaten.csv"),
        append("_report/vreemd.txt"),
        lambda root: (root / "_report/rapport.pdf").unlink(),
    ],
)
def test_whatever_decides_the_report_has_it_made_again(project, counted, change):
    assert (counted(), counted()) == (1, 0)
    change(project.root)
    assert (counted(), counted()) == (1, 0)


def test_another_edition_engine_or_renderer_makes_another_report(project, counted, monkeypatch):
    release_as(project, "standard")
    asked = ("standard", "public", "public", "standard")
    assert [counted(edition=edition) for edition in asked] == [1, 1, 0, 1]
    monkeypatch.setattr(standing, "_version", lambda package: "another")
    assert (counted(edition="standard"), counted(edition="standard")) == (1, 0)


def test_an_edition_that_may_not_be_is_refused_though_a_report_stands(project, counted):
    assert counted() == 1
    with pytest.raises(RenderError, match="what was released is the mock edition"):
        counted(edition="final")
    release_as(project, "standard")
    with pytest.raises(RenderError, match=r"no final edition yet:\n  kloof\.gap .* is synthetic"):
        counted(edition="final")


def test_a_render_that_fails_is_no_report(project, counted):
    assert counted() == 1
    append("reports/_eerste.qmd", "\n{{< var er.is.niets >}}\n")(project.root)
    for _ in range(2):
        with pytest.raises(RenderError, match="unknown var"):
            counted()
