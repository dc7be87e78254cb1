"""Sensitivity of the headline to violations of parallel trends, with few clusters (Rambachan & Roth 2023).

The published intervals take the covariance of the event study as known. From twelve clusters it is not:
weights chosen by an estimated covariance lean on its errors. Here the weights come from the design
(independent shocks to clusters and periods), the estimate that they make is studentised by its own jackknife,
and the critical value is that of the design with shocks to each cluster as large as its own swings. Without
any violation the interval then covers as it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from analysis.credibility.sensitivity import Sensitivity, breakdown
from analysis.credibility.sensitivity_relative import conditional_interval
from analysis.credibility.sensitivity_smoothness import optimal_weights
from analysis.inference.event_path import EventPath
from analysis.unknown import NotEstimableError

Interval = tuple[float, float]


@dataclass(frozen=True)
class PathSensitivity:
    """An event study made ready: periods before the reference, those after, and the headline as target.

    Attributes
    ----------
    beta : ndarray, shape (pre + post,)
        In order of time, without the reference period.
    covariance, design : ndarray, shape (pre + post, pre + post)
        By the jackknife, and under independent shocks of variance one.
    target : ndarray, shape (post,)
        Shares of the periods after the reference in the headline: all since the start, by weight.
    """

    beta: np.ndarray
    covariance: np.ndarray
    design: np.ndarray
    pre: int
    target: np.ndarray
    level: float
    _worlds: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(
        cls,
        path: EventPath,
        *,
        leads: int | None = None,
        level: float = 0.95,
        seed: int = 0,
    ) -> PathSensitivity:
        """From an event study.

        Parameters
        ----------
        leads : int, optional
            Periods before the reference period that count; all unless told otherwise.
        seed : int
            Of the worlds behind the critical values.

        Raises
        ------
        NotEstimableError
            If there is no period before the reference period, a period in between is missing, or an error
            cannot be estimated.
        """
        before = np.flatnonzero(path.event_time < path.base)
        after = np.flatnonzero(path.event_time > path.base)
        steps = np.round(np.diff(path.event_time), 9)
        step = steps.min() if len(steps) else 1.0
        if len(before):  # the run of periods up to the reference
            gaps = np.flatnonzero(np.round(np.diff(path.event_time[before]), 9) > step)
            before = before[gaps[-1] + 1 :] if len(gaps) else before
            if path.base - path.event_time[before[-1]] > step + 1e-9:
                before = before[:0]
        before = before[-leads:] if leads else before
        if not len(before):
            raise NotEstimableError(
                "no period lies just before the reference period, so no trend is seen to compare with",
                reason="er zijn te weinig metingen vóór de start om een afwijking mee te vergelijken",
            )
        since = path.event_time[after] >= 0
        if not since.any() or (np.round(np.diff(path.event_time[after]), 9) > step).any():
            raise NotEstimableError(
                "the event study has no effects after the start, or a period among them is missing",
                reason="niet voor elke meting na de start is er een schatting",
            )
        used = np.concatenate([before, after])
        if not np.isfinite(path.without[used]).all():
            raise NotEstimableError(
                "an effect of the event study rests on one cluster, so that its error is unknown",
                reason="een deel van de schatting hangt aan één provincie",
            )
        if not (path.se[used] > 1e-9 * (1 + np.abs(path.estimate[used]))).all():
            raise NotEstimableError(
                "an effect of the event study has no error at all: the outcome does not vary there",
                reason="de uitkomst verschilt daarvoor te weinig tussen provincies",
            )
        mass = np.where(since, path.mass[after], 0.0)
        estimate, deviation = path.worlds(seed)
        return cls(
            beta=path.estimate[used],
            covariance=path.covariance[np.ix_(used, used)],
            design=path.design_covariance[np.ix_(used, used)],
            pre=len(before),
            target=mass / mass.sum(),
            level=level,
            _worlds=(estimate[:, used], deviation[:, used]),
        )

    @property
    def alpha(self) -> float:
        return 1 - self.level

    @cached_property
    def whole(self) -> np.ndarray:
        """The target's weights on all of `beta`."""
        return np.concatenate([np.zeros(self.pre), self.target])

    @property
    def estimate(self) -> float:
        return float(self.whole @ self.beta)

    @property
    def se(self) -> float:
        return self._se(self.whole)

    def _se(self, weights: np.ndarray) -> float:
        return float(np.sqrt(weights @ self.covariance @ weights))

    def statistics(self, weights: np.ndarray) -> np.ndarray:
        """t statistics of a weighting in worlds of this design, shape (D,)."""
        estimate, deviation = self._worlds
        count = deviation.shape[2]
        left = np.einsum("j,djg->dg", weights, deviation)
        return estimate @ weights / np.sqrt((count - 1) / count * (left**2).sum(axis=1))

    @property
    def critical(self) -> float:
        """Critical value of the target without a violation."""
        return float(np.quantile(np.abs(self.statistics(self.whole)), self.level))

    @property
    def original(self) -> Interval:
        """The interval under exact parallel trends."""
        half = self.critical * self.se
        return self.estimate - half, self.estimate + half

    def smoothness(self, m: float) -> Interval:
        """When the slope of the difference in trends changes by at most `m` a period.

        At zero it is a straight line, which the periods before the start reveal.
        """
        scale = self.se**2 / float(self.whole @ self.design @ self.whole)
        weights, bias, _ = optimal_weights(scale * self.design, self.pre, self.target, float(m), self.alpha)
        se = self._se(weights)
        t = self.statistics(weights)
        half = se * float(np.quantile(np.abs(np.concatenate([t, -t]) + bias / se), self.level))
        centre = float(weights @ self.beta)
        return centre - half, centre + half

    def relative(self, mbar: float) -> Interval:
        """When changes after the start are at most `mbar` times the largest before it.

        The hybrid of the conditional and the least favourable test on the jackknife covariance, widened so
        that without a violation it is the interval of this design and not that of a normal estimate.
        """
        wider = (self.critical / float(stats.norm.isf(self.alpha / 2))) ** 2
        return conditional_interval(
            self.beta, wider * self.covariance, self.pre, self.target, float(mbar), self.alpha, True
        )


def path_sensitivity(
    path: EventPath,
    *,
    leads: int | None = None,
    m: Sequence[float] | None = None,
    mbar: Sequence[float] = (0.0, 0.5, 1.0, 1.5, 2.0),
    level: float = 0.95,
    seed: int = 0,
) -> Sensitivity:
    """Both families of intervals for the headline, and their breakdown values.

    Parameters
    ----------
    path : EventPath
        See :func:`analysis.inference.event_path`.
    leads, level, seed
        See :meth:`PathSensitivity.of`.
    m, mbar : sequence of float
        Bounds to tabulate; `m` defaults to five steps up to the standard error of the headline.
    """
    ready = PathSensitivity.of(path, leads=leads, level=level, seed=seed)
    m = np.linspace(0, ready.se, 5) if m is None else m
    rows = [("smoothness", float(bound), *ready.smoothness(bound)) for bound in m]
    rows += [("relative_magnitudes", float(bound), *ready.relative(bound)) for bound in mbar]
    return Sensitivity(
        estimate=ready.estimate,
        se=ready.se,
        original=ready.original,
        table=pd.DataFrame(rows, columns=["restriction", "bound", "low", "high"]),
        breakdown_m=breakdown(ready.smoothness, ready.se),
        breakdown_mbar=breakdown(ready.relative, 1.0),
        level=level,
    )
