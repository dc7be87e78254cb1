"""A notebook as it is stored: without outputs, and without what an editor notes of a run.

Git runs this as a filter (``python -m analysis.privacy.strip``), so that outputs stay on disk and out of git.
It reads with the standard library alone: git also calls it where nothing is installed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

# What JupyterLab, papermill and others note of a run or of how a cell is folded.
_CELL_NOTES = ("execution", "papermill", "ExecuteTime", "collapsed", "scrolled", "trusted", "jupyter")
_NOTEBOOK_NOTES = ("papermill", "widgets", "signature", "toc-autonumbering", "toc-showcode")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_LANGUAGE = {"name": "python"}
# At the start of a line of the file, or, where nbdime merged it, of a line in a cell.
_MARK = re.compile(r'^\s*"?<{7} ', re.MULTILINE)


def half_merged(text: str) -> bool:
    """Whether git or nbdime left both versions of a place in the notebook `text`, for a person to choose."""
    return _MARK.search(text) is not None


def stripped(text: str) -> str:
    """The notebook `text` as it is stored; what is stored already comes back as it is.

    Cells keep their ids, tags and sources. The kernel is the one that every Python has, whatever the editor
    called it.

    Raises
    ------
    ValueError
        If `text` is no notebook, as when git left marks of a conflict in it.
    """
    try:
        content = json.loads(text)
        for cell in content["cells"]:
            _strip_cell(cell)
        metadata = content["metadata"]
        for note in _NOTEBOOK_NOTES:
            metadata.pop(note, None)
        if metadata.get("kernelspec", _KERNEL).get("language", "python") == "python":
            metadata |= {"kernelspec": _KERNEL, "language_info": _LANGUAGE}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no readable notebook ({error})") from error
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"  # as JupyterLab writes it


def _strip_cell(cell: dict[str, Any]) -> None:
    source = cell["source"]
    cell["source"] = (source if isinstance(source, str) else "".join(source)).splitlines(keepends=True)
    for note in _CELL_NOTES:
        cell.get("metadata", {}).pop(note, None)
    if cell["cell_type"] == "code":
        cell |= {"outputs": [], "execution_count": None}


def strip_outputs(path: Path) -> bool:
    """Rewrite the notebook at `path` as it is stored; True if that changed it.

    Raises
    ------
    ValueError
        If the file is no notebook.
    """
    text = path.read_text(encoding="utf-8")
    try:
        clean = stripped(text)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if clean == text:
        return False
    half = path.with_name(f".{path.name}.part")
    half.write_text(clean, encoding="utf-8", newline="\n")
    os.replace(half, path)
    return True


def main() -> int:
    """From standard input to standard output; what is no notebook passes as it is."""
    given = sys.stdin.buffer.read()
    with contextlib.suppress(ValueError):  # the check before a commit refuses it, with the reason
        given = stripped(given.decode("utf-8")).encode("utf-8")
    sys.stdout.buffer.write(given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
