"""Answers to a questionnaire are codes of one digit or two: one tells no pupil, many after each other do.

A run of answers of one pupil, in the order of the columns or against it, tells as much as the answers are
varied. So does a run of one column, in the order of the pupils. What is compared is which answers of a run
are alike: that stays the same when they are written as letters, as words or as other numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, factorial, log2

import numpy as np

from analysis.privacy.reading import Table

_MARGIN = 20  # bits beyond the number of runs that are kept
_FEWEST_VALUES = 3  # different answers in a run, where the questions have as many
_MOST_VALUES = 12  # more are no answers to one question
_CHANGES = 0.25  # of the answers in a run that differ from the one before: a school of girls is no run
_NEARLY = 0.9  # of the bits wanted, where the columns of a run tell less than others
_LEAST_BITS = 0.5  # of an answer in a column of which runs are kept
_STEP = 10  # lengths of runs of columns, so that there are few
_MOST_ANSWERS = 2_000_000  # of a file; of a larger one the first pupils are kept
_AT_ONCE = 20_000  # runs compared
_CODE = re.compile(r"\n|(?<![\d.])\d{1,2}(?:\.0+)?(?![\d.])")
_UNPARTED = re.compile(r"\S{12,}")  # answers that nothing parts
_WEIGHTS = np.random.default_rng(1).integers(1, 2**63, 4096, dtype=np.uint64)


@dataclass(frozen=True)
class Codes:
    """Runs of the answers in a file, either way, by their length: their patterns, sorted, and whose each is.

    An owner is -1 where several have the same.
    """

    runs: dict[int, tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, columns: Sequence[np.ndarray]) -> Codes:
        """From `columns` of whole numbers from 0 to 99, one pupil at each place; NaN is no answer."""
        if not columns:
            return cls({})
        table = np.column_stack(columns)[: max(1, _MOST_ANSWERS // len(columns))]
        needed = log2(max(table.size, 2)) + _MARGIN
        answers = np.where(np.isnan(table), -1, table).astype(int)
        found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        told = np.array([_bits(column) for column in answers.T])
        different = [len(np.unique(column)) for column in answers.T]
        if told.mean() > 0:
            wanted = needed + _relabelled(round(np.mean(different)))
            length = ceil(wanted / told.mean())
            tells = np.convolve(told, np.ones(length), "valid") >= wanted * _NEARLY
            for lines, told_there in ((answers, tells), (answers[:, ::-1], tells[::-1])):
                pattern, pupil, start = _kept(list(lines), length)
                good = told_there[start]
                found.setdefault(length, []).append((pattern[good], pupil[good]))
        for place, column in enumerate(answers.T):
            if (told_next := _bits_next(column)) >= _LEAST_BITS:
                length = _STEP * ceil((needed + _relabelled(different[place])) / told_next / _STEP)
                for line in (column, column[::-1]):
                    pattern, _, start = _kept([line], length)
                    # A stretch of a column has a number of its own.
                    owner = len(table) * (place + 1) + start // length
                    found.setdefault(length, []).append((pattern, owner))
        return cls({length: _owned(parts) for length, parts in sorted(found.items())})

    def owners(self, lines: Sequence[np.ndarray]) -> set[int]:
        """Whose runs stand in `lines`: pupils, or stretches of a column."""
        found: set[int] = set()
        for length, (patterns, owners) in self.runs.items():
            long = [line for line in lines if len(line) >= length]
            if long and len(patterns):
                pattern, _, _ = _patterns(long, length)
                at = np.minimum(np.searchsorted(patterns, pattern), len(patterns) - 1)
                found.update(owners[at[patterns[at] == pattern]].tolist())
        return found - {-1}


def as_codes(values: np.ndarray) -> bool:
    """Whether all of `values` (floats, NaN for none) are whole numbers from 0 to 99, and not all alike."""
    there = values[np.isfinite(values)]
    whole = len(there) > 0 and ((there >= 0) & (there < 100) & (there == np.round(there))).all()
    return bool(whole) and bool((there != there[0]).any())


def sequences(lines: Iterable[str], tables: Iterable[Table], shortest: int) -> list[np.ndarray]:
    """What may be a run of answers in a text, as numbers that are alike where the answers are.

    The codes of each line, and of neighbouring lines of one code together; the signs of a word; the lines
    themselves, one after another; rows and columns of tables. None is shorter than `shortest`.
    """
    lines = list(lines)
    text = "\n".join(lines)
    found = [*_codes(text), _alike(line.strip() for line in lines)]
    found += [_alike(word) for word in _UNPARTED.findall(text) if len(word) >= shortest and _few(word)]
    for table in tables:
        if len(table.names) >= shortest:
            found += map(_alike, table.rows)
        if len(table.rows) >= shortest:
            columns = ([row[k] for row in table.rows if k < len(row)] for k in range(len(table.names)))
            found += [_alike(column) for column in columns if _few(column)]
    return [one for one in found if len(one) >= shortest]


def _codes(text: str) -> Iterator[np.ndarray]:
    told = _CODE.findall(text)
    known = {code: -1 if code == "\n" else int(float(code)) for code in set(told)}
    codes = np.array([known[code] for code in told], dtype=int)
    line = np.cumsum(codes < 0)[codes >= 0]
    codes = codes[codes >= 0]
    if not len(codes):
        return
    several = np.bincount(line)[line] > 1
    apart = np.cumsum(np.diff(line, prepend=line[0]) * several != 0)  # lines of one code between two others
    for part, by in ((codes[several], line[several]), (codes[~several], apart[~several])):
        yield from np.split(part, np.flatnonzero(np.diff(by)) + 1)


def _few(values: Iterable) -> bool:
    return len(set(values)) <= _MOST_VALUES


def _alike(values: Iterable) -> np.ndarray:
    known: dict = {}
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=int)


def _patterns(lines: Sequence[np.ndarray], length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each run of `length`: a number for which of its answers are alike; its line; its place in that.

    Left out are runs with an answer below zero, with too many different answers, or with hardly any change.
    """
    values = np.concatenate(lines)
    sizes = np.array([len(line) for line in lines])
    line = np.repeat(np.arange(len(lines)), sizes)
    place = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    order = np.lexsort((place, values, line))
    again = np.zeros(len(values), dtype=int)  # how long ago the same answer was, 0 for never
    same = (np.diff(values[order]) == 0) & (np.diff(line[order]) == 0)
    again[order[1:]] = np.where(same, np.diff(order), 0)
    fresh = np.r_[0, np.cumsum((again == 0) | (again >= length))]
    absent = np.r_[0, np.cumsum(values < 0)]
    start = np.flatnonzero(
        (line[: len(line) - length + 1] == line[length - 1 :])
        & (fresh[length:] - fresh[:-length] <= _MOST_VALUES)
        & (absent[length:] == absent[:-length])
    )
    windows = np.lib.stride_tricks.sliding_window_view(again, length)
    patterns, kept = [np.empty(0, np.uint64)], [np.empty(0, int)]
    for first in range(0, len(start), _AT_ONCE):
        some = start[first : first + _AT_ONCE]
        run = windows[some]
        run = np.where(run > np.arange(length), 0, run)
        different = (run == 0).sum(axis=1)
        good = (different <= _MOST_VALUES) & ((run[:, 1:] != 1).sum(axis=1) >= length * _CHANGES)
        good &= different >= 2
        patterns.append((run[good].astype(np.uint64) * _WEIGHTS[:length]).sum(axis=1, dtype=np.uint64))
        kept.append(some[good])
    start = np.concatenate(kept)
    return np.concatenate(patterns), line[start], place[start]


