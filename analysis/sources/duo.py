"""Where the locations of secondary schools lie: DUO open onderwijsdata.

The file ``01.-leerlingen-vo-per-vestiging-naar-onderwijstype-<year>.csv``, separated by semicolons. Its
counts of pupils are not read: those of one to four are masked as ``<5``, so hardly a sum over them is known.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.sources.texttable import read_text_table, shown

SEPARATOR = ";"
ENCODINGS = ("utf-8", "cp1252")  # older editions; a name that comes out wrong is refused below
_NAMES = {  # ours: names in the editions, newest first
    "institution": ("INSTELLINGSCODE", "BRIN NUMMER"),
    "branch": ("VESTIGINGSCODE", "VESTIGINGSNUMMER"),
    "municipality": ("GEMEENTENUMMER",),
}


def school_places(path: Path) -> pd.DataFrame:
    """Municipality (``GM0363``) by location (``01AB00``); a location that lies in two stands there twice.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, damaged or of another kind, lacks a column, or holds a code that is none; names
        file, column and row.
    """
    path = Path(path)
    raw = read_text_table(path, separator=SEPARATOR, encodings=ENCODINGS)
    columns = {name: _column(raw, names, path) for name, names in _NAMES.items()}
    table = pd.DataFrame(
        {
            "location": _locations(raw, columns, path),
            "municipality": _municipalities(raw, columns["municipality"], path),
        }
    )
    return table.drop_duplicates(ignore_index=True)


def _column(raw: pd.DataFrame, names: tuple[str, ...], path: Path) -> str:
    found = next((name for name in names if name in raw), None)
    if found is None:
        raise ValueError(
            f"{path.name}: column {' or '.join(names)} is absent; the file has "
            f"{', '.join(list(raw.columns)[:12])} …"
        )
    return found


def _locations(raw: pd.DataFrame, columns: dict[str, str], path: Path) -> pd.Series:
    """Institution (``00AH``) and branch (``00`` to ``99``) together, six characters."""
    institution = raw[columns["institution"]].str.upper()
    branch = raw[columns["branch"]].str.upper()
    branch = branch.where(~branch.str.fullmatch(r"[0-9]{2}[A-Z]{2}[0-9]{2}"), branch.str[4:]).str.zfill(2)
    location = institution + branch
    _refuse(
        ~location.str.fullmatch(r"[0-9]{2}[A-Z]{2}[0-9]{2}"), location, path, columns["branch"], "no location"
    )
    return location


def _municipalities(raw: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """``363`` or ``0363`` as ``GM0363``; text of six characters."""
    digits = raw[name].str.removeprefix("GM")
    _refuse(~digits.str.fullmatch(r"[0-9]{1,4}"), raw[name], path, name, "no number of a municipality")
    return "GM" + digits.str.zfill(4)


def _refuse(wrong: pd.Series, values: pd.Series, path: Path, column: str, said: str) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: {shown(values.iloc[row])} is {said}; "
            f"{int(wrong.sum())} such rows"
        )
