"""One way to place a row: spellings that occur in files, and what is listed instead of guessed."""

import csv
import unicodedata

import numpy as np
import pandas as pd
import pytest

from analysis.sources.geography import province_names
from analysis.sources.placenames import key
from analysis.sources.places import (
    level_of,
    one_spelling,
    place_municipalities,
    place_postcodes,
    place_provinces,
    place_schools,
)

TABLE = pd.DataFrame(
    [
        ("GM0363", "Amsterdam", "PV27"),
        ("GM0518", "'s-Gravenhage", "PV28"),
        ("GM0796", "'s-Hertogenbosch", "PV30"),
        ("GM0373", "Bergen (NH.)", "PV27"),
        ("GM0893", "Bergen (L.)", "PV31"),
        ("GM0748", "Bergen op Zoom", "PV30"),
        ("GM0164", "Hengelo", "PV23"),
        ("GM1900", "Súdwest-Fryslân", "PV21"),
        ("GM1940", "De Fryske Marren", "PV21"),
        ("GM0014", "Groningen", "PV20"),
        ("GM0310", "De Bilt", "PV26"),
        ("GM0484", "Alphen aan den Rijn", "PV28"),
        ("GM0820", "Nuenen, Gerwen en Nederwetten", "PV30"),
        ("GM0845", "Sint-Michielsgestel", "PV30"),
        ("GM0003", "Appingedam", "PV20"),
    ],
    columns=["code", "name", "province"],
)
SPELLINGS = {
    "GM0363": ["GM0363", "gm0363", "0363", "363", 363, 363.0, "363.0", "363,0", "G0363", "GM 0363",
               "2026GM0363", "Amsterdam", "AMSTERDAM", " amsterdam\xa0", "Gemeente Amsterdam",
               "gem. Amsterdam", "Amsterdam (gemeente)", "0363 Amsterdam",
               "GM0363 - Amsterdam", "Amsterdam (0363)"],
    "GM0518": ["'s-Gravenhage", "’s-Gravenhage", "s-Gravenhage", "s Gravenhage", "'S GRAVENHAGE", "Den Haag",
               "DEN HAAG", "Gravenhage, 's", "Gemeente Den Haag"],
    "GM0796": ["'s-Hertogenbosch", "Den Bosch", "s-hertogenbosch"],
    "GM0373": ["Bergen (NH.)", "Bergen (NH)", "Bergen NH", "Bergen (Noord-Holland)", "Bergen, Noord-Holland"],
    "GM0893": ["Bergen (L.)", "bergen (l)", "Bergen L", "Bergen (Limburg)"],
    "GM0164": ["Hengelo", "Hengelo (O.)", "Hengelo OV", "Hengelo (Overijssel)"],
    "GM1900": ["Súdwest-Fryslân", "SÚDWEST-FRYSLÂN", "Sudwest-Fryslan", "Sudwest Fryslan",
               unicodedata.normalize("NFD", "Súdwest-Fryslân"), "Súdwest Fryslân", "Zuidwest-Friesland"],
    "GM1940": ["De Fryske Marren", "De Friese Meren", "Fryske Marren, De"],
    "GM0310": ["De Bilt", "Bilt, De"],
    "GM0484": ["Alphen aan den Rijn", "Alphen a/d Rijn", "Alphen a.d. Rijn", "ALPHEN AAN DEN RIJN"],
    "GM0820": ["Nuenen, Gerwen en Nederwetten", "Nuenen Gerwen & Nederwetten", "Nuenen"],
    "GM0845": ["Sint-Michielsgestel", "St. Michielsgestel", "St Michielsgestel"],
    "GM0003": ["0003", "3", 3.0, "Appingedam"],
    "BQ-BO": ["Bonaire", "BONAIRE", "O9001", "9001", "Openbaar lichaam Bonaire"],
    "BQ-SE": ["Sint Eustatius", "St. Eustatius", "9002"],
    "BQ-SA": ["Saba", 9003],
}  # fmt: skip


@pytest.mark.parametrize(("code", "spelling"), [(c, s) for c, many in SPELLINGS.items() for s in many])
def test_usual_spellings_of_a_municipality(code, spelling):
    placed = place_municipalities(pd.Series([spelling]), TABLE)
    assert list(placed.codes) == [code]
    assert (placed.lost, placed.empty) == (0, 0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("Bergen", "niet eenduidig: GM0373, GM0893"),
        ("Hengelo (Gld.)", "onbekende gemeente"),
        ("Amsterdan", "onbekende gemeente"),
        ("GM9999", "GM9999 staat niet in de lijst van gemeenten"),
        ("0518 Amsterdam", "code en naam spreken elkaar tegen (GM0518, GM0363)"),
        ("totaal", "onbekende gemeente"),
        ("36.3", "onbekende gemeente"),
    ],
)
def test_what_is_ambiguous_or_unknown_is_listed_and_never_guessed(value, reason):
    placed = place_municipalities(pd.Series(["Groningen", value, "", value, np.nan]), TABLE)
    assert list(placed.codes.notna()) == [True, False, False, False, False]
    assert placed.empty == 2
    (one,) = placed.unplaced
    assert (one.value, one.rows, one.first_row, one.reason) == (value, 2, 2, reason)


