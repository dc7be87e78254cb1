"""Tables in full on how sure an answer is: trends before the start, false alarms, and where it would fall."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import dutch
from analysis.answers.zekerheid_names import BALANCE, DRIFT, SECTION, checks_of
from analysis.chapters.cells import NOT_GIVEN, Points, given, point_table, with_unit
from analysis.datakind import DataKind
from analysis.design.questions import Question
from analysis.exhibits import TableExhibit, sources_of
from analysis.results import Released, Result, Series, interval_name
from analysis.results.row import NOT_ESTABLISHED

LIMITS = {
    "main": "Schatting",
    "strata_n": "Verdelingen van dezelfde starts binnen de Randstad en daarbuiten apart",
    "trend_detectable": "Verschil in ontwikkeling dat de toets vooraf in vier van de vijf gevallen ziet",
    "trend_bias": "Wat het gevonden verschil in ontwikkeling aan de schatting zou doen",
    "trend_missed": "Vertekening door een ontwikkeling die de toets in de helft van de gevallen mist",
    "trend_missed_passed": "Dezelfde vertekening, als de toets niets vond",
    "lee_lost": "Plaatsen van vóór de eerste start die bij de laatste meting ontbreken",
    "lee_low": "Laagste grens van het effect bij uitval door het programma (interval van beide grenzen)",
    "lee_high": "Hoogste grens van het effect bij uitval door het programma (interval van beide grenzen)",
    "breakdown_mbar": "Afwijking na de start, maal de grootste ervoor, tot waar nul is uitgesloten",
    "breakdown_m": "Knik in de ontwikkeling tot waar nul is uitgesloten",
    "breakdown_b": "Uiteenlopen per meting tot waar de randomisatietoets nul uitsluit",
    "gamma": "Ongelijke kansen op een vroege start waarbij de conclusie valt",
    "curve_n": "Specificaties in de curve",
    "curve_lowest": "Laagste schatting van de curve",
    "curve_highest": "Hoogste schatting van de curve",
    "curve_p": "p-waarde van de hele curve",
    "noise_sd": "Spreiding tussen provincies volgens het model van de schokken",
    "noise_persistence": "Samenhang van schokken die een jaar uiteenliggen",
    "noise_spatial": "Samenhang met buurprovincies",
    "noise_change": "Wat een provincie tussen twee metingen uit zichzelf afwijkt",
    "detectable": "Kleinste effect dat in vier van de vijf gevallen gezien wordt",
    "power": "Kans om het kleinste effect dat ertoe doet te zien",
    "size": "Kans op vals alarm bij de schokken van deze gegevens",
    "type_m": "Gemiddelde overschatting als de toets het kleinste effect dat ertoe doet ziet",
    "type_s": "Kans op het verkeerde teken als de toets het kleinste effect dat ertoe doet ziet",
}


def tables(released: Released, question: Question, prefix: str) -> list[TableExhibit]:
    """What there is of the three, for a question with results."""
    makers = [("voorloop", _before), ("alarm", _alarms)]
    if not released.part and not released.row(f"{prefix}.main").reason:  # the places of a twin are chosen
        makers.append((BALANCE, _balance))
    found = [
        make(released, question, released.points(f"{prefix}.{name}"))
        for name, make in makers
        if f"{prefix}.{name}" in released
    ]
    return [*found, _limits(released, question, prefix)]


def about(question: Question) -> str:
    return f"{question.exposure.label}, {dutch.lower(question.title)}"


def _before(released: Released, question: Question, series: Series) -> TableExhibit:
    places = question.places(twin=bool(released.part))
    columns = [
        "Start", dutch.capital(places.many), f"Verschil ({series.unit})", interval_name(series.level),
        "p-waarde", "Ziet de toets vanaf", "Doet aan de schatting", "Kleiner dan wat ertoe doet",
    ]  # fmt: skip
    return point_table(
        series,
        columns,
        lambda line: _slope(series, line),
        id=released.exhibit("tbl", f"{SECTION}-{question.id}-voorloop"),
        caption=(
            f"{about(question)}: verschil in ontwikkeling vóór de start, naar start. Een hoge p-waarde "
            "bewijst niet dat de ontwikkeling gelijk was. Vanaf welk verschil de toets het in vier van de "
            f"vijf gevallen ziet, is in {series.unit}; wat het gevonden verschil aan de schatting doet, in "
            f"{question.outcome.unit}.{_untested(series)}"
        ),
        align="lrrlrrrl",
        widths=(15, 16, 17, 14, 13, 12, 13, 15),
    )


def _untested(series: Series) -> str:
    """Of which starts the trend before could not be had, and why."""
    if series.unknown:
        return ""
    left = series.points[series.points["reason"] != ""]
    return "".join(f" Niet te toetsen: {one.label} ({one.reason})." for one in left.itertuples())


def _slope(series: Series, line) -> tuple[str, ...]:
    digits = series.decimals
    return (
        line.label,
        dutch.number(line.provinces),
        given(line.slope, digits, sign=True),
        NOT_GIVEN if pd.isna(line.low) else dutch.interval(line.low, line.high, digits),
        "geen uitspraak" if pd.isna(line.p_value) else dutch.p_value(line.p_value),
        given(line.detectable_80, digits),
        given(line.bias, digits, sign=True),
        line.equivalent,
    )


def _balance(released: Released, question: Question, series: Series) -> TableExhibit:
    return point_table(
        series,
        ["Kenmerk", "Met start", "Zonder start", "Verschil (standaardafwijkingen)"],
        _characteristic,
        id=released.exhibit("tbl", f"{SECTION}-{question.id}-{BALANCE}"),
        caption=(
            f"{about(question)}: hoe plaatsen met en zonder start ervoor stonden, vóór de eerste start of in "
            "het jaar dat erbij staat. Het verschil is gedeeld door de spreiding binnen beide groepen. De "
            "schatting vergelijkt veranderingen: een verschil in niveau vertekent haar niet vanzelf."
        ),
        align="lrrr",
    )


def _characteristic(line) -> tuple[str, ...]:
    unit = f" ({line.unit})" if line.unit else ""
    missing = f"; onbekend van {dutch.number(line.missing)} plaatsen" if line.missing else ""
    return (
        f"{line.label}{unit}{missing}",
        given(line.exposed, line.decimals),
        given(line.others, line.decimals),
        given(line.difference, 2, sign=True),
    )


def _alarms(released: Released, question: Question, series: Series) -> TableExhibit:
    places = question.places(twin=bool(released.part))
    return point_table(
        series,
        [f"Schokken van {places.many}", "Randomisatietoets (%)", "Wilde bootstrap (%)", "Simulatiefout (%)"],
        lambda line: (
            dutch.capital(line.label),
            *(dutch.number(share, series.decimals) for share in (line.size, line.wild, line.size_se)),
        ),
        id=released.exhibit("tbl", f"{SECTION}-{question.id}-alarm"),
        caption=(
            f"{about(question)}: hoe vaak een toets zonder effect toch aanslaat in deze opzet, als de "
            f"{places.many} met een start vaststaan."
        ),
        align="lrrr",
    )


def _limits(released: Released, question: Question, prefix: str) -> TableExhibit:
    main = released.row(f"{prefix}.main")
    named = question.places(twin=bool(released.part)).named
    found = [(named(label), released.find(f"{prefix}.{name}")) for name, label in LIMITS.items()]
    if main.reason:
        found = found[:1]
    cells = [(label, _value(row)) for label, row in found if row is not None]
    return TableExhibit(
        id=released.exhibit("tbl", f"{SECTION}-{question.id}-grenzen"),
        cells=pd.DataFrame(cells, columns=["Wat", "Waarde"]),
        caption=(
            f"{about(question)}: waar de conclusie valt, en wat te zien was.{_assumed(released, prefix)}"
        ),
        kind=main.kind,
        source=main.source,
        align="ll",
    )


def drift_table(released: Released, asked: Iterable[Question]) -> TableExhibit | None:
    """``tbl-zekerheid-gevoeligheid``: a row a question, an interval for each violation that the plan names.

    Of what is answered, and of all where nothing is; none in a trial.
    """
    asked = [one for one in asked if not one.placebo and f"{checks_of(one.prefix)}.{DRIFT}" in released]
    if released.part or not asked:
        return None
    asked = [one for one in asked if not released.row(f"{checks_of(one.prefix)}.main").reason] or asked
    found = {one: released.points(f"{checks_of(one.prefix)}.{DRIFT}") for one in asked}
    known = [series.points["bound"] for series in found.values() if not series.unknown]
    bounds = sorted(set().union(*known))
    lines, lacking = [], ""
    for question, series in found.items():
        points = Points(series, ("bound",))
        lines.append(
            (
                f"{about(question)} ({question.outcome.unit})",
                *([_between(points, bound) for bound in bounds] or [NOT_ESTABLISHED]),
            )
        )
        lacking += f" {about(question)}: {series.unknown}." if series.unknown else ""
    heads = [f"{dutch.number(bound, 0 if float(bound).is_integer() else 1)} maal" for bound in bounds]
    level = interval_name(next(iter(found.values())).level)
    return TableExhibit(
        id="tbl-zekerheid-gevoeligheid",
        cells=pd.DataFrame(lines, columns=["Vraag", *(heads or [level])]),
        caption=(
            f"{level} als het verschil in ontwikkeling na de start, van meting tot meting, hooguit zo veel "
            "maal het grootste van ervoor is als boven de kolom staat (M-bar bij Rambachan en Roth). Bij 0 "
            "maal ontwikkelden plaatsen met en zonder start zich gelijk. Dit interval komt niet uit de "
            "randomisatietoets: ook bij 0 maal kan het een ander zijn dan dat van de hoofdschatting."
            f"{lacking}"
        ),
        kind=DataKind.combine(series.kind for series in found.values()),
        source=sources_of(found.values()),
        align="l" + "r" * max(len(heads), 1),
        widths=(30, *[14] * max(len(heads), 1)),
    )


def _between(points: Points, bound: float) -> str:
    """The interval; where it has no end, that it has none."""
    told = points.interval(bound)
    return "zonder grens" if told == dutch.UNKNOWN else told


def _assumed(released: Released, prefix: str) -> str:
    """What the bounds for those who were lost assume, where there are any."""
    row = released.find(f"{prefix}.lee_low")
    return "" if row is None or row.value is None else f" Grenzen bij uitval: {row.note}"


def _value(row: Result) -> str:
    """The number with its interval, simulation error and least p-value, where it has these."""
    if row.value is None:
        return row.note.rstrip(".").lower() if row.note and not row.reason else row.unknown
    beside = [] if row.low is None else [f"{interval_name(row.level)} {row.interval_text}"]
    if row.se is not None:
        beside.append(f"simulatiefout {dutch.number(row.se, row.decimals + 1)}")
    if row.smallest_p is not None:
        least = dutch.p_value(row.smallest_p)
        beside.append(f"kleinst mogelijke p {least}")
    remark = f" ({'; '.join(beside)})" if beside else ""
    return f"{with_unit(row)}{remark}"
