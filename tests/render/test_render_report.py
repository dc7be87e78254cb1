"""The report itself, as a reader gets it: marked, accessible, and the same in both formats."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from pypdf import PdfReader
from readback import headings, outline, page, pdf_text, sheet_texts, squeezed, words
from test_render_browser import SCHEMES, WIDTHS, browser, looked_over, open_page, opened  # noqa: F401
from test_render_standards import verapdf

from analysis.datakind import DataKind
from analysis.results import TRIAL, read_rows

MARK = "synthetische gegevens"
DOCUMENTS = ("rapport", "verantwoording")


@pytest.fixture(scope="module")
def folder(report):
    return report / "_report"


@pytest.fixture(scope="module")
def pages(folder):
    return {name: page(folder / f"{name}.html") for name in DOCUMENTS}


@pytest.fixture(scope="module")
def rows(report):
    return {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}


def origins_named(html) -> set[str]:
    """What the links to origins in a page name, wherever the appendix stands."""
    found = (a.get("href", "").partition("#herkomst-") for a in html.iter("a"))
    return {name for _, mark, name in found if mark}


def captions(html) -> list[str]:
    return [words(element) for element in html.iter() if element.tag in ("figcaption", "caption")]


@pytest.mark.pdf
def test_both_pdfs_meet_both_standards(folder):
    answers = verapdf(*(folder / f"{document}.pdf" for document in DOCUMENTS))
    assert len(answers) == 4
    for answer in answers:
        assert answer["compliant"], answer
        assert answer["checks"] > 10_000


def test_the_report_shows_nothing_synthetic(folder, pages, rows):
    """No page of it is marked as a trial, because it holds no trial: no caption, no link, no number."""
    html = pages["rapport"]
    assert next(html.iter("body")).get("class") is None
    assert "Synthetische gegevens" not in "".join(captions(html))
    shown = origins_named(html)
    assert len(shown) > 40
    assert not [name for name in shown if name.split("-")[-1].startswith(f"{TRIAL}.")]
    assert not [name for name in shown if name in rows and rows[name].kind is DataKind.SYNTHETIC]
    sheets = sheet_texts(folder / "rapport.pdf")
    assert 10 < len(sheets) <= 30  # what the Kamer reads is short
    assert not [number for number, text in enumerate(sheets, 1) if MARK in " ".join(text.split())]


def test_every_page_of_the_document_with_trials_is_marked(folder, pages):
    assert next(pages["verantwoording"].iter("body")).get("class") == "proef"
    sheets = sheet_texts(folder / "verantwoording.pdf")
    assert len(sheets) > 20
    for number, text in enumerate(sheets, start=1):
        assert MARK in " ".join(text.split()), f"page {number}"


def test_every_synthetic_exhibit_is_marked(report, pages):
    """Caption and picture; the section's note is held by the build itself."""
    marked = 0
    released = report / "data" / "build" / "released" / "exhibits"
    shown = {
        element.get("id"): words(element)
        for html in pages.values()
        for element in html.iter()
        if element.get("id")
    }
    for path in sorted(released.glob("*.json")):
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
        if described["kind"] != "synthetic" or described["id"] not in shown:
            continue
        marked += 1
        assert "Synthetische gegevens, geen bevinding" in shown[described["id"]], described["id"]
        picture = path.with_suffix(".svg")
        if picture.exists():
            assert b"synthetic-mark" in picture.read_bytes(), described["id"]
    assert marked > 10


