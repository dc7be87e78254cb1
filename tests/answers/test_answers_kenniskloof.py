"""Rows and series on the gap: the same ids whatever can be had, honest labels, numbers that agree."""

import dataclasses

import numpy as np
import pytest

from analysis.answers.kenniskloof import gap_items
from analysis.answers.kenniskloof_countries import country_items
from analysis.answers.kenniskloof_trend import trend_items
from analysis.answers.lines import NOT_AN_EFFECT, line
from analysis.datakind import DataKind
from analysis.design.disclosure import disclosure_rule
from analysis.design.gap import Link, gap_design
from analysis.estimate.gap_study import gap_study
from analysis.panel.civic_knowledge import civic_knowledge, civic_knowledge_truth
from analysis.results import Result, Series, publish
from analysis.results.disclosure import Withheld, disclose
from analysis.sources.facts import iccs_means
from analysis.sources.iccs_contract import PV_COLUMNS
from analysis.sources.sourced import Sourced
from analysis.unknown import NotEstimable, attempt

DESIGN = gap_design()
WHY = "er is geen bestand"


def studied(frame):
    return gap_study(
        frame,
        outcome=PV_COLUMNS,
        minuend="vwo",
        subtrahend="vmbo",
        covariates=DESIGN.adjusted_for,
        quantiles=DESIGN.quantiles,
        levels=DESIGN.shown_levels,
    )


def items_of(panel, truth=None):
    return gap_items(panel, studied(panel.frame), DESIGN, truth=truth)


@pytest.fixture(scope="module")
def twin():
    panel = civic_knowledge(trial=True)
    assert panel.kind is DataKind.SYNTHETIC
    return panel


@pytest.fixture(scope="module")
def synthetic(twin):
    return items_of(twin, civic_knowledge_truth(twin))


@pytest.fixture(scope="module")
def real(twin):
    return items_of(Sourced(twin.frame, DataKind.REAL, "iccs2022", "proef", (("onbekend", 3),)))


def by_name(items):
    return {item.id.removeprefix("kenniskloof."): item for item in items}


def test_the_report_finds_what_it_names(synthetic):
    assert {"gap", "gap_sd", "gap_adjusted", "mean_vmbo", "mean_vwo", "n", "below_c_vmbo"} <= set(
        by_name(synthetic)
    )
    assert {"kwantielen", "decompositie"} == {
        name for name, item in by_name(synthetic).items() if isinstance(item, Series)
    }


def test_ids_are_the_same_for_a_file_and_for_none_and_a_trial_adds_what_was_planted(synthetic, real):
    none = items_of(Sourced.absent(WHY))
    assert list(by_name(none)) == list(by_name(real))
    added = set(by_name(synthetic)) - set(by_name(real))
    assert added
    assert all(name.startswith("truth_") for name in added)
    assert set(by_name(real)) <= set(by_name(synthetic))
    assert {item.kind for item in synthetic} == {DataKind.SYNTHETIC}
    assert {item.kind for item in real} == {DataKind.REAL}


def test_without_a_file_every_answer_is_why(real):
    none = items_of(Sourced.absent(WHY))
    assert {item.kind for item in none} == {DataKind.FACT}
    assert {item.source for item in none} == {"studie"}
    assert {item.reason for item in none} == {WHY}
    assert all(item.value is None and item.n is None for item in none if isinstance(item, Result))
    assert all(item.points.empty for item in none if isinstance(item, Series))
    assert by_name(none)["gap"].variables()["full"] == f"niet vast te stellen: {WHY}"


def test_the_planted_truth_is_shown_for_the_twin(synthetic, real):
    assert by_name(synthetic)["truth_gap"].value == DESIGN.twin.gap
    points = by_name(synthetic)["decompositie"].points.set_index(["reference", "component", "term"])
    assert points.loc[("vmbo", "gap", "total"), "truth"] == DESIGN.twin.gap
    assert "truth" not in by_name(real)["decompositie"].points


def test_every_gap_says_that_it_is_no_effect(synthetic):
    rows = by_name(synthetic)
    for name in ("gap", "gap_sd", "gap_adjusted", "gap_complete", "explained_vmbo", "unexplained_vwo"):
        assert rows[name].note == NOT_AN_EFFECT


