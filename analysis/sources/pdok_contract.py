"""Contract of boundaries from PDOK: codes, names and where on the map they may lie."""

from __future__ import annotations

import pandera.pandas as pa

from analysis.sources.cbs_contract import MUNICIPALITY_PATTERN
from analysis.sources.geography_contract import PROVINCE_PATTERN

PROVINCES, MUNICIPALITIES = "provincie", "gemeente"
LAYERS = {PROVINCES: rf"^{PROVINCE_PATTERN}$", MUNICIPALITIES: rf"^{MUNICIPALITY_PATTERN}$"}
LAND = (0.0, 300_000.0, 300_000.0, 650_000.0)  # west, south, east, north of the country in RD New, metres


def region_contract(layer: str) -> pa.DataFrameSchema:
    """Columns code and name of a layer, a key of :data:`LAYERS`; each code and name once."""
    return pa.DataFrameSchema(
        {
            "code": pa.Column(str, pa.Check.str_matches(LAYERS[layer]), unique=True),
            "name": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        },
        strict=True,
        name=f"PDOK {layer}",
    )


MEMBERSHIP = pa.DataFrameSchema(
    {
        "code": pa.Column(str, pa.Check.str_matches(LAYERS[MUNICIPALITIES]), unique=True),
        "name": pa.Column(str, pa.Check.str_length(min_value=1)),
        "province": pa.Column(str, pa.Check.str_matches(LAYERS[PROVINCES])),
        "year": pa.Column("int64", pa.Check.in_range(1950, 2100)),
    },
    strict=True,
    name="municipalities of a year",
)
"""One row a municipality: which province it belonged to on 1 January of the year."""
