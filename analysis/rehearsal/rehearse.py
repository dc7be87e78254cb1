"""The whole day: stand-ins, the final edition on them, and everything that is wrong with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.build.errors import BuildError
from analysis.build.progress import Progress
from analysis.rehearsal.checks import check_report
from analysis.rehearsal.copy import copied, mark_data
from analysis.rehearsal.files import write_standins
from analysis.render import render, require_edition
from analysis.report import build_and_release
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Rehearsed:
    """Where it was held, what it made, and what is wrong with that."""

    workspace: Workspace
    report: Path
    problems: tuple[str, ...]


def rehearse(
    workspace: Workspace,
    progress: Progress,
    say: Callable[[str], None] = print,
    *,
    engine: str = "auto",
    seed: int = 1,
    size: float = 1.0,
    jobs: int | None = None,
) -> Rehearsed:
    """Make stand-in files of every source that is not public, and the final edition of the report on them.

    Everything is made in ``data/build/rehearsal`` and marked as a rehearsal; the report that stands, and
    ``data/real``, are left alone.

    Parameters
    ----------
    workspace : Workspace
        Of the repository.
    seed, size : int, float
        Of the stand-ins, see :func:`analysis.rehearsal.files.write_standins`.

    Raises
    ------
    BuildError, RenderError
        If the report cannot be made: a researcher would have met the same on the day.
    """
    held = copied(workspace)
    shutil.rmtree(held.data, ignore_errors=True)
    planted = write_standins(held.facts, held.data, seed=seed, size=size)
    say(f"{len(planted.files)} stand-in files in {held.data}")
    made = build_and_release(held, progress, jobs=jobs)
    if made.problems:
        raise BuildError(made.problems)
    require_edition("final", held)
    report = render(held, engine=engine, edition="final", factsheets=True)
    mark_data(report)
    return Rehearsed(held, report, tuple(check_report(held, report, planted)))
