"""An outcome as measured, from election results or from a file with places spelled as people spell them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from question_files import workspace_with

from analysis.datakind import DataKind
from analysis.design.questions import outcomes
from analysis.panel.outcomes import measured
from analysis.unknown import NotEstimable

KNOWLEDGE = outcomes()["democratiekennis"]


def read(folder, text, **changes):
    return measured(replace(KNOWLEDGE, **changes), workspace_with(folder, democratiekennis=text))


def values(found):
    return {(row.unit, str(row.date.date())): row.value for row in found.frame.itertuples()}


def test_municipalities_by_code_and_name_in_their_province(tmp_path):
    found = read(
        tmp_path,
        "gemeente;datum;score;n;se\n"
        "GM0014;1-6-2023;50,5;20;1,0\nGroningen;1-6-2024;51,5;25;1,0\n"
        "Den Haag;1-6-2023;60,0;30;1,0\n's-Gravenhage;1-6-2024;61,0;30;1,0\n",
    )
    assert values(found) == {
        ("GM0014", "2023-06-01"): 50.5, ("GM0014", "2024-06-01"): 51.5,
        ("GM0518", "2023-06-01"): 60.0, ("GM0518", "2024-06-01"): 61.0,
    }  # fmt: skip
    assert found.level == "municipality"
    assert found.frame.set_index("unit")["province"].to_dict() == {"GM0014": "PV20", "GM0518": "PV28"}
    people = found.frame.set_index(["unit", "date"])["n"]
    assert people["GM0014"].tolist() == [20, 25]
    assert people["GM0518"].tolist() == [30, 30]
    assert found.kind is DataKind.REAL
    assert found.source == "uitkomst_democratiekennis"
    assert found.remark == "De uitkomst komt uit democratiekennis.csv."
    assert found.losses == ()


def test_provinces_by_code_and_name(tmp_path):
    found = read(
        tmp_path,
        "provincie;jaar;score\nPV20;2023;50\nFryslân;2023;51\nFriesland;2024;52\nNoord-Brabant;2024;53\n",
    )
    assert values(found) == {
        ("PV20", "2023-01-01"): 50.0, ("PV21", "2023-01-01"): 51.0,
        ("PV21", "2024-01-01"): 52.0, ("PV30", "2024-01-01"): 53.0,
    }  # fmt: skip
    assert found.level == "province"
    assert (found.frame["province"] == found.frame["unit"]).all()
    assert "n" not in found.frame


def test_where_most_rows_are_of_provinces_municipalities_count_in_theirs(tmp_path):
    """Assen and Emmen with 20 and 60 people make Drenthe: (20·40 + 60·60)/80 = 55."""
    found = read(
        tmp_path,
        "provincie;gemeente;jaar;score;n\n"
        "PV20;;2023;50;100\nPV21;;2023;51;100\nPV23;;2023;52;100\n;Assen;2023;40;20\n;Emmen;2023;60;60\n",
    )
    assert found.level == "province"
    assert values(found)["PV22", "2023-01-01"] == pytest.approx(55.0, abs=1e-12)
    assert found.frame.set_index("unit").loc["PV22", "n"] == 80
    assert found.losses == ()


def test_where_most_rows_are_of_municipalities_those_of_provinces_are_left_out_and_counted(tmp_path):
    found = read(
        tmp_path,
        "provincie;gemeente;jaar;score\n;Assen;2023;40\n;Emmen;2023;60\n;Groningen;2023;55\nPV21;;2023;51\n",
    )
    assert found.level == "municipality"
    assert set(found.frame["unit"]) == {"GM0106", "GM0114", "GM0014"}
    assert found.losses == (("metingen op een ander niveau", 1),)


def test_several_rows_of_a_place_and_date_are_one_measurement(tmp_path):
    found = read(tmp_path, "gemeente;datum;score;n\nAssen;1-6-2023;40;10\nAssen;1-6-2023;60;30\n")
    assert values(found) == {("GM0106", "2023-06-01"): 55.0}
    assert found.frame["n"].tolist() == [40]


def test_n_is_there_only_where_every_measurement_has_it(tmp_path):
    found = read(tmp_path, "gemeente;jaar;score;n\nAssen;2023;40;10\nEmmen;2023;60;\n")
    assert "n" not in found.frame
    assert found.frame["value"].notna().all()


@pytest.mark.parametrize("sign", [",", "."])
def test_the_file_itself_shows_its_decimal_sign(tmp_path, sign):
    text = "gemeente;jaar;score\nAssen;2023;40,25\nEmmen;2023;1,5\n".replace(",", sign)
    assert sorted(read(tmp_path, text).frame["value"]) == [1.5, 40.25]


def test_a_number_that_can_be_read_in_two_ways_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"democratiekennis.csv, column score, line 2: '1.234' can be read in two"
    ):
        read(tmp_path, "gemeente;jaar;score\nAssen;2023;1.234\nEmmen;2023;40\n")
    with pytest.raises(ValueError, match="column score, line 2: '40,5' and others use both signs"):
        read(tmp_path, "gemeente;jaar;score\nAssen;2023;40,5\nEmmen;2023;40.5\n")


def test_losses_of_the_file_are_passed_on(tmp_path):
    found = read(
        tmp_path,
        "gemeente;jaar;score\nAssen;2023;40\nAtlantis;2023;50\nEmmen;ooit;50\nEmmen;2023;\nTotaal;2023;45\n",
    )
    assert values(found) == {("GM0106", "2023-01-01"): 40.0}
    assert dict(found.losses) == {
        "totaalregels, niet meegeteld": 1, "zonder leesbare datum, niet meegeteld": 1,
        "zonder leesbare plaats": 1, "zonder getal in de uitkomst": 1,
    }  # fmt: skip


def test_rows_that_repeat_an_earlier_one_are_told(tmp_path):
    rows = "PV20;2023;50\nPV20;2023;50\nPV21;2023;51\n"
    assert read(tmp_path, f"provincie;jaar;score\n{rows}").remark.endswith(
        "1 van de 3 regels herhaalt een eerdere regel, en telt mee."
    )
    assert read(tmp_path, f"provincie;jaar;score\n{rows}PV21;2023;51\n").remark.endswith(
        "2 van de 4 regels herhalen een eerdere regel, en tellen mee."
    )


def test_without_a_file_the_reason_says_what_is_needed(tmp_path):
    found = measured(KNOWLEDGE, workspace_with(tmp_path))
    assert isinstance(found, NotEstimable)
    assert found.reason == (
        "er is geen bestand met de kennis van jongeren over de democratie; nodig is een meting van de kennis "
        "van jongeren per gemeente of provincie, van vóór en na de start"
    )


def test_a_file_without_any_known_place_says_so(tmp_path):
    found = read(tmp_path, "gemeente;jaar;score\nAtlantis;2023;50\nUtopia;2024;51\n")
    assert isinstance(found, NotEstimable)
    assert found.reason.startswith("in democratiekennis.csv is geen enkele plaats te herkennen; nodig is een")


def test_a_series_of_elections_that_nobody_keeps_says_so(tmp_path):
    other = replace(outcomes()["opkomst_tk"], select="WS", subject="de opkomst bij de waterschappen")
    found = measured(other, workspace_with(tmp_path))
    assert isinstance(found, NotEstimable)
    assert found.reason.startswith("er is geen reeks van de opkomst bij de waterschappen; nodig is")


def test_an_outcome_whose_file_is_not_declared_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match=r"outcome_tables.toml: no \[\[outcome\]\] named vertrouwen"):
        measured(replace(KNOWLEDGE, name="vertrouwen"), workspace_with(tmp_path))


def test_turnout_comes_by_province_and_election_with_the_people_behind_it(tmp_path):
    found = measured(outcomes()["opkomst_tk"], workspace_with(tmp_path))
    frame = found.frame
    assert found.level == "province"
    assert frame["unit"].nunique() == 12
    assert frame["date"].nunique() == 10
    assert len(frame) == 120
    assert frame["date"].max() == pd.Timestamp("2025-10-29")
    assert not frame.duplicated(["unit", "date"]).any()
    assert frame["value"].between(60, 95).all()
    assert frame["n"].gt(200_000).all()


def test_merged_municipalities_are_one_unit_before_the_merger_too(tmp_path):
    """Appingedam and Delfzijl became Eemsdelta in 2021: (20·40 + 60·60)/80 = 55 before it."""
    found = read(
        tmp_path,
        "gemeente;jaar;score;n\nAppingedam;2020;40;20\nDelfzijl;2020;60;60\nEemsdelta;2022;57;70\n"
        "Assen;2020;50;30\nAssen;2022;51;30\n",
    )
    assert values(found)["GM1979", "2020-01-01"] == pytest.approx(55.0, abs=1e-12)
    assert values(found)["GM1979", "2022-01-01"] == 57.0
    assert found.frame["unit"].nunique() == 2
    assert found.members["GM0003"] == "GM1979"
    assert "4 gemeenten vormen zo 2 gelijke gebieden" in found.remark


def test_an_outcome_of_which_most_places_cannot_be_read_is_no_outcome_of_the_rest(tmp_path):
    rows = "".join(f"Stad {number};2023;50\n" for number in range(9))
    with pytest.raises(ValueError, match=r"line 2: 'Stad 0' is no place .*9 of 11 rows"):
        read(tmp_path, f"gemeente;jaar;score\n{rows}Assen;2023;50\nEmmen;2023;51\n")


def test_two_files_that_contradict_each_other_are_told(tmp_path):
    """Assen 2024 is (10·50 + 30·60)/40 = 57.5 from two files; Emmen says the same twice."""
    head = "gemeente;jaar;score;n\n"
    workspace = workspace_with(
        tmp_path,
        democratiekennis_a=f"{head}Assen;2024;50;10\nEmmen;2024;40;20\nEmmen;2025;41;20\n",
        democratiekennis_b=f"{head}Assen;2024;60;30\nEmmen;2024;40;25\nEmmen;2023;39;20\n",
    )
    found = measured(outcomes(workspace)["democratiekennis"], workspace)
    kept = found.frame.set_index(["unit", found.frame["date"].dt.year])
    assert kept.loc[("GM0106", 2024), "value"] == pytest.approx(57.5, abs=1e-12)
    assert "Van 2 van de 4 keren dat een plaats is gemeten, zijn er meer regels; die zijn" in found.remark
    assert (
        "Bij 1 daarvan verschillen de waarden tussen democratiekennis_a.csv en democratiekennis_b.csv."
        in found.remark
    )
    assert "herha" not in found.remark


def test_pupils_with_one_value_are_no_repeated_rows(tmp_path):
    rows = "".join(f"Assen;{year};50\n" for year in (2024, 2025) for _ in range(3))
    workspace = workspace_with(tmp_path, democratiekennis=f"gemeente;jaar;score\n{rows}")
    found = measured(outcomes(workspace)["democratiekennis"], workspace)
    assert "herha" not in found.remark
    assert "Van 2 van de 2 keren dat een plaats is gemeten, zijn er meer regels" in found.remark


def test_pupils_in_rows_are_the_people_behind_a_value(tmp_path):
    rows = "".join(f"Assen;{year};{score}\n" for year in (2024, 2025) for score in (40, 50, 90))
    found = read(tmp_path, f"gemeente;jaar;score\n{rows}")
    assert found.frame["n"].tolist() == [3, 3]
    assert values(found)["GM0106", "2024-01-01"] == pytest.approx(60)
    assert "Aantallen mensen staan er niet in: elke regel telt als één leerling." in found.remark


@pytest.mark.parametrize(
    "text",
    [
        "gemeente;jaar;score\nAssen;2024;40\nEmmen;2024;50\nAssen;2025;60\n",  # a mean of each place
        "gemeente;jaar;score;se\n"
        + "".join(f"Assen;2024;{score};1,5\n" for score in (40, 50, 90)),  # classes
    ],
)
def test_rows_that_are_no_pupils_tell_of_no_number_of_people(tmp_path, text):
    found = read(tmp_path, text)
    assert "n" not in found.frame
    assert "leerling" not in found.remark


def test_what_lies_in_no_province_or_at_an_unknown_school_is_counted(tmp_path):
    text = "gemeente;brin;jaar;score\nAssen;;2023;40\nBonaire;;2023;50\nSaba;;2023;51\n;01AB00;2023;60\n"
    found = read(tmp_path, text)
    assert values(found) == {("GM0106", "2023-01-01"): 40.0}
    assert dict(found.losses) == {
        "in Caribisch Nederland, dat in geen provincie ligt": 2,
        "van scholen waarvan de gemeente niet bekend is": 1,
    }


def test_an_outcome_by_school_asks_for_the_list_of_schools(tmp_path):
    found = read(tmp_path, "brin;jaar;score\n01AB00;2023;40\n01AB01;2023;50\n")
    assert isinstance(found, NotEstimable)
    assert found.reason == (
        "de plaatsen in democratiekennis.csv zijn scholen, en waar die staan is niet bekend; nodig is de "
        "lijst van vestigingen van DUO (duo_vo_2025.csv)"
    )
