"""What the randomisation test still says if the clusters that adopt may have drifted by a declared amount.

Without normality and without a covariance: under the hypothesis that adopting clusters drift from the others
by s a period, the outcome less that drift is what it would have been, and the exact test is made on it. An
effect is allowed if some drift of at most the declared b makes it acceptable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.histories import placements
from analysis.inference.inversion import TIE, NullDistribution
from analysis.inference.reassigned import as_null, direction, moved, smallest_p
from analysis.inference.setting import Setting
from analysis.inference.statistics import Statistics

STEPS = 9  # drifts tried from -b to b for an interval: its ends lie at the largest drifts, or near
DOUBLINGS = 20
GRID = 32
HALVINGS = 25


@dataclass(frozen=True)
class TrendAllowance:
    """Intervals under a growing drift, and the drift at which the conclusion falls.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns allowance (per period), low, high, p_value (the largest under any such drift).
    breakdown : float
        Largest b at which no drift of at most b a period, up or down, makes no effect acceptable; zero where
        it is acceptable without any, infinite where no drift makes it so.
    bias : float
        What a drift of one a period does to the estimate.
    """

    table: pd.DataFrame
    breakdown: float
    bias: float
    level: float


def trend_allowance(
    panel: ClusterPanel,
    setting: Setting,
    allowances: Sequence[float],
    *,
    level: float = 0.95,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> TrendAllowance:
    """The randomisation test of `setting` inverted with an allowance for diverging trends.

    Parameters
    ----------
    allowances : sequence of float
        Drifts per period that are declared beforehand, zero or more.
    max_exact, draws, seed
        See :func:`analysis.inference.reassigned.randomised`.

    Raises
    ------
    NotEstimableError
        Where there is no test.
    """
    if any(not 0 <= value < np.inf for value in allowances):
        raise ValueError(f"allowances {list(allowances)}: zero or more each")
    drawn, exact = reassignments(panel.assigned, max_exact=max_exact, draws=draws, seed=seed)
    family = _Family.of(panel, setting, placements(drawn, panel.assigned, panel.mass))
    least = smallest_p(family.at(0.0), exact=exact)
    rows = []
    for allowed in allowances:
        drifts = np.linspace(-allowed, allowed, STEPS if allowed else 1)
        found = [family.at(drift) for drift in drifts]
        ends = np.array(
            [item.interval(level, scale=float(np.sqrt(item.variance)), smallest_p=least) for item in found]
        )
        p = max(item.p_value() for item in found)
        rows.append((float(allowed), ends[:, 0].min(), ends[:, 1].max(), p))
    return TrendAllowance(
        table=pd.DataFrame(rows, columns=["allowance", "low", "high", "p_value"]),
        breakdown=family.breakdown(1 - level),
        bias=family.bias,
        level=level,
    )


@dataclass(frozen=True)
class _Family:
    """Null distributions of the outcome less a drift, linear in the drift; statistics of (y, D, drift)."""

    found: Statistics
    size: float

    @classmethod
    def of(cls, panel: ClusterPanel, setting: Setting, placed: np.ndarray) -> _Family:
        since = np.arange(len(panel.times)) - (panel.first[:, None] - setting.anticipation - 1)
        drift = np.where(panel.first[:, None] < len(panel.times), since, 0.0)[panel.cluster]
        outcomes = np.stack([panel.outcome, direction(panel, setting), drift])
        found = moved(panel, setting, placed, outcomes[None])
        return cls(found, float(np.abs(panel.outcome).max()))

    @property
    def bias(self) -> float:
        return float(self.found.estimate[2, 0])

    def at(self, drift: float) -> NullDistribution:
        """On the outcome less `drift` times the line."""
        y, d, line = self.found.estimate
        wy, wd, wl = self.found.without
        left = Statistics(np.stack([y - drift * line, d]), np.stack([wy - drift * wl, wd]))
        return as_null(left, size=self.size)

    def breakdown(self, alpha: float) -> float:
        """The least drift, up or down, that makes no effect acceptable."""

        def accepted(drift: float) -> bool:
            return self.at(drift).p_value() > alpha + TIE

        if accepted(0.0):
            return 0.0
        if not abs(self.bias) > 0:
            return float("inf")
        # The drift that alone explains the estimate makes no effect acceptable, if any does.
        outer = float(self.found.estimate[0, 0]) / self.bias
        for _ in range(DOUBLINGS):
            if accepted(outer):
                break
            outer *= 2
        else:
            return float("inf")
        return min(_first(accepted, outer), _first(accepted, -outer))


def _first(accepted: Callable[[float], bool], outer: float) -> float:
    """Size of the least drift on the way to `outer` that is accepted; infinite if none is."""
    grid = np.linspace(0.0, outer, GRID + 1)
    place = next((at for at, drift in enumerate(grid) if at and accepted(drift)), None)
    if place is None:
        return float("inf")
    low, high = grid[place - 1], grid[place]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if accepted(middle) else (middle, high)
    return float(abs(high))
