"""Turnout as embedded in ``data/facts``: entitled and cast votes by province and election, and nationally.

The counts per province are added up from those per municipality (Kiesraad; ANP for 2025). 's-Gravenhage
holds the voters abroad in some years only, and in 2006 they are a unit of their own within Zuid-Holland: both
stand in columns of their own, so that they can be left out.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.sources.facts import fact_table
from analysis.sources.facts_contract import SOURCE_STATUS
from analysis.sources.geography import require_all_provinces
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.workspace import Workspace

ELECTIONS = {"TK": "Tweede Kamer", "PS": "Provinciale Staten"}
FINALITY = ("definitief", "voorlopig")
THE_HAGUE, ITS_PROVINCE = "GM0518", "PV28"

_DAY = pa.Check.str_matches(r"^(19|20)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
_FILLED = pa.Check.str_length(min_value=1)


def _count(*, nullable: bool = False, least: int = 0) -> pa.Column:
    return pa.Column("Int64", pa.Check.ge(least), nullable=nullable, coerce=True)


def _at_most(column: str, limit: str) -> pa.Check:
    return pa.Check(
        lambda table: table[column].isna() | (table[column] <= table[limit]).fillna(True),
        error=f"{column} is at most {limit}",
    )


TURNOUT_PROVINCES = pa.DataFrameSchema(
    {
        "election": pa.Column(str, pa.Check.isin(list(ELECTIONS))),
        "date": pa.Column(str, _DAY),
        "province": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
        "municipalities": _count(least=1),
        "municipalities_absent": _count(),
        "eligible": _count(least=1),
        "voters": _count(),
        "eligible_the_hague": _count(),
        "voters_the_hague": _count(),
        "eligible_abroad": _count(),
        "voters_abroad": _count(),
        "voters_counted": _count(nullable=True),
        "voters_counted_the_hague": _count(nullable=True),
        "source": pa.Column(str, _FILLED),
        "status": pa.Column(str, pa.Check.isin(SOURCE_STATUS)),
        "finality": pa.Column(str, pa.Check.isin(FINALITY)),
        "note": pa.Column(str),
    },
    checks=[
        _at_most("voters", "eligible"),
        _at_most("voters_counted", "eligible"),
        _at_most("eligible_the_hague", "eligible"),
        _at_most("voters_the_hague", "voters"),
        _at_most("voters_the_hague", "eligible_the_hague"),
        _at_most("voters_counted_the_hague", "voters_counted"),
        _at_most("voters_abroad", "eligible_abroad"),
        pa.Check(
            lambda table: (table["eligible_the_hague"] > 0) == (table["province"] == ITS_PROVINCE),
            error=f"'s-Gravenhage lies in {ITS_PROVINCE}, and always has voters",
        ),
        pa.Check(
            lambda table: table["voters_counted"].isna() == table["voters_counted_the_hague"].isna(),
            error="voters_counted goes with voters_counted_the_hague",
        ),
    ],
    unique=["election", "date", "province"],
    strict=True,
    name="turnout_provinces",
)
"""One row a province and election. ``municipalities_absent`` are lacking in the source. ``…_abroad``: within
the numbers of the province, but counted in it from abroad as a unit of their own. ``voters_counted``:
where `voters` was worked out from a rounded turnout, the votes as counted on the lists with blank and invalid
ones. A province above 100 per cent is an error; a municipality may be (voter passes)."""

TURNOUT_NATIONAL = pa.DataFrameSchema(
    {
        "election": pa.Column(str, pa.Check.isin(list(ELECTIONS))),
        "date": pa.Column(str, _DAY),
        "basis": pa.Column(str, pa.Check.isin(["databank", "persbericht", "som van gemeenten"])),
        "eligible": _count(least=1),
        "voters": _count(least=1),
        "eligible_outside": _count(nullable=True),
        "voters_outside": _count(nullable=True),
        "source": pa.Column(str, _FILLED),
        "url": pa.Column(str, _FILLED),
        "status": pa.Column(str, pa.Check.isin(SOURCE_STATUS)),
        "certainty": pa.Column(str, _FILLED),
        "note": pa.Column(str),
    },
    checks=[_at_most("voters", "eligible"), _at_most("voters_outside", "eligible_outside")],
    unique=["election", "date", "basis"],
    strict=True,
    name="turnout_national",
)
"""National totals as told. ``…_outside``: counted in them, but in no province (Caribbean Netherlands, and
voters abroad where they are a unit of their own), as found in the files per municipality."""


def turnout_provinces(workspace: Workspace | None = None) -> pd.DataFrame:
    """Entitled and cast votes by province and election, by election, date and province.

    Raises
    ------
    ValueError
        Besides what the contract asks: if an election lacks a province, or two elections of one kind fall
        in one year.
    """
    name = "turnout_provinces.csv"
    table = fact_table(name, TURNOUT_PROVINCES, workspace)
    for (election, date), rows in table.groupby(["election", "date"]):
        require_all_provinces(rows["province"], f"{name}, {election} {date}, column province", workspace)
    days = table[["election", "date"]].drop_duplicates()
    twice = days.assign(year=days["date"].str[:4]).duplicated(["election", "year"])
    if twice.any():
        row = days[twice].iloc[0]
        raise ValueError(
            f"{name}, column date, row {row.name + 1}: a second {row['election']} in {row['date'][:4]}"
        )
    return table.sort_values(["election", "date", "province"], ignore_index=True)


def turnout_national(workspace: Workspace | None = None) -> pd.DataFrame:
    """National totals of entitled and cast votes; more than one row where sources contradict each other."""
    table = fact_table("turnout_national.csv", TURNOUT_NATIONAL, workspace)
    return table.sort_values(["election", "date", "basis"], ignore_index=True)
