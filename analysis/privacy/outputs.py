"""What is published, held against the microdata it was made from: no row of a pupil may stand in it.

A number in a report is close to some pupil's number by chance. Three numbers on one line that all belong to
the same pupil are not: that is a row of microdata, with or without its identifier.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from analysis.design.privacy import PrivacyRule
from analysis.privacy.finding import Finding

_ENGLISH = re.compile(r"(?<![\w.])-?(\d{6,}(\.0+)?|\d+\.\d{2,})(?![\w.])")
_DUTCH = re.compile(r"(?<![\w.,])-?\d+,\d{2,}(?![\w,])")
_WIDEST = 400  # numbers on a line; longer lines are drawings
_PER_MORE = 15  # so many more numbers on a line ask for one more value of the same pupil
_REPLICATE = re.compile(r"(W_FSTR|W_FSTURWT|RWGT|REPWT)\d+", re.IGNORECASE)  # multiples of the weight
_RARE = 5  # rows that share a value; a value of more rows tells nothing about one
_EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+")
_HIDDEN = re.compile(r"<(script|style|svg)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
_ROW_ENDS = re.compile(r"</(tr|p|li|div|h\d)>|<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_FEWEST_VALUES = 20  # a column of fewer different values is a code, not a measurement


@dataclass(frozen=True)
class Microdata:
    """The numeric columns of one file, each sorted, with the rows they come from."""

    file: str
    columns: tuple[tuple[np.ndarray, np.ndarray], ...]

    @classmethod
    def of(cls, file: str, frame: pd.DataFrame) -> Microdata:
        columns = []
        for name in frame.columns:
            if _REPLICATE.fullmatch(str(name)):
                continue
            values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
            known = np.flatnonzero(np.isfinite(values))
            if len(np.unique(values[known])) < _FEWEST_VALUES:
                continue
            order = known[np.argsort(values[known], kind="stable")]
            columns.append((values[order], order))
        return cls(file, tuple(columns))

    def row_in(self, numbers: Iterable[tuple[float, float]], wanted: int) -> int | None:
        """A row with at least `wanted` of `numbers` (value, half its last digit), each in another column."""
        by_number: Counter[int] = Counter()
        by_column: dict[int, set[int]] = {}
        for value, half in numbers:
            rows: set[int] = set()
            for column, (values, order) in enumerate(self.columns):
                low = np.searchsorted(values, value - half, "left")
                high = np.searchsorted(values, value + half, "right")
                if 0 < high - low <= _RARE:
                    for row in order[low:high].tolist():
                        rows.add(row)
                        by_column.setdefault(row, set()).add(column)
            by_number.update(rows)
        for row, count in by_number.most_common():
            if count < wanted:
                return None
            if len(by_column[row]) >= wanted:
                return row
        return None


def read_microdata(paths: Iterable[Path]) -> list[Microdata]:
    """The pupil files among `paths`: SPSS and delimited text; others are passed over."""
    found = []
    for path in sorted(paths):
        if path.suffix.lower() == ".sav":
            frame, _ = pyreadstat.read_sav(str(path), disable_datetime_conversion=True)
        elif path.name.lower().endswith((".csv", ".csv.gz")):
            frame = pd.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
        else:
            continue
        found.append(Microdata.of(path.name, frame))
    return found


def leaked_rows(
    path: str, lines: Iterable[tuple[int, str]], microdata: list[Microdata], rule: PrivacyRule
) -> list[Finding]:
    """Lines of an output on which the values of one pupil stand together."""
    findings = []
    for number, line in lines:
        numbers = _numbers(line)
        if not rule.values_of_one_row <= len(numbers) <= _WIDEST:
            continue
        wanted = rule.values_of_one_row + len(numbers) // _PER_MORE
        for data in microdata:
            if data.row_in(numbers, wanted) is not None:
                findings.append(Finding(path, f"values of one pupil of {data.file} stand together", number))
                break
    return findings


def visible_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines a reader of a notebook, page, PDF or text sees, numbered from 1.

    Raises
    ------
    ValueError
        If a PDF cannot be read for want of a reader, or the file is damaged.
    """
    if path.suffix == ".pdf":
        text = _pdf_text(path)
    elif path.suffix == ".ipynb":
        text = "\n".join(_output_texts(path))
    else:
        text = path.read_text(encoding="utf-8", errors="replace")
        text = _page_text(text) if path.suffix in (".html", ".htm") else text
    yield from enumerate(text.splitlines(), start=1)


def _page_text(page: str) -> str:
    page = _HIDDEN.sub(" ", _EMBEDDED.sub(" ", page))
    rows = _ROW_ENDS.sub("\n\n", page.replace("\r", "").replace("\n", " "))
    return html.unescape(_TAG.sub(" ", rows))


def _output_texts(path: Path) -> Iterator[str]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: no readable notebook ({error})") from error
    for cell in cells:
        for output in cell.get("outputs", []):
            yield _joined(output.get("text", ""))
            for kind, content in output.get("data", {}).items():
                if kind == "text/html":
                    yield _page_text(_joined(content))
                elif kind.startswith("text/"):
                    yield _joined(content)


def _joined(text: object) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _pdf_text(path: Path) -> str:
    try:
        from pypdf import PdfReader
    except ImportError as error:
        raise ValueError(f"{path.name}: not looked at; pip install pypdf to read it") from error
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def _numbers(line: str) -> list[tuple[float, float]]:
    """Numbers precise enough to tell a pupil, each with half a unit of its last digit.

    A comma may part cells or begin decimals; both readings count.
    """
    english = (match[0] for match in _ENGLISH.finditer(line.replace(",", " ")))
    dutch = (match[0].replace(",", ".") for match in _DUTCH.finditer(line))
    found = set()
    for text in itertools.chain(english, dutch):
        decimals = len(text.partition(".")[2])
        found.add((float(text), 0.5 * 10.0**-decimals * (1 + 1e-9)))
    return sorted(found)
