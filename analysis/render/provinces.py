"""What the sheet of a province says: cited facts, and released results with their interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import dutch
from analysis.answers.regio_names import TURNOUT_PREFIX as TURNOUT
from analysis.chapters.antwoord import out_of_reach
from analysis.chapters.cells import Cells, Points
from analysis.chapters.regio import OUTCOMES
from analysis.chapters.regio_opkomst import province_line
from analysis.datakind import DataKind
from analysis.design.questions import exposures, questions
from analysis.design.regio import regio_design
from analysis.exhibits import SYNTHETIC_CAPTION, FigureExhibit
from analysis.release.fragments import pipe_table
from analysis.release.markdown import escape
from analysis.render.editions import released_folder
from analysis.render.project import RenderError
from analysis.results import (
    NOT_ESTABLISHED,
    ROWS_FILE,
    SERIES_FOLDER,
    Released,
    Result,
    Series,
    interval_name,
    read_rows,
    read_series,
)
from analysis.results.row import NOT_SHOWN
from analysis.sources import facts as source
from analysis.sources.facts_contract import COUNTRY, SOUTH
from analysis.sources.geography import province_names
from analysis.workspace import Workspace

LIMIT = "smallest_deviation"
_RAW, _SHRUNKEN = ("raw", "raw_low", "raw_high"), ("shrunken", "low", "high")
_ELSEWHERE = "Waarom iets niet is vast te stellen, en wat daarvoor nodig is, staat in het rapport."
_CANNOT = "De opkomst kan een effect niet tonen."
_NO_PROGRAMME_PLACE = "geen plaats van het programma"
_ROLES = ("primary", "secondary")
_AT_LEAST = "ten minste "
_SOUTHERN = ("PV30", "PV31")
_TRACKS = {
    "vmbo_3_4": "vmbo, leerjaar 3 en 4",
    "havo_3_5": "havo, leerjaar 3 tot en met 5",
    "vwo_3_6": "vwo, leerjaar 3 tot en met 6",
}


@dataclass(frozen=True)
class Material:
    """Everything the sheets are made of, read once.

    Attributes
    ----------
    effects : tuple of (str, Series)
        Province effects with the name of their outcome; only those that were released.
    limits : tuple of Result
        The smallest deviation of interest of each of these.
    national : tuple of (str, Result)
        Programme and effect, of the questions that a sheet names.
    unanswerable : frozenset of str
        Ids of those effects that the outcome cannot show, whatever they are.
    reached : tuple of (str, Series, Result)
        Programme, what its registration counts by province, and the total; only those with a registration.
    turnout : Series or None
        Turnout by province and election.
    """

    names: Mapping[str, str]
    facts: pd.DataFrame
    sections: pd.DataFrame
    lines: pd.DataFrame
    population: pd.DataFrame
    pupils: pd.DataFrame
    effects: tuple[tuple[str, Series], ...]
    limits: tuple[Result, ...]
    national: tuple[tuple[str, Result], ...]
    unanswerable: frozenset[str] = frozenset()
    reached: tuple[tuple[str, Series, Result], ...] = ()
    turnout: Series | None = None

    @property
    def kind(self) -> DataKind:
        """Of all results on a sheet together."""
        return DataKind.combine(item.kind for _, item in (*self.effects, *self.national))


def read_material(workspace: Workspace) -> Material:
    """Facts and released results for all sheets.

    Raises
    ------
    RenderError
        If no result for a sheet was released at all.
    """
    folder = released_folder(workspace)
    series = read_series(folder / SERIES_FOLDER, beginning=("regio.", "bereik.", TURNOUT))
    released = Released(tuple(read_rows(folder / ROWS_FILE)), tuple(series))
    told = [prefix for prefix in OUTCOMES if f"regio.{prefix}provincies" in released]
    effects = [released.points(f"regio.{prefix}provincies") for prefix in told]
    national, design = tuple(_national(released, workspace)), regio_design(workspace)
    if not told and not national:
        raise RenderError("the sheets of the provinces need a result, and none was released; build all first")
    return Material(
        names=province_names(workspace),
        facts=source.letter_facts(workspace),
        sections=source.letter_sections(workspace),
        lines=source.programme_lines(workspace),
        population=source.cbs_population(workspace).set_index("statcode"),
        pupils=source.cbs_pupils(workspace).set_index("statcode"),
        effects=tuple((design.named(series.outcome).label, series) for series in effects),
        limits=tuple(released.row(f"regio.{prefix}{LIMIT}") for prefix in told),
        national=national,
        unanswerable=frozenset(
            f"{question.prefix}.effect"
            for question in questions(workspace)
            if out_of_reach(question, released)
        ),
        reached=tuple(_reached(released, workspace)),
        turnout=released.points(lines) if (lines := f"{TURNOUT}provincies") in released else None,
    )


def _reached(released: Released, workspace: Workspace) -> Iterator[tuple[str, Series, Result]]:
    for name, exposure in exposures(workspace).items():
        id = f"bereik.{name}_provincies"
        if id in released and not released.points(id).reason:
            yield exposure.label, released.points(id), released.row(f"bereik.{name}_young_people")


def _national(released: Released, workspace: Workspace) -> Iterator[tuple[str, Result]]:
    """Of each programme the effect of its primary question and of its first secondary one."""
    seen: set[tuple[str, str]] = set()
    for question in questions(workspace):
        row = released.find(f"{question.prefix}.effect")
        if row is not None and question.role in _ROLES and (question.chapter, question.role) not in seen:
            seen.add((question.chapter, question.role))
            yield question.exposure.label, row


def turnout_line(code: str, material: Material) -> FigureExhibit | None:
    """The province's turnout beside the country's; None where it was not released."""
    if material.turnout is None or material.turnout.unknown:
        return None
    return province_line(material.turnout, code, "fig-provincie-opkomst")


def sheet_values(code: str, material: Material, picture: str = "") -> dict[str, str]:
    """The variables ``provincie.*`` of one province; those of several lines are whole blocks.

    Parameters
    ----------
    picture : str
        Markdown of the figure on turnout; what is lacking is said in its place.
    """
    name = material.names[code]
    return {
        "naam": escape(name),
        "gemeld": _reported(code, name, material),
        "cijfers": _figures(code, name, material),
        "opkomst": picture or "De opkomst per verkiezing is niet beschikbaar.",
        "status": _status(material.kind),
        "uitkomst": _outcome(code, name, material),
        "grens": escape(_limits(material)),
    }


def _limits(material: Material) -> str:
    """``20 punten (burgerschapskennis) of …``"""
    told = []
    for row, (outcome, _) in zip(material.limits, material.effects, strict=True):
        decimals = 0 if float(row.value).is_integer() else row.decimals
        told.append(f"{dutch.number(row.value, decimals)} {row.unit} ({outcome})")
    return f"{' of '.join(told)} naar beide kanten" if told else "een grens die bij het hoofdstuk staat"


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
    cells += [_reach(code, *reached) for reached in material.reached]
    sources = "CBS, en de registraties van de programma's" if material.reached else "CBS"
    return _table(
        [["Kenmerk", name, "Nederland"], *cells],
        "lrr",
        (50, 30, 20),
        f"Inwoners, gemeenten{', leerlingen en bereik' if material.reached else ' en leerlingen'}. "
        f"Bron: {sources}.",
        "tbl-provincie-cijfers",
    )


def _reach(code: str, programme: str, series: Series, total: Result) -> list[str]:
    """Young people reached here, and in the whole country as the report has it, as registered."""
    here = series.points.set_index("code").loc[code]
    if pd.isna(here["activities"]):
        told = NOT_SHOWN
    elif pd.isna(here["young_people"]):
        told = dutch.UNKNOWN
    else:
        told = f"{_AT_LEAST if here['uncounted'] else ''}{dutch.number(int(here['young_people']))}"
    country = total.variables()["value"]
    if total.value is not None and series.points["uncounted"].sum() > 0:
        country = f"{_AT_LEAST}{country}"
    return [f"Jongeren bereikt door {programme} (registratie)", told, country]


def _outcome(code: str, name: str, material: Material) -> str:
    cells: list[list[str]] = []
    remarks = []
    for outcome, series in material.effects:
        points, about = Points(series, ("region",)), f"{name}: afwijking in {outcome}"
        if points.knows(code):
            cells += [
                [
                    f"{about}, {label}",
                    f"{points.number(code, value, sign=True)} {series.unit}",
                    points.interval(code, low, high),
                ]
                for label, (value, low, high) in (("ruw", _RAW), ("bijgesteld", _SHRUNKEN))
            ]
        else:
            cells.append([about, points.number(code, "raw"), points.interval(code, "raw_low", "raw_high")])
            remarks.append(_why(series, points, code))
    national = Cells([row for _, row in material.national])
    for programme, row in material.national:
        value = row.unknown_word if row.value is None else national.value(row, sign=True)
        cells.append([f"{programme}: {row.label}", value, national.interval(row)])
        remarks.append(_ELSEWHERE if row.reason else _CANNOT if row.id in material.unanswerable else "")
    mark = [SYNTHETIC_CAPTION] if material.kind is DataKind.SYNTHETIC else []
    told = [f"Uitkomsten van dit onderzoek voor {name}.", *dict.fromkeys(filter(None, remarks)), *mark]
    return _table(
        [["Uitkomst", "Schatting", _heading(material)], *cells],
        "lrl",
        (58, 20, 22),
        " ".join(told),
        "tbl-provincie-uitkomst",
    )


def _why(series: Series, points: Points, code: str) -> str:
    """Why this province has no number; what concerns all of them is told in the report."""
    if series.reason:
        return _ELSEWHERE
    if points.withheld(code) or series.withheld:
        return f"{dutch.capital(NOT_SHOWN)}: er zijn te weinig leerlingen of scholen uit deze provincie."
    return f"{dutch.capital(NOT_ESTABLISHED)}: er zijn geen leerlingen uit deze provincie."


def _heading(material: Material) -> str:
    """``95%-interval``; only "interval" where the results differ in level."""
    levels = {item.level for _, item in (*material.effects, *material.national)}
    return interval_name(levels.pop()) if len(levels) == 1 else "Interval"


def _status(kind: DataKind) -> str:
    if kind is DataKind.SYNTHETIC:
        return (
            '::: {.callout-warning .synthetisch title="Synthetische gegevens, geen bevindingen"}\n'
            "Deze uitkomsten zijn synthetisch: berekend uit nagebootste gegevens. Zij laten zien dat de "
            "rekenwijze werkt en zeggen niets over de provincie.\n:::"
        )
    if kind is DataKind.FACT:
        return (
            '::: {.callout-note title="Geen uitkomsten"}\n'
            "De gegevens voor deze uitkomsten zijn er niet. In het rapport staat wat ontbreekt.\n:::"
        )
    return (
        '::: {.callout-note title="Echte gegevens"}\n'
        "Deze uitkomsten zijn berekend uit echte gegevens van personen, scholen of verkiezingen.\n:::"
    )


def _table(cells: list[list[str]], align: str, widths: Sequence[int], caption: str, label: str) -> str:
    return pipe_table(
        [[escape(cell) for cell in row] for row in cells], align, widths, escape(caption), label
    )


def _other(code: str, names: Mapping[str, str]) -> str:
    """The other province of the south: by track, pupils of the two are counted together."""
    return next(names[other] for other in _SOUTHERN if other != code)
