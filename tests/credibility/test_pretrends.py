"""Slopes before the start by cohort: against plain regressions, refitting, and simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from credibility_panels import COLUMNS, NEVER, make_panel
from scipy import stats

from analysis.credibility import pretrends
from analysis.credibility.pretrends import _Worlds
from analysis.estimate.did import group_time_att
from analysis.inference import Setting, cluster_panel, no_statement, reassignments
from analysis.inference.reassigned import statistics
from analysis.unknown import NotEstimableError

COHORTS = [2014.0] * 5 + [2016.0] * 3 + [NEVER] * 4
NAMES = {name: value for name, value in COLUMNS.items() if name != "cluster"}


def slope(frame, cohort):
    """Least squares through the differences before the start, the reference period at zero."""
    table = group_time_att(frame, **NAMES, control="not_yet", base_period="universal").table
    early = table[(table["cohort"] == cohort) & (table["time"] < cohort)]
    return np.polyfit(early["time"], early["estimate"], 1)[0]


def test_a_slope_is_that_of_the_event_study_with_its_jackknife():
    frame = make_panel(seed=3)
    frame = frame[np.random.default_rng(0).uniform(size=len(frame)) > 0.1]
    found = pretrends(cluster_panel(frame, **COLUMNS), max_exact=0, draws=99, power=False).table
    for cohort in (2014.0, 2016.0):
        row = found.set_index("cohort").loc[cohort]
        whole = slope(frame, cohort)
        without = [slope(frame[frame["province"] != g], cohort) for g in np.unique(frame["province"])]
        assert row["slope"] == pytest.approx(whole, rel=1e-9)
        assert row["se"] == pytest.approx(np.sqrt(11 / 12 * ((without - whole) ** 2).sum()), rel=1e-9)
    assert found["treated_clusters"].tolist() == [5, 3, 8]
    assert found["comparison_clusters"].tolist() == [7, 4, 7]
    assert set(found["clusters"]) == {12}
    assert found["periods"].tolist() == [4, 6, 6]


@pytest.mark.parametrize(("first", "counted"), [(2011.0, 4), (2015.0, 5)])
def test_only_cohorts_that_can_be_tested_count_for_whether_a_statement_may_be_made(first, counted):
    """Five provinces start; one that starts at the second measurement has no slope before it."""
    panel = cluster_panel(make_panel(seed=1, cohorts=[first] + [2015.0] * 4 + [NEVER] * 7), **COLUMNS)
    found = pretrends(panel, max_exact=0, draws=199, power=False)
    assert panel.treated_clusters == 5
    assert found.treated_clusters == counted
    assert bool(no_statement(found)) == (counted < 5)


def test_the_p_of_a_cohort_and_of_all_by_hand():
    panel = cluster_panel(make_panel(seed=3), **COLUMNS, equal_clusters=True)  # one weight of a cohort
    found = pretrends(panel, max_exact=0, draws=199, seed=2, power=False)
    drawn, _ = reassignments(panel.assigned, max_exact=0, draws=199, seed=2)
    t = []
    for row in drawn:
        world = pretrends(replace(panel, start=panel.begin(row)), max_exact=0, draws=1, power=False).table
        t.append(np.abs(world["slope"] / world["se"]).to_numpy())
    t = np.array(t)
    assert found.table["p_value"].tolist() == (t >= t[0] * (1 - 1e-9)).mean(axis=0).tolist()
    ranks = np.array([(t >= row * (1 - 1e-9)).mean(axis=0) for row in t]).min(axis=1)
    assert found.p_value == pytest.approx((ranks <= ranks[0] + 1e-9).mean())
    assert found.monte_carlo_se == pytest.approx(np.sqrt(found.p_value * (1 - found.p_value) / 200))
    assert found.p_value >= found.smallest_p >= 1 / 200


def test_a_trend_of_one_cohort_is_found_in_that_cohort_and_its_bias_told():
    panel = cluster_panel(make_panel(seed=1, shock=0.1), **COLUMNS)
    years = np.arange(10.0)
    drift = 0.6 * (panel.first == 4)[:, None] * years
    trended = panel.with_outcome(panel.outcome + drift[panel.cluster])
    found = pretrends(trended, max_exact=0, draws=499, power=False)
    table = found.table.set_index("cohort")
    assert found.p_value <= 0.01
    assert table.loc[2014.0, "low"] < 0.6 < table.loc[2014.0, "high"]
    assert table.loc[2014.0, "p_value"] <= 0.01
    headline = [statistics(item, Setting(), item.start[None]).estimate[0, 0] for item in (panel, trended)]
    assert table.loc[2014.0, "bias_of_one"] * 0.6 == pytest.approx(headline[1] - headline[0])


def test_equivalence_needs_an_interval_within_the_bound():
    panel = cluster_panel(make_panel(seed=1, shock=0.1), **COLUMNS)
    wide = pretrends(panel, bound=50.0, power=False, max_exact=0, draws=499).table
    assert wide["equivalent"].all()
    narrow = pretrends(panel, bound=1e-6, power=False, max_exact=0, draws=499).table
    assert not narrow["equivalent"].any()
    assert pretrends(panel, power=False, max_exact=0, draws=99).table["equivalent"].isna().all()


def test_detectable_slopes_are_found_as_often_as_they_say():
    panel = cluster_panel(make_panel(), **COLUMNS)
    rng = np.random.default_rng(5)
    found = 0
    worlds = 150
    target = None
    for _ in range(worlds):
        shocks = rng.normal(size=(12, 10))[panel.cluster]
        if target is None:
            tables = [
                pretrends(
                    panel.with_outcome(rng.normal(size=(12, 10))[panel.cluster]), max_exact=0, draws=9
                ).table
                for _ in range(40)
            ]
            target = np.median([table["detectable_80"][0] for table in tables])
        trend = target * (panel.first == 4)[:, None] * np.arange(10.0)
        world = panel.with_outcome(shocks + trend[panel.cluster])
        found += pretrends(world, max_exact=0, draws=199, power=False).table["p_value"][0] <= 0.05
    assert found / worlds == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / worlds))


def test_simulation_errors_are_those_that_other_seeds_show():
    """Forty seeds of one panel: what is detectable and missed scatters as each says of itself."""
    panel = cluster_panel(make_panel(seed=3), **COLUMNS)
    found = [pretrends(panel, max_exact=0, draws=99, seed=seed) for seed in range(40)]
    missed = [item.missed() for item in found]
    seen = [(item.table["detectable_80"].iloc[-1], item.table["detectable_80_se"].iloc[-1]) for item in found]
    for pairs in (
        seen,
        [(item.bias, item.bias_se) for item in missed],
        [(item.bias_passing, item.bias_passing_se) for item in missed],
    ):
        values, errors = np.array(pairs).T
        assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.4)
        assert errors.max() < 0.06 * abs(values.mean())
    assert found[0].passing(missed[0].slope)[:2] == (missed[0].bias, missed[0].bias_passing)


def test_passing_leaves_a_bias_larger_than_the_trend_gives():
    panel = cluster_panel(make_panel(seed=2), **COLUMNS)
    found = pretrends(panel, max_exact=0, draws=99)
    row = found.table.iloc[-1]
    bias, given, passes = found.passing(row["detectable_50"])
    assert bias == pytest.approx(row["detectable_50"] * row["bias_of_one"])
    # The reference period is in both: where it hides the trend by chance, it makes the effect too large.
    assert given > bias
    assert 0.2 < passes < 0.8
    nothing = found.passing(0.0)
    assert nothing[0] == 0.0
    assert nothing[1] == pytest.approx(0.0, abs=0.05)
    assert nothing[2] == pytest.approx(0.95, abs=0.01)
    with pytest.raises(ValueError, match="no cohort 2015"):
        found.passing(0.1, 2015.0)


def test_too_few_periods_before_the_start_is_not_estimable():
    panel = cluster_panel(make_panel(cohorts=[2011.0] * 5 + [NEVER] * 7), **COLUMNS)
    with pytest.raises(NotEstimableError, match="two periods before its start"):
        pretrends(panel)
    one_cluster = cluster_panel(make_panel(cohorts=[2013.0] + [2014.0] * 5 + [NEVER] * 6), **COLUMNS)
    table = pretrends(one_cluster, max_exact=0, draws=99).table
    assert table["slope"].isna().tolist() == [True, False, True]
    assert "hangt aan één provincie" in table["reason"][0]


# He & Wang (2017, figure 2C) as distributed with Roth's `pretrends` (HeAndWangResults): periods -4, -3, -2
# against -1, then 0 to 3. The results below are those of its README.
DISTANCE = np.array([-3, -2, -1, 1, 2, 3, 4])
SIGMA_UPPER = [
    0.008906571194529533, 0.0044883135706186295, 0.0014587024925276637, 0.0012157688615843654,
    0.0020327644888311625, 0.0013225014554336667, 0.001961772795766592,
    0.005936916917562485, 0.002750079147517681, 0.001350585836917162, 0.0014315459411591291,
    0.0012067791540175676, 0.0013847157824784517,
    0.00303862476721406, 0.0009056166163645685, 0.0006791298510506749, 0.0010167636210098863,
    0.000709014420863241,
    0.003924740944057703, 0.0025961180217564106, 0.0017326149391010404, 0.0022345525212585926,
    0.008065897040069103, 0.005875375121831894, 0.0037414359394460917,
    0.007881578989326954, 0.0036507095210254192,
    0.00978842657059431,
]  # fmt: skip
SIGMA = np.zeros((7, 7))
SIGMA[np.triu_indices(7)] = SIGMA_UPPER
SIGMA = SIGMA + np.triu(SIGMA, 1).T
SLOPE = 0.05205871


def test_what_is_left_after_passing_is_that_of_the_published_case():
    """Many worlds of the published covariance, its three estimates before the start tested one by one."""
    drawn = np.random.default_rng(4).multivariate_normal(np.zeros(7), SIGMA, size=400_000)
    published = [0.06490184, 0.12084694, 0.16946498, 0.22453827]
    for post, expected in zip(range(3, 7), published, strict=True):
        worlds = _Worlds(
            slope=drawn[:, :3],
            se=np.broadcast_to(np.sqrt(np.diag(SIGMA)[:3]), (len(drawn), 3)),
            headline=drawn[:, post],
            scale=np.ones(3),
            crossed=np.tile(DISTANCE[:3, None], 3),
            alpha=0.05,
            critical=np.full(3, stats.norm.ppf(0.975)),
            joint=1.0,
        )
        noise, passes = worlds.given_passing(0, SLOPE)
        assert passes == pytest.approx(1 - 0.4999776, abs=0.003)  # the slope that half of the tests find
        assert SLOPE * DISTANCE[post] + noise == pytest.approx(expected, abs=5e-4)
