"""A delimited text file as frames of text, or a clear word on what is wrong with it.

Nothing is guessed, every cell is text. What spreadsheets and broken connections do to a file on the way
(semicolons, byte-order marks, formulas, cells that moved, a last line without an end) is looked for here,
once. Small files are read whole, pupil files of millions of rows in pieces.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from analysis.sources.archive import GZIP, read_bytes

LARGEST = 512 * 2**20  # bytes unpacked of a file that is read whole
LARGEST_IN_PIECES = 16 * 2**30  # bytes unpacked of a file that is read in pieces
LARGEST_RATIO = 100  # unpacked to packed; text of numbers and codes packs to a tenth, seldom to a thirtieth
LONGEST_LINE = 2**20  # characters; a pupil file of a thousand columns has lines of a few thousand
ROWS = 250_000  # of a piece
LARGEST_PIECE = 2**28  # characters, whatever the number of rows
_FREE = 64 * 2**20  # bytes unpacked below which no ratio is looked at
_FORMULA = re.compile(r"[=@]|[+-][A-Za-z(=@]")  # a minus or plus alone may begin a number
_BUFFER = 2**20
_LONGEST = 60  # characters of a cell in a message


def shown(value: object) -> str:
    """`value` as it stands in a message: quoted, and not longer than a line."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def read_text_table(
    path: Path,
    *,
    separator: str = ",",
    encodings: Sequence[str] = ("utf-8",),
    largest: int | None = None,
) -> pd.DataFrame:
    """All cells of `path` as text without spaces around them.

    Parameters
    ----------
    encodings : sequence of str
        Tried in this order; the first that fits is used.
    largest : int or None
        Bytes, unpacked; :data:`LARGEST` unless given.

    Returns
    -------
    pandas.DataFrame
        Columns as in the header, rows counted from 0.

    Raises
    ------
    FileNotFoundError, ValueError
        Naming the file, and the column and row (1 is the first below the header) where it applies.
    """
    return text_table(
        decoded(read_bytes(path, largest or LARGEST), path.name, encodings), path.name, separator
    )


def text_table(text: str, name: str, separator: str = ",") -> pd.DataFrame:
    """The same from text in memory, such as a table below lines of another kind; `name` is for messages."""
    if not text.endswith(("\n", "\r")):
        raise ValueError(f"{name}: the last line has no end; the file is cut off, or end it with a new line")
    return next(_pieces(io.StringIO(text, newline=""), name, separator, rows=None))


