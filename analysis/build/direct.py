"""A notebook's code without a kernel: for large sweeps of which nobody reads the executed notebooks.

The same code cells run in the same order with the same parameters, in a process that starts like a
kernel's. What is published is the same; there is no executed notebook and nothing is displayed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.build.launch import end, launch, resolve
from analysis.build.private import private_folder
from analysis.build.session import (
    START_ATTEMPTS,
    Session,
    StartError,
    end_late,
    variables_of,
)
from analysis.build.source import NotebookSource


class CodeError(Exception):
    """The code did not come to its end.

    Attributes
    ----------
    cell : int or None
        Place of the cell among all cells of the notebook, from 1.
    traceback : str
        Empty when the process died without a word.
    """

    def __init__(self, cell: int | None, traceback: str) -> None:
        super().__init__(traceback)
        self.cell = cell
        self.traceback = traceback


def run_code(source: NotebookSource, values: Mapping[str, Any], session: Session) -> None:
    """Run the code cells of `source`, with `values` for its parameters.

    Raises
    ------
    StartError
        If no process could be started.
    CodeError
        If a cell raised an error, or the process ended before the last cell did.
    """
    parameters = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    with private_folder() as private:
        ending = private / "ending.json"
        request = {
            "environment": variables_of(session, private),
            "folder": str(session.folder),
            "cells": [parameters, *(cell.source for cell in source.cells)],
            "ending": str(ending),
        }
        process = _started(request, session)
        timer = threading.Timer(session.seconds, end_late, (session, process.pid))
        timer.daemon = True
        timer.start()
        try:
            process.wait()
        finally:
            timer.cancel()
            end(process)
        error = _error(ending, source)
        if error is not None:
            raise error


def _started(request: dict, session: Session):
    problems = []
    for attempt in range(START_ATTEMPTS):
        way = resolve(session.kernels) if attempt < START_ATTEMPTS - 1 else "stock"
        try:
            return launch(way, request, session.imports)
        except OSError as error:
            problems.append(f"{type(error).__name__}: {error}")
    raise StartError(f"no process started in {START_ATTEMPTS} attempts: {'; '.join(problems)}")


def _error(ending: Path, source: NotebookSource) -> CodeError | None:
    """What the process wrote of its end. One that wrote nothing did not come to the last cell."""
    try:
        content = json.loads(ending.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return CodeError(None, "")
    if content["cell"] is None:
        return None
    number = content["cell"] - 1  # the parameters come first
    return CodeError(source.cells[number].number if number >= 0 else None, content["traceback"])
