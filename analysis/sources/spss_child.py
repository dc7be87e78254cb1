"""Read an SPSS file in a process of its own: ``python spss_child.py <file> <folder> <column> …``.

The library that reads these files is written in C; a crafted or damaged file can end the process it runs in.
That process is this one. It leaves ``columns.npz`` in the folder (numbers as floats, text as codes of its
distinct values) and ``meta.json``, and imports nothing of the package. Nor pandas, which takes longer to load
than a file to read: columns come as lists.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pyreadstat

# How SPSS shows a count of seconds.
_DATE = re.compile(r"[AESJ]?DATE\d|DATETIME\d|YMDHMS\d|MOYR\d|QYR\d|WKYR\d")


def main(path: str, folder: str, wanted: list[str]) -> None:
    """Write what was read, or under ``error`` why not."""
    try:
        meta, arrays = read(path, [name.upper() for name in wanted])
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, ValueError) as error:
        meta, arrays = {"error": str(error)}, {}
    np.savez(Path(folder) / "columns.npz", **arrays)
    (Path(folder) / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def read(path: str, wanted: list[str]) -> tuple[dict, dict[str, np.ndarray]]:
    """Names of all columns, and content and labels of those wanted, whatever the case of their names."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        _, head, encoding = _read(path, None, metadataonly=True)
    doubled = [str(one.message) for one in said if "duplicated" in str(one.message)]
    if doubled:
        return {"doubled": doubled}, {}
    chosen = [name for name in head.column_names if name.upper() in wanted]
    meta = {"columns": list(head.column_names), "chosen": chosen, "texts": {}, "labels": {}}
    if not chosen:
        return meta, {}
    columns, head, encoding = _read(path, encoding, usecols=chosen)
    arrays = {}
    unfit = [] if encoding else _unfit(path, columns, head)
    for number, name in enumerate(chosen):
        if _is_text(head, name):
            texts: dict[str, int] = {}
            codes = (-1 if text is None else texts.setdefault(text, len(texts)) for text in columns[name])
            arrays[f"c{number}"] = np.fromiter(codes, dtype=np.int32)
            meta["texts"][name] = list(texts)
        else:
            arrays[f"c{number}"] = np.array(columns[name], dtype=float)  # None becomes NaN
    labels = {name: values for name, values in head.variable_value_labels.items() if name in chosen}
    meta["labels"] = {name: list(map(list, values.items())) for name, values in labels.items()}
    meta["dates"] = [name for name in chosen if _DATE.match(head.original_variable_types[name])]
    rows = len(columns[chosen[0]])
    return {**meta, "rows": rows, "promised": head.number_rows, "unfit": unfit}, arrays


def _read(path: str, encoding: str | None, **options):
    """With the encoding the file names; one that names none and is not UTF-8 is of before 2010: Latin-1."""
    options |= {"disable_datetime_conversion": True, "output_format": "dict"}
    try:
        columns, meta = pyreadstat.read_sav(path, encoding=encoding, **options)
    except UnicodeDecodeError:
        encoding = "LATIN1"
        columns, meta = pyreadstat.read_sav(path, encoding=encoding, **options)
    return columns, meta, encoding


def _is_text(meta, name: str) -> bool:
    return meta.readstat_variable_types[name] == "string"


def _unfit(path: str, columns: dict[str, list], meta) -> list:
    """Column and row of a cell whose bytes are not UTF-8 though the file says so.

    The library gives such a cell up to the first byte that does not fit, and says nothing. Read byte by byte
    the cell is longer.
    """
    texts = [name for name in columns if _is_text(meta, name)]
    if not texts or (meta.file_encoding or "").upper() not in ("UTF-8", "UTF8"):
        return []
    bare, _, _ = _read(path, "LATIN1", usecols=texts)
    for name in texts:
        for row, (text, raw) in enumerate(zip(columns[name], bare[name], strict=True), start=1):
            if isinstance(text, str) and isinstance(raw, str) and text.encode().decode("latin-1") != raw:
                return [name, row]
    return []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
