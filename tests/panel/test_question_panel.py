"""The panel of a question: what was measured, joined with who was exposed, and what was lost on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from question_files import (
    PROVINCES,
    QUESTION,
    YEARS,
    edited_design,
    outcome,
    starts,
    workspace_with,
)

from analysis.answers.effect import answer_question
from analysis.datakind import DataKind
from analysis.panel.question import question_panel
from analysis.unknown import NotEstimable

FIVE = dict.fromkeys(PROVINCES[:5], 2023)


def panel_of(folder, begun=FIVE, text=None, **files):
    text = outcome(begun) if text is None else text
    workspace = workspace_with(folder, democratiekennis=text, start_prodemos=starts(begun), **files)
    return question_panel(QUESTION, workspace=workspace)


def test_turnout_at_ten_elections_in_twelve_provinces_five_exposed_at_the_last(tmp_path):
    """All five started on 1 January 2024: after the election of November 2023, before that of 2025."""
    panel = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path))
    frame = panel.frame
    assert frame.groupby("unit")["time"].nunique().tolist() == 12 * [10]
    assert panel.labels[-2:] == ("2023", "2025")
    assert len(panel.labels) == 10
    begun = frame.dropna(subset=["cohort"])
    assert set(begun["unit"]) == {"PV20", "PV22", "PV24", "PV29", "PV30"}
    assert set(begun["cohort"]) == {9.0}
    assert dict(panel.losses)["'s-Gravenhage, per verkiezing"] == 10
    assert panel.people == frame.loc[frame["time"] == 9, "n"].sum()
    assert 13_000_000 < panel.people < 13_400_000, "the electorate of 2025 without The Hague"
    assert panel.clusters == 12
    assert panel.kind is DataKind.REAL
    assert panel.moments[-1] == pytest.approx(2025 + 301 / 365.25, abs=1e-9), "29 October: day 302"
    assert np.diff(panel.moments)[1] == pytest.approx(0.69, abs=0.01), "May 2002 and January 2003"


def test_tienskip_turnout_leaves_out_the_provinces_whose_sources_disagree(tmp_path):
    panel = question_panel("tienskip-opkomst-tk", workspace=workspace_with(tmp_path))
    assert set(panel.frame["unit"]) == {f"PV{code}" for code in range(20, 32)} - {"PV22", "PV27"}
    assert dict(panel.losses)["metingen van plaatsen buiten de populatie"] == 20
    cohort = panel.frame.groupby("unit")["cohort"].first()
    labels = {unit: panel.labels[int(first)] for unit, first in cohort.dropna().items()}
    assert labels == {"PV21": "2021", "PV20": "2025", "PV23": "2025", "PV25": "2025", "PV28": "2025"}
    dose = panel.frame.groupby("unit")["dose"].first()
    people = panel.frame.groupby("unit")["n"].mean()
    assert dose["PV21"] == pytest.approx(1000 * 5500 / people["PV21"], rel=1e-12)
    assert dose["PV31"] == 0.0


def test_a_file_and_a_list_make_a_panel(tmp_path):
    panel = panel_of(tmp_path)
    frame = panel.frame
    assert len(frame) == 12 * len(YEARS)
    assert panel.labels == tuple(str(year) for year in YEARS)
    assert set(frame.loc[frame["cohort"] == YEARS.index(2023), "unit"]) == set(FIVE)
    assert panel.source == "uitkomst_democratiekennis; start_prodemos"
    assert panel.remark == (
        "De uitkomst komt uit democratiekennis.csv. De startdata komen uit start_prodemos.csv."
    )
    assert panel.shape == "12 plaatsen, 8 metingen, 96 waarnemingen"
    assert panel.people == 12 * 400
    assert panel.weights is None


def test_measurements_count_as_before_until_the_day_of_the_start(tmp_path):
    """Measured on 1 July: who starts on 1 September 2023 is first exposed in 2024."""
    begun = {PROVINCES[0]: "1-9-2023", PROVINCES[1]: "1-7-2023"}
    panel = panel_of(tmp_path, begun, outcome(FIVE))
    cohort = panel.frame.groupby("unit")["cohort"].first()
    assert panel.labels[int(cohort[PROVINCES[0]])] == "2024"
    assert panel.labels[int(cohort[PROVINCES[1]])] == "2023"


def test_two_measurements_in_a_year_are_called_by_their_dates(tmp_path):
    rows = [(code, day, 50) for code in PROVINCES for day in ("1-2-2023", "1-9-2023", "1-2-2024", "1-9-2024")]
    text = "provincie;datum;score\n" + "".join(f"{code};{day};{value}\n" for code, day, value in rows)
    panel = panel_of(tmp_path, dict.fromkeys(PROVINCES[:5], "2024"), text)
    assert panel.labels == ("2023-02-01", "2023-09-01", "2024-02-01", "2024-09-01")
    assert set(panel.frame["cohort"].dropna()) == {2.0}


def test_losses_of_all_steps_are_counted(tmp_path):
    begun = {PROVINCES[0]: 2015, PROVINCES[1]: ("2021", "1-1-2024"), **dict.fromkeys(PROVINCES[2:6], 2023)}
    panel = panel_of(tmp_path, begun, outcome(FIVE) + "Atlantis;1-7-2023;50;10\n")
    assert dict(panel.losses) == {
        "zonder leesbare plaats": 1,
        "metingen van plaatsen die al vóór hun eerste meting waren begonnen": 8,
        "metingen nadat het programma daar was gestopt": 2,
    }
    assert panel.frame["unit"].nunique() == 11


def test_a_population_leaves_out_provinces_and_single_places(tmp_path):
    workspace = edited_design(
        tmp_path / "repository", "questions", 'text = "alle gemeenten in de twaalf provincies"',
        'text = "zonder Zeeland en Assen"\nexclude = ["PV29", "GM0106"]', tmp_path,
    )  # fmt: skip
    text = "gemeente;jaar;score\n" + "".join(
        f"{name};{year};50\n" for name in ("Assen", "Emmen", "Middelburg", "Groningen") for year in YEARS
    )
    workspace_with(tmp_path, democratiekennis=text, start_prodemos=starts({"PV22": 2023}))
    panel = question_panel(QUESTION, workspace=workspace)
    assert set(panel.frame["unit"]) == {"GM0114", "GM0014"}
    assert dict(panel.losses) == {"metingen van plaatsen buiten de populatie": 16}
    assert panel.frame.set_index("unit").loc["GM0114", "cluster"].unique().tolist() == ["PV22"]


def test_exposure_decided_by_municipality_makes_municipalities_the_clusters(tmp_path):
    workspace = edited_design(
        tmp_path / "repository", "exposures", 'place = "province"', 'place = "municipality"', tmp_path
    )
    text = "gemeente;jaar;score\n" + "".join(
        f"{name};{year};50\n" for name in ("Assen", "Emmen") for year in YEARS
    )
    workspace_with(tmp_path, democratiekennis=text, start_prodemos="gemeente;start\nAssen;2023\n")
    frame = question_panel(QUESTION, workspace=workspace).frame
    assert (frame["cluster"] == frame["unit"]).all()
    assert frame.groupby("unit")["cohort"].first().notna().to_dict() == {"GM0106": True, "GM0114": False}


def test_weights_by_people_need_people(tmp_path):
    workspace = edited_design(
        tmp_path / "repository", "outcomes", 'weight = "equal"', 'weight = "n"', tmp_path
    )
    workspace_with(tmp_path, democratiekennis=outcome(FIVE, n=250), start_prodemos=starts(FIVE))
    panel = question_panel(QUESTION, workspace=workspace)
    assert panel.weights == "weight"
    assert panel.frame["weight"].unique().tolist() == [250]
    workspace_with(tmp_path, democratiekennis=outcome(FIVE, n=None))
    panel = question_panel(QUESTION, workspace=workspace)
    assert isinstance(panel.frame, NotEstimable)
    assert "niet bekend over hoeveel mensen elke waarde gaat" in panel.frame.reason


NEEDED = "een meting van de kennis van jongeren per gemeente of provincie, van vóór en na de start"


@pytest.mark.parametrize(
    ("text", "begun", "why"),
    [
        (None, FIVE, "er is geen bestand met de kennis van jongeren over de democratie"),
        (outcome(FIVE, years=(2024,), places=PROVINCES[5:]), FIVE, "er is maar één meting van de kennis"),
        (
            outcome(FIVE),
            {},
            "er is geen meting van de kennis van jongeren over de democratie van na de start",
        ),
        (outcome(FIVE), dict.fromkeys(FIVE, 2026), "er is geen meting .* van na de start"),
        (outcome(FIVE), dict.fromkeys(FIVE, 2018), "er is geen meting .* van vóór de start"),
        (outcome(FIVE), dict.fromkeys(PROVINCES, 2018), "er is geen meting .* van vóór de start"),
        (
            "provincie;datum;score\nAtlantis;2023;50\n",
            FIVE,
            "in democratiekennis.csv is geen enkele plaats te",
        ),
    ],
)
def test_what_is_lacking_is_said_first_things_first(tmp_path, text, begun, why):
    begun = begun or {"PV20": ""}
    files = {} if text is None else {"democratiekennis": text}
    panel = question_panel(
        QUESTION, workspace=workspace_with(tmp_path, start_prodemos=starts(begun), **files)
    )
    assert isinstance(panel.frame, NotEstimable)
    assert panel.frame.reason.endswith(f"; nodig is {NEEDED}")
    assert pd.Series([panel.frame.reason]).str.match(why).all(), panel.frame.reason
    assert panel.people is None
    assert panel.clusters is None
    assert panel.shape.startswith("niet vast te stellen: ")
    assert len(panel.schedule) == 12


def test_the_outcomes_without_data_today_say_what_they_wait_for(tmp_path):
    workspace = workspace_with(tmp_path)
    panel = question_panel("prodemos-opkomst-ps", workspace=workspace)
    assert isinstance(panel.frame, NotEstimable)
    assert "van na de start" in panel.frame.reason
    assert panel.frame.reason.endswith("de eerste is in maart 2027")
    panel = question_panel("prodemos-opkomst-gr", workspace=workspace)
    assert isinstance(panel.frame, NotEstimable)
    assert "maart 2026" in panel.frame.reason
    assert isinstance(question_panel("tienskip-betrokkenheid", workspace=workspace).frame, NotEstimable)


def test_a_trial_is_the_twin_whether_or_not_there_are_data(tmp_path):
    workspace = workspace_with(tmp_path, democratiekennis=outcome(FIVE), start_prodemos=starts(FIVE))
    panel = question_panel(QUESTION, trial=True, workspace=workspace)
    assert panel.kind is DataKind.SYNTHETIC
    assert panel.truth is not None
    assert panel.frame["cluster"].nunique() == 12
    assert "Die zegt niets over Nederland" in panel.remark
    none = question_panel("prodemos-opkomst-tk", trial=True, workspace=workspace)
    assert none.frame.reason == "voor deze vraag is geen tweeling gemaakt"


def test_the_other_programme_is_known_by_the_same_measurements(tmp_path):
    panel = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path))
    labels = {code: panel.labels[int(time)] for code, time in panel.other.items()}
    assert labels == {"PV21": "2021", "PV20": "2025", "PV28": "2025", "PV23": "2025", "PV25": "2025"}


def test_a_question_nobody_asked_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="no question 'x'; known are prodemos-kennis"):
        question_panel("x", workspace=workspace_with(tmp_path))


def test_reach_is_a_share_of_the_pupils_of_the_province_and_not_of_the_sample(tmp_path):
    """35,884 pupils in Fryslân (CBS, 2021/22), of whom 150 were reached; 400 were measured."""
    begun = {"PV21": 2022, "PV20": 2023, "PV22": 2023, "PV24": 2023, "PV29": 2024}
    workspace = workspace_with(
        tmp_path,
        betrokkenheid=outcome(begun),
        start_tienskip=starts({code: str(year) for code, year in begun.items()}),
        tienskip="datum;provincie;aantal jongeren\n1-2-2024;PV21;100\n1-3-2024;PV21;50\n",
    )
    panel = question_panel("tienskip-betrokkenheid", workspace=workspace)
    dose = panel.frame.groupby("province")["dose"].unique().explode()
    assert dose["PV21"] == pytest.approx(1000 * 150 / 35_884, rel=1e-12)
    assert dose.drop("PV21").eq(0).all()


def test_what_turnout_can_show_follows_the_registration_where_there_is_one(tmp_path):
    """The most that were reached over those who may vote there. Excluded provinces do not count."""
    plan = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path / "a")).reach
    assert set(plan["scope"]) == {"nieuwe kiezers"}
    told = "datum;provincie;aantal jongeren\n1-2-2024;PV22;4050\n1-3-2024;PV21;50\n1-3-2026;PV21;9000\n"
    found = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path / "b", prodemos=told))
    reached = found.reach.drop_duplicates("place").set_index("place")["reached"]
    assert set(found.reach["scope"]) == {"registratie"}
    assert reached.to_dict() == {"PV21": 50, "PV22": 4050}  # 2026 is after the election
    (ceiling,) = [row for row in answer_question(found) if row.id.endswith(".ceiling")]
    entitled = found.reach.set_index("place")["electorate"]["PV22"].max()
    assert ceiling.value == pytest.approx(4050 / entitled * found.reach["per_person_pp"].max())
    assert ceiling.kind == "real"
    assert ceiling.source.startswith("registratie_prodemos")
    assert "de 4.050 jongeren die volgens de registratie hooguit zijn bereikt" in ceiling.note
    known = question_panel(
        "tienskip-opkomst-tk",
        workspace=workspace_with(tmp_path / "c", tienskip=told.replace("PV21;50", "PV20;50")),
    )
    assert set(known.reach["place"]) == {"PV20"}  # Drenthe is outside that population


def test_a_registration_that_cannot_be_read_costs_reach_and_not_the_effect(tmp_path):
    """The starts of ProDemos rest on the letters; whoever counts the registration says what is wrong."""
    asked = "prodemos-opkomst-tk"
    without = question_panel(asked, workspace=workspace_with(tmp_path / "without"))
    broken = "datum;gemeente;jongeren\n1-2-2024;Emmen;veel\n"
    panel = question_panel(asked, workspace=workspace_with(tmp_path / "broken", prodemos=broken))
    pd.testing.assert_frame_equal(panel.frame, without.frame)
    pd.testing.assert_frame_equal(panel.reach, without.reach)


def test_who_is_reached_after_the_last_measurement_is_no_part_of_the_dose(tmp_path):
    """100 young people of Utrecht by October 2025 and 900 after: the dose is that of the hundred."""
    text = "datum;gemeente;aantal jongeren\n" + "".join(
        f"{day};{town};{people}\n"
        for day, town, people in (
            ("1-2-2024", "Utrecht", 100),
            ("1-2-2024", "Assen", 50),
            ("1-12-2025", "Utrecht", 900),
        )
    )
    earlier = text.replace("1-12-2025;Utrecht;900\n", "")
    doses = [
        question_panel("tienskip-opkomst-tk", workspace=workspace_with(tmp_path / name, tienskip=told)).frame
        for name, told in (("all", text), ("earlier", earlier))
    ]
    pd.testing.assert_series_equal(doses[0]["dose"], doses[1]["dose"])
    assert doses[0]["dose"].max() > 0


def test_who_starts_after_the_last_measurement_has_no_dose(tmp_path):
    """Limburg is first visited in January 2026, after the election of October 2025; Utrecht before it."""
    days = {"Utrecht": "1-2-2024", "Assen": "1-2-2024", "Zwolle": "1-3-2024", "Maastricht": "15-1-2026"}
    text = "datum;gemeente;aantal jongeren\n" + "".join(f"{day};{town};50\n" for town, day in days.items())
    panel = question_panel("tienskip-opkomst-tk", workspace=workspace_with(tmp_path, tienskip=text))
    last = panel.frame[panel.frame["time"] == panel.frame["time"].max()].set_index("unit")
    assert last.loc["PV31", ["cohort", "dose"]].isna().tolist() == [True, False]
    assert last.loc["PV31", "dose"] == 0
    assert last.loc["PV26", "dose"] > 0
    rows = {item.id: item for item in answer_question(panel)}
    assert rows["tienskip.opkomst_tk.effect"].value is not None
    assert rows["tienskip.opkomst_tk.dose_slope"].value is not None
