"""A registration counted by province and year: by hand, on rows as offices write them."""

from __future__ import annotations

import pandas as pd
import pytest
from question_files import workspace_with

from analysis.answers.bereik import reach_items
from analysis.design.questions import exposures
from analysis.panel.exposure import exposed
from analysis.panel.question import question_panel
from analysis.panel.registered import largest_reach, registered
from analysis.unknown import NotEstimable

DUO = (
    "INSTELLINGSCODE;VESTIGINGSCODE;GEMEENTENUMMER;PROVINCIE;ONDERWIJSTYPE\n"
    "01AB;01AB00;0106;Drenthe;HAVO\n01AB;01AB01;0014;Groningen;HAVO\n"
)
POSTCODES = (
    "PC6;Huisnummer;Gemeente2025\n9401AA;1;106\n9401AB;2;106\n9711AA;1;14\n9400ZZ;1;14\n9400ZZ;2;106\n"
)


def counted(folder, text, **files):
    return registered("tienskip", workspace_with(folder, tienskip=text, **files))


def province(found, code):
    return found.by_province.set_index("code").loc[code]


def test_without_a_file_the_reason_says_what_is_needed(tmp_path):
    found = registered("prodemos", workspace_with(tmp_path))
    assert isinstance(found, NotEstimable)
    assert "een registratie van ProDemos ontbreekt; nodig is een lijst" in found.reason


def test_activities_and_young_people_by_province_and_year(tmp_path):
    found = counted(
        tmp_path,
        "datum;gemeente;provincie;aantal jongeren;status\n"
        "1-2-2024;Assen;;50;uitgevoerd\n3-3-2024;Emmen;;70;ja\n9-9-2025;Assen;;onbekend;ja\n"
        "4-4-2025;Leeuwarden;;20;geannuleerd\n;Emmen;;10;ja\n5-5-2025;Atlantis;;30;ja\n"
        "2024/25;;Utrecht;15;ja\n6-6-2025;Bonaire;;25;ja\nTotaal;;;220;\n",
    )
    drenthe = province(found, "PV22")
    assert (drenthe["activities"], drenthe["with_count"], drenthe["municipalities"]) == (3, 2, 2)
    assert drenthe["young_people"] == 120
    assert drenthe["per_hundred"] == pytest.approx(100 * 120 / 26_600, rel=0.2)  # pupils of 2021/22
    assert province(found, "PV21")["activities"] == 0  # cancelled
    assert province(found, "PV26")["young_people"] == 15
    assert province(found, "BQ")["young_people"] == 25  # no province, and not lost
    assert province(found, "")["young_people"] == 30  # reached somewhere
    assert found.totals["young_people"] == 190
    years = found.by_year.set_index("year")
    assert years["activities"].to_dict() == {2024: 3, 2025: 3}
    assert years["across"].to_dict() == {2024: 1, 2025: 0}  # the school year
    assert [(loss.reason, loss.value, loss.rows) for loss in found.lost] == [
        ("geen datum", "", 1),
        ("status 'geannuleerd'", "geannuleerd", 1),
        ("onbekende gemeente", "Atlantis", 1),
    ]  # fmt: skip
    assert [(loss.line, loss.rows) for loss in found.losses.totals] == [(10, 1)]


def test_schools_are_placed_by_duo_and_postcodes_by_cbs(tmp_path):
    """A postcode in two municipalities is not guessed; without its list a school lies nowhere."""
    rows = "datum;brin;postcode;aantal jongeren\n1-2-2024;01AB-1;;50\n1-2-2024;01ab 00;;40\n"
    rows += "1-3-2024;;9401 AA;30\n1-3-2024;;9400ZZ;20\n"
    alone = counted(tmp_path / "alone", rows)
    assert alone.by_province["activities"].sum() == 4
    assert province(alone, "")["activities"] == 4
    found = counted(tmp_path / "lists", rows, duo_vo_2025=DUO, cbs_postcodes=POSTCODES)
    assert province(found, "PV20")["young_people"] == 50
    assert province(found, "PV22")["young_people"] == 70
    assert province(found, "")["young_people"] == 20
    assert [loss.value for loss in found.losses.unplaced] == ["9400ZZ"]


