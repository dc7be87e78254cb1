"""The same effect under other choices: weights, comparison group, estimator."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import as_table, randomised
from analysis.inference.setting import Setting
from analysis.unknown import attempt

PLAIN = Setting()


def by_weights(samples: Mapping[str, ClusterPanel], *, setting: Setting = PLAIN, **options) -> pd.DataFrame:
    """One row a way of weighing: every unit the same, by population, every cluster the same.

    Other weights are another estimand: the effect on the mean municipality is not that on the mean
    inhabitant where effects differ.
    """
    return as_table(
        {name: attempt(randomised, panel, setting, **options) for name, panel in samples.items()}, "weights"
    )


def by_estimator(panel: ClusterPanel, settings: Mapping[str, Setting], **options) -> pd.DataFrame:
    """One row an estimator or comparison group."""
    return as_table(
        {name: attempt(randomised, panel, item, **options) for name, item in settings.items()}, "estimator"
    )
