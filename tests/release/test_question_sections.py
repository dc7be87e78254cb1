"""Sections that follow the questions: the checks of every answer stand somewhere, and once."""

from __future__ import annotations

from analysis.datakind import DataKind
from analysis.design.questions import questions
from analysis.release.question_sections import (
    NO_OTHERS,
    write_check_sections,
    write_measured_sections,
    write_question_sections,
    write_reach_sections,
)
from analysis.results import Released, Result
from analysis.unknown import NotEstimable

FIRST, SECOND, THIRD = "prodemos-opkomst-tk", "prodemos-kennis", "tienskip-betrokkenheid"


def written(tmp_path, *, answered, text):
    """What is generated when `answered` have a number, all others a reason, and a chapter holds `text`."""
    asked = list(questions())
    rows = tuple(
        Result(
            f"{one.prefix}.effect", "effect", 1.0 if one.id in answered else None, "punten", DataKind.REAL,
            "x", n=900, reason="" if one.id in answered else "er is geen bestand",
        )
        for one in asked
    )  # fmt: skip
    drawn = [
        name.format(one.id)
        for one in asked
        for name in (
            "tbl-zekerheid-{}",
            "tbl-zekerheid-{}-grenzen",
            "tbl-{}-opzet",
            "fig-zekerheid-{}-vermogen",
        )
    ]
    (tmp_path / "_chapter.qmd").write_text(text, encoding="utf-8")
    write_check_sections(asked, Released(rows, ()), drawn, tmp_path, tmp_path)
    return (tmp_path / "vragen-controles.qmd").read_text(encoding="utf-8")


def by_hand(*names):
    return "\n".join(f"{{{{< include _generated/{name}.qmd >}}}}" for name in names)


def test_an_answer_that_no_text_places_has_all_that_was_drawn_of_it(tmp_path):
    text = written(tmp_path, answered={FIRST, SECOND}, text=by_hand(f"tbl-zekerheid-{FIRST}"))
    assert FIRST not in text.replace(f"tbl-{FIRST}-opzet", "")
    assert "{#sec-controles-prodemos-kennis}" in text
    for name in ("tbl-zekerheid-{}", "tbl-{}-opzet", "tbl-zekerheid-{}-grenzen", "fig-zekerheid-{}-vermogen"):
        assert text.count(f"_generated/{name.format(SECOND)}.qmd") == 1
    assert "tbl-zekerheid-prodemos-kennis-alarm" not in text  # it was not drawn
    assert THIRD not in text  # it has no answer


def test_what_a_text_places_stands_there_alone(tmp_path):
    text = written(tmp_path, answered={SECOND}, text=by_hand(f"fig-zekerheid-{SECOND}-vermogen"))
    assert f"tbl-zekerheid-{SECOND}.qmd" in text
    assert "vermogen" not in text


def test_without_another_answer_the_section_says_so(tmp_path):
    assert written(tmp_path, answered=set(), text="").strip() == NO_OTHERS


def test_a_table_that_says_what_an_earlier_one_says_is_named_and_not_repeated(tmp_path):
    for id in (SECOND, THIRD):
        for kind, cells in (("grenzen", "| Wat |\n|:---|\n| gelijk |"), ("", f"| Wat |\n|:---|\n| {id} |")):
            name = f"tbl-zekerheid-{id}-{kind}".rstrip("-")
            (tmp_path / f"{name}.qmd").write_text(f"{cells}\n\n: Van {id}. {{#{name}}}\n", encoding="utf-8")
    text = written(tmp_path, answered={SECOND, THIRD}, text="")
    later = text.partition(f"sec-controles-{THIRD}")[2]
    assert f"_generated/tbl-zekerheid-{SECOND}-grenzen.qmd" in text
    assert f"Ook hier geldt @tbl-zekerheid-{SECOND}-grenzen." in later
    assert f"tbl-zekerheid-{THIRD}-grenzen" not in later
    assert f"_generated/tbl-zekerheid-{THIRD}.qmd" in later


