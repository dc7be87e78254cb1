"""Which first-party files a notebook reaches through its imports.

Followed statically, also inside functions. An import whose name is computed cannot be followed: then
every first-party module counts. A package that loads names on demand says in a literal ``_PLACES`` which
module each name comes from; then a name counts for its module, and the package itself for all. Files beside
the modules (styles, templates) count with their package.
What escapes this reading is caught when the notebook runs, see :mod:`analysis.build.reads`.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import analysis
from analysis.build.fingerprint import digest
from analysis.workspace import Workspace

# Rooms that draw from rows and series. What they do changes no row, so a notebook's key leaves them out: a
# figure is restyled without running anything again.
DRAWING = ("chapters", "exhibits", "figures", "maps")
PLACES = "_PLACES"
REMEMBERED = 1000  # pieces of source, some three times what there is
WHOLE = "*"
_NAMING = frozenset({"__import__", "import_module"})
_DYNAMIC = _NAMING | {"exec", "eval", "run_path", "run_module"}


@dataclass(frozen=True)
class Mentions:
    """What one piece of source refers to.

    Attributes
    ----------
    imports : frozenset of (int, str, tuple of str)
        Level (0 is absolute), module, and names taken from it.
    dynamic : bool
        An import whose name is computed.
    designs : frozenset of str
        Design files read by a literal name.
    any_design : bool
        A design file whose name is computed.
    places : dict of str to str
        Of a package that loads on demand: the module each name comes from.
    """

    imports: frozenset[tuple[int, str, tuple[str, ...]]]
    dynamic: bool
    designs: frozenset[str]
    any_design: bool
    places: dict[str, str] = field(default_factory=dict)

    def as_list(self) -> list:
        imports = sorted(map(list, self.imports))
        return [imports, self.dynamic, sorted(self.designs), self.any_design, self.places]

    @classmethod
    def from_list(cls, content: list) -> Mentions:
        imports = frozenset((level, name, tuple(names)) for level, name, names in content[0])
        return cls(imports, content[1], frozenset(content[2]), content[3], content[4])


@dataclass(frozen=True)
class Closure:
    """The first-party files a notebook's results depend on.

    Attributes
    ----------
    files : dict of str to pathlib.Path
        By name relative to the repository, such as ``analysis/results.py``.
    designs : frozenset of str
        Names of design files that are read by a literal name.
    any_design : bool
        Design files are also read in a way that does not say which.
    third_party : frozenset of str
        Other modules that are imported; names taken from a module are among them.
    """

    files: dict[str, Path]
    modules: frozenset[str]
    designs: frozenset[str]
    any_design: bool
    third_party: frozenset[str]


@dataclass(frozen=True)
class _Node:
    """What one piece of source leads to: first-party modules, files, other modules, design files."""

    leads_to: frozenset[str]
    files: Mapping[str, Path]
    designs: frozenset[str]
    any_design: bool
    third_party: frozenset[str]


@dataclass
class FirstParty:
    """Where first-party code lies: the package `analysis`, and what a notebook finds beside it.

    Each module is read once: what it holds later in the same build does not count, as with
    :class:`analysis.build.fingerprint.Fingerprints`.

    Attributes
    ----------
    tops : dict of str to pathlib.Path
        Folder that holds each top-level module or package.
    """

    tops: dict[str, Path] = field(default_factory=dict)
    _found: dict[str, Path | None] = field(default_factory=dict, repr=False)
    _all: list[str] = field(default_factory=list, repr=False)
    _read: dict[str, Mentions] = field(default_factory=dict, repr=False)
    _nodes: dict[str, _Node] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, workspace: Workspace) -> FirstParty:
        """In the order in which a kernel looks: the notebooks' folder, the repository, the package."""
        tops = {"analysis": Path(analysis.__file__).resolve().parents[1]}
        for folder in (workspace.root, workspace.notebooks):
            if folder.is_dir():
                tops |= {path.stem: folder for path in folder.glob("*.py") if path.stem.isidentifier()}
                tops |= {path.parent.name: folder for path in folder.glob("*/__init__.py")}
        return cls(tops)

    def find(self, module: str) -> Path | None:
        """The file of `module`, or None where it is not a first-party module."""
        if module not in self._found:
            self._found[module] = self._look(module)
        return self._found[module]

    def _look(self, module: str) -> Path | None:
        base = self.tops.get(module.partition(".")[0])
        if base is None:
            return None
        path = f"{base}/{module.replace('.', '/')}"
        for candidate in (f"{path}/__init__.py", f"{path}.py"):
            if os.path.isfile(candidate):
                return Path(candidate)
        return None

    def everything(self) -> list[str]:
        """All modules of all first-party packages."""
        if self._all:
            return self._all
        found = self._all
        for top, base in sorted(self.tops.items()):
            if (base / f"{top}.py").is_file():
                found.append(top)
            for path in sorted((base / top).rglob("*.py")):
                parts = path.relative_to(base).with_suffix("").parts
                found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        return found

    def node(self, module: str, memory: Memory) -> _Node:
        """What the file of a first-party `module` leads to."""
        if module not in self._nodes:
            path = self.find(module)
            base = self.tops[module.partition(".")[0]]
            is_package = path.name == "__init__.py"
            files = [path]
            if is_package:
                files += (p for p in path.parent.iterdir() if p.is_file() and p.suffix not in (".py", ".pyc"))
            named = {file.relative_to(base).as_posix(): file for file in files}
            mentions = self._mentions(module, memory)
            self._nodes[module] = self.node_of(mentions, memory, module, is_package, named)
        return self._nodes[module]

    def node_of(
        self,
        mentions: Mentions,
        memory: Memory,
        module: str = "",
        is_package: bool = False,
        files: Mapping[str, Path] | None = None,
    ) -> _Node:
        """The same of what is mentioned in a `module`, or in no module at all."""
        waiting = [*_absolute(mentions, module, is_package), *(self.everything() if mentions.dynamic else ())]
        if "." in module:
            waiting.append(module.rpartition(".")[0])
        leads_to: set[str] = set()
        third_party: set[str] = set()
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            package, _, taken = name.rpartition(".")
            places = self._places(package, memory)
            if taken == WHOLE:
                waiting.extend(f"{package}.{place}" for place in set(places.values()))
                continue
            if taken in places:
                waiting.append(f"{package}.{places[taken]}")
            if self.find(name) is not None:
                leads_to.add(name)
            elif (top := name.partition(".")[0]) not in self.tops and top not in sys.stdlib_module_names:
                third_party.add(name)
        return _Node(
            frozenset(leads_to), files or {}, mentions.designs, mentions.any_design, frozenset(third_party)
        )

    def _places(self, package: str, memory: Memory) -> dict[str, str]:
        if not package or self.find(package) is None:
            return {}
        return self._mentions(package, memory).places

    def _mentions(self, module: str, memory: Memory) -> Mentions:
        if module not in self._read:
            self._read[module] = memory.mentions(self.find(module).read_text(encoding="utf-8"))
        return self._read[module]


