"""What an estimator is given, checked: values without gaps, groups that cover every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.design import ReplicateDesign

MISSING_RULES = ("error", "drop")


@dataclass(frozen=True, eq=False)
class Inputs:
    """Rows ready for estimation.

    Attributes
    ----------
    arrays : tuple of numpy.ndarray, each of shape (n, M_k)
    design : ReplicateDesign
        Of the same rows.
    codes : numpy.ndarray of int, shape (n,)
        Group of each row.
    labels : pandas.DataFrame
        One row a group; no columns when there is one group.
    """

    arrays: tuple[np.ndarray, ...]
    design: ReplicateDesign
    codes: np.ndarray
    labels: pd.DataFrame

    @property
    def groups(self) -> int:
        return len(self.labels)


def prepare(
    variables: dict[str, Any], design: ReplicateDesign, by: Any = None, missing: str = "error"
) -> Inputs:
    """Check `variables` and `by` against the design, and leave out incomplete rows if asked to.

    Parameters
    ----------
    variables : dict of str to array_like, shape (n,) or (n, M)
    design : ReplicateDesign
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
    if missing not in MISSING_RULES:
        raise ValueError(f"missing={missing!r}: expected {' or '.join(MISSING_RULES)}")
    arrays = {name: _numbers(values, design.n, name) for name, values in variables.items()}
    absent = {
        name: np.isnan(values).any(axis=1) for name, values in arrays.items() if not np.isfinite(values).all()
    }
    by_frame = _by_frame(by, design.n)
    for column in by_frame:
        absent[f"by ({column})"] = by_frame[column].isna().to_numpy()
    incomplete = np.zeros(design.n, dtype=bool)
    for name, where in absent.items():
        if where.any() and missing == "error":
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
        design, by_frame = design.take(keep), by_frame[keep]
    codes, labels = _groups(by_frame)
    return Inputs(tuple(arrays.values()), design, codes, labels)


def _numbers(values: Any, n: int, name: str) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} is not numeric ({error}); convert text and categories beforehand") from error
    if array.ndim not in (1, 2) or array.shape[0] != n or (array.ndim == 2 and array.shape[1] == 0):
        raise ValueError(
            f"{name} has shape {array.shape}: expected ({n},) or ({n}, M) as the design has rows"
        )
    array = array.reshape(n, -1)
    if not np.isfinite(array).all() and np.isinf(array).any():
        row = int(np.isinf(array).any(axis=1).argmax())
        raise ValueError(f"{name} is infinite in row {row}")
    return array


def _by_frame(by: Any, n: int) -> pd.DataFrame:
    if by is None:
        return pd.DataFrame(index=range(n))
    if isinstance(by, pd.DataFrame):
        frame = by
    else:
        series = by if isinstance(by, pd.Series) else pd.Series(np.asarray(by))
        frame = series.to_frame("group" if series.name is None else series.name)
    if len(frame) != n:
        raise ValueError(f"by has {len(frame)} rows: expected {n} as the design has")
    return frame.reset_index(drop=True)


def _groups(by: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    if by.shape[1] == 0:
        return np.zeros(len(by), dtype=np.int64), pd.DataFrame(index=range(1))
    codes = by.groupby(list(by.columns), sort=True, observed=True).ngroup().to_numpy()
    _, first = np.unique(codes, return_index=True)
    return codes, by.iloc[first].reset_index(drop=True)
