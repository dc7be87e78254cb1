"""What the links of a PDF are called that lead out of it.

A screen reader tells the name of a link and not the words it stands on. Typst takes the address for its name,
and can be given no other in the versions used here: a hundred links are called
"verantwoording.pdf#sec-herkomst". The template (reports/partials/typst-template.typ) therefore writes address
and name together, with a blank between them; here each gets its own place.
"""

from __future__ import annotations

from pikepdf import Pdf, String


def name_links(pdf: Pdf) -> bool:
    """Give each link of which address and name stand together its name, in place; whether there are any."""
    found = False
    for page in pdf.pages:
        for annotation in page.get("/Annots", []):
            address = annotation.get("/A", {}).get("/URI", b"")
            where, blank, name = bytes(address).partition(b" ")
            if blank:
                annotation.A.URI = String(where.decode("ascii"))
                annotation.Contents = String(name.decode("utf-8"))
                found = True
    return found
