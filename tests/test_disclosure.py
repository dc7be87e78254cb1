from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from analysis.disclosure import Withheld, disclose, summary
from analysis.disclosure.cells import (
    DOMINATED,
    FEW,
    PROTECTING,
    possible_values,
    protect,
    protected_counts,
    unsafe,
)

from analysis.datakind import DataKind
from analysis.design.disclosure import (
    CellRule,
    DisclosureRule,
    ExtremeAllowed,
    Group,
    cell_rule,
    disclosure_rule,
)
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
    assert [item.n for item in disclosed.rows] == [10, 1000]
    assert [item.variables() for item in disclosed.rows] == [
        row("enough", 10).variables(), row("many", 1000).variables()
    ]  # fmt: skip
    assert not disclosed.suppressed


def test_nobody_at_all_is_withheld_too():
    assert len(disclose([row("none", 0)], RULE).suppressed) == 1


def test_synthetic_rows_go_through_the_same_rule_and_facts_do_not():
    disclosed = disclose([row("twin", 9, "synthetic"), row("fact", 3, "fact")], RULE)
    assert [item.id for item in disclosed.suppressed] == ["a.twin"]
    assert disclosed.rows[1].value == 4.25  # a cited figure keeps its digits


def test_a_row_without_a_number_of_units_is_counted_as_unchecked():
    disclosed = disclose([row("unknown", None), row("fact", None, "fact")], RULE)
    assert [item.id for item in disclosed.unchecked] == ["a.unknown"]
    assert disclosed.rows[0].value == 4


def test_order_and_number_of_rows_stay():
    rows = [row(f"r{n}", n) for n in (30, 2, 11, 9)]
    assert [item.id for item in disclose(rows, RULE).rows] == [item.id for item in rows]


def test_what_was_withheld_is_counted_in_rows_of_its_own():
    rows = [row("few", 9), row("twin", 9, "synthetic"), row("unknown", None), row("many", 99)]
    counted = {item.id: item for item in summary(disclose(rows, RULE), RULE)}
    assert {name: item.value for name, item in counted.items()} == {
        "ontsluiting.suppressed": 2,
        "ontsluiting.suppressed_real": 1,
        "ontsluiting.suppressed_few": 2,
        "ontsluiting.suppressed_count": 0,
        "ontsluiting.suppressed_extreme": 0,
        "ontsluiting.suppressed_part": 0,
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


# --- people counted, extremes, parts of a total ---

PEOPLE = replace(
    RULE,
    person_units=("leerlingen",),
    extreme_words=("max", "min"),
    extreme_allowed=(ExtremeAllowed("a.max_province", "schattingen"),),
)


@pytest.mark.parametrize(("value", "hidden"), [(0, False), (1, True), (9, True), (9.4, True), (10, False)])
def test_a_small_count_of_people_is_withheld_itself(value, hidden):
    counted = replace(row("n_left_out", 2609), value=value, low=None, high=None, unit="leerlingen")
    disclosed = disclose([counted], PEOPLE)
    assert [reason for reason in disclosed.reasons] == [Withheld.COUNT] * hidden
    assert (disclosed.rows[0].value is None) == hidden


def test_an_extreme_of_people_is_withheld_and_one_of_provinces_is_not():
    rows = [row("score_max", 900), row("min_score", 900), row("max_province", 900), row("maxima", 900)]
    disclosed = disclose(rows, PEOPLE)
    assert [item.id for item in disclosed.suppressed] == ["a.score_max", "a.min_score"]
    assert disclosed.rows[0].note == "Niet getoond: een uiterste waarde van personen."
    assert "4,25" not in str(disclosed.rows[0])


def test_rows_are_rounded_to_what_is_shown_before_anything_is_derived():
    full = replace(row("gap", 900), value=4.2571, se=0.51234, low=3.2529, high=5.2613, decimals=1)
    (released,) = disclose([full], RULE).rows
    assert (released.value, released.se, released.low, released.high) == (4.3, 0.51, 3.3, 5.3)
    assert released.variables() == full.variables()
    (same,) = disclose([replace(full, unit="", value=0.00012)], RULE).rows
    assert same.value == 0.00012


def part(name, n):
    return replace(row(name, n), value=n, low=None, high=None, unit="leerlingen")


def in_group(*rows):
    rule = replace(PEOPLE, groups=(Group("a.all", ("a.part_*",)),))
    return disclose(rows, rule)


def test_a_part_that_the_total_gives_away_takes_another_with_it():
    disclosed = in_group(part("all", 200), part("part_a", 150), part("part_b", 45), part("part_c", 5))
    assert {
        item.id: reason for item, reason in zip(disclosed.suppressed, disclosed.reasons, strict=True)
    } == {
        "a.part_b": Withheld.PART,
        "a.part_c": Withheld.FEW,
    }


def test_small_parts_together_below_the_minimum_take_another_with_them():
    disclosed = in_group(
        part("all", 206), part("part_a", 150), part("part_b", 50), part("part_c", 4), part("part_d", 2)
    )
    assert {item.id for item in disclosed.suppressed} == {"a.part_b", "a.part_c", "a.part_d"}
    enough = in_group(part("all", 164), part("part_a", 150), part("part_c", 8), part("part_d", 6))
    assert {item.id for item in enough.suppressed} == {"a.part_c", "a.part_d"}


def test_a_total_without_another_part_to_hide_is_withheld_itself():
    disclosed = in_group(part("all", 8 + 0), part("part_a", 8))
    assert {item.id for item in disclosed.suppressed} == {"a.all", "a.part_a"}
    alone = in_group(part("all", 12), part("part_a", 9))
    assert {item.id for item in alone.suppressed} == {"a.all", "a.part_a"}


def test_nothing_hidden_nothing_more_is_hidden_and_an_absent_total_is_an_error():
    assert in_group(part("all", 200), part("part_a", 150), part("part_b", 50)).suppressed == ()
    with pytest.raises(ValueError, match=r"no result a\.all, the total of a\.part_\*"):
        in_group(part("part_a", 5), part("part_b", 50))


# --- cells ---

CELLS = CellRule(minimum_n=10, largest=2, largest_share=0.9, rest_share=0.1, zeros_tell=True, count_base=5)


def contributions():
    """Forty random cells and six at the edges of the rules."""
    rng = np.random.default_rng(20)
    cells = {}
    for k in range(40):
        people = int(rng.integers(3, 30))
        cells[f"g{k:02d}"] = rng.lognormal(2, rng.choice([0.3, 1.0, 2.0, 3.0]), people).round(2)
    return cells | {
        "few9": np.full(9, 5.0),
        "ten": np.full(10, 5.0),
        "two": np.array([450.0, 451.0] + [10.0] * 10),
        "edge": np.array([450.0, 450.0] + [10.0] * 10),
        "one": np.array([1000.0] + [9.0] * 11),
        "rest": np.array([1000.0] + [10.0] * 11),
    }


def test_unsafe_cells_are_those_of_the_package_acro():
    """acro 1.0.2 with its default rules: a pivot_table of sums by cell, suppressed."""
    acro = {"edge", "few9", "g03", "g07", "g08", "g10", "g20", "g27", "g36", "one", "rest", "two"}
    assert {name for name, values in contributions().items() if unsafe(values, CELLS)} == acro


def test_the_reason_is_said():
    cells = contributions()
    assert unsafe(cells["few9"], CELLS) == FEW
    assert unsafe(cells["two"], CELLS) == DOMINATED
    assert unsafe(np.array([]), CELLS) == FEW
    assert unsafe(np.array([]), replace(CELLS, zeros_tell=False)) == ""
    assert unsafe(np.zeros(20), CELLS) == ""
    assert unsafe(np.array([100.0] + [4.0] * 11), replace(CELLS, largest_share=1.0)) == ""
    assert unsafe(np.array([1000.0] + [4.0] * 11), replace(CELLS, largest_share=1.0)) == DOMINATED
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="finite and zero or more"):
            unsafe(np.full(20, wrong), CELLS)


