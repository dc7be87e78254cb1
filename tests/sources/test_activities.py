"""A registration as it is kept: every usual way of keeping a list, and every row accounted for."""

import dataclasses
from datetime import date

import pandas as pd
import pytest

from analysis.design.tables import RegistrationMap, registration_maps
from analysis.rehearsal.workbooks import ods, xlsx
from analysis.sources.activities import find_files, read_activities
from analysis.sources.geography import province_names
from analysis.sources.locate import Gazetteer

TOWNS = pd.DataFrame(
    [
        ("GM0363", "Amsterdam", "PV27"),
        ("GM0518", "'s-Gravenhage", "PV28"),
        ("GM0373", "Bergen (NH.)", "PV27"),
        ("GM0893", "Bergen (L.)", "PV31"),
        ("GM1900", "Súdwest-Fryslân", "PV21"),
    ],
    columns=["code", "name", "province"],
)
SCHOOLS = pd.DataFrame([("01AB00", "GM0363"), ("02CD00", "GM0518")], columns=["location", "municipality"])
HERE = Gazetteer(province_names(), TOWNS)
HEADER = ["Datum", "Gemeente", "Soort", "Aantal jongeren"]
ROWS = [
    [date(2024, 5, 3), "Amsterdam", "Tienskipdag", 30],
    [date(2024, 5, 4), "Den Haag", "tienskipdag", 25],
    [date(2025, 1, 31), "SUDWEST-FRYSLAN", "Workshop", None],
]
CODES = ["GM0363", "GM0518", "GM1900"]


def design(**changes):
    return dataclasses.replace(registration_maps()["tienskip"], **changes)


def lines(separator=";", header=HEADER, rows=ROWS, end="\r\n"):
    cells = [
        header,
        *([row[0].strftime("%d-%m-%Y"), *("" if one is None else one for one in row[1:])] for row in rows),
    ]
    return "".join(separator.join(map(str, row)) + end for row in cells)


def read(tmp_path, content, name="tienskip.csv", gazetteer=HERE, **changes):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_activities([path], design(**changes), gazetteer)


def check(activities):
    frame = activities.frame
    assert list(frame["place"]) == CODES
    assert list(frame["date"].dt.date) == [row[0] for row in ROWS]
    assert list(frame["kind"]) == ["Tienskipdag", "Tienskipdag", "Workshop"]
    assert frame["young_people"].sum() == 55
    assert activities.losses.unknown == (("aantal jongeren", 1),)


