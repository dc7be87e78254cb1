from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from analysis.design.read import read_design, record, records
from analysis.design.types import fitted
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Cohort:
    year: int
    provinces: tuple[str, ...] = ()


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "data" / "design").mkdir(parents=True)
    return Workspace(root=tmp_path, data=tmp_path)


def test_a_table_becomes_a_frozen_record_with_tuples():
    assert record(Cohort, {"year": 2024, "provinces": ["PV20"]}, "x") == Cohort(2024, ("PV20",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"year": 2024, "province": []},
            r"rollout\.toml, cohort 1: unknown key province; known are provinces, year",
        ),
        ({}, r"rollout\.toml, cohort 1: year is absent"),
    ],
)
def test_a_mistyped_key_is_named_with_its_place(content, message):
    with pytest.raises(ValueError, match=message):
        record(Cohort, content, "rollout.toml, cohort 1")


def test_an_absent_or_broken_file_is_named(workspace):
    with pytest.raises(FileNotFoundError, match=r"rollout\.toml is absent"):
        read_design("rollout", workspace)
    (workspace.design / "rollout.toml").write_text("year = ")
    with pytest.raises(ValueError, match=r"rollout\.toml"):
        read_design("rollout", workspace)


def test_records_name_the_table_by_its_name_or_its_number():
    @dataclass(frozen=True)
    class Point:
        x: int
        name: str = ""

    assert records(Point, [{"x": 1}, {"x": 2, "name": "b"}], "here") == (Point(1), Point(2, "b"))
    with pytest.raises(ValueError, match=r"^here 2: x is absent; add x = 1$"):
        records(Point, [{"x": 1}, {}], "here")
    with pytest.raises(ValueError, match=r"^here b: x is absent; add x = 1$"):
        records(Point, [{"name": "b"}], "here")
    for tables in ({"x": 1}, [1]):
        with pytest.raises(ValueError, match="here: expected tables, each under a heading in double square"):
            records(Point, tables, "here")


@dataclass(frozen=True)
class Kinds:
    text: str = ""
    whole: int = 0
    number: float = 0.0
    flag: bool = False
    maybe: float | None = None
    words: tuple[str, ...] = ()
    ends: tuple[float, float] = (0.0, 1.0)
    shares: Mapping[str, float] = field(default_factory=dict)
    lists: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    either: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    inner: Cohort | None = None
    anything: Any = None


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("text", ["a"], "expected text, found a list ['a']"),
        ("text", 3, "expected text, found a whole number 3"),
        ("whole", "5", "expected a whole number, found text '5'"),
        ("whole", 5.0, "expected a whole number, found a number 5.0"),
        ("whole", True, "expected a whole number, found true"),
        ("number", "x", "expected a number, found text 'x'"),
        ("number", False, "expected a number, found false"),
        ("number", float("nan"), "expected a number, found nan"),
        ("number", float("inf"), "expected a number, found inf"),
        ("flag", 1, "expected true or false, found a whole number 1"),
        ("flag", "true", "expected true or false, found text 'true'"),
        ("maybe", "onbekend", "expected a number, found text 'onbekend'"),
        ("words", "PV20", "expected a list, each text, found text 'PV20'"),
        ("words", ["PV20", 21], "[2]: expected text, found a whole number 21"),
        ("ends", [0], "expected a list of 2: a number, a number, found 1 values"),
        ("ends", [0, "100"], "[2]: expected a number, found text '100'"),
        ("shares", 0.5, "expected a table, each value a number, found a number 0.5"),
        ("shares", {"vmbo": "half"}, ".vmbo: expected a number, found text 'half'"),
        ("lists", {"vmbo": [1, 2.5]}, ".vmbo[2]: expected a whole number, found a number 2.5"),
        ("either", {"date": 3}, ".date: expected text or a list, each text, found a whole number 3"),
        ("inner", {"year": 2024}, "expected a table, found a table {'year': 2024}"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_place(key, value, says):
    with pytest.raises(ValueError, match="expected") as error:
        record(Kinds, {key: value}, "data/design/x.toml, curve")
    text = str(error.value)
    assert text.startswith(f"data/design/x.toml, curve: {key}")
    assert text.endswith(says)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("number", 3, 3),
        ("maybe", None, None),
        ("words", ["a"], ("a",)),
        ("words", (), ()),
        ("ends", [0, 100], (0, 100)),
        ("lists", {"vmbo": [1, 2]}, {"vmbo": (1, 2)}),
        ("either", {"date": "datum", "n": ["n", "aantal"]}, {"date": "datum", "n": ("n", "aantal")}),
        ("inner", Cohort(2024), Cohort(2024)),
        ("anything", [1, "a"], [1, "a"]),
    ],
)
def test_a_value_of_the_type_is_kept(key, value, expected):
    assert getattr(record(Kinds, {key: value}, "x"), key) == expected


