"""Tables and figures on what an answer hangs on and what could have been seen."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.zekerheid_names import ALIKE, SECTION, checks_of
from analysis.chapters.cells import NOT_APPLICABLE, NOT_GIVEN, with_simulation_error
from analysis.chapters.zekerheid_tabellen import about, drift_table, tables
from analysis.datakind import DataKind
from analysis.design.questions import Question, places_of, questions
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit, sources_of
from analysis.figures.absent import absent
from analysis.figures.forest import forest
from analysis.figures.power import power_curve
from analysis.figures.specification_curve import specification_curve
from analysis.results import TRIAL, Released, Result, Series, interval_name
from analysis.workspace import Workspace

CHECKED = {
    "main": "Hoofdschatting",
    "strata": "Zelfde starts, herverdeeld binnen de Randstad en daarbuiten apart",
    "alike": "Dubbel robuust, voor kenmerken van plaatsen",
    "weights_inhabitants": "Gewogen naar aantal mensen",
    "weights_precision": "Gewogen naar de nauwkeurigheid van elke meting",
    "weights_provinces": "Elke provincie even zwaar",
    "estimator_never": "Alleen vergeleken met wie niet begint",
    "estimator_imputation": "Imputatie",
    "estimator_two_way": "Vaste effecten",
    "anticipation_1": "Provincies mogen één meting vooruitlopen",
    "anticipation_2": "Provincies mogen twee metingen vooruitlopen",
    "direct": "Met buurprovincies meegerekend",
    "concurrent": "Met het andere programma meegerekend",
    "before_1": "Verandering in één meting vóór de start",
    "before_2": "Verandering in twee metingen vóór de start",
    "placebo_1": "Start één meting te vroeg verondersteld",
    "placebo_2": "Start twee metingen te vroeg verondersteld",
    "placebo_3": "Start drie metingen te vroeg verondersteld",
    "spillover": "Uitstraling als alle buren meedoen",
    "concurrent_interaction": "Verschil waar ook het andere programma loopt",
    "trend": "Verschil in ontwikkeling vóór de start, per meting",
}
# Other choices for the same estimate, and checks of what cannot be an effect. Estimators stand in the table
# of estimates, which the chapter of the question names.
CHOSEN = (
    "weights_inhabitants", "weights_precision", "weights_provinces", "estimator_never", "anticipation_1",
    "anticipation_2", "direct", "concurrent",
)  # fmt: skip
NOTHING_THERE = ("before_1", "before_2", "placebo_1", "placebo_2", "placebo_3")
CHOICES = {
    "estimator": "Schatter",
    "sample": "Weging",
    "anticipation": "Vooruitlopen",
    "before": "Metingen vóór de start",
    "without": "Provincies",
    "spillover": "Buurprovincies",
    "policy": "Ander programma",
}
SEEN = {
    "noise_change": "Wat een provincie tussen twee metingen uit zichzelf afwijkt (standaardafwijking)",
    "detectable": "Kleinste effect dat in vier van de vijf gevallen gezien wordt",
    "smallest": "Kleinste effect dat ertoe doet",
    "power": "Kans om dat effect te zien",
    "type_m": "Gemiddelde overschatting als de toets dat effect ziet",
    "type_s": "Kans op het verkeerde teken als de toets dat effect ziet",
    "alarm_high": "Vals alarm zonder effect, onder de ongunstigste van zes soorten schokken",
    "alarm_shared": "Vals alarm als de provincies aan de rand een schok delen",
    "breakdown_b": "Uiteenlopen per meting waarbij de conclusie valt",
    "gamma": "Ongelijke kansen op een vroege start waarbij de conclusie valt",
}


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """For every question: the checks, the forest, the curve and the power, or why they are not there.

    A trial shows only questions that have a twin.
    """
    drawn: list[Exhibit] = []
    for question in questions(workspace):
        prefix = checks_of(question.prefix)
        main = released.find(f"{prefix}.main")
        if main is None or (main.reason and released.part == TRIAL):
            continue
        drawn += [
            _checks(released, question, prefix),
            _without(released, question, prefix),
            _curve(released, question, prefix),
            _power(released, question, prefix),
            *tables(released, question, prefix),
        ]
    seen = [_seen(released, workspace), drift_table(released, questions(workspace))]
    return [*drawn, *(table for table in seen if table is not None)]


def _checks(released: Released, question: Question, prefix: str) -> TableExhibit:
    main = released.row(f"{prefix}.main")
    places = question.places(twin=bool(released.part))
    found = [(places.named(label), released.find(f"{prefix}.{name}")) for name, label in CHECKED.items()]
    if main.reason:  # without an answer there is nothing to check
        found = found[:1]
    cells = [(label, *_cells(row)) for label, row in found if row is not None]
    return TableExhibit(
        id=released.exhibit("tbl", f"{SECTION}-{question.id}"),
        cells=pd.DataFrame(
            cells, columns=["Controle", f"Schatting ({main.unit})", interval_name(main.level), "p-waarde"]
        ),
        caption=(
            f"{question.exposure.label}, {dutch.lower(question.title)}: de schatting onder andere keuzes, en "
            "toetsen waar geen effect kan zijn. Intervallen en p-waarden uit de randomisatietoets over "
            f"{places.many}.{_lacking(found, main)}{_controlled(released, prefix, main)}"
        ),
        kind=main.kind,
        source=main.source,
        align="lrlr",
        widths=(36, 28, 18, 18),
    )


def _lacking(found: list[tuple[str, Result | None]], main: Result) -> str:
    """Which checks could not be done, and why: checks of one reason together."""
    labels: dict[str, list[str]] = {}
    for label, row in found:
        if row is not None and row.reason and row is not main:
            labels.setdefault(row.reason, []).append(dutch.lower(label))
    told = "; ".join(f"{dutch.join(same)} ({reason})" for reason, same in labels.items())
    return f" Niet vast te stellen: {told}." if told else ""


def _controlled(released: Released, prefix: str, main: Result) -> str:
    """For what the doubly robust estimate controls, where there is one."""
    alike = released.find(f"{prefix}.{ALIKE}")
    return "" if alike is None or alike.reason or main.reason else f" Dubbel robuust: {alike.note}"


def _cells(row: Result) -> tuple[str, str, str]:
    if row.value is None:
        return row.unknown_word, NOT_APPLICABLE, NOT_APPLICABLE
    interval = row.interval_text if row.low is not None else NOT_GIVEN
    return dutch.number(row.value, row.decimals, sign=True), interval, row.p_text


def _drawable(series: Series) -> pd.DataFrame:
    points = series.shown()
    if points.empty or points["low"].isna().all():
        return points.iloc[:0]
    return points.dropna(subset=["estimate"]).reset_index(drop=True)


def _without(released: Released, question: Question, prefix: str) -> FigureExhibit:
    series = released.points(f"{prefix}.zonder")
    caption = f"{about(question)}: geschat verschil als telkens één provincie wegblijft."
    id = released.exhibit("fig", f"{SECTION}-{question.id}-provincies")
    points = _drawable(series)
    if points.empty:
        return _absent(series, id, caption)
    return forest(
        points[["label", "estimate", "low", "high"]],
        id=id,
        outcome_label=f"verschil in {dutch.lower(question.outcome.label)}",
        unit=series.unit,
        kind=series.kind,
        source=series.source,
        decimals=series.decimals,
        level=series.level,
        highlight=["alle provincies"],
        caption=caption + _no_interval(released, question, points),
    )


def _no_interval(released: Released, question: Question, points: pd.DataFrame) -> str:
    """Why some estimates have none; "" where all have one."""
    if not points["low"].isna().any():
        return ""
    many = question.places(twin=bool(released.part)).many
    return f" Zonder streep: met minder dan vijf {many} met of zonder start is geen toets betrouwbaar."


def _curve(released: Released, question: Question, prefix: str) -> FigureExhibit:
    series = released.points(f"{prefix}.curve")
    caption = f"{about(question)}: geschat verschil onder elke verdedigbare specificatie."
    id = released.exhibit("fig", f"{SECTION}-{question.id}-curve")
    points = _drawable(series)
    varied = {name: label for name, label in CHOICES.items() if len(set(points.get(name, ()))) > 1}
    if points.empty or not varied:
        return _absent(series, id, caption)
    p = released.find(f"{prefix}.curve_p")
    return specification_curve(
        points,
        id=id,
        outcome_label="geschat verschil",
        unit=series.unit,
        kind=series.kind,
        source=series.source,
        choices=varied,
        decimals=series.decimals,
        level=series.level,
        p_value=None if p is None else p.value,
        caption=caption + _no_interval(released, question, points),
    )


def _power(released: Released, question: Question, prefix: str) -> FigureExhibit:
    series = released.points(f"{prefix}.vermogen")
    caption = (
        f"{about(question)}: kans om een effect te zien, naar grootte, bij de schommelingen die "
        f"{question.places(twin=bool(released.part)).many} uit zichzelf hebben."
    )
    id = released.exhibit("fig", f"{SECTION}-{question.id}-vermogen")
    points = series.shown()
    if points.empty:
        return _absent(series, id, caption)
    return power_curve(
        points[["effect", "power"]],
        id=id,
        outcome_label=dutch.lower(question.outcome.label),
        unit=question.outcome.unit,
        kind=series.kind,
        source=series.source,
        caption=caption,
    )


def _absent(series: Series, id: str, caption: str) -> FigureExhibit:
    why = series.unknown or "niet vast te stellen: van geen enkele schatting is een interval te geven"
    return absent(id=id, caption=caption, why=why, kind=series.kind, source=series.source)


def _seen(released: Released, workspace: Workspace | None) -> TableExhibit | None:
    """What could have been seen, a column for the first question of a programme that has an answer."""
    shown: set[str] = set()
    columns: dict[str, list[str]] = {}
    rows: list[Result] = []
    levels: list[str] = []
    for question in questions(workspace):
        prefix = checks_of(question.prefix)
        main = released.find(f"{prefix}.main")
        if main is None or question.placebo:
            continue
        rows.append(main)
        if main.reason or question.exposure.label in shown:
            continue
        shown.add(question.exposure.label)
        levels.append("province" if released.part else question.exposure.place)
        outcome = question.outcome
        own = {name: released.find(f"{prefix}.{name}") for name in SEEN}
        smallest = f"{dutch.number(outcome.smallest_of_interest, 1)} {outcome.unit}"
        columns[f"{question.exposure.label}, {dutch.lower(question.title)}"] = [
            smallest if name == "smallest" else "niet berekend" if row is None else _told(row)
            for name, row in own.items()
        ]
    if not rows:
        return None
    named = places_of(levels or ["province"]).named
    columns = columns or {"Uitkomst": ["niet vast te stellen"] * len(SEEN)}
    answered = [row for row in rows if not row.reason] or rows
    return TableExhibit(
        id=released.exhibit("tbl", SECTION),
        cells=pd.DataFrame({"Wat": [named(label) for label in SEEN.values()], **columns}),
        caption="Wat met deze gegevens te zien was, en bij welke vertekening de conclusie valt.",
        kind=DataKind.combine(row.kind for row in answered),
        source=sources_of(answered),
        align="l" * (1 + len(columns)),
    )


def _told(row: Result) -> str:
    if row.value is None:
        return row.note.rstrip(".").lower() if row.note else row.unknown_word
    return with_simulation_error(row)
