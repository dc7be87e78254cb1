"""Cells of CSV files that a spreadsheet opens: text that would be run as a formula is kept text.

As OWASP advises for CSV injection: a cell that begins with a sign that starts a formula gets an apostrophe
before it, which a spreadsheet does not show. So does what follows a semicolon, a tab or a line end within a
cell: a spreadsheet that separates by these, as a Dutch one does, begins a cell there. Numbers stay numbers.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SIGNS = frozenset("=+-@")  # and what is one of these in another width or height
_STARTS = ("\t", "\r", "\n")
_UNSEEN = re.compile(r"[\s\"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*")  # a reader may skip these
_SEPARATORS = re.compile(r"([;\t\r\n\u2028\u2029])")  # of readers other than ours
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)?%?|[+-]?(inf|nan)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def safe_cells(cells: Iterable[object], place: str = "") -> list[object]:
    """`cells` of one row, text neutralised and None as an empty cell; what is no text is left as it is.

    Raises
    ------
    ValueError
        If a cell holds a control character other than tab and line ends, or one that turns the order in which
        it is read; `place` says of which row.
    """
    safe = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, str):
            if found := _CONTROL.search(cell):
                where = f"{place}, cell {number}" if place else f"cell {number}"
                raise ValueError(
                    f"{where}: {cell[:60]!r} holds the control character {found[0]!r}; "
                    "take it out where the text comes from"
                )
            cell = _neutral(cell)
        safe.append("" if cell is None else cell)
    return safe


def _neutral(cell: str) -> str:
    """`cell` in which nothing starts a formula, wherever a reader lets a cell begin."""
    if cell.startswith(_STARTS):
        cell = "'" + cell
    return "".join(map(_text, _SEPARATORS.split(cell)))


def _text(piece: str) -> str:
    """`piece` with an apostrophe before its first visible sign, if that may start a formula."""
    start = _UNSEEN.match(piece).end()
    sign = unicodedata.normalize("NFKC", piece[start : start + 1])
    if sign not in _SIGNS or _NUMBER.fullmatch(piece[start:].strip(' "')):
        return piece
    return f"{piece[:start]}'{piece[start:]}"
