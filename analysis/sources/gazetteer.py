"""Where names of places are looked up, from what the repository carries."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.sources.facts import fact_table
from analysis.sources.geography import province_names
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.sources.locate import Gazetteer
from analysis.workspace import Workspace

MUNICIPALITIES = pa.DataFrameSchema(
    {
        "code": pa.Column(str, pa.Check.str_matches(r"^GM\d{4}$")),
        "name": pa.Column(str, pa.Check.str_length(min_value=1)),
        "province": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
        "year": pa.Column(int, pa.Check.in_range(1990, 2100), coerce=True),
    },
    unique=["code", "year"],
    strict=True,
    name="municipalities",
)
"""One row a municipality and year, as on 1 January."""


def gazetteer(workspace: Workspace | None = None) -> Gazetteer:
    """Provinces and municipalities of the facts; every name a municipality has there leads to its code."""
    table = fact_table("municipalities.csv", MUNICIPALITIES, workspace)
    known = table.sort_values("year", ascending=False).drop_duplicates(["code", "name"])
    return Gazetteer(province_names(workspace), pd.DataFrame(known[["code", "name", "province"]]))


def province_of(workspace: Workspace | None = None) -> dict[str, str]:
    """Province by municipality, as in the latest year that has it."""
    table = fact_table("municipalities.csv", MUNICIPALITIES, workspace).sort_values("year")
    return dict(zip(table["code"], table["province"], strict=True))
