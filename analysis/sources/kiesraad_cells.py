"""Cells, regions and sums of a table of votes, checked: what all its forms have in common."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from analysis.sources.kiesraad_contract import ABROAD, BODY, MOST_VOTES, MUNICIPALITY
from analysis.sources.placenames import CARIBBEAN_NUMBERS
from analysis.sources.sheets import read_sheets
from analysis.sources.texttable import shown

COUNTS = ("eligible", "voters", "valid", "blank", "invalid")
COLUMNS = ("code", "name", "kind", "province", *COUNTS)
DISTRICTS = {
    f"K{number}": f"PV{province}"
    for number, province in enumerate(
        [20, 21, 22, 23, 24, 25, 25, 26, 27, 27, 27, 28, 28, 28, 28, 29, 30, 30, 31], start=1
    )
}
"""Province of each constituency; K20 is Bonaire."""
PS_NAMES = dict(
    zip(
        [
            *("Groningen", "Fryslan", "Drenthe", "Overijssel", "Flevoland", "Gelderland", "Utrecht"),
            *("NoordHolland", "ZuidHolland", "Zeeland", "NoordBrabant", "Limburg"),
        ],
        [f"PV{number}" for number in range(20, 32)],
        strict=True,
    )
)
"""Province in the identifier of an election of Provinciale Staten (``PS2023_NoordHolland``)."""
_ABROAD_NUMBERS = (9010, 9999)  # votes from abroad where they are a unit of their own (2023 and on; 2006)
_REGION = re.compile(r"(GM|G|O)?(\d{1,4})")
_NAME = re.compile(r"[A-Za-zÂâÊêÔôÛûÚúÉéËëÏïÖöÜü0-9'’ .,()/-]+")  # letters of Dutch and Frisian places


def sheet_rows(path: Path, tab: str, names: list[str]) -> pd.DataFrame:
    """The columns `names` of one tab of a workbook, as text."""
    (sheet,) = read_sheets(path, {name: (name,) for name in names}, names, tab=tab)
    return sheet.frame.reset_index(drop=True)


def require_columns(table: pd.DataFrame, names: list[str], path: Path) -> None:
    absent = [name for name in names if name not in table]
    if absent:
        raise ValueError(
            f"{path.name}: column {', '.join(absent)} is absent; it has {', '.join(table)[:200]}"
        )


def regions(table: pd.DataFrame, code: str, name: str, path: Path) -> pd.DataFrame:
    """Code, name and kind of each region; a code or name that is none is named."""
    require_names(table[name], name, path)
    codes, kinds = [], []
    for row, (text, called) in enumerate(zip(table[code], table[name], strict=True), start=1):
        found = _REGION.fullmatch(text)
        if not found or not called:
            raise ValueError(
                f"{path.name}: column {code}, row {row}: {shown(text)} ({shown(called)}) is no region"
            )
        number = int(found[2])
        kind = BODY if number in CARIBBEAN_NUMBERS else ABROAD if number in _ABROAD_NUMBERS else MUNICIPALITY
        kinds.append(kind)
        codes.append(
            CARIBBEAN_NUMBERS.get(number)
            if kind == BODY
            else f"GM{number:04d}"
            if kind == MUNICIPALITY
            else None
        )
    found = pd.DataFrame({"code": codes, "name": table[name].to_numpy(), "kind": kinds})
    twice = found["code"].duplicated() & found["code"].notna()
    if twice.any():
        row = found[twice].iloc[0]
        raise ValueError(f"{path.name}: {row['code']} ({row['name']}) occurs twice")
    return found


def require_names(names: pd.Series, column: str, path: Path) -> None:
    wrong = ~names.str.fullmatch(_NAME)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ValueError(f"{path.name}: column {column}, row {row + 1}: {shown(names.iloc[row])} is no name")


def provinces_of(parents: pd.Series, kinds: pd.Series, path: Path) -> list[str | None]:
    found = []
    for row, (parent, kind) in enumerate(zip(parents, kinds, strict=True), start=1):
        code = DISTRICTS.get(parent) or (f"PV{parent[1:]}" if re.fullmatch(r"P(2\d|3[01])", parent) else None)
        if kind == MUNICIPALITY and code is None:
            raise ValueError(
                f"{path.name}: column OuderRegioCode, row {row}: {shown(parent)} is no province, and no "
                "constituency"
            )
        found.append(code if kind == MUNICIPALITY else None)
    return found


def whole_numbers(table: pd.DataFrame, column: str, path: Path, *, missing: bool = False) -> pd.Series:
    """Whole numbers of zero or more; an empty cell is missing where that is allowed."""
    text = table[column]
    empty = text == ""
    good = text.str.fullmatch(r"[0-9]{1,9}") | (empty & missing)
    if not good.all():
        row = int((~good).argmax())
        raise ValueError(
            f"{path.name}: column {column}, row {table.index[row] + 1}: {shown(text.iloc[row])} is no whole "
            "number of zero or more"
        )
    return pd.to_numeric(text.where(~empty)).astype("Int64")


def require_equal(
    total: pd.Series, added: pd.Series, names: pd.Series, what: str, parts: str, path: Path
) -> None:
    added = added.reindex(total.index)
    wrong = (total != added).fillna(True)
    if wrong.any():
        place = total.index[wrong.to_numpy().argmax()]
        raise ValueError(
            f"{path.name}: {names[place]}: {what} is {total[place]}, {parts} add up to {added[place]}"
        )


def checked(found: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Counts that hang together, in the order of :data:`COLUMNS`."""
    for name in COUNTS:
        if name not in found:
            found[name] = pd.array([pd.NA] * len(found), dtype="Int64")
        found[name] = found[name].astype("Int64")
    if path.name.upper().startswith("ANP"):
        parts = pd.Series(pd.NA, found.index, dtype="Int64")  # a rounded turnout adds up to nothing
    else:
        parts = found["valid"] + found["blank"].fillna(0) + found["invalid"].fillna(0)
    for wrong, said in (
        ((found["voters"] != parts).fillna(False), "votes cast are not valid, blank and invalid together"),
        ((found["eligible"] == 0).fillna(False), "nobody is entitled"),
        (
            (found["voters"] > MOST_VOTES * found["eligible"]).fillna(False),
            "far more votes than people entitled",
        ),
    ):
        if wrong.any():
            row = found[wrong].iloc[0]
            counts = ", ".join(f"{name} {row[name]}" for name in COUNTS)
            raise ValueError(f"{path.name}: {row['name']}: {said} ({counts})")
    return found[list(COLUMNS)]