def test_the_province_beside_it_tells_namesakes_apart_and_is_compared():
    names = pd.Series(["Bergen", "Bergen", "Bergen", "Amsterdam"], index=[5, 6, 7, 8])
    placed = place_municipalities(names, TABLE, provinces=pd.Series(["PV31", "PV27", None, "PV31"]))
    assert list(placed.codes.fillna("")) == ["GM0893", "GM0373", "", ""]
    assert list(placed.codes.index) == [5, 6, 7, 8]
    assert [one.reason for one in placed.unplaced] == [
        "niet eenduidig: GM0373, GM0893",
        "ligt in PV27 en niet in PV31",
    ]


def test_the_year_decides_where_a_name_went_over_to_another_code():
    table = pd.DataFrame(
        [("GM0274", "Zevenaar", "PV25", 2017), ("GM0299", "Zevenaar", "PV25", 2018)],
        columns=["code", "name", "province", "year"],
    )
    names = pd.Series(["Zevenaar"] * 3)
    placed = place_municipalities(names, table, years=pd.Series([2017, 2018, None]))
    assert list(placed.codes.fillna("")) == ["GM0274", "GM0299", ""]


def test_without_a_table_codes_are_taken_and_names_are_not():
    placed = place_municipalities(pd.Series(["363", "Amsterdam", "Saba"]))
    assert list(placed.codes.fillna("")) == ["GM0363", "", "BQ-SA"]


PROVINCES = {
    "PV21": ["PV21", "21", 21, 21.0, "NL-FR", "Fryslân", "FRYSLAN", "Friesland", "Provincie Friesland",
             "Provinsje Fryslân", "frl", unicodedata.normalize("NFD", "Fryslân")],
    "PV27": ["PV27", "pv27", "27", "Noord-Holland", "noord holland", "NOORDHOLLAND", "NH", "N-Holland",
             "North Holland", "provincie Noord-Holland", "NL-NH"],
    "PV30": ["Noord-Brabant", "Brabant", "N.-Brabant", "NB"],
    "PV25": ["Gelderland", "GLD", "NL-GE"],
    "BQ": ["BES", "Caribisch Nederland"],
    "BQ-BO": ["Bonaire"],
}  # fmt: skip


@pytest.mark.parametrize(("code", "spelling"), [(c, s) for c, many in PROVINCES.items() for s in many])
def test_usual_spellings_of_a_province(code, spelling):
    assert list(place_provinces(pd.Series([spelling]), province_names()).codes) == [code]


@pytest.mark.parametrize("value", ["PV19", "19", "Holland", "g", "L", "PV2", "Amsterdam", "327"])
def test_other_provinces_are_listed(value):
    placed = place_provinces(pd.Series([value]), province_names())
    assert placed.codes.isna().all()
    assert placed.unplaced[0].value == value


def test_schools_by_brin_with_and_without_location():
    table = pd.DataFrame(
        [("01AB00", "GM0363"), ("01AB01", "GM0363"), ("02CD00", "GM0363"), ("02CD01", "GM0518")],
        columns=["location", "municipality"],
    )
    values = pd.Series(["01AB00", "01ab-1", "01AB", "02CD", "02CD 01", "99ZZ00", "school"])
    placed = place_schools(values, table)
    assert list(placed.codes.fillna("")) == ["GM0363"] * 3 + ["", "GM0518", "", ""]
    assert [one.reason for one in placed.unplaced] == [
        "niet eenduidig: GM0363, GM0518",
        "onbekende school of vestiging",
        "geen BRIN-nummer, met of zonder vestiging",
    ]


def test_postcodes_and_those_on_a_border():
    table = pd.DataFrame(
        [("1012", "GM0363"), ("2491", "GM0518"), ("2491", "GM1926")], columns=["postcode", "municipality"]
    )
    placed = place_postcodes(pd.Series(["1012 AB", "1012", 1012.0, "2491", "9999", "12"]), table)
    assert list(placed.codes.fillna("")) == ["GM0363"] * 3 + ["", "", ""]


def test_a_source_without_a_table_gets_one_spelling_a_place():
    values = pd.Series(
        ["0363", "363", "GM0363", 363.0, "Oude IJsselstreek", "OUDE IJSSELSTREEK", "oude ĳsselstreek"]
    )
    assert list(one_spelling(values)) == ["GM0363"] * 4 + ["Oude IJsselstreek"] * 3


def test_levels_follow_from_codes():
    assert [level_of(code) for code in ("GM0363", "PV27", "BQ-BO", "BQ")] == [
        "municipality",
        "province",
        "body",
        "body",
    ]
    with pytest.raises(ValueError, match="no code of a place"):
        level_of("XX")


@pytest.mark.real
def test_names_of_two_real_lists_are_found_in_each_other(shared):
    """355 municipalities of 2019 by name, in upper case and without accents, and the province beside them."""
    with (shared / "real/geo/gemeenten_provincies_2019.csv").open(encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    table = pd.DataFrame(
        [(row["GemeentecodeGM"], row["Gemeentenaam"], row["ProvinciecodePV"]) for row in rows],
        columns=["code", "name", "province"],
    )
    assert len(table) == 355
    for change in (str.upper, str.lower, lambda name: unicodedata.normalize("NFD", name), key):
        placed = place_municipalities(table["name"].map(change), table)
        assert placed.lost == 0
        assert list(placed.codes) == list(table["code"])
    numbers = table["code"].str[2:].astype(float)
    assert list(place_municipalities(numbers, table).codes) == list(table["code"])
    provinces = pd.Series([row["Provincienaam"] for row in rows])  # "Friesland" there
    assert list(place_provinces(provinces, province_names()).codes) == list(table["province"])
