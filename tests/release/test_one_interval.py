"""One estimate has one interval, whichever notebook publishes it and wherever it is printed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from analysis.answers.effect import answer_question
from analysis.answers.zekerheid import check_question
from analysis.design.robustness import robustness
from analysis.panel.question import question_panel
from analysis.results import Result
from analysis.sources.geography import neighbours, province_names

TOLD = ("value", "low", "high", "level", "p_value", "smallest_p", "n", "clusters", "no_statement")


def published(panel, level=0.95) -> list[Result]:
    """The rows of both notebooks, with few draws where those are of no number compared here."""
    plan = robustness()
    plan = replace(
        plan,
        power=replace(plan.power, effects=(0.0, 1.0), reassigned=19, draws=10),
        curve=replace(plan.curve, before=(0,), leave_one_out=False, draws=19),
        alarm=replace(plan.alarm, draws=20, reassigned=19),
    )
    around = {"neighbours": neighbours(), "provinces": province_names()}
    items = (
        *answer_question(panel, level=level, seed=0),
        *check_question(panel, plan, level=level, seed=0, **around),
    )
    return [item for item in items if isinstance(item, Result) and item.specification]


def told(row):
    """What is said of an estimate, to ten digits: the last ones differ between ways to invert a matrix."""
    numbers = (getattr(row, name) for name in TOLD)
    return tuple(f"{item:.10g}" if isinstance(item, float) else item for item in numbers)


def by_specification(rows):
    found = defaultdict(list)
    for row in rows:
        found[row.question, row.estimator, row.specification].append(row)
    return {key: rows for key, rows in found.items() if len(rows) > 1}


@pytest.fixture(scope="module")
def panel():
    """Turnout for the Tweede Kamer where Tienskip came: five of ten provinces start, from committed facts."""
    return question_panel("tienskip-opkomst-tk")


def test_rows_of_equal_question_estimator_and_specification_say_the_same(panel):
    same = by_specification(published(panel, level=0.90))
    assert {key[1:] for key in same} == {
        ("group_time", "hoofd"), ("imputation", "hoofd"), ("two_way", "hoofd"),
    }  # fmt: skip
    for key, rows in same.items():
        assert len({told(row) for row in rows}) == 1, f"{key}: {', '.join(row.id for row in rows)} differ"
    main = same["tienskip-opkomst-tk", "group_time", "hoofd"]
    assert {row.id for row in main} == {"tienskip.opkomst_tk.effect", "zekerheid.tienskip_opkomst_tk.main"}
    assert all(row.low < row.value < row.high and row.level == 0.90 for row in main)


def test_where_one_makes_no_statement_the_other_makes_none(panel):
    """With four provinces no test is reliable: no row beside the answer gives an interval all the same."""
    started = panel.frame.loc[panel.frame["cohort"] > 0, "cluster"].unique()
    assert len(started) >= 5
    few = replace(panel, frame=panel.frame[~panel.frame["cluster"].isin(started[4:])].reset_index(drop=True))
    rows = published(few)
    for rows_of_one in by_specification(rows).values():
        assert len({told(row) for row in rows_of_one}) == 1
    assert rows[0].no_statement.startswith("van 4 van de 9 provincies is een start te vergelijken")
    assert all(row.low is row.high is row.p_value is None for row in rows if row.test == "randomisatietoets")
    assert rows[0].value is not None
