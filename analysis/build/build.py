"""The build: plan, and run what is due."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.build.errors import BuildError
from analysis.build.explain import explain
from analysis.build.failure import NOT_PLANNED, FailedRun, Failure, alike
from analysis.build.fingerprint import Fingerprints
from analysis.build.plan import Plan, make_plan
from analysis.build.private import sweep_private_folders
from analysis.build.progress import Progress
from analysis.workspace import Workspace

if TYPE_CHECKING:  # a build that has nothing to do need not import what runs are done with
    from concurrent.futures import Executor

    from analysis.build.worker import Outcome

DATA_FILE = "data.json"


@dataclass(frozen=True)
class Built:
    """How a build ended.

    Attributes
    ----------
    plan : Plan
        With what was published, and in ``plan.failures`` what failed.
    fingerprints : Fingerprints
        Hashes of files as they were when the build began.
    outcomes : tuple of Outcome
        Of every run that was due.
    unchanged : int
        Runs that had been done before.
    failed : tuple of FailedRun
        What was asked for and has no results.
    """

    plan: Plan
    fingerprints: Fingerprints
    outcomes: tuple[Outcome, ...]
    unchanged: int
    failed: tuple[FailedRun, ...]
    seconds: float


def build(
    workspace: Workspace,
    progress: Progress,
    *,
    jobs: int | None = None,
    only: Sequence[str] = (),
    kernels: str = "auto",
    executor: Callable[[int], Executor] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Built:
    """Run what is due; for who holds the build's lock (:func:`analysis.build.lock.build_lock`).

    A run that fails stops no other. What failed is in ``plan.failures`` of what is
    returned, and in :attr:`analysis.build.store.Store.failures` until it is mended.

    Parameters
    ----------
    jobs : int, optional
        Runs at the same time; the number of usable cores by default.
    only : sequence of str
        Run only these.
    kernels : {"auto", "fork", "spare", "stock"}
        How kernels are started, see :mod:`analysis.build.launch`.
    executor : callable, optional
        Makes an executor with a number of workers; a pool of processes unless given.
    meanwhile : callable, optional
        Done in a thread of this process, which waits while others run.

    Raises
    ------
    BuildError
        If registry, manifest or `only` is wrong, or the workers are gone.
    """
    started = time.monotonic()
    fingerprints = Fingerprints(workspace.build / "cache" / "hashes.json")
    plan = make_plan(workspace, fingerprints)
    fingerprints.save()
    plan.store.sweep_leftovers()
    sweep_private_folders()
    selected = plan.select(only)
    due = [run for run in selected if run.is_due]
    progress.begin(len(due), len(selected) - len(due))
    if due and meanwhile is not None:
        threading.Thread(target=meanwhile, daemon=True).start()
    try:
        slots = jobs or usable_cores()
        outcomes = _run(plan, selected, progress, slots, kernels, executor) if due else []
    finally:
        progress.end()
    plan.failures |= {outcome.label: outcome.failure for outcome in outcomes if outcome.failure is not None}
    failed = failed_runs(plan)
    plan.store.write_failures(failed)
    plan.store.sweep_leftovers()  # of workers that died
    if not plan.due and not failed:
        shutil.rmtree(plan.store.failed, ignore_errors=True)  # all of it mended
    plan.memory.save()
    fingerprints.save()
    asked = [run for run in failed if not only or run.label in plan.failures]
    seconds = time.monotonic() - started
    return Built(plan, fingerprints, tuple(outcomes), len(selected) - len(due), tuple(asked), seconds)


def _run(plan, selected, progress, slots, kernels, executor) -> list[Outcome]:
    from analysis.build.schedule import process_pool, run_all

    return run_all(plan, selected, progress, slots=slots, kernels=kernels, executor=executor or process_pool)


def failed_runs(plan: Plan) -> list[FailedRun]:
    """What failed, in the order of the plan; notebooks that cannot be planned come last."""
    found = [
        FailedRun(label, run.entry.name, run.entry.file, plan.failures[label], run.values)
        for label, run in plan.runs.items()
        if label in plan.failures
    ]
    return found + [
        FailedRun(entry.name, entry.name, entry.file, Failure(NOT_PLANNED, message=plan.problems[entry.name]))
        for entry in plan.entries
        if entry.name in plan.problems
    ]


def explanation(workspace: Workspace, only: Sequence[str] = ()) -> Iterable[str]:
    """What a build would do, a line for each run. Nothing is written."""
    plan = make_plan(workspace, Fingerprints(workspace.build / "cache" / "hashes.json"))
    for run, sentence in explain(plan, plan.select(only)):
        yield f"{run.label}: {sentence}"
    for name, problem in plan.problems.items():
        yield f"{name}: cannot be planned: {problem}"


def failure_report(workspace: Workspace, failed: Sequence[FailedRun]) -> str:
    """Everything needed to mend what failed, one block a cause, with the first run that met it."""
    blocks = [f"{len(failed)} {'run' if len(failed) == 1 else 'runs'} failed"]
    for run, *others in alike(failed):
        failure = run.failure
        if failure.reason == NOT_PLANNED:
            labels = ", ".join(one.label for one in (run, *others))
            blocks.append(f"{labels} cannot be planned\n  {failure.message}")
            continue
        cell = "" if failure.cell is None else f", cell {failure.cell}"
        frame = f", {failure.frame}" if failure.frame else ""
        lines = [
            f"{run.label}: {failure.reason}",
            f"  notebook    {workspace.notebooks / run.file}{cell}{frame}",
        ]
        parameters = ", ".join(f"{name} = {value!r}" for name, value in run.parameters.items())
        lines.append(f"  parameters  {parameters or 'none'}")
        lines += [f"  | {line}" for line in failure.lines]
        if frame:  # beneath what a library says of itself
            lines.append(f"  called from cell {failure.cell}{frame}")
        if failure.folder:
            lines.append(f"  look at     {failure.folder}")
        if others:
            lines.append(f"  the same in {', '.join(other.label for other in others)}")
        lines.append(f"  run again   {repeat_command(workspace, run.label)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def repeat_command(workspace: Workspace, label: str) -> str:
    """The command that repeats one run, with the interpreter that is in use."""
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(workspace.root):
        interpreter = interpreter.relative_to(workspace.root)
    words = [str(interpreter), "-m", "analysis", "build", "--only", label]
    if workspace.data != workspace.root / "data" / "real":
        words += ["--data", str(workspace.data)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def remember_data(workspace: Workspace) -> None:
    """Note with which data folder what stands was released."""
    path = workspace.build / "cache" / DATA_FILE
    path.write_text(json.dumps({"data": str(workspace.data)}) + "\n", encoding="utf-8")


def last_data(workspace: Workspace) -> Path | None:
    """The data folder of what stands, None if there is none or it was the usual one.

    Raises
    ------
    BuildError
        If the folder is gone: other data would give other results without a word.
    """
    try:
        content = json.loads((workspace.build / "cache" / DATA_FILE).read_text(encoding="utf-8"))
        folder = Path(content["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if folder.resolve() == workspace.data.resolve():
        return None
    if not folder.is_dir():
        raise BuildError(
            f"the last build used the data in {folder}, which is gone: name a folder with --data, or build "
            "once without"
        )
    return folder


def usable_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
