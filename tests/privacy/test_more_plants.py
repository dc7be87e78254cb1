"""Leaks by other roads than a table: under each other, as answers, in other writings, beside parts of a file.

All are planted at once and the tree is looked through once; beside them lies what is none.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import struct
import tarfile
import urllib.parse
import zipfile
import zlib

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from planted import planted

from analysis.privacy.check import check
from analysis.privacy.encoded import array_text, encoded

N = 600
ITEMS = [f"Q{k}" for k in range(40)]


def pupils() -> pd.DataFrame:
    """Identifiers of nine digits, a weight, scales, plausible values, and answers to forty questions."""
    rng = np.random.default_rng(91)
    ability = rng.normal(505, 88, N)
    answers = rng.choice([1, 2, 3, 4], (N, len(ITEMS)), p=[0.3, 0.35, 0.25, 0.1])
    return pd.DataFrame(
        {
            "IDSTUD": 100_100_000 + np.cumsum(rng.integers(1, 900, N)),
            "TOTWGTS": rng.lognormal(4.5, 0.35, N),
            "S_CITEFF": rng.normal(50, 10, N),
            **{f"PV{k}CIV": ability + rng.normal(0, 38, N) for k in range(1, 6)},
            "S_GIRL": np.sort(rng.integers(0, 2, N)),  # schools of one kind stand together
            **dict(zip(ITEMS, answers.T, strict=True)),
        }
    )


FRAME = pupils()
TENTHS = FRAME.iloc[200:240, 1:8].round(1).sample(frac=1, random_state=3).set_axis(list("abcdefg"), axis=1)
ROWS = TENTHS.to_numpy().tolist()
LINES = [" ".join(map(str, row)) for row in ROWS]
TEXT = "\n".join(LINES)
CSV = TENTHS.to_csv(index=False).encode()
IDS = FRAME["IDSTUD"].iloc[50:90]
ANSWERS = FRAME[ITEMS].sample(12, random_state=2).set_axis([f"v{k}" for k in range(40)], axis=1)
MELTED = TENTHS.reset_index(drop=True).reset_index().melt("index")


def by_lines(write, parting: str = "\n") -> str:
    return parting.join(
        parting.join(write(name, value) for name, value in row.items()) for _, row in TENTHS.iterrows()
    )


def page(inside: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body><p>tekst</p>{inside}</body></html>"


def in_zip(content: str = "niets", **member) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(member.get("name", "a.txt"))
        info.comment, info.extra = member.get("comment", b""), member.get("extra", b"")
        archive.writestr(info, content)
    return buffer.getvalue()


def in_tar(name: str = "a", **headers) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(name)
        info.pax_headers = headers
        archive.addfile(info)
    return buffer.getvalue()


def png(*chunks: tuple[bytes, bytes], pixels: bytes = zlib.compress(b"\0\0")) -> bytes:
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def cell(**parts) -> str:
    content = {"id": "a", "metadata": {}, **parts}
    return json.dumps({"cells": [content], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


HEX, B64 = CSV[:400].hex(), base64.b64encode(CSV).decode()
PLANTS = {
    # under each other
    "yaml": ("n/a.yaml", by_lines(lambda name, value: f"  {name}: {value}")),
    "toml": ("n/a.toml", by_lines(lambda name, value: f"{name} = {value}")),
    "one pupil": ("n/b.txt", by_lines(lambda name, value: f"{name}: {value}").split("\na: ")[3]),
    "cells of Typst": ("n/a.typ", by_lines(lambda _, value: f"[{value}],")),
    "transposed": ("n/c.csv", TENTHS.T.to_csv()),
    "long, by pupil": ("n/d.csv", MELTED.sort_values(["index", "variable"]).to_csv(index=False)),
    "long, by variable": ("n/e.csv", MELTED.to_csv(index=False)),
    "two columns": ("n/f.csv", TENTHS[["c", "d"]].to_csv(index=False)),
    "lists of a programme": ("n/a.py", "".join(f"{name} = {TENTHS[name].tolist()}\n" for name in TENTHS)),
    "texts of a drawing": ("n/a.svg", "<svg>" + by_lines(lambda _, v: f"<text>{v}</text>") + "</svg>"),
    "lines of source": ("notebooks/9-a.ipynb", cell(
        cell_type="markdown", source=[f"{value},\n" for row in ROWS for value in row])),
    # as written
    "a sentence": ("n/a.md", "Zij haalde " + ", daarna ".join(map(str, ROWS[3])).replace(".", ",") + "."),
    "units": ("n/b.md", TEXT.replace(" ", "pt ")),
    "italics": ("n/c.md", "_" + TEXT.replace(" ", "_ _")),
    "identifiers in groups": ("n/ids.txt", "\n".join(f"{one:,}" for one in IDS)),
    "identifiers in wide groups": ("n/ids2.txt", "\n".join(f"{one:,}".replace(",", "\u202f") for one in IDS)),
    "identifiers with a letter": ("n/ids3.txt", "\n".join(f"L{one}" for one in IDS)),
    "signs that are not seen": ("n/z.txt", TEXT.replace("5", "5\u200b")),
    "split runs of a document": ("n/a.xml", "<?xml version='1.0'?><d>" + by_lines(
        lambda _, v: f"<w:p><w:t>{str(v)[:2]}</w:t><w:t>{str(v)[2:]}</w:t></w:p>", "") + "</d>"),
    # answers
    "answers": ("n/q1.csv", ANSWERS.to_csv(index=False)),
    "answers, backwards": ("n/q2.csv", ANSWERS.iloc[:, ::-1].to_csv(index=False)),
    "answers as digits": ("n/q3.txt", "\n".join("".join(map(str, row)) for row in ANSWERS.to_numpy())),
    "one question": ("n/q4.txt", "\n".join(map(str, FRAME["Q7"]))),
    "half of the questions": ("n/q5.csv", ANSWERS.iloc[:, 5:27].to_csv(index=False)),
    # another writing
    "hexadecimal": ("n/h1.txt", HEX),
    "a dump": ("n/h2.txt", "\n".join(
        f"{k:08x}: " + " ".join(HEX[j : j + 4] for j in range(2 * k, 2 * k + 32, 4)) + "  ......"
        for k in range(0, 400, 16))),
    "percents": ("n/h3.txt", "https://x.nl/?d=" + urllib.parse.quote(CSV.decode()).replace(".", "%2E")),
    "entities": ("n/h4.md", "".join(f"&#{ord(sign)};" for sign in TEXT[:400])),
    "escapes": ("n/h5.js", "var a='" + "".join(f"\\x{sign:02x}" for sign in CSV[:400]) + "'"),
    "numbers of signs": ("n/h6.js", f"f({','.join(map(str, CSV[:400]))})"),
    "base64 in short lines": ("n/h7.txt", "\n".join(B64[k : k + 40] for k in range(0, 800, 40))),
    "an array in base64": ("n/h8.json", json.dumps(
        {"bdata": base64.b64encode(FRAME.iloc[200:215, 1:8].to_numpy().tobytes()).decode()})),
    "deflated in base64": ("n/h9.txt", base64.b64encode(zlib.compress(CSV))),
    # beside the parts of a file
    "remark in a zip": ("n/a.zip", in_zip(comment=TEXT.encode()[:3000])),
    "extra field of a zip": ("n/b.zip", in_zip(extra=struct.pack("<HH", 0x7777, 900) + CSV[:900])),
    "names in a zip": ("n/c.zip", in_zip(name=LINES[3].replace(" ", "_"))),
    "behind a zip": ("n/d.zip", in_zip() + CSV),
    "names in a tar": ("n/a.tar", in_tar(LINES[3].replace(" ", "_"))),
    "remark in a tar": ("n/b.tar", in_tar(comment=TEXT)),
    "name in a gzip": ("n/a.gz", b"\x1f\x8b\x08\x08" + bytes(6) + CSV + b"\0" + gzip.compress(b"niets")[10:]),
    "a profile of colours": ("n/a.png", png((b"iCCP", b"x\0\0" + zlib.compress(CSV)))),
    "behind the pixels": ("n/b.png", png(pixels=zlib.compress(b"\0\0") + CSV)),
    "pixels": ("n/c.png", png(pixels=zlib.compress(CSV))),
    "an SPSS portable file": ("n/a.por", b"".ljust(456) + b"SPSSPORT" + bytes(80)),
    "R as text": ("n/a.rds", b"A\n3\n262146\n" + TEXT.encode()),
    # in what a page does not show
    "a style": ("_report/a.html", page("", f"<style>.p::after{{content:'{LINES[3]}'}}</style>")),
    "names of parts": ("_report/b.html", page(f"<p id='{LINES[3].replace(' ', '_')}'>x</p>")),
    "an address": ("_report/c.html", page(f"<a href='#{html.escape(LINES[3].replace(' ', '&'))}'>x</a>")),
    "attributes apart": ("_report/d.html", page(
        "<i " + " ".join(f"data-{k}='{value}'" for k, value in enumerate(ROWS[3])) + ">x</i>")),
    "values of fields": ("_report/e.html", page(by_lines(lambda _, v: f"<input value='{v}'>"))),
    "a broken script": ("_report/f.html", f"<html><body><script>d=[{LINES[3].replace(' ', ',')}"),
    "names and not only content": (f"n/{LINES[5].replace(' ', '_')}.txt", "leeg"),
    # made by the build, and ignored by git
    "fragments": ("reports/_generated/a.qmd", TEXT),
    "variables": ("_variables.yml", TEXT),
    "the reference": ("_reference/a.html", page(TENTHS.to_html())),
}  # fmt: skip
KINDS = ("an SPSS portable file", "R as text")  # known by their kind
RNG = np.random.default_rng(5)
DECOYS = {
    "numbers of the same kind": pd.DataFrame(RNG.normal(505, 88, (400, 2))).round(1).to_csv(),
    "one a line": "\n".join(map(str, RNG.normal(505, 88, 3000).round(1))),
    "other answers": pd.DataFrame(RNG.integers(1, 5, (300, 40))).to_csv(index=False),
    "a school of girls": " ".join("0" * 200 + "1" * 200 + "0" * 100),
    "the means of the pupils": FRAME.groupby("S_GIRL").agg(["mean", "std"]).T.round(1).to_csv(),
    "hashes": "\n".join(RNG.bytes(32).hex() for _ in range(200)),
}  # fmt: skip


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> list[str]:
    """What is found in a tree with all plants and decoys, and real PDF files with rows beside their pages."""
    root = tmp_path_factory.mktemp("planted")
    files = dict(PLANTS.values())
    files |= {f"besides/{number}.txt": text for number, text in enumerate(DECOYS.values())}
    files |= {f"_report/{name}.pdf": content for name, content in papers().items()}
    workspace = planted(root, files)
    pyreadstat.write_sav(FRAME, workspace.data / "ISGNLDC4.sav")
    return [str(one) for one in check(workspace)[0]]


def papers() -> dict[str, bytes]:
    """PDF files that hold rows where no page shows them."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

    def made(change=None) -> bytes:
        paper = PdfWriter()
        paper.add_blank_page(100, 100)
        if change is not None:
            change(paper)
        buffer = io.BytesIO()
        paper.write(buffer)
        return buffer.getvalue()

    def script(paper):
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(TEXT)}
        paper._root_object[NameObject("/OpenAction")] = DictionaryObject(action)

    def metadata(paper):
        stream = StreamObject()
        stream.set_data(TEXT.encode())
        paper._root_object[NameObject("/Metadata")] = paper._add_object(stream.flate_encode())

    return {
        "script": made(script),
        "metadata": made(metadata),
        "bookmark": made(lambda paper: paper.add_outline_item(title=LINES[3], page_number=0)),
        "state": made(script) + b"\n" + made(),
        "behind": made() + b"\n" + CSV,
    }


