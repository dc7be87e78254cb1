"""Which cohort is compared with whom, when and against which base period (Callaway & Sant'Anna 2021)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import Panel

CONTROLS = ("never", "not_yet")
BASE_PERIODS = ("varying", "universal")


@dataclass(frozen=True)
class Comparisons:
    """M two-by-two comparisons over K cohorts.

    Attributes
    ----------
    starts : ndarray, shape (K,)
        First treated periods, increasing; ``inf`` last when there are never-treated units.
    codes : ndarray of int, shape (N,)
        Position of each unit's cohort in `starts`.
    cohort, period, base : ndarray of int, shape (M,)
        Positions of the treated cohort, the period and the base period.
    controls : ndarray of bool, shape (M, K)
        Cohorts compared with.
    """

    starts: np.ndarray
    codes: np.ndarray
    cohort: np.ndarray
    period: np.ndarray
    base: np.ndarray
    controls: np.ndarray

    def __len__(self) -> int:
        return len(self.cohort)


def comparisons(panel: Panel, control: str, anticipation: float, base_period: str) -> Comparisons:
    """All comparisons that have controls and a base period, ordered by cohort and period.

    A period from treatment on is compared with the last period before treatment (less `anticipation`);
    an earlier one with the period before it (``varying``) or with that same base (``universal``).
    Controls are the never-treated, or also those not treated by the later of both periods plus
    `anticipation`.

    Raises
    ------
    ValueError
        If an option is unknown, no unit is treated, or there are no controls.
    """
    if control not in CONTROLS:
        raise ValueError(f"control {control!r} is unknown: choose {' or '.join(CONTROLS)}")
    if base_period not in BASE_PERIODS:
        raise ValueError(f"base_period {base_period!r} is unknown: choose {' or '.join(BASE_PERIODS)}")
    if not anticipation >= 0:
        raise ValueError(f"anticipation is {anticipation}: zero or more periods")
    codes, starts = pd.factorize(panel.cohort, sort=True)
    if not np.isfinite(starts[0]):
        raise ValueError("no unit is treated within the panel after its first period: no effect to estimate")
    has_never = not np.isfinite(starts[-1])
    if control == "never" and not has_never:
        raise ValueError(
            "there are no never-treated units to compare with: choose control='not_yet', which compares "
            "with units treated later"
        )
    # The last group is the never-treated or, without them, a cohort that is a control until it is treated.
    times = panel.times.tolist()
    cells = []
    for k, g in enumerate(starts[:-1].tolist()):
        last = bisect_left(times, g - anticipation) - 1  # the last period before
        if last < 0:
            continue
        for t, period in enumerate(times):
            if period >= g or base_period == "universal":
                base = last
            elif t == 0:
                continue
            else:
                base = t - 1
            cells.append((k, t, base))
    if not cells:
        raise ValueError("there are no controls: all units are treated together, or from the start")
    cohort, period, base = np.array(cells, dtype=np.intp).T
    never = ~np.isfinite(starts)
    if control == "never":
        controls = np.broadcast_to(never, (len(cohort), len(starts)))
    else:
        later = panel.times[np.maximum(period, base)] + anticipation
        controls = starts[None, :] > later[:, None]
        controls[np.arange(len(cohort)), cohort] = False
    compared = controls.any(axis=1)
    if not (compared & (panel.times[period] >= starts[cohort])).any():
        raise ValueError("there are no controls for any period after treatment: nothing can be estimated")
    return Comparisons(starts, codes, cohort[compared], period[compared], base[compared], controls[compared])
