"""Three ways to start the kernel of a run, alike to who uses them.

``fork``
    Linux: a process has imported the third-party libraries and forks a kernel for each run. Workers of one
    build share what was imported, see :func:`shared`.
``spare``
    elsewhere, and where forking is not safe: a process that has imported them waits for the next run, and is
    used once.
``stock``
    a fresh process that imports everything itself; the escape hatch, and the last attempt of the others.

In a sweep of short runs fork is the quickest and stock the slowest. By how much, and beside papermill as it
comes and plain scripts, ``benchmarks/build.py --only sweep --real 12`` tells on the machine at hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from analysis.build.imports import NO_IMPORTS, Imports

WAYS = ("auto", "fork", "spare", "stock")
READY_SECONDS = 120
_WAITING_WORKERS = 128
_MODULE = "analysis.build.kernel"


class ForkRefused(OSError):
    """Forking is not safe here, and will not be."""


class KernelProcess(Protocol):
    """What of :class:`subprocess.Popen` is used of a kernel."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


def resolve(way: str) -> str:
    """The way that ``auto`` means here."""
    if way != "auto":
        return way
    can_fork = sys.platform.startswith("linux") and hasattr(os, "pidfd_open")
    return "fork" if can_fork else "spare"


def launch(way: str, request: Mapping[str, Any], imports: Imports = NO_IMPORTS) -> KernelProcess:
    """Start a process that does what `request` says, see :func:`analysis.build.kernel.run_request`.

    Parameters
    ----------
    way : {"fork", "spare", "stock"}
    request : mapping
        With ``environment`` (all variables) and ``folder``, and what to do there.

    Raises
    ------
    OSError
        If no process could be had.
    """
    request = dict(request)
    match way:
        case "fork":
            if not _forks.refused:
                with contextlib.suppress(ForkRefused):
                    return _forks.start(request, imports)
            return _spares.start(request, imports)
        case "spare":
            return _spares.start(request, imports)
    return _handed(_prepared("--stock", request["environment"], imports), request)


def prepare(way: str, environment: Mapping[str, str], imports: Imports = NO_IMPORTS) -> None:
    """Begin what the first :func:`launch` of this thread would wait for, and return at once."""
    with contextlib.suppress(OSError):
        match resolve(way):
            case "fork":
                _forks.prepare(environment, imports)
            case "spare":
                _spares.prepare(environment, imports)


@contextlib.contextmanager
def shared(folder: Path, way: str, environment: Mapping[str, str], imports: Imports) -> Iterator[Imports]:
    """One process imports for all workers of this machine, where kernels are forked.

    Importing takes longer than most runs: each worker would do it, and they would wait for each other.

    Parameters
    ----------
    folder : pathlib.Path
        A private one, for the socket.

    Yields
    ------
    Imports
        They tell where that process is; without it workers import for themselves.
    """
    if resolve(way) != "fork":
        yield imports
        return
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(folder / "forks"))
            listener.listen(_WAITING_WORKERS)
            process = _prepared("--share", environment, imports, stdin=listener)
        except OSError:  # a path too long for a socket, or no process to be had
            yield imports
            return
    try:
        yield replace(imports, shared_at=str(folder / "forks"))
    finally:
        process.kill()
        process.wait()


def end(process: KernelProcess) -> None:
    """Kill a kernel and all it started, and wait until it is gone."""
    if process.poll() is None:
        kill_group(process.pid)
    process.wait()
    if getattr(process, "stdin", None) is not None:
        process.stdin.close()


def kill_group(pid: int) -> None:
    """Kill a kernel and all it started, also what made a session of its own.

    Each is stopped before its children are looked for, so that none starts another meanwhile. A kernel that
    was forked a moment ago may have no group of its own yet.
    """
    if os.name != "posix":
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM)
        return
    tree, waiting = [], [pid]
    while waiting:
        found = waiting.pop()
        tree.append(found)
        with contextlib.suppress(OSError):
            os.kill(found, signal.SIGSTOP)
        waiting += [child for child in _children(found) if child not in tree]
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    for found in tree:
        with contextlib.suppress(OSError):
            os.kill(found, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """Processes that `pid` started, where the system lists them (Linux)."""
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, listed.read_text().split())
    return found


