"""From released rows and the report's sources to ``_report``: HTML and PDF of each document, and the data.

Two renderers read the same sources. Quarto is used where it is installed; otherwise Pandoc and Typst from
their wheels (:mod:`analysis.render.embedded`). One checker (:mod:`analysis.render.check`) runs before
both, so that a mistake stops the build in either.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from analysis.build.kept import Kept
from analysis.release.colophon import STENCIL
from analysis.release.provenance import ORIGIN_FILE, PROVENANCE_FILE
from analysis.release.release import missing_notebooks
from analysis.release.trace import write_trace
from analysis.render import quarto, standing
from analysis.render.check import check_documents
from analysis.render.claims import check_claims
from analysis.render.editions import EDITIONS, WRITTEN_LAST, released_folder, require_edition, write_public
from analysis.render.embedded import render_embedded
from analysis.render.factsheets import write_factsheets
from analysis.render.index import write_index
from analysis.render.labelling import check_labelling
from analysis.render.project import RenderError, read_projects
from analysis.render.resultsfile import FILE, sections_of, write_results_file
from analysis.render.stage import staged
from analysis.render.swap import fresh_folder
from analysis.results import ROWS_FILE, read_rows
from analysis.workspace import Workspace

__all__ = ["EDITIONS", "ENGINES", "RenderError", "render", "require_edition"]

ENGINES = ("auto", "quarto", "embedded")


def render(
    workspace: Workspace,
    *,
    engine: str = "auto",
    output: Path | None = None,
    edition: str = "mock",
    factsheets: bool = True,
) -> Path:
    """Render the report and return the folder it stands in.

    A report that stands and is the one that would be made (:mod:`analysis.render.standing`) is left alone.

    Parameters
    ----------
    workspace : Workspace
        Its root holds ``_quarto.yml``; the released rows lie in ``data/build/released/results.csv``.
    engine : {"auto", "quarto", "embedded"}
        ``auto`` takes Quarto where it is on the path.
    output : Path, optional
        Where to; ``output-dir`` of ``_quarto.yml`` by default.
    edition : {"standard", "mock", "final", "public"}
        See :mod:`analysis.render.editions`.
    factsheets : bool
        Render the sheets of the provinces (:mod:`analysis.render.factsheets`); the report links to them.

    Raises
    ------
    RenderError
        If a source has a mistake, a renderer fails or warns, or the edition may not hold what was released.
        The old report is left as it was.
    """
    if engine not in ENGINES:
        raise RenderError(f"engine {engine!r} is not known; choose from {', '.join(ENGINES)}")
    projects = read_projects(workspace.root)
    released = released_folder(workspace)
    require_edition(edition, workspace)
    use_quarto = engine == "quarto" or (engine == "auto" and quarto.available())
    target = output or projects[0].output
    decides = standing.deciding(
        workspace, projects, quarto=use_quarto, edition=edition, factsheets=factsheets
    )
    if standing.stands(workspace, target, decides):
        return target
    rows = read_rows(released / ROWS_FILE)
    write_trace(workspace, rows=rows)
    claims = partial(check_claims, rows=rows, incomplete=bool(missing_notebooks(released)))
    check = partial(check_documents, projects, also=(check_labelling, claims))
    with (
        fresh_folder(target) as folder,
        staged(workspace.root, only_read=not use_quarto) as stage,
        ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool,
    ):
        seen = [project.at(stage) for project in projects]
        kept = Kept(workspace.build / "cache" / "rendered")
        sheets: dict[str, str] = {}
        try:
            if use_quarto:
                check()  # Quarto takes too long to be begun for nothing
                begun = [pool.submit(quarto.render_quarto, seen, folder, kept)]
            else:
                begun = render_embedded(seen, folder, kept, pool, check)
            write_results_file(rows, folder / FILE, sections=sections_of(workspace, released))
            if (released / PROVENANCE_FILE).is_file() and edition != "public":  # it tells of runs
                shutil.copyfile(released / PROVENANCE_FILE, folder / ORIGIN_FILE)
            if factsheets and (workspace.reports / STENCIL).is_file():
                sheets = write_factsheets(workspace, folder, kept, pool)
            also = WRITTEN_LAST if edition == "public" else ()
            index = partial(write_index, seen, folder, sheets=sheets, also=also, kept=kept)
            if not use_quarto:
                begun.append(pool.submit(index))
            for task in begun:
                task.result()
            if use_quarto:  # which may fail: nothing of it is kept then
                index()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        if edition == "public":
            write_public(workspace, folder)
    kept.prune()
    standing.note(workspace, target, decides)
    return target
