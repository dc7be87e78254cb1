"""Tell a screen reader which cells of a PDF's tables are the headings of their rows.

Typst tags the headings of columns; in the versions used here it cannot say that a cell is the heading of a
row. Its PDF is therefore read again, and what :mod:`analysis.render.rowtags` changes in its tables, and
:mod:`analysis.render.linknames` in its links, is put in its place. What is drawn stays as it was.

Either renderer passes here, see :func:`analysis.render.render`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from analysis.build.kept import Kept, known
from analysis.render.project import RenderError

_CODE = tuple(Path(__file__).with_name(name) for name in ("rowheads.py", "rowtags.py", "linknames.py"))
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TABLE = re.compile(rb"xref\s+0 (?P<size>\d+)\r?\n")  # of where each object begins
_ENTRY = 20  # bytes
_END_OF_CONTENT = b"endstream\nendobj"


def tag_row_headings(paper: Path, kept: Kept | None) -> None:
    """Have the tables of the PDF `paper` tell the headings of their rows.

    Raises
    ------
    RenderError
        If it is no PDF that can be read.
    """
    try:
        told = with_row_headings(paper.read_bytes(), kept)
    except ValueError as error:
        raise RenderError(
            f"{paper.name}: cannot be read back to tag the headings of rows: {error}"
        ) from error
    paper.write_bytes(told)


def with_row_headings(pdf: bytes, kept: Kept | None = None) -> bytes:
    """`pdf` with the first cell of each row of its tables as the heading of that row, and links by name.

    Parameters
    ----------
    pdf : bytes
        As Typst wrote it. One without tables or tags, and without such links, is given back as it is.
    kept : Kept, optional
        What was told before. Another picture leaves the tables of its document as they were: these are then
        not read again, which takes long.

    Returns
    -------
    bytes
        The same at every run.

    Raises
    ------
    ValueError
        If it is no PDF that can be read.
    """
    objects = _objects(pdf)
    if objects is None:
        from analysis.render.rowtags import tagged_anew

        return tagged_anew(pdf)

    def tell() -> bytes:
        from analysis.render.rowtags import tagged  # brings pypdf along

        return json.dumps(tagged(pdf)).encode()

    elements = hashlib.sha256()
    for content in objects.values():
        if not content.rstrip().endswith(_END_OF_CONTENT):  # of a page or a picture
            elements.update(content)
    code = [*(path.read_text(encoding="utf-8") for path in _CODE), importlib.metadata.version("pypdf")]
    told = known(kept, [elements.hexdigest(), *code], tell)
    changed = {int(number): content for number, content in json.loads(told).items()}
    return _rewritten(pdf, objects, changed) if changed else pdf


def _objects(pdf: bytes) -> dict[int, bytes] | None:
    """The objects of `pdf` by number, as they follow each other; None where it packs them together."""
    end = _START.search(pdf)
    table = _TABLE.match(pdf, start := int(end[1])) if end else None
    if table is None:
        return None
    entries = range(table.end(), table.end() + _ENTRY * int(table["size"]), _ENTRY)
    begins = {
        number: int(pdf[entry : entry + 10])
        for number, entry in enumerate(entries)
        if pdf[entry + 17 : entry + 18] == b"n"
    }
    order = sorted(begins, key=begins.__getitem__)
    ends = [*(begins[number] for number in order[1:]), start]
    return {number: pdf[begins[number] : end] for number, end in zip(order, ends, strict=True)}


def _rewritten(pdf: bytes, objects: Mapping[int, bytes], changed: Mapping[int, str | None]) -> bytes:
    """`pdf` with the `changed` objects in their places, and the table of where each object begins."""
    start = int(_START.search(pdf)[1])
    out = BytesIO()
    out.write(pdf[: pdf.index(next(iter(objects.values())))])
    places = {}
    for number, content in objects.items():
        told = changed.get(number, content)
        if told is None:
            continue
        places[number] = out.tell()
        out.write(told if told is content else told.encode("latin-1"))
    table = out.tell()
    size = int(_TABLE.match(pdf, start)["size"])
    out.write(f"xref\n0 {size}\n0000000000 65535 f\r\n".encode())
    for number in range(1, size):
        place, use = (f"{places[number]:010} 00000", "n") if number in places else ("0000000000 65535", "f")
        out.write(f"{place} {use}\r\n".encode())
    trailer = pdf[pdf.index(b"trailer", start) : pdf.rindex(b"startxref")]
    out.write(trailer + f"startxref\n{table}\n%%EOF".encode())
    return out.getvalue()
