"""Exhibits of the regional chapter: the outcomes side by side, maps, and each province raw and adjusted."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.answers.regio_names import AREAS, ATTITUDE, TURNOUT
from analysis.chapters.cells import Cells
from analysis.chapters.drawn import drawable, no_points, noted
from analysis.chapters.regio_gebieden import area_tables
from analysis.chapters.regio_opkomst import turnout_exhibits
from analysis.datakind import DataKind
from analysis.design.regio import RegioDesign, RegioOutcome, regio_design
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures import words
from analysis.figures.absent import absent
from analysis.figures.shrinkage import margin_bounds, shrinkage
from analysis.maps import map_panels, province_map
from analysis.results import Released, Result, Series
from analysis.results.series import N
from analysis.sources.sourced import STUDY
from analysis.workspace import Workspace

SECTION = "regio"
OUTCOMES = {"": "", ATTITUDE: "houding-"}  # before the names of results, and in those of exhibits
_ORDER = (
    "Van boven naar beneden: Fryslân en Groningen; Noord-Holland, Flevoland en Drenthe; Zuid-Holland, "
    "Utrecht, Gelderland en Overijssel; Zeeland, Noord-Brabant en Limburg"
)
_SPREADS = ("sd_province", "sd_municipality", "sd_school", "sd_pupil", "within_gap", "gap_sd_province")
_TESTS = ("joint_p", "equivalence_p", "gap_joint_p", "gap_equivalence_p")
_LINES = {
    "sd_province": "Spreiding tussen provincies",
    "sd_municipality": "Spreiding tussen gemeenten binnen een provincie",
    "sd_school": "Spreiding tussen scholen binnen een gemeente",
    "sd_pupil": "Spreiding tussen leerlingen binnen een school",
    "joint_p": "Toets op gelijkheid van de provincies, p",
    "smallest_of_interest": "Kleinste spreiding die ertoe doet",
    "equivalence_p": "Toets op gelijkwaardigheid, p",
    "power": "Kans dat gelijkwaardigheid blijkt als provincies gelijk zijn",
    "power_panel": "Dezelfde kans met de omvang van het Adolescentenpanel",
    "within_gap": "Verschil vwo − vmbo binnen scholen",
    "gap_sd_province": "Spreiding tussen provincies in het verschil vwo − vmbo",
    "gap_joint_p": "Toets op gelijkheid van dat verschil, p",
    "gap_equivalence_p": "Toets op gelijkwaardigheid van dat verschil, p",
}
_PLANTED = {
    "truth_sd_province": "Gekozen in de tweeling: spreiding tussen provincies",
    "truth_gap_sd_province": "Gekozen in de tweeling: spreiding in het verschil vwo − vmbo",
}


def sections(workspace: Workspace) -> tuple[str, ...]:
    """First parts of the ids of the notebook `regio`."""
    return (SECTION, TURNOUT, AREAS)


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """The table of both outcomes, of each a map and the provinces side by side, tiles of one; and those
    of small areas and of turnout.
    """
    design = regio_design(workspace)
    drawn: list[Exhibit] = [region_table(released, design)]
    for prefix in OUTCOMES:
        series, outcome = _provinces(released, design, prefix)
        drawn += [
            map_figure(released, prefix, series, outcome),
            spread_figure(released, prefix, series, outcome),
        ]
    series, outcome = _provinces(released, design, "")
    drawn.append(tiles_figure(released, series, outcome))
    parts = {released.row(f"{SECTION}.{prefix}n").outcome: part for prefix, part in OUTCOMES.items()}
    return drawn + area_tables(released, design, parts) + turnout_exhibits(released)


def region_table(released: Released, design: RegioDesign) -> TableExhibit:
    """The outcomes side by side: spread, tests and what could have been shown."""
    found = {prefix: _rows(released, prefix) for prefix in OUTCOMES}
    every = [row for rows in found.values() for row in rows.values()]
    names = [name for name in (*_LINES, *_PLANTED) if name in found[""]]
    columns = {"Uitkomst": [(_LINES | _PLANTED)[name] for name in names] + ["Leerlingen"]}
    remarks = {}
    for rows in found.values():
        cells = Cells([row for row in rows.values() if row.source != STUDY or row.reason])
        outcome = design.named(rows["sd_province"].outcome)
        columns[f"{dutch.capital(outcome.label)} ({outcome.unit})"] = [
            *(_cell(cells, name, rows[name]) for name in names),
            cells.count(rows["sd_province"]),
        ]
        remarks[outcome.label] = cells.remark
    return TableExhibit(
        id=released.exhibit("tbl", SECTION),
        cells=pd.DataFrame(columns),
        caption=f"Verschillen tussen provincies, met {Cells(every).interval_heading} waar dat er is. Toets "
        "op gelijkheid: is p klein, dan verschillen provincies. Toets op gelijkwaardigheid: is p klein, dan "
        f"is de spreiding kleiner dan wat ertoe doet. {NOT_AN_EFFECT} {_told(remarks)}".strip(),
        kind=DataKind.combine(row.kind for row in every),
        source="; ".join(dict.fromkeys(row.source for row in every)),
        align="lrr",
        widths=[44, 28, 28],
    )


def _told(remarks: dict[str, str]) -> str:
    """What the columns say of cells without a number: once where they say the same."""
    if len(set(remarks.values())) == 1:
        return next(iter(remarks.values()))
    return " ".join(
        f"{dutch.capital(label)}, {dutch.lower(remark)}" for label, remark in remarks.items() if remark
    )


def _rows(released: Released, prefix: str) -> dict[str, Result]:
    """Those of the table that were published: what is planted and planned only in a trial."""
    rows = {name: released.find(f"{SECTION}.{prefix}{name}") for name in (*_LINES, *_PLANTED)}
    return {name: row for name, row in rows.items() if row is not None}


def _cell(cells: Cells, name: str, row: Result) -> str:
    if name in _TESTS:
        return cells.p(row)
    return cells.with_interval(row) if name in _SPREADS else cells.value(row)


def _provinces(released: Released, design: RegioDesign, prefix: str) -> tuple[Series, RegioOutcome]:
    series = released.points(f"{SECTION}.{prefix}provincies")
    return series, design.named(series.outcome)


def map_figure(released: Released, prefix: str, series: Series, outcome: RegioOutcome) -> FigureExhibit:
    """The provinces by their adjusted deviation; the shades say how it compares with what matters."""
    shared = _shared(
        released,
        f"{SECTION}-{OUTCOMES[prefix]}kaart",
        series,
        f"Bijgestelde afwijking van het gemiddelde van de provincies in {outcome.label}, in {outcome.unit}. "
        "De kleuren zeggen of de afwijking kleiner is dan de helft van wat ertoe doet, minder dan wat ertoe "
        "doet, of groter",
    )
    drawn = drawable(series)
    if drawn.empty:
        return absent(why=no_points(series), **shared)
    figure = province_map(
        drawn.set_index("region")["shrunken"],
        label=f"bijgestelde afwijking van het gemiddelde in {outcome.label}",
        unit=series.unit,
        decimals=series.decimals,
        classes=margin_bounds(drawn["shrunken"], outcome.smallest_deviation),
        middle=0.0,
        hidden=hidden(series),
        **shared,
    )
    return noted(figure, series, drawn)


def tiles_figure(released: Released, series: Series, outcome: RegioOutcome) -> FigureExhibit:
    """Raw beside adjusted on tiles, so that a large province weighs no more in the picture."""
    shared = _shared(
        released,
        f"{SECTION}-tegels",
        series,
        f"Afwijking van het gemiddelde in {outcome.label}, ruw en bijgesteld, in {outcome.unit}. Elke "
        "provincie is een even grote tegel, zodat een grote provincie niet zwaarder weegt in het beeld. "
        f"{_ORDER}",
    )
    drawn = drawable(series)
    if drawn.empty:
        return absent(why=no_points(series), **shared)
    by_region = drawn.set_index("region")
    figure = map_panels(
        {"Ruw": by_region["raw"], "Bijgesteld": by_region["shrunken"]},
        label=f"afwijking van het gemiddelde in {outcome.label}",
        unit=series.unit,
        decimals=series.decimals,
        classes=margin_bounds(drawn["raw"], outcome.smallest_deviation),
        middle=0.0,
        hidden=hidden(series),
        **shared,
    )
    return noted(figure, series, drawn)


def spread_figure(released: Released, prefix: str, series: Series, outcome: RegioOutcome) -> FigureExhibit:
    """Each province raw and adjusted, with intervals and the margin of interest."""
    shared = _shared(
        released,
        f"{SECTION}-{OUTCOMES[prefix]}ruw",
        series,
        f"{outcome.label} per provincie, als afwijking van het gemiddelde van de provincies: de ruwe "
        "uitkomst en de uitkomst die naar dat gemiddelde is bijgesteld",
    )
    drawn = drawable(series)
    if drawn.empty:
        return absent(why=no_points(series), **shared)
    shared.pop("caption")
    figure = shrinkage(
        drawn,
        outcome_label=outcome.label,
        unit=series.unit,
        margin=outcome.smallest_deviation,
        decimals=series.decimals,
        level=series.level,
        **shared,
    )
    return noted(figure, series, drawn)


def hidden(series: Series) -> list[str]:
    """Provinces that disclosure withheld: their count is withheld too."""
    points = series.points
    return list(points.loc[points[N].isna(), "region"]) if N in points.columns else []


def _shared(released: Released, name: str, series: Series, caption: str) -> dict:
    return {
        "id": released.exhibit("fig", name),
        "caption": words.sentence(caption),
        "kind": series.kind,
        "source": series.source,
    }
