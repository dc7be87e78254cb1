"""From each number to its row, and from each row to every place that names it; in pages and in the file."""

from __future__ import annotations

import csv
import re

import pytest
from readback import page, words

from analysis.datakind import DataKind
from analysis.release.shown import NAMED_IN
from analysis.results import read_rows

DOCUMENTS = ("rapport", "verantwoording")
ORIGIN = re.compile(r"(?:verantwoording\.html)?#(herkomst-[\w.-]+)")


@pytest.fixture(scope="module")
def pages(report):
    return {f"{name}.html": page(report / "_report" / f"{name}.html") for name in DOCUMENTS}


@pytest.fixture(scope="module")
def rows(report):
    return {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}


def named_in(pages) -> dict[str, set[str]]:
    """By name of a result: the sections, as page and label, in which a number leads to it.

    Read from the pages alone: a link counts for the heading with a label that stands before it.
    """
    found: dict[str, set[str]] = {}
    for name, html in pages.items():
        label = ""
        for element in html.iter():
            if element.tag == "section" and element.get("id", "").startswith("sec-"):
                label = element.get("id")
            if re.fullmatch(r"h[1-6]", element.tag or "") and element.get("id", "").startswith("sec-"):
                label = element.get("id")
            match = ORIGIN.fullmatch(element.get("href", "")) if element.tag == "a" else None
            if match and element.get("aria-label") and label != "sec-herkomst":
                found.setdefault(match[1].removeprefix("herkomst-"), set()).add(f"{name}#{label}")
    return found


def lines_of_origin(html) -> dict[str, object]:
    """The line of the appendix for each name."""
    lines = {}
    for line in html.iter("tr"):
        for element in line.iter():
            if element.get("id", "").startswith("herkomst-"):
                lines[element.get("id").removeprefix("herkomst-")] = line
    return lines


def test_each_number_leads_to_a_line_that_is_there(pages):
    ids = {element.get("id") for element in pages["verantwoording.html"].iter()}
    targets = {
        match[1]
        for html in pages.values()
        for link in html.iter("a")
        if (match := ORIGIN.fullmatch(link.get("href", "")))
    }
    assert len(targets) > 150
    assert targets <= ids


def test_each_line_leads_back_to_every_section_that_names_its_number(pages, rows):
    lines = lines_of_origin(pages["verantwoording.html"])
    uses = {name: sections for name, sections in named_in(pages).items() if name in rows}
    assert len(uses) > 90
    for name, sections in uses.items():
        back = {
            href if "#sec" in href and not href.startswith("#") else f"verantwoording.html{href}"
            for link in lines[name].iter("a")
            if "#sec-" in (href := link.get("href", ""))
        }
        assert sections <= back, f"{name} is named in {sections - back}, and its line does not say so"


def test_the_places_a_line_names_are_there(pages):
    ids = {name: {element.get("id") for element in html.iter()} for name, html in pages.items()}
    for name, line in lines_of_origin(pages["verantwoording.html"]).items():
        for link in line.iter("a"):
            target, _, label = link.get("href", "").partition("#")
            if label.startswith(("sec-", "fig-", "tbl-")):
                assert label in ids[target or "verantwoording.html"], f"{name} leads to {target}#{label}"


def test_the_file_of_results_names_the_same_sections(report, pages, rows):
    text = (report / "_report" / "resultaten.csv").read_text(encoding="utf-8")
    told = {line["id"]: set(line[NAMED_IN].split()) for line in csv.DictReader(text.splitlines())}
    assert set(told) == set(rows)
    for name, sections in named_in(pages).items():
        if name in rows:
            assert sections <= told[name], name


def test_a_fact_names_letter_and_section_or_publication_and_a_line_its_own_name(pages, rows):
    for name, line in lines_of_origin(pages["verantwoording.html"]).items():
        cells = [words(cell) for cell in line if cell.tag in ("th", "td")]
        assert name in cells[2], f"{name} cannot be looked up in {cells}"
        row = rows.get(name)
        if row is None or row.kind is not DataKind.FACT or row.value is None or not row.note:
            continue
        assert row.note[:20] in cells[3], f"{name}: {cells[3]!r}"
        if name.startswith("programma.") and row.source == "letter_facts":
            assert re.search(r"brief [AB], (?:\d\.\d|aanleiding|inleiding|slot)", cells[3]), cells
