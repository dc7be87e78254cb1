"""How both documents lie on paper and on a screen: full pages, tables that stay together, links by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict

import numpy as np
import pytest
from pypdf import PdfReader
from readback import elements, page, row_headings, words

DOCUMENTS = ("rapport", "verantwoording")
every_document = pytest.mark.parametrize("document", DOCUMENTS)
MOST_EMPTY = 0.25  # of the height of the text


@pytest.fixture(scope="module")
def folder(report):
    return report / "_report"


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


@pytest.mark.pdf
@every_document
def test_no_page_has_a_large_empty_space(folder, tmp_path, document):
    """Neither below what stands on it nor between: figures float, and tables run on over pages."""
    if not shutil.which("pdftoppm"):
        pytest.fail("pdftoppm is not here") if os.environ.get("CI") else pytest.skip("pdftoppm is not here")
    path = folder / f"{document}.pdf"
    subprocess.run(["pdftoppm", "-r", "40", "-gray", path, tmp_path / "p"], check=True)
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
