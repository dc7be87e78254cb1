import pytest

from analysis.build.errors import BuildError
from analysis.build.parameters import canonical, label, parameters_hash, typed


def test_text_that_looks_like_something_else_stays_text():
    values = typed({"municipality": "0344", "country": "NL"}, {"municipality": "0363", "country": "NO"}, "nb")
    assert values == {"municipality": "0363", "country": "NO"}
    assert all(type(value) is str for value in values.values())


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), (0, False), ("1", 1), ("True", True), ("", None), ([1], (1,))]
)
def test_types_make_a_difference(one, other):
    assert parameters_hash({"x": one}) != parameters_hash({"x": other})


def test_the_order_of_names_does_not():
    assert parameters_hash({"a": 1, "b": 2}) == parameters_hash({"b": 2, "a": 1})


def test_a_whole_number_serves_as_a_float():
    assert typed({"share": 0.5}, {"share": 1}, "nb") == {"share": 1.0}
    assert type(typed({"share": 0.5}, {"share": 1}, "nb")["share"]) is float


@pytest.mark.parametrize(
    ("default", "given"), [("0344", 363), (1, True), (True, 1), (1, 1.5), (1, "1"), ("a", None)]
)
def test_a_type_that_does_not_fit_is_refused(default, given):
    with pytest.raises(BuildError, match="nb: x = "):
        typed({"x": default}, {"x": given}, "nb")


def test_none_as_default_accepts_any_plain_value():
    assert typed({"x": None}, {"x": "PV20"}, "nb") == {"x": "PV20"}


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(BuildError, match="outcom is not in the parameters cell; there are: outcome, seed"):
        typed({"outcome": "a", "seed": 1}, {"outcom": "b"}, "nb")


@pytest.mark.parametrize("name", ["class", "1x", "a-b", "a b"])
def test_a_name_papermill_could_not_assign_is_refused(name):
    with pytest.raises(BuildError, match="cannot be the name of a parameter"):
        typed({name: 1}, {}, "nb")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", {1: "a"}, [object()]])
def test_only_plain_finite_values_have_a_canonical_form(value):
    with pytest.raises(BuildError):
        canonical(value)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, "regio"),
        ({"province": "PV20", "outcome": "trust"}, "regio[outcome=trust,province=PV20]"),
        ({"municipality": "0363"}, "regio[municipality='0363']"),
        ({"flag": True}, "regio[flag=True]"),
        ({"flag": "True"}, "regio[flag='True']"),
    ],
)
def test_labels_are_short_and_unambiguous(overrides, expected):
    assert label("regio", overrides) == expected
