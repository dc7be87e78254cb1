"""Which cell of a notebook published which row or series, noted while the notebook runs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.results import ROWS_FILE, SERIES_FOLDER

INJECTED = "injected-parameters"


class Publications:
    """Looks after every code cell at what has been added to the run's folder.

    Attributes
    ----------
    found : dict of str to dict
        For each row or series id: ``cell``, the id of the cell, and ``number``, its place among the
        code cells of the notebook as it is stored, from 1: what JupyterLab shows in brackets after a run.
    """

    def __init__(self, folder: Path, notebook) -> None:
        self.found: dict[str, dict[str, str | int]] = {}
        self._folder = folder
        own = [cell for cell in notebook.cells if cell.cell_type == "code" and not _injected(cell)]
        self._places = {cell.get("id", ""): number for number, cell in enumerate(own, start=1)}

    def after(self, *, cell: Mapping, **_) -> None:
        """What :class:`nbclient.NotebookClient` calls when a cell has ended."""
        identifier = cell.get("id", "")
        for name in published_ids(self._folder):
            if name not in self.found and identifier in self._places:
                self.found[name] = {"cell": identifier, "number": self._places[identifier]}


def published_ids(folder: Path) -> Sequence[str]:
    """Ids of the rows and series in `folder`, which may still be empty."""
    ids = [path.stem for path in (folder / SERIES_FOLDER).glob("*.json")]
    rows = folder / ROWS_FILE
    if rows.is_file():
        with rows.open(encoding="utf-8", newline="") as handle:
            ids += [record["id"] for record in csv.DictReader(handle)]
    return ids


def _injected(cell: Mapping) -> bool:
    return INJECTED in cell.get("metadata", {}).get("tags", ())
