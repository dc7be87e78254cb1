"""What was measured of a question: the paths of both groups, and the measurements behind them."""

from __future__ import annotations

import math

import pandas as pd

from analysis import dutch
from analysis.answers.effect_names import GROUPS, MEASURED
from analysis.chapters.cells import point_table
from analysis.design.questions import Question
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures.place_lines import line_beside_whole
from analysis.results import Released, Series

_WITH, _WITHOUT = GROUPS["exposed"], GROUPS["others"]
_ALL = "Mensen zijn kiesgerechtigden: de uitslag gaat over hen allemaal."
_UNASKED = "Hoeveel mensen zijn gevraagd, staat niet in het bestand: de respons is onbekend."
_ANSWERED = "Respons: het deel van de gevraagde mensen dat antwoordde, in plaatsen met en zonder start."
_RESPONSES = ("response_exposed", "response_others")


def measured_exhibits(released: Released, question: Question) -> list[Exhibit]:
    """``fig-<question>-verloop`` and ``tbl-<question>-metingen`` of an answered question.

    Of a trial nothing: its places and years are chosen, not measured. Of an unanswered one neither.
    """
    id = f"{question.prefix}.{MEASURED}"
    main = released.row(f"{question.prefix}.effect")
    if released.part or main.value is None or id not in released:
        return []
    found: list[Exhibit] = [_table(released, question, released.points(id))]
    drawn = _paths(released, question)
    return [drawn, *found] if drawn is not None else found


def _paths(released: Released, question: Question) -> FigureExhibit | None:
    """The mean of both groups, unadjusted; none where either is withheld at all but one measurement."""
    series = released.points(f"{question.prefix}.verloop")
    points = series.shown()
    wide = points.pivot_table(index="time", columns="group", values="mean") if len(points) else points
    if not {_WITH, _WITHOUT} <= set(wide.columns) or len(wide.dropna()) < 2:
        return None
    wide = wide.dropna()
    names = points.drop_duplicates("time").set_index("time")["label"]
    lines = pd.DataFrame(
        {
            "label": _WITH,
            "time": [_year(names[time]) for time in wide.index],
            "value": wide[_WITH].to_numpy(),
            "whole": wide[_WITHOUT].to_numpy(),
        }
    )
    return line_beside_whole(
        lines,
        id=released.exhibit("fig", f"{question.id}-verloop"),
        outcome_label=dutch.lower(question.outcome.label),
        unit=series.unit,
        kind=series.kind,
        source=series.source,
        whole=_WITHOUT,
        since=_start(released, question),
        since_label=f"eerste start van {question.exposure.label}",
        decimals=min(series.decimals, 1),
        caption=(
            f"{question.exposure.label}, {dutch.lower(question.title)}: gemiddelde van plaatsen met en "
            "zonder start, zoals gemeten."
        ),
        height=2.3,
    )


def _start(released: Released, question: Question) -> float | None:
    """When the first place starts; none where the schedule is not there."""
    schedule = released.points(f"{question.prefix}.start").points
    started = schedule["date"][schedule["start"].notna()] if len(schedule) else schedule
    return min((_year(str(date)) for date in started), default=None)


def _year(label: str) -> float:
    """A year with decimals, of "2024", "2024-09" or "2024-09-01"."""
    year, *rest = (int(part) for part in label.split("-"))
    month, day = (*rest, *(1, 1)[len(rest) :])
    return year + (month - 1) / 12 + (day - 1) / 365.25


def _table(released: Released, question: Question, series: Series) -> TableExhibit:
    columns = ["Meting", "Datum", "Plaatsen met start", "Plaatsen zonder start", "Provincies", "Mensen"]
    responses = _any_response(series)
    columns += ["Respons met en zonder start (%)"] if responses else []
    return point_table(
        series,
        columns,
        lambda line: (
            line.label,
            line.date,
            *(_count(getattr(line, name)) for name in _COUNTED),
            *([_responses(line)] if responses else []),
        ),
        id=released.exhibit("tbl", f"{question.id}-{MEASURED}"),
        caption=(
            f"{question.exposure.label}, {dutch.lower(question.title)}: wat bij elke meting is gemeten. "
            f"{_ALL if question.outcome.source == 'turnout' else _ANSWERED if responses else _UNASKED}"
        ),
        align="llrrrr" + "r" * responses,
    )


_COUNTED = ("units_exposed", "units_others", "provinces", "people")


def _any_response(series: Series) -> bool:
    points = series.points
    return any(name in points.columns and points[name].notna().any() for name in _RESPONSES)


def _responses(line) -> str:
    """``62 en 50``; a group of which it is not known reads ``onbekend``."""
    return " en ".join(_count(getattr(line, name), dutch.UNKNOWN) for name in _RESPONSES)


def _count(value: float, unknown: str = "niet bekend") -> str:
    return unknown if value is None or math.isnan(value) else dutch.number(value)
