"""Text tables: what a spreadsheet puts before the header, and limits that hold whatever a file claims."""

import gzip

import pandas as pd
import pytest

from analysis.sources import texttable
from analysis.sources.texttable import read_text_pieces, read_text_table


def write(folder, content, name="a.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_line_that_names_the_separator_is_no_header(tmp_path, separator):
    text = separator.join("ab") + "\n" + separator.join("12") + "\n"
    path = write(tmp_path, f"sep={separator}\r\n{text}")
    plain = write(tmp_path, text, "b.csv")
    expected = read_text_table(plain, separator=separator)
    assert expected.to_dict("list") == {"a": ["1"], "b": ["2"]}
    pd.testing.assert_frame_equal(read_text_table(path, separator=separator), expected)
    (piece,) = read_text_pieces(path, separator=separator)
    pd.testing.assert_frame_equal(piece, expected)


def test_another_separator_than_expected_is_named_all_the_same(tmp_path):
    with pytest.raises(ValueError, match=r"a\.csv"):
        read_text_table(write(tmp_path, "sep=;\na;b\n1;2\n"))


@pytest.mark.parametrize("read", [read_text_table, lambda path: list(read_text_pieces(path))])
def test_a_line_without_end_is_refused_by_the_name_of_the_limit(tmp_path, monkeypatch, read):
    monkeypatch.setattr(texttable, "LONGEST_LINE", 1000)
    path = write(tmp_path, "a,b\n1,2\n" + "3," + "x" * 5000 + "\n")
    with pytest.raises(ValueError, match=r"a.csv, line 3: longer than 1000 characters \(LONGEST_LINE\)"):
        read(path)


def test_a_gzip_that_unfolds_without_end_is_refused_by_the_name_of_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(texttable, "_FREE", 2**16)
    path = write(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 10**6), "a.csv.gz")
    with pytest.raises(ValueError, match=r"a.csv.gz: unpacks to more than .* MB \(LARGEST_RATIO\)"):
        list(read_text_pieces(path))
    monkeypatch.setattr(texttable, "LARGEST", 2**16)
    with pytest.raises(ValueError, match=r"a.csv.gz: unpacks to more than 0.0625 MB, the LARGEST"):
        read_text_table(path)


def test_pieces_of_long_rows_have_fewer_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(texttable, "LARGEST_PIECE", 5000)
    path = write(tmp_path, "a,b\n" + "".join(f"{k},{'x' * 990}\n" for k in range(20)))
    pieces = list(read_text_pieces(path))
    assert len(pieces) > 2
    whole = pd.concat(pieces)
    assert list(whole.index) == list(range(20))
    assert list(whole["a"]) == [str(k) for k in range(20)]
