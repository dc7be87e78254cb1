"""Numbers in text: a point and a comma are what the design says, or the cell is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.design.read import require_signs
from analysis.sources.numerals import parse_numbers, require_numbers


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value"),
    [
        ("1.234", ",", ".", 1234.0),
        ("1.234,5", ",", ".", 1234.5),
        ("12.345.678", ",", ".", 12345678.0),
        ("1,234.5", ".", ",", 1234.5),
        ("1 234,5", ",", " ", 1234.5),
        ("1\u00a0234", ",", " ", 1234.0),
        ("1\u202f234", ",", " ", 1234.0),
        ("1'234.5", ".", "'", 1234.5),
        ("1,234", ",", "", 1.234),
        ("1.234", ".", "", 1.234),
        ("-0,5", ",", "", -0.5),
        ("+3", ".", "", 3.0),
        ("1e-05", ".", "", 1e-05),
        (",5", ",", ".", 0.5),
    ],
)
def test_what_a_cell_means_under_the_declared_signs(text, decimal, thousands, value):
    assert parse_numbers(pd.Series([text]), decimal=decimal, thousands=thousands).iloc[0] == value


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("1.234", ",", ""),
        ("1.23", ",", "."),  # no group of three
        ("1234.567", ",", "."),
        ("1,234", ".", ""),
        ("12,34", ".", ","),
        ("1.234,5", ".", ""),
        ("12 nvt", ",", ""),
        ("nvt", ",", ""),
        ("1_000", ".", ""),
        ("nan", ".", ""),
        ("inf", ".", ""),
        ("٣", ".", ""),
        ("0x1A", ".", ""),
        ("1 234", ".", ""),
        ("--3", ".", ""),
        ("#N/B", ".", ""),
        ("50%", ".", ""),
    ],
)
def test_anything_else_is_refused_and_named(text, decimal, thousands):
    cells = pd.Series(["1", "", text])
    assert np.isnan(parse_numbers(cells, decimal=decimal, thousands=thousands).iloc[2])
    with pytest.raises(ValueError, match=r"a.csv, column x, row 3: .* is not a number \(the decimal sign is"):
        require_numbers(cells, "a.csv, column x", decimal=decimal, thousands=thousands)


def test_signs_that_cannot_be_told_apart_are_refused():
    for decimal, thousands in ((",", ","), (";", ""), (".", "x")):
        with pytest.raises(ValueError, match="expected"):
            require_signs(decimal, thousands)
