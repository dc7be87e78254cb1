"""Contracts of the geography tables in ``data/facts/geo``."""

from __future__ import annotations

import pandera.pandas as pa

PROVINCE = "provincie"
CARIBBEAN = "openbaar lichaam"
PROVINCE_PATTERN = r"PV(2\d|3[01])"

_SOURCE = {
    "source": pa.Column(str, pa.Check.str_length(min_value=1)),
    "status": pa.Column(str, pa.Check.isin(["gepubliceerd", "samengesteld"])),
}

REGIONS = pa.DataFrameSchema(
    {
        "code": pa.Column(str, pa.Check.str_matches(rf"^({PROVINCE_PATTERN}|BQ-[A-Z]{{2}})$"), unique=True),
        "name": pa.Column(str, unique=True),
        "kind": pa.Column(str, pa.Check.isin([PROVINCE, CARIBBEAN])),
        **_SOURCE,
    },
    strict=True,
    name="regions",
)

ADJACENCY = pa.DataFrameSchema(
    {
        "code": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
        "neighbour": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
        "contact": pa.Column(str, pa.Check.isin(["grens", "water"])),
        "remark": pa.Column(str),
        **_SOURCE,
    },
    checks=pa.Check(
        lambda frame: frame["code"] < frame["neighbour"], error="each pair once, lower code first"
    ),
    unique=["code", "neighbour"],
    strict=True,
    name="adjacency",
)

TILE_GRID = pa.DataFrameSchema(
    {
        "code": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$"), unique=True),
        "column": pa.Column(int, pa.Check.ge(0), coerce=True),
        "row": pa.Column(int, pa.Check.ge(0), coerce=True),
        **_SOURCE,
    },
    unique=["column", "row"],
    strict=True,
    name="tilegrid",
)
