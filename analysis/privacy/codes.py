"""Answers to a questionnaire are codes of one digit or two: one tells no pupil, many after each other do.

A run of answers of one pupil, in the order of the columns or against it, tells as much as the answers are
varied. So does a run of one column, in the order of the pupils.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log2
from operator import ne

import numpy as np

_MARGIN = 20  # bits beyond the number of runs that are kept
_FEWEST_VALUES = 3  # different answers in a run, where the questions have as many
_CHANGES = 0.25  # of the answers in a run that differ from the one before: a school of girls is no run
_NEARLY = 0.9  # of the bits wanted, where the columns of a run tell less than others
_LEAST_BITS = 0.5  # of an answer in a column of which runs are kept
_STEP = 10  # lengths of runs of columns, so that there are few
_MOST_ANSWERS = 2_000_000  # of a file; of a larger one the first pupils are kept
_CODE = re.compile(r"(?<![\d.])\d{1,2}(?:\.0+)?(?![\d.])")
_DIGITS = re.compile(r"(?<![\d.])\d{12,}(?![\d.])")  # answers that nothing parts
_SIGN = 0x4E00  # of code 0; one sign for each


@dataclass(frozen=True)
class Codes:
    """Runs of the answers in a file, by their length: whose each is, or -1 where several have it."""

    runs: dict[int, dict[str, int]]

    @classmethod
    def of(cls, columns: Sequence[np.ndarray]) -> Codes:
        """From `columns` of whole numbers from 0 to 99, one pupil at each place; NaN is no answer."""
        if not columns:
            return cls({})
        table = np.column_stack(columns)[: max(1, _MOST_ANSWERS // len(columns))]
        needed = log2(max(table.size, 2)) + _MARGIN
        signs = np.where(np.isnan(table), -1, table).astype(int) + _SIGN
        runs: dict[int, dict[str, int]] = {}
        told = np.array([_bits(column) for column in signs.T])
        if told.mean() > 0:
            length = ceil(needed / told.mean())
            tells = np.convolve(told, np.ones(length), "valid") >= needed * _NEARLY
            for pupil, line in enumerate(signs):
                _keep(runs, line, length, [pupil if one else -1 for one in tells])
        for place, column in enumerate(signs.T):
            if (told_next := _bits_next(column)) >= _LEAST_BITS:
                length = _STEP * ceil(needed / told_next / _STEP)
                first = len(table) * (place + 1)  # a stretch of a column has a number of its own
                _keep(runs, column, length, [first + start // length for start in range(len(column))])
        return cls(runs)

    def owners(self, lines: Iterable[str]) -> set[int]:
        """Whose runs stand in `lines`: pupils, or stretches of a column."""
        found: set[int] = set()
        shortest = min(self.runs, default=0)
        for line in lines:
            for signs in (line, line[::-1]) if len(line) >= shortest else ():
                for length, kept in self.runs.items():
                    for start in range(len(signs) - length + 1):
                        owner = kept.get(signs[start : start + length], -1)
                        if owner >= 0:
                            found.add(owner)
        return found


def as_codes(values: np.ndarray) -> bool:
    """Whether all of `values` (floats, NaN for none) are whole numbers from 0 to 99, and not all alike."""
    there = values[np.isfinite(values)]
    whole = len(there) > 0 and ((there >= 0) & (there < 100) & (there == np.round(there))).all()
    return bool(whole) and bool((there != there[0]).any())


def sign_lines(lines: Iterable[str]) -> list[str]:
    """The codes of each line as signs; of neighbouring lines of one code together, too."""
    told, under = [], ""
    for line in lines:
        codes = _CODE.findall(line)
        signs = "".join(chr(int(float(code)) + _SIGN) for code in codes)
        if len(signs) < 2:
            under += signs
        else:
            told += [under, signs]
            under = ""
        told += ["".join(chr(int(digit) + _SIGN) for digit in digits) for digits in _DIGITS.findall(line)]
    return [*told, under]


def _keep(runs: dict[int, dict[str, int]], line: np.ndarray, length: int, owners: Sequence[int]) -> None:
    text = "".join(map(chr, line))
    kept = runs.setdefault(length, {})
    fewest = min(_FEWEST_VALUES, len(set(text)))
    for start, owner in zip(range(len(text) - length + 1), owners, strict=False):
        run = text[start : start + length]
        if owner < 0 or chr(_SIGN - 1) in run or len(set(run)) < fewest:
            continue
        if sum(map(ne, run, run[1:])) >= length * _CHANGES:
            kept[run] = owner if kept.get(run, owner) == owner else -1


def _bits(column: np.ndarray) -> float:
    """Entropy of the answers in `column`."""
    _, count = np.unique(column, return_counts=True)
    share = count / count.sum()
    return float(-(share * np.log2(share)).sum())


def _bits_next(column: np.ndarray) -> float:
    """The same of an answer when the one before it is known: little where pupils of a kind stand together."""
    return _bits(column[:-1] * 1000 + column[1:]) - _bits(column)
