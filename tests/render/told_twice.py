"""The same quantity in several places of both documents: where each stands, and which of them disagree.

Every entry of :func:`contradictions` compares what is printed with what is printed elsewhere, or with the row
it comes from; nothing is taken from the code that printed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from readback import words

from analysis.design.questions import Question
from analysis.results import Result

NUMBER = re.compile(r"[−-]?\d+(?:\.\d{3})*(?:,\d+)?")
# Of each question: the part of a row's id, and the tables that print it, by the beginning of the line's first
# cell and the column; "effect" rows belong to the chapter, "check" rows to the chapter on certainty.
IN_TABLES = (
    ("effect", "effect", "tbl-{id}", "Groepen en metingen", 1),
    ("effect", "effect", "tbl-zekerheid-{id}", "Hoofdschatting", 1),
    ("effect", "effect_imputation", "tbl-{id}", "Imputatie", 1),
    ("effect", "effect_imputation", "tbl-zekerheid-{id}", "Imputatie", 1),
    ("effect", "effect_two_way", "tbl-{id}", "Vaste effecten", 1),
    ("effect", "effect_two_way", "tbl-zekerheid-{id}", "Vaste effecten", 1),
    ("effect", "crv3_p", "tbl-{id}-opzet", "p-waarde met standaardfouten", 1),
    ("effect", "wild_p", "tbl-{id}-opzet", "p-waarde van de wilde bootstrap", 1),
    ("effect", "pretrend_p", "tbl-{id}-opzet", "p-waarde voor gelijke ontwikkeling", 1),
    ("check", "detectable", "tbl-zekerheid-{id}-grenzen", "Kleinste effect dat in vier van de vijf", 1),
    ("check", "trend_missed", "tbl-zekerheid-{id}-grenzen", "Vertekening door een ontwikkeling", 1),
    ("check", "curve_n", "tbl-zekerheid-{id}-grenzen", "Specificaties in de curve", 1),
    ("check", "alarm_shared", "tbl-zekerheid-{id}-alarm", "Los van elkaar, met een hele schok", 1),
    ("check", "alarm_wild_shared", "tbl-zekerheid-{id}-alarm", "Los van elkaar, met een hele schok", 2),
)
P_VALUES = (
    ("tbl-{id}", "Groepen en metingen", 3),
    ("tbl-zekerheid-{id}", "Hoofdschatting", 3),
    ("tbl-{id}-opzet", "p-waarde van de randomisatietoets", 1),
)
COUNTED = (
    ("programma.lines", "tbl-programma-rooster", None),
    ("programma.commitments", "tbl-toezeggingen", None),
    ("programma.logic_unknown", "tbl-programma-rooster", "onbekend"),
)
STATUSES = ("gerealiseerd", "deels gerealiseerd", "toegezegd", "verwacht", "onbekend")


def numbers(text: str) -> list[str]:
    """The numbers in `text` without plus signs, the name of an interval left out."""
    return NUMBER.findall(re.sub(r"\d+%-interval", "", text).replace("+", ""))


def table(html: Element, name: str) -> list[list[str]]:
    """The rows of the table with this id, cells as text; empty where the page does not hold it."""
    for div in html.iter("div"):
        if div.get("id") == name:
            return [[words(cell) for cell in row if cell.tag in ("th", "td")] for row in div.iter("tr")]
    return []


def contradictions(
    pages: Mapping[str, Element], rows: Mapping[str, Result], asked: list[Question]
) -> list[str]:
    """What is told twice and not alike, each as a sentence; empty where the documents agree."""
    tables = _tables(pages)
    return [
        *_linked(pages, rows),
        *_in_tables(tables, rows, asked),
        *_p_values(tables, rows, asked),
        *_counted(tables, rows),
        *_statuses(tables),
        *_unknown(tables, rows, asked),
        *_smallest(tables, rows),
    ]


def _tables(pages: Mapping[str, Element]) -> dict[str, list[list[str]]]:
    names = {
        div.get("id") for html in pages.values() for div in html.iter("div") if _is_table(div.get("id", ""))
    }
    return {name: next(found for html in pages.values() if (found := table(html, name))) for name in names}


def _is_table(name: str) -> bool:
    return name.startswith("tbl-") and not name.startswith("tbl-herkomst")


def linked(pages: Mapping[str, Element], rows: Mapping[str, Result]) -> Iterator[tuple[str, Result, str]]:
    """Every number that leads to a row: the document, the row and what is read there."""
    for name, html in pages.items():
        for link in html.iter("a"):
            id = link.get("href", "").partition("#herkomst-")[2]
            text = words(link)
            if id in rows and re.search(r"\d", text) and link.get("aria-label"):
                yield name, rows[id], text


def _linked(pages: Mapping[str, Element], rows: Mapping[str, Result]) -> Iterator[str]:
    """A number that leads to a row is a number of that row, with all of the row's digits."""
    for name, row, text in linked(pages, rows):
        own = row.variables()
        held = {number for form in ("full", "n", "p") for number in numbers(own.get(form, ""))}
        if not set(numbers(text)) <= held and text not in own["english"]:
            yield f"{name}: {row.id} reads {text!r}, its row {own['full']!r}"


