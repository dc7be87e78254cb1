"""The parameters of notebooks, read from their cell tagged ``parameters``; nothing is executed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.design.notebooks import NotebookEntry
from analysis.workspace import Workspace

PARAMETERS_TAG = "parameters"


def parameter_values(source: str, place: str) -> dict[str, Any]:
    """Names and plain values in the text of a parameters cell.

    Raises
    ------
    ValueError
        If there is anything but lines such as ``seed = 1``; `place` says where.
    """
    values: dict[str, Any] = {}
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise ValueError(f"{place}: not plain Python, line {error.lineno}: {error.msg}") from error
    for statement in statements:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a remark in quotes
        else:
            raise ValueError(f"{place}: the parameters cell holds only lines such as seed = 1")
        if len(targets) != 1 or not isinstance(targets[0], ast.Name):
            raise ValueError(f"{place}: one name a line, such as seed = 1")
        name = targets[0].id
        if name in values:
            raise ValueError(f"{place}: {name} is given twice")
        try:
            values[name] = ast.literal_eval(value)
        except ValueError as error:
            raise ValueError(f"{place}: {name} must be a plain value, got {ast.unparse(value)}") from error
    return values


def notebook_parameters(path: Path) -> dict[str, Any]:
    """Names and values in the parameters cells of the notebook at `path`.

    Raises
    ------
    ValueError
        If it is absent, is no notebook, or a parameters cell holds something else.
    """
    try:
        cells = [
            (number, cell["source"])
            for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1)
            if PARAMETERS_TAG in cell.get("metadata", {}).get("tags", ())
        ]
    except FileNotFoundError as error:
        raise ValueError(f"notebook {path} is registered but absent") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a notebook: {type(error).__name__} {error}") from error
    values: dict[str, Any] = {}
    for number, source in cells:
        values |= parameter_values("".join(source), f"{path}, cell {number}")
    return values


def planned_parameters(entries: Iterable[NotebookEntry], workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Parameters by notebook, but for those that are swept: every run sets these anew."""
    return {
        entry.name: {
            name: value
            for name, value in notebook_parameters(workspace.notebooks / entry.file).items()
            if name not in entry.sweep
        }
        for entry in entries
    }
