"""The embedded renderer on a document with every building block: page and PDF, and both alike."""

from __future__ import annotations

import base64
import csv
import re

import pytest
from pypdf import PdfReader
from readback import HEADER, headings, one, outline, page, pdf_text, squeezed, words
from small_report import make_project

from analysis.render import render, resultsfile

HEADINGS = [
    (1, "Samenvatting"),
    (1, "1 Eerste hoofdstuk"),
    (2, "1.1 Figuur en tabel"),
    (1, "2 Tweede hoofdstuk"),
    (2, "2.1 Kaders"),
    (3, "2.1.1 Lijsten op het derde niveau"),
    (1, "Literatuur"),
]
CAPTIONS = [
    'Figuur 1: Een lijn met *sterren*, 5 $ en "aanhaling" [x]. Synthetische gegevens, geen bevinding.',
    "Tabel 1: Een smalle tabel. Synthetische gegevens, geen bevinding.",
    "Tabel 2: Een brede tabel. Synthetische gegevens, geen bevinding.",
]


@pytest.fixture(scope="module")
def html(rendered):
    return page(rendered / "rapport.html")


@pytest.fixture(scope="module")
def pdf(rendered):
    return pdf_text(rendered / "rapport.pdf")


def test_files(rendered):
    assert sorted(path.name for path in rendered.iterdir()) == [
        "index.html", "rapport.html", "rapport.pdf", "resultaten.csv",
    ]  # fmt: skip


def test_headings_and_their_numbers_are_the_same_in_both(rendered, html):
    assert headings(html) == HEADINGS
    assert outline(rendered / "rapport.pdf")[-len(HEADINGS) :] == HEADINGS


def test_table_of_contents_leads_to_the_headings(html):
    nav = one(html, ".//nav")
    links = [(a.get("href"), words(a)) for a in nav.iter("a")]
    assert [text for _, text in links] == [text for level, text in HEADINGS if level < 3]
    ids = {element.get("id") for element in html.iter()}
    assert all(href[1:] in ids for href, _ in links)


def test_captions_are_numbered_in_dutch_in_both(html, pdf):
    assert [words(caption).replace("\xa0", " ") for caption in html.iter("figcaption")] == CAPTIONS
    for caption in CAPTIONS:
        assert squeezed(caption) in squeezed(pdf)


def test_references_are_words_and_numbers_in_both(html, pdf):
    sentence = (
        "Zie Figuur 1, 1 en Figuur 1, Tabel 1 in Hoofdstuk 1, met Vergelijking 1. "
        "De titel is Elke bouwsteen één keer."
    )
    assert sentence in words(one(html, ".//main"))
    assert squeezed(sentence) in squeezed(pdf)
    xrefs = [a.get("href") for a in html.iter("a") if a.get("class") == "quarto-xref"]
    assert xrefs == [
        *["#fig-kloof-lijn"] * 3, "#tbl-kloof-smal", "#sec-eerste", "#eq-model",
    ]  # fmt: skip


def test_every_block_of_text_stands_in_both(html, pdf):
    """Paragraphs, items, cells and captions of the page are found in the PDF, word for word."""
    squeezed_pdf = squeezed(pdf)
    compared = 0
    for block in one(html, ".//main").iter():
        if block.tag not in ("p", "li", "dt", "dd", "th", "td", "figcaption", "h2", "h3", "h4"):
            continue
        text = words(block, skip=("math", "ul", "ol"))
        if block.find(".//math") is not None or text.endswith("↩︎") or "op het scherm" in text:
            continue
        if "Niet op papier" in text:
            continue
        assert squeezed(text) in squeezed_pdf, text
        compared += 1
    assert compared > 45


def test_values_are_filled_in_both(html, pdf):
    value = "Het verschil is 52,3 punten (95%-interval van 40,1 tot 64,5; synthetisch)."
    assert value in words(html)
    assert squeezed(value) in squeezed(pdf)


def test_conditional_content(html, pdf):
    assert "Alleen op het scherm." in words(html)
    assert "Alleen op papier." not in words(html)
    assert "Niet op papier." in words(html)
    assert "Alleen op papier." in pdf
    assert "scherm" not in pdf
    assert "Niet op papier." not in pdf


