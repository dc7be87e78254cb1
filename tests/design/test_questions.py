"""Exposures, outcomes and questions as they are written down, and what is wrong with how they are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from question_files import edited_design

from analysis.design.questions import (
    PLACES,
    REALISED,
    Spell,
    exposures,
    first_day,
    outcomes,
    places_of,
    question,
    questions,
    require_no_overlap,
)
from analysis.workspace import Workspace


def spell(start="2024", end="", place="PV20", **more):
    return Spell("prodemos", place, start, REALISED, "brief A", end=end, **more)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024", date(2024, 1, 1)),
        ("2024-09", date(2024, 9, 1)),
        ("2024-09-15", date(2024, 9, 15)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_a_year_or_month_counts_from_its_first_day(text, day):
    assert first_day(text) == day


@pytest.mark.parametrize(
    "text", ["", "24", "2024-9", "09-2024", "2024-13", "2023-02-29", "2024-09-", 2024, None]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r'write "2024"|month must be in|day is out of range'):
        first_day(text)
    with pytest.raises(ValueError, match=r"is no date|month must be in|day is out of range"):
        spell(text)


def test_a_spell_holds_from_its_start_up_to_its_end():
    one = spell("2024-09", "2025-07-01")
    assert not one.holds(date(2024, 8, 31))
    assert one.holds(date(2024, 9, 1))
    assert one.holds(date(2025, 6, 30))
    assert not one.holds(date(2025, 7, 1))
    endless = spell("2024")
    assert endless.ended is None
    assert endless.holds(date(2099, 1, 1))
    assert not endless.holds(date(2023, 12, 31))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"start": "2024", "end": "2024-01"}, "PV20: end 2024-01 is not after start 2024"),
        ({"start": "2024", "end": "2023"}, "PV20: end 2023 is not after start 2024"),
        ({"intensity": -1.0}, "PV20: intensity -1.0 is below zero"),
    ],
)
def test_a_spell_that_cannot_be_is_refused(written, says):
    with pytest.raises(ValueError, match=says):
        spell(**written)


def test_spells_of_a_place_may_follow_each_other_and_not_overlap():
    require_no_overlap((spell("2024", "2025"), spell("2025"), spell("2024", place="PV21")), "here")
    with pytest.raises(
        ValueError, match="here: the spells of PV20 from 2024 and from 2025 overlap; give the"
    ):
        require_no_overlap((spell("2025"), spell("2024")), "here")
    with pytest.raises(ValueError, match="spells of PV20 from 2024 and from 2024-06 overlap"):
        require_no_overlap((spell("2024", "2024-07"), spell("2024-06", "2025")), "here")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "exposures",
            'line = "prodemos"',
            'lyne = "prodemos"',
            "exposures.toml, exposure prodemos: unknown key lyne",
        ),
        ("exposures", 'start = "2024"', 'begin = "2024"', "exposures.toml, spell 1: unknown key begin"),
        (
            "exposures",
            'start = "2024"',
            'start = "voorjaar"',
            "exposures.toml, spell 1: 'voorjaar' is no date",
        ),
        (
            "exposures",
            'status = "gerealiseerd"',
            'status = "misschien"',
            "spell 1: status 'misschien': expected one of gerealiseerd",
        ),
        (
            "exposures",
            'place = "province"',
            'place = "school"',
            "exposure prodemos: place 'school': expected one of municipality, province",
        ),
        (
            "exposures",
            'starts = "design"',
            'starts = "lijst"',
            "starts 'lijst': expected one of design, registration",
        ),
        (
            "exposures",
            'exposure = "prodemos"',
            'exposure = "prodemo"',
            "spell of PV20: no exposure 'prodemo'; known are prodemos, tienskip",
        ),
        (
            "exposures",
            'place = "PV22"',
            'place = "PV20"',
            "prodemos: the spells of PV20 from 2024 and from 2024 overlap",
        ),
        (
            "exposures",
            'name = "tienskip"',
            'name = "prodemos"',
            "exposures.toml, exposure: prodemos occurs twice",
        ),
        (
            "exposures",
            "[[spell]]\nexposure",
            "[[spel]]\nexposure",
            r"exposures.toml: unknown table spel; expected \[\[exposure\]\], \[\[spell\]\]",
        ),
        (
            "outcomes",
            "scale = [0, 100]",
            "scale = [100, 0]",
            "outcome democratiekennis: scale .*lowest and the highest",
        ),
        (
            "outcomes",
            'level = "municipality"',
            'level = "school"',
            "outcome democratiekennis: level 'school'",
        ),
        (
            "outcomes",
            'source = "file"',
            'source = "enquete"',
            "source 'enquete': expected one of turnout, file",
        ),
        ("outcomes", 'weight = "equal"', 'weight = "heavy"', "weight 'heavy': expected one of equal, n"),
        (
            "outcomes",
            "smallest_of_interest = 1.0",
            "smallest_of_interest = 0.0",
            "smallest_of_interest 0.0 is not above zero",
        ),
        (
            "outcomes",
            'unit = "punten"',
            'eenheid = "punten"',
            "outcome democratiekennis: unknown key eenheid",
        ),
        (
            "outcomes",
            'needed = "een meting van de kennis',
            'nodig = "een meting van de kennis',
            "unknown key nodig",
        ),
        (
            "outcomes",
            'name = "betrokkenheid"',
            'name = "democratiekennis"',
            "outcome: democratiekennis occurs twice",
        ),
        (
            "questions",
            'estimand = "effect"',
            'estimand = "trend"',
            "question 1: estimand 'trend': expected one of effect, dose",
        ),
        (
            "questions",
            'comparison = "not_yet"',
            'comparison = "always"',
            "comparison 'always': expected one of not_yet, never",
        ),
        (
            "questions",
            'role = "primary"',
            'role = "main"',
            "role 'main': expected one of primary, secondary, placebo",
        ),
        (
            "questions",
            'id = "prodemos-kennis"',
            'id = "kennis"',
            "id 'kennis': expected prodemos-… in lower case",
        ),
        ("questions", 'id = "prodemos-kennis"', 'id = "prodemos-Kennis"', "id 'prodemos-Kennis': expected"),
        (
            "questions",
            'id = "prodemos-opkomst-tk"',
            'id = "prodemos-kennis"',
            "question id: prodemos-kennis occurs twice",
        ),
        (
            "questions",
            'outcome = "opkomst_tk"',
            'outcome = "opkomst"',
            "question prodemos-opkomst-tk: no outcome 'opkomst'; known are democratiekennis",
        ),
        ("questions", 'exposure = "prodemos"', 'exposure = "x"', "question prodemos-kennis: no exposure 'x'"),
        (
            "questions",
            'population = "alle_provincies"',
            'population = "x"',
            "question prodemos-kennis: no population 'x'",
        ),
        ("questions", 'role = "secondary"', 'role = "primary"', "primary of family: prodemos occurs twice"),
        ("questions", "leads = 5", "leads = 0", "leads must be one or more and lags zero or more"),
        ("questions", 'is versterkt?"', 'is versterkt."', "expected a question, with a question mark"),
    ],
)
def test_what_is_written_wrongly_is_named_by_file_and_key(tmp_path, file, old, new, says):
    workspace = edited_design(tmp_path, file, old, new)
    with pytest.raises(ValueError, match=says) as raised:
        questions(workspace)
    assert f"{file}.toml" in str(raised.value)


def test_a_question_holds_all_it_names():
    asked = question("prodemos-opkomst-tk")
    assert asked.prefix == "prodemos.opkomst_tk"
    assert asked.exposure.label == "ProDemos"
    assert asked.outcome.select == "TK"
    assert {one.place for one in asked.exposure.spells} == {"PV20", "PV22", "PV24", "PV29", "PV30"}
    assert {one.began for one in asked.exposure.spells} == {date(2024, 1, 1)}, "brief A, 3.1: five, in 2024"
    with pytest.raises(
        ValueError, match="no question 'prodemos'; known are prodemos-kennis, prodemos-opkomst"
    ):
        question("prodemos")


def test_every_family_has_one_primary_question_and_every_id_is_its_own():
    asked = questions()
    families = {item.family for item in asked}
    assert sorted(item.family for item in asked if item.role == "primary") == sorted(families)
    assert len({item.prefix for item in asked}) == len(asked)
    assert all(item.outcome is outcomes()[item.outcome.name] or item.outcome.label for item in asked)
    assert {item.exposure.name for item in asked} <= set(exposures())


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"questions\.toml is absent"):
        questions(Workspace(tmp_path, tmp_path))


def test_places_are_called_by_where_the_start_is_decided():
    """Both words are of common gender; a compound, and what is of a province's council, stays."""
    asked = questions()[0]
    towns = replace(asked, exposure=replace(asked.exposure, place="municipality"))
    text = "Elke provincie telt; twaalf provincies, buurprovincies en Provinciale Staten. Provincies"
    assert asked.places().named(text) == text
    assert towns.places().named(text) == (
        "Elke gemeente telt; twaalf gemeenten, buurprovincies en Provinciale Staten. Gemeenten"
    )
    assert towns.places(twin=True) == PLACES["province"], "a twin starts by province"
    assert places_of(["province", "municipality"]).many == "plaatsen"
    assert places_of(["municipality"] * 2).one == "gemeente"