@pytest.mark.parametrize("document", DOCUMENTS)
def test_headings_are_the_same_in_both(folder, pages, document):
    in_html = [(level, squeezed(text)) for level, text in headings(pages[document])]
    in_pdf = [(level, squeezed(text)) for level, text in outline(folder / f"{document}.pdf")]
    assert [text for _, text in in_html if not text.startswith("Inhoud")] == [
        text for _, text in in_pdf if not text.startswith("Inhoud")
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_captions_are_the_same_in_both(folder, pages, document):
    text = squeezed(pdf_text(folder / f"{document}.pdf"))
    numbered = [caption for caption in captions(pages[document]) if re.match(r"(Figuur|Tabel)\s\d", caption)]
    assert len(numbered) > 10
    for caption in numbered:
        assert squeezed(caption) in text, caption


@pytest.mark.parametrize("document", DOCUMENTS)
def test_figures_and_tables_are_numbered_without_a_gap(pages, document):
    for kind in ("Figuur", "Tabel"):
        said = captions(pages[document])
        numbers = [int(match[1]) for text in said if (match := re.match(rf"{kind}\s(\d+):", text))]
        assert numbers == list(range(1, len(numbers) + 1))
        assert numbers


def test_numbers_of_the_sentences_are_released_rows(pages, rows):
    """What the summary prints for the questions is what the results file holds; or why there is nothing."""
    summary = next(el for el in pages["rapport"].iter() if el.get("id") == "sec-samenvatting")
    text = squeezed(words(summary))
    for name in ("prodemos.opkomst_tk.effect", "tienskip.opkomst_tk.effect"):
        assert rows[name].value is not None
        assert squeezed(rows[name].variables()["full"]) in text
    for name in ("prodemos.kennis.effect", "tienskip.betrokkenheid.effect", "kenniskloof.gap"):
        assert rows[name].value is None
        why, _, needed = rows[name].reason.partition("; ")  # each in a column of its own
        assert squeezed(why) in text
        assert squeezed(needed.removeprefix("nodig is "))[1:] in text


def test_every_number_and_exhibit_leads_to_its_origin(report, pages):
    """Links of both documents lead to rows of one appendix, which holds besides what sentences rest on."""
    ids = [element.get("id") for element in pages["verantwoording"].iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    origins = {name.removeprefix("herkomst-") for name in ids if name.startswith("herkomst-")}
    named = set().union(*(origins_named(html) for html in pages.values()))
    assert len(named) > 80
    assert named <= origins
    provenance = json.loads((report / "_report" / "herkomst.json").read_text(encoding="utf-8"))
    behind = {name for item in provenance["conclusions"].values() for name in item["rests_on"]}
    assert origins - named <= behind
    exhibits = {path.stem for path in (report / "data" / "build" / "released" / "exhibits").glob("*.json")}
    for html in pages.values():
        shown = {el.get("id") for el in html.iter() if re.match(r"(fig|tbl)-", el.get("id") or "")}
        assert shown & exhibits
        assert shown & exhibits <= origins_named(html)


def test_the_appendix_names_notebook_cell_and_checksums(pages, rows):
    stamp = rows["prodemos.opkomst_tk.effect"].stamp
    html = pages["verantwoording"]
    appendix = words(next(el for el in html.iter() if el.get("id") == "sec-herkomst"))
    for part in ("02-effect.ipynb", stamp.run, stamp.data_hash, stamp.parameters_hash, stamp.code_hash):
        assert part in appendix
    line = next(
        words(tr)
        for tr in html.iter("tr")
        if any(el.get("id") == "herkomst-prodemos.opkomst_tk.effect" for el in tr.iter())
    )
    assert re.search(r"\d+, antwoord prodemos\.opkomst_tk\.effect echt; kiesraad_opkomst", line)


@pytest.mark.parametrize(("document", "least"), [("rapport", 40), ("verantwoording", 100)])
def test_links_work_on_paper(folder, document, least):
    """Within a document, as named destinations."""
    reader = PdfReader(folder / f"{document}.pdf")
    inner = [
        note.get_object()
        for sheet in reader.pages
        for note in sheet.get("/Annots") or ()
        if note.get_object().get("/Subtype") == "/Link" and "/A" not in note.get_object()
    ]
    assert len(inner) > least


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_accessibility_violation(opened, width, scheme, document):  # noqa: F811
    sheet = opened[document]
    sheet.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    sheet.set_viewport_size({"width": width, "height": 900})
    outcome = looked_over(sheet)
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in outcome["violations"]] == []
    assert len(outcome["passes"]) > 30
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    assert sheet.evaluate(f"matchMedia('(prefers-color-scheme: {scheme})').matches")


@pytest.mark.browser
@pytest.mark.parametrize("document", DOCUMENTS)
def test_nothing_is_fetched(browser, folder, document):  # noqa: F811
    sheet = open_page(browser, folder / f"{document}.html", 390)
    assert [url for url in sheet.fetched if not url.startswith(("file:", "data:"))] == []
    sheet.context.close()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_page_stays_small(folder, document):
    assert (folder / f"{document}.html").stat().st_size < 3_000_000
