"""Two documents in one project: each in both formats, and links from one to the other."""

from __future__ import annotations

import os
import re
import sys

import pytest
from pypdf import PdfReader
from readback import headings, one, page, pdf_text, squeezed, words
from small_report import make_project, make_two, trace
from test_render_browser import browser, looked_over, open_page  # noqa: F401
from test_render_standards import verapdf

from analysis.render import RenderError, render
from analysis.render.project import read_projects

APPENDIX = "verantwoording.html#herkomst-kloof.gap"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return render(make_two(tmp_path_factory.mktemp("two")), engine="embedded")


def targets(path) -> set[str]:
    """What the links of a page lead to."""
    return {a.get("href", "") for a in page(path).iter("a")}


def addresses(path) -> set[str]:
    """What the links of a PDF lead to outside it."""
    found = set()
    for sheet in PdfReader(path).pages:
        for note in sheet.get("/Annots") or ():
            action = note.get_object().get("/A")
            if action is not None and "/URI" in action:
                found.add(str(action["/URI"]))
    return found


def test_each_document_is_written_in_both_formats(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "index.html", "rapport.html", "rapport.pdf", "resultaten.csv", "verantwoording.html",
        "verantwoording.pdf",
    ]  # fmt: skip
    tree = page(folder / "verantwoording.html")
    assert headings(tree) == [(1, "1 Verantwoording"), (1, "2 Herkomst")]
    assert words(one(tree, ".//h1")) == "Verantwoording van het proefdocument"
    text = squeezed(pdf_text(folder / "verantwoording.pdf"))
    assert squeezed("Hier is het verschil ook 52,3 punten") in text


def test_the_first_document_is_what_it_was_alone(folder, rendered):
    """But for where the appendix of origins is."""
    assert headings(page(folder / "rapport.html")) == headings(page(rendered / "rapport.html"))
    text = re.sub(r"Herkomstvan(figuur|tabel)\d", "", squeezed(pdf_text(folder / "rapport.pdf")))
    assert text == squeezed(pdf_text(rendered / "rapport.pdf"))


def test_numbers_lead_to_the_appendix_in_the_other_document(folder):
    assert APPENDIX in targets(folder / "rapport.html")
    assert "#herkomst-kloof.gap" in targets(folder / "verantwoording.html")
    assert APPENDIX not in targets(folder / "verantwoording.html")
    ids = {element.get("id") for element in page(folder / "verantwoording.html").iter()}
    assert "herkomst-kloof.gap" in ids


def test_on_paper_they_lead_to_the_other_pdf(folder):
    """There only a section can be found from outside."""
    assert "verantwoording.pdf#sec-herkomst" in addresses(folder / "rapport.pdf")
    found = addresses(folder / "verantwoording.pdf")
    assert {"rapport.pdf", "rapport.pdf#sec-samenvatting"} <= found
    assert not any(".html" in address for address in found | addresses(folder / "rapport.pdf"))


def test_the_other_pdf_has_the_places_that_links_name(folder):
    """A viewer finds the part after # among the named destinations."""
    for name in ("rapport", "verantwoording"):
        other = "verantwoording" if name == "rapport" else "rapport"
        known = set(PdfReader(folder / f"{other}.pdf").named_destinations)
        wanted = {a.partition("#")[2] for a in addresses(folder / f"{name}.pdf") if a.startswith(other)}
        wanted.discard("")
        assert wanted
        assert wanted <= known


def test_a_row_leads_back_to_where_it_is_used(folder):
    found = targets(folder / "verantwoording.html")
    assert "rapport.html#sec-samenvatting" in found
    assert "#sec-verantwoording" in found
    # a figure that only the other document shows is named by its caption
    row = next(
        el
        for el in page(folder / "verantwoording.html").iter("tr")
        if "rapport.html#fig-" in str([a.get("href") for a in el.iter("a")])
    )
    assert "Een lijn met" in words(row)


def test_links_of_one_name_lead_to_one_place(folder):
    for name in ("rapport", "verantwoording"):
        leads: dict[str, set[str]] = {}
        for a in page(folder / f"{name}.html").iter("a"):
            if a.get("role") != "doc-noteref":
                leads.setdefault(a.get("aria-label") or words(a), set()).add(a.get("href", ""))
        assert {text: where for text, where in leads.items() if len(where) > 1} == {}
    captions = [words(caption) for caption in page(folder / "rapport.html").iter("figcaption")]
    assert captions[0].replace("\xa0", " ").endswith("Herkomst van figuur 1")
    assert "Herkomst van figuur 1" in " ".join(pdf_text(folder / "rapport.pdf").replace("\xa0", " ").split())


