"""The numbers of a figure, folded under it in the page: a table, and the same as a CSV file to keep.

The block is HTML, written here and escaped here, so that it needs no number among the tables and stays out of
the PDF. It needs no script and no network: the file stands in the link itself.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import re
import zipfile
from collections.abc import Sequence

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import SYNTHETIC_CAPTION
from analysis.release.spreadsheet import safe_cells

KIND_COLUMN = "soort gegevens"
MAX_ROWS = 100  # more than that is for a spreadsheet
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the least a zip can hold
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_EMPTY = "geen"
_RIGHT = ' style="text-align: right;"'
# Quarto starts a process for every raw table to look for what it can restyle.
_NO_PROCESSING = "<!--| quarto-html-table-processing: none -->"


def twin_markdown(id: str, caption: str, kind: DataKind, cells: Sequence[Sequence[str]]) -> str:
    """A folded block with the numbers under figure `id`.

    Parameters
    ----------
    id, caption : str
        Of the figure.
    kind : DataKind
        Stands in the block and in a column of the file.
    cells : sequence of sequence of str
        Header and rows as released: numbers with a decimal point.
    """
    count = len(cells) - 1
    table = _table(cells, f"Cijfers bij: {first_sentence(caption)} ({id})") if count <= MAX_ROWS else ""
    name, medium, content = f"{id}.csv", "text/csv;charset=utf-8", with_kind(cells, kind).encode("utf-8")
    remarks = [f"Soort gegevens: {kind.dutch}."]
    if kind is DataKind.SYNTHETIC:
        remarks.append(SYNTHETIC_CAPTION)
    if not table:
        content, name, medium = _zipped(name, content), f"{id}.zip", "application/zip"
        remarks.append(f"De {dutch.number(count)} regels staan alleen in het bestand.")
    file = base64.b64encode(content).decode("ascii")
    link = f'<a download="{name}" href="data:{medium};base64,{file}">Bewaar {name}</a>'
    return "\n".join(
        [
            "```{=html}",
            _NO_PROCESSING,
            f'<details class="cijfers" id="cijfers-{id}">',
            "<summary>Cijfers bij deze figuur</summary>",
            f"<p>{html.escape(' '.join(remarks))} {link}</p>",
            *([table] if table else []),
            "</details>",
            "```\n",
        ]
    )


def with_kind(cells: Sequence[Sequence[str]], kind: DataKind) -> str:
    """CSV text of `cells` with a last column that says the kind, which so goes where the file goes.

    Text that a spreadsheet would run is neutralised; a control character raises ValueError.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header, *rows = cells
    writer.writerow(safe_cells([*header, KIND_COLUMN], "header"))
    for number, row in enumerate(rows, start=1):
        writer.writerow(safe_cells([*row, kind.dutch], f"row {number}"))
    return text.getvalue()


def readable(cells: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[bool]]:
    """Rows as a Dutch reader writes them, and which columns hold numbers."""
    header, *rows = cells
    columns = [[row[place] for row in rows] for place in range(len(header))]
    numeric = [any(column) and all(_NUMBER.fullmatch(cell) for cell in column if cell) for column in columns]
    printed = [
        _numbers(column) if number else [cell or _EMPTY for cell in column]
        for column, number in zip(columns, numeric, strict=True)
    ]
    return [list(row) for row in zip(*printed, strict=True)], numeric


def _numbers(column: Sequence[str]) -> list[str]:
    """Years without a point; else whole numbers, or as many decimals as are there and the largest needs."""
    values = [float(cell) for cell in column if cell]
    if all(value.is_integer() for value in values):
        years = all(1900 <= value <= 2100 for value in values)
        return [
            _EMPTY if not cell else str(int(float(cell))) if years else dutch.number(float(cell))
            for cell in column
        ]
    largest = max(map(abs, values))
    most = 3 if largest < 1 else 2 if largest < 10 else 1
    decimals = min(most, max(len(cell.partition(".")[2]) for cell in column))
    return [dutch.number(float(cell), decimals) if cell else _EMPTY for cell in column]


def _table(cells: Sequence[Sequence[str]], label: str) -> str:
    """Like those of reports/filters/tabellen.lua: headings of rows, and cards on a narrow screen."""
    rows, numeric = readable(cells)
    names = [html.escape(name) for name in cells[0]]
    sides = [_RIGHT if number else "" for number in numeric]

    def line(row: Sequence[str]) -> str:
        first, *others = (html.escape(text) for text in row)
        told = (
            f'<td data-label="{name}"{side}>{text}</td>'
            for name, side, text in zip(names[1:], sides[1:], others, strict=True)
        )
        return f'<tr><th scope="row"{sides[0]}>{first}</th>{"".join(told)}</tr>'

    head = "".join(f'<th scope="col"{side}>{name}</th>' for name, side in zip(names, sides, strict=True))
    body = "\n".join(map(line, rows))
    return (
        f'<div class="{_card_class(len(names))}">\n<table aria-label="{html.escape(label)}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _card_class(columns: int) -> str:
    """By the number of columns, because these cells are short: three fit on a phone, six on half a screen."""
    return "tabelvenster" + " kaarten" * (columns > 3) + " breed" * (columns > 6)


def _zipped(name: str, content: bytes) -> bytes:
    """A zip with one file, the same bytes at every run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name, ZIP_DATE)
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, content)
    return buffer.getvalue()


def first_sentence(caption: str) -> str:
    """The part of a caption that names what is shown, without its point."""
    told = " ".join(caption.split())
    name = re.split(r"(?<=[.:])\s", told, maxsplit=1)[0].rstrip(".:")
    return name if " " in name else re.split(r"(?<=\.)\s", told, maxsplit=1)[0].rstrip(".")
