"""Which chapter draws what a notebook publishes.

Apart from the package itself: the module is looked up by a computed name, and who imports one chapter would
otherwise depend on all of them (:mod:`analysis.build.closure`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from analysis import chapters
from analysis.chapters import plain
from analysis.design.questions import has_questions
from analysis.exhibits import Exhibit
from analysis.results import Released
from analysis.workspace import Workspace

WHOLE = f"{chapters.__name__}.antwoord"  # draws what is drawn of all notebooks together


def module_name(notebook: str) -> str:
    """The name that a module of its own for `notebook` has, if there is one."""
    return f"{chapters.__name__}.{notebook.replace('-', '_')}"


def chapter(notebook: str) -> ModuleType:
    """The module that draws what `notebook` publishes; a plain table of rows where it has none of its own."""
    name = module_name(notebook)
    if name in {module.name for module in pkgutil.iter_modules(chapters.__path__, f"{chapters.__name__}.")}:
        found = importlib.import_module(name)
        if hasattr(found, "exhibits"):
            return found
    return plain


def sections(notebook: str, workspace: Workspace) -> tuple[str, ...]:
    """First parts of the ids that `notebook` publishes under."""
    module = chapter(notebook)
    return module.sections(workspace) if hasattr(module, "sections") else (notebook.replace("-", "_"),)


def whole(released: Released, workspace: Workspace) -> list[Exhibit]:
    """What is drawn of all notebooks together."""
    from analysis.chapters import antwoord

    return antwoord.exhibits(released, workspace) if has_questions(workspace) else []


def exhibits(notebook: str, released: Released, workspace: Workspace) -> list[Exhibit]:
    """What is drawn of `notebook` from `released`, of which it sees only its own sections."""
    own = sections(notebook, workspace)
    seen = Released(_of(released.rows, own), _of(released.series, own), released.part)
    module = chapter(notebook)
    if module is plain:
        return plain.exhibits(seen, workspace, own[0])
    return module.exhibits(seen, workspace)


def _of(items: Iterable, sections: tuple[str, ...]) -> tuple:
    return tuple(item for item in items if item.section in sections)
