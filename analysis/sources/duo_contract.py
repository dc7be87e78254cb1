"""Contract of pupils in secondary education by school location (DUO open data)."""

from __future__ import annotations

import re

import pandera.pandas as pa

from analysis.sources.cbs_contract import MUNICIPALITY_PATTERN
from analysis.sources.geography_contract import PROVINCE_PATTERN

MASKED = "<5"  # a count of one to four, which DUO does not publish
GRADES = tuple(range(1, 7))
SEXES = {"MAN": 0, "VROUW": 1}
MIXED, FIRST_YEARS = "gemengd", "brugjaren"
TRACKS = ("praktijkonderwijs", "vmbo", "havo", "vwo", MIXED, FIRST_YEARS)
_WORDS = {
    "praktijkonderwijs": r"\bpro\b|praktijk",
    "vmbo": r"\bvmbo|\bmavo\b",
    "havo": r"\bhavo\b",
    "vwo": r"\bvwo\b|\bathen|\bgymnasi",
}
_FIRST_YEARS = re.compile(r"\bbrug|onderbouw|leerjaar\s*1", re.IGNORECASE)

PUPILS = pa.DataFrameSchema(
    {
        "location": pa.Column(str, pa.Check.str_matches(r"^[0-9]{2}[A-Z]{2}[0-9]{2}$")),
        "municipality": pa.Column(str, pa.Check.str_matches(rf"^{MUNICIPALITY_PATTERN}$")),
        "province": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
        "track": pa.Column(str, pa.Check.isin(TRACKS)),
        "grade": pa.Column("int64", pa.Check.isin(GRADES)),
        "female": pa.Column("int64", pa.Check.isin([0, 1])),
        "pupils": pa.Column(float, [pa.Check.ge(0), pa.Check.le(5000)], nullable=True),
        "masked": pa.Column("int64", pa.Check.ge(0)),
    },
    checks=pa.Check(
        lambda frame: frame["pupils"].notna() | (frame["masked"] > 0),
        error="a count is known, or some of it is masked",
    ),
    unique=["location", "track", "grade", "female"],
    strict=True,
    name="DUO pupils",
)
"""One row a location, track, grade and sex. `pupils` is missing where any count in it is masked; `masked`
says how many are."""


def track_of(name: str) -> str | None:
    """The track that DUO's name of a type of education speaks of; None if it names none.

    A class of several tracks together is ``gemengd``; the first years without a track are ``brugjaren``.
    """
    named = [track for track, words in _WORDS.items() if re.search(words, name, re.IGNORECASE)]
    if len(named) == 1:
        return named[0]
    if named:
        return MIXED
    return FIRST_YEARS if _FIRST_YEARS.search(name) else None
