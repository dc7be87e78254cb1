"""A papermill engine whose kernels start privately and never outlive their run.

Papermill prepares the notebook and its parameters as always; this engine differs from the stock one in
how the kernel is started: through Unix sockets in a private folder (no race for ports), in the
interpreter of the build whatever kernels a user has registered, without anyone's IPython start-up files
or matplotlib settings, with one thread for linear algebra, retried when the start itself fails, and
killed at the end of its time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from analysis.pipeline.kernel import MEMORY_VARIABLE

ENGINE = "analysis"
START_SECONDS = 120
START_ATTEMPTS = 3
OUTPUT_SECONDS = 120  # how long outputs may lag behind the end of a cell on a busy machine
_LONGEST_SOCKET_FOLDER = 60  # a Unix socket's path has room for about 100 bytes
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
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
    notebook : NotebookNode or None
        The notebook, executed as far as it came.
    timed_out : bool
    """

    environment: Mapping[str, str]
    folder: Path
    seconds: float
    memory_bytes: int = 0
    notebook: NotebookNode | None = None
    timed_out: bool = field(default=False)


class RunEngine(Engine):
    """Registered with papermill under the name ``analysis``."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, session: Session, **_) -> NotebookNode:
        session.notebook = nb_man.nb
        with _private_folder() as private:
            client = _started(nb_man, session, private)
            timer = threading.Timer(session.seconds, _end, (session, client.km.provisioner.pid))
            timer.daemon = True
            timer.start()
            try:
                # The kernel is asked for an answer after the last cell: one that died does not pass.
                return client.execute(cleanup_kc=True)
            finally:
                timer.cancel()


papermill_engines.register(ENGINE, RunEngine)


class _KernelManager(AsyncKernelManager):
    """A kernel of this interpreter, whatever ``python3`` means to the user's Jupyter."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "analysis.pipeline.kernel", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="analysis", language="python")


def _started(nb_man, session: Session, private: Path) -> PapermillNotebookClient:
    """A client of a kernel that answers.

    Raises
    ------
    StartError
        If none of the attempts gave one.
    """
    problems = []
    for attempt in range(START_ATTEMPTS):
        folder = private / str(attempt)
        folder.mkdir()
        manager = _KernelManager(kernel_name="python3", connection_file=str(folder / "connection.json"))
        if os.name == "posix":
            manager.transport, manager.ip = "ipc", str(folder / "s")
        client = PapermillNotebookClient(
            nb_man,
            km=manager,
            timeout=None,
            startup_timeout=START_SECONDS,
            iopub_timeout=OUTPUT_SECONDS,
            shutdown_kernel="immediate",
        )
        client.log.setLevel("CRITICAL")
        try:
            _start(client, session, folder)
            return client
        except (RuntimeError, TimeoutError, OSError, zmq.ZMQError) as error:
            problems.append(f"{type(error).__name__}: {error}")
            if client.km is not None and client.km.has_kernel:
                client._cleanup_kernel()
    raise StartError(f"no kernel started in {START_ATTEMPTS} attempts: {'; '.join(problems)}")


def _start(client: PapermillNotebookClient, session: Session, private: Path) -> None:
    client.start_new_kernel(env=_environment(session, private), cwd=str(session.folder))
    client.start_new_kernel_client()


def _environment(session: Session, private: Path) -> dict[str, str]:
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and not name.startswith("ANALYSIS_")
    }
    variables |= dict.fromkeys(_ONE_THREAD, "1")
    variables |= {"PYTHONHASHSEED": "0", "IPYTHONDIR": str(private / "ipython")}
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib is not None and matplotlib.origin:
        variables["MATPLOTLIBRC"] = str(Path(matplotlib.origin).parent / "mpl-data" / "matplotlibrc")
    if session.memory_bytes:
        variables[MEMORY_VARIABLE] = str(session.memory_bytes)
    return variables | dict(session.environment)


def _end(session: Session, pid: int) -> None:
    """Kill the kernel and all it started: papermill then reports a dead kernel."""
    session.timed_out = True
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(os.getpgid(pid), signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)


@contextlib.contextmanager
def _private_folder():
    """A short folder only this user can enter, gone afterwards."""
    base = tempfile.gettempdir()
    if os.name == "posix" and len(base) > _LONGEST_SOCKET_FOLDER:
        base = "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
