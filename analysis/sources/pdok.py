"""Boundaries of provinces and municipalities by year: PDOK, CBS gebiedsindelingen (CC BY 4.0).

Files are GeoJSON of the layers ``provincie_gegeneraliseerd`` and ``gemeente_gegeneraliseerd``. Their source
line, to be printed with every map: "Bron: CBS, Kadaster".
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj.exceptions import ProjError
from shapely.errors import GEOSException

from analysis.sources.archive import read_bytes
from analysis.sources.contract import conform
from analysis.sources.geography import RD_NEW, require_all_provinces
from analysis.sources.pdok_contract import LAND, LAYERS, MUNICIPALITIES, PROVINCES, region_contract
from analysis.sources.polygons import mended, require_polygon
from analysis.sources.texttable import shown

LARGEST = 256 * 2**20
FILES = {PROVINCES: "pdok_provincie_{year}.geojson", MUNICIPALITIES: "pdok_gemeente_{year}.geojson"}
_NAME = re.compile(r"pdok_(provincie|gemeente)_(\d{4})\.geojson")
_EPSG = re.compile(r"(?:EPSG:{1,2}|/EPSG/0/)(\d{4,6})$", re.IGNORECASE)
_FEWEST_MUNICIPALITIES = 100  # a server that pages gives the first part only


def read_regions(path: Path, layer: str) -> gpd.GeoDataFrame:
    """The regions of a layer: code, name, geometry in metres (RD New), by code.

    Polygons that rounding made cross themselves are mended, with a remark in ``attrs["remark"]``.

    Parameters
    ----------
    layer : str
        ``provincie`` or ``gemeente``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is no GeoJSON, has other properties or an unknown code, a region is missing, occurs twice
        or has no valid polygon, or lies outside the country (as with swapped axes).
    """
    path = Path(path)
    if layer not in LAYERS:
        raise ValueError(f"layer {layer!r}: expected one of {', '.join(LAYERS)}")
    try:
        return _read_regions(path, layer)
    except RecursionError as error:
        raise ValueError(f"{path.name}: nested too deeply for a map; fetch it again") from error


def _read_regions(path: Path, layer: str) -> gpd.GeoDataFrame:
    content = _content(path)
    features = content["features"]
    declared = content.get("numberMatched")
    if isinstance(declared, int) and declared != len(features):
        raise ValueError(
            f"{path.name}: {len(features)} of {declared} regions; the server gave one page; ask for all"
        )
    table = _properties(features, path)
    table = conform(table, region_contract(layer), path.name)
    for number, feature in enumerate(features, start=1):
        require_polygon(feature.get("geometry"), f"{path.name}, region {number}")
    crs = _crs(content, path)
    try:
        shapes = gpd.GeoDataFrame(table, geometry=_geometries(features), crs=crs).to_crs(RD_NEW)
    except (GEOSException, ProjError, ValueError, TypeError, IndexError, KeyError) as error:
        raise ValueError(f"{path.name}: a polygon cannot be read ({error})") from error
    _require_land(shapes, path)
    shapes = mended(shapes, path.name)
    if layer == PROVINCES:
        require_all_provinces(shapes["code"], f"{path.name}, property statcode")
    elif len(shapes) < _FEWEST_MUNICIPALITIES:
        raise ValueError(f"{path.name}: {len(shapes)} municipalities; the list is cut off")
    return shapes.sort_values("code", ignore_index=True)


def year_of(path: Path) -> int:
    """The year in the name of a file of boundaries."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path.name}: expected a name such as {FILES[MUNICIPALITIES].format(year=2024)}")
    return int(match[2])


def _content(path: Path) -> dict:
    text = read_bytes(path, LARGEST)
    if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise ValueError(f"{path.name}: this is a web page or an XML error, not data; fetch it again")
    try:
        content = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path.name}: this is not JSON, or it is cut off ({error}); fetch it again"
        ) from error
    if (
        not isinstance(content, dict)
        or content.get("type") != "FeatureCollection"
        or not isinstance(content.get("features"), list)
    ):
        raise ValueError(f"{path.name}: this is not a GeoJSON FeatureCollection")
    if not content["features"]:
        raise ValueError(f"{path.name}: no region in it")
    return content


def _properties(features: list, path: Path) -> pd.DataFrame:
    rows = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            raise ValueError(f"{path.name}, region {number}: no properties")
        absent = {"statcode", "statnaam"} - properties.keys()
        if absent:
            raise ValueError(
                f"{path.name}, region {number}: property {', '.join(sorted(absent))} is absent; there are "
                f"{', '.join(map(str, properties))}"
            )
        code, name = properties["statcode"], properties["statnaam"]
        if not isinstance(code, str) or not isinstance(name, str):
            raise ValueError(
                f"{path.name}, region {number}: statcode {shown(code)}, statnaam {shown(name)} must be text"
            )
        rows.append((code.strip(), name.strip()))
    return pd.DataFrame(rows, columns=["code", "name"], dtype="str")


def _geometries(features: list) -> gpd.GeoSeries:
    bare = [{"type": "Feature", "properties": {}, "geometry": one["geometry"]} for one in features]
    return gpd.GeoDataFrame.from_features(bare).geometry


def _crs(content: dict, path: Path) -> str:
    """The reference system the file names; GeoJSON without one is longitude and latitude."""
    crs = content.get("crs") or {}
    properties = crs.get("properties") or {} if isinstance(crs, dict) else None
    named = properties.get("name", "") if isinstance(properties, dict) else None
    if not isinstance(named, str):
        raise ValueError(f"{path.name}: crs does not name a reference system; expected crs.properties.name")
    if not named or "CRS84" in named:
        return "EPSG:4326"
    match = _EPSG.search(named)
    if match is None:
        raise ValueError(f"{path.name}: unknown reference system {shown(named)}")
    return f"EPSG:{match[1]}"


def _require_land(shapes: gpd.GeoDataFrame, path: Path) -> None:
    west, south, east, north = shapes.total_bounds
    low_x, low_y, high_x, high_y = LAND
    if not (low_x < west and low_y < south and east < high_x and north < high_y):
        raise ValueError(
            f"{path.name}: the regions lie between ({west:.0f}, {south:.0f}) and ({east:.0f}, {north:.0f}) m "
            "in RD New, outside the Netherlands; are the axes swapped, or is it another reference system?"
        )
