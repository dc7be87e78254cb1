"""Contract of figures by region from CBS StatLine, and the totals they must add up to."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.sources.geography_contract import PROVINCE_PATTERN

COUNTRY = "NL01"
MUNICIPALITY_PATTERN = r"GM[0-9]{4}"
REGION = rf"^({COUNTRY}|LD0[1-4]|{PROVINCE_PATTERN}|CR[0-9]{{2}}|{MUNICIPALITY_PATTERN})$"
PERIOD = r"^(?P<year>(19|20)[0-9]{2})(JJ|SJ)00$"  # calendar or school year; quarters and months are not read


def statline_contract(dimensions: list[str], topics: list[str]) -> pa.DataFrameSchema:
    """Columns statcode, year, the other dimensions (codes as text) and the topics (numbers or missing).

    A region occurs once a year and combination of the other dimensions.
    """
    return pa.DataFrameSchema(
        {
            "statcode": pa.Column(str, pa.Check.str_matches(REGION)),
            "year": pa.Column("int64", pa.Check.in_range(1900, 2100)),
            **{name: pa.Column(str, pa.Check.str_length(min_value=1)) for name in dimensions},
            **{name: pa.Column(float, nullable=True) for name in topics},
        },
        unique=["statcode", "year", *dimensions],
        strict=True,
        name="StatLine",
    )


def require_provinces_add_up(frame: pd.DataFrame, topic: str, place: str) -> int:
    """Raise unless the twelve provinces add up to the country, per year and other dimensions.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`statline_contract`; every column but the topics counts as a dimension.
    topic : str
        A count; shares and means do not add up.
    place : str
        For the message.

    Returns
    -------
    int
        How many combinations were compared: those in which country and all provinces are known.
    """
    keys = ["year", *(name for name in frame.columns if frame[name].dtype == "str" and name != "statcode")]
    country = frame[frame["statcode"] == COUNTRY].set_index(keys)[topic]
    parts = frame[frame["statcode"].str.startswith("PV")]
    provinces = parts.groupby(keys)[topic].agg(["sum", "count", "size"])
    both = provinces.join(country.rename("country"), how="inner")
    both = both[(both["count"] == 12) & (both["size"] == 12) & both["country"].notna()]
    wrong = both["country"] != both["sum"]
    if wrong.any():
        row = both[wrong].iloc[0]
        values = row.name if len(keys) > 1 else (row.name,)
        said = ", ".join(f"{name} {value}" for name, value in zip(keys, values, strict=True))
        raise ValueError(
            f"{place}, column {topic}, {said}: the provinces add up to {row['sum']:.0f}, the country is "
            f"{row['country']:.0f}"
        )
    return len(both)
