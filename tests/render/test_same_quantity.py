"""What is told twice is told alike: one result in every place of both documents where it stands."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
from readback import page, words
from told_twice import contradictions, linked, numbers, table

from analysis.design.questions import questions
from analysis.exhibits import sources_of
from analysis.results import read_rows
from analysis.workspace import Workspace

DOCUMENTS = ("rapport", "verantwoording")


@pytest.fixture(scope="module")
def pages(report):
    return {name: page(report / "_report" / f"{name}.html") for name in DOCUMENTS}


@pytest.fixture(scope="module")
def rows(report):
    return {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}


@pytest.fixture(scope="module")
def asked(report):
    return list(questions(Workspace(report, report / "data" / "real")))


def test_nothing_is_told_twice_and_differently(pages, rows, asked):
    assert contradictions(pages, rows, asked) == []


def changed(pages, name, old, new, within):
    """The pages with `old` replaced once, in the first element of `within` that says it."""
    pages = deepcopy(pages)
    for element in pages[name].iter():
        if within(element) and old in words(element):
            for node in element.iter():
                for part in ("text", "tail"):
                    if old in (getattr(node, part) or "") and not (node is element and part == "tail"):
                        setattr(node, part, getattr(node, part).replace(old, new, 1))
                        return pages
    raise AssertionError(f"{name} does not say {old!r}")


def of_table(name):
    return lambda element: element.tag == "div" and element.get("id") == name


def in_line(start):
    return lambda element: element.tag == "tr" and words(element).startswith(start)


def to_row(id):
    return lambda element: element.tag == "a" and element.get("href", "").endswith(f"#herkomst-{id}")


PLANTED = {
    "a number in a sentence": (
        "rapport", "0,20", "0,30", to_row("prodemos.opkomst_tk.effect"), "prodemos.opkomst_tk.effect reads",
    ),
    "a number in a table of the other document": (
        "verantwoording", "−0,04", "−0,05", of_table("tbl-zekerheid-prodemos-opkomst-tk"),
        "'Imputatie' reads",
    ),
    "another rounding of the same share": (
        "verantwoording", "10,1", "10,0", of_table("tbl-zekerheid-prodemos-opkomst-tk-alarm"), "alarm_shared",
    ),
    "a count beside the table it counts": (
        "rapport", "onbekend", "gemeld", in_line("Impactanalyse"), "programma.logic_unknown",
    ),
    "a promise that is told as kept": (
        "rapport", "Toegezegd. Aan een plan", "Gerealiseerd. Toegezegd (brief B); aan een plan",
        of_table("tbl-toezeggingen"), "is done and not done",
    ),
    "another effect on turnout that matters": (
        "rapport", "Gekozen effect", "Kleinste effect dat ertoe doet", of_table("tbl-meten"),
        "tbl-meten reads '1 procentpunt'",
    ),
    "an answer where there is none": (
        "rapport", "Niet vast te stellen: er is geen bestand met de kennis", "Er is geen effect op de kennis",
        of_table("tbl-antwoord"), "tbl-antwoord",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_contradiction_is_found(pages, rows, asked, kind):
    name, old, new, within, said = PLANTED[kind]
    found = contradictions(changed(pages, name, old, new, within), rows, asked)
    assert any(said in one for one in found), found


def test_another_p_value_beside_the_same_estimate_is_found(pages, rows, asked):
    p = rows["prodemos.opkomst_tk.effect"].p_text
    within = of_table("tbl-prodemos-opkomst-tk-opzet")
    found = contradictions(changed(pages, "verantwoording", p, "0,999", within), rows, asked)
    assert any("reads p '0,999'" in one for one in found), found


def test_many_numbers_lead_to_their_row(pages, rows):
    """That each of them is its row's, in either language, is among the contradictions."""
    assert sum(1 for _ in linked(pages, rows)) > 50


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
