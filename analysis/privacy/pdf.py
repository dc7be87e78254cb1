"""The text of a PDF, page by page, with what it carries beside its pages."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise

from analysis.privacy.unfold import decode, written

MISSING = "a PDF cannot be looked at: pypdf is not installed; run `pip install pypdf`, or `make report`"
STATES = 20  # of one file that are looked at
SECONDS = 60  # for the pages of one file
_DRAWS = ("/XObject", "/Pattern", "/CMap", "/XRef", "/ObjStm")
_FONTS = ("/Type1C", "/CIDFontType0C", "/OpenType")
_STATE = re.compile(rb"%%EOF\s*")


def read_pdf(content: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a PDF, on its pages and beside them, and the files attached to it.

    Beside the pages stand notes, bookmarks, metadata, alternative texts, scripts and what programs keep for
    themselves. What a later state of the file took out is still in it, and is attached.

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
    try:
        reader = PdfReader(io.BytesIO(content))
        texts = [_by_poppler(content) or "\n".join(page.extract_text() for page in reader.pages)]
        texts += _beside_pages(reader)
        attached = [(name, data) for name, files in reader.attachments.items() for data in files]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise ValueError(f"a PDF that cannot be looked at ({type(error).__name__}: {error})") from error
    attached += [("an earlier state", state) for state in _earlier(content) if _opens(state)]
    return "\n".join(texts), attached


def _by_poppler(content: bytes) -> str:
    """The text on all pages by ``pdftotext``, in a tenth of the time; "" where that is absent or fails."""
    program = shutil.which("pdftotext")
    if program is None:
        return ""
    asked = [program, "-layout", "-enc", "UTF-8", "-", "-"]
    try:
        said = subprocess.run(asked, input=content, capture_output=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.decode("utf-8", "replace")


def page_count(content: bytes) -> int:
    """How many pages a PDF has that :func:`read_pdf` can read."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)


def _beside_pages(reader) -> Iterator[str]:
    """Every text in an object, and every stream that draws nothing."""
    from pypdf.generic import IndirectObject, StreamObject

    drawing = set(_contents(reader))
    places = {(number, generation) for generation, found in reader.xref.items() for number in found}
    places |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(places):
        found = reader.get_object(IndirectObject(number, generation, reader))
        yield from _texts(found)
        if isinstance(found, StreamObject) and number not in drawing and not _draws(found):
            data = found.get_data()
            yield decode(data) or written(data)


def _contents(reader) -> Iterator[int]:
    """Numbers of the objects that hold what pages show."""
    for page in reader.pages:
        if "/Contents" in page:
            parts = page["/Contents"]  # one stream, or a list of them
            for one in (page.raw_get("/Contents"), *(parts if isinstance(parts, list) else ())):
                if hasattr(one, "idnum"):
                    yield one.idnum


def _draws(stream) -> bool:
    """A picture, a pattern, a font, or a table that belongs to one."""
    return stream.get("/Type") in _DRAWS or stream.get("/Subtype") in _FONTS or "/Length1" in stream


def _texts(found) -> Iterator[str]:
    """Texts in an object, but for what it refers to: that is an object too."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, bytes):
            yield decode(one) or written(one)
        elif isinstance(one, dict):
            waiting += [one.raw_get(key) for key in one]
        elif isinstance(one, list):
            waiting += list(one)
        elif isinstance(one, str) and not one.startswith("/"):
            yield str(one)


def _earlier(content: bytes) -> Iterator[bytes]:
    """The file as it was before it was added to, and files that stand in front of it."""
    starts = [match.start() for match in re.finditer(rb"%PDF-", content)][:STATES]
    for start, end in pairwise([*starts, len(content)]):
        ends = [match.end() for match in _STATE.finditer(content, start, end)][:STATES]
        if start:
            yield content[start:end]
        elif len(starts) > 1:
            yield content[:end]
        yield from (content[start:one] for one in ends[:-1])


def _opens(content: bytes) -> bool:
    from pypdf import PdfReader

    try:
        return len(PdfReader(io.BytesIO(content)).pages) > 0
    except Exception:  # of a file that is written page by page the first part is none by itself
        return False
