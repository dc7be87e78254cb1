"""What is published of how sure an answer is: checks, limits, curve, noise and power, or why not."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace

import numpy as np
import pytest
from question_files import edited_design, workspace_with

from analysis.answers.effect import answer_question
from analysis.answers.zekerheid import check_question
from analysis.chapters.zekerheid import exhibits
from analysis.datakind import DataKind
from analysis.design.robustness import robustness
from analysis.inference import Setting, cluster_panel, randomised
from analysis.panel.question import question_panel
from analysis.results import Result, Series, publish
from analysis.sources.geography import neighbours, province_names
from analysis.unknown import NotEstimable, NotEstimableError
from analysis.workspace import Workspace

HERE = Workspace.current()
NAMES = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value", "cluster": "cluster"}

# The module, in front of which the package shows a function of the same name.
studied = importlib.import_module("analysis.credibility.certainty_study")


def light(**changes):
    """The plan with few specifications and draws."""
    plan = robustness()
    curve = replace(plan.curve, estimators=("not_yet", "two_way"), leave_one_out=False, draws=39)
    power = replace(plan.power, draws=40, reassigned=99, effects=(0.0, 1.0, 3.0), **changes)
    return replace(plan, curve=curve, power=power, alarm=replace(plan.alarm, draws=20, reassigned=39))


def checked(panel, plan=None):
    return check_question(panel, plan or light(), neighbours=neighbours(), provinces=province_names())


@pytest.fixture(scope="module")
def turnout(tmp_path_factory):
    data = workspace_with(tmp_path_factory.mktemp("data"))
    return question_panel("prodemos-opkomst-tk", workspace=data)


@pytest.fixture(scope="module")
def items(turnout):
    return checked(turnout)


@pytest.fixture(scope="module")
def rows(items):
    return {item.name: item for item in items if isinstance(item, Result)}


@pytest.fixture(scope="module")
def series(items):
    return {item.id.rpartition(".")[2]: item for item in items if isinstance(item, Series)}


@pytest.fixture(scope="module")
def twin():
    """The twin of ProDemos, ten municipalities a province at most, its rows and series."""
    panel = question_panel("prodemos-kennis", trial=True)
    few = panel.frame["unit"].str[-2:].astype(int) <= 10
    return replace(panel, frame=panel.frame[few].reset_index(drop=True))


@pytest.fixture(scope="module")
def tried(twin):
    return checked(twin)


def test_the_headline_is_that_of_the_answer(rows, turnout):
    """One estimate has one interval, wherever it is printed."""
    told = {item.name: item for item in answer_question(turnout) if isinstance(item, Result)}
    for here, there in (("main", "effect"), ("estimator_imputation", "effect_imputation"),
                        ("estimator_two_way", "effect_two_way")):  # fmt: skip
        for field in ("value", "low", "high", "p_value", "smallest_p", "clusters", "unit"):
            assert getattr(rows[here], field) == pytest.approx(getattr(told[there], field)), (here, field)


def test_every_check_is_the_engine_with_another_choice(rows, turnout):
    weighted = cluster_panel(turnout.frame, **NAMES, weights="n")
    found = randomised(weighted, Setting("not_yet"), level=0.95, seed=0)
    row = rows["weights_inhabitants"]
    assert (row.value, row.low, row.high, row.p_value) == pytest.approx(
        (found.estimate, found.low, found.high, found.p_value)
    )
    assert "weights_provinces" not in rows, "where units are provinces that is the headline"


def test_a_pretended_start_is_the_contrast_of_elections_before(rows, turnout):
    """One measurement early: from 2021 to 2023 nobody had started; five provinces against seven."""
    wide = turnout.frame.pivot(index="unit", columns="time", values="value")
    begun = wide.index.isin(["PV20", "PV22", "PV24", "PV29", "PV30"])
    change = wide[8] - wide[7]
    assert rows["placebo_1"].value == pytest.approx(change[begun].mean() - change[~begun].mean(), abs=1e-9)
    assert rows["placebo_1"].label == "schatting bij een start die 1 meting te vroeg is"


def test_rows_share_question_source_and_kind(items, turnout):
    for item in items:
        assert item.id.startswith("zekerheid.prodemos_opkomst_tk.")
        assert item.question == "prodemos-opkomst-tk"
        assert item.kind is DataKind.REAL
        of_facts = "; cbs_population_2024; cbs_pupils_2021_22" if item.id.endswith(".balans") else ""
        assert item.source == f"{turnout.source}{of_facts}"
    for item in items:
        if isinstance(item, Result):
            numbers = (item.value, item.se, item.low, item.high, item.p_value, item.smallest_p)
            assert all(number is None or math.isfinite(number) for number in numbers), item.id
            assert item.value is not None or item.reason or item.note, item.id


def test_trends_before_the_start_are_those_of_the_answer(rows, series, turnout):
    """One test, in both notebooks; and the p of the only start is that of all."""
    points = series["voorloop"].points
    assert points["label"].tolist() == ["eerste meting na de start: 2025"]
    assert points["provinces"].tolist() == [5]
    assert points["slope"].iloc[0] == pytest.approx(rows["trend"].value)
    assert points["p_value"].iloc[0] == rows["trend"].p_value
    answered = {item.name: item for item in answer_question(turnout) if isinstance(item, Result)}
    assert answered["pretrend_p"].value == rows["trend"].p_value
    assert answered["pretrend_detectable"].value == rows["trend_detectable"].value
    # A line through the differences of nine elections, from the table of facts.
    wide = turnout.frame.pivot(index="unit", columns="time", values="value")
    begun = wide.index.isin(["PV20", "PV22", "PV24", "PV29", "PV30"])
    difference = (wide[begun].mean() - wide[~begun].mean()).iloc[:9]
    assert rows["trend"].value == pytest.approx(np.polyfit(np.arange(9), difference, 1)[0], abs=1e-9)
    assert rows["trend_bias"].value == pytest.approx(rows["trend"].value), "one election after the start"
    # What the test misses half of the time has by chance a low slope, so a low election before the start,
    # which is what the estimate is measured from: the bias grows (Roth 2022).
    assert rows["trend_missed_passed"].value > rows["trend_missed"].value > 0


def test_re_assignment_within_strata_counts_what_is_left(rows):
    """One of the four provinces of the Randstad started, and four of the eight others."""
    assert rows["strata_n"].value == math.comb(4, 1) * math.comb(8, 4)
    assert rows["strata"].value == rows["main"].value
    assert rows["strata"].smallest_p == pytest.approx(1 / 280)


def test_false_alarms_are_told_for_eight_kinds_of_shocks(rows, series):
    points = series["alarm"].points
    assert len(points) == 8
    assert not points["label"].isna().any()
    own = points["size"].iloc[:6]
    assert (rows["alarm_low"].value, rows["alarm_high"].value) == (own.min(), own.max())
    assert rows["alarm_shared"].value == points["size"].iloc[7]
    assert rows["alarm_wild_high"].value == points["wild"].iloc[:6].max()
    assert rows["alarm_high"].se == pytest.approx(points["size_se"].iloc[own.idxmax()])


def _without_most_checks(monkeypatch):
    for slow in ("specification_curve", "simulate_power", "panel_noise", "path_sensitivity"):
        monkeypatch.setattr(studied, slow, _refused)


def test_leaving_out_one_of_five_gives_an_estimate_and_no_interval(series):
    points = series["zonder"].points.set_index("label")
    begun = [
        "zonder Groningen",
        "zonder Drenthe",
        "zonder Flevoland",
        "zonder Zeeland",
        "zonder Noord-Brabant",
    ]
    assert points.loc[begun, ["low", "high"]].isna().all(axis=None)
    assert points["estimate"].notna().all()
    assert points.drop(index=begun)[["low", "high"]].notna().all(axis=None)


def test_with_four_provinces_nothing_is_said_of_where_the_conclusion_falls(turnout, monkeypatch):
    _without_most_checks(monkeypatch)
    few = replace(turnout, frame=turnout.frame[turnout.frame["cluster"] != "PV20"].reset_index(drop=True))
    found = checked(few)
    said = {item.name: item for item in found if isinstance(item, Result)}
    for name in ("breakdown_m", "breakdown_mbar", "breakdown_b", "gamma", "power", "alarm_low", "alarm_high"):
        assert said[name].reason.startswith("van 4 van de 11 provincies is een start te vergelijken"), name
    for name in ("main", "strata", "trend"):
        assert said[name].value is not None
        assert said[name].low is said[name].high is said[name].p_value is None
        assert said[name].no_statement.startswith("van 4 van de 11 provincies is een start te vergelijken")
    before = next(item for item in found if item.id.endswith(".voorloop")).points
    assert before[["low", "high", "p_value"]].isna().all(axis=None)
    assert before["slope"].notna().all()


def test_a_measurement_that_one_province_missed_costs_itself_and_not_the_noise(turnout, rows):
    one = (turnout.frame["cluster"] == "PV23") & (turnout.frame["time"] == 2)
    found = {
        item.name: item
        for item in checked(replace(turnout, frame=turnout.frame[~one].reset_index(drop=True)))
        if isinstance(item, Result)
    }
    assert found["noise_sd"].value == pytest.approx(rows["noise_sd"].value, rel=0.5)
    assert found["noise_change"].value == pytest.approx(rows["noise_change"].value, rel=0.25)
    assert found["power"].value is not None


def test_the_curve_holds_the_headline_once(rows, series):
    points = series["curve"].points
    assert len(points) == rows["curve_n"].value
    assert points["main"].sum() == 1
    assert points.loc[points["main"], "estimate"].iloc[0] == pytest.approx(rows["main"].value)
    assert rows["curve_lowest"].value == points["estimate"].min()
    assert rows["curve_highest"].value == points["estimate"].max()
    assert rows["curve_median"].value == pytest.approx(points["estimate"].median())
    assert rows["curve_p"].smallest_p >= 1 / 40
    texts = points.select_dtypes(exclude="number").drop(columns="main")
    assert not texts.isna().any(axis=None), "every choice has its word"


def test_leaving_out_a_province_is_told_by_its_name(series, rows):
    points = series["zonder"].points.set_index("label")
    assert len(points) == 13
    assert points.loc["alle provincies", "estimate"] == pytest.approx(rows["main"].value)
    assert {"zonder Groningen", "zonder Noord-Brabant", "zonder Utrecht"} <= set(points.index)
    assert not points["estimate"].duplicated().any()


def test_the_noise_is_what_provinces_did_by_themselves(rows, turnout):
    """Shocks that last: large beside their place's mean, small from one election to the next.

    The changes of provinces between two elections differ by .3 to 1.3 points (standard deviation); what the
    noise says of a change over the mean distance of elections lies among them.
    """
    sd, persistence = rows["noise_sd"], rows["noise_persistence"]
    assert sd.unit == "procentpunten"
    assert sd.low < sd.value < sd.high
    assert 0 < persistence.low < persistence.value < persistence.high < 1
    wide = turnout.frame.pivot(index="unit", columns="time", values="value").diff(axis=1).iloc[:, 1:]
    changed = np.sqrt((wide.std() ** 2).mean())
    gap = np.diff(turnout.moments).mean()
    assert sd.value * math.sqrt(2 * (1 - persistence.value**gap)) == pytest.approx(changed, rel=0.75)


def test_power_grows_with_the_effect_and_its_size_is_near_alpha(rows, series, turnout):
    points = series["vermogen"].points
    outcome = turnout.question.outcome
    assert points["effect"].tolist() == [0.0, outcome.smallest_of_interest, outcome.tried, 3 * outcome.tried]
    assert points["power"].is_monotonic_increasing
    assert points["power"].iloc[-1] > 0.9, "three points are seen among shocks of about a point"
    assert rows["power"].value == pytest.approx(100 * points["power"].iloc[1])
    assert rows["size"].value == pytest.approx(100 * points["power"].iloc[0])
    assert points["power"].iloc[0] <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 40)


def test_an_effect_that_none_of_those_tried_has_is_said_in_words(turnout):
    found = {item.name: item for item in checked(turnout, light(target=0.8)) if isinstance(item, Result)}
    assert found["detectable"].value is not None
    none = replace(light(), power=replace(light().power, effects=(0.0, 0.01, 0.02)))
    found = {item.name: item for item in checked(turnout, none) if isinstance(item, Result)}
    assert found["detectable"].reason == "ook een effect van 0,1 procentpunten haalt geen 80%"


# --- the twin -------------------------------------------------------------------------------------------


def test_the_planted_effect_lies_within_most_intervals_and_no_check_of_nothing_finds_it(twin, tried):
    found = {item.name: item for item in tried if isinstance(item, Result)}
    planted = twin.truth.att
    for name in ("main", "weights_provinces", "estimator_never", "estimator_imputation"):
        assert found[name].low <= planted <= found[name].high, name
    for name in ("placebo_1", "before_1", "trend"):  # nothing was planted before the start
        assert found[name].low <= 0 <= found[name].high, name
    assert all(item.kind is DataKind.SYNTHETIC for item in tried)
    assert "weights_inhabitants" not in found, "the twin counts no people"


def test_the_twin_gives_exhibits_that_say_what_they_are(tried):
    released = publish(*tried, trial=True).trial()
    drawn = exhibits(released, HERE)
    assert [exhibit.id for exhibit in drawn] == [
        "tbl-proef-zekerheid-prodemos-kennis", "fig-proef-zekerheid-prodemos-kennis-provincies",
        "fig-proef-zekerheid-prodemos-kennis-curve", "fig-proef-zekerheid-prodemos-kennis-vermogen",
        "tbl-proef-zekerheid-prodemos-kennis-voorloop", "tbl-proef-zekerheid-prodemos-kennis-alarm",
        "tbl-proef-zekerheid-prodemos-kennis-grenzen",
        "tbl-proef-zekerheid",
    ]  # fmt: skip
    assert all("Synthetische gegevens" in exhibit.full_caption for exhibit in drawn)


# --- no number ------------------------------------------------------------------------------------------


def test_without_a_panel_every_row_says_why(turnout):
    none = checked(replace(turnout, frame=NotEstimable("er is nog niets gemeten")))
    assert {item.reason for item in none} == {"er is nog niets gemeten"}
    assert {
        "main",
        "placebo_1",
        "anticipation_2",
        "curve_p",
        "power",
        "noise_sd",
        "gamma",
        "breakdown_b",
    } <= {item.name for item in none if isinstance(item, Result)}
    checks, *figures, before, alarm, limits, _, drift = exhibits(publish(*none), HERE)
    assert checks.cells.iloc[:, 1].tolist() == ["niet vast te stellen"]
    assert {table.cells.iloc[0, 0] for table in (before, alarm)} == {limits.cells.iloc[0, 1]}
    assert limits.cells.iloc[0, 1] == "niet vast te stellen: er is nog niets gemeten"
    assert drift.caption.endswith(": niet vast te stellen: er is nog niets gemeten.")
    assert [figure.alt for figure in figures] == 3 * [
        "Geen figuur. Niet vast te stellen: er is nog niets gemeten."
    ]


@pytest.mark.parametrize(
    ("part", "why", "names"),
    [
        ("trend_allowance", "er is geen ruimte", {"breakdown_b"}),
        ("hidden_bias", "er zijn geen kansen", {"gamma"}),
        ("spillover", "er zijn geen buren", {"direct", "spillover"}),
        ("pretrends", "er is geen verloop", {"trend", "trend_bias"}),
        ("simulate_power", "er is geen toets", {"detectable", "power", "vermogen"}),
    ],
)
def test_what_cannot_be_had_costs_only_itself(turnout, rows, monkeypatch, part, why, names):
    def refuse(*args, **options):
        raise NotEstimableError("cannot", reason=why)

    needed = {part, "panel_noise"} if part == "simulate_power" else {part}
    for slow in {"specification_curve", "simulate_power", "panel_noise", "leave_one_out"} - needed:
        monkeypatch.setattr(studied, slow, _refused)
    monkeypatch.setattr(studied, part, refuse)
    found = checked(turnout)
    assert {item.id.rpartition(".")[2] for item in found if item.reason == why} >= names
    main = next(item for item in found if item.id.endswith(".main"))
    assert main.value == rows["main"].value


def _refused(*args, **options):
    raise NotEstimableError("left out here", reason="hier weggelaten")


def test_open_ends_and_numbers_that_are_none_reach_no_row_and_no_point(turnout, monkeypatch):
    for slow in ("specification_curve", "simulate_power", "panel_noise"):
        monkeypatch.setattr(studied, slow, _refused)
    real = studied.randomised

    def opened(*args, **options):
        return replace(real(*args, **options), low=-math.inf, p_value=math.nan)

    def table(*args, **options):
        return studied_leave_one_out(*args, **options).assign(high=np.inf)

    studied_leave_one_out = studied.leave_one_out
    monkeypatch.setattr(studied, "randomised", opened)
    monkeypatch.setattr(studied, "leave_one_out", table)
    found = checked(turnout)
    main = next(item for item in found if item.id.endswith(".main"))
    assert main.low is main.high is main.p_value is None
    assert main.value is not None
    points = next(item for item in found if item.id.endswith(".zonder")).points
    assert points[["low", "high"]].isna().all(axis=None)
    assert points["estimate"].notna().all()
    published = publish(*found)
    drawn = {exhibit.id: exhibit for exhibit in exhibits(published, HERE)}
    assert drawn["fig-zekerheid-prodemos-opkomst-tk-provincies"].alt.startswith(
        "Geen figuur. Niet vast te stellen: van geen enkele schatting is een interval te geven"
    )
    cells = drawn["tbl-zekerheid-prodemos-opkomst-tk"].cells.iloc[0]
    assert cells["95%-interval"] == "niet te geven"


# --- the plan -------------------------------------------------------------------------------------------


def test_a_question_is_checked_with_its_smallest_effect_and_comparison(turnout, monkeypatch):
    class Asked(Exception):
        pass

    def asked(frame, plan, *, control, smallest, **_):
        raise Asked(control, smallest, plan.power.effects)

    monkeypatch.setattr("analysis.answers.zekerheid.certainty_study", asked)
    with pytest.raises(Asked) as found:
        checked(replace(turnout, question=replace(turnout.question, comparison="never")))
    control, smallest, effects = found.value.args
    assert (control, smallest, effects[0]) == ("never", 0.1, 0.0)
    assert 1.0 in effects, "the smallest itself is tried"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('estimand = "prodemos.att_twfe"', 'estimand = "prodemos.att"', "estimand prodemos.att_twfe has no"),
        ("target = 0.8", "goal = 0.8", "robustness.toml, power: unknown key goal"),
        ("placebo = [1, 2, 3]", "", "robustness.toml, checks: placebo is absent"),
        ("leave_one_out = true ", "leave = true ", "robustness.toml, curve: unknown key leave"),
    ],
)
def test_an_incomplete_plan_is_refused(tmp_path, old, new, message):
    with pytest.raises(ValueError, match=message):
        robustness(edited_design(tmp_path, "robustness", old, new))
