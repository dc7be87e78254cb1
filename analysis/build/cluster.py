"""The same runs on more than one machine: handed to a Dask scheduler, which keeps the workers going.

A worker runs the same :func:`analysis.build.worker.execute` as a worker here, and what it publishes
comes back through the file system. So repository and data lie on a disk that all machines share, under the
same path, and every worker has the same Python, packages and version of this program. That is checked of
each worker before its first run; one that differs gets no run done.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import platform
import re
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.errors import BuildError
from analysis.build.fingerprint import digest, digest_of
from analysis.build.plan import LOCK_FILE
from analysis.build.worker import Job, Outcome
from analysis.workspace import Workspace

AHEAD = 256  # runs handed over at a time: enough for a cluster to see that more workers would help
CONNECT_SECONDS = 30
WORKERS_SECONDS = 600  # a queue system may take minutes to start the first worker
LAG_SECONDS = 60.0  # how long another machine's new folder may stay unseen on a network disk
SHOWN = 5
_PACKAGE = Path(__file__).resolve().parents[1]
# Read once: a worker that was started before the program changed still runs the old one.
_PROGRAM = digest(
    *(path.read_bytes() for path in sorted([*_PACKAGE.glob("*.py"), *_PACKAGE.glob("build/*.py")]))
)
_agreed: set[str] = set()


@dataclass(frozen=True)
class Expected:
    """What a worker must find.

    Attributes
    ----------
    token : str
        Name and content of a file below the build's folder, new for each build.
    python, program : str
        Version of Python, and hash of the code that runs a notebook.
    packages : dict of str to str
        Versions of the pinned packages.
    files : str
        Hash of names, sizes and times of the files in the data folder.
    """

    root: Path
    data: Path
    token: str
    python: str
    program: str
    packages: dict[str, str]
    files: str


class ClusterError(BuildError):
    """A worker cannot do this build's runs."""


def on_cluster(
    scheduler: str, workspace: Workspace, say: Callable[[str], None] = print
) -> Callable[[int], Executor]:
    """What makes an executor of the workers of a Dask scheduler; it connects when the first run is due.

    Parameters
    ----------
    scheduler : str
        Its address (``tcp://host:8786``), or the path of its scheduler file.
    say : callable
        Takes a line for the person who waits.
    """
    return lambda _: _Cluster(scheduler, workspace, say)


class _Cluster(Executor):
    """The executor that Dask gives, whose workers are checked first."""

    lag_seconds = LAG_SECONDS

    def __init__(self, scheduler: str, workspace: Workspace, say: Callable[[str], None]) -> None:
        self._scheduler = scheduler
        self._client = _connect(scheduler)
        self._token: Path | None = None
        try:
            self._wait_for_workers(say)
            expected = expectation(workspace)
            self._token = _token_path(expected)
            self._token.parent.mkdir(parents=True, exist_ok=True)
            self._token.write_text(expected.token)
            self._check(expected)
            self._expected = expected
        except BaseException:
            self.shutdown(wait=False)
            raise
        # Not pure: what ran before on this scheduler is no proof that the result is still on disk.
        self._executor = self._client.get_executor(pure=False)
        workers = self._client.ncores()
        say(f"{len(workers)} Dask workers, {sum(workers.values())} runs at the same time, at {scheduler}")

    def submit(self, function: Callable[..., Any], job: Job) -> Future:
        try:
            return self._executor.submit(_checked, function, job, self._expected)
        except Exception as error:
            raise ClusterError(f"the scheduler {self._scheduler} takes no more runs: {error}") from error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the cluster, which goes on; runs that are under way there come to their end."""
        if self._token is not None:
            self._token.unlink(missing_ok=True)
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.close(timeout=CONNECT_SECONDS)

    def _wait_for_workers(self, say: Callable[[str], None]) -> None:
        if not self._client.ncores():
            say(f"waiting for the first Dask worker at {self._scheduler}")
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError as error:
            raise ClusterError(
                f"no Dask worker joined {self._scheduler} in {WORKERS_SECONDS} seconds: start workers there"
            ) from error

    def _check(self, expected: Expected) -> None:
        """Ask every worker that is there; those that join later are asked before their first run."""
        blocks = []
        for worker, found in self._client.run(problems, expected, on_error="return").items():
            if isinstance(found, (ImportError, AttributeError)):
                found = [f"it cannot import this program ({found}): install the repository there"]
            elif isinstance(found, OSError):
                continue  # it left meanwhile
            elif isinstance(found, BaseException):
                found = [f"{type(found).__name__}: {found}"]
            blocks += [f"  {worker}: {sentence}" for sentence in found]
        if blocks:
            more = [f"  and {len(blocks) - SHOWN} more"] if len(blocks) > SHOWN else []
            raise ClusterError("\n".join(["workers differ from this machine", *blocks[:SHOWN], *more]))


def expectation(workspace: Workspace) -> Expected:
    """What holds on this machine."""
    packages = {}
    lock = workspace.root / LOCK_FILE
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text() if lock.is_file() else "", re.M):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            packages[name] = importlib.metadata.version(name)
    root, data = workspace.root.resolve(), workspace.data.resolve()
    return Expected(root, data, uuid.uuid4().hex, _python(), _PROGRAM, packages, _files(data))


def problems(expected: Expected) -> list[str]:
    """Sentences on what on this machine is not as `expected`; run by a worker."""
    try:
        token = _token_path(expected).read_text()
    except OSError:
        token = ""
    if token != expected.token:
        return [
            f"it does not see {expected.root} as this machine does: results come back through a disk that "
            "all machines share, under the same path"
        ]
    found = []
    if _python() != expected.python:
        found.append(f"it runs Python {_python()}, expected {expected.python}")
    if expected.program != _PROGRAM:
        found.append("it runs another version of this program: restart the worker")
    for name, version in expected.packages.items():
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            there = "absent"
        if there != version:
            found.append(f"package {name} is {there}, expected {version}")
    if _files(expected.data) != expected.files:
        found.append(f"the files in {expected.data} are not the same there")
    return found


def _checked(function: Callable[[Job], Outcome], job: Job, expected: Expected) -> Outcome:
    """On a worker: do the run if this worker may."""
    if expected.token not in _agreed:
        found = problems(expected)
        if found:
            raise ClusterError(f"a worker on {platform.node()}: {'; '.join(found)}")
        _agreed.add(expected.token)
    return function(job)


def _connect(scheduler: str):
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            "--scheduler needs Dask: install the extra `cluster`, as in pip install -e '.[cluster]'"
        ) from error
    for name in ("client", "core", "utils"):  # what they would say of a lost scheduler, this program says
        logging.getLogger(f"distributed.{name}").setLevel(logging.CRITICAL)
    try:
        if "://" in scheduler:
            return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        if not Path(scheduler).is_file():
            raise ClusterError(
                f"--scheduler {scheduler}: neither an address such as tcp://host:8786 nor a file"
            )
        return Client(scheduler_file=scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {scheduler}: {error}") from error


def _token_path(expected: Expected) -> Path:
    return Workspace(expected.root, expected.data).build / "tmp" / f"cluster-{expected.token}"


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _files(folder: Path) -> str:
    found = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            state = path.stat()
            found.append([path.relative_to(folder).as_posix(), state.st_size, state.st_mtime_ns])
    return digest_of(found)
