"""The loader of the adolescent panel: a configured map in, a checked frame out, and errors that help."""

import copy

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.design.adks import adks_design, parse_adks_design
from analysis.design.read import read_design
from analysis.sources.adks import adks_path, read_adks, read_adks_file
from analysis.sources.adks_flow import leaving
from analysis.synthetic.adks import adks_twin
from analysis.workspace import Workspace, find_root

CONTENT = read_design("adks")


def configured(**file):
    content = copy.deepcopy(CONTENT)
    columns = file.pop("columns", {})
    content["file"] |= file
    content["file"]["columns"] |= columns
    return parse_adks_design(content)


DESIGN = adks_design()
TWIN = adks_twin(DESIGN, pupils=60).frame


def raw(**changes):
    """The twin as the file would be: the codebook's names, answers before the factor."""
    frame = pd.DataFrame({
        "leerling": TWIN["pupil"], "school": TWIN["school"], "meting": TWIN["wave"].astype(str),
        "schoolsoort": TWIN["track"],
    })  # fmt: skip
    for outcome in DESIGN.outcome:
        frame[outcome.file] = [
            "" if np.isnan(value) else repr(float(value)) for value in TWIN[outcome.name] / outcome.factor
        ]
    return frame.assign(**changes)


def written(tmp_path, frame, name="adks.csv", **options):
    path = tmp_path / name
    frame.to_csv(path, index=False, **options)
    return path


def changed(column, value, row=0):
    frame = raw()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def test_a_file_in_the_configured_shape_gives_back_the_twin(tmp_path):
    frame = read_adks(written(tmp_path, raw()), DESIGN)
    pd.testing.assert_frame_equal(frame, TWIN, check_exact=False, rtol=1e-12)


def test_an_spss_file_gives_the_same(tmp_path):
    frame = raw()
    for outcome in DESIGN.outcome:
        frame[outcome.file] = pd.to_numeric(frame[outcome.file])
    frame["meting"] = frame["meting"].astype(float)
    path = tmp_path / "adks.sav"
    pyreadstat.write_sav(frame, str(path))
    found = read_adks(path, configured(name="adks.sav"))
    pd.testing.assert_frame_equal(found, TWIN, check_exact=False, rtol=1e-9)


def spss(tmp_path, frame, name="adks.sav", **options):
    path = tmp_path / name
    pyreadstat.write_sav(frame, str(path), **options)
    return read_adks(path, configured(name=name))


def numeric():
    """The file as SPSS keeps it: numbers, and a wave that is one."""
    frame = raw()
    for column in ("meting", *(outcome.file for outcome in DESIGN.outcome)):
        frame[column] = pd.to_numeric(frame[column])
    return frame


def test_declared_missing_values_and_ranges_of_spss_are_missing(tmp_path):
    """8 is on the scale of 0 to 10 and declared to mean "don't know": it is no answer of 8."""
    frame = numeric()
    answers = frame["vertrouwen_ambtsdragers"].clip(1, 7).round(1)
    frame["vertrouwen_ambtsdragers"] = answers.mask(frame.index % 5 == 0, 8.0).mask(
        frame.index % 7 == 0, 97.0
    )
    ranges = {"vertrouwen_ambtsdragers": [8.0, {"lo": 96, "hi": 99}]}
    found = spss(tmp_path, frame, missing_ranges=ranges)["vertrouwen_ambtsdragers"]
    kept = (frame.index % 5 > 0) & (frame.index % 7 > 0)
    np.testing.assert_array_equal(found.notna(), kept & answers.notna())
    assert found.mean() == pytest.approx(answers[kept].mean(), rel=1e-12)


@pytest.mark.parametrize("name", ["adks.sav", "adks.zsav", "adks.SAV"])
def test_names_in_another_case_and_packed_files(tmp_path, name):
    frame = numeric().rename(columns=str.upper)
    found = spss(tmp_path, frame, name=name, compress=name.endswith("zsav"))
    pd.testing.assert_frame_equal(found, TWIN, check_exact=False, rtol=1e-9)


def test_numbers_of_sixteen_digits_stay_apart_or_are_refused(tmp_path):
    frame = numeric()
    numbers = {name: k for k, name in enumerate(frame["leerling"].unique())}
    exact = frame.assign(leerling=frame["leerling"].map(numbers) + 1234567890123456.0)
    assert spss(tmp_path, exact)["pupil"].nunique() == len(numbers)
    blurred = frame.assign(leerling=frame["leerling"].map(numbers) + 9007199254740993.0)
    with pytest.raises(ValueError, match=r"column leerling, row 1: 900719925474099\d has more digits"):
        spss(tmp_path, blurred)


