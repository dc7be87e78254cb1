"""Rows and tables of the chapter on the gap: the same ids, honest labels, numbers that agree."""

import numpy as np
import pytest
from analysis.disclosure import disclose

from analysis.datakind import DataKind
from analysis.design.disclosure import disclosure_rule
from analysis.design.gap import gap_design
from analysis.estimate.decomposition import decompose
from analysis.estimate.gap import adjusted_difference, level_shares, standardised_difference
from analysis.estimate.survey import ReplicateDesign, difference, mean
from analysis.figures.cycles import means_by_cycle
from analysis.panel.civic_knowledge import civic_knowledge, civic_knowledge_truth, plausible_values
from analysis.sources.facts import iccs_means
from analysis.sources.sourced import Sourced
from analysis.tables.kenniskloof import decomposition_table, gap_table
from analysis.tables.kenniskloof_countries import country_rows, country_table
from analysis.tables.kenniskloof_rows import NOT_AN_EFFECT, GapChapter, gap_rows

DESIGN = gap_design()


def chapter_and_rows(panel, truth):
    chapter = GapChapter(panel, DESIGN, truth, disclosure_rule().minimum_n)
    frame, values = panel.frame, plausible_values(panel)
    survey = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
    covariates = frame[list(DESIGN.adjusted_for)]
    pair = {"group": frame["track"], "minuend": "vwo", "subtrahend": "vmbo"}
    decomposition = decompose(values, survey, covariates=covariates, **pair)
    rows = gap_rows(
        chapter,
        means=mean(values, survey, by=frame["track"]),
        gap=difference(values, survey, **pair),
        gap_sd=standardised_difference(values, survey, **pair),
        adjusted=adjusted_difference(values, survey, covariates=covariates, **pair),
        decomposition=decomposition,
        levels=level_shares(values, survey, DESIGN.shown_levels, by=frame["track"]),
        interactions={
            name: adjusted_difference(values, survey, covariates=covariates, moderator=name, **pair)
            for name in DESIGN.adjusted_for
        },
    )
    return chapter, rows, decomposition


@pytest.fixture(scope="module")
def synthetic():
    panel = civic_knowledge()
    assert panel.kind is DataKind.SYNTHETIC
    return chapter_and_rows(panel, civic_knowledge_truth(panel))


@pytest.fixture(scope="module")
def real(synthetic):
    panel = synthetic[0].panel
    return chapter_and_rows(
        Sourced(panel.frame, DataKind.REAL, "iccs2022", "proef", (("onbekend", 3),)), None
    )


def by_name(rows):
    return {row.id.removeprefix("kenniskloof."): row for row in rows}


def test_the_report_finds_what_it_names(synthetic):
    assert {"gap", "gap_sd", "gap_adjusted", "mean_vmbo", "mean_vwo", "n", "below_c_vmbo"} <= set(
        by_name(synthetic[1])
    )


def test_ids_are_the_same_for_real_and_synthetic_rows(synthetic, real):
    assert list(by_name(synthetic[1])) == list(by_name(real[1]))
    assert {row.kind for row in synthetic[1]} == {DataKind.SYNTHETIC}
    assert {row.kind for row in real[1]} == {DataKind.REAL}


def test_the_planted_truth_is_shown_for_the_twin_and_unknown_for_real_rows(synthetic, real):
    assert by_name(synthetic[1])["truth_gap"].value == DESIGN.twin.gap
    assert by_name(real[1])["truth_gap"].value is None
    assert "In de tweeling gestopt" in gap_table(*synthetic[:2]).cells
    assert "In de tweeling gestopt" not in gap_table(*real[:2]).cells
    assert "In de tweeling gestopt" not in decomposition_table(real[0], real[2]).cells


def test_every_gap_says_that_it_is_no_effect(synthetic):
    rows = by_name(synthetic[1])
    for name in ("gap", "gap_sd", "gap_adjusted", "gap_complete", "explained_vmbo", "unexplained_vwo"):
        assert rows[name].note == NOT_AN_EFFECT
    assert NOT_AN_EFFECT in gap_table(*synthetic[:2]).caption
    assert "geen oorzaak" in decomposition_table(synthetic[0], synthetic[2]).caption


def test_rows_add_up(synthetic):
    rows = by_name(synthetic[1])
    assert rows["mean_vwo"].value - rows["mean_vmbo"].value == pytest.approx(rows["gap"].value)
    for track in ("vmbo", "vwo"):
        parts = rows[f"explained_{track}"].value + rows[f"unexplained_{track}"].value
        assert parts == pytest.approx(rows["gap_complete"].value)
    levels = [rows[f"{name}_vmbo"].value for name in ("level_a", "level_b", "level_c", "below_c")]
    assert sum(levels) == pytest.approx(100)
    assert rows["gap_complete"].n == rows["gap_adjusted"].n < rows["gap"].n
    assert all(
        row.low >= 0 and row.high <= 100 for row in rows.values() if row.unit == "%" and row.low is not None
    )


