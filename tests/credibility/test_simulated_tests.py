"""Many outcomes at once give what each gives alone, by the test of the headline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from credibility_panels import COLUMNS, NEVER, make_panel

from analysis.credibility.simulated_tests import drawn_assignments, no_effect_p_values, simulated_nulls
from analysis.inference import ClusterPanel, Setting, cluster_panel
from analysis.inference.histories import placements
from analysis.inference.reassigned import linear_statistics, null_distribution, statistics
from analysis.unknown import NotEstimableError

PANELS, REASSIGNED = 3, 99


def panels(**options) -> list[ClusterPanel]:
    return [cluster_panel(make_panel(seed, **options), **COLUMNS) for seed in range(PANELS)]


@pytest.mark.parametrize(
    "setting",
    [
        Setting("two_way"),
        Setting("two_way", anticipation=1),
        Setting("imputation"),
        Setting("never", anticipation=2),
        Setting("not_yet", anticipation=1),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "cohorts",
    [
        [2014.0] * 5 + [2016.0] * 3 + [NEVER] * 4,
        [2012.0] * 4 + [2014.0] * 2 + [2015.0] + [2017.0] * 2 + [NEVER] * 3,
    ],
    ids=["two dates", "four dates"],
)
def test_the_null_distributions_are_those_of_each_panel_alone(setting, cohorts):
    alone = panels(cohorts=cohorts, effect=0.5)
    design = replace(alone[0], outcome=np.zeros_like(alone[0].outcome))
    drawn = drawn_assignments(design, 7, REASSIGNED)
    found = simulated_nulls(design, setting, np.stack([panel.outcome for panel in alone]), drawn)
    for null, panel in zip(found, alone, strict=True):
        plain = null_distribution(panel, setting, placements(drawn, panel.assigned, panel.mass))
        for name in ("estimate", "variance", "slope0", "slope1", "var00", "var01", "var11"):
            np.testing.assert_allclose(getattr(null, name), getattr(plain, name), atol=1e-10, err_msg=name)
        for hypothesis in (0.0, 0.5, -1.0):
            assert null.p_value(hypothesis) == plain.p_value(hypothesis)
    quick = no_effect_p_values(design, setting, np.stack([panel.outcome for panel in alone]), drawn)
    assert quick.tolist() == [null.p_value() for null in found]


@pytest.mark.parametrize(
    ("cohorts", "estimator"),
    [([2014.0] * 5 + [2016.0] * 3, "never"), ([2014.0] + [NEVER] * 5, "two_way"), ([NEVER] * 6, "not_yet")],
)
def test_a_statistic_without_estimate_or_jackknife_is_refused(cohorts, estimator):
    panel = panels(cohorts=cohorts)[0]
    with pytest.raises(NotEstimableError):
        simulated_nulls(panel, Setting(estimator), panel.outcome[None], drawn_assignments(panel, 0, 9))


def test_outcomes_without_variation_are_refused():
    panel = panels()[0]
    drawn = drawn_assignments(panel, 0, 9)
    with pytest.raises(NotEstimableError, match="no variation"):
        simulated_nulls(panel, Setting("not_yet"), np.zeros((1, *panel.outcome.shape)), drawn)


@pytest.mark.parametrize("estimator", ["never", "not_yet"])
def test_what_assignments_ask_times_what_outcomes_give_is_the_statistic(estimator):
    """Also where units miss periods, and where a cluster left out leaves nothing to compare."""
    cohorts = [2013.0] * 3 + [2015.0] * 2 + [NEVER]
    frame = make_panel(5, cohorts=cohorts, effect=0.4)
    panel = cluster_panel(frame.drop(frame.sample(frac=0.15, random_state=2).index), **COLUMNS)
    setting = Setting(estimator)
    begin = np.vstack([panel.start, panel.begin(drawn_assignments(panel, 3, 40)), np.full(6, np.inf)])
    outcomes = np.random.default_rng(1).normal(size=(4, *panel.outcome.shape))
    plain = statistics(panel, setting, begin, outcomes)
    coefficients, changes = linear_statistics(panel, setting, begin, outcomes)
    both = np.einsum("rkig,oig->ork", coefficients, changes)
    np.testing.assert_allclose(both[:, :, 0], plain.estimate, atol=1e-12)
    np.testing.assert_allclose(both[:, :, 1:], plain.without, atol=1e-12)
    assert np.isnan(plain.without[:, :-1]).any() == (estimator == "never")
    assert np.isnan(plain.estimate[:, -1]).all()
