"""Of a question: what was measured, how alike places were, what stopped, and what is too few to show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from question_files import PROVINCES, QUESTION, edited_design, outcome, starts, workspace_with

from analysis.answers.effect import answer_question
from analysis.answers.effect_gemeten import measurements
from analysis.answers.zekerheid_balans import balance
from analysis.answers.zekerheid_gelijk import adjusted, with_covariates
from analysis.chapters.effect import exhibits
from analysis.design.disclosure import disclosure_rule
from analysis.design.robustness import robustness
from analysis.panel.question import question_panel
from analysis.results import publish
from analysis.results.disclosure import disclose
from analysis.sources.gazetteer import province_of
from analysis.workspace import Workspace, find_root

SIX = PROVINCES[:6]
STOPPED = {code: ("2021", "2023") if code in SIX[:3] else "2021" for code in SIX}
ID = "prodemos.kennis"


def by_id(items):
    return {item.id: item for item in items}


def answered(folder, begun=STOPPED, **given):
    panel = question_panel(
        QUESTION,
        workspace=workspace_with(
            folder,
            start_prodemos=starts(begun),
            democratiekennis=outcome(dict.fromkeys(SIX, 2021), **given),
        ),
    )
    return panel, answer_question(panel)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    return answered(tmp_path_factory.mktemp("stopped"))


def test_where_a_programme_stopped_the_measurements_after_it_have_a_row(stopped):
    panel, items = stopped
    row = by_id(items)[f"{ID}.effect_stopped"]
    wide = panel.on_off.pivot_table(index="unit", columns="time", values="value")
    gain = wide.loc[list(SIX)] - wide.drop(list(SIX)).mean()
    since = gain.sub(gain[2], axis=0)[[3, 4, 5, 6, 7]]  # 2020 is the last without it
    under = 3 * 2 + 3 * 5  # three provinces for two measurements, three for five
    assert row.value == pytest.approx(since.to_numpy().sum() / under, abs=1e-9)
    assert row.low < row.value < row.high
    assert row.n == 12 * 400
    assert by_id(items)[f"{ID}.n_left_out"].value == 9


def test_the_row_stands_in_the_table_with_what_the_others_leave_out(stopped):
    table = {one.id: one for one in exhibits(publish(*stopped[1]))}["tbl-prodemos-kennis"]
    assert table.cells["Schatting"].tolist()[4] == "Ook waar het stopte"
    assert "laten weg wat is gemeten nadat het programma ergens stopte" in table.caption


def test_a_stop_in_the_design_does_the_same(tmp_path):
    """Five provinces start in 2024; that of Zeeland ends before the election of 2025."""
    here = edited_design(
        tmp_path,
        "exposures",
        'place = "PV29"\nstart = "2024"',
        'place = "PV29"\nstart = "2022"\nend = "2025"',
    )
    panel = question_panel("prodemos-opkomst-tk", workspace=here)
    on = panel.on_off[panel.on_off["unit"] == "PV29"].sort_values("time")["on"]
    assert on.tolist() == [0] * 8 + [1, 0]
    assert f"{ID}".replace("kennis", "opkomst_tk") + ".effect_stopped" in by_id(answer_question(panel))


def test_without_a_stop_there_is_no_such_row(tmp_path):
    panel, items = answered(tmp_path, dict.fromkeys(SIX, "2021"))
    assert panel.on_off is None
    assert f"{ID}.effect_stopped" not in by_id(items)


def test_a_place_that_was_missed_once_makes_no_on_and_off_of_it(tmp_path):
    """Of all provinces 2019 or 2020 is missing: none was measured every time."""
    missed = [(code, 2019 + place % 2) for place, code in enumerate(PROVINCES)]
    row = by_id(answered(tmp_path, without=missed)[1])[f"{ID}.effect_stopped"]
    assert row.value is None
    assert row.reason == "geen enkele plaats is bij elke meting gemeten"


# --- what was measured, and how alike places were --------------------------------------------------------


def test_measurements_are_counted_by_group(stopped):
    panel, _ = stopped
    found = measurements(panel)
    assert found["date"].tolist() == [f"{year}-07-01" for year in range(2018, 2026)]
    assert found["units_exposed"].tolist() == [6] * 5 + [3] * 3
    assert found["units_others"].tolist() == [6] * 8
    assert found["people"].tolist() == [4800] * 5 + [3600] * 3


def with_response(text, response):
    """A column more; `response` gives a cell from province and year."""
    first, *lines = text.splitlines()
    cells = [response(line.split(";")[0], line.split(";")[1][-4:]) for line in lines]
    return "\n".join([f"{first};respons", *map(";".join, zip(lines, cells, strict=True))]) + "\n"


def test_response_is_told_of_both_groups_where_the_file_has_it(tmp_path):
    """With a start 400 of 500 and 400 of 800 by turns; one place without in 2019; 50 % in all others."""
    text = with_response(
        outcome(dict.fromkeys(SIX, 2021)),
        lambda place, year: "" if (place, year) == (SIX[0], "2019")
        else ("80" if SIX.index(place) % 2 else "50") if place in SIX else "50",
    )  # fmt: skip
    here = workspace_with(tmp_path, start_prodemos=starts(dict.fromkeys(SIX, "2021")), democratiekennis=text)
    panel = question_panel(QUESTION, workspace=here)
    found = measurements(panel).set_index("label")
    assert found.loc["2018", "response_exposed"] == round(100 * 2_400 / (3 * 500 + 3 * 800))
    assert np.isnan(found.loc["2019", "response_exposed"])
    assert set(found["response_others"]) == {50.0}
    assert set(found["n_least"]) == {2_400}
    items = publish(*answer_question(panel))
    table = {one.id: one for one in exhibits(items)}["tbl-prodemos-kennis-metingen"]
    cells = table.cells.set_index("Meting")
    assert cells.loc["2018", "Respons met en zonder start (%)"] == "62 en 50"
    assert cells.loc["2019", "Respons met en zonder start (%)"] == "onbekend en 50"
    assert "Respons: het deel van de gevraagde mensen dat antwoordde" in table.caption


def test_without_it_the_response_is_unknown_and_the_table_says_so(stopped):
    table = {one.id: one for one in exhibits(publish(*stopped[1]))}["tbl-prodemos-kennis-metingen"]
    assert "de respons is onbekend" in table.caption
    assert not [name for name in table.cells.columns if "Respons" in name]


def test_the_balance_of_turnout_is_that_of_the_tables_of_facts(tmp_path):
    panel = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path))
    found = balance(panel, robustness().strata.randstad).set_index("label")
    facts = find_root() / "data" / "facts"
    people = pd.read_csv(facts / "cbs_population_2024.csv").set_index("statcode")["population"].drop("NL01")
    five = people.index.isin(["PV20", "PV22", "PV24", "PV29", "PV30"])
    line = found.loc["Inwoners van de provincie, 2024"]
    assert (line["exposed"], line["others"]) == (
        round(people[five].mean() / 1000), round(people[~five].mean() / 1000)
    )  # fmt: skip
    spread = np.sqrt((people[five].var() + people[~five].var()) / 2)
    assert line["difference"] == pytest.approx(
        (people[five].mean() - people[~five].mean()) / spread, abs=0.005
    )
    turnout = pd.read_csv(facts / "turnout_provinces.csv").query("election == 'TK' and date == '2023-11-22'")
    turnout = (
        turnout[turnout["province"].str.startswith("PV")]
        .set_index("province")
        .fillna({"voters_the_hague": 0, "eligible_the_hague": 0})
    )
    share = 100 * (turnout["voters"] - turnout["voters_the_hague"]) / (
        turnout["eligible"] - turnout["eligible_the_hague"]
    )  # fmt: skip
    line = found.loc["Opkomst bij de Tweede Kamerverkiezingen, 2023"]
    assert line["exposed"] == pytest.approx(share.reindex(people.index)[five].mean(), abs=0.005)
    assert found.loc["In een provincie van de Randstad", ["exposed", "others"]].tolist() == [20, 43]


def test_paths_and_measurements_are_drawn_of_an_answer(stopped):
    drawn = {one.id: one for one in exhibits(publish(*stopped[1]))}
    assert {"fig-prodemos-kennis-verloop", "tbl-prodemos-kennis-metingen"} <= set(drawn)
    assert "respons is onbekend" in drawn["tbl-prodemos-kennis-metingen"].caption


# --- too few people ---------------------------------------------------------------------------------------


def shown_numbers(released) -> list[str]:
    """Ids of what still holds a number on people: rows with a value, series with a measure."""
    rows = [row.id for row in released.rows if row.kind != "fact" and row.value is not None]
    series = [
        one.id
        for one in released.series
        if one.kind != "fact" and one.measures and not one.points[list(one.measures)].isna().all(axis=None)
    ]
    return [*rows, *series]


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """Six provinces with a start, in each one respondent a year; of the others four hundred."""
    text = outcome(dict.fromkeys(SIX, 2021))
    lines = [
        line.removesuffix(";400") + ";1" if line[:4] in SIX else line for line in text.strip().split("\n")
    ]
    panel = question_panel(
        QUESTION,
        workspace=workspace_with(
            tmp_path_factory.mktemp("sparse"),
            start_prodemos=starts(dict.fromkeys(SIX, "2021")),
            democratiekennis="\n".join(lines) + "\n",
        ),
    )
    return panel, answer_question(panel)


def test_a_comparison_with_a_handful_of_people_is_withheld_with_all_that_rests_on_it(sparse):
    panel, items = sparse
    assert (panel.least, panel.people) == (6, 2406)
    found = disclose(
        [item for item in items if not hasattr(item, "points")],
        disclosure_rule(),
        [item for item in items if hasattr(item, "points")],
    ).released
    shown = shown_numbers(found)
    # The means and counts of the others, who are many, may stand; nothing that has the six in it.
    assert sorted(shown) == [f"{ID}.metingen", f"{ID}.verloop"]
    means = found.points(f"{ID}.verloop").points
    assert means.loc[means["group"] == "met start", "mean"].isna().all()
    drawn = {one.id: one for one in exhibits(found)}
    table = drawn["tbl-prodemos-kennis"].cells
    assert table["Verschil (punten)"].str.startswith("niet getoond").all()
    assert "fig-prodemos-kennis-verloop" not in drawn
    assert "Niet getoond" in drawn["fig-prodemos-kennis-pad"].alt


def test_many_people_in_both_groups_are_shown(stopped):
    panel, items = stopped
    rows = [item for item in items if not hasattr(item, "points")]
    assert panel.least == 3 * 400
    assert disclose(rows, disclosure_rule()).suppressed == ()


# --- places made alike -------------------------------------------------------------------------------------


def test_twelve_provinces_cannot_be_made_alike_and_say_why(tmp_path):
    found = adjusted(question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path)))
    assert found.reason == "de kleinste groep telt 5 plaatsen, en voor 2 kenmerken zijn er 20 nodig"
    assert "tweeling" in adjusted(question_panel(QUESTION, trial=True)).reason


def test_municipalities_can(tmp_path):
    home = province_of(Workspace.current())
    home = {code: province for code, province in home.items() if code.startswith("GM")}
    listed = pd.Series(home).groupby(pd.Series(home)).head(4).index[:46]
    places = {code: home[code] for code in listed}  # four in a province: levels stay below the scale's end
    text = outcome(
        dict.fromkeys(SIX, 2021), places=list(places), home=places, years=(2019, 2020, 2021), noise=0.1
    )
    panel = question_panel(
        QUESTION,
        workspace=workspace_with(
            tmp_path, start_prodemos=starts(dict.fromkeys(SIX, "2021")), democratiekennis=text
        ),
    )
    found = adjusted(panel)
    assert found.estimate == pytest.approx(2.0, abs=0.2)
    assert found.n_clusters == 12
    covariates = with_covariates(panel)
    assert covariates.groupby("province")["log_size"].nunique().eq(1).all(), "respondents are no size"
