"""The registrations of ProDemos and Tienskip: one row a municipality and year.

``prodemos.csv`` and ``tienskip.csv`` are comma-separated UTF-8 files with a header row.

=================  ============================================================================
municipality       code or name of the municipality
province           CBS code or name
year               year of the measurement, whole number
cohort             first year in which the programme was active there; empty if it never was
inhabitants        on 1 January of a fixed reference year, whole number above zero
reached            Tienskip only: young people reached in all, whole number; 0 where never active
democratiekennis   ProDemos only: mean knowledge of young people, 0 to 100; may be empty
betrokkenheid      Tienskip only: mean engagement of young people, 0 to 100; may be empty
=================  ============================================================================

A municipality and year occur once; province, inhabitants and reached do not change within a municipality,
nor does cohort within a province, because the province is where the roll-out is decided. Rows with an
empty outcome are left out and counted.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.sources.contract import conform
from analysis.sources.geography import province_names
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.sources.places import one_spelling, place_provinces
from analysis.sources.texttable import read_text_table

_WHOLE = pa.Check(lambda years: years == years.round(), error="a whole year")
_PLACE = {
    "municipality": pa.Column(str, pa.Check.str_length(min_value=1)),
    "province": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
    "year": pa.Column(int, pa.Check.in_range(1990, 2100), coerce=True),
    "cohort": pa.Column(float, [pa.Check.in_range(1990, 2100), _WHOLE], nullable=True, coerce=True),
    "inhabitants": pa.Column(int, pa.Check.gt(0), coerce=True),
}
_SCORE = pa.Column(float, pa.Check.in_range(0, 100), nullable=True, coerce=True)
_CONSTANT = ("province", "cohort", "inhabitants")


def _constant(*columns: str, within: str = "municipality") -> pa.Check:
    def holds(frame) -> bool:
        values = frame.groupby(within)[list(columns)].nunique(dropna=False)
        return bool((values <= 1).to_numpy().all())

    return pa.Check(holds, error=f"{', '.join(columns)} must not change within a {within}")


_ASSIGNED = _constant("cohort", within="province")


PRODEMOS = pa.DataFrameSchema(
    {**_PLACE, "democratiekennis": _SCORE},
    checks=[_constant(*_CONSTANT), _ASSIGNED],
    unique=["municipality", "year"],
    strict=True,
    name="prodemos.csv",
)

TIENSKIP = pa.DataFrameSchema(
    {**_PLACE, "reached": pa.Column(int, pa.Check.ge(0), coerce=True), "betrokkenheid": _SCORE},
    checks=[
        _constant(*_CONSTANT, "reached"),
        _ASSIGNED,
        pa.Check(
            lambda frame: ((frame["reached"] > 0) == frame["cohort"].notna()).all(),
            error="reached must be above zero exactly where a cohort is given",
        ),
    ],
    unique=["municipality", "year"],
    strict=True,
    name="tienskip.csv",
)


def read_registration(path: Path, contract: pa.DataFrameSchema) -> pd.DataFrame:
    """`path` as a frame that keeps `contract`, with one spelling for each municipality and province.

    Raises
    ------
    ValueError
        If the file is not readable, has no rows or breaks its contract; names file, column and row (1 is the
        first below the header).
    """
    table = read_text_table(path)
    if "municipality" in table:
        table["municipality"] = one_spelling(table["municipality"])
    if "province" in table:  # what is no province stays as it stands, for the contract to name
        names = province_names()
        codes = place_provinces(table["province"], names).codes
        table["province"] = codes.where(codes.isin(list(names)), table["province"])
    return conform(table, contract, path.name)
