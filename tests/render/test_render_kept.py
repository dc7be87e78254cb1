"""What was rendered before is taken as it was where nothing that decides it changed, and only there."""

import base64
import shutil
import subprocess

import pytest

from analysis.build.kept import Kept
from analysis.render import RenderError, embedded, pandoc, render

PICTURE = "reports/_generated/fig-kloof-lijn.svg"


@pytest.fixture
def made(project, monkeypatch):
    """Render `project`; what Pandoc and Typst were asked for since the last time."""
    asked = []
    run, compiled = subprocess.Popen, embedded._compiled

    def counted_run(command, **options):
        asked.append(next(word[5:] for word in command if word.startswith("--to=")))
        if any(word.endswith("paper.lua") for word in command):  # which writes the Typst source as well
            asked.append("typst-citations")
        return run(command, **options)

    def counted_compile(*arguments):
        asked.append("pdf")
        return compiled(*arguments)

    monkeypatch.setattr(pandoc.subprocess, "Popen", counted_run)
    monkeypatch.setattr(embedded, "_compiled", counted_compile)

    def again():
        asked.clear()
        folder = render(project, engine="embedded")
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return sorted(asked), files

    return again


def change(project, name, old, new):
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_picture_comes_into_the_page_without_its_text_being_made_again(project, made):
    assert made()[0] == ["html5", "html5", "pdf", "typst-citations"]  # the index too
    change(project, PICTURE, "</svg>", "<desc>anders</desc></svg>")
    asked, files = made()
    assert asked == ["pdf"]
    picture = base64.b64encode((project.root / PICTURE).read_bytes())
    assert files["rapport.html"].count(b"base64," + picture) == 1
    assert b"beeld:" not in files["rapport.html"]
    shutil.rmtree(project.build / "cache")
    asked, anew = made()
    assert len(asked) == 4
    assert anew == files


def test_a_word_makes_text_and_paper_again_and_its_undoing_nothing(project, made):
    _, first = made()
    change(project, "reports/_eerste.qmd", "hoofdstuk", "hoofdstukje")
    asked, other = made()
    assert asked == ["html5", "pdf", "typst-citations"]
    assert b"hoofdstukje" in other["rapport.html"]
    change(project, "reports/_eerste.qmd", "hoofdstukje", "hoofdstuk")
    assert made() == ([], first)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("reports/filters/kaders.lua", ["html5", "html5", "typst-citations"]),
        ("reports/stijl.css", []),
        ("reports/partials/rapport.html", ["html5", "html5"]),
        ("reports/partials/page.typ", ["html5", "typst-citations"]),  # the text is read anyway
        ("reports/literatuur.bib", ["html5", "typst-citations"]),
        ("reports/literatuur.csl", ["html5", "typst-citations"]),
    ],
)
def test_all_that_is_read_decides(project, made, name, asked):
    made()
    with (project.root / name).open("a", encoding="utf-8") as handle:
        handle.write("\n")
    found = made()[0]
    assert [what for what in found if what != "pdf"] == [what for what in asked if what != "pdf"]


def test_another_day_on_the_paper_makes_another_paper(made, monkeypatch):
    _, first = made()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    asked, other = made()
    assert asked == ["pdf"]
    assert other["rapport.pdf"] != first["rapport.pdf"]


def test_a_picture_that_is_none_of_the_project_is_refused(project, made):
    """A text that writes the place of a picture itself reads nothing from elsewhere."""
    for path in ("/etc/hostname", "../../data/geheim.svg", "stijl.css"):
        place = path.encode().hex()
        change(
            project,
            "reports/_eerste.qmd",
            "\n",
            f'\n\n```{{=html}}\n<img src="beeld:{place}">\n```\n\n',
        )
        with pytest.raises(RenderError):
            made()
        project.root.joinpath("reports/_eerste.qmd").write_text("\n", encoding="utf-8")


def test_what_is_damaged_is_made_again_and_what_is_old_goes_first(tmp_path, monkeypatch):
    kept, calls = Kept(tmp_path / "kept"), []

    def get(name):
        return kept.get({"name": name}, lambda: calls.append(name) or name.encode() * 1000)

    assert get("a") == get("a") == b"a" * 1000
    assert calls == ["a"]
    (path,) = kept.folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert get("a") == b"a" * 1000
    assert calls == ["a", "a"]
    get("b")
    monkeypatch.setattr("analysis.build.kept.LARGEST", 1500)
    kept.prune()
    get("b")
    assert calls == ["a", "a", "b"]
    get("a")
    assert calls == ["a", "a", "b", "a"]


def test_another_checksum_leaves_the_text_as_it_was(project, made):
    old, new = "0123456789abcdef", "fedcba9876543210"
    with (project.root / "reports/_eerste.qmd").open("a", encoding="utf-8") as handle:
        handle.write(f"\nControlegetal `{old}`, nog eens `{old}` en `{old}{old}`.\n")
    made()
    change(project, "reports/_eerste.qmd", old, new)
    asked, files = made()
    assert asked == ["pdf"]
    assert old.encode() not in files["rapport.html"]
    assert files["rapport.html"].count(f">{new}<".encode()) == 2
    assert files["rapport.html"].count(f">{new}{new}<".encode()) == 1
    shutil.rmtree(project.build / "cache")
    assert made()[1] == files
