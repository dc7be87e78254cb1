"""A file under a second name."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def linked(path: Path | str, target: Path | str) -> None:
    """Give `path` a second name where the disk can, else copy it; what stands there goes.

    Ten times as quick for hundreds of small files, and for what nobody writes in: that would change both.
    """
    with suppress(FileNotFoundError):
        os.unlink(target)
    with suppress(OSError):
        os.link(path, target)
        return
    shutil.copyfile(path, target)
