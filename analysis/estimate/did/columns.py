"""Columns of a frame, checked one by one: numbers without gaps, labels of units and clusters, weights."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from analysis.estimate.checks import aligned

WEIGHTS = "weights"


def require_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise ValueError if a column is absent or there twice, or if the frame has no rows."""
    absent = [name for name in dict.fromkeys(names) if name not in frame.columns]
    if absent:
        levels = [name for name in absent if name in frame.index.names]
        hint = (
            f"; {', '.join(map(str, levels))} is a level of the index: reset_index() first" if levels else ""
        )
        raise ValueError(
            f"column {', '.join(map(str, absent))} is absent; "
            f"the frame has {', '.join(map(str, frame.columns))}{hint}"
        )
    twice = [] if frame.columns.is_unique else frame.columns[frame.columns.duplicated()]
    for name in names:
        if name in twice:
            raise ValueError(f"column {name} occurs more than once")
    if len(frame) == 0:
        raise ValueError("the frame has no rows")


def numbers(series: pd.Series, name: str) -> np.ndarray:
    """`series` as float64 without gaps or infinities, shape (n,); Decimals count as numbers."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        values = series.to_numpy().astype(float, copy=False)
    elif pd.api.types.is_object_dtype(dtype) and pd.api.types.infer_dtype(series, skipna=True) == "decimal":
        values = np.array([float(v) if isinstance(v, Decimal) else np.nan for v in series])
    elif pd.api.types.is_numeric_dtype(dtype) and not (
        pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    ):
        values = series.to_numpy(dtype=float, na_value=np.nan)
    else:
        raise ValueError(f"column {name} is {dtype}: it must be numeric")
    require_finite(values, series.index, name)
    return values


def require_finite(values: np.ndarray, index: pd.Index, name: str) -> None:
    """Raise ValueError naming the first row where `values` is missing or infinite."""
    # One sum finds any NaN or infinity; they are only counted when there is one.
    if np.isfinite(values.sum()):
        return
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise ValueError(
            f"column {name} is missing or infinite in {int(wrong.sum())} of {len(values)} rows, "
            f"first in row {index[wrong.argmax()]}: leave such rows out deliberately "
            "(the panel may be unbalanced)"
        )


def codes(series: pd.Series, name: str, *, ordered: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Position of each row's label, shape (n,), and the labels, in order of appearance or sorted.

    Raises
    ------
    ValueError
        If a row has no label, or text stands beside numbers, so that 1 and "1" would be two labels.
    """
    positions, labels = pd.factorize(series)
    if (positions < 0).any():
        row = series.index[int((positions < 0).argmax())]
        raise ValueError(f"{int((positions < 0).sum())} rows have no {name}, first row {row}")
    labels = np.asarray(labels)
    if labels.dtype == object and len({isinstance(label, str) for label in labels.tolist()}) > 1:
        text = next(label for label in labels if isinstance(label, str))
        other = next(label for label in labels if not isinstance(label, str))
        raise ValueError(f"column {name} holds text ({text!r}) beside {other!r}: write labels in one way")
    if not ordered:
        return positions, labels
    try:
        order = np.argsort(labels, kind="stable")
    except TypeError as error:
        raise ValueError(f"column {name} holds labels that have no order: {error}") from error
    rank = np.empty(len(labels), dtype=np.intp)
    rank[order] = np.arange(len(labels))
    return rank[positions], labels[order]


def weights_of(frame: pd.DataFrame, weights: str | pd.Series) -> np.ndarray:
    """Positive weights, one a row of `frame`, shape (n,); a series is aligned by its index.

    Raises
    ------
    ValueError
        If a weight is missing, infinite or not positive, or a series cannot be aligned.
    """
    name = weights if isinstance(weights, str) else (weights.name or WEIGHTS)
    column = frame[weights] if isinstance(weights, str) else aligned(weights, frame.index, str(name))
    values = numbers(column, str(name))
    if (values <= 0).any():
        row = frame.index[int((values <= 0).argmax())]
        raise ValueError(
            f"{int((values <= 0).sum())} rows have a {name} of zero or less, first row {row}: weights are "
            "positive"
        )
    return values
