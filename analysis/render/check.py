"""What must be right in the report's sources, whichever renderer reads them."""

from __future__ import annotations

from analysis.render.project import Project
from analysis.render.source import fill, read_lines


def check(project: Project) -> None:
    """Raise RenderError naming every mistake with file and line."""
    fill(read_lines(project), project)
