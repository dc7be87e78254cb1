"""Read some columns of an SPSS file, or say what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyreadstat

SIGNATURES = (b"$FL2", b"$FL3")


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
    """

    frame: pd.DataFrame
    labels: dict[str, dict[float | str, str]]
    columns: tuple[str, ...]


def read_spss(path: Path, wanted: Iterable[str]) -> SpssFile:
    """Those of the `wanted` columns (upper case) that the file has, whatever the case of its names.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, of another format, truncated or damaged, has no rows, or has two columns of
        one name but for case.
    """
    path = Path(path)
    require_spss(path)
    names = _names(path)
    upper = {}
    for name in names:
        if name.upper() in upper:
            raise ValueError(
                f"{path.name}: columns {upper[name.upper()]} and {name} differ in case only; keep one"
            )
        upper[name.upper()] = name
    chosen = [upper[name] for name in dict.fromkeys(wanted) if name in upper]
    if not chosen:
        return SpssFile(pd.DataFrame(), {}, tuple(upper))
    frame, meta = _read(path, usecols=chosen)
    if len(frame) == 0:
        raise ValueError(f"{path.name}: the file has columns but no rows; get the data file, not a template")
    if meta.number_rows is not None and 0 <= meta.number_rows != len(frame):
        raise ValueError(
            f"{path.name}: the header promises {meta.number_rows} rows, the file holds {len(frame)}; it is "
            "cut off, get it again"
        )
    labels = {name.upper(): values for name, values in meta.variable_value_labels.items()}
    return SpssFile(frame.rename(columns=str.upper), labels, tuple(upper))


def require_spss(path: Path) -> None:
    """Raise unless `path` is a file that begins as SPSS data files do."""
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    with path.open("rb") as handle:
        start = handle.read(512)
    if start[:4] in SIGNATURES:
        return
    if not start:
        problem = "the file is empty"
    elif start[:2] == b"PK":
        problem = "this is a zip archive; unpack it and put the .sav file here"
    elif start[:2] == b"\x1f\x8b":
        problem = "this is a gzip archive; unpack it and put the .sav file here"
    elif start.lstrip()[:1] == b"<":
        problem = "this is a web page, not data; the download went wrong, log in and get the file again"
    else:
        problem = f"this is not an SPSS data file: it begins with {start[:4]!r} instead of $FL2 or $FL3"
    raise ValueError(f"{path.name}: {problem}")


def _names(path: Path) -> list[str]:
    _, meta = _read(path, metadataonly=True)
    return list(meta.column_names)


def _read(path: Path, **options):
    """pyreadstat with the encoding the file names, else Latin-1 as in the files of before 2010."""
    try:
        try:
            return pyreadstat.read_sav(path, disable_datetime_conversion=True, **options)
        except UnicodeDecodeError:
            return pyreadstat.read_sav(path, disable_datetime_conversion=True, encoding="LATIN1", **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(
            f"{path.name}: the SPSS file is damaged or cut off ({error}); get it again"
        ) from error
