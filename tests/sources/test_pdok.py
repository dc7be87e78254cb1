"""Boundaries from PDOK and the municipalities of a year that follow from them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import shapely
from local_server import Answer
from open_examples import PROVINCES, geojson, provinces, towns, write_geojson

from analysis.sources.download import Manners, download
from analysis.sources.facts import cbs_population
from analysis.sources.municipalities import (
    known_years,
    membership,
    municipalities,
)
from analysis.sources.pdok import read_regions, year_of
from analysis.workspace import Workspace, find_root


@pytest.fixture(scope="module")
def cut():
    """Made-up municipalities: as many a province as CBS publishes for 2024."""
    published = cbs_population().set_index("statcode")["municipalities"]
    return towns({code: int(published[code]) for code in PROVINCES})


@pytest.fixture
def workspace(tmp_path, cut):
    """A workspace with the facts of the repository and both layers of 2024."""
    shutil.copytree(find_root() / "data" / "facts", tmp_path / "data" / "facts")
    data = tmp_path / "data" / "real"
    data.mkdir()
    write_geojson(data / "pdok_provincie_2024.geojson", provinces())
    write_geojson(data / "pdok_gemeente_2024.geojson", cut)
    return Workspace(tmp_path, data)


def test_provinces_come_in_metres_and_in_order(tmp_path):
    shapes = read_regions(write_geojson(tmp_path / "p.geojson", provinces().iloc[::-1]), "provincie")
    assert shapes["code"].tolist() == PROVINCES
    assert shapes.crs == "EPSG:28992"
    assert 34e9 < shapes.area.sum() < 36e9


def test_longitude_and_latitude_are_turned_into_metres(tmp_path):
    degrees = provinces().to_crs("EPSG:4326")
    for crs in (None, "urn:ogc:def:crs:OGC:1.3:CRS84"):
        shapes = read_regions(write_geojson(tmp_path / "p.geojson", degrees, crs=crs), "provincie")
        assert 34e9 < shapes.area.sum() < 36e9


def test_a_fetched_layer_reads_back(server, tmp_path):
    body = json.dumps(geojson(provinces())).encode()
    url = server.answer("/cbs/gebiedsindelingen/2024/wfs/v1_0", Answer(body))
    target = tmp_path / "pdok_provincie_2024.geojson"
    download(
        url + "?service=WFS&typeName=provincie_gegeneraliseerd", target, "json", manners=Manners(attempts=1)
    )
    assert len(read_regions(target, "provincie")) == 12
    assert year_of(target) == 2024


def test_each_municipality_belongs_to_the_province_that_holds_it(workspace, cut):
    table = municipalities(2024, workspace)
    assert len(table) == 342
    assert table["code"].str.fullmatch(r"GM\d{4}").all()
    assert table.set_index("code").loc["GM0001", "province"] == "PV20"
    assert table["province"].value_counts()["PV30"] == 56
    assert known_years(workspace) == (2024,)


def test_a_count_that_differs_from_the_published_one_is_named(workspace, cut):
    write_geojson(workspace.data / "pdok_gemeente_2024.geojson", cut[cut["statcode"] != "GM0001"])
    with pytest.raises(ValueError, match="341 municipalities in NL01; CBS publishes 342"):
        municipalities(2024, workspace)


def test_a_year_without_boundaries_says_which_years_there_are(workspace):
    with pytest.raises(FileNotFoundError, match="years present: 2024"):
        municipalities(2019, workspace)


def test_a_municipality_outside_every_province_is_named(cut):
    west = read_like(provinces()).query("code != 'PV20'")
    with pytest.raises(ValueError, match=r"GM0001 \(Gemeente 1\) lies in no province of 2024"):
        membership(read_like(cut), west, 2024)


def read_like(shapes):
    return shapes.rename(columns={"statcode": "code", "statnaam": "name"})


def feature(number, **changes):
    def change(content):
        content["features"][number]["properties"].update(changes)

    return change


def geometry(number, value):
    def change(content):
        content["features"][number]["geometry"] = value

    return change


def nested(levels):
    """A list in a list in a list."""
    inner = []
    for _ in range(levels):
        inner = [inner]
    return inner


BOW_TIE = {"type": "Polygon", "coordinates": [[[1e5, 4e5], [2e5, 5e5], [2e5, 4e5], [1e5, 5e5], [1e5, 4e5]]]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (feature(3, statcode="PV99"), "column code, row 4: found 'PV99'"),
        (feature(3, statcode=23), "region 4: statcode 23"),
        (feature(3, statcode="PV20"), "column code"),
        (feature(3, statnaam=""), "column name, row 4"),
        (feature(3, statnaam=None), "must be text"),
        (lambda c: c["features"][2]["properties"].pop("statcode"), "region 3: property statcode is absent"),
        (lambda c: c["features"].pop(), "11 of|12 regions|numberMatched|one page"),
        (lambda c: (c["features"].pop(), c.pop("numberMatched")), "absent: PV"),
        (lambda c: c.update(features=[]), "no region"),
        (lambda c: c.update(type="Feature"), "not a GeoJSON FeatureCollection"),
        (lambda c: c.update(crs={"properties": {"name": "local"}}), "unknown reference system 'local'"),
        (lambda c: c.update(crs={"properties": {"name": "EPSG:4326"}}), "outside the Netherlands"),
        (geometry(0, None), "region 1: geometry None"),
        (geometry(0, {"type": "Point", "coordinates": [1, 2]}), "geometry 'Point'"),
        (geometry(0, BOW_TIE), "polygon of PV2. is not valid|polygon of PV.. is not valid"),
        (geometry(0, {"type": "Polygon", "coordinates": [[["a", 1]]]}), "region 1: found 'a', 1; a position"),
        (geometry(0, {"type": "Polygon", "coordinates": "POLYGON((1 2))"}), "region 1: the coordinates of a"),
        (geometry(0, {"type": "Polygon", "coordinates": [[[1, 2, 3, 4]]]}), "region 1: found 1, 2, 3; a pos"),
        (geometry(0, {"type": "Polygon", "coordinates": [[[1e5, float("nan")]]]}), "found 100000.0, nan; a"),
        (
            geometry(0, {"type": "Polygon", "coordinates": [[[True, 2]]]}),
            "a position is two or three numbers",
        ),
        (geometry(0, {"type": "Polygon", "coordinates": [[[10**400, 2]]]}), "region 1: found 10000"),
        (geometry(0, {"type": "Polygon", "coordinates": [["xy"]]}), "region 1: found 'xy'; a position"),
        (geometry(0, {"type": "MultiPolygon", "coordinates": [[[1, 2]]]}), "region 1: found 1; a position"),
        (geometry(0, {"type": "MultiPolygon", "coordinates": [[1, 2]]}), "the coordinates of a Multi"),
        (geometry(0, {"type": "Polygon", "coordinates": nested(900)}), "region 1: found list; a position"),
        (geometry(0, {"type": ["Polygon"], "coordinates": []}), "region 1: geometry None"),
        (geometry(0, "POLYGON((1 2))"), "region 1: geometry None"),
        (geometry(0, ["Polygon"]), "region 1: geometry None"),
        (lambda c: c.update(crs="EPSG:28992"), "crs does not name a reference system"),
        (lambda c: c.update(crs={"properties": ["EPSG:28992"]}), "crs does not name a reference system"),
        (
            lambda c: c.update(crs={"properties": {"name": nested(900)}}),
            "crs does not name a reference system",
        ),
        (lambda c: c["features"].__setitem__(0, "region"), "region 1: no properties"),
        (feature(3, statcode=["PV20"]), "region 4: statcode"),
        (geometry(0, {"type": "Polygon", "coordinates": []}), "not valid"),
        (geometry(0, {"type": "Polygon"}), "region 1: the coordinates of a Polygon"),
    ],
)
def test_damage_is_named(tmp_path, change, says):
    content = geojson(provinces())
    change(content)
    path = tmp_path / "pdok_provincie_2024.geojson"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=says) as caught:
        read_regions(path, "provincie")
    assert str(caught.value).startswith("pdok_provincie_2024.geojson")


def test_a_map_that_is_nested_without_end_is_refused(tmp_path):
    path = tmp_path / "pdok_provincie_2024.geojson"
    path.write_text('{"type":"FeatureCollection","features":[' + "[" * 200_000)
    with pytest.raises(ValueError, match=r"pdok_provincie_2024.geojson: this is not JSON"):
        read_regions(path, "provincie")


def test_a_polygon_that_rounding_made_cross_itself_is_mended_with_a_remark(tmp_path):
    """A spike of no width, as a strip of a few metres becomes when coordinates are rounded."""
    content = geojson(provinces())
    ring = next(
        one["geometry"]["coordinates"][0][0]
        for one in content["features"]
        if one["properties"]["statcode"] == "PV22"
    )
    x, y = ring[1]
    ring[2:2] = [[x + 2000, y + 3000], [x, y]]
    path = tmp_path / "pdok_provincie_2024.geojson"
    path.write_text(json.dumps(content))
    read = read_regions(path, "provincie")
    assert read.is_valid.all()
    assert "grenzen van PV22 zichzelf door afronding" in read.attrs["remark"]
    whole = read_regions(write_geojson(tmp_path / "whole.geojson", provinces()), "provincie")
    assert "remark" not in whole.attrs
    np.testing.assert_allclose(read.area, whole.area, rtol=1e-6)


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "layer", "codes"),
    [
        ("gemeente_2023", "gemeente", "GM0293, GM0402, GM0599, GM1676, GM1892, GM1942"),
        ("gemeente_2026", "gemeente", "GM0293, GM1676"),
        ("provincie_2025", "provincie", "PV29"),
    ],
)
def test_real_maps_with_rounded_coordinates_are_read(shared, file, layer, codes):
    read = read_regions(shared / "real" / "geo" / f"{file}.geojson", layer)
    assert read.is_valid.all()
    assert set(read.geom_type) <= {"Polygon", "MultiPolygon"}
    assert f"de grenzen van {codes} zichzelf" in read.attrs["remark"]


def test_swapped_axes_are_noticed(tmp_path):
    swapped = provinces().copy()
    swapped.geometry = shapely.transform(swapped.geometry.array, lambda points: points[:, ::-1])
    with pytest.raises(ValueError, match="axes swapped"):
        read_regions(write_geojson(tmp_path / "p.geojson", swapped), "provincie")


def test_a_page_of_municipalities_is_not_the_country(tmp_path):
    few = towns(parts=2)
    with pytest.raises(ValueError, match="24 municipalities; the list is cut off"):
        read_regions(write_geojson(tmp_path / "g.geojson", few), "gemeente")


def test_names_of_files_hold_a_year(tmp_path):
    with pytest.raises(ValueError, match=r"expected a name such as pdok_gemeente_2024\.geojson"):
        year_of(tmp_path / "gemeenten.geojson")
