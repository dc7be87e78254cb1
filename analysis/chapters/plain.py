"""A notebook without a chapter of its own: its rows in one table, so that a new one shows at once."""

from __future__ import annotations

import pandas as pd

from analysis.datakind import DataKind
from analysis.exhibits import Exhibit, TableExhibit, sources_of
from analysis.results import Released
from analysis.workspace import Workspace


def exhibits(released: Released, workspace: Workspace, section: str) -> list[Exhibit]:
    """``tbl-<section>``: label, value and interval, and n of every row; nothing where there are no rows."""
    if not released.rows:
        return []
    cells = pd.DataFrame(
        [(row.label, row.variables()["full"], row.variables()["n"]) for row in released.rows],
        columns=["Uitkomst", "Waarde", "Aantal"],
    )
    return [
        TableExhibit(
            id=released.exhibit("tbl", section.replace("_", "-")),
            cells=cells,
            caption=f"Uitkomsten van {section.replace('_', ' ')}.",
            kind=DataKind.combine(row.kind for row in released.rows),
            source=sources_of(released.rows),
            align="llr",
        )
    ]
