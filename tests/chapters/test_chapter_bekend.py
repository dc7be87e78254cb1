"""What is known already: every finding with its source, no number where none was seen, and what follows."""

from __future__ import annotations

import pytest

from analysis.answers.programma_bekend import known_items
from analysis.answers.zekerheid import plan_of
from analysis.chapters.programma_bekend import known_tables, subsidy_table
from analysis.datakind import DataKind
from analysis.design.questions import outcomes
from analysis.design.robustness import robustness
from analysis.panel.question import question_panel
from analysis.panel.reach import reach_of_electorate
from analysis.sources.evidence import evidence


@pytest.fixture(scope="module")
def rows():
    return {row.id: row for row in known_items(evidence(), reach_of_electorate())}


def test_each_number_is_a_cited_fact_with_its_source(rows):
    assert all(row.kind is DataKind.FACT for row in rows.values())
    assert rows["bekend.democracy_prep"].value == 12
    assert "Gill" in rows["bekend.democracy_prep"].note
    assert "bekend.burgerschapsles_matching" not in rows  # 3 to 6 is no one number
    assert rows["bekend.mulder_opzet"].variables()["full"] == "585 leerlingen"


def test_subsidies_are_in_millions(rows):
    assert rows["kosten.subsidie_prodemos_2025"].variables()["full"] == "10,6 miljoen euro"
    assert "kosten.tienskip_fonds21" not in rows
    table = subsidy_table(evidence()).cells.set_index("Jaar")
    assert table.loc["2020", "Miljoen euro"] == "7,3"
    assert "Ministerie van BZK" in table.loc["2020", "Bron"]


def test_the_smallest_effect_on_turnout_follows_from_research(rows):
    """Three points for 360,000 first-time voters of 13,589,128 entitled is 0.079 points."""
    assert rows["bekend.least_per_person"].value == 3
    assert rows["bekend.smallest_on_turnout"].value == pytest.approx(3 * 360_000 / 13_589_128)
    declared = {o.smallest_of_interest for o in outcomes().values() if o.source == "turnout"}
    assert declared == {round(rows["bekend.smallest_on_turnout"].value, 1)}


def test_power_is_asked_of_effects_up_to_three_points_all_the_same(tmp_path):
    plan = robustness()
    asked = question_panel("prodemos-opkomst-tk")
    tried = [0.1 * effect for effect in plan_of(asked, plan).power.effects]
    assert asked.question.outcome.smallest_of_interest == 0.1
    assert tried == pytest.approx(sorted([0.1, *plan.power.effects]))
    assert plan_of(question_panel("prodemos-kennis"), plan).power.effects == pytest.approx(plan.power.effects)


def test_a_size_that_was_not_seen_is_not_made_up():
    short, table = known_tables(evidence())
    cells = table.cells
    assert set(short.cells["Bevinding"]) < set(cells["Bevinding"])
    assert set(short.cells["Grootte"]) >= {"getal niet gezien", "3 tot 6 procentpunten", "0 procentpunten"}
    assert set(cells["Bron"].str.len() > 10) == {True}
    size = dict(zip(cells["Bevinding"].str[:30], cells["Grootte"], strict=True))
    assert size["Positief effect op politieke k"] == "getal niet gezien"
    assert size["Een schooljaar burgerschapsles"] == "3 tot 6 procentpunten"
    assert size["Proefverkiezingen op school ve"] == "0 procentpunten"
    assert not cells["Over"].isin(["Opzet", "Bron"]).any()
