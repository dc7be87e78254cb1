"""The tags of a PDF's tables, with the first cell of each row as the heading of that row.

In every table the first cell of each row below the head becomes a heading with scope Row, and the other
cells name it beside the heading of their column. The empty column that holds rows together
(reports/filters/tabellen.lua) leaves the structure. Links get their names on the way.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

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

from analysis.render.linknames import name_links

# Elements that hold no table, so that a long text need not be walked through.
_LEAVES = frozenset(
    ("/P", "/H1", "/H2", "/H3", "/H4", "/TOC", "/Figure", "/Caption", "/L", "/Formula", "/Link")
)


def tagged(pdf: bytes) -> dict[int, str | None]:
    """What becomes of the objects of `pdf` that change, by number, a character a byte; None is left out.

    Raises
    ------
    ValueError
        If it is no PDF that can be read.
    """
    try:
        changed = _changes(PdfReader(io.BytesIO(pdf)))
    except PyPdfError as error:
        raise ValueError(str(error)) from error
    return {number: _written(number, content) for number, content in changed.items()}


def tagged_anew(pdf: bytes) -> bytes:
    """The whole of `pdf` written by pypdf: for a writer that packs its objects together.

    Raises
    ------
    ValueError
        As :func:`tagged`.
    """
    try:
        reader = PdfReader(io.BytesIO(pdf))
        return written_anew(reader) if _changes(reader) else pdf
    except PyPdfError as error:
        raise ValueError(str(error)) from error


def _written(number: int, content: PdfObject | None) -> str | None:
    """`content` as it stands in a file, a character a byte."""
    if content is None:
        return None
    out = io.BytesIO()
    content.write_to_stream(out)
    return f"{number} 0 obj\n{out.getvalue().decode('latin-1')}\nendobj\n\n"


def _changes(reader: PdfReader) -> dict[int, PdfObject | None]:
    """The objects that become others, by number, changed in `reader` too; None is left out."""
    root = reader.trailer["/Root"].get("/StructTreeRoot")
    changed: dict[int, PdfObject | None] = {}
    added: dict[str, IndirectObject] = {}
    for number, table in enumerate(_tables(root.get_object()) if root else (), start=1):
        _mark(table, f"R{number}", changed, added)
    if added:
        _enter(root, added, changed)
    name_links(reader, changed)
    return changed


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


def written_anew(reader: PdfReader) -> bytes:
    """The whole file as pypdf writes it."""
    out = io.BytesIO()
    PdfWriter(clone_from=reader).write(out)
    return out.getvalue()
