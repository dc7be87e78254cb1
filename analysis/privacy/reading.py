"""A text as its records: the lines a matcher compares, and the tables whose columns are judged.

One person's values stand together in a line, a row of a page, an object of JSON, or at the same place of
several lists; whichever it is, it comes out as one line of text.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby, zip_longest

SEPARATORS = (",", ";", "\t", "|")
_FEWEST = 2  # rows below a header
_MARKUP = re.compile(
    r"<(?:(?:!doctype|html|head|svg|table|body|div|figure|p|ul|ol|pre|span|section|h\d|img|a|details)\b|!--|\?xml)",
    re.IGNORECASE,
)
_WRITTEN = (".py", ".qmd", ".md", ".toml", ".typ", ".lua", ".css", ".bib", ".lock", ".yml")  # holds no markup
_BLOCKS = frozenset(
    {
        "tr", "p", "li", "div", "h1", "h2", "h3", "h4", "h5", "h6", "br", "dt", "dd", "section",
        "figcaption", "text", "title", "desc", "option", "w:p", "a:p", "text:p",
    }
)  # fmt: skip
_DRAWING = frozenset(
    {"script", "style", "path", "polyline", "polygon"}
)  # their content is no text of the page
# Attributes of a drawing's geometry: numbers that nobody measured, but their order may be that of pupils.
_GEOMETRY = frozenset(
    {
        "d", "points", "transform", "viewbox", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r",
        "rx", "ry", "width", "height", "gradienttransform", "stroke-width", "offset",
    }
)  # fmt: skip
_DRAWN = re.compile(rf"""(?<=\s)(?:{"|".join(sorted(_GEOMETRY))})\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
_PICTURE = re.compile(r";base64,[\w+/=]+")
_LONGEST_COLUMN = 120  # rows of a table whose columns may be persons
_WIDEST = 6  # columns of a table that may hold one value a row
_FEWEST_SHARED = 3  # rows of one person, in such a table
_LIST = re.compile(r"[\[(]([^\[\](){}]+)[\])]")
_LONG = 40  # characters of a string in JSON that may hold a text of its own


@dataclass
class Table:
    """Names of columns as written, and the rows below; `line` of the header where it has one."""

    names: list[str]
    rows: list[list[str]]
    line: int | None = None
    form: str = "lines"


