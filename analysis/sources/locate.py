"""Place each row of a table by the most precise of its columns that can be placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.sources.placenames import cell_text
from analysis.sources.places import (
    PROVINCE,
    SCHOOL,
    UNPLACED,
    Placement,
    level_of,
    place_municipalities,
    place_postcodes,
    place_provinces,
    place_schools,
    school_code,
)

CONTRADICTION = "ligt in"  # how the reason begins where municipality and province beside it differ


@dataclass(frozen=True)
class Gazetteer:
    """Where places are looked up.

    Attributes
    ----------
    provinces : mapping of str to str
        Name by code.
    municipalities : pandas.DataFrame or None
        code, name, province and perhaps year; without it names of municipalities cannot be placed.
    schools : pandas.DataFrame or None
        location (``01AB00``) and municipality; without it schools are places by themselves.
    postcodes : pandas.DataFrame or None
        postcode (four digits) and municipality.
    """

    provinces: Mapping[str, str]
    municipalities: pd.DataFrame | None = None
    schools: pd.DataFrame | None = None
    postcodes: pd.DataFrame | None = None


def located(table: pd.DataFrame, gazetteer: Gazetteer, years: pd.Series) -> pd.DataFrame:
    """Place of each row.

    The municipality as written goes before that of the school, the postcode and the province. A row whose
    municipality contradicts its province is not placed.

    Parameters
    ----------
    table : pandas.DataFrame of str
        Those of municipality, school, postcode and province that there are.
    years : pandas.Series
        Year of each row, for a table of municipalities with years.

    Returns
    -------
    pandas.DataFrame
        place (code, missing if none), level (of :mod:`analysis.sources.places`), school (BRIN with location,
        or ""), note ("", ``unplaced`` or ``coarser``), value and reason (of what could not be placed).
    """
    empty = pd.Series("", table.index, dtype="str")
    cells = {name: table.get(name, empty) for name in ("municipality", "school", "postcode", "province")}
    province = place_provinces(cells["province"], gazetteer.provinces)
    tried = [
        place_municipalities(
            cells["municipality"], gazetteer.municipalities, provinces=province.codes, years=years
        )
    ]
    if gazetteer.schools is not None:
        tried.append(place_schools(cells["school"], gazetteer.schools))
    if gazetteer.postcodes is not None:
        tried.append(place_postcodes(cells["postcode"], gazetteer.postcodes))
    schools = [school_code(cell_text(value)) or "" for value in cells["school"]]
    rows = [
        _row(number, tried, province, schools[number], f"{cells['school'].iloc[number]}{postcode}")
        for number, postcode in enumerate(cells["postcode"])
    ]
    frame = pd.DataFrame(rows, index=table.index, columns=["place", "level", "note", "value", "reason"])
    return frame.astype("str").assign(school=pd.Series(schools, table.index, dtype="str"))


def _row(number: int, tried: list[Placement], province: Placement, school: str, other: str) -> tuple:
    """Place, level, note, value and reason of a row; `other` is what no list was given for."""
    for placement in tried:
        if isinstance(code := placement.codes.iloc[number], str):
            return code, level_of(code), "", "", ""
    failed = next((one for one in (*tried, province) if one.reasons[number]), None)
    value, reason = (failed.texts[number], failed.reasons[number]) if failed else ("", "")
    code = province.codes.iloc[number]
    if isinstance(code, str) and not reason.startswith(CONTRADICTION):
        return code, PROVINCE, "coarser" if reason else "", value, reason
    if school and not reason:
        return school, SCHOOL, "", "", ""
    if not reason:
        value, reason = (other, "niet te plaatsen zonder lijst") if other else ("", "geen plaats")
    return None, UNPLACED, "unplaced", value, reason
