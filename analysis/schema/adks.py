"""Contract of the adolescent panel as the estimators get it: one row a pupil and wave."""

from __future__ import annotations

import pandera.pandas as pa

from analysis.design.adks import AdksDesign
from analysis.design.regio import TRACKS
from analysis.schema.geography import PROVINCE_PATTERN


def adks_contract(design: AdksDesign) -> pa.DataFrameSchema:
    """Columns pupil, school, wave, track, weight, the outcomes, and municipality and province if mapped.

    A missing answer is NaN; everything else is present. A pupil occurs once a wave.
    """
    used = design.file.used
    text = pa.Column(str, pa.Check.str_length(min_value=1))
    columns = {
        "pupil": text,
        "school": text,
        "wave": pa.Column(int, pa.Check.in_range(1, design.waves)),
        "track": pa.Column(str, pa.Check.isin(TRACKS)),
        "weight": pa.Column(float, pa.Check.gt(0)),
    }
    if "municipality" in used:
        columns["municipality"] = text
    if "province" in used:
        columns["province"] = pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$"))
    for outcome in design.outcome:
        columns[outcome.name] = pa.Column(float, pa.Check.in_range(outcome.low, outcome.high), nullable=True)
    return pa.DataFrameSchema(columns, unique=["pupil", "wave"], strict=True, name="adks")
