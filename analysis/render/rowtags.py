"""The tags of a PDF's tables, with the first cell of each row as the heading of that row.

In every table the first cell of each row below the head becomes a heading with scope Row, and the other
cells name it beside the heading of their column. The empty column that holds rows together
(reports/filters/tabellen.lua) leaves the structure.
"""

from __future__ import annotations

from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, NameTree, Pdf, String

# Elements that hold no table, so that a long text need not be walked through.
_LEAVES = frozenset(
    ("/P", "/H1", "/H2", "/H3", "/H4", "/TOC", "/Figure", "/Caption", "/L", "/Formula", "/Link")
)


def tag_rows(pdf: Pdf) -> bool:
    """Mark the tables of `pdf`, in place; whether it has any with rows below a head."""
    root = pdf.Root.get("/StructTreeRoot")
    names: dict[str, Dictionary | None] = {}
    for number, table in enumerate(_tables(root) if root is not None else (), start=1):
        _mark(table, f"R{number}", names)
    if names:
        _enter(root, names)
    return bool(names)


def _kids(element: Dictionary) -> list[Dictionary]:
    """The elements directly within `element`, without marked content and annotations."""
    kids = element.get("/K", [])
    return [
        kid
        for kid in (kids if isinstance(kids, Array) else [kids])
        if isinstance(kid, Dictionary) and "/S" in kid
    ]


def _tables(element: Dictionary) -> Iterator[Dictionary]:
    for kid in _kids(element):
        if Name.Table == kid.S:
            yield kid
        elif str(kid.S) not in _LEAVES:
            yield from _tables(kid)


def _rows(table: Dictionary, part: Name) -> list[Dictionary]:
    return [row for group in _kids(table) if part == group.S for row in _kids(group)]


def _mark(table: Dictionary, name: str, names: dict[str, Dictionary | None]) -> None:
    """Mark the rows of one table; its headings get the ids `name`-1, `name`-2, …

    Each goes into `names` under its id, and None under that of a heading which leaves.
    """
    empty = set()  # ids of headings of columns that say nothing
    for row in _rows(table, Name.THead):
        for cell in _kids(row):
            if not cell.get("/K"):
                empty.add(str(cell.get("/ID", "")))
                _drop(cell, row)
    for number, row in enumerate(_rows(table, Name.TBody), start=1):
        heading, *others = _kids(row)
        id = f"{name}-{number}"
        heading.S, heading.ID = Name.TH, String(id)
        _told(heading).Scope = Name.Row
        names[id] = heading
        for cell in others:
            told = _told(cell)
            columns = list(told.get("/Headers", []))
            if columns and empty.issuperset(map(str, columns)):
                _drop(cell, row)
            else:
                told.Headers = Array([*columns, String(id)])
    names |= dict.fromkeys(empty)


def _told(cell: Dictionary) -> Dictionary:
    """What the structure tells of a cell as a part of its table; made where it is not there."""
    parts = cell.get("/A", Array())
    if not isinstance(parts, Array):
        parts = Array([parts])
    if not any(part.get("/O") == Name.Table for part in parts):
        parts.insert(0, Dictionary(O=Name.Table))
    cell.A = parts
    return next(part for part in cell.A if part.get("/O") == Name.Table)


def _drop(cell: Dictionary, row: Dictionary) -> None:
    row.K = Array([kid for kid in row.K if getattr(kid, "objgen", None) != cell.objgen])


def _enter(root: Dictionary, names: dict[str, Dictionary | None]) -> None:
    """Put the ids of new headings in the tree of ids, in order, and take those of dropped ones out."""
    known = {**NameTree(root.IDTree)} if "/IDTree" in root else {}
    entries = sorted((known | names).items(), key=lambda entry: entry[0].encode())
    flat = [part for name, element in entries if element is not None for part in (String(name), element)]
    root.IDTree = Dictionary(Names=Array(flat))
