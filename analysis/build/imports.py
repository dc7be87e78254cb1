"""What a run imports: what is worth importing ahead, and what it does not see.

A key covers the pinned packages. One that happens to be installed beside them (an accelerator that pandas
takes up where it finds it, a package of the extras) could change a result, or start threads that forbid
forking, and no key would say so: runs do not see it. Only where a notebook names such a package itself
everything is visible.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_KERNEL = "ipykernel"  # a list of pins without it is not of an environment that runs notebooks


@dataclass(frozen=True)
class Imports:
    """The same for all runs of a build, so that they can share a process that has imported.

    Attributes
    ----------
    ahead : tuple of str
        Third-party modules.
    hidden : tuple of str
        Top-level modules that cannot be imported.
    shared_at : str
        Socket of a process of this machine that has imported them, see :func:`analysis.build.launch.shared`.
    """

    ahead: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    shared_at: str = ""

    def as_argument(self) -> str:
        return json.dumps([self.ahead, self.hidden])


NO_IMPORTS = Imports()


def imports_of(third_party: Iterable[str], lock: Path, first_party: Iterable[str] = ()) -> Imports:
    """What runs that import `third_party` import ahead, and what `lock` does not pin."""
    ahead = tuple(sorted(set(third_party)))
    found = _not_pinned(lock.read_text(encoding="utf-8") if lock.is_file() else "") - set(first_party)
    named = {name.partition(".")[0] for name in ahead}
    return Imports(ahead, () if found & named else tuple(sorted(found)))


def pinned(lock: str) -> set[str]:
    """Normalised names in the text of a list of pins."""
    return {_normalised(name) for name in _PIN.findall(lock)}


def _not_pinned(lock: str) -> set[str]:
    """Top-level modules of installed distributions that `lock` does not name."""
    names = pinned(lock)
    if _KERNEL not in names:
        return set()
    seen, others = set(sys.stdlib_module_names), set()
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        (seen if name and _normalised(name) in names else others).update(_tops(distribution))
    return others - seen


def _tops(distribution: importlib.metadata.Distribution) -> set[str]:
    listed = distribution.read_text("top_level.txt")
    if listed is not None:
        found = {line.strip() for line in listed.splitlines()}
    else:
        record = distribution.read_text("RECORD") or ""
        paths = (line.partition(",")[0] for line in record.splitlines())
        found = {path.partition("/")[0].partition(".")[0] for path in paths if path.endswith((".py", ".so"))}
    return {name for name in found if name.isidentifier() and not name.startswith("__")}


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
