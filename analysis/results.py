"""One row a result: what was estimated, how sure it is, on what it rests.

Only these rows reach the report. A notebook publishes them; the build stamps them with the hashes of
what produced them, passes them through disclosure control and turns them into the variables that the
report's sentences name.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from analysis import dutch
from analysis.datakind import DataKind
from analysis.workspace import Workspace

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
ROWS_FILE = "results.csv"


@dataclass(frozen=True)
class Stamp:
    """What produced a row: set by the build, empty in JupyterLab."""

    notebook: str = ""
    run: str = ""  # key of the run: everything below in one hash
    data_hash: str = ""
    parameters_hash: str = ""
    code_hash: str = ""


@dataclass(frozen=True)
class Result:
    """One released number.

    Attributes
    ----------
    id : str
        ``section.name``, lower case; the report writes ``{{< var section.name.value >}}``.
    label : str
        What the number is, in Dutch, for tables and the results file.
    value : float or None
        None is unknown and reads "onbekend".
    unit : str
        Dutch unit as it follows the number ("punten", "%", "leerlingen"), or "".
    kind : DataKind
    source : str
        Keys of the sources in ``data/manifest.toml`` or ``data/facts``, separated by "; ".
    se, low, high : float or None
        Standard error and interval, in the unit of `value`.
    level : float
        Coverage of the interval.
    n, clusters : int or None
        Observations and clusters at the level of assignment.
    outcome, specification : str
        Names in ``data/design``.
    decimals : int
        Digits shown.
    note : str
        A caveat in Dutch that travels with the number.
    """

    id: str
    label: str
    value: float | None
    unit: str
    kind: DataKind
    source: str
    se: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    n: int | None = None
    clusters: int | None = None
    outcome: str = ""
    specification: str = ""
    decimals: int = 0
    note: str = ""
    stamp: Stamp = Stamp()

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise ValueError(
                f"result id {self.id!r}: expected section.name in lower case, such as kenniskloof.gap"
            )
        object.__setattr__(self, "kind", DataKind(self.kind))
        for name in ("value", "se", "low", "high"):
            number = getattr(self, name)
            if number is None:
                continue
            number = float(number)
            if not math.isfinite(number):
                raise ValueError(
                    f"result {self.id}: {name} is {number}; an unknown number is None, never {number}"
                )
            object.__setattr__(self, name, number)
        if not self.source:
            raise ValueError(f"result {self.id}: no source given")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"result {self.id}: an interval needs both ends, got {self.low} and {self.high}")
        if self.low is not None and self.low > self.high:
            raise ValueError(f"result {self.id}: interval runs from {self.low} down to {self.high}")

    def variables(self) -> dict[str, str]:
        """What a sentence may name; ``full`` is value, unit, interval and, if so, the word "synthetisch"."""
        value = dutch.number(self.value, self.decimals)
        unit = self.unit if self.unit in ("", "%") else f" {self.unit}"
        full = value + (unit if self.value is not None else "")
        remarks = []
        if self.low is not None:
            remarks.append(f"{dutch.number(100 * self.level)}%-interval {self.interval_text}")
        if self.kind is DataKind.SYNTHETIC:
            remarks.append(self.kind.dutch)
        if remarks:
            full += f" ({'; '.join(remarks)})"
        return {
            "value": value,
            "unit": self.unit,
            "interval": self.interval_text,
            "se": dutch.number(self.se, self.decimals + 1),
            "n": dutch.number(self.n),
            "clusters": dutch.number(self.clusters),
            "kind": self.kind.dutch,
            "full": full,
            "english": self._english(),
        }

    def _english(self) -> str:
        """Value and interval for the English summary; the sentence around it names the unit."""

        def number(value: float) -> str:
            return f"{value:,.{self.decimals}f}".replace("-", dutch.MINUS)

        if self.value is None:
            return "unknown"
        remarks = []
        if self.low is not None:
            remarks.append(f"{100 * self.level:g}% interval {number(self.low)} to {number(self.high)}")
        if self.kind is DataKind.SYNTHETIC:
            remarks.append("synthetic")
        return number(self.value) + (f" ({'; '.join(remarks)})" if remarks else "")

    @property
    def interval_text(self) -> str:
        return dutch.interval(self.low, self.high, self.decimals)


COLUMNS = (
    *(field.name for field in fields(Result) if field.name != "stamp"),
    *(field.name for field in fields(Stamp)),
)
_FLOATS = frozenset({"value", "se", "low", "high", "level"})
_INTEGERS = frozenset({"n", "clusters", "decimals"})


def write_rows(rows: Sequence[Result], path: Path) -> None:
    """Write `rows` as CSV, sorted by id; floats in full precision so that reading gives the same rows.

    Raises
    ------
    ValueError
        If two rows carry the same id.
    """
    require_unique(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in sorted(rows, key=lambda row: row.id):
            record = asdict(row)
            record.update(record.pop("stamp"))
            writer.writerow({name: "" if value is None else value for name, value in record.items()})


def read_rows(path: Path) -> list[Result]:
    """The rows of `path`, as :func:`write_rows` wrote them.

    Raises
    ------
    ValueError
        If a column is missing or a row is malformed; the message names file and line.
    """
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path}: columns {', '.join(sorted(missing))} are missing; rebuild the results")
        return [_parse(record, f"{path}, line {line}") for line, record in enumerate(reader, start=2)]


def _parse(record: dict[str, str], place: str) -> Result:
    try:
        parsed: dict = {}
        for name in COLUMNS:
            text = record[name]
            if name in _FLOATS:
                parsed[name] = float(text) if text else None
            elif name in _INTEGERS:
                parsed[name] = int(text) if text else None
            else:
                parsed[name] = text
        stamp = Stamp(**{field.name: parsed.pop(field.name) for field in fields(Stamp)})
        return Result(**parsed, stamp=stamp)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def require_unique(rows: Iterable[Result]) -> None:
    """Raise ValueError if two rows carry the same id."""
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise ValueError(f"two results carry the id {row.id}: give each its own")
        seen.add(row.id)


def stamped(rows: Iterable[Result], stamp: Stamp) -> list[Result]:
    """`rows` with `stamp` on each."""
    return [replace(row, stamp=stamp) for row in rows]


def publish(*rows: Result, workspace: Workspace | None = None):
    """Hand over the rows of a notebook, and return them as a frame to look at.

    Under the build they are added to the run's ``results.csv``; in JupyterLab nothing is written.
    """
    import pandas as pd

    workspace = workspace or Workspace.current()
    require_unique(rows)
    if workspace.output is not None:
        path = workspace.output / ROWS_FILE
        earlier = read_rows(path) if path.exists() else []
        write_rows([*earlier, *rows], path)
    shown = [
        {
            "resultaat": row.label,
            "waarde": row.variables()["full"],
            "n": row.variables()["n"],
            "soort": row.kind.dutch,
        }
        for row in rows
    ]
    return pd.DataFrame(shown)