def test_what_is_no_table_is_said_to_be_none():
    for content in (5, "x", [{"year": 2024}]):
        with pytest.raises(ValueError, match=r"x\.toml, curve: expected a table, found"):
            record(Cohort, content, "x.toml, curve")


READERS = {
    "adks": ("analysis.design.adks", "adks_design"),
    "conclusions": ("analysis.design.conclusions", "read_conclusions"),
    "costs": ("analysis.design.costs", "read_bounds"),
    "covariate_tables": ("analysis.design.tables", "covariate_maps"),
    "disclosure": ("analysis.design.disclosure", "disclosure_rule"),
    "exposures": ("analysis.design.questions", "exposures"),
    "kenniskloof": ("analysis.design.gap", "gap_design"),
    "method": ("analysis.design.method", "method"),
    "notebooks": ("analysis.design.notebooks", "read_notebooks"),
    "outcome_tables": ("analysis.design.tables", "outcome_maps"),
    "outcomes": ("analysis.design.questions", "outcomes"),
    "privacy": ("analysis.design.privacy", "privacy_rule"),
    "questions": ("analysis.design.questions", "questions"),
    "regio": ("analysis.design.regio", "regio_design"),
    "registrations": ("analysis.design.tables", "registration_maps"),
    "robustness": ("analysis.design.robustness", "robustness"),
    "rollout": ("analysis.design.rollout", "rollout", "prodemos"),
    "start_tables": ("analysis.design.tables", "start_maps"),
}


def places(value, path=()):
    """Where each plain value of a design file stands: names of tables and numbers in lists."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))
    else:
        yield path


@pytest.mark.parametrize("name", READERS)
def test_no_value_of_any_design_file_may_be_of_another_type(name, monkeypatch):
    """Every key in turn holds a date, which no field is: the reader names the file and the key, or stops."""
    import copy
    import datetime
    import importlib

    place, reader, *asked_for = READERS[name]
    module = importlib.import_module(place)
    whole = read_design(name)
    tried = {}
    for path in places(whole):
        tried.setdefault(tuple(part for part in path if not isinstance(part, int)), path)
    for path in tried.values():
        content = copy.deepcopy(whole)
        table = content
        for part in path[:-1]:
            table = table[part]
        table[path[-1]] = datetime.date(2024, 9, 1)
        monkeypatch.setattr(
            module, "read_design", lambda asked, _=None, c=content: c if asked == name else read_design(asked)
        )
        key = next(part for part in reversed(path) if isinstance(part, str))
        with pytest.raises(ValueError, match=rf"{name}\.toml.*") as error:
            getattr(module, reader)(*asked_for)
        assert key in str(error.value), path


def test_every_type_of_a_field_in_the_design_is_one_that_is_judged():
    """A new kind of annotation would let anything pass."""
    import importlib
    import pkgutil
    import typing

    import analysis.design as room

    for item in pkgutil.iter_modules(room.__path__):
        module = importlib.import_module(f"analysis.design.{item.name}")
        for kind in vars(module).values():
            if not (isinstance(kind, type) and hasattr(kind, "__dataclass_fields__")):
                continue
            types = typing.get_type_hints(kind)
            for one in fields(kind):
                if types[one.name] in (Any, object):
                    continue
                with pytest.raises(ValueError, match="expected"):
                    fitted(object(), types[one.name], one.name)