@pytest.mark.parametrize("plant", PLANTS)
def test_a_plant_is_found(findings, plant):
    said = " ".join(one for one in findings if one.startswith(PLANTS[plant][0]))
    assert "ISGNLDC4.sav" in said or (plant in KINDS and "this is" in said)


@pytest.mark.parametrize("name", ["script", "metadata", "bookmark", "state", "behind"])
def test_what_no_page_shows_is_found(findings, name):
    said = [one for one in findings if one.startswith(f"_report/{name}.pdf")]
    assert "ISGNLDC4.sav" in said[0]


def test_what_is_no_row_is_no_finding(findings):
    assert [one for one in findings if one.startswith("besides/")] == []


def test_an_array_is_known_by_its_numbers():
    numbers = np.array([512.25, 498.5, 47.125, 0.0, 88.75])
    for form in ("<f8", "<f4", ">f8"):
        read = array_text(numbers.astype(form).tobytes())
        assert [float(line) for line in read.splitlines()] == numbers.tolist()
    assert array_text(b"\x89\x01\xff\xfe" * 20) == ""


def test_what_is_written_otherwise_is_read():
    said = "leerling 512,3 en 498,1 en nog wat tekst erachter"
    assert list(encoded(said.encode().hex())) == [("hexadecimal digits", said.encode())]
    assert list(encoded("50%20van 30%20en 12%20")) == []  # too few to be one
    assert list(encoded("".join(f"%{ord(sign):02X}" for sign in said))) == [("escapes", said.encode())]
    assert list(encoded("sha256:" + "ab" * 32)) == []
