"""The programme's figures say what the facts say, and stay legible."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from analysis.figures import theme
from analysis.figures.programme import STATUSES, STYLES, programme_map, programme_timeline
from analysis.sources import facts

YEARS = {"first_year": 2024, "last_year": 2027}
PAGE_HEIGHT = 8.6  # inch left on an A4 page beside a caption of three lines


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return facts.programme_events()


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return facts.programme_lines()


@pytest.fixture(scope="module")
def timeline(events, lines):
    return programme_timeline(events, lines, **YEARS)


@pytest.fixture(scope="module")
def country():
    return programme_map(facts.letter_facts())


def texts(exhibit) -> list:
    exhibit.figure.draw_without_rendering()
    return [text for ax in exhibit.figure.axes for text in ax.texts if text.get_text()]


def test_every_event_is_in_picture_and_table(timeline, events):
    steps = events[~events["id"].isin(["brief_a", "brief_b"])]
    assert len(timeline.table) == len(steps)
    assert sorted(timeline.table["stap"]) == sorted(steps["label"])
    assert timeline.table["wanneer"].str.len().min() > 0
    ax = timeline.figure.axes[0]
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    points = [line for line in ax.lines if line.get_marker() != "None"]
    assert len(bars) + len(points) == len(steps)


def test_alt_text_counts_each_status(timeline, events):
    steps = events[~events["id"].isin(["brief_a", "brief_b"])]
    for status, count in steps["status"].value_counts().items():
        assert f"{count} {status}" in timeline.alt


def test_statuses_differ_without_colour():
    looks = {(STYLES[status].hatch, theme.luminance(STYLES[status].face) < 0.3) for status in STATUSES}
    assert len(looks) == len(STATUSES)
    assert len({STYLES[status].marker for status in STATUSES}) == len(STATUSES)
    assert all(theme.contrast(STYLES[status].edge, theme.PAPER) > 3 for status in STATUSES)


def test_no_text_of_the_timeline_is_cut_off_or_overlaps(timeline):
    figure = timeline.figure
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(timeline)]
    boxes += [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].get_legend().get_texts()]
    for label, box in boxes:
        assert box.x0 >= page.x0 - 1, label
        assert box.x1 <= page.x1 + 1, label
        assert box.y1 <= page.y1 + 1, label
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        overlap = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(overlap) <= 4.5, (one, other)  # a name and its steps share a word space


def test_timeline_text_is_legible_and_the_figure_fits_a_page(timeline):
    assert min(text.get_fontsize() for text in texts(timeline)) >= theme.SMALL
    assert timeline.figure.get_figheight() <= PAGE_HEIGHT
    assert timeline.figure.get_figwidth() == theme.WIDTH


def test_a_loosely_dated_step_is_drawn_over_the_whole_time(timeline):
    ax = timeline.figure.axes[0]
    widths = sorted(patch.get_width() for patch in ax.patches)
    assert widths[-1] == pytest.approx(1.5, abs=0.05), "Tienskip's unknown provinces: mid 2026 to end of 2027"
    row = timeline.table.set_index("stap").loc["zes provincies"]
    assert (row["wanneer"], row["status"]) == ("onbekend", "onbekend")


def test_years_cut_the_timeline(events, lines):
    shorter = programme_timeline(events, lines, first_year=2025, last_year=2025)
    assert len(shorter.table) < len(events)
    ax = shorter.figure.axes[0]
    for bar in ax.patches:
        assert bar.get_x() >= 2025
        assert bar.get_x() + bar.get_width() <= 2026
    with pytest.raises(ValueError, match="no event falls in 1999 to 1999"):
        programme_timeline(events, lines, first_year=1999, last_year=1999)


def test_an_unknown_status_or_line_is_refused(events, lines):
    with pytest.raises(ValueError, match="status bezig"):
        programme_timeline(events.assign(status="bezig"), lines, **YEARS)
    with pytest.raises(ValueError, match="line loket_e"):
        programme_timeline(events.assign(line="loket_e"), lines, **YEARS)


def test_same_bytes_twice(timeline, country, events, lines):
    assert timeline.svg() == programme_timeline(events, lines, **YEARS).svg()
    assert country.svg() == programme_map(facts.letter_facts()).svg()
    assert len(timeline.svg()) < 250_000


def test_map_names_the_five_provinces_and_keeps_tienskip_unknown(country):
    named = country.table[country.table["prodemos"] == "genoemd"]
    assert set(named["code"]) == {"PV20", "PV22", "PV24", "PV29", "PV30"}
    assert set(country.table["tienskip"]) == {"onbekend"}
    assert len(country.table) == 12
    assert "vijf provincies: Groningen, Drenthe, Flevoland, Zeeland en Noord-Brabant" in country.alt
    assert "Naar welke provincies Tienskip uitbreidt, zegt brief B niet: onbekend" in country.caption
    assert "vier regio's" in country.caption


def test_map_follows_the_facts():
    table = facts.letter_facts()
    without = programme_map(table[table["statcode"] != "PV24"])
    assert "vier provincies: Groningen, Drenthe, Zeeland" in without.alt
    with pytest.raises(ValueError, match="no province for ProDemos"):
        programme_map(table[table["line"] != "prodemos"])
    with pytest.raises(ValueError, match="statcode"):
        programme_map(table.replace({"statcode": {"PV24": "PV99"}}))


def test_places_of_other_lines_are_listed(country):
    places = dict(zip(country.table["provincie"], country.table["genoemde plaatsen"], strict=True))
    assert "Hilvarenbeek" in places["Noord-Brabant"]
    assert places["Limburg"] == ""
    assert {"Dokkum", "Amersfoort", "Demen"} <= {
        place for cell in places.values() for place in cell.split("; ")
    }
