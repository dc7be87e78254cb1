"""The answers on one sheet: every question with what can be said, and what is needed where nothing can."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.answers.zekerheid_names import checks_of
from analysis.datakind import DataKind
from analysis.design.questions import PRIMARY, SECONDARY, Question, questions
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit, sources_of
from analysis.figures.one_look import one_look
from analysis.inference.stepdown import holm
from analysis.results import Released, Result, interval_name
from analysis.workspace import Workspace

# Descriptions beside the questions about an effect: the row that answers, and how it is named.
DESCRIBED = (
    ("kenniskloof.gap", "Kloof in burgerschapskennis tussen vwo en vmbo", "sec-kenniskloof"),
    ("regio.sd_province", "Spreiding tussen provincies in burgerschapskennis", "sec-regio"),
)
NO_LINE = "geen programmalijn"
CANNOT = "Niet te zien"  # the largest effect that is possible would not have stood out
NEARER = "Een meting onder jongeren zelf: alle kiezers samen staan te ver van hen af"
LONGER = "Metingen van latere jaren"
WIDER = "Meer plaatsen om te vergelijken: waar het begon, en waar niet of later"
NOTHING_MORE = "Niets"
ABSENT = "Gegevens die er nog niet zijn"
MORE_PEOPLE = "Metingen over meer mensen of plaatsen: deze zouden over herkenbare mensen kunnen gaan"
NEEDED, OBTAINABLE = "nodig is ", "op te vragen"  # how a reason names what is needed
THAT_FILE = "Dat bestand; "  # the reason named it, in another cell
# The scale of Maryland: before and after, with and without, and no lottery.
COMPARED, DESCRIPTION, NOTHING = "3", "beschrijving", "geen"


def exhibits(released: Released, workspace: Workspace) -> list[Exhibit]:
    """The answers as table and picture, the secondary questions together, and the placebo questions.

    ``tbl-antwoord``, ``fig-antwoord``, ``tbl-nevenvragen`` and ``tbl-schijnvragen``; each only where a
    question of its role has results.
    """
    return [
        *_sheet(released, workspace),
        *_families(released, workspace),
        *_placebos(released, workspace),
    ]


def _families(released: Released, workspace: Workspace) -> list[Exhibit]:
    """p-values of the secondary questions of a family, also as corrected for being several (Holm 1979)."""
    asked = [
        (question, released.row(f"{question.prefix}.effect"))
        for question in questions(workspace)
        if question.role == SECONDARY and f"{question.prefix}.effect" in released
    ]
    if not asked:
        return []
    tested = [(question, row) for question, row in asked if row.p_value is not None]
    corrected: dict[str, float] = {}
    for family in dict.fromkeys(question.family for question, _ in tested):
        own = [(question.id, row.p_value) for question, row in tested if question.family == family]
        corrected |= dict(zip([id for id, _ in own], holm([p for _, p in own]), strict=True))
    cells = pd.DataFrame(
        [
            (
                f"{question.exposure.label}: {dutch.lower(question.title)}",
                _probability(row.p_value, row),
                _probability(corrected.get(question.id), row),
            )
            for question, row in asked
        ],
        columns=["Nevenvraag", "p-waarde", "Gecorrigeerd (Holm)"],
    )
    return [
        TableExhibit(
            id=released.exhibit("tbl", "nevenvragen"),
            cells=cells,
            caption=(
                "Nevenvragen, per programma samen gecorrigeerd: wie vaker kijkt, vindt eerder iets dat "
                "toeval is."
            ),
            kind=DataKind.combine(row.kind for _, row in asked),
            source=sources_of(row for _, row in asked),
            align="lrr",
            widths=(60, 18, 22),
        )
    ]


def _placebos(released: Released, workspace: Workspace) -> list[Exhibit]:
    """Questions whose answer must be nothing, each beside the primary one of its family, with its own p."""
    asked = [(question, released.find(f"{question.prefix}.effect")) for question in questions(workspace)]
    asked = [(question, row) for question, row in asked if row is not None]
    primary = {question.family: row for question, row in asked if question.role == PRIMARY}
    placebos = [(question, row) for question, row in asked if question.placebo]
    if not placebos:
        return []
    cells = pd.DataFrame(
        [
            (
                f"{question.exposure.label}: {dutch.lower(question.title)}",
                row.variables()["full"],
                _probability(row.p_value, row),
                "geen" if beside is None else beside.variables()["full"],
                "geen" if beside is None else _probability(beside.p_value, beside),
            )
            for question, row in placebos
            for beside in (primary.get(question.family),)
        ],
        columns=["Schijnvraag", "Schatting", "p-waarde", "Hoofdvraag ernaast", "p-waarde daarvan"],
    )
    found = [
        dutch.lower(question.title)
        for question, row in placebos
        if row.p_value is not None and row.p_value < 1 - row.level
    ]
    warning = (
        f" De toets slaat aan bij {dutch.join(found)}: ook de hoofdvraag kan dan een verschil tonen dat niet "
        "van het programma komt."
        if found
        else ""
    )
    rows = [row for _, row in placebos]
    beside = [primary[question.family] for question, _ in placebos if question.family in primary]
    return [
        TableExhibit(
            id=released.exhibit("tbl", "schijnvragen"),
            cells=cells,
            caption=(
                "Schijnvragen: uitkomsten die het programma niet kan veranderen, op dezelfde manier getoetst "
                f"en niet gecorrigeerd.{warning}"
            ),
            kind=DataKind.combine(row.kind for row in [*rows, *beside]),
            source=sources_of([*rows, *beside]),
            align="llrlr",
            widths=(24, 28, 12, 28, 12),
        )
    ]


def _probability(p: float | None, row: Result) -> str:
    if p is not None:
        return dutch.p_value(p)
    return "niet getoond" if row.withheld else "niet vast te stellen"


def _sheet(released: Released, workspace: Workspace) -> list[Exhibit]:
    lines = [
        _asked(question, released)
        for question in questions(workspace)
        if f"{question.prefix}.effect" in released and not question.placebo
    ]
    lines += [
        _described(released.row(id), label, section) for id, label, section in DESCRIBED if id in released
    ]
    if not lines:
        return []
    cells = pd.DataFrame(
        [line for line, _, _ in lines],
        columns=["Vraag", "Antwoord", "Bewijs (Maryland)", "Kosten per jongere", "Nodig voor een antwoord"],
    )
    rows = [row for _, row, _ in lines]
    return [
        TableExhibit(
            id=released.exhibit("tbl", "antwoord"),
            cells=cells,
            caption=(
                "De vragen en wat erop te antwoorden is. Op de schaal van Maryland, van 1 (alleen een "
                "samenhang) tot 5 (loting), staat een vergelijking vóór en na, met en zonder programma, op 3."
            ),
            kind=DataKind.combine(row.kind for row in rows),
            source=sources_of(rows),
            widths=(26, 45, 14, 13, 33),
            links={"Vraag": [section for _, _, section in lines]},
        ),
        _look([(line[0], row, *_against(row, released)) for line, row, _ in lines], released),
    ]


def _look(answers: Sequence[tuple[str, Result, float, float]], released: Released) -> FigureExhibit:
    """The same answers as a picture."""
    rows = [row for _, row, _, _ in answers]
    levels = sorted({row.level for row in rows if row.low is not None})
    table = pd.DataFrame(
        {
            "label": [label for label, *_ in answers],
            "estimate": [_number(row.value) for row in rows],
            "low": [_number(row.low) for row in rows],
            "high": [_number(row.high) for row in rows],
            "smallest": [smallest for *_, smallest, _ in answers],
            "detectable": [seen for *_, seen in answers],
            "unit": [row.unit for row in rows],
            "reason": ["" if row.value is not None else _why(row) for row in rows],
        }
    )
    told = dutch.join([interval_name(level) for level in levels])
    return one_look(
        table,
        id=released.exhibit("fig", "antwoord"),
        kind=DataKind.combine(row.kind for row in rows),
        source=sources_of(rows),
        caption=(
            f"De antwoorden in beeld{f', met {told}' if told else ''}. Lichte band: kleiner dan "
            "wat in vier van de vijf gevallen te zien was. Oranje: kleiner dan wat ertoe doet."
        ),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _why(row: Result) -> str:
    """Why there is no answer, as it is told without what is needed."""
    told, _, _ = row.variables()["full"].partition("; ")
    return told.removeprefix(f"{row.unknown_word}: ")


def _against(row: Result, released: Released) -> tuple[float, float]:
    """The smallest effect that matters and the smallest that could be seen, NaN where unknown."""
    prefix = row.id.rpartition(".")[0]
    found = (
        released.find(f"{prefix}.smallest_of_interest"),
        released.find(f"{checks_of(prefix)}.detectable"),
    )
    smallest, seen = (float("nan") if one is None else _number(one.value) for one in found)
    return smallest, seen


def _asked(question: Question, released: Released) -> tuple[tuple[str, ...], Result, str]:
    row = released.row(f"{question.prefix}.effect")
    smallest = released.row(f"{question.prefix}.smallest_of_interest").variables()["value"]
    cost = _cost(question.chapter, released)
    answer, needed = _answer(row)
    if row.value is not None:
        answer = f"{answer}; van belang is {smallest} of meer"
        needed = LONGER if row.low is not None else WIDER  # no interval: too few that began, or that did not
        if out_of_reach(question, released):
            answer, needed = f"{CANNOT}. Geschat: {answer}", NEARER
    line = (
        f"{question.exposure.label}: {dutch.lower(question.title)}",
        answer,
        NOTHING if row.value is None else COMPARED,
        dutch.UNKNOWN if cost is None else cost.variables()["full"],
        needed,
    )
    return line, row, f"sec-{question.id}"


def _cost(chapter: str, released: Released) -> Result | None:
    """By the registration where that has reach, else as the letters have it."""
    registered = released.find(f"bereik.{chapter}_cost")
    if registered is not None and registered.value is not None:
        return registered
    return released.find(f"kosten.{chapter}_per_youth")


def _described(row: Result, label: str, section: str) -> tuple[tuple[str, ...], Result, str]:
    answer, needed = _answer(row)
    proof = NOTHING if row.value is None else DESCRIPTION
    return (label, answer, proof, NO_LINE, needed), row, section


def _answer(row: Result) -> tuple[str, str]:
    """What can be said; and what is needed, which a reason names after why there is no answer."""
    told = row.variables()["full"]
    if row.withheld:
        return dutch.capital(told), MORE_PEOPLE
    why, _, needed = told.partition("; ")
    if needed.startswith(NEEDED) or OBTAINABLE in needed:
        file = THAT_FILE if not needed.startswith(NEEDED) else ""
        return dutch.capital(why), dutch.capital(file + needed.removeprefix(NEEDED))
    return dutch.capital(told), NOTHING_MORE if row.value is not None else ABSENT


def out_of_reach(question: Question, released: Released) -> bool:
    """Whether the largest effect that is arithmetically possible is smaller than what could be seen."""
    largest = released.find(f"{question.prefix}.ceiling")
    seen = released.find(f"{checks_of(question.prefix)}.detectable")
    known = [row.value for row in (largest, seen) if row is not None and row.value is not None]
    return len(known) == 2 and known[0] < known[1]
