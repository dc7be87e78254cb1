"""``resultaten.csv``: every released number, one row a result, for who wants to check or reuse them."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.release.provenance import PROVENANCE_FILE
from analysis.release.shown import NAMED_IN, shown
from analysis.release.spreadsheet import safe_cells
from analysis.results import Result
from analysis.workspace import Workspace

FILE = "resultaten.csv"
COLUMNS = (
    "id", "label", "value", "low", "high", "level", "se", "unit", "n", "clusters", "kind", "source",
    "outcome", "specification", "note",
)  # fmt: skip
STAMP = ("notebook", "run", "data_hash", "parameters_hash", "code_hash")
PUBLIC_STAMP = ("notebook",)


def sections_of(workspace: Workspace, released: Path) -> dict[str, list[str]]:
    """By id of a result: the sections of the documents that name it, as ``rapport.html#sec-kosten``.

    Empty where the origin of what was `released` is not known.
    """
    origins = released / PROVENANCE_FILE
    if not origins.is_file():
        return {}
    conclusions = json.loads(origins.read_text(encoding="utf-8"))["conclusions"]
    places = shown(workspace, opened=True).places(conclusions)
    return {name: [f"{use.page}#{use.label}" for use in uses if use.label] for name, uses in places.items()}


def write_results_file(
    rows: Sequence[Result],
    path: Path,
    *,
    public: bool = False,
    sections: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write `rows` to `path`, sorted by id; numbers with a decimal point, unknown is empty.

    Of each row stand the `sections` that name it, if any; see :func:`sections_of`.

    With `public` without the hashes of the run that produced a row. Text that a spreadsheet would run is
    neutralised; a control character raises ValueError.
    """
    stamp = PUBLIC_STAMP if public else STAMP
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        sections = sections or {}
        writer.writerow((*COLUMNS, NAMED_IN, *stamp))
        for row in sorted(rows, key=lambda row: row.id):
            values = [
                *(getattr(row, name) for name in COLUMNS),
                " ".join(sections.get(row.id, ())),
                *(getattr(row.stamp, name) for name in stamp),
            ]
            writer.writerow(safe_cells(values, f"{FILE}, {row.id}"))
