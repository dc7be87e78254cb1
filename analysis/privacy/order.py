"""The order of pupils in a file is kept by whatever is made of their values.

Standard scores, ranks, logarithms, heights in a drawing, numbers without their point or counted from above:
thirty-three values after each other that rise and fall as a column of the microdata does, and stand in the
same order, are those pupils, whatever the numbers are. It needs neighbours in the file; sorted or shuffled
values have no order to compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

LENGTH = 33  # values: 32 steps up or down, and far more bits in their order
_STRIDES = 8  # numbers of one record that stand between those of a column
_TURNS = (14, 27)  # of 31: a curve has fewer, a saw more
_DIFFERENT = 20  # values of a stretch; more alike have hardly an order
_FILTER = 22  # bits of the steps that are looked up first
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_DUTCH = re.compile(r"-?\d+,\d+")
_UNPARTED = re.compile(r"\d{12,400}")  # columns that nothing parts
_WIDTHS = (3, 4, 5)  # digits of one value in it


@dataclass(frozen=True)
class Orders:
    """Stretches of columns: their steps, sorted; where each begins in `values`; ends of steps there are."""

    steps: np.ndarray
    first: np.ndarray
    values: np.ndarray
    shown: np.ndarray

    @classmethod
    def of(cls, columns: Iterable[np.ndarray]) -> Orders:
        """From `columns` of floats, one pupil at each place; NaN is no value."""
        steps, first, held, place = [], [], [], 0
        for column in columns:
            for values in (column, -column, column[::-1], -column[::-1]):
                kept = np.flatnonzero(_telling(values))
                steps.append(_steps(values)[kept])
                first.append(kept + place)
                held.append(values)
                place += len(values)
        if not held:
            return cls(*(np.empty(0, kind) for kind in (np.uint32, int, float, bool)))
        unique, places = np.unique(np.concatenate(steps), return_index=True)
        shown = np.zeros(2**_FILTER, dtype=bool)
        shown[unique & (2**_FILTER - 1)] = True
        return cls(unique, np.concatenate(first)[places], np.concatenate(held), shown)

    def found(self, streams: Iterable[np.ndarray]) -> int:
        """How many stretches of `streams` stand in the order of one of these."""
        if not len(self.steps):
            return 0
        count = 0
        for values in streams:
            steps = _steps(values)
            maybe = np.flatnonzero(self.shown[steps & (2**_FILTER - 1)])
            at = np.minimum(np.searchsorted(self.steps, steps[maybe]), len(self.steps) - 1)
            same = self.steps[at] == steps[maybe]
            count += sum(
                _same_order(values[start : start + LENGTH], self.values[one : one + LENGTH])
                for start, one in zip(maybe[same], self.first[at[same]], strict=True)
            )
        return count


def streams(text: str) -> Iterator[np.ndarray]:
    """Columns that may stand in `text`: each number, each second one, and so on; slices of long digits."""
    for pattern, point in ((_NUMBER, "."), (_DUTCH, ",")):
        found = pattern.findall(text)
        if len(found) < LENGTH:
            continue
        values = np.array([one.replace(point, ".") for one in found], dtype=float)
        for stride in range(1, _STRIDES + 1):
            for start in range(stride):
                yield values[start::stride]
    yield from _unparted(text)


def _unparted(text: str) -> Iterator[np.ndarray]:
    for length, group in groupby(_UNPARTED.findall(text), key=len):
        lines = list(group)
        for width in _WIDTHS if len(lines) >= LENGTH else ():
            for start in range(length - width + 1):
                yield np.array([line[start : start + width] for line in lines], dtype=float)


def _steps(values: np.ndarray) -> np.ndarray:
    """Of each stretch its 32 steps, a bit each: whether the next value is larger."""
    if len(values) < LENGTH:
        return np.empty(0, np.uint32)
    told = (values[1:] > values[:-1]).astype(np.uint32)
    for shift in (1, 2, 4, 8, 16):
        told = told[:-shift] << np.uint32(shift) | told[shift:]
    return told


def _telling(values: np.ndarray) -> np.ndarray:
    """Which stretches of a column have an order of their own."""
    if len(values) < LENGTH:
        return np.empty(0, dtype=bool)
    windows = np.lib.stride_tricks.sliding_window_view(values, LENGTH)
    up = windows[:, 1:] > windows[:, :-1]
    turns = (up[:, 1:] != up[:, :-1]).sum(axis=1)
    with np.errstate(invalid="ignore"):
        ordered = np.sort(windows, axis=1)
        different = 1 + (ordered[:, 1:] > ordered[:, :-1]).sum(axis=1)
    there = np.isfinite(windows).all(axis=1)
    return there & (turns >= _TURNS[0]) & (turns <= _TURNS[1]) & (different >= _DIFFERENT)


def _same_order(values: Sequence[float], known: Sequence[float]) -> bool:
    """Rounding may make neighbours in the order alike, and no more."""
    ordered = values[np.lexsort((values, known))]
    return bool((ordered[1:] >= ordered[:-1]).all()) and len(np.unique(ordered)) >= _DIFFERENT
