"""Cells of CSV files that a spreadsheet opens: text that would be run as a formula is kept text.

As OWASP advises for CSV injection: a cell that begins with a sign that starts a formula gets an apostrophe
before it, which a spreadsheet does not show. So does what follows a semicolon, a tab or a line end within a
cell: a spreadsheet that separates by these, as a Dutch one does, begins a cell there. Numbers stay numbers.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four full-width
_STARTS = (*_SIGNS, "\t", "\r", "\n")
_SEPARATORS = re.compile(r"([;\t\r\n])")  # of readers other than ours
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)?%?|[+-]?(inf|nan)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def safe_cells(cells: Iterable[object], place: str = "") -> list[object]:
    """`cells` of one row, text neutralised and None as an empty cell; what is no text is left as it is.

    Raises
    ------
    ValueError
        If a cell holds a control character other than tab and line ends; `place` says of which row.
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
    if cell.startswith(_STARTS) and not _NUMBER.fullmatch(cell):
        cell = "'" + cell
    first, *rest = _SEPARATORS.split(cell)
    pieces = [first]
    for piece in rest:
        text = piece.lstrip(' "')
        if text.startswith(_SIGNS) and not _NUMBER.fullmatch(text.strip(' "')):
            piece = f"{piece[: len(piece) - len(text)]}'{text}"
        pieces.append(piece)
    return "".join(pieces)