def reach(tmp_path, *, uncounted, people=1_240.0):
    rows = [
        Result(f"bereik.tienskip_{name}", name, value, unit, DataKind.REAL, "x", n=1_240)
        for name, value, unit in (
            ("young_people", people, "jongeren"),
            ("activities", 40.0, "activiteiten"),
            ("uncounted", uncounted, "activiteiten"),
        )
    ]
    write_reach_sections(["tienskip"], ["tbl-bereik-tienskip"], Released(tuple(rows), ()), tmp_path)
    return (tmp_path / "uitkomst-bereik-tienskip.qmd").read_text(encoding="utf-8")


def test_reach_says_what_it_leaves_out_where_activities_have_no_number(tmp_path):
    told = (
        "Van {{< var bereik.tienskip_uncounted.value >}} van de {{< var bereik.tienskip_activities.full >}} "
        "is het aantal jongeren onbekend; het bereik hierboven telt die niet mee."
    )
    assert told in reach(tmp_path, uncounted=3.0)
    assert "onbekend" not in reach(tmp_path, uncounted=0.0)
    nobody = NotEstimable("de registratie van Tienskip noemt geen aantallen jongeren")
    assert "onbekend" not in reach(tmp_path, uncounted=40.0, people=nobody)


def test_tables_of_reach_are_told_in_whole_sentences_also_where_that_of_provinces_lacks(tmp_path):
    """Most places cannot be read: the years open the sentence."""
    drawn = ["tbl-bereik-tienskip-jaren", "tbl-bereik-tienskip-verlies"]
    write_reach_sections(["tienskip"], drawn, Released((), ()), tmp_path)
    told = (tmp_path / "uitkomst-bereik-tienskip.qmd").read_text(encoding="utf-8")
    assert told.startswith("@tbl-bereik-tienskip-jaren geeft activiteiten en bereik per jaar; ")


def test_a_table_that_differs_in_the_name_of_its_outcome_alone_is_named_and_not_repeated(tmp_path):
    """The widths of its columns follow from that name; another number is another table."""
    asked = {one.id: one for one in questions()}
    own = [asked[id] for id in (FIRST, "prodemos-opkomst-geteld", "tienskip-opkomst-tk")]
    numbers = ("77,73", "77,73", "82,24")
    for one, number, width in zip(own, numbers, ("-----", "-------", "----"), strict=True):
        cells = f"| Kenmerk | Met |\n|:{width}|---:|\n| {one.outcome.label}, 2023 (%) | {number} |"
        path = tmp_path / f"tbl-zekerheid-{one.id}-balans.qmd"
        path.write_text(f"{cells}\n\n: {one.title}. {{#tbl-x}}\n", encoding="utf-8")
    write_measured_sections(own, [f"tbl-zekerheid-{one.id}-balans" for one in own], tmp_path)
    text = (tmp_path / "vragen-gemeten.qmd").read_text(encoding="utf-8")
    assert text.count("include") == 2
    assert f"@tbl-zekerheid-{FIRST}-balans geldt ook voor ProDemos, dezelfde opkomst" in text
    assert "tbl-zekerheid-prodemos-opkomst-geteld-balans" not in text


def test_who_was_compared_is_told_where_places_are_left_out(tmp_path):
    """Drenthe and Noord-Holland are no comparison for Tienskip: a reader must not count twelve."""
    asked = list(questions())
    rows = [
        Result(f"{one.prefix}.effect", "effect", 1.0, "punten", DataKind.REAL, "x", level=0.95, n=900)
        for one in asked
    ]
    write_question_sections(asked, Released(tuple(rows), ()), tmp_path)
    told = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("vraag-*.qmd")}
    assert "zonder Drenthe en Noord-Holland" in told["vraag-tienskip-opkomst-tk"]
    assert "Vergeleken" not in told["vraag-prodemos-opkomst-tk"]
