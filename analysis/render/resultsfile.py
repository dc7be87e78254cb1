"""``resultaten.csv``: every released number, one row a result, for who wants to check or reuse them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from analysis.release.spreadsheet import safe_cells
from analysis.results import Result

FILE = "resultaten.csv"
COLUMNS = (
    "id", "label", "value", "low", "high", "level", "se", "unit", "n", "clusters", "kind", "source",
    "outcome", "specification", "note",
)  # fmt: skip
STAMP = ("notebook", "run", "data_hash", "parameters_hash", "code_hash")
PUBLIC_STAMP = ("notebook",)


def write_results_file(rows: Sequence[Result], path: Path, *, public: bool = False) -> None:
    """Write `rows` to `path`, sorted by id; numbers with a decimal point, unknown is empty.

    With `public` without the hashes of the run that produced a row. Text that a spreadsheet would run is
    neutralised; a control character raises ValueError.
    """
    stamp = PUBLIC_STAMP if public else STAMP
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow((*COLUMNS, *stamp))
        for row in sorted(rows, key=lambda row: row.id):
            values = [getattr(row, name) for name in COLUMNS] + [getattr(row.stamp, name) for name in stamp]
            writer.writerow(safe_cells(values, f"{FILE}, {row.id}"))
