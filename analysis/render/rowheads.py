"""Tell a screen reader which cells of a PDF's tables head their rows, and what its links are called.

Typst tags the headings of columns; in the versions used here it cannot say that a cell is the heading of a
row. Its PDF is therefore opened again, its tables (:mod:`analysis.render.rowtags`) and links
(:mod:`analysis.render.linknames`) are mended, and it is written anew. What is drawn stays as it was.

Either renderer passes here, see :func:`analysis.render.render`.
"""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf

from analysis.render.linknames import name_links
from analysis.render.project import RenderError
from analysis.render.rowtags import tag_rows


def tag_row_headings(paper: Path) -> None:
    """Have the tables of the PDF `paper` tell the headings of their rows.

    Raises
    ------
    RenderError
        If it is no PDF that can be read.
    """
    try:
        told = with_row_headings(paper.read_bytes())
    except ValueError as error:
        raise RenderError(
            f"{paper.name}: cannot be read back to tag the headings of rows: {error}"
        ) from error
    paper.write_bytes(told)


def with_row_headings(pdf: bytes) -> bytes:
    """`pdf` with the first cell of each row of its tables as the heading of that row, and links by name.

    Parameters
    ----------
    pdf : bytes
        One without tables or tags, and without such links, is given back as it is.

    Returns
    -------
    bytes
        The same at every run.

    Raises
    ------
    ValueError
        If it is no PDF that can be read.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            if not tag_rows(document) | name_links(document):
                return pdf
            out = io.BytesIO()
            document.save(out, compress_streams=False, fix_metadata_version=False, deterministic_id=True)
            return out.getvalue()
    except pikepdf.PdfError as error:
        raise ValueError(str(error)) from error
