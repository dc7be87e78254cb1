"""The registry of notebooks: which question each answers, what it reads, over what it is swept.

A notebook is added by dropping the file in ``notebooks/`` and one entry in ``data/design/notebooks.toml``.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.design.read import read_design, records
from analysis.workspace import Workspace

REGISTRY = "notebooks"
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.ipynb")
SCALARS = (bool, int, float, str)


@dataclass(frozen=True)
class NotebookEntry:
    """One notebook of the plan.

    Attributes
    ----------
    name : str
        Name of the report's section: ``kenniskloof``.
    file : str
        File in ``notebooks/``.
    question : str
        The question it answers, in Dutch.
    sources : tuple of str
        Keys of ``data/manifest.toml``: the files of these sources are inputs of every run.
    needs : tuple of str
        Notebooks whose published rows this one reads, see :mod:`analysis.upstream`.
    sweep : mapping of str to tuple
        Values for each swept parameter; the runs are all their combinations.
    outputs : tuple of str
        Result ids and exhibit ids that every run must publish.
    timeout_minutes : float
        A run that takes longer is ended.
    memory_gb : float
        Address space a run may claim beyond which it fails; 0 sets no limit.
    keep_notebook : bool
        Without it the code runs without a kernel and no executed notebook is kept: for large sweeps of
        which nobody reads them. What is published is the same.
    """

    name: str
    file: str
    question: str
    sources: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sweep: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    timeout_minutes: float = 30.0
    memory_gb: float = 0.0
    keep_notebook: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r}: expected lower case letters, digits and hyphens")
        if not _FILE.fullmatch(self.file):
            raise ValueError(f"file {self.file!r}: expected the name of an .ipynb in notebooks/")
        if not self.question.strip().endswith("?"):
            raise ValueError(f"question {self.question!r}: expected a question, with a question mark")
        if self.timeout_minutes <= 0 or self.memory_gb < 0:
            raise ValueError("timeout_minutes must be above zero and memory_gb zero or more")
        object.__setattr__(self, "sweep", {name: _values(name, v) for name, v in self.sweep.items()})

    def combinations(self) -> Iterator[dict[str, Any]]:
        """The parameters of each run that differ from the notebook's own, in a fixed order."""
        names = sorted(self.sweep)
        for values in itertools.product(*(self.sweep[name] for name in names)):
            yield dict(zip(names, values, strict=True))


def read_notebooks(workspace: Workspace | None = None) -> tuple[NotebookEntry, ...]:
    """All entries of the registry, what is needed before what needs it.

    Raises
    ------
    ValueError
        If names or files occur twice, an entry is malformed, or `needs` names nothing or runs in a circle.
    """
    content = read_design(REGISTRY, workspace)
    place = f"data/design/{REGISTRY}.toml"
    unknown = sorted(set(content) - {"notebook"})
    if unknown:
        raise ValueError(f"{place}: unknown table {', '.join(unknown)}; expected [[notebook]]")
    entries = list(records(NotebookEntry, content.get("notebook", []), f"{place}, notebook"))
    if not entries:
        raise ValueError(f"{place}: no notebook is registered")
    for attribute in ("name", "file"):
        seen = [getattr(entry, attribute) for entry in entries]
        double = sorted({value for value in seen if seen.count(value) > 1})
        if double:
            raise ValueError(f"{place}: {attribute} {', '.join(double)} occurs twice")
    return _ordered(entries, place)


def _values(name: str, values: Any) -> tuple[Any, ...]:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"sweep: {name!r} cannot be the name of a parameter")
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError(f"sweep: {name} needs a list of values, got {values!r}")
    if any(not isinstance(value, SCALARS) for value in values):
        raise ValueError(f"sweep: values of {name} must be text, numbers or true/false, got {values!r}")
    if len({(type(value), value) for value in values}) < len(values):
        raise ValueError(f"sweep: a value of {name} occurs twice in {values!r}")
    return tuple(values)


def _ordered(entries: list[NotebookEntry], place: str) -> tuple[NotebookEntry, ...]:
    """Topological order; among those that may come next, the order of the file."""
    names = {entry.name for entry in entries}
    for entry in entries:
        unknown = sorted(set(entry.needs) - names)
        if unknown:
            raise ValueError(f"{place}, notebook {entry.name}: needs {', '.join(unknown)}, not registered")
    ordered: list[NotebookEntry] = []
    waiting = list(entries)
    while waiting:
        done = {entry.name for entry in ordered}
        ready = [entry for entry in waiting if set(entry.needs) <= done]
        if not ready:
            circle = ", ".join(entry.name for entry in waiting)
            raise ValueError(f"{place}: {circle} need one another in a circle")
        ordered += ready
        waiting = [entry for entry in waiting if entry not in ready]
    return tuple(ordered)
