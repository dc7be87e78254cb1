"""What a design can see, before any effect is estimated: by formula and by simulation.

The formula takes the standard error that the design implies under chosen variances. The simulation draws
panels without an effect, adds effects of growing size, and counts how often the reported test rejects, and
what it then says: with little power an estimate that is significant is too large (type M) and may have the
wrong sign (type S; Gelman & Carlin 2014).

Shocks are as likely up as down, so every panel drawn counts twice: as it is, and with its shocks reversed.
The pair costs one pass, and where the test rejects in both an effect of almost nothing has the wrong sign in
exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.credibility.replicate import Seeds, as_integers, replicate
from analysis.credibility.simulated_tests import drawn_assignments, simulated_nulls
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.inversion import TIE, Stacked
from analysis.inference.reassigned import statistics
from analysis.inference.setting import Setting

TOGETHER = 100  # draws with the same sample of re-assignments: what these ask is computed once


@dataclass(frozen=True)
class Power:
    """Power by size of a constant effect.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns effect, power, power_se (from simulation), rejected, draws (panels, those with their shocks
        reversed among them), and of the panels in which the test rejects: type_m, how many times too large
        the estimate is on average, and type_s, the share with the wrong sign, each with its simulation error;
        missing without an effect, or with a rejection in fewer than two panels drawn.
    detectable : float or None
        The least effect with the power asked for, between the effects tried; None if none has it.
    detectable_se : float or None
        Its standard error from simulation.
    size : float
        Rejection without an effect.
    """

    table: pd.DataFrame
    detectable: float | None
    detectable_se: float | None
    size: float
    size_se: float


def design_se(panel: ClusterPanel, setting: Setting, variance: np.ndarray) -> float:
    """Standard error of an estimator when cell means are independent with these variances.

    Parameters
    ----------
    panel : ClusterPanel
        Their outcome is not used.
    variance : ndarray, shape (G,) or (G, T)
        Of a cell mean, beyond cluster and period effects.

    Notes
    -----
    The estimators are linear in the outcome: their coefficients on the cells are read off unit vectors.
    """
    shape = len(panel.clusters), len(panel.times)
    variance = np.broadcast_to(np.asarray(variance, float).reshape(shape[0], -1), shape)
    units = np.eye(shape[0] * shape[1]).reshape(-1, *shape)[:, panel.cluster]
    coefficients = statistics(panel, setting, panel.start[None], units).estimate[:, 0]
    return float(np.sqrt((coefficients**2 * variance.ravel()).sum()))


def simulate_power(
    panel: ClusterPanel,
    draw: Callable[[Sequence[int]], np.ndarray],
    effects: Sequence[float],
    tests: Mapping[str, Setting],
    *,
    alpha: float = 0.05,
    target: float = 0.8,
    reassigned: int = 999,
    draws: int = 2_000,
    seed: int = 0,
    workers: int = 1,
) -> dict[str, Power]:
    """Share of simulated panels in which each test rejects, by size of the effect.

    Parameters
    ----------
    panel : ClusterPanel
        The design, the same in every draw; its outcome is not used.
    draw : callable
        From integer seeds to outcomes without an effect, by row of the panel: shape (seeds, N, T). As likely
        as their opposite: for instance :class:`analysis.credibility.noise.Noise`.
    effects : sequence of float
        Constant effects, increasing, the first zero.
    tests : mapping of name to Setting
        See :func:`analysis.credibility.simulated_tests.simulated_nulls`.
    reassigned : int
        Re-assignments sampled beside the observed one, anew in every batch of draws: the test stays exact.
    target : float
        Power at which an effect counts as detectable.
    draws : int
        Panels: half of them drawn, and each again with its shocks reversed. Even, four at least.
    seed, workers
        See :func:`analysis.credibility.replicate.replicate`.

    Notes
    -----
    Statistic and variance are polynomials in a constant effect, so one pass over the re-assignments serves
    all effects.
    """
    effects = np.asarray(effects, dtype=float)
    if len(effects) < 2 or effects[0] != 0 or (np.diff(effects) <= 0).any():
        raise ValueError(f"effects {effects.tolist()}: two or more, increasing, the first zero")
    if draws < 4 or draws % 2:
        raise ValueError(f"{draws} draws: four or more and even, as each counts with its shocks reversed too")
    batch = _Batch(panel, draw, tuple(effects), tuple(tests.values()), alpha, reassigned)
    found = replicate(batch, draws=draws // 2, seed=seed, workers=workers, together=TOGETHER)
    return {name: _summary(effects, found[:, place], target) for place, name in enumerate(tests)}


@dataclass(frozen=True)
class _Batch:
    panel: ClusterPanel
    draw: Callable[[Sequence[int]], np.ndarray]
    effects: tuple[float, ...]
    tests: tuple[Setting, ...]
    alpha: float
    reassigned: int

    def __call__(self, seeds: Seeds) -> np.ndarray:
        """By test, for each effect whether it rejects, and after these the estimate without an effect.

        Shape (seeds, tests, 2, effects + 1): the shocks as drawn, and reversed.
        """
        data, lots = as_integers(seeds, 2)
        outcomes = self.draw(data)
        drawn = drawn_assignments(self.panel, lots[0], self.reassigned)
        found = np.empty((len(seeds), len(self.tests), 2, len(self.effects) + 1))
        for place, test in enumerate(self.tests):
            nulls = Stacked.of(simulated_nulls(self.panel, test, outcomes, drawn))
            for side, sign in enumerate((1, -1)):
                for at, effect in enumerate(self.effects):
                    # Testing no effect on shocks with effect b is testing effect −b on the shocks alone; on
                    # shocks reversed it is testing b on them as drawn, as the test is two-sided.
                    tested = np.full(len(seeds), -sign * effect)
                    found[:, place, side, at] = nulls.p_values(tested) <= self.alpha + TIE
                found[:, place, side, -1] = sign * nulls.estimate[:, 0]
        return found


def _summary(effects: np.ndarray, found: np.ndarray, target: float) -> Power:
    rejected, noise = found[..., :-1].astype(bool), found[..., -1:]
    draws = 2 * len(rejected)
    power = rejected.mean(axis=(0, 1))
    spread = rejected.mean(axis=1).std(axis=0, ddof=1) / np.sqrt(len(rejected))
    table = pd.DataFrame(
        {
            "effect": effects,
            "power": power,
            "power_se": spread,
            "rejected": rejected.sum(axis=(0, 1)),
            "draws": draws,
        }
    )
    estimate = noise + effects
    for name, value in (("type_m", np.abs(estimate)), ("type_s", estimate < 0)):
        scale = effects if name == "type_m" else np.ones(len(effects))
        rows = [
            _among(value[..., at], rejected[..., at], scale[at] if effects[at] else 0.0)
            for at in range(len(effects))
        ]
        table[name], table[f"{name}_se"] = zip(*rows, strict=True)
    least, error = detectable(effects, power, spread, target)
    return Power(table, least, error, float(power[0]), float(spread[0]))


def _among(values: np.ndarray, rejected: np.ndarray, scale: float) -> tuple[float, float]:
    """Mean over `scale` of the values where rejected, both (pairs, 2), and its simulation error.

    A ratio of sums over pairs, which are independent; unknown with fewer than two pairs, or without a scale.
    """
    count, total = rejected.sum(axis=1), (values * rejected).sum(axis=1)
    if (count > 0).sum() < 2 or not scale:
        return np.nan, np.nan
    mean = total.sum() / count.sum()
    pairs = len(count)
    error = np.sqrt(((total - mean * count) ** 2).sum() * pairs / (pairs - 1)) / count.sum()
    return float(mean / scale), float(error / scale)


def detectable(
    effects: np.ndarray, power: np.ndarray, error: np.ndarray, target: float
) -> tuple[float | None, float | None]:
    """The least effect that reaches `target`, by linear interpolation, and its simulation error.

    `error` is that of each power: it is interpolated too.
    """
    power = np.maximum.accumulate(power)
    reached = np.flatnonzero(power >= target)
    if not len(reached) or reached[0] == 0:
        return None, None
    at = reached[0]
    slope = (power[at] - power[at - 1]) / (effects[at] - effects[at - 1])
    value = effects[at - 1] + (target - power[at - 1]) / slope
    return float(value), float(np.interp(value, effects, error) / slope)
