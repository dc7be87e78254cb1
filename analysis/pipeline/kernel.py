"""The process in which a notebook's code runs: ``python -m analysis.pipeline.kernel -f connection.json``.

An ordinary ipykernel that ends with whoever started it, keeps to a limit of memory, and notes which files
of the repository and of the data folder are read, so that the run can be checked against its key. Nothing
of the analysis is imported beforehand.
"""

from __future__ import annotations

import os
import signal
import sys

READS_VARIABLE = "ANALYSIS_READS"  # the file to note in
WATCHED_VARIABLE = "ANALYSIS_WATCHED"  # folders and files, separated as in PATH
MEMORY_VARIABLE = "ANALYSIS_MEMORY_BYTES"
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """On Linux: be killed as soon as the process that started this one is gone.

    Elsewhere ipykernel's own check, once a second, does the same.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended in between
        os._exit(1)


def limit_memory() -> None:
    """Let allocations beyond the limit raise MemoryError, where the platform can."""
    limit = int(os.environ.get(MEMORY_VARIABLE) or 0)
    if limit <= 0:
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def note_reads() -> None:
    """Note every file below the watched folders that is opened: ``r`` or ``w``, a space, the path.

    Python reports each opening of a file to an audit hook; libraries that open files by themselves, in C,
    are not seen.
    """
    if not os.environ.get(READS_VARIABLE):
        return
    watched = tuple(os.environ[WATCHED_VARIABLE].split(os.pathsep))
    record = os.open(os.environ[READS_VARIABLE], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    seen: set[tuple[str, str]] = set()

    def hook(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], (str, os.PathLike)):
            return
        path, _, flags = arguments
        path = os.fspath(path)
        if not isinstance(path, str):
            return
        mode = "w" if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) else "r"
        if (mode, path) in seen:
            return
        seen.add((mode, path))
        full = os.path.abspath(path)
        if full.startswith(watched):
            os.write(record, f"{mode} {full}\n".encode("utf-8", "surrogateescape"))

    sys.addaudithook(hook)


def main() -> None:
    end_with_parent()
    limit_memory()
    note_reads()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
