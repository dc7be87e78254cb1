"""Stand-ins for the open tables and maps of CBS and PDOK: shapes of the real ones, made-up figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from analysis.rehearsal.activities import PROVINCES
from analysis.rehearsal.places import Town

YEARS = range(2021, 2026)
_MASKED = 0.03  # share of figures that CBS does not give
_FORMS = {"RegioS": "GeoDimension", "Perioden": "TimeDimension"}


def write_open_data(facts: Path, folder: Path, found: Sequence[Town], rng: np.random.Generator) -> None:
    """Population, youth, mergers, boundaries, and what municipalities are like."""
    people = {town.code: int(4000 + 30_000 * town.size) for town in found}
    regions = _regions(found, people)
    _population(folder / "cbs_70072ned.json", regions)
    _ages(folder / "cbs_03759ned_jeugd.json", regions, range(12, 19))
    _mergers(facts, folder / "cbs_herindelingen.csv")
    _boundaries(facts, folder, found)
    _traits(folder / "kenmerken_gemeenten.csv", found, people, rng)


def _regions(found: Sequence[Town], people: dict[str, int]) -> dict[str, int]:
    """Country, provinces and municipalities, which add up."""
    sums = {code: sum(people[town.code] for town in found if town.province == code) for code in PROVINCES}
    return {"NL01": sum(sums.values()), **sums, **people}


def _population(path: Path, regions: dict[str, int]) -> None:
    rows = [
        {"RegioS": f"{code:<6}", "Perioden": f"{year}JJ00", "TotaleBevolking_1": count}
        for year in YEARS
        for code, count in regions.items()
    ]
    _statline(path, "70072ned", rows, {"RegioS": regions}, "TotaleBevolking_1")


def _ages(path: Path, regions: dict[str, int], ages: Iterable[int]) -> None:
    codes = {"10000": "Totaal"} | {f"{10000 + 100 * age}": f"{age} jaar" for age in ages}
    parts = {code: 1.0 if code == "10000" else 0.011 for code in codes}
    rows = []
    for code, part in parts.items():
        own = {region: round(part * count) for region, count in regions.items()}
        own["NL01"] = sum(own[province] for province in PROVINCES)
        rows += [
            {"Geslacht": "T001038", "Leeftijd": code, "BurgerlijkeStaat": "T001019",
             "RegioS": f"{region:<6}", "Perioden": f"{year}JJ00", "BevolkingOp1Januari_1": count}
            for year in YEARS
            for region, count in own.items()
        ]  # fmt: skip
    lists = {
        "Geslacht": {"T001038": "Totaal mannen en vrouwen"},
        "Leeftijd": codes,
        "BurgerlijkeStaat": {"T001019": "Totaal burgerlijke staat"},
        "RegioS": regions,
    }
    _statline(path, "03759ned", rows, lists, "BevolkingOp1Januari_1")


def _statline(
    path: Path, table: str, rows: list[dict], lists: dict[str, dict[str, object]], topic: str
) -> None:
    dimensions = [name for name in rows[0] if name != topic]
    properties = [{"Key": name, "Title": name, "Type": _FORMS.get(name, "Dimension")} for name in dimensions]
    properties.append({"Key": topic, "Title": topic.partition("_")[0], "Type": "Topic", "Unit": "aantal"})
    content = {
        "table": table,
        "info": {"Identifier": table, "Title": f"Oefening {table}", "Modified": "2026-01-01T02:00:00"},
        "properties": properties,
        "dimensions": {
            name: [
                {"Key": f"{key:<6}" if name in _FORMS else key, "Title": str(title)}
                for key, title in one.items()
            ]
            for name, one in {"Perioden": {}, **lists}.items()
        },
        "rows": [{"ID": number, **row} for number, row in enumerate(rows)],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _mergers(facts: Path, path: Path) -> None:
    """The mergers of the facts, dated on the first of January before the election that no longer saw them."""
    with (facts / "municipal_changes.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["date", "code", "name", "into", "into_name"])
        for row in rows:
            day = f"{row['first_without'][:4]}-01-01"
            writer.writerow([day, row["code"], row["name"], row["into"], row["into_name"]])


def _boundaries(facts: Path, folder: Path, found: Sequence[Town]) -> None:
    """Provinces, and municipalities as strips of them from west to east, in metres as PDOK gives them."""
    import geopandas as gpd
    from shapely.geometry import box, mapping

    shapes = gpd.read_file(facts / "geo" / "provinces.geojson").to_crs("EPSG:28992")
    layers: dict[str, list[dict]] = {"provincie": [], "gemeente": []}
    for shape in shapes.itertuples():
        own = [town for town in found if town.province == shape.statcode]
        west, south, east, north = shape.geometry.bounds
        edges = np.linspace(west, east, len(own) + 1)
        layers["provincie"].append(_feature(shape.statcode, shape.statnaam, mapping(shape.geometry)))
        for town, low, high in zip(own, edges[:-1], edges[1:], strict=True):
            part = shape.geometry.intersection(box(low, south, high, north))
            layers["gemeente"].append(_feature(town.code, town.name, mapping(part)))
    for layer, features in layers.items():
        content = {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}},
            "numberMatched": len(features),
            "features": features,
        }
        (folder / f"pdok_{layer}_2025.geojson").write_text(json.dumps(content), encoding="utf-8")


def _feature(code: str, name: str, geometry: dict) -> dict:
    properties = {"statcode": code, "statnaam": name, "jrstatcode": f"2025{code}", "rubriek": "made up"}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _traits(path: Path, found: Sequence[Town], people: dict[str, int], rng: np.random.Generator) -> None:
    """Income and density by municipality of 2021, before the first start; some are not known."""
    rows = [["Gemeentenaam", "Provincie", "Jaar", "Gemiddeld inkomen", "Bevolkingsdichtheid", "Huishoudens"]]
    for town in found:
        income = "-" if rng.random() < _MASKED else f"{rng.normal(32, 4):.1f}".replace(".", ",")
        density = min(9000, round(people[town.code] / float(rng.uniform(20, 200))))
        rows.append([town.name, PROVINCES[town.province], 2021, income, density, people[town.code] // 2])
    with path.open("w", encoding="cp1252", errors="replace", newline="") as handle:
        csv.writer(handle, delimiter=";", lineterminator="\r\n").writerows(rows)
