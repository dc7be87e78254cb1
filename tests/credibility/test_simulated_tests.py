"""Many panels at once give what each gives alone, by the tests of one panel."""

from __future__ import annotations

import numpy as np
import pytest
from credibility_panels import COLUMNS, NEVER, make_panel
from plain_reassigned import dense

from analysis.credibility.cells import Cells, collapse
from analysis.credibility.permutation import null_distribution
from analysis.credibility.reassigned import Setting
from analysis.credibility.simulated_tests import drawn_assignments, simulated_nulls
from analysis.inference.assignments import reassignments
from analysis.inference.moments import cluster_moments
from analysis.inference.randomisation import randomisation_null

PANELS, REASSIGNED = 3, 99


def panels(**options) -> list[Cells]:
    return [collapse(make_panel(seed, **options), **COLUMNS) for seed in range(PANELS)]


def plain_null(cells: Cells, setting: Setting, drawn: np.ndarray, seed: int):
    if setting.estimator != "two_way":
        return null_distribution(cells, setting, drawn)
    panel = dense(cells)
    drawn, _ = reassignments(panel.assigned, max_exact=0, draws=REASSIGNED, seed=seed)
    return randomisation_null(panel, cluster_moments(panel), drawn, studentise="crv3")[0]


@pytest.mark.parametrize(
    "setting",
    [
        Setting("two_way"),
        Setting("never"),
        Setting("not_yet"),
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
        [2009.0] * 2 + [2014.0] * 5 + [NEVER] * 5,  # two provinces treated throughout
    ],
    ids=["two dates", "four dates", "always treated"],
)
def test_the_null_distributions_are_those_of_each_panel_alone(setting, cohorts):
    alone = panels(cohorts=cohorts, effect=0.5)
    first, seeds = alone[0], list(range(PANELS))
    drawn = drawn_assignments(first, seeds, REASSIGNED)
    found = simulated_nulls(first, setting, np.stack([cells.outcome for cells in alone]), drawn)
    for place, (null, cells) in enumerate(zip(found, alone, strict=True)):
        plain = plain_null(cells, setting, drawn[place], place)
        for name in ("estimate", "variance", "slope0", "slope1", "var00", "var01", "var11"):
            np.testing.assert_allclose(getattr(null, name), getattr(plain, name), atol=1e-10, err_msg=name)
        for hypothesis in (0.0, 0.5, -1.0):
            assert null.p_value(hypothesis) == plain.p_value(hypothesis)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (Setting("imputation"), "no simulated test"),
        (Setting("two_way", spillover=True), "no simulated test"),
        (Setting("two_way", anticipation=1), "reported without anticipation"),
    ],
)
def test_a_setting_without_a_simulated_test_is_refused(setting, message):
    cells = panels()[0]
    with pytest.raises(ValueError, match=message):
        simulated_nulls(cells, setting, cells.outcome[None], drawn_assignments(cells, [0], 9))


@pytest.mark.parametrize(
    ("cohorts", "estimator"),
    [([2014.0] * 5 + [2016.0] * 3, "never"), ([2014.0] + [NEVER] * 5, "two_way"), ([NEVER] * 6, "not_yet")],
)
def test_a_statistic_that_is_not_identified_is_refused(cohorts, estimator):
    cells = panels(cohorts=cohorts)[0]
    with pytest.raises(ValueError, match="not identified"):
        simulated_nulls(cells, Setting(estimator), cells.outcome[None], drawn_assignments(cells, [0], 9))


def test_outcomes_without_variation_are_refused():
    cells = panels()[0]
    drawn = drawn_assignments(cells, [0], 9)
    with pytest.raises(ValueError, match="no variation"):
        simulated_nulls(cells, Setting("not_yet"), np.zeros((1, *cells.outcome.shape)), drawn)
