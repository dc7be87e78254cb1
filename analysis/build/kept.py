"""What the renderers made before of the same input: kept by the content of all that decides it.

A picture that changed leaves the text of its document as it was, and a word that changed leaves the other
document: only what differs is made again. The bytes are those that would be made.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from analysis.build.fingerprint import digest_of

LARGEST = 96 * 2**20  # bytes kept; what was used longest ago goes first
_CHECKSUM = 64


class Kept:
    """A folder of what was made, by key.

    Parameters
    ----------
    folder : Path
        Need not exist. What lies in it and is damaged is made again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, decides: object, make: Callable[[], bytes]) -> bytes:
        """What `make` gives, or gave before with an equal `decides`, which JSON can hold."""
        content = self.find(decides)
        return self.keep(decides, make()) if content is None else content

    def find(self, decides: object) -> bytes | None:
        """What was made before with an equal `decides`."""
        path = self.folder / digest_of(decides)
        with contextlib.suppress(OSError):
            stored = path.read_bytes()
            checksum, content = stored[:_CHECKSUM], stored[_CHECKSUM:]
            if hashlib.sha256(content).hexdigest().encode() == checksum:
                os.utime(path)
                return content
        return None

    def keep(self, decides: object, content: bytes) -> bytes:
        """`content`, which :meth:`find` finds from now on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / digest_of(decides)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(hashlib.sha256(content).hexdigest().encode() + content)
        part.replace(path)
        return content

    def prune(self) -> None:
        """Forget what was used longest ago, beyond :data:`LARGEST`."""
        files = [(path.stat(), path) for path in self.folder.iterdir()] if self.folder.is_dir() else []
        total = 0
        for state, path in sorted(files, key=lambda item: item[0].st_mtime_ns, reverse=True):
            total += state.st_size
            if total > LARGEST or path.suffix == ".part":
                path.unlink(missing_ok=True)


def known(kept: Kept | None, decides: object, make: Callable[[], bytes]) -> bytes:
    """:meth:`Kept.get`, or what `make` gives where nothing is kept."""
    return make() if kept is None else kept.get(decides, make)
