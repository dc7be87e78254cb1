"""Placebos: effects where there can be none, before the programme or on outcomes it does not touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import as_table, randomised
from analysis.inference.setting import Setting
from analysis.unknown import NotEstimableError, attempt

PLAIN = Setting()


def placebo_dates(
    panel: ClusterPanel,
    shifts: Sequence[float],
    *,
    setting: Setting = PLAIN,
    in_periods: bool = False,
    **options,
) -> pd.DataFrame:
    """Pretend that each cluster started earlier, on the periods before anyone really did.

    Parameters
    ----------
    panel : ClusterPanel
    shifts : sequence of float
        How much earlier, in the unit of the panel's times.
    setting : Setting
        How the effect is estimated.
    in_periods : bool
        Shifts count periods of the panel instead: for elections and other times that lie unevenly.
    **options
        Of :func:`analysis.inference.reassigned.randomised`.

    Returns
    -------
    pandas.DataFrame
        One row a shift: shift, and the columns of :func:`~analysis.inference.reassigned.as_table`; a shift
        that cannot be tried says why.

    Raises
    ------
    ValueError
        If a shift is not positive, or no whole number of periods.
    """
    for shift in shifts:
        if not shift > 0 or (in_periods and shift != int(shift)):
            raise ValueError(f"a start {shift:g} earlier cannot be tried: shifts are positive")
    return as_table(
        {shift: attempt(_placebo, panel, shift, setting, in_periods, options) for shift in shifts}, "shift"
    )


def _placebo(panel: ClusterPanel, shift: float, setting: Setting, in_periods: bool, options: dict):
    before = panel.times[: int(panel.first.min())]
    moved = panel.first - int(shift) if in_periods else panel.position(panel.start - shift)
    adopting = panel.first < len(panel.times)
    earliest = int(moved[adopting].min()) if adopting.any() else 0
    if earliest - setting.anticipation < 1 or (moved[adopting] == panel.first[adopting]).any():
        raise NotEstimableError(
            f"a start {shift:g} {'periods ' if in_periods else ''}earlier cannot be tried: before the first "
            f"start lie the periods {', '.join(f'{time:g}' for time in before)}, and one must lie before the "
            "pretended start and one after it",
            reason="er liggen te weinig metingen vóór de start",
        )
    start = np.full(len(panel.start), np.inf)
    start[adopting] = panel.times[np.maximum(moved[adopting], 0)]
    return randomised(replace(panel, start=start).between(panel.times[0], before[-1]), setting, **options)
