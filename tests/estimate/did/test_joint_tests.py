"""Wald tests and simultaneous bands."""

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.did.bands import simultaneous_critical_value
from analysis.estimate.did.wald import wald_chi2, wald_hotelling


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
