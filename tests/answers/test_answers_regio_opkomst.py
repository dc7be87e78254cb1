"""Turnout by province: spread, trend and lines against the table of facts, worked out without the project."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.answers.regio_opkomst import smallest_spread, turnout_items
from analysis.chapters.regio import exhibits, sections
from analysis.chapters.regio_opkomst import turnout_exhibits
from analysis.datakind import DataKind
from analysis.design.questions import outcomes
from analysis.estimate.regional_path import regional_path
from analysis.panel.turnout import PROVINCES, turnout_panel
from analysis.results import Released, Result, publish
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

HERE = Workspace.current()


@pytest.fixture(scope="module")
def panel():
    return turnout_panel("TK", level=PROVINCES)


@pytest.fixture(scope="module")
def items(panel):
    smallest = smallest_spread(panel.frame)
    path = regional_path(panel.frame, region="province", time="date", outcome="turnout_pct", margin=smallest)
    return turnout_items(panel, path, outcomes()["opkomst_tk"], smallest=smallest, level=0.95)


@pytest.fixture(scope="module")
def rows(items):
    return {item.id: item for item in items if isinstance(item, Result)}


@pytest.fixture(scope="module")
def wide():
    """Turnout by province and date, without The Hague and voters abroad."""
    table = pd.read_csv(find_root() / "data" / "facts" / "turnout_provinces.csv")
    table = table[table["election"] == "TK"]
    for column in ("voters", "eligible"):
        table[column] -= table[f"{column}_the_hague"] + table[f"{column}_abroad"]
    return table.assign(y=100 * table["voters"] / table["eligible"]).pivot_table(
        index="province", columns="date", values="y"
    )


def test_the_spread_at_each_election_is_that_of_the_twelve(rows, items, wide):
    sd = wide.std(ddof=1)
    assert rows["regio_opkomst.sd_first"].value == pytest.approx(sd.iloc[0])
    assert rows["regio_opkomst.sd_last"].value == pytest.approx(sd.iloc[-1])
    (series,) = [item for item in items if item.id == "regio_opkomst.spreiding"]
    assert series.points["sd"].to_numpy() == pytest.approx(sd.to_numpy())
    assert series.points["least"].tolist() == ["Limburg"] * 7 + ["Flevoland"] * 3


def test_the_trend_is_the_slope_of_the_spread_in_ten_years(rows, wide):
    days = pd.to_datetime(wide.columns.to_series())
    years = days.dt.year + (days.dt.day_of_year - 1) / 365.25
    slope = 10 * np.polyfit(years, wide.std(ddof=1), 1)[0]
    row = rows["regio_opkomst.sd_trend"]
    assert row.value == pytest.approx(slope)
    assert row.low < 0 < row.high


def test_the_margin_is_a_tenth_of_the_spread_between_voters(panel, rows):
    last = panel.frame[panel.frame["date"] == "2025-10-29"]
    votes = np.repeat([0.0, 100.0], [last["eligible"].sum() - last["voters"].sum(), last["voters"].sum()])
    assert smallest_spread(panel.frame) == pytest.approx(votes.std() / 10)
    row = rows["regio_opkomst.smallest_of_interest"]
    assert row.kind is DataKind.FACT
    assert rows["regio_opkomst.sd_lasting"].high < row.value
    assert rows["regio_opkomst.equivalence_p"].value < 0.05


def test_every_province_stands_beside_the_country(items, wide):
    (series,) = [item for item in items if item.id == "regio_opkomst.provincies"]
    assert len(series.points) == 120
    own = series.points.pivot_table(index="region", columns="date", values="value")
    assert own.to_numpy() == pytest.approx(wide.to_numpy())
    assert series.points.groupby("date")["whole"].nunique().eq(1).all()


def test_table_map_and_lines_are_drawn(items):
    released = publish(*items)
    found = {exhibit.id: exhibit for exhibit in turnout_exhibits(released)}
    assert list(found) == ["tbl-opkomst-provincies", "fig-opkomst-kaart", "fig-opkomst-lijnen"]
    cells = found["tbl-opkomst-provincies"].cells
    assert cells.iloc[-1].tolist() == ["2025", "78,9", "3,1", "Flevoland (72,7)", "Utrecht (82,2)"]
    assert "Flevoland (72,7%)" in found["fig-opkomst-kaart"].alt
    assert "veranderde het meest in Flevoland: van " in found["fig-opkomst-lijnen"].alt
    assert all(exhibit.kind is DataKind.REAL for exhibit in found.values())


@pytest.mark.parametrize(
    ("p", "said"), [(0.01, "grens, is aangetoond (p 0,010)"), (0.2, "is niet aangetoond (p 0,200)")]
)
def test_the_table_says_what_the_test_of_the_lasting_spread_shows(items, p, said):
    found = [replace(item, value=p) if item.id == "regio_opkomst.equivalence_p" else item for item in items]
    assert said in turnout_exhibits(publish(*found))[0].caption


def test_without_a_path_the_lines_are_still_drawn_and_the_reason_stands_in_the_table(panel):
    none = NotEstimable("er zijn te weinig metingen")
    items = turnout_items(panel, none, outcomes()["opkomst_tk"], smallest=4.0, level=0.95)
    found = {exhibit.id: exhibit for exhibit in turnout_exhibits(publish(*items))}
    assert "te weinig metingen" in found["tbl-opkomst-provincies"].cells.iloc[0, 0]
    assert "fig-opkomst-lijnen" in found


def test_the_notebook_draws_both_sections_and_a_trial_has_no_turnout():
    assert sections(HERE) == ("regio", "regio_opkomst", "regio_gebieden")
    assert turnout_exhibits(Released()) == []
    with pytest.raises(LookupError):
        exhibits(Released(), HERE)
