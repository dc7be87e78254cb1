"""What the links of a PDF are called that lead out of it.

A screen reader tells the name of a link and not the words it stands on. Typst takes the address for its name,
and can be given no other in the versions used here: a hundred links are called
"verantwoording.pdf#sec-herkomst". The template (reports/partials/typst-template.typ) therefore writes address
and name together, with a blank between them; here each gets its own place.
"""

from __future__ import annotations

from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    TextStringObject,
)


def name_links(reader: PdfReader, changed: dict[int, PdfObject | None]) -> None:
    """Enter in `changed`, by number, each object with a link of which address and name stand together."""
    for annotation, holder in _annotations(reader):
        action = annotation.get("/A")
        address = action.get_object().get("/URI") if action is not None else None
        if address is None:
            continue
        raw = address if isinstance(address, bytes) else address.original_bytes
        where, blank, name = raw.partition(b" ")
        if blank:
            action.get_object()[NameObject("/URI")] = TextStringObject(where.decode("ascii"))
            annotation[NameObject("/Contents")] = TextStringObject(name.decode("utf-8"))
            changed[holder.idnum] = holder.get_object()
            if isinstance(action, IndirectObject):
                changed[action.idnum] = action.get_object()


def _annotations(reader: PdfReader) -> Iterator[tuple[DictionaryObject, IndirectObject]]:
    """Each with the object that it is written in: its own, or that of its page."""
    for page in reader.pages:
        for annotation in page.get("/Annots", ArrayObject()):
            own = isinstance(annotation, IndirectObject)
            yield annotation.get_object(), annotation if own else page.indirect_reference
