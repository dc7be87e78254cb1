"""Contract of a student file of ICCS: which columns are read, what they may hold, how missing is coded.

``ISG<CNT>C<cycle>.sav`` of the IEA; names as in the codebooks of 2009, 2016 and 2022. The frame that
leaves the loader has the names of :data:`STUDENTS`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa

from analysis.design.gap import LEVELS, TRACKS

CYCLES = {"C2": 2009, "C3": 2016, "C4": 2022}
ZONES = 75
PLAUSIBLE_VALUES = 5
MOST_PLAUSIBLE_VALUES = 20
PV_COLUMNS = tuple(f"pv{k}" for k in range(1, PLAUSIBLE_VALUES + 1))

# Codes the IEA uses for not reached, not applicable, invalid and omitted, by width of the variable.
MISSING_CODES = frozenset(code for width in range(1, 7) for code in range(10**width - 4, 10**width))


@dataclass(frozen=True)
class FileColumn:
    """One variable of the file.

    Attributes
    ----------
    name : str
        Name in the frame.
    names : tuple of str
        Names in the files of the several cycles, upper case.
    low, high : float
        Range of valid values. Outside it a missing code is missing and anything else an error.
    whole : bool
        Valid values are whole numbers.
    required : bool
        An estimate needs it: absent or missing anywhere is an error.
    """

    name: str
    names: tuple[str, ...]
    low: float
    high: float
    whole: bool = False
    required: bool = False


REQUIRED = (
    FileColumn("pupil", ("IDSTUD",), 1, 1e12, whole=True, required=True),
    FileColumn("weight", ("TOTWGTS",), 1e-6, 1e6, required=True),
    FileColumn("zone", ("JKZONES", "JKZONE"), 1, ZONES, whole=True, required=True),
    FileColumn("rep", ("JKREPS", "JKREP"), 0, 1, whole=True, required=True),
    *(
        FileColumn(name, (f"PV{k}CIV",), -300, 1300, required=True)
        for k, name in enumerate(PV_COLUMNS, start=1)
    ),
)
MORE_VALUES = tuple(
    FileColumn(f"pv{k}", (f"PV{k}CIV",), -300, 1300, required=True)
    for k in range(PLAUSIBLE_VALUES + 1, MOST_PLAUSIBLE_VALUES + 1)
)
GENDERS = ("boy", "girl", "other")
GENDER = ((("S_GENDER", "SGENDER"), 0), (("IS4G02", "IS3G02"), 1))  # names, and the code of boys
COUNTRY_NUMBERS = {"528": "NLD"}  # ISO 3166-1, for files that keep the country as a number
BACKGROUND = (
    FileColumn("school", ("IDSCHOOL",), 1, 1e9, whole=True),
    FileColumn("classroom", ("IDCLASS",), 1, 1e11, whole=True),
    FileColumn("age", ("S_AGE", "SAGE"), 8, 25),
    FileColumn("ses", ("S_NISB", "NISB"), -8, 8),
    FileColumn("hisei", ("S_HISEI", "HISEI"), 10, 90),
    FileColumn("books", ("S_HOMLIT", "HOMELIT"), 0, 5, whole=True),
    FileColumn("immigration", ("S_IMMIG", "IMMIG"), 1, 3, whole=True),
    *(
        FileColumn(name, (f"S_{name.upper()}", name.upper()), -50, 150)
        for name in ("citeff", "elecpart", "intrust", "opdisc", "civlrn", "polpart", "legact", "poldisc")
    ),
)

_NUMBER = {"nullable": True, "required": False, "coerce": True}
_BACKGROUND = {
    column.name: pa.Column(float, pa.Check.in_range(column.low, column.high), **_NUMBER)
    for column in BACKGROUND
}

STUDENTS = pa.DataFrameSchema(
    {
        "system": pa.Column(str, pa.Check.str_matches(r"^[A-Z0-9]{3}$")),
        "cycle": pa.Column(int, pa.Check.isin(sorted(CYCLES.values()))),
        "pupil": pa.Column("int64", pa.Check.gt(0)),
        "weight": pa.Column(float, pa.Check.gt(0)),
        "zone": pa.Column("int64", pa.Check.in_range(1, ZONES)),
        "rep": pa.Column("int64", pa.Check.isin([0, 1])),
        **{name: pa.Column(float, pa.Check.in_range(-300, 1300)) for name in PV_COLUMNS},
        r"^pv([6-9]|1\d|20)$": pa.Column(float, pa.Check.in_range(-300, 1300), required=False, regex=True),
        **_BACKGROUND,
        "female": pa.Column(float, pa.Check.isin([0.0, 1.0]), **_NUMBER),
        "gender": pa.Column(str, pa.Check.isin(GENDERS), nullable=True, required=False),
        "migration": pa.Column(float, pa.Check.isin([0.0, 1.0]), **_NUMBER),
        "level": pa.Column(str, pa.Check.isin(LEVELS), nullable=True, required=False),
        "track": pa.Column(str, pa.Check.isin(TRACKS), nullable=True, required=False),
    },
    unique=["system", "cycle", "pupil"],
    strict=True,
    name="ICCS students",
)
"""One row a pupil. ``female`` is 1 for girls, 0 for boys and missing for another answer, which
``gender`` keeps; ``level`` is the track as fine as the file has it; ``ses`` the national index of social
background (mean 0, SD 1 in each system and cycle); ``migration`` 1 where ``immigration`` is 2 or 3 (parents
born abroad)."""


def plausible_columns(frame: pd.DataFrame) -> list[str]:
    """Names of the plausible values that `frame` has: five or more, in order."""
    return [name for k in range(1, MOST_PLAUSIBLE_VALUES + 1) if (name := f"pv{k}") in frame]
