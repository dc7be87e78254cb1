"""What is told twice is told alike: one result in every place of both documents where it stands."""

from __future__ import annotations

import re

import pytest
from readback import page, words

from analysis.design.questions import questions
from analysis.exhibits import sources_of
from analysis.results import read_rows
from analysis.workspace import Workspace

DOCUMENTS = ("rapport", "verantwoording")
NUMBER = re.compile(r"[−-]?\d+(?:\.\d{3})*(?:,\d+)?")


@pytest.fixture(scope="module")
def pages(report):
    return {name: page(report / "_report" / f"{name}.html") for name in DOCUMENTS}


@pytest.fixture(scope="module")
def rows(report):
    return {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}


def numbers(text: str) -> list[str]:
    """The numbers in `text` without plus signs, the name of an interval left out."""
    return NUMBER.findall(re.sub(r"\d+%-interval", "", text).replace("+", ""))


def table(html, name: str) -> list[list[str]]:
    """The rows of the table with this id, cells as text; empty where the page does not hold it."""
    for div in html.iter("div"):
        if div.get("id") == name:
            return [[words(cell) for cell in row if cell.tag in ("th", "td")] for row in div.iter("tr")]
    return []


def test_a_number_that_is_linked_is_the_number_of_its_row(pages, rows):
    """In both documents, and in either language, a link to an origin shows what that row holds."""
    seen = 0
    for name, html in pages.items():
        for link in html.iter("a"):
            id = link.get("href", "").partition("#herkomst-")[2]
            text = words(link)
            if id not in rows or not re.search(r"\d", text) or not link.get("aria-label"):
                continue
            own = rows[id].variables()
            held = {number for form in ("full", "n", "p") for number in numbers(own.get(form, ""))}
            english = own["english"]
            told = set(numbers(text))
            assert told <= held or text in english, f"{name}: {id} reads {text!r}; its row holds {held}"
            seen += 1
    assert seen > 50


def test_an_answer_reads_the_same_on_the_sheet_in_its_chapter_and_among_the_checks(report, pages, rows):
    workspace = Workspace(report, report / "data" / "real")
    answered = [q for q in questions(workspace) if rows[f"{q.prefix}.effect"].value is not None]
    assert answered, sources_of(rows.values())
    sheet = {line[0]: line[1] for line in table(pages["rapport"], "tbl-antwoord")[1:]}
    assert len(sheet) >= len(answered)
    for question in answered:
        row = rows[f"{question.prefix}.effect"]
        printed = numbers(row.variables()["full"])
        assert len(printed) == 3, question.id
        label = f"{question.exposure.label}: {question.title[:1].lower()}{question.title[1:]}"
        assert numbers(sheet[label])[:3] == printed
        (chapter,) = [found[1] for html in pages.values() if (found := table(html, f"tbl-{question.id}"))]
        assert numbers(" ".join(chapter[1:3])) == printed
        checks = table(pages["verantwoording"], f"tbl-zekerheid-{question.id}")
        main = [line for line in checks if line[0] == "Hoofdschatting"]
        assert [numbers(" ".join(line[1:3])) for line in main] == [printed] * len(main)


def test_the_smallest_effect_that_could_be_seen_is_one_number(pages, rows):
    """In the sentence of the chapter and in the table of how sure it is."""
    _, *lines = table(pages["rapport"], "tbl-zekerheid")
    seen = next(line for line in lines if line[0].startswith("Kleinste effect dat in vier van de vijf"))
    text = words(next(pages["rapport"].iter("main")))
    said = re.findall(r"dan het kleinste dat hier te zien zou zijn \(([^)]*)\)", text)
    assert {numbers(cell)[0] for cell in seen[1:]} <= {numbers(one)[0] for one in said}
    known = {
        numbers(row.variables()["full"])[0] for row in rows.values() if row.name == "detectable" and row.value
    }
    assert {numbers(one)[0] for one in said} <= known


def test_a_figure_and_a_table_have_one_caption(pages):
    """Each stands in one document; what both showed would be two captions to keep alike."""
    held = {
        name: {div.get("id") for div in html.iter("div") if re.match(r"(fig|tbl)-", div.get("id", ""))}
        for name, html in pages.items()
    }
    assert not held["rapport"] & held["verantwoording"]


def test_a_commitment_has_one_status_and_an_amount_one_origin(pages):
    """The money of one amendment was promised in one table and spent in another."""
    commitments = table(pages["rapport"], "tbl-toezeggingen")
    (buijsse,) = [line for line in commitments if "Buijsse" in line[0]]
    (amount,) = [
        line
        for line in table(pages["verantwoording"], "tbl-programma-kerncijfers")
        if line[0].startswith("ProDemos: geld")
    ]
    assert amount[2].startswith("Toegezegd")
    assert "1 miljoen toegezegd" in buijsse[2]
    assert buijsse[2].startswith("Deels gerealiseerd")