def test_duplicate_names_and_strange_bytes_are_refused_as_for_other_spss_files(tmp_path):
    path = tmp_path / "adks.sav"
    pyreadstat.write_sav(numeric().rename(columns={"leerling": "PUPIL1"}).assign(PUPIL2="a"), str(path))
    path.write_bytes(path.read_bytes().replace(b"PUPIL2", b"PUPIL1"))
    with pytest.raises(ValueError, match=r"adks\.sav: .*two columns of one name"):
        read_adks(path, configured(name="adks.sav"))
    pyreadstat.write_sav(numeric().assign(school="sé"), str(path))
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xe9 "))
    with pytest.raises(ValueError, match=r"adks\.sav: column school, row 1: the bytes are not text"):
        read_adks(path, configured(name="adks.sav"))


@pytest.mark.parametrize(
    ("weight", "file", "expected"),
    [
        ("1.234", {"decimal": ","}, "'1.234' is not a number .*if '.' separates thousands there, declare it"),
        ("1.234", {"decimal": ",", "thousands": "."}, 1234.0),
        ("1,234", {"decimal": ","}, 1.234),
        ("1,234", {"decimal": "."}, "'1,234' is not a number"),
        ("1,234", {"decimal": ".", "thousands": ","}, 1234.0),
        ("3 nvt", {"decimal": "."}, "'3 nvt' is not a number"),
        ("1_0", {"decimal": "."}, "'1_0' is not a number"),
    ],
)
def test_a_number_means_what_the_design_declares_or_is_refused(tmp_path, weight, file, expected):
    frame = raw(gewicht=weight)
    for outcome in DESIGN.outcome:
        frame[outcome.file] = frame[outcome.file].str.replace(".", file["decimal"])
    path = written(tmp_path, frame, sep=";")
    design = configured(separator=";", columns={"weight": "gewicht"}, **file)
    if isinstance(expected, float):
        assert (read_adks(path, design)["weight"] == expected).all()
    else:
        with pytest.raises(ValueError, match=f"adks.csv, column gewicht, row 1: {expected}"):
            read_adks(path, design)


def test_codes_decimal_comma_weights_and_places(tmp_path):
    design = configured(
        separator=";", decimal=",", tracks={"1": "vmbo", "2": "havo", "3": "vwo"},
        columns={"weight": "gewicht", "province": "prov", "municipality": "gem"},
    )  # fmt: skip
    frame = raw(gewicht="1,5", prov="PV29", gem="Goes")
    frame["schoolsoort"] = frame["schoolsoort"].map({"vmbo": "1", "havo": "2", "vwo": "3"})
    for outcome in design.outcome:
        frame[outcome.file] = frame[outcome.file].str.replace(".", ",")
    frame.loc[0, "politiek_zelfvertrouwen"] = "-9"
    found = read_adks(written(tmp_path, frame, sep=";"), design)
    assert (found["weight"] == 1.5).all()
    assert (found["province"] == "PV29").all()
    assert set(found["track"]) == {"vmbo", "havo", "vwo"}
    assert np.isnan(found.loc[0, "politiek_zelfvertrouwen"])


def test_places_have_one_spelling(tmp_path):
    frame = raw(gewicht="1", prov="Zeeland", gem="GOES")
    frame.loc[0, ["prov", "gem"]] = ["29", "Goes"]
    found = read_adks(written(tmp_path, frame), configured(columns=PLACES))
    assert set(found["province"]) == {"PV29"}
    assert len(set(found["municipality"])) == 1


def test_mixed_classes_can_be_left_out_and_are_counted(tmp_path):
    frame = raw()
    mixed = frame.index % 4 == 1
    frame.loc[mixed, "schoolsoort"] = "havo/vwo"
    tracks = {"vmbo": "vmbo", "havo": "havo", "vwo": "vwo", "havo/vwo": ""}
    file = read_adks_file(written(tmp_path, frame), configured(tracks=tracks))
    assert file.left_out == (("havo/vwo", int(mixed.sum())),)
    assert len(file.frame) == (~mixed).sum()
    counted = read_adks_file(written(tmp_path, frame), configured(tracks=tracks | {"havo/vwo": "havo"}))
    assert counted.left_out == ()
    assert len(counted.frame) == len(frame)
    frame.loc[mixed.nonzero()[0][0] + 1, "politiek_zelfvertrouwen"] = "6"  # rows are counted as in the file
    with pytest.raises(ValueError, match=rf"row {mixed.nonzero()[0][0] + 2}: found 6"):
        read_adks(written(tmp_path, frame), configured(tracks=tracks))


def recoded(recode):
    content = copy.deepcopy(CONTENT)
    content["outcome"][0]["recode"] = recode
    return parse_adks_design(content)


def test_answers_on_a_scale_of_agreement_get_the_numbers_of_the_map(tmp_path):
    words = {"helemaal oneens": 1, "oneens": 2, "neutraal": 3, "eens": 4, "helemaal eens": 5}
    answers = np.resize([*words, "-9", ""], len(raw()))
    path = written(tmp_path, raw(politiek_zelfvertrouwen=answers))
    found = read_adks(path, recoded(words))["politiek_zelfvertrouwen"]
    np.testing.assert_array_equal(found, [words.get(answer, np.nan) for answer in answers])
    other = written(tmp_path, raw(politiek_zelfvertrouwen="2"), "other.csv")
    turned = read_adks(other, recoded({"1": 5, "2": 4.0}))
    assert (turned["politiek_zelfvertrouwen"] == 4).all()
    with pytest.raises(ValueError, match=r"column politiek_zelfvertrouwen, row 3: 'neutraal' is not in"):
        read_adks(path, recoded({word: value for word, value in words.items() if value != 3}))
    with pytest.raises(ValueError, match=r"trouwen: recode\.eens: expected a number, found text 'vier'"):
        recoded({"eens": "vier"})


def test_who_finishes_is_told_from_who_drops_out():
    """vmbo ends with year 4. Pupil a finishes, b drops out after 2, c goes on to havo, d skips a wave."""
    seen = {"a": "vvvv", "b": "vv", "c": "vvvvh", "d": "w.wwww"}
    names = {"v": "vmbo", "h": "havo", "w": "vwo"}
    frame = pd.DataFrame(
        [(p, k, names[t]) for p, text in seen.items() for k, t in enumerate(text, start=1) if t != "."],
        columns=["pupil", "wave", "track"],
    )
    found = leaving(frame, DESIGN).set_index(["wave", "track", "state"])["pupils"]
    assert dict(found[found > 0]) == {
        (1, "vmbo", "stayed"): 3,
        (1, "vwo", "stayed"): 1,
        (2, "vmbo", "stayed"): 2,
        (2, "vmbo", "dropped out"): 1,
        (3, "vmbo", "stayed"): 2,
        (3, "vwo", "stayed"): 1,
        (4, "vmbo", "stayed"): 1,
        (4, "vmbo", "finished"): 1,
        (4, "vwo", "stayed"): 1,
        (5, "havo", "finished"): 1,
        (5, "vwo", "stayed"): 1,
    }


def test_a_missing_code_is_one_for_answers_only(tmp_path):
    frame = raw()
    frame["leerling"] = frame["leerling"].map(
        {name: str(i + 90) for i, name in enumerate(frame["leerling"].unique())}
    )
    frame["school"] = "98"
    frame.loc[2, "politiek_zelfvertrouwen"] = "99"
    found = read_adks(written(tmp_path, frame), DESIGN)
    assert {"98", "99"} <= set(found["pupil"])
    assert (found["school"] == "98").all()
    assert np.isnan(found.loc[2, "politiek_zelfvertrouwen"])


PLACES = {"weight": "gewicht", "province": "prov", "municipality": "gem"}


@pytest.mark.parametrize(
    ("frame", "columns", "message"),
    [
        (
            raw().drop(columns="schoolsoort"),
            {},
            r"schoolsoort \(for track\) is missing\. The file has leerling",
        ),
        (raw().drop(columns="stemintentie"), {}, r"stemintentie \(for stemintentie\) is missing"),
        (
            changed("schoolsoort", "mavo", 3),
            {},
            r"column schoolsoort, row 4: unknown code 'mavo'; known are vmbo",
        ),
        (
            changed("meting", "7"),
            {},
            r"column meting, row 1: '7' is not one of 1, 2, 3, 4, 5, 6\. Number the",
        ),
        (changed("meting", "1.5"), {}, r"column meting, row 1"),
        (changed("leerling", "", 5), {}, r"column leerling: 1 empty, first in row 6\. Fill"),
        (changed("politiek_zelfvertrouwen", "hoog"), {}, r"row 1: 'hoog' is not a number"),
        (changed("politiek_zelfvertrouwen", "3,5"), {}, r"the decimal sign is '\.'"),
        (changed("politiek_zelfvertrouwen", "inf"), {}, r"'inf' is not a number"),
        (
            changed("politiek_zelfvertrouwen", "6"),
            {},
            r"politiek_zelfvertrouwen, row 1: found 6\.0.*in_range",
        ),
        (changed("stemintentie", "2"), {}, r"column stemintentie, row 1: found 200\.0"),
        (pd.concat([raw(), raw().head(1)]), {}, r"pupil L0000001 occurs twice in wave 1; 1 such rows"),
        (raw().head(0), {}, "has a header and no rows"),
        (raw(gewicht="0", prov="PV29", gem="Goes"), PLACES, r"column gewicht, row 1: found 0\.0"),
        (raw(gewicht="-1", prov="PV29", gem="Goes"), PLACES, r"column gewicht, row 1: found -1\.0"),
        (raw(gewicht="", prov="PV29", gem="Goes"), PLACES, r"column gewicht: \d+ empty"),
        (
            raw(gewicht="1", prov="PV99", gem="Goes"),
            PLACES,
            r"column prov, row 1: 'PV99': onbekende provincie",
        ),
        (raw(gewicht="1", prov="Holland", gem="Goes"), PLACES, r"row 1: 'Holland': onbekende provincie"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, frame, columns, message):
    with pytest.raises(ValueError, match=message) as error:
        read_adks(written(tmp_path, frame), configured(columns=columns))
    assert "adks.csv" in str(error.value)


def test_files_that_are_not_what_they_seem(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"adks\.csv is absent"):
        read_adks(tmp_path / "adks.csv", DESIGN)
    (tmp_path / "adks.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="the file is empty"):
        read_adks(tmp_path / "adks.csv", DESIGN)
    (tmp_path / "adks.csv").write_bytes(b"\xff\xfe\x00leerling\x80")
    with pytest.raises(ValueError, match=r"adks\.csv: this is UTF-16"):
        read_adks(tmp_path / "adks.csv", DESIGN)
    (tmp_path / "adks.csv").write_text("<html><body>inloggen</body></html>", encoding="utf-8")
    with pytest.raises(ValueError, match="this is a web page"):
        read_adks(tmp_path / "adks.csv", DESIGN)
    (tmp_path / "adks.sav").write_bytes(b"$FL2 not really")
    with pytest.raises(ValueError, match=r"adks\.sav: the SPSS file is damaged or cut off"):
        read_adks(tmp_path / "adks.sav", configured(name="adks.sav"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["file"]["columns"].pop("track"), "without a name track"),
        (lambda c: c["file"]["columns"].update(leeftijd="x"), "unknown leeftijd"),
        (lambda c: c["file"]["tracks"].update(gymnasium="gym"), "gym is not one of vmbo, havo, vwo"),
        (lambda c: c["file"].update(thousands="."), "decimal '.' with thousands '.'"),
        (lambda c: c["file"].update(name="adks.xlsx"), "expected a .csv or .sav file"),
        (lambda c: c["weights"].update(trim_high=0.0), "trim from"),
        (lambda c: c["last_wave"].update(vmbo=7), "last_wave: vmbo = 7; expected"),
        (lambda c: c["last_wave"].update(mavo=4), "last_wave: mavo = 4; expected"),
        (lambda c: c["twin"].update(schools=[49, 50, 33, 31, 29, 28]), "never rises"),
        (lambda c: c["twin"].update(retention=[0.9, 0.7, 0.5, 0.4, 0.3, 0.2]), "starts at 0.9"),
        (lambda c: c["twin"]["track_shares"].update(vwo=0.5), "add up to"),
        (lambda c: c["outcome"][0]["means"].update(vwo=[2.0] * 5), "waves"),
        (lambda c: c["outcome"][0]["means"].update(vwo=[9.0] * 6), "lie outside 1.0 to 5.0"),
        (lambda c: c["outcome"][0]["status"].update(vwo=["geraden"] * 6), "geraden; known are gepubliceerd"),
        (lambda c: c.pop("waves"), "waves is absent"),
        (lambda c: c.update(golven=6), "unknown key golven"),
    ],
)
def test_a_broken_design_is_named(change, message):
    content = copy.deepcopy(CONTENT)
    change(content)
    with pytest.raises(ValueError, match=message) as error:
        parse_adks_design(content)
    assert "data/design/adks.toml" in str(error.value)


def test_unknown_outcome_lists_the_known():
    with pytest.raises(ValueError, match="no outcome 'kennis'; known are politiek_zelfvertrouwen"):
        DESIGN.named("kennis")


def test_value_labels_of_spss_say_tracks_answers_and_places_where_the_map_has_words(tmp_path):
    """Codes 1 to 4 for tracks, of which 4 is a mixed class; provinces by number; agreement from 1 to 3."""
    frame = numeric()
    tracks = {1.0: "vmbo", 2.0: "havo", 3.0: "vwo", 4.0: "havo/vwo"}
    code = frame["schoolsoort"].map({name: code for code, name in tracks.items()})
    frame["schoolsoort"] = code.mask(frame.index % 11 == 0, 4.0)
    frame["provincie"] = np.where(frame.index % 2, 21.0, 20.0)
    frame["politiek_zelfvertrouwen"] = np.where(frame.index % 3, 3.0, 1.0)
    labels = {
        "schoolsoort": tracks, "provincie": {20.0: "Groningen", 21.0: "Friesland"},
        "politiek_zelfvertrouwen": {1.0: "oneens", 2.0: "neutraal", 3.0: "eens"},
    }  # fmt: skip
    path = tmp_path / "adks.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels=labels)
    content = copy.deepcopy(CONTENT)
    content["file"] |= {"name": "adks.sav", "tracks": {**CONTENT["file"]["tracks"], "havo/vwo": ""}}
    content["file"]["columns"] |= {"province": "provincie"}
    content["outcome"][0]["recode"] = {"oneens": 1, "neutraal": 3, "eens": 5}
    found = read_adks_file(path, parse_adks_design(content))
    mixed = frame.index % 11 == 0
    assert found.left_out == (("havo/vwo", int(mixed.sum())),)
    assert list(found.frame["track"]) == list(TWIN["track"][~mixed])
    assert list(found.frame["province"]) == list(np.where(frame.index % 2, "PV21", "PV20")[~mixed])
    assert list(found.frame["politiek_zelfvertrouwen"]) == list(np.where(frame.index % 3, 5.0, 1.0)[~mixed])
    content["file"]["tracks"] = {"1": "vmbo", "2": "havo", "3": "vwo", "4": ""}  # by code, as before
    assert read_adks_file(path, parse_adks_design(content)).left_out == (("4", int(mixed.sum())),)


def test_the_panel_in_another_format_than_the_design_names_is_found(tmp_path):
    workspace = Workspace(find_root(), tmp_path)
    assert adks_path(DESIGN, workspace) == tmp_path / "adks.csv"  # what is asked for, where there is none
    (tmp_path / "adks.sav").touch()
    assert adks_path(DESIGN, workspace) == tmp_path / "adks.sav"
    (tmp_path / "adks.zsav").touch()
    with pytest.raises(ValueError, match=r"adks.sav, adks.zsav: keep one, or name one in"):
        adks_path(DESIGN, workspace)
    (tmp_path / "adks.csv").touch()
    assert adks_path(DESIGN, workspace) == tmp_path / "adks.csv"


def test_a_wave_written_as_a_number_with_decimals_is_that_wave(tmp_path):
    frame = raw()
    frame["meting"] = frame["meting"] + ".0"
    pd.testing.assert_frame_equal(read_adks(written(tmp_path, frame), DESIGN), TWIN, rtol=1e-12)
    with pytest.raises(ValueError, match=r"column \w+, row 1: '1\.5' is not one of"):
        read_adks(written(tmp_path, frame.assign(meting="1.5")), DESIGN)


def test_a_missing_code_with_decimals_is_the_same_code(tmp_path):
    """As a table writes whole numbers once a cell of the column is empty."""
    plain, floating = (raw().astype(object) for _ in range(2))
    plain.loc[0, "vertrouwen_ambtsdragers"], plain.loc[1, "stemintentie"] = "-9", "98"
    floating.loc[0, "vertrouwen_ambtsdragers"], floating.loc[1, "stemintentie"] = "-9.0", "98.00"
    found = read_adks(written(tmp_path, floating), DESIGN)
    pd.testing.assert_frame_equal(found, read_adks(written(tmp_path, plain), DESIGN))
    assert np.isnan(found.loc[0, "vertrouwen_ambtsdragers"])
    assert np.isnan(found.loc[1, "stemintentie"])
