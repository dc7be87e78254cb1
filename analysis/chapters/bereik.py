"""Tables of whom the programmes reached, drawn from what disclosure lets through."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.chapters.cells import point_table
from analysis.design.questions import exposures
from analysis.exhibits import Exhibit, TableExhibit
from analysis.panel.registered import CARIBBEAN, ELSEWHERE
from analysis.results import Released, Series
from analysis.sources.geography import province_names
from analysis.workspace import Workspace

SECTION = "bereik"
_NOT_SHOWN = "niet getoond"
_TOLD = "Wie twee keer meedeed, telt twee keer."


def exhibits(released: Released, workspace: Workspace) -> list[Exhibit]:
    """For every programme with a registration its provinces, its years, and what could not be placed."""
    drawn: list[Exhibit] = []
    for name, exposure in exposures(workspace).items():
        years = f"{SECTION}.{name}_jaren"
        if years not in released or released.points(years).reason:
            continue
        provinces = released.points(f"{SECTION}.{name}_provincies")
        if not provinces.reason:
            drawn.append(_provinces(provinces, name, exposure.label, workspace))
        drawn.append(_years(released.points(years), name, exposure.label))
        lost = released.points(f"{SECTION}.{name}_verlies")
        if not lost.reason:
            drawn.append(_lost(lost, name, exposure.label))
    return drawn


def _provinces(series: Series, name: str, label: str, workspace: Workspace) -> TableExhibit:
    provinces = province_names(workspace)
    names = provinces | {CARIBBEAN: "Caribisch Nederland", ELSEWHERE: "Plaats onbekend"}
    caption = (
        f"{label}: geregistreerde activiteiten, gemeenten met een activiteit, bereikte jongeren, en "
        f"bereikte jongeren per honderd leerlingen in het voortgezet onderwijs (2021/22). {_TOLD} "
        f"{series.note}"
    )
    return point_table(
        series,
        ["Provincie", "Activiteiten", "Gemeenten", "Jongeren", "Per 100 leerlingen"],
        lambda row: (
            names[row.code],
            _count(row.activities),
            _towns(row) if row.code in provinces else "–",
            _people(row),
            _share(row),
        ),
        id=f"tbl-{SECTION}-{name}",
        caption=caption.strip(),
        align="lrrrr",
    )


def _years(series: Series, name: str, label: str) -> TableExhibit:
    across = int(series.points["across"].sum())
    told = (
        " Alleen een periode, die in het volgende jaar eindigt, is bekend van "
        f"{dutch.counted(across, 'activiteit; die telt', 'activiteiten; die tellen')} in het jaar van het "
        "begin."
        if across
        else ""
    )
    caption = f"{label}: geregistreerde activiteiten en bereikte jongeren per jaar.{told} {series.note}"
    return point_table(
        series,
        ["Jaar", "Activiteiten", "Gemeenten", "Jongeren"],
        lambda row: (
            str(row.year),
            _count(row.activities),
            _towns(row),
            _people(row),
        ),
        id=f"tbl-{SECTION}-{name}-jaren",
        caption=caption.strip(),
        align="lrrr",
    )


def _lost(series: Series, name: str, label: str) -> TableExhibit:
    return point_table(
        series,
        ["Waarom", "Bestand", "Eerste regel", "Regels"],
        lambda row: (dutch.capital(row.reason), row.file, str(row.line), _count(row.rows)),
        id=f"tbl-{SECTION}-{name}-verlies",
        caption=(
            f"{label}: regels van de registratie die niet zijn meegeteld, niet of alleen in een provincie "
            "zijn te plaatsen, of gelijk zijn aan een eerdere regel."
        ),
        align="llrr",
    )


def _count(value: float) -> str:
    return _NOT_SHOWN if pd.isna(value) else dutch.number(int(value))


def _towns(row) -> str:
    """Municipalities with an activity; of some activities none can be read."""
    return _known(row.municipalities, row, lacking=row.unlocated)


def _people(row) -> str:
    """Young people; some activities have no count."""
    return _known(row.young_people, row, lacking=row.uncounted)


def _known(value: float, row, *, lacking: int) -> str:
    """A number, a bound where something is lacking; where there is none, unknown or withheld with its row."""
    if pd.isna(value):
        return _NOT_SHOWN if pd.isna(row.activities) else dutch.UNKNOWN
    told = dutch.number(int(value))
    return f"ten minste {told}" if lacking else told


def _share(row) -> str:
    if row.code in (CARIBBEAN, ELSEWHERE):
        return "–"
    return _people(row) if pd.isna(row.per_hundred) else dutch.number(float(row.per_hundred), 1)
