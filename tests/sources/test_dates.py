"""Dates as they are written, from the day to the school year, and what is refused for saying two things."""

from datetime import date

import pandas as pd
import pytest

from analysis.sources.dates import parse_period, parse_periods

DAY = (date(2024, 5, 3), date(2024, 5, 3), "day")
WEEK = (date(2024, 4, 29), date(2024, 5, 5), "week")  # with Friday 3 May, the day above
TURN = (date(2024, 12, 30), date(2025, 1, 5), "week")  # the first Thursday of 2025 is 2 January
MAY = (date(2024, 5, 1), date(2024, 5, 31), "month")
FEBRUARY = (date(2024, 2, 1), date(2024, 2, 29), "month")
SPRING = (date(2024, 4, 1), date(2024, 6, 30), "quarter")
FIRST = (date(2024, 1, 1), date(2024, 6, 30), "half-year")
SECOND = (date(2024, 7, 1), date(2024, 12, 31), "half-year")
YEAR = (date(2024, 1, 1), date(2024, 12, 31), "year")
SCHOOL = (date(2023, 8, 1), date(2024, 7, 31), "school year")
WRITTEN = {
    DAY: ["3-5-2024", "03-05-2024", "03/05/2024", "3.5.2024", "3-5-24", "2024-05-03", "2024-05-03 00:00:00",
          "2024-05-03T10:00:00Z", "20240503", "3 mei 2024", "3 MEI 2024", "vr 3 mei 2024",
          "vrijdag 3 mei 2024", "3-mei-24", "3 may 2024", "2024-W18-5"],
    WEEK: ["2024-W18", "2024W18", "week 18 2024", "Week 18, 2024", "wk 18 2024", "wk. 18 van 2024",
           "2024 week 18", "w18-2024"],
    TURN: ["2025-W01", "week 1 2025", "2025 wk 1"],
    MAY: ["mei 2024", "Mei-24", "mei '24", "2024-05", "2024/05", "202405", "2024MM05", "05-2024", "5/2024",
          "2024 mei"],
    FEBRUARY: ["februari 2024", "feb. 2024", "2024-2", "2024-02"],
    SPRING: ["2024Q2", "2024-K2", "2024KW02", "2e kwartaal 2024", "Q2 2024"],
    FIRST: ["2024H1", "H1 2024", "1e halfjaar 2024", "eerste helft 2024", "1e half jaar van 2024"],
    SECOND: ["2024H2", "tweede halfjaar 2024", "2024 tweede helft"],
    YEAR: ["2024", 2024, 2024.0, "2024.0", "2024JJ00"],
    SCHOOL: ["2023/2024", "2023-2024", "2023/24", "2023-24", "2023–2024", "2023/'24", "schooljaar 2023/2024",
             "2023SJ00", "2023 - 2024"],
}  # fmt: skip


@pytest.mark.parametrize(("expected", "text"), [(p, t) for p, texts in WRITTEN.items() for t in texts])
def test_usual_ways_to_write_a_period(expected, text):
    period = parse_period(text)
    assert (period.start, period.end, period.precision) == expected


@pytest.mark.parametrize(
    "text",
    ["", None, "totaal", "31-2-2024", "13-13-2024", "2024-13", "45321", "2023/2025", "2024/2023", "1-2-1024",
     "2011-12", "2010/11", "2024-W53", "week 0 2024", "week 18", "24-mei", "12", "3-5", "mei",
     "2024-05-03 tot 2024-06-01"],
)  # fmt: skip
def test_what_names_no_period_or_two_is_not_read(text):
    assert parse_period(text) is None


def test_the_order_of_digits_is_declared():
    assert parse_period("5/3/2024", order="mdy").start == date(2024, 5, 3)
    assert parse_period("24-05-03", order="ymd").start == date(2024, 5, 3)
    assert parse_period("01-13-2024") is None


def test_a_column_keeps_its_index():
    periods = parse_periods(pd.Series(["2024", "?", "mei 2024"], index=[3, 4, 7]))
    assert list(periods.index) == [3, 4, 7]
    assert list(periods["start"].isna()) == [False, True, False]
    assert list(periods["precision"].fillna("")) == ["year", "", "month"]
