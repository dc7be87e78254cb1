"""Postcodes and their municipalities, by hand."""

from __future__ import annotations

import pytest

from analysis.sources.postcodes import postcode_places


def read(folder, text, name="cbs_postcodes.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return postcode_places(path)


def test_the_table_of_addresses_of_cbs(tmp_path):
    found = read(
        tmp_path,
        "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n"
        "1011AB;1;3630000;363000;363\n1011AC;7;3630000;363000;363\n2201ZZ;2;5750102;57501;575\n",
    )
    assert found.to_dict("records") == [
        {"postcode": "1011", "municipality": "GM0363"},
        {"postcode": "2201", "municipality": "GM0575"},
    ]


def test_a_table_of_four_digits_with_codes_and_commas(tmp_path):
    assert read(tmp_path, "postcode,gemeentecode\n1011,GM0363\n")["municipality"].tolist() == ["GM0363"]


def test_a_postcode_in_two_municipalities_stands_twice(tmp_path):
    assert len(read(tmp_path, "pc4;gemeente\n1011;363\n1011;575\n")) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pc4;plaats\n1011;Amsterdam\n", r"no column for municipality; expected PC6 or postcode"),
        ("pc4;gemeente\n1011;363\nABCD;363\n", r"column pc4, row 2: 'ABCD' is no postcode"),
        ("pc4;gemeente\n1011;Amsterdam\n", r"column gemeente, row 1: 'Amsterdam' is no municipality code"),
    ],
)
def test_what_is_no_such_table_is_named(tmp_path, text, says):
    with pytest.raises(ValueError, match=says):
        read(tmp_path, text)
