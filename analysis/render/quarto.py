"""Rendering with Quarto itself, held to the same standard: what Quarto warns of stops the build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from analysis.build.kept import Kept
from analysis.render.embedded import timestamp
from analysis.render.project import Project, RenderError

BUILT_VARIABLE = "ANALYSIS_BUILT"  # tells the pre-render step of _quarto.yml that there is nothing to do
OUTPUT = "_output"  # within the project, where Quarto wants it
# Progress on stderr is fine; these are not. Quarto exits with 0 after them: its own warnings, those of its
# filters ("(W) …", "(E) …"), of Pandoc and of Typst ("warning: unknown font family", after other text).
_TROUBLE = re.compile(
    r"^\W*(WARN(ING)?|ERROR)\b|\[WARNING\]|^\s*\([EW]\)\s|(?i:\b(warning|error):)"
    r"|Unable to resolve|Unknown (var|meta)|unknown font"
)
# The PDF is checked by the tests, so that Quarto need not bring veraPDF.
_HARMLESS = re.compile(r"verapdf is not installed", re.IGNORECASE)
_UNRESOLVED = re.compile(r"<strong>(\?(?:@|var:|meta:)[^<]*)</strong>")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def troubles(said: str) -> list[str]:
    """The lines of what Quarto said that stop the build."""
    lines = _COLOUR.sub("", said).splitlines()
    return [line for line in lines if _TROUBLE.search(line) and not _HARMLESS.search(line)]


def available() -> bool:
    return shutil.which("quarto") is not None


def render_quarto(projects: Sequence[Project], folder: Path, kept: Kept | None = None) -> None:
    """Write the page and the PDF of each of `projects` into `folder`; `kept` is what was made before.

    `projects` stand in a folder that holds what Quarto may see, see :mod:`analysis.render.stage`; what it
    writes beside its output, and what it leaves after a failure, stays there.

    Raises
    ------
    RenderError
        If Quarto is not there, fails, warns, or leaves a file out.
    """
    from analysis.render.rowheads import tag_row_headings  # brings pikepdf along

    quarto = shutil.which("quarto")
    if quarto is None:
        raise RenderError(
            "Quarto is not on the path: install it (environment.yml), or render with --engine embedded"
        )
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": str(timestamp(projects[0])),
        "TYPST_IGNORE_SYSTEM_FONTS": "true",
        "NO_COLOR": "1",
        BUILT_VARIABLE: "1",
    }
    root = projects[0].root
    result = subprocess.run(
        [quarto, "render", str(root), "--output-dir", OUTPUT],
        capture_output=True,
        encoding="utf-8",
        cwd=root,
        env=environment,
    )
    said = f"{result.stdout}\n{result.stderr}".strip()
    if result.returncode:
        raise RenderError(f"Quarto stopped with status {result.returncode}:\n{said}")
    if troubles(said):
        raise RenderError(f"Quarto warned, and a warning stops the build:\n{said}")
    for project in projects:
        # Quarto repeats the folder of the document in its output.
        nested = root / OUTPUT / project.document.parent.relative_to(root)
        for name in (project.page, project.paper):
            if not (nested / name).is_file():
                raise RenderError(f"Quarto ended well but wrote no {name}:\n{said}")
            shutil.move(nested / name, folder / name)
        unresolved = sorted(set(_UNRESOLVED.findall((folder / project.page).read_text(encoding="utf-8"))))
        if unresolved:
            raise RenderError(f"Quarto left unresolved in {project.page}: {', '.join(unresolved)}")
        tag_row_headings(folder / project.paper)