class _Forks(threading.local):
    """The forking process of this thread: it ends with the thread that started it."""

    def __init__(self) -> None:
        self._parent: subprocess.Popen | _Branch | None = None
        self._imports = NO_IMPORTS
        self._ready = self._alone = False
        self.refused = ""

    def prepare(self, environment: Mapping[str, str], imports: Imports) -> None:
        """Start the process that forks, unless it is there; it imports while this one goes on."""
        if self.refused:
            raise ForkRefused(self.refused)
        if self._parent is None or self._parent.poll() is not None or imports != self._imports:
            self._discard()
            self._parent = self._branch(imports) or _prepared(
                "--fork", environment, imports, stdout=subprocess.PIPE
            )
            self._imports, self._ready = imports, False

    def _branch(self, imports: Imports) -> _Branch | None:
        """Of the shared process; once a branch was lost this worker goes on alone."""
        if imports != self._imports:
            self._alone = False
        if self._alone or not imports.shared_at:
            return None
        self._alone = True
        with contextlib.suppress(OSError):
            return _Branch(imports.shared_at)
        return None

    def start(self, request: dict, imports: Imports) -> KernelProcess:
        self.prepare(request["environment"], imports)
        if not self._ready:
            self._await()
        return _Forked(self, self.ask(request, "pid"))

    def ask(self, request: dict, answer: str) -> int:
        """One request and its reply.

        Raises
        ------
        OSError
            If the process is gone or does not answer.
        """
        try:
            self._parent.stdin.write(json.dumps(request).encode() + b"\n")
            self._parent.stdin.flush()
            return self._read(answer)
        except (OSError, ValueError):
            self._discard()
            raise

    def _await(self) -> None:
        threads = self._read("threads")
        if threads != 1:
            self._discard()
            self.refused = f"forking is not safe: imported libraries started {threads - 1} threads"
            raise ForkRefused(self.refused)
        self._ready = True

    def _read(self, answer: str) -> int:
        ready, _, _ = select.select([self._parent.stdout], [], [], READY_SECONDS)
        line = self._parent.stdout.readline() if ready else b""
        if not line:
            self._discard()
            raise OSError("the process that forks kernels does not answer")
        return json.loads(line)[answer]

    def _discard(self) -> None:
        if self._parent is not None:
            self._parent.kill()
            self._parent.wait()
            self._parent.stdin.close()
            self._parent.stdout.close()
            self._parent = None


class _Branch:
    """A process that forks kernels, forked by the one that all workers share; it ends with its connection."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise
        self.stdin, self.stdout = self._socket.makefile("wb"), self._socket.makefile("rb", buffering=0)

    def poll(self) -> int | None:
        try:
            gone = self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return None
        except OSError:
            return 1
        return 1 if gone else None

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def wait(self) -> None:
        self._socket.close()


class _Forked:
    """A kernel that another process forked, followed by a descriptor: its number could be given away."""

    def __init__(self, forks: _Forks, pid: int) -> None:
        self.pid = pid
        self._forks = forks
        self._status: int | None = None
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        if self._status is None and self._ended(0):
            return self.wait()
        return self._status

    def wait(self) -> int:
        if self._status is None:
            self._ended(None)
            kill_group(self.pid)  # what it started and left; its number is its own until it is reaped
            try:
                self._status = self._forks.ask({"reap": self.pid}, "status")
            except (OSError, AttributeError):  # its parent is gone, and took it along
                self._status = -int(signal.SIGKILL)
            os.close(self._descriptor)
        return self._status

    def _ended(self, milliseconds: int | None) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(milliseconds))


class _Spares(threading.local):
    """One process that waits for the next run of this thread."""

    def __init__(self) -> None:
        self._waiting: subprocess.Popen | None = None
        self._imports = NO_IMPORTS

    def prepare(self, environment: Mapping[str, str], imports: Imports) -> None:
        """Start the process that waits, unless it is there."""
        if self._waiting is None or self._waiting.poll() is not None or imports != self._imports:
            self._waiting = _prepared("--spare", environment, imports)
            self._imports = imports

    def start(self, request: dict, imports: Imports) -> KernelProcess:
        self.prepare(request["environment"], imports)
        process, self._waiting = self._waiting, None
        _handed(process, request)
        self._waiting = _prepared("--spare", request["environment"], imports)
        return process


def _prepared(
    mode: str, environment: Mapping[str, str], imports: Imports, stdin: Any = subprocess.PIPE, **streams
) -> subprocess.Popen:
    """A process that imports ahead and then takes requests; variables of one run are left out."""
    general = {name: value for name, value in environment.items() if not name.startswith("ANALYSIS_")}
    return subprocess.Popen(
        [sys.executable, "-m", _MODULE, mode, imports.as_argument(), str(os.getpid())],
        env=general,
        stdin=stdin,
        start_new_session=True,
        **streams,
    )


def _handed(process: subprocess.Popen, request: dict) -> subprocess.Popen:
    """`process` with its request. Its standard input stays open: when it closes, the kernel ends."""
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    return process


_forks = _Forks()
_spares = _Spares()