def closure(
    code: str, first_party: FirstParty, memory: Memory | None = None, *, without: Iterable[str] = ()
) -> Closure:
    """Everything first-party that `code` reaches; `memory` spares reading what was read before.

    Rooms of the package in `without` are not entered.
    """
    closed = {f"analysis.{room}" for room in without}
    memory = memory or Memory()
    nodes = [first_party.node_of(memory.mentions(code), memory)]
    modules: set[str] = set()
    waiting = set(nodes[0].leads_to)
    while waiting:
        module = waiting.pop()
        if module in modules or ".".join(module.split(".", 2)[:2]) in closed:
            continue
        modules.add(module)
        node = first_party.node(module, memory)
        nodes.append(node)
        waiting |= node.leads_to - modules
    return Closure(
        files=dict(sorted(item for node in nodes for item in node.files.items())),
        modules=frozenset(modules),
        designs=frozenset().union(*(node.designs for node in nodes)),
        any_design=any(node.any_design for node in nodes),
        third_party=frozenset().union(*(node.third_party for node in nodes)),
    )


class Memory:
    """What each piece of source mentions, by the hash of its text; kept in a file between builds."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, list] = {}  # what was asked for last comes last
        self._used: dict[str, list] = {}
        self._read: dict[str, Mentions] = {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError):
                content = json.loads(path.read_text(encoding="utf-8"))
                self._known = content["mentions"] if content.get("reader") == _reader() else {}

    def mentions(self, code: str) -> Mentions:
        key = digest(code)
        if key not in self._read:
            self._used[key] = self._known.get(key) or read_mentions(code).as_list()
            self._read[key] = Mentions.from_list(self._used[key])
        return self._read[key]

    def save(self) -> None:
        """Write what was read anew, whole or not at all; what was asked for longest ago makes room for it."""
        if self._path is None or self._used.keys() <= self._known.keys():
            return
        unused = {key: found for key, found in self._known.items() if key not in self._used}
        kept = list((unused | self._used).items())[-max(REMEMBERED, len(self._used)) :]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({"reader": _reader(), "mentions": dict(kept)}), encoding="utf-8")
        temporary.replace(self._path)
        self._known = dict(kept)


@lru_cache(maxsize=1)
def _reader() -> str:
    """Hash of this module: another way of reading makes what was remembered worthless."""
    return digest(Path(__file__).read_bytes(), sys.version)


@cache  # a process that builds more than once meets the same modules
def read_mentions(code: str) -> Mentions:
    """Imports and design files that `code` refers to, in functions too."""
    imports: set[tuple[int, str, tuple[str, ...]]] = set()
    designs: set[str] = set()
    dynamic = any_design = False
    nodes = list(ast.walk(ast.parse(code)))
    constants = _constants(nodes)
    for node in nodes:
        match node:
            case ast.Import():
                imports.update((0, alias.name, ()) for alias in node.names)
            case ast.ImportFrom():
                names = tuple(alias.name for alias in node.names)
                imports.add((node.level, node.module or "", names))
            case ast.Call():
                name = _called(node.func)
                if name not in _DYNAMIC and name != "read_design":
                    continue
                literal = _literal(node.args[0], constants) if node.args else None
                if name == "read_design":
                    if isinstance(literal, str):
                        designs.add(literal)
                    else:
                        any_design = True
                elif name in _NAMING and isinstance(literal, str) and not literal.startswith("."):
                    imports.add((0, literal, ()))
                elif not (name == "eval" and isinstance(node.func, ast.Attribute)):  # a frame's own eval
                    dynamic = True
    places = _places(nodes)
    return Mentions(frozenset(imports), dynamic and not places, frozenset(designs), any_design, places)


def _places(nodes: list[ast.AST]) -> dict[str, str]:
    """``_PLACES = {"module": ("name", ...)}`` of a package that loads names on demand, by name."""
    for node in nodes:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [PLACES]:
            with contextlib.suppress(ValueError):
                places = ast.literal_eval(node.value)
                if isinstance(places, dict):
                    return {name: place for place, names in places.items() for name in names}
    return {}


def _constants(nodes: list[ast.AST]) -> dict[str, str]:
    """Texts given once to a name: ``FILE = "rollout"``."""
    stored: dict[str, int] = {}
    texts: dict[str, str] = {}
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                stored[name] = stored.get(name, 0) + 1
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)):
                texts[name] = text
    return {name: text for name, text in texts.items() if stored[name] == 1}


def _literal(node: ast.expr, constants: dict[str, str]) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return constants.get(name)
    return None


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _absolute(mentions: Mentions, module: str, is_package: bool) -> list[str]:
    """Absolute names of all that is imported; a name taken from a package may be a module itself.

    What is imported whole is there a second time, with a star.
    """
    found = []
    for level, name, names in mentions.imports:
        if level:
            parts = module.split(".")
            parts = parts[: len(parts) - level + is_package]
            name = ".".join([*parts, name] if name else parts)
        found.append(name)
        found.extend(f"{name}.{taken}" for taken in names or (WHOLE,))
        found.extend(f"{name}.{taken}.{WHOLE}" for taken in names if taken != WHOLE)
    return found