def read_text_pieces(path: Path, *, separator: str = ",") -> Iterator[pd.DataFrame]:
    """The same of a large UTF-8 file, in pieces; the rows count on from piece to piece.

    A piece is in memory at a time. What is wrong in a late row is raised when that row is reached.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is absent from {path.parent.name}/")
    with path.open("rb") as handle:
        packed = handle.read(2) == GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as handle:
            beginning = handle.read(_BUFFER)
        last = beginning.rfind(b"\n")
        decoded(beginning if last < 0 else beginning[: last + 1], path.name)
        most = LARGEST_IN_PIECES
        if packed:
            most = min(most, max(_FREE, LARGEST_RATIO * path.stat().st_size))
        with gzip.open(path) if packed else path.open("rb") as handle:
            watched = _Watched(handle, path.name, most)
            lines = io.TextIOWrapper(io.BufferedReader(watched, _BUFFER), encoding="utf-8-sig", newline="")
            yield from _pieces(lines, path.name, separator, ROWS)
            if watched.last not in b"\r\n":
                raise ValueError(
                    f"{path.name}: the last line has no end; the file is cut off, or end it with a new line"
                )
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path.name}: {error.object[error.start : error.start + 1]!r} is not UTF-8; it was saved in "
            "another encoding. Save it as UTF-8"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path.name}: the gzip file is damaged or cut off ({error}); get it again"
        ) from error


class _Watched(io.RawIOBase):
    """Bytes on their way: their number is limited, and NUL is no text."""

    def __init__(self, handle: io.BufferedIOBase, name: str, most: int) -> None:
        self._handle, self._name, self._most, self._count = handle, name, most, 0
        self.last = b"\n"

    def readable(self) -> bool:
        return True

    def readinto(self, target) -> int:
        content = self._handle.read(len(target))
        if b"\0" in content:
            raise ValueError(
                f"{self._name}: byte {self._count + content.index(0)} is NUL; this is no text, or the file "
                "was damaged on the way"
            )
        self._count += len(content)
        if self._count > self._most:
            limit = "LARGEST_IN_PIECES" if self._most == LARGEST_IN_PIECES else "LARGEST_RATIO"
            raise ValueError(
                f"{self._name}: unpacks to more than {self._most / 2**20:.3g} MB ({limit}); this is not the "
                "file meant"
            )
        self.last = content[-1:] or self.last
        target[: len(content)] = content
        return len(content)


class _Lines:
    """Lines on their way: none is longer than allowed, and their characters are counted."""

    def __init__(self, text: io.TextIOBase, name: str) -> None:
        self._text, self._name, self._number, self.characters = text, name, 0, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        self._number += 1
        if len(line) > LONGEST_LINE:
            raise ValueError(
                f"{self._name}, line {self._number}: longer than {LONGEST_LINE} characters (LONGEST_LINE); "
                "are line ends lost, or a quote at the end of a cell?"
            )
        if not line:
            raise StopIteration
        self.characters += len(line)
        return line

    def next_rows(self, reader: Iterator[list[str]], rows: int | None) -> list[list[str]]:
        """So many rows that are not blank, or fewer if they are long."""
        body, start = [], self.characters
        for row in reader:
            if row:
                body.append(row)
            if len(body) == rows or (rows and self.characters - start > LARGEST_PIECE):
                break
        return body


def _pieces(text: io.TextIOBase, name: str, separator: str, rows: int | None) -> Iterator[pd.DataFrame]:
    lines = _Lines(text, name)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        if len(header) <= 2 and header and header[0].lower() in ("sep=", f"sep={separator}"):
            header = [column.strip() for column in next(reader, [])]  # the first line was a spreadsheet's
        _require_header(header, name, separator)
        done = 0
        while body := lines.next_rows(reader, rows):
            yield _frame(header, body, done, name)
            done += len(body)
    except csv.Error as error:
        raise ValueError(
            f"{name}, line {reader.line_num}: not readable as text separated by {separator!r} ({error})"
        ) from error
    if not done:
        raise ValueError(f"{name}: has a header and no rows; fill it, or remove it")


def _frame(header: list[str], body: list[list[str]], done: int, name: str) -> pd.DataFrame:
    width = len(header)
    for number, row in enumerate(body, start=done + 1):
        if len(row) != width:
            raise ValueError(
                f"{name}, row {number}: {len(row)} cells where the header has {width}; is the file cut off, "
                "or are there decimal commas?"
            )
    columns = {
        column: [cell.strip() for cell in cells]
        for column, cells in zip(header, zip(*body, strict=True), strict=True)
    }
    for column, cells in columns.items():
        require_no_formula(cells, range(done + 1, done + len(cells) + 1), column, name)
    index = pd.RangeIndex(done, done + len(body))
    return pd.DataFrame({column: pd.Series(cells, index, dtype="str") for column, cells in columns.items()})


def decoded(content: bytes, name: str, encodings: Sequence[str] = ("utf-8",)) -> str:
    """`content` as text, without a byte-order mark.

    Raises
    ------
    ValueError
        If it is a web page or a file of another kind, holds NUL bytes, or fits none of the encodings.
    """
    if not content.strip():
        raise ValueError(f"{name}: the file is empty; get it again, or remove it")
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


def _require_header(header: list[str], name: str, separator: str) -> None:
    if not header:
        raise ValueError(f"{name}: the first line is empty; a header is expected there")
    for other in (",", ";", "\t"):
        if len(header) == 1 and other != separator and other in header[0]:
            raise ValueError(
                f"{name}: columns are separated by {other!r} where {separator!r} is expected; save it anew"
            )
    if not all(header):
        raise ValueError(f"{name}: column {header.index('') + 1} has no name")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValueError(f"{name}: column {', '.join(twice)} occurs more than once")


def require_no_formula(cells: Sequence[str], rows: Iterable[int], column: str, name: str) -> None:
    """ValueError naming the row of the first cell that a spreadsheet would take for a formula."""
    if not {cell[:1] for cell in cells} & set("=@+-"):
        return
    for row, cell in zip(rows, cells, strict=True):
        if _FORMULA.match(cell):
            raise ValueError(
                f"{name}: column {column}, row {row}: {shown(cell)} is a formula; save the values"
            )
