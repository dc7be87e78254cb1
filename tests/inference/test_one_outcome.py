"""The front door: every p-value beside the others, and no statement where none may be made."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, make_panel

from analysis.inference import cluster_robust, infer, randomisation_inference, wild_cluster_bootstrap


def test_carries_what_the_separate_tests_give(panel):
    frame, columns = panel
    found = infer(frame, **columns)
    robust = cluster_robust(frame, **columns)
    wild = wild_cluster_bootstrap(frame, **columns)
    permuted = randomisation_inference(frame, **columns)
    assert found.estimate == robust.estimate == pytest.approx(permuted.estimate, rel=1e-10)
    assert (found.p_crv1, found.p_crv3) == (robust.p_crv1, robust.p_crv3)
    assert (found.p_wild, found.interval_wild) == (wild.p_value, wild.interval)
    assert found.p_wild_unrestricted == wild_cluster_bootstrap(frame, **columns, restricted=False).p_value
    assert found.p_randomisation_t == found.p_value == permuted.p_studentised
    assert found.p_randomisation == permuted.p_unstudentised
    assert found.interval == permuted.interval_studentised
    assert found.smallest_p_wild == 2 / 4096
    assert found.smallest_p == permuted.smallest_p == 1 / permuted.draws
    assert (found.rows, found.clusters) == (len(frame), 12)
    assert found.units == frame["unit"].nunique()
    table = found.table().set_index("method")
    assert table.loc["randomisation_t", "p"] == found.p_value
    assert table["reported"].sum() == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.estimate = 0.0


@pytest.mark.parametrize("treated", [2, 3, 4])
def test_below_five_treated_clusters_no_statement(treated):
    found = infer(make_panel([2014.0] * treated + [NEVER] * (12 - treated), effect=30.0), **COLUMNS)
    assert found.treated_clusters == treated
    assert found.significant is None
    assert found.significance_statement.startswith("Geen uitspraak over significantie")
    assert f"{treated} van de 12" in found.significance_statement


def test_few_clusters_to_compare_with_is_as_bad_as_few_treated():
    found = infer(make_panel([2014.0] * 10 + [NEVER] * 2, effect=30.0), **COLUMNS)
    assert (found.treated_clusters, found.comparison_clusters) == (10, 2)
    assert found.significant is None
    assert "2 van de 12 provincies zijn (nog) niet ingestapt" in found.significance_statement


def test_a_test_that_cannot_reject_makes_no_statement():
    frame = make_panel(DESIGNS["one date"], effect=30.0)
    found = infer(frame, **COLUMNS, alpha=0.001)
    assert found.smallest_p == 1 / 792
    assert found.significant is None
    assert "kleinste p-waarde" in found.significance_statement
    assert found.interval == (-np.inf, np.inf)


def test_counts_of_treated_and_compared_clusters():
    found = infer(make_panel(DESIGNS["all treated in the end"]), **COLUMNS)
    assert (found.treated_clusters, found.comparison_clusters) == (12, 7)
    always_and_later = infer(make_panel([2000.0, *[2014.0] * 5, *[2050.0] * 6]), **COLUMNS)
    assert (always_and_later.treated_clusters, always_and_later.comparison_clusters) == (5, 6)


def test_statement_follows_the_reported_p():
    strong = infer(make_panel(DESIGNS["one date"], effect=30.0), **COLUMNS)
    assert strong.significant is True
    assert "Het verschil is statistisch significant op het niveau van 5%" in strong.significance_statement
    assert "12 provincies, waarvan 5 ingestapt" in strong.significance_statement
    nothing = infer(make_panel(DESIGNS["one date"], effect=0.0, seed=5), **COLUMNS)
    assert nothing.significant is False
    assert "niet statistisch significant" in nothing.significance_statement


def test_assignment_below_the_cluster_is_an_error():
    frame = make_panel(DESIGNS["one date"])
    frame.loc[frame["unit"] % 2 == 0, "cohort"] = NEVER
    with pytest.raises(ValueError, match="level at which treatment was assigned"):
        infer(frame, **COLUMNS)


def test_alpha_outside_zero_and_one_is_an_error():
    with pytest.raises(ValueError, match="alpha is 5"):
        infer(make_panel(DESIGNS["one date"]), **COLUMNS, alpha=5)


def test_planted_effect_lies_in_the_interval():
    inside = [
        low <= 0.7 <= high
        for low, high in (
            infer(make_panel(DESIGNS["one date"], effect=0.7, seed=seed), **COLUMNS).interval
            for seed in range(40)
        )
    ]
    assert 34 <= sum(inside) <= 40  # 95 % of 40 is 38; fewer than 34 has probability below 0.02
