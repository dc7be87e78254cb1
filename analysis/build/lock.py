"""One build at a time in a repository; the lock goes when its holder goes, however it ends."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.build.errors import BuildError

LOCK = ".lock"
POLL_SECONDS = 0.2


@contextlib.contextmanager
def build_lock(build: Path, *, wait: bool = True, say: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the lock of the folder `build`.

    Raises
    ------
    BuildError
        If another build holds it and `wait` is false.
    """
    build.mkdir(parents=True, exist_ok=True)
    with (build / LOCK).open("a+") as handle:
        told = False
        while not take(handle):
            holder = _holder(build / LOCK)
            if not wait:
                raise BuildError(f"another build ({holder}) is at work in {build}: wait for it, or end it")
            if not told:
                say(f"another build ({holder}) is at work; waiting until it is done")
                told = True
            time.sleep(POLL_SECONDS)
        handle.seek(0)
        handle.truncate()
        handle.write(f"process {os.getpid()}\n")
        handle.flush()
        try:
            yield
        finally:
            release(handle)


def _holder(path: Path) -> str:
    try:
        return path.read_text().strip() or "process unknown"
    except OSError:  # Windows does not let a locked file be read
        return "process unknown"


if os.name == "nt":
    import msvcrt

    def take(handle) -> bool:
        """Lock an open file for this process; whether that succeeded at once."""
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def release(handle) -> None:
        handle.seek(0)
        with contextlib.suppress(OSError):
            msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def take(handle) -> bool:
        """Lock an open file for this process; whether that succeeded at once."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(handle) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
