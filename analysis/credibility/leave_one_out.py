"""Does the estimate hang on one cluster?"""

from __future__ import annotations

import pandas as pd

from analysis.credibility.cells import Cells
from analysis.credibility.permutation import as_table, randomised
from analysis.credibility.reassigned import Setting

PLAIN = Setting()


def leave_one_out(cells: Cells, *, setting: Setting = PLAIN, **options) -> pd.DataFrame:
    """Estimate without each cluster in turn, each with its own randomisation test.

    Returns
    -------
    pandas.DataFrame
        One row a cluster left out: cluster, estimate, se, low, high, p_value and the rest of
        :class:`~analysis.credibility.permutation.Tested`.

    Raises
    ------
    ValueError
        If the estimate is not identified without some cluster; the message names it.
    """
    found = {}
    for cluster in cells.clusters:
        try:
            found[cluster] = randomised(cells.leave_out(cluster), setting, **options)
        except ValueError as error:
            raise ValueError(f"without {cluster}: {error}") from error
    return as_table(found, "cluster")
