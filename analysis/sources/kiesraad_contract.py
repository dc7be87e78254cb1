"""Contracts of turnout from the Kiesraad: counts as documents hold them, and one row a municipality."""

from __future__ import annotations

import pandera.pandas as pa

from analysis.sources.cbs_contract import MUNICIPALITY_PATTERN
from analysis.sources.geography_contract import PROVINCE_PATTERN

DOCUMENTS = {"510a": "stembureau", "510b": "gemeente", "510c": "kieskring", "510d": "verkiezing"}
COUNCIL = "GR"
ELECTIONS = {"TK": "Tweede Kamer", "PS": "Provinciale Staten", COUNCIL: "gemeenteraad"}
ELECTION_DAYS = {
    "TK": (
        *("1998-05-06", "2002-05-15", "2003-01-22", "2006-11-22", "2010-06-09"),
        *("2012-09-12", "2017-03-15", "2021-03-17", "2023-11-22", "2025-10-29"),
    ),
    "PS": ("2011-03-02", "2015-03-18", "2019-03-20", "2023-03-15"),
    COUNCIL: ("2010-03-03", "2014-03-19", "2018-03-21", "2022-03-16", "2026-03-18"),
}
"""Days that the names of published tables may mean; a year without one is taken as the name has it."""
MOST_VOTES = 3.0  # a person entitled, in a municipality; voter passes took an island to 1.3
MUNICIPALITY, BODY, ABROAD = "gemeente", "openbaar lichaam", "buitenland"

_DAY = pa.Check.str_matches(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_FILLED = pa.Check.str_length(min_value=1)
_LEAST = pa.Check.ge(0)


def _count(least: int = 0) -> pa.Column:
    return pa.Column("Int64", pa.Check.ge(least), nullable=True)


COUNTS = pa.DataFrameSchema(
    {
        "election": pa.Column(str, _FILLED),
        "date": pa.Column(str, _DAY),
        "document": pa.Column(str, pa.Check.isin(list(DOCUMENTS))),
        "level": pa.Column(str, pa.Check.isin(list(DOCUMENTS.values()))),
        "authority": pa.Column(str, _FILLED),
        "contest": pa.Column(str, _FILLED),
        "name": pa.Column(str, _FILLED),
        "statcode": pa.Column(str, pa.Check.str_matches(rf"^{MUNICIPALITY_PATTERN}$"), nullable=True),
        "entitled": _count(least=1),
        "valid": pa.Column("int64", _LEAST),
        "blank": pa.Column("int64", _LEAST),
        "invalid": pa.Column("int64", _LEAST),
        "voted": pa.Column("int64", _LEAST),
        "turnout_pct": pa.Column(float, _LEAST, nullable=True),
        "stations": pa.Column("int64", _LEAST),
    },
    checks=[
        pa.Check(
            lambda frame: frame["voted"] == frame[["valid", "blank", "invalid"]].sum(axis=1),
            error="valid, blank and invalid votes add up to the votes cast",
        ),
    ],
    unique=["election", "document", "level", "authority", "contest"],
    strict=True,
    name="counts of votes (EML 510)",
)
"""One row a count. ``turnout_pct`` is votes found (valid, blank, invalid) per hundred people entitled, above
100 where voters came with a pass, missing where the number entitled was not filled in; the Caribbean bodies
and postal votes have counts of their own. ``statcode`` for municipalities only."""

MUNICIPAL_TURNOUT = pa.DataFrameSchema(
    {
        "election": pa.Column(str, pa.Check.isin(list(ELECTIONS))),
        "date": pa.Column(str, _DAY),
        "code": pa.Column(
            str, pa.Check.str_matches(rf"^({MUNICIPALITY_PATTERN}|BQ-[A-Z]{{2}})$"), nullable=True
        ),
        "name": pa.Column(str, _FILLED),
        "kind": pa.Column(str, pa.Check.isin([MUNICIPALITY, BODY, ABROAD])),
        "province": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$"), nullable=True),
        "eligible": _count(least=1),
        "voters": _count(),
        "voters_counted": _count(),
        "valid": _count(),
        "blank": _count(),
        "invalid": _count(),
        "file": pa.Column(str, _FILLED),
    },
    unique=["election", "date", "kind", "name", "code"],
    strict=True,
    name="turnout by municipality",
)
"""One row a municipality and election. ``voters`` as reported; ``voters_counted`` valid, blank and invalid
votes where all three are known. Missing is unknown, never zero."""
