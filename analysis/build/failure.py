"""What is known of a run that has no results, for whoever mends it and for the report that does without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FAILURES_FILE = "failures.json"
NOT_PLANNED = "it cannot be planned"
SHOWN_LINES = 12
LONGEST_MESSAGE = 500
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# A frame in a cell: as a kernel words it, and as a process without one does.
_KERNEL_FRAME = re.compile(r"^\s*(?:Cell|Input) In\s?\[\d+\], line (\d+)")
_PLAIN_FRAME = re.compile(r'^\s*File "<cell \d+>", line (\d+)')
_MARKED = re.compile(r"^-+> ?(\d+) (.*)$")


@dataclass(frozen=True)
class Failure:
    """Why a run has no results.

    Attributes
    ----------
    reason : str
        In a few words: "the cell raised an error", "took longer than 30 minutes".
    cell : int or None
        Place of the cell among all cells of the notebook, from 1.
    frame : str
        The last line of the notebook's own code that was at work: ``line 4: f()``.
    message : str
        The error itself: ``ValueError: kapot``.
    lines : tuple of str
        The last lines of the error.
    folder : str
        Where the partly executed notebook lies.
    """

    reason: str
    cell: int | None = None
    frame: str = ""
    message: str = ""
    lines: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True)
class FailedRun:
    """A failure with the run it is of.

    Attributes
    ----------
    label : str
        ``regio`` or ``regio[outcome=trust]``; the notebook's name if it cannot be planned.
    notebook, file : str
        Name in the registry, and file in ``notebooks/``.
    parameters : mapping
    """

    label: str
    notebook: str
    file: str
    failure: Failure
    parameters: Mapping[str, Any] = field(default_factory=dict)


def alike(failed: Iterable[FailedRun]) -> list[list[FailedRun]]:
    """Runs that failed of one cause together: a file that many read is told of once."""
    groups: dict[str, list[FailedRun]] = {}
    for run in failed:
        groups.setdefault(run.failure.message or run.label, []).append(run)
    return list(groups.values())


def of_error(reason: str, cell: int | None, text: str) -> Failure:
    """The failure that a traceback `text` tells of."""
    lines = [line.rstrip() for line in _ANSI.sub("", text).splitlines() if line.strip()]
    message = next((line.strip() for line in reversed(lines) if not line.startswith(" ")), "")
    return Failure(reason, cell, last_frame(lines), message[:LONGEST_MESSAGE], tuple(lines[-SHOWN_LINES:]))


def last_frame(lines: Iterable[str]) -> str:
    """The last line of a cell in a traceback, as ``line 4: f()``; "" if no cell is in it."""
    found, wanted = "", ""
    for line in lines:
        frame = _KERNEL_FRAME.match(line) or _PLAIN_FRAME.match(line)
        if frame:
            found, wanted = f"line {frame[1]}", frame[1]
            plain = bool(_PLAIN_FRAME.match(line))
            continue
        if not wanted:
            continue
        marked = _MARKED.match(line)
        if plain or (marked and marked[1] == wanted):
            found, wanted = f"{found}: {(line if plain else marked[2]).strip()}", ""
    return found


def write_failures(failed: Iterable[FailedRun], path: Path) -> None:
    """Write what failed, or remove the file where nothing did."""
    content = [asdict(item) for item in failed]
    if not content:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.chmod(0o600)  # an error may tell a value of the data
    temporary.replace(path)


def read_failures(path: Path) -> list[FailedRun]:
    """What :func:`write_failures` wrote; nothing where there is no file."""
    if not path.is_file():
        return []
    found = []
    for item in json.loads(path.read_text(encoding="utf-8")):
        told = {**item["failure"], "lines": tuple(item["failure"]["lines"])}
        found.append(FailedRun(**{**item, "failure": Failure(**told)}))
    return found
