"""The regions of the country: provinces and Caribbean bodies, who borders whom, boundaries, tile grid.

Province codes are CBS codes and always text (``PV20`` … ``PV31``). The three Caribbean public bodies are
regions of their own and belong to no province.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd

from analysis.sources.contract import conform
from analysis.sources.geography_contract import ADJACENCY, PROVINCE, REGIONS, TILE_GRID
from analysis.sources.polygons import mended
from analysis.sources.texttable import read_text_table
from analysis.workspace import Workspace

RD_NEW = "EPSG:28992"  # metres; areas and distances are right in this one
_CONTRACTS = {"regions.csv": REGIONS, "adjacency.csv": ADJACENCY, "tilegrid.csv": TILE_GRID}
_OTHER_NAMES = {"friesland": "PV21"}  # the Dutch name, nearer in letters to Flevoland than to Fryslân
_SHOWN = 5  # errors listed before "and n more"


def regions(workspace: Workspace | None = None) -> pd.DataFrame:
    """All regions: columns code, name, kind (provincie, openbaar lichaam), source and status."""
    return _table("regions.csv", workspace)


def province_names(workspace: Workspace | None = None) -> dict[str, str]:
    """Dutch name by code, in the order of the codes: ``{"PV20": "Groningen", …}``."""
    return _names(PROVINCE, workspace)


def adjacency(workspace: Workspace | None = None) -> pd.DataFrame:
    """Each pair of neighbouring provinces once: code, neighbour, contact, remark, source, status.

    `contact` is ``grens`` where the boundaries touch and ``water`` where only a strip of water lies
    between them (Flevoland and the old land).
    """
    pairs = _table("adjacency.csv", workspace)
    for column in ("code", "neighbour"):
        require_provinces(pairs[column], f"adjacency.csv, column {column}", workspace)
    return pairs


def neighbours(workspace: Workspace | None = None) -> dict[str, tuple[str, ...]]:
    """The neighbours of each province, both ways: ``{"PV20": ("PV21", "PV22"), …}``."""
    pairs = adjacency(workspace)
    found: dict[str, set[str]] = {code: set() for code in province_names(workspace)}
    for one, other in pairs[["code", "neighbour"]].itertuples(index=False):
        found[one].add(other)
        found[other].add(one)
    return {code: tuple(sorted(others)) for code, others in found.items()}


def tile_grid(workspace: Workspace | None = None) -> pd.DataFrame:
    """One square a province: code, column (from the west), row (from the north), source, status."""
    grid = _table("tilegrid.csv", workspace)
    require_all_provinces(grid["code"], "tilegrid.csv, column code", workspace)
    return grid


def boundaries(workspace: Workspace | None = None) -> gpd.GeoDataFrame:
    """The twelve provinces as multipolygons in metres (RD New): columns code, name, geometry.

    For thematic maps only: generalised, without the large inland waters, borders of before 2019. See
    ``data/facts/geo/README.md``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, a province is missing or unknown, or a polygon is not valid.
    """
    path = _folder(workspace) / "provinces.geojson"
    return _boundaries(path, path.stat().st_mtime_ns if path.is_file() else 0).copy()


def require_provinces(codes: Iterable, place: str, workspace: Workspace | None = None) -> None:
    """Raise unless every code is that of a province.

    Parameters
    ----------
    codes : iterable of str
    place : str
        File and column, for the message; the row is counted from 1, below the header.

    Raises
    ------
    ValueError
        Naming place, row, what stands there and what was probably meant.
    """
    names = province_names(workspace)
    wrong = [
        f"row {row}: {_explain(code, names)}" for row, code in enumerate(codes, start=1) if code not in names
    ]
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise ValueError(
            f"{place}: not a province code. {'; '.join(wrong[:_SHOWN])}{more}. "
            f"Known are the CBS codes {min(names)} to {max(names)}, as text"
        )


def require_all_provinces(codes: Iterable, place: str, workspace: Workspace | None = None) -> None:
    """Raise unless `codes` holds every province exactly once."""
    codes = list(codes)
    require_provinces(codes, place, workspace)
    absent = sorted(set(province_names(workspace)) - set(codes))
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if absent or twice:
        raise ValueError(
            f"{place}: each of the twelve provinces once; absent: {', '.join(absent) or 'none'}; "
            f"more than once: {', '.join(twice) or 'none'}"
        )


def _explain(code: object, names: dict[str, str]) -> str:
    if not isinstance(code, str):
        return f"{code!r} is not text (a code read as a number or an empty cell)"
    if code.strip().upper() in names:
        return f"{code!r} has spaces or lower case; {code.strip().upper()} is meant"
    by_name = {name.casefold(): key for key, name in names.items()} | _OTHER_NAMES
    close = difflib.get_close_matches(code.strip().casefold(), by_name, n=1, cutoff=0.85)
    return f"{code!r} is a name; its code is {by_name[close[0]]}" if close else f"{code!r} is unknown"


def _names(kind: str, workspace: Workspace | None) -> dict[str, str]:
    table = regions(workspace)
    table = table[table["kind"] == kind].sort_values("code")
    return dict(zip(table["code"], table["name"], strict=True))


def _folder(workspace: Workspace | None) -> Path:
    return (workspace or Workspace.current()).facts / "geo"


def _table(name: str, workspace: Workspace | None) -> pd.DataFrame:
    path = _folder(workspace) / name
    return _read(path, path.stat().st_mtime_ns if path.is_file() else 0).copy()


# The files are small but asked for often; the modification time keeps an edited file from going stale.
@cache
def _read(path: Path, _modified: int) -> pd.DataFrame:
    _require_file(path)
    return conform(read_text_table(path), _CONTRACTS[path.name], path)


@cache
def _boundaries(path: Path, _modified: int) -> gpd.GeoDataFrame:
    _require_file(path)
    try:
        shapes = gpd.read_file(path)
    except Exception as error:  # pyogrio, GDAL and JSON each raise their own
        raise ValueError(f"{path}: not a readable GeoJSON file: {error}") from error
    missing = {"statcode", "statnaam"} - set(shapes.columns)
    if missing:
        raise ValueError(f"{path}: property {', '.join(sorted(missing))} is absent")
    require_all_provinces(shapes["statcode"], f"{path}, property statcode")
    shapes = shapes.rename(columns={"statcode": "code", "statnaam": "name"}).sort_values("code")
    shapes = shapes[["code", "name", "geometry"]].reset_index(drop=True).to_crs(RD_NEW)
    return mended(shapes, str(path))


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is absent: it belongs in the repository")
