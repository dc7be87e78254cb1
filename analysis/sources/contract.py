"""Contracts of every table that is read; an unknown category raises."""

from __future__ import annotations

import re

import pandas as pd
import pandera.pandas as pa

from analysis.sources.texttable import shown

_ODD_NUMBER = re.compile(r"_|[^\x00-\x7f]|nan|inf", re.IGNORECASE)
_SHOWN = 5  # errors listed before "and n more"


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
        Naming file, column, row (1 is the first below the header), what was found and which check it fails.
    """
    table = table.copy()
    for name, column in contract.columns.items():
        if name in table.columns and column.coerce:  # number columns, and only those, are coerced
            _require_plain_numbers(table[name], name, file)
            table[name] = table[name].astype(object).where(table[name] != "", None)
    try:
        return contract.validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        raise ValueError(f"{file}: {_explain(errors.failure_cases, contract)}") from None


def _require_plain_numbers(column: pd.Series, name: str, file: object) -> None:
    """Python also reads 1_000, nan, inf and digits of other scripts; nobody means a number by those."""
    odd = column.map(lambda cell: isinstance(cell, str) and _ODD_NUMBER.search(cell) is not None)
    if odd.any():
        row = int(odd.to_numpy().argmax())
        raise ValueError(
            f"{file}: column {name}, row {row + 1}: found {shown(column.iloc[row])}, not a number"
        )


def _explain(cases: pd.DataFrame, contract: pa.DataFrameSchema) -> str:
    # One line a cell or row: a cell that cannot be coerced fails its type as well, and a check over a whole
    # row is reported once for each of the row's columns.
    lines: dict[tuple, str] = {}
    cells_first = cases.sort_values("schema_context", key=lambda context: context != "Column", kind="stable")
    for case in cells_first.to_dict("records"):
        in_column = case["schema_context"] == "Column"
        row = None if pd.isna(case["index"]) else int(case["index"]) + 1
        key = (case["column"], row) if in_column and row else (case["check"], row)
        if row is None:  # an absent or unknown column is named as the failure case
            key = (*key, str(case["failure_case"]))
        if case["check"] == "multiple_fields_uniqueness":
            line = f"row {row} repeats another row in {', '.join(contract.unique)}"
        else:
            line = _line(case, row, in_column)
        lines.setdefault(key, line)
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(list(lines.values())[:_SHOWN]) + more


def _line(case: dict, row: int | None, in_column: bool) -> str:
    found, check = case["failure_case"], case["check"]
    if check == "column_in_dataframe":
        return f"column {found} is absent"
    if check == "column_in_schema":
        return f"column {found} is unknown"
    if in_column:
        place = f"column {case['column']}" + (f", row {row}" if row else "")
        return f"{place}: found {shown(found)}, fails the check {check}"
    return f"{f'row {row}' if row else 'the table'} fails the check: {check}"
