"""Cells that a spreadsheet would run are text in every CSV that leaves; numbers stay numbers."""

from __future__ import annotations

import csv
import io

import pytest

from analysis.datakind import DataKind
from analysis.release.spreadsheet import safe_cells
from analysis.release.twin import with_kind
from analysis.render.resultsfile import write_results_file
from analysis.results import Result, Stamp, stamped

STAMP = Stamp("notebook", "run", "a", "b", "c")


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1,2)", "\t1", "\r1", "\n1", "-", "- leerlingen",
        "=HYPERLINK(\"http://x\")", "\uff1d1+1", "\uff20SUM(1)", "+31 6 12345678",
    ],
)  # fmt: skip
def test_what_begins_a_formula_gets_an_apostrophe(cell):
    assert safe_cells([cell]) == ["'" + cell]


@pytest.mark.parametrize(
    "cell",
    ["-1.5", "-1,5", "+3", "-1.234,5", "-.5", "-1e-05", "-12%", "1=1", "a-b", "", "'x", "\u22121,5", "–"],
)
def test_numbers_and_other_text_stay(cell):
    assert safe_cells([cell]) == [cell]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("x; \"=cmd|' /C calc'!A0\"", "x; \"'=cmd|' /C calc'!A0\""),
        ("a\t@SUM(1)", "a\t'@SUM(1)"),
        ("regel\n+1+1", "regel\n'+1+1"),
        ("=a;=b", "'=a;'=b"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("a;\uff1d1", "a;'\uff1d1"),
        (" =1+1", " '=1+1"),
        ("\u00a0@SUM(1)", "\u00a0'@SUM(1)"),
        ("\u200b=1+1", "\u200b'=1+1"),
        ("\ufeff+a", "\ufeff'+a"),
        ('"=1+1"', '"\'=1+1"'),
        ("\ufe66a", "'\ufe66a"),
        ("a;\u3000=1", "a;\u3000'=1"),
        (" -2,5", " -2,5"),
        ("van 0,1; -2,5; b", "van 0,1; -2,5; b"),
        ("bron_a; bron_b", "bron_a; bron_b"),
    ],
)
def test_what_another_reader_takes_for_a_cell_is_no_formula_either(cell, safe):
    assert safe_cells([cell]) == [safe]


def test_a_reader_that_separates_by_semicolons_finds_no_formula(tmp_path):
    row = Result("a.x", "label;=1+1", 1.0, "punten", "real", "bron", note='toelichting; "=2+2"\n@SUM(3)')
    write_results_file([row], tmp_path / "resultaten.csv")
    text = (tmp_path / "resultaten.csv").read_text(encoding="utf-8")
    for separator in ";\t,":
        cells = [cell for line in csv.reader(io.StringIO(text), delimiter=separator) for cell in line]
        assert not [cell for cell in cells if cell.strip(' "').startswith(("=", "+", "@"))], separator


def test_what_is_no_text_stays_and_unknown_is_empty():
    assert safe_cells([-1.5, None, 3, True]) == [-1.5, "", 3, True]


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\x0b"])
def test_control_characters_are_refused_with_their_place(sign):
    with pytest.raises(ValueError, match=r"tabel, cell 2: .* holds the control character"):
        safe_cells(["a", f"b{sign}c"], "tabel")


def test_a_download_is_neutralised_in_header_and_rows():
    cells = [["=naam", "waarde"], ["@x", "-1.5"], ["y", "2"]]
    rows = list(csv.reader(io.StringIO(with_kind(cells, DataKind.REAL))))
    assert [row[:2] for row in rows] == [["'=naam", "waarde"], ["'@x", "-1.5"], ["y", "2"]]
    with pytest.raises(ValueError, match="row 2, cell 1"):
        with_kind([["a"], ["b"], ["\x1b[31m"]], DataKind.REAL)


def test_the_file_of_results_is_neutralised(tmp_path):
    rows = [
        Result("a.x", "=1+1", -1.5, "@unit", "real", "bron", note="-2+3"),
        Result("a.y", "gewoon", 2.0, "%", "real", "bron", low=-3.25, high=4.0),
    ]
    write_results_file(stamped(rows, STAMP), tmp_path / "resultaten.csv", public=True)
    first, second = csv.DictReader((tmp_path / "resultaten.csv").read_text(encoding="utf-8").splitlines())
    assert [first[name] for name in ("label", "value", "unit", "note")] == [
        "'=1+1",
        "-1.5",
        "'@unit",
        "'-2+3",
    ]
    assert [second[name] for name in ("label", "value", "low")] == ["gewoon", "2.0", "-3.25"]
    with pytest.raises(ValueError, match=r"resultaten\.csv, a\.z, cell 2: .* control character"):
        write_results_file(
            stamped([Result("a.z", "b\x07", 1.0, "%", "real", "bron")], STAMP), tmp_path / "x.csv"
        )
