from dataclasses import dataclass

import pytest

from analysis.design.read import read_design, record, records
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
    with pytest.raises(ValueError, match=r"^here 2: x is absent$"):
        records(Point, [{"x": 1}, {}], "here")
    with pytest.raises(ValueError, match=r"^here b: x is absent$"):
        records(Point, [{"name": "b"}], "here")
    for tables in ({"x": 1}, [1]):
        with pytest.raises(ValueError, match="here: expected tables, each under a heading in double square"):
            records(Point, tables, "here")
