"""Tell a screen reader which cells of a PDF's tables are the headings of their rows.

Typst tags the headings of columns; in the versions used here it cannot say that a cell is the heading of a
row. Its PDF is therefore read again: in every table the first cell of each row below the head becomes a
heading with scope Row, and the other cells name it beside the heading of their column. The empty column that
holds rows together (reports/filters/tabellen.lua) leaves the structure. What is drawn stays as it was.

Either renderer passes here, see :func:`analysis.render.render`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import re
from collections.abc import Iterator
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    TextStringObject,
)

from analysis.build.kept import Kept, known
from analysis.render.project import RenderError

# Elements that hold no table, so that a long text need not be walked through.
_LEAVES = frozenset(
    ("/P", "/H1", "/H2", "/H3", "/H4", "/TOC", "/Figure", "/Caption", "/L", "/Formula", "/Link")
)
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")


def tag_row_headings(paper: Path, kept: Kept | None) -> None:
    """Have the tables of the PDF `paper` tell the headings of their rows.

    Raises
    ------
    RenderError
        If it is no PDF that can be read.
    """
    pdf = paper.read_bytes()
    code = [Path(__file__).read_text(encoding="utf-8"), importlib.metadata.version("pypdf")]
    try:
        told = known(kept, [hashlib.sha256(pdf).hexdigest(), *code], lambda: with_row_headings(pdf))
    except PyPdfError as error:
        raise RenderError(
            f"{paper.name}: cannot be read back to tag the headings of rows: {error}"
        ) from error
    paper.write_bytes(told)


def with_row_headings(pdf: bytes) -> bytes:
    """`pdf` with the first cell of each row of its tables as the heading of that row.

    Parameters
    ----------
    pdf : bytes
        As Typst wrote it. One without tables, or without tags, is given back as it is.

    Returns
    -------
    bytes
        The same at every run.
    """
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"].get("/StructTreeRoot")
    changed: dict[int, PdfObject | None] = {}  # by number of the object; None is left out
    added: dict[str, IndirectObject] = {}
    for number, table in enumerate(_tables(root.get_object()) if root else (), start=1):
        _mark(table, f"R{number}", changed, added)
    if not changed:
        return pdf
    _enter(root, added, changed)
    return _written_anew(reader) if reader.xref_objStm else _rewritten(pdf, reader, changed)


def _kids(element: DictionaryObject) -> list[IndirectObject]:
    """The elements directly within `element`, without marked content and annotations."""
    kids = element.get("/K", [])
    kids = kids if isinstance(kids, ArrayObject) else [kids]
    return [kid for kid in kids if isinstance(kid, IndirectObject) and "/S" in kid.get_object()]


def _tables(element: DictionaryObject) -> Iterator[DictionaryObject]:
    for kid in _kids(element):
        inner = kid.get_object()
        if inner["/S"] == "/Table":
            yield inner
        elif inner["/S"] not in _LEAVES:
            yield from _tables(inner)


def _rows(table: DictionaryObject, part: str) -> list[IndirectObject]:
    return [row for kid in _kids(table) if (group := kid.get_object())["/S"] == part for row in _kids(group)]


def _mark(
    table: DictionaryObject,
    name: str,
    changed: dict[int, PdfObject | None],
    added: dict[str, IndirectObject],
) -> None:
    """Mark the rows of one table; its headings get the ids `name`-1, `name`-2, …"""
    empty = set()  # ids of headings of columns that say nothing
    for row in _rows(table, "/THead"):
        for cell in _kids(row.get_object()):
            heading = cell.get_object()
            if not heading.get("/K"):
                empty.add(heading.get("/ID"))
                _drop(cell, row, changed)
    for number, row in enumerate(_rows(table, "/TBody"), start=1):
        first, *others = _kids(row.get_object())
        heading, id = first.get_object(), TextStringObject(f"{name}-{number}")
        heading[NameObject("/S")] = NameObject("/TH")
        heading[NameObject("/ID")] = id
        _told(heading)[NameObject("/Scope")] = NameObject("/Row")
        changed[first.idnum] = heading
        added[str(id)] = first
        for cell in others:
            told = _told(cell.get_object())
            named = told.get("/Headers", ArrayObject())
            if named and set(named) <= empty:
                _drop(cell, row, changed)
                continue
            told[NameObject("/Headers")] = ArrayObject([*named, id])
            changed[cell.idnum] = cell.get_object()
    added |= dict.fromkeys(empty - {None})


def _told(cell: DictionaryObject) -> DictionaryObject:
    """What the structure tells of a cell as a part of its table; made where it is not there."""
    told = cell.setdefault(NameObject("/A"), ArrayObject())
    if not isinstance(told, ArrayObject):
        cell[NameObject("/A")] = told = ArrayObject([told])
    for part in told:
        if part.get_object().get("/O") == "/Table":
            return part.get_object()
    told.insert(0, DictionaryObject({NameObject("/O"): NameObject("/Table")}))
    return told[0]


def _drop(cell: IndirectObject, row: IndirectObject, changed: dict[int, PdfObject | None]) -> None:
    row.get_object()["/K"].remove(cell)
    changed[row.idnum] = row.get_object()
    changed[cell.idnum] = None


def _enter(
    root: PdfObject, added: dict[str, IndirectObject | None], changed: dict[int, PdfObject | None]
) -> None:
    """Put the ids of new headings in the tree of ids, in order, and take those of dropped ones out."""
    tree = root.get_object()
    known = dict(_names(tree["/IDTree"].get_object())) if "/IDTree" in tree else {}
    known |= added
    names = sorted((name for name, element in known.items() if element is not None), key=str.encode)
    flat = ArrayObject(part for name in names for part in (TextStringObject(name), known[name]))
    tree[NameObject("/IDTree")] = DictionaryObject({NameObject("/Names"): flat})
    changed[root.indirect_reference.idnum] = tree


def _names(node: DictionaryObject) -> Iterator[tuple[str, IndirectObject]]:
    names = node.get("/Names", [])
    yield from zip(map(str, names[::2]), names[1::2], strict=True)
    for kid in node.get("/Kids", []):
        yield from _names(kid.get_object())


def _rewritten(pdf: bytes, reader: PdfReader, changed: dict[int, PdfObject | None]) -> bytes:
    """`pdf` with the `changed` objects in their places, and the table of where each object begins."""
    start = int(_START.search(pdf)[1])
    begins = reader.xref[0]
    order = sorted(begins, key=begins.__getitem__)
    ends = [*(begins[number] for number in order[1:]), start]
    out = io.BytesIO()
    out.write(pdf[: begins[order[0]]])
    places = {}
    for number, end in zip(order, ends, strict=True):
        content = changed.get(number, pdf)
        if content is None:
            continue
        places[number] = out.tell()
        if content is pdf:
            out.write(pdf[begins[number] : end])
        else:
            out.write(f"{number} 0 obj\n".encode())
            content.write_to_stream(out)
            out.write(b"\nendobj\n\n")
    table = out.tell()
    size = int(reader.trailer["/Size"])
    out.write(f"xref\n0 {size}\n0000000000 65535 f\r\n".encode())
    for number in range(1, size):
        place, use = (f"{places[number]:010} 00000", "n") if number in places else ("0000000000 65535", "f")
        out.write(f"{place} {use}\r\n".encode())
    trailer = pdf[pdf.index(b"trailer", start) : pdf.rindex(b"startxref")]
    out.write(trailer + f"startxref\n{table}\n%%EOF".encode())
    return out.getvalue()


def _written_anew(reader: PdfReader) -> bytes:
    """The whole file written by pypdf: for a writer that packs its objects together."""
    out = io.BytesIO()
    PdfWriter(clone_from=reader).write(out)
    return out.getvalue()