DIALECTS = {
    "semicolons": lines(),
    "commas": lines(","),
    "tabs": lines("\t", end="\n"),
    "bars": lines("|"),
    "byte-order mark": b"\xef\xbb\xbf" + lines().encode(),
    "cp1252": lines().replace("SUDWEST-FRYSLAN", "Súdwest-Fryslân").encode("cp1252"),
    "UTF-16": lines("\t").encode("utf-16"),
    "sep line": "sep=;\r\n" + lines(),
    "title above": "Registratie Tienskip;;;\r\nStand 1 juni;;;\r\n;;;\r\n" + lines(),
    "other names": lines(header=["DATUM", "gemeente ", "Soort", "aantal_jongeren"]),
    "quoted": lines().replace("Amsterdam", '"Amsterdam"'),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_csv_in_every_usual_dialect(tmp_path, dialect):
    check(read(tmp_path, DIALECTS[dialect]))


@pytest.mark.parametrize(("write", "suffix"), [(xlsx, "xlsx"), (ods, "ods")])
def test_workbooks_with_dates_and_numbers_of_their_own_kind(tmp_path, write, suffix):
    pytest.importorskip(
        "python_calamine", reason="python-calamine, which reads spreadsheets, is not installed"
    )
    path = write(tmp_path / f"tienskip.{suffix}", Blad1=[["Tienskip", None, None, None], HEADER, *ROWS])
    activities = read_activities([path], design(), HERE)
    check(activities)
    assert list(activities.frame["line"]) == [3, 4, 5]


def test_a_tab_a_month_is_one_registration_and_other_tabs_are_none(tmp_path):
    pytest.importorskip(
        "python_calamine", reason="python-calamine, which reads spreadsheets, is not installed"
    )
    path = xlsx(
        tmp_path / "tienskip.xlsx", Mei=[HEADER, *ROWS[:2]], Januari=[HEADER, ROWS[2]], Uitleg=[["Zie mei"]]
    )
    activities = read_activities([path], design(), HERE)
    check(activities)
    assert list(activities.frame["file"]) == ["tienskip.xlsx, tab Mei"] * 2 + ["tienskip.xlsx, tab Januari"]
    assert len(read_activities([path], design(tab="Mei"), HERE).frame) == 2
    with pytest.raises(ValueError, match="there is no tab 'Juni'; there are Mei, Januari, Uitleg"):
        read_activities([path], design(tab="Juni"), HERE)


def test_every_row_is_accounted_for(tmp_path):
    text = (
        "Datum;Gemeente;Provincie;Status;Aantal jongeren\n"
        "mei 2024;Amsterdam;;uitgevoerd;10\n"
        ";;;;\n"
        "mei 2024;Bergen;;uitgevoerd;20\n"  # two of that name
        "mei 2024;Bergen;Limburg;uitgevoerd;30\n"
        "mei 2024;Nergens;Utrecht;uitgevoerd;40\n"  # the province is known
        "mei 2024;Amsterdam;Limburg;uitgevoerd;50\n"  # contradiction
        "mei 2024;;Zeeland;uitgevoerd;onbekend\n"
        "ergens in mei;Amsterdam;;uitgevoerd;60\n"
        ";Amsterdam;;uitgevoerd;70\n"
        "2024-06;Amsterdam;;geannuleerd;80\n"
        "mei 2024;Bonaire;Caribisch Nederland;uitgevoerd;90\n"
        "mei 2024;Amsterdam;;uitgevoerd;10\n"
        "Totaal;;;;460\n"
    )
    activities = read(tmp_path, text)
    frame, losses = activities.frame, activities.losses
    assert list(frame["place"].fillna("")) == ["GM0363", "", "GM0893", "PV26", "", "PV29", "BQ-BO", "GM0363"]
    assert list(frame["level"]) == [
        "municipality", "unplaced", "municipality", "province", "unplaced", "province", "body",
        "municipality",
    ]  # fmt: skip
    assert losses.rows == 12
    assert losses.rows == len(frame) + len(losses.totals) + len(losses.undated) + len(losses.skipped)
    assert losses.blank == 1
    assert losses.left_out == (
        ("totaalregels, niet meegeteld", 1),
        ("zonder leesbare datum, niet meegeteld", 2),
        ("volgens hun status niet meegeteld", 1),
        ("zonder leesbare plaats", 2),
    )
    assert losses.unknown == (("aantal jongeren", 1),)
    assert [(loss.line, loss.rows) for loss in losses.repeated] == [(13, 1)]
    assert [(loss.line, loss.rows) for loss in losses.totals] == [(14, 1)]
    assert [(loss.value, loss.line) for loss in losses.undated] == [("ergens in mei", 9), ("", 10)]
    assert [(loss.value, loss.line, loss.reason) for loss in losses.unplaced] == [
        ("Bergen", 4, "niet eenduidig: GM0373, GM0893"),
        ("Amsterdam", 7, "ligt in PV27 en niet in PV31"),
    ]
    assert [(loss.value, loss.line) for loss in losses.coarser] == [("Nergens", 6)]


def test_schools_are_placed_by_their_list_and_are_places_without_one(tmp_path):
    text = (
        "maand,brin_vest,leerlingen\n2024-05,01AB00,10\n2024-05,02cd-0,20\n2024-05,99ZZ00,30\n2024-05,,40\n"
    )
    placed = read(tmp_path, text, gazetteer=dataclasses.replace(HERE, schools=SCHOOLS)).frame
    assert list(placed["place"].fillna("")) == ["GM0363", "GM0518", "", ""]
    alone = read(tmp_path, text).frame
    assert list(alone["place"].fillna("")) == ["01AB00", "02CD00", "99ZZ00", ""]
    assert list(alone["level"]) == ["school", "school", "school", "unplaced"]
    assert list(alone["precision"]) == ["month"] * 4
    assert alone["until"].dt.day.unique() == 31


def test_postcodes_are_placed_by_their_list(tmp_path):
    postcodes = pd.DataFrame([("1012", "GM0363")], columns=["postcode", "municipality"])
    text = "datum;postcode\n1-5-2024;1012 AB\n1-5-2024;9999\n"
    frame = read(tmp_path, text, gazetteer=dataclasses.replace(HERE, postcodes=postcodes)).frame
    assert list(frame["place"].fillna("")) == ["GM0363", ""]
    assert frame["young_people"].isna().all()


def test_several_files_are_one_registration_and_the_same_list_twice_is_refused(tmp_path):
    first, second = tmp_path / "tienskip_2024.csv", tmp_path / "tienskip_2025.csv"
    first.write_text(lines(rows=ROWS[:2]))
    second.write_text(lines(",", rows=ROWS[2:]))
    (tmp_path / "~$tienskip.xlsx").write_bytes(b"lock")
    paths = find_files(design(), tmp_path)
    assert paths == [first, second]
    check(read_activities(paths, design(), HERE))
    second.write_text(lines(",", rows=ROWS[:2]))
    with pytest.raises(ValueError, match=r"tienskip_2025.csv: all its 2 rows stand in tienskip_2024.csv too"):
        read_activities(paths, design(), HERE)


def test_kinds_and_statuses_are_those_of_the_design(tmp_path):
    assert list(read(tmp_path, lines(), kinds={"TIENSKIPDAG": "dag", "workshop": "les"}).frame["kind"]) == [
        "dag",
        "dag",
        "les",
    ]
    with pytest.raises(
        ValueError, match=r"tienskip.csv, column Soort, line 4: 'Workshop' is unknown. Add it to kinds"
    ):
        read(tmp_path, lines(), kinds={"tienskipdag": "dag"})
    with pytest.raises(
        ValueError, match=r"column status, line 3: 'misschien' is unknown. Add it to counted or"
    ):
        read(tmp_path, "datum;gemeente;status\n1-5-2024;Amsterdam;ja\n1-5-2024;Amsterdam;misschien\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lines().replace("30", "dertig"), "column Aantal jongeren, line 2: 'dertig' is not a number"),
        (lines().replace("30", "1.230"), r"column Aantal jongeren, line 2: '1.230' can be read in two"),
        (lines().replace("30", "-3"), "column Aantal jongeren, line 2: -3 is no number of people"),
        (lines().replace("30", "3,5"), "line 2: 3.5 is no number of people"),
        (lines().replace("Gemeente", "Stad"), "no column for municipality .*; the file has Datum, Stad"),
        (lines().rstrip(), "the last line has no end"),
        (lines().replace("Tienskipdag", "Tienskip;dag"), "line 2: 5 cells where the header has 4"),
        (lines().replace("Amsterdam", "=A1"), "'=A1' is a formula"),
        (lines().replace("Soort", "Gemeentenaam"), "2 columns for municipality"),
        (lines(rows=[]), "has a header and no rows"),
        (lines().replace('Workshop', '"Workshop'), "line 4: not readable as a table"),
        ("", "the file is empty"),
        ("<html></html>\n", "this is a web page"),
    ],
)  # fmt: skip
def test_mistakes_are_named_by_file_column_and_line(tmp_path, content, says):
    with pytest.raises(ValueError, match=f"tienskip.csv.*{says}"):
        read(tmp_path, content)


