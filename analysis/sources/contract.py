"""Contracts of every table that is read; an unknown category raises."""

from __future__ import annotations

import re

import pandas as pd
import pandera.pandas as pa

from analysis.sources.numerals import parse_numbers
from analysis.sources.texttable import shown

_WHOLE = re.compile(r"[+-]?[0-9]+")
_SHOWN = 5  # errors listed before "and n more"
_TABLE = 10**9  # sorts what is said of the table as a whole behind what is said of its rows


def conform(table: pd.DataFrame, contract: pa.DataFrameSchema, file: object) -> pd.DataFrame:
    """`table` in the types of `contract`.

    Parameters
    ----------
    table : pandas.DataFrame
        All text, as read with ``dtype=str, keep_default_na=False``. An empty cell of a number column is
        unknown; of a text column it stays empty text.
    contract : pandera.pandas.DataFrameSchema
    file : object
        Name of the file, for the message.

    Raises
    ------
    ValueError
        Naming file, column, row (1 is the first below the header), what was found and which check it fails,
        in the order of the rows.
    """
    cells, table = table, table.copy()
    faults: dict[tuple, str] = {}  # (row, column or check): line
    for name, column in contract.columns.items():
        if name in table.columns and column.coerce:  # number columns, and only those, are coerced
            for row, said in _no_numbers(table[name], column).items():
                faults[row + 1, name] = f"column {name}, row {row + 1}: {said}"
            table[name] = table[name].astype(object).where(table[name] != "", None)
    # a check on a column with text in it says something about the text's type, and nothing about the file
    whole = table.drop(index=[row - 1 for row, _ in faults])
    try:
        checked = contract.validate(whole, lazy=True) if len(whole) or not faults else whole
    except pa.errors.SchemaErrors as errors:
        faults = _lines(errors.failure_cases, contract, cells) | faults
    if faults:
        lines = [line for _, line in sorted(faults.items(), key=lambda item: item[0][0])]
        more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        raise ValueError(f"{file}: {'; '.join(lines[:_SHOWN])}{more}")
    return checked


def _no_numbers(cells: pd.Series, column: pa.Column) -> dict[int, str]:
    """What is wrong with cells that are not the number asked for, by index.

    Python also reads 1_000, nan, inf and digits of other scripts; nobody means a number by those.
    """
    whole = str(column.dtype).lower().startswith("int")
    numbers = parse_numbers(cells.where(cells.map(lambda cell: isinstance(cell, str)), ""))
    found = {}
    for row, cell, number in zip(cells.index, cells, numbers, strict=True):
        if cell == "" or cell is None:
            if not column.nullable:
                found[row] = f"a {'whole ' if whole else ''}number is required, found nothing"
        elif isinstance(cell, str) and (number != number or (whole and not _WHOLE.fullmatch(cell))):
            found[row] = f"found {shown(cell)}, not a {'whole ' if whole else ''}number"
    return found


def _lines(cases: pd.DataFrame, contract: pa.DataFrameSchema, cells: pd.DataFrame) -> dict[tuple, str]:
    """One line a cell, row or column: a check over a row is reported once for each of its columns."""
    lines: dict[tuple, str] = {}
    cells_first = cases.sort_values("schema_context", key=lambda context: context != "Column", kind="stable")
    for case in cells_first.to_dict("records"):
        in_column = case["schema_context"] == "Column"
        row = None if pd.isna(case["index"]) else int(case["index"]) + 1
        found, check = case["failure_case"], case["check"]
        if check in ("column_in_dataframe", "column_in_schema"):
            lines[0, str(found)] = f"column {found} is {'absent' if check.endswith('frame') else 'unknown'}"
        elif check == "multiple_fields_uniqueness":
            lines.setdefault((row, check), f"row {row} repeats another row in {', '.join(contract.unique)}")
        elif in_column:
            place = f"column {case['column']}" + (f", row {row}" if row else "")
            found = cells.loc[row - 1, case["column"]] if row else found  # as it stands in the file
            line = f"{place}: found {shown(found)}, fails the check {check}"
            lines.setdefault((row or _TABLE, case["column"]), line)
        else:
            line = f"{f'row {row}' if row else 'the table'} fails the check: {check}"
            lines.setdefault((row or _TABLE, check), line)
    return lines
