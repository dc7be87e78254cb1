"""Runs on disk: ``data/build/runs/<notebook>/<key>/``, whole or not there.

A run writes into a folder under ``data/build/tmp``. Only when it has ended well and its outputs were
checked is the folder renamed to its place; the rename is one step of the file system, so a folder under
``runs`` is proof of a finished run, and a killed build leaves nothing that could be taken for one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.failure import FAILURES_FILE, FailedRun, read_failures, write_failures
from analysis.build.fingerprint import digest_of
from analysis.results import ROWS_FILE, SERIES_FOLDER, read_rows, read_series

EXECUTED = "notebook.ipynb"
RUN_FILE = "run.json"
INPUTS_FILE = "inputs.json"
PRIVATE = 0o700


@dataclass(frozen=True)
class Published:
    """A finished run.

    Attributes
    ----------
    outputs : dict of str to str
        SHA-256 of each file with rows or a series, by path within the folder.
    output_hash : str
        Hash of all outputs.
    """

    folder: Path
    outputs: Mapping[str, str]
    output_hash: str


class Store:
    """The folder ``data/build`` of one repository."""

    def __init__(self, build: Path) -> None:
        self.build = build
        self.runs = build / "runs"
        self.failed = build / "failed"
        self.temporary = build / "tmp"
        self.released = build / "released"

    def folder(self, notebook: str, key: str) -> Path:
        return self.runs / notebook / key

    def find(self, notebook: str, key: str) -> Published | None:
        """The finished run with this key, or None.

        A folder whose files were removed or changed afterwards does not count.
        """
        # Paths as text: a build that has nothing to do asks this of every run.
        folder = f"{self.runs}/{notebook}/{key}"
        try:
            with open(f"{folder}/{RUN_FILE}", "rb") as handle:
                content = json.loads(handle.read())
            outputs = content["outputs"]
            if any(_sha256(f"{folder}/{name}") != value for name, value in outputs.items()):
                return None
            return Published(self.folder(notebook, key), outputs, content["output_hash"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, notebook: str, key: str) -> Path:
        """A fresh folder for a run to write to."""
        folder = self.temporary / f"{notebook}-{key[:8]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        for part in (self.temporary, self.runs, self.failed):  # executed notebooks may show rows
            part.mkdir(parents=True, exist_ok=True)
            part.chmod(PRIVATE)
        folder.mkdir(mode=PRIVATE)
        return folder

    def publish(
        self, temporary: Path, notebook: str, key: str, description: dict[str, Any], inputs: dict
    ) -> None:
        """Give the finished run in `temporary` its place.

        A cluster that lost sight of a worker may have had the same run done twice: whichever comes first
        stays.
        """
        outputs = {name: _sha256(temporary / name) for name in _outputs(temporary)}
        run = {
            **description,
            "notebook": notebook,
            "key": key,
            "outputs": outputs,
            "output_hash": digest_of(outputs),
        }
        _write_json(temporary / INPUTS_FILE, inputs)
        _write_json(temporary / RUN_FILE, run)
        target = self.folder(notebook, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.find(notebook, key) is None:
            if target.exists():  # damaged
                shutil.rmtree(target, ignore_errors=True)
            try:
                temporary.rename(target)
            except OSError:
                if self.find(notebook, key) is None:
                    raise
        shutil.rmtree(self.failed / notebook / key, ignore_errors=True)

    def keep_failed(self, temporary: Path, notebook: str, key: str) -> Path:
        """Put what a failed run left where a person can look at it."""
        target = self.failed / notebook / key
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(target)
        return target

    def write_failures(self, failed: Iterable[FailedRun]) -> None:
        """Note which runs of the last build have no results, and why."""
        write_failures(failed, self.build / FAILURES_FILE)

    @property
    def failures(self) -> list[FailedRun]:
        """The runs of the last build that have no results."""
        return read_failures(self.build / FAILURES_FILE)

    def sweep_leftovers(self) -> int:
        """Remove what dead runs left; only for who holds the build's lock."""
        if not self.temporary.is_dir():
            return 0
        leftovers = list(self.temporary.iterdir())
        for path in leftovers:
            if path.is_dir():
                # Renamed first: a run still under way on a cluster finds its folder gone, not half empty.
                gone = path.with_name(f"{path.name}.gone")
                with contextlib.suppress(OSError):
                    path = path.rename(gone)
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(leftovers)

    def earlier(self, notebook: str) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """Description and inputs of every finished run of `notebook`, newest first."""
        base = self.runs / notebook
        folders = [path for path in base.iterdir() if path.is_dir()] if base.is_dir() else []
        stamped = []
        for folder in folders:
            try:
                stamped.append(((folder / RUN_FILE).stat().st_mtime_ns, folder.name, folder))
            except OSError:
                continue
        for _, _, folder in sorted(stamped, reverse=True):
            try:
                run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
                yield run, json.loads((folder / INPUTS_FILE).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue

    def prune(self, keep: Mapping[str, set[str]]) -> int:
        """Remove every finished run whose key is not in `keep`, by notebook."""
        removed = 0
        for base in self.runs.iterdir() if self.runs.is_dir() else ():
            for folder in base.iterdir():
                if folder.name not in keep.get(base.name, set()):
                    shutil.rmtree(folder)
                    removed += 1
        return removed


def check_outputs(folder: Path, declared: tuple[str, ...], place: str, most_bytes: float = math.inf) -> None:
    """Raise ValueError unless the run published something readable, all it declared, and not too much."""
    taken = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if taken > most_bytes:
        raise ValueError(
            f"{place} leaves {taken / 1e6:.0f} MB, more than the {most_bytes / 1e6:g} MB of output_mb in "
            "data/design/notebooks.toml: publish less, and print less"
        )
    rows = read_rows(folder / ROWS_FILE) if (folder / ROWS_FILE).exists() else []
    ids = {row.id for row in rows} | {series.id for series in read_series(folder / SERIES_FOLDER)}
    if not ids:
        raise ValueError(f"{place} published nothing: hand over rows with publish(...)")
    absent = sorted(set(declared) - ids)
    if absent:
        raise ValueError(f"{place} did not publish {', '.join(absent)}, which the registry declares")


def _outputs(folder: Path) -> list[str]:
    names = [ROWS_FILE] if (folder / ROWS_FILE).exists() else []
    names += [path.relative_to(folder).as_posix() for path in sorted((folder / SERIES_FOLDER).glob("*"))]
    return names


def _sha256(path: Path | str) -> str:
    with open(path, "rb") as handle:
        return hashlib.sha256(handle.read()).hexdigest()


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
