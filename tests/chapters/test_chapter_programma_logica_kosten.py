"""Logic and costs: what the letters do not say stays unknown, and what is computed says from what."""

from __future__ import annotations

import pytest

from analysis.answers.programma_kosten import cost_items
from analysis.answers.programma_logica import logic_items
from analysis.chapters.programma import DRAWN
from analysis.chapters.programma_kosten import cost_table
from analysis.chapters.programma_logica import logic_table
from analysis.datakind import DataKind
from analysis.design.costs import read_bounds
from analysis.results import publish
from analysis.sources import facts as source


@pytest.fixture(scope="module")
def logic():
    return source.programme_logic()


@pytest.fixture(scope="module")
def lines():
    return source.programme_lines()


@pytest.fixture(scope="module")
def facts():
    return source.letter_facts()


@pytest.fixture(scope="module")
def bounds():
    return read_bounds()


@pytest.fixture(scope="module")
def costs(facts, lines, bounds):
    return {row.id: row for row in cost_items(facts, lines, source.cbs_pupils(), bounds)}


def test_every_line_that_is_not_drawn_has_its_row(logic, lines):
    table = logic_table(logic, lines, source.letter_sections(), DRAWN)
    assert len(table.cells) == len(lines) - len(DRAWN)
    for short, cell in zip(
        lines.loc[~lines["line"].isin(DRAWN), "short"], table.cells["Programmalijn"], strict=True
    ):
        assert cell.startswith(f"{short} (brief ")
    stages = table.cells.drop(columns="Programmalijn")
    unknown = stages.map(lambda cell: cell.startswith("onbekend"))
    marked = stages.map(lambda cell: cell.endswith(("[gemeld]", "[beoogd]")))
    assert (unknown ^ marked).to_numpy().all()
    assert len(logic_table(logic, lines, source.letter_sections()).cells) == len(lines)


def test_counts_follow_the_logic(logic):
    rows = {row.id: row.value for row in logic_items(logic)}
    assert rows["programma.logic_stages"] == len(logic)
    assert rows["programma.logic_unknown"] == (logic["status"] == "onbekend").sum()
    changed = logic.copy()
    known = changed.index[(changed["stage"] == "impact") & (changed["status"] == "beoogd")][0]
    changed.loc[known, "status"] = "onbekend"
    again = {row.id: row.value for row in logic_items(changed)}
    assert again["programma.logic_impact_unknown"] == rows["programma.logic_impact_unknown"] + 1


def test_a_cost_per_young_person_is_not_made_up(costs):
    for line in ("prodemos", "tienskip", "jeugdstrategie"):
        row = costs[f"kosten.{line}_per_youth"]
        assert row.value is None
        assert row.variables()["full"] == "onbekend"
        assert "staat in geen van beide brieven" in row.note


def test_what_is_computed_says_from_what(costs):
    computed = [row for row in costs.values() if row.value is not None]
    assert len(computed) == 5
    for row in computed:
        assert row.kind is DataKind.FACT
        assert row.note.startswith("berekend uit ")
    assert costs["kosten.loketd_per_project"].value == pytest.approx(2e6 / 159)
    assert costs["kosten.loketd_ceiling_total"].value == pytest.approx(159 * 15_000 / 1e6)
    assert "ruim 2 miljoen euro en 159 projecten" in costs["kosten.loketd_per_project"].note
    assert costs["kosten.tienskip_ceiling"].value == pytest.approx(200)
    assert costs["kosten.prodemos_floor"].value == pytest.approx(1e6 / 929_671)


def test_a_bound_is_printed_with_its_assumption(costs, facts, lines, bounds):
    table = cost_table(publish(*costs.values()), facts, lines, bounds).cells.set_index("Programmalijn")
    for bound in bounds:
        assert bound.assumption in costs[f"kosten.{bound.name}"].note
        told = table["Wat wel te zeggen is"].str.cat(sep=" ")
        assert bound.assumption[1:] in told
    assert table.loc["Tienskip", "Kosten per bereikte jongere"] == "onbekend"
    assert table.loc["ProDemos", "Bereik"] == "onbekend"
    assert "ongeveer 12.579 euro per project" in table.loc["Loket D", "Kosten per bereikte jongere"]


def test_an_amount_that_is_none(facts, lines, bounds):
    changed = facts.copy()
    changed.loc[changed["result"] == "loketd_granted", "unit"] = "projecten"
    with pytest.raises(ValueError, match="'projecten' is no amount of money"):
        cost_items(changed, lines, source.cbs_pupils(), bounds)
    with pytest.raises(ValueError, match="0 facts with result 'loketd_granted'"):
        cost_items(facts[facts["result"] != "loketd_granted"], lines, source.cbs_pupils(), bounds)
