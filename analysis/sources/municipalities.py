"""Municipalities by year, and the province to which each belonged.

Worked out from the boundaries of one year (:mod:`analysis.sources.pdok`): a municipality belongs to the
province that holds its inner point.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from analysis.sources.contract import conform
from analysis.sources.facts import cbs_population
from analysis.sources.pdok import FILES, read_regions, year_of
from analysis.sources.pdok_contract import MEMBERSHIP, MUNICIPALITIES, PROVINCES
from analysis.workspace import Workspace


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


def _require_published_count(table: pd.DataFrame, path: Path, workspace: Workspace) -> None:
    published = cbs_population(workspace).set_index("statcode")
    if not published["date"].str.startswith(f"{table['year'].iloc[0]}-01-01").all():
        return
    counted = table["province"].value_counts()
    for code, expected in published["municipalities"].items():
        found = len(table) if code == "NL01" else int(counted.get(code, 0))
        if found != int(expected):
            raise ValueError(f"{path.name}: {found} municipalities in {code}; CBS publishes {int(expected)}")
