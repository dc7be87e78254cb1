"""What a run opens and asks for, noted in the process in which it runs.

Python reports each opening of a file to an audit hook. Libraries that open files by themselves, in C, are not
seen by it; those that are used here are wrapped. The variables of the environment that first-party code asks
for are noted too. What is noted is held against the run's key by :mod:`analysis.build.reads`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.abc
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from typing import Any

READS_VARIABLE = "ANALYSIS_READS"  # the file to note in
RULES_VARIABLE = "ANALYSIS_WATCHED"  # pairs of a path's beginning and whether it is noted, the longest first
OWN_VARIABLE = "ANALYSIS_OWN_CODE"  # where first-party code lies
READ, WRITTEN, ASKED = "r", "w", "e"
# Functions that open the files they are given without Python knowing, by module.
_IN_C = {
    "pyreadstat": (
        "read_sav", "read_por", "read_dta", "read_xport", "read_sas7bdat", "read_sas7bcat",
        "read_file_in_chunks", "read_file_multiprocessing",
    ),
    "pyogrio": ("read_dataframe", "read_arrow", "open_arrow", "read_bounds", "read_info", "list_layers"),
    "pyogrio.raw": ("read", "read_arrow", "open_arrow"),
    "fiona": ("open",),
}  # fmt: skip
_ARCHIVES = ("zip://", "/vsizip/", "/vsigzip/", "file://")
_BETWEEN = ("os", "_collections_abc", "collections.abc", __name__)  # modules a question passes through
_CELL = ("<cell ", "<ipython-input")


def note_reads() -> None:
    """Note, a line each: ``r`` or ``w`` and the path of an opened file, ``e`` and a variable's name."""
    if not os.environ.get(READS_VARIABLE):
        return
    rules = [tuple(rule) for rule in json.loads(os.environ[RULES_VARIABLE])]
    own = tuple(json.loads(os.environ[OWN_VARIABLE]))
    record = os.open(os.environ[READS_VARIABLE], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    seen: set[tuple[str, str]] = set()

    def note(what: str, name: str) -> None:
        if (what, name) not in seen:
            seen.add((what, name))
            os.write(record, f"{what} {name}\n".encode("utf-8", "surrogateescape"))

    def opened(path: Any, mode: str) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            path = os.fsdecode(path)
        if (mode, path) in seen or path in sys.path:  # an import looks whether it is an archive
            return
        full = os.path.abspath(path)
        if next((noted for start, noted in rules if full.startswith(start)), True) and not os.path.isdir(
            full
        ):
            note(mode, full)
        seen.add((mode, path))

    def hook(event: str, arguments: tuple) -> None:
        if event not in ("open", "sqlite3.connect") or not isinstance(
            arguments[0], (str, bytes, os.PathLike)
        ):
            return
        if event == "open":
            flags = arguments[2]
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            opened(arguments[0], WRITTEN if writes else READ)
        elif os.path.isfile(arguments[0]):
            opened(arguments[0], READ)

    sys.addaudithook(hook)
    _wrap_readers(lambda path: opened(path, READ))
    _Asking.note, _Asking.own = functools.partial(note, ASKED), (*own, *_CELL)
    os.environ.__class__ = _Asking


def _wrap_readers(opened: Callable[[str], None]) -> None:
    """Have the functions of `_IN_C` say which files they are given, in modules imported later too."""

    def wrap(module: Any) -> None:
        for name in _IN_C[module.__name__]:
            function = getattr(module, name, None)
            if function is not None:
                setattr(module, name, telling(function))

    def telling(function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            for value in (*arguments, *named.values()):
                if isinstance(value, (str, os.PathLike)):
                    path = _file_in(os.fspath(value))
                    if path:
                        opened(path)
            return function(*arguments, **named)

        return call

    for name in _IN_C:
        if sys.modules.get(name) is not None:
            wrap(sys.modules[name])
    sys.meta_path.insert(0, _Afterwards(wrap))


def _file_in(text: str) -> str:
    """The file that `text` names, within which something may be named; "" if there is none."""
    for start in _ARCHIVES:
        text = text.removeprefix(start)
    path = text.partition("!")[0]
    while path and not os.path.isfile(path):
        path, tail = os.path.split(path)
        if not tail:
            return ""
    return path


class _Afterwards(importlib.abc.MetaPathFinder):
    """Calls `then` with a module of `_IN_C` when it has been imported."""

    def __init__(self, then: Callable[[Any], None]) -> None:
        self._then = then

    def find_spec(self, name: str, path: Any = None, target: Any = None):
        if name not in _IN_C:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        finders = (finder.find_spec for finder in others if hasattr(finder, "find_spec"))
        spec = next((found for find in finders if (found := find(name, path, target))), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = functools.partial(self._execute, spec.loader.exec_module)
        return spec

    def _execute(self, execute: Callable[[Any], None], module: Any) -> None:
        execute(module)
        self._then(module)


class _Asking(os._Environ):
    """The environment, noting what first-party code asks for; libraries and Python itself may ask freely."""

    note: Callable[[str], None]
    own: tuple[str, ...]

    def __getitem__(self, key: str) -> str:
        if isinstance(key, str) and not key.startswith("ANALYSIS_"):
            frame = sys._getframe(1)
            while frame.f_back is not None and frame.f_globals.get("__name__") in _BETWEEN:
                frame = frame.f_back
            file = frame.f_code.co_filename
            if file.startswith(self.own) or "ipykernel_" in file:
                _Asking.note(key)
        return super().__getitem__(key)
