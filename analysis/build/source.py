"""A notebook as the planner sees it: its code cells, and the parameters it declares.

Read as JSON, without nbformat: planning must take a fraction of a second.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.errors import BuildError
from analysis.build.fingerprint import digest
from analysis.design.parameters import PARAMETERS_TAG, parameter_values
from analysis.privacy.strip import half_merged

_HALF_MERGED = """\
{path}: a merge is not finished: both versions of a place stand in it, between <<<<<<< and >>>>>>>.
  keep yours       git checkout --ours -- {name}
  keep the other   git checkout --theirs -- {name}
  both, by cell    python tools/set_up_git.py && git checkout --merge -- {name}
                   then open it in JupyterLab (make edit) and leave of each pair the lines you want
  and then         git add {name}"""


@dataclass(frozen=True)
class CodeCell:
    """A code cell; `number` is its place among all cells, from 1, as a reader counts them."""

    id: str
    number: int
    source: str


@dataclass(frozen=True)
class NotebookSource:
    """What of a notebook decides its results.

    Attributes
    ----------
    title : str
        First line of the first markdown cell.
    cells : tuple of CodeCell
        All code cells but the one tagged ``parameters``.
    defaults : dict of str to value
        Names and values in the ``parameters`` cell.
    """

    path: Path
    title: str
    cells: tuple[CodeCell, ...]
    defaults: dict[str, Any]

    @property
    def code(self) -> str:
        return "\n\n".join(cell.source for cell in self.cells)

    @property
    def code_hash(self) -> str:
        """Hash of the code cells alone: prose, metadata, outputs and blank ends of lines do not count."""
        return digest(*("\n".join(line.rstrip() for line in c.source.splitlines()) for c in self.cells))


def read_source(path: Path) -> NotebookSource:
    """Read and check the notebook at `path`.

    Raises
    ------
    BuildError
        If it is absent, is no notebook, its code is not plain Python, or it has not exactly one
        ``parameters`` cell with plain values.
    """
    if not path.is_file():
        raise BuildError(f"notebook {path} is registered but absent: add the file or remove its entry")
    try:
        text = path.read_text(encoding="utf-8")
        if half_merged(text):
            raise BuildError(_HALF_MERGED.format(path=path, name=f"{path.parent.name}/{path.name}"))
        content = json.loads(text)
        if content["nbformat"] != 4:
            raise BuildError(f"{path}: notebook format {content['nbformat']}, expected 4")
        cells = [
            (
                number,
                str(cell.get("id", f"cell-{number}")),
                cell["cell_type"],
                _text(cell["source"]),
                _tags(cell),
            )
            for number, cell in enumerate(content["cells"], start=1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"{path} is not a notebook: {type(error).__name__} {error}") from error
    markdown = next((text for _, _, kind, text, _ in cells if kind == "markdown"), "")
    title = next((line.lstrip("# ").strip() for line in markdown.splitlines() if line.strip()), "")
    tagged = [cell for cell in cells if cell[2] == "code" and PARAMETERS_TAG in cell[4]]
    if len(tagged) != 1:
        raise BuildError(
            f"{path}: {len(tagged)} code cells carry the tag {PARAMETERS_TAG!r}, expected exactly one"
        )
    code = []
    for number, identifier, kind, text, _ in cells:
        if kind == "code" and text.strip():
            try:
                ast.parse(text)
            except SyntaxError as error:
                raise BuildError(
                    f"{path}, cell {number}: not plain Python, line {error.lineno}: {error.msg}. "
                    "Commands that start with % or ! are not used: their effect cannot be followed."
                ) from error
            if number != tagged[0][0]:
                code.append(CodeCell(identifier, number, text))
    return NotebookSource(path, title, tuple(code), _defaults(tagged[0][3], f"{path}, cell {tagged[0][0]}"))


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _tags(cell: dict) -> tuple[str, ...]:
    return tuple(cell.get("metadata", {}).get("tags", ()))


def _defaults(source: str, place: str) -> dict[str, Any]:
    try:
        return parameter_values(source, place)
    except ValueError as error:
        raise BuildError(str(error)) from error
