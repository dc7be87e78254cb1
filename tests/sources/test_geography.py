"""Provinces, neighbours, tiles and boundaries: right as shipped, refused when damaged."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from analysis.sources import geography
from analysis.workspace import Workspace, find_root

# What the boundaries' source adds up to; closing the gaps between provinces adds 1.5 %.
SOURCE_AREA_KM2 = 34_630

# Somewhere inside each province: its capital (longitude, latitude).
CAPITALS = {
    "PV20": (6.567, 53.219),
    "PV21": (5.799, 53.201),
    "PV22": (6.564, 52.993),
    "PV23": (6.094, 52.517),
    "PV24": (5.475, 52.519),
    "PV25": (5.911, 51.985),
    "PV26": (5.121, 52.091),
    "PV27": (4.639, 52.381),
    "PV28": (4.301, 52.071),
    "PV29": (3.611, 51.499),
    "PV30": (5.303, 51.690),
    "PV31": (5.691, 50.851),
}
# Land area with inland water but without the large waters, km²; the file is generalised.
PLAUSIBLE_KM2 = {
    "PV20": (2250, 2500),
    "PV21": (3300, 3650),
    "PV22": (2550, 2700),
    "PV23": (3250, 3450),
    "PV24": (1350, 1500),
    "PV25": (4950, 5150),
    "PV26": (1340, 1490),
    "PV27": (2600, 3050),
    "PV28": (2750, 3300),
    "PV29": (1750, 1950),
    "PV30": (4900, 5250),
    "PV31": (2050, 2220),
}


@pytest.fixture(scope="module")
def provinces():
    return geography.boundaries()


@pytest.fixture
def copy(tmp_path):
    """A workspace whose geography may be damaged, and its folder."""
    folder = tmp_path / "data" / "facts" / "geo"
    shutil.copytree(find_root() / "data" / "facts" / "geo", folder)
    return Workspace(root=tmp_path, data=tmp_path / "real"), folder


def test_twelve_provinces_with_cbs_codes_in_order():
    names = geography.province_names()
    assert list(names) == [f"PV{number}" for number in range(20, 32)]
    assert names["PV21"] == "Fryslân"
    assert len(set(names.values())) == 12


def test_the_caribbean_bodies_are_their_own_entries():
    regions = geography.regions()
    caribbean = regions[~regions["code"].isin(geography.province_names())]
    assert set(caribbean["name"]) == {"Bonaire", "Saba", "Sint Eustatius"}
    assert len(regions) == 15


def test_neighbours_hold_both_ways_and_nobody_is_its_own():
    found = geography.neighbours()
    assert set(found) == set(geography.province_names())
    for code, others in found.items():
        assert code not in others
        assert all(code in found[other] for other in others)
    assert found["PV20"] == ("PV21", "PV22")
    assert found["PV29"] == ("PV28", "PV30")


def test_neighbours_equal_the_shared_table(shared):
    table = json.loads((shared / "facts" / "adjacency.json").read_text(encoding="utf-8"))
    assert {code: tuple(sorted(others)) for code, others in table.items()} == geography.neighbours()


def test_tiles_equal_the_shared_table(shared):
    table = pd.read_csv(shared / "facts" / "tilegrid.csv").sort_values("statcode")
    grid = geography.tile_grid()
    assert list(zip(grid["code"], grid["column"], grid["row"], strict=True)) == list(
        table.itertuples(index=False, name=None)
    )


def test_tiles_keep_most_neighbours_together():
    grid = geography.tile_grid().set_index("code")
    assert not grid.duplicated(["column", "row"]).any()
    apart = [
        (one, other)
        for one, others in geography.neighbours().items()
        for other in others
        if max(abs(grid.loc[one, ["column", "row"]] - grid.loc[other, ["column", "row"]])) > 1
    ]
    assert len(apart) / 2 <= 4


def test_boundaries_are_twelve_valid_polygons_in_metres(provinces):
    assert list(provinces["code"]) == list(geography.province_names())
    assert list(provinces["name"]) == list(geography.province_names().values())
    assert provinces.is_valid.all()
    assert provinces.crs.to_epsg() == 28992


def test_areas_are_those_of_the_provinces(provinces):
    area = provinces.set_index("code").area / 1e6
    assert area.sum() == pytest.approx(SOURCE_AREA_KM2, rel=0.02)
    for code, (low, high) in PLAUSIBLE_KM2.items():
        assert low < area[code] < high, code


def test_capitals_lie_in_their_province(provinces):
    points = gpd.GeoSeries.from_xy(*zip(*CAPITALS.values(), strict=True), crs=4326).to_crs(provinces.crs)
    for code, point in zip(CAPITALS, points, strict=True):
        inside = provinces.loc[provinces.distance(point) < 1500, "code"]
        assert code in set(inside), code
    assert (
        provinces.set_index("code").distance(gpd.GeoSeries(points.values, list(CAPITALS), crs=28992)) < 1500
    ).all()


def test_geometry_agrees_with_the_neighbours(provinces):
    shapes = provinces.set_index("code").geometry
    contact = {(row.code, row.neighbour): row.contact for row in geography.adjacency().itertuples()}
    for place, one in enumerate(shapes.index):
        for other in shapes.index[place + 1 :]:
            apart = shapes[one].distance(shapes[other])
            if contact.get((one, other)) == "grens":
                assert apart < 1, (one, other)
            elif contact.get((one, other)) == "water":  # Flevoland: reclaimed, with a lake around it
                assert 500 < apart < 2500, (one, other)
            else:
                assert apart > 5000, (one, other)


def test_provinces_neither_overlap_nor_leave_slits():
    raw = gpd.read_file(find_root() / "data" / "facts" / "geo" / "provinces.geojson")
    assert shapely.coverage_is_valid(raw.geometry.values)
    together = shapely.coverage_union_all(raw.to_crs(28992).geometry.values)
    holes = [ring for part in together.geoms for ring in part.interiors]
    assert len(holes) == 1  # the IJsselmeer, closed off by the Afsluitdijk
    assert 1500 < shapely.Polygon(holes[0]).area / 1e6 < 3500
    assert together.area == pytest.approx(raw.to_crs(28992).area.sum(), rel=1e-9)


def test_the_boundaries_are_small_and_their_origin_is_told():
    folder = find_root() / "data" / "facts" / "geo"
    assert (folder / "provinces.geojson").stat().st_size < 150_000
    told = (folder / "README.md").read_text(encoding="utf-8")
    for needed in ("MIT", "0.2.0", "6381372", "SHA-256", "before 2019"):
        assert needed in told


def test_known_codes_pass():
    geography.require_provinces(["PV20", "PV31", "PV20"], "scholen.csv, column provincie")
    geography.require_provinces([], "leeg.csv, column provincie")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("PV32", "'PV32' is unknown"),
        ("PV2O", "'PV2O' is unknown"),
        ("pv21", "PV21 is meant"),
        ("PV21  ", "PV21 is meant"),
        ("Friesland", "is a name; its code is PV21"),
        ("Flevolnd", "is a name; its code is PV24"),
        ("Zuid Holland", "is a name; its code is PV28"),
        (20, "not text"),
        (None, "not text"),
        (float("nan"), "not text"),
        ("", "is unknown"),
        ("BQ-BO", "is unknown"),
    ],
)
def test_an_unknown_code_is_refused_with_place_and_row(code, said):
    with pytest.raises(ValueError, match=r"scholen\.csv, column provincie") as error:
        geography.require_provinces(["PV20", code, "PV22"], "scholen.csv, column provincie")
    assert "row 2" in str(error.value)
    assert said in str(error.value)


def test_many_unknown_codes_are_counted_not_listed():
    with pytest.raises(ValueError, match="and 95 more"):
        geography.require_provinces(["XX"] * 100, "scholen.csv, column provincie")


def test_each_province_once():
    codes = list(geography.province_names())
    geography.require_all_provinces(codes, "t.csv, column code")
    with pytest.raises(ValueError, match="absent: PV31; more than once: PV20"):
        geography.require_all_provinces([*codes[:-1], "PV20"], "t.csv, column code")


def _edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "read", "said"),
    [
        ("regions.csv", "PV23,Overijssel", "PV43,Overijssel", "regions", r"column code, row 4: found 'PV43'"),
        ("regions.csv", "PV23,Overijssel", "PV22,Overijssel", "regions", r"column code, row"),
        ("regions.csv", "openbaar lichaam", "gemeente", "regions", r"column kind, row 13: found 'gemeente'"),
        ("regions.csv", "code,name", "code,naam", "regions", r"column name is absent"),
        ("adjacency.csv", "PV20,PV21", "PV20,PV20", "adjacency", r"each pair once"),
        ("adjacency.csv", "PV20,PV22", "PV20,PV92", "adjacency", r"column neighbour, row 2: found 'PV92'"),
        ("adjacency.csv", ",water,", ",lucht,", "adjacency", r"column contact, row 10: found 'lucht'"),
        ("tilegrid.csv", "PV20,3,0", "PV20,2,0", "tile_grid", r"tilegrid.csv"),
        ("tilegrid.csv", "PV20,3,0", "PV20,drie,0", "tile_grid", r"column column.*'drie'"),
        ("tilegrid.csv", "PV20,3,0,eigen indeling,samengesteld\n", "", "tile_grid", r"absent: PV20"),
    ],
)
def test_a_damaged_table_is_refused(copy, file, old, new, read, said):
    workspace, folder = copy
    _edit(folder / file, old, new)
    with pytest.raises(ValueError, match=said) as error:
        getattr(geography, read)(workspace)
    assert file in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"<html>404</html>", "this is a web page"),
        (b"\xff\xfe\x00code", "this is UTF-16"),
    ],
)
def test_a_file_that_is_no_table_is_refused(copy, content, said):
    workspace, folder = copy
    (folder / "regions.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"regions\.csv.*({said}|column)"):
        geography.regions(workspace)


def test_an_absent_file_is_named(copy):
    workspace, folder = copy
    (folder / "tilegrid.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"tilegrid\.csv"):
        geography.tile_grid(workspace)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"statcode":"PV20"', '"statcode":"PV99"', "'PV99' is unknown"),
        ('"statcode":"PV20"', '"statcode":"PV21"', "absent: PV20; more than once: PV21"),
        ('{"type":"FeatureCollection"', "", "not a readable GeoJSON"),
        ('"statnaam"', '"naam"', "polygon|statnaam"),
    ],
)
def test_damaged_boundaries_are_refused(copy, old, new, said):
    workspace, folder = copy
    path = folder / "provinces.geojson"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(old, new) if "statnaam" in old else text.replace(old, new, 1), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=said):
        geography.boundaries(workspace)


def test_a_polygon_that_crosses_itself_is_refused(copy):
    workspace, folder = copy
    path = folder / "provinces.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][3]["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[[[6, 52], [7, 53], [7, 52], [6, 53], [6, 52]]]],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="polygon of PV23 is not valid"):
        geography.boundaries(workspace)


def test_what_is_returned_may_be_changed_by_the_caller():
    first = geography.regions()
    first.loc[0, "name"] = "iets anders"
    assert geography.regions().loc[0, "name"] == "Groningen"
