"""Read some columns of an SPSS file, or say what is wrong with it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.sources import spss_child

SIGNATURES = (b"$FL2", b"$FL3")
BEFORE_1970 = 12_219_379_200  # seconds from 14 October 1582, from which SPSS counts its dates
_CHILD = Path(spss_child.__file__)  # imported, though it runs elsewhere: a build looks for changes in imports
_LONGEST = 900  # seconds; a file of a million pupils takes well under a minute


@dataclass(frozen=True)
class SpssFile:
    """Columns of a file under upper-case names.

    Attributes
    ----------
    frame : pandas.DataFrame
        System- and user-missing values as NaN.
    labels : dict of str to dict
        Value labels by column, for columns that have them.
    columns : tuple of str
        All columns of the file.
    dates : tuple of str
        Columns that are dates; in `frame` they count seconds, :data:`BEFORE_1970` more than since 1970.
    """

    frame: pd.DataFrame
    labels: dict[str, dict[float | str, str]]
    columns: tuple[str, ...]
    dates: tuple[str, ...] = ()


def read_spss(path: Path, wanted: Iterable[str]) -> SpssFile:
    """Those of the `wanted` columns that the file has, whatever the case of its names.

    The file is read in a process of its own (:mod:`analysis.sources.spss_child`), so that one that breaks
    the library which reads it does not end this process.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, of another format, truncated, damaged or crafted, has no rows, has two columns
        of one name but for case, or holds text that does not fit its encoding.
    """
    path = Path(path)
    require_spss(path)
    with tempfile.TemporaryDirectory(prefix="analysis-run-") as folder:
        meta = _run(path, Path(folder), list(dict.fromkeys(wanted)))
        columns = _columns(path, meta)
        if not meta["chosen"]:
            return SpssFile(pd.DataFrame(), {}, columns)
        _require_whole(path, meta)
        with np.load(Path(folder) / "columns.npz", allow_pickle=False) as arrays:
            data = {
                name.upper(): _column(arrays[f"c{number}"], meta["texts"].get(name))
                for number, name in enumerate(meta["chosen"])
            }
    labels = {name.upper(): dict(map(tuple, pairs)) for name, pairs in meta["labels"].items()}
    dates = tuple(name.upper() for name in meta["dates"])
    return SpssFile(pd.DataFrame(data, copy=False), labels, columns, dates)


def require_spss(path: Path) -> None:
    """Raise unless `path` is a file that begins as SPSS data files do."""
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    with path.open("rb") as handle:
        start = handle.read(512)
    if start[:4] in SIGNATURES:
        return
    if not start:
        problem = "the file is empty; get it again, or remove it"
    elif start[:2] == b"PK":
        problem = "this is a zip archive; unpack it and put the .sav file here"
    elif start[:2] == b"\x1f\x8b":
        problem = "this is a gzip archive; unpack it and put the .sav file here"
    elif start.lstrip()[:1] == b"<":
        problem = "this is a web page, not data; the download went wrong, log in and get the file again"
    else:
        problem = f"this is not an SPSS data file: it begins with {start[:4]!r} instead of $FL2 or $FL3"
    raise ValueError(f"{path.name}: {problem}")


def _run(path: Path, folder: Path, wanted: list[str]) -> dict:
    command = [sys.executable, "-P", str(_CHILD), str(path.resolve()), str(folder), *wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"{path.name}: not read within {_LONGEST} seconds; get the file again") from error
    said = folder / "meta.json"
    if done.returncode or not said.is_file():
        ended = (
            f"by signal {signal.Signals(-done.returncode).name}"
            if done.returncode < 0
            else f"with {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
        )
        raise ValueError(
            f"{path.name}: the SPSS file is damaged or crafted; reading it ended its process {ended}. Get it "
            "again from who publishes it"
        )
    return json.loads(said.read_text(encoding="utf-8"))


def _columns(path: Path, meta: dict) -> tuple[str, ...]:
    """All names in upper case."""
    if "error" in meta:
        raise ValueError(f"{path.name}: the SPSS file is damaged or cut off ({meta['error']}); get it again")
    if "doubled" in meta:
        raise ValueError(f"{path.name}: {meta['doubled'][0]}; the file has two columns of one name, keep one")
    upper: dict[str, str] = {}
    for name in meta["columns"]:
        if name.upper() in upper:
            raise ValueError(
                f"{path.name}: columns {upper[name.upper()]} and {name} differ in case only; keep one"
            )
        upper[name.upper()] = name
    return tuple(upper)


def _require_whole(path: Path, meta: dict) -> None:
    if meta["rows"] == 0:
        raise ValueError(f"{path.name}: the file has columns but no rows; get the data file, not a template")
    if meta["promised"] is not None and 0 <= meta["promised"] != meta["rows"]:
        raise ValueError(
            f"{path.name}: the header promises {meta['promised']} rows, the file holds {meta['rows']}; it is "
            "cut off, get it again"
        )
    if meta["unfit"]:
        column, row = meta["unfit"]
        raise ValueError(
            f"{path.name}: column {column}, row {row}: the bytes are not text in the encoding that the file "
            "declares; save it anew as Unicode"
        )


def _column(values: np.ndarray, texts: list[str] | None) -> pd.Series:
    if texts is None:
        return pd.Series(values, copy=False)
    known = np.array([*texts, None], dtype=object)  # code -1 is missing
    return pd.Series(known[values], dtype="str")
