"""Tables as people keep them: CSV in any usual dialect, Excel (.xlsx, .xls), OpenDocument (.ods) or SPSS.

Separator, encoding and the line of the header are not guessed from counts of characters: the header is the
first line that holds every column the caller needs, and the separator is the one that makes it so. All
cells become text, as in :mod:`analysis.sources.texttable`; numbers of a spreadsheet get the declared decimal
sign, its dates become ISO dates. Blank lines are left out and counted. Of an SPSS file a row is a case, and
the labels of its codes come beside the cells.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from pathlib import Path

import pandas as pd

from analysis.sources.archive import ZIP, read_bytes
from analysis.sources.spss import BEFORE_1970, SIGNATURES, read_spss
from analysis.sources.texttable import LARGEST, decoded, require_no_formula, shown

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252")
_OLE = b"\xd0\xcf\x11\xe0"
_BROKEN = "\0"  # in a cell of no file: text with NUL bytes is refused
_HEADER_WITHIN = 30  # lines: titles and explanations above a table are not longer
_SHOWN = 12
MOST_CELLS = 50_000_000  # between the first cell of a sheet and the last
_SHEET = re.compile(r"(^|/)worksheets/[^/]*\.xml$", re.IGNORECASE)
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})(\d{1,7})["']""")
_CHUNK, _LONGEST_PLACE = 2**20, 64


