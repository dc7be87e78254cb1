"""What was written for the report and is in no document of it: said at each render, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.design.prose import CLAIMS, NUMBERS, directions, exempt_numbers
from analysis.release.shown import FOLDER
from analysis.render.entries import idle, standing_text
from analysis.workspace import Workspace

_INCLUDED = re.compile(r"\{\{<\s*include\s+(\S+)\s*>\}\}")


def unused_texts(workspace: Workspace) -> Iterator[str]:
    """A note for each section that nothing includes, and each entry whose sentence is gone."""
    root = workspace.root
    used = set(_INCLUDED.findall(standing_text(root)))
    for path in sorted((root / "reports").glob("_*.qmd")):
        # A section `_uitkomst-x` is shown by way of the fragment that the build makes of it, given data.
        if not used & {path.name, f"{FOLDER}/{path.name.removeprefix('_')}"}:
            yield (
                f"reports/{path.name} is in no document. Where it belongs, such as in rapport.qmd, add:\n"
                f"    {{{{< include {path.name} >}}}}"
            )
    declared = directions(workspace)
    listed = {
        NUMBERS: exempt_numbers(workspace) or (),
        CLAIMS: (*declared.claims, *declared.exempt) if declared else (),
    }
    for file, entries in listed.items():
        for entry in idle(entries, root):
            yield (
                f"data/design/{file}.toml: no sentence holds {entry.text!r} any more: take the entry out, or "
                "put its text right"
            )
