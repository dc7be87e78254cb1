"""The preview follows everything a page is made of."""

from __future__ import annotations

import urllib.request

import pytest
from small_report import make_two

from analysis.render.preview import VERSION, Preview, serve


@pytest.fixture
def preview(tmp_path):
    said = []
    (tmp_path / "pages").mkdir()
    made = Preview(make_two(tmp_path / "project").root, tmp_path / "pages", said.append)
    made.said = said
    made.update()
    return made


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_it_makes_every_page_once_and_again_only_after_a_change(preview):
    assert sorted(path.name for path in preview.folder.iterdir()) == ["rapport.html", "verantwoording.html"]
    assert preview.version == 1
    assert not preview.update()
    assert preview.version == 1


@pytest.mark.parametrize(
    ("name", "old", "new", "page"),
    [
        ("reports/_eerste.qmd", "Een formule in de tekst", "Een ANDERE formule", "rapport.html"),
        ("reports/verantwoording.qmd", "Hier is het", "Ook ANDERE is het", "verantwoording.html"),
        ("reports/stijl.css", "--papier: #fdfdfc", "--papier: #ANDERE", "rapport.html"),
        ("reports/partials/rapport.html", "Naar de tekst", "ANDERE tekst", "rapport.html"),
        ("reports/_generated/tbl-kloof-smal.qmd", "Een smalle tabel", "ANDERE tabel", "rapport.html"),
        ("reports/filters/kaders.lua", "Let op", "ANDERE", "rapport.html"),
        ("_variables.yml", "52,3", "ANDERE", "rapport.html"),
    ],
)
def test_it_follows(preview, name, old, new, page):
    if name.endswith("kaders.lua"):  # the title of a callout without one
        section = preview.root / "reports" / "_eerste.qmd"
        section.write_text(section.read_text(encoding="utf-8") + "\n::: {.callout-warning}\nTekst.\n:::\n")
    change(preview.root / name, old, new)
    assert preview.update()
    assert preview.version == 2, preview.said
    assert "ANDERE" in (preview.folder / page).read_text(encoding="utf-8")


def test_a_mistake_is_told_and_the_last_good_page_stays(preview):
    before = (preview.folder / "rapport.html").read_text(encoding="utf-8")
    section = preview.root / "reports" / "_eerste.qmd"
    change(section, "Een formule in de tekst", "Zie @fig-geen. Een formule in de tekst")
    assert preview.update()
    assert preview.version == 1
    assert "reference @fig-geen leads nowhere" in preview.said[-1]
    assert (preview.folder / "rapport.html").read_text(encoding="utf-8") == before
    assert not preview.update()  # told once


def test_the_page_asks_whether_it_was_made_again(preview):
    server = serve(preview, port=0)
    try:
        address = f"http://127.0.0.1:{server.server_port}"

        def read(path):
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                return answer.read().decode("utf-8")

        assert read(VERSION) == "1"
        assert "location.reload()" in read("/rapport.html")
        assert "<script" not in (preview.folder / "rapport.html").read_text(encoding="utf-8")
        change(preview.root / "reports" / "_eerste.qmd", "Een formule in de tekst", "Een andere")
        preview.update()
        assert read(VERSION) == "2"
    finally:
        server.shutdown()
        server.server_close()


def test_what_is_computed_is_built_first_and_what_is_written_is_not(preview):
    built = []
    preview.build = lambda: built.append(preview.version)
    design = preview.root / "data" / "design" / "claims.toml"
    design.parent.mkdir(parents=True, exist_ok=True)
    notebook = preview.root / "notebooks" / "een.ipynb"
    notebook.parent.mkdir(exist_ok=True)
    notebook.write_text("{}")
    preview.update()
    before = preview.version
    built.clear()
    design.write_text("")
    assert preview.update()
    assert built == [before]
    assert preview.version == before + 1
    change(preview.root / "reports" / "_eerste.qmd", "Een formule in de tekst", "Een ANDERE formule")
    assert preview.update()
    assert built == [before]
    assert not preview.update()


def test_a_sentence_that_no_result_holds_up_is_told_while_writing(preview):
    design = preview.root / "data" / "design" / "claims.toml"
    design.parent.mkdir(parents=True, exist_ok=True)
    design.write_text("")
    change(
        preview.root / "reports" / "_eerste.qmd", "Een formule in de tekst", "De kennis stijgt. Een formule"
    )
    preview.update()
    assert "'stijgt' is bound to no result" in preview.said[-1]