def test_the_twin_gives_back_its_gap(synthetic):
    rows = by_name(synthetic[1])
    assert rows["gap"].low < DESIGN.twin.gap < rows["gap"].high
    assert rows["gap_adjusted"].low < rows["truth_gap_adjusted"].value < rows["gap_adjusted"].high


def test_left_out_pupils_are_counted(real):
    row = by_name(real[1])["n_left_out"]
    assert row.value == 3
    assert row.note == "onbekend"


def test_a_level_with_too_few_pupils_is_withheld_and_cannot_be_worked_out(synthetic):
    chapter, rows, _ = synthetic
    released = by_name(disclose(rows, disclosure_rule()).rows)
    assert by_name(rows)["below_c_vwo"].n < chapter.minimum_n
    assert released["below_c_vwo"].value is None
    assert released["level_c_vwo"].value is None  # else one minus the others would tell
    assert released["level_a_vwo"].value is not None
    assert all(released[f"{name}_vmbo"].value is not None for name in ("level_a", "level_c", "below_c"))
    cells = gap_table(chapter, rows).cells.set_index("Uitkomst")
    for label in ("Lager dan niveau C, vwo", "Niveau C, vwo"):
        assert list(cells.loc[label].iloc[:3]) == ["niet getoond"] * 3


def test_tables_have_a_line_for_each_result(synthetic):
    table = gap_table(*synthetic[:2])
    assert table.kind is DataKind.SYNTHETIC
    assert not table.cells.duplicated().any()
    assert len(table.cells) == sum(
        not row.startswith(("n", "truth", "explained", "unexplained")) for row in by_name(synthetic[1])
    )
    decomposed = decomposition_table(synthetic[0], synthetic[2])
    assert decomposed.cells["Onderdeel"].iloc[0] == "Verschil"
    assert len(decomposed.cells) == 3 + len(DESIGN.adjusted_for)


def test_country_differences_come_from_the_facts_and_know_what_is_unknown():
    means = iccs_means()
    rows = by_name(country_rows(means, DESIGN))
    assert {row.kind for row in rows.values()} == {DataKind.FACT}
    norway = rows["difference_nor_2022"]
    assert norway.value == pytest.approx(508.2892 - 529.1304)
    assert norway.se == pytest.approx(np.hypot(4.09, 2.79))
    assert rows["difference_dnk_2022"].se is None  # no standard error was found for Denmark in 2022
    assert "onbekend" in rows["difference_dnk_2022"].note
    assert "difference_dnw_2009" not in rows


def test_a_change_between_cycles_has_no_interval_while_the_linking_error_is_unknown():
    row = by_name(country_rows(iccs_means(), DESIGN))["change_2016_2022"]
    assert row.value == pytest.approx(508.2892 - 522.8688)
    assert row.se is None
    assert row.low is None
    assert "koppelfout" in row.note


def test_the_country_figure_tells_published_from_recomputed():
    table = country_table(iccs_means(), DESIGN)
    assert list(table["label"].unique()) == [
        "Nederland", "Denemarken", "Noorwegen", "Zweden", "Noordrijn-Westfalen",
    ]  # fmt: skip
    figure = means_by_cycle(
        table, id="fig-proef", outcome_label="kennis", unit="punten", kind="fact", source="iccs-gepubliceerd"
    )
    assert "Nederland: 2009: 494 (standaardfout 7,8)" in figure.alt
    assert "2022: 508 (standaardfout 4,1) nagerekend" in figure.alt
    assert figure.table["status"].value_counts().to_dict() == {
        "gepubliceerd": int(table["published"].sum()),
        "nagerekend": int((~table["published"]).sum()),
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="published"), "column published is absent"),
        (lambda t: t.assign(mean=np.nan), "column mean"),
        (lambda t: t.assign(label=[f"land {k}" for k in range(len(t))]), "at most five|at most 5"),
        (lambda t: t.head(0), "no rows"),
    ],
)
def test_a_country_figure_that_cannot_be_drawn_is_refused(change, message):
    table = change(country_table(iccs_means(), DESIGN))
    with pytest.raises(ValueError, match=message):
        means_by_cycle(table, id="fig-proef", outcome_label="k", unit="punten", kind="fact", source="x")
