"""The privacy check of the command line: the working tree, and the outputs of a build."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from analysis.design.privacy import PrivacyRule, privacy_rule
from analysis.manifest import present_files, read_manifest
from analysis.privacy import Finding
from analysis.privacy.worktree import look_through
from analysis.workspace import Workspace

_OUTPUTS = ("_report/*", "data/build/runs/**/*", "data/build/released/**/*", "data/build/failed/**/*")
_LOOKED_AT = (".html", ".pdf", ".ipynb", ".csv", ".json", ".txt", ".md")


def check(workspace: Workspace, *, staged: bool = False) -> tuple[list[Finding], list[str], int]:
    """Findings, notes on what could not be looked at, and how many files were.

    With `staged` only what the next commit adds; else every file of the working tree that git does not
    ignore, and the outputs of the last build held against the real files that are there.
    """
    rule = privacy_rule(workspace)
    findings, count = look_through(workspace.root, rule, staged=staged)
    if staged:
        return findings, [], count
    more, notes, looked_at = check_outputs(workspace, rule, _outputs(workspace.root))
    return findings + more, notes, count + looked_at


def check_outputs(
    workspace: Workspace, rule: PrivacyRule, outputs: Iterable[Path]
) -> tuple[list[Finding], list[str], int]:
    """The same of `outputs`: no line of them may hold the values of one pupil."""
    from analysis.privacy.outputs import leaked_rows, read_microdata, visible_lines

    real = sorted(
        {
            path
            for source in read_manifest(workspace).values()
            if not source.fetch  # what anyone can fetch holds no persons
            for path in present_files(source, workspace.data)
        }
    )
    pupils = [path for path in real if path.suffix in (".sav", ".csv", ".gz")]
    microdata = read_microdata(pupils)
    findings: list[Finding] = []
    notes: list[str] = []
    count = 0
    for path in outputs:
        name = path.relative_to(workspace.root).as_posix()
        try:
            findings += leaked_rows(name, visible_lines(path), microdata, rule)
            count += 1
        except ValueError as error:
            notes.append(str(error))
    if not microdata:
        notes.append("no real files are there: outputs were not held against any")
    return findings, notes, count


def _outputs(root: Path) -> list[Path]:
    found = {path for pattern in _OUTPUTS for path in root.glob(pattern) if path.suffix in _LOOKED_AT}
    return sorted(path for path in found if path.is_file())
