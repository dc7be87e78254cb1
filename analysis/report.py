"""The steps before rendering: build, then release what was built."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.build.build import Built, build, failed_runs, failure_report, remember_data
from analysis.build.failure import alike
from analysis.release.release import STANDARD, Release, release
from analysis.workspace import Workspace

if TYPE_CHECKING:
    from analysis.build.progress import Progress
    from analysis.release.edition import Edition

# What release and report need, imported while the runs go on and this process has nothing to do.
_AHEAD = (
    "analysis.release.trace",
    "analysis.release.fragments",
    "analysis.release.variables",
    "analysis.release.plan_text",
    "analysis.sources.geography",
    "analysis.render.embedded",
)


@dataclass(frozen=True)
class Made:
    """What became of the steps.

    Attributes
    ----------
    released : Release or None
        None when only some notebooks were asked for and others are still due.
    problems : str
        What failed and how to mend it, for whoever waits; "" in a good build.
    changes : tuple of str
        What differs from what was released before, a line each; nothing where that is the same or not there.
    """

    built: Built
    released: Release | None
    problems: str = ""
    changes: tuple[str, ...] = ()


def build_and_release(
    workspace: Workspace, progress: Progress, *, edition: str = STANDARD, **settings: Any
) -> Made:
    """Run what is due and release the whole; for who holds the lock.

    A notebook that failed costs its own chapter: what is released does without, and says so.

    Parameters
    ----------
    edition : str
        Of :func:`analysis.release.release.release`.
    settings
        Of :func:`analysis.build.build.build`.
    """
    ahead = None if settings.get("only") else _import_ahead
    built = build(workspace, progress, meanwhile=ahead, **settings)
    problems = failure_report(workspace, built.failed) if built.failed else ""
    failed = failed_runs(built.plan)
    if {run.label for run in built.plan.due} - {run.label for run in failed}:
        return Made(built, None, problems)
    before = _edition(workspace)
    released = release(built.plan, built.fingerprints, failed, edition)
    changes = () if released.unchanged else _changes(before, _edition(workspace))
    undrawn = released.missing[len(alike(failed)) :]
    if undrawn:
        problems = "\n\n".join(filter(None, [problems, "could not be drawn\n  " + "\n  ".join(undrawn)]))
    built.plan.memory.save()
    built.fingerprints.save()
    remember_data(workspace)
    return Made(built, released, problems, changes)


def _edition(workspace: Workspace) -> Edition | None:
    """What lies released, for as far as it can be read; None where nothing does."""
    from analysis.release.edition import read_edition

    try:
        return read_edition(workspace.build / "released")
    except (OSError, ValueError):  # nothing yet, or of an older form: there is nothing to compare
        return None


def _changes(before: Edition | None, now: Edition | None) -> tuple[str, ...]:
    from analysis.release.diff import compare, in_short

    return () if before is None or now is None else tuple(in_short(compare(before, now)))


def _import_ahead() -> None:
    for name in _AHEAD:
        with contextlib.suppress(Exception):  # who needs it will say what is wrong
            importlib.import_module(name)
