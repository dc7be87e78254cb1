"""Who is exposed at a measurement: who had started by its date."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from question_files import PROVINCES, edited_design, starts, workspace_with

from analysis.design.questions import ASSUMED, PLANNED, REALISED, Exposure, Spell, exposures
from analysis.panel.exposure import exposed, join
from analysis.panel.question import question_panel
from analysis.sources.geography import province_names

# Elections to the Tweede Kamer: years apart, and two within five months of each other at the end.
DAYS = ("2012-09-12", "2017-03-15", "2021-03-17", "2023-11-22", "2025-10-29", "2026-03-18")


def exposure(*spells: Spell, place="province") -> Exposure:
    words = dict.fromkeys(("label", "description", "where", "without", "line", "schedule"), "x")
    return Exposure(name="prodemos", place=place, spells=spells, **words)


def spell(place, start, end="", intensity=None, status=REALISED):
    return Spell("prodemos", place, start, status, "brief A", end=end, intensity=intensity)


def measured(places=("PV20", "PV21", "PV22"), days=DAYS, without=()):
    rows = [
        (one, one, pd.Timestamp(day), 50.0) for one in places for day in days if (one, day) not in without
    ]
    return pd.DataFrame(rows, columns=["unit", "province", "date", "value"])


def cohorts(joined):
    return joined.frame.groupby("unit")["cohort"].first().reindex(joined.frame["unit"].unique()).to_dict()


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2023-11-22", 3),  # on the day itself
        ("2023-11-23", 4),  # a day later: not yet at that election, though in its year
        ("2023", 3),  # a year counts from its first day
        ("2024", 4),
        ("2012-09-13", 1),
        ("2026-03-18", 5),
        ("2026-03-19", None),
        ("2027", None),
    ],
)
def test_exposed_is_who_had_started_by_the_date_of_a_measurement(start, first):
    joined = join(measured(), exposure(spell("PV20", start)))
    assert joined.dates == tuple(pd.Timestamp(day) for day in DAYS)
    assert joined.frame["time"].tolist() == 3 * [0, 1, 2, 3, 4, 5], "in order, however far apart"
    found = cohorts(joined)
    assert np.isnan(found["PV20"]) if first is None else found["PV20"] == first
    assert np.isnan(found["PV21"])
    assert joined.losses == ()


@pytest.mark.parametrize("start", ["2012-09-12", "2012", "2001-05"])
def test_exposed_at_its_first_measurement_is_left_out_and_counted(start):
    joined = join(measured(), exposure(spell("PV20", start), spell("PV21", "2024")))
    assert set(joined.frame["unit"]) == {"PV21", "PV22"}
    assert joined.losses == (("metingen van plaatsen die al vóór hun eerste meting waren begonnen", 6),)
    assert joined.early == 6


def test_the_first_measurement_is_that_of_the_place_itself():
    """Started between the first and the second election, and not measured at the first: no before."""
    joined = join(measured(without={("PV20", DAYS[0])}), exposure(spell("PV20", "2014")))
    assert "PV20" not in set(joined.frame["unit"])
    assert joined.early == 5


def test_measurements_after_a_spell_has_ended_are_left_out_and_counted():
    joined = join(measured(), exposure(spell("PV20", "2018", "2023-11-22")))
    own = joined.frame[joined.frame["unit"] == "PV20"]
    assert own["time"].tolist() == [0, 1, 2], "the day of the end is the first without"
    assert own["cohort"].unique().tolist() == [2.0]
    assert joined.losses == (("metingen nadat het programma daar was gestopt", 3),)
    assert joined.early == 0


def test_a_second_spell_counts_again_from_its_start():
    joined = join(measured(), exposure(spell("PV20", "2018", "2022"), spell("PV20", "2025")))
    own = joined.frame[joined.frame["unit"] == "PV20"]
    assert own["time"].tolist() == [0, 1, 2, 4, 5]
    assert joined.losses == (("metingen nadat het programma daar was gestopt", 1),)


def test_municipalities_follow_their_province_or_stand_for_themselves():
    frame = measured(("GM0014", "GM0037", "GM0072")).assign(
        province=lambda table: table["unit"].map({"GM0014": "PV20", "GM0037": "PV20", "GM0072": "PV21"})
    )
    by_province = cohorts(join(frame, exposure(spell("PV20", "2024"))))
    assert by_province["GM0014"] == by_province["GM0037"] == 4
    assert np.isnan(by_province["GM0072"])
    alone = cohorts(join(frame, exposure(spell("GM0037", "2024"), place="municipality")))
    assert alone["GM0037"] == 4
    assert np.isnan(alone["GM0014"])


def test_intensity_is_summed_over_spells_zero_without_and_unknown_where_unknown():
    spells = (
        spell("PV20", "2018", "2020", 100.0), spell("PV20", "2024", intensity=50.0), spell("PV21", "2024")
    )  # fmt: skip
    found = join(measured(), exposure(*spells)).frame.groupby("unit")["intensity"].first()
    assert found["PV20"] == 150.0
    assert np.isnan(found["PV21"])
    assert found["PV22"] == 0.0


def test_the_schedule_says_how_sure_a_start_is(tmp_path):
    programme = exposed(exposures()["prodemos"], workspace_with(tmp_path))
    assert programme.source == "studie"
    found = programme.schedule(list(province_names()), {}).set_index("code")
    assert found.loc["PV20"].tolist() == [2024.0, "bekend", "2024"]
    assert found.loc["PV21", "status"] == "onbekend", "the letters do not say when the others follow"
    told = exposure(spell("PV20", "2025-09", status=ASSUMED), spell("PV21", "2025-09", status=PLANNED))
    from analysis.panel.exposure import Exposed

    found = Exposed(told, True, "lijst").schedule(["PV20", "PV21", "PV22"], {})
    assert found["status"].tolist() == ["aanname", "bekend", "niet"]
    assert found["date"].tolist() == ["2025-09", "2025-09", ""]


def test_a_list_of_starts_takes_the_place_of_the_design(tmp_path):
    """Two provinces of the five in the letter, one that is not among them, and an end."""
    text = starts({"PV20": "1-9-2024", "Drenthe": ("2024", "31-12-2025"), "Utrecht": "maart 2025"})
    programme = exposed(exposures()["prodemos"], workspace_with(tmp_path, start_prodemos=text))
    assert programme.source == "start_prodemos"
    assert programme.remark == "De startdata komen uit start_prodemos.csv."
    assert {(one.place, one.start, one.end) for one in programme.exposure.spells} == {
        ("PV20", "2024-09-01", ""), ("PV22", "2024-01-01", "2025-12-31"), ("PV26", "2025-03-01", "")
    }  # fmt: skip
    status = programme.schedule(list(PROVINCES), {}).set_index("code")["status"]
    assert status["PV24"] == "niet", "a list that holds the starts says of others that they did not"


def test_starts_of_municipalities_make_the_start_of_their_province(tmp_path):
    """The first in it; Assen and Emmen lie in Drenthe. Ends only once all of them have ended."""
    text = "gemeente;start;einde\nAssen;1-3-2024;1-1-2025\nEmmen;1-9-2024;1-6-2025\nLeeuwarden;2025;\n"
    programme = exposed(exposures()["prodemos"], workspace_with(tmp_path, start_prodemos=text))
    found = programme.exposure.spells
    assert {(one.place, one.start, one.end) for one in found} == {
        ("PV22", "2024-03-01", "2025-06-01"), ("PV21", "2025-01-01", "")
    }  # fmt: skip
    assert "Daarin staan 3 gemeenten; een provincie telt in haar geheel" in programme.caption
    own = replace(exposures()["prodemos"], place="municipality")
    assert "in haar geheel" not in exposed(own, workspace_with(tmp_path, start_prodemos=text)).remark


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            starts({"PV20": ("2024", "voorjaar")}),
            "start_prodemos.csv, column einde, line 2: 'voorjaar' is no date",
        ),
        (starts({"PV20": ("2024", "2023")}), "start_prodemos.csv, line 2: PV20: end 2023-01-01 is not after"),
        (
            "provincie;start;einde\nPV20;2024;\nPV20;2025;\n",
            "spells of PV20 from 2024-01-01 and from 2025-01-01",
        ),
        ("provincie;wanneer\nPV20;2024\n", "start_prodemos.csv.*no column for date"),
    ],
)
def test_a_broken_list_of_starts_is_named(tmp_path, text, says):
    with pytest.raises(ValueError, match=says):
        exposed(exposures()["prodemos"], workspace_with(tmp_path, start_prodemos=text))


@pytest.mark.parametrize("row", ["Atlantis;2024", "PV21;ooit", "PV21;31-31-2024"])
def test_a_start_that_cannot_be_read_does_not_make_its_place_one_without_the_programme(tmp_path, row):
    workspace = workspace_with(tmp_path, start_prodemos=f"provincie;start\nPV20;2024\n{row}\n")
    with pytest.raises(ValueError, match=r"start_prodemos\.csv, line 3: '.*' is no (place|date)"):
        exposed(exposures()["prodemos"], workspace)


def test_a_place_without_a_date_has_not_started(tmp_path):
    text = "provincie;start\nPV20;2024\nPV21;\n"
    programme = exposed(exposures()["prodemos"], workspace_with(tmp_path, start_prodemos=text))
    assert [one.place for one in programme.exposure.spells] == ["PV20"]
    assert programme.losses == ()  # it is there, and counts as not reached: nothing was left out


REGISTERED = (
    "datum;gemeente;provincie;aantal jongeren;status\n"
    "12-3-2024;Leeuwarden;;100;uitgevoerd\n"
    "1-2-2024;Leeuwarden;;50;uitgevoerd\n"
    "5-1-2024;Assen;;70;geannuleerd\n"
    "9-9-2024;Assen;;30;ja\n"
    "10-10-2024;Emmen;;40;ja\n"
    "1-4-2025;;Utrecht;25;ja\n"
)


def test_tienskip_starts_with_the_first_activity_of_a_registration(tmp_path):
    """What was cancelled starts nothing; young people are summed over the province."""
    programme = exposed(exposures()["tienskip"], workspace_with(tmp_path, tienskip=REGISTERED))
    assert programme.source == "registratie_tienskip"
    assert programme.complete
    assert {(one.place, one.start, one.intensity) for one in programme.exposure.spells} == {
        ("PV21", "2024-02-01", 150.0), ("PV22", "2024-09-09", 70.0), ("PV26", "2025-04-01", 25.0)
    }  # fmt: skip
    assert dict(programme.losses)["volgens hun status niet meegeteld"] == 1


def test_a_registration_does_not_start_prodemos_which_rests_on_the_letters(tmp_path):
    programme = exposed(exposures()["prodemos"], workspace_with(tmp_path, prodemos=REGISTERED))
    assert programme.source == "studie"
    assert {one.place for one in programme.exposure.spells} == {"PV20", "PV22", "PV24", "PV29", "PV30"}


def test_a_list_of_starts_says_when_and_the_registration_how_many(tmp_path):
    """Fryslân reached 150 and Noord-Brabant nobody; Drenthe is registered and not on the list."""
    workspace = workspace_with(
        tmp_path, tienskip=REGISTERED, start_tienskip=starts({"PV30": "2023", "PV21": "2024"})
    )
    programme = exposed(exposures()["tienskip"], workspace)
    assert {(one.place, one.start, one.intensity) for one in programme.exposure.spells} == {
        ("PV30", "2023-01-01", 0.0), ("PV21", "2024-01-01", 150.0)
    }  # fmt: skip
    assert programme.source == "start_tienskip; registratie_tienskip"
    assert "De startdata komen uit start_tienskip.csv. Het bereik komt uit tienskip.csv." in programme.remark
    assert dict(programme.losses)["volgens hun status niet meegeteld"] == 1


def test_without_a_registration_a_list_of_starts_says_nothing_of_reach(tmp_path):
    programme = exposed(
        exposures()["tienskip"], workspace_with(tmp_path, start_tienskip=starts({"PV30": "2023"}))
    )
    assert [one.intensity for one in programme.exposure.spells] == [None]


@pytest.mark.parametrize(
    ("registration", "why"),
    [
        (REGISTERED.replace("100", "veel"), "tienskip.csv is niet te lezen"),
        (
            "datum;brin;aantal jongeren\n" + "1-2-2024;01AB00;20\n2-2-2024;02CD00;30\n",
            "van de meeste activiteiten",
        ),
    ],
    ids=["broken", "at schools of which no list says where they stand"],
)
def test_starts_do_not_rest_on_a_registration_that_tells_of_no_place(tmp_path, registration, why):
    """Nobody is then known to be reached anywhere: not none."""
    workspace = workspace_with(tmp_path, tienskip=registration, start_tienskip=starts({"PV30": "2023"}))
    programme = exposed(exposures()["tienskip"], workspace)
    assert [(one.place, one.start, one.intensity) for one in programme.exposure.spells] == [
        ("PV30", "2023-01-01", None)
    ]
    assert programme.source == "start_tienskip"
    assert f"Het bereik per plaats is onbekend: {why}" in programme.remark


def test_a_place_starts_once_as_many_are_reached_as_the_threshold_asks(tmp_path):
    """Fryslân reaches 50 in February and 150 in March 2024; Drenthe 30 and then 70; Utrecht ends at 25."""
    workspace = workspace_with(tmp_path, tienskip=REGISTERED)
    programme = exposed(replace(exposures()["tienskip"], threshold=60.0), workspace)
    assert {(one.place, one.start, one.intensity) for one in programme.exposure.spells} == {
        ("PV21", "2024-03-12", 150.0), ("PV22", "2024-10-10", 70.0)
    }  # fmt: skip
    assert "de dag waarop er 60 jongeren waren bereikt, volgens tienskip.csv" in programme.remark
    own = exposed(replace(exposures()["tienskip"], threshold=60.0, place="municipality"), workspace)
    assert {(one.place, one.start) for one in own.exposure.spells} == {("GM0080", "2024-03-12")}
    with pytest.raises(ValueError, match="threshold counts registered young people"):
        replace(exposures()["prodemos"], threshold=60.0)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("exposures", 'place = "PV20"', 'place = "PV99"', "spells of prodemos: PV99 is no province"),
        ("questions", "PV22\", \"PV27", "PV22\", \"GM9999", "tienskip_bekend, exclude: GM9999 is no"),
    ],
)  # fmt: skip
def test_a_code_of_the_design_that_is_no_place_is_a_mistake(tmp_path, file, old, new, says):
    id = {"exposures": "prodemos-opkomst-tk", "questions": "tienskip-opkomst-tk"}[file]
    with pytest.raises(ValueError, match=says):
        question_panel(id, workspace=edited_design(tmp_path, file, old, new))


def test_what_is_left_out_after_a_stop_is_kept_for_who_takes_on_and_off():
    stopped = spell("PV20", "2017", "2023"), spell("PV21", "2010", "2022")
    joined = join(measured(), exposure(*stopped))
    assert dict(joined.losses) == {
        "metingen van plaatsen die al vóór hun eerste meting waren begonnen": 6,
        "metingen nadat het programma daar was gestopt": 3,
    }
    on = joined.on_off.pivot_table(index="unit", columns="time", values="on")
    assert on.loc["PV20"].tolist() == [0, 1, 1, 0, 0, 0]
    assert on.loc["PV21"].tolist() == [1, 1, 1, 0, 0, 0]
    assert on.loc["PV22"].tolist() == [0] * 6


def test_a_programme_that_goes_on_needs_no_second_panel():
    assert join(measured(), exposure(spell("PV20", "2017"))).on_off is None
    later = exposure(spell("PV20", "2017", "2030"))
    assert join(measured(), later).on_off is None, "it had not stopped by the last measurement"


def test_a_programme_that_came_back_is_on_again():
    joined = join(measured(), exposure(spell("PV20", "2017", "2019"), spell("PV20", "2023")))
    on = joined.on_off[joined.on_off["unit"] == "PV20"].sort_values("time")["on"]
    assert on.tolist() == [0, 1, 0, 1, 1, 1]
    assert dict(joined.losses) == {"metingen nadat het programma daar was gestopt": 1}


def test_activities_that_contradict_the_starts_are_counted(tmp_path):
    """Assen lies in Drenthe, which starts on 1 May 2024; in Zeeland nothing starts; Atlantis lies nowhere."""
    text = (
        "datum;gemeente;aantal jongeren\n30-4-2024;Assen;20\n1-5-2024;Assen;20\nmei 2024;Emmen;20\n"
        "4-5-2025;Veere;20\n2023;Assen;20\n3-3-2023;Atlantis;20\n"
    )
    starts = "provincie;start\nDrenthe;1-5-2024\nZeeland;\n"
    found = exposed(exposures()["prodemos"], workspace_with(tmp_path, prodemos=text, start_prodemos=starts))
    told = (
        "Van de 5 activiteiten in prodemos.csv die te plaatsen zijn, vielen er 2 vóór de start in hun "
        "provincie en 1 in een provincie zonder start."
    )
    assert found.apart == told
    assert found.caption.endswith(told)
    agreed = "datum;gemeente;aantal jongeren\n1-5-2024;Assen;20\n"
    workspace = workspace_with(tmp_path / "agreed", prodemos=agreed, start_prodemos=starts)
    assert exposed(exposures()["prodemos"], workspace).apart == ""
