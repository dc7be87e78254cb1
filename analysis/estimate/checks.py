"""Checks that stand before an estimate: a wrong input is an error, never a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def require_columns(frame: pd.DataFrame, columns: Sequence[str], place: str) -> None:
    """Raise ValueError if a column is missing; the message lists what there is."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{place}: column {', '.join(missing)} is missing; there are {', '.join(map(str, frame.columns))}"
        )


def require_complete(frame: pd.DataFrame, columns: Sequence[str], place: str) -> None:
    """Raise ValueError if `frame` is empty or one of `columns` is missing, absent or infinite somewhere."""
    require_columns(frame, columns, place)
    if frame.empty:
        raise ValueError(f"{place}: no rows")
    for column in columns:
        absent = frame[column].isna()
        if pd.api.types.is_numeric_dtype(frame[column]):
            absent |= ~np.isfinite(frame[column].to_numpy(dtype=float, na_value=np.nan))
        if absent.any():
            raise ValueError(
                f"{place}: column {column} is missing or infinite in {int(absent.sum())} rows, "
                f"first in row {absent.to_numpy().argmax()}; drop and count them beforehand"
            )


def require_positive(values: pd.Series, place: str) -> None:
    """Raise ValueError unless every value is a finite number above zero."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        first = int(wrong.argmax())
        raise ValueError(
            f"{place}: {int(wrong.sum())} weights are not above zero, first in row {first}: "
            f"{values.iloc[first]!r}"
        )
