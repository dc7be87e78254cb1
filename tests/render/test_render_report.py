"""The report itself, as a reader gets it: marked, accessible, and the same in both formats."""

from __future__ import annotations

import re
from dataclasses import astuple

import pytest
import yaml
from pypdf import PdfReader
from readback import headings, outline, page, pdf_text, squeezed, words
from test_render_browser import SCHEMES, TAGS, WIDTHS, browser, open_page  # noqa: F401
from test_render_standards import verapdf

from analysis.design.conclusions import read_conclusions
from analysis.results import read_rows
from analysis.workspace import Workspace

MARK = "synthetische gegevens"


@pytest.fixture(scope="module")
def folder(report):
    return report / "_report"


@pytest.fixture(scope="module")
def html(folder):
    return page(folder / "rapport.html")


@pytest.mark.pdf
def test_pdf_meets_both_standards(folder):
    for answer in verapdf(folder / "rapport.pdf"):
        assert answer["compliant"], answer
        assert answer["checks"] > 10_000


def test_every_page_of_the_pdf_is_marked(folder):
    sheets = PdfReader(folder / "rapport.pdf").pages
    assert len(sheets) > 20
    for number, sheet in enumerate(sheets, start=1):
        assert MARK in " ".join(sheet.extract_text().split()), f"page {number}"


def test_every_synthetic_exhibit_is_marked(report, html):
    """Caption and picture; the section's note is held by the build itself."""
    marked = 0
    released = report / "data" / "build" / "released" / "exhibits"
    captions = {element.get("id"): words(element) for element in html.iter() if element.get("id")}
    for path in sorted(released.glob("*.json")):
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
        if described["kind"] != "synthetic" or described["id"] not in captions:
            continue
        marked += 1
        assert "Synthetische gegevens, geen bevinding" in captions[described["id"]], described["id"]
        picture = path.with_suffix(".svg")
        if picture.exists():
            assert b"synthetic-mark" in picture.read_bytes(), described["id"]
    assert marked > 10


def test_headings_are_the_same_in_both(folder, html):
    in_html = [(level, squeezed(text)) for level, text in headings(html)]
    in_pdf = [(level, squeezed(text)) for level, text in outline(folder / "rapport.pdf")]
    assert [text for _, text in in_html if not text.startswith("Inhoud")] == [
        text for _, text in in_pdf if not text.startswith("Inhoud")
    ]


def test_captions_are_the_same_in_both(folder, html):
    text = squeezed(pdf_text(folder / "rapport.pdf"))
    captions = [words(element) for element in html.iter() if element.tag in ("figcaption", "caption")]
    captions = [caption for caption in captions if re.match(r"(Figuur|Tabel)\s\d", caption)]
    assert len(captions) > 20
    for caption in captions:
        assert squeezed(caption) in text, caption


def test_figures_and_tables_are_numbered_without_a_gap(html):
    for kind in ("Figuur", "Tabel"):
        captions = [words(element) for element in html.iter() if element.tag in ("figcaption", "caption")]
        numbers = [int(match[1]) for text in captions if (match := re.match(rf"{kind}\s(\d+):", text))]
        assert numbers == list(range(1, len(numbers) + 1))


def test_numbers_of_the_sentences_are_released_rows(report, html):
    """What the summary prints for the three questions is what the results file holds."""
    rows = {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}
    summary = next(el for el in html.iter() if el.get("id") == "sec-samenvatting")
    text = squeezed(words(summary))
    for name in ("prodemos.att", "tienskip.att", "kenniskloof.gap"):
        assert squeezed(rows[name].variables()["full"]) in text


def test_every_number_and_exhibit_leads_to_its_origin(report, html):
    """Links lead to rows of the appendix, which holds besides only what a conclusion rests on."""
    ids = [element.get("id") for element in html.iter() if element.get("id")]
    targets = {
        href[1:] for a in html.iter() if a.tag == "a" and (href := a.get("href", "")).startswith("#herkomst-")
    }
    assert len(targets) > 40
    origins = {name.removeprefix("herkomst-") for name in ids if name.startswith("herkomst-")}
    assert {name.removeprefix("herkomst-") for name in targets} <= origins
    behind = {
        name for plan in read_conclusions(Workspace(report, report)).conclusions for name in astuple(plan)
    }
    assert origins - {name.removeprefix("herkomst-") for name in targets} <= behind
    assert len(ids) == len(set(ids))
    shown = [element.get("id") for element in html.iter() if re.match(r"(fig|tbl)-", element.get("id") or "")]
    exhibits = {path.stem for path in (report / "data" / "build" / "released" / "exhibits").glob("*.json")}
    assert {f"herkomst-{name}" for name in shown if name in exhibits} <= targets


def test_the_appendix_names_notebook_cell_and_checksums(report, html):
    rows = {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}
    stamp = rows["prodemos.att"].stamp
    appendix = words(next(el for el in html.iter() if el.get("id") == "sec-herkomst"))
    for part in ("02-prodemos.ipynb", stamp.run, stamp.data_hash, stamp.parameters_hash, stamp.code_hash):
        assert part in appendix
    line = next(
        words(tr)
        for tr in html.iter()
        if tr.tag == "tr" and any(el.get("id") == "herkomst-prodemos.att" for el in tr.iter())
    )
    assert re.search(r"\d+, results.*hoofd.*synthetisch; tweeling_prodemos", line)


def test_links_to_origins_work_on_paper(folder):
    """As many named destinations in the PDF as the page has rows, and links to them."""
    reader = PdfReader(folder / "rapport.pdf")
    inner = [
        note.get_object()
        for sheet in reader.pages
        for note in sheet.get("/Annots") or ()
        if note.get_object().get("/Subtype") == "/Link" and "/A" not in note.get_object()
    ]
    assert len(inner) > 100


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_accessibility_violation(browser, folder, width, scheme):  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe

    sheet = open_page(browser, folder / "rapport.html", width, color_scheme=scheme)
    sheet.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    outcome = Axe().run(sheet, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in outcome["violations"]] == []
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    sheet.context.close()


@pytest.mark.browser
def test_nothing_is_fetched(browser, folder):  # noqa: F811
    sheet = open_page(browser, folder / "rapport.html", 390)
    assert [url for url in sheet.fetched if not url.startswith(("file:", "data:"))] == []
    sheet.context.close()


def test_the_page_stays_small(folder):
    assert (folder / "rapport.html").stat().st_size < 3_000_000
