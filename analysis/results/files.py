"""Rows and series as files: one CSV with all rows, a CSV and a description for each series."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.results.row import Result, Stamp
from analysis.results.series import Series

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROWS_FILE = "results.csv"
SERIES_FOLDER = "series"
COLUMNS = (
    *(field.name for field in fields(Result) if field.name != "stamp"),
    *(field.name for field in fields(Stamp)),
)
_FLOATS = frozenset({"value", "se", "low", "high", "level", "p_value", "smallest_p"})
_INTEGERS = frozenset({"n", "clusters", "least", "decimals"})
_TRUTH = {"True": True, "False": False}
Item = TypeVar("Item", Result, Series)


def write_rows(rows: Sequence[Result], path: Path) -> None:
    """Write `rows` as CSV, sorted by id; floats in full precision so that reading gives the same rows.

    Raises
    ------
    ValueError
        If two rows carry the same id.
    """
    require_unique(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in sorted(rows, key=lambda row: row.id):
            record = vars(row) | vars(row.stamp)
            writer.writerow("" if record[name] is None else record[name] for name in COLUMNS)


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


def write_series(series: Iterable[Series], folder: Path) -> None:
    """Write ``<id>.csv`` with the points and ``<id>.json`` with all else, for each of `series`.

    Raises
    ------
    ValueError
        If two series carry the same id.
    """
    series = list(series)
    require_unique(series)
    if series:
        folder.mkdir(parents=True, exist_ok=True)
    for item in series:
        described = {
            f.name: getattr(item, f.name) for f in fields(Series) if f.name not in ("points", "stamp")
        }
        described |= {"kind": str(item.kind), "measures": list(item.measures), "stamp": asdict(item.stamp)}
        described["types"] = [[name, item.points[name].dtype.kind] for name in item.points.columns]
        with (folder / f"{item.id}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(item.points.columns)
            writer.writerows(zip(*(_written(item.points[name]) for name in item.points.columns), strict=True))
        (folder / f"{item.id}.json").write_text(
            json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )


def read_series(folder: Path, beginning: str | tuple[str, ...] = "") -> list[Series]:
    """All series of `folder`, sorted by id; none where it is absent.

    With `beginning`, only those of which the id begins so.

    Raises
    ------
    ValueError
        If a description or its points are damaged; the message names the file.
    """
    return [_series(path) for path in sorted(folder.glob("*.json")) if path.name.startswith(beginning)]


def require_unique(items: Iterable[Result | Series]) -> None:
    """Raise ValueError if two rows or two series carry the same id."""
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise ValueError(f"two results carry the id {item.id}: give each its own")
        seen.add(item.id)


def stamped(items: Iterable[Item], stamp: Stamp) -> list[Item]:
    """`items` with `stamp` on each."""
    return [replace(item, stamp=stamp) for item in items]


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


def _series(path: Path) -> Series:
    import pandas as pd

    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        types = dict(described.pop("types"))
        with path.with_suffix(".csv").open(encoding="utf-8", newline="") as handle:
            header, *lines = csv.reader(handle)
        columns = dict(zip(header, zip(*lines, strict=True) if lines else [()] * len(header), strict=True))
        points = pd.DataFrame({name: _column(columns[name], kind) for name, kind in types.items()})
        described["stamp"] = Stamp(**described["stamp"])
        return Series(**described, points=points)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: not a series as the build writes it: {error}") from error


def _written(column: pd.Series) -> Iterator[Any]:
    """The values of a column as they are written, what is missing as nothing: see :func:`_column`."""
    missing = column.isna().tolist()
    return ("" if gone else value for value, gone in zip(column.tolist(), missing, strict=True))


def _column(values: Sequence[str], kind: str) -> np.ndarray | pd.api.extensions.ExtensionArray:
    """A column as it was written, by the kind of its numbers; anything else is text.

    For tables of a few lines, by the hundred: pandas takes several times as long to read one.
    """
    import numpy as np
    import pandas as pd

    match kind:
        case "f":
            return np.array([float(value) if value else np.nan for value in values], dtype=float)
        case "i" | "u":
            return np.array([int(value) for value in values], dtype=np.int64)
        case "b":
            return np.array([_TRUTH[value] for value in values], dtype=bool)
    return pd.array(values, dtype="str")