def test_rows_add_up(synthetic):
    rows = by_name(synthetic)
    assert rows["mean_vwo"].value - rows["mean_vmbo"].value == pytest.approx(rows["gap"].value)
    for track in ("vmbo", "vwo"):
        parts = rows[f"explained_{track}"].value + rows[f"unexplained_{track}"].value
        assert parts == pytest.approx(rows["gap_complete"].value)
    levels = [rows[f"{name}_vmbo"].value for name in ("level_a", "level_b", "level_c", "below_c")]
    assert sum(levels) == pytest.approx(100)
    assert rows["gap_complete"].n == rows["gap_adjusted"].n < rows["gap"].n
    assert all(
        row.low >= 0 and row.high <= 100
        for row in rows.values()
        if isinstance(row, Result) and row.unit == "%" and row.low is not None
    )


def test_the_twin_gives_back_its_gap(synthetic):
    rows = by_name(synthetic)
    assert rows["gap"].low < DESIGN.twin.gap < rows["gap"].high
    assert rows["gap_adjusted"].low < rows["truth_gap_adjusted"].value < rows["gap_adjusted"].high


def test_left_out_pupils_are_counted(real):
    row = by_name(real)["n_left_out"]
    assert row.value == 3
    assert row.note == "onbekend"


def test_a_level_with_too_few_pupils_is_withheld_and_cannot_be_worked_out(real):
    rule = disclosure_rule()
    rows = [item for item in real if isinstance(item, Result)]
    disclosed = disclose(rows, rule)
    released = by_name(disclosed.rows)
    few = by_name(rows)["below_c_vwo"]
    assert few.n < rule.minimum_n
    assert released["below_c_vwo"].value is None
    assert released["level_c_vwo"].value is None  # else one minus the others would tell
    why = dict(zip([row.id for row in disclosed.suppressed], disclosed.reasons, strict=True))
    assert why["kenniskloof.below_c_vwo"] is Withheld.FEW
    assert why["kenniskloof.level_c_vwo"] is Withheld.PART
    assert released["level_a_vwo"].value is not None
    assert all(released[f"{name}_vmbo"].value is not None for name in ("level_a", "level_c", "below_c"))
    assert few.n + by_name(rows)["level_c_vwo"].n >= rule.minimum_n


def test_a_trial_goes_by_the_same_rules(synthetic):
    released = publish(*synthetic, trial=True).trial()
    assert released.row("kenniskloof.below_c_vwo").withheld
    assert released.row("kenniskloof.level_c_vwo").withheld
    assert released.row("kenniskloof.mean_vwo").value is not None


def test_n_of_a_quantile_is_what_lies_beyond_it(synthetic):
    points = by_name(synthetic)["kwantielen"].points.set_index("quantile")
    smallest = min(by_name(synthetic)[f"mean_{track}"].n for track in ("vmbo", "vwo"))
    assert points.loc[0.05, "n"] == int(0.05 * smallest)
    assert points.loc[0.5, "n"] == smallest // 2
    assert points.loc[0.9, "n"] == int((1 - 0.9) * smallest)


def test_one_track_that_is_missing_costs_its_own_rows(twin):
    frame = twin.frame[twin.frame["track"] != "vwo"].reset_index(drop=True)
    rows = by_name(items_of(Sourced(frame, DataKind.REAL, "iccs2022", "")))
    for name in ("gap", "gap_sd", "gap_adjusted", "kwantielen", "decompositie", "explained_vmbo"):
        assert rows[name].reason == "in de gegevens is niemand van de groep vwo", name
    assert rows["mean_vwo"].reason == "in de gegevens is geen leerling op het vwo"
    assert rows["mean_vmbo"].value == pytest.approx(by_name(items_of(twin))["mean_vmbo"].value)
    assert rows["level_a_vmbo"].value is not None


def test_a_background_that_does_not_vary_costs_what_needs_it(twin):
    frame = twin.frame.assign(migration=0.0)
    rows = by_name(items_of(Sourced(frame, DataKind.REAL, "iccs2022", "")))
    why = "het kenmerk migratieachtergrond verandert niet of volgt uit de andere kenmerken"
    assert rows["gap_adjusted"].reason == why
    assert rows["gap_complete"].reason == why
    assert rows["gap"].value is not None


def test_the_level_travels_with_every_row(twin):
    rows = gap_items(twin, studied(twin.frame), DESIGN, level=0.8)
    assert {item.level for item in rows} == {0.8}
    wide, narrow = by_name(items_of(twin))["gap"], by_name(rows)["gap"]
    assert wide.low < narrow.low < narrow.value


def test_a_line_that_is_not_there_says_so():
    assert line(NotEstimable(WHY)).reason == WHY
    assert not line(iccs_means(), "geen meting", cycle=1999)


