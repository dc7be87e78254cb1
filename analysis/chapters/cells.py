"""Text of a table's cells from released rows: number, interval and count, or that they are not there.

Why they are not there is told once, in the caption, where the table knows one reason; where reasons differ
it stands in the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis import dutch
from analysis.exhibits import TableExhibit
from analysis.results import Result, Series, interval_name
from analysis.results.row import NOT_ESTABLISHED, NOT_SHOWN
from analysis.results.series import N

NOT_APPLICABLE = "niet van toepassing"
NOT_GIVEN = "niet te geven"  # an interval, where nothing is said of chance


@dataclass(frozen=True)
class Cells:
    """How one table prints its rows.

    Attributes
    ----------
    rows : sequence of Result
        All rows of the table.
    """

    rows: Sequence[Result]

    @property
    def interval_heading(self) -> str:
        """``95%-interval``; only "interval" where rows differ in level, and each cell then says its own."""
        return interval_name(self._levels[0]) if len(self._levels) == 1 else "interval"

    @property
    def any_known(self) -> bool:
        """Whether the table needs columns for intervals and counts."""
        return any(row.value is not None or row.withheld for row in self.rows)

    @property
    def remark(self) -> str:
        """What the caption adds on rows without a number: "" or sentences."""
        told = []
        if self._withheld:
            told.append(f"{dutch.capital(NOT_SHOWN)}: {'; '.join(self._withheld)}.")
        if len(self._reasons) == 1:
            told.append(f"{dutch.capital(NOT_ESTABLISHED)}: {self._reasons[0]}.")
        return " ".join(told)

    def value(self, row: Result, *, sign: bool = False, unit: bool = True) -> str:
        """The number with its unit, or what is read in its place."""
        if row.value is None:
            return self.unknown(row)
        return with_unit(row, sign=sign) if unit else dutch.number(row.value, row.decimals, sign=sign)

    def interval(self, row: Result) -> str:
        """The interval, or the word for why there is none."""
        if row.value is None:
            return row.unknown_word
        if row.low is None and row.no_statement:
            return NOT_GIVEN
        if row.low is None or len(self._levels) == 1:
            return row.interval_text
        return f"{interval_name(row.level)} {row.interval_text}"

    def with_interval(self, row: Result, *, sign: bool = False) -> str:
        """``0,41 (van 0,30 tot 0,52)``, the unit standing elsewhere."""
        text = self.value(row, sign=sign, unit=False)
        return text if row.low is None else f"{text} ({self.interval(row)})"

    def p(self, row: Result) -> str:
        """The value of a row that is a p-value."""
        return self.unknown(row) if row.value is None else dutch.p_value(row.value)

    def count(self, row: Result) -> str:
        """Over how many the number is."""
        return row.unknown_word if row.value is None and row.n is None else dutch.number(row.n)

    def unknown(self, row: Result) -> str:
        """What is read where the number would stand."""
        return row.unknown if row.reason and len(self._reasons) > 1 else row.unknown_word

    @property
    def _levels(self) -> list[float]:
        known = [row.level for row in self.rows if row.low is not None]
        return list(dict.fromkeys(known or [row.level for row in self.rows]))

    @property
    def _withheld(self) -> list[str]:
        return list(dict.fromkeys(row.withheld for row in self.rows if row.withheld))

    @property
    def _reasons(self) -> list[str]:
        return list(dict.fromkeys(row.reason for row in self.rows if row.reason))


@dataclass(frozen=True)
class Points:
    """How a table prints the points of a series, found by the values in its key columns."""

    series: Series
    keys: tuple[str, ...]

    @cached_property
    def _known(self) -> pd.DataFrame:
        points, keys = self.series.points, list(self.keys)
        return points.set_index(keys if len(keys) > 1 else keys[0]) if len(points) else points

    @property
    def remark(self) -> str:
        """What the caption adds on points without a number: "" or sentences."""
        why = self.series.unknown
        return f"{dutch.capital(why)}." if why else self.series.note

    def number(self, key: Any, column: str = "estimate", *, sign: bool = False) -> str:
        """The number at `key`, or what is read in its place."""
        value = self._value(key, column)
        return self._unknown(key) if value is None else dutch.number(value, self.series.decimals, sign=sign)

    def interval(self, key: Any, low: str = "low", high: str = "high") -> str:
        """The interval at `key`, or what is read in its place."""
        ends = self._value(key, low), self._value(key, high)
        return self._unknown(key) if None in ends else dutch.interval(*ends, self.series.decimals)

    def with_interval(self, key: Any) -> str:
        """``114 (van 98 tot 131)``, or what is read in its place."""
        known = all(self._value(key, column) is not None for column in ("estimate", "low", "high"))
        return f"{self.number(key)} ({self.interval(key)})" if known else self.number(key)

    def _value(self, key: Any, column: str) -> float | None:
        if not len(self._known) or key not in self._known.index:
            return None
        value = self._known.loc[key, column]
        return None if pd.isna(value) else float(value)

    def knows(self, key: Any) -> bool:
        """Whether any measure is known at `key`."""
        return any(self._value(key, column) is not None for column in self.series.measures)

    def withheld(self, key: Any) -> bool:
        """Whether disclosure withheld the point at `key`: its count is withheld too."""
        known = self._known
        return len(known) > 0 and N in known and key in known.index and bool(pd.isna(known.loc[key, N]))

    def _unknown(self, key: Any) -> str:
        """The word alone: no point is known, disclosure withheld this one, or there is none."""
        if self.series.unknown:
            return self.series.unknown.partition(":")[0]
        if self.withheld(key):
            return NOT_SHOWN
        return dutch.UNKNOWN if len(self._known) and key in self._known.index else NOT_ESTABLISHED


def given(value: float, decimals: int, *, sign: bool = False) -> str:
    """A number, or that it cannot be given where it is missing."""
    return NOT_GIVEN if pd.isna(value) else dutch.number(value, decimals, sign=sign)


def with_unit(row: Result, *, sign: bool = False) -> str:
    """The number of a row that has one, with its unit behind it."""
    unit = row.unit if row.unit in ("", "%") else f" {row.unit}"
    return f"{dutch.number(row.value, row.decimals, sign=sign)}{unit}"


def with_simulation_error(row: Result) -> str:
    """The number of a row that was drawn, with its unit and how far it may be off for being drawn."""
    error = "" if row.se is None else f" (simulatiefout {dutch.number(row.se, row.decimals + 1)})"
    return f"{with_unit(row)}{error}"


def point_table(
    series: Series, columns: Sequence[str], line: Callable[[Any], Sequence[str]], **exhibit: Any
) -> TableExhibit:
    """A table with a `line` for every point of the series; one that says why where it has none.

    `exhibit` are id, caption, align and widths.
    """
    lines = [line(point) for point in series.points.itertuples()]
    none = (series.unknown, *[NOT_APPLICABLE] * (len(columns) - 1))
    cells = pd.DataFrame(lines or [none], columns=list(columns))
    return TableExhibit(cells=cells, kind=series.kind, source=series.source, **exhibit)
