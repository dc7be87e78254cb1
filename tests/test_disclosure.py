import pytest

from analysis.datakind import DataKind
from analysis.design.disclosure import DisclosureRule, disclosure_rule
from analysis.disclosure import disclose, summary
from analysis.results import Result
from analysis.workspace import Workspace

RULE = DisclosureRule(minimum_n=10, source="ontsluiting")


def row(name, n, kind="real"):
    return Result(
        f"a.{name}",
        "Gemiddelde",
        4.25,
        "punten",
        kind,
        "bron",
        se=0.5,
        low=3.0,
        high=5.0,
        n=n,
        clusters=3,
        note="x",
    )


def test_a_row_over_too_few_units_loses_every_number():
    (released,) = disclose([row("few", 9)], RULE).rows
    assert (released.value, released.se, released.low, released.high, released.n, released.clusters) == (
        None,
    ) * 6
    assert released.note == "Niet getoond: minder dan 10 eenheden."
    assert released.variables()["full"] == "onbekend"
    assert "4,25" not in str(released.variables())


def test_at_the_threshold_a_row_is_shown():
    disclosed = disclose([row("enough", 10), row("many", 1000)], RULE)
    assert disclosed.rows == (row("enough", 10), row("many", 1000))
    assert not disclosed.suppressed


def test_nobody_at_all_is_withheld_too():
    assert len(disclose([row("none", 0)], RULE).suppressed) == 1


def test_synthetic_rows_go_through_the_same_rule_and_facts_do_not():
    disclosed = disclose([row("twin", 9, "synthetic"), row("fact", 3, "fact")], RULE)
    assert [item.id for item in disclosed.suppressed] == ["a.twin"]
    assert disclosed.rows[1].value == 4.25


def test_a_row_without_a_number_of_units_is_counted_as_unchecked():
    disclosed = disclose([row("unknown", None), row("fact", None, "fact")], RULE)
    assert [item.id for item in disclosed.unchecked] == ["a.unknown"]
    assert disclosed.rows[0].value == 4.25


def test_order_and_number_of_rows_stay():
    rows = [row(f"r{n}", n) for n in (30, 2, 11, 9)]
    assert [item.id for item in disclose(rows, RULE).rows] == [item.id for item in rows]


def test_what_was_withheld_is_counted_in_rows_of_its_own():
    rows = [row("few", 9), row("twin", 9, "synthetic"), row("unknown", None), row("many", 99)]
    counted = {item.id: item for item in summary(disclose(rows, RULE), RULE)}
    assert {name: item.value for name, item in counted.items()} == {
        "ontsluiting.suppressed": 2,
        "ontsluiting.suppressed_real": 1,
        "ontsluiting.unchecked": 1,
        "ontsluiting.minimum_n": 10,
    }
    assert {item.kind for item in counted.values()} == {DataKind.FACT}


def test_the_rule_is_read_from_the_design(tmp_path):
    (tmp_path / "data" / "design").mkdir(parents=True)
    path = tmp_path / "data" / "design" / "disclosure.toml"
    path.write_text('[rule]\nminimum_n = 25\nsource = "x"\n')
    assert disclosure_rule(Workspace(tmp_path, tmp_path)) == DisclosureRule(25, "x")


@pytest.mark.parametrize("value", ["0", "-1", '"10"', "true", "2.5"])
def test_a_threshold_that_is_none_is_refused(tmp_path, value):
    (tmp_path / "data" / "design").mkdir(parents=True)
    (tmp_path / "data" / "design" / "disclosure.toml").write_text(
        f'[rule]\nminimum_n = {value}\nsource = "x"\n'
    )
    with pytest.raises(ValueError, match="minimum_n must be a whole number of one or more"):
        disclosure_rule(Workspace(tmp_path, tmp_path))
