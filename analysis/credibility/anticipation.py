"""Anticipation: do outcomes move before the start, and what does allowing for it do to the effect?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import as_table, randomised
from analysis.inference.setting import Setting
from analysis.unknown import attempt


@dataclass(frozen=True)
class Anticipation:
    """What happens shortly before the start.

    Attributes
    ----------
    before : pandas.DataFrame
        By number of periods: the mean effect in that many periods before the start, against the period
        before those. Without anticipation it is zero.
    effect : pandas.DataFrame
        By number of periods: the effect since the start, when clusters may react that much earlier.
    """

    before: pd.DataFrame
    effect: pd.DataFrame


def anticipation(
    panel: ClusterPanel, periods: Sequence[int], *, control: str = "not_yet", **options
) -> Anticipation:
    """Effects before the start, and the effect itself with that window left out of the comparison.

    Parameters
    ----------
    periods : sequence of int
        Lengths of the window of anticipation, one or more.
    control : {"not_yet", "never"}
    **options
        Of :func:`analysis.inference.reassigned.randomised`.
    """
    if not periods or min(periods) < 1:
        raise ValueError(f"periods of anticipation are {list(periods)}: one or more each")
    before = {
        length: attempt(randomised, panel, Setting(control, anticipation=length, target="before"), **options)
        for length in periods
    }
    effect = {
        length: attempt(randomised, panel, Setting(control, anticipation=length), **options)
        for length in periods
    }
    return Anticipation(as_table(before, "periods"), as_table(effect, "periods"))
