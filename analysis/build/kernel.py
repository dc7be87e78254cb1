"""The process in which a notebook's code runs.

An ordinary ipykernel that ends with whoever started it, keeps to a limit of memory, and notes which files
of the repository and of the data folder are opened, so that a run can be checked against its key. It comes
in three ways:

``--stock``
    becomes the kernel that the first request describes;
``--spare``
    does so too, and has modules imported when the request comes;
``--fork``
    imports modules and forks a kernel for each request (Linux). A forked kernel starts from the same fresh
    state every time: nothing of one run reaches another.
``--share``
    imports modules and forks, for each worker that connects to the socket on its standard input, a process
    that forks kernels.

Then follow, as JSON, which modules are imported ahead and which cannot be imported at all, and the number of
the process that starts this one.

Requests and replies are JSON objects, one a line, on standard input and output. Only third-party modules
are imported ahead; nothing of the analysis is, so that no code can be stale.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import linecache
import os
import re
import signal
import socket
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from analysis.build.watching import note_reads

MEMORY_VARIABLE = "ANALYSIS_MEMORY_BYTES"
PRIVATE_VARIABLE = "ANALYSIS_PRIVATE"  # set where frames may hold rows about people
_NOT_SHOWN = ": rows are not shown, because the data are not open"
SHAPE = re.compile(rf"\w+, \d+( × \d+)*{_NOT_SHOWN}")  # all that is kept of a frame that was shown
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
# What a kernel imports while it starts, and matplotlib while it writes a figure.
_KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", "IPython.core.completerlib",
    "IPython.core.debugger", "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic",
    "sqlite3", "tornado.platform.asyncio", "tornado.queues",
)  # fmt: skip
_DRAWING = ("matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg", "PIL.features")
_SETTINGS = (
    "--HistoryManager.hist_file=:memory:",
    "--IPKernelApp.log_level=50",
    # A kernel's own exit() asks it to end after the cell and goes on; everywhere else it stops here.
    "--IPKernelApp.exec_lines=import sys; exit = quit = sys.exit; del sys",
)


def end_with_parent(parent: int) -> None:
    """On Linux: be killed as soon as the thread that started this process is gone.

    `parent` is told by who started it: one that was killed at once would no longer be seen from here.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
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


def run_request(request: dict[str, Any]) -> None:
    """Do what `request` describes: ``environment``, ``folder``, and ``connection`` or ``cells``.

    With ``connection`` this process becomes a kernel; with ``cells`` it runs them and ends.
    """
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path[0] = request["folder"]
    adopt_descendants()
    limit_memory()
    note_reads()
    if os.environ.get(PRIVATE_VARIABLE):
        show_shapes()
    if "cells" in request:
        run_cells(request["cells"], request["ending"])
        return
    from ipykernel.kernelapp import IPKernelApp

    hear_children_privately(request["connection"])
    IPKernelApp.launch_instance(argv=["-f", request["connection"], *_SETTINGS])


def hear_children_privately(connection: str) -> None:
    """Have ipykernel hear what forked children print by a socket in the run's private folder.

    It would open a TCP port of the loopback for that, which every user of the machine can reach.
    """
    with open(connection, encoding="utf-8") as handle:
        content = json.load(handle)
    if content["transport"] != "ipc":
        return
    import zmq
    from ipykernel.iostream import IOPubThread
    from zmq.eventloop.zmqstream import ZMQStream

    address = f"ipc://{content['ip']}-children"

    def setup_in(thread: Any) -> None:
        thread._pipe_uuid = os.urandom(16)
        socket = thread.socket.context.socket(zmq.PULL)
        socket.linger = 0
        socket.bind(address)
        thread._pipe_in = ZMQStream(socket, thread.io_loop)
        thread._pipe_in.on_recv(thread._handle_pipe_msg)

    def setup_out(thread: Any) -> tuple[Any, Any]:
        context = zmq.Context()  # a child needs its own
        socket = context.socket(zmq.PUSH)
        socket.linger = 3000
        socket.connect(address)
        return context, socket

    IOPubThread._setup_pipe_in, IOPubThread._setup_pipe_out = setup_in, setup_out


def show_shapes() -> None:
    """Have frames show their shape in the place of rows: executed notebooks are kept, and rows are people."""
    import numpy
    import pandas

    def shape(frame: Any) -> str:
        size = " × ".join(map(str, frame.shape))
        return f"{type(frame).__name__}, {size}{_NOT_SHOWN}"

    for kind in (pandas.DataFrame, pandas.Series, pandas.Index):
        kind.__repr__ = shape
    pandas.DataFrame._repr_html_ = lambda frame: None
    numpy.set_printoptions(threshold=0, edgeitems=1, formatter={"all": lambda value: "…"})


