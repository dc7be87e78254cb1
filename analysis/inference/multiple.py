"""Many outcomes at once: Holm, and Romano–Wolf step-down with the same draws for every outcome."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import ClusterPanel, cluster_panel
from analysis.inference.histories import placements
from analysis.inference.reassigned import null_distribution
from analysis.inference.setting import Setting
from analysis.inference.stepdown import holm, romano_wolf

PLAIN = Setting()


def adjust_outcomes(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcomes: Sequence[str],
    cluster: str,
    weights: str | None = None,
    setting: Setting = PLAIN,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Test each outcome and adjust for their number.

    Rows on which an outcome is missing are left out for that outcome alone and counted in the result; every
    outcome must still be observed in every cluster, because all share the same draws.

    Parameters
    ----------
    frame, unit, time, cohort, cluster, weights
        See :func:`analysis.inference.cluster_panel.cluster_panel`.
    outcomes : sequence of str
    setting : Setting
        What is estimated of each outcome, with the randomisation test that the headline has.
    max_exact, draws, seed
        Enumerate up to `max_exact` re-assignments, else sample.

    Returns
    -------
    DataFrame
        Indexed by outcome: estimate, p, holm, romano_wolf, rows, missing.
    """
    outcomes = tuple(outcomes)
    if not outcomes or len(set(outcomes)) != len(outcomes):
        raise ValueError(f"outcomes {outcomes} must be one or more different columns")
    absent = [name for name in outcomes if name not in frame.columns]
    if absent:
        raise ValueError(f"outcomes {', '.join(absent)} are not in the frame")
    columns = {"unit": unit, "time": time, "cohort": cohort, "cluster": cluster, "weights": weights}
    panels = {name: cluster_panel(frame[frame[name].notna()], outcome=name, **columns) for name in outcomes}
    return adjusted(panels, setting, rows=len(frame), max_exact=max_exact, draws=draws, seed=seed)


def adjusted(
    panels: dict[str, ClusterPanel],
    setting: Setting,
    *,
    rows: int | None = None,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> pd.DataFrame:
    """The same from panels of the same clusters and starts, one an outcome; they may differ in periods."""
    first = max(panels.values(), key=lambda panel: len(panel.clusters))
    for name, panel in panels.items():
        if panel.clusters != first.clusters:
            raise ValueError(
                f"outcome {name!r} is observed in {len(panel.clusters)} of {len(first.clusters)} clusters; "
                "leave it out, or restrict the frame to clusters that have every outcome"
            )
    # By declared starts: which of them lie within the periods differs by outcome with the periods seen.
    starts = np.array([panel.start for panel in panels.values()]).min(axis=0)
    kinds = np.unique(starts, return_inverse=True)[1]
    drawn, _ = reassignments(kinds, max_exact=max_exact, draws=draws, seed=seed)
    table, observed, statistics = [], [], []
    for panel in panels.values():
        null = null_distribution(panel, setting, placements(drawn, kinds, panel.mass))
        at_zero = null.statistics()
        observed.append(at_zero[0])
        statistics.append(at_zero[1])
        seen = panel.observations
        table.append((null.estimate, null.p_value(), seen, (seen if rows is None else rows) - seen))
    result = pd.DataFrame(
        table, columns=["estimate", "p", "rows", "missing"], index=pd.Index(list(panels), name="outcome")
    )
    result.insert(2, "holm", holm(result["p"].to_numpy()))
    result.insert(3, "romano_wolf", romano_wolf(np.array(observed), np.array(statistics)))
    return result
