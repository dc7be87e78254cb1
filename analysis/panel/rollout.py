"""A registration of a roll-out: the real file when it is there, else its synthetic twin."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.errors
import pandera.pandas as pa

from analysis.datakind import DataKind
from analysis.design.rollout import Programme
from analysis.sources.sourced import Sourced
from analysis.synthetic.rollout import RolloutTwin

_SHOWN = 5


def registration(
    path: Path, contract: pa.DataFrameSchema, design: Programme, twin: RolloutTwin, *, name: str
) -> Sourced:
    """The rows of `path` if it exists, else those of `twin`; the remark says which.

    Raises
    ------
    ValueError
        If the file is there and breaks its contract. A broken file never gives way to the twin.
    """
    if not path.is_file():
        remark = (
            f"De registratie van {name} ({path.name}) is er niet. Alle cijfers komen uit een synthetische "
            "tweeling waarin het effect vooraf is gekozen; ze zeggen niets over Nederland."
        )
        return Sourced(twin.frame, DataKind.SYNTHETIC, f"tweeling_{design.name}", remark)
    frame = read_registration(path, contract)
    known = frame[design.outcome.name].notna()
    dropped = ((f"{design.outcome.label.lower()} onbekend", int((~known).sum())),) if not known.all() else ()
    if not known.any():
        raise ValueError(f"{path.name}: column {design.outcome.name} is empty in every row")
    remark = f"De cijfers komen uit de registratie van {name} ({path.name})."
    return Sourced(
        frame[known].reset_index(drop=True), DataKind.REAL, f"registratie_{design.name}", remark, dropped
    )


def read_registration(path: Path, contract: pa.DataFrameSchema) -> pd.DataFrame:
    """`path` as a frame that keeps `contract`; an error names the file and the first breaches."""
    try:
        frame = pd.read_csv(path, encoding="utf-8", dtype={"municipality": str, "province": str})
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is not a readable comma-separated file: {error}") from error
    if frame.empty:
        raise ValueError(f"{path.name} has a header and no rows")
    try:
        return contract.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        lines = [
            f"{case.column or 'file'}: {case.check}" + ("" if pd.isna(case.row) else f" (row {case.row})")
            for case in cases.rename(columns={"index": "row"}).head(_SHOWN).itertuples()
        ]
        more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
        raise ValueError(f"{path.name} breaks its contract: {'; '.join(lines)}{more}") from error
