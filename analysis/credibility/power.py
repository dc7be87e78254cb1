"""What a design can see, before any effect is estimated: by formula and by simulation.

The formula takes the standard error that the design implies under chosen variances. The simulation draws
panels without an effect, adds effects of growing size, and counts how often the reported test rejects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.credibility.cells import Cells
from analysis.credibility.reassigned import Setting, estimates
from analysis.credibility.replicate import Seeds, as_integers, replicate
from analysis.credibility.simulated_tests import drawn_assignments, simulated_nulls
from analysis.inference.inversion import TIE, Stacked


@dataclass(frozen=True)
class Power:
    """Power by size of a constant effect.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns effect, power, power_se (from simulation), rejected, draws.
    detectable : float or None
        The least effect with the power asked for, between the effects tried; None if none has it.
    detectable_se : float or None
        Its standard error from simulation.
    size : float
        Rejection without an effect.
    size_se : float
    """

    table: pd.DataFrame
    detectable: float | None
    detectable_se: float | None
    size: float
    size_se: float


def minimum_detectable(se: float, *, clusters: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """``(t(1 - alpha/2, G - 1) + t(power, G - 1)) · se`` (Bloom 1995, with the quantiles of few clusters)."""
    if not se > 0 or clusters < 2:
        raise ValueError(f"standard error {se} with {clusters} clusters: positive, and two clusters at least")
    df = clusters - 1
    return float((stats.t.ppf(1 - alpha / 2, df) + stats.t.ppf(power, df)) * se)


def design_se(cells: Cells, setting: Setting, variance: np.ndarray) -> float:
    """Standard error of an estimator when cell means are independent with these variances.

    Parameters
    ----------
    cells : Cells
        Their outcome is not used.
    setting : Setting
    variance : ndarray, shape (G,) or (G, T)
        Of a cell mean, beyond cluster and period effects.

    Notes
    -----
    The estimators are linear in the outcome: their coefficients on the cells are read off unit vectors.
    """
    shape = cells.outcome.shape
    variance = np.broadcast_to(np.asarray(variance, float).reshape(shape[0], -1), shape)
    units = np.eye(cells.outcome.size).reshape(-1, *shape)
    coefficients = estimates(setting, units, cells.times, cells.start, cells.mass).estimate[:, 0]
    return float(np.sqrt((coefficients**2 * variance.ravel()).sum()))


def simulate_power(
    cells: Cells,
    draw: Callable[[Sequence[int]], np.ndarray],
    effects: Sequence[float],
    tests: Mapping[str, Setting],
    *,
    alpha: float = 0.05,
    target: float = 0.8,
    reassigned: int = 999,
    draws: int = 200,
    seed: int = 0,
    workers: int = 1,
) -> dict[str, Power]:
    """Share of simulated panels in which each test rejects, by size of the effect.

    Parameters
    ----------
    cells : Cells
        The design, the same in every draw; its outcome is not used.
    draw : callable
        From integer seeds to outcomes without an effect, shape (seeds, G, T).
    effects : sequence of float
        Constant effects, increasing, the first zero.
    tests : mapping of name to Setting
        See :func:`analysis.credibility.simulated_tests.simulated_nulls`.
    reassigned : int
        Re-assignments sampled beside the observed one, anew in every draw: the test stays exact.
    target : float
        Power at which an effect counts as detectable.
    draws, seed, workers
        See :func:`analysis.credibility.replicate.replicate`.

    Notes
    -----
    Statistic and variance are polynomials in a constant effect, so one pass over the re-assignments serves
    all effects.
    """
    effects = np.asarray(effects, dtype=float)
    if len(effects) < 2 or effects[0] != 0 or (np.diff(effects) <= 0).any():
        raise ValueError(f"effects {effects.tolist()}: two or more, increasing, the first zero")
    batch = _Batch(cells, draw, tuple(effects), tuple(tests.values()), alpha, reassigned)
    rejected = replicate(batch, draws=draws, seed=seed, workers=workers)  # (draws, tests, effects)
    return {name: _summary(effects, rejected[:, place], target) for place, name in enumerate(tests)}


@dataclass(frozen=True)
class _Batch:
    cells: Cells
    draw: Callable[[Sequence[int]], np.ndarray]
    effects: tuple[float, ...]
    tests: tuple[Setting, ...]
    alpha: float
    reassigned: int

    def __call__(self, seeds: Seeds) -> np.ndarray:
        """Whether each test rejects each effect, shape (seeds, tests, effects)."""
        data, lots = as_integers(seeds, 2)
        outcomes = self.draw(data)
        drawn = drawn_assignments(self.cells, lots, self.reassigned)
        nulls = [Stacked.of(simulated_nulls(self.cells, test, outcomes, drawn)) for test in self.tests]
        # Testing no effect on outcomes with effect b is testing effect −b on outcomes without.
        hypotheses = [np.full(len(seeds), -effect) for effect in self.effects]
        p = np.array([[null.p_values(hypothesis) for hypothesis in hypotheses] for null in nulls])
        return np.moveaxis(p <= self.alpha + TIE, 2, 0)


def _summary(effects: np.ndarray, rejected: np.ndarray, target: float) -> Power:
    draws = len(rejected)
    power = rejected.mean(axis=0)
    spread = np.sqrt(power * (1 - power) / draws)
    table = pd.DataFrame(
        {
            "effect": effects,
            "power": power,
            "power_se": spread,
            "rejected": rejected.sum(axis=0),
            "draws": draws,
        }
    )
    found, error = detectable(effects, power, draws, target)
    return Power(table, found, error, float(power[0]), float(spread[0]))


def detectable(
    effects: np.ndarray, power: np.ndarray, draws: int, target: float
) -> tuple[float | None, float | None]:
    """The least effect that reaches `target`, by linear interpolation, and its simulation error."""
    power = np.maximum.accumulate(power)
    reached = np.flatnonzero(power >= target)
    if not len(reached) or reached[0] == 0:
        return None, None
    at = reached[0]
    slope = (power[at] - power[at - 1]) / (effects[at] - effects[at - 1])
    value = effects[at - 1] + (target - power[at - 1]) / slope
    return float(value), float(np.sqrt(target * (1 - target) / draws) / slope)
