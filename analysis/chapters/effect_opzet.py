"""The design of a comparison and the tests beside the reported one, in one table."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.effect_names import GROUPS, METHODS, STOPPED
from analysis.chapters.cells import with_simulation_error
from analysis.design.questions import Question
from analysis.exhibits import TableExhibit
from analysis.results import Released, Result, Series

_COUNTED = {
    "n_clusters": "Provincies",
    "n_treated": "Provincies met een start",
    "n_units": "Vergeleken plaatsen",
    "n_measurements": "Metingen",
    "n_left_out": "Weggelaten regels en metingen",
}
_TESTED = {
    "crv3_p": "p-waarde met standaardfouten naar provincie (jackknife)",
    "wild_p": "p-waarde van de wilde bootstrap",
    "pretrend_p": "p-waarde voor gelijke ontwikkeling vóór de start, over startgroepen die te toetsen zijn",
    "forbidden_share": "Vergelijkingen met wie al begonnen is, bij vaste effecten",
}


def design_table(released: Released, question: Question) -> TableExhibit:
    """Counts, dates and means of both groups, and the tests beside the reported one."""
    main = released.row(f"{question.prefix}.effect")
    if main.reason:
        return _table(released, question, main, [("Schatting", main.unknown)])
    named = question.places(twin=bool(released.part)).named
    cells = [
        (named(label), _told(row))
        for name, label in _COUNTED.items()
        if (row := released.find(f"{question.prefix}.{name}")) is not None
    ]
    cells += _means(released.points(f"{question.prefix}.verloop"), named("provincies"))
    cells += [("p-waarde van de randomisatietoets", main.p_text)]
    if main.smallest_p is not None:
        cells += [("Kleinste p-waarde die deze toets kan geven", dutch.p_value(main.smallest_p))]
    cells += [
        (named(label), _told(row, p=name.endswith("_p")))
        for name, label in _TESTED.items()
        if (row := released.find(f"{question.prefix}.{name}")) is not None
    ]
    if released.find(f"{question.prefix}.effect_{STOPPED}") is None:
        cells += [
            (f"Schatting {METHODS[STOPPED]}", "niet van toepassing: het stopte nergens vóór een meting")
        ]
    return _table(released, question, main, cells)


def _table(released: Released, question: Question, main: Result, cells: list) -> TableExhibit:
    return TableExhibit(
        id=released.exhibit("tbl", f"{question.id}-opzet"),
        cells=pd.DataFrame(cells, columns=["Wat", "Waarde"]),
        caption=(
            f"{question.exposure.label}, {dutch.lower(question.title)}: wie met wie is vergeleken, hoe beide "
            f"groepen ervoor stonden, en de toetsen naast de hoofdtoets.{_rests_on(released, question)}"
        ),
        kind=main.kind,
        source=main.source,
        align="lr",
    )


def _rests_on(released: Released, question: Question) -> str:
    """What the measurements come from, and what of it was left out."""
    units, lost = (released.find(f"{question.prefix}.{name}") for name in ("n_units", "n_left_out"))
    told = f" {units.note}" if units is not None and units.note else ""
    return told + (f" Weggelaten: {lost.note}." if lost is not None and lost.note else "")


def _means(series: Series, places: str) -> list[tuple[str, str]]:
    """The first and last measurement, and the mean of both groups at each."""
    points = series.shown()
    if points.empty:
        return [("Gemiddelde van beide groepen", series.unknown)]
    cells = []
    for time in (points["time"].min(), points["time"].max()):
        for group in GROUPS.values():
            here = points[(points["time"] == time) & (points["group"] == group)]
            if len(here):
                (line,) = here.itertuples()
                told = f"Gemiddelde in {line.label}, {places} {group} ({series.unit})"
                cells.append((told, dutch.number(line.mean, series.decimals)))
    return cells


def _told(row: Result, *, p: bool = False) -> str:
    if row.value is None:
        return row.unknown
    if p:
        return dutch.p_value(row.value)
    return with_simulation_error(row)
