"""The text of a PDF, page by page, with what it carries beside its pages."""

from __future__ import annotations

import io

MISSING = "a PDF cannot be looked at: pypdf is not installed; run `pip install pypdf`, or `make report`"


def read_pdf(content: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of its pages, notes and metadata, and the files attached to it.

    Raises
    ------
    ModuleNotFoundError
        If the reader is not installed; the message says what to install.
    ValueError
        If the file is damaged or closed with a password.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise ModuleNotFoundError(MISSING) from error
    texts = []
    try:
        reader = PdfReader(io.BytesIO(content))
        texts += [str(value) for value in (reader.metadata or {}).values()]
        for page in reader.pages:
            texts.append(page.extract_text())
            for note in page.get("/Annots", None) or ():
                said = note.get_object()
                texts += [str(said[key]) for key in ("/Contents", "/Alt", "/TU", "/V") if key in said]
        attached = [(name, data) for name, files in reader.attachments.items() for data in files]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise ValueError(f"a PDF that cannot be looked at ({type(error).__name__}: {error})") from error
    return "\n".join(texts), attached


def page_count(content: bytes) -> int:
    """How many pages a PDF has that :func:`read_pdf` can read."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)
