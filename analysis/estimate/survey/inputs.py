"""What an estimator is given, checked: values without gaps, groups that cover every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.design import ReplicateDesign, common_index
from analysis.estimate.survey.totals import GroupedDesign

MISSING_RULES = ("error", "drop")
COLUMNS = ("estimate", "se", "sampling_variance", "imputation_variance", "n", "effective_n", "df")


@dataclass(frozen=True, eq=False)
class Inputs:
    """Rows ready for estimation.

    Attributes
    ----------
    arrays : tuple of numpy.ndarray, each of shape (n, M_k)
    grouped : GroupedDesign
        The same rows by group.
    labels : dict of str to array
        Columns that name the groups, with one entry a group; empty when there is one group.
    """

    arrays: tuple[np.ndarray, ...]
    grouped: GroupedDesign
    labels: dict[str, Any]

    @property
    def design(self) -> ReplicateDesign:
        return self.grouped.design


def prepare(
    variables: dict[str, Any], design: ReplicateDesign, by: Any = None, missing: str = "error"
) -> Inputs:
    """Check `variables` and `by` against the design, and leave out incomplete rows if asked to.

    Parameters
    ----------
    variables : dict of str to array_like, shape (n,) or (n, M)
    by : None, array_like, pandas.Series or pandas.DataFrame
        Groups; a frame groups by the combinations of its columns.
    missing : str
        ``error``: a missing value or group label is an error. ``drop``: a row that misses anything in
        any variable, any plausible value or any group label is left out, and `n` says so.

    Raises
    ------
    ValueError, TypeError
        On wrong shapes, infinite values, text, an unknown rule, missing values under ``error`` or no
        complete row.
    """
    common_index({**variables, "by": by}, design.index)
    if missing not in MISSING_RULES:
        raise ValueError(f"missing={missing!r}: expected {' or '.join(MISSING_RULES)}")
    arrays = {name: _numbers(values, design.n, name) for name, values in variables.items()}
    absent = {name: gaps for name, values in arrays.items() if (gaps := _gaps(values, name)) is not None}
    labels = _labels(by, design.n)
    for label in labels:
        if label.n.sum() < design.n:
            absent[f"by ({label.name})"] = label.codes < 0
    incomplete = np.zeros(design.n, dtype=bool)
    for name, where in absent.items():
        if missing == "error":
            raise ValueError(
                f"{name}: {int(where.sum())} of {design.n} rows are missing, first {int(where.argmax())}; "
                'leave them out and count them, or pass missing="drop"'
            )
        incomplete |= where
    if incomplete.all():
        raise ValueError(f"no complete row among {design.n}: nothing to estimate")
    if incomplete.any():
        keep = ~incomplete
        arrays = {name: values[keep] for name, values in arrays.items()}
        design = design.take(keep)
        labels = [label.take(keep) for label in labels]
    codes, n, names = _groups(labels, design.n)
    return Inputs(tuple(arrays.values()), GroupedDesign(design, codes, n.size, n), names)


def taken(name: Any) -> ValueError:
    """Of a group column `name` that a result has as well."""
    return ValueError(f"by has a column {name}, which is the name of a column of the result: rename it")


@dataclass(frozen=True, eq=False)
class Label:
    """One column of group labels.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (n,)
        Level of each row; −1 is missing.
    levels : array, shape (levels,)
        The labels in order.
    n : numpy.ndarray of int, shape (levels,)
        Rows at each level.
    """

    name: str
    codes: np.ndarray
    levels: Any
    n: np.ndarray

    def take(self, rows: np.ndarray) -> Label:
        """The labels of some rows; levels that no row has any more are left out."""
        left, codes, n = np.unique(self.codes[rows], return_inverse=True, return_counts=True)
        return Label(self.name, codes, self.levels.take(left), n)


def _numbers(values: Any, n: int, name: str) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} is not numeric ({error}); convert text and categories beforehand") from error
    if array.ndim not in (1, 2) or array.shape[0] != n or (array.ndim == 2 and array.shape[1] == 0):
        raise ValueError(
            f"{name} has shape {array.shape}: expected ({n},) or ({n}, M) as the design has rows"
        )
    return array.reshape(n, -1)


def _gaps(values: np.ndarray, name: str) -> np.ndarray | None:
    """Which rows miss a value; None when there is none."""
    flat = values.ravel(order="K")
    if np.isfinite(flat @ flat):  # a missing or infinite value anywhere shows in the sum of squares
        return None
    gaps, infinite = np.isnan(values).any(axis=1), np.isinf(values).any(axis=1)
    if infinite.any():
        raise ValueError(f"{name} is infinite in row {int(infinite.argmax())}")
    return gaps if gaps.any() else None


def _labels(by: Any, n: int) -> list[Label]:
    if by is None:
        return []
    if isinstance(by, pd.DataFrame):
        if not by.columns.is_unique:
            twice = by.columns[by.columns.duplicated()][0]
            raise ValueError(f"by has two columns {twice}: names must differ")
        columns = dict(by.items())
    elif isinstance(by, pd.Series):
        columns = {"group" if by.name is None else by.name: by}
    else:
        columns = {"group": np.asarray(by)}
    labels = []
    for name, column in columns.items():
        if name in COLUMNS:
            raise taken(name)
        if len(column) != n:
            raise ValueError(f"by has {len(column)} rows: expected {n} as the design has")
        labels.append(Label(name, *_coded(column)))
    return labels


def _coded(column: Any) -> tuple[np.ndarray, Any, np.ndarray]:
    """Level of each row as :func:`pandas.factorize`, the levels in order and the rows at each."""
    dtype = getattr(column, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and len(column):
        numbers = np.asarray(column)
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < 2 * numbers.size and high < np.iinfo(np.int64).max:  # counted, which needs no hash
            places = numbers.astype(np.int64, copy=False)
            places = places - low if low else places
            n = np.bincount(places)
            present = np.flatnonzero(n)
            levels = (present + low).astype(dtype)
            if present.size < n.size:
                lookup = np.zeros(n.size, dtype=np.int64)
                lookup[present] = np.arange(present.size)
                places = lookup[places]
            return places, levels, n[present]
    codes, levels = pd.factorize(column, sort=True)
    return codes, levels, np.bincount(codes + 1, minlength=len(levels) + 1)[1:]


def _groups(labels: list[Label], n: int) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Group of each row, rows of each group, and the labels of each group in order."""
    if not labels:
        return np.zeros(n, dtype=np.int64), np.array([n]), {}
    if len(labels) == 1:
        (label,) = labels
        return label.codes, label.n, {label.name: label.levels}
    codes = labels[0].codes
    for label in labels[1:]:
        codes = pd.factorize(codes * len(label.levels) + label.codes, sort=True)[0]
    first = np.empty(codes.max() + 1, dtype=np.int64)
    first[codes] = np.arange(n)
    names = {label.name: label.levels.take(label.codes[first]) for label in labels}
    return codes, np.bincount(codes), names
