"""When: periods and cohorts read from columns of any ordered kind.

A period is a place in an order, not a number of years. Numbers, dates, calendar periods and ordered
categories are all put on one line of floats (their *keys*), which keeps their order and is exact; from there
on only positions count.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

NUMBER = "number"
_GRID = 1e-6  # of a step: how far a period that is no whole number may lie from the common grid
_LARGEST = 2.0**53  # from here on floats skip whole numbers


@dataclass(frozen=True)
class Keys:
    """A column as numbers with the same order.

    Attributes
    ----------
    floats : ndarray of float, shape (n,)
        NaN where missing.
    kind : str
        ``number``, ``date``, ``period[…]`` or ``category``: columns of different kinds have no common order.
    said : str
        The column's type, for messages.
    order : pandas.Index or None
        Of a ``category``: what its labels are places in.
    """

    floats: np.ndarray
    kind: str
    said: str
    order: pd.Index | None = None


def keys(series: pd.Series, name: str, order: pd.Index | None = None) -> Keys:
    """`series` as :class:`Keys`; with `order`, its labels are places in that order.

    Raises
    ------
    ValueError
        For booleans, text, lengths of time and anything else without an order of its own, or a label that
        is not in `order`.
    """
    dtype = series.dtype
    if order is not None:
        return Keys(_places(series, order, name), "category", str(dtype), order)
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        return Keys(_exact(series.to_numpy(), name), NUMBER, str(dtype))
    if isinstance(dtype, pd.CategoricalDtype):
        if dtype.ordered and not _rising_values(dtype.categories):
            return keys(series, name, dtype.categories)
        series = pd.Series(dtype.categories).reindex(series.cat.codes).set_axis(series.index)
        dtype = series.dtype
    said = str(dtype)
    if isinstance(dtype, pd.PeriodDtype):
        ordinal = pd.PeriodIndex(series).asi8.astype(float)
        return Keys(np.where(series.isna(), np.nan, ordinal), f"period[{dtype.freq.freqstr}]", said)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _dates(series, said)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        if not pd.api.types.is_complex_dtype(dtype):
            return Keys(_exact(series.to_numpy(dtype=float, na_value=np.nan), name), NUMBER, said)
    elif pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype):
        return _objects(series, name, said)
    raise _no_order(name, said)


def evenly(times: np.ndarray, name: str) -> float:
    """One step between `times`, shape (T,): their common distance, or 1 where distances differ.

    Raises
    ------
    ValueError
        If some are no whole numbers and do not lie on a common grid.
    """
    if len(times) < 2:
        return 1.0
    distances = np.diff(times)
    smallest = distances.min()
    steps = distances / smallest
    if (times != np.round(times)).any():
        off = np.abs(steps - np.round(steps)) > _GRID
        if off.any():
            where = int(off.argmax())
            raise ValueError(
                f"column {name}: from {times[where]:g} to {times[where + 1]:g} is no whole number of the "
                f"smallest steps ({smallest:g}); half years are 2019, 2019.5, 2020 — otherwise give dates"
            )
    if np.abs(steps - 1).max() > _GRID:
        return 1.0
    return float(np.round((times[-1] - times[0]) / (len(times) - 1), 12))


def _no_order(name: str, said: str) -> ValueError:
    return ValueError(
        f"column {name} is {said}: it must be numeric, for instance a year, or else a date, a calendar "
        "period or an ordered category"
    )


def _exact(values: np.ndarray, name: str) -> np.ndarray:
    values = values.astype(float, copy=False)
    if not len(values) or max(abs(np.fmin.reduce(values)), abs(np.fmax.reduce(values))) < _LARGEST:
        return values
    with np.errstate(invalid="ignore"):
        beyond = np.isfinite(values) & (np.abs(values) >= _LARGEST)
    if beyond.any():
        raise ValueError(
            f"column {name} holds {values[beyond.argmax()]:.0f}: too large to tell from the next"
        )
    return values


def _rising_values(categories: pd.Index) -> bool:
    """Whether an order of categories is that of the numbers or dates they are."""
    valued = pd.api.types.is_numeric_dtype(categories) or pd.api.types.is_datetime64_any_dtype(categories)
    return bool((valued or isinstance(categories, pd.PeriodIndex)) and categories.is_monotonic_increasing)


def _places(series: pd.Series, order: pd.Index, name: str) -> np.ndarray:
    places = order.get_indexer(pd.Index(series.astype(object))).astype(float)
    absent = series.isna().to_numpy()
    unknown = (places < 0) & ~absent
    if unknown.any():
        row = int(unknown.argmax())
        raise ValueError(
            f"column {name} holds {series.iloc[row]!r} in row {series.index[row]}, which is not in the order "
            f"{', '.join(map(str, order))}"
        )
    return np.where(absent, np.nan, places)


def _dates(series: pd.Series, said: str) -> Keys:
    index = pd.DatetimeIndex(series)
    zone = "" if index.tz is None else f", {index.tz}"
    moments = index.as_unit("us").asi8.astype(float)
    return Keys(np.where(index.isna(), np.nan, moments), f"date{zone}", said)


def _objects(series: pd.Series, name: str, said: str) -> Keys:
    """Objects of one kind: Decimals and other numbers, dates, periods; text is refused."""
    absent = series.isna().to_numpy()
    held = series.to_numpy(dtype=object)[~absent]
    if not len(held):
        return Keys(np.full(len(series), np.nan), "", said)
    if all(isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_) for value in held):
        values = np.full(len(series), np.nan)
        values[~absent] = [float(value) for value in held]
        return Keys(_exact(values, name), NUMBER, said)
    found = pd.api.types.infer_dtype(series, skipna=True)
    if found in ("datetime", "datetime64", "date"):
        return _dates(pd.to_datetime(series), found)
    if found == "period":
        return keys(pd.Series(pd.PeriodIndex(series)), name)
    raise _no_order(name, "text" if found == "string" else f"{said} ({found})")
