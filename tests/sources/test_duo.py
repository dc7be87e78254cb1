"""Pupils by school location: masked counts stay unknown, everything else adds up."""

from __future__ import annotations

import numpy as np
import pytest
from open_examples import DUO_HEADER, duo, duo_row

from analysis.sources.duo import read_pupils
from analysis.sources.duo_contract import track_of


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "duo_vo_2024.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_counts_by_location_track_grade_and_sex(written):
    pupils = read_pupils(written(duo()))
    frame = pupils.frame
    vwo = frame[(frame["location"] == "00AH00") & (frame["track"] == "vwo")]
    assert vwo["province"].unique().tolist() == ["PV21"]
    assert vwo["municipality"].unique().tolist() == ["GM0080"]
    one = vwo.set_index(["grade", "female"])["pupils"]
    assert (one[4, 0], one[4, 1], one[5, 1]) == (30, 31, 29)
    assert set(frame["track"]) == {"vwo", "brugjaren", "havo", "vmbo"}


def test_masked_counts_are_unknown_never_zero_or_five(written):
    pupils = read_pupils(written(duo()))
    assert (pupils.masked, pupils.cells) == (2, 48)
    hidden = pupils.frame[pupils.frame["masked"] > 0]
    assert len(hidden) == 2
    assert hidden["pupils"].isna().all()
    assert pupils.frame.loc[pupils.frame["masked"] == 0, "pupils"].notna().all()
    assert pupils.remark == (
        "Van de 48 aantallen zijn er 2 afgeschermd als '<5' (4,2%); die tellen als onbekend."
    )


def test_a_sum_over_a_masked_count_is_unknown(written):
    rows = [
        duo_row(kind="VWO atheneum", counts=["0"] * 6 + ["30", "31", "<5", "29", "28", "0"]),
        duo_row(kind="VWO gymnasium", counts=["0"] * 6 + ["10", "11", "12", "13", "14", "0"]),
    ]
    frame = read_pupils(written(duo(rows))).frame.set_index(["grade", "female"])
    assert frame.loc[(4, 0), "pupils"] == 40
    assert np.isnan(frame.loc[(5, 0), "pupils"])


def test_older_names_and_encoding_are_read(written):
    names = {"INSTELLINGSCODE": "BRIN NUMMER", "VESTIGINGSCODE": "VESTIGINGSNUMMER"}
    header = [names.get(name, name) for name in DUO_HEADER]
    frame = read_pupils(written(duo(header=header), "cp1252")).frame
    assert "PV21" in set(frame["province"])
    with_mark = read_pupils(written("\ufeff" + duo())).frame
    assert with_mark.equals(frame)


def test_a_location_code_may_be_whole_already(written):
    frame = read_pupils(written(duo([duo_row(branch="00AH00")]))).frame
    assert frame["location"].unique().tolist() == ["00AH00"]


@pytest.mark.parametrize(
    ("name", "track"),
    [
        ("VWO", "vwo"), ("ATHENEUM", "vwo"), ("HAVO", "havo"), ("HAVO/VWO", "gemengd"), ("VMBO BL", "vmbo"),
        ("VMBO TL/HAVO", "gemengd"), ("PRO", "praktijkonderwijs"), ("Praktijkonderwijs", "praktijkonderwijs"),
        ("Brugjaar 1-2", "brugjaren"), ("Opera", None), ("", None),
    ],
)  # fmt: skip
def test_types_of_education(name, track):
    assert track_of(name) == track


def count(value):
    return [duo_row(counts=["0"] * 11 + [value])]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (count("1,5"), r"column LEER- OF VERBLIJFSJAAR 6 - VROUW, row 1: '1,5' is neither .* decimal comma"),
        (count("-3"), "'-3' is neither"),
        (count("50000"), "column pupils"),
        (count("<10"), "'<10' is neither"),
        (count(""), "'' is neither"),
        (count("=SUM(A1)"), "row 1: '=SUM\\(A1\\)' is a formula"),
        ([duo_row("Friesch")], "column PROVINCIE, row 1: 'Friesch' is no province"),
        ([duo_row(town="x")], "column GEMEENTENUMMER, row 1: 'x' is no number"),
        ([duo_row(kind="Opera")], "row 1: 'Opera' is a type of education without a known track"),
        ([duo_row(school="AH00")], "is no location"),
        (
            [duo_row(), duo_row(town="90", kind="HAVO")],
            "location 00AH00 stands in more than one municipality",
        ),
        ([duo_row()[:-1]], "row 1: 22 cells where the header has 23"),
        ([[*duo_row(), "1"]], "row 1: 24 cells"),
    ],
)
def test_damage_is_named(written, rows, says):
    with pytest.raises(ValueError, match=says) as caught:
        read_pupils(written(duo(rows)))
    assert str(caught.value).startswith("duo_vo_2024.csv")


def test_a_column_that_is_gone_is_named(written):
    header = ["X" if name == "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR" else name for name in DUO_HEADER]
    with pytest.raises(ValueError, match="column ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR or"):
        read_pupils(written(duo(header=header)))
    header = ["X" if name.endswith("3 - MAN") else name for name in DUO_HEADER]
    with pytest.raises(ValueError, match="column LEER- OF VERBLIJFSJAAR 3 - MAN is absent"):
        read_pupils(written(duo(header=header)))


def test_commas_instead_of_semicolons_are_said_so(written):
    with pytest.raises(ValueError, match="separated by ',' where ';' is expected"):
        read_pupils(written(duo().replace(";", ",")))