def test_figure_has_its_words_and_needs_no_network(html, rendered):
    image = one(html, ".//main//img")
    assert image.get("alt") == 'Een lijn die stijgt van 1 naar 3 en daalt naar 2, "zo" gezegd.'
    kind, data = image.get("src").split(",", 1)
    assert kind == "data:image/svg+xml;base64"
    assert b"<svg" in base64.b64decode(data)
    text = (rendered / "rapport.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!#|data:|https://www\.rijksoverheid\.nl/)', text)
    assert "@import" not in text
    assert "url(" not in text
    assert "<script" not in text


def test_tables_are_named_and_their_rows_have_headings(html):
    frames = [div for div in html.iter("div") if div.get("class", "").startswith("tabelvenster")]
    assert [frame.get("class") for frame in frames] == ["tabelvenster", "tabelvenster"]
    for frame, caption in zip(frames, CAPTIONS[1:], strict=True):
        assert frame.get("tabindex") is None
        table = one(frame, "./table")
        label = one(html, f".//*[@id='{table.get('aria-labelledby')}']")
        assert words(label).replace("\xa0", " ") == caption
        heads = [words(th) for th in table.find("thead").iter("th")]
        assert {th.get("scope") for th in table.find("thead").iter("th")} == {"col"}
        for row in table.find("tbody"):
            assert [cell.tag for cell in row] == ["th", *["td"] * (len(heads) - 1)]
            assert row[0].get("scope") == "row"
            assert [cell.get("data-label") for cell in row[1:]] == heads[1:]
    cells = [words(cell) for cell in frames[0].iter() if cell.tag in ("th", "td")]
    assert cells == ["naam", "waarde", "een | twee", "1,0", "*drie*", "−2,0"]
    assert all(th.get("style", "") for th in list(frames[0].find(".//thead").iter("th"))[1:])  # to the right
    long = [cell for cell in frames[1].iter("td") if len(words(cell)) > 45]
    assert {cell.get("class") for cell in long} == {"zin"}


def test_callouts(html):
    boxes = [
        el for el in html.iter() if "kader " in f"{el.get('class', '')} " and el.tag in ("div", "details")
    ]
    kinds = [box.get("class").split()[1] for box in boxes]
    assert kinds == [
        "kader-warning", "kader-warning", "kader-note", "kader-tip", "kader-important", "kader-warning",
        "kader-caution",
    ]  # fmt: skip
    titles = [words(one(box, "./summary" if box.tag == "details" else "./p")) for box in boxes]
    assert titles[2:] == ["Een opmerking met vet", "Tip uit een kop", "Belangrijk", "Ingeklapt", "Uitgeklapt"]
    assert [box.get("open") for box in boxes if box.tag == "details"] == [None, ""]
    assert len({box.get("id") for box in boxes}) == len(boxes)


def test_notes_citations_and_references(html, pdf):
    text = words(html)
    assert "(de Vries 2021, 3)" in text
    assert "Jansen (2020)" in text
    assert "Burgerschap in cijfers" in words(one(html, ".//div[@id='refs']"))
    assert "(de Vries 2021, 3)" in " ".join(pdf.split())
    assert one(html, ".//section[@role='doc-endnotes']") is not None
    assert "De tekst van de voetnoot" in pdf


def test_formulas_are_mathml(html):
    formulas = list(html.iter("math"))
    assert len(formulas) == 4
    assert one(html, ".//span[@id='eq-model']//math").get("display") == "block"


def test_shortcode_can_be_shown_as_such(html, pdf):
    assert 'x = "{{< var niet.gevuld >}}"' in words(html)
    assert squeezed("{{< var niet.gevuld >}}") in squeezed(pdf)


def test_synthetic_report_says_so_on_the_page_and_on_every_sheet(rendered, html):
    assert words(one(html, ".//aside[@class='proefstrook']")) == HEADER
    for number, sheet in enumerate(PdfReader(rendered / "rapport.pdf").pages, start=1):
        assert HEADER in " ".join(sheet.extract_text().split()), f"sheet {number}"


def test_report_without_synthetic_data_does_not(rendered_real):
    html = page(rendered_real / "rapport.html")
    assert html.findall(".//aside") == []
    assert "Echte gegevens" in words(html)
    text = "".join(sheet.extract_text() for sheet in PdfReader(rendered_real / "rapport.pdf").pages)
    assert "Proefrapport" not in text
    assert "synthetisch" not in text.lower()


def test_title_block(rendered, html):
    header = one(html, ".//header")
    assert words(header) == (
        "Proefdocument met “alles” erin Elke bouwsteen één keer Onderzoeksteam 3 november 2026 Versie 0.1"
    )
    assert len(list(html.iter("h1"))) == 1
    reader = PdfReader(rendered / "rapport.pdf")
    assert reader.metadata.title == "Proefdocument met “alles” erin"
    assert reader.root_object["/Lang"].lower().startswith("nl")
    sheet = reader.pages[0]
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (595, 842)
    first = " ".join(sheet.extract_text().split())
    for part in (
        "Proefdocument",
        "Elke bouwsteen één keer",
        "3 november 2026",
        "Versie 0.1",
        "Onderzoeksteam",
    ):
        assert part in first


def test_results_file_has_one_row_a_result(rendered):
    with (rendered / "resultaten.csv").open(encoding="utf-8", newline="") as handle:
        records = list(csv.DictReader(handle))
    assert [record["id"] for record in records] == ["feiten.budget", "kloof.gap", "kloof.share"]
    assert tuple(records[0]) == (*resultsfile.COLUMNS, resultsfile.NAMED_IN, *resultsfile.STAMP)
    gap = records[1]
    assert (gap["value"], gap["low"], gap["high"], gap["n"]) == ("52.34", "40.1", "64.5", "4000")
    assert (gap["unit"], gap["kind"], gap["source"]) == ("punten", "synthetic", "twin")
    assert records[2]["low"] == ""


def test_quotes_stand_the_right_way_round_on_paper(tmp_path):
    """Typst would open one after a piece in another language, and before an article that lost its head."""
    text = "Zie '[What is known?]{lang=en}' over 's-Gravenhage en \"'s-Hertogenbosch\" in vier regio's.\n"
    told = "Zie ‘What is known?’ over ’s-Gravenhage en “’s-Hertogenbosch” in vier regio’s."
    workspace = make_project(tmp_path)
    with (tmp_path / "reports" / "rapport.qmd").open("a", encoding="utf-8") as document:
        document.write(f"\n{text}")
    paper = pdf_text(render(workspace, engine="embedded") / "rapport.pdf")
    assert told in " ".join(paper.replace("\u00ad", "-").split())
