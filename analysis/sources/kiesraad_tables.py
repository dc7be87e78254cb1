"""Tables of votes by municipality, in the forms in which the Kiesraad and the ANP published them.

Each form is known by the name of its file, since most tables do not say which election they hold. Whatever
can be added up within a table is: lists to valid votes; valid, blank and invalid to votes cast;
municipalities to the totals above them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.sources.archive import read_bytes
from analysis.sources.kiesraad_cells import (
    COUNTS,
    PS_NAMES,
    checked,
    provinces_of,
    regions,
    require_columns,
    require_equal,
    require_names,
    sheet_rows,
    whole_numbers,
)
from analysis.sources.kiesraad_contract import MOST_VOTES, MUNICIPALITY
from analysis.sources.texttable import decoded, read_text_table, shown, text_table

LARGEST = 64 * 2**20


@dataclass(frozen=True)
class Form:
    """One way in which a table was published.

    Attributes
    ----------
    pattern : re.Pattern
        Of the name; groups ``election`` and ``day`` (eight digits, or the year).
    read : callable
        Path and year to a frame of :data:`COLUMNS`.
    whole : bool
        Holds all municipalities, so that a number that is too low means it was cut off.
    """

    pattern: re.Pattern
    read: Callable[[Path, str], pd.DataFrame]
    whole: bool = True


def read_wide(path: Path, year: str) -> pd.DataFrame:
    """``Uitslag_alle_gemeenten_TK…``: one row a municipality, one column a list."""
    table = read_text_table(path, separator=";")
    names = ["RegioNaam", "RegioCode", "OuderRegioCode", "Kiesgerechtigden", "Opkomst"]
    names += ["OngeldigeStemmen", "BlancoStemmen", "GeldigeStemmen"]
    require_columns(table, names, path)
    found = regions(table, "RegioCode", "RegioNaam", path)
    found["province"] = provinces_of(table["OuderRegioCode"], found["kind"], path)
    for ours, theirs in zip(COUNTS, ("Kiesgerechtigden", "Opkomst", "GeldigeStemmen"), strict=False):
        found[ours] = whole_numbers(table, theirs, path)
    for ours, theirs in (("blank", "BlancoStemmen"), ("invalid", "OngeldigeStemmen")):
        found[ours] = whole_numbers(table, theirs, path, missing=True)
    lists = table.columns[table.columns.get_loc("GeldigeStemmen") + 1 :]
    added = sum((whole_numbers(table, name, path, missing=True).fillna(0) for name in lists), start=0)
    require_equal(found["valid"], added, table["RegioNaam"], "GeldigeStemmen", "the lists", path)
    return checked(found, path)


def read_fields(path: Path, year: str) -> pd.DataFrame:
    """``TK20231122_uitslag_gemeente``: one row a region and field; constituencies above municipalities."""
    table = read_text_table(path, separator=";")
    names = ["Regio", "RegioCode", "OuderRegioCode", "VeldType", "Waarde"]
    require_columns(table, names, path)
    fields = {
        "Kiesgerechtigden": "eligible",
        "Opkomst": "voters",
        "AantalGeldigeStemmen": "valid",
        "AantalBlancoStemmen": "blank",
        "AantalOngeldigeStemmen": "invalid",
    }
    votes = table["VeldType"] == "LijstAantalStemmen"
    counted = table[table["VeldType"].isin(fields) | votes]
    if not table["VeldType"].isin([*fields, "LijstAantalStemmen", "KandidaatAantalStemmen"]).all():
        row = int(
            (~table["VeldType"].isin([*fields, "LijstAantalStemmen", "KandidaatAantalStemmen"])).argmax()
        )
        raise ValueError(
            f"{path.name}: column VeldType, row {row + 1}: unknown {shown(table['VeldType'][row])}"
        )
    counted = counted.assign(number=whole_numbers(counted, "Waarde", path))
    plain = counted[~votes.loc[counted.index]]
    twice = plain.duplicated(["RegioCode", "VeldType"])
    if twice.any():
        row = plain[twice].iloc[0]
        raise ValueError(f"{path.name}: {row['VeldType']} of {row['Regio']} occurs twice")
    wide = plain.pivot_table(index="RegioCode", columns="VeldType", values="number", aggfunc="sum")
    absent = [name for name in fields if name not in wide]
    if absent or wide[list(fields)].isna().any(axis=None):
        place = wide.index[wide.reindex(columns=list(fields)).isna().any(axis=1)][0] if len(wide) else "?"
        raise ValueError(f"{path.name}: region {place} lacks one of {', '.join(fields)}")
    wide = wide[list(fields)].rename(columns=fields).astype("Int64")
    first = table.drop_duplicates("RegioCode").set_index("RegioCode")
    added = counted[votes.loc[counted.index]].groupby("RegioCode")["number"].sum()
    require_equal(wide["valid"], added.reindex(wide.index), first["Regio"], "valid votes", "the lists", path)
    districts = wide[wide.index.str.startswith("K")]
    towns = wide[wide.index.str.match("[GO]")]
    sums = towns.groupby(first["OuderRegioCode"].reindex(towns.index)).sum()
    for name in ("eligible", "voters"):
        require_equal(districts[name], sums[name], first["Regio"], name, "the municipalities", path)
    table = first.loc[towns.index].reset_index()
    found = regions(table, "RegioCode", "Regio", path)
    found["province"] = provinces_of(table["OuderRegioCode"], found["kind"], path)
    for name in COUNTS:
        found[name] = towns[name].to_numpy()
    return checked(found, path)


def read_lists(path: Path, year: str) -> pd.DataFrame:
    """``uitslag_TK…_Gemeente`` and ``uitslag_GR…_Gemeente``: valid votes by municipality and list only."""
    text = decoded(read_bytes(path, LARGEST), path.name)
    header = text.partition("\n")[0].strip()
    separator = ";" if header.count(";") > header.count(",") else ","
    if separator == ";":
        text = _unquoted(text, path)
    table = text_table(text, path.name, separator)
    municipal = "Gemeente" in table
    code, name, votes = (
        ("Code", "Gemeente", "AantalStemmen") if municipal else ("Gemeentecode", "Regio", "Waarde")
    )
    label = "Partij" if municipal else "LijstNaam"
    require_columns(table, [code, name, label, votes], path)
    twice = table.duplicated([code, label])
    if twice.any():
        row = int(twice.argmax())
        raise ValueError(
            f"{path.name}: row {row + 1}: {shown(table[label][row])} occurs twice in {table[name][row]}"
        )
    table["number"] = whole_numbers(table, votes, path, missing=not municipal).fillna(0)
    sums = table.groupby(code, sort=False)["number"].sum()
    towns = table.drop_duplicates(code).reset_index(drop=True)
    found = regions(towns, code, name, path)
    found["province"] = None
    found["valid"] = sums.reindex(towns[code]).to_numpy()
    return checked(found, path)


def read_national_and_names(path: Path, year: str) -> pd.DataFrame:
    """``PS2011`` and ``GR2010``: national totals, then one row a municipality by name, without codes."""
    content = read_bytes(path, LARGEST)
    windows = not any(0x80 <= byte < 0xA0 for byte in content)  # letters of DOS stand where Windows has signs
    text = decoded(content, path.name, ("utf-8", "cp1252" if windows else "cp850"))
    lines = [line.rstrip(";\r") for line in text.split("\n")]
    start = next((number for number, line in enumerate(lines) if line.startswith("Naam;")), None)
    if start is None:
        raise ValueError(f"{path.name}: no header Naam;… above the municipalities; is the file cut off?")
    if year not in lines[0]:
        raise ValueError(f"{path.name}: the first line says {shown(lines[0])}, not {year}; was it renamed?")
    width = lines[start].count(";")
    end = next((n for n, line in enumerate(lines[start:], start) if "Aspose" in line), len(lines))
    body = [line for line in lines[start:end] if line.strip()]
    table = text_table(
        "\n".join(line + ";" * (width - line.count(";")) for line in body) + "\n", path.name, ";"
    )
    totals = dict(line.split(";")[:2] for line in lines[:start] if line.count(";") >= 1)
    theirs = dict(
        zip(
            COUNTS,
            ("# kiesgerechtigden", "Opkomst", "# geldige stemmen", "# blanco stemmen", "# ongeldige stemmen"),
            strict=True,
        )
    )
    require_columns(table, ["Naam", *theirs.values()], path)
    require_names(table["Naam"], "Naam", path)
    found = pd.DataFrame({"code": None, "name": table["Naam"], "kind": MUNICIPALITY, "province": None})
    for ours, name in theirs.items():
        found[ours] = whole_numbers(table, name, path)
        if str(found[ours].sum()) != totals.get(name, "").strip():
            raise ValueError(
                f"{path.name}: {name} of the {len(found)} municipalities add up to {found[ours].sum()}, the "
                f"total above them is {shown(totals.get(name, 'absent'))}; is the file cut off?"
            )
    return checked(found, path)


def read_anp(path: Path, year: str) -> pd.DataFrame:
    """``ANP_TK2025_opkomst_per_gemeente``: people entitled, turnout to 0.1 point, blank and invalid votes.

    The columns named ``voters`` hold the people entitled: those of the election before are the Kiesraad's.
    """
    table = read_text_table(path)
    names = ["turnout_current", "voters_current", "invalid_current", "blank_current"]
    require_columns(table, ["Municipality_cbs", "Regio", "updated_utc", *names], path)
    other = table["updated_utc"].str[:4] != year
    if other.any():
        row = int(other.argmax())
        raise ValueError(
            f"{path.name}: column updated_utc, row {row + 1}: {shown(table['updated_utc'][row])} is not in "
            f"{year}"
        )
    towns = table.drop_duplicates(["Municipality_cbs", *names]).reset_index(drop=True)
    found = regions(towns, "Municipality_cbs", "Regio", path)
    found["province"] = None
    for ours, theirs in (("eligible", "voters"), ("blank", "blank"), ("invalid", "invalid")):
        found[ours] = whole_numbers(towns, f"{theirs}_current", path)
    turnout = pd.to_numeric(towns["turnout_current"], errors="coerce")
    wrong = ~turnout.between(0, 100 * MOST_VOTES)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{path.name}: column turnout_current: {shown(towns['turnout_current'][row])} in "
            f"{towns['Regio'][row]} is no turnout in per cent"
        )
    found["voters"] = (found["eligible"].astype(float) * turnout / 100).round().astype("Int64")
    return checked(found, path)


def read_ps2015(path: Path, year: str) -> pd.DataFrame:
    """``PS2015_stemmen_per_gemeente.xls``: one row a municipality, provinces numbered PV1 to PV12."""
    names = ["Naam", "Code", "kiesgerechtigden", "geldige stemmen", "ongeldig", "blanco"]
    table = sheet_rows(path, "Gemeenten", names)
    last = table[table["Naam"] == ""]
    table = table[table["Naam"] != ""].reset_index(drop=True)
    parts = table["Code"].str.extract(r"^PV(1[0-2]|[1-9]):(\d{4})$")
    if parts.isna().any(axis=None):
        row = int(parts.isna().any(axis=1).argmax())
        raise ValueError(
            f"{path.name}: column Code, row {row + 1}: {shown(table['Code'][row])} is no PV1:0003"
        )
    found = regions(table.assign(Code=parts[1]), "Code", "Naam", path)
    found["province"] = "PV" + (parts[0].astype(int) + 19).astype(str)
    for ours, theirs in (
        ("eligible", names[2]),
        ("valid", names[3]),
        ("invalid", names[4]),
        ("blank", names[5]),
    ):
        found[ours] = whole_numbers(table, theirs, path)
        if len(last) == 1 and int(last[theirs].iloc[0]) != found[ours].sum():
            raise ValueError(
                f"{path.name}: column {theirs}: the municipalities add up to {found[ours].sum()}, the last "
                f"row says {last[theirs].iloc[0]}"
            )
    found["voters"] = found["valid"] + found["invalid"] + found["blank"]
    return checked(found, path)


def read_ps_sheet(path: Path, year: str) -> pd.DataFrame:
    """``Tellingen_PS_2023vs2019.xlsx``: one sheet an election; valid votes only."""
    names = ["GemeenteCode", "GemeenteNaam", "ElectionIdentifier", "Cast", "TotalCounted"]
    table = sheet_rows(path, f"PS{year}", names)
    named = table["ElectionIdentifier"].str.extract(rf"^PS{year}_(\w+)$")[0].map(PS_NAMES)
    if named.isna().any():
        row = int(named.isna().argmax())
        raise ValueError(
            f"{path.name}, sheet PS{year}: column ElectionIdentifier, row {row + 1}: "
            f"{shown(table['ElectionIdentifier'][row])} is no election of {year}"
        )
    found = regions(table, "GemeenteCode", "GemeenteNaam", path)
    found["province"] = named
    found["eligible"] = whole_numbers(table, "Cast", path)
    found["valid"] = whole_numbers(table, "TotalCounted", path)
    found["voters"] = found["valid"]
    return checked(found, path)


FORMS = (
    Form(re.compile(r"Uitslag_alle_gemeenten_(?P<election>TK)(?P<day>\d{8})\.csv", re.I), read_wide),
    Form(re.compile(r"(?P<election>TK)(?P<day>\d{8})_uitslag_gemeente\.csv", re.I), read_fields),
    Form(re.compile(r"(?P<election>TK)(?P<day>\d{4})_uitslag\.csv", re.I), read_fields),
    Form(re.compile(r"uitslag_(?P<election>TK|GR)(?P<day>\d{8})_Gemeente\.csv", re.I), read_lists),
    Form(re.compile(r"ANP_(?P<election>TK)(?P<day>\d{4})_opkomst_per_gemeente\.csv", re.I), read_anp),
    Form(re.compile(r"(?P<election>PS|GR)(?P<day>\d{4})\.csv", re.I), read_national_and_names, whole=False),
    Form(re.compile(r"(?P<election>PS)(?P<day>2015)_stemmen_per_gemeente\.xls", re.I), read_ps2015),
    Form(re.compile(r"Tellingen_(?P<election>PS)_(?P<day>2023)vs2019\.xlsx", re.I), read_ps_sheet),
)
"""Best first: what the Kiesraad fixed goes before lists alone, and before what the ANP gathered."""
SECOND_SHEET = {"tellingen_ps_2023vs2019.xlsx": "2019"}  # election besides the one in the name


def _unquoted(text: str, path: Path) -> str:
    """Text in which quotes are part of a name and lines end in a separator, as a table in the usual form."""
    lines = text.replace("\r\n", "\n").split("\n")
    width = lines[0].count(";") + 1
    kept = []
    for number, line in enumerate(lines[:-1], start=1):
        cells = line.split(";")
        if len(cells) != width:
            raise ValueError(f"{path.name}, line {number}: {len(cells)} cells, the header has {width}")
        kept.append(";".join('"' + cell.replace('"', '""') + '"' for cell in cells[: width - 1]))
    return "\n".join([*kept, lines[-1]])
