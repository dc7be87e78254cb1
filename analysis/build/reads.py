"""What a run really read, held against what its key covers.

The key is made from what a notebook declares and from its imports as they can be followed without running
it. The kernel notes which files were opened and which variables were asked for
(:mod:`analysis.build.watching`); a run that read something else is not published, because a change in it
would not have it run again. Python, its packages, the system and the user's caches do not count.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from analysis.build.closure import FirstParty
from analysis.build.watching import ASKED, OWN_VARIABLE, READ, READS_VARIABLE, RULES_VARIABLE, WRITTEN
from analysis.bytecode import source_of
from analysis.workspace import Workspace

PRIVATE_PREFIX = "analysis-run-"  # of folders among the temporary files
_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/lib64", "/bin", "/run", "/System", "/Library")
_SYSTEM_VARIABLES = (
    "SYSTEMROOT",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
)
# Variables that the build sets itself, to the same for every run.
ONE_THREAD = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
_FIXED = frozenset({*ONE_THREAD, "PYTHONHASHSEED", "MATPLOTLIBRC"})
_OF_USER = (".cache", ".config", ".ipython", ".jupyter", ".local", ".matplotlib", "Library")
SHOWN = 5


def watch(workspace: Workspace, record: Path) -> dict[str, str]:
    """Variables that make a kernel note in `record` what it reads."""
    own = [workspace.root, workspace.data]
    packages, bases = [], set()
    for top, base in FirstParty.of(workspace).tops.items():
        bases.add(os.path.realpath(base))
        packages.append(base / top if (base / top).is_dir() else base / f"{top}.py")
    rules = {_start(folder): True for folder in own} | {str(path): True for path in packages}
    if sys.pycache_prefix:  # first-party modules that are compiled already are read there
        sources = (os.path.abspath(path).removesuffix(".py") for path in packages)
        rules |= {f"{sys.pycache_prefix}{source}": True for source in sources}
    for folder in _of_others(bases):
        rules.setdefault(_start(folder), False)
    rules[os.path.join(tempfile.gettempdir(), PRIVATE_PREFIX)] = False
    longest_first = sorted(rules.items(), key=lambda rule: -len(rule[0]))
    code = [*map(str, packages), _start(workspace.notebooks)]
    return {
        READS_VARIABLE: str(record),
        RULES_VARIABLE: json.dumps(longest_first),
        OWN_VARIABLE: json.dumps(code),
    }


def undeclared(record: Path, inputs: Iterable[str], workspace: Workspace, own: Iterable[Path]) -> list[str]:
    """Sentences on what was read and is not among `inputs`; the run's `own` folders are its own."""
    if not record.exists():
        return []
    covered = _covered(inputs, workspace)
    mine = tuple(_start(folder) for folder in own)
    kept = tuple(_start(folder) for folder in (workspace.root, workspace.data))
    temporary = _start(tempfile.gettempdir())
    made: set[str] = set()
    read, written, asked = [], [], []
    for line in record.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        mode, _, path = line.partition(" ")
        if mode == ASKED:
            asked += [path] if path not in _FIXED else []
            continue
        source = source_of(path)
        if source != path:
            mode, path = READ, source
        if path.startswith(mine):
            continue
        if mode == WRITTEN and path.startswith(temporary) and not path.startswith(kept):
            made.add(path)
        elif mode == WRITTEN:
            written.append(_shown(path, workspace))
        elif path not in made and os.path.realpath(path) not in covered:
            read.append(_shown(path, workspace))
    sentences = []
    if read:
        sentences.append(
            f"it reads {_list(read)}, which its key does not cover: put data in the data folder, declare "
            "their source in data/design/notebooks.toml, and import modules by name"
        )
    if written:
        sentences.append(f"it writes {_list(written)}: a notebook hands over with publish, and nothing else")
    if asked:
        word = "variable" if len(set(asked)) == 1 else "variables"
        sentences.append(
            f"it asks for the environment {word} {_list(asked)}, which its key does not cover: make it a "
            "parameter"
        )
    return sentences


def _of_others(bases: set[str]) -> Iterable[str | Path]:
    """Folders of Python, its packages, the system and the user's caches; `bases` hold first-party code."""
    for folder in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix):
        yield from (folder, os.path.realpath(folder))  # an environment may be a link to one elsewhere
    yield from (path for path in sys.path if path and os.path.realpath(path) not in bases)
    yield from _SYSTEM
    yield from filter(None, map(os.environ.get, _SYSTEM_VARIABLES))
    yield from (Path.home() / name for name in _OF_USER)


def _start(folder: str | Path) -> str:
    return os.path.join(os.path.abspath(folder), "")


def _covered(inputs: Iterable[str], workspace: Workspace) -> set[str]:
    tops = FirstParty.of(workspace).tops
    data = workspace.root / "data"
    covered = set()
    for name in inputs:
        what, _, rest = name.partition(" ")
        if what == "module":
            base = tops.get(rest.split("/")[0].removesuffix(".py"), workspace.root)
            covered.add(base / rest)
        elif what == "data":
            covered.add(workspace.data / rest.partition(" ")[2])
        elif what in ("committed", "design"):
            covered.add((data / "design" if what == "design" else data) / rest)
    return {os.path.realpath(path) for path in covered}


def _shown(path: str, workspace: Workspace) -> str:
    for folder in (workspace.root, workspace.data.parent):
        if path.startswith(_start(folder)):
            return Path(path).relative_to(folder).as_posix()
    return path


def _list(names: list[str]) -> str:
    unique = sorted(set(names))
    more = f" and {len(unique) - SHOWN} more" if len(unique) > SHOWN else ""
    return ", ".join(unique[:SHOWN]) + more
