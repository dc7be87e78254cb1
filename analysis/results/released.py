"""Rows and series as disclosure let them through, by id: all that a figure, a table or a sentence may use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from analysis.results.row import TRIAL, Result
from analysis.results.series import Series


@dataclass(frozen=True)
class Released:
    """What may be seen.

    Attributes
    ----------
    part : str
        ``proef`` where these are the results on twins, their ids without that first part; else "".
    """

    rows: tuple[Result, ...] = ()
    series: tuple[Series, ...] = ()
    part: str = ""

    @cached_property
    def _rows(self) -> dict[str, Result]:
        return {row.id: row for row in self.rows}

    @cached_property
    def _series(self) -> dict[str, Series]:
        return {item.id: item for item in self.series}

    def __contains__(self, id: str) -> bool:
        return id in self._rows or id in self._series

    def row(self, id: str) -> Result:
        """The row of this id.

        Raises
        ------
        LookupError
            If nothing of that name was published.
        """
        if id not in self._rows:
            raise LookupError(f"no row {id} was published")
        return self._rows[id]

    def points(self, id: str) -> Series:
        """The series of this id.

        Raises
        ------
        LookupError
            If nothing of that name was published.
        """
        if id not in self._series:
            raise LookupError(f"no series {id} was published")
        return self._series[id]

    def find(self, id: str) -> Result | None:
        """The row of this id, or None."""
        return self._rows.get(id)

    def under(self, prefix: str) -> Released:
        """What belongs to `prefix`, a first part of ids such as ``proef`` or ``prodemos.kennis``."""
        start = f"{prefix}."
        return Released(
            tuple(row for row in self.rows if row.id.startswith(start)),
            tuple(item for item in self.series if item.id.startswith(start)),
        )

    def trial(self) -> Released:
        """The results on twins as if they were the results: for the same exhibits, under ids of their own."""
        start = f"{TRIAL}."
        found = self.under(TRIAL)
        return Released(
            tuple(replace(row, id=row.id.removeprefix(start)) for row in found.rows),
            tuple(replace(item, id=item.id.removeprefix(start)) for item in found.series),
            TRIAL,
        )

    def exhibit(self, form: str, name: str) -> str:
        """Id of an exhibit drawn from these: ``fig-prodemos-pad``, on twins ``fig-proef-prodemos-pad``."""
        return "-".join(filter(None, (form, self.part, name)))

    def with_trials_for_unknowns(self) -> Released:
        """The rehearsal: what is synthetic in the place of what cannot be had, under the same id."""
        return Released(tuple(_filled(self.rows, self._rows)), tuple(_filled(self.series, self._series)))


def _filled(items: Iterable, by_id: dict) -> Iterator:
    for item in items:
        trial = by_id.get(f"{TRIAL}.{item.id}")
        yield replace(trial, id=item.id) if item.reason and trial is not None and not trial.reason else item