def people(counts):
    rows = [(f"r{i}", f"c{j}") for i, line in enumerate(counts) for j, n in enumerate(line) for _ in range(n)]
    return pd.DataFrame(rows, columns=["school", "answer"])


def test_one_small_cell_takes_three_with_it():
    table = protected_counts(people([[50, 40, 30], [60, 3, 45], [70, 20, 35]]), "school", "answer", CELLS)
    assert table.reasons.loc["r1", "c1"] == FEW
    assert table.withheld == 4
    assert (table.reasons == PROTECTING).to_numpy().sum() == 3
    assert table.counts.loc["totaal", "totaal"] == 355
    assert np.isnan(table.counts.loc["r1", "c1"])
    shown = table.counts.to_numpy()
    assert (shown[~np.isnan(shown)] % 5 == 0).all()


def test_a_table_without_small_cells_is_shown_whole():
    table = protected_counts(people([[50, 40], [60, 30]]), "school", "answer", CELLS)
    assert table.withheld == 0
    assert table.counts.loc["r0", "c1"] == 40


@pytest.mark.parametrize("seed", range(12))
def test_no_withheld_cell_can_be_worked_out(seed):
    """Whatever is hidden, the shown cells and true totals leave room of at least the minimum."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.choice([3, 15, 60], size=(4, 5), p=[0.2, 0.3, 0.5])).astype(float)
    small = counts < 10
    hidden = protect(small, counts, 10)
    assert (hidden >= small).all()
    if hidden.all():
        return
    for cell in map(tuple, np.argwhere(hidden)):
        low, high = possible_values(hidden, counts, cell)
        assert low <= counts[cell] + 1e-6
        assert high >= counts[cell] - 1e-6
        assert high - low >= 10 - 1e-6


def test_a_single_withheld_cell_is_known_exactly_and_the_audit_says_so():
    counts = np.array([[50.0, 40.0], [60.0, 3.0]])
    hidden = counts < 10
    assert possible_values(hidden, counts, (1, 1)) == pytest.approx((3, 3))
    assert protect(hidden, counts, 10).all()


def test_people_without_a_cell_are_not_lost_in_silence():
    frame = people([[20, 20], [20, 20]])
    frame.loc[0, "answer"] = None
    with pytest.raises(ValueError, match="leave them out first, and count them"):
        protected_counts(frame, "school", "answer", CELLS)


def test_the_rules_of_this_repository_are_read():
    assert cell_rule() == CELLS
    rule = disclosure_rule()
    assert {"leerlingen", "personen"} <= set(rule.person_units)
    assert {"min", "max"} <= set(rule.extreme_words)
    assert all(allowed.reason for allowed in rule.extreme_allowed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"minimum_n": 0}, "minimum_n"),
        ({"count_base": 10}, "count_base must be below minimum_n"),
        ({"largest": 0}, "whole numbers of one or more"),
        ({"largest_share": 1.2}, "shares between 0 and 1"),
    ],
)
def test_cell_rules_that_protect_nothing_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        replace(CELLS, **change)
