"""Checks that stand before an estimate: a wrong input is an error, never a number."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

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
        if isinstance(frame[column], pd.DataFrame):
            raise ValueError(f"{place}: column {column} occurs more than once")
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


def plain(frame: pd.DataFrame, columns: Sequence[str], place: str) -> pd.DataFrame:
    """The complete `columns` of `frame` with rows numbered from 0, so that no index level shares a name.

    Raises
    ------
    ValueError
        As :func:`require_complete`, or if a column occurs twice.
    """
    require_complete(frame, columns, place)
    return frame.loc[:, list(dict.fromkeys(columns))].reset_index(drop=True)


def aligned(values: pd.Series, index: pd.Index, name: str) -> pd.Series:
    """`values` in the order of `index`, by label.

    Raises
    ------
    ValueError
        If the labels are not those of `index`, or occur twice in another order.
    """
    if values.index.equals(index):
        return values
    if not (values.index.is_unique and index.is_unique):
        raise ValueError(f"{name} cannot be aligned: index labels occur more than once, in another order")
    missing = index.difference(values.index, sort=False)
    if len(missing) or len(values) != len(index):
        first = f", first row {missing[0]}" if len(missing) else ""
        raise ValueError(
            f"{name} has {len(values)} entries for {len(index)} rows; {len(missing)} rows have none{first}: "
            "give one a row, with the frame's index"
        )
    return values.reindex(index)


def row_weights(weights: pd.Series, frame: pd.DataFrame, place: str) -> pd.Series:
    """Weights above zero, aligned with the rows of `frame` and numbered from 0."""
    weights = aligned(weights, frame.index, place)
    require_positive(weights, place)
    return weights.astype(float).reset_index(drop=True)


def waves(values: pd.Series, name: str) -> pd.Series:
    """Waves as numbers: whole where all are, half years and Decimals as floats.

    Raises
    ------
    ValueError
        If they are not numbers; growth a year needs distances in years.
    """
    if pd.api.types.is_object_dtype(values) and all(isinstance(value, Decimal | int) for value in values):
        values = values.astype(float)
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not numeric:
        raise ValueError(
            f"column {name} is {values.dtype}: waves are numbers, in years (2019.5 for a half year)"
        )
    numbers = values.astype(float)
    return numbers.astype(int) if (numbers == numbers.round()).all() else numbers
