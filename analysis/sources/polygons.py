"""Polygons from files: checked before a library sees them, and mended where rounding broke them.

Publishers round coordinates, and rounding makes a narrow strip of a polygon cross itself. Such a polygon
covers the same land when it is made valid, which is how it is told from one that is wrong.
"""

from __future__ import annotations

import geopandas as gpd
import shapely

from analysis.sources.texttable import shown

DEPTHS = {"Polygon": 2, "MultiPolygon": 3}  # lists around the positions
REMARK = "remark"  # key in the attrs of a frame with mended polygons
_PLAIN = (str, int, float, type(None))
_FARTHEST = 1e9  # of a coordinate, in metres or degrees
_SAME_LAND = 1e-3  # share of the area by which a mended polygon may differ


def require_polygon(geometry: object, place: str) -> None:
    """Raise unless `geometry` is that of a GeoJSON polygon: nested lists of positions of finite numbers.

    Raises
    ------
    ValueError
        Naming `place` (file and region) and what was found.
    """
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    kind = kind if isinstance(kind, str) else None
    if kind not in DEPTHS:
        raise ValueError(f"{place}: geometry {kind!r}; expected a polygon")
    lists = [geometry.get("coordinates")]
    for _ in range(DEPTHS[kind]):
        if not all(isinstance(one, list) for one in lists):
            raise ValueError(f"{place}: the coordinates of a {kind} are lists of rings of positions")
        lists = [inner for one in lists for inner in one]
    wrong = next((one for one in lists if not _is_position(one)), None)
    if wrong is not None:
        parts = wrong if isinstance(wrong, list) else [wrong]
        found = ", ".join(shown(one) if isinstance(one, _PLAIN) else type(one).__name__ for one in parts[:3])
        raise ValueError(f"{place}: found {found or 'nothing'}; a position is two or three numbers")


def mended(shapes: gpd.GeoDataFrame, place: str) -> gpd.GeoDataFrame:
    """`shapes` with every polygon valid; what was mended is said in Dutch in ``attrs["remark"]``.

    Parameters
    ----------
    shapes : geopandas.GeoDataFrame
        With column `code`, in metres.

    Raises
    ------
    ValueError
        If a polygon is empty, or covers other land once it is valid; names `place` and the regions.
    """
    broken = ~shapes.is_valid | shapes.is_empty
    if not broken.any():
        return shapes
    before = shapes.loc[broken, ["code", "geometry"]].set_index("code")["geometry"]
    after = before.apply(_valid)
    wrong = after.index[~((after.area - before.area).abs() <= _SAME_LAND * before.area) | after.is_empty]
    if len(wrong):
        raise ValueError(f"{place}: the polygon of {', '.join(wrong[:5])} is not valid")
    shapes = shapes.copy()
    shapes.loc[broken, "geometry"] = after.to_numpy()
    shapes.attrs[REMARK] = (
        f"In {place} kruisten de grenzen van {', '.join(after.index)} zichzelf door afronding; zij zijn "
        "hersteld zonder dat er land bij kwam of af ging."
    )
    return shapes


def _is_position(one: object) -> bool:
    if not isinstance(one, list) or len(one) not in (2, 3):
        return False
    return all(type(part) in (int, float) and abs(part) <= _FARTHEST for part in one)  # NaN is not


def _valid(shape: shapely.Geometry | None) -> shapely.Geometry:
    """The polygons of what is left when `shape` is made valid: lines and points have no land."""
    if shape is None or shape.is_empty:
        return shapely.MultiPolygon()
    made = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(made) if part.geom_type in DEPTHS]
    return parts[0] if len(parts) == 1 else shapely.unary_union(parts)
