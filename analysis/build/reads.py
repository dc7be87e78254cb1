"""What a run really read, held against what its key covers.

The key is made from what a notebook declares and from its imports as they can be followed without running
it. The kernel notes which files were opened (:func:`analysis.build.kernel.note_reads`); a run that read
something else is not published, because a change in that file would not have it run again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from analysis.build.closure import FirstParty
from analysis.build.kernel import READS_VARIABLE, WATCHED_VARIABLE
from analysis.workspace import Workspace

_CACHED = re.compile(r"(.*)__pycache__/([^/]+?)\.[^/]*\.pyc[^/]*")
SHOWN = 5


def watch(workspace: Workspace, record: Path) -> dict[str, str]:
    """Variables that make a kernel note in `record` what it opens of data and first-party code."""
    folders = [workspace.root / "data", workspace.data]
    files = []
    for top, base in FirstParty.of(workspace).tops.items():
        (folders if (base / top).is_dir() else files).append(base / top)
    watched = [f"{folder}{os.sep}" for folder in folders] + [f"{path}.py" for path in files]
    return {READS_VARIABLE: str(record), WATCHED_VARIABLE: os.pathsep.join(watched)}


def undeclared(record: Path, inputs: Iterable[str], workspace: Workspace, own: Iterable[Path]) -> list[str]:
    """Sentences on files that were opened and are not among `inputs`; the run's `own` folders are its own."""
    if not record.exists():
        return []
    covered = _covered(inputs, workspace)
    mine = tuple(f"{folder}{os.sep}" for folder in own)
    written, read = [], []
    for line in sorted(set(record.read_text(encoding="utf-8", errors="surrogateescape").splitlines())):
        mode, _, path = line.partition(" ")
        cached = _CACHED.fullmatch(Path(path).as_posix())
        if cached:
            mode, path = "r", f"{cached[1]}{cached[2]}.py"
        if path.startswith(mine) or (mode == "r" and os.path.realpath(path) in covered):
            continue
        (read if mode == "r" else written).append(_shown(path, workspace))
    sentences = []
    if read:
        sentences.append(
            f"it reads {_list(read)}, which its key does not cover: declare the source of data in "
            "data/design/notebooks.toml, and import modules by name"
        )
    if written:
        sentences.append(f"it writes {_list(written)}: a notebook hands over with publish")
    return sentences


def _covered(inputs: Iterable[str], workspace: Workspace) -> set[str]:
    first_party = FirstParty.of(workspace)
    tops = first_party.tops
    data = workspace.root / "data"
    covered: set[Path] = set()
    for name in inputs:
        what, _, rest = name.partition(" ")
        if what == "module":
            base = tops.get(rest.split("/")[0].removesuffix(".py"), workspace.root)
            covered.add(base / rest)
        elif what == "data":
            covered.add(workspace.data / rest.partition(" ")[2])
        elif what in ("committed", "design"):
            covered.add((data / "design" if what == "design" else data) / rest)
    return {os.path.realpath(path) for path in covered}


def _shown(path: str, workspace: Workspace) -> str:
    for folder in (workspace.root, workspace.data.parent):
        if path.startswith(f"{folder}{os.sep}"):
            return Path(path).relative_to(folder).as_posix()
    return path


def _list(paths: list[str]) -> str:
    unique = sorted(set(paths))
    more = f" and {len(unique) - SHOWN} more" if len(unique) > SHOWN else ""
    return ", ".join(unique[:SHOWN]) + more