def test_thousands_are_read_where_they_are_declared(tmp_path):
    assert read(tmp_path, lines().replace("30", "1.230"), thousands=".").frame["young_people"].iloc[0] == 1230
    assert read(tmp_path, lines().replace("30", "1,230"), thousands=",").frame["young_people"].iloc[0] == 1230
    with pytest.raises(ValueError, match=r"line 2: '1,23' is not a number .the decimal sign is '\.'"):
        read(tmp_path, lines().replace("30", "1,23"), thousands=",")  # 123 in no reading of it


def test_a_workbook_that_is_none_is_named(tmp_path):
    pytest.importorskip(
        "python_calamine", reason="python-calamine, which reads spreadsheets, is not installed"
    )
    for name, content in (("a.xlsx", b"PK\x03\x04 no zip"), ("b.xls", b"\xd0\xcf\x11\xe0 no workbook")):
        with pytest.raises(ValueError, match=f"{name}: not a readable spreadsheet"):
            read(tmp_path, content, name=name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"columns": {"datum": ["x"]}}, "columns: unknown datum"),
        ({"columns": {"date": ["x"]}}, "columns: one of municipality, school, postcode, province"),
        ({"columns": {"date": 3, "province": "p"}}, "columns: date is 3; expected a name"),
        ({"files": ("../x.csv",)}, "expected names without a folder"),
        ({"decimal": ";"}, "decimal ';'"),
        ({"decimal": ",", "thousands": ","}, "another sign"),
        ({"thousands": ";"}, "another sign"),
        ({"counted": ("ja",), "not_counted": ("ja",)}, "both hold ja"),
        ({"counted": ()}, "needs the words"),
    ],
)
def test_a_map_that_cannot_be_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        design(**change)


