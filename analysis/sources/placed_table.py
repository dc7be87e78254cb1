"""Tables with a place and a date in each row, from one file or several, with what was lost on the way.

What activities and outcomes have in common: rows of totals and blank rows are left out, a row without a
readable date cannot take part, a row without a readable place stays and is marked. Everything is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from analysis.design.tables import AUTO, PLACES, TableMap
from analysis.sources.dates import parse_periods
from analysis.sources.locate import Gazetteer, located
from analysis.sources.numerals import decimal_sign, require_numbers, without_percent
from analysis.sources.places import UNPLACED
from analysis.sources.sheets import Sheet, read_sheets

_NOTES = ["_note", "_reason", "_value"]
_ENOUGH = 5  # rows to judge by whether most can be read
_DAYS_COUNTED = r"[2-7]\d{4}(?:\.\d+)?"  # since 1900: from 1954 to 2119


@dataclass(frozen=True)
class Loss:
    """Rows that share a value and a reason.

    Attributes
    ----------
    reason : str
        Dutch.
    value : str
        As in the file; "" for an empty cell.
    place, line : str, int
        File (and tab), and the first of the rows as a spreadsheet numbers it.
    """

    reason: str
    value: str
    rows: int
    place: str
    line: int


@dataclass(frozen=True)
class Losses:
    """What was read, and what of it did not come through whole.

    Attributes
    ----------
    rows : int
        Rows with any value, below the headers of all files.
    blank : int
        Blank rows (not among `rows`).
    totals : tuple of Loss
        Rows of totals, left out.
    undated : tuple of Loss
        Rows left out for want of a date.
    skipped : tuple of Loss
        Rows left out because the design says so, by status.
    unplaced : tuple of Loss
        Rows kept without a place.
    coarser : tuple of Loss
        Rows placed in their province, because what was more precise could not be placed.
    unknown : tuple of (str, int)
        Rows kept without a number, by column.
    repeated : tuple of Loss
        Rows kept that are equal to an earlier row in all that is read.
    """

    rows: int = 0
    blank: int = 0
    totals: tuple[Loss, ...] = ()
    undated: tuple[Loss, ...] = ()
    skipped: tuple[Loss, ...] = ()
    unplaced: tuple[Loss, ...] = ()
    coarser: tuple[Loss, ...] = ()
    unknown: tuple[tuple[str, int], ...] = field(default=())
    repeated: tuple[Loss, ...] = ()

    @property
    def left_out(self) -> tuple[tuple[str, int], ...]:
        """Rows by Dutch reason that no answer can use: without a place or a date, or not meant to count."""
        named = (
            ("totaalregels, niet meegeteld", _rows(self.totals)),
            ("zonder leesbare datum, niet meegeteld", _rows(self.undated)),
            ("volgens hun status niet meegeteld", _rows(self.skipped)),
            ("zonder leesbare plaats", _rows(self.unplaced)),
        )
        return tuple((reason, rows) for reason, rows in named if rows)


@dataclass(frozen=True)
class Placed:
    """Rows of the files below each other.

    Attributes
    ----------
    frame : pandas.DataFrame
        date and until (first and last day), precision, place, level, school, the design's other columns
        that a file has (text; numbers as floats), file and line.
    names : mapping of str to mapping
        Of each file its own name of our columns.
    notes : pandas.DataFrame
        Of each row of `frame` why it has no place, or only its province: note ("unplaced", "coarser" or ""),
        reason and value.
    others : bool
        A file has columns besides these.
    """

    frame: pd.DataFrame
    losses: Losses
    names: Mapping[str, Mapping[str, str]]
    notes: pd.DataFrame
    others: bool = False

    def cell(self, row: pd.Series, column: str) -> str:
        """Where a cell of `frame` stands in its file, for a message."""
        return f"{row['file']}, column {self.names[row['file']].get(column, column)}, line {row['line']}"

    def losses_of(self, kept: pd.DataFrame) -> Losses:
        """The losses, where of `frame` only the rows `kept` go on: each row is counted for one reason."""
        told = kept[["file", "line"]].join(self.notes)
        return replace(self.losses, **{name: _noted(told, name) for name in ("unplaced", "coarser")})


def read_placed(paths: Iterable[Path], design: TableMap, gazetteer: Gazetteer, declared: str) -> Placed:
    """The rows of all files together.

    Parameters
    ----------
    paths : iterable of Path
        In the order in which rows are wanted.
    declared : str
        File of the design, for messages.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`analysis.sources.sheets.read_sheets`, and if a number is none; names file, column and line.
    """
    pieces, losses, names, others = [], Losses(), {}, False
    for path in paths:
        for sheet in read_sheets(
            path,
            design.columns,
            design.required,
            decimal="," if design.decimal == AUTO else design.decimal,
            tab=design.tab,
            name=declared,
        ):
            piece, lost = _piece(sheet, design, gazetteer, declared)
            pieces.append(piece)
            names[sheet.place], others = sheet.names, others or sheet.others
            losses = _added(losses, lost)
    if not pieces:
        raise ValueError(f"{design.name}: no files given; expected {', '.join(design.files)}")
    frame = pd.concat(pieces, ignore_index=True)
    notes = frame[_NOTES].set_axis(["note", "reason", "value"], axis=1)
    frame = frame.drop(columns=_NOTES)
    _require_other_rows(frame)
    placed = Placed(frame, losses, names, notes, others)
    return replace(placed, losses=placed.losses_of(frame))


def _noted(rows: pd.DataFrame, name: str) -> tuple[Loss, ...]:
    return tuple(
        loss
        for file, own in rows[rows["note"] == name].groupby("file", sort=False)
        for loss in collected(own["value"], own["reason"], own["line"], file)
    )


def collected(
    values: Sequence[str], reasons: Sequence[str], lines: Sequence[int], place: str
) -> tuple[Loss, ...]:
    """Losses by value and reason, in the order of their first line."""
    groups: dict[tuple[str, str], list[int]] = {}
    for value, reason, line in zip(values, reasons, lines, strict=True):
        groups.setdefault((reason, value), []).append(int(line))
    return tuple(
        Loss(reason, value, len(found), place, found[0]) for (reason, value), found in groups.items()
    )


def repeating(frame: pd.DataFrame, again: pd.Series) -> tuple[Loss, ...]:
    """Rows of `frame`, which has file and line, that are equal to an earlier one."""
    return tuple(
        loss
        for file, lines in frame.loc[again, "line"].groupby(frame["file"], sort=False)
        for loss in _of_rows("gelijk aan een eerdere regel", lines, file)
    )


def _of_rows(reason: str, lines: Iterable[int], place: str) -> tuple[Loss, ...]:
    """Rows of which it is not told what stands in them."""
    lines = list(lines)
    return collected([""] * len(lines), [reason] * len(lines), lines, place)


def _piece(
    sheet: Sheet, design: TableMap, gazetteer: Gazetteer, declared: str
) -> tuple[pd.DataFrame, Losses]:
    table = _meant(sheet, design)
    table = table.assign(date=design.date) if design.date else table
    total = _totals(table, design)
    rows, table = len(table), table[~total]
    periods = parse_periods(table["date"], order=design.date_order)
    undated = periods["start"].isna()
    losses = Losses(
        rows=rows,
        blank=sheet.blank,
        totals=_of_rows("totaalregel", sheet.frame.index[total], sheet.place),
        undated=collected(
            table.loc[undated, "date"],
            ["geen datum" if not text else "geen leesbare datum" for text in table.loc[undated, "date"]],
            table.index[undated],
            sheet.place,
        ),
    )
    days = table.loc[undated, "date"].str.fullmatch(_DAYS_COUNTED).any()
    remedy = (
        "A spreadsheet counts days: format the column as a date there, and save it again"
        if days
        else f"See date_order in {declared}"
    )
    column = sheet.names.get("date", "date")
    _require_most(
        losses.undated, int((table["date"] != "").sum()), f"date in column {column}", remedy, least=1
    )
    table, periods = table[~undated], periods[~undated]
    where = located(table, gazetteer, periods["start"].dt.year)
    frame = pd.DataFrame(
        {"date": periods["start"], "until": periods["end"], "precision": periods["precision"],
         "place": where["place"], "level": where["level"], "school": where["school"]}
    )  # fmt: skip
    for column in table.columns.difference(["date", *PLACES], sort=False):
        cells = table[column]
        if column in design.NUMBERS:
            unknown = cells.str.casefold().isin([word.casefold() for word in design.missing])
            known = without_percent(cells.mask(unknown, ""))
            place = f"{sheet.place}, column {sheet.names[column]}"
            auto = design.decimal == AUTO
            numbers = require_numbers(
                known,
                place,
                decimal=decimal_sign(known, place, declared) if auto else design.decimal,
                thousands=design.thousands,
                said=declared,
                lines=True,
            )
            frame[column] = numbers
        else:
            frame[column] = cells
    frame["file"], frame["line"] = sheet.place, table.index
    frame[_NOTES] = where[["note", "reason", "value"]]
    return frame, losses


def _meant(sheet: Sheet, design: TableMap) -> pd.DataFrame:
    """The cells, with for a code of an SPSS file what it means; of a number only that it is unknown."""
    words = {word.casefold() for word in design.missing}
    meant = {}
    for column, labels in sheet.labels.items():
        if column in design.NUMBERS:
            labels = {code: label for code, label in labels.items() if label.casefold() in words}
        meant[column] = sheet.frame[column].replace(labels)
    return sheet.frame.assign(**meant)


def _totals(table: pd.DataFrame, design: TableMap) -> pd.Series:
    words = "|".join(re.escape(word) for word in design.totals)
    total = pd.Series(False, index=table.index)
    if words:
        for column in table.columns.difference(design.NUMBERS):
            total |= table[column].str.match(rf"(?:{words})\b", case=False)
    return total


def require_most_placed(frame: pd.DataFrame, losses: Losses, declared: str) -> None:
    """Raise unless at least half of the rows with a place lie in one that can be read."""
    named = int((frame["level"] != UNPLACED).sum()) + _rows(_with_value(losses.unplaced))
    _require_most(losses.unplaced, named, "place", f"See the columns in {declared}")


def require_most_dated(losses: Losses) -> None:
    """Raise where more than half of the rows have an empty date, as cells that were merged leave behind."""
    empty = tuple(loss for loss in losses.undated if not loss.value)
    rows = losses.rows - _rows(losses.totals)
    if rows >= _ENOUGH and _rows(empty) > rows / 2:
        first = empty[0]
        raise ValueError(
            f"{first.place}, line {first.line}: no date, and so for {_rows(empty)} of {rows} rows. Are cells "
            "of the column merged, with the date in the first only? Write it in every row"
        )


def _require_most(
    lost: tuple[Loss, ...], written: int, what: str, remedy: str, *, least: int = _ENOUGH
) -> None:
    """A few cells that cannot be read are told and left out; more than half is another way of writing.

    Of fewer rows than are enough to judge by, but `least`, it is when all cannot be read.
    """
    lost = _with_value(lost)
    few = least <= written < _ENOUGH and _rows(lost) == written
    if few or (written >= _ENOUGH and _rows(lost) > written / 2):
        first = lost[0]
        raise ValueError(
            f"{first.place}, line {first.line}: {first.value!r} is no {what} that can be read "
            f"({first.reason}), and so for {_rows(lost)} of {written} rows; is it written in another way? "
            f"{remedy}"
        )


def _with_value(lost: tuple[Loss, ...]) -> tuple[Loss, ...]:
    return tuple(loss for loss in lost if loss.value)


def _require_other_rows(frame: pd.DataFrame) -> None:
    """The same list as CSV and as a workbook would count everything twice."""
    again = frame.duplicated([column for column in frame.columns if column not in ("file", "line")])
    files = frame["file"].drop_duplicates().tolist()
    for file in files[1:]:
        rows = frame["file"] == file
        if again[rows].all():
            raise ValueError(
                f"{file}: all its {int(rows.sum())} rows stand in {', '.join(files[: files.index(file)])} "
                "too; keep one of them"
            )


def _added(one: Losses, other: Losses) -> Losses:
    names = ("rows", "blank", "totals", "undated")
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _rows(losses: tuple[Loss, ...]) -> int:
    return sum(loss.rows for loss in losses)
