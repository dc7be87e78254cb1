"""The curve: every row is its own test, the whole has a valid p-value, and workers change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from credibility_panels import COLUMNS, RING, make_panel
from scipy import stats

from analysis.credibility.concurrent import policy_cells
from analysis.credibility.specification_curve import (
    Specification,
    curve_statistics,
    ranked,
    specification_curve,
    specifications,
)
from analysis.credibility.spillover import neighbour_shares
from analysis.inference import cluster_panel, randomised, reassignments
from analysis.inference.histories import placements
from analysis.inference.reassigned import null_distribution
from analysis.unknown import NotEstimableError


def samples_of(frame):
    return {
        "equal": cluster_panel(frame, **COLUMNS),
        "w": cluster_panel(frame, **COLUMNS, weights="w"),
        "provinces": cluster_panel(frame, **COLUMNS, equal_clusters=True),
    }


def everything(cells):
    return {
        "neighbours": neighbour_shares(cells.clusters, RING),
        "policy": policy_cells(cells, {name: 2013.0 if name < "P03" else None for name in cells.clusters}),
    }


GRID = {"estimators": ("not_yet", "never", "imputation", "two_way"), "samples": ("equal", "w", "provinces")}
REGRESSORS = {"spillover": (False, True), "policy": (False, True)}


def test_all_combinations_that_exist_are_there_once():
    chosen = specifications(**GRID, **REGRESSORS, anticipation=(0, 1), without=("", "P00"))
    # Two group-time estimators without regressors, two regressions with four combinations of them.
    assert len(chosen) == len(set(chosen)) == (2 + 2 * 4) * 3 * 2 * 2
    assert not any((item.spillover or item.policy) and item.estimator == "never" for item in chosen)


def test_every_row_is_its_own_randomisation_test():
    samples = samples_of(make_panel(effect=0.4))
    extra = everything(samples["equal"])
    chosen = specifications(**GRID, **REGRESSORS, anticipation=(0, 1))
    curve = specification_curve(samples, chosen, **extra, draws=199, seed=4)
    for row in curve.table.sample(8, random_state=0).itertuples():
        item = Specification(row.estimator, row.sample, row.anticipation, 0, "", row.spillover, row.policy)
        one = randomised(
            samples[row.sample],
            item.setting,
            covariates=extra["policy"][None] if row.policy else None,
            neighbours=extra["neighbours"],
            max_exact=0,
            draws=199,
            seed=4,
        )
        assert (row.estimate, row.se, row.p) == pytest.approx((one.estimate, one.se, one.p_value))
        assert (row.low, row.high) == pytest.approx((one.low, one.high))
        assert (row.p <= 0.05) == (not row.low <= 0 <= row.high) or row.p == pytest.approx(0.05, abs=0.011)


def test_rows_with_other_periods_are_their_own_test_too():
    samples = samples_of(make_panel(effect=0.4))
    extra = everything(samples["equal"])
    chosen = [
        Specification("imputation", "w", 1, 2, "", True, True),
        Specification("two_way", "equal", policy=True),
        Specification("never", "w", 1),
    ]
    draws = 1_099
    table = specification_curve(samples, chosen, **extra, draws=draws, seed=4).table
    for row, item in zip(table.itertuples(), chosen, strict=True):
        cells = samples[item.sample].between(2014.0 - item.before if item.before else 2010.0, 2019.0)
        drawn, _ = reassignments(cells.assigned, max_exact=0, draws=draws, seed=4)
        null = null_distribution(
            cells,
            item.setting,
            placements(drawn, cells.assigned, cells.mass),
            covariates=extra["policy"][None, :, -len(cells.times) :] if item.policy else None,
            neighbours=extra["neighbours"],
        )
        assert (row.estimate, row.p) == pytest.approx((null.estimate, null.p_value()), abs=1e-12)
        ends = null.interval(0.95, scale=row.se, smallest_p=1 / len(drawn))
        assert (row.low, row.high) == pytest.approx(ends, abs=1e-9)


def test_periods_and_clusters_left_out_are_really_gone():
    frame = make_panel(effect=0.4)
    curve = specification_curve(
        samples_of(frame),
        specifications(estimators=("two_way",), samples=("w",), before=(0, 2), without=("", "P01")),
        draws=39,
    ).table.set_index(["before", "without"])["estimate"]
    for (before, without), estimate in curve.items():
        kept = frame[(frame["province"] != without) & (frame["year"] >= (2014 - before if before else 0))]
        cells = cluster_panel(kept, **COLUMNS, weights="w")
        assert estimate == pytest.approx(
            randomised(cells, Specification("two_way", "w").setting, max_exact=0, draws=19).estimate,
            abs=1e-10,
        )


def test_median_sign_and_significance_by_hand():
    estimate = np.array([[1.0, -1.0], [2.0, -2.0], [-3.0, np.inf]])
    p = np.array([[0.05, 0.5], [0.2, 0.01], [0.01, 0.01]])
    medians, signs, significant = curve_statistics(estimate, p, 0.05)
    assert medians == pytest.approx([1.0, -1.5])
    assert signs == pytest.approx([2 / 3, 2 / 3])
    assert significant == pytest.approx([1 / 3, 1 / 3])


def test_a_rank_counts_ties_as_extreme():
    assert ranked(np.array([[1.0, 2.0, 2.0, np.inf]])).tolist() == [[1.0, 0.75, 0.75, 0.25]]


def test_the_test_of_the_whole_curve_is_uniform_without_an_effect():
    """Sixty panels: Kolmogorov–Smirnov against the uniform, and no more rejections than chance allows."""
    chosen = specifications(estimators=("not_yet", "two_way"), samples=("equal", "w"), without=("", "P00"))
    p = []
    for seed in range(60):
        # The adopting provinces are drawn by lot: that is what the permutation test assumes.
        lots = np.random.default_rng(1000 + seed).permutation([2014.0] * 5 + [2016.0] * 3 + [np.nan] * 4)
        curve = specification_curve(
            samples_of(make_panel(seed, cohorts=lots)), chosen, draws=99, seed=seed, intervals=False
        )
        p.append((curve.p_median, curve.p_significant))
    median, significant = np.array(p).T
    assert stats.kstest(median, "uniform").pvalue > 0.01
    assert (significant <= 0.05).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)


def test_a_planted_effect_shows_in_the_whole_curve():
    samples = samples_of(make_panel(effect=1.5))
    chosen = specifications(**GRID, anticipation=(0, 1))
    curve = specification_curve(samples, chosen, draws=199, intervals=False)
    assert curve.median == pytest.approx(1.5, abs=0.3)
    assert curve.share_sign == 1.0
    assert max(curve.p_median, curve.p_significant) <= 0.02


def test_the_result_does_not_depend_on_the_workers():
    samples = samples_of(make_panel(effect=0.5))
    chosen = specifications(**GRID, **REGRESSORS)
    extra = everything(samples["equal"])
    one, two = (
        specification_curve(samples, chosen, **extra, draws=49, seed=1, workers=workers) for workers in (1, 2)
    )
    assert one.table.to_csv() == two.table.to_csv()
    assert (one.median, one.p_median) == (two.median, two.p_median)


def test_a_specification_that_cannot_be_had_says_why_and_the_others_stand():
    samples = samples_of(make_panel(cohorts=[2014.0] * 2 + [2016.0] * 5 + [np.nan] * 5, effect=1.0))
    chosen = [Specification("not_yet", "w"), Specification("not_yet", "w", anticipation=9)]
    curve = specification_curve(samples, chosen, draws=39)
    alone = specification_curve(samples, chosen[:1], draws=39)
    assert curve.table["estimate"].notna().tolist() == [True, False]
    assert curve.table["reason"].tolist()[0] == ""
    assert "geen provincies om mee te vergelijken" in curve.table["reason"].tolist()[1]
    assert (curve.median, curve.p_median) == (alone.median, alone.p_median)
    with pytest.raises(NotEstimableError, match="none of 1 specifications"):
        specification_curve(samples, chosen[1:], draws=39)


def test_the_p_of_the_curve_has_its_error_and_its_least_value():
    samples = samples_of(make_panel(effect=0.3))
    curve = specification_curve(samples, [Specification("not_yet", "w")], draws=199, intervals=False)
    assert curve.monte_carlo_se == pytest.approx(np.sqrt(curve.p_median * (1 - curve.p_median) / 200))
    assert curve.smallest_p == 1 / 200
    assert curve.p_median == curve.table["p"][0]


def test_a_curve_that_cannot_be_is_refused_by_name():
    samples = samples_of(make_panel())
    with pytest.raises(ValueError, match="no specification"):
        specification_curve(samples, ())
    with pytest.raises(ValueError, match="take at least 20"):
        specification_curve(samples, [Specification("never", "w")], draws=10)
    with pytest.raises(ValueError, match=r"without='P99'.*no cluster"):
        specification_curve(samples, [Specification("never", "w", without="P99")], draws=39)
    with pytest.raises(ValueError, match="concurrent policy is not given"):
        specification_curve(samples, [Specification("two_way", "w", policy=True)], draws=39)
    other = {**samples, "late": cluster_panel(make_panel(cohorts=[2015.0] * 6 + [np.nan] * 6), **COLUMNS)}
    with pytest.raises(ValueError, match="'equal' and 'late' differ"):
        specification_curve(other, [Specification("never", "w")], draws=39)
