"""One run, from start to its published folder: what a worker of any executor is given to do."""

from __future__ import annotations

import contextlib
import math
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.build.cells import INJECTED, Publications
from analysis.build.failure import Failure, of_error
from analysis.build.imports import NO_IMPORTS, Imports
from analysis.build.kernel import PRIVATE_VARIABLE, SHAPE
from analysis.build.launch import prepare
from analysis.build.reads import undeclared, watch
from analysis.build.session import Session, StartError, python_path, variables_of
from analysis.build.source import read_source
from analysis.build.store import EXECUTED, Store, check_outputs
from analysis.workspace import Workspace

_ADDRESSES = "rfc3987_syntax"


@dataclass(frozen=True)
class Job:
    """All a worker needs to know of a run; nothing but plain values, so that it travels.

    Attributes
    ----------
    path : pathlib.Path
        The notebook's file.
    overrides : dict
        Parameters that differ from the notebook's own.
    values : dict
        All parameters.
    inputs : dict
        What the key was made of.
    drawn : tuple of str
        Inputs that may be read and decide nothing: the modules that draw.
    outputs : tuple of str
        Result and exhibit ids the run must publish.
    seconds : float
        Time it may take.
    memory_bytes : int
        Address space it may claim; 0 sets no limit.
    output_bytes : float
        What it may leave in its folder.
    private : bool
        Real files that are not open are there: frames show their shape and no rows.
    kernels : str
        How the kernel is started, see :mod:`analysis.build.launch`.
    keep_notebook : bool
        Run it in a kernel and keep the executed notebook.
    """

    label: str
    notebook: str
    key: str
    path: Path
    overrides: Mapping[str, Any]
    values: Mapping[str, Any]
    inputs: Mapping[str, str]
    root: Path
    data: Path
    drawn: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    seconds: float = 1800.0
    memory_bytes: int = 0
    output_bytes: float = math.inf
    private: bool = False
    kernels: str = "auto"
    imports: Imports = NO_IMPORTS
    keep_notebook: bool = True


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `failure` is None when it was published."""

    label: str
    seconds: float
    failure: Failure | None = None


def execute(job: Job) -> Outcome:
    """Run a notebook and publish what it hands over. Errors come back as an outcome, not as exceptions."""
    started = time.monotonic()
    store = Store(Workspace(job.root, job.data).build)
    temporary = store.begin(job.notebook, job.key)
    cells: dict[str, dict] = {}
    try:
        failure = _run(job, temporary, cells)
        if failure is None:
            description = {"label": job.label, "parameters": dict(job.values), "cells": cells}
            store.publish(temporary, job.notebook, job.key, description, dict(job.inputs))
        else:
            if failure.message.startswith("MemoryError") and job.memory_bytes:
                reason = (
                    f"{failure.reason}; memory_gb = {job.memory_bytes / 1e9:g} in data/design/notebooks.toml"
                )
                failure = replace(failure, reason=f"{reason} limits the address space, used or not")
            folder = store.keep_failed(temporary, job.notebook, job.key)
            failure = replace(failure, folder=str(folder))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Outcome(job.label, time.monotonic() - started, failure)


def _run(job: Job, temporary: Path, cells: dict[str, dict]) -> Failure | None:
    workspace = Workspace(job.root, job.data, temporary)
    record = temporary.with_name(f"{temporary.name}.reads")
    session = Session(
        environment={
            **workspace.environment(),
            **watch(workspace, record),
            **({PRIVATE_VARIABLE: "1"} if job.private else {}),
            **python_path(job.root),
        },
        folder=job.path.parent,
        seconds=job.seconds,
        memory_bytes=job.memory_bytes,
        kernels=job.kernels,
        imports=job.imports,
    )
    try:
        in_kernel = job.keep_notebook
        failure = _in_kernel(job, session, temporary, cells) if in_kernel else _directly(job, session)
        if failure is None:
            sentences = undeclared(record, [*job.inputs, *job.drawn], workspace, [temporary])
            if sentences:
                failure = of_error("its inputs are not all declared", None, "\n".join(sentences))
    except StartError as error:
        failure = of_error("no kernel started", None, str(error))
    finally:
        record.unlink(missing_ok=True)
    if failure is None:
        try:
            check_outputs(temporary, job.outputs, job.label, job.output_bytes)
        except (ValueError, OSError, KeyError) as error:
            failure = of_error("its outputs are not complete", None, str(error))
    return failure


def _directly(job: Job, session: Session) -> Failure | None:
    from analysis.build.direct import CodeError, run_code

    try:
        run_code(read_source(job.path), job.values, session)
    except CodeError as error:
        if error.traceback and not session.timed_out:
            return of_error("the cell raised an error", error.cell, error.traceback)
        return _death(job, session, error.cell)
    return None


def _in_kernel(job: Job, session: Session, temporary: Path, cells: dict[str, dict]) -> Failure | None:
    """Run in a kernel; `cells` is told which cell published what."""
    if "papermill" not in sys.modules:  # a worker's first run: the kernel imports while this process does
        prepare(job.kernels, variables_of(session, temporary), job.imports)
    with _without_addresses():
        import nbformat
        import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from analysis.build.engine import ENGINE

    # Read here, because papermill would take braces in a path for a format.
    notebook = nbformat.read(job.path, as_version=4)
    places = {cell.get("id", ""): number for number, cell in enumerate(notebook.cells, start=1)}
    publications = Publications(temporary, notebook)
    session.after_cell = publications.after
    failure = None
    try:
        papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(job.overrides),
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            session=session,
        )
    except PapermillExecutionError as error:
        cell = _place(session.notebook, _first_error(session.notebook), places)
        text = "\n".join(error.traceback) or f"{error.ename}: {error.evalue}"
        failure = of_error("the cell raised an error", cell, text)
    except DeadKernelError:
        failure = _death(job, session, _place(session.notebook, _last_started(session.notebook), places))
    if failure is None:
        failure = _stopped(session.notebook, places) or _unfinished(session.notebook, places)
    cells.update(publications.found)
    if job.private:
        keep_shapes(session.notebook)
    _write_notebook(session.notebook, temporary / EXECUTED)
    return failure


@contextlib.contextmanager
def _without_addresses() -> Iterator[None]:
    """Import nbformat without the grammar of web addresses, where it is installed.

    A checker of formats that nbformat does not use compiles it at import: longer than all the rest takes.
    """
    absent = _ADDRESSES not in sys.modules
    if absent:
        sys.modules[_ADDRESSES] = None
    try:
        yield
    finally:
        if absent:
            del sys.modules[_ADDRESSES]


def _death(job: Job, session: Session, cell: int | None) -> Failure:
    if session.timed_out:
        return Failure(f"it took longer than {job.seconds / 60:g} minutes and was ended", cell)
    limit = (
        f" (memory_gb = {job.memory_bytes / 1e9:g} in data/design/notebooks.toml)" if job.memory_bytes else ""
    )
    return Failure(f"the kernel died; too little memory{limit} is the usual cause", cell)


def _stopped(notebook, places: Mapping[str, int]) -> Failure | None:
    """A cell that ended the notebook on purpose: papermill takes ``sys.exit(0)`` for a good end."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                text = "\n".join(output.get("traceback", ())) or f"{output.ename}: {output.evalue}"
                return of_error("the cell stopped the notebook", _place(notebook, index, places), text)
    return None


