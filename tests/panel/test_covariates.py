"""What a table says of places from before the start: which value of which place, and what is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from question_files import PROVINCES, QUESTION, edited_design, outcome, starts, workspace_with

from analysis.answers.zekerheid_balans import balance
from analysis.answers.zekerheid_gelijk import adjusted, with_covariates
from analysis.panel.question import question_panel
from analysis.sources.gazetteer import province_of
from analysis.workspace import Workspace

SIX = PROVINCES[:6]
BEGUN = dict.fromkeys(SIX, "2021")
HEADER = "gemeente;jaar;inkomen;huishoudens;dichtheid\n"


def town_homes(each=14):
    """Municipalities by province: the same number in each, with their province."""
    home = {code: one for code, one in province_of(Workspace.current()).items() if code.startswith("GM")}
    return pd.Series(home).groupby(pd.Series(home)).head(each).to_dict()


def panel_of(folder, text, measured, begun=BEGUN, question=QUESTION):
    files = {"start_prodemos": starts(begun), "democratiekennis": measured}
    return question_panel(question, workspace=workspace_with(folder, **files, kenmerken=text))


def by_name(panel):
    return {one.name: one for one in panel.covariates}


def test_without_a_table_nothing_is_declared_of_any_place(tmp_path):
    files = {"start_prodemos": starts(BEGUN), "democratiekennis": outcome(dict.fromkeys(SIX, 2021))}
    panel = question_panel(QUESTION, workspace=workspace_with(tmp_path, **files))
    assert panel.covariates == ()
    assert balance(panel, ())["missing"].eq(0).all()


def test_the_last_value_before_the_first_start_counts_and_unknown_ones_are_counted(tmp_path):
    rows = [(code, year, 20 + number + year - 2018, 900 + number)
            for number, code in enumerate(PROVINCES) for year in (2018, 2020, 2021)]  # fmt: skip
    text = "provincie;jaar;inkomen;dichtheid\n" + "".join(
        f"{code};{year};{'-' if code == 'PV31' else income};{density}\n"
        for code, year, income, density in rows
    )
    panel = panel_of(tmp_path, text, outcome(dict.fromkeys(SIX, 2021)))
    income = by_name(panel)["inkomen"]
    assert income.label == "Gemiddeld inkomen per huishouden, 2020"
    assert income.known.drop("PV31").tolist() == [22.0 + number for number in range(11)]
    assert (income.missing, by_name(panel)["dichtheid"].missing) == (1, 0)
    found = balance(panel, ()).set_index("label")
    line = found.loc["Gemiddeld inkomen per huishouden, 2020"]
    assert (line["exposed"], line["others"], line["missing"]) == (24.5, 30.0, 1)  # means of 22…27 and 28…32


def test_a_table_of_after_the_start_says_nothing_of_before(tmp_path):
    text = "provincie;jaar;inkomen;dichtheid\n" + "".join(f"{code};2021;30;500\n" for code in PROVINCES)
    panel = panel_of(tmp_path, text, outcome(dict.fromkeys(SIX, 2021)))
    reason = "gemiddeld inkomen per huishouden is alleen bekend van na de eerste start"
    assert by_name(panel)["inkomen"].known.reason == reason
    assert adjusted(panel).reason == reason
    assert (
        balance(panel, ())
        .set_index("label")
        .loc[[one.label for one in panel.covariates], "exposed"]
        .isna()
        .all()
    )


def test_what_merged_counts_by_its_households_and_a_province_by_its_municipalities(tmp_path):
    """Land van Cuijk (GM1982) is Boxmeer, Cuijk, Sint Anthonis, Mill en Sint Hubert and Grave since 2022."""
    parts = {"GM0756": (20, 1000), "GM1684": (30, 3000), "GM1702": (40, 1000)}
    text = HEADER + "".join(f"{code};2020;{value};{n};500\n" for code, (value, n) in parts.items())
    text += "".join(f"GM{code};2020;25;2000;100\n" for code in ("0014", "0034", "0363"))
    home = {"GM1982": "PV30", "GM0014": "PV20", "GM0034": "PV24", "GM0363": "PV27"}
    measured = outcome({"PV20": 2023}, places=list(home), home=home, years=(2022, 2023, 2024))
    panel = panel_of(tmp_path / "towns", text, measured, {"PV20": "2023"})
    income = by_name(panel)["inkomen"].known
    assert income["GM1982"] == pytest.approx((20 + 3 * 30 + 40) / 5, abs=1e-12)
    assert income["GM0363"] == 25
    whole = panel_of(tmp_path / "provinces", text, outcome(dict.fromkeys(SIX, 2021)))
    assert by_name(whole)["inkomen"].known["PV30"] == pytest.approx((20 + 3 * 30 + 40) / 5, abs=1e-12)
    assert (
        by_name(whole)["inkomen"].missing == 8
    )  # of Groningen, Flevoland, Noord-Holland and Brabant it is known


def test_what_makes_places_grow_apart_no_longer_passes_for_an_effect(tmp_path):
    """Knowledge grows by 0.2 a point of income from 2021 on, and incomes are higher where it starts."""
    rng, home = np.random.default_rng(3), town_homes()
    income = {code: rng.normal(30 + 4 * (one in SIX), 4) for code, one in home.items()}
    lines, known = [], [HEADER]
    for number, (code, one) in enumerate(home.items()):
        known.append(f"{code};2020;{income[code]:.2f};1000;{rng.uniform(100, 6000):.0f}\n".replace(".", ","))
        for year in (2019, 2020, 2021):
            value = 45 + number % 7 + 0.05 * rng.normal()
            value += (year == 2021) * (0.2 * (income[code] - 30) + 2.0 * (one in SIX))
            lines.append(f"{code};1-7-{year};{value:.4f}".replace(".", ",") + ";400\n")
    measured = "gemeente;datum;score;n\n" + "".join(lines)
    panel = panel_of(tmp_path / "with", "".join(known), measured)
    assert adjusted(panel).estimate == pytest.approx(2.0, abs=0.1)
    files = {"start_prodemos": starts(BEGUN), "democratiekennis": measured}
    without = question_panel(QUESTION, workspace=workspace_with(tmp_path / "without", **files))
    assert adjusted(without).estimate > 2.6  # 4 points of income more, 0.8 of knowledge
    few = "".join(known[: 1 + len(known) // 3])
    lacking = panel_of(tmp_path / "few", few, measured)
    assert "zijn er 40 nodig" in adjusted(lacking).reason
    assert with_covariates(lacking)["inkomen"].isna().any()


def test_a_covariate_that_is_nowhere_declared_is_an_error(tmp_path):
    data = tmp_path / "data"
    workspace_with(data, democratiekennis=outcome(dict.fromkeys(SIX, 2021)), start_prodemos=starts(BEGUN))
    here = edited_design(
        tmp_path / "root", "outcomes", 'covariates = ["inkomen"', 'covariates = ["leeftijd"', data
    )
    with pytest.raises(ValueError, match="democratiekennis: covariates leeftijd are not in data/design/cov"):
        question_panel(QUESTION, workspace=here)


def test_a_file_without_a_date_has_the_one_of_the_design(tmp_path):
    text = "provincie;inkomen;dichtheid\n" + "".join(f"{code};30;500\n" for code in PROVINCES)
    with pytest.raises(ValueError, match=r"kenmerken.csv: no column for date"):
        panel_of(tmp_path / "data", text, outcome(dict.fromkeys(SIX, 2021)))
    here = edited_design(
        tmp_path / "root", "covariate_tables", 'date = ["jaar", "datum", "periode"]\n', "", tmp_path / "data"
    )
    path = here.design / "covariate_tables.toml"
    path.write_text(path.read_text().replace("low = 0\nhigh = 200", 'date = "2019"\nlow = 0\nhigh = 200'))
    drop = here.design / "outcomes.toml"
    drop.write_text(drop.read_text().replace(', "dichtheid"', ""))
    found = by_name(question_panel(QUESTION, workspace=here))
    assert found["inkomen"].label.endswith("2019")
    assert found["inkomen"].missing == 0