@dataclass
class Reading:
    """What a text holds; `drawn` is the geometry of its drawings, one after the other."""

    lines: list[tuple[int | None, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    drawn: str = ""


def across(tables: Iterable[Table]) -> Iterator[str]:
    """Lines that a table holds in another direction.

    One person may be a column of it, or the rows that share a cell: one row a value.
    """
    for table in tables:
        rows = [table.names, *table.rows]
        if len(rows) <= _LONGEST_COLUMN:
            yield from map(" ; ".join, zip_longest(*rows, fillvalue=""))
        for place in range(len(table.names)) if len(table.names) <= _WIDEST else ():
            groups: dict[str, list[str]] = {}
            for row in table.rows:
                if place < len(row):
                    groups.setdefault(row[place], []).append(" ; ".join(row[:place] + row[place + 1 :]))
            if 2 <= len(groups) <= len(table.rows) / _FEWEST_SHARED:
                yield from map(" ; ".join, groups.values())


def read(name: str, text: str) -> Reading:
    """The records and tables of `text`; `name` tells only what is no markup."""
    if text.lstrip()[:1] in ("{", "[") and not name.endswith(_WRITTEN):
        try:
            return _json(json.loads(text))
        except (ValueError, RecursionError):
            pass  # lines of JSON, or something else that begins so
    if not name.endswith(_WRITTEN) and _MARKUP.search(text, 0, 4096):
        return _markup(text)
    reading = Reading(list(enumerate(text.splitlines(), start=1)))
    reading.tables += _delimited([line for _, line in reading.lines])
    reading.tables += _json_lines(reading.lines)
    for table in _lists(text):
        reading.tables.append(table)
        reading.lines += [(None, " ; ".join(row)) for row in table.rows]
    if name.endswith(".md") and "<table" in text.lower():
        reading.tables += _markup(text).tables
    return reading


def _delimited(lines: list[str]) -> Iterator[Table]:
    """Runs of lines that a separator parts in as many cells.

    Of cells parted by blanks the line above may have one less: no name above the labels of rows.
    """
    for separator in (*SEPARATORS, None):
        counts = [len(line.split()) if separator is None else line.count(separator) + 1 for line in lines]
        start = 0
        for end in range(1, len(lines) + 1):
            if end < len(lines) and _same_table(counts, start, end, lines[end], separator):
                continue
            if counts[start] >= 2 and end - start > _FEWEST - (separator is not None):
                header = start
                if separator is None and start and 2 <= counts[start - 1] == counts[start] - 1:
                    header = start - 1  # no name above the row labels
                rows = [_cells(line, separator) for line in lines[header:end]]
                names = [""] * (header < start) + rows[0]
                if sum(map(bool, names)) > 1:
                    yield Table(names, rows[1:], header + 1)
            start = end


def _same_table(counts: list[int], start: int, end: int, line: str, separator: str | None) -> bool:
    """A quoted cell may hold the separator too."""
    return counts[end] == counts[start] or (
        separator is not None and counts[end] > counts[start] >= 2 and '"' in line
    )


def _cells(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return [cell.strip() for cell in line.split(separator)]


def _lists(text: str) -> Iterator[Table]:
    """Lists of a programme that are as long as the one before: columns beside each other."""
    lists = [match[1].split(",") for match in _LIST.finditer(text) if match[1].count(",") >= _FEWEST]
    for _, group in groupby(lists, key=len):
        columns = [[cell.strip() for cell in cells] for cells in group]
        if len(columns) > 1 and len(columns) < len(columns[0]):  # the others are rows, and lines already
            yield Table([""] * len(columns), list(map(list, zip(*columns, strict=True))), form="records")


# --- JSON ---


def _json_lines(lines: list[tuple[int | None, str]]) -> list[Table]:
    objects = []
    for _, line in lines:
        if line.startswith("{") and line.rstrip().endswith(("}", "},")):
            try:
                objects.append(json.loads(line.rstrip().rstrip(",")))
            except (ValueError, RecursionError):
                continue
    return _json(objects).tables if len(objects) >= _FEWEST else []


def _json(content: object) -> Reading:
    reading = Reading()
    stack = [content]
    while stack:
        item = stack.pop()
        values = list(item.values()) if isinstance(item, dict) else item
        if table := _records(item):
            reading.tables.append(table)
            reading.lines += [(None, " ; ".join(row)) for row in table.rows]
        flat = [str(value) for value in values if isinstance(value, int | float | str)]
        if all(isinstance(value, str) for value in values) and isinstance(item, list):
            reading_of_text(reading, "".join(flat) if any("\n" in one for one in flat) else "\n".join(flat))
        else:
            reading.lines += [(None, " ; ".join(flat))] if flat else []
            for one in flat:
                if len(one) > _LONG and "\n" in one:
                    reading_of_text(reading, one)
        stack += [value for value in values if isinstance(value, dict | list)]
    return reading


def reading_of_text(reading: Reading, text: str) -> None:
    """Add what stands in a string of JSON."""
    inner = read("", text)
    reading.lines += [(None, line) for _, line in inner.lines]
    for table in inner.tables:
        table.line = None
    reading.tables += inner.tables


def _records(item: dict | list) -> Table | None:
    """A list of objects, or columns beside each other: of lists, or of objects by the same keys."""
    if isinstance(item, list):
        objects = [one for one in item if isinstance(one, dict)]
        if len(objects) < _FEWEST:
            return None
        names = list(dict.fromkeys(key for one in objects for key in one))
        rows = [[str(one.get(name, "")) for name in names] for one in objects]
        return Table([str(name) for name in names], rows, form="records")
    columns = {
        str(name): list(value.values()) if isinstance(value, dict) else value
        for name, value in item.items()
        if isinstance(value, dict | list)
    }
    lengths = {len(column) for column in columns.values()}
    if len(columns) < 2 or len(lengths) != 1 or max(lengths) < _FEWEST:
        return None
    rows = [list(map(str, row)) for row in zip(*columns.values(), strict=True)]
    return Table(list(columns), rows, form="records")


# --- pages and drawings ---


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.reading = Reading()
        self.words: list[str] = []
        self.hidden: list[str] = []
        self.rows: list[list[str]] = []
        self.row: list[str] | None = None
        self.in_drawing = 0

    def flush(self) -> None:
        joined = {
            " ".join(between.join(self.words).split()): None for between in (" ", "")
        }  # as parts, as one
        self.reading.lines += [(self.getpos()[0], line) for line in joined if line]
        self.words = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.flush()
        if tag == "table":
            self.finish_table()
        elif tag == "tr":
            self.row = []
            self.rows.append(self.row)
        elif tag in ("td", "th") and self.row is not None:
            self.row.append("")
        values = [value for name, value in attrs if value and name not in _GEOMETRY]
        texts = [value for value in values if "\n" in value or value.lstrip()[:1] in ("{", "[")]
        self.hidden += [*texts, " ; ".join(value for value in values if value not in texts)]
        if tag in _DRAWING:
            self.in_drawing += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _DRAWING:
            self.in_drawing = max(self.in_drawing - 1, 0)
        elif tag in _BLOCKS:
            self.flush()
            if tag == "tr":
                self.row = None
        elif tag == "table":
            self.finish_table()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self.in_drawing:
            if self.lasttag == "script":
                self.hidden.append(data)
            return
        self.words.append(data)
        if self.row:
            self.row[-1] += data.strip()

    def handle_comment(self, data: str) -> None:
        self.hidden.append(data)

    def unknown_decl(self, data: str) -> None:  # CDATA
        self.hidden.append(data)

    def finish_table(self) -> None:
        rows = [row for row in self.rows if row]
        if len(rows) > _FEWEST:
            self.reading.tables.append(Table(rows[0], rows[1:], form="HTML"))
        self.rows = []


def _markup(source: str) -> Reading:
    """What a page shows, and what it holds without showing: comments, alternative texts, data of scripts.

    Its source is read as text besides, but for what draws: a style, an address or a broken tag may hold
    values.
    """
    page = _Page()
    page.feed(source)
    page.close()
    page.flush()
    page.finish_table()
    for hidden in page.hidden:
        text = html.unescape(hidden)
        if text.count("\n") or text.lstrip()[:1] in ("{", "["):
            reading_of_text(page.reading, text)
        else:
            page.reading.lines.append((None, text))
    source = _PICTURE.sub(" ", source)
    page.reading.drawn = "\n".join(_DRAWN.findall(source))
    page.reading.lines += enumerate(_DRAWN.sub(" ", source).splitlines(), start=1)
    return page.reading
