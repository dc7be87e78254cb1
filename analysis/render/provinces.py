"""What the sheet of a province says: cited facts, and released results with their interval."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import SYNTHETIC_CAPTION
from analysis.release.fragments import pipe_table, read_description
from analysis.release.markdown import escape
from analysis.render.editions import released_folder
from analysis.render.project import RenderError
from analysis.results import ROWS_FILE, Result, read_rows
from analysis.sources import facts as source
from analysis.sources.facts_contract import COUNTRY, SOUTH
from analysis.sources.geography import province_names
from analysis.workspace import Workspace

EFFECTS = "fig-regio-ruw"  # released figure whose table holds the province effects
LIMIT = "regio.smallest_deviation"
NATIONAL = ("prodemos.att", "tienskip.att")
_RAW, _SHRUNKEN = ("ruw", "ruw laag", "ruw hoog"), ("bijgesteld", "bijgesteld laag", "bijgesteld hoog")
_NO_PROGRAMME_PLACE = "geen plaats van het programma"
_SOUTHERN = ("PV30", "PV31")
_TRACKS = {
    "vmbo_3_4": "vmbo, leerjaar 3 en 4",
    "havo_3_5": "havo, leerjaar 3 tot en met 5",
    "vwo_3_6": "vwo, leerjaar 3 tot en met 6",
}


@dataclass(frozen=True)
class Material:
    """Everything the sheets are made of, read once."""

    names: Mapping[str, str]
    facts: pd.DataFrame
    sections: pd.DataFrame
    lines: pd.DataFrame
    population: pd.DataFrame
    pupils: pd.DataFrame
    effects: Mapping[str, Mapping[str, str]]
    kind: DataKind
    rows: Mapping[str, Result]


def read_material(workspace: Workspace) -> Material:
    """Facts and released results for all sheets.

    Raises
    ------
    RenderError
        If a result or the table of province effects was not released, or a province is not in it.
    """
    released = released_folder(workspace)
    rows = {row.id: row for row in read_rows(released / ROWS_FILE)}
    absent = [name for name in (LIMIT, *NATIONAL) if name not in rows]
    description = released / "exhibits" / f"{EFFECTS}.json"
    cells = description.with_suffix(".csv")
    if absent or not description.is_file() or not cells.is_file():
        wanted = ", ".join([*absent, *([] if cells.is_file() else [EFFECTS])])
        raise RenderError(
            f"the sheets of the provinces need {wanted}, which was not released; build all first"
        )
    with cells.open(encoding="utf-8", newline="") as handle:
        effects = {record["provincie"]: record for record in csv.DictReader(handle)}
    names = province_names(workspace)
    missing = [name for name in names.values() if name not in effects]
    if missing:
        raise RenderError(f"{EFFECTS} has no row for {', '.join(missing)}")
    return Material(
        names=names,
        facts=source.letter_facts(workspace),
        sections=source.letter_sections(workspace),
        lines=source.programme_lines(workspace),
        population=source.cbs_population(workspace).set_index("statcode"),
        pupils=source.cbs_pupils(workspace).set_index("statcode"),
        effects=effects,
        kind=DataKind.combine([read_description(description).kind, *(rows[name].kind for name in NATIONAL)]),
        rows=rows,
    )


def sheet_values(code: str, material: Material) -> dict[str, str]:
    """The variables ``provincie.*`` of one province; those of several lines are whole blocks."""
    name = material.names[code]
    limit = material.rows[LIMIT]
    decimals = 0 if float(limit.value).is_integer() else limit.decimals
    return {
        "naam": escape(name),
        "gemeld": _reported(code, name, material),
        "cijfers": _figures(code, name, material),
        "status": _status(material.kind),
        "uitkomst": _outcome(name, material),
        "grens": escape(f"{dutch.number(limit.value, decimals)} {limit.unit} naar beide kanten"),
    }


def _reported(code: str, name: str, material: Material) -> str:
    facts = material.facts
    label = material.sections.set_index(["letter", "section"])["label"]
    here = facts[(facts["kind"] == "plaats") & (facts["statcode"] == code)]
    here = here[~here["note"].str.contains(_NO_PROGRAMME_PLACE, regex=False)]
    by_result, by_id = facts.set_index("result"), facts.set_index("id")

    def place(fact) -> str:
        return f"brief {fact['letter']}, {label[fact['letter'], fact['section']]}"

    prodemos = here[here["line"] == "prodemos"]
    contact, joined, extend = (by_id.loc[f"a_prodemos_{part}"] for part in ("2024", "2025", "extend"))
    if len(prodemos):
        told = (
            f"Genoemd. In {contact['date']} contact met alle gemeenten en mbo-scholen; in {joined['date']} "
            "samenwerking met een groot aantal gemeenten, onbekend welke. Bereikte leerlingen: onbekend."
        )
        cells = [["ProDemos", told, place(prodemos.iloc[0])]]
    else:
        told = f"Niet genoemd. Uitbreiden naar {extend['text']} is {extend['status']}; wanneer, is onbekend."
        cells = [["ProDemos", told, place(extend)]]
    six = by_result.loc["tienskip_provinces"]
    own = "".join(
        f" Wel genoemd: {row.text} ({row.label})." for row in here[here["line"] == "tienskip"].itertuples()
    )
    told = f"Onbekend: de brief noemt een uitbreiding, maar niet naar welke provincies.{own}"
    cells.append(["Tienskip", told, place(six)])
    applied = by_id.loc["a_loketd_provinces"]
    own = "".join(
        f" Wel genoemd: {row.text} ({row.label})." for row in here[here["line"] == "loket_d"].itertuples()
    )
    told = f"Aanvragen kwamen uit {applied['text']}. Hoeveel van hier: onbekend.{own}"
    cells.append(["Loket D", told, place(applied)])
    for line in material.lines.itertuples():
        named = here[here["line"] == line.line]
        if line.line in ("prodemos", "tienskip", "loket_d") or named.empty:
            continue
        told = "; ".join(f"{row.text}: {row.label} ({row.status})" for row in named.itertuples())
        cells.append([line.short, f"{told}.", place(named.iloc[0])])
    return _table(
        [
            ["Programmalijn", "Volgens de brieven"],
            *([line, f"{told} Bron: {where}."] for line, told, where in cells),
        ],
        "ll",
        (18, 82),
        f"Wat de twee brieven over {name} melden. Zij meten geen effect.",
        "tbl-provincie-gemeld",
    )


def _figures(code: str, name: str, material: Material) -> str:
    def counts(table: pd.DataFrame, column: str) -> list[str]:
        return [dutch.number(int(table.loc[where, column])) for where in (code, COUNTRY)]

    pupils = material.pupils
    total = counts(pupils, "total")
    if pupils.loc[code, "total_status"] == "recomputed":
        total[0] += " (nagerekend)"
    cells = [
        ["Inwoners, 1 januari 2024 (voorlopig)", *counts(material.population, "population")],
        ["Gemeenten, 1 januari 2024", *counts(material.population, "municipalities")],
        ["Leerlingen in het voortgezet onderwijs, 2021/22", *total],
    ]
    for column, track in _TRACKS.items():
        own = pupils.loc[code, column]
        country = dutch.number(int(pupils.loc[COUNTRY, column]))
        if pd.isna(own):
            both = dutch.number(int(pupils.loc[SOUTH, column]))
            cells.append([f"– {track}", f"{both} (met {_other(code, material.names)})", country])
        else:
            cells.append([f"– {track}", dutch.number(int(own)), country])
    return _table(
        [["Kenmerk", name, "Nederland"], *cells],
        "lrr",
        (50, 30, 20),
        "Inwoners, gemeenten en leerlingen. Bron: CBS.",
        "tbl-provincie-cijfers",
    )


def _outcome(name: str, material: Material) -> str:
    effect = material.effects[name]
    limit = material.rows[LIMIT]

    def own(label: str, columns: Sequence[str]) -> list[str]:
        value, low, high = (float(effect[column]) for column in columns)
        told = dutch.number(value, 1, sign=True)
        return [f"{name}: {label}", f"{told} {limit.unit}", dutch.interval(low, high, 1)]

    cells = [
        own("afwijking in burgerschapskennis, ruw", _RAW),
        own("afwijking in burgerschapskennis, bijgesteld", _SHRUNKEN),
    ]
    for id, line in zip(NATIONAL, ("ProDemos", "Tienskip"), strict=True):
        row = material.rows[id]
        value = dutch.number(row.value, row.decimals, sign=True)
        value += f" {row.unit}" if row.value is not None else ""
        cells.append([f"Provincies samen: {line}, {row.label}", value, row.interval_text])
    mark = f" {SYNTHETIC_CAPTION}" if material.kind is DataKind.SYNTHETIC else ""
    return _table(
        [["Uitkomst", "Schatting", "95%-interval"], *cells],
        "lrl",
        (58, 20, 22),
        f"Uitkomsten van dit onderzoek voor {name}.{mark}",
        "tbl-provincie-uitkomst",
    )


def _status(kind: DataKind) -> str:
    if kind is DataKind.SYNTHETIC:
        return (
            '::: {.callout-warning .synthetisch title="Synthetische gegevens, geen bevindingen"}\n'
            "Deze uitkomsten zijn synthetisch: berekend uit nagebootste gegevens. Zij laten zien dat de "
            "rekenwijze werkt en zeggen niets over de provincie.\n:::"
        )
    return (
        '::: {.callout-note title="Echte gegevens"}\n'
        "Deze uitkomsten zijn berekend uit echte gegevens van personen of scholen.\n:::"
    )


def _table(cells: list[list[str]], align: str, widths: Sequence[int], caption: str, label: str) -> str:
    return pipe_table(
        [[escape(cell) for cell in row] for row in cells], align, widths, escape(caption), label
    )


def _other(code: str, names: Mapping[str, str]) -> str:
    """The other province of the south: by track, pupils of the two are counted together."""
    return next(names[other] for other in _SOUTHERN if other != code)
