"""What lies where a build looks and is used by nothing: said at each build, with the entry to paste."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from analysis.design.notebooks import read_notebooks
from analysis.manifest import read_manifest, unrecognised_files
from analysis.workspace import Workspace

_QUESTION = re.compile(r"[^.?!\n#]+\?")


def unused_inputs(workspace: Workspace) -> Iterator[str]:
    """A note for each notebook that is not registered, and each file that no source recognises."""
    registered = {entry.file for entry in read_notebooks(workspace)}
    for path in sorted(workspace.notebooks.glob("*.ipynb")):
        if path.name not in registered and not path.name.startswith("."):
            yield (
                f"notebooks/{path.name} is not in data/design/notebooks.toml, and so it is not run. Add:\n"
                f"    [[notebook]]\n    name = {_quoted(_name(path))}\n    file = {_quoted(path.name)}\n"
                f"    question = {_quoted(_asked(path))}"
            )
    sources = read_manifest(workspace)
    expected = [pattern for source in sources.values() for pattern in source.files]
    for path in unrecognised_files(sources.values(), workspace.data):
        near = get_close_matches(path.name, expected, n=2)
        hint = f" Was {', or '.join(near)} meant, rename it." if near else ""
        yield (
            f"{path.name} in {workspace.data.name} fits no source of data/manifest.toml, and so it is not "
            f"read.{hint} Is it a source of its own, add:\n"
            f"    [{_name(path).replace('-', '_')}]\n"
            + "\n".join(
                f'    {key} = "…"' for key in ("title", "publisher", "licence", "reference", "access")
            )
            + f"\n    files = [{_quoted(path.name)}]"
        )


def _name(path: Path) -> str:
    """A name for an entry, from that of the file: ``09-opkomst.ipynb`` is ``opkomst``."""
    words = re.sub(r"[^a-z0-9]+", "-", path.name.partition(".")[0].casefold()).strip("-")
    return re.sub(r"^[\d-]+", "", words) or "naam"


def _asked(path: Path) -> str:
    """The first question that the notebook at `path` asks in its text."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    except (ValueError, KeyError, TypeError):
        return "…?"
    found = _QUESTION.search("\n".join(texts))
    return found[0].strip() if found else "…?"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
