"""What may arrive instead of data, given to every loader: a clear error or the right numbers.

Each kind of damage is done to a good file of every source it applies to. A loader passes if it raises an
error of ours that names the file, or reads exactly what the undamaged file holds. Anything else fails: a
traceback of another kind, other numbers, or no end.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import signal
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from kiesraad_examples import anp, fields, lists, names, wide
from open_examples import ages, duo, eml, eml_archive, geojson, population, provinces

sys.path.insert(0, str(Path(__file__).parents[1]))

from pupil_files import iccs_table, pisa_table, write_pisa, write_sav
from test_activities import HERE

from analysis.design.adks import adks_design
from analysis.design.tables import outcome_maps, start_maps
from analysis.sources import facts
from analysis.sources.adks import read_adks
from analysis.sources.cbs import inhabitants, inhabitants_by_age
from analysis.sources.duo import school_places
from analysis.sources.geography import regions
from analysis.sources.iccs import read_iccs
from analysis.sources.kiesraad import read_turnout
from analysis.sources.kiesraad_eml import read_eml
from analysis.sources.kiesraad_tables import read_anp
from analysis.sources.outcome_table import read_outcome_table
from analysis.sources.pdok import read_regions
from analysis.sources.pisa import read_pisa2003
from analysis.sources.starts import read_starts
from analysis.synthetic.adks import adks_twin
from analysis.workspace import Workspace, find_root

LIMIT = 20  # seconds one loader may take over a damaged file
PROGRAMMES = {528003: "vmbo", 528006: "vmbo", 528008: "havo", 528010: "vwo"}
OURS = (ValueError, FileNotFoundError)


@dataclass(frozen=True)
class Loader:
    """A source: name of its file, its good content, how it is read, and what kind of file it is."""

    file: str
    make: Callable[[Path], bytes]
    read: Callable[[Path], pd.DataFrame]
    kind: str  # csv, json, xml, zip, sav
    separator: str = ","


def adks_bytes(folder: Path) -> bytes:
    design = adks_design()
    twin = adks_twin(design, pupils=60).frame
    columns = {
        design.file.used[ours]: twin[ours].astype(str) for ours in ("pupil", "school", "wave", "track")
    }
    for outcome in design.outcome:
        values = twin[outcome.name] / outcome.factor
        columns[outcome.file] = ["" if pd.isna(value) else repr(float(value)) for value in values]
    return pd.DataFrame(columns).to_csv(index=False).encode()


def fact(function, name, path: Path) -> pd.DataFrame:
    """A table of facts from a workspace in which only this file is other."""
    root = path.parent / "root"
    folder = root / "data" / "facts"
    folder.mkdir(parents=True, exist_ok=True)
    for other in (find_root() / "data" / "facts").rglob("*.csv"):
        copied = folder / other.relative_to(find_root() / "data" / "facts")
        copied.parent.mkdir(exist_ok=True)
        copied.write_bytes(other.read_bytes())
    (folder / name).write_bytes(path.read_bytes())
    return function(Workspace(root, root))


def fact_bytes(name, folder: Path) -> bytes:
    return (find_root() / "data" / "facts" / name).read_bytes()


def turnout(path: Path) -> pd.DataFrame:
    return read_turnout([path]).frame


def anp_only(path: Path) -> pd.DataFrame:
    return read_anp(path, "2025")


def shapes(path: Path) -> pd.DataFrame:
    frame = read_regions(path, "provincie")
    return pd.DataFrame({"code": frame["code"], "name": frame["name"], "area": frame.area.round()})


def tables(folder: Path) -> bytes:
    towns = ("Amsterdam", "'s-Gravenhage", "Bergen (NH.)", "Bergen (L.)", "Súdwest-Fryslân")
    rows = [f"{town},2024-05-{day:02},{40 + day}.{day}" for town in towns for day in range(1, 9)]
    return ("gemeente,datum,score\n" + "\n".join(rows) + "\n").encode()


def starts(folder: Path) -> bytes:
    rows = [
        f"Amsterdam,{year}-05-03,{year}-11-30\nBergen (L.),{year}-01-10,{year}-03-04"
        for year in range(2006, 2026)
    ]
    return ("gemeente,start,einde\n" + "\n".join(rows) + "\n").encode()


def counted(path: Path, losses) -> None:
    """Rows that were left out are told of: for these cases as good as refused."""
    told = (*losses.left_out, *losses.coarser, *(one for one in losses.unknown if one[1]))
    if told or losses.repeated:
        raise ValueError(f"{path.name}: {told}, {len(losses.repeated)} repeated")


def read_outcomes(path: Path) -> pd.DataFrame:
    found = read_outcome_table([path], outcome_maps()["democratiekennis"], HERE)
    counted(path, found.losses)
    return found.frame.drop(columns=["line", "file"], errors="ignore")


def read_spells(path: Path) -> pd.DataFrame:
    found = read_starts([path], start_maps()["prodemos"], HERE)
    counted(path, found.losses)
    return pd.DataFrame([(spell.place, spell.start, spell.end) for spell in found.spells])


LOADERS = {
    "iccs": Loader(
        "ISGNLDC4.sav",
        lambda folder: write_sav(iccs_table(120), folder, "made.sav").read_bytes(),
        read_iccs,
        "sav",
    ),
    "pisa": Loader(
        "pisa2003_nld.csv.gz",
        lambda folder: gzip.decompress(write_pisa(pisa_table(60), folder, "made.csv.gz").read_bytes()),
        lambda path: read_pisa2003(path, PROGRAMMES),
        "csv",
    ),
    "adks": Loader("adks.csv", adks_bytes, read_adks, "csv"),
    "outcome": Loader("democratiekennis.csv", tables, read_outcomes, "csv"),
    "starts": Loader("start_prodemos.csv", starts, read_spells, "csv"),
    "facts": Loader(
        "cbs_population_2024.csv",
        partial(fact_bytes, "cbs_population_2024.csv"),
        partial(fact, facts.cbs_population, "cbs_population_2024.csv"),
        "csv",
    ),
    "regions": Loader(
        "regions.csv",
        partial(fact_bytes, "geo/regions.csv"),
        partial(fact, regions, "geo/regions.csv"),
        "csv",
    ),
    "duo": Loader("duo_vo_2024.csv", lambda folder: duo().encode(), school_places, "csv", ";"),
    "cbs": Loader("cbs_70072ned.json", lambda folder: json.dumps(population()).encode(), inhabitants, "json"),
    "cbs_ages": Loader(
        "cbs_03759ned.json",
        lambda folder: json.dumps(ages()).encode(),
        lambda path: inhabitants_by_age(path, range(12, 19)),
        "json",
    ),
    "pdok": Loader(
        "pdok_provincie_2024.geojson",
        lambda folder: json.dumps(geojson(provinces())).encode(),
        shapes,
        "json",
    ),
    "kiesraad": Loader("Telling_Bunnik.eml.xml", lambda folder: eml().encode(), read_eml, "xml"),
    "kiesraad_zip": Loader("kiesraad_ps2023.zip", lambda folder: eml_archive(), read_eml, "zip"),
    "kiesraad_wide": Loader(
        "Uitslag_alle_gemeenten_TK20300320.csv", lambda folder: wide().encode(), turnout, "csv", ";"
    ),
    "kiesraad_fields": Loader(
        "TK20300320_uitslag_gemeente.csv", lambda folder: fields().encode(), turnout, "csv", ";"
    ),
    "kiesraad_lists": Loader(
        "uitslag_TK20300320_Gemeente.csv", lambda folder: lists().encode(), turnout, "csv"
    ),
    "kiesraad_anp": Loader(
        "ANP_TK2025_opkomst_per_gemeente.csv", lambda folder: anp().encode(), anp_only, "csv"
    ),
    "kiesraad_names": Loader("PS2011.csv", lambda folder: names().encode(), turnout, "csv", ";"),
}
TEXT = ("csv", "json", "xml")


# --- kinds of damage: content in, damaged content out -----------------------------------------------------


def rows_of(content: bytes, separator: str) -> list[list[str]]:
    import csv

    return list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=separator))


def written(rows: list[list[str]], separator: str) -> bytes:
    import csv

    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def on_rows(change: Callable[[list[list[str]]], None]) -> Callable[[bytes, str], bytes]:
    def damage(content: bytes, separator: str) -> bytes:
        rows = rows_of(content, separator)
        change(rows)
        return written(rows, separator)

    return damage


def every_number(change: Callable[[str], str]) -> Callable[[bytes, str], bytes]:
    """Change the last number of every row."""

    def change_rows(rows):
        for row in rows[1:]:
            for column in reversed(range(len(row))):
                if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", row[column]):
                    row[column] = change(row[column])
                    break

    return on_rows(change_rows)


def first_number(value: str) -> Callable[[bytes, str], bytes]:
    """Put `value` for a number in row 1, in the last column that holds numbers."""

    def change_rows(rows):
        for column in reversed(range(len(rows[1]))):
            if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", rows[1][column]):
                rows[1][column] = value
                return

    return on_rows(change_rows)


def swap_columns(rows):
    for row in rows[1:]:
        row[0], row[-1] = row[-1], row[0]


def zipped(content: bytes, *_) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.csv", content)
    return buffer.getvalue()


ANY = {
    "empty": lambda content, *_: b"",
    "one newline": lambda content, *_: b"\n",
    "spaces only": lambda content, *_: b" \n\t \n",
    "a web page": lambda content, *_: b"<!DOCTYPE html><html><body>Log in</body></html>",
    "a web page after a mark": lambda content, *_: (
        b"\xef\xbb\xbf\n <HTML><title>502 Bad Gateway</title></HTML>"
    ),
    "an error in JSON": lambda content, *_: b'{"error": "too many requests"}',
    "a PDF": lambda content, *_: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(200),
    "a picture": lambda content, *_: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "an SPSS header and nothing": lambda content, *_: b"$FL2@(#) SPSS DATA FILE" + bytes(200),
    "bytes of nothing": lambda content, *_: bytes(4096),
    "random bytes": lambda content, *_: bytes((k * 7919 + k // 3) % 256 for k in range(5000)),
    "cut in half": lambda content, *_: content[: len(content) // 2],
    "cut after three bytes": lambda content, *_: content[:3],
    "the last byte gone": lambda content, *_: (
        content[:-1].rstrip(b"\n") if content.endswith(b"\n") else content[:-1]
    ),
    "a byte flipped": lambda content, *_: content[:600] + bytes([content[600] ^ 0x80]) + content[601:],
    "a damaged gzip": lambda content, *_: gzip.compress(content)[:-20],
    "gzip of gzip": lambda content, *_: gzip.compress(gzip.compress(content)),
    "a zip archive": zipped,
    "a damaged zip": lambda content, *_: zipped(content)[:-25],
    "a NUL in the middle": lambda content, *_: content[:300] + b"\0" + content[300:],
    "UTF-16": lambda content, *_: content.decode("utf-8", "replace").encode("utf-16"),
    "UTF-16 without a mark": lambda content, *_: content.decode("utf-8", "replace").encode("utf-16-le"),
    "a word that is no text": lambda content, *_: content[:300] + b"\xff\xfe\xfa" + content[300:],
}
LINES = {
    "a byte-order mark": lambda content, *_: b"\xef\xbb\xbf" + content,
    "lines ended as on Windows": lambda content, *_: content.replace(b"\n", b"\r\n"),
    "no newline at the end": lambda content, *_: content.rstrip(b"\n"),
}
TABLES = {
    "header only": on_rows(lambda rows: rows.__delitem__(slice(1, None))),
    "header twice": on_rows(lambda rows: rows.insert(1, rows[0])),
    "no header": on_rows(lambda rows: rows.pop(0)),
    "a column name twice": on_rows(lambda rows: rows[0].__setitem__(1, rows[0][0])),
    "a column without a name": on_rows(lambda rows: rows[0].__setitem__(1, "")),
    "a column gone": on_rows(lambda rows: [row.pop(0) for row in rows]),
    "columns in another order": on_rows(lambda rows: [row.reverse() for row in rows]),
    "swapped columns": on_rows(swap_columns),
    "a cell too many": on_rows(lambda rows: rows[2].append("1")),
    "a cell too many in every row": on_rows(lambda rows: [row.append("1") for row in rows[1:]]),
    "a cell too few": on_rows(lambda rows: rows[2].pop()),
    "a cell too few in every row": on_rows(lambda rows: [row.pop() for row in rows[1:]]),
    "another separator": lambda content, separator: content.replace(
        separator.encode(), b"\t" if separator == ";" else b";"
    ),
    "a row twice": on_rows(lambda rows: rows.append(list(rows[1]))),
    "all rows twice": on_rows(lambda rows: rows.extend([list(row) for row in rows[1:]])),
    "an open quote": lambda content, *_: content[:-60] + b'"' + content[-60:],
    "empty lines between": lambda content, *_: content.replace(b"\n", b"\n\n"),
    "decimal commas": every_number(lambda text: text.replace(".", ",")),
    "thousands with points": first_number("1.234.567"),
    "thousands with underscores": first_number("1_0"),
    "digits of another script": first_number("١٢"),
    "not a number": first_number("nan"),
    "infinity": first_number("inf"),
    "minus infinity": first_number("-Infinity"),
    "a very large number": first_number("1e309"),
    "a number below every range": first_number("-99999999"),
    "a word for a number": first_number("veel"),
    "an error of a spreadsheet": first_number("#DEEL/0!"),
    "a formula": first_number("=cmd|' /C calc'!A0"),
    "a formula with a sign": first_number('+HYPERLINK("http://x")'),
    "a formula with an at": first_number("@SUM(1)"),
    "hexadecimal": first_number("0x1F"),
    "a date for a number": first_number("2024-02-30"),
    "true for a number": first_number("TRUE"),
    "a long cell": first_number("9" * 5000),
    "the first cell empty": on_rows(lambda rows: rows[1].__setitem__(0, "")),
    "all cells empty": on_rows(
        lambda rows: [row.__setitem__(slice(None), [""] * len(row)) for row in rows[1:]]
    ),
}
MEANT = {("adks", "not a number")}  # "nan" is one of the words the panel may use for no answer
CASES = [
    pytest.param(name, kind, damage, id=f"{name}: {kind}")
    for kinds, fits in ((ANY, None), (LINES, TEXT), (TABLES, ("csv",)))
    for kind, damage in kinds.items()
    for name, loader in LOADERS.items()
    if (fits is None or loader.kind in fits) and (name, kind) not in MEANT
]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Content and result of the undamaged file of every source, made once."""
    made = {}

    def of(name):
        if name not in made:
            loader = LOADERS[name]
            folder = tmp_path_factory.mktemp(name)
            content = loader.make(folder)
            path = folder / loader.file
            path.write_bytes(content)
            made[name] = content, loader.read(path)
        return made[name]

    return of


