"""The answers on one sheet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from question_files import edited_design, workspace_with

from analysis.answers.effect import answer_question
from analysis.chapters.antwoord import exhibits
from analysis.conclusions import conclude
from analysis.datakind import DataKind
from analysis.design.conclusions import read_conclusions
from analysis.design.questions import questions
from analysis.panel.question import question_panel
from analysis.release.question_sections import write_placebo_section, write_question_sections
from analysis.results import Released, Result, publish
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace

HERE = Workspace.current()


def sheet(*rows):
    return exhibits(Released(rows), HERE)[0]


def effect(question="kennis", value=1.234, unit="punten", **given):
    given = {"kind": DataKind.REAL, "source": "uitkomst_democratiekennis", "decimals": 2, "n": 400} | given
    smallest = Result(
        f"prodemos.{question}.smallest_of_interest", "x", 1.0, unit, "fact", "studie", decimals=1
    )
    return Result(f"prodemos.{question}.effect", "x", value, unit, **given), smallest


def test_nothing_without_results():
    assert exhibits(Released(), HERE) == []


def test_an_answer_with_its_interval_the_smallest_that_matters_and_the_evidence():
    table = sheet(*effect(low=0.5, high=2.0))
    assert table.id == "tbl-antwoord"
    assert table.cells.iloc[0].tolist() == [
        "ProDemos: kennis over de democratie",
        "1,23 punten (95%-interval van 0,50 tot 2,00); van belang is 1,0 of meer",
        "3", "onbekend", "Metingen van latere jaren",
    ]  # fmt: skip
    assert table.links["Vraag"] == ["sec-prodemos-kennis"]
    assert table.source == "uitkomst_democratiekennis"


def test_no_number_is_no_evidence_and_says_why():
    table = sheet(*effect(value=NotEstimable("er is nog niets gemeten")))
    line = table.cells.iloc[0]
    assert line["Antwoord"] == "Niet vast te stellen: er is nog niets gemeten"
    assert line["Bewijs (Maryland)"] == "geen"
    assert line["Nodig voor een antwoord"] == "Gegevens die er nog niet zijn"
    told = sheet(*effect(value=NotEstimable("er is geen bestand; nodig is een meting")))
    assert told.cells.iloc[0]["Antwoord"] == "Niet vast te stellen: er is geen bestand"
    assert told.cells.iloc[0]["Nodig voor een antwoord"] == "Een meting"
    withheld = sheet(*(replace(row, value=None, withheld="minder dan 10 eenheden", n=None)
                       if row.name == "effect" else row for row in effect()))  # fmt: skip
    assert withheld.cells.iloc[0]["Antwoord"] == "Niet getoond: minder dan 10 eenheden"
    assert withheld.cells.iloc[0]["Bewijs (Maryland)"] == "geen"


def test_descriptions_come_after_the_questions_and_are_called_that():
    gap = Result("kenniskloof.gap", "x", 41.0, "punten", "real", "iccs2022", n=4000, low=35.0, high=47.0)
    table = sheet(gap, *effect())
    assert table.cells["Vraag"].tolist() == [
        "ProDemos: kennis over de democratie", "Kloof in burgerschapskennis tussen vwo en vmbo"
    ]  # fmt: skip
    assert table.cells.iloc[1].tolist()[1:] == [
        "41 punten (95%-interval van 35 tot 47)", "beschrijving", "geen programmalijn", "Niets"
    ]  # fmt: skip
    assert table.source == "uitkomst_democratiekennis; iccs2022"


def test_questions_stand_in_the_order_of_the_design_and_only_those_with_results():
    table = sheet(*effect("opkomst_tk", unit="procentpunten"), *effect())
    assert [text.partition(": ")[2] for text in table.cells["Vraag"]] == [
        "kennis over de democratie", "opkomst bij de Tweede Kamerverkiezingen"
    ]  # fmt: skip


def test_the_real_answer(tmp_path):
    panel = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path))
    table, *_ = exhibits(publish(*answer_question(panel)), HERE)
    assert table.cells.iloc[0]["Antwoord"] == (
        "0,20 procentpunten (95%-interval van −0,16 tot 0,55); van belang is 0,1 of meer"
    )


def test_an_outcome_that_cannot_answer_asks_for_one_nearer_to_the_young():
    """The largest effect that is possible, .3, is smaller than the smallest that could be seen, 1.6."""
    ceiling = Result("prodemos.kennis.ceiling", "x", 0.3, "punten", "fact", "studie", decimals=1)
    seen = Result("zekerheid.prodemos_kennis.detectable", "x", 1.6, "punten", "real", "studie", decimals=1)
    needed = "Nodig voor een antwoord"
    line = sheet(*effect(), ceiling, seen).cells.iloc[0]
    assert line[needed].startswith("Een meting onder jongeren zelf")
    assert line["Antwoord"].startswith("Niet te zien. Geschat: 1,23 punten")
    near, known = replace(seen, value=0.2), effect(low=0.5, high=2.0)
    assert sheet(*known, ceiling, near).cells.iloc[0][needed] == "Metingen van latere jaren"


def test_an_estimate_without_an_interval_asks_for_more_places_to_compare():
    """Later years add nothing where too few began, or too few did not."""
    told = sheet(*effect()).cells.iloc[0]["Nodig voor een antwoord"]
    assert told == "Meer plaatsen om te vergelijken: waar het begon, en waar niet of later"


def test_what_a_young_person_cost_stands_beside_the_answer():
    cost = Result(
        "kosten.prodemos_per_youth", "x", None, "euro", "fact", "letter_facts", note="bereik ontbreekt"
    )
    assert sheet(*effect(), cost).cells.iloc[0]["Kosten per jongere"] == "onbekend"
    registered = Result("bereik.prodemos_cost", "x", 45.85, "euro", "real", "letter_facts", decimals=2)
    assert sheet(*effect(), cost, registered).cells.iloc[0]["Kosten per jongere"] == "45,85 euro"
    none = replace(registered, value=NotEstimable("er is geen registratie"))
    assert sheet(*effect(), cost, none).cells.iloc[0]["Kosten per jongere"] == "onbekend"


def test_secondary_questions_of_a_programme_are_corrected_together():
    """Holm by hand: of .02, .04 and .03 the smallest counts three times, the next twice."""
    rows = [
        row
        for name, p in (
            ("opkomst_tk", 0.02),
            ("opkomst_ps", 0.04),
            ("opkomst_gr", 0.03),
            ("opkomst_geteld", None),
        )
        for row in effect(name, p_value=p, smallest_p=1 / 792)
    ]
    (table,) = [one for one in exhibits(Released(tuple(rows)), HERE) if one.id == "tbl-nevenvragen"]
    found = {line.iloc[0].partition(": ")[2]: tuple(line.iloc[1:]) for _, line in table.cells.iterrows()}
    assert found["opkomst bij de Tweede Kamerverkiezingen"] == ("0,020", "0,060")
    assert found["opkomst bij de Provinciale Statenverkiezingen"] == ("0,040", "0,060")
    assert found["opkomst bij de gemeenteraadsverkiezingen"] == ("0,030", "0,060")
    assert "Holm" in table.cells.columns[2]
    silent = [cells for cells in found.values() if cells[0] == "niet vast te stellen"]
    assert silent == [("niet vast te stellen", "niet vast te stellen")]


def test_the_primary_question_is_corrected_with_nothing():
    drawn = exhibits(Released(effect(p_value=0.02, smallest_p=1 / 792)), HERE)
    assert [one.id for one in drawn] == ["tbl-antwoord", "fig-antwoord"]


def test_the_picture_holds_what_the_table_says_and_what_could_be_seen():
    seen = Result("zekerheid.prodemos_kennis.detectable", "x", 1.6, "punten", "real", "bron", decimals=1)
    rows = (
        *effect(low=0.5, high=2.0),
        seen,
        *effect("opkomst_tk", NotEstimable("er is niets; nodig is iets")),
    )
    figure = exhibits(Released(rows), HERE)[1]
    first, second = (line for _, line in figure.table.iterrows())
    assert first[["schatting", "laag", "hoog"]].tolist() == [1.234, 0.5, 2.0]
    assert first[["kleinste dat ertoe doet", "kleinste dat te zien was"]].tolist() == [1.0, 1.6]
    assert (first["waarom niet"], second["waarom niet"]) == ("", "er is niets")
    assert second[["schatting", "laag", "hoog"]].isna().all()
    assert "95%-interval" in figure.caption
    assert "Van 2 vragen hebben er 1 een schatting." in figure.alt
    assert figure.source == "uitkomst_democratiekennis"


@pytest.fixture(scope="module")
def with_placebo(tmp_path_factory):
    """The questions with the knowledge asked a second time, as one that cannot change."""
    folder = tmp_path_factory.mktemp("placebo")
    here = edited_design(folder, "questions", '[[question]]\nid = "prodemos-opkomst-ps"', "\n".join([
        '[[question]]\nid = "prodemos-lengte"\nchapter = "prodemos"\ntitle = "Lengte van jongeren"',
        'text = "Verandert de lengte?"\nexposure = "prodemos"\noutcome = "democratiekennis"',
        'population = "alle_provincies"\ncomparison = "not_yet"\nestimand = "effect"\nrole = "placebo"',
        'family = "prodemos"\n\n[[question]]\nid = "prodemos-opkomst-ps"',
    ]))  # fmt: skip
    rows = (
        *effect(p_value=0.03, smallest_p=1 / 792),
        *effect("lengte", 0.4, "cm", p_value=0.41, smallest_p=1 / 792),
    )
    return here, rows


def test_a_placebo_stands_beside_the_primary_question_with_its_own_p_and_is_no_answer(with_placebo):
    here, rows = with_placebo
    drawn = {one.id: one for one in exhibits(Released(rows), here)}
    assert set(drawn) == {"tbl-antwoord", "fig-antwoord", "tbl-schijnvragen"}  # nothing to correct
    assert drawn["tbl-antwoord"].cells["Vraag"].tolist() == ["ProDemos: kennis over de democratie"]
    assert len(drawn["fig-antwoord"].table) == 1
    table = drawn["tbl-schijnvragen"]
    assert table.cells.iloc[0].tolist() == [
        "ProDemos: lengte van jongeren", "0,40 cm", "0,410", "1,23 punten", "0,030",
    ]  # fmt: skip
    assert "slaat aan" not in table.caption
    alarmed = [replace(row, p_value=0.01) if row.id == "prodemos.lengte.effect" else row for row in rows]
    (table,) = [one for one in exhibits(Released(tuple(alarmed)), here) if one.id == "tbl-schijnvragen"]
    assert "slaat aan bij lengte van jongeren" in table.caption


def test_a_placebo_has_no_section_and_no_conclusion(with_placebo, tmp_path):
    here, rows = with_placebo
    released = Released(rows)
    asked = questions(here)
    write_question_sections(asked, released, tmp_path)
    assert not (tmp_path / "vraag-prodemos-lengte.qmd").exists()
    assert "lengte" not in (tmp_path / "vragen-prodemos.qmd").read_text()
    assert "tbl-prodemos-lengte" in (tmp_path / "vragen-paden.qmd").read_text()  # for the reviewer
    ids = [one.id for one in conclude(read_conclusions(here), rows, asked, incomplete=True)]
    assert ids == ["prodemos.kennis"]
    write_placebo_section(["tbl-schijnvragen"], tmp_path)
    assert "include _generated/tbl-schijnvragen.qmd" in (tmp_path / "vragen-schijn.qmd").read_text()
    write_placebo_section([], tmp_path)
    assert "staat er geen" in (tmp_path / "vragen-schijn.qmd").read_text()


def test_what_is_withheld_asks_for_measurements_over_more_people():
    row, smallest = effect()
    hidden = replace(row, value=None, withheld="minder dan 10 eenheden")
    line = sheet(hidden, smallest).cells.iloc[0]
    assert line["Antwoord"] == "Niet getoond: minder dan 10 eenheden"
    assert line["Nodig voor een antwoord"].startswith("Metingen over meer mensen of plaatsen")