def test_a_file_without_a_status_beside_one_with_counts_whole(tmp_path):
    second = "datum;gemeente;aantal jongeren\n1-2-2025;Assen;5\n"
    workspace = workspace_with(
        tmp_path, tienskip_2024="datum;gemeente;status\n1-2-2024;Assen;geannuleerd\n", tienskip_2025=second
    )
    found = registered("tienskip", workspace)
    assert province(found, "PV22")["young_people"] == 5


def test_an_empty_status_in_a_file_that_has_them_is_no_yes(tmp_path):
    with pytest.raises(ValueError, match=r"tienskip\.csv, column status, line 2: '' is unknown"):
        counted(tmp_path, "datum;gemeente;status\n1-2-2024;Assen;\n")


def test_dates_in_another_order_are_no_rows_to_leave_out(tmp_path):
    rows = "".join(f"{day}/13/2024;Assen;20\n" for day in range(1, 8))
    with pytest.raises(ValueError, match=r"line 2: '1/13/2024' is no date .*7 of 7 rows.*date_order in"):
        counted(tmp_path, f"datum;gemeente;aantal jongeren\n{rows}")


@pytest.mark.parametrize("name", ["Haaren", "Appingedam", "Leerdam", "Haren"])
def test_a_municipality_that_went_has_its_place(tmp_path, name):
    home = {"Haaren": "PV30", "Appingedam": "PV20", "Leerdam": "PV26", "Haren": "PV20"}[name]
    found = counted(tmp_path, f"datum;gemeente;aantal jongeren\n1-2-2018;{name};20\n")
    assert province(found, home)["young_people"] == 20


def test_the_most_that_can_have_been_reached_by_a_day(tmp_path):
    """Assen 50 and one unknown (70 at most), Emmen 70 too late; 30 somewhere count in each province."""
    workspace = workspace_with(
        tmp_path,
        tienskip="datum;gemeente;aantal jongeren\n1-2-2024;Assen;50\n9-9-2024;Assen;onbekend\n"
        "1-3-2024;Groningen;70\n30-10-2025;Emmen;70\n5-5-2025;Atlantis;30\n",
    )
    found = largest_reach("tienskip", pd.Timestamp("2025-10-29"), workspace)
    assert found.to_dict() == {"PV20": 70 + 30, "PV22": 50 + 70 + 30}
    early = largest_reach("tienskip", pd.Timestamp("2023-01-01"), workspace)
    assert "geen aantal jongeren van vóór de meting" in early.reason
    assert isinstance(largest_reach("prodemos", pd.Timestamp("2025-10-29"), workspace), NotEstimable)


def test_schools_without_a_list_are_no_provinces_without_activities(tmp_path):
    """Of three activities one can be placed: nothing is told by province, and no start rests on it."""
    text = (
        "datum;gemeente;brin;aantal jongeren\n1-2-2024;Assen;;50\n1-3-2024;;01AB00;40\n1-4-2024;;01AB01;30\n"
    )
    workspace = workspace_with(tmp_path, tienskip=text)
    found = registered("tienskip", workspace)
    assert [(loss.reason, loss.line, loss.rows) for loss in found.losses.unplaced] == [
        ("school, en er is geen lijst van scholen", 3, 2)
    ]
    rows = {item.id: item for item in reach_items(found, "tienskip")}
    assert rows["bereik.tienskip_young_people"].value == 120
    assert rows["bereik.tienskip_unplaced"].value == 2
    assert rows["bereik.tienskip_provincies"].reason.startswith(
        "van de meeste activiteiten is niet te lezen in"
    )
    assert rows["bereik.tienskip_jaren"].points["municipalities"].isna().all()
    programme = exposed(exposures()["tienskip"], workspace)
    assert programme.exposure.spells == ()
    assert set(programme.schedule(["PV20", "PV22"], {})["status"]) == {"onbekend"}
    panel = question_panel("tienskip-opkomst-tk", workspace=workspace)
    assert panel.frame.reason.startswith("van de meeste activiteiten is niet te lezen in welke provincie")
    listed = workspace_with(tmp_path / "listed", tienskip=text, duo_vo_2025=DUO)
    assert registered("tienskip", listed).unplaced == ""
    assert {spell.place for spell in exposed(exposures()["tienskip"], listed).exposure.spells} == {
        "PV20",
        "PV22",
    }
