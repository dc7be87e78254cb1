"""The microdata of the data folder, and which lines of other files hold the values of one of their rows.

A number in a report is close to some pupil's number by chance. Values of several columns that all belong to
the same pupil are not: that is a row of microdata, with or without its identifier, whatever the order or the
names of the columns. How rare a value is, is counted in bits; a line is a row when its rarest agreement
exceeds what chance gives among all rows, all choices of numbers on the line, and all lines looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import comb, log2
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.design.privacy import PrivacyRule
from analysis.privacy.codes import Codes, as_codes, sequences
from analysis.privacy.finding import Finding
from analysis.privacy.order import Orders, streams
from analysis.privacy.reading import Table
from analysis.privacy.tables import data_frames

# Numbers as they are written; a unit or a name may stand against one with decimals, or against a long one.
_ENGLISH = re.compile(
    r"(?<![\d.])(?:\d+\.\d+|\d{6,}|(?<![^\W_])\d{3,}(?![^\W_e]))(?:[eE][+-]?\d+(?!\w))?(?!\d|\.\d)"
)
_DUTCH = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[.\u00a0\u2009\u202f'’]\d{3})+|\d+),\d+(?!\d|[.,]\d)")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:([., \u00a0\u2009\u202f'’_])\d{3})(?:\1\d{3})+(?!\d|[.,]\d)")
_NO_DIGIT = re.compile(r"[^\d]")
_POINT = re.compile(r"[.\u00a0\u2009\u202f'’]")
_APART = 3  # lines between neighbours
_FEWEST_DIGITS = 3
_BETWEEN = re.compile(r"\s*[;,\t|<>\"'=\[\]{}()\n]\s*")
_TELLING = re.compile(r"(?=.{4})[^\W\d_]|.{8}")  # a word, or a long code
_WINDOW = 60  # numbers compared together; of a longer line every window, half overlapping
_MARGIN = 20  # bits beyond the number of rows: one line in a million by chance
_REPLICATE = re.compile(r"(W_FSTR|W_FSTURWT|RWGT|REPWT)\d+", re.IGNORECASE)  # multiples of the weight
_FEWEST_VALUES = 20  # a column of fewer different values is a code, not a measurement
_SHARED = 5  # rows that share a value, or one in 400 of a large file; more tell nothing about one
_PAIR = 10  # bits by which what two columns say of one pupil exceeds chance: one in a thousand lines
_UNLIKELY = 1e-3  # chance that a number of as many digits is one of a column's
_COARSE = 100  # of how wide a column lies: a last digit that is larger tells nothing
_BATCH = 200_000  # numbers compared at a time
# Other readings of a number than as it is written: percent against fraction, without its point, from behind.
_FACTORS = (1.0, 100.0, 0.01, 10.0, 0.1, 1000.0, 0.001)
_ANOTHER = 3.0  # bits that the choice of a reading costs
_OTHERWISE = 6.0  # bits that a number read otherwise must tell
_HEX = re.compile(r"(?<![^\W_])(?:0[xX])?(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{5,16}(?![^\W_])", re.IGNORECASE)


@dataclass(frozen=True)
class Microdata:
    """One file.

    Attributes
    ----------
    columns : tuple of (values, rows, spread, step)
        Of each numeric column its values sorted, the rows they come from, how wide it lies, and the least
        difference between two of its values: a number that is one of whole numbers tells no more digits.
    words : frozenset of str
        Texts that are of one row each in a column where most are: names, addresses, identifiers.
    codes : Codes
        Runs of answers that are of one row, or of one column, alone.
    orders : Orders
        Stretches of the columns, by the order of their values.
    """

    file: str
    rows: int
    columns: tuple[tuple[np.ndarray, np.ndarray, float, float], ...]
    words: frozenset[str] = frozenset()
    codes: Codes = field(default_factory=lambda: Codes({}))
    orders: Orders = field(default_factory=lambda: Orders.of([]))

    @classmethod
    def of(cls, file: str, frame: pd.DataFrame, known: frozenset[str] = frozenset()) -> Microdata:
        """From a table; `known` are texts that tell no person, such as names of places."""
        columns, words, codes, measured = [], set(), [], []
        for place, name in enumerate(frame.columns):
            if _REPLICATE.fullmatch(str(name)):
                continue
            column = frame.iloc[:, place]
            values = _numeric(column)
            finite = np.flatnonzero(np.isfinite(values))
            different = len(np.unique(values[finite]))
            if len(finite) < len(column) / 2 and not pd.api.types.is_numeric_dtype(column):
                words |= _identifying(column, known)
            elif different >= _FEWEST_VALUES:
                order = finite[np.argsort(values[finite], kind="stable")]
                inner = np.diff(np.quantile(values[order], [0.25, 0.75]))[0]
                spread = inner if inner > 0 else values[order[-1]] - values[order[0]]
                step = np.diff(np.unique(values[order])).min()
                columns.append((values[order], order, float(spread), float(step)))
                measured.append(values)
            elif as_codes(values):
                codes.append(values)
        return cls(file, len(frame), tuple(columns), frozenset(words), Codes.of(codes), Orders.of(measured))


def _numeric(column: pd.Series) -> np.ndarray:
    values = pd.to_numeric(column, errors="coerce")
    if values.notna().sum() < len(column) / 2 and not pd.api.types.is_numeric_dtype(column):
        values = pd.to_numeric(
            column.astype(str).str.replace(".", "", regex=False).str.replace(",", ".", regex=False),
            errors="coerce",
        )
    return values.to_numpy(dtype=float)


def _identifying(column: pd.Series, known: frozenset[str]) -> set[str]:
    texts = column.dropna().astype(str).map(_plain)
    texts = texts[texts.str.contains(_TELLING)]
    found = set(texts)
    if len(found) < max(_FEWEST_VALUES, 0.8 * len(texts)) or len(found & known) > len(found) / 3:
        return set()
    return found - known


def _plain(text: str) -> str:
    return " ".join(text.split()).strip("'").casefold()


def read_microdata(
    paths: Iterable[Path], known: frozenset[str] = frozenset()
) -> tuple[list[Microdata], list[str]]:
    """What is in the files, and which of them could not be read."""
    found, unread = [], []
    for path in sorted(paths):
        try:
            frames = data_frames(path)
        except ValueError as error:
            unread.append(str(error))
            continue
        found += [Microdata.of(path.name, frame, known) for frame in frames if len(frame)]
    return [data for data in found if data.columns or data.words or data.codes.runs], unread


@dataclass
class Matcher:
    """Takes the lines of files one by one, and says at the end which hold microdata."""

    microdata: list[Microdata]
    rule: PrivacyRule
    _found: list[Finding] = field(default_factory=list)
    # Value and last digit as written, and as read from behind: place and number of digits.
    _numbers: dict[tuple[float, ...], tuple[int, int]] = field(default_factory=dict)
    _tokens: dict[str, int] = field(default_factory=dict)  # as written: place in the above, -1 for none
    _held: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)  # records, tokens
    _places: list[tuple[str, int | None, str]] = field(default_factory=list)  # path, line, inside
    _count: int = 0
    _weaker: list[Finding] = field(default_factory=list)  # told where there is nothing clearer

    def add(
        self,
        path: str,
        lines: Sequence[tuple[int | None, str]],
        inside: str = "",
        tables: Sequence[Table] = (),
        drawn: str = "",
    ) -> None:
        """Compare `lines`, `tables` and what is `drawn` of one file, or of what is `inside` it."""
        if not self.microdata or not lines:
            return
        text = "\n".join(line for _, line in lines)
        self._words(path, text, inside)
        self._coded(path, lines, tables, inside)
        for numbers in (text, drawn):
            self._ordered(path, numbers, inside)
        starts = np.cumsum([0] + [len(line) + 1 for _, line in lines[:-1]])
        places, tokens = self._tokenised(text)
        line = np.searchsorted(starts, places, "right") - 1
        told = [(path, number, inside) for number, _ in lines]
        self._hold(told, line, tokens)
        # Values under each other: neighbouring lines of one or two numbers are also one line.
        few = np.bincount(line, minlength=len(lines))[line] < self.rule.values_of_one_row
        stretch = np.cumsum(np.r_[0, np.diff(line) > _APART] + ~few)[few] if len(line) else line
        first, stretch = np.unique(stretch, return_index=True, return_inverse=True)[1:]
        self._hold([told[one] for one in line[few][first]], stretch, tokens[few])
        if self._count > _BATCH:
            self._compare()

    def findings(self) -> list[Finding]:
        """All that was found."""
        self._compare()
        said = {finding.path for finding in self._found}
        return [*self._found, *(finding for finding in self._weaker if finding.path not in said)]

    def _words(self, path: str, text: str, inside: str) -> None:
        if not any(data.words for data in self.microdata):
            return
        pieces = set(_BETWEEN.split(text.casefold()))
        for data in self.microdata:
            if (count := len(pieces & data.words)) >= self.rule.values_of_one_column:
                self._say((path, None, inside), f"{count} texts of single persons of {data.file}")

    def _coded(self, path: str, lines: Sequence, tables: Sequence[Table], inside: str) -> None:
        """Three pupils whose answers stand here are no chance; one may be."""
        coded = [data for data in self.microdata if data.codes.runs]
        shortest = min((min(data.codes.runs) for data in coded), default=0)
        found = sequences((line for _, line in lines), tables, shortest) if coded else []
        for data in coded if found else ():
            if (count := len(data.codes.owners(found))) >= self.rule.values_of_one_row:
                self._say(
                    (path, None, inside), f"answers of {count} pupils of {data.file}, or of one question"
                )

    def _ordered(self, path: str, text: str, inside: str) -> None:
        ordered = [data for data in self.microdata if len(data.orders.steps)]
        columns = list(streams(text)) if ordered else []
        for data in ordered if columns else ():
            if data.orders.found(columns) >= self.rule.values_of_one_row:
                where = f"{inside}: " if inside else ""
                said = f"{where}numbers in the order of the pupils of {data.file}"
                self._weaker.append(Finding(path, said))

    def _say(self, place: tuple[str, int | None, str], said: str) -> None:
        path, line, inside = place
        self._found.append(Finding(path, f"{inside}: {said}" if inside else said, None if inside else line))

    def _tokenised(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Places of numbers in `text`, and which they are. A comma may part cells or begin decimals."""
        places, tokens = [], []
        for pattern, read in (
            (_ENGLISH, text.replace(",", " ")),
            (_DUTCH, text),
            (_GROUPED, text),
            (_HEX, text),
        ):
            for match in pattern.finditer(read):
                start, written = match.start(), match[0]
                if pattern is _HEX:
                    written = str(int(written, 16))
                elif pattern is _GROUPED:
                    written = _NO_DIGIT.sub("", written)
                if read[start - 1 : start] == "-" and not read[max(start - 2, 0) : start - 1].isalnum():
                    written = "-" + written
                token = self._tokens.get(written)
                if token is None:
                    token = self._tokens[written] = self._number(written, pattern is _DUTCH)
                if token >= 0:
                    places.append(start)
                    tokens.append(token)
        order = np.argsort(np.array(places, dtype=int), kind="stable")
        return np.array(places, dtype=int)[order], np.array(tokens, dtype=int)[order]

    def _number(self, written: str, dutch: bool) -> int:
        plain = _POINT.sub("", written).replace(",", ".") if dutch else written.lower()
        mantissa, _, power = plain.partition("e")
        whole, _, decimals = mantissa.lstrip("-").partition(".")
        digits = len((whole + decimals.rstrip("0")).lstrip("0"))
        if not _FEWEST_DIGITS <= digits <= 40 or abs(int(power or 0)) > 300:
            return -1
        key = (float(plain), 10.0 ** (int(power or 0) - len(decimals)))
        from_behind = key
        if not power and not plain.endswith("0"):
            behind = mantissa.lstrip("-")[::-1]
            from_behind = (float(behind), 10.0 ** -len(behind.partition(".")[2]))
        key = (*key, *from_behind)
        return self._numbers.setdefault(key, (len(self._numbers), digits))[0]

    def _hold(self, places: list[tuple[str, int | None, str]], line: np.ndarray, token: np.ndarray) -> None:
        """Keep as records: lines, or overlapping windows of a long one. A number counts once in each."""
        if not len(line):
            return
        keep = np.sort(np.unique(np.column_stack([line, token]), axis=0, return_index=True)[1])
        line, token = line[keep], token[keep]
        first = np.searchsorted(line, line, "left")
        count = np.searchsorted(line, line, "right") - first
        half = _WINDOW // 2
        window = np.where(count > _WINDOW, (np.arange(len(line)) - first) // half, 0)
        again = (count > _WINDOW) & (window > 0)
        keys = np.column_stack([np.r_[line, line[again]], np.r_[window, window[again] - 1]])
        unique, record = np.unique(keys, axis=0, return_inverse=True)
        self._held.append((record.ravel() + len(self._places), np.r_[token, token[again]]))
        self._places += [places[one] for one in unique[:, 0]]
        self._count += len(record)

    def _compare(self) -> None:
        if not self._held:
            return
        records, token = (np.concatenate(part) for part in zip(*self._held, strict=True))
        everything = np.array(list(self._numbers)).view(complex)  # as written, and from behind
        every_digit = np.array([digits for _, digits in self._numbers.values()])
        present, token = np.unique(token, return_inverse=True)
        order = np.argsort(everything[present, 0].real, kind="stable")  # sorted queries are quick
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        (unique, behind), digits, token = (
            everything[present][order].T,
            every_digit[present][order],
            rank[token],
        )
        readings = [*(unique * factor for factor in _FACTORS), behind]
        counts = np.bincount(records, minlength=len(self._places))
        instances = np.argsort(token, kind="stable")
        starts = np.searchsorted(token[instances], np.arange(len(unique) + 1))
        grouped = records[instances], starts[:-1], np.diff(starts)
        paths = list(dict.fromkeys(path for path, _, _ in self._places))
        number = {path: place for place, path in enumerate(paths)}
        path_of_record = np.array([number[path] for path, _, _ in self._places])
        in_path = np.unique(np.column_stack([path_of_record[records], token]), axis=0)
        for data in self.microdata:
            hits = [
                _hits(column, number, data.rows, reading, grouped, _ANOTHER if way else 0.0)
                for way, reading in enumerate(readings)
                for number, column in enumerate(data.columns)
            ]
            self._rows(data, [hit for hit in hits if len(hit[0])], counts)
            for reading in (unique, behind):
                self._columns(data, reading, digits, in_path[:, 0], in_path[:, 1], paths)
        self._held, self._places, self._count, self._numbers, self._tokens = [], [], 0, {}, {}

    def _rows(self, data: Microdata, hits: list, counts: np.ndarray) -> None:
        if not hits:
            return
        record, row, token, column, bits = (np.concatenate(part) for part in zip(*hits, strict=True))
        key = record * data.rows + row
        _, group, size = np.unique(key, return_inverse=True, return_counts=True)
        wanted = self.rule.values_of_one_row
        known = log2(data.rows) + _choices(counts[record], np.minimum(size[group], 2))
        enough = np.bincount(group, bits)[group] >= known + _PAIR
        keep = np.flatnonzero((size[group] >= 2) & enough)
        keep = keep[np.lexsort((-bits[keep], key[keep]))]
        reported: set[int] = set()
        pairs: dict[tuple[str, str], dict[int, int]] = {}  # by place: pupil and record
        for part in np.split(keep, np.flatnonzero(np.diff(key[keep])) + 1) if len(keep) else ():
            here = record[part[0]]
            if here in reported:
                continue
            tokens, columns, total, count = set(), set(), 0.0, 0
            for one in part:  # the rarest first; a number counts once, and so does a column
                if token[one] in tokens or column[one] in columns:
                    continue
                tokens.add(token[one])
                columns.add(column[one])
                total += bits[one]
                count += 1
                beyond = total - log2(data.rows) - log2(comb(int(max(counts[here], count)), count))
                if count >= wanted and beyond >= _MARGIN:
                    self._say(self._places[here], f"values of one pupil of {data.file} stand together")
                    reported.add(here)
                    break
                if count >= 2 and beyond >= _PAIR:
                    path, _, inside = self._places[here]
                    pairs.setdefault((path, inside), {}).setdefault(int(row[part[0]]), here)
        self._pairs(data, pairs)

    def _pairs(self, data: Microdata, pairs: dict[tuple[str, str], dict[int, int]]) -> None:
        """Two values of one pupil on a line say little; of many pupils on as many lines they are a table."""
        records = Counter((path, inside) for path, _, inside in self._places)
        said = {finding.path for finding in self._found}
        for place, pupils in pairs.items():
            lines = len(set(pupils.values()))
            if place[0] not in said and lines >= self.rule.values_of_one_column + records[place] / 2**7:
                first = min(pupils.values())
                self._say(self._places[first], f"pairs of values of {lines} pupils of {data.file}")

    def _columns(self, data: Microdata, unique, digits, path_of, token_of, paths: list[str]) -> None:
        """Many values of one column in one file, more than chance gives: identifiers, or scores."""
        for values, _, spread, _ in data.columns:
            different = len(np.unique(values))
            by_digits = different / (9 * 10.0 ** (digits - 1))
            inside = (unique.real >= values[0]) & (unique.real <= values[-1])
            by_density = np.where(inside, np.minimum(different * 0.54 * unique.imag / spread, 1.0), 0.0)
            chance = np.where(by_digits <= _UNLIKELY, np.minimum(10 * by_digits, by_density), 0.0)
            low, high = _windows(values, unique)
            hit = (high > low) & (by_digits <= _UNLIKELY) & (unique.imag < spread / _COARSE)
            found = np.bincount(path_of, weights=hit[token_of], minlength=len(paths))
            expected = np.bincount(path_of, weights=chance[token_of], minlength=len(paths))
            reported = {finding.path for finding in self._found}
            for one in np.flatnonzero((found >= self.rule.values_of_one_column) & (found > 3 * expected)):
                if paths[one] not in reported:
                    said = f"{found[one]:.0f} values of single persons in one column of {data.file}"
                    self._found.append(Finding(paths[one], said))


def _choices(count: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Bits of the choice of one or two out of `count`."""
    return np.where(taken < 2, np.log2(np.maximum(count, 1)), np.log2(np.maximum(count * (count - 1) / 2, 1)))


def _windows(values: np.ndarray, unique: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the sorted `values` would be written as each of `unique` (the number, and its last digit)."""
    half = 0.5 * unique.imag * (1 + 1e-9) + 1e-12 * np.abs(unique.real)
    low = np.searchsorted(values, unique.real - half, "left")
    return low, np.searchsorted(values, unique.real + half, "right")


def _hits(column, number, rows, reading, grouped, cost):
    """Record, row, number and bits of every number that few rows share in this column."""
    values, order, spread, step = column
    records, starts, times = grouped
    low, high = _windows(values, reading)
    shared = high - low
    good = np.flatnonzero((shared > 0) & (shared <= max(_SHARED, rows // 400)))
    # A normal column has density .54 over its interquartile range at most.
    likely = np.maximum(0.54 * np.maximum(reading[good].imag, step) / spread, (shared[good] - 1) / rows)
    bits = -np.log2(np.clip(likely, 2.0**-24, 1.0)) - cost
    telling = bits >= (_OTHERWISE if cost else 2)
    good, bits = good[telling], bits[telling]
    pairs = times[good] * shared[good]  # every place where the number stands with every row that has it
    one = np.repeat(np.arange(len(good)), pairs)
    within = np.arange(len(one)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    token = good[one]
    record = records[starts[token] + within // shared[token]]
    row = order[low[token] + within % shared[token]]
    return record, row, token, np.full(len(record), number), bits[one]
