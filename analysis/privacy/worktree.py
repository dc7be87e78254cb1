"""What git would commit, or has, and what is published: the files to look through, one by one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.privacy.strip import stripped
from analysis.privacy.unfold import FILE_MB

_CLEAN = b"filter.notebook.clean"
_CLOSED = ("data/real/", "data/synthetic/", "data/build/")
_OPEN = ("data/real/README.md",)
# Ignored by git: what goes to readers, what becomes that, and what a renderer left behind.
_OUTPUTS = (
    "_report/**/*",
    "_report.*/**/*",
    "data/build/released/**/*",
    "reports/_generated/**/*",
    "_variables.yml",
    "_reference/**/*",
    "notebooks/**/*.html",
    "notebooks/**/*_files/**/*",
    "**/*.quarto_ipynb",
    "reports/*.html",
    "reports/*.pdf",
    "reports/*.typ",
    "reports/*_files/**/*",
)


@dataclass(frozen=True)
class File:
    """A file as git or a reader gets it: `content`, or why it has none that is looked at."""

    path: str
    content: bytes = b""
    said: str = ""
    published: bool = False


def staged_files(root: Path) -> Iterator[File]:
    """What the next commit adds or changes, as it stands in the index.

    Raises
    ------
    OSError
        If `root` is no git repository, or there is no git.
    """
    options = ("--raw", "--no-renames", "--diff-filter=ACMRT", "-z")
    yield from _as_added(root, "diff", "--cached", *options, place=1)


def _as_added(root: Path, *words: str, place: int = 0) -> Iterator[File]:
    """Files that git lists with `words`, as in the index: mode and blob at `place` of each entry."""
    for entry in _listed(root, *words):
        if entry.startswith(":"):
            mode, blob = entry[1:].split()[place], entry.split()[2 + place]
            continue
        if said := _closed(entry):
            yield File(entry, said=said)
        elif mode == "120000":
            yield File(entry, said=_LINK)
        elif mode == "160000":
            yield File(entry, said="another repository within this one; its files are not looked at")
        elif int(_git(root, "cat-file", "-s", blob)) > FILE_MB * 2**20:
            yield File(entry, said=_TOO_LARGE)
        else:
            yield File(entry, _git(root, "cat-file", "blob", blob))


def present_files(root: Path) -> Iterator[File]:
    """Every file of the working tree that is committed or could be: not ignored. Raises as the above.

    A notebook is looked at as git would store it: where git cleans it, its outputs stay on this disk.
    """
    names = sorted(set(_listed(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")))
    cleaned = _cleaned(root, [name for name in names if name.endswith(".ipynb")])
    yield from _as_added(root, "diff-files", "--raw", "--diff-filter=MTD", "-z")  # the next commit has these
    for path in names:
        if said := _closed(path):
            yield File(path, said=said)
        elif (file := _on_disk(root, root / path, published=False)) is not None:
            yield replace(file, content=_as_stored(file.content)) if path in cleaned else file


def _cleaned(root: Path, names: list[str]) -> set[str]:
    """Which of the notebooks git takes the outputs out of, in this clone."""
    if not names or _CLEAN not in _git(root, "config", "--list", "--name-only", "-z").split(b"\0"):
        return set()
    told = _listed(root, "check-attr", "-z", "filter", "--", *names)
    return {name for name, value in zip(told[::3], told[2::3], strict=True) if value == "notebook"}


def _as_stored(content: bytes) -> bytes:
    try:
        return stripped(content.decode("utf-8")).encode("utf-8")
    except ValueError:
        return content  # no notebook: that is said of it where it is looked at


def output_files(root: Path) -> Iterator[File]:
    """What is published or becomes so, in folders that git ignores."""
    for path in sorted({path for pattern in _OUTPUTS for path in root.glob(pattern)}):
        if (file := _on_disk(root, path, published=True)) is not None:
            yield file


_LINK = "a link; keep the file itself, or leave it out"
_TOO_LARGE = f"larger than FILE_MB = {FILE_MB} MB, and so not looked at"


def _on_disk(root: Path, path: Path, *, published: bool) -> File | None:
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        return File(name, said=_LINK)
    if not path.exists() or (path.is_dir() and not (path / ".git").exists()):
        return None
    if not path.is_file():
        return File(name, said="neither a file nor a folder of this repository: not looked at")
    if path.stat().st_size > FILE_MB * 2**20:
        return File(name, said=_TOO_LARGE)
    return File(name, path.read_bytes(), published=published)


def _closed(path: str) -> str:
    if path.startswith(_CLOSED) and path not in _OPEN:
        return "nothing in this folder is committed; take it out of git"
    return ""


def _listed(root: Path, *words: str) -> list[str]:
    return [name for name in _git(root, *words).decode("utf-8", "surrogateescape").split("\0") if name]


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise OSError("git is not installed; the check needs it to know what would be committed") from error
    if done.returncode:
        raise OSError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout
