"""`render` as a whole: choice of engine, the swap of folders, the same bytes twice, Quarto's own mistakes."""

from __future__ import annotations

import os
import stat
import sys

import pytest
import typst
from readback import page, row_headings, words
from small_report import make_project

from analysis.render import RenderError, render
from analysis.render.quarto import troubles
from analysis.render.swap import fresh_folder

FAKE_QUARTO = """#!{python}
# Stands in for Quarto: writes what it would write, says what it is told to say.
import os, pathlib, sys
output = pathlib.Path(sys.argv[sys.argv.index("--output-dir") + 1])
folder = output / "reports"
folder.mkdir(parents=True)
pathlib.Path(".gitignore").write_text("/.quarto/")
pathlib.Path(".quarto").mkdir(exist_ok=True)
pathlib.Path("reports/rapport.typ").write_text("half a page")
(folder / "rapport.html").write_text({page!r} + " in " + os.environ["SOURCE_DATE_EPOCH"])
if {pdf!r}:
    (folder / "rapport.pdf").write_bytes(pathlib.Path({pdf!r}).read_bytes())
print("Output created", file=sys.stderr)
print({says!r}, file=sys.stderr)
sys.exit({status})
"""
PAPER = typst.compile(
    b"#table(columns: 2, table.header[A][B], [een], [1], [twee], [2])", timestamp=0, pdf_standards=["a-2a"]
)


@pytest.fixture
def quarto(tmp_path, monkeypatch):
    """A function that puts a Quarto on the path that behaves as told."""

    def install(
        says: str = "", status: int = 0, pdf: bytes | None = PAPER, page: str = "html by quarto"
    ) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script, paper = folder / "quarto", folder / "paper"
        paper.write_bytes(pdf or b"")
        named = str(paper) if pdf else ""
        fake = FAKE_QUARTO.format(python=sys.executable, says=says, status=status, pdf=named, page=page)
        script.write_text(fake)
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


@pytest.fixture
def no_quarto(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_same_bytes_twice_and_elsewhere(tmp_path, rendered):
    again = render(make_project(tmp_path / "a folder elsewhere"), engine="embedded")
    assert contents(again) == contents(rendered)


def test_date_in_the_pdf_can_be_set(project, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert b"D:20010909" in (render(project, engine="embedded") / "rapport.pdf").read_bytes()


def test_auto_without_quarto_takes_the_embedded_renderer(project, no_quarto):
    assert (render(project) / "rapport.pdf").read_bytes().startswith(b"%PDF")


def test_auto_with_quarto_takes_quarto_and_drops_the_nested_folder(project, quarto):
    quarto()
    folder = render(project)
    assert sorted(path.name for path in folder.iterdir()) == [
        "index.html", "rapport.html", "rapport.pdf", "resultaten.csv",
    ]  # fmt: skip
    assert (folder / "rapport.html").read_text().startswith("html by quarto in 1")
    assert row_headings(folder / "rapport.pdf") == 2


def test_quarto_asked_for_but_not_there(project, no_quarto):
    with pytest.raises(RenderError, match="Quarto is not on the path"):
        render(project, engine="quarto")


def test_unknown_engine(project):
    with pytest.raises(RenderError, match="engine 'latex' is not known; choose from auto, quarto, embedded"):
        render(project, engine="latex")


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ({"says": "WARNING (x.lua:3) Unable to resolve crossref @fig-a"}, "a warning stops the build"),
        ({"says": "\x1b[33mWARN: Something is off\x1b[39m"}, "a warning stops the build"),
        ({"says": "[WARNING] Citeproc: citation x not found"}, "a warning stops the build"),
        ({"says": "(W) x.lua:3 something is off"}, "a warning stops the build"),
        ({"says": "(E) Unable to load the filter"}, "a warning stops the build"),
        ({"says": "typst compile: warning: unknown font family: geen"}, "a warning stops the build"),
        ({"says": "ERROR: Validation of YAML failed", "status": 1}, "Quarto stopped with status 1"),
        ({"pdf": None}, r"wrote no rapport\.pdf"),
        ({"pdf": b"%PDF-1.7 and no more"}, r"rapport\.pdf: cannot be read back"),
        ({"page": "<p><strong>?@fig-a</strong></p>"}, r"left unresolved in rapport\.html: \?@fig-a"),
    ],
)
def test_what_quarto_only_warns_of_stops_the_build(project, quarto, behaviour, message):
    quarto(**behaviour)
    with pytest.raises(RenderError, match=message):
        render(project)
    assert [path.name for path in project.root.iterdir() if path.name.startswith("_report")] == []


def test_what_quarto_leaves_behind_does_not_reach_the_project(project, quarto):
    """It adds lines to .gitignore, keeps a cache, and after a failure half a page beside the document."""
    before = {path for path in project.root.rglob("*") if path != project.root / "_report"}
    quarto(status=1, says="ERROR: no")
    with pytest.raises(RenderError):
        render(project)
    assert {path for path in project.root.rglob("*")} == before
    quarto()
    render(project)
    left = {path.relative_to(project.root).parts[0] for path in project.root.rglob("*")}
    assert left == {path.relative_to(project.root).parts[0] for path in before} | {"_report"}


def test_quarto_without_verapdf_is_fine():
    said = (
        "WARN: PDF standard validation requested but verapdf is not installed.\nInstall with: quarto install"
    )
    assert troubles(said) == []
    assert troubles(f"{said}\nWARN: other") == ["WARN: other"]


def test_mistake_stops_before_quarto_runs(project, quarto):
    quarto()
    (project.reports / "_eerste.qmd").write_text("# Een {#sec-eerste}\n\nZie @fig-geen.\n", encoding="utf-8")
    with pytest.raises(RenderError, match="reference @fig-geen leads nowhere"):
        render(project)


def test_old_report_survives_a_failure(project):
    folder = render(project, engine="embedded")
    before = contents(folder)
    (project.reports / "partials" / "typst-show.typ").write_text("#oeps()\n")
    with pytest.raises(RenderError, match="Typst"):
        render(project, engine="embedded")
    assert contents(folder) == before
    assert [path.name for path in project.root.iterdir() if path.name.startswith("_report")] == ["_report"]


def test_new_report_replaces_the_old_whole(project):
    folder = render(project, engine="embedded")
    (folder / "oud.txt").write_text("oud")
    assert render(project, engine="embedded") == folder
    assert not (folder / "oud.txt").exists()


def test_other_output_folder(project, tmp_path):
    folder = render(project, engine="embedded", output=tmp_path / "elders" / "rapport")
    assert (folder / "rapport.html").is_file()
    assert not (project.root / "_report").exists()


def test_without_released_results(project):
    (project.build / "released" / "results.csv").unlink()
    with pytest.raises(RenderError, match=r"results\.csv does not exist: run `python -m analysis build`"):
        render(project, engine="embedded")


def test_interrupted_swap_leaves_the_old_folder(tmp_path):
    target = tmp_path / "uit"
    target.mkdir()
    (target / "oud").write_text("oud")

    def interrupted():
        with fresh_folder(target) as folder:
            (folder / "nieuw").write_text("nieuw")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert contents(target) == {"oud": b"oud"}
    assert list(tmp_path.iterdir()) == [target]


def test_text_that_looks_like_markup_in_a_value(project):
    path = project.root / "_variables.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"52,3"', '"5 \\\\* 3 \\\\@fig-x \\\\{\\\\{\\\\< x"'), encoding="utf-8")
    section = project.reports / "_eerste.qmd"
    section.write_text(section.read_text(encoding="utf-8") + "\nHet is {{< var kloof.gap.value >}}.\n")
    folder = render(project, engine="embedded")
    assert "Het is 5 * 3 @fig-x {{< x." in words(page(folder / "rapport.html"))
