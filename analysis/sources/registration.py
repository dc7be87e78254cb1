"""A registration of a roll-out as a file: ``prodemos.csv`` or ``tienskip.csv``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.errors
import pandera.pandas as pa

_SHOWN = 5


def read_registration(path: Path, contract: pa.DataFrameSchema) -> pd.DataFrame:
    """`path` as a frame that keeps `contract` (:mod:`analysis.schema.rollout`).

    Raises
    ------
    ValueError
        If the file is not readable, has no rows or breaks its contract; names the file and the breaches.
    """
    try:
        frame = pd.read_csv(path, encoding="utf-8", dtype={"municipality": str, "province": str})
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is not a readable comma-separated file: {error}") from error
    if frame.empty:
        raise ValueError(f"{path.name} has a header and no rows")
    try:
        return contract.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.rename(columns={"index": "row"})
        lines = [
            f"{case.column or 'file'}: {case.check}, found {case.failure_case}"
            + ("" if pd.isna(case.row) else f" (row {case.row})")
            for case in cases.head(_SHOWN).itertuples()
        ]
        more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
        raise ValueError(f"{path.name} breaks its contract: {'; '.join(lines)}{more}") from error