def _unfinished(notebook, places: Mapping[str, int]) -> Failure | None:
    """A code cell without an execution count has not run, whatever its metadata say."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            return Failure("a cell was not executed", _place(notebook, index, places))
    return None


def _first_error(notebook) -> int | None:
    """Not papermill's own index: it has put marking cells in the notebook since."""
    for index, cell in enumerate(notebook.cells):
        if any(output.output_type == "error" for output in cell.get("outputs", ())):
            return index
    return _last_started(notebook)


def _last_started(notebook) -> int | None:
    started = [
        index
        for index, cell in enumerate(notebook.cells)
        if cell.metadata.get("papermill", {}).get("start_time")
    ]
    return started[-1] if started else None


def _place(notebook, index: int | None, places: Mapping[str, int]) -> int | None:
    """The cell's number in the notebook as it is stored, without the cell papermill adds."""
    return None if index is None else places.get(notebook.cells[index].get("id", ""))


def keep_shapes(notebook) -> None:
    """Of what cells showed keep shapes of frames, and errors: rows may be printed or drawn in any way."""
    import nbformat

    for cell in notebook.cells:
        for number, output in enumerate(cell.get("outputs", ())):
            plain = output.get("data", {}).get("text/plain", "")
            if output.output_type == "error":
                continue
            if SHAPE.fullmatch(plain):
                output["data"] = {"text/plain": plain}
                continue
            text = "what was shown here is not kept, because the data are not open\n"
            cell.outputs[number] = nbformat.v4.new_output("stream", name="stdout", text=text)


def _write_notebook(notebook, path: Path) -> None:
    """Write without papermill's times and paths: the same run gives the same bytes."""
    import nbformat

    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = f"{INJECTED}-{number}"
    nbformat.write(notebook, path)
