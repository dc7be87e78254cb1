"""The steps before rendering: build, then release what was built."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.build.build import Built, build, failure_report, remember_data
from analysis.build.errors import BuildError
from analysis.release.release import Release, release
from analysis.workspace import Workspace

if TYPE_CHECKING:
    from analysis.build.progress import Progress

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
    built : Built
    released : Release or None
        None when only some notebooks were asked for and others are still due.
    """

    built: Built
    released: Release | None


def build_and_release(workspace: Workspace, progress: Progress, **settings: Any) -> Made:
    """Run what is due and release the whole; for who holds the lock.

    Parameters
    ----------
    settings
        Of :func:`analysis.build.build.build`.

    Raises
    ------
    BuildError
        If a run failed. Everything else was still run and is kept; the released set is as it was.
    """
    ahead = None if settings.get("only") else _import_ahead
    built = build(workspace, progress, meanwhile=ahead, **settings)
    if built.failed:
        raise BuildError(
            f"{failure_report(workspace, built.failed)}\n\nThe released results are as they were."
        )
    if built.plan.pending or built.plan.problems:
        return Made(built, None)
    released = release(built.plan, built.fingerprints)
    built.plan.memory.save()
    built.fingerprints.save()
    remember_data(workspace)
    return Made(built, released)


def _import_ahead() -> None:
    for name in _AHEAD:
        with contextlib.suppress(Exception):  # who needs it will say what is wrong
            importlib.import_module(name)
