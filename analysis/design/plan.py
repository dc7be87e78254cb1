"""The analysis plan: what ``data/design`` says, frozen on a day, and how the design differs from it since.

``data/design/plan.lock`` holds the content of every design file on the day of freezing, and the parameters of
the registered notebooks, with hashes, so that a later difference can be named and not only noticed. Comments
and layout do not count. A plan that was frozen anew stays beside it as ``plan-<day>.lock``, see
:mod:`analysis.design.revisions`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from analysis.design.notebooks import REGISTRY, read_notebooks
from analysis.design.parameters import planned_parameters
from analysis.design.read import read_design, records
from analysis.workspace import Workspace

LOCK = "plan.lock"
REASONS = "deviations"
REVISIONS = "revisions"
PARAMETERS = "parameters"  # no file: {notebook: {name: value}}
_REASONS = f"data/design/{REASONS}.toml"
# Design files that decide nothing about the analysis: rules for the text, and what is said of changes.
NOT_PLANNED = frozenset({"claims", "prose_numbers", REASONS, REVISIONS})
# What tells the tables of a list apart; the first that does so in both versions is used.
_IDENTITIES = (
    ("id",), ("name",), ("programme", "province"), ("code",), ("programme", "name"), ("programme",),
    ("condition",), ("exposure", "place"), ("exposure", "place", "start"), ("first", "second"), ("tracks",),
)  # fmt: skip


@dataclass(frozen=True)
class FrozenPlan:
    """The design as it was frozen.

    Attributes
    ----------
    frozen : str
        The day, as YYYY-MM-DD.
    content : mapping of str to mapping
        What each design file said, by stem.
    """

    frozen: str
    content: Mapping[str, Mapping[str, Any]]

    @property
    def checksum(self) -> str:
        return checksum(self.content)

    @property
    def checksums(self) -> dict[str, str]:
        """For each design file."""
        return {name: checksum(tables) for name, tables in self.content.items()}


@dataclass(frozen=True)
class Deviation:
    """A key whose value is not that of the plan.

    Attributes
    ----------
    file : str
        Stem of the design file, or ``parameters``.
    key : str
        As in ``adoption[prodemos, PV21].year``; "" when the whole file is new or gone.
    before, now : object
        None where there is no such key, or file.
    """

    file: str
    key: str
    before: Any = None
    now: Any = None

    @property
    def place(self) -> str:
        """``questions.toml``, or ``notebooks`` for a parameter of one."""
        return "notebooks" if self.file == PARAMETERS else f"{self.file}.toml"

    def under(self, file: str, key: str) -> bool:
        """Whether `key` of `file` is this key or holds it; an empty `key` holds all of the file."""
        rest = self.key.removeprefix(key)
        return self.file == file and (not key or (rest != self.key and (not rest or rest[0] in ".[ ")))


@dataclass(frozen=True)
class Reason:
    """Why something in `file` differs from the plan, for `key` and all that it holds."""

    file: str
    reason: str
    key: str = ""


def design_content(workspace: Workspace | None = None) -> dict[str, dict[str, Any]]:
    """The content of every design file that belongs to the plan, by stem, and the parameters of notebooks.

    Raises
    ------
    ValueError
        If a design file, or the parameters cell of a registered notebook, cannot be read.
    """
    workspace = workspace or Workspace.current()
    names = sorted(path.stem for path in workspace.design.glob("*.toml"))
    content = {name: read_design(name, workspace) for name in names if name not in NOT_PLANNED}
    if REGISTRY in content:
        content[PARAMETERS] = planned_parameters(read_notebooks(workspace), workspace)
    return content


def checksum(content: object) -> str:
    """SHA-256 of `content`, whatever the order of its keys; the order of lists counts."""
    return hashlib.sha256(_canonical(content).encode("utf-8")).hexdigest()


def lock_text(frozen: str, content: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of ``plan.lock``.

    Raises
    ------
    ValueError
        If `frozen` is not a day.
    """
    try:
        date.fromisoformat(frozen)
    except ValueError as error:
        raise ValueError(f"the day of freezing must read YYYY-MM-DD, got {frozen!r}") from error
    plan = FrozenPlan(frozen, content)
    written = {"frozen": frozen, "checksum": plan.checksum, "files": plan.checksums, "content": content}
    return json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def frozen_plan(workspace: Workspace | None = None) -> FrozenPlan | None:
    """The frozen plan, or None where none was frozen.

    Raises
    ------
    ValueError
        If the file was changed by hand: its content does not have the checksum it names.
    """
    path = (workspace or Workspace.current()).design / LOCK
    return read_lock(path) if path.is_file() else None


