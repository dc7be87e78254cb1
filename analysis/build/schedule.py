"""Give runs to an executor, the longest first, and gather how they ended.

Any :class:`concurrent.futures.Executor` will do. As many runs are handed over as there are slots, so that
"running" means running, a killed build loses only those, and memory does not grow with the number of runs.
(A cluster is given more, so that it can see that more workers would help; there some of them wait.)
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from analysis.build.closure import FirstParty
from analysis.build.errors import BuildError
from analysis.build.failure import Failure, of_error
from analysis.build.imports import NO_IMPORTS, Imports, imports_of
from analysis.build.launch import shared
from analysis.build.plan import LOCK_FILE, Plan, Run
from analysis.build.private import private_folder
from analysis.build.progress import Progress
from analysis.build.session import Session, python_path, variables_of
from analysis.build.worker import Job, Outcome, execute

ATTEMPTS = 3  # of a run whose worker died, which says nothing of the notebook
_GIGABYTE, _MEGABYTE = 1_000_000_000, 1_000_000
_LOOK_AGAIN_SECONDS = 0.2


def process_pool(jobs: int) -> Executor:
    """Workers in fresh processes that end when this one does."""
    return concurrent.futures.ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare_worker,
    )


def run_all(
    plan: Plan,
    runs: Iterable[Run],
    progress: Progress,
    *,
    slots: int,
    kernels: str = "auto",
    executor: Callable[[int], Executor] = process_pool,
) -> list[Outcome]:
    """Do what is due of `runs`; a run that fails stops no other.

    Parameters
    ----------
    plan : Plan
        Updated with what was published.
    slots : int
        Runs at the same time.
    kernels : str
        How kernels are started, see :mod:`analysis.build.launch`.
    executor : callable
        Makes an executor with that many workers; called again if its workers die.

    Returns
    -------
    list of Outcome
        Of every run that was due, in the order of `runs`.
    """
    due = [run.label for run in runs if run.is_due]
    return _Schedule(plan, due, progress, slots, kernels, executor).run() if due else []


class _Schedule:
    def __init__(
        self, plan: Plan, due: list[str], progress: Progress, slots: int, kernels: str, make
    ) -> None:
        self.plan, self.progress, self.slots, self.kernels, self.make = plan, progress, slots, kernels, make
        self.order = due
        names = {plan.runs[label].entry.name for label in due}
        third_party = set().union(*(plan.third_party[name] for name in names))
        self.imports = imports_of(
            third_party, plan.workspace.root / LOCK_FILE, FirstParty.of(plan.workspace).tops
        )
        self.outcomes: dict[str, Outcome] = {}
        self.attempts: dict[str, int] = {}
        self.flying: dict[Future, str] = {}
        self.seconds = _Seconds(plan)
        self.ready: deque[str] = deque()
        self.pool: Executor | None = None

    def run(self) -> list[Outcome]:
        self.ready.extend(sorted(self.order, key=self.seconds.longest_first))
        with self._sharing():
            self._do_all()
        return [self.outcomes[label] for label in self.order if label in self.outcomes]

    @contextlib.contextmanager
    def _sharing(self) -> Iterator[None]:
        """Workers that are processes of this machine share what they import."""
        if self.make is not process_pool:
            yield
            return
        with private_folder() as folder:
            root = self.plan.workspace.root
            variables = variables_of(Session(environment=python_path(root), folder=root, seconds=0), folder)
            with shared(folder, self.kernels, variables, self.imports) as self.imports:
                yield

    def _do_all(self) -> None:
        try:
            while self.ready or self.flying:
                self._hand_over()
                if self.flying:
                    done, _ = concurrent.futures.wait(self.flying, return_when="FIRST_COMPLETED")
                    self._take_back(done)
        finally:
            self.seconds.save()
            # Nothing they do is wanted any more: to end by themselves takes workers a sixth of a second.
            _kill(self.pool)
            if self.pool is not None:  # waited for: a pool left to end by itself writes on as Python closes
                self.pool.shutdown(wait=True, cancel_futures=True)

    def _hand_over(self) -> None:
        while self.ready and len(self.flying) < self.slots:
            label = self.ready.popleft()
            job = make_job(self.plan, self.plan.runs[label], self.kernels, self.imports)
            self.attempts[label] = self.attempts.get(label, 0) + 1
            if self.pool is None:
                self.pool = self.make(self.slots)
            try:
                with _interrupts_held():
                    self.flying[self.pool.submit(execute, job)] = label
            except BrokenProcessPool:
                self.attempts[label] -= 1
                self.ready.appendleft(label)
                if self.flying:
                    return  # their futures will say so too
                self._discard_pool()
                continue
            self.progress.started(label)

    def _take_back(self, done: set[Future]) -> None:
        for future in done:
            label = self.flying.pop(future)
            try:
                outcome = future.result()
            except BrokenProcessPool:
                self._discard_pool()
                if self.attempts[label] < ATTEMPTS:
                    self.ready.append(label)
                    continue
                outcome = Outcome(label, 0.0, Failure(f"its worker died {ATTEMPTS} times"))
            except CancelledError as error:
                raise BuildError(
                    "the workers' scheduler is gone, or gave up this build's runs. Finished runs are kept; "
                    "the same command goes on from there."
                ) from error
            except Exception as error:  # of ours or of the executor: still only this run
                failure = of_error("the worker raised an error", None, f"{type(error).__name__}: {error}")
                outcome = Outcome(label, 0.0, failure)
            self._finish(outcome)

    def _finish(self, outcome: Outcome) -> None:
        if outcome.failure is None:
            self.seconds.note(outcome)
            if self._settled(self.plan.runs[outcome.label]).is_due:
                outcome = replace(outcome, failure=Failure("it ended well, but its folder is not there"))
        self.outcomes[outcome.label] = outcome
        self.progress.finished(outcome)

    def _settled(self, run: Run) -> Run:
        """`run` with what it published, which another machine's network disk may show a little later."""
        settled = self.plan.settle(run)
        deadline = time.monotonic() + getattr(self.pool, "lag_seconds", 0.0)
        while settled.is_due and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_SECONDS)
            with contextlib.suppress(OSError):  # listing the folder has the disk looked at afresh
                os.listdir(self.plan.store.folder(run.entry.name, run.key).parent)
            settled = self.plan.settle(run)
        return settled

    def _discard_pool(self) -> None:
        if self.pool is not None and getattr(self.pool, "_broken", True):
            self.pool.shutdown(wait=True)
            self.pool = None


