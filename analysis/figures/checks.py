"""What a figure asks of the rows it draws; the message names figure, column and row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def checked(
    table: pd.DataFrame,
    figure: str,
    *,
    numbers: Sequence[str],
    texts: Sequence[str] = (),
    gaps: Sequence[str] = (),
    optional: Sequence[str] = (),
) -> pd.DataFrame:
    """A copy of `table` with the columns a figure draws, numbers as floats.

    Parameters
    ----------
    figure : str
        Exhibit id, for the message.
    numbers, texts : sequence of str
        Required columns; numbers must be finite, texts not empty.
    gaps : sequence of str
        Required number columns that may hold unknown values (NaN), never infinite ones.
    optional : sequence of str
        Number columns that may be absent or hold unknown values (NaN), never infinite ones.

    Raises
    ------
    ValueError
        If the table is empty, a column is absent, or a value cannot be drawn.
    """
    absent = [column for column in (*texts, *numbers, *gaps) if column not in table.columns]
    if absent:
        raise ValueError(
            f"{figure}: column {', '.join(absent)} is absent; "
            f"the table has {', '.join(map(str, table.columns))}"
        )
    if table.empty:
        raise ValueError(f"{figure}: the table has no rows, so there is nothing to draw")
    table = table.reset_index(drop=True).copy()
    for column in texts:
        bad = table[column].isna() | (table[column].astype(str).str.strip() == "")
        _refuse(bad, figure, column, table[column], "is empty")
        table[column] = table[column].astype(str)
    for column in (*numbers, *gaps, *(name for name in optional if name in table.columns)):
        try:
            values = pd.to_numeric(table[column]).astype(float)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{figure}: column {column} holds something that is not a number: {error}"
            ) from None
        wrong = ~np.isfinite(values) if column in numbers else np.isinf(values)
        _refuse(wrong, figure, column, values, "is not a finite number")
        table[column] = values
    return table


def check_interval(
    table: pd.DataFrame, figure: str, low: str = "low", high: str = "high", inside: str | None = None
) -> None:
    """Raise unless low ≤ high (and `inside` lies between them) in every row."""
    _refuse(table[low] > table[high], figure, low, table[low], f"lies above {high}")
    if inside is not None:
        outside = (table[inside] < table[low]) | (table[inside] > table[high])
        _refuse(outside, figure, inside, table[inside], f"lies outside {low} to {high}")


def _refuse(wrong, figure: str, column: str, values: pd.Series, what: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong))
    if len(rows):
        raise ValueError(f"{figure}: column {column}, row {rows[0] + 1}: {values.iloc[rows[0]]!r} {what}")
