"""A papermill engine whose kernels start privately and never outlive their run.

Papermill prepares the notebook and its parameters as always; this engine differs from the stock one in
how the kernel is started: through Unix sockets in a private folder (no race for ports), in the
interpreter of the build whatever kernels a user has registered, without anyone's IPython start-up files
or matplotlib settings, with one thread for linear algebra, tried again when the start itself fails, and
killed at the end of its time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from analysis.pipeline.kernel import MEMORY_VARIABLE
from analysis.pipeline.launch import end, kill_group, launch, resolve

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
    kernels : str
        How kernels are started, see :mod:`analysis.pipeline.launch`.
    modules : tuple of str
        Third-party modules worth importing ahead.
    notebook : NotebookNode or None
        The notebook, executed as far as it came.
    timed_out : bool
    """

    environment: Mapping[str, str]
    folder: Path
    seconds: float
    memory_bytes: int = 0
    kernels: str = "auto"
    modules: tuple[str, ...] = ()
    notebook: NotebookNode | None = None
    timed_out: bool = False


class RunEngine(Engine):
    """Registered with papermill under the name ``analysis``."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, session: Session, **_) -> NotebookNode:
        session.notebook = nb_man.nb
        with _private_folder() as private:
            client = _started(nb_man, session, private)
            process = client.km.provisioner.process
            timer = threading.Timer(session.seconds, _end_late, (session, process.pid))
            timer.daemon = True
            timer.start()
            try:
                # The kernel is asked for an answer after the last cell: one that died does not pass.
                return client.execute()
            finally:
                timer.cancel()
                client.close()


papermill_engines.register(ENGINE, RunEngine)


class _Provisioner(LocalProvisioner):
    """Starts the kernel's process in one of the ways of :mod:`analysis.pipeline.launch`."""

    way = "stock"
    modules: tuple[str, ...] = ()

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> dict[str, Any]:
        self.process = launch(
            self.way, self.parent.connection_file, settings["env"], str(settings["cwd"]), self.modules
        )
        self.pid = self.pgid = self.process.pid
        return self.connection_info


class _Client(PapermillNotebookClient):
    """Waits for a new kernel no longer than needed, and ends it at once."""

    async def async_start_new_kernel_client(self):
        self.kc = self.km.client()
        self.kc.start_channels(hb=False)
        deadline = time.monotonic() + self.startup_timeout
        while not await self._answers():
            if not await self.km.is_alive():
                raise RuntimeError("the kernel died while it started")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kernel did not answer in {self.startup_timeout} seconds")
        self.kc.allow_stdin = False
        return self.kc

    async def _answers(self) -> bool:
        """Whether the kernel replies and its messages on what it is doing arrive."""
        message = self.kc.kernel_info()
        try:
            reply = await self.kc.shell_channel.get_msg(timeout=1)
            while reply["parent_header"].get("msg_id") != message:
                reply = await self.kc.shell_channel.get_msg(timeout=1)
            while True:
                status = await self.kc.iopub_channel.get_msg(timeout=0.1)
                if status["parent_header"].get("msg_id") == message:
                    return True
        except Empty:
            return False

    def close(self) -> None:
        """End the kernel and let go of its channels, whatever state they are in."""
        manager, channels = self.km, self.kc
        self.kc = None
        if (
            manager is not None
            and manager.provisioner is not None
            and manager.provisioner.process is not None
        ):
            end(manager.provisioner.process)
            manager.provisioner.process = None
        if channels is not None:
            channels.stop_channels()
        if manager is not None:
            manager.cleanup_connection_file()
            manager._close_control_socket()
            manager.context.destroy(linger=0)


def _started(nb_man, session: Session, private: Path) -> _Client:
    """A client of a kernel that answers; the last attempt is in the plainest way.

    Raises
    ------
    StartError
        If none of the attempts gave one.
    """
    problems = []
    for attempt in range(START_ATTEMPTS):
        way = resolve(session.kernels) if attempt < START_ATTEMPTS - 1 else "stock"
        folder = private / str(attempt)
        folder.mkdir()
        client = _client(nb_man, session, folder, way)
        try:
            _start(client, session, folder)
            return client
        except (RuntimeError, TimeoutError, OSError, zmq.ZMQError) as error:
            problems.append(f"{type(error).__name__}: {error}")
            client.close()
    raise StartError(f"no kernel started in {START_ATTEMPTS} attempts: {'; '.join(problems)}")


def _client(nb_man, session: Session, folder: Path, way: str) -> _Client:
    spec = KernelSpec(argv=["{connection_file}"], display_name="analysis", language="python")
    manager = AsyncKernelManager(
        connection_file=str(folder / "connection.json"), context=zmq.asyncio.Context()
    )
    manager._kernel_spec = spec
    if os.name == "posix":
        manager.transport, manager.ip = "ipc", str(folder / "s")
    manager.provisioner = _Provisioner(kernel_id="run", kernel_spec=spec, parent=manager)
    manager.provisioner.way, manager.provisioner.modules = way, session.modules
    client = _Client(nb_man, km=manager, timeout=None, startup_timeout=START_SECONDS)
    client.iopub_timeout = OUTPUT_SECONDS
    client.log.setLevel("CRITICAL")
    return client


def _start(client: _Client, session: Session, private: Path) -> None:
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


def _end_late(session: Session, pid: int) -> None:
    """Kill the kernel and all it started: papermill then reports a dead kernel."""
    session.timed_out = True
    kill_group(pid)


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """A short folder only this user can enter, gone afterwards."""
    base = tempfile.gettempdir()
    if os.name == "posix" and len(base) > _LONGEST_SOCKET_FOLDER:
        base = "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
