"""Public evidence: as in the material it was taken from, its limits kept, its status never raised."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from analysis.estimate.arithmetic_ceiling import Ceiling, ceilings
from analysis.panel.reach import reach_of_electorate
from analysis.sources.evidence import effects_per_person, evidence, finding, planned_reach


def test_the_plan_of_tienskip_by_province():
    assert planned_reach().to_dict() == {"PV20": 750, "PV21": 5500, "PV23": 1250, "PV25": 500, "PV28": 2000}


def test_a_finding_keeps_its_limits_and_status():
    first = finding("eerste_keer_2025")
    assert (first["number"], first["unit"], first["status"]) == (360_000, "personen", "press")
    matching = finding("burgerschapsles_matching")
    assert np.isnan(matching["number"])
    assert (matching["low"], matching["high"]) == (3, 6)
    with pytest.raises(ValueError, match="no finding 'niets'"):
        finding("niets")


def test_every_address_and_status_is_that_of_the_material(shared):
    with (shared / "facts" / "evidence.csv").open(encoding="utf-8") as handle:
        material = {(row["url"], row["published_status"]) for row in csv.DictReader(handle)}
    table = evidence()
    assert set(zip(table["url"], table["status"], strict=True)) <= material


def test_studies_without_a_number_declare_no_effect_a_person():
    assert effects_per_person().set_index("id")["effect_pp"].to_dict() == {
        "proefverkiezing_zweden": 0,
        "burgerschapsles_matching": 6,
        "democracy_prep": 12,
    }


def test_the_panel_of_adolescents_has_vmbo_in_four_waves_and_prodemos_among_its_founders():
    assert finding("adks_jaar4")["number"] == 4
    assert "ProDemos" in finding("adks_oprichters")["text"]


def test_the_largest_effect_arithmetic_allows():
    """360,000 first-time voters of 13,589,128; one point more among all of them is 0.026 points."""
    one = Ceiling(360_000, 13_589_128, 1.0)
    assert one.share_pct == pytest.approx(2.649, abs=5e-4)
    assert one.effect_pp == pytest.approx(0.0265, abs=5e-5)
    assert Ceiling(500, 1000, -4).effect_pp == -2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((2000, 1000, 1), "not between 0 and the electorate"),
        ((-1, 1000, 1), "not between 0 and the electorate"),
        ((10, 0, 1), "numbers"),
        ((10, np.nan, 1), "numbers"),
        ((10, 1000, 120), "at most 100"),
    ],
)
def test_numbers_that_cannot_be(arguments, says):
    with pytest.raises(ValueError, match=says):
        Ceiling(*arguments)


def test_no_programme_for_pupils_can_move_the_turnout_of_a_province_by_a_third_of_a_point():
    table = ceilings(reach_of_electorate())
    assert len(table) == 6 * 3
    assert (table["effect_pp"].abs() < 1 / 3).all()
    assert table["effect_pp"].max() == pytest.approx(12 * 360_000 / 13_589_128)
    fryslan = table[(table["place"] == "PV21") & (table["effect"] == "democracy_prep")].iloc[0]
    assert fryslan["effect_pp"] == pytest.approx(12 * 5500 / 522_775)
    with pytest.raises(ValueError, match="row 2: 20 reached is not between"):
        ceilings(table.head(2).assign(reached=[1, 20], electorate=[10, 10]))
    with pytest.raises(ValueError, match="columns electorate are not in the frame"):
        ceilings(table.drop(columns="electorate"))
