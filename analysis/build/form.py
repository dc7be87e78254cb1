"""The form of a notebook: a question, parameters, calls. Told at each build: no result depends on it.

What computes or draws stands behind a function of ``analysis``, where it has a test and can be used again.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from analysis.workspace import Workspace

LINE = 110  # characters of a line of code, as the style check has it
IMPORTED = frozenset({"analysis", "pandas", "numpy"})
_OWN = {
    ast.FunctionDef: "a function",
    ast.AsyncFunctionDef: "a function",
    ast.ClassDef: "a class",
    ast.For: "a loop",
    ast.AsyncFor: "a loop",
    ast.While: "a loop",
}


def out_of_form(workspace: Workspace) -> Iterator[str]:
    """A note for each place in a notebook that does not keep to the form; not of what is no notebook."""
    for path in sorted(workspace.notebooks.glob("*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            texts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
        except (ValueError, KeyError, TypeError):
            continue  # the plan tells that
        yield from (f"notebooks/{path.name}{problem}" for problem in _problems(texts))


def _problems(cells: list[tuple[str, str]]) -> Iterator[str]:
    if not cells or cells[0][0] != "markdown" or not cells[0][1].startswith("# "):
        yield ", cell 1: a notebook opens with its title, # …, and its question"
    elif not any("?" in text for kind, text in cells if kind == "markdown"):
        yield ": no question is asked in its text"
    for number, (kind, text) in enumerate(cells, start=1):
        if kind != "code":
            continue
        for line, words in enumerate(text.splitlines(), start=1):
            if len(words) > LINE:
                yield f", cell {number}, line {line}: {len(words)} characters; at most {LINE}"
        try:
            nodes = ast.walk(ast.parse(text))
        except SyntaxError:
            continue  # the plan tells that too
        for node in nodes:
            yield from (f", cell {number}, line {node.lineno}: {said}" for said in _said(node))


def _said(node: ast.AST) -> Iterator[str]:
    """What is wrong with `node` in a notebook."""
    if type(node) in _OWN:
        yield f"{_OWN[type(node)]} of its own; move it to analysis/, with a test"
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    for name in names:
        if name.partition(".")[0] not in IMPORTED:
            yield f"imports {name}; that belongs behind a function of analysis, as figures do"
