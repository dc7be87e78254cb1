"""The registry of notebooks: which question each answers, what it reads, over what it is swept.

A notebook is added by dropping the file in ``notebooks/`` and one entry in ``data/design/notebooks.toml``.
The values of a swept parameter are listed there, or taken from another design file:

    [notebook.sweep]
    question = {from = "questions", table = "question", key = "id", where = {estimand = "effect"}}

One run for each ``[[question]]`` of ``questions.toml`` whose ``estimand`` is that. A run's sources are those
of the notebook, those that its table lists under ``sources``, and, with ``sources = {outcome = "outcomes"}``,
those that the ``[[outcome]]`` it names lists in ``outcomes.toml``. With ``sources_of_all = {exposure =
"exposures"}`` those of every ``[[exposure]]`` are there too, whatever the question.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.design.read import read_design, records, require_once, require_tables_only
from analysis.workspace import Workspace

REGISTRY = "notebooks"
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.ipynb")
SCALARS = (bool, int, float, str)
_REGISTER_KEYS = ("from", "table", "key", "where", "sources")


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
    value_sources : mapping of str to mapping
        Further sources of the runs with one value of a swept parameter, by parameter and value.
    sweep : mapping of str to tuple
        Values for each swept parameter; the runs are all their combinations.
    outputs : tuple of str
        Result ids and exhibit ids that every run must publish.
    timeout_minutes : float
        A run that takes longer is ended.
    memory_gb : float
        Address space a run may claim beyond which it fails; 0 sets no limit.
    output_mb : float
        What a run may leave in its folder, the executed notebook included.
    keep_notebook : bool
        Without it the code runs without a kernel and no executed notebook is kept: for large sweeps of
        which nobody reads them. What is published is the same.
    """

    name: str
    file: str
    question: str
    sources: tuple[str, ...] = ()
    sweep: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    timeout_minutes: float = 30.0
    memory_gb: float = 0.0
    output_mb: float = 100.0
    keep_notebook: bool = True
    value_sources: Mapping[str, Mapping[Any, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r}: expected lower case letters, digits and hyphens")
        if not _FILE.fullmatch(self.file):
            raise ValueError(f"file {self.file!r}: expected the name of an .ipynb in notebooks/")
        if not self.question.strip().endswith("?"):
            raise ValueError(f"question {self.question!r}: expected a question, with a question mark")
        if self.timeout_minutes <= 0 or self.memory_gb < 0 or self.output_mb <= 0:
            raise ValueError("timeout_minutes and output_mb must be above zero and memory_gb zero or more")
        object.__setattr__(self, "sweep", {name: _values(name, v) for name, v in self.sweep.items()})

    def combinations(self) -> Iterator[dict[str, Any]]:
        """The parameters of each run that differ from the notebook's own, in a fixed order."""
        names = sorted(self.sweep)
        for values in itertools.product(*(self.sweep[name] for name in names)):
            yield dict(zip(names, values, strict=True))

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Keys of the sources of all runs, those of every run first."""
        further = [s for values in self.value_sources.values() for found in values.values() for s in found]
        return tuple(dict.fromkeys([*self.sources, *further]))

    def sources_of(self, overrides: Mapping[str, Any]) -> tuple[str, ...]:
        """Keys of all sources of the run with these swept parameters, sorted."""
        own = {
            source
            for name, by_value in self.value_sources.items()
            for source in by_value.get(overrides.get(name), ())
        }
        return tuple(sorted(own | set(self.sources)))


def read_notebooks(workspace: Workspace | None = None) -> tuple[NotebookEntry, ...]:
    """All entries of the registry, in its order.

    Raises
    ------
    ValueError
        If names or files occur twice, or an entry is malformed.
    """
    content = read_design(REGISTRY, workspace)
    place = f"data/design/{REGISTRY}.toml"
    require_tables_only(content, ("notebook",), place)
    tables = content.get("notebook", [])
    if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
        tables = [_expanded(table, workspace, f"{place}, notebook {table.get('name')}") for table in tables]
    entries = list(records(NotebookEntry, tables, f"{place}, notebook"))
    if not entries:
        raise ValueError(f"{place}: no notebook is registered")
    for attribute in ("name", "file"):
        require_once([getattr(entry, attribute) for entry in entries], f"{place}: {attribute}")
    return tuple(entries)


def _expanded(table: dict[str, Any], workspace: Workspace | None, place: str) -> dict[str, Any]:
    """`table` with values in the place of what refers to another design file."""
    if "value_sources" in table:
        raise ValueError(f"{place}: unknown key value_sources")
    table = _with_sources_of_all(table, workspace, place)
    sweep = table.get("sweep")
    if not isinstance(sweep, dict):
        return table
    values, sources = {}, {}
    for name, given in sweep.items():
        if isinstance(given, dict):
            sources[name] = _registered(given, workspace, f"{place}, sweep of {name}")
            values[name] = list(sources[name])
        else:
            values[name] = given
    return {**table, "sweep": values, "value_sources": sources}


def _with_sources_of_all(table: dict[str, Any], workspace: Workspace | None, place: str) -> dict[str, Any]:
    """`table` without its ``sources_of_all``, and with the sources of every entry that this names."""
    named = table.get("sources_of_all", {})
    if not isinstance(named, dict) or not all(isinstance(design, str) for design in named.values()):
        raise ValueError(f"{place}: sources_of_all is a table, such as {{exposure = 'exposures'}}")
    if not named:
        return table
    found = list(table.get("sources", ()))
    for name, design in named.items():
        for number, row in enumerate(_tables(design, name, workspace, place), start=1):
            found += _listed(row, f"data/design/{design}.toml, {name} {number}")
    rest = {key: value for key, value in table.items() if key != "sources_of_all"}
    return {**rest, "sources": list(dict.fromkeys(found))}


def _registered(
    reference: Mapping[str, Any], workspace: Workspace | None, place: str
) -> dict[Any, tuple[str, ...]]:
    """Values that another design file lists, in its order, each with the sources it names.

    Raises
    ------
    ValueError
        If the reference is malformed, or no table fits it.
    """
    unknown = sorted(set(reference) - set(_REGISTER_KEYS))
    absent = [name for name in ("from", "table", "key") if not isinstance(reference.get(name), str)]
    if unknown or absent:
        what = f"unknown key {', '.join(unknown)}" if unknown else f"{', '.join(absent)} is absent or no text"
        raise ValueError(f"{place}: {what}; expected a list of values, or {', '.join(_REGISTER_KEYS)}")
    where, through = reference.get("where", {}), reference.get("sources", {})
    if not isinstance(where, dict) or not isinstance(through, dict):
        raise ValueError(f"{place}: where and sources are tables, such as where = {{estimand = 'effect'}}")
    strange = [name for name, design in through.items() if not isinstance(design, str)]
    if strange:
        raise ValueError(f"{place}: sources.{strange[0]}: expected the name of a design file")
    file = f"data/design/{reference['from']}.toml"
    rows = _tables(reference["from"], reference["table"], workspace, place)
    found: dict[Any, tuple[str, ...]] = {}
    for number, row in enumerate(rows, start=1):
        wrong = [name for name in (reference["key"], *where) if name not in row]
        if wrong:
            raise ValueError(f"{file}, {reference['table']} {number}: {', '.join(wrong)} is absent ({place})")
        if all(row[name] == value for name, value in where.items()):
            sources = _listed(row, f"{file}, {reference['table']} {number}")
            for name, design in through.items():
                sources += _sources_through(row, name, design, workspace, place)
            if row[reference["key"]] in found:
                raise ValueError(f"{file}: {reference['key']} {row[reference['key']]!r} occurs twice")
            found[row[reference["key"]]] = sources
    if not found:
        raise ValueError(f"{place}: no [[{reference['table']}]] in {file} fits {dict(where) or 'this'}")
    return found


def _sources_through(
    row: Mapping[str, Any], name: str, design: str, workspace: Workspace | None, place: str
) -> tuple[str, ...]:
    """Sources of the entry that `row` names under `name`, which stands in the design file `design`."""
    for other in _tables(design, name, workspace, place):
        if other.get("name") == row.get(name):
            return _listed(other, f"data/design/{design}.toml, {name} {row.get(name)}")
    raise ValueError(f"{place}: no {name} {row.get(name)!r} in data/design/{design}.toml")


def _tables(design: str, table: str, workspace: Workspace | None, place: str) -> list[dict[str, Any]]:
    try:
        tables = read_design(design, workspace).get(table, [])
    except FileNotFoundError as error:
        raise ValueError(f"{place}: {error}") from error
    if not isinstance(tables, list) or not all(isinstance(row, dict) for row in tables):
        raise ValueError(f"data/design/{design}.toml: {table} is not written as [[{table}]] ({place})")
    return tables


def _listed(row: Mapping[str, Any], place: str) -> tuple[str, ...]:
    sources = row.get("sources", [])
    if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
        raise ValueError(f"{place}: sources {sources!r}: expected a list of keys of data/manifest.toml")
    return tuple(sources)


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