def test_the_index_leads_to_everything(folder):
    found = targets(folder / "index.html")
    files = {path.name for path in folder.iterdir()} - {"index.html"}
    assert files <= found
    assert {target for target in found if not target.startswith("#")} == files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Zie @sec-verantwoording.", r"write \[words\]\(verantwoording.html#sec-verantwoording\)"),
        ("Een [link](verantwoording.html#sec-weg).", "no heading or block of verantwoording.html carries"),
        (
            "Een [link](bijlage.html#sec-weg).",
            "is #label, verantwoording.html#label or a full address",
        ),
    ],
)
def test_a_link_to_nowhere_in_the_other_document(tmp_path, text, message):
    workspace = make_two(tmp_path / "project")
    path = workspace.reports / "_eerste.qmd"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")
    with pytest.raises(RenderError, match=message) as caught:
        render(workspace, engine="embedded")
    assert re.search(r"reports/_eerste\.qmd:\d+", str(caught.value))


def test_mistakes_in_both_are_named_at_once(tmp_path):
    workspace = make_two(tmp_path / "project")
    for name in ("rapport", "verantwoording"):
        path = workspace.reports / f"{name}.qmd"
        path.write_text(f"{path.read_text(encoding='utf-8')}\nZie @fig-geen.\n", encoding="utf-8")
    with pytest.raises(RenderError) as caught:
        render(workspace, engine="embedded")
    for name in ("rapport", "verantwoording"):
        assert re.search(rf"reports/{name}\.qmd:\d+: reference @fig-geen", str(caught.value))


def test_numbers_without_an_appendix_are_named(tmp_path):
    workspace = make_project(tmp_path / "project")
    trace(workspace, traced=True)
    with pytest.raises(RenderError, match=r"leads to #herkomst-kloof.gap, which no appendix holds"):
        render(workspace, engine="embedded")


def test_each_has_its_own_front_matter(tmp_path):
    workspace = make_two(tmp_path / "project")
    first, second = read_projects(workspace.root)
    assert (first.page, first.paper) == ("rapport.html", "rapport.pdf")
    assert (second.page, second.paper) == ("verantwoording.html", "verantwoording.pdf")
    path = workspace.reports / "verantwoording.qmd"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("---\n\n", "toc: false\nformat: {typst: {toc-depth: 1}}\n---\n\n", 1))
    first, second = read_projects(workspace.root)
    assert (first.options("typst")["toc-depth"], second.options("typst")["toc-depth"]) == (2, 1)
    assert (first.options("html")["toc"], second.options("html")["toc"]) == (True, False)
    assert second.options("typst")["papersize"] == "a4"


@pytest.mark.pdf
def test_both_pdfs_meet_both_standards(folder):
    answers = verapdf(folder / "rapport.pdf", folder / "verantwoording.pdf")
    assert len(answers) == 4
    for answer in answers:
        assert answer["compliant"], answer


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "rapport", "verantwoording"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_accessibility_violation(browser, folder, name, width):  # noqa: F811
    sheet = open_page(browser, folder / f"{name}.html", width)
    sheet.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    outcome = looked_over(sheet)
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in outcome["violations"]] == []
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    sheet.context.close()


QUARTO = """#!{python}
# Stands in for Quarto: writes every document the project file names, in the folder of its source.
import pathlib, re, sys, typst
assert sorted(path.name for path in pathlib.Path().iterdir()) == ["_quarto.yml", "_variables.yml", "reports"]
output = pathlib.Path(sys.argv[sys.argv.index("--output-dir") + 1]) / "reports"
output.mkdir(parents=True)
named = re.search(r"(?m)^  render: \\[(.*)\\]$", pathlib.Path("_quarto.yml").read_text())[1]
for document in named.split(", "):
    name = pathlib.Path(document).stem
    (output / (name + ".html")).write_text(document)
    (output / (name + ".pdf")).write_bytes(typst.compile(document.encode()))
"""


def test_quarto_makes_the_same_files(tmp_path, monkeypatch, folder):
    script = tmp_path / "bin" / "quarto"
    script.parent.mkdir()
    script.write_text(QUARTO.format(python=sys.executable), encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    made = render(make_two(tmp_path / "project"), engine="quarto")
    assert sorted(path.name for path in made.iterdir()) == sorted(path.name for path in folder.iterdir())
    assert squeezed(pdf_text(made / "verantwoording.pdf")) == "reports/verantwoording.qmd"
    assert (made / "index.html").read_bytes() == (folder / "index.html").read_bytes()