def _line(tables: Mapping[str, list[list[str]]], name: str, start: str) -> list[str] | None:
    return next((line for line in tables.get(name, [])[1:] if line[0].startswith(start)), None)


def _in_tables(
    tables: Mapping[str, list[list[str]]], rows: Mapping[str, Result], asked: list[Question]
) -> Iterator[str]:
    for question in asked:
        starts = {"effect": question.prefix, "check": f"zekerheid.{question.prefix.replace('.', '_')}"}
        for room, part, name, start, column in IN_TABLES:
            row = rows.get(f"{starts[room]}.{part}")
            line = _line(tables, name.format(id=question.id), start)
            if row is None or row.value is None or line is None:
                continue
            told = numbers(line[column])[:1]
            own = numbers(row.variables()["value"])
            if told != own:
                yield f"{name.format(id=question.id)}, {start!r} reads {told}, row {row.id} {own}"


def _p_values(
    tables: Mapping[str, list[list[str]]], rows: Mapping[str, Result], asked: list[Question]
) -> Iterator[str]:
    for question in asked:
        row = rows[f"{question.prefix}.effect"]
        if row.value is None or row.no_statement:
            continue
        for name, start, column in P_VALUES:
            line = _line(tables, name.format(id=question.id), start)
            if line is not None and line[column] != row.p_text:
                yield f"{name.format(id=question.id)} reads p {line[column]!r}, row {row.id} {row.p_text!r}"


def _counted(tables: Mapping[str, list[list[str]]], rows: Mapping[str, Result]) -> Iterator[str]:
    """A count in a sentence is what the table beside it holds."""
    for id, name, word in COUNTED:
        lines = tables[name][1:]
        found = len(lines) if word is None else sum(cell == word for line in lines for cell in line[1:])
        if found != rows[id].value:
            yield f"{name} holds {found}, row {id} says {rows[id].value:g}"


def _statuses(tables: Mapping[str, list[list[str]]]) -> Iterator[str]:
    """What begins with a status and goes on with another contradicts itself; money has one status."""
    for line in tables["tbl-toezeggingen"][1:]:
        status = next((word for word in STATUSES if re.match(rf"{word}\b", line[2], re.IGNORECASE)), None)
        if status is None:
            yield f"tbl-toezeggingen, {line[0]!r} begins with no status: {line[2]!r}"
        if status == "gerealiseerd" and re.search(
            r"nog niet gemeld|toegezegd \(brief", line[2], re.IGNORECASE
        ):
            yield f"tbl-toezeggingen, {line[0]!r} is done and not done: {line[2]!r}"
        if status in ("toegezegd", "verwacht") and re.search(r"\bgegeven\b|Overhandigd|Verschenen", line[2]):
            yield f"tbl-toezeggingen, {line[0]!r} is promised and done: {line[2]!r}"


SMALLEST = re.compile(r"Kleinste (effect|verschil) dat ertoe doet")
TURNOUT = "prodemos.opkomst_tk.smallest_of_interest"


def _smallest(tables: Mapping[str, list[list[str]]], rows: Mapping[str, Result]) -> Iterator[str]:
    """What matters in turnout is one number, in whichever table a column or a line says it."""
    own = numbers(rows[TURNOUT].variables()["value"])
    for name, (heading, *lines) in tables.items():
        said = [
            line[column]
            for column, title in enumerate(heading)
            for line in lines
            if (SMALLEST.match(title) and "opkomst" in line[0].lower())
            or (SMALLEST.match(line[0]) and "opkomst" in title.lower())
        ]
        yield from (f"{name} reads {one!r}, row {TURNOUT} {own}" for one in said if numbers(one)[:1] != own)


def _unknown(
    tables: Mapping[str, list[list[str]]], rows: Mapping[str, Result], asked: list[Question]
) -> Iterator[str]:
    """A question without an answer has none on any page, and one with an answer is nowhere unknown."""
    sheet = {line[0]: line[1] for line in tables["tbl-antwoord"][1:]}
    for question in asked:
        row = rows[f"{question.prefix}.effect"]
        label = f"{question.exposure.label}: {question.title[:1].lower()}{question.title[1:]}"
        told = sheet[label]
        if told.lower().startswith(row.unknown_word) is not (row.value is None):
            yield f"tbl-antwoord, {label!r} reads {told!r}, row {row.id} {row.variables()['full']!r}"
        other = _line(tables, "tbl-nevenvragen", label)
        if other is not None and (other[1] == row.unknown_word) is not (row.value is None):
            yield f"tbl-nevenvragen, {label!r} reads {other[1]!r}, row {row.id} has {row.value}"
