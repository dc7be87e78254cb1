"""Pupils in secondary education by school location: DUO open onderwijsdata.

The file ``01.-leerlingen-vo-per-vestiging-naar-onderwijstype-<year>.csv``: separated by semicolons, counts by
grade and sex in twelve columns. A count of one to four is masked as ``<5``. It is neither 0 nor 5 nor
anything between: it stays missing, every sum over it is missing, and how many are masked is reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.sources.contract import conform
from analysis.sources.duo_contract import GRADES, MASKED, PUPILS, SEXES, track_of
from analysis.sources.geography import province_names
from analysis.sources.texttable import read_text_table, shown
from analysis.workspace import Workspace

SEPARATOR = ";"
ENCODINGS = ("utf-8", "cp1252")  # older editions; a name that comes out wrong is refused below
_NAMES = {  # ours: names in the editions, newest first
    "institution": ("INSTELLINGSCODE", "BRIN NUMMER"),
    "branch": ("VESTIGINGSCODE", "VESTIGINGSNUMMER"),
    "municipality": ("GEMEENTENUMMER",),
    "province": ("PROVINCIE",),
    "type": ("ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR", "ONDERWIJSTYPE VO", "ONDERWIJSTYPE"),
}
_COUNT = "LEER- OF VERBLIJFSJAAR {grade} - {sex}"
_OTHER_NAMES = {"friesland": "PV21"}
_SHOWN = 5


@dataclass(frozen=True)
class DuoPupils:
    """Pupils by location, track, grade and sex.

    Attributes
    ----------
    frame : pandas.DataFrame
        As :data:`analysis.sources.duo_contract.PUPILS`.
    masked : int
        Counts in the file that are masked.
    cells : int
        Counts in the file.
    """

    frame: pd.DataFrame
    masked: int
    cells: int

    @property
    def remark(self) -> str:
        """A Dutch sentence for the report's data section."""
        share = 100 * self.masked / self.cells
        return (
            f"Van de {self.cells} aantallen zijn er {self.masked} afgeschermd als '{MASKED}' "
            f"({share:.1f}%".replace(".", ",")
            + "); die tellen als onbekend."
        )


def read_pupils(path: Path, workspace: Workspace | None = None) -> DuoPupils:
    """Pupils of the file.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, damaged or of another kind, lacks a column, or holds a count that is none, an
        unknown province or type of education; names file, column and row.
    """
    path = Path(path)
    raw = read_text_table(path, separator=SEPARATOR, encodings=ENCODINGS)
    columns = {ours: _column(raw, names, path) for ours, names in _NAMES.items()}
    counts = {(grade, sex): _COUNT.format(grade=grade, sex=sex) for grade in GRADES for sex in SEXES}
    absent = [name for name in counts.values() if name not in raw]
    if absent:
        raise ValueError(f"{path.name}: column {', '.join(absent[:_SHOWN])} is absent")
    place = pd.DataFrame(
        {
            "location": _locations(raw, columns, path),
            "municipality": _municipalities(raw, columns["municipality"], path),
            "province": _provinces(raw, columns["province"], path, workspace),
            "track": _tracks(raw, columns["type"], path),
        }
    )
    _require_once(raw.drop(columns=list(counts.values())), path)
    pieces = []
    for (grade, sex), name in counts.items():
        numbers, masked = _counts(raw[name], path)
        pieces.append(place.assign(grade=grade, female=SEXES[sex], pupils=numbers, masked=masked.astype(int)))
    long = pd.concat(pieces, ignore_index=True)
    _require_one_place(long, path)
    keys = ["location", "municipality", "province", "track", "grade", "female"]
    grouped = long.groupby(keys, sort=True)
    frame = grouped.agg(pupils=("pupils", "sum"), masked=("masked", "sum")).reset_index()
    frame["pupils"] = frame["pupils"].where(frame["masked"] == 0)
    frame = conform(frame.astype({"grade": "int64", "female": "int64", "masked": "int64"}), PUPILS, path.name)
    return DuoPupils(frame, masked=int(long["masked"].sum()), cells=len(long))


def school_places(path: Path) -> pd.DataFrame:
    """Municipality (``GM0363``) by location (``01AB00``) in such a file; of the counts nothing is read.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`read_pupils`, for location and municipality.
    """
    raw = read_text_table(path, separator=SEPARATOR, encodings=ENCODINGS)
    columns = {name: _column(raw, _NAMES[name], path) for name in ("institution", "branch", "municipality")}
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


def _provinces(raw: pd.DataFrame, name: str, path: Path, workspace: Workspace | None) -> pd.Series:
    codes = {label.casefold(): code for code, label in province_names(workspace).items()} | _OTHER_NAMES
    found = raw[name].str.casefold().map(codes)
    _refuse(found.isna(), raw[name], path, name, "no province")
    return found.astype("str")


def _tracks(raw: pd.DataFrame, name: str, path: Path) -> pd.Series:
    known = {text: track_of(text) for text in raw[name].unique()}
    found = raw[name].map(known)
    _refuse(found.isna(), raw[name], path, name, "a type of education without a known track")
    return found.astype("str")


def _counts(column: pd.Series, path: Path) -> tuple[pd.Series, pd.Series]:
    """Counts, masked ones as missing, and which are masked."""
    masked = column.str.replace(" ", "") == MASKED
    whole = column.str.fullmatch("[0-9]{1,6}")
    _refuse(~masked & ~whole, column, path, str(column.name), f"neither a whole number nor {MASKED}")
    return pd.to_numeric(column.where(whole)).astype(float), masked


def _require_once(described: pd.DataFrame, path: Path) -> None:
    """A row that says the same as another, counts aside, would count its pupils twice."""
    again = described.duplicated()
    if again.any():
        row = int(again.to_numpy().argmax())
        raise ValueError(
            f"{path.name}, row {row + 1}: the same location and education as in an earlier row; "
            f"{int(again.sum())} such rows"
        )


def _require_one_place(long: pd.DataFrame, path: Path) -> None:
    places = long.groupby("location")[["municipality", "province"]].nunique()
    moved = places.index[(places > 1).any(axis=1)]
    if len(moved):
        raise ValueError(
            f"{path.name}: location {moved[0]} stands in more than one municipality or province; are columns "
            "swapped?"
        )


def _refuse(wrong: pd.Series, values: pd.Series, path: Path, column: str, said: str) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        decimal = "; is it a decimal comma?" if re.fullmatch(r"[0-9]+,[0-9]+", values.iloc[row]) else ""
        raise ValueError(
            f"{path.name}: column {column}, row {row + 1}: {shown(values.iloc[row])} is {said}{decimal}; "
            f"{int(wrong.sum())} such rows"
        )
