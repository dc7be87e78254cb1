"""Placebos: effects where there can be none, before the programme or on outcomes it does not touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analysis.credibility.cells import Cells
from analysis.credibility.permutation import as_table, randomised
from analysis.credibility.reassigned import Setting

PLAIN = Setting()


def placebo_dates(
    cells: Cells, shifts: Sequence[int], *, setting: Setting = PLAIN, **options
) -> pd.DataFrame:
    """Pretend that each cluster started `shift` periods earlier, on the periods before anyone really did.

    Parameters
    ----------
    cells : Cells
    shifts : sequence of int
        Periods; each must leave a period before the earliest pretended start.
    setting : Setting
        How the effect is estimated.
    **options
        Of :func:`analysis.credibility.permutation.randomised`.

    Returns
    -------
    pandas.DataFrame
        One row a shift: shift, estimate, se, low, high, p_value and the rest of
        :class:`~analysis.credibility.permutation.Tested`.

    Raises
    ------
    ValueError
        If a shift is not positive, or leaves no period before the pretended start.
    """
    first = cells.start.min()
    found = {}
    for shift in shifts:
        if not 0 < shift <= (cells.times < first).sum() - 1 - setting.anticipation:
            raise ValueError(
                f"a start {shift} periods earlier cannot be tried: "
                f"{int((cells.times < first).sum())} periods lie before the first start in {first:g}"
            )
        pretended = replace(cells, start=cells.start - shift)
        found[shift] = randomised(pretended.between(cells.times[0], first - 1), setting, **options)
    return as_table(found, "shift")


def placebo_outcomes(outcomes: Mapping[str, Cells], *, setting: Setting = PLAIN, **options) -> pd.DataFrame:
    """The estimated effect on outcomes that the programme cannot have changed, one row an outcome."""
    if not outcomes:
        raise ValueError("no placebo outcome is given")
    return as_table(
        {name: randomised(cells, setting, **options) for name, cells in outcomes.items()}, "outcome"
    )
