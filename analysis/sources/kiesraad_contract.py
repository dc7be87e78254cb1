"""Contract of turnout from counts of votes (EML_NL 510 of the Kiesraad)."""

from __future__ import annotations

import pandera.pandas as pa

DOCUMENTS = {"510a": "stembureau", "510b": "gemeente", "510c": "kieskring", "510d": "verkiezing"}

TURNOUT = pa.DataFrameSchema(
    {
        "election": pa.Column(str, pa.Check.str_length(min_value=1)),
        "date": pa.Column(str, pa.Check.str_matches(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")),
        "level": pa.Column(str, pa.Check.isin(list(DOCUMENTS.values()))),
        "authority": pa.Column(str, pa.Check.str_length(min_value=1)),
        "contest": pa.Column(str, pa.Check.str_length(min_value=1)),
        "name": pa.Column(str, pa.Check.str_length(min_value=1)),
        "statcode": pa.Column(str, pa.Check.str_matches(r"^GM[0-9]{4}$"), nullable=True),
        "entitled": pa.Column("int64", pa.Check.gt(0)),
        "valid": pa.Column("int64", pa.Check.ge(0)),
        "blank": pa.Column("int64", pa.Check.ge(0)),
        "invalid": pa.Column("int64", pa.Check.ge(0)),
        "voted": pa.Column("int64", pa.Check.ge(0)),
        "turnout_pct": pa.Column(float, pa.Check.in_range(0, 100)),
        "stations": pa.Column("int64", pa.Check.ge(0)),
    },
    checks=[
        pa.Check(
            lambda frame: frame["voted"] == frame[["valid", "blank", "invalid"]].sum(axis=1),
            error="valid, blank and invalid votes add up to the votes cast",
        ),
    ],
    unique=["election", "level", "authority", "contest"],
    strict=True,
    name="turnout",
)
"""One row a count. ``turnout_pct`` is votes found (valid, blank, invalid) per hundred people entitled; the
Caribbean bodies and postal votes have counts of their own. ``statcode`` for municipalities only."""
