"""What places do by themselves: size, persistence and neighbourhood of the shocks in a panel.

Beyond a place effect and a measurement effect the outcome is ``u[g, t]`` with covariance

    Cov(u[g, t], u[h, s]) = sd² · S[g, h] · persistence ** |t - s|,

``S`` the correlation of the spatial autoregression ``(I - k W)⁻¹ (I - k W')⁻¹``, ``W`` the row-normalised
neighbour matrix. Estimated by restricted maximum likelihood on contrasts that no place or measurement effect
reaches (Patterson & Thompson 1971; Harville 1977). What all places share in a measurement cannot be told from
the measurement effect, and does no harm to a comparison of places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, stats

from analysis.unknown import NotEstimableError

_PERSISTENCE = np.round(np.arange(0, 0.9951, 0.005), 4)  # a year
_SPATIAL = np.round(np.arange(-0.6, 0.9001, 0.02), 4)


@dataclass(frozen=True)
class Estimate:
    """A parameter with its profile likelihood interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PanelNoise:
    """The shocks of a panel.

    Attributes
    ----------
    sd : Estimate
        Standard deviation of a shock, in the unit of the outcome.
    persistence : Estimate
        Correlation of shocks of one place a year apart.
    spatial : Estimate
        Parameter k of the spatial autoregression; 0 is none.
    times : ndarray
        Years, ascending.
    correlation : ndarray, shape (G, G)
        ``S``, in the order of `places`.
    level : float
        Coverage of the intervals.
    """

    sd: Estimate
    persistence: Estimate
    spatial: Estimate
    places: tuple[str, ...]
    times: np.ndarray
    correlation: np.ndarray
    level: float

    def draw(self, seeds: Sequence[int], times: Sequence[float] | None = None) -> np.ndarray:
        """Shocks for each integer seed, shape (seeds, G, T), at `times` in years or those of the data."""
        times = self.times if times is None else np.asarray(times, float)
        left = linalg.cholesky(self.correlation, lower=True)
        right = linalg.cholesky(_over_time(times, self.persistence.value), lower=True)
        normal = np.stack(
            [np.random.default_rng(seed).standard_normal((len(left), len(times))) for seed in seeds]
        )
        return self.sd.value * left @ normal @ right.T

    def __call__(self, seeds: Sequence[int]) -> np.ndarray:
        """Shocks at the times of the data, as simulations of power take them; rows are places in order."""
        return self.draw(seeds)

    def change_sd(self, gap: float) -> float:
        """Standard deviation of the change of one place over `gap` years."""
        return float(self.sd.value * np.sqrt(2 * (1 - self.persistence.value**gap)))

    def change_sd_apart(self, gap: float) -> float:
        """The same of its distance from the mean of all places, between places: what a comparison meets."""
        count = len(self.correlation)
        share = (np.trace(self.correlation) - self.correlation.sum() / count) / (count - 1)
        return float(self.change_sd(gap) * np.sqrt(share))


def years(dates: Sequence[str]) -> np.ndarray:
    """ISO dates as years with decimals."""
    days = pd.to_datetime(pd.Series(list(dates)), format="%Y-%m-%d")
    return (days.dt.year + (days.dt.day_of_year - 1) / 365.25).to_numpy()


