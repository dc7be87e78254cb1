"""Randomisation inference against refitting under every re-assignment."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, dummies, make_panel, refit

from analysis.inference import randomisation_inference
from analysis.inference.assignments import assignment_count, reassignments
from analysis.unknown import NotEstimableError

SEVEN = [2013.0, 2013.0, 2015.0, 2015.0, NEVER, NEVER, NEVER]


def every_assignment(cohorts):
    """Distinct re-assignments, by brute force; 0 stands for never."""
    return sorted(set(permutations(np.nan_to_num(cohorts).tolist())))


def reassigned(frame, cohorts):
    code = frame["province"].str[2:].astype(int).to_numpy() - 20
    values = np.array(cohorts)
    return frame.assign(cohort=np.where(values == 0, np.nan, values)[code])


def crv3(frame, null_outcome, w):
    """Estimate and jackknife standard error by refitting; None where a fit is not identified."""
    cluster = frame["province"].to_numpy()
    x = dummies(frame)
    beta, _ = refit(x, null_outcome, w, cluster)
    without = []
    for place in np.unique(cluster):
        keep = cluster != place
        without.append(refit(x[keep], null_outcome[keep], w[keep], cluster[keep])[0])
    count = len(without)
    return beta, float(np.sqrt((count - 1) / count * ((np.array(without) - beta) ** 2).sum()))


@pytest.mark.parametrize("weights", [None, "w"])
def test_all_reassignments_equal_refitting(weights):
    frame = make_panel(SEVEN, effect=0.8, units=3, years=6, drop=0.1 if weights else 0.0)
    w = frame[weights].to_numpy() if weights else np.ones(len(frame))
    null = 0.25
    outcome = (frame["y"] - null * (frame["year"] >= frame["cohort"])).to_numpy()

    def statistic(candidate):
        return crv3(candidate, outcome, w)

    drawn = np.array([statistic(reassigned(frame, cohorts)) for cohorts in every_assignment(SEVEN)])
    beta, se = statistic(frame)
    found = randomisation_inference(frame, **COLUMNS, weights=weights, null=null)
    assert found.exact
    assert found.draws == len(drawn) == 210
    assert found.estimate == pytest.approx(beta + null, rel=1e-10)
    plain = np.mean(np.abs(drawn[:, 0]) >= abs(beta) * (1 - 1e-9))
    ratio = np.abs(drawn[:, 0] / drawn[:, 1])
    assert found.p_unstudentised == plain
    assert found.p_studentised == np.mean(ratio >= abs(beta / se) * (1 - 1e-9))


def group_time_att(frame, control):
    """Callaway and Sant'Anna's simple average, written out for a balanced panel with equal weights."""
    wide = frame.pivot_table(index="unit", columns="year", values="y")
    cohort = frame.groupby("unit")["cohort"].first()
    effects, sizes = [], []
    for start in sorted(cohort.dropna().unique()):
        for year in wide.columns[wide.columns >= start]:
            change = wide[year] - wide[start - 1]
            compared = cohort.isna() if control == "never" else ~(cohort <= year)
            effects.append(change[cohort == start].mean() - change[compared].mean())
            sizes.append((cohort == start).sum())
    return np.average(effects, weights=sizes)


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_group_time_average_under_every_reassignment(control):
    frame = make_panel(SEVEN, effect=0.8, units=3, years=7)
    found = randomisation_inference(frame, **COLUMNS, statistic=f"att_{control}")
    drawn = [group_time_att(reassigned(frame, cohorts), control) for cohorts in every_assignment(SEVEN)]
    observed = group_time_att(frame, control)
    assert found.estimate == pytest.approx(observed, rel=1e-10)
    assert found.p_unstudentised == np.mean(np.abs(drawn) >= abs(observed) * (1 - 1e-9))


def test_group_time_average_needs_someone_to_compare_with():
    with pytest.raises(NotEstimableError, match="none can be compared with"):
        randomisation_inference(
            make_panel(DESIGNS["all treated in the end"]), **COLUMNS, statistic="att_never"
        )


def test_reassignments_are_all_distinct_and_keep_the_counts():
    assigned = np.repeat([0, 1, 2], [5, 3, 4])
    drawn, exact = reassignments(assigned)
    assert exact
    assert len(drawn) == assignment_count(assigned) == 27_720
    assert len(np.unique(drawn, axis=0)) == 27_720
    assert (np.sort(drawn, axis=1) == np.sort(assigned)).all()
    assert (drawn == assigned).all(axis=1).sum() == 1


def test_too_many_reassignments_are_sampled_with_a_stated_error():
    frame = make_panel(DESIGNS["staggered"], effect=0.4)
    exact = randomisation_inference(frame, **COLUMNS)
    sampled = randomisation_inference(frame, **COLUMNS, max_exact=1_000, draws=3_999, seed=11)
    assert exact.exact
    assert not sampled.exact
    assert sampled.draws == 4_000
    assert sampled.smallest_p == 1 / 4_000
    assert sampled.monte_carlo_se == pytest.approx(
        np.sqrt(sampled.p_studentised * (1 - sampled.p_studentised) / 4_000)
    )
    assert abs(sampled.p_studentised - exact.p_studentised) < 4 * sampled.monte_carlo_se
    assert sampled == randomisation_inference(frame, **COLUMNS, max_exact=1_000, draws=3_999, seed=11)


@pytest.mark.parametrize("statistic", ["two_way", "att_not_yet"])
def test_interval_holds_what_the_test_does_not_reject(statistic):
    frame = make_panel(DESIGNS["one date"], effect=0.5)
    found = randomisation_inference(frame, **COLUMNS, statistic=statistic)
    low, high = found.interval_studentised
    step = 1e-6 * (high - low)
    for inside, outside in ((low + step, low - step), (high - step, high + step)):
        for null, kept in ((inside, True), (outside, False)):
            p = randomisation_inference(frame, **COLUMNS, statistic=statistic, null=null).p_studentised
            assert (p > 0.05) is kept


def test_smallest_p_counts_the_mirror_image():
    half = randomisation_inference(make_panel([2014.0] * 6 + [NEVER] * 6), **COLUMNS)
    assert half.smallest_p == 2 / 924
    five = randomisation_inference(make_panel(DESIGNS["one date"]), **COLUMNS)
    assert five.smallest_p == 1 / 792
    strong = make_panel([2014.0] * 6 + [NEVER] * 6, effect=50.0)
    assert randomisation_inference(strong, **COLUMNS).p_studentised == 2 / 924


def test_one_treated_cluster_has_no_jackknife_and_so_no_test():
    with pytest.raises(NotEstimableError, match="leaving out one cluster leaves no estimate"):
        randomisation_inference(make_panel([2014.0] + [NEVER] * 11, effect=1.0), **COLUMNS)


def test_strata_change_places_within_themselves_only():
    assigned = np.array([0, 1, 1, 0, 1, 1])
    strata = np.array([0, 0, 0, 1, 1, 1])
    drawn, exact = reassignments(assigned, strata=strata)
    assert exact
    assert len(np.unique(drawn, axis=0)) == len(drawn) == assignment_count(assigned, strata) == 9
    for rows in (slice(0, 3), slice(3, 6)):
        assert (np.sort(drawn[:, rows], axis=1) == np.sort(assigned[rows])).all()
    sampled, exact = reassignments(assigned, strata=strata, max_exact=8, draws=50, seed=1)
    assert not exact
    assert (sampled[0] == assigned).all()
    assert {tuple(row) for row in sampled.tolist()} <= {tuple(row) for row in drawn.tolist()}
    with pytest.raises(ValueError, match="one a cluster"):
        reassignments(assigned, strata=strata[:3])


def test_assignment_below_the_cluster_is_an_error():
    frame = make_panel(DESIGNS["one date"])
    first = frame.loc[frame["province"] == "PV20", "unit"].max()
    frame = pd.concat([frame, frame[frame["unit"] == first].assign(unit=999, cohort=NEVER)])
    with pytest.raises(ValueError, match="adopt at different times in PV20"):
        randomisation_inference(frame, **COLUMNS)
