"""Turnout of the facts: twelve provinces an election, 's-Gravenhage apart, differences told."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from analysis.panel.turnout import turnout_panel
from analysis.sources.turnout import turnout_national, turnout_provinces
from analysis.workspace import Workspace, find_root


@pytest.fixture
def edited(tmp_path):
    root = tmp_path / "repository"
    shutil.copytree(find_root() / "data" / "facts", root / "data" / "facts")

    def edit(change, name="turnout_provinces.csv") -> Workspace:
        path = root / "data" / "facts" / name
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
        return Workspace(root=root, data=root / "data" / "real")

    return edit


def put(row: int, **cells: str):
    def change(table):
        for column, value in cells.items():
            table.loc[row - 1, column] = value
        return table

    return change


def test_ten_elections_of_the_tweede_kamer_and_three_of_provinciale_staten():
    days = turnout_provinces().groupby("election")["date"].unique()
    assert list(days["TK"]) == [
        *("1998-05-06", "2002-05-15", "2003-01-22", "2006-11-22", "2010-06-09"),
        *("2012-09-12", "2017-03-15", "2021-03-17", "2023-11-22", "2025-10-29"),
    ]
    assert list(days["PS"]) == ["2015-03-18", "2019-03-20", "2023-03-15"]


def test_the_provinces_as_the_files_per_municipality_add_up(shared):
    """An independent count: columns Kiesgerechtigden and Opkomst of the files, by their district."""
    provinces = [20, 21, 22, 23, 24, 25, 25, 26, *[27] * 3, *[28] * 4, 29, 30, 30, 31]
    districts = dict(enumerate(provinces, start=1))
    facts = turnout_provinces().set_index(["date", "province"])
    compared = 0
    for path in sorted((shared / "real" / "turnout").glob("Uitslag_alle_gemeenten_TK*.csv")):
        table = pd.read_csv(path, sep=";", encoding="utf-8-sig")
        kind, number = table["OuderRegioCode"].str[0], table["OuderRegioCode"].str[1:].astype(int)
        table["province"] = "PV" + number.where(kind == "P", number.map(districts)).astype("Int64").astype(
            str
        )
        day = f"{path.stem[-8:-4]}-{path.stem[-4:-2]}-{path.stem[-2:]}"
        for province, rows in table.groupby("province"):
            if (day, province) not in facts.index:  # the Caribbean bodies
                continue
            fact = facts.loc[(day, province)]
            abroad = rows[rows["RegioCode"] == "G9999"]
            assert len(rows) - len(abroad) == fact["municipalities"]
            assert abroad["Kiesgerechtigden"].sum() == fact["eligible_abroad"]
            assert abroad["Opkomst"].sum() == fact["voters_abroad"]
            assert rows["Kiesgerechtigden"].sum() == fact["eligible"]
            assert rows["Opkomst"].sum() == fact["voters"]
            hague = rows[rows["RegioCode"] == "G0518"]
            assert hague["Kiesgerechtigden"].sum() == fact["eligible_the_hague"]
            assert hague["Opkomst"].sum() == fact["voters_the_hague"]
            compared += 1
    assert compared == 8 * 12


def test_against_the_national_totals_differences_are_told():
    parts = turnout_provinces().groupby(["election", "date"])[["eligible", "voters"]].sum()
    found = turnout_national().merge(parts.add_suffix("_sum"), "left", ["election", "date"])
    found = found.set_index(["date", "basis"])
    told = pd.DataFrame(
        {
            name: found[f"{name}_sum"] + found[f"{name}_outside"] - found[name]
            for name in ("eligible", "voters")
        }
    )
    assert told.loc[("2017-03-15", "persbericht")].tolist() == [95_097, 8_882]
    assert told.loc[("2017-03-15", "databank")].tolist() == [37_878, 8_882]
    assert told.loc[("2021-03-17", "databank")].tolist() == [0, -1]
    assert told.loc[("2023-11-22", "databank")].tolist() == [0, 0]
    assert told.loc[("2025-10-29", "persbericht")].isna().all(), "who voted abroad in 2025 is unknown"
    earlier = told.xs("som van gemeenten", level="basis")
    assert len(earlier) == 6
    assert (earlier == 0).all(axis=None)


def test_turnout_nationally_as_published():
    table = turnout_national().set_index(["date", "basis"])
    pct = (100 * table["voters"] / table["eligible"]).astype(float).round(2)
    assert pct[("2021-03-17", "databank")] == 78.71
    assert pct[("2017-03-15", "databank")] == 81.57
    assert pct[("2017-03-15", "persbericht")] == 81.93


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(index=3), "PS 2015-03-18, column province: each of the twelve .*absent: PV23"),
        (put(1, voters="458490"), "row 1 fails the check: voters is at most eligible"),
        (put(1, eligible_the_hague="5", voters_the_hague="4"), "row 1 fails the check: 's-Gravenhage lies"),
        (put(9, voters_the_hague="347090"), "row 9 .*voters_the_hague is at most eligible_the_hague"),
        (put(1, voters_counted="5"), "row 1 fails the check: voters_counted goes with"),
        (put(2, province="PV20"), "repeats another row in election, date, province"),
        (
            lambda t: pd.concat([t, t[t["date"] == "2015-03-18"].assign(date="2015-11-18")]),
            "a second PS in 2015",
        ),
    ],
)  # fmt: skip
def test_damage_is_named(edited, change, says):
    with pytest.raises(ValueError, match=says) as caught:
        turnout_provinces(edited(change))
    assert "turnout_provinces.csv" in str(caught.value)


def test_the_panel_is_balanced_and_leaves_the_hague_out():
    panel = turnout_panel("TK")
    assert len(panel.frame) == 10 * 12
    assert panel.frame.groupby("date")["province"].nunique().eq(12).all()
    south = panel.frame.set_index(["date", "province"]).loc[("2021-03-17", "PV28")]
    assert (south["eligible"], south["voters"]) == (2_814_825 - 449_253, 2_158_040 - 319_724)
    assert dict(panel.dropped) == {
        "'s-Gravenhage, per verkiezing": 10,
        "briefstemmen uit het buitenland als eigen eenheid": 1,
    }
    assert "voorlopig" in panel.remark
    assert "2025" in panel.remark
    whole = turnout_panel("TK", whole=True)
    assert whole.dropped == ()
    assert whole.frame["eligible"].sum() - panel.frame["eligible"].sum() == 3_771_890


def test_provinciale_staten_count_the_municipalities_that_the_source_lacks():
    panel = turnout_panel("PS")
    assert len(panel.frame) == 36
    assert dict(panel.dropped)["gemeenten die in de bron ontbreken"] == 4


def test_counted_votes_replace_only_those_from_a_rounded_turnout():
    reported, counted = turnout_panel("TK").frame, turnout_panel("TK", votes="counted").frame
    same = reported["voters"] == counted["voters"]
    assert same.groupby(reported["date"]).all().tolist() == [True] * 9 + [False]
    brabant = counted.set_index(["date", "province"]).loc[("2025-10-29", "PV30"), "voters"]
    assert brabant == 1_576_025


@pytest.mark.parametrize("arguments", [{"election": "EP"}, {"election": "TK", "votes": "all"}])
def test_an_unknown_question_is_refused(arguments):
    with pytest.raises(ValueError, match="is unknown: use one of"):
        turnout_panel(**arguments)
