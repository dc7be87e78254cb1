"""Input that cannot be drawn gives an error that names figure, column and row, and no picture."""

from __future__ import annotations

import figure_examples as example
import numpy as np
import pandas as pd
import pytest

from analysis.figures.distribution import quantile_gap
from analysis.figures.event_study import event_study
from analysis.figures.forest import forest
from analysis.figures.growth import growth
from analysis.figures.place_lines import line_beside_whole, lines_by_place
from analysis.figures.power import detectable, power_curve
from analysis.figures.published import published_against_reproduced
from analysis.figures.rollout import rollout
from analysis.figures.specification_curve import specification_curve

KIND = {"kind": "real", "source": "een bron"}
COMMON = {"id": "fig-x", **example.KNOWLEDGE, **KIND}
CAPTIONED = {**COMMON, **example.SAID}
ROLLOUT = {"id": "fig-x", "programme": "Tienskip", **KIND, **example.SAID}
PUBLISHED = {"id": "fig-x", "outcome_label": "cijfers", **KIND, **example.SAID}

BUILDERS = {
    "event_study": (lambda t: event_study(t, **COMMON), example.event_rows, "estimate"),
    "forest": (lambda t: forest(t, **CAPTIONED), example.forest_rows, "estimate"),
    "published": (
        lambda t: published_against_reproduced(t, **PUBLISHED),
        example.published_rows,
        "reproduced",
    ),
    "quantile_gap": (lambda t: quantile_gap(t, **COMMON), example.quantile_rows, "high"),
    "growth": (lambda t: growth(t, **CAPTIONED), example.growth_rows, "wave"),
    "specification_curve": (
        lambda t: specification_curve(t, choices=example.CHOICES, **CAPTIONED),
        example.specification_rows,
        "estimate",
    ),
    "power": (lambda t: power_curve(t, **CAPTIONED), example.power_rows, "power"),
}
every_builder = pytest.mark.parametrize("name", BUILDERS)


@every_builder
def test_an_empty_table_is_refused(name):
    draw, rows, _ = BUILDERS[name]
    with pytest.raises(ValueError, match="fig-x: the table has no rows"):
        draw(rows().iloc[:0])


@every_builder
def test_an_absent_column_is_named(name):
    draw, rows, column = BUILDERS[name]
    with pytest.raises(ValueError, match=rf"fig-x: column {column} is absent"):
        draw(rows().drop(columns=column))


@every_builder
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_named_with_its_row(name, bad):
    draw, rows, column = BUILDERS[name]
    table = rows().reset_index(drop=True)
    table[column] = table[column].astype(float)
    table.loc[1, column] = bad
    with pytest.raises(ValueError, match=rf"fig-x: column {column}, row 2: .* is not a finite number"):
        draw(table)


@every_builder
def test_text_where_a_number_belongs_is_refused(name):
    draw, rows, column = BUILDERS[name]
    table = rows().astype({column: object})
    table.iloc[0, table.columns.get_loc(column)] = "1,5"
    with pytest.raises(ValueError, match=rf"fig-x: column {column} holds something that is not a number"):
        draw(table)