def earlier_lock(frozen: str) -> str:
    """Name of the file in ``data/design`` that keeps the plan of a day once another was frozen."""
    return f"plan-{frozen}.lock"


def read_lock(path: Path) -> FrozenPlan:
    """The plan in a file that :func:`lock_text` wrote.

    Raises
    ------
    ValueError
        If it is no such file, or was changed by hand.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        plan = FrozenPlan(written["frozen"], written["content"])
        intact = written["checksum"] == plan.checksum and written["files"] == plan.checksums
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no frozen plan: {error!r}") from error
    if not intact:
        raise ValueError(
            f"{path} was changed after freezing: content and checksum differ. Restore it from the history; "
            "a change of plan belongs in the design files, where it is listed as a deviation"
        )
    return plan


def deviations(plan: FrozenPlan, content: Mapping[str, Mapping[str, Any]]) -> list[Deviation]:
    """Every difference between `plan` and the design now; empty only when their checksums are equal."""
    found = []
    for name in sorted(set(plan.content) | set(content)):
        if name not in content or name not in plan.content:
            found.append(Deviation(name, "", plan.content.get(name), content.get(name)))
        else:
            found += [
                Deviation(name, key, before, now)
                for key, before, now in _differences(plan.content[name], content[name], "")
            ]
    return found


def deviation_reasons(workspace: Workspace | None = None) -> tuple[Reason, ...]:
    """Reasons given in ``data/design/deviations.toml``; none where the file is absent."""
    workspace = workspace or Workspace.current()
    if not (workspace.design / f"{REASONS}.toml").is_file():
        return ()
    content = read_design(REASONS, workspace)
    unknown = sorted(set(content) - {"deviation"})
    if unknown:
        raise ValueError(f"{_REASONS}: unknown table {', '.join(unknown)}; expected [[deviation]]")
    return records(Reason, content.get("deviation", []), f"{_REASONS}, deviation")


def require_reasons_match(reasons: Sequence[Reason], found: Sequence[Deviation]) -> None:
    """Hold every reason against the deviations there are.

    Raises
    ------
    ValueError
        If a reason is for something that does not differ: a misspelt key would leave the deviation that it
        was meant for without its reason.
    """
    for number, reason in enumerate(reasons, start=1):
        if not any(item.under(reason.file, reason.key) for item in found):
            there = ", ".join(f"{item.file} {item.key}".strip() for item in found) or "nothing"
            raise ValueError(
                f"{_REASONS}, deviation {number}: nothing differs from the plan under file = "
                f"{reason.file!r}, key = {reason.key!r}; what differs: {there}. Correct the key, or take the "
                "reason out"
            )


def _differences(before: Any, now: Any, key: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in sorted(set(before) | set(now)):
            inner = name if key == "" or name.startswith("[") else f".{name}"
            if name in before and name in now:
                yield from _differences(before[name], now[name], f"{key}{inner}")
            else:
                yield f"{key}{inner}", before.get(name), now.get(name)
        return
    tables = _by_identity(before, now)
    if tables is None:
        if _canonical(before) != _canonical(now):
            yield key, before, now
        return
    first, second = tables
    yield from _differences(first, second, key)
    # Rules are tried in their order: what is in both must stand in the same one.
    before_order = [name[1:-1] for name in first if name in second]
    now_order = [name[1:-1] for name in second if name in first]
    if before_order != now_order:
        yield f"{key} (volgorde)", before_order, now_order


def _by_identity(before: Any, now: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists of tables as mappings with keys in brackets; None if they are something else."""
    if not (_is_tables(before) and _is_tables(now)):
        return None
    for names in _IDENTITIES:
        versions = []
        for listed in (before, now):
            if not all(name in table for table in listed for name in names):
                break
            version = {f"[{', '.join(str(table[name]) for name in names)}]": table for table in listed}
            if len(version) != len(listed):
                break
            versions.append(version)
        if len(versions) == 2:
            return versions[0], versions[1]
    return _numbered(before), _numbered(now)


def _numbered(listed: Sequence[Any]) -> dict[str, Any]:
    return {f"[{number}]": table for number, table in enumerate(listed, start=1)}


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
