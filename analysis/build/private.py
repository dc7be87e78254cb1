"""Folders among the temporary files that only this user can enter, and that do not outlive their process."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.build.lock import take
from analysis.build.reads import PRIVATE_PREFIX

_HELD = "held"
_FRESH_SECONDS = 60
_UNHELD_SECONDS = 3600


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A folder only this user can enter, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=PRIVATE_PREFIX, dir=tempfile.gettempdir()))
    try:
        with (folder / _HELD).open("w") as handle:
            take(handle)  # given up when this process ends, however it ends
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_private_folders() -> None:
    """Remove what workers that were killed left among the temporary files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PRIVATE_PREFIX}*"):
        with contextlib.suppress(OSError):
            # One that was made a moment ago may not be held yet; a reader of data files holds none.
            quiet = _FRESH_SECONDS if (folder / _HELD).exists() else _UNHELD_SECONDS
            if time.time() - folder.stat().st_mtime < quiet:
                continue
            with (folder / _HELD).open("a") as handle:
                dead = take(handle)
            if dead:
                shutil.rmtree(folder, ignore_errors=True)
