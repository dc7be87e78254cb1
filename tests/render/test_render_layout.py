"""How both documents lie on paper and on a screen: full pages, tables that stay together, links by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from pypdf import PdfReader
from readback import elements, page, row_headings, sheet_texts, words
from test_render_browser import browser, opened  # noqa: F401

DOCUMENTS = ("rapport", "verantwoording")
every_document = pytest.mark.parametrize("document", DOCUMENTS)
MOST_EMPTY = 0.25  # of the height of the text


@pytest.fixture(scope="module")
def folder(report):
    return report / "_report"


def poppler(program: str) -> str:
    """The program, which CI installs."""
    if not shutil.which(program):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not here")
    return program


def grey(path):
    """The pixels of a picture in the format that pdftoppm writes with -gray."""
    _, size, _, pixels = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def chapter_pages(path) -> set[int]:
    """Pages, from 1, at the top of which a chapter starts: the one before may end early."""
    reader = PdfReader(path)
    chapters = [item for item in reader.outline if not isinstance(item, list)]
    height = float(reader.pages[0].mediabox.height)
    tops = [item for item in chapters if item.top > 0.85 * height]
    assert tops
    return {reader.get_destination_page_number(item) + 1 for item in tops}


_WORD = re.compile(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>')


@pytest.mark.pdf
@every_document
def test_no_word_lies_over_another_on_paper(folder, document):
    """A long name in a narrow column goes on in the next line, and not over the next column."""
    command = [poppler("pdftotext"), "-bbox", folder / f"{document}.pdf", "-"]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    over, count = [], 0
    for number, sheet in enumerate(text.split("<page ")[1:], start=1):
        found = _WORD.findall(sheet)
        left, top, right, bottom = np.array([one[:4] for one in found], dtype=float).T
        width = np.minimum.outer(right, right) - np.maximum.outer(left, left)
        height = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
        lower = np.minimum.outer(bottom - top, bottom - top)
        for one, other in np.argwhere(np.triu((width > 1) & (height > lower / 2), 1)):  # points
            over.append((number, found[one][4], found[other][4]))
        count += len(found)
    assert count > 5_000
    assert over == []


@pytest.mark.pdf
@every_document
def test_no_page_has_a_large_empty_space(folder, tmp_path, document):
    """Neither below what stands on it nor between: figures float, and tables run on over pages."""
    path = folder / f"{document}.pdf"
    subprocess.run([poppler("pdftoppm"), "-r", "40", "-gray", path, tmp_path / "p"], check=True)
    sheets = sorted(tmp_path.glob("p-*.pgm"))
    ends = {number - 1 for number in chapter_pages(path)} | {1, len(sheets)}
    empty = {}
    for number, sheet in enumerate(sheets, start=1):
        ink = (grey(sheet) < 200).any(axis=1)
        text = ink[int(0.1 * len(ink)) : int(0.9 * len(ink))]
        marks = np.concatenate([[-1], np.flatnonzero(text), [len(text)]])
        empty[number] = (np.diff(marks) - 1).max() / len(text)
    assert len(empty) > 10
    too_empty = {n: round(share, 2) for n, share in empty.items() if share > MOST_EMPTY and n not in ends}
    assert too_empty == {}


def page_of(element):
    """The page of what `element` says, None if it says nothing."""
    if "/Pg" in element:
        return element["/Pg"].indirect_reference.idnum
    kids = element.get("/K", [])
    inner = (kid.get_object() for kid in (kids if isinstance(kids, list) else [kids]))
    return next((found for kid in inner if isinstance(kid, dict) and (found := page_of(kid))), None)


def pieces(table) -> list[int]:
    """How many rows of a table of the PDF stand on each of its pages."""
    counted = defaultdict(int)
    for group in table["/K"]:
        if group.get_object().get("/S") == "/TBody":
            for row in group.get_object()["/K"]:
                counted[page_of(row.get_object())] += 1
    return list(counted.values())


@every_document
def test_no_row_of_a_table_is_alone_on_a_page(folder, document):
    tables = [pieces(table) for table in elements(folder / f"{document}.pdf", "/Table")]
    assert len(tables) > 10
    assert [rows for rows in tables if len(rows) > 1]  # some run on
    assert [rows for rows in tables if len(rows) > 1 and min(rows) < 2] == []


@every_document
def test_each_row_of_a_table_in_the_pdf_has_a_heading(folder, document):
    path = folder / f"{document}.pdf"
    rows = sum(sum(pieces(table)) for table in elements(path, "/Table"))
    assert rows > 100
    assert row_headings(path) == rows
    assert [cell for cell in elements(path, "/TH", "/TD") if not cell.get("/K")] == []


@every_document
def test_no_two_links_of_one_name_lead_to_different_places(folder, document):
    """And none is called by a bare number: who hears the list of links knows what each is."""
    targets = defaultdict(set)
    for link in page(folder / f"{document}.html").iter("a"):
        targets[link.get("aria-label") or words(link)].add(link.get("href"))
    assert len(targets) > 60
    assert {name: places for name, places in targets.items() if len(places) > 1} == {}
    assert [name for name in targets if re.fullmatch(r"[\W\d]*", name)] == []


@every_document
def test_a_link_out_of_the_pdf_is_called_by_its_words(folder, document):
    """As in the page; an address that is printed in full is its own name."""
    html = page(folder / f"{document}.html")
    named = {" ".join(words(link).replace("\xad", "").split()) for link in html.iter("a")}
    links = set()
    for sheet in PdfReader(folder / f"{document}.pdf").pages:
        for note in (item.get_object() for item in sheet.get("/Annots") or ()):
            if "/A" in note and "/URI" in note["/A"]:
                links.add((note["/A"]["/URI"], note["/Contents"]))
    assert len(links) > 10
    assert [address for address, _ in links if re.search(r"\s", address)] == []
    unnamed = [
        (address, name) for address, name in links if name == address and not name.startswith("https:")
    ]
    assert unnamed == []
    told = {" ".join(name.replace("\xad", "").split()) for address, name in links if name != address}
    assert [name for name in told if name not in named] == []


@every_document
def test_no_sign_is_hidden_in_the_words_on_paper(folder, document):
    """A name from the code that goes on in the next line is copied as it is written."""
    text = "".join(sheet_texts(folder / f"{document}.pdf"))
    assert len(text) > 10_000
    assert {hex(ord(sign)) for sign in text if sign in "\u200b\u2060\ufeff"} <= {hex(0x2060)}
    if document == "verantwoording":
        assert "zekerheid.prodemos_opkomst_tk" in text.replace("\n", "")


@every_document
def test_a_picture_stands_in_its_chapter(folder, document):
    """Floats do not pass the heading of the next chapter: between two as many captions as in the page."""
    reader = PdfReader(folder / f"{document}.pdf")
    chapters = [item for item in reader.outline if not isinstance(item, list)]
    starts = [(reader.get_destination_page_number(item), -float(item.top)) for item in chapters]
    printed = []
    for number, sheet in enumerate(reader.pages):

        def seen(text, place, _text_place, _font, _size, number=number):
            if text == "Figuur\xa0":  # of a caption: a reference has the number with it
                printed.append((number, -float(place[5])))

        sheet.extract_text(visitor_text=seen)
    counted, pictures = [], []
    for element in page(folder / f"{document}.html").iter():
        if element.tag == "h2" and element.get("id") != "inhoudsopgave-titel":
            pictures.append(0)
        elif element.tag == "figcaption" and words(element).startswith("Figuur"):
            pictures[-1] += 1
    for start, end in pairwise([*starts, (len(reader.pages), 0.0)]):
        counted.append(sum(start < place < end for place in printed))
    assert sum(pictures) > 5
    assert counted == pictures


WIDER = """[...document.querySelectorAll('.tabelvenster')].flatMap(frame => {
  if (!frame.clientWidth) return [];
  const table = frame.querySelector('table');
  const over = table.getBoundingClientRect().right - frame.getBoundingClientRect().right;
  const cells = [...table.querySelectorAll('th, td')]
    .filter(cell => cell.clientWidth && cell.scrollWidth > cell.clientWidth + 2);
  const id = frame.closest('[id]').id;
  return over > 1 || cells.length ? [[id, over, cells.map(cell => cell.textContent)]] : [];
})"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 600, 768, 1280])
@every_document
def test_no_table_is_wider_than_its_place(opened, document, width):  # noqa: F811
    """320 pixels are 1280 at 400 %. Nothing scrolls sideways, and no word lies over the next column."""
    sheet = opened[document]
    sheet.set_viewport_size({"width": width, "height": 844})
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    assert sheet.evaluate(WIDER) == []


@pytest.mark.browser
@every_document
def test_long_words_under_a_figure_are_broken_with_a_hyphen(opened, document):  # noqa: F811
    """At 1280 pixels each line of a word that is broken ends in a place that was made for it."""
    sheet = opened[document]
    sheet.set_viewport_size({"width": 1280, "height": 844})
    sheet.add_style_tag(content=".cijfers * { hyphens: manual !important }")  # whatever this browser knows
    assert sheet.evaluate(BROKEN) == []


# A word without a soft hyphen, or a part between two of them, that lies on several lines. A hyphen at the end
# of a line counts as part of what follows, and is 5 pixels wide.
BROKEN = """[...document.querySelectorAll('.cijfers :is(th, td)')].flatMap(cell => {
  const node = [...cell.childNodes].find(inner => inner.nodeType === Node.TEXT_NODE);
  if (!node) return [];
  return [...node.data.matchAll(/[\\p{L}\\d]{6,}/gu)].filter(part => {
    const range = document.createRange();
    range.setStart(node, part.index);
    range.setEnd(node, part.index + part[0].length);
    const lines = [...range.getClientRects()].filter(box => box.width > 8).map(box => Math.round(box.top));
    return new Set(lines).size > 1;
  }).map(part => part[0]);
})"""


PICTURES = """() => {
  const svg = document.querySelector('svg'), frame = svg.getBoundingClientRect();
  const scale = frame.width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll('text')].filter(text => text.textContent.trim()).map(text => {
    const box = text.getBoundingClientRect();
    return {
      says: text.textContent.trim(), size: parseFloat(getComputedStyle(text).fontSize) * scale,
      left: box.left - frame.left, right: box.right - frame.left, top: box.top - frame.top,
      bottom: box.bottom - frame.top, wide: frame.width, high: frame.height,
    };
  });
}"""


