"""Read back what a rendered report says: its page as a tree, its PDF as text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}
HEADER = "Proefrapport · synthetische gegevens · geen bevindingen"


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        element = SubElement(self.open[-1], tag, {key: value or "" for key, value in attrs})
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        parent = self.open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data


def page(path: Path) -> Element:
    """The page as a tree; badly nested tags fail."""
    builder = _Builder()
    builder.feed(path.read_text(encoding="utf-8"))
    builder.close()
    assert builder.open == [builder.root]
    return builder.root


def words(element: Element, skip: tuple[str, ...] = ()) -> str:
    """All text in `element`, runs of blanks as one."""

    def parts(node: Element):
        if node.tag not in skip:
            yield node.text or ""
            for child in node:
                yield from parts(child)
                yield child.tail or ""

    return " ".join("".join(parts(element)).replace("\u00ad", "").split())


def one(element: Element, path: str) -> Element:
    found = element.findall(path)
    assert len(found) == 1, f"{len(found)} elements for {path}"
    return found[0]


def headings(root: Element) -> list[tuple[int, str]]:
    main = one(root, ".//main")
    return [(int(el.tag[1]) - 1, words(el)) for el in main.iter() if re.fullmatch(r"h[2-6]", el.tag)]


def sheet_texts(path: Path) -> tuple[str, ...]:
    """The text of each page of the PDF."""
    return _sheet_texts(path.read_bytes())


@lru_cache(maxsize=4)  # seconds for a long document, at which several tests look
def _sheet_texts(content: bytes) -> tuple[str, ...]:
    return tuple(sheet.extract_text() for sheet in PdfReader(BytesIO(content)).pages)


def pdf_text(path: Path) -> str:
    """The text of the PDF page by page, without the running header and the page number."""
    texts = (text.replace(HEADER, "").rstrip() for text in sheet_texts(path))
    return "\n".join(re.sub(r"\n\s*\d+\s*$", "", text) for text in texts)


def outline(path: Path) -> list[tuple[int, str]]:
    """Bookmarks of the PDF with their level from 1."""

    def walk(items, level):
        for item in items:
            if isinstance(item, list):
                yield from walk(item, level + 1)
            else:
                yield level, " ".join(item.title.split())

    return list(walk(PdfReader(path).outline, 1))


def elements(path: Path, *kinds: str) -> list[DictionaryObject]:
    """The elements of the structure of the PDF of these kinds (``/TD``), in reading order."""

    def walk(element):
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            inner = kid.get_object()
            if isinstance(inner, dict) and "/S" in inner:
                yield inner
                yield from walk(inner)

    root = PdfReader(path).trailer["/Root"]["/StructTreeRoot"]
    return [element for element in walk(root) if element["/S"] in kinds]


def told_of_cell(cell: DictionaryObject) -> DictionaryObject:
    """What the structure of the PDF tells of a cell as a part of its table."""
    parts = [part.get_object() for part in cell.get("/A", [])]
    return next((part for part in parts if part["/O"] == "/Table"), DictionaryObject())


def row_headings(path: Path) -> int:
    """How many cells of the tables in the PDF are the heading of their row."""
    return sum(told_of_cell(cell).get("/Scope") == "/Row" for cell in elements(path, "/TH"))


def squeezed(text: str) -> str:
    """`text` without blanks, hyphens and other characters that a line break adds or takes away.

    Apostrophes are made straight: Typst bends them when it draws, and leaves them be in the outline.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return re.sub(r"[\s\u00ad\u2010\u2060\u200b-]", "", plain)
