"""Municipalities by year: which province each belonged to, and what became of those that merged.

Worked out from the boundaries of one year (:mod:`analysis.sources.pdok`), because no list that is in this
repository has it: a municipality belongs to the province that holds its inner point, and a municipality that
is gone went where most of its land went.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from analysis.sources.contract import conform
from analysis.sources.facts import cbs_population
from analysis.sources.pdok import FILES, read_regions, year_of
from analysis.sources.pdok_contract import MEMBERSHIP, MUNICIPALITIES, PROVINCES
from analysis.workspace import Workspace

_SAME_LAND = 0.95  # share of its land by which a municipality counts as gone over whole
_SLIVER = 0.01  # generalised lines of two years never coincide; less land than this is noise


def known_years(workspace: Workspace | None = None) -> tuple[int, ...]:
    """Years for which both layers of boundaries are present, ascending."""
    folder = (workspace or Workspace.current()).data
    years = [
        {year_of(path) for path in folder.glob(name.format(year="[0-9][0-9][0-9][0-9]"))}
        for name in FILES.values()
    ]
    return tuple(sorted(set.intersection(*years)))


def municipalities(year: int, workspace: Workspace | None = None) -> pd.DataFrame:
    """The municipalities on 1 January of `year`: code, name, province, year.

    Raises
    ------
    FileNotFoundError, ValueError
        If the boundaries of that year are absent or damaged, a municipality lies in no province, or, for the
        year of which a published count is known, the numbers per province differ from it.
    """
    workspace = workspace or Workspace.current()
    paths = {layer: workspace.data / name.format(year=year) for layer, name in FILES.items()}
    for path in paths.values():
        if not path.is_file():
            known = ", ".join(map(str, known_years(workspace))) or "none"
            raise FileNotFoundError(
                f"{path.name}: no such file in {path.parent.name}/; years present: {known}. Fetch it with: "
                "python -m analysis fetch"
            )
    table = membership(
        read_regions(paths[MUNICIPALITIES], MUNICIPALITIES), read_regions(paths[PROVINCES], PROVINCES), year
    )
    _require_published_count(table, paths[MUNICIPALITIES], workspace)
    return table


def membership(towns: gpd.GeoDataFrame, provinces: gpd.GeoDataFrame, year: int) -> pd.DataFrame:
    """Each municipality with the province that holds its inner point.

    Raises
    ------
    ValueError
        If a municipality lies in no province, or in two.
    """
    points = towns[["code", "name"]].set_geometry(towns.representative_point())
    holders = provinces[["code", "geometry"]].rename(columns={"code": "province"})
    joined = points.sjoin(holders, predicate="within", how="left")
    checks = (
        (joined["province"].isna(), "lies in no province"),
        (joined["code"].duplicated(), "lies in two provinces"),
    )
    for wrong, said in checks:
        if wrong.any():
            first = joined[wrong].iloc[0]
            raise ValueError(f"municipality {first['code']} ({first['name']}) {said} of {year}")
    table = pd.DataFrame(joined[["code", "name", "province"]]).astype("str")
    table["year"] = pd.Series(year, index=table.index, dtype="int64")
    return conform(table.sort_values("code", ignore_index=True), MEMBERSHIP, f"municipalities of {year}")


def mergers(earlier: gpd.GeoDataFrame, later: gpd.GeoDataFrame) -> pd.DataFrame:
    """Where the land of every municipality went that is no longer there under its code.

    Returns
    -------
    pandas.DataFrame
        code, name, into, into_name, share (of the land of `code`, 0 to 1), kind (``opgegaan``: whole;
        ``gesplitst``: divided), by code and falling share. Land under one per cent is left out as noise of
        the generalised lines.
    """
    gone = earlier[~earlier["code"].isin(later["code"])]
    columns = ["code", "name", "into", "into_name", "share", "kind"]
    if gone.empty:
        return pd.DataFrame(columns=columns)
    sizes = gone.set_index("code").area
    later = later.rename(columns={"code": "into", "name": "into_name"})
    pieces = gpd.overlay(gone, later, how="intersection", keep_geom_type=True)
    pieces["share"] = pieces.area / pieces["code"].map(sizes)
    pieces = pieces[pieces["share"] >= _SLIVER]
    lost = sorted(set(gone["code"]) - set(pieces["code"]))
    if lost:
        raise ValueError(f"the land of {', '.join(lost)} lies in no later municipality")
    largest = pieces.groupby("code")["share"].transform("max")
    pieces["kind"] = (largest >= _SAME_LAND).map({True: "opgegaan", False: "gesplitst"})
    ordered = pieces.sort_values(["code", "share"], ascending=[True, False], ignore_index=True)
    return pd.DataFrame(ordered[columns])


def require_members(
    codes: Iterable[str], provinces: Iterable[str], members: pd.DataFrame, place: str
) -> None:
    """Raise unless every municipality is one of the year and belongs to the province beside it.

    Parameters
    ----------
    codes, provinces : iterable of str
        Of equal length: GM codes, text of six characters, and PV codes.
    members : pandas.DataFrame
        From :func:`municipalities`.
    place : str
        File, for the message; the row is counted from 1, below the header.
    """
    known = dict(zip(members["code"], members["province"], strict=True))
    year = int(members["year"].iloc[0])
    for row, (code, province) in enumerate(zip(codes, provinces, strict=True), start=1):
        if code not in known:
            raise ValueError(
                f"{place}, row {row}: {code!r} is no municipality of {year}; codes are as GM0363"
            )
        if known[code] != province:
            raise ValueError(
                f"{place}, row {row}: {code} belongs to {known[code]} in {year}, not to {province}"
            )


def _require_published_count(table: pd.DataFrame, path: Path, workspace: Workspace) -> None:
    published = cbs_population(workspace).set_index("statcode")
    if not published["date"].str.startswith(f"{table['year'].iloc[0]}-01-01").all():
        return
    counted = table["province"].value_counts()
    for code, expected in published["municipalities"].items():
        found = len(table) if code == "NL01" else int(counted.get(code, 0))
        if found != int(expected):
            raise ValueError(f"{path.name}: {found} municipalities in {code}; CBS publishes {int(expected)}")
