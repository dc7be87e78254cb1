"""The surroundings of one run: its variables and its limits."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.imports import NO_IMPORTS, Imports
from analysis.build.kernel import MEMORY_VARIABLE
from analysis.build.launch import kill_group
from analysis.build.reads import ONE_THREAD

START_SECONDS = 120
START_ATTEMPTS = 3
_NOT_INHERITED = ("PYTHONSTARTUP", "PYTHONBREAKPOINT", "MPLBACKEND", "JPY_PARENT_PID", "JPY_SESSION_NAME")


class StartError(Exception):
    """The kernel did not start, after all attempts. Nothing of the notebook has run."""


@dataclass
class Session:
    """How a notebook is run, and what became of it.

    Attributes
    ----------
    environment : mapping of str to str
        Variables of the workspace, on top of those of this process.
    folder : pathlib.Path
        Working directory of the kernel.
    seconds : float
        Time the run may take.
    memory_bytes : int
        Address space it may claim; 0 sets no limit.
    kernels : str
        How kernels are started, see :mod:`analysis.build.launch`.
    notebook : nbformat.NotebookNode or None
        The notebook, executed as far as it came.
    after_cell : callable or None
        Called when a code cell has ended, as :class:`nbclient.NotebookClient` calls it.
    """

    environment: Mapping[str, str]
    folder: Path
    seconds: float
    memory_bytes: int = 0
    kernels: str = "auto"
    imports: Imports = NO_IMPORTS
    notebook: Any = None
    timed_out: bool = False
    after_cell: Callable[..., None] | None = None


def python_path(root: Path) -> dict[str, str]:
    """The variable by which a run finds modules of the repository."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))}


def variables_of(session: Session, private: Path) -> dict[str, str]:
    """All variables of the process: those of this one, without what would make a run depend on its user."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and not name.startswith("ANALYSIS_")
    }
    variables |= dict.fromkeys(ONE_THREAD, "1")
    variables |= {"PYTHONHASHSEED": "0", "IPYTHONDIR": str(private / "ipython")}
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib is not None and matplotlib.origin:
        variables["MATPLOTLIBRC"] = str(Path(matplotlib.origin).parent / "mpl-data" / "matplotlibrc")
    if session.memory_bytes:
        variables[MEMORY_VARIABLE] = str(session.memory_bytes)
    return variables | dict(session.environment)


def end_late(session: Session, pid: int) -> None:
    """Kill the kernel and all it started: papermill then reports a dead kernel."""
    session.timed_out = True
    kill_group(pid)
