"""Which cohort is compared with whom, when and against which base period (Callaway & Sant'Anna 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimate.did.panel import Panel, no_controls, nobody_treated
from analysis.unknown import NotEstimableError

CONTROLS = ("never", "not_yet")
BASE_PERIODS = ("varying", "universal")


@dataclass(frozen=True)
class Comparisons:
    """M two-by-two comparisons over K cohorts.

    Attributes
    ----------
    starts : ndarray of int, shape (K,)
        Positions of first treated periods, increasing; T last when there are never-treated units.
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

    @property
    def start(self) -> np.ndarray:
        """Position of the first treated period of each comparison's cohort, shape (M,)."""
        return self.starts[self.cohort]

    def __len__(self) -> int:
        return len(self.cohort)


def comparisons(panel: Panel, control: str, anticipation: float, base_period: str) -> Comparisons:
    """All comparisons that have controls and a base period, ordered by cohort and period.

    A period from treatment on is compared with the last period before treatment (less `anticipation`);
    an earlier one with the period before it (``varying``) or with that same base (``universal``).
    Controls are the never-treated, or also those not treated by the later of both periods plus
    `anticipation`. Where all are treated in the end, a cohort is a control until it can react, and no
    comparison is made from the last cohort's start on.

    Raises
    ------
    ValueError
        If an option is unknown.
    NotEstimableError
        If no unit is treated, or there are no controls.
    """
    if control not in CONTROLS:
        raise ValueError(f"control {control!r} is unknown: choose {' or '.join(CONTROLS)}")
    if base_period not in BASE_PERIODS:
        raise ValueError(f"base_period {base_period!r} is unknown: choose {' or '.join(BASE_PERIODS)}")
    starts, codes = groups(panel.start)
    periods = len(panel.periods)
    if not len(starts) or starts[0] == periods:
        raise nobody_treated()
    if control == "never" and starts[-1] < periods:
        raise NotEstimableError(
            "there are no never-treated units to compare with: choose control='not_yet', which compares "
            "with units treated later",
            reason="alle eenheden gaan meedoen, zodat er geen vaste vergelijkingsgroep is",
        )
    # The last group is the never-treated or, without them, a cohort that is a control until it is treated.
    line = panel.timeline
    last = line.last_before(starts, anticipation).tolist()
    cells = []
    for k, g in enumerate(starts[:-1].tolist()):
        before = last[k]
        if before < 0:
            continue
        for t in range(periods):
            if t >= g or base_period == "universal":
                cells.append((k, t, before))
            elif t > 0:
                cells.append((k, t, t - 1))
    if not cells:
        raise no_controls("there are no controls: all units are treated together, or from the start")
    cohort, period, base = np.array(cells, dtype=np.intp).T
    if control == "never":
        controls = np.broadcast_to(starts == periods, (len(cohort), len(starts)))
    else:
        later = line.clock[np.maximum(period, base)] + line.steps(anticipation)
        controls = np.append(line.clock, np.iinfo(np.int64).max)[starts] > later[:, None]
        controls[np.arange(len(cohort)), cohort] = False
    compared = controls.any(axis=1)
    if not (compared & (period >= starts[cohort])).any():
        raise no_controls("there are no controls for any period after treatment: nothing can be estimated")
    return Comparisons(starts, codes, cohort[compared], period[compared], base[compared], controls[compared])


def groups(start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct positions in `start`, increasing, and which of them each unit has, shape (N,)."""
    counts = np.bincount(start)
    starts = np.flatnonzero(counts)
    place = np.zeros(len(counts), dtype=np.intp)
    place[starts] = np.arange(len(starts))
    return starts, place[start]
