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
    panel: ClusterPanel, shifts: Sequence[int], *, setting: Setting = PLAIN, **options
) -> pd.DataFrame:
    """Pretend that each cluster started earlier, on the periods before anyone really did.

    Parameters
    ----------
    shifts : sequence of int
        How many periods of the panel earlier; these may lie unevenly, as elections do.
    setting : Setting
        How the effect is estimated.
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
        If a shift is not positive, or no whole number.
    """
    for shift in shifts:
        if not shift > 0 or shift != int(shift):
            raise ValueError(f"a start {shift:g} earlier cannot be tried: shifts are positive")
    return as_table(
        {shift: attempt(_placebo, panel, int(shift), setting, options) for shift in shifts}, "shift"
    )


def _placebo(panel: ClusterPanel, shift: int, setting: Setting, options: dict):
    before = panel.times[: int(panel.first.min())]
    moved = panel.first - shift
    adopting = panel.first < len(panel.times)
    earliest = int(moved[adopting].min()) if adopting.any() else 0
    if earliest - setting.anticipation < 1:
        raise NotEstimableError(
            f"a start {shift} periods earlier cannot be tried: before the first start lie the periods "
            f"{', '.join(f'{time:g}' for time in before)}, and one must lie before the pretended start and "
            "one after it",
            reason="er liggen te weinig metingen vóór de start",
        )
    start = np.full(len(panel.start), np.inf)
    start[adopting] = panel.times[moved[adopting]]
    return randomised(replace(panel, start=start).between(panel.times[0], before[-1]), setting, **options)
