"""The same effect under other choices: weights, comparison group, estimator."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.credibility.cells import Cells
from analysis.credibility.permutation import as_table, randomised
from analysis.credibility.reassigned import Setting

PLAIN = Setting()


def by_weights(samples: Mapping[str, Cells], *, setting: Setting = PLAIN, **options) -> pd.DataFrame:
    """One row a way of weighing: every unit the same, by population, every cluster the same.

    Other weights are another estimand: the effect on the mean municipality is not that on the mean
    inhabitant where effects differ.
    """
    return as_table(
        {name: randomised(cells, setting, **options) for name, cells in samples.items()}, "weights"
    )


def by_estimator(cells: Cells, settings: Mapping[str, Setting], **options) -> pd.DataFrame:
    """One row an estimator or comparison group."""
    return as_table(
        {name: randomised(cells, item, **options) for name, item in settings.items()}, "estimator"
    )