@dataclass(frozen=True)
class Sheet:
    """One table.

    Attributes
    ----------
    frame : pandas.DataFrame of str
        Under the caller's names; the index is the row in the file or tab as a spreadsheet numbers it.
    names : dict of str to str
        The caller's names to those in the file.
    place : str
        File, and tab where there are several, for messages.
    blank : int
        Rows without any value below the header.
    others : bool
        The header has columns that were not asked for.
    labels : dict of str to dict
        Of an SPSS file what a cell means, by our name and cell.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    place: str
    blank: int
    others: bool = False
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_sheets(
    path: Path,
    columns: Mapping[str, Sequence[str]],
    required: Iterable[str | frozenset[str]],
    *,
    decimal: str = ".",
    tab: str = "",
    name: str = "",
) -> tuple[Sheet, ...]:
    """The tables in `path` that have the columns: one for a text or SPSS file, one a tab for a workbook.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Our name to the names it may have in the file; case, spaces and line breaks do not matter.
    required : iterable of str or frozenset of str
        Our names that must be there; of a set, one of them.
    decimal : str
        Sign in which numbers of a spreadsheet are written out.
    tab : str
        The tab to read; empty reads every tab that has the columns.
    name : str
        Where the names are declared, for the message.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent or damaged, no table has the columns, a column stands there twice or under two
        of its names, a cell holds a formula, or a row is longer than the header.
    """
    required = tuple(required)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    with path.open("rb") as handle:
        start = handle.read(4)
    if start in SIGNATURES:
        return (_of_spss(path, columns, required, decimal, name),)
    sheets, faults = [], []
    for place, tables in _tables(path, start, decimal, tab):
        found = next((one for lines in tables if (one := _found(lines, columns, required, place))), None)
        if found is None:
            faults.append(_absent(tables, columns, required, place))
        else:
            sheets.append(found)
    if not sheets:
        raise ValueError(f"{faults[0]}.{_declared(name)}")
    if all(sheet.frame.empty for sheet in sheets):
        raise ValueError(f"{path.name}: has a header and no rows; fill it, or remove it")
    return tuple(sheets)


def _declared(name: str) -> str:
    return f" Their names are declared in {name}" if name else ""


def _of_spss(path: Path, columns, required, decimal: str, name: str) -> Sheet:
    """The columns asked for of an SPSS file; user-missing values are empty cells."""
    header = list(read_spss(path, ()).columns)
    named = _named(header, columns)
    if _absent_of(named, required):
        raise ValueError(f"{_absent([[(0, header)]], columns, required, path.name)}.{_declared(name)}")
    file = read_spss(path, [header[number] for numbers in named.values() for number in numbers])
    texts, labels = {}, {}
    for column, cells in file.frame.items():
        if column in file.dates:
            cells = pd.to_datetime(cells - BEFORE_1970, unit="s")
        texts[column] = [_cell(None if pd.isna(cell) else cell, decimal) for cell in cells]
        labels[column] = {
            _cell(code, decimal): label.strip() for code, label in file.labels.get(column, {}).items()
        }
    body = [
        (number, [texts[column][number - 1] if column in texts else "" for column in header])
        for number in range(1, len(file.frame) + 1)
    ]
    sheet = _sheet(header, body, named, path.name)
    return replace(sheet, labels={ours: labels[column] for ours, column in sheet.names.items()})


def _tables(
    path: Path, start: bytes, decimal: str, tab: str
) -> list[tuple[str, list[list[tuple[int, list[str]]]]]]:
    """Place, and the ways to read it; of each the numbered lines that are not blank."""
    if start[:2] == ZIP or start == _OLE:
        return [(place, [lines]) for place, lines in _workbook(path, decimal, tab)]
    text = _text(path)
    return [(path.name, [_lines(text, separator, path.name) for separator in SEPARATORS])]


def _text(path: Path) -> str:
    content = read_bytes(path, LARGEST)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # a spreadsheet's "Unicode text"
        try:
            content = content.decode("utf-16").encode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path.name}: neither UTF-8 nor whole UTF-16; save it as UTF-8") from error
    text = decoded(content, path.name, ENCODINGS)
    if not text.endswith(("\n", "\r")):
        raise ValueError(
            f"{path.name}: the last line has no end; the file is cut off, or end it with a new line"
        )
    return text


def _lines(text: str, separator: str, name: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines, first = [], 1
    try:
        for cells in reader:
            lines.append((first, [cell.strip() for cell in cells]))
            first = reader.line_num + 1  # a cell may hold line breaks
    except csv.Error as error:  # says something only if this is the separator
        lines.append((first, [_BROKEN, f"{name}, line {first}: not readable as a table ({error})"]))
    if lines and re.fullmatch(r"sep=.?", lines[0][1][0] if lines[0][1] else "", re.IGNORECASE):
        lines = lines[1:]  # Excel's own word on the separator
    return lines


def _workbook(path: Path, decimal: str, tab: str) -> list[tuple[str, list[tuple[int, list[str]]]]]:
    from python_calamine import CalamineError, CalamineWorkbook  # only who has a spreadsheet needs it

    require_size(path)
    try:
        book = CalamineWorkbook.from_path(path)
        names = book.sheet_names
        if tab and tab not in names:
            raise ValueError(f"{path.name}: there is no tab {tab!r}; there are {', '.join(names)}")
        read = {one: book.get_sheet_by_name(one).to_python(skip_empty_area=False) for one in names
                if one == (tab or one)}  # fmt: skip
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise ValueError(
            f"{path.name}: not a readable spreadsheet ({error}); is it protected by a password, or cut off?"
        ) from error
    return [
        (
            path.name if len(names) == 1 else f"{path.name}, tab {one}",
            [(number, [_cell(cell, decimal) for cell in row]) for number, row in enumerate(rows, start=1)],
        )
        for one, rows in read.items()
    ]


def require_size(path: Path) -> None:
    """Raise ValueError where a spreadsheet unpacks to more than is read, or spans too many cells.

    The library that reads it makes room for every cell between the first and the last, and ends the process
    where there is not as much: one cell in the far corner is enough.
    """
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > LARGEST:
            raise ValueError(
                f"{path.name}: holds more than {LARGEST / 2**20:.0f} MB; this is not the file meant"
            )
        return
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.file_size > LARGEST:
                raise ValueError(
                    f"{path.name}: {info.filename} in it unpacks to more than {LARGEST / 2**20:.0f} MB; this "
                    "is not the file meant"
                )
            if _SHEET.search(info.filename):
                cells = _spanned(archive, info)
                if cells > MOST_CELLS:
                    raise ValueError(
                        f"{path.name}: {info.filename} in it spans {cells:.2g} cells, more than MOST_CELLS = "
                        f"{MOST_CELLS:.2g}; remove what stands far below or far right of the table"
                    )


def _spanned(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """Cells between the first of a sheet and the last row and column named in it; 0 if it cannot be read."""
    before, column, row = b"", 0, 0
    try:
        with archive.open(info) as handle:
            while chunk := handle.read(_CHUNK):
                for letters, number in set(_PLACE.findall(before + chunk)):
                    row = max(row, int(number))
                    column = max(column, reduce(lambda found, letter: 26 * found + letter - 64, letters, 0))
                before = chunk[-_LONGEST_PLACE:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return 0  # whoever reads it says what is wrong
    return row * column


def _cell(value: object, decimal: str) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, float):
        text = f"{value:.15g}" if not value.is_integer() else str(int(value))
        return text.replace(".", decimal)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return "" if value is None else str(value).strip()


def _named(header: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    plain = [_plain(cell) for cell in header]
    return {
        ours: [
            number for number, cell in enumerate(plain) if cell and cell in {_plain(one) for one in theirs}
        ]
        for ours, theirs in columns.items()
    }


def _plain(name: str) -> str:
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def _absent_of(named: Mapping[str, list[int]], required: Iterable[str | frozenset[str]]) -> list[str]:
    alternatives = ({one} if isinstance(one, str) else one for one in required)
    return [
        " or ".join(sorted(names)) for names in alternatives if not any(named.get(name) for name in names)
    ]


def _found(lines, columns, required, place: str) -> Sheet | None:
    for at, (_, header) in enumerate(lines[:_HEADER_WITHIN]):
        named = _named(header, columns)
        if not _absent_of(named, required):
            return _sheet(header, lines[at + 1 :], named, place)
    return None


def _sheet(header: list[str], body, named: Mapping[str, list[int]], place: str) -> Sheet:
    for ours, numbers in named.items():
        if len(numbers) > 1:
            twice = ", ".join(header[number] for number in numbers)
            raise ValueError(f"{place}: {len(numbers)} columns for {ours} ({twice}); keep one")
    if body and body[-1][1][:1] == [_BROKEN]:
        raise ValueError(body[-1][1][1])
    filled = [(number, cells) for number, cells in body if any(cells)]
    width = len(header)
    if width > 1 and filled and all(len(cells) == 1 for _, cells in filled):
        number, cells = filled[0]
        raise ValueError(
            f"{place}, line {number}: one cell ({shown(cells[0])}) where the header has {width}, as in all "
            "rows; are rows separated by another sign than the header? Save it anew"
        )
    for number, cells in filled:
        if any(cells[width:]):
            raise ValueError(
                f"{place}, line {number}: {len(cells)} cells where the header has {width}; are there "
                "separators within a cell?"
            )
        if 1 < len(cells) < width and sum(map(bool, cells)) > 1:
            raise ValueError(
                f"{place}, line {number}: {len(cells)} cells where the header has {width}; is the file cut "
                "off?"
            )
    index = [number for number, _ in filled]
    data = {}
    for ours, numbers in named.items():
        if numbers:
            cells = [(row[numbers[0]] if numbers[0] < len(row) else "") for _, row in filled]
            require_no_formula(cells, index, header[numbers[0]], place)
            data[ours] = pd.Series(cells, index, dtype="str")
    names = {ours: header[numbers[0]] for ours, numbers in named.items() if numbers}
    others = sum(map(bool, header)) > len(names)
    return Sheet(pd.DataFrame(data, index=index), names, place, len(body) - len(filled), others)


def _absent(tables, columns, required, place: str) -> str:
    """What is missing in the line that comes nearest to a header."""
    candidates = [
        (sum(map(bool, _named(cells, columns).values())), len([cell for cell in cells if cell]), cells)
        for lines in tables
        for _, cells in lines[:_HEADER_WITHIN]
    ]
    if not candidates:
        return f"{place}: the table is empty; fill it, or remove the file"
    best = max(candidates, key=lambda one: one[:2])[2]
    absent = _absent_of(_named(best, columns), required)
    wanted = ", ".join(
        f"{ours} ({' or '.join(repr(one) for one in columns.get(ours, ())) or 'no name declared'})"
        for group in absent
        for ours in group.split(" or ")
    )
    has = [cell for cell in best if cell]
    more = ", …" if len(has) > _SHOWN else ""
    return f"{place}: no column for {wanted}; the file has {', '.join(has[:_SHOWN])}{more}"
