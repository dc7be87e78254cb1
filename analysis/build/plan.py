"""The plan: which runs there are, and the key each has by the content of all that decides its outcome.

A key covers the code cells, the typed parameters, the files of the declared sources, the design files
and other committed data, the first-party modules that are reached, the pinned dependencies and the minor
version of Python. Prose, metadata, paths and dates do not count. Put an input back and the old key
returns, with it the old results.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.build.closure import DRAWING, Closure, FirstParty, Memory, closure
from analysis.build.errors import BuildError
from analysis.build.failure import Failure
from analysis.build.fingerprint import KEY_LENGTH, Fingerprints, digest_of
from analysis.build.parameters import label, parameters_hash, typed
from analysis.build.source import NotebookSource, read_source
from analysis.build.store import Published, Store
from analysis.design.notebooks import NotebookEntry, read_notebooks
from analysis.manifest import Source, present_files, read_manifest, unrecognised_files
from analysis.results import Stamp
from analysis.workspace import Workspace

UNRECOGNISED = "unrecognised"
LOCK_FILE = "requirements.lock"
FORMAT = "2"  # of the run's folder; raise it when runs made before can no longer be read
# Below data/: made or kept elsewhere, or counted by name because a notebook reads only some of it.
_NOT_COMMON = frozenset({"real", "synthetic", "build", "design"})
# Design files of the build itself: an input only of what reads them by name.
_BY_NAME_ONLY = frozenset({"notebooks", "disclosure"})
_STAMP_LENGTH = 16


@dataclass(frozen=True)
class Run:
    """One notebook with one set of parameters.

    Attributes
    ----------
    overrides : dict
        Swept parameters.
    values : dict
        All parameters, typed.
    label : str
        ``regio`` or ``regio[outcome=trust]``.
    inputs : dict of str to str
        Everything that decides the outcome: name, such as ``module analysis/results.py``, and hash.
    key : str
        Hash of `inputs`.
    published : Published or None
        The finished run with this key.
    """

    entry: NotebookEntry
    overrides: dict[str, Any]
    values: dict[str, Any]
    label: str
    inputs: dict[str, str]
    key: str
    published: Published | None = None

    @property
    def is_due(self) -> bool:
        return self.published is None

    def stamp(self) -> Stamp:
        """What goes on every row of this run."""

        def part(*prefixes: str) -> str:
            chosen = {name: value for name, value in self.inputs.items() if name.startswith(prefixes)}
            return digest_of(chosen)[:_STAMP_LENGTH]

        return Stamp(
            notebook=self.entry.name,
            run=self.key,
            data_hash=part("data ", "committed "),
            parameters_hash=part("parameters", "design "),
            code_hash=part("code", "module ", "lock ", "python ", "format"),
        )


@dataclass
class Plan:
    """All runs of the registry, in its order.

    `problems` says of notebooks that cannot be planned what is wrong with them; the others go on.
    `failures` says of runs that were tried why they have no results.
    `entries` is the registry. `drawn` names for each notebook the modules that only draw what it published:
    they may be read, and decide nothing. `third_party` names for each notebook the modules it imports from
    elsewhere; `private` are labels of runs that read files which are not open; `first_party` is the code as
    it was read, and `memory` what its modules import.
    """

    workspace: Workspace
    store: Store
    runs: dict[str, Run] = field(default_factory=dict)
    entries: tuple[NotebookEntry, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    third_party: dict[str, frozenset[str]] = field(default_factory=dict)
    drawn: dict[str, tuple[str, ...]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)
    first_party: FirstParty = field(default_factory=FirstParty)

    @property
    def due(self) -> list[Run]:
        return [run for run in self.runs.values() if run.is_due]

    def settle(self, run: Run) -> Run:
        """Look whether `run` was done."""
        settled = replace(run, published=self.store.find(run.entry.name, run.key))
        self.runs[run.label] = settled
        return settled

    def select(self, names: Iterable[str]) -> list[Run]:
        """Runs by label, notebook name or file stem; all when no name is given.

        Raises
        ------
        BuildError
            If a name fits no run.
        """
        names = list(names)
        if not names:
            return list(self.runs.values())
        chosen: set[str] = set()
        for name in names:
            stem = Path(name).name.removesuffix(".ipynb")
            fitting = [
                run
                for run in self.runs.values()
                if name in (run.label, run.entry.name) or stem == Path(run.entry.file).stem
            ]
            if not fitting and name in self.problems:
                raise BuildError(f"{name} cannot be planned: {self.problems[name]}")
            if not fitting:
                raise BuildError(f"no run is called {name!r}; there are: {', '.join(_short(self.runs))}")
            chosen |= {run.label for run in fitting}
        return [run for run in self.runs.values() if run.label in chosen]


def make_plan(workspace: Workspace, fingerprints: Fingerprints | None = None) -> Plan:
    """Read registry, notebooks and inputs, and say of every run whether it was done before.

    Raises
    ------
    ValueError, FileNotFoundError
        If registry or manifest is malformed or absent. What is wrong with a single notebook goes to
        `problems` of the plan.
    """
    store = Store(workspace.build)
    own = fingerprints is None
    fingerprints = fingerprints or Fingerprints(store.build / "cache" / "hashes.json")
    manifest = read_manifest(workspace)
    first_party = FirstParty.of(workspace)
    common = _common_inputs(workspace, fingerprints)
    entries = read_notebooks(workspace)
    memory = Memory(store.build / "cache" / "mentions.json")
    plan = Plan(workspace, store, entries=entries, memory=memory, first_party=first_party)
    for entry in entries:
        try:
            source = read_source(workspace.notebooks / entry.file)
            reached = closure(source.code, first_party, plan.memory, without=DRAWING)
            inputs = {
                **common,
                **_notebook_inputs(source, reached, fingerprints),
                **_design_inputs(workspace, reached, fingerprints),
            }
            if entry.outputs:
                inputs["outputs declared"] = digest_of(sorted(entry.outputs))
            if "analysis.manifest" in reached.modules:
                inputs["committed manifest.toml"] = fingerprints.of(workspace.root / "data" / "manifest.toml")
            place = f"notebook {entry.name}"
            swept = [
                (
                    overrides,
                    typed(source.defaults, overrides, place),
                    _data_inputs(entry, overrides, manifest, workspace, fingerprints),
                )
                for overrides in entry.combinations()
            ]
        except (BuildError, SyntaxError) as error:
            plan.problems[entry.name] = str(error)
            continue
        shown = closure(source.code, first_party, plan.memory)
        plan.third_party[entry.name] = shown.third_party
        plan.drawn[entry.name] = tuple(f"module {name}" for name in shown.files if name not in reached.files)
        for overrides, values, data in swept:
            name = label(entry.name, overrides)
            own = {**inputs, **data, "parameters": parameters_hash(values)}
            run = Run(entry, overrides, values, name, own, digest_of(own)[:KEY_LENGTH])
            if _reads_closed(data, manifest):
                plan.private.add(name)
            plan.runs[name] = run
            plan.settle(run)
    if own:
        fingerprints.save()
    return plan


def _common_inputs(workspace: Workspace, fingerprints: Fingerprints) -> dict[str, str]:
    """Inputs of every run: pinned dependencies, Python, and the committed data outside the design."""
    inputs = {"format": FORMAT, "python version": f"{sys.version_info.major}.{sys.version_info.minor}"}
    lock = workspace.root / LOCK_FILE
    inputs[f"lock {LOCK_FILE}"] = fingerprints.of(lock) if lock.is_file() else "absent"
    data = workspace.root / "data"
    for part in sorted(data.iterdir()):
        if part.is_dir() and part.name not in _NOT_COMMON and not part.name.startswith("."):
            for path in sorted(part.rglob("*")):
                if path.is_file():
                    inputs[f"committed {path.relative_to(data).as_posix()}"] = fingerprints.of(path)
    return inputs


def _notebook_inputs(source: NotebookSource, reached: Closure, fingerprints: Fingerprints) -> dict[str, str]:
    modules = {f"module {name}": fingerprints.of(path) for name, path in reached.files.items()}
    return {"code cells": source.code_hash, **modules}


def _design_inputs(workspace: Workspace, reached: Closure, fingerprints: Fingerprints) -> dict[str, str]:
    present = {path.stem: path for path in sorted(workspace.design.glob("*.toml"))}
    names = set(reached.designs)
    if reached.any_design:
        names |= set(present) - _BY_NAME_ONLY
    return {
        f"design {name}.toml": fingerprints.of(present[name]) if name in present else "absent"
        for name in sorted(names)
    }


def _data_inputs(
    entry: NotebookEntry,
    overrides: Mapping[str, Any],
    manifest: Mapping[str, Source],
    workspace: Workspace,
    fingerprints: Fingerprints,
) -> dict[str, str]:
    """Which files of the run's sources are there, by name and content; where they lie does not count."""
    sources = entry.sources_of(overrides)
    unknown = [name for name in sources if name not in manifest]
    if unknown:
        raise BuildError(
            f"notebook {label(entry.name, overrides)} declares source {', '.join(unknown)}, not in "
            "data/manifest.toml"
        )
    if not sources:
        return {}
    inputs = {
        f"data {key} {path.name}": fingerprints.of(path)
        for key in sources
        for path in present_files(manifest[key], workspace.data)
    }
    # A file under a name the manifest does not know may still be one a design file names.
    for path in unrecognised_files(manifest.values(), workspace.data):
        inputs[f"data {UNRECOGNISED} {path.name}"] = fingerprints.of(path)
    return inputs


def _reads_closed(data: Iterable[str], manifest: Mapping[str, Source]) -> bool:
    """Whether one of these inputs is a file of a source that is not open, or of no known source."""
    sources = {name.split(" ")[1] for name in data}
    return any(key not in manifest or manifest[key].access != "open" for key in sources)


def _short(labels: Iterable[str], limit: int = 12) -> list[str]:
    labels = list(labels)
    return labels if len(labels) <= limit else [*labels[:limit], f"and {len(labels) - limit} more"]