def make_job(plan: Plan, run: Run, kernels: str = "auto", imports: Imports = NO_IMPORTS) -> Job:
    """What a worker has to know of `run`."""
    return Job(
        label=run.label,
        notebook=run.entry.name,
        key=run.key,
        path=plan.workspace.notebooks / run.entry.file,
        overrides=run.overrides,
        values=run.values,
        inputs=run.inputs,
        root=plan.workspace.root,
        data=plan.workspace.data,
        drawn=plan.drawn.get(run.entry.name, ()),
        outputs=run.entry.outputs,
        seconds=60.0 * run.entry.timeout_minutes,
        memory_bytes=int(_GIGABYTE * run.entry.memory_gb),
        output_bytes=_MEGABYTE * run.entry.output_mb,
        private=run.label in plan.private,
        kernels=kernels,
        imports=imports,
        keep_notebook=run.entry.keep_notebook,
    )


class _Seconds:
    """How long each run took the last time, so that long ones start first. A guess, never an input."""

    def __init__(self, plan: Plan) -> None:
        self._path = plan.store.build / "cache" / "seconds.json"
        try:
            self._known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def longest_first(self, label: str) -> float:
        return -float(self._known.get(label, 0.0))

    def note(self, outcome: Outcome) -> None:
        self._known[outcome.label] = round(outcome.seconds, 3)

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._known, sort_keys=True, indent=0), encoding="utf-8")


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the block ends, and a worker that starts in it inherits that.

    A terminal sends it to all processes at once: one that was still importing would write a traceback.
    The system may hand it to another thread here, for which Python interrupts the main one all the same:
    half a started worker would be left. So the handler waits too, not only the signal.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    told: list[tuple] = []
    is_main = threading.current_thread() is threading.main_thread()  # others can set no handler, and get none
    handler = signal.signal(signal.SIGINT, lambda *what: told.append(what)) if is_main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        if told and callable(handler):
            handler(*told[0])


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):  # held since it started; what it starts itself must not be
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _kill(pool: Executor | None) -> None:
    """End workers at once; their kernels end with them."""
    if pool is None:
        return
    processes = list((getattr(pool, "_processes", None) or {}).values())
    for process in processes:
        with contextlib.suppress(OSError):
            process.kill()
