"""Exhibits on turnout by province: map of the last election, lines of all, and the spread of the twelve."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.regio_names import TURNOUT_PREFIX
from analysis.chapters.cells import Cells
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures.place_lines import line_beside_whole, lines_by_place
from analysis.maps import tile_map
from analysis.results import Released, Series

OUTCOME = "opkomst bij de Tweede Kamerverkiezingen"
_WITHOUT = "'s-Gravenhage telt in geen jaar mee"


def turnout_exhibits(released: Released) -> list[Exhibit]:
    """``tbl-opkomst-provincies``, ``fig-opkomst-kaart`` and ``-lijnen``; nothing where it was not asked."""
    if f"{TURNOUT_PREFIX}provincies" not in released:
        return []
    lines = released.points(f"{TURNOUT_PREFIX}provincies")
    return [_table(released), _map(released, lines), _lines(released, lines)]


def _table(released: Released) -> TableExhibit:
    """The spread at every election, and what lasts of it."""
    series = released.points(f"{TURNOUT_PREFIX}spreiding")
    names = ("sd_lasting", "sd_trend", "equivalence_p")
    rows = [released.row(f"{TURNOUT_PREFIX}{name}") for name in names]
    cells = Cells(rows)
    lasting, trend, equivalence = rows
    small = equivalence.value is not None and equivalence.value < 1 - lasting.level
    told = (
        f"Blijvende spreiding: {cells.with_interval(lasting)} {lasting.unit}. Verandering per tien jaar: "
        f"{cells.with_interval(trend)}, p {trend.p_text}. Dat de blijvende spreiding kleiner is dan de "
        f"grens, is {'' if small else 'niet '}aangetoond (p {cells.p(equivalence)})."
    )
    if series.unknown:
        lines = [(series.unknown, "", "", "", "")]
    else:
        lines = [
            (
                one.date[:4],
                dutch.number(one.mean, 1),
                dutch.number(one.sd, 1),
                f"{one.least} ({dutch.number(one.lowest, 1)})",
                f"{one.most} ({dutch.number(one.highest, 1)})",
            )
            for one in series.points.itertuples()
        ]
    return TableExhibit(
        id=released.exhibit("tbl", "opkomst-provincies"),
        cells=pd.DataFrame(
            lines,
            columns=["Verkiezing", "Gemiddelde (%)", "Spreiding (punten)", "Laagst (%)", "Hoogst (%)"],
        ),
        caption=(
            f"Verschillen tussen provincies in {OUTCOME}: elke provincie telt even zwaar, en {_WITHOUT}. "
            f"Spreiding is de standaardafwijking van de twaalf. {told} {cells.interval_heading.capitalize()} "
            "tussen haakjes."
        ),
        kind=series.kind,
        source=series.source,
        align="lrrll",
    )


def _map(released: Released, series: Series) -> FigureExhibit:
    last = series.points[series.points["date"] == series.points["date"].max()]
    return tile_map(
        last.set_index("region")["value"],
        id=released.exhibit("fig", "opkomst-kaart"),
        label=f"{OUTCOME} van {last['date'].iloc[0][:4]}",
        unit="%",
        decimals=1,
        kind=series.kind,
        source=series.source,
        caption=f"{dutch.capital(OUTCOME)} van {last['date'].iloc[0][:4]}, in %. {_WITHOUT}",
    )


def _lines(released: Released, series: Series) -> FigureExhibit:
    return lines_by_place(
        series.points,
        id=released.exhibit("fig", "opkomst-lijnen"),
        outcome_label=OUTCOME,
        unit="%",
        kind=series.kind,
        source=series.source,
        caption=f"{dutch.capital(OUTCOME)} in elke provincie naast die van Nederland, in %. {_WITHOUT}",
    )


def province_line(series: Series, code: str, id: str) -> FigureExhibit:
    """The line of one province beside the country's, for its sheet."""
    own = series.points[series.points["region"] == code]
    first, last = own["date"].min()[:4], own["date"].max()[:4]
    return line_beside_whole(
        own,
        id=id,
        outcome_label=OUTCOME,
        unit="%",
        kind=series.kind,
        source=series.source,
        height=1.3,  # what a sheet of one page leaves
        caption=(
            f"Opkomst in {own['label'].iloc[0]} en in Nederland, {first} tot en met {last}, zonder "
            "'s-Gravenhage. Bron: Kiesraad"
        ),
    )