def test_country_differences_come_from_the_facts_and_know_what_is_unknown():
    rows = by_name(country_items(iccs_means(), DESIGN))
    assert {row.kind for row in rows.values()} == {DataKind.FACT}
    norway = rows["difference_nor_2022"]
    assert norway.value == pytest.approx(508.2892 - 529.1304)
    assert norway.se == pytest.approx(np.hypot(4.09, 2.79))
    assert rows["difference_dnk_2022"].se is None  # no standard error was found for Denmark in 2022
    assert "onbekend" in rows["difference_dnk_2022"].note
    assert "difference_dnw_2009" not in rows


def test_a_change_between_cycles_has_no_interval_while_the_linking_error_is_unknown():
    row = by_name(country_items(iccs_means(), DESIGN))["change_2016_2022"]
    assert row.value == pytest.approx(508.2892 - 522.8688)
    assert row.se is None
    assert row.low is None
    assert "koppelfout" in row.note


def test_one_unknown_gives_the_next():
    why = NotEstimable(WHY)
    assert attempt(len, why) is why
    assert attempt(len, [1, 2]) == 2


def test_unknown_background_costs_pupils_and_the_loss_is_counted_by_track(twin, real):
    rows, frame = by_name(real), twin.frame
    lacks = frame[["ses", "female", "migration"]].isna().any(axis=1)
    ours = frame["track"].isin(["vmbo", "vwo"])
    assert rows["n_incomplete"].value == (lacks & ours).sum() > 50
    assert rows["n_incomplete"].value + rows["gap_complete"].n == ours.sum()
    for track in ("vmbo", "vwo"):
        own = frame["track"] == track
        assert rows[f"incomplete_{track}"].value == pytest.approx(100 * (lacks & own).sum() / own.sum())


def test_earlier_cycles_give_their_gap_and_its_change_or_why_not(twin):
    frame, now = twin.frame, studied(twin.frame)
    before = frame.assign(**{name: frame[name] - 20 * (frame["track"] == "vwo") for name in PV_COLUMNS})
    earlier = {2009: Sourced.absent(WHY), 2016: Sourced(before, DataKind.REAL, "iccs2016", "")}
    rows = by_name(trend_items(earlier, now, DESIGN))
    assert rows["gap_2009"].reason == rows["gap_change_2009"].reason == WHY
    gap = line(now.gap)
    assert rows["gap_2016"].value == pytest.approx(gap["estimate"] - 20)
    assert rows["gap_change_2016"].value == pytest.approx(20)
    assert rows["gap_change_2016"].se == pytest.approx(
        np.sqrt(2) * gap["se"]
    )  # two samples with the same error
    assert rows["gap_change_2016"].low < 20 < rows["gap_change_2016"].high
    without = by_name(trend_items(earlier, NotEstimable("geen"), DESIGN))
    assert without["gap_2016"].value is not None
    assert without["gap_change_2016"].reason == "geen"


def test_means_by_track_of_earlier_cycles_change_over_the_link_between_the_scales(twin):
    frame, now = twin.frame, studied(twin.frame)
    before = frame.assign(**{name: frame[name] - 20 * (frame["track"] == "vwo") for name in PV_COLUMNS})
    earlier = {2009: Sourced.absent(WHY), 2016: Sourced(before, DataKind.REAL, "iccs2016", "")}
    rows = by_name(trend_items(earlier, now, DESIGN))
    means = now.means.set_index("track")
    for track, less in (("vmbo", 0), ("havo", 0), ("vwo", 20)):
        assert rows[f"mean_{track}_2009"].reason == rows[f"mean_change_{track}_2009"].reason == WHY
        then, change = rows[f"mean_{track}_2016"], rows[f"mean_change_{track}_2016"]
        assert then.value == pytest.approx(means.loc[track, "estimate"] - less)
        assert then.se == pytest.approx(means.loc[track, "se"])
        assert change.value == pytest.approx(less, abs=1e-9)
        assert change.se is change.low is None  # the linking error is unknown
        assert "koppelfout" in change.note
    linked = dataclasses.replace(DESIGN, links=(Link(2016, 2022, "gepubliceerd", 3.0, "rapport"),))
    row = by_name(trend_items(earlier, now, linked))["mean_change_vwo_2016"]
    assert row.se == pytest.approx(np.sqrt(2 * means.loc["vwo", "se"] ** 2 + 9))
    assert row.low < 20 < row.high
    without = frame[frame["track"] != "havo"]
    earlier = {2016: Sourced(without, DataKind.REAL, "iccs2016", "")}
    assert "geen leerling op de havo" in by_name(trend_items(earlier, now, DESIGN))["mean_havo_2016"].reason