def panel_noise(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    neighbours: Mapping[str, Sequence[str]],
    level: float = 0.95,
) -> PanelNoise:
    """Estimate the shocks of a balanced panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and time.
    unit, time, outcome : str
        Columns; `time` in years, or ISO dates.
    neighbours : mapping of str to sequence of str
        For every unit the units it borders on.
    level : float
        Coverage of the profile likelihood intervals.

    Raises
    ------
    ValueError
        If the panel is not balanced, a value is missing, or a unit has no entry in `neighbours`.
    NotEstimableError
        If there are fewer than three measurements or three units: persistence and neighbourhood cannot be
        told apart from place and measurement effects.
    """
    wide = _wide(frame, unit, time, outcome, neighbours)
    when = years(wide.columns) if wide.columns.inferred_type == "string" else wide.columns.to_numpy(float)
    if min(wide.shape) < 3:
        raise NotEstimableError(
            f"{wide.shape[0]} units and {wide.shape[1]} times: three of each at least",
            reason="er zijn te weinig metingen om toevallige schommelingen te schatten",
        )
    y = wide.to_numpy()
    adjacency = np.array([[other in neighbours[one] for other in wide.index] for one in wide.index], float)
    places, moments = _contrasts(y.shape[0]), _contrasts(y.shape[1])
    z = places @ y @ moments.T
    in_time = [_factor(moments @ _over_time(when, rho) @ moments.T) for rho in _PERSISTENCE]
    spaces = [_in_space(adjacency, k) for k in _SPATIAL]
    in_space = [_factor(places @ space @ places.T) for space in spaces]
    n = z.size
    log_likelihood = np.empty((len(in_space), len(in_time)))
    variance = np.empty_like(log_likelihood)
    rights = np.stack([right.T for right, _ in in_time])
    right_logs = np.array([right_log for _, right_log in in_time])
    for row, (left, left_log) in enumerate(in_space):
        quadratic = ((left @ z @ rights) ** 2).sum(axis=(1, 2))  # at every persistence
        variance[row] = quadratic / n
        log_likelihood[row] = -0.5 * (
            n * np.log(2 * np.pi * quadratic / n) + n + z.shape[1] * left_log + z.shape[0] * right_logs
        )
    best = np.unravel_index(log_likelihood.argmax(), log_likelihood.shape)
    drop = stats.chi2.ppf(level, 1) / 2
    return PanelNoise(
        sd=_sd_interval(variance, log_likelihood, best, n, drop),
        persistence=_profile(_PERSISTENCE, log_likelihood.max(axis=0), drop),
        spatial=_profile(_SPATIAL, log_likelihood.max(axis=1), drop),
        places=tuple(wide.index),
        times=when,
        correlation=spaces[best[0]],
        level=level,
    )


def _wide(
    frame: pd.DataFrame, unit: str, time: str, outcome: str, neighbours: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    absent = [name for name in (unit, time, outcome) if name not in frame]
    if absent:
        raise ValueError(f"columns {', '.join(absent)} are not in the frame; it has {', '.join(frame)}")
    if frame.duplicated([unit, time]).any():
        row = frame[frame.duplicated([unit, time])].iloc[0]
        raise ValueError(f"{row[unit]} has more than one row in {row[time]}")
    wide = frame.pivot_table(index=unit, columns=time, values=outcome, aggfunc="first", dropna=False)
    if wide.isna().any(axis=None) or not np.isfinite(wide.to_numpy(float)).all():
        place, when = next(
            (place, when) for place in wide.index for when in wide if not np.isfinite(wide.loc[place, when])
        )
        raise ValueError(f"{place} has no {outcome} in {when}; the panel must be balanced")
    unknown = [one for one in wide.index if one not in neighbours]
    if unknown:
        raise ValueError(f"neighbours of {', '.join(map(str, unknown[:5]))} are not given")
    return wide.astype(float)


def _over_time(times: np.ndarray, persistence: float) -> np.ndarray:
    gaps = np.abs(times[:, None] - times)
    return np.where(gaps == 0, 1.0, persistence**gaps)


def _in_space(adjacency: np.ndarray, k: float) -> np.ndarray:
    rows = adjacency.sum(axis=1, keepdims=True)
    inverse = np.linalg.inv(np.eye(len(adjacency)) - k * adjacency / np.where(rows > 0, rows, 1))
    covariance = inverse @ inverse.T
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)


def _contrasts(size: int) -> np.ndarray:
    """Orthonormal rows that add up to zero, shape (size - 1, size)."""
    return linalg.helmert(size)


def _factor(covariance: np.ndarray) -> tuple[np.ndarray, float]:
    """Inverse of the Cholesky factor, and the log determinant."""
    lower = linalg.cholesky(covariance, lower=True)
    return linalg.solve_triangular(lower, np.eye(len(lower)), lower=True), float(
        2 * np.log(np.diag(lower)).sum()
    )


def _profile(grid: np.ndarray, profile: np.ndarray, drop: float) -> Estimate:
    inside = grid[profile >= profile.max() - drop]
    return Estimate(float(grid[profile.argmax()]), float(inside.min()), float(inside.max()))


def _sd_interval(
    variance: np.ndarray, log_likelihood: np.ndarray, best: tuple, n: int, drop: float
) -> Estimate:
    """The profile of the standard deviation over the other two parameters.

    At a given variance v the log likelihood of a cell of the grid falls from its best by
    ``n/2 · (q - 1 - log q)`` with q its own variance over v.
    """
    value = float(np.sqrt(variance[best]))
    grid = value * np.exp(np.linspace(-1.5, 2.5, 801))
    ratio = variance.ravel()[:, None] / grid**2
    profile = (log_likelihood.ravel()[:, None] - n / 2 * (ratio - 1 - np.log(ratio))).max(axis=0)
    inside = grid[profile >= log_likelihood.max() - drop]
    return Estimate(value, float(inside.min()), float(inside.max()))