def _kept(lines: Sequence[np.ndarray], length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of microdata: runs with fewer different answers than the questions have, tell too little."""
    length = min(length, len(_WEIGHTS))
    if length > max(map(len, lines)):
        return np.empty(0, np.uint64), np.empty(0, int), np.empty(0, int)
    pattern, line, place = _patterns(lines, length)
    fewest = min(_FEWEST_VALUES, len(np.unique(np.concatenate(lines))))
    enough = [len(set(lines[a][b : b + length].tolist())) >= fewest for a, b in zip(line, place, strict=True)]
    enough = np.array(enough, dtype=bool)
    return pattern[enough], line[enough], place[enough]


def _owned(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    pattern, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((owner, pattern))
    pattern, owner = pattern[order], owner[order]
    unique, first, count = np.unique(pattern, return_index=True, return_counts=True)
    last = first + count - 1
    return unique, np.where(owner[first] == owner[last], owner[first], -1)


def _relabelled(different: int) -> float:
    """Bits that are lost when any answer may stand for any."""
    return log2(factorial(different))


def _bits(column: np.ndarray) -> float:
    """Entropy of the answers in `column`."""
    _, count = np.unique(column, return_counts=True)
    share = count / count.sum()
    return float(-(share * np.log2(share)).sum())


def _bits_next(column: np.ndarray) -> float:
    """The same of an answer when the one before it is known: little where pupils of a kind stand together."""
    return _bits(column[:-1] * 1000 + column[1:]) - _bits(column)
