"""Wald tests, simultaneous bands and effects by cluster."""

import numpy as np
import pytest
from did_panels import NAMES, staggered
from scipy import stats

from analysis.estimate.did import cluster_effects
from analysis.estimate.did.bands import simultaneous_critical_value
from analysis.estimate.did.wald import wald_chi2, wald_hotelling
from analysis.unknown import NotEstimableError


def test_hotelling_has_its_size_where_chi2_has_not():
    """Twelve clusters, three coefficients, no effect: 5 per cent against far too much."""
    rng = np.random.default_rng(1)
    rejected = np.zeros(2)
    for _ in range(2000):
        scores = rng.normal(size=(12, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1]])
        covariance = np.cov(scores.T) / 12
        tests = (
            wald_hotelling(scores.mean(axis=0), covariance, 12),
            wald_chi2(scores.mean(axis=0), covariance),
        )
        rejected += [test.p_value < 0.05 for test in tests]
    assert rejected[0] / 2000 == pytest.approx(0.05, abs=0.015)
    assert rejected[1] / 2000 > 0.12


def test_one_coefficient_is_a_t_test():
    test = wald_hotelling(np.array([0.7]), np.array([[0.09]]), 12)
    assert test.p_value == pytest.approx(2 * stats.t.sf(0.7 / 0.3, 11))


@pytest.mark.parametrize("test", [wald_chi2, lambda b, v: wald_hotelling(b, v, 9)])
def test_a_singular_covariance_gives_no_p_value(test):
    found = test(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert found.p_value is None
    assert "singular" in found.remark
    assert test(np.array([1.0]), np.array([[0.0]])).p_value is None
    assert test(np.empty(0), np.empty((0, 0))).p_value is None


def test_critical_values_lie_between_one_test_and_bonferroni():
    independent = simultaneous_critical_value(np.diag([1.0, 4.0, 9.0]), np.inf)
    assert independent == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / 3)) / 2), abs=0.03)
    same = simultaneous_critical_value(np.ones((3, 3)), np.inf)
    assert same == pytest.approx(stats.norm.ppf(0.975), abs=0.03)
    few = simultaneous_critical_value(np.diag([1.0, 4.0]), 11)
    assert stats.t.ppf(0.975, 11) < few < stats.t.ppf(1 - 0.025 / 2, 11) + 0.03
    with pytest.raises(ValueError, match="positive standard error"):
        simultaneous_critical_value(np.diag([1.0, 0.0]), 11)


def by_cluster(**options):
    """Clusters adopt as a whole: cluster 0 to 8, three cohorts."""
    frame = staggered(units=90, starts=(np.nan,), **options)
    frame["cluster"] = frame["unit"] % 9
    frame["cohort"] = frame["cluster"].map({0: 3.0, 1: 3.0, 2: 5.0, 3: 6.0})
    since = frame["time"] - frame["cohort"]
    frame["y"] += np.where(since >= 0, 1.0 + frame["cluster"], 0.0)
    return frame


def test_effects_by_cluster_are_found_without_noise():
    frame = by_cluster(noise=0.0)
    frame["y"] -= 0.2 * frame["x"] * frame["time"]
    found = cluster_effects(frame, cluster="cluster", **NAMES)
    assert found.regions == ("0", "1", "2", "3")
    np.testing.assert_allclose(found.estimate, [1, 2, 3, 4], atol=1e-10)
    assert found.freedom == 9 * 7 - 9 - 6 - 4


def test_effects_by_cluster_have_the_spread_they_report():
    draws = []
    for seed in range(200):
        frame = by_cluster(seed=seed)
        frame["y"] -= 0.2 * frame["x"] * frame["time"]
        found = cluster_effects(frame, cluster="cluster", **NAMES)
        draws.append((found.estimate, np.diag(found.covariance)))
    estimates, variances = (np.array(x) for x in zip(*draws, strict=True))
    np.testing.assert_allclose(estimates.mean(axis=0), [1, 2, 3, 4], atol=0.1)
    np.testing.assert_allclose(variances.mean(axis=0), estimates.var(axis=0), rtol=0.25)


def test_where_all_clusters_adopt_the_last_is_a_control_until_it_does():
    frame = by_cluster()
    found = cluster_effects(frame[frame["cluster"] < 4], cluster="cluster", **NAMES)
    assert found.regions == ("0", "1", "2")
    early = frame[(frame["cluster"] < 4) & (frame["time"] < 6)]
    early = early.assign(cohort=early["cohort"].where(early["cohort"] < 6))
    expected = cluster_effects(early, cluster="cluster", **NAMES)
    np.testing.assert_allclose(found.estimate, expected.estimate, atol=1e-12)


def test_clusters_that_adopt_in_parts_or_together_are_refused():
    frame = by_cluster()
    parts = frame.assign(cohort=frame["cohort"].where(frame["unit"] != 9, 4.0))
    with pytest.raises(ValueError, match="units of cluster 0 adopt at different times"):
        cluster_effects(parts, cluster="cluster", **NAMES)
    with pytest.raises(NotEstimableError, match="all units are treated in 3: there are no controls"):
        cluster_effects(frame[frame["cluster"] < 2], cluster="cluster", **NAMES)
    lost = frame[(frame["cluster"] != 5) | (frame["time"] > 1)]
    with pytest.raises(ValueError, match="cluster 5 has no unit observed in every period"):
        cluster_effects(lost, cluster="cluster", **NAMES)
