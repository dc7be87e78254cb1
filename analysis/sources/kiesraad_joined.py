"""Counts of several files as one row a municipality and election, placed, and held against the facts."""

from __future__ import annotations

import pandas as pd

from analysis.sources.kiesraad_contract import MUNICIPALITY
from analysis.sources.places import place_municipalities

_KEY = ["election", "date", "kind", "_place"]
_SHOWN = 6  # names before "en n andere"


def one_row_each(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The first known number a municipality and election, by rising ``_rank``; contradictions in Dutch."""
    rows = rows.assign(_place=rows["code"].fillna(rows["name"])).sort_values("_rank", kind="stable")
    twice = rows.duplicated([*_KEY, "_rank", "file"])
    if twice.any():
        row = rows[twice].iloc[0]
        raise ValueError(f"{row['file']}: {row['name']} occurs twice for {row['election']} {row['date']}")
    grouped = rows.groupby(_KEY, sort=True)
    best = grouped.first()  # of each column the first that is known
    best["file"] = grouped["file"].agg(lambda files: "; ".join(dict.fromkeys(files)))
    remarks = []
    for name, dutch in (("eligible", "kiesgerechtigden"), ("voters", "stemmen")):
        differ = best[grouped[name].max() > grouped[name].min()]
        for (election, date), places in differ.groupby(level=[0, 1]):
            remarks.append(
                f"{election} {date}: bestanden noemen een ander aantal {dutch} in {named(places['name'])}; "
                f"wat het eerst genoemd is, telt ({places['file'].iloc[0]})."
            )
    return best.reset_index().drop(columns=["_place", "_rank"]), remarks


def placed(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Codes for rows by name, and provinces for rows by code, from the nearest other election."""
    towns = frame["kind"] == MUNICIPALITY
    known = frame[towns & frame["code"].notna() & frame["province"].notna()]
    years = frame["date"].str[:4].astype(int)
    by_name = towns & frame["code"].isna()
    if by_name.any() and len(known):
        register = known[["code", "name", "province"]].assign(year=years[known.index])
        near = years[by_name].map(lambda year: min(register["year"], key=lambda one: (abs(one - year), one)))
        codes = place_municipalities(frame.loc[by_name, "name"], register, years=near).codes
        frame.loc[by_name, "code"] = codes.astype(object).where(codes.notna(), None)
    table = known[["code", "province"]].assign(_year=years[known.index])
    lost = frame[towns & frame["code"].notna() & frame["province"].isna()]
    pairs = lost[["code"]].assign(_row=lost.index, _own=years[lost.index]).merge(table, on="code")
    pairs["_gap"] = (pairs["_year"] - pairs["_own"]).abs()
    nearest = pairs.sort_values(["_gap", "_year"]).drop_duplicates("_row").set_index("_row")["province"]
    frame["province"] = frame["province"].fillna(nearest)
    remarks = [
        f"{election} {date}: van {len(places)} gemeenten is de provincie onbekend ({named(places['name'])})."
        for (election, date), places in frame[towns & frame["province"].isna()].groupby(["election", "date"])
    ]
    return frame.sort_values(["election", "date", "kind", "name"], ignore_index=True), remarks


def differences(frame: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Sums of municipalities minus the facts, see :func:`analysis.sources.kiesraad.province_differences`."""
    towns = frame[(frame["kind"] == MUNICIPALITY) & frame["province"].notna()]
    keys = ["election", "date", "province"]
    known = towns.assign(known=towns[["eligible", "voters"]].notna().all(axis=1))
    sums = known.groupby(keys).agg(
        municipalities=("name", "size"),
        eligible=("eligible", "sum"),
        voters=("voters", "sum"),
        known=("known", "mean"),
    )
    both = sums.reset_index().merge(facts, on=keys, suffixes=("", "_fact"))
    for name in ("eligible", "voters"):
        both[f"{name}_fact"] -= both[f"{name}_abroad"]  # no municipality
    for name in ("municipalities", "eligible", "voters"):
        both[name] = both[name] - both[f"{name}_fact"]
    both["complete"] = (both["known"] == 1) & (both["municipalities"] == 0)
    return both[[*keys, "municipalities", "eligible", "voters", "known", "complete"]]


def against_provinces(frame: pd.DataFrame, facts: pd.DataFrame) -> list[str]:
    """Dutch sentences on provinces that are not whole, or whose sum is not that of the facts."""
    said = []
    for (election, date), rows in differences(frame, facts).groupby(["election", "date"]):
        whole = rows[rows["complete"]]
        said += [
            f"{election} {date}, {row.province}: de gemeenten tellen op tot {row.eligible:+d} "
            f"kiesgerechtigden en {row.voters:+d} stemmen ten opzichte van de feiten."
            for row in whole[(whole["eligible"] != 0) | (whole["voters"] != 0)].itertuples()
        ]
        if len(whole) < 12:
            said.append(f"{election} {date}: {len(whole)} van de 12 provincies zijn volledig.")
    return said


def against_country(frame: pd.DataFrame, national: pd.DataFrame, whole: set[tuple[str, str]]) -> list[str]:
    """Dutch sentences on elections in `whole` whose sum is not the national total that was published."""
    said = []
    towns = frame[frame["kind"] == MUNICIPALITY]
    lacking = towns[["eligible", "voters"]].isna().any(axis=1)
    whole = whole - set(zip(towns["election"][lacking], towns["date"][lacking], strict=True))
    sums = frame.groupby(["election", "date"])[["eligible", "voters"]].sum()
    for row in national[national["basis"] != "som van gemeenten"].itertuples():
        key = (row.election, row.date)
        if key not in whole:
            continue
        found = sums.loc[key]
        gaps = [int(found["eligible"] - row.eligible), int(found["voters"] - row.voters)]
        if any(gaps):
            said.append(
                f"{row.election} {row.date}: alles opgeteld {gaps[0]:+d} kiesgerechtigden en {gaps[1]:+d} "
                f"stemmen ten opzichte van het landelijke totaal ({row.basis})."
            )
    return said


def named(names: pd.Series) -> str:
    """The first few names, and how many more."""
    names = sorted(set(names))
    return ", ".join(names[:_SHOWN]) + (f" en {len(names) - _SHOWN} andere" if len(names) > _SHOWN else "")