def faults(texts, smallest: float) -> list[str]:
    """What a reader of a picture would trip over: words cut off, over each other, or too small."""
    found = []
    for place, one in enumerate(texts):
        inside = one["left"] > -1 and one["right"] < one["wide"] + 2
        if not inside or one["top"] < -2 or one["bottom"] > one["high"] + 2:
            found.append(f"cut off: {one['says']}")
        if one["size"] < smallest:
            found.append(f"{one['size']:.1f} pixels: {one['says']}")
        for other in texts[:place]:
            across = min(one["right"], other["right"]) - max(one["left"], other["left"])
            down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            if across > 1 and down > 0.3 * min(t["bottom"] - t["top"] for t in (one, other)):
                found.append(f"over each other: {other['says']} / {one['says']}")
    return found


@pytest.mark.browser
@pytest.mark.parametrize(("ending", "width", "smallest"), [(".smal.svg", 355, 10.9), (".svg", 640, 10)])
def test_words_in_pictures_can_be_read(browser, report, ending, width, smallest):  # noqa: F811
    """Each picture as wide as it is shown: in the column of the text, and on a phone of 390 pixels."""
    sheet = browser.new_page(viewport={"width": 900, "height": 900})
    pictures = [
        path
        for path in sorted((report / "reports" / "_generated").glob(f"fig-*{ending}"))
        if path.name.count(".") == ending.count(".")
    ]
    assert len(pictures) > 20
    wrong = {}
    for path in pictures:
        svg = path.read_text(encoding="utf-8")
        style = "<style>svg { width: 100%; height: auto }</style>"
        sheet.set_content(f'<div style="width: {width}px">{style}{svg[svg.index("<svg") :]}</div>')
        if found := faults(sheet.evaluate(PICTURES), smallest):
            wrong[path.name] = found
    sheet.close()
    assert wrong == {}


def test_every_figure_is_drawn_for_a_phone_as_well(report):
    generated = report / "reports" / "_generated"
    wide = {path.stem for path in generated.glob("fig-*.svg") if path.name.count(".") == 1}
    narrow = {path.name.removesuffix(".smal.svg") for path in generated.glob("fig-*.smal.svg")}
    assert len(wide) > 20
    assert wide == narrow


@every_document
def test_titles_in_english_say_so_in_both_formats(folder, document):
    html = page(folder / f"{document}.html")
    entries = [div for div in html.iter("div") if "csl-entry" in (div.get("class") or "")]
    told = [span for div in entries for span in div.iter("span") if (span.get("lang") or "").startswith("en")]
    assert told
    sheets = PdfReader(folder / f"{document}.pdf").pages
    assert sum(sheet.get_contents().get_data().count(b"/Lang(en") for sheet in sheets) >= len(told)


@every_document
def test_titles_of_english_studies_say_so_within_tables(folder, document):
    """In the page by attribute; on paper the cell that begins with one is English."""
    cells = list(page(folder / f"{document}.html").iter("td"))
    told = {words(part) for cell in cells for part in cell.iter("span") if part.get("lang") == "en"}
    assert {"On-Site Citizenship Education", "Practice makes voters?"} <= told
    for cell in cells:
        said = {words(part) for part in cell.iter("span") if part.get("lang") == "en"}
        assert [title for title in told - said if title in words(cell)] == []
    begin = [cell for cell in cells if words(cell).startswith(tuple(told))]
    assert len(begin) > 5
    english = [cell for cell in elements(folder / f"{document}.pdf", "/TD") if cell.get("/Lang") == "en"]
    assert len(english) >= len(begin)
