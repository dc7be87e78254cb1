"""Does the estimate hang on one cluster, or one group of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import as_table, randomised
from analysis.inference.setting import Setting
from analysis.unknown import attempt

PLAIN = Setting()


def leave_one_out(
    panel: ClusterPanel,
    groups: Mapping[str, Sequence[str]] | None = None,
    *,
    setting: Setting = PLAIN,
    **options,
) -> pd.DataFrame:
    """Estimate without each cluster in turn, each with its own randomisation test.

    Parameters
    ----------
    groups : mapping of str to sequence of str, optional
        Clusters that are left out together, by the name of the group: the municipalities of a province.

    Returns
    -------
    pandas.DataFrame
        One row a cluster or group left out: cluster, and the columns of
        :func:`~analysis.inference.reassigned.as_table`; a row without an estimate says why.
    """
    return as_table(
        {
            name: attempt(randomised, panel.leave_out(*clusters), setting, **options)
            for name, clusters in (groups or {one: [one] for one in panel.clusters}).items()
        },
        "cluster",
    )
