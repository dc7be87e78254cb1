"""Municipalities where the files are there, provinces elsewhere, and the panel says which and why."""

from __future__ import annotations

import shutil
from itertools import pairwise

import pandas as pd
import pytest

from analysis.panel.municipal_units import add_up, lacking, united
from analysis.panel.turnout import turnout_panel
from analysis.sources.municipal_changes import changes_of_facts, municipal_changes, read_changes
from analysis.workspace import Workspace, find_root

CHANGES = pd.DataFrame([("A", "B"), ("B", "C"), ("D", "C"), ("D", "E"), ("X", "Y")], columns=["code", "into"])


@pytest.fixture
def workspace(tmp_path):
    return Workspace(find_root(), tmp_path)


def test_what_merged_or_was_divided_is_one_unit():
    """A became B became C; D was divided over C and E; X never occurs, so Y stands alone."""
    units = united(["A", "C", "D", "E", "F", "Y"], CHANGES)
    assert units == {"A": "A", "C": "A", "D": "A", "E": "A", "F": "F", "Y": "Y"}


def test_what_happened_before_the_first_year_joins_nothing():
    assert united(["C", "E"], CHANGES) == {"C": "C", "E": "E"}


def test_a_municipality_without_a_row_or_a_successor_is_lacking():
    frame = pd.DataFrame({"code": ["A", "D", "C", "F"], "date": ["1", "1", "2", "1"]})
    assert lacking(frame, CHANGES) == {("F", "2")}


def test_sums_keep_an_unknown_member_unknown():
    frame = pd.DataFrame(
        {
            "code": ["A", "D", "C", "A", "D"],
            "name": ["a", "d", "c", "a", "d"],
            "province": ["P", "P", "Q", "P", "P"],
            "date": ["1", "1", "3", "2", "2"],
            "eligible": pd.array([10, 30, 45, 11, None], dtype="Int64"),
        }
    )
    found = add_up(frame, united(frame["code"], CHANGES), ["eligible"])
    assert found["eligible"].fillna(-1).tolist() == [40, -1, 45]
    assert found["members"].tolist() == [2, 2, 1]
    assert found["province"].unique().tolist() == ["Q"], "the province of the last date"


def test_changes_of_the_facts_are_those_of_the_codes_in_the_files(shared):
    """Every code that goes between two elections is listed, and every new one received someone's land."""
    from analysis.sources.kiesraad import read_turnout

    paths = sorted((shared / "real" / "turnout").glob("Uitslag_alle_gemeenten_TK*.csv"))
    paths.append(shared / "real" / "turnout" / "TK20231122_uitslag_gemeente.csv")
    frame = read_turnout(paths).frame
    frame = frame[frame["kind"] == "gemeente"]
    codes = {date: set(rows["code"]) for date, rows in frame.groupby("date")}
    changes = changes_of_facts()
    dates = sorted(codes)
    for before, after in pairwise(dates):
        listed = changes[changes["last_seen"] == before]
        assert set(listed["code"]) == codes[before] - codes[after]
        assert set(listed["first_without"]) <= {after}
        assert codes[after] - codes[before] <= set(listed["into"])
    units = frame.assign(unit=frame["code"].map(united(frame["code"], changes)))
    sums = units.pivot_table(index="unit", columns="date", values="eligible", aggfunc="sum").astype(float)
    growth = sums.pct_change(axis=1).iloc[:, 1:]
    assert sums.notna().all(axis=None)
    merged = units.groupby("unit")["code"].agg(set).map(len) > 1
    assert growth[merged].min().min() > -0.08, "nobody's electorate went missing in a merger"
    assert growth[merged].max().max() < 0.30


def test_a_table_of_cbs_goes_before_the_facts(workspace):
    path = workspace.data / "cbs_herindelingen.csv"
    path.write_text("date,code,name,into,into_name\n2030-01-01,GM0014,Groningen,GM0106,Assen\n")
    changes, origin = municipal_changes(workspace)
    assert changes[["code", "into"]].to_numpy().tolist() == [["GM0014", "GM0106"]]
    assert "CBS" in origin
    path.write_text("date,code,name,into,into_name\n2030-01-01,14,Groningen,GM0106,Assen\n")
    with pytest.raises(ValueError, match=r"cbs_herindelingen\.csv: column code, row 1: found '14'"):
        read_changes(path)


def test_without_files_the_questions_run_on_provinces(workspace):
    panel = turnout_panel("TK", workspace=workspace)
    assert (panel.level, panel.source, panel.frame["place"].nunique()) == (
        "provincie",
        "kiesraad_opkomst",
        12,
    )
    assert "bestanden per gemeente zijn er niet" in panel.remark
    with pytest.raises(
        ValueError, match="cannot be had by municipality: bestanden per gemeente zijn er niet"
    ):
        turnout_panel("TK", level="gemeente", workspace=workspace)


@pytest.fixture(scope="module")
def folder(shared, tmp_path_factory):
    """The published tables of the Tweede Kamer."""
    into = tmp_path_factory.mktemp("files")
    for pattern in ("Uitslag_*", "TK2023*", "ANP*", "uitslag_TK2025*"):
        for path in (shared / "real" / "turnout").glob(pattern):
            shutil.copy(path, into)
    return into


def test_with_the_files_of_the_kiesraad_the_questions_run_on_municipalities(folder):
    panel = turnout_panel("TK", workspace=Workspace(find_root(), folder))
    assert (panel.level, panel.source) == ("gemeente", "kiesraad")
    assert panel.frame.groupby("date")["place"].nunique().unique().tolist() == [331]
    assert "331 gelijke gebieden" in panel.remark
    assert "GM0518" not in set(panel.frame["place"])
    provinces = turnout_panel("TK", level="provincie").frame.groupby("date")[["eligible", "voters"]].sum()
    sums = panel.frame.groupby("date")[["eligible", "voters"]].sum()
    pd.testing.assert_frame_equal(sums, provinces)
    assert any("Halderberge: 28173 kiesgerechtigden, +19 procent" in remark for remark in panel.remarks)
    copied = [remark for remark in panel.remarks if "niet bijgewerkt" in remark]
    assert len(copied) == 1
    assert copied[0].startswith("2025-10-29: in 66 van de 331 gebieden")
    counted = turnout_panel("TK", votes="counted", workspace=Workspace(find_root(), folder)).frame
    assert (counted["voters"].sum() - panel.frame["voters"].sum()) == 14_893


def test_an_election_without_files_shortens_the_series_or_leaves_provinces(folder, tmp_path):
    for path in folder.iterdir():
        if "2012" not in path.name:
            shutil.copy(path, tmp_path)
    panel = turnout_panel("TK", workspace=Workspace(find_root(), tmp_path))
    assert (panel.level, panel.frame["date"].nunique()) == ("gemeente", 4)
    assert dict(panel.dropped)["verkiezingen waarvan niet alle bestanden er zijn"] == 6
    (tmp_path / "TK20231122_uitslag_gemeente.csv").unlink()
    short = turnout_panel("TK", workspace=Workspace(find_root(), tmp_path))
    assert short.level == "provincie"
    assert "onvolledig voor 2012, 2023" in short.remark
