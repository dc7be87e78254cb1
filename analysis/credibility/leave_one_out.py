"""Does the estimate hang on one cluster?"""

from __future__ import annotations

import pandas as pd

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import as_table, randomised
from analysis.inference.setting import Setting
from analysis.unknown import attempt

PLAIN = Setting()


def leave_one_out(panel: ClusterPanel, *, setting: Setting = PLAIN, **options) -> pd.DataFrame:
    """Estimate without each cluster in turn, each with its own randomisation test.

    Returns
    -------
    pandas.DataFrame
        One row a cluster left out: cluster, and the columns of
        :func:`~analysis.inference.reassigned.as_table`; a row without an estimate says why.
    """
    return as_table(
        {
            cluster: attempt(randomised, panel.leave_out(cluster), setting, **options)
            for cluster in panel.clusters
        },
        "cluster",
    )
