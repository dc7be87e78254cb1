"""What git would commit, or has: looked through file by file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from analysis.design.privacy import PrivacyRule
from analysis.privacy.content import inspect
from analysis.privacy.finding import Finding

_CLOSED = ("data/real/", "data/synthetic/", "data/build/")
_OPEN = ("data/real/README.md",)


def look_through(root: Path, rule: PrivacyRule, *, staged: bool) -> tuple[list[Finding], int]:
    """Findings, and how many files were looked at.

    Parameters
    ----------
    staged : bool
        Only what the next commit adds or changes, as it stands in the index; else every file that is
        committed or could be: not ignored.

    Raises
    ------
    OSError
        If `root` is no git repository, or there is no git.
    """
    findings, count = [], 0
    for path, content in _staged(root) if staged else _present(root):
        count += 1
        if path.startswith(_CLOSED) and path not in _OPEN:
            findings.append(Finding(path, "nothing in this folder is committed; take it out of git"))
            continue
        findings += inspect(path, content, rule)
    return findings, count


def _staged(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in _listed(root, "diff", "--cached", "--name-only", "--diff-filter=ACMRT", "-z"):
        yield path, _git(root, "show", f":{path}")


def _present(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in _listed(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"):
        file = root / path
        if file.is_file() and not file.is_symlink():
            yield path, file.read_bytes()


def _listed(root: Path, *words: str) -> list[str]:
    return sorted(
        {name for name in _git(root, *words).decode("utf-8", "surrogateescape").split("\0") if name}
    )


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise OSError("git is not installed; the check needs it to know what would be committed") from error
    if done.returncode:
        raise OSError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout
