"""An outcome as it comes: its place, date and scale, and what several rows of one place say together."""

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from test_activities import HERE

from analysis.design.tables import outcome_maps
from analysis.sources.outcome_table import by_place, read_outcome_table

TEXT = (
    "gemeente;schooljaar;score;n;se\n"
    "Amsterdam;2023/2024;58,5;20;1,5\n"
    "Amsterdam;2023/2024;52,0;60;0,5\n"
    "Den Haag;2023/2024;61,25;40;1,0\n"
    "Bergen (L.);2024/2025;;10;1,0\n"
    "Bergen (NH.);2024/2025;47,0;30;2,0\n"
    "SUDWEST FRYSLAN;2024/2025;49,0;30;2,0\n"
)


def read(tmp_path, text=TEXT, **changes):
    path = tmp_path / "democratiekennis.csv"
    path.write_text(text)
    design = dataclasses.replace(outcome_maps()["democratiekennis"], **changes)
    return read_outcome_table([path], design, HERE)


def test_rows_come_with_place_period_and_value(tmp_path):
    measurements = read(tmp_path)
    frame = measurements.frame
    assert list(frame["place"]) == ["GM0363", "GM0363", "GM0518", "GM0373", "GM1900"]
    assert list(frame["value"]) == [58.5, 52.0, 61.25, 47.0, 49.0]
    assert list(frame["precision"].unique()) == ["school year"]
    assert str(frame["date"].iloc[0].date()) == "2023-08-01"
    assert str(frame["until"].iloc[0].date()) == "2024-07-31"
    assert measurements.losses.unknown == (("de uitkomst", 1),)


def test_several_rows_of_a_place_are_weighted_by_n(tmp_path):
    """Weights of 20 and 60: mean (20·58.5 + 60·52)/80 = 53.625, se √((20·1.5)² + (60·0.5)²)/80 = √1800/80."""
    one = by_place(read(tmp_path).frame).set_index("place").loc["GM0363"]
    assert one["value"] == pytest.approx(53.625, abs=1e-12)
    assert one["se"] == pytest.approx(np.sqrt(1800) / 80, abs=1e-12)
    assert (one["n"], one["rows"]) == (80, 2)


def test_the_response_of_a_place_is_that_of_all_its_invited(tmp_path):
    """20 of 40 and 60 of 75 answered: 80 of 115. Without n, or with a row that has none, it is not known."""
    lines = TEXT.splitlines()
    cells = ["respons", "50", "80", "71,5", "90", "", "33"]
    text = "".join(f"{line};{cell}\n" for line, cell in zip(lines, cells, strict=True))
    frame = read(tmp_path, text).frame
    found = by_place(frame).set_index("place")["response"]
    assert found["GM0363"] == pytest.approx(100 * 80 / 115, abs=1e-12)
    assert (found["GM0518"], found["GM1900"]) == (71.5, 33.0)
    assert np.isnan(found["GM0373"])
    gone = by_place(frame.assign(n=frame["n"].mask(frame["n"] == 20))).set_index("place")["response"]
    assert np.isnan(gone["GM0363"])
    assert by_place(read(tmp_path).frame)["response"].isna().all()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("0", "80"), "column respons, line 2: found 0, expected a percentage above 0 and at most 100"),
        (("101", "80"), "column respons, line 2: found 101, expected a percentage above 0 and at most 100"),
        (("0,5", "0,8"), "column respons, line 2: found 0.5, expected percentages: these are shares"),
    ],
)
def test_a_response_that_cannot_be_one_is_told(tmp_path, cells, says):
    text = "gemeente;jaar;score;n;respons\n" + "".join(
        f"{place};2023;58,5;20;{cell}\n" for place, cell in zip(("Amsterdam", "Assen"), cells, strict=True)
    )
    with pytest.raises(ValueError, match=says):
        read(tmp_path, text)


def test_weights_go_before_numbers_and_an_unknown_one_is_not_guessed(tmp_path):
    frame = read(tmp_path).frame
    weighted = by_place(frame.assign(weight=1.0)).set_index("place")
    assert weighted.loc["GM0363", "value"] == pytest.approx(55.25, abs=1e-12)
    gone = by_place(frame.assign(se=frame["se"].mask(frame["se"] == 0.5), n=np.nan)).set_index("place")
    assert gone.loc["GM0363", "value"] == pytest.approx(55.25, abs=1e-12)
    assert np.isnan(gone.loc["GM0363", "se"])
    assert np.isnan(gone.loc["GM0363", "n"])


def test_a_mark_from_1_to_10_is_reported_as_declared(tmp_path):
    marked = {2020: "5,5", 2021: "1,0", 2022: "10,0", 2023: "7,3", 2024: "6"}
    rows = [f"Amsterdam;{year};{mark}\n" for year, mark in marked.items()]
    marks = "gemeente;jaar;score\n" + "".join(rows)
    frame = read(tmp_path, marks, low=1.0, high=10.0, factor=100 / 9, shift=-100 / 9).frame
    np.testing.assert_allclose(frame["value"], [50.0, 0.0, 100.0, 70.0, 500 / 9], rtol=0, atol=1e-12)
    with pytest.raises(
        ValueError, match=r"values run from 1 to 10 on a scale declared as 0 to 100; is it another"
    ):
        read(tmp_path, marks)
    assert len(read(tmp_path, marks, narrow=True).frame) == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEXT.replace("58,5", "158,5"), "column score, line 2: found 158.5, expected a value from 0 to 100"),
        (
            TEXT.replace("58,5", "58.5"),
            "column score, line 2: '58.5' and others use both signs for decimals; declare decimal",
        ),
        (TEXT.replace("58,5", "1.234"), "line 2: '1.234' is not a number .*if '.' separates thousands"),
        (TEXT.replace(";20;", ";0;"), "column n, line 2: found 0, expected a number of people above zero"),
        (TEXT.replace("1,5", "-1,5"), "column se, line 2: found -1.5, expected a standard error"),
        (TEXT.replace("score", "cijfer"), "no column for value"),
    ],
)
def test_mistakes_are_named(tmp_path, text, says):
    with pytest.raises(ValueError, match=f"democratiekennis.csv.*{says}"):
        read(tmp_path, text)


