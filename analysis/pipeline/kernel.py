"""The process in which a notebook's code runs: ``python -m analysis.pipeline.kernel -f connection.json``.

An ordinary ipykernel that ends with whoever started it and keeps to a limit of memory. Nothing of the
analysis is imported beforehand.
"""

from __future__ import annotations

import os
import signal
import sys

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


def main() -> None:
    end_with_parent()
    limit_memory()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
