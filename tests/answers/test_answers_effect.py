"""What is published of a question about an effect: its numbers, or why there are none."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import moved_by_hand
import numpy as np
import pandas as pd
import pytest
from question_files import workspace_with

from analysis.answers.effect import answer_question, effect_items
from analysis.credibility.effect_study import effect_study
from analysis.datakind import DataKind
from analysis.panel.question import question_panel
from analysis.results import Result, Series
from analysis.unknown import NotEstimable

TURNOUT, TWIN = "prodemos-opkomst-tk", "prodemos-kennis"


def rows(items):
    return {item.id: item for item in items if isinstance(item, Result)}


def series(items):
    return {item.id: item for item in items if isinstance(item, Series)}


@pytest.fixture(scope="module")
def turnout(tmp_path_factory):
    """The panel of real turnout."""
    return question_panel(TURNOUT, workspace=workspace_with(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def answered(turnout):
    return answer_question(turnout)


@pytest.fixture(scope="module", params=[TWIN, "tienskip-betrokkenheid"])
def trial(request):
    """A twin, its study and what is published of it."""
    panel = question_panel(request.param, trial=True)
    asked = panel.question
    study = effect_study(
        panel.frame, dose=asked.estimand == "dose", smallest=asked.outcome.smallest_of_interest
    )
    return panel, study, effect_items(panel, study, level=0.95)


# --- the real answer, worked out again ------------------------------------------------------------------


@pytest.fixture(scope="module")
def elections():
    """Turnout of each province at every election, from the table of facts, without The Hague and abroad."""
    from analysis.workspace import find_root

    table = pd.read_csv(find_root() / "data" / "facts" / "turnout_provinces.csv")
    table = table[(table["election"] == "TK") & table["province"].str.fullmatch(r"PV\d\d")]
    of = {
        who: table[who] - table[f"{who}_the_hague"].fillna(0) - table[f"{who}_abroad"].fillna(0)
        for who in ("voters", "eligible")
    }
    table = table.assign(turnout=100 * of["voters"] / of["eligible"])
    return table.pivot_table(index="province", columns="date", values="turnout").sort_index()


@pytest.fixture(scope="module")
def changes(elections):
    """Change from 2023 to 2025."""
    return elections["2025-10-29"] - elections["2023-11-22"]


def statistic(change: np.ndarray, begun: np.ndarray) -> tuple[float, float]:
    """Difference in mean change, and its delete-one-province error."""

    def difference(kept):
        return change[kept & begun].mean() - change[kept & ~begun].mean()

    whole = np.ones(len(change), dtype=bool)
    estimate = difference(whole)
    without = [difference(np.arange(len(change)) != left) for left in range(len(change))]
    share = (len(change) - 1) / len(change)
    return estimate, math.sqrt(share * sum((one - estimate) ** 2 for one in without))


def p_value(elections: pd.DataFrame, begun: np.ndarray, effect: float = 0.0) -> float:
    """Share of the ways to choose five of twelve with a t at least as large, were `effect` true.

    Who is chosen lends what happened to it, in units of its own swings, to a province that began.
    """
    last = np.arange(elections.shape[1]) == elections.shape[1] - 1
    untouched = elections - effect * np.outer(begun, last)
    frame = untouched.T.reset_index(drop=True).melt(ignore_index=False, value_name="y")
    frame = frame.rename_axis("year").reset_index().assign(unit=lambda it: it["province"])
    begin = {place: 9 if started else np.inf for place, started in zip(elections.index, begun, strict=True)}
    swings = pd.Series(moved_by_hand.volatilities(frame, begin))[elections.index].to_numpy()
    frame["left"] = moved_by_hand.residual(frame, frame["unit"])
    history = frame.pivot_table(index="province", columns="year", values="left").loc[elections.index]
    own = (history[9] - history[8]).to_numpy()
    change = (untouched.iloc[:, -1] - untouched.iloc[:, -2]).to_numpy()
    observed = abs(np.divide(*statistic(change, begun)))
    drawn = []
    for chosen in combinations(range(12), 5):
        lender = np.empty(12, dtype=int)
        lender[begun], lender[~begun] = chosen, np.setdiff1d(np.arange(12), chosen)
        drawn.append(abs(np.divide(*statistic(change - own + swings * (own / swings)[lender], begun))))
    assert len(drawn) == math.comb(12, 5) == 792
    return float((np.array(drawn) >= observed * (1 - 1e-9)).mean())


def test_the_real_answer_is_that_of_an_enumeration(answered, elections, changes):
    begun = changes.index.isin(["PV20", "PV22", "PV24", "PV29", "PV30"])
    estimate, error = statistic(changes.to_numpy(), begun)
    assert estimate == pytest.approx(0.196, abs=5e-4)
    row = rows(answered)["prodemos.opkomst_tk.effect"]
    assert row.value == pytest.approx(estimate, abs=1e-9)
    assert row.p_value == pytest.approx(p_value(elections, begun), abs=1e-12)
    assert row.p_value == pytest.approx(180 / 792, abs=1e-12)
    assert row.smallest_p == pytest.approx(1 / 792, abs=1e-12)
    assert (row.low, row.high) == pytest.approx((-0.157, 0.5455), abs=1e-3)
    for end, outward in ((row.low, -1), (row.high, 1)):  # just within the interval not rejected, beyond it so
        assert p_value(elections, begun, end - outward * 1e-4) > 0.05
        assert p_value(elections, begun, end + outward * 1e-4) <= 0.05
    assert error > 0
    assert (row.clusters, row.unit, row.kind, row.test) == (
        12, "procentpunten", DataKind.REAL, "randomisatietoets"
    )  # fmt: skip
    assert row.no_statement == row.reason == ""


def test_one_start_makes_all_estimators_the_same_but_those_that_use_every_election(answered):
    """Two-way fixed effects and imputation compare with the mean of all nine elections before the start."""
    found = rows(answered)
    two_way = found["prodemos.opkomst_tk.effect_two_way"].value
    assert found["prodemos.opkomst_tk.effect_imputation"].value == pytest.approx(two_way, abs=1e-9)
    assert found["prodemos.opkomst_tk.forbidden_share"].value == pytest.approx(0.0, abs=1e-12)
    interacted = found["prodemos.opkomst_tk.effect_sun_abraham"]
    assert interacted.value == pytest.approx(found["prodemos.opkomst_tk.effect"].value, abs=1e-9)
    assert interacted.low < interacted.value < interacted.high
    assert interacted.test == "jackknife over provincies, Student's t"
    assert interacted.p_value is None


def test_the_design_is_counted(answered, turnout):
    found = {row.name: row.value for row in rows(answered).values()}
    assert (found["n_clusters"], found["n_treated"], found["n_units"], found["n_measurements"]) == (
        12,
        5,
        12,
        10,
    )
    assert found["n_left_out"] == sum(count for _, count in turnout.losses)
    assert found["smallest_of_interest"] == turnout.question.outcome.smallest_of_interest


def test_series_hold_path_means_earlier_contrasts_and_schedule(answered, turnout, changes):
    found = series(answered)
    own = ("pad", "verloop", "metingen", "eerder", "start")
    weights = ("gewichten", "gewichten_metingen", "nabootsing", "gewichten_nabootsing")
    assert set(found) == {f"prodemos.opkomst_tk.{name}" for name in (*own, *weights)}
    path = found["prodemos.opkomst_tk.pad"].points.set_index("event_time")
    assert path.index.tolist() == [-9, -8, -7, -6, -5, -4, -3, -2, 0], "the reference is zero by definition"
    assert set(path["series"]) == {"groepen en metingen"}
    assert path.loc[0, "estimate"] == pytest.approx(rows(answered)["prodemos.opkomst_tk.effect"].value)
    assert (path["n"] == turnout.people).all()
    means = found["prodemos.opkomst_tk.verloop"].points
    assert len(means) == 20
    last = turnout.frame[turnout.frame["time"] == 9]
    exposed = last[last["cohort"].notna()]
    told = means[(means["group"] == "met start") & (means["label"] == "2025")].iloc[0]
    assert (told["mean"], told["n"], told["units"]) == pytest.approx(
        (exposed["value"].mean(), exposed["n"].sum(), 5)
    )
    earlier = found["prodemos.opkomst_tk.eerder"].points
    assert earlier["placebo"].tolist() == 8 * [True] + [False]
    assert earlier.iloc[-1][["start", "end"]].tolist() == ["2023", "2025"]
    assert earlier.iloc[-1]["estimate"] == pytest.approx(rows(answered)["prodemos.opkomst_tk.effect"].value)
    assert found["prodemos.opkomst_tk.start"].kind is DataKind.FACT


# --- twins ----------------------------------------------------------------------------------------------


def test_the_planted_effect_is_found_again(trial):
    panel, _, items = trial
    found = {row.name: row for row in rows(items).values()}
    planted = found["truth"].value
    assert planted == pytest.approx(panel.truth.att)
    main = found["effect"]
    assert main.low <= planted <= main.high
    assert main.value == pytest.approx(planted, abs=2 * (main.high - main.low) / 4)
    imputed = found["effect_imputation"]
    assert abs(imputed.value - planted) <= (imputed.high - imputed.low) / 2
    assert all(row.kind is DataKind.SYNTHETIC or row.source == "studie" for row in found.values())


def test_rows_repeat_the_study_digit_for_digit(trial):
    _, study, items = trial
    found = {row.name: row for row in rows(items).values()}
    for name, answer in (
        ("effect", study.main), ("effect_imputation", study.beside), ("effect_two_way", study.compared)
    ):  # fmt: skip
        row = found[name]
        assert (row.value, row.low, row.high, row.p_value) == (
            answer.estimate, answer.low, answer.high, answer.p_value
        )  # fmt: skip
    assert found["forbidden_share"].value == pytest.approx(100 * study.parts.forbidden_share)
    assert found["pretrend_p"].value == study.trends.p_value
    assert found["crv3_p"].value == study.main.crv3_p


def test_only_a_question_about_a_dose_has_a_slope(trial):
    panel, study, items = trial
    names = {row.name for row in rows(items).values()}
    asked = panel.question.estimand == "dose"
    assert ({"dose_slope", "dose_truth"} <= names) is asked
    assert (study.slope is not None) is asked
    if asked:
        slope = rows(items)["tienskip.betrokkenheid.dose_slope"]
        assert slope.low <= panel.truth.dose_slope <= slope.high
        assert slope.note.startswith("Alleen het effect van meer bereik als")


def test_the_path_of_a_twin_carries_what_was_planted(trial):
    panel, study, items = trial
    points = series(items)[f"{panel.question.prefix}.pad"].points
    assert points["event_time"].between(-panel.question.leads, panel.question.lags).all()
    assert (points.loc[points["event_time"] < 0, "truth"] == 0).all()
    for row in points[points["event_time"] >= 0].itertuples():
        assert row.truth == pytest.approx(panel.truth.by_event_time[row.event_time])
    own = study.main.path.set_index("event_time")
    assert points["estimate"].tolist() == own.loc[points["event_time"], "estimate"].tolist()


# --- no number --------------------------------------------------------------------------------------------


def test_without_a_panel_the_same_ids_carry_the_reason(turnout, answered):
    why = NotEstimable("er is nog niets gemeten")
    none = answer_question(replace(turnout, frame=why, labels=()))
    counted = {"n_clusters", "n_treated", "n_units", "n_measurements", "n_left_out"}
    assert [item.id for item in none] == [
        item.id for item in answered if item.id.rpartition(".")[2] not in counted
    ]
    for item in none:
        if item.id.rpartition(".")[2] not in (
            "smallest_of_interest",
            "start",
            "ceiling",
        ):  # known without data
            assert item.reason == why.reason, item.id
    assert rows(none)["prodemos.opkomst_tk.smallest_of_interest"].value == (
        turnout.question.outcome.smallest_of_interest
    )
    assert len(series(none)["prodemos.opkomst_tk.start"].points) == 12


def test_a_question_about_a_dose_without_intensities_says_so(turnout):
    asked = replace(turnout, question=replace(turnout.question, estimand="dose"))
    study = effect_study(turnout.frame, dose=True)
    row = rows(effect_items(asked, study, level=0.95))["prodemos.opkomst_tk.dose_slope"]
    assert row.reason == "hoeveel jongeren per plaats zijn bereikt, is niet bekend"


@pytest.mark.parametrize("ends", [(-math.inf, 0.4), (0.1, math.inf), (math.nan, math.nan)])
def test_an_interval_without_an_end_is_none(trial, ends):
    panel, study, _ = trial
    opened = replace(study, main=replace(study.main, low=ends[0], high=ends[1]))
    row = rows(effect_items(panel, opened, level=0.95))[f"{panel.question.prefix}.effect"]
    assert row.low is row.high is None
    assert row.value == study.main.estimate
    assert row.p_value == study.main.p_value


def test_no_infinite_or_missing_number_reaches_a_row(trial):
    panel, study, _ = trial
    broken = replace(
        study,
        main=replace(study.main, estimate=math.nan, reason="er is niemand", crv3_p=None, wild_p=None),
        compared=replace(study.compared, estimate=math.inf, reason=None),
        interacted=replace(study.interacted, se=math.nan),
        trends=replace(study.trends, table=study.trends.table.assign(detectable_80=math.inf)),
        earlier=study.earlier.assign(low=-math.inf, high=math.inf),
    )
    items = effect_items(panel, broken, level=0.95)
    found = {row.name: row for row in rows(items).values()}
    for row in found.values():
        numbers = (row.value, row.se, row.low, row.high, row.p_value, row.smallest_p)
        assert all(number is None or math.isfinite(number) for number in numbers)
        assert row.value is not None or row.reason, row.id
    assert found["effect"].reason == found["crv3_p"].reason == found["wild_p"].reason == "er is niemand"
    assert found["effect_two_way"].reason == "de schatting is niet te berekenen"
    assert found["effect_sun_abraham"].low is None
    assert "te weinig metingen" in found["pretrend_detectable"].reason
    path = series(items)[f"{panel.question.prefix}.pad"]
    assert path.reason == "er is niemand"
    earlier = series(items)[f"{panel.question.prefix}.eerder"].points
    assert earlier[["low", "high"]].isna().all(axis=None)


def test_level_and_comparison_travel_with_the_rows(turnout):
    items = answer_question(turnout, level=0.9)
    row = rows(items)["prodemos.opkomst_tk.effect"]
    assert row.level == 0.9
    assert (row.question, row.outcome, row.weighting) == (TURNOUT, "opkomst_tk", "equal")
    assert (row.estimator, row.specification) == ("group_time", "hoofd")
    assert all(item.level == 0.9 for item in items)
    assert row.high - row.low < 0.552 + 0.150


# --- the second opinion ----------------------------------------------------------------------------------

STARTED = ("PV20", "PV22", "PV24", "PV29", "PV30")


@pytest.fixture(scope="module")
def by_province():
    """Turnout by province and year from the table of facts, without The Hague and voters abroad."""
    from analysis.workspace import find_root

    table = pd.read_csv(find_root() / "data" / "facts" / "turnout_provinces.csv")
    table = table[table["election"] == "TK"]
    table = table.assign(
        turnout=100
        * (table["voters"] - table["voters_the_hague"] - table["voters_abroad"])
        / (table["eligible"] - table["eligible_the_hague"] - table["eligible_abroad"]),
        year=table["date"].str[:4],
    )
    return table.pivot_table(index="province", columns="year", values="turnout")


def test_weighted_provinces_follow_from_the_weights_that_are_shown(answered, by_province):
    row, shown = rows(answered)["prodemos.opkomst_tk.effect_synthetic_did"], series(answered)
    omega = shown["prodemos.opkomst_tk.gewichten"].points.set_index("region")["weight"]
    lam = shown["prodemos.opkomst_tk.gewichten_metingen"].points.set_index("measurement")["weight"]
    assert omega.sum() == pytest.approx(1)
    assert lam.sum() == pytest.approx(1)
    assert set(omega.index) == set(by_province.index) - set(STARTED)
    assert "2025" not in lam.index
    gap = by_province.loc[list(STARTED)].mean() - by_province.loc[omega.index].mul(omega, axis=0).sum()
    assert row.value == pytest.approx(gap["2025"] - (gap[lam.index] * lam).sum(), abs=1e-9)
    assert row.low < row.value < row.high
    assert row.smallest_p == pytest.approx(1 / 792)
    assert row.clusters == 12
    assert not row.no_statement


def test_imitated_provinces_follow_from_the_weights_that_are_shown(answered, by_province):
    row, shown = rows(answered)["prodemos.opkomst_tk.effect_synthetic_control"], series(answered)
    weights = shown["prodemos.opkomst_tk.gewichten_nabootsing"].points
    table = shown["prodemos.opkomst_tk.nabootsing"].points.set_index("region")
    names = table["label"].to_dict()
    for code in STARTED:
        own = weights[weights["imitated"] == names[code]].set_index("region")["weight"]
        gap = by_province.loc[code] - by_province.loc[own.index].mul(own, axis=0).sum()
        assert table.loc[code, "estimate"] == pytest.approx(gap["2025"], abs=1e-9)
        assert table.loc[code, "rmspe_before"] == pytest.approx(
            math.sqrt((gap.drop("2025") ** 2).mean()), abs=1e-9
        )
    assert row.value == pytest.approx(table["estimate"].mean())
    assert row.low is None
    assert row.p_value >= 1 / 792


def test_too_few_elections_before_the_start_cost_the_imitation_and_no_more(turnout):
    recent = turnout.frame[turnout.frame["time"] >= 5]
    short = replace(turnout, frame=recent.assign(time=recent["time"] - 5, cohort=recent["cohort"] - 5))
    found = rows(answer_question(replace(short, labels=turnout.labels[5:])))
    imitated = found["prodemos.opkomst_tk.effect_synthetic_control"]
    assert imitated.value is None
    assert imitated.reason == "van vóór de start zijn er 8 metingen nodig, niet 4"
    assert found["prodemos.opkomst_tk.effect_synthetic_did"].value is not None


def test_starts_by_municipality_have_no_comparison_of_provinces(turnout):
    frame = turnout.frame
    halves = pd.concat(
        [frame.assign(unit=frame["unit"] + part, cohort=frame["cohort"] - late)
         for part, late in (("a", 0), ("b", 1))],
        ignore_index=True,
    )  # fmt: skip
    found = rows(answer_question(replace(turnout, frame=halves.assign(cluster=halves["unit"]))))
    assert "per gemeente" in found["prodemos.opkomst_tk.effect_synthetic_did"].reason


def test_municipalities_are_averaged_by_who_may_vote(turnout, answered):
    """Split each province into two places of unlike size around the same sum: the answer stays."""
    frame = turnout.frame
    parts = []
    for name, share, shift in (("a", 0.25, 3.0), ("b", 0.75, -1.0)):
        parts.append(
            frame.assign(unit=frame["unit"] + name, n=frame["n"] * share, value=frame["value"] + shift)
        )
    split = replace(turnout, frame=pd.concat(parts, ignore_index=True))
    from analysis.credibility.weighted_comparison import by_province as averaged

    sums = averaged(split.frame).set_index(["province", "time"])["value"]
    assert sums.to_numpy() == pytest.approx(
        frame.set_index(["province", "time"])["value"].sort_index().to_numpy()
    )


def test_twins_are_not_asked_for_a_second_opinion(trial):
    assert not [item.id for item in trial[2] if "synthetic" in item.id]