@every_builder
def test_the_caller_keeps_the_table(name):
    draw, rows, _ = BUILDERS[name]
    table = rows()
    before = table.copy()
    draw(table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("name", ["event_study", "forest", "quantile_gap", "growth", "specification_curve"])
def test_an_interval_that_misses_its_estimate_is_refused(name):
    draw, rows, _ = BUILDERS[name]
    table = rows().astype({"high": float})
    table.loc[table.index[0], ["low", "high"]] = [900.0, 950.0]
    with pytest.raises(ValueError, match=r"column estimate, row 1: .* lies outside low to high"):
        draw(table)
    table.loc[table.index[0], ["low", "high"]] = [5.0, -5.0]
    with pytest.raises(ValueError, match=r"column low, row 1: .* lies above high"):
        draw(table)


def test_event_study_marks_the_reference_whether_given_or_not():
    rows = example.event_rows()
    given = pd.concat([rows, rows.iloc[:1].assign(event_time=-1, estimate=0.0, truth=0.0)])
    one, other = event_study(rows, **COMMON), event_study(given, **COMMON)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.table.set_index("tijd sinds start").loc[-1, "effect"] == 0
    assert one.svg() == other.svg()


def test_event_study_refuses_a_time_twice():
    rows = example.event_rows()
    with pytest.raises(ValueError, match=r"event_time, row 8: .* occurs twice"):
        event_study(pd.concat([rows, rows.iloc[:1]]), **COMMON)


def test_event_study_counts_intervals_clear_of_zero():
    rows = example.event_rows().assign(low=-9.0, high=9.0)
    assert "na de start sluiten 0 van de 4 95%-intervallen nul uit" in event_study(rows, **COMMON).alt.lower()


def test_event_study_without_any_interval_speaks_of_none():
    drawn = event_study(example.event_rows().assign(low=np.nan, high=np.nan), **COMMON)
    assert "Er is geen interval te geven." in drawn.caption
    assert "%" not in drawn.caption + drawn.alt


def test_event_study_says_why_a_point_has_no_bar():
    rows = example.event_rows()
    some = rows.assign(
        low=rows["low"].where(rows["event_time"] < 3), high=rows["high"].where(rows["event_time"] < 3)
    )
    assert "zonder streep: geen interval" in event_study(some, **COMMON).caption
    assert ", zonder interval" in event_study(some, **COMMON).alt
    assert "zonder streep" not in event_study(rows, **COMMON).caption


def test_truth_is_told_and_drawn_apart():
    with_truth = event_study(example.event_rows(), **COMMON)
    without = event_study(example.event_rows().drop(columns="truth"), **COMMON)
    assert "waar effect (synthetisch)" not in without.table.columns
    assert "synthetische" not in without.alt
    assert "waar effect (synthetisch)" in with_truth.table.columns


def test_forest_refuses_doubles_and_unknown_highlights():
    rows = example.forest_rows()
    with pytest.raises(ValueError, match="'Zeeland' occurs twice"):
        forest(pd.concat([rows, rows[rows["label"] == "Zeeland"]]), **CAPTIONED)
    with pytest.raises(ValueError, match="highlight names Belgie"):
        forest(rows, highlight=["Belgie"], **CAPTIONED)


def test_published_judges_by_printed_digits():
    table = published_against_reproduced(example.published_rows(), **PUBLISHED).table
    table = table.set_index("uitkomst")
    assert list(table["oordeel"]) == ["gelijk", "gelijk", "gelijk", "verschilt"]
    rows = example.published_rows()
    rows.loc[0, ["published", "published_se"]] = np.nan
    rows.loc[1, "reproduced_se"] = 3.46  # prints as 3,5 against 3,4
    exhibit = published_against_reproduced(rows, **PUBLISHED)
    assert list(exhibit.table["oordeel"]) == ["niet gepubliceerd", "verschilt", "gelijk", "verschilt"]
    assert "Van de 3 gepubliceerde uitkomsten komen er 1" in exhibit.alt
    assert "Niet gelijk: " in exhibit.alt


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "PV99"}, "not a province code"),
        ({"status": "misschien"}, r"row 1 \(PV30\): status 'misschien'"),
        ({"start": np.nan}, "'bekend' needs a start year"),
        ({"start": 2022.5}, "is not a year"),
        ({"start": 2031}, "is not a year up to 2027"),
        ({"status": "niet"}, "'niet' has no start year"),
        ({"code": "PV20"}, "PV20 occurs twice"),
    ],
)
def test_rollout_refuses_what_cannot_be(change, said):
    rows = example.rollout_rows()
    for column, value in change.items():
        rows.loc[0, column] = value
    with pytest.raises(ValueError, match=said):
        rollout(rows, years=range(2021, 2028), **ROLLOUT)


