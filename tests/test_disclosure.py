"""What may be seen: nothing over too few people, in no row, point, file or picture."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.answers.kenniskloof import gap_items
from analysis.chapters import kenniskloof
from analysis.datakind import DataKind
from analysis.design.disclosure import Contrast, DisclosureRule, ExtremeAllowed, Group, disclosure_rule
from analysis.design.gap import gap_design
from analysis.estimate.gap_study import gap_study
from analysis.exhibits import write_exhibit
from analysis.panel.civic_knowledge import civic_knowledge
from analysis.results import Result, Series, publish, read_series, write_rows, write_series
from analysis.results.disclosure import Withheld, disclose, summary
from analysis.sources.iccs_contract import PV_COLUMNS
from analysis.sources.sourced import Sourced
from analysis.workspace import Workspace, find_root

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
    assert released.withheld == "minder dan 10 eenheden"
    assert released.note == "x"
    assert released.variables()["full"] == "niet getoond: minder dan 10 eenheden"
    assert released.variables()["value"] == "niet getoond"
    assert "4,25" not in str(released.variables())


def test_a_p_value_and_a_reason_go_with_the_number():
    full = replace(row("few", 9), p_value=0.031, smallest_p=0.002)
    (released,) = disclose([full], RULE).rows
    assert (released.p_value, released.smallest_p, released.reason) == (None, None, "")
    assert released.p_text == "niet getoetst"


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
    assert disclosed.unchecked == ("a.unknown",)
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
        "ontsluiting.suppressed_points": 0,
        "ontsluiting.unchecked": 1,
        "ontsluiting.minimum_n": 10,
    }
    assert {item.kind for item in counted.values()} == {DataKind.FACT}


def test_the_rule_is_read_from_the_design(tmp_path):
    (tmp_path / "data" / "design").mkdir(parents=True)
    path = tmp_path / "data" / "design" / "disclosure.toml"
    path.write_text('[rule]\nminimum_n = 25\nsource = "x"\n')
    assert disclosure_rule(Workspace(tmp_path, tmp_path)) == DisclosureRule(25, "x")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "minimum_n must be a whole number of one or more, got 0"),
        ("-1", "minimum_n must be a whole number of one or more, got -1"),
        ('"10"', "minimum_n: expected a whole number, found text '10'"),
        ("true", "minimum_n: expected a whole number, found true"),
        ("2.5", "minimum_n: expected a whole number, found a number 2.5"),
    ],
)
def test_a_threshold_that_is_none_is_refused(tmp_path, value, says):
    (tmp_path / "data" / "design").mkdir(parents=True)
    (tmp_path / "data" / "design" / "disclosure.toml").write_text(
        f'[rule]\nminimum_n = {value}\nsource = "x"\n'
    )
    with pytest.raises(ValueError, match=says):
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
    assert disclosed.rows[0].withheld == "een uiterste waarde van personen"
    assert "4,25" not in str(disclosed.rows[0])


def test_rows_are_rounded_to_what_is_shown_before_anything_is_derived():
    full = replace(row("gap", 900), value=4.2571, se=0.51234, low=3.2529, high=5.2613, decimals=1)
    (released,) = disclose([full], RULE).rows
    assert (released.value, released.se, released.low, released.high) == (4.3, 0.51, 3.3, 5.3)
    assert released.variables() == full.variables()
    (same,) = disclose([replace(full, unit="", value=0.00012)], RULE).rows
    assert same.value == 0.00012


def test_an_interval_that_was_tested_stays_on_the_side_of_zero_that_its_p_value_says():
    """At p = 0.049 zero is outside: an end of 0.004 shown as 0.00 would take it in."""
    tested = replace(row("effect", 900), value=0.45, low=0.004, high=1.01, decimals=2, p_value=0.049)
    (released,) = disclose([tested], RULE).rows
    assert (released.low, released.high) == (0.004, 1.01)
    (below,) = disclose([replace(tested, value=-0.45, low=-1.01, high=-0.004)], RULE).rows
    assert (below.low, below.high) == (-1.01, -0.004)
    (untested,) = disclose([replace(tested, p_value=None)], RULE).rows
    assert untested.low == 0.0
    (nothing,) = disclose([replace(tested, value=0.004, low=0.001, high=0.006)], RULE).rows
    assert (nothing.value, nothing.low, nothing.high) == (0.0, 0.0, 0.01)
    (touching,) = disclose([replace(tested, low=0.0)], RULE).rows
    assert touching.low == 0.0


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


def test_a_comparison_goes_with_the_group_it_would_give_away():
    rule = replace(RULE, contrasts=(Contrast(("a.gap*", "a.places"), ("a.first", "a.second")),))
    rows = [row("gap", 109), row("gap_sd", 109), row("first", 100), row("second", 9), row("other", 109)]
    disclosed = disclose(rows, rule, [series(points=series().points.assign(n=109))])
    assert {item.id for item in disclosed.suppressed} == {"a.second", "a.gap", "a.gap_sd"}
    assert set(disclosed.reasons) == {Withheld.FEW}
    assert disclosed.series[0].withheld
    assert disclosed.series[0].points["estimate"].isna().all()
    large = [row("gap", 109), row("first", 100), row("second", 10)]
    assert disclose(large, rule).suppressed == ()
    with pytest.raises(ValueError, match="results or groups is empty"):
        Contrast((), ("a.first",))


# --- points of a series ---


def series(**changes):
    points = pd.DataFrame(
        {
            "place": ["a", "b", "c"],
            "estimate": [4.2571, 17.38, 3.0],
            "low": [3.1, 16.2, np.nan],
            "high": [5.3, 18.9, np.nan],
            "n": [40, 9, 30],
        }
    )
    given = {"points": points, "decimals": 1} | changes
    return Series("a.places", "Plaatsen", "punten", "real", "bron", **given)


def passed(item, rule=RULE):
    disclosed = disclose([], rule, [item])
    (found,) = disclosed.series
    return found, disclosed


def test_a_point_over_too_few_units_loses_every_number_and_the_others_stand():
    found, disclosed = passed(series())
    points = found.points.set_index("place")
    assert points.loc["b"].isna().all()
    assert points.loc["a"].to_dict() == {"estimate": 4.3, "low": 3.1, "high": 5.3, "n": 40}
    assert points.loc["c", "estimate"] == 3.0
    assert found.note == "Niet getoond: punten over minder dan 10 eenheden."
    assert (found.withheld, found.unknown) == ("", "")
    assert disclosed.points == 1
    assert [
        item.value for item in summary(disclosed, RULE) if item.id == "ontsluiting.suppressed_points"
    ] == [1]
    assert len(found.shown()) == 2


def test_a_series_of_which_no_point_may_be_seen_says_so():
    few = series(points=series().points.assign(n=5))
    found, _ = passed(few)
    assert found.unknown == "niet getoond: minder dan 10 eenheden"
    assert found.shown().empty


def test_a_series_without_counts_is_unchecked_and_one_of_facts_passes_whole():
    bare = series(points=series().points.drop(columns="n"))
    assert passed(bare)[1].unchecked == ("a.places",)
    fact = replace(series(), kind=DataKind.FACT)
    found, disclosed = passed(fact)
    assert found.points.equals(fact.points)
    assert disclosed.points == 0


def test_a_small_count_of_people_in_a_point_is_withheld():
    counted = replace(series(), unit="leerlingen", decimals=0)
    found, _ = passed(replace(counted, points=counted.points.assign(n=900)), PEOPLE)
    assert found.points.set_index("place")["estimate"].to_dict() == {
        "a": pytest.approx(np.nan, nan_ok=True), "b": 17, "c": pytest.approx(np.nan, nan_ok=True)
    }  # fmt: skip


def test_a_point_over_too_few_schools_would_show_a_school():
    rule = replace(RULE, minimum_schools=3)
    found, _ = passed(series(points=series().points.assign(n=900, schools=[2, 5, 5])), rule)
    assert found.points.set_index("place").loc["a"].isna().all()
    assert found.note == "Niet getoond: punten over minder dan 10 eenheden of 3 scholen."
    assert found.points.set_index("place").loc["b", "estimate"] == 17.4


def test_the_count_of_schools_must_be_one_or_more():
    with pytest.raises(ValueError, match="minimum_schools must be a whole number of one or more"):
        DisclosureRule(10, "bron", minimum_schools=0)


# --- the door: no digit of what is withheld gets out ---

SECRET = 47.3219
DIGITS = ("47.3", "47,3", "47", "3219")


def everything_written(folder) -> str:
    """Text of every file below `folder`."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_withheld_row_leaves_no_digit_in_what_is_released(tmp_path):
    secret = replace(
        row("few", 9), value=SECRET, low=SECRET, high=SECRET, se=SECRET, p_value=0.4732, clusters=47
    )
    shown = publish(secret, row("many", 900))
    write_rows(shown.rows, tmp_path / "results.csv")
    text = everything_written(tmp_path)
    assert "a.few" in text
    assert not any(digits in text for digits in (*DIGITS, "4732"))
    assert not any(digits in shown._repr_html_() for digits in DIGITS)


