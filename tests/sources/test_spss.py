"""SPSS files: one door for all, in a process of its own, and nothing lost on the way in silence."""

import struct

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.sources import spss
from analysis.sources.spss import read_spss

TABLE = pd.DataFrame({"Code": [1.0, 8.0, 97.0, 98.0, 99.0, np.nan], "Naam": ["a", "zz", "b", "", "c", "é"]})


def write(folder, table=TABLE, name="a.sav", **options):
    path = folder / name
    pyreadstat.write_sav(table, str(path), **options)
    return path


def edited(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


def test_declared_missing_values_and_ranges_are_missing(tmp_path):
    ranges = {"Code": [8, {"lo": 97, "hi": 99}], "Naam": ["zz"]}
    file = read_spss(write(tmp_path, missing_ranges=ranges), ["code", "NAAM"])
    assert list(file.frame.columns) == ["CODE", "NAAM"]
    np.testing.assert_array_equal(file.frame["CODE"], [1.0, *[np.nan] * 5])
    assert list(file.frame["NAAM"].isna()) == [False, True, False, False, False, False]
    assert file.frame["NAAM"].iloc[5] == "é"


@pytest.mark.parametrize("options", [{}, {"compress": True}, {"row_compress": True}])
def test_packed_files_and_labels(tmp_path, options):
    labels = {"Code": {1.0: "één", 8.0: "weet niet"}}
    name = "a.zsav" if options.get("compress") else "a.sav"
    file = read_spss(write(tmp_path, name=name, variable_value_labels=labels, **options), ["Code", "Anders"])
    assert file.columns == ("CODE", "NAAM")
    assert file.labels == {"CODE": {1.0: "één", 8.0: "weet niet"}}


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pd.DataFrame({"VARAA": [1.0], "VARBB": [2.0]})
    with pytest.raises(ValueError, match=r"a.sav: column 'VARAA' is duplicated.*keep one"):
        read_spss(edited(write(tmp_path, table), b"VARBB", b"VARAA"), ["VARAA"])


def test_bytes_that_do_not_fit_the_declared_encoding_are_refused(tmp_path):
    """The library gives such a cell as empty text, and says nothing."""
    path = edited(write(tmp_path), "é".encode(), b"\xe9 ")
    with pytest.raises(ValueError, match=r"a.sav: column Naam, row 6: the bytes are not text in"):
        read_spss(path, ["Naam"])
    assert len(read_spss(path, ["Code"]).frame) == 6


@pytest.mark.parametrize("variable", [0, 1000, -1, 2**31 - 1])
def test_a_crafted_file_is_named_and_ends_no_more_than_its_own_process(tmp_path, variable):
    """Labels of a variable that is not there: the library that reads the file looks beyond its memory."""
    path = write(tmp_path, variable_value_labels={"Code": {1.0: "een"}})
    labelled = struct.pack("<iii", 4, 1, 1)  # record 4: of one variable, the first
    edited(path, labelled, struct.pack("<iii", 4, 1, variable))
    with pytest.raises(ValueError, match=r"a\.sav: the SPSS file is damaged or c"):
        read_spss(path, ["Code"])


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended its process by signal SIGSEGV"),
        ("raise SystemExit('geen geheugen')", "ended its process with geen geheugen"),
        ("pass", "ended its process with 0"),
    ],
)
def test_whatever_ends_that_process_is_an_error_with_the_name_of_the_file(tmp_path, monkeypatch, code, says):
    child = tmp_path / "child.py"
    child.write_text(code)
    monkeypatch.setattr(spss, "_CHILD", child)
    with pytest.raises(ValueError, match=rf"a\.sav: the SPSS file is damaged or crafted; reading it {says}"):
        read_spss(write(tmp_path), ["Code"])
