"""Texts written in another way within a text: in hexadecimal, in escapes, as numbers of signs, as an array.

What comes out is looked at like any file; what makes no sense as one was no such text.
"""

from __future__ import annotations

import binascii
import html
import re
import urllib.parse
from collections.abc import Iterator

import numpy as np

_FEWEST = 40  # bytes; fewer hold no row
_ESCAPES = 10  # of one kind on a line
_HEX = re.compile(r"(?<![\w+/])(?:[0-9a-fA-F]{2}){8,}(?:\s{1,2}(?:[0-9a-fA-F]{2}){8,})*(?![\w+/])")
_DUMP = re.compile(r"^\s*[0-9a-fA-F]{4,8}:?\s+((?:[0-9a-fA-F]{2,4} {1,2}){4,})", re.MULTILINE)
_SIGNS = re.compile(r"(?:\b(?:9|1[03]|3[2-9]|[4-9]\d|1[01]\d|12[0-6])\b[,\s]+){40,}")
_UU = re.compile(r"^begin [0-7]{3} .*\n((?:[!-M][ -`]*\n)+)", re.MULTILINE)
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})")
_WRITTEN_IN = (
    (re.compile(r"&#"), html.unescape),
    (re.compile(r"%[0-9a-fA-F]{2}"), urllib.parse.unquote),
    (_ESCAPE, lambda line: _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), line)),
)
_ARRAYS = ("<f8", "<f4", ">f8")  # the forms in which a page keeps its numbers
_LOW, _HIGH = 1e-4, 1e10  # numbers that are measured lie between these


def encoded(text: str) -> Iterator[tuple[str, bytes]]:
    """What stands in `text` in another writing: its kind, and what it says."""
    for match in _HEX.finditer(text):
        yield from _long("hexadecimal digits", bytes.fromhex("".join(match[0].split())))
    dumped = [match[1] for match in _DUMP.finditer(text)]
    if sum(map(len, dumped)) > 2 * _FEWEST:
        digits = "".join("".join(dumped).split())
        yield "a dump of bytes", bytes.fromhex(digits[: len(digits) // 2 * 2])
    for match in _SIGNS.finditer(text):
        yield "numbers of signs", bytes(int(code) for code in re.findall(r"\d+", match[0]))
    for match in _UU.finditer(text):
        try:
            yield "a uuencoded file", b"".join(map(binascii.a2b_uu, match[1].splitlines()))
        except binascii.Error:
            continue
    for pattern, plain in _WRITTEN_IN:
        if not pattern.search(text):
            continue
        lines = [plain(line) for line in text.splitlines() if len(pattern.findall(line)) >= _ESCAPES]
        if lines:
            yield "escapes", "\n".join(lines).encode("utf-8", "replace")


def array_text(content: bytes) -> str:
    """The numbers of `content`, one a line, if it is an array of measured numbers; else ""."""
    for form in _ARRAYS:
        size = int(form[-1])
        if len(content) % size or len(content) < 4 * size:
            continue
        with np.errstate(all="ignore"):
            values = np.frombuffer(content, form)
            measured = (np.abs(values) > _LOW) & (np.abs(values) < _HIGH) | (values == 0)
            if measured.mean() > 0.95:
                return "\n".join(f"{value:.6g}" if size == 4 else repr(float(value)) for value in values)
    return ""


def _long(kind: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if len(content) >= _FEWEST:
        yield kind, content
