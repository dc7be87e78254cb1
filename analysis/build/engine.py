"""A papermill engine whose kernels start privately and never outlive their run.

Papermill prepares the notebook and its parameters as always; this engine differs from the stock one in
how the kernel is started: through Unix sockets in a private folder (no race for ports), in the
interpreter of the build whatever kernels a user has registered, without anyone's IPython start-up files
or matplotlib settings, with one thread for linear algebra, tried again when the start itself fails, and
killed at the end of its time.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner
from nbclient.util import run_sync
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from analysis.build.imports import NO_IMPORTS
from analysis.build.launch import end, launch, resolve
from analysis.build.private import private_folder
from analysis.build.session import (
    START_ATTEMPTS,
    START_SECONDS,
    Session,
    StartError,
    end_late,
    variables_of,
)

ENGINE = "analysis"
LONGEST_SOCKET_FOLDER = 90  # a Unix socket's path has room for about 100 bytes
LISTEN_SECONDS = 0.003
OUTPUT_SECONDS = 120  # how long outputs may lag behind the end of a cell on a busy machine


class RunEngine(Engine):
    """Registered with papermill under the name ``analysis``."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, session: Session, **_) -> NotebookNode:
        session.notebook = nb_man.nb
        with private_folder() as private:
            client = _started(nb_man, session, private)
            process = client.km.provisioner.process
            timer = threading.Timer(session.seconds, end_late, (session, process.pid))
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
    """Starts the kernel's process in one of the ways of :mod:`analysis.build.launch`."""

    way = "stock"
    imports = NO_IMPORTS

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> dict[str, Any]:
        request = {
            "environment": dict(settings["env"]),
            "folder": str(settings["cwd"]),
            "connection": self.parent.connection_file,
        }
        self.process = launch(self.way, request, self.imports)
        self.pid = self.pgid = self.process.pid
        return self.connection_info


class _Client(PapermillNotebookClient):
    """Waits for a new kernel no longer than needed, and ends it at once."""

    async def async_start_new_kernel_client(self):
        deadline = time.monotonic() + self.startup_timeout
        while not self._listens():
            await self._still_starting(deadline)
            await asyncio.sleep(LISTEN_SECONDS)
        self.kc = self.km.client()
        self.kc.start_channels(hb=False)
        while not await self._answers():
            await self._still_starting(deadline)
        self.kc.allow_stdin = False
        return self.kc

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    async def _still_starting(self, deadline: float) -> None:
        if not await self.km.is_alive():
            raise RuntimeError("the kernel died while it started")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the kernel did not answer in {self.startup_timeout} seconds")

    def _listens(self) -> bool:
        """Whether the sockets are there: connecting too early costs a tenth of a second each time."""
        if self.km.transport != "ipc":
            return True
        ports = (self.km.shell_port, self.km.iopub_port)
        return all(os.path.exists(f"{self.km.ip}-{port}") for port in ports)

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
    if os.name == "posix" and len(str(folder)) <= LONGEST_SOCKET_FOLDER:
        manager.transport, manager.ip = "ipc", str(folder / "s")
    manager.provisioner = _Provisioner(kernel_id="run", kernel_spec=spec, parent=manager)
    manager.provisioner.way, manager.provisioner.imports = way, session.imports
    client = _Client(nb_man, km=manager, timeout=None, startup_timeout=START_SECONDS)
    client.iopub_timeout = OUTPUT_SECONDS
    client.on_cell_executed = session.after_cell
    client.log.setLevel("CRITICAL")
    return client


def _start(client: _Client, session: Session, private: Path) -> None:
    client.start_new_kernel(env=variables_of(session, private), cwd=str(session.folder))
    client.start_new_kernel_client()
