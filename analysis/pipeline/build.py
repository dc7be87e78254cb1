"""The build from beginning to end: plan, run what is due, release."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.pipeline.errors import BuildError
from analysis.pipeline.explain import explain
from analysis.pipeline.fingerprint import Fingerprints
from analysis.pipeline.lock import build_lock
from analysis.pipeline.plan import Plan, make_plan
from analysis.pipeline.progress import Progress
from analysis.pipeline.release import Release, release
from analysis.pipeline.session import sweep_private_folders
from analysis.workspace import Workspace

if TYPE_CHECKING:  # a build that has nothing to do need not import what runs are done with
    from concurrent.futures import Executor

    from analysis.pipeline.worker import Outcome

DATA_FILE = "data.json"
_AFTERWARDS = (
    "analysis.render.trace",
    "analysis.render.fragments",
    "analysis.render.variables",
    "analysis.render.plan_text",
    "analysis.sources.geography",
    "analysis.render.embedded",
)


@dataclass(frozen=True)
class Built:
    """How a build ended.

    Attributes
    ----------
    outcomes : tuple of Outcome
        Of every run that was due.
    unchanged : int
        Runs that had been done before.
    released : Release or None
        None when only some notebooks were asked for and others are still due.
    seconds : float
    """

    outcomes: tuple[Outcome, ...]
    unchanged: int
    released: Release | None
    seconds: float


def build(
    workspace: Workspace,
    progress: Progress,
    *,
    jobs: int | None = None,
    only: Sequence[str] = (),
    wait: bool = True,
    say: Callable[[str], None] = print,
    kernels: str = "auto",
    executor: Callable[[int], Executor] | None = None,
) -> Built:
    """Run what is due and release the whole.

    Parameters
    ----------
    workspace : Workspace
    progress : Progress
    jobs : int, optional
        Runs at the same time; the number of usable cores by default.
    only : sequence of str
        Run only these, and what they need.
    wait : bool
        Wait for another build of this repository, rather than refuse.
    say : callable
        Takes a line for the person who waits.
    kernels : {"auto", "fork", "spare", "stock"}
        How kernels are started, see :mod:`analysis.pipeline.launch`.
    executor : callable, optional
        Makes an executor with a number of workers; a pool of processes unless given.

    Raises
    ------
    BuildError
        If a run failed or a notebook cannot be planned. Everything else was still run and is kept; the
        released set is as it was.
    """
    started = time.monotonic()
    with build_lock(workspace.build, wait=wait, say=say):
        fingerprints = Fingerprints(workspace.build / "cache" / "hashes.json")
        plan = make_plan(workspace, fingerprints)
        fingerprints.save()
        plan.store.sweep_leftovers()
        sweep_private_folders()
        selected = plan.select(only)
        due = [run for run in selected if run.is_due]
        progress.begin(len(due), len(selected) - len(due))
        if due and not only:
            threading.Thread(target=_import_ahead, daemon=True).start()
        try:
            slots = jobs or usable_cores()
            outcomes = _run(plan, selected, progress, slots, kernels, executor) if due else []
        finally:
            progress.end()
        failed = [outcome for outcome in outcomes if outcome.failure is not None]
        problems = [] if only else list(plan.problems.values())
        if failed or problems:
            raise BuildError(failure_report(plan, failed, problems))
        complete = not plan.due and not plan.problems
        released = release(plan, fingerprints) if complete else None
        plan.memory.save()
        if released is not None:
            remember_data(workspace)
        if complete:
            shutil.rmtree(plan.store.failed, ignore_errors=True)  # all of it mended
            plan.store.sweep_leftovers()  # of workers that died
        fingerprints.save()
    return Built(tuple(outcomes), len(selected) - len(due), released, time.monotonic() - started)


def _run(plan, selected, progress, slots, kernels, executor) -> list[Outcome]:
    from analysis.pipeline.schedule import process_pool, run_all

    return run_all(plan, selected, progress, slots=slots, kernels=kernels, executor=executor or process_pool)


def explanation(workspace: Workspace, only: Sequence[str] = ()) -> Iterable[str]:
    """What a build would do, a line for each run. Nothing is written."""
    plan = make_plan(workspace, Fingerprints(workspace.build / "cache" / "hashes.json"))
    for run, sentence in explain(plan, plan.select(only)):
        yield f"{run.label}: {sentence}"
    for name, problem in plan.problems.items():
        yield f"{name}: cannot be planned: {problem}"


def failure_report(plan: Plan, failed: Sequence[Outcome], problems: Sequence[str] = ()) -> str:
    """Everything needed to mend what failed, one block a run."""
    from analysis.pipeline.schedule import NEEDS_FAILED

    count = len(failed) + len(problems)
    blocks = [f"{count} {'run' if count == 1 else 'runs'} failed; the released results are as they were"]
    blocks += [f"cannot be planned\n  {problem}" for problem in problems]
    for outcome in failed:
        failure = outcome.failure
        run = plan.runs[outcome.label]
        if failure.reason == NEEDS_FAILED:
            blocks.append(f"{outcome.label}: not run, because {', '.join(failure.lines)} failed")
            continue
        notebook = plan.workspace.notebooks / run.entry.file
        cell = "" if failure.cell is None else f", cell {failure.cell}"
        lines = [f"{outcome.label}: {failure.reason}", f"  notebook    {notebook}{cell}"]
        parameters = ", ".join(f"{name} = {value!r}" for name, value in run.values.items())
        lines.append(f"  parameters  {parameters or 'none'}")
        lines += [f"  | {line}" for line in failure.lines]
        if failure.folder:
            lines.append(f"  look at     {failure.folder}")
        lines.append(f"  run again   {repeat_command(plan.workspace, outcome.label)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def repeat_command(workspace: Workspace, label: str) -> str:
    """The command that repeats one run."""
    words = ["python", "-m", "analysis", "build", "--only", label]
    if workspace.data != workspace.root / "data" / "real":
        words += ["--data", str(workspace.data)]
    return shlex.join(words)


def _import_ahead() -> None:
    """Import what release and report need while the runs go on and this process has nothing to do."""
    for name in _AFTERWARDS:
        with contextlib.suppress(Exception):  # who needs it will say what is wrong
            importlib.import_module(name)


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
