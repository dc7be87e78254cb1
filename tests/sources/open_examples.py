"""Small files in the documented shape of each open source, with made-up figures."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
from local_server import Answer
from shapely.geometry import box

from analysis.workspace import find_root

PROVINCES = [f"PV{number}" for number in range(20, 32)]


# --- StatLine ---------------------------------------------------------------------------------------------


def statline(rows, properties, dimensions, table="70072ned"):
    """The file that a fetch leaves."""
    return {
        "table": table,
        "info": {"Identifier": table, "Title": "Regionale kerncijfers", "Modified": "2024-07-01T02:00:00"},
        "properties": properties,
        "dimensions": dimensions,
        "rows": rows,
    }


def population(years=(2023, 2024), topic="TotaleBevolking_1"):
    """Table 70072ned: country and provinces that add up, codes padded as CBS pads them."""
    rows = []
    for year in years:
        counts = {code: 400_000 + 1000 * k + year for k, code in enumerate(PROVINCES)}
        counts = {"NL01": sum(counts.values()), **counts, "GM0363": 900_000}
        rows += [
            {"ID": len(rows) + k, "RegioS": f"{code:<6}", "Perioden": f"{year}JJ00", topic: count}
            for k, (code, count) in enumerate(counts.items())
        ]
    properties = [
        {"Key": "RegioS", "Title": "Regio's", "Type": "GeoDimension"},
        {"Key": "Perioden", "Title": "Perioden", "Type": "TimeDimension"},
        {"Key": topic, "Title": "Totale bevolking", "Type": "Topic", "Unit": "aantal"},
    ]
    regions = [{"Key": row["RegioS"], "Title": row["RegioS"].strip()} for row in rows]
    return statline(rows, properties, {"RegioS": regions, "Perioden": []})


def ages(low=11, high=19):
    """Table 03759ned: one count an age, region and year, and the total of all ages."""
    codes = {"10000": "Totaal leeftijd"} | {
        f"{100 * age + 10000}": f"{age} jaar" for age in range(low, high + 1)
    }
    topic = "BevolkingOp1Januari_1"
    rows = []
    for code, label in codes.items():
        for k, region in enumerate(["NL01", *PROVINCES]):
            one = 100 + int(code) % 7 if label != "Totaal leeftijd" else 5000
            rows.append(
                {
                    "ID": len(rows),
                    "Geslacht": "T001038",
                    "Leeftijd": code,
                    "BurgerlijkeStaat": "T001019",
                    "RegioS": f"{region:<6}",
                    "Perioden": "2024JJ00",
                    topic: one * (12 if k == 0 else 1),
                }
            )
    properties = [
        {"Key": name, "Title": name, "Type": kind}
        for name, kind in (
            ("Geslacht", "Dimension"),
            ("Leeftijd", "Dimension"),
            ("BurgerlijkeStaat", "Dimension"),
            ("RegioS", "GeoDimension"),
            ("Perioden", "TimeDimension"),
            (topic, "Topic"),
        )
    ]
    dimensions = {
        "Geslacht": [{"Key": "T001038", "Title": "Totaal mannen en vrouwen"}],
        "Leeftijd": [{"Key": code, "Title": label} for code, label in codes.items()],
        "BurgerlijkeStaat": [{"Key": "T001019", "Title": "Totaal burgerlijke staat"}],
    }
    return statline(rows, properties, dimensions, "03759ned")


def statline_service(server, content, table, *, pages=1):
    """Let `server` answer as opendata.cbs.nl does: a list of documents, and rows in pages."""
    base = f"/ODataFeed/odata/{table}/"
    documents = {
        "TableInfos": [content["info"]],
        "DataProperties": content["properties"],
        "CategoryGroups": [],
        **content["dimensions"],
    }
    names = [*documents, "UntypedDataSet", "TypedDataSet"]

    def told(values, **more):
        return Answer(
            json.dumps({"odata.metadata": f"{server.url}{base}$metadata", "value": values, **more}).encode()
        )

    server.answer(base, told([{"name": name, "url": f"{server.url}{base}{name}"} for name in names]))
    for name, values in documents.items():
        server.answer(base + name, told(values))
    rows = content["rows"]
    size = -(-len(rows) // pages)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    answers = [
        told(
            part,
            **(
                {"odata.nextLink": f"{server.url}{base}TypedDataSet?$skip={size}"}
                if k < len(parts) - 1
                else {}
            ),
        )
        for k, part in enumerate(parts)
    ]
    server.answer(base + "TypedDataSet", *answers)
    return server.url


# --- PDOK ---------------------------------------------------------------------------------------------------


def provinces():
    """The twelve provinces of this repository, in metres."""
    shapes = gpd.read_file(find_root() / "data" / "facts" / "geo" / "provinces.geojson")
    return shapes[["statcode", "statnaam", "geometry"]].to_crs("EPSG:28992")


def towns(counts=None, parts=10):
    """Each province cut in strips from west to east: its made-up municipalities, as many as `counts` says."""
    rows = []
    for shape in provinces().itertuples():
        wanted = parts if counts is None else counts[shape.statcode]
        west, south, east, north = shape.geometry.bounds
        edges = np.linspace(west, east, wanted + 1)
        for low, high in itertools.pairwise(edges):
            number = len(rows) + 1
            piece = shape.geometry.intersection(box(low, south, high, north))
            rows.append({"statcode": f"GM{number:04d}", "statnaam": f"Gemeente {number}", "geometry": piece})
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:28992")


def geojson(shapes, crs="urn:ogc:def:crs:EPSG::28992"):
    content = json.loads(shapes.to_json())
    content["numberMatched"] = len(shapes)
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    return content


def write_geojson(path: Path, shapes, **options) -> Path:
    path.write_text(json.dumps(geojson(shapes, **options)))
    return path


# --- DUO ----------------------------------------------------------------------------------------------------

DUO_HEADER = [
    "PROVINCIE",
    "BEVOEGD GEZAG NUMMER",
    "INSTELLINGSCODE",
    "VESTIGINGSCODE",
    "VESTIGINGSNAAM",
    "PLAATSNAAM",
    "GEMEENTENUMMER",
    "GEMEENTENAAM",
    "ELEMENTCODE",
    "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR",
    "OPLEIDINGSNAAM",
    *(f"LEER- OF VERBLIJFSJAAR {grade} - {sex}" for grade in range(1, 7) for sex in ("MAN", "VROUW")),
]


def duo_row(province="Fryslân", school="00AH", branch="00", town="80", kind="VWO leerjaar 4-6", counts=None):
    counts = counts or ["0"] * 6 + ["30", "31", "<5", "29", "28", "0"]
    return [
        province,
        "12345",
        school,
        branch,
        "Lyceum",
        "Plaats",
        town,
        "Leeuwarden",
        "0041",
        kind,
        "VWO",
        *counts,
    ]


def duo(rows=None, header=DUO_HEADER):
    rows = rows or [
        duo_row(),
        duo_row(kind="Brugjaar 1-2", counts=["60", "62", "58", "<5", *["0"] * 8]),
        duo_row("Noord-Holland", "01XF", "02", "363", "HAVO", ["0"] * 6 + ["41", "40", "39", "38", "0", "0"]),
        duo_row(
            "Noord-Holland", "01XF", "02", "363", "VMBO BL", ["0"] * 4 + ["12", "11", "10", "9", *["0"] * 4]
        ),
    ]
    return "\n".join(";".join(row) for row in [header, *rows]) + "\n"


# --- Kiesraad -----------------------------------------------------------------------------------------------


def unit(identifier, name, lists, blank, invalid, cast):
    selections = "".join(
        f'<Selection><AffiliationIdentifier Id="{k}"><RegisteredName>P{k}</RegisteredName>'
        "</AffiliationIdentifier>"
        f"<ValidVotes>{votes}</ValidVotes></Selection>"
        '<Selection><Candidate><CandidateIdentifier Id="1"/></Candidate>'
        f"<ValidVotes>{votes}</ValidVotes></Selection>"
        for k, votes in enumerate(lists, start=1)
    )
    inner = (
        f"{selections}<Cast>{cast}</Cast><kr:InitialTotalCounted>1</kr:InitialTotalCounted>"
        f"<TotalCounted>{sum(lists)}</TotalCounted>"
        f'<RejectedVotes ReasonCode="ongeldig">{invalid}</RejectedVotes>'
        f'<RejectedVotes ReasonCode="blanco">{blank}</RejectedVotes>'
        f'<UncountedVotes ReasonCode="geldige stempassen">{sum(lists)}</UncountedVotes>'
    )
    if identifier is None:
        return f"<TotalVotes>{inner}</TotalVotes>"
    named = f'<ReportingUnitIdentifier Id="{identifier}">{name}</ReportingUnitIdentifier>'
    return f"<ReportingUnitVotes>{named}{inner}</ReportingUnitVotes>"


def eml(authority="0312", name="Bunnik", kind="510b", cast=1000, units=None):
    """A count of one municipality by its polling stations."""
    units = units or [([300, 100], 3, 2), ([150, 50], 1, 4)]
    totals = [sum(column) for column in zip(*(lists for lists, *_ in units), strict=True)]
    body = unit(None, "", totals, sum(u[1] for u in units), sum(u[2] for u in units), cast)
    body += "".join(
        unit(f"{authority}::SB{k}", f"Stembureau {k}", lists, blank, invalid, cast)
        for k, (lists, blank, invalid) in enumerate(units, start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<EML xmlns="urn:oasis:names:tc:evs:schema:eml" xmlns:kr="http://www.kiesraad.nl/extensions" '
        f'Id="{kind}" SchemaVersion="5"><TransactionId>1</TransactionId><ManagingAuthority>'
        f'<AuthorityIdentifier Id="{authority}">{name}</AuthorityIdentifier><AuthorityAddress/>'
        "</ManagingAuthority>"
        '<Count><EventIdentifier/><Election><ElectionIdentifier Id="PS2023_Utrecht">'
        "<ElectionName>Provinciale Staten Utrecht 2023</ElectionName><ElectionCategory>PS</ElectionCategory>"
        "<kr:ElectionDate>2023-03-15</kr:ElectionDate></ElectionIdentifier><Contests><Contest>"
        f'<ContestIdentifier Id="1"><ContestName>Utrecht</ContestName></ContestIdentifier>{body}'
        "</Contest></Contests></Election></Count></EML>"
    )


def eml_archive(documents=None):
    documents = documents or {
        "Utrecht/Telling_PS2023_Utrecht_gemeente_Bunnik.eml.xml": eml(),
        "Utrecht/Telling_PS2023_Utrecht_gemeente_Zeist.eml.xml": eml("0355", "Zeist", cast=2000),
        "Utrecht/Kandidatenlijsten_PS2023_Utrecht.eml.xml": eml().replace('Id="510b"', 'Id="230b"'),
        "leesmij.txt": "tekst",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in documents.items():
            archive.writestr(name, text)
    return buffer.getvalue()
