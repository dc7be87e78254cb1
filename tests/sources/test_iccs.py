"""Student files of ICCS: what is read, and what is refused with a reason."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from pupil_files import iccs_table, write_sav

from analysis.design.gap import TrackVariable
from analysis.estimate.survey import ReplicateDesign, mean
from analysis.sources.iccs import describe_name, find_iccs, read_iccs
from analysis.sources.iccs_contract import PV_COLUMNS, STUDENTS, plausible_columns


def with_cell(column: str, row: int, value) -> pd.DataFrame:
    """A sound table in which one cell differs; `row` counts from 1."""
    table = iccs_table()
    if isinstance(value, str):
        table[column] = table[column].astype(object)
    table.loc[row - 1, column] = value
    return table


def test_a_file_becomes_a_frame_that_keeps_the_contract(tmp_path):
    table = iccs_table()
    frame = read_iccs(write_sav(table, tmp_path))
    STUDENTS.validate(frame)
    assert len(frame) == len(table)
    assert frame["system"].unique().tolist() == ["NLD"]
    assert frame["cycle"].unique().tolist() == [2022]
    np.testing.assert_allclose(frame[list(PV_COLUMNS)], table[[f"PV{k}CIV" for k in range(1, 6)]])
    assert (frame["migration"] == (table["S_IMMIG"] > 1)).all()
    assert "track" not in frame


@pytest.mark.parametrize("suffix", [".sav", ".SAV"])
def test_names_in_any_case_are_found_and_read(tmp_path, suffix):
    path = write_sav(iccs_table().rename(columns=str.lower), tmp_path, f"isgnldc4{suffix}")
    assert find_iccs(tmp_path) == [path]
    assert len(read_iccs(path)) == 300


def test_the_cycle_and_system_come_from_the_name(tmp_path):
    for name, expected in {
        "ISGNLDC4.sav": ("NLD", 2022),
        "ISGCHLC3.sav": ("CHL", 2016),
        "isgdnwc2.sav": ("DNW", 2009),
    }.items():
        assert describe_name(tmp_path / name) == expected
    frame = read_iccs(write_sav(iccs_table(country="CHL"), tmp_path, "ISGCHLC3.sav"))
    assert frame["cycle"].iloc[0] == 2016


def test_several_files_are_put_below_each_other(tmp_path):
    paths = [
        write_sav(iccs_table(country=c, seed=k), tmp_path, f"ISG{c}C3.sav")
        for k, c in enumerate(["PER", "COL"])
    ]
    frame = read_iccs(paths)
    assert frame.groupby("system").size().to_dict() == {"COL": 300, "PER": 300}
    with pytest.raises(ValueError, match="occurs more than once"):
        read_iccs([paths[0], paths[0]])
    with pytest.raises(ValueError, match="no ICCS files"):
        read_iccs([])


def test_names_of_2009_are_known(tmp_path):
    table = iccs_table().rename(columns={"S_GENDER": "SGENDER", "S_NISB": "NISB", "S_IMMIG": "IMMIG"})
    frame = read_iccs(write_sav(table, tmp_path, "ISGNLDC2.sav"))
    assert frame[["female", "ses", "migration"]].notna().all().all()


def test_other_files_in_the_folder_are_not_listed(tmp_path):
    for name in ("ISGNLDB4.sav", "ISANLDC4.sav", "ISGNLDC4.csv", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "ISGXXXC4.sav").mkdir()
    assert find_iccs(tmp_path) == []
    assert find_iccs(tmp_path / "absent") == []


def test_missing_codes_become_missing(tmp_path):
    table = iccs_table()
    table.loc[0, "S_CITEFF"] = 9998
    table.loc[1, "S_NISB"] = 9999
    table.loc[2, "S_GENDER"] = 9
    table.loc[3, "S_IMMIG"] = 8
    table.loc[4, "S_NISB"] = np.nan
    frame = read_iccs(write_sav(table, tmp_path))
    assert np.isnan(frame.loc[0, "citeff"])
    assert frame["ses"].isna().to_numpy().nonzero()[0].tolist() == [1, 4]
    assert np.isnan(frame.loc[2, "female"])
    assert np.isnan(frame.loc[3, "immigration"])
    assert np.isnan(frame.loc[3, "migration"])


def test_user_missing_values_declared_in_the_file_become_missing(tmp_path):
    table = iccs_table()
    table.loc[0, "S_NISB"] = 5.5
    declared = {"S_NISB": [{"lo": 5.0, "hi": 6.0}]}
    frame = read_iccs(write_sav(table, tmp_path, missing_ranges=declared))
    assert np.isnan(frame.loc[0, "ses"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (iccs_table().drop(columns="JKREPS"), r"ISGNLDC4\.sav: column JKREPS is absent"),
        (iccs_table().drop(columns=["PV3CIV", "TOTWGTS"]), r"column TOTWGTS, PV3CIV is absent"),
        (with_cell("TOTWGTS", 12, 0.0), r"column TOTWGTS, row 12: 0 lies outside"),
        (with_cell("TOTWGTS", 12, -3.0), r"column TOTWGTS, row 12: -3 lies outside"),
        (with_cell("TOTWGTS", 12, np.nan), r"column TOTWGTS is missing in 1 rows, first in row 12"),
        (with_cell("JKZONES", 5, 76), r"column JKZONES, row 5: 76 lies outside 1 to 75"),
        (with_cell("JKZONES", 5, 3.5), r"column JKZONES, row 5: 3.5 is not a whole number"),
        (with_cell("JKREPS", 5, 2), r"column JKREPS, row 5: 2 lies outside 0 to 1"),
        (with_cell("PV2CIV", 9, 9999), r"column PV2CIV, row 9: 9999 lies outside"),
        (with_cell("PV2CIV", 9, np.nan), r"column PV2CIV is missing in 1 rows, first in row 9"),
        (
            with_cell("S_GENDER", 4, 5),
            r"column S_GENDER, row 4: 5 lies outside 0 to 2 and is no missing code",
        ),
        (with_cell("S_IMMIG", 4, 4), r"column S_IMMIG, row 4: 4 lies outside"),
        (with_cell("S_NISB", 4, 41.2), r"column S_NISB, row 4: 41.2 lies outside"),
        (with_cell("IDSTUD", 7, 10_000_000.0), r"pupil 10000000 occurs more than once .* row 7"),
        (with_cell("COUNTRY", 3, "DEU"), r"COUNTRY holds DEU, NLD"),
        (iccs_table(country="DNK"), r"the name says NLD, COUNTRY says DNK"),
        (iccs_table().assign(JKREPS=1.0), r"JKREPS is 1 in every row"),
        (
            iccs_table().assign(PV4CIV=iccs_table()["PV2CIV"]),
            r"ISGNLDC4\.sav: PV2CIV and PV4CIV are the same in every row",
        ),
        (iccs_table().assign(PV4CIV=lambda t: t["S_CITEFF"]), r"PV4CIV has mean 50"),
        (
            iccs_table().assign(TOTWGTS=lambda t: [f"{w:.3f}".replace(".", ",") for w in t["TOTWGTS"]]),
            r"column TOTWGTS holds text, such as '.*,.*' in row 1.*decimal comma",
        ),
        (iccs_table().assign(S_NISB="0,5"), r"column S_NISB holds text"),
        (iccs_table().assign(totwgts=1.0), r"TOTWGTS and totwgts differ in case only"),
        (iccs_table().head(0), r"no rows"),
        (pd.DataFrame({"NAME": ["x"]}), r"column IDSTUD, TOTWGTS, .* is absent among 1 columns"),
    ],
)
def test_what_breaks_the_contract_is_refused_with_file_column_and_row(tmp_path, table, message):
    try:
        path = write_sav(table, tmp_path)
    except pyreadstat.PyreadstatError as error:
        pytest.skip(f"SPSS cannot hold this: {error}")
    with pytest.raises(ValueError, match=message):
        read_iccs(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [("JKZONES", "JKREPS"), ("TOTWGTS", "JKZONES"), ("IDSTUD", "IDSCHOOL"), ("PV1CIV", "S_NISB")],
)
def test_swapped_columns_are_refused(tmp_path, one, other):
    table = iccs_table().rename(columns={one: other, other: one})
    with pytest.raises(ValueError, match=r"ISGNLDC4\.sav"):
        read_iccs(write_sav(table, tmp_path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04" + b"\0" * 100, "zip archive; unpack it"),
        (b"\x1f\x8b" + b"\0" * 100, "gzip archive; unpack it"),
        (b"<!DOCTYPE html><html><title>Login</title>", "a web page, not data"),
        (b"IDSTUD;TOTWGTS\n1;2\n", "not an SPSS data file"),
        (b"$FL2" + b"\xff" * 3000, "damaged or cut off"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, content, message):
    path = tmp_path / "ISGNLDC4.sav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"ISGNLDC4\.sav: .*{message}"):
        read_iccs(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
@pytest.mark.parametrize("compress", [False, True])
def test_a_truncated_file_is_refused(tmp_path, share, compress):
    path = write_sav(iccs_table(), tmp_path, row_compress=compress)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"ISGNLDC4\.sav"):
        read_iccs(path)


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_file_gives_an_error_or_the_same_numbers(tmp_path, seed):
    path = write_sav(iccs_table(), tmp_path, row_compress=True)
    before = read_iccs(path)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(200, len(content), 400):
        content[place] ^= int(rng.integers(1, 256))
    path.write_bytes(bytes(content))
    try:
        after = read_iccs(path)
    except ValueError as error:
        after = str(error)
    if isinstance(after, str):
        assert "ISGNLDC4.sav" in after
    else:
        pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ISGNLDB4.sav", "a bridge file.*Use ISGNLDC4.sav"),
        ("ISGNLDC9.sav", "unknown cycle C9; known are C2"),
        ("ISANLDC4.sav", "the name of a student file is"),
        ("pupils.sav", "the name of a student file is"),
    ],
)
def test_a_name_that_is_no_core_student_file_is_refused(tmp_path, name, message):
    with pytest.raises(ValueError, match=message):
        read_iccs(write_sav(iccs_table(), tmp_path, name))


def test_an_absent_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"ISGNLDC4\.sav: no such file"):
        read_iccs(tmp_path / "ISGNLDC4.sav")


CODES = {"1": "vmbo", "2": "havo", "3": "vwo", "4": ""}


def tracked(codes=(1.0, 2.0, 3.0)):
    table = iccs_table()
    return table.assign(STREAM=np.random.default_rng(0).choice(codes, len(table)))


def test_the_track_comes_from_the_configured_column(tmp_path):
    table = tracked((1.0, 2.0, 3.0, 4.0, 9.0))
    frame = read_iccs(write_sav(table, tmp_path), track=TrackVariable("stream", CODES))
    expected = table["STREAM"].map({1.0: "vmbo", 2.0: "havo", 3.0: "vwo"})
    pd.testing.assert_series_equal(frame["track"], expected.astype("str"), check_names=False)
    assert frame["track"].isna().sum() == table["STREAM"].isin([4.0, 9.0]).sum() > 0


def test_without_codes_the_labels_of_the_file_decide(tmp_path):
    labels = {"STREAM": {1.0: "VMBO-bb/kb", 2.0: "havo", 3.0: "VWO (atheneum)", 4.0: "havo/vwo brugklas"}}
    path = write_sav(tracked((1.0, 2.0, 3.0, 4.0)), tmp_path, variable_value_labels=labels)
    frame = read_iccs(path, track=TrackVariable("STREAM", {}, {"havo/vwo": ""}))
    assert set(frame["track"].dropna()) == {"vmbo", "havo", "vwo"}
    assert set(frame["level"]) == {"vmbo", "havo", "vwo", "havo/vwo"}
    assert (frame["track"].isna() == (frame["level"] == "havo/vwo")).all()
    counted = read_iccs(path, track=TrackVariable("STREAM", {}, {"havo/vwo": "havo"}))
    assert (counted.loc[counted["level"] == "havo/vwo", "track"] == "havo").all()
    with pytest.raises(ValueError, match=r"column STREAM: havo/vwo \(\d+ pupils\) belongs to no"):
        read_iccs(path, track=TrackVariable("STREAM", {}))


def test_text_codes_work_as_well(tmp_path):
    table = iccs_table().assign(TRACK=lambda t: np.where(t["S_GENDER"] == 1, "V ", "M"))
    frame = read_iccs(write_sav(table, tmp_path), track=TrackVariable("TRACK", {"V": "vwo", "M": "vmbo"}))
    assert set(frame["track"]) == {"vwo", "vmbo"}


def test_an_absent_track_variable_says_what_to_ask_for(tmp_path):
    with pytest.raises(ValueError, match=r"track variable STREAM is absent.*Ask the IEA.*restricted-use"):
        read_iccs(write_sav(iccs_table(), tmp_path), track=TrackVariable("STREAM", CODES))


def test_an_unknown_track_code_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"column STREAM, row \d+: code '5' has no track"):
        read_iccs(write_sav(tracked((1.0, 5.0)), tmp_path), track=TrackVariable("STREAM", CODES))


def test_labels_that_name_no_track_are_an_error(tmp_path):
    path = write_sav(tracked(), tmp_path, variable_value_labels={"STREAM": {1.0: "low", 3.0: "high"}})
    with pytest.raises(ValueError, match="fill in track_codes"):
        read_iccs(path, track=TrackVariable("STREAM", {}))
    with pytest.raises(ValueError, match="track_codes lead to gymnasium"):
        TrackVariable("STREAM", {"1": "gymnasium"})


def test_text_instead_of_codes_is_its_own_label(tmp_path):
    texts = np.array(["VMBO-B", "vmbo_k", "VMBO-GT", "HAVO", "HAVO/VWO", "VWO", ""])
    written = np.random.default_rng(0).choice(texts, 300)
    path = write_sav(iccs_table().assign(STREAM=written), tmp_path)
    frame = read_iccs(path, track=TrackVariable("STREAM", {}, {"havo/vwo": ""}))
    assert set(frame["level"].dropna()) == {"vmbo-b", "vmbo-k", "vmbo-gt", "havo", "havo/vwo", "vwo"}
    assert frame["level"].isna().sum() == (written == "").sum()
    assert (frame["track"] == "vmbo").sum() == np.isin(written, texts[:3]).sum()


def test_codes_may_lead_to_levels(tmp_path):
    codes = {"1": "vmbo-b", "2": "havo/vwo", "3": "vwo"}
    frame = read_iccs(
        write_sav(tracked(), tmp_path), track=TrackVariable("STREAM", codes, {"havo/vwo": "vwo"})
    )
    assert set(zip(frame["level"], frame["track"], strict=True)) == {
        ("vmbo-b", "vmbo"),
        ("havo/vwo", "vwo"),
        ("vwo", "vwo"),
    }


def test_labels_of_missing_answers_and_codes_without_label(tmp_path):
    labels = {"STREAM": {1.0: "vmbo", 3.0: "vwo", 8.0: "Not administered", 9.0: "Omitted"}}
    track = TrackVariable("STREAM", {})
    table = tracked((1.0, 3.0, 8.0, 9.0, 99.0))
    frame = read_iccs(write_sav(table, tmp_path, variable_value_labels=labels), track=track)
    assert frame["track"].isna().sum() == (table["STREAM"] > 3).sum() > 0
    path = write_sav(tracked((1.0, 2.0)), tmp_path, variable_value_labels=labels)
    with pytest.raises(ValueError, match=r"column STREAM: '2' \(no label\) name no type of education"):
        read_iccs(path, track=track)


@pytest.mark.parametrize("suffix", ["csv", "sav"])
def test_the_track_may_stand_in_a_file_of_classes(tmp_path, suffix):
    table = iccs_table()
    path = write_sav(table, tmp_path)
    classes = pd.DataFrame({"IDCLASS": sorted(table["IDCLASS"].unique())})
    classes["TYPE"] = np.resize(["vmbo_b", "havo", "vwo"], len(classes))
    track = TrackVariable("TYPE", {}, file=f"klassen.{suffix}")

    def write(frame):
        if suffix == "sav":
            return write_sav(frame, tmp_path, "klassen.sav")
        return frame.to_csv(tmp_path / "klassen.csv", index=False, sep=";")

    write(classes)
    frame = read_iccs(path, track=track)
    expected = table["IDCLASS"].map(classes.set_index("IDCLASS")["TYPE"]).replace({"vmbo_b": "vmbo-b"})
    assert list(frame["level"]) == list(expected)
    write(classes.iloc[1:])
    with pytest.raises(ValueError, match=r"ISGNLDC4.sav: IDCLASS 100001 in row \d+ is not in klassen"):
        read_iccs(path, track=track)
    write(pd.concat([classes, classes.head(1).assign(TYPE="vwo")]))
    with pytest.raises(ValueError, match=r"klassen\..*: IDCLASS 100001 has two values of TYPE"):
        read_iccs(path, track=track)


def test_gender_from_the_derived_column_or_the_answer_with_a_third_one(tmp_path):
    table = iccs_table()
    table.loc[:4, "S_GENDER"] = 2.0
    derived = read_iccs(write_sav(table, tmp_path))
    assert list(derived["gender"].iloc[:5]) == ["other"] * 5
    assert derived["female"].isna().sum() == 5
    answer = table.drop(columns="S_GENDER").assign(IS4G02=table["S_GENDER"] + 1)
    answer.loc[5, "IS4G02"] = 9.0
    asked = read_iccs(write_sav(answer, tmp_path))
    pd.testing.assert_series_equal(asked["gender"].drop(5), derived["gender"].drop(5))
    assert pd.isna(asked.loc[5, "gender"])
    assert "female" not in read_iccs(write_sav(table.drop(columns="S_GENDER"), tmp_path))


def test_more_than_five_plausible_values_are_all_read(tmp_path):
    table = iccs_table()
    for k in range(6, 11):
        table[f"PV{k}CIV"] = table["PV1CIV"] + k
    frame = read_iccs(write_sav(table, tmp_path))
    STUDENTS.validate(frame)
    assert plausible_columns(frame) == [f"pv{k}" for k in range(1, 11)]
    np.testing.assert_allclose(frame["pv10"], table["PV10CIV"])
    with pytest.raises(ValueError, match="PV7CIV is absent and later plausible values are"):
        read_iccs(write_sav(table.drop(columns="PV7CIV"), tmp_path))


@pytest.mark.parametrize(
    "name", ["ISGNLDC4_RUF.sav", "isgnldc4 (1).sav", "ISGNLDC4.zsav", "ISGNLDC4-v2.ZSAV"]
)
def test_suffixes_and_packed_files_are_found_and_read(tmp_path, name):
    path = write_sav(iccs_table(), tmp_path, name, compress=name.lower().endswith("zsav"))
    assert find_iccs(tmp_path) == [path]
    assert describe_name(path) == ("NLD", 2022)
    assert len(read_iccs(path)) == 300


@pytest.mark.parametrize("country", [528.0, "528", "nld", "NLD "])
def test_the_country_is_text_or_a_number(tmp_path, country):
    assert len(read_iccs(write_sav(iccs_table().assign(COUNTRY=country), tmp_path))) == 300
    with pytest.raises(ValueError, match="the name says DNK, COUNTRY says NLD"):
        read_iccs(write_sav(iccs_table().assign(COUNTRY=country), tmp_path, "ISGDNKC4.sav"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("system", "expected", "se"), [("CHL", 482, 3.1), ("COL", 482, 3.4), ("PER", 438, 3.5)]
)
def test_real_files_give_the_published_means(shared, system, expected, se):
    path = shared / "real" / f"ISG{system}C3.sav"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the repository")
    frame = read_iccs(path)
    found = mean(frame[list(PV_COLUMNS)], ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"]))
    assert round(found["estimate"][0]) == expected
    assert round(found["se"][0], 1) == se
