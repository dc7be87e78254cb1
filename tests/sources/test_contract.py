"""What a contract says is wrong: the value in the file, in the order of the rows, and nothing of Python."""

import pandas as pd
import pandera.pandas as pa
import pytest

from analysis.sources.contract import conform

CONTRACT = pa.DataFrameSchema(
    {
        "name": pa.Column(str, pa.Check.str_length(min_value=1)),
        "year": pa.Column(int, pa.Check.in_range(1990, 2100), coerce=True),
        "score": pa.Column(float, pa.Check.in_range(0, 100), nullable=True, coerce=True),
    },
    checks=pa.Check(lambda frame: frame["score"].isna() | (frame["year"] > 2000), error="no score yet"),
    unique=["name", "year"],
    strict=True,
)


def table(**columns):
    whole = {"name": list("abcd"), "year": ["2020"] * 4, "score": ["1.5", "", "100", "3"]}
    return pd.DataFrame(whole | columns, dtype="str")


def said(frame):
    with pytest.raises(ValueError, match=r"^a\.csv: ") as error:
        conform(frame, CONTRACT, "a.csv")
    return str(error.value).removeprefix("a.csv: ").split("; ")


def test_a_good_table_comes_out_in_its_types():
    frame = conform(table(), CONTRACT, "a.csv")
    assert [str(kind) for kind in frame.dtypes] == ["str", "int64", "float64"]
    assert frame["score"].isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize("cell", ["nvt", "54 nvt", "1_0", "nan", "inf", "٣", "5,4", "1 000", "0x1F", "50%"])
def test_a_cell_that_is_no_number_is_quoted_and_said_once(cell):
    assert said(table(score=["1", "2", "3", cell])) == [f"column score, row 4: found {cell!r}, not a number"]


def test_whole_numbers_are_asked_for_as_such():
    assert said(table(year=["2020", "2020.5", "", "2e3"])) == [
        "column year, row 2: found '2020.5', not a whole number",
        "column year, row 3: a whole number is required, found nothing",
        "column year, row 4: found '2e3', not a whole number",
    ]


def test_faults_of_several_columns_come_in_the_order_of_the_rows():
    frame = table(name=["a", "", "c", "c"], year=["2020", "2020", "nvt", "1800"], score=["101", "x", "3", ""])
    assert said(frame) == [
        "column score, row 1: found '101', fails the check in_range(0, 100)",
        "column score, row 2: found 'x', not a number",
        "column year, row 3: found 'nvt', not a whole number",
        "column year, row 4: found '1800', fails the check in_range(1990, 2100)",
    ]


def test_columns_come_first_and_what_is_said_of_a_row_or_the_table_is_kept():
    assert set(said(table().drop(columns="score").assign(extra="1"))[:2]) == {
        "column score is absent",
        "column extra is unknown",
    }
    assert said(table(name=["a", "b", "c", "a"]))[0] == "row 1 repeats another row in name, year"
    assert said(table(year=["1995", "2020", "2020", "2020"])) == ["row 1 fails the check: no score yet"]
    many = said(table(score=["a", "b", "c", "d"], year=["e", "f", "g", "h"]))
    assert many[-1] == "and 3 more"
    assert many[0] == "column year, row 1: found 'e', not a whole number"
