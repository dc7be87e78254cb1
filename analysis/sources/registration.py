"""A registration of a roll-out as a file: ``prodemos.csv`` or ``tienskip.csv``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.schema import conform
from analysis.sources.texttable import read_text_table


def read_registration(path: Path, contract: pa.DataFrameSchema) -> pd.DataFrame:
    """`path` as a frame that keeps `contract` (:mod:`analysis.schema.rollout`).

    Raises
    ------
    ValueError
        If the file is not readable, has no rows or breaks its contract; names file, column and row (1 is the
        first below the header).
    """
    return conform(read_text_table(path), contract, path.name)
