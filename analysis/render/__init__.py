"""From released rows and the report's sources to ``_report``: HTML, PDF and the results file.

Two renderers read the same sources. Quarto is used where it is installed; otherwise Pandoc and Typst from
their wheels (:mod:`analysis.render.embedded`). One checker (:mod:`analysis.render.check`) runs before
both, so that a mistake stops the build in either.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from analysis.pipeline.provenance import ORIGIN_FILE, PROVENANCE_FILE
from analysis.render import quarto
from analysis.render.check import check
from analysis.render.claims import check_claims
from analysis.render.embedded import render_embedded
from analysis.render.labelling import check_labelling
from analysis.render.project import RenderError, read_project
from analysis.render.resultsfile import FILE, write_results_file
from analysis.render.swap import fresh_folder
from analysis.render.trace import write_trace
from analysis.results import read_rows
from analysis.workspace import Workspace

__all__ = ["ENGINES", "RenderError", "render"]

ENGINES = ("auto", "quarto", "embedded")


def render(workspace: Workspace, *, engine: str = "auto", output: Path | None = None) -> Path:
    """Render the report and return the folder it stands in.

    Parameters
    ----------
    workspace : Workspace
        Its root holds ``_quarto.yml``; the released rows lie in ``data/build/released/results.csv``.
    engine : {"auto", "quarto", "embedded"}
        ``auto`` takes Quarto where it is on the path.
    output : Path, optional
        Where to; ``output-dir`` of ``_quarto.yml`` by default.

    Raises
    ------
    RenderError
        If a source has a mistake or a renderer fails or warns. The old report is left as it was.
    """
    if engine not in ENGINES:
        raise RenderError(f"engine {engine!r} is not known; choose from {', '.join(ENGINES)}")
    project = read_project(workspace.root)
    write_trace(workspace)
    lines = check(project)
    check_labelling(lines, project)
    released = workspace.build / "released" / "results.csv"
    if not released.is_file():
        raise RenderError(f"{released} does not exist: run `python -m analysis build` first")
    rows = read_rows(released)
    check_claims(lines, project, rows)
    use_quarto = engine == "quarto" or (engine == "auto" and quarto.available())
    target = output or project.output
    with fresh_folder(target) as folder:
        (quarto.render_quarto if use_quarto else render_embedded)(project, folder)
        write_results_file(rows, folder / FILE)
        if (released.parent / PROVENANCE_FILE).is_file():
            shutil.copyfile(released.parent / PROVENANCE_FILE, folder / ORIGIN_FILE)
    return target