def adopt_descendants() -> None:
    """On Linux: what descendants leave behind becomes a child of this process, so that it can be ended."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run_cells(cells: list[str], ending: str) -> None:
    """Run code cells in order in one namespace, as a kernel does, without a kernel.

    How it ended is written to the file `ending`: the number of the cell that raised an error, counted from
    0, with the traceback; None after the last cell.
    """
    import ast
    import asyncio
    import inspect

    main = types.ModuleType("__main__")
    main.__dict__.update(display=lambda *_, **__: None, exit=sys.exit, quit=sys.exit)
    sys.modules["__main__"] = main
    found: dict[str, Any] = {"cell": None}
    loop: asyncio.AbstractEventLoop | None = None  # one for all cells: what one starts goes on in the next
    for number, source in enumerate(cells):
        name = f"<cell {number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            code = compile(source, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            waits = eval(code, main.__dict__)
            if code.co_flags & inspect.CO_COROUTINE:  # it awaits, as a cell may in a kernel
                loop = loop or asyncio.new_event_loop()
                loop.run_until_complete(waits)
        except BaseException as error:
            frames = error.__traceback__.tb_next  # without the frame of this function
            lines = traceback.format_exception(type(error), error, frames)
            found = {"cell": number, "traceback": "".join(lines)}
            break
    with open(ending, "w", encoding="utf-8") as handle:
        json.dump(found, handle)


def serve_forks(
    modules: Iterable[str], hidden: Iterable[str], stream: Any, reply: Callable[..., None]
) -> None:
    """Fork a kernel for each request on `stream`; ``{"reap": pid}`` asks how one ended."""
    _import_for_forks(modules, hidden)
    reply(threads=_threads())
    _fork_kernels(stream, reply)


def share_forks(modules: Iterable[str], hidden: Iterable[str], listener: socket.socket) -> None:
    """Fork what :func:`serve_forks` does for each worker that connects to `listener`."""
    _import_for_forks(modules, hidden)
    while True:
        connection, _ = listener.accept()
        reply = _replying(connection.fileno())
        threads = _threads()
        reply(threads=threads)
        parent = os.getpid()
        if threads == 1 and os.fork() == 0:
            try:
                end_with_parent(parent)
                listener.close()
                _fork_kernels(connection.makefile(encoding="utf-8"), reply)
            finally:
                os._exit(0)
        connection.close()


def _import_for_forks(modules: Iterable[str], hidden: Iterable[str]) -> None:
    gc.disable()  # nothing of what is imported is garbage, and looking for it takes a tenth of the time
    import_ahead(modules, hidden)
    gc.collect()
    gc.freeze()  # the collector need not touch, and so copy, what all kernels share
    gc.enable()


def _fork_kernels(stream: Any, reply: Callable[..., None]) -> None:
    for line in stream:
        request = json.loads(line)
        if "reap" in request:
            _, status = os.waitpid(request["reap"], 0)
            reply(status=os.waitstatus_to_exitcode(status))
            continue
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _run_forked(request, parent)
        reply(pid=pid)


def _run_forked(request: dict[str, Any], parent: int) -> None:
    """In the child: its own session, so that it can be ended with all it starts. Never returns."""
    status = 1
    try:
        os.setsid()
        end_with_parent(parent)
        _own_randomness()
        run_request(request)
        status = 0
    finally:
        os._exit(status)


def _own_randomness() -> None:
    """A forked process inherits the state of the global generators; a fresh kernel has its own."""
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed()


def hide(modules: Iterable[str]) -> None:
    """Make importing `modules` fail, see :mod:`analysis.build.imports`."""
    for name in (
        *modules,
        "debugpy",
    ):  # nobody debugs a build, and importing it takes longer than all the rest
        sys.modules[name] = None


def import_ahead(modules: Iterable[str], hidden: Iterable[str]) -> None:
    """Import what a notebook is going to need; what cannot be imported it will say itself."""
    hide(hidden)
    drawing = _DRAWING if any(name.partition(".")[0] == "matplotlib" for name in modules) else ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nobody who reads the build's output asked for this
        for name in (*_KERNEL, *modules, *drawing):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _threads() -> int:
    """Threads of this process, those of libraries included: forking is safe with one only."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def end_with_stream(stream: Any) -> None:
    """End this process when `stream` does, because who held its other end is gone. Works everywhere."""

    def follow() -> None:
        with contextlib.suppress(OSError, ValueError):
            while stream.readline():
                pass
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _take_over_streams() -> tuple[Any, Callable[..., None]]:
    """Requests and replies on private descriptors; what libraries print goes to standard error."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)

    return requests, _replying(replies)


def _replying(descriptor: int) -> Callable[..., None]:
    def reply(**content: int) -> None:
        os.write(descriptor, (json.dumps(content) + "\n").encode())

    return reply


def main(arguments: list[str]) -> None:
    end_with_parent(int(arguments[2]))
    mode, (modules, hidden) = arguments[0], json.loads(arguments[1])
    listener = socket.socket(fileno=os.dup(0)) if mode == "--share" else None
    requests, reply = _take_over_streams()
    if listener is not None:
        share_forks(modules, hidden, listener)
    if mode == "--fork":
        serve_forks(modules, hidden, requests, reply)
        return
    if mode == "--spare":
        import_ahead(modules, hidden)
    hide(hidden)
    line = requests.readline()
    if line:
        end_with_stream(requests)
        run_request(json.loads(line))


if __name__ == "__main__":
    main(sys.argv[1:])
