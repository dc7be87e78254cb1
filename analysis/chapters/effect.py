"""Tables and figures of the questions about an effect, drawn from what disclosure lets through."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.effect_names import (
    IMITATED,
    IMPUTED,
    INTERACTED,
    MAIN,
    METHODS,
    STOPPED,
    TWO_WAY,
    WEIGHTED,
)
from analysis.chapters.cells import NOT_APPLICABLE, NOT_GIVEN
from analysis.chapters.effect_gemeten import measured_exhibits
from analysis.chapters.effect_opzet import design_table
from analysis.chapters.effect_weighted import weighted_remark, weighted_tables
from analysis.datakind import DataKind
from analysis.design.questions import Question, questions
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures.absent import absent
from analysis.figures.event_study import event_study
from analysis.figures.rollout import rollout
from analysis.results import Released, Result, interval_name
from analysis.workspace import Workspace

_LINES = (
    (f"{dutch.capital(METHODS[MAIN])} (hoofdschatting)", "effect"),
    (dutch.capital(METHODS[IMPUTED]), "effect_imputation"),
    (METHODS[INTERACTED], "effect_sun_abraham"),
    (dutch.capital(METHODS[TWO_WAY]), "effect_two_way"),
    (dutch.capital(METHODS[WEIGHTED]), f"effect_{WEIGHTED}"),
    (dutch.capital(METHODS[IMITATED]), f"effect_{IMITATED}"),
    (dutch.capital(METHODS[STOPPED]), f"effect_{STOPPED}"),
    ("Per bereikte jongere op 1.000 mensen", "dose_slope"),
    ("Wat voor de tweeling is gekozen", "truth"),
)
# The estimates beside the main one, by the last part of their ids.
BESIDE = {f"effect_{name}": METHODS[name] for name in (IMPUTED, INTERACTED, TWO_WAY, WEIGHTED, IMITATED)}


def sections(workspace: Workspace) -> tuple[str, ...]:
    """The chapters that the questions belong to: first parts of the ids this module draws from."""
    return tuple(dict.fromkeys(question.chapter for question in questions(workspace)))


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """For every question with results a table, the path over time and the same contrast before; for every
    chapter the schedule of its programme."""
    drawn: list[Exhibit] = []
    scheduled: set[str] = set()
    for question in questions(workspace):
        main = released.find(f"{question.prefix}.effect")
        if main is None or (main.reason and released.part):  # no twin was made for it
            continue
        if question.chapter not in scheduled:
            scheduled.add(question.chapter)
            drawn.append(_schedule(released, question))
        drawn += [_table(released, question), _path(released, question), design_table(released, question)]
        drawn += [*weighted_tables(released, question), *measured_exhibits(released, question)]
    return drawn


def _table(released: Released, question: Question) -> TableExhibit:
    """The estimates beside each other."""
    main = released.row(f"{question.prefix}.effect")
    found = [(label, released.find(f"{question.prefix}.{name}")) for label, name in _LINES]
    cells = [_line(label, row) for label, row in found if row is not None]
    about, places = dutch.lower(question.outcome.label), question.places(twin=bool(released.part)).many
    remark = f"{dutch.capital(main.no_statement)}." if main.no_statement else ""
    remark = f"{remark} {_stopped_remark(released, question)}".strip()
    beside = weighted_remark(released, question)
    why = [
        f"{label} is {row.unknown}."
        for label, row in found
        if row is not None and row is not main and row.value is None and row.unknown not in remark + beside
    ]
    why = why if main.value is not None else []
    remark = " ".join(filter(None, [_other_test(found, main), remark, *why, beside]))
    return TableExhibit(
        id=released.exhibit("tbl", question.id),
        cells=pd.DataFrame(
            cells,
            columns=["Schatting", f"Verschil ({main.unit})", interval_name(main.level), "p-waarde"],
        ),
        caption=f"Geschat verschil in {about}, met de randomisatietoets over {places}. {remark}".strip(),
        kind=main.kind,
        source=main.source,
        align="lrlr",
        widths=(37, 27, 18, 18),
    )


def _other_test(found: list[tuple[str, Result | None]], main: Result) -> str:
    """Of which lines the interval is not that of the test in the caption, and whose it is."""
    labels: dict[str, list[str]] = {}
    for label, row in found:
        if row is not None and row.low is not None and row.p_value is None and row.test != main.test:
            labels.setdefault(row.test, []).append(f'"{label}"')
    return " ".join(f"Interval bij {dutch.join(same)}: {test}." for test, same in labels.items())


def _stopped_remark(released: Released, question: Question) -> str:
    """What the line with on and off is of, and what the others leave out."""
    row = released.find(f"{question.prefix}.effect_{STOPPED}")
    if row is None:
        return ""
    name = dutch.capital(METHODS[STOPPED])
    told = f"{name}: {dutch.lower(row.note)}" if row.note else f"{name}: {row.unknown}."
    return f"{told} De andere regels laten weg wat is gemeten nadat het programma ergens stopte."


def _line(label: str, row: Result) -> tuple[str, str, str, str]:
    if row.value is None:
        return label, row.unknown_word, NOT_APPLICABLE, NOT_APPLICABLE
    if row.name == "truth":
        interval = p = NOT_APPLICABLE
    else:
        interval = row.interval_text if row.low is not None else NOT_GIVEN
        p = row.p_text
    return label, dutch.number(row.value, row.decimals, sign=True), interval, p


def _path(released: Released, question: Question) -> FigureExhibit:
    series = released.points(f"{question.prefix}.pad")
    id = released.exhibit("fig", f"{question.id}-pad")
    points = series.shown()
    if points.empty:
        caption = f"Verschil in {dutch.lower(question.outcome.label)} naar tijd sinds de start."
        why = series.unknown or "niet vast te stellen: er zijn geen punten om te tekenen"
        return absent(id=id, caption=caption, why=why, kind=series.kind, source=series.source)
    return event_study(
        points,
        id=id,
        outcome_label=dutch.lower(question.outcome.label),
        unit=series.unit,
        kind=series.kind,
        source=series.source,
        cohort_note=(
            f"Vergeleken is met {question.places(twin=bool(released.part)).many} die bij die meting nog niet "
            "begonnen waren."
        ),
        level=series.level,
        period="meting",
    )


def _schedule(released: Released, question: Question) -> FigureExhibit:
    series = released.points(f"{question.prefix}.start")
    starts = series.points["start"].dropna()
    this_year = 2026
    first = int(min(starts.min(), this_year - 3)) if len(starts) else this_year - 3
    last = int(max(starts.max(), this_year)) if len(starts) else this_year
    return rollout(
        series.points[["code", "start", "status"]],
        id=released.exhibit("fig", f"{question.chapter}-uitrol"),
        programme=question.exposure.label,
        years=range(first, last + 1),
        kind=series.kind,
        source=series.source,
        caption=series.label if series.kind is not DataKind.SYNTHETIC else _TWIN_SCHEDULE,
    )


_TWIN_SCHEDULE = "Start per provincie in de tweeling. Elke start na de eerste vijf is daar gekozen."
