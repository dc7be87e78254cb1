import math

import pytest

from analysis import dutch


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234.5, 1, "1.234,5"),
        (-1234567, 0, "−1.234.567"),
        (0.04, 1, "0,0"),
        (-0.04, 1, "0,0"),
        (508.2892, 1, "508,3"),
        (None, 2, "onbekend"),
        (math.nan, 2, "onbekend"),
        (2609, 0, "2.609"),
    ],
)
def test_number_is_written_the_dutch_way(value, decimals, expected):
    assert dutch.number(value, decimals) == expected


def test_sign_is_written_only_where_there_is_one():
    assert dutch.number(3, sign=True) == "+3"
    assert dutch.number(0, sign=True) == "0"
    assert dutch.number(-3, sign=True) == "−3"


def test_an_infinite_number_is_an_error():
    with pytest.raises(ValueError, match="infinite"):
        dutch.number(math.inf)


def test_interval_names_both_ends_in_words():
    assert dutch.interval(-1.25, 3.5, 1) == "van −1,2 tot 3,5"
    assert dutch.interval(None, 3.5) == "onbekend"


def test_small_p_values_are_bounded():
    assert dutch.p_value(0.0004) == "< 0,001"
    assert dutch.p_value(0.0414) == "0,041"
    assert dutch.p_value(None) == "onbekend"


def test_join():
    assert dutch.join([]) == ""
    assert dutch.join(["Drenthe"]) == "Drenthe"
    assert dutch.join(["Drenthe", "Groningen", "Zeeland"]) == "Drenthe, Groningen en Zeeland"


def test_a_small_letter_has_the_stress_that_its_capital_dropped():
    assert dutch.lower("Eén woord voor één eenheid") == "één woord voor één eenheid"
    assert dutch.lower("Eens") == "eens"


def test_one_is_counted_in_the_singular():
    words = ("activiteit", "activiteiten")
    assert [dutch.counted(count, *words) for count in (0, 1, 1200)] == [
        "0 activiteiten", "1 activiteit", "1.200 activiteiten",
    ]  # fmt: skip
