"""A delimited text file as a frame of text, or a clear word on what is wrong with it.

For files of the size of a registration; nothing is guessed, every cell is text. What spreadsheets do to a
file on the way (semicolons, byte-order marks, formulas, cells that moved) is looked for here, once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.sources.archive import read_bytes

LARGEST = 512 * 2**20  # bytes unpacked
_FORMULA = r"[=@]|[+-][A-Za-z(=@]"  # a minus or plus alone may begin a number


def read_text_table(
    path: Path, *, separator: str = ",", encodings: Sequence[str] = ("utf-8",), largest: int = LARGEST
) -> pd.DataFrame:
    """All cells of `path` as text without spaces around them.

    Parameters
    ----------
    separator : str
    encodings : sequence of str
        Tried in this order; the first that fits is used.
    largest : int
        Bytes, unpacked.

    Returns
    -------
    pandas.DataFrame
        Columns as in the header, rows counted from 0.

    Raises
    ------
    FileNotFoundError, ValueError
        Naming the file, and the column and row (1 is the first below the header) where it applies.
    """
    text = decoded(read_bytes(path, largest), path.name, encodings)
    rows = _rows(text, path.name, separator)
    header = [name.strip() for name in rows[0]]
    _require_header(header, text, path.name, separator)
    body = [row for row in rows[1:] if row]
    if not body:
        raise ValueError(f"{path.name} has a header and no rows")
    width = len(header)
    for number, row in enumerate(body, start=1):
        if len(row) != width:
            raise ValueError(
                f"{path.name}, row {number}: {len(row)} cells where the header has {width}; is the file cut "
                "off, or are there decimal commas?"
            )
    table = pd.DataFrame(body, columns=header, dtype="str").apply(lambda column: column.str.strip())
    _require_no_formulas(table, path.name)
    return table


def decoded(content: bytes, name: str, encodings: Sequence[str] = ("utf-8",)) -> str:
    """`content` as text, without a byte-order mark.

    Raises
    ------
    ValueError
        If it is a web page or a file of another kind, holds NUL bytes, or fits none of the encodings.
    """
    if not content.strip():
        raise ValueError(f"{name}: the file is empty")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{name}: this is UTF-16, as spreadsheets save 'Unicode text'; save it as UTF-8 CSV")
    if content[:3] in (b"$FL", b"%PD"):
        raise ValueError(f"{name}: this is a file of another kind (it begins with {content[:4]!r})")
    if b"\0" in content:
        raise ValueError(
            f"{name}: byte {content.index(0)} is NUL; this is no text, or the file was damaged on the way"
        )
    text = None
    for encoding in encodings:
        try:
            text = content.decode(encoding).removeprefix("\ufeff")
            break
        except UnicodeDecodeError as error:
            problem = f"byte {error.start} is not {encodings[0].upper()}"
    if text is None:
        raise ValueError(f"{name}: {problem}; it was saved in another encoding. Save it as UTF-8")
    if text.lstrip().startswith("<"):
        raise ValueError(f"{name}: this is a web page, not data; the download went wrong, get it again")
    return text


def _rows(text: str, name: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        line = text[:200].partition("\n")[0]
        raise ValueError(
            f"{name}: not readable as text separated by {separator!r} ({error}); the file begins {line!r}"
        ) from error


def _require_header(header: list[str], text: str, name: str, separator: str) -> None:
    first = text.partition("\n")[0]
    for other in {",", ";", "\t"} - {separator}:
        if len(header) == 1 and first.count(other) > 0:
            raise ValueError(
                f"{name}: columns are separated by {other!r} where {separator!r} is expected; save it anew"
            )
    if not all(header):
        raise ValueError(f"{name}: column {header.index('') + 1} has no name")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValueError(f"{name}: column {', '.join(twice)} occurs more than once")


def _require_no_formulas(table: pd.DataFrame, name: str) -> None:
    for column in table.columns:
        found = table[column].str.match(_FORMULA)
        if found.any():
            row = int(found.to_numpy().argmax())
            raise ValueError(
                f"{name}: column {column}, row {row + 1}: {table[column].iloc[row][:40]!r} is a formula; "
                "save the values"
            )
