"""Where schools lie: codes as the editions write them, and nothing guessed."""

from __future__ import annotations

import pytest
from open_examples import DUO_HEADER, duo, duo_row

from analysis.sources.duo import school_places

PLACES = {"00AH00": "GM0080", "01XF02": "GM0363"}


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "duo_vo_2024.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def places(path):
    return school_places(path).set_index("location")["municipality"].to_dict()


def test_each_location_once_with_its_municipality(written):
    assert places(written(duo())) == PLACES


def test_older_names_and_encoding_are_read(written):
    names = {"INSTELLINGSCODE": "BRIN NUMMER", "VESTIGINGSCODE": "VESTIGINGSNUMMER"}
    header = [names.get(name, name) for name in DUO_HEADER]
    assert places(written(duo(header=header), "cp1252")) == PLACES
    assert places(written("\ufeff" + duo())) == PLACES


def test_a_location_code_may_be_whole_already(written):
    assert places(written(duo([duo_row(branch="00AH00")]))) == {"00AH00": "GM0080"}


def test_a_location_in_two_municipalities_stands_there_twice(written):
    rows = [duo_row(), duo_row(town="90", kind="HAVO")]
    assert school_places(written(duo(rows))).to_numpy().tolist() == [
        ["00AH00", "GM0080"],
        ["00AH00", "GM0090"],
    ]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([duo_row(school="=SUM(A1)")], "row 1: '=SUM\\(A1\\)' is a formula"),
        ([duo_row(town="x")], "column GEMEENTENUMMER, row 1: 'x' is no number"),
        ([duo_row(school="AH00")], "is no location"),
        ([duo_row()[:-1]], "row 1: 22 cells where the header has 23"),
        ([[*duo_row(), "1"]], "row 1: 24 cells"),
    ],
)
def test_damage_is_named(written, rows, says):
    with pytest.raises(ValueError, match=says) as caught:
        school_places(written(duo(rows)))
    assert str(caught.value).startswith("duo_vo_2024.csv")


def test_a_column_that_is_gone_is_named(written):
    header = ["X" if name == "GEMEENTENUMMER" else name for name in DUO_HEADER]
    with pytest.raises(ValueError, match="column GEMEENTENUMMER is absent"):
        school_places(written(duo(header=header)))


def test_commas_instead_of_semicolons_are_said_so(written):
    with pytest.raises(ValueError, match="separated by ',' where ';' is expected"):
        school_places(written(duo().replace(";", ",")))
