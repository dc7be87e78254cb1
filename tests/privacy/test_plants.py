"""Rows of made-up pupils planted in every form thought of: each is found, and a clean tree has none.

With the microdata in the data folder by their values, whatever the names and order of the columns and the
number of decimals; without them by what a table of persons looks like.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import os
import pickle
import sqlite3
import struct
import subprocess
import tarfile
import time
import urllib.parse
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.privacy.check import check
from analysis.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
N = 1500


def pupils() -> pd.DataFrame:
    """Like a pupil file of ICCS: identifiers, a weight, five plausible values, and codes."""
    rng = np.random.default_rng(20)
    ability = rng.normal(500, 80, N)
    frame = pd.DataFrame(
        {
            "IDSTUD": 10_010_101 + np.cumsum(rng.integers(1, 40, N)),
            "IDSCHOOL": 1001 + np.arange(N) // 25,
            "TOTWGTS": rng.lognormal(4, 0.4, N),
            "S_GENDER": rng.integers(0, 2, N),
            "S_AGE": rng.normal(14.2, 0.4, N).round(2),
            **{f"PV{k}CIV": ability + rng.normal(0, 45, N) for k in range(1, 6)},
        }
    )
    return frame


FRAME = pupils()
ROWS = FRAME.iloc[300:340]
RENAMED = ROWS.rename(columns=lambda name: f"kolom{list(ROWS).index(name)}")
SHUFFLED = RENAMED.iloc[::-1, ::-1]
BARE = SHUFFLED.drop(columns=["kolom0", "kolom1"])  # without identifiers


def _csv(frame: pd.DataFrame = BARE, **options) -> bytes:
    return frame.to_csv(index=False, **options).encode()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _zip(content: bytes, name: str = "binnen.txt") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _tar(content: bytes, mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        info = tarfile.TarInfo("binnen.txt")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(*chunks: bytes, after: bytes = b"") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = _chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixel + _chunk(b"IEND", b"") + after


def _sav(frame: pd.DataFrame, tmp_path: Path) -> bytes:
    path = tmp_path / "made.sav"
    pyreadstat.write_sav(frame, path)
    return path.read_bytes()


def _sqlite(frame: pd.DataFrame, tmp_path: Path) -> bytes:
    path = tmp_path / "made.db"
    with sqlite3.connect(path) as connection:
        frame.to_sql("t", connection, index=False)
    connection.close()
    return path.read_bytes()


def _array(save, *values) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *values)
    return buffer.getvalue()


def _workbook(kind: str) -> bytes:
    inner = "xl/workbook.xml" if kind == "xlsx" else "content.xml"
    return _zip(b"<x>" + _csv() + b"</x>", inner)


def _notebook(kind: str, text: str) -> bytes:
    output = {"output_type": "display_data", "metadata": {}, "data": {kind: text.splitlines(keepends=True)}}
    cell = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1, "outputs": [output]}
    return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def _page(inside: str) -> bytes:
    return f"<!DOCTYPE html><html><body><p>tekst</p>{inside}</body></html>".encode()


def _fixed(values: pd.DataFrame, decimals: int) -> pd.DataFrame:
    return values.round(decimals)


ONE = BARE.round(3).iloc[7].astype(str)
LINE = " ".join(ONE)
B64 = base64.b64encode(_csv()).decode()
SCORES = [f"kolom{k}" for k in range(5, 10)]
COLUMNS = {name: BARE[name].tolist() for name in BARE}

# name of the plant: path in the repository and content
PLANTS = {
    # text
    "csv with renamed columns": ("data/facts/a.csv", _csv(RENAMED)),
    "csv, columns and rows in another order": ("data/facts/b.csv", _csv(SHUFFLED)),
    "csv without identifiers": ("data/facts/c.csv", _csv()),
    "csv without a header": ("data/facts/d.csv", _csv(header=False)),
    "csv with two decimals": ("data/facts/e.csv", _csv(_fixed(BARE, 2))),
    "csv with one decimal": ("data/facts/f.csv", _csv(_fixed(BARE, 1))),
    "csv with whole scores": ("data/facts/g.csv", _csv(_fixed(BARE[SCORES], 0).astype(int))),
    "csv with decimal commas": ("data/facts/h.csv", _csv(_fixed(BARE, 2), sep=";", decimal=",")),
    "tsv": ("notities/a.tsv", _csv(sep="\t")),
    "bars": ("notities/a.txt", _csv(sep="|")),
    "space-aligned": ("notities/b.txt", BARE.round(2).to_string().encode()),
    "fixed width": ("notities/c.txt", BARE.round(2).to_string(index=False, col_space=14).encode()),
    "scientific notation": ("notities/d.txt", _array(np.savetxt, BARE.to_numpy())),
    "a table of markdown": (
        "notities/a.md",
        "\n".join("| " + " | ".join(map(str, row)) + " |" for row in BARE.round(2).to_numpy()).encode(),
    ),
    "one row in a sentence": ("README-extra.md", f"De leerling had {LINE} in totaal.".encode()),
    "a list of Python": ("tools/waarden.py", f"VALUES = {BARE.round(3).to_numpy().tolist()}\n".encode()),
    "a list of identifiers": ("notities/ids.txt", "\n".join(map(str, ROWS["IDSTUD"])).encode()),
    "identifiers on one line": ("notities/ids.md", (", ".join(map(str, ROWS["IDSTUD"]))).encode()),
    "scores of one variable": ("notities/pv.txt", "\n".join(map(str, ROWS["PV1CIV"])).encode()),
    "UTF-16": ("notities/u16.csv", _csv().decode().encode("utf-16")),
    "UTF-16 without mark": ("notities/u16le.csv", _csv().decode().encode("utf-16-le")),
    "UTF-16 big-endian without mark": ("notities/u16be.csv", _csv().decode().encode("utf-16-be")),
    "json by rows": ("data/design/a.json", BARE.to_json(orient="records").encode()),
    "json by columns": ("data/design/b.json", BARE.to_json(orient="columns").encode()),
    "json of lists by column": ("data/design/c.json", json.dumps(COLUMNS).encode()),
    "json of lists by column, indented": ("data/design/d.json", json.dumps(COLUMNS, indent=1).encode()),
    "json split": ("data/design/e.json", BARE.to_json(orient="split").encode()),
    "json of lists of lists": ("data/design/f.json", BARE.to_json(orient="values").encode()),
    "json lines": ("data/design/g.jsonl", BARE.to_json(orient="records", lines=True).encode()),
    "csv in a string of json": ("data/design/h.json", json.dumps({"tekst": _csv().decode()}).encode()),
    "base64": ("notities/blob.txt", B64.encode()),
    "base64 in lines": ("notities/mime.txt", base64.encodebytes(_csv())),
    "base64 of gzip": ("notities/gz.txt", base64.b64encode(_gzip(_csv()))),
    # packed
    "gzip": ("notities/a.gz", _gzip(_csv())),
    "bzip2": ("notities/a.bz2", bz2.compress(_csv())),
    "xz": ("notities/a.xz", lzma.compress(_csv())),
    "lzma": ("notities/a.lzma", lzma.compress(_csv(), format=lzma.FORMAT_ALONE)),
    "zip": ("notities/a.zip", _zip(_csv())),
    "zip with a prefix": ("notities/b.bin", b"#!/bin/sh\nexit\n" + _zip(_csv())),
    "zip with rows before it": ("notities/c.bin", _csv() + _zip(b"niets")),
    "zip in zip": ("notities/d.zip", _zip(_zip(_csv()), "e.zip")),
    "tar": ("notities/a.tar", _tar(_csv())),
    "tgz": ("notities/a.tgz", _tar(_csv(), "w:gz")),
    "7z": ("notities/a.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(256))),
    "zstd": ("notities/a.zst", b"\x28\xb5\x2f\xfd" + bytes(range(256))),
    # data files
    "pickle": ("notities/a.pkl", pickle.dumps(COLUMNS)),
    "pickle of the oldest protocol": ("notities/b.txt", pickle.dumps(COLUMNS, protocol=0)),
    "npy": ("notities/a.npy", _array(np.save, BARE.to_numpy())),
    "npz": ("notities/a.npz", _array(np.savez, BARE.to_numpy())),
    "bytes of an array": ("notities/a.dat", BARE.to_numpy().tobytes()),
    "xlsx": ("notities/a.xlsx", _workbook("xlsx")),
    "ods": ("notities/a.ods", _workbook("ods")),
    "parquet": ("notities/a.parquet", b"PAR1" + bytes(64) + b"PAR1"),
    "feather": ("notities/a.feather", b"ARROW1\0\0" + bytes(64)),
    # pictures and pages
    "text in a PNG": ("reports/a.png", _png(_chunk(b"tEXt", b"Comment\0" + _csv()))),
    "packed text in a PNG": ("reports/b.png", _png(_chunk(b"zTXt", b"C\0\0" + zlib.compress(_csv())))),
    "international text in a PNG": (
        "reports/c.png",
        _png(_chunk(b"iTXt", b"C\0\1\0\0\0" + zlib.compress(_csv()))),
    ),
    "a private chunk of a PNG": ("reports/d.png", _png(_chunk(b"prVt", _csv()))),
    "rows behind a PNG": ("reports/e.png", _png(after=_csv())),
    "text in an SVG": ("reports/a.svg", f"<svg xmlns='x'><text>{LINE}</text></svg>".encode()),
    "comment in an SVG": ("reports/b.svg", f"<svg xmlns='x'><!-- {LINE} --><path d=''/></svg>".encode()),
    # published, and ignored by git
    "table of a page": ("_report/a.html", _page(BARE.to_html())),
    "comment of a page": ("_report/b.html", _page(f"<!-- {LINE} -->")),
    "alternative text": ("_report/c.html", _page(f'<img alt="{LINE}" src="x.png">')),
    "data attribute": ("_report/d.html", _page(f'<div data-rij="{html.escape(LINE)}">x</div>')),
    "script": ("_report/e.html", _page(f"<script>var d = {json.dumps(COLUMNS)}</script>")),
    "json in a script": (
        "_report/f.html",
        _page(f'<script type="application/json">{json.dumps(COLUMNS)}</script>'),
    ),
    "a data: link": ("_report/g.html", _page(f'<a href="data:text/csv;base64,{B64}">x</a>')),
    "a data: link in percents": (
        "_report/h.html",
        _page(f'<a href="data:text/csv,{urllib.parse.quote(_csv())}">x</a>'),
    ),
    "a zip in a data: link": (
        "_report/i.html",
        _page(f'<a href="data:application/zip;base64,{base64.b64encode(_zip(_csv())).decode()}">x</a>'),
    ),
    "SVG text of a page": ("_report/j.html", _page(f"<svg><g><text>{LINE}</text></g></svg>")),
    "a page in a folder": ("_report/blad/k.html", _page(BARE.round(1).to_html())),
    "a released table": ("_report/tabellen/l.csv", _csv(_fixed(BARE, 1))),
    "the archive": ("_report/openbaar.zip", _zip(_csv(), "tabellen/l.csv")),
    "a notebook rendered beside it": ("notebooks/01-a.html", _page(BARE.to_html())),
    "a page that a renderer left": ("reports/rapport.html", _page(BARE.to_html())),
    "released series": ("data/build/released/series/a.csv", _csv()),
    "a notebook with outputs": ("notebooks/02-b.ipynb", _notebook("text/plain", BARE.to_string())),
    "a notebook in the report": ("_report/b.ipynb", _notebook("text/html", BARE.to_html())),
}
MADE = {
    "sav": lambda tmp: ("notities/a.sav", _sav(RENAMED, tmp)),
    "sav with a leading byte": lambda tmp: ("notities/b.dat", b"\n" + _sav(RENAMED, tmp)),
    "SQLite": lambda tmp: ("notities/a.db", _sqlite(RENAMED, tmp)),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Workspace:
    """An empty git repository with the rule of this one, and the pupil file in its data folder."""
    root = tmp_path_factory.mktemp("planted")
    for name in ("data/design/privacy.toml", ".gitignore", "data/facts/municipalities.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((ROOT / name).read_bytes())
    (root / "data" / "manifest.toml").write_text("")
    (root / "data" / "real").mkdir()
    pyreadstat.write_sav(FRAME, root / "data" / "real" / "ISGNLDC4.sav")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "-q"], cwd=root, env=environment, check=True)
    return Workspace(root, root / "data" / "real")


def found(workspace: Workspace, path: str, content: bytes) -> list[str]:
    file = workspace.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    try:
        return [str(finding) for finding in check(workspace)[0]]
    finally:
        file.unlink()


def test_there_are_enough_plants_and_all_differ():
    assert len(PLANTS) + len(MADE) >= 53
    assert len({content for _, content in PLANTS.values()}) > 0.9 * len(PLANTS)


def test_the_empty_repository_has_no_finding(repository):
    assert check(repository)[0] == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_plant_is_found(repository, plant):
    path, content = PLANTS[plant]
    findings = found(repository, path, content)
    assert findings, plant
    assert all(finding.startswith(path) for finding in findings)


@pytest.mark.parametrize("plant", MADE)
def test_a_planted_data_file_is_found(repository, plant, tmp_path):
    path, content = MADE[plant](tmp_path)
    assert found(repository, path, content)


# --- by content, without microdata ---

FIRST = (
    "Sanne", "Daan", "Noor", "Bram", "Lotte", "Sem", "Fenna", "Thijs", "Julia", "Mees",
    "Eva", "Finn", "Sara", "Luuk", "Isa", "Tess", "Jesse", "Roos", "Stijn", "Lieke",
)  # fmt: skip
LAST = (
    "Jansen", "de Vries", "Bakker", "van den Berg", "Visser", "Smit",
    "Meijer", "Mulder", "de Boer", "Bos", "Vos", "Peters",
)  # fmt: skip


def persons(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    digits = rng.integers(1, 9, (n, 7))
    numbers = []
    for row in digits:  # the last digits make it pass the eleven-test
        ends = [
            (a, b)
            for a in range(10)
            for b in range(10)
            if (sum((9 - k) * int(d) for k, d in enumerate([*row, a])) - b) % 11 == 0
        ]
        numbers.append("".join(map(str, row)) + "".join(map(str, ends[0])))
    return pd.DataFrame(
        {
            "naam": [f"{FIRST[k % 20]} {LAST[(k * 5 + k // 20) % 12]}" for k in range(n)],
            "klas": [f"{1 + k % 4}{'HV'[k % 2]}{'abc'[k % 3]}" for k in range(n)],
            "score": rng.normal(6.5, 1, n).round(1),
            "geboortedatum": [
                f"{2008 + k % 4}-{1 + k % 12:02}-{1 + (k * 7 + k // 12) % 28:02}" for k in range(n)
            ],
            "postcode": [f"{1011 + 37 * k} {'ABCDEG'[k % 6]}{'HJKL'[k % 4]}" for k in range(n)],
            "email": [f"leerling{k}@school.nl" for k in range(n)],
            "bsn": numbers,
        }
    )


PEOPLE = persons()
BY_ROW = PEOPLE[["naam", "klas", "score"]]


def _persons_csv(*names: str, rename: bool = False, **options) -> bytes:
    frame = PEOPLE[list(names)]
    if rename:
        frame = frame.set_axis([f"x{k}" for k in range(len(names))], axis=1)
    return frame.to_csv(index=False, **options).encode()


PERSONS = {
    "name, class, score": ("a.csv", _persons_csv("naam", "klas", "score")),
    "semicolons": ("a.csv", _persons_csv("naam", "klas", "score", sep=";")),
    "class and score": ("a.csv", _persons_csv("klas", "score")),
    "in the facts": ("data/facts/a.csv", _persons_csv("naam", "klas", "score")),
    "other headings": ("a.csv", _persons_csv("naam", "klas", "score", rename=True)),
    "without headings": ("a.csv", _persons_csv("naam", "klas", "score", header=False)),
    "name and date of birth": ("a.csv", _persons_csv("naam", "geboortedatum", rename=True)),
    "e-mail": ("a.csv", _persons_csv("email", "score", rename=True)),
    "postcodes": ("a.csv", _persons_csv("postcode", "score", rename=True)),
    "citizen service numbers": ("a.csv", _persons_csv("bsn", "score", rename=True)),
    "addresses in a text": ("a.md", "\n".join(PEOPLE["email"]).encode()),
    "html": ("a.html", BY_ROW.to_html().encode()),
    "json": ("a.json", BY_ROW.to_json(orient="records").encode()),
    "json by columns": ("a.json", BY_ROW.to_json().encode()),
    "json lines": ("a.jsonl", BY_ROW.to_json(orient="records", lines=True).encode()),
    "in a PNG": ("a.png", _png(_chunk(b"tEXt", b"C\0" + _persons_csv("naam", "klas", "score")))),
    "in a zip": ("a.zip", _zip(_persons_csv("naam", "klas", "score"))),
    "in base64": ("a.txt", base64.b64encode(_persons_csv("naam", "klas", "score"))),
    "space-aligned": ("a.txt", PEOPLE[["klas", "score", "postcode"]].to_string().encode()),
    "in a notebook's output": ("_report/a.ipynb", _notebook("text/html", BY_ROW.to_html())),
    "published": ("_report/a.html", _page(BY_ROW.to_html(index=False))),
}


@pytest.fixture
def without(repository, tmp_path) -> Workspace:
    """The same repository where the microdata are not."""
    return Workspace(repository.root, tmp_path)


@pytest.mark.parametrize("plant", PERSONS)
def test_persons_are_known_by_content(without, plant):
    path, content = PERSONS[plant]
    assert found(without, path, content)


@pytest.mark.parametrize(
    "content",
    [
        b"province,name,score\n" + b"\n".join(b"PV%d,x,1" % k for k in range(20, 29)),
        b"code,municipality,value\n" + b"\n".join(b"GM%04d,Plaats %d,%d" % (k, k, k) for k in range(40)),
        b"date,value\n" + b"\n".join(b"2024-%02d-01,%d" % (k, k) for k in range(1, 13)),
        b"id,estimate,low,high\n" + b"\n".join(b"a%d,0.%d,0.1,0.9" % (k, k) for k in range(40)),
    ],
)
def test_tables_of_places_and_results_pass(without, content):
    assert found(without, "data/facts/a.csv", content) == []


# --- links, and what is staged ---


def test_links_are_refused(repository):
    link = repository.root / "notities.csv"
    link.symlink_to(repository.data / "ISGNLDC4.sav")
    try:
        assert "notities.csv: a link" in str(check(repository)[0][0])
    finally:
        link.unlink()
    (repository.root / "_report").mkdir(exist_ok=True)
    link = repository.root / "_report" / "rapport.sav"
    os.link(repository.data / "ISGNLDC4.sav", link)
    try:
        assert "this is an SPSS data file" in str(check(repository)[0][0])
    finally:
        link.unlink()


def test_what_is_staged_is_compared_with_the_microdata(repository):
    file = repository.root / "data" / "facts" / "staged.csv"
    file.write_bytes(_csv(RENAMED))
    subprocess.run(["git", "add", "data/facts/staged.csv"], cwd=repository.root, check=True)
    try:
        findings, notes, count = check(repository, staged=True)
        assert "values of one pupil of ISGNLDC4.sav stand together" in str(findings[0])
        assert str(findings[-1]).endswith("and 35 more of these")
        assert (notes, count) == ([], 1)
    finally:
        subprocess.run(
            ["git", "rm", "-q", "--cached", "-f", "data/facts/staged.csv"], cwd=repository.root, check=True
        )
        file.unlink()


def test_what_was_added_counts_though_it_was_changed_or_removed_since(repository):
    file = repository.root / "data" / "facts" / "staged.csv"
    for later in ("niets", None):
        file.write_bytes(_csv(RENAMED))
        subprocess.run(["git", "add", "data/facts/staged.csv"], cwd=repository.root, check=True)
        file.unlink() if later is None else file.write_text(later)
        try:
            assert "data/facts/staged.csv" in str(check(repository)[0][0])
        finally:
            command = ["git", "rm", "-q", "--cached", "-f", "data/facts/staged.csv"]
            subprocess.run(command, cwd=repository.root, check=True)
            file.unlink(missing_ok=True)


# --- bounds ---


@pytest.mark.parametrize(
    ("name", "value", "content", "says"),
    [
        ("UNFOLDED_MB", 1, _gzip(bytes(3 * 2**20)), "UNFOLDED_MB = 1 MB"),
        ("UNFOLDED_MB", 1, _zip(b" " * 3 * 2**20), "UNFOLDED_MB = 1 MB"),
        ("UNFOLDED_MB", 1, _png(_chunk(b"zTXt", b"C\0\0" + zlib.compress(b" " * 3 * 2**20))), "UNFOLDED_MB"),
        ("DEPTH", 2, _gzip(_gzip(_gzip(b"x"))), "DEPTH = 2"),
        ("MEMBERS", 0, _zip(b"x"), "MEMBERS = 0"),
        ("MEMBERS", 0, _tar(b"x"), "MEMBERS = 0"),
    ],
)
def test_what_unfolds_too_far_is_refused_with_the_name_of_the_limit(monkeypatch, name, value, content, says):
    from analysis.privacy import unfold

    monkeypatch.setattr(unfold, name, value)
    assert says in " ".join(leaf.said for leaf in unfold.unfold(content))


def test_a_file_too_large_is_refused_unread(repository):
    path = repository.root / "groot.txt"
    with path.open("wb") as handle:
        handle.truncate(17 * 2**20)
    try:
        assert "FILE_MB = 16 MB" in str(check(repository)[0][0])
    finally:
        path.unlink()


def test_this_repository_has_no_finding_and_is_looked_through_quickly():
    begin = time.process_time()
    findings, _, count = check(Workspace(ROOT, ROOT / "data" / "real"))
    assert [str(one) for one in findings] == []
    assert count > 500
    assert time.process_time() - begin < 10


@pytest.mark.real
def test_this_repository_holds_nothing_of_the_real_files(shared):
    findings, _, _ = check(Workspace(ROOT, shared / "real"))
    assert [str(one) for one in findings] == []


# --- what it is compared with ---


def test_names_in_a_registration_are_found_elsewhere_and_names_of_places_are_not(repository, tmp_path):
    places = [f"Plaats {k}" for k in range(40)]
    PEOPLE.assign(naam=[f"{name} {k}" for k, name in enumerate(PEOPLE["naam"])], gemeente=places).to_csv(
        tmp_path / "tienskip_namen.csv", index=False, sep=";"
    )
    workspace = Workspace(repository.root, tmp_path)
    listed = "; ".join(f"{name.upper()} {k}" for k, name in enumerate(PEOPLE["naam"][:12]))
    findings = found(workspace, "notities/verslag.md", f"Aanwezig: {listed}.".encode())
    assert "texts of single persons of tienskip_namen.csv" in findings[0]
    municipalities = pd.read_csv(ROOT / "data" / "facts" / "municipalities.csv")["name"].unique()[:40]
    pd.DataFrame({"gemeente": municipalities, "aantal": range(40)}).to_csv(
        tmp_path / "tienskip_namen.csv", index=False
    )
    assert found(workspace, "notities/plaatsen.txt", "\n".join(municipalities).encode()) == []


def test_numbers_drawn_from_the_same_distributions_are_no_finding(repository):
    rng = np.random.default_rng(77)
    other = pd.DataFrame(rng.normal(500, 90, (3000, 8)))
    for decimals in (1, 2, 4):
        text = other.round(decimals).to_csv(index=False, header=False).encode()
        found_here = found(repository, "data/facts/anders.csv", text)
        assert found_here == [], decimals


def test_statistics_of_the_microdata_are_no_finding(repository):
    table = FRAME.groupby("S_GENDER").agg(["mean", "std", "sem"]).round(2)
    summary = FRAME.describe().drop(["min", "max"]).round(3)
    for frame in (table, summary):
        assert found(repository, "_report/tabel.html", _page(frame.to_html())) == []
