"""Rows and tables of reach: what may be shown, what is unknown, and a cost for the year of the amount."""

from __future__ import annotations

import pytest
from question_files import workspace_with

from analysis.answers.bereik import cost_items, reach_items
from analysis.chapters.bereik import exhibits
from analysis.datakind import DataKind
from analysis.design.disclosure import disclosure_rule
from analysis.panel.registered import registered
from analysis.render.provinces import _reach
from analysis.results import Result
from analysis.results.disclosure import disclose
from analysis.sources.facts import letter_facts
from analysis.workspace import Workspace

ROWS = (
    "datum;gemeente;aantal leerlingen\n1-2-2025;Assen;104\n1-3-2025;Leeuwarden;7\n1-2-2026;Emmen;200\n"
    "1-3-2026;Emmen;\n1-4-2026;Piet Jansen;33\n"
)


def items(folder, text=None):
    workspace = workspace_with(folder, **({"prodemos": text} if text else {}))
    found = registered("prodemos", workspace)
    cost = cost_items(found, "prodemos", letter_facts(), amount="prodemos_budget", year=2026)
    return (*reach_items(found, "prodemos"), *cost)


def released(folder, text):
    made = items(folder, text)
    rows = [item for item in made if isinstance(item, Result)]
    series = [item for item in made if not isinstance(item, Result)]
    return disclose(rows, disclosure_rule(), series).released


def test_without_a_registration_every_row_says_why(tmp_path):
    for item in items(tmp_path):
        assert "een registratie van ProDemos ontbreekt" in item.reason
        assert item.kind is DataKind.FACT
    assert exhibits(released(tmp_path, None), Workspace.current()) == []


def test_totals_are_rounded_so_that_a_withheld_province_cannot_be_worked_out(tmp_path):
    """104 + 7 + 200 + 33 = 344; the seven of Fryslân are withheld, and 340 does not give them away."""
    found = released(tmp_path, ROWS)
    assert found.row("bereik.prodemos_young_people").value == 340
    assert found.row("bereik.prodemos_activities").value == 5
    assert found.row("bereik.prodemos_uncounted").value == 1
    assert found.row("bereik.prodemos_unplaced").value == 1
    points = found.points("bereik.prodemos_provincies").points.set_index("code")
    assert points.loc[["PV21"], ["activities", "young_people", "per_hundred"]].isna().all(axis=None)
    assert points.loc["PV22", "young_people"] == 304
    assert points.loc["PV31", "activities"] == 0  # nothing took place there, and that tells of nobody


def test_the_cost_is_over_the_reach_of_the_year_of_the_amount(tmp_path):
    """One million euro over the 233 registered in 2026; one activity has no count."""
    cost = released(tmp_path, ROWS).row("bereik.prodemos_cost")
    assert cost.value == pytest.approx(1e6 / 233, abs=0.005)
    assert "van 1 activiteit is het aantal jongeren onbekend, dus dit is het meeste" in cost.note
    before = released(tmp_path / "before", ROWS.replace("2026", "2024")).row("bereik.prodemos_cost")
    assert before.reason == "de registratie van ProDemos bevat geen bereik over 2026"


def test_tables_say_at_least_where_a_count_is_lacking_and_print_no_free_text(tmp_path):
    tables = {one.id: one for one in exhibits(released(tmp_path, ROWS), Workspace.current())}
    assert set(tables) == {"tbl-bereik-prodemos", "tbl-bereik-prodemos-jaren", "tbl-bereik-prodemos-verlies"}
    provinces = tables["tbl-bereik-prodemos"].cells.set_index("Provincie")["Jongeren"]
    assert provinces["Drenthe"] == "ten minste 304"
    assert provinces["Fryslân"] == "niet getoond"
    assert provinces["Plaats onbekend"] == "33"
    lost = tables["tbl-bereik-prodemos-verlies"]
    assert lost.cells.to_dict("list") == {
        "Waarom": ["Zonder leesbare plaats"],
        "Bestand": ["prodemos.csv"],
        "Eerste regel": ["6"],
        "Regels": ["1"],
    }
    assert "Jansen" not in str(lost)


@pytest.mark.parametrize(
    ("rows", "country"), [(ROWS, "ten minste 340"), (ROWS.replace("Emmen;\n", "Emmen;10\n"), "350")]
)
def test_a_sheet_says_that_the_country_has_at_least_so_many(tmp_path, rows, country):
    """104 + 7 + 200 + 33, to tens; an activity without a number adds somebody unknown."""
    made = released(tmp_path, rows)
    series, total = made.points("bereik.prodemos_provincies"), made.row("bereik.prodemos_young_people")
    assert _reach("PV22", "ProDemos", series, total)[2] == country


def test_activities_that_cannot_be_placed_have_no_table_by_province(tmp_path):
    rows = "datum;brin;aantal leerlingen\n" + "".join(
        f"1-{month}-2025;01AB0{month};40\n" for month in range(1, 5)
    )
    found = released(tmp_path, rows)
    assert found.points("bereik.prodemos_provincies").reason.startswith(
        "van de meeste activiteiten is niet te"
    )
    drawn = {one.id: one for one in exhibits(found, Workspace.current())}
    assert list(drawn) == ["tbl-bereik-prodemos-jaren", "tbl-bereik-prodemos-verlies"]
    assert drawn["tbl-bereik-prodemos-jaren"].cells["Gemeenten"].tolist() == ["onbekend"]
    assert drawn["tbl-bereik-prodemos-verlies"].cells["Waarom"].tolist() == ["Zonder leesbare plaats"]


def test_a_municipality_that_cannot_be_read_is_unknown_and_not_none(tmp_path):
    """Utrecht's activities name the province alone, one of Drenthe's does, Groningen had none."""
    rows = "datum;gemeente;provincie;aantal leerlingen\n" + "".join(
        f"1-{month}-2025;;Utrecht;40\n1-{month}-2024;;Drenthe;40\n" for month in range(1, 5)
    )
    rows += "1-2-2024;Assen;;104\n1-3-2024;Emmen;;60\n"
    drawn = {one.id: one for one in exhibits(released(tmp_path, rows), Workspace.current())}
    provinces = drawn["tbl-bereik-prodemos"].cells.set_index("Provincie")["Gemeenten"]
    assert provinces[["Utrecht", "Drenthe", "Groningen"]].tolist() == ["onbekend", "ten minste 2", "0"]
    years = drawn["tbl-bereik-prodemos-jaren"].cells.set_index("Jaar")["Gemeenten"]
    assert years.to_dict() == {"2024": "ten minste 2", "2025": "onbekend"}
