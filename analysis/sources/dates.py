"""Dates and periods as registrations write them: from a day or an ISO week to a year or a school year.

Every one becomes its first and its last day, so that what is dated by month and what is dated by day can be
counted together in whatever period holds both.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from analysis.sources.placenames import cell_text

DAY, WEEK, MONTH, QUARTER = "day", "week", "month", "quarter"
HALF, YEAR, SCHOOL_YEAR = "half-year", "year", "school year"
PRECISIONS = (DAY, WEEK, MONTH, QUARTER, HALF, YEAR, SCHOOL_YEAR)
ORDERS = ("dmy", "mdy", "ymd")
FIRST_YEAR, LAST_YEAR = 1990, 2100
_SCHOOL_MONTH = 8  # a school year runs from 1 August to 31 July (Wet voortgezet onderwijs 2020)
_MONTHS = (
    ("januari", "january", "jan"), ("februari", "february", "feb", "febr"), ("maart", "march", "mrt", "mar"),
    ("april", "apr"), ("mei", "may"), ("juni", "june", "jun"), ("juli", "july", "jul"),
    ("augustus", "august", "aug"), ("september", "sep", "sept"), ("oktober", "october", "okt", "oct"),
    ("november", "nov"), ("december", "dec"),
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_WORD = "|".join(sorted(_MONTH, key=len, reverse=True))
_Y = r"(?P<y>(?:19|20)\d\d)"
_TIME = r"(?:[t ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?"


@dataclass(frozen=True)
class Period:
    """From `start` to `end`, both included; `precision` is one of :data:`PRECISIONS`."""

    start: date
    end: date
    precision: str


def parse_period(value: object, *, order: str = "dmy") -> Period | None:
    """The period that a cell names; None where it names none, or may name two.

    Parameters
    ----------
    value : object
        Text, a number or a date.
    order : str
        One of :data:`ORDERS`, for days in digits that do not begin with the year.
    """
    text = re.sub(r"\s+", " ", cell_text(value).casefold())
    for pattern, make in _FORMS:
        if found := re.fullmatch(pattern, text):
            try:
                period = make(found.groupdict(), order)
            except ValueError:
                return None
            return period if period and FIRST_YEAR <= period.start.year <= LAST_YEAR else None
    return None


def parse_periods(values: pd.Series, *, order: str = "dmy") -> pd.DataFrame:
    """Columns start and end (datetime64) and precision (text), missing where a cell names no period."""
    known = {value: parse_period(value, order=order) for value in values.dropna().unique()}
    periods = [known.get(value) for value in values]
    days = {
        name: pd.to_datetime([getattr(period, name, None) for period in periods]) for name in ("start", "end")
    }
    precision = pd.Series([getattr(period, "precision", None) for period in periods], dtype="str")
    precision.index = values.index  # text also where there is no row at all
    return pd.DataFrame({**days}, index=values.index).assign(precision=precision)


def _full(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


def _day(parts: dict, order: str) -> Period:
    if "name" in parts:
        day, month, year = parts["d"], _MONTH[parts["name"]], parts["y"]
    elif "iso" in parts:
        year, month, day = parts["iso"], parts["m"], parts["d"]
    else:
        named = dict(zip(order, (parts["a"], parts["b"], parts["c"]), strict=True))
        day, month, year = named["d"], named["m"], named["y"]
    one = date(_full(year), int(month), int(day))
    return Period(one, one, DAY)


def _week(parts: dict, order: str) -> Period:
    """As ISO 8601 numbers weeks: from Monday, the first that has a Thursday in the year."""
    monday = date.fromisocalendar(int(parts["y"]), int(parts["w"]), 1)
    if parts.get("wd"):
        one = monday + timedelta(days=int(parts["wd"]) - 1)
        return Period(one, one, DAY)
    return Period(monday, monday + timedelta(days=6), WEEK)


def _months(year: int, month: int, count: int, precision: str) -> Period:
    last = month + count - 1
    return Period(date(year, month, 1), date(year, last, calendar.monthrange(year, last)[1]), precision)


def _month(parts: dict, order: str) -> Period | None:
    year = _full(parts["y"])
    month = _MONTH[parts["name"]] if "name" in parts else int(parts["m"])
    if parts.get("dash") and month == (year + 1) % 100:
        return None  # 2011-12 is December 2011, or a school year
    return _months(year, month, 1, MONTH)


def _month_or_school_year(parts: dict, order: str) -> Period | None:
    year, other = int(parts["y"]), int(parts["m"])
    return _school_year({"y": str(year), "z": f"{other:02d}"}, order) if other > 12 else _month(parts, order)


def _quarter(parts: dict, order: str) -> Period:
    return _months(int(parts["y"]), 3 * int(parts["k"]) - 2, 3, QUARTER)


def _half(parts: dict, order: str) -> Period:
    second = parts["h"] in ("2", "tweede")
    return _months(int(parts["y"]), 7 if second else 1, 6, HALF)


def _year(parts: dict, order: str) -> Period:
    return _months(int(parts["y"]), 1, 12, YEAR)


def _school_year(parts: dict, order: str) -> Period | None:
    first = int(parts["y"])
    later = parts.get("z")
    if later and int(later) % 100 != (first + 1) % 100:
        return None
    end = date(first + 1, _SCHOOL_MONTH, 1) - timedelta(days=1)
    return Period(date(first, _SCHOOL_MONTH, 1), end, SCHOOL_YEAR)


_FORMS = (
    (rf"(?P<iso>(?:19|20)\d\d)[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}", _day),
    (r"(?P<iso>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)", _day),
    (rf"(?P<a>\d{{1,2}})[-/. ](?P<b>\d{{1,2}})[-/. ](?P<c>(?:20)?\d\d){_TIME}", _day),
    (rf"(?:[a-z]+,? )?(?P<d>\d{{1,2}})[-. ]?(?P<name>{_WORD})\.?[-. ]?(?P<y>(?:20)?\d\d){_TIME}", _day),
    (rf"{_Y}[- ]?w(?P<w>\d{{2}})(?:-?(?P<wd>[1-7]))?", _week),
    (rf"{_Y},?[-/ ]?(?:week|wk\.?|w) ?(?P<w>\d{{1,2}})", _week),
    (rf"(?:week|wk\.?|w) ?(?P<w>\d{{1,2}})(?:,| van|[-/])? ?{_Y}", _week),
    (rf"(?P<name>{_WORD})\.?[-/' ]*(?P<y>(?:(?:19|20)\d\d|\d\d))", _month),
    (rf"{_Y}[-/ ]?(?P<name>{_WORD})", _month),
    (rf"{_Y}(?P<dash>[-/])(?P<m>\d\d)", _month_or_school_year),
    (rf"{_Y}[-/](?P<m>\d)", _month),
    (rf"{_Y}(?:m|mm)?(?P<m>\d\d)", _month),  # 202405, 2024M05, 2024MM05
    (rf"(?P<m>\d{{1,2}})[-/]{_Y}", _month),
    (rf"{_Y}[- ]?(?:q|k|kw)0?(?P<k>[1-4])", _quarter),
    (rf"(?:q|k|kw)(?P<k>[1-4])[- ]?{_Y}", _quarter),
    (rf"(?P<k>[1-4])e kwartaal(?: van)? {_Y}", _quarter),
    (rf"{_Y}[- ]?h(?P<h>[12])|h(?P<h2>[12])[- ]?(?P<y2>\d{{4}})", lambda parts, order: _half(
        {"y": parts["y"] or parts["y2"], "h": parts["h"] or parts["h2"]}, order)),
    (rf"(?P<h>eerste|tweede|1|2)(?:e|ste|de)? ?(?:half ?jaar|helft)(?: van)? {_Y}", _half),
    (rf"{_Y} (?P<h>eerste|tweede) (?:half ?jaar|helft)", _half),
    (rf"{_Y}(?:jj00|\.0)?", _year),
    (rf"(?:schooljaar |sj ?)?{_Y} ?[-/–] ?'?(?P<z>(?:20)?\d\d)", _school_year),
    (rf"{_Y}sj00", _school_year),
)  # fmt: skip