@pytest.fixture(autouse=True)
def limit():
    """A loader that does not come back is a failure, not a wait."""

    def stop(*_):
        raise TimeoutError(f"no answer in {LIMIT} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_there_are_enough_kinds():
    assert len(ANY) + len(LINES) + len(TABLES) >= 60


@pytest.mark.parametrize("name", LOADERS)
def test_the_good_file_is_read(good, name):
    assert len(good(name)[1]) > 0


@pytest.mark.parametrize(("name", "kind", "damage"), CASES)
def test_damage_is_named_or_changes_nothing(good, tmp_path, name, kind, damage):
    loader = LOADERS[name]
    content, expected = good(name)
    damaged = damage(content, loader.separator)
    path = tmp_path / loader.file
    path.write_bytes(damaged)
    found, said = outcome(loader, path)
    if found is None:
        assert loader.file in said, f"the message does not name the file: {said}"
        assert len(said) < 3000
    elif damaged != content:
        same(found, expected)


def outcome(loader: Loader, path: Path) -> tuple[pd.DataFrame | None, str]:
    """What was read, or the message of an error of ours; any other error is passed on."""
    try:
        return loader.read(path), ""
    except OURS as error:
        return None, str(error)


def same(found, expected):
    """The same rows, whatever their order and that of the columns."""
    keys = [column for column in expected if not pd.api.types.is_float_dtype(expected[column])]
    pd.testing.assert_frame_equal(
        found[list(expected)].sort_values(keys, ignore_index=True),
        expected.sort_values(keys, ignore_index=True),
        check_dtype=False,
    )


@pytest.mark.parametrize("name", [name for name, loader in LOADERS.items() if loader.kind != "zip"])
def test_a_file_that_grows_when_unpacked_is_stopped_on_the_way(tmp_path, monkeypatch, name):
    """The limit is looked at while unpacking: half a gigabyte of nothing never stands in memory."""
    for module in (
        "archive",
        "pisa",
        "cbs",
        "pdok",
        "kiesraad_eml",
        "kiesraad_tables",
        "texttable",
        "adks",
        "sheets",
    ):
        loaded = sys.modules.get(f"analysis.sources.{module}")
        if hasattr(loaded, "LARGEST"):
            monkeypatch.setattr(loaded, "LARGEST", 10 * 2**20)
    loader = LOADERS[name]
    path = tmp_path / loader.file
    buffer = io.BytesIO()
    with gzip.open(buffer, "wb") as bomb:
        for _ in range(60):
            bomb.write(b"1;2,3\n" * 100_000)
    assert buffer.tell() < 200_000
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=re.escape(loader.file)):
        loader.read(path)