def test_a_withheld_point_leaves_no_digit_in_what_is_released(tmp_path):
    points = series().points.assign(estimate=[1.0, SECRET, 2.0], low=[0.5, SECRET, np.nan])
    points = points.assign(high=[1.5, SECRET, np.nan])
    shown = publish(series(points=points))
    write_series(shown.series, tmp_path)
    text = everything_written(tmp_path)
    assert "minder dan 10 eenheden" in text
    assert not any(digits in text for digits in DIGITS)
    assert not any(digits in shown._repr_html_() for digits in DIGITS)


def test_exhibits_hold_no_digit_of_what_is_withheld(tmp_path):
    """Nine pupils of the vwo: their mean is in no table, figure, description or file behind a figure."""
    panel, design = civic_knowledge(trial=True), gap_design()
    lot = panel.frame.index[panel.frame["track"] == "vwo"]
    frame = panel.frame.drop(lot[9:]).reset_index(drop=True)
    study = gap_study(
        frame,
        outcome=PV_COLUMNS,
        minuend="vwo",
        subtrahend="vmbo",
        covariates=design.adjusted_for,
        quantiles=design.quantiles,
        levels=design.shown_levels,
    )
    items = gap_items(Sourced(frame, DataKind.REAL, "iccs2022", ""), study, design)
    mean = next(item for item in items if item.id == "kenniskloof.mean_vwo")
    assert mean.n == 9
    # a number of its own, found nowhere else: it must not be found at all
    items = [
        replace(item, value=91234.0, low=81234.0, high=98123.0) if item is mean else item for item in items
    ]
    shown = publish(*items)
    assert shown.row("kenniskloof.mean_vwo").withheld
    assert shown.row("kenniskloof.gap").withheld  # the mean of the vmbo is shown, and would give it away
    assert shown.row("kenniskloof.mean_vmbo").value is not None
    assert shown.points("kenniskloof.decompositie").withheld
    assert shown.points("kenniskloof.kwantielen").withheld
    for exhibit in kenniskloof.exhibits(shown):
        write_exhibit(exhibit, tmp_path)
    text = everything_written(tmp_path)
    assert "niet getoond" in text
    for digits in ("91234", "91.234", "81234", "81.234", "98123", "98.123"):
        assert digits not in text
    for point in study.quantiles["estimate"]:
        assert f"{point:.7g}" not in text
    figure = json.loads((tmp_path / "fig-kenniskloof-kwantielen.json").read_text(encoding="utf-8"))
    assert figure["alt"] == "Geen figuur. Niet getoond: minder dan 10 eenheden."


def test_what_a_run_keeps_is_whole_and_only_the_door_withholds(tmp_path):
    """The run's folder is never committed; what comes back from the door is what may be seen."""
    workspace = Workspace(find_root(), tmp_path, tmp_path / "run")
    workspace.output.mkdir()
    shown = publish(series(), workspace=workspace)
    assert np.isnan(shown.points("a.places").points.loc[1, "estimate"])
    (kept,) = read_series(workspace.output / "series")
    assert kept.points.loc[1, "estimate"] == 17.38


def test_the_rules_of_this_repository_are_read():
    rule = disclosure_rule()
    assert (rule.minimum_n, rule.minimum_schools) == (10, 3)
    assert {"leerlingen", "personen"} <= set(rule.person_units)
    assert {"min", "max"} <= set(rule.extreme_words)
    assert all(allowed.reason for allowed in rule.extreme_allowed)
    totals = {group.total for group in rule.groups}
    assert totals
    assert {f"proef.{total}" for total in totals if not total.startswith("proef.")} <= totals
