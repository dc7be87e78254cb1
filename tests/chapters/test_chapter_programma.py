"""The programme's tables and result rows: every fact in its place, nothing typed twice."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis.answers import programma as answers
from analysis.answers.programma_bekend import known_items
from analysis.answers.programma_kosten import cost_items
from analysis.answers.programma_logica import logic_items
from analysis.chapters import programma as chapter
from analysis.datakind import DataKind
from analysis.design.costs import read_bounds
from analysis.panel.reach import reach_of_electorate
from analysis.results import publish
from analysis.sources import facts as source
from analysis.sources.evidence import evidence
from analysis.workspace import find_root

HEADING = re.compile(r"^#+ (?P<title>.+?) \{(?:\.unnumbered )?#(?P<anchor>sec-[a-z0-9-]+)\}", re.MULTILINE)


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return source.letter_facts()


@pytest.fixture(scope="module")
def sections() -> pd.DataFrame:
    return source.letter_sections()


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return source.programme_lines()


@pytest.fixture(scope="module")
def commitments() -> pd.DataFrame:
    return source.commitments()


def test_each_result_is_its_fact(facts, sections):
    rows = {row.id: row for row in answers.fact_items(facts, sections)}
    assert len(rows) == (facts["result"] != "").sum()
    assert all(row.kind is DataKind.FACT for row in rows.values())
    assert rows["programma.budget_2025"].variables()["full"] == "3 miljoen euro"
    assert rows["programma.loketd_available"].variables()["full"] == "1,5 miljoen euro"
    assert rows["programma.tienskip_reached"].variables()["value"] == "15.000"
    assert rows["programma.burgerberaad_share"].variables()["full"] == "50%"
    assert "circa" in rows["programma.tienskip_reached"].note
    assert rows["programma.loketd_supported"].note.startswith("brief B, 1.2")


def test_counts_follow_the_tables(facts, lines, commitments):
    rows = {row.id: row.value for row in answers.count_items(facts, lines, commitments)}
    assert rows["programma.lines"] == len(lines)
    assert rows["programma.commitments"] == len(commitments)
    assert rows["programma.loketd_supported_share"] == pytest.approx(100 * 159 / 322)
    kept = lines[lines["line"] != "lvkk"]
    fewer = {row.id: row.value for row in answers.count_items(facts, kept, commitments)}
    assert fewer["programma.lines_not_determined"] == rows["programma.lines_not_determined"] - 1


def test_every_published_number_is_in_the_key_figures(facts, lines, sections):
    table = chapter.key_figures(publish(*answers.fact_items(facts, sections)), facts, lines, sections)
    assert len(table.cells) == (facts["result"] != "").sum()
    printed = table.cells.set_index("Wat")["Aantal of bedrag"]
    assert printed["Loket D: toegekend in de eerste twee rondes"] == "ruim 2 miljoen euro"
    assert printed["Tienskip: jongeren bereikt met Tienskipdagen"] == "circa 15.000 jongeren"
    places = table.cells.set_index("Wat")["Status en vindplaats"]
    assert places["Loket D: hoogste bijdrage per plan per jaar"] == "Gerealiseerd; brief A, 1.1 (tweede)"
    assert not places.str.contains("1.1a|1.1b", regex=True).any()


def test_every_line_has_its_row(lines):
    table = chapter.programme_lines_table(lines)
    assert len(table.cells) == len(lines)
    for line, cell in zip(lines["title"], table.cells["Programmalijn"], strict=True):
        assert cell.startswith(line)
    both = table.cells["Bewijs en onbekend"]
    assert both.str.contains("Bewijs: ").all()
    assert both.str.contains("Onbekend: ").all()
    assert not table.cells.map(lambda cell: "@sec" in cell).to_numpy().any()


def test_the_grid_has_a_word_for_every_stage_of_every_line(lines):
    logic = source.programme_logic()
    table = chapter.grid(logic, lines)
    assert table.cells.shape == (len(lines), 6)
    for line in lines.itertuples():
        own = logic[logic["line"] == line.line]["status"].tolist()
        assert table.cells.set_index("Programmalijn").loc[line.short].tolist() == own
    silent = int((logic["status"] == "onbekend").sum())
    assert (table.cells == "onbekend").to_numpy().sum() == silent > 0
    assert "ProDemos en Tienskip." in table.caption


def test_every_commitment_has_its_answer(commitments):
    table = chapter.commitments_table(commitments)
    assert len(table.cells) == len(commitments)
    for reference in ("T03914", "T03923", "T03913", "TZ202404-038", "36 210, F", "36 514, nr. 5"):
        assert table.cells["Wat"].str.contains(reference, regex=False).sum() == 1
    assert table.links["Waar"] == list(commitments["answered_in"])
    said = dict(zip(commitments["id"], table.cells["Antwoord"], strict=True))
    assert said["tz202404_038"].startswith("Deels gerealiseerd. Beantwoord met")
    assert "een les volgt er niet uit" in said["tz202404_038"]
    assert said["hartog"].endswith("Noot: de tekst van de motie staat niet in de brief.")
    named = dict(zip(commitments["id"], table.cells["Wat"], strict=True))
    assert named["t03914"] == "Toezegging T03914, Van der Goot (OPNL), Eerste Kamer"
    assert named["sneller"] == "Amendement, Sneller"


def test_chapters_are_those_of_the_report(lines, commitments):
    """A cell names a chapter by its title; the title is the report's."""
    headings: dict[str, str] = {}
    for path in sorted((find_root() / "reports").glob("*.qmd")):
        headings |= {
            found["anchor"]: found["title"] for found in HEADING.finditer(path.read_text(encoding="utf-8"))
        }
    if not headings:
        pytest.skip("the report's sections are not there")
    used = set(lines["answered_in"]) | set(commitments["answered_in"])
    used |= {
        anchor
        for text in (*lines["effect"], *lines["evidence"])
        for anchor in re.findall(r"@(sec-[a-z-]+)", text)
    }
    assert used <= set(chapter.CHAPTERS)
    assert {anchor: headings.get(anchor) for anchor in chapter.CHAPTERS} == chapter.CHAPTERS


def test_the_chapter_draws_everything_from_rows_and_facts(facts, sections, lines, commitments):
    items = [
        *answers.fact_items(facts, sections),
        *answers.count_items(facts, lines, commitments),
        *answers.timeline_items(2024, 2026),
        *logic_items(source.programme_logic()),
        *cost_items(facts, lines, source.cbs_pupils(), read_bounds()),
        *known_items(evidence(), reach_of_electorate()),
    ]
    found = {exhibit.id: exhibit for exhibit in chapter.exhibits(publish(*items))}
    assert set(found) == {
        "tbl-programma-kerncijfers", "fig-programma-tijdlijn", "fig-programma-kaart", "fig-programma-logica",
        "tbl-programma-logica", "tbl-programma-rooster", "tbl-kosten", "tbl-subsidies", "tbl-bekend",
        "tbl-bekend-voluit",
        "tbl-programmalijnen", "tbl-toezeggingen",
    }  # fmt: skip
    assert {exhibit.kind for exhibit in found.values()} == {DataKind.FACT}
    assert "2026" in found["fig-programma-tijdlijn"].alt
    assert set(chapter.sections(None)) == {row.section for row in items}