def test_shares_on_a_scale_to_100_are_refused(tmp_path):
    with pytest.raises(ValueError, match="is it another scale"):
        read(tmp_path, pd.Series(TEXT).str.replace(r";\d\d,", ";0,", regex=True).iloc[0])


def test_a_file_shows_its_own_decimal_sign(tmp_path):
    """A point file and a comma file say the same; thousandths alone could be thousands and are refused."""
    assert list(read(tmp_path, TEXT.replace(",", ".")).frame["value"]) == [58.5, 52.0, 61.25, 47.0, 49.0]
    head = "gemeente;schooljaar;score\n"
    mixed = head + "Amsterdam;2023/2024;58,125\nDen Haag;2023/2024;58,5\n"
    assert list(read(tmp_path, mixed).frame["value"]) == [58.125, 58.5]
    with pytest.raises(ValueError, match=r"column score, line 3: '58,125' can be read in two ways; declare"):
        read(tmp_path, head + "Amsterdam;2023/2024;58\nDen Haag;2023/2024;58,125\n")
    declared = read(tmp_path, head + "Den Haag;2023/2024;58,125\n", decimal=",")
    assert list(declared.frame["value"]) == [58.125]
    with pytest.raises(ValueError, match=r"line 3: '1\.234' is not a number"):
        read(tmp_path, head + "Amsterdam;2023/2024;58,5\nDen Haag;2023/2024;1.234\n")


def test_a_percent_sign_behind_every_number_is_part_of_none(tmp_path):
    plain = "Jaar;Gemeente;Score\n" + "".join(f"{2019 + k};Amsterdam;5{k},5\n" for k in range(6))
    signed = plain.replace(",5\n", ",5 %\n")
    assert list(read(tmp_path, signed).frame["value"]) == list(read(tmp_path, plain).frame["value"])
    with pytest.raises(ValueError, match="column Score, line 3: '51,5 %' is not a number"):
        read(tmp_path, signed.replace("50,5 %", "50,5"))


def spss(tmp_path, rows, name="democratiekennis.sav", **said):
    columns = ["Gemeente", "Meetdatum", "Score", "N"]
    path = tmp_path / name
    frame = pd.DataFrame(rows, columns=columns)
    pyreadstat.write_sav(frame, str(path), variable_format={"Meetdatum": "EDATE10"}, **said)
    design = outcome_maps()["democratiekennis"]
    design = dataclasses.replace(design, columns={**design.columns, "date": ("meetdatum",)})
    return read_outcome_table([path], design, HERE)


@pytest.mark.parametrize("name", ["democratiekennis.sav", "Democratiekennis.zsav"])
def test_an_spss_file_says_what_its_codes_mean(tmp_path, name):
    """A place by its label or its CBS code, a day, a user-missing value, and a code for who did not know."""
    day = datetime.date(2024, 5, 3)
    rows = [
        (1, day, 55.5, 20),
        (2, day, 61.0, 30),
        (363, day, 8.0, 40),
        (2, day, 99.0, 10),
        (1, day, 998.0, 5),
    ]
    labels = {"Gemeente": {1: "Den Haag", 2: "Bergen (NH.)"}, "Score": {0: "niets goed", 99: "Weet niet"}}
    found = spss(
        tmp_path,
        rows,
        name,
        variable_value_labels=labels,
        missing_ranges={"Score": [998]},
        compress="z" in name,
    )
    frame = found.frame
    assert list(frame["place"]) == ["GM0518", "GM0373", "GM0363"]
    assert list(frame["value"]) == [55.5, 61.0, 8.0]
    assert {str(date.date()) for date in frame["date"]} == {"2024-05-03"}
    assert found.losses.unknown == (("de uitkomst", 2),)


def test_mistakes_in_an_spss_file_are_named(tmp_path):
    day = datetime.date(2024, 5, 3)
    with pytest.raises(
        ValueError, match=r"democratiekennis\.sav, column SCORE, line 2: found 158\.5, expected"
    ):
        spss(tmp_path, [(363, day, 58.5, 20), (518, day, 158.5, 20)])
    path = tmp_path / "democratiekennis.sav"
    pyreadstat.write_sav(pd.DataFrame({"Gemeente": [363.0], "Jaar": [2024.0]}), str(path))
    with pytest.raises(
        ValueError, match=r"democratiekennis\.sav: no column for value \('democratiekennis' or"
    ):
        read_outcome_table([path], outcome_maps()["democratiekennis"], HERE)


def test_columns_that_are_not_read_are_known_by_those_that_are(tmp_path):
    """A background beside the score is nobody's covariate, and a row without both counts once."""
    rows = ("gemeente;jaar;score", "Amsterdam;2024;55", "Atlantis;2024;", "Den Haag;2024;52")
    with_background = "\n".join(
        f"{row};{more}" for row, more in zip(rows, ("inkomen", "40", "41", ""), strict=True)
    )
    found = read(tmp_path, f"{with_background}\n")
    assert found.columns == ("jaar", "gemeente", "score")
    assert found.losses.unknown == (("de uitkomst", 1),)
    assert found.losses.left_out == ()
    assert read(tmp_path, "\n".join([*rows, ""])).columns == ()
