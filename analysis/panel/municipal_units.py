"""Municipalities over time as units that keep their land: what merged is added up, also before it merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd


def united(codes: Iterable[str], changes: pd.DataFrame) -> dict[str, str]:
    """The unit of each municipality: all that ever exchanged their land whole are one.

    Parameters
    ----------
    codes : iterable of str
        Municipalities that occur, in any year.
    changes : pandas.DataFrame
        code and into; of a municipality that was divided a row each. What happened to municipalities that
        do not occur is no change here.

    Returns
    -------
    dict of str to str
        Unit by code; a unit is named after the smallest code in it.
    """
    codes = set(codes)
    parent: dict[str, str] = {}

    def root(code: str) -> str:
        while parent.setdefault(code, code) != code:
            code = parent[code]
        return code

    for code, later in after(codes, changes).items():
        for into in later:
            one, other = root(code), root(into)
            parent[max(one, other)] = min(one, other)
    return {code: root(code) for code in sorted(codes)}


def lacking(frame: pd.DataFrame, changes: pd.DataFrame) -> set[tuple[str, object]]:
    """Code and date of each municipality without a row, nor one before or after it that holds its land."""
    dates = frame["date"].unique()
    present = {date: set(rows["code"]) for date, rows in frame.groupby("date")}
    codes = sorted(set(frame["code"]))
    later = after(codes, changes)
    before: dict[str, set[str]] = {code: set() for code in codes}
    for code in codes:
        for into in later[code]:
            before.setdefault(into, set()).add(code)
    return {
        (code, date)
        for code in codes
        for date in dates
        if not present[date] & ({code} | later[code] | before[code])
    }


def after(codes: Iterable[str], changes: pd.DataFrame) -> dict[str, set[str]]:
    """What received land of each code, at once or through others that no election may have seen."""
    into: dict[str, set[str]] = {}
    for code, other in zip(changes["code"], changes["into"], strict=True):
        into.setdefault(code, set()).add(other)
    found: dict[str, set[str]] = {}
    for code in codes:
        seen, reached = set(), {code}
        while reached:
            reached = set().union(*(into.get(one, set()) for one in reached)) - seen
            seen |= reached
        found[code] = seen - {code}
    return found


def add_up(frame: pd.DataFrame, units: Mapping[str, str], counts: Iterable[str]) -> pd.DataFrame:
    """Sums by unit and date, with name and province of its largest member at the last date.

    Parameters
    ----------
    frame : pandas.DataFrame
        code, name, province, date and the counts.
    units : mapping of str to str
        From :func:`united`.
    counts : iterable of str
        Columns to add up; a sum with an unknown member is missing.

    Returns
    -------
    pandas.DataFrame
        unit, place (the code of that member), name, province, date, members, and the counts.
    """
    counts = list(counts)
    rows = frame.assign(_unit=frame["code"].map(units))
    grouped = rows.groupby(["_unit", "date"])
    sums = grouped[counts].agg(lambda values: values.sum(min_count=len(values)))
    sums["members"] = grouped.size()
    last = rows.sort_values(["date", counts[0]], kind="stable").groupby("_unit").last()
    named = last[["code", "name", "province"]].rename(columns={"code": "place"})
    found = sums.reset_index().merge(named, left_on="_unit", right_index=True)
    ordered = found.rename(columns={"_unit": "unit"}).sort_values(["date", "place"], ignore_index=True)
    return ordered[["unit", "place", "name", "province", "date", "members", *counts]]
