"""The answers on one sheet: every question with what can be said, and what is needed where nothing can."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.questions import Question, questions
from analysis.exhibits import Exhibit, TableExhibit, sources_of
from analysis.inference.multiple import holm
from analysis.results import Released, Result
from analysis.workspace import Workspace

# Descriptions beside the questions about an effect: the row that answers, and how it is named.
DESCRIBED = (
    ("kenniskloof.gap", "Kloof in burgerschapskennis tussen vwo en vmbo"),
    ("regio.sd_province", "Spreiding tussen provincies in burgerschapskennis"),
)
# The scale of Maryland: before and after, with and without, and no lottery.
SECONDARY = "secondary"
COMPARED, DESCRIPTION, NOTHING = "3", "beschrijving", "geen"


def exhibits(released: Released, workspace: Workspace) -> list[Exhibit]:
    """``tbl-antwoord`` and ``tbl-nevenvragen``; nothing where no question has results."""
    return [*_sheet(released, workspace), *_families(released, workspace)]


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


def _probability(p: float | None, row: Result) -> str:
    if p is not None:
        return dutch.p_value(p)
    return "niet getoond" if row.withheld else "niet vast te stellen"


def _sheet(released: Released, workspace: Workspace) -> list[Exhibit]:
    lines = [
        _asked(question, released)
        for question in questions(workspace)
        if f"{question.prefix}.effect" in released
    ]
    lines += [_described(released.row(id), label) for id, label in DESCRIBED if id in released]
    if not lines:
        return []
    cells = pd.DataFrame(
        [line for line, _ in lines],
        columns=["Vraag", "Antwoord", "Kleinste verschil dat ertoe doet", "Bewijs (Maryland)"],
    )
    rows = [row for _, row in lines]
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
            align="llrl",
            widths=(34, 52, 18, 16),
        )
    ]


def _asked(question: Question, released: Released) -> tuple[tuple[str, ...], Result]:
    row = released.row(f"{question.prefix}.effect")
    smallest = released.row(f"{question.prefix}.smallest_of_interest")
    label = f"{question.exposure.label}: {dutch.lower(question.title)}"
    proof = NOTHING if row.value is None else COMPARED
    return (label, _answer(row), smallest.variables()["full"], proof), row


def _described(row: Result, label: str) -> tuple[tuple[str, ...], Result]:
    proof = NOTHING if row.value is None else DESCRIPTION
    return (label, _answer(row), "niet van toepassing", proof), row


def _answer(row: Result) -> str:
    return dutch.capital(row.variables()["full"])
