"""Take the outputs out of a notebook; everything else stays as it is, byte for byte."""

from __future__ import annotations

import json
import os
from pathlib import Path


def strip_outputs(path: Path) -> bool:
    """Empty outputs and execution counts of the code cells; True if there were any.

    Raises
    ------
    ValueError
        If the file is no notebook.
    """
    text = path.read_text(encoding="utf-8")
    try:
        content = json.loads(text)
        cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: no readable notebook ({error})") from error
    if not any(cell.get("outputs") or cell.get("execution_count") is not None for cell in cells):
        return False
    for cell in cells:
        cell["outputs"] = []
        cell["execution_count"] = None
        cell.get("metadata", {}).pop("execution", None)  # when it ran, as JupyterLab keeps it
    stripped = json.dumps(content, indent=1, ensure_ascii=False) + "\n"  # as JupyterLab writes it
    half = path.with_name(f".{path.name}.part")
    half.write_text(stripped, encoding="utf-8")
    os.replace(half, path)
    return True