def test_the_design_has_a_map_for_both_programmes():
    maps = registration_maps()
    assert list(maps) == ["prodemos", "tienskip"]
    assert all(isinstance(one, RegistrationMap) for one in maps.values())


def test_days_that_a_spreadsheet_counts_are_refused_with_what_to_do(tmp_path):
    content = lines(rows=[[date(2024, 5, 3), "Amsterdam", "", 30]]).encode() + b"45931;Amsterdam;;30\r\n" * 9
    with pytest.raises(ValueError, match=r"tienskip.csv, line 3: '45931' .* format the column as a date"):
        read(tmp_path, content)


def test_a_date_in_the_first_of_merged_cells_only_is_no_date_of_the_others(tmp_path):
    rows = [[date(2024, 5, 3) if number % 4 == 0 else None, "Amsterdam", "", 30] for number in range(12)]
    path = xlsx(tmp_path / "tienskip.xlsx", Dagen=[HEADER, *rows])
    with pytest.raises(
        ValueError, match=r"tienskip.xlsx, line 3: no date, and so for 9 of 12 rows. Are cells"
    ):
        read_activities([path], design(), HERE)
    few = xlsx(tmp_path / "tienskip.xlsx", Dagen=[HEADER, *rows[:1] * 2, *rows[1:3]])
    assert read_activities([few], design(), HERE).losses.left_out[0] == (
        "zonder leesbare datum, niet meegeteld",
        2,
    )


def test_rows_with_another_separator_than_the_header_are_told(tmp_path):
    text = "Datum;Gemeente;Aantal jongeren\n1-5-2024,Assen,40\n2-5-2024,Emmen,50\n"
    with pytest.raises(
        ValueError, match=r"tienskip\.csv, line 2: one cell \('1-5-2024,Assen,40'\) where the header has 3"
    ):
        read(tmp_path, text)


def test_dates_of_which_none_can_be_read_are_no_empty_registration(tmp_path):
    """Also where there are few; among others that can be read one is left out and told."""
    head = "Datum;Gemeente;Aantal jongeren\n"
    with pytest.raises(
        ValueError, match=r"tienskip\.csv, line 2: 'ooit' is no date in column Datum .*2 of 2 rows"
    ):
        read(tmp_path, f"{head}ooit;Amsterdam;40\nlater;Amsterdam;50\n")
    found = read(tmp_path, f"{head}ooit;Amsterdam;40\n1-5-2024;Amsterdam;50\n")
    assert list(found.frame["young_people"]) == [50.0]
    assert [(loss.value, loss.line) for loss in found.losses.undated] == [("ooit", 2)]


def test_a_registration_of_which_nothing_took_place_is_empty_and_read(tmp_path):
    text = "Datum;Gemeente;Status\n1-5-2024;Amsterdam;geannuleerd\n;Amsterdam;geannuleerd\n"
    found = read(tmp_path, text)
    assert found.frame.empty
    assert [loss.rows for loss in found.losses.skipped] == [1]
    dateless = read(tmp_path, "Datum;Gemeente\n;Amsterdam\n")
    assert dateless.frame.empty
    assert [loss.rows for loss in dateless.losses.undated] == [1]


def test_a_row_is_left_out_for_one_reason(tmp_path):
    """Of five rows two did not take place, one of them in a place that nobody can read."""
    text = (
        "Datum;Gemeente;Aantal jongeren;Status\n1-2-2024;Amsterdam;10;ja\n2-2-2024;Atlantis;20;ja\n"
        "3-2-2024;Atlantis;30;vervallen\n4-2-2024;Den Haag;40;vervallen\n5-2-2024;Amsterdam;50;ja\n"
    )
    found = read(tmp_path, text)
    assert dict(found.losses.left_out) == {
        "volgens hun status niet meegeteld": 2,
        "zonder leesbare plaats": 1,
    }
    assert [(loss.value, loss.rows, loss.line) for loss in found.losses.unplaced] == [("Atlantis", 1, 3)]
    assert int(found.frame["place"].isna().sum()) == 1
