"""Two things at once: one here, the other in a copy of this process."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(make: Callable[[], bytes]) -> Iterator[Callable[[], bytes]]:
    """Begin `make` in a copy of this process; what the block gets waits for what it gives.

    A copy knows all that this process has imported and read, so that it begins at once, and changes nothing
    here. Where there can be none (another system than Linux, or threads that a copy would not have), or where
    it fails, `make` is called here when its result is asked for, and its error is raised.

    Parameters
    ----------
    make : callable
        Gives bytes, and leaves nothing else behind.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        yield make
        return
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        _give(make, reading, writing)
    os.close(writing)
    with open(reading, "rb") as told:
        ended = []

        def result() -> bytes:
            made = told.read()
            ended.append(os.waitpid(copy, 0)[1])
            return made if ended == [0] else make()

        try:
            yield result
        finally:
            told.close()  # a copy that still writes ends by it
            if not ended:
                os.waitpid(copy, 0)


def _give(make: Callable[[], bytes], reading: int, writing: int) -> None:
    """In the copy. Never returns, and says nothing: what fails is done again, and said, by its parent."""
    status = 1
    with contextlib.suppress(BaseException):
        os.close(reading)
        with open(writing, "wb") as out:
            out.write(make())
        status = 0
    os._exit(status)
