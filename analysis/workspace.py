"""Where things stand: the repository, the real data, and the folder a run writes to.

A notebook names no paths. It runs the same in JupyterLab and under the build, because both ask this
module. The build sets the three environment variables; without them the defaults hold, and a run in
JupyterLab shows its results and writes nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "ANALYSIS_ROOT"
DATA_VARIABLE = "ANALYSIS_DATA"
OUTPUT_VARIABLE = "ANALYSIS_OUTPUT"


@dataclass(frozen=True)
class Workspace:
    """The folders of one run.

    Attributes
    ----------
    root : Path
        The repository: holds ``_quarto.yml``, ``data`` and ``notebooks``.
    data : Path
        Where real files are looked for; ``data/real`` unless told otherwise.
    output : Path or None
        Where rows and exhibits of this run are written; None writes nothing.
    """

    root: Path
    data: Path
    output: Path | None = None

    @classmethod
    def current(cls) -> Workspace:
        """The workspace of this process, from the environment or the defaults."""
        root = Path(os.environ.get(ROOT_VARIABLE) or find_root())
        data = os.environ.get(DATA_VARIABLE)
        output = os.environ.get(OUTPUT_VARIABLE)
        return cls(
            root=root,
            data=Path(data) if data else root / "data" / "real",
            output=Path(output) if output else None,
        )

    def environment(self) -> dict[str, str]:
        """The environment variables that make :meth:`current` return this workspace elsewhere."""
        variables = {ROOT_VARIABLE: str(self.root), DATA_VARIABLE: str(self.data)}
        if self.output is not None:
            variables[OUTPUT_VARIABLE] = str(self.output)
        return variables

    @property
    def facts(self) -> Path:
        return self.root / "data" / "facts"

    @property
    def design(self) -> Path:
        return self.root / "data" / "design"

    @property
    def build(self) -> Path:
        return self.root / "data" / "build"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        return self.root / "reports"


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` that holds ``_quarto.yml`` and ``data/design``.

    Falls back on the folder above this package, so that an editable install works from anywhere.

    Raises
    ------
    FileNotFoundError
        If no such folder exists.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[1]):
        if (folder / "_quarto.yml").is_file() and (folder / "data" / "design").is_dir():
            return folder
    raise FileNotFoundError(
        f"no repository found at or above {start}: expected a folder with _quarto.yml and data/design. "
        f"Start from within the repository or set {ROOT_VARIABLE}."
    )
