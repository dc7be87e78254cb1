"""The privacy check of the command line: the working tree and what is published, judged and compared."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from analysis.design.privacy import PrivacyRule, privacy_rule
from analysis.manifest import present_files as files_of
from analysis.manifest import read_manifest
from analysis.privacy.content import inspect
from analysis.privacy.finding import Finding
from analysis.privacy.microdata import Matcher, read_microdata
from analysis.privacy.worktree import File, output_files, present_files, staged_files
from analysis.workspace import Workspace

_SHOWN = 5  # findings of one file
# In data/facts, by stem: names that tell no person.
_PLACE_NAMES = ("municipalities", "municipal_changes", "cbs_population_2024")


def check(workspace: Workspace, *, staged: bool = False) -> tuple[list[Finding], list[str], int]:
    """Findings, notes on what could not be compared, and how many files were looked at.

    With `staged` only what the next commit adds; else every file of the working tree that git does not
    ignore, and what is published or becomes so. All are judged by their content, and held against the
    microdata that are in the data folder.

    Raises
    ------
    OSError
        If this is no git repository, or there is no git.
    """
    root = workspace.root
    files = list(staged_files(root)) if staged else [*present_files(root), *output_files(root)]
    return check_files(workspace, privacy_rule(workspace), files)


def check_files(
    workspace: Workspace, rule: PrivacyRule, files: Iterable[File]
) -> tuple[list[Finding], list[str], int]:
    """The same of `files`."""
    microdata, notes = read_microdata(_persons(workspace), _places(workspace.root))
    matcher = Matcher(microdata, rule)
    findings: list[Finding] = []
    count = 0
    for file in files:
        count += 1
        if file.said:
            findings.append(Finding(file.path, file.said))
        else:
            findings += inspect(file.path, file.content, rule, matcher, published=file.published)
    if not microdata:
        notes.append("no microdata are there: files were judged by their content only")
    return _few(findings + matcher.findings()), notes, count


def _few(findings: list[Finding]) -> list[Finding]:
    """By file and line; of one file the first, with how many more there are."""
    by_path: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: (one.path, one.line or 0)):
        by_path.setdefault(finding.path, []).append(finding)
    shown = []
    for path, found in by_path.items():
        shown += found[:_SHOWN]
        if more := len(found) - _SHOWN:
            shown += [Finding(path, f"and {more} more of these")] if more > 0 else []
    return shown


def _persons(workspace: Workspace) -> list[Path]:
    """Files of the data folder, but for what anyone can fetch, which holds no persons, and the read-me."""
    folder = workspace.data
    if not folder.is_dir():
        return []
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    public = {
        path
        for source in read_manifest(workspace).values()
        if source.fetch
        for one in folders
        for path in files_of(source, one)
    }
    return sorted(
        path
        for one in folders
        for path in one.iterdir()
        if path.is_file() and path not in public and not path.name.lower().startswith((".", "readme"))
    )


def _places(root: Path) -> frozenset[str]:
    """Names of places in the facts, in lower case."""
    found: set[str] = set()
    for stem in _PLACE_NAMES:
        path = root / "data" / "facts" / f"{stem}.csv"
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as handle:
                for row in csv.DictReader(handle):
                    found |= {str(cell).casefold() for cell in row.values()}
    return frozenset(found)