def test_rollout_keeps_the_unknown_unknown():
    exhibit = rollout(example.rollout_rows(), years=range(2021, 2028), **ROLLOUT)
    status = exhibit.table.set_index("code")["status"]
    assert len(status) == 12
    assert status["PV22"] == "onbekend"  # not in the table
    assert status["PV31"] == "aanname"
    with pytest.raises(ValueError, match="years must be consecutive"):
        rollout(example.rollout_rows(), years=[2021, 2023], **ROLLOUT)


def test_quantiles_lie_between_nought_and_one():
    rows = example.quantile_rows()
    rows.loc[2, "quantile"] = 50
    with pytest.raises(ValueError, match="column quantile, row 3"):
        quantile_gap(rows, **COMMON)


def test_growth_tells_whether_the_gap_widens():
    rows = example.growth_rows()
    assert "van 0,7 punten in meting 1 naar 1,2 punten in meting 6" in growth(rows, **CAPTIONED).alt
    with pytest.raises(ValueError, match="two rows for the same wave"):
        growth(pd.concat([rows, rows.iloc[:1]]), **CAPTIONED)


def test_specification_curve_has_one_main_and_orders_all():
    rows = example.specification_rows()
    table = specification_curve(rows.iloc[::-1], choices=example.CHOICES, **CAPTIONED).table
    assert list(table["schatting"]) == sorted(table["schatting"])
    assert (table["hoofdschatting"] == "ja").sum() == 1
    with pytest.raises(ValueError, match="8 specifications are marked main"):
        specification_curve(rows.assign(main=True), choices=example.CHOICES, **CAPTIONED)
    with pytest.raises(ValueError, match="no choices"):
        specification_curve(rows, choices={}, **CAPTIONED)


def test_hundreds_of_specifications_stay_small():
    rows = pd.concat([example.specification_rows().assign(main=False)] * 60, ignore_index=True)
    exhibit = specification_curve(rows, choices=example.CHOICES, **CAPTIONED)
    assert "480 specificaties" in exhibit.alt
    assert len(exhibit.svg()) < 250_000


def test_the_least_effect_is_interpolated():
    rows = pd.DataFrame({"effect": [0.0, 1.0, 2.0], "power": [0.05, 0.7, 0.9]})
    assert detectable(rows, 0.8) == pytest.approx(1.5)
    assert detectable(rows, 0.95) is None
    assert detectable(rows.assign(power=0.9), 0.8) == 0.0


def test_power_that_falls_short_is_said():
    rows = pd.DataFrame({"effect": [0.0, 1.0, 2.0], "power": [0.05, 0.2, 0.41]})
    assert "ook bij 2,0 punten" in power_curve(rows, **CAPTIONED).alt.lower()
    assert "41%, minder dan 80%" in power_curve(rows, **CAPTIONED).alt
    with pytest.raises(ValueError, match=r"column power, row 3: 41\.0 is not in 0 to 1"):
        power_curve(rows.assign(power=[0, 0.5, 41]), **CAPTIONED)


@pytest.mark.parametrize(
    ("draw", "change", "says"),
    [
        (lines_by_place, lambda t: t.assign(whole=np.nan), "column whole, row 1: .* is not a finite number"),
        (lines_by_place, lambda t: t.drop(columns="time"), "column time is absent"),
        (lines_by_place, lambda t: pd.concat([t, t.iloc[[3]]]), "Groningen has two values in 2006.9"),
        (
            lines_by_place,
            lambda t: pd.concat([t[:10].assign(label=f"plaats {k}") for k in range(16)]),
            "16 places; at most 15 panels",
        ),
        (line_beside_whole, lambda t: t, "12 places, expected one"),
    ],
)
def test_lines_that_cannot_be_drawn_are_named(draw, change, says):
    with pytest.raises(ValueError, match=f"fig-x: {says}"):
        draw(change(example.place_rows()), id="fig-x", **example.SAID, **example.TURNOUT, **KIND)
