"""Rows of another notebook, for one that builds on them.

The registry's `needs` names what may be read; the build runs those first and says where their rows lie.
In JupyterLab the rows of the last build are read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from analysis.results import ROWS_FILE, Result, read_rows
from analysis.workspace import Workspace

UPSTREAM_VARIABLE = "ANALYSIS_UPSTREAM"


def rows_of(notebook: str, workspace: Workspace | None = None) -> list[Result]:
    """All rows `notebook` published, over all its runs.

    Raises
    ------
    LookupError
        If the registry does not say that this notebook needs `notebook`, or it was never built.
    """
    declared = os.environ.get(UPSTREAM_VARIABLE)
    if declared is not None:
        folders = json.loads(declared)
        if notebook not in folders:
            raise LookupError(
                f"{notebook} is not among the needs of this notebook in data/design/notebooks.toml"
            )
        files = [Path(folder) / ROWS_FILE for folder in folders[notebook]]
        return [row for path in files if path.exists() for row in read_rows(path)]
    path = (workspace or Workspace.current()).build / "released" / ROWS_FILE
    rows = [row for row in read_rows(path) if row.stamp.notebook == notebook] if path.exists() else []
    if not rows:
        raise LookupError(f"no rows of {notebook} in {path}: run python -m analysis build first")
    return rows
