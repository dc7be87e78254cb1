"""A frame together with what it rests on, from the door to the estimator."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.datakind import DataKind


@dataclass(frozen=True)
class Sourced:
    """Data ready for estimation, and what a reader must know of them.

    Attributes
    ----------
    frame : pandas.DataFrame
    kind : DataKind
    source : str
        Key in ``data/manifest.toml``.
    remark : str
        One or two Dutch sentences for the report: which file was used, or why a twin was.
    dropped : tuple of (str, int)
        Rows left out, by Dutch reason. Empty when none were; never silent.
    """

    frame: pd.DataFrame
    kind: DataKind
    source: str
    remark: str
    dropped: tuple[tuple[str, int], ...] = ()
