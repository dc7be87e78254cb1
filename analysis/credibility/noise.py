"""Worlds without an effect, from noise that is declared: what a design meets before any data of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel


@dataclass(frozen=True)
class Noise:
    """Shocks to clusters and periods, and noise of units, drawn for the rows of a panel.

    Attributes
    ----------
    panel : ClusterPanel
        The design; its outcome is not used.
    sd : float
        Of a shock to a cluster in a period, for a cluster of ordinary volatility.
    persistence : float
        Correlation of a cluster's shocks in periods that follow each other (AR(1), stationary).
    sd_unit : float
        Of a unit's own noise in a period; independent.
    volatility : mapping of cluster to float
        Multiplies `sd`; one where not given.
    freedom : float
        Of Student's t, scaled to variance one; infinite is normal.
    correlation : ndarray, shape (G, G), optional
        Between clusters within a period, for instance :func:`spatial_correlation`.
    shared : sequence of str
        Clusters with a shock in common on top of their own, such as the periphery.
    sd_shared : float
        Of that shock; as persistent as the others.
    """

    panel: ClusterPanel
    sd: float
    persistence: float = 0.0
    sd_unit: float = 0.0
    volatility: Mapping[str, float] | None = None
    freedom: float = np.inf
    correlation: np.ndarray | None = None
    shared: Sequence[str] = ()
    sd_shared: float = 0.0

    def __post_init__(self) -> None:
        for name in ("sd", "sd_unit", "sd_shared"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)}: zero or more")
        if not -1 < self.persistence < 1:
            raise ValueError(f"persistence is {self.persistence}: between -1 and 1")
        if not self.freedom > 2:
            raise ValueError(f"freedom is {self.freedom}: more than 2, or there is no variance")
        unknown = sorted({*(self.volatility or {}), *self.shared} - set(self.panel.clusters))
        if unknown:
            raise ValueError(f"no cluster {', '.join(unknown)}; known are {', '.join(self.panel.clusters)}")

    def __call__(self, seeds: Sequence[int]) -> np.ndarray:
        """Outcomes of one world a seed, shape (seeds, N, T)."""
        return np.array([self._world(np.random.default_rng(seed)) for seed in seeds])

    def _world(self, rng: np.random.Generator) -> np.ndarray:
        panel = self.panel
        count, periods = len(panel.clusters), len(panel.times)
        own = self._series(rng, count, periods)
        if self.correlation is not None:
            own = np.linalg.cholesky(self.correlation) @ own
        scale = np.array([(self.volatility or {}).get(label, 1.0) for label in panel.clusters])
        shocks = self.sd * scale[:, None] * own
        if self.sd_shared:
            member = np.isin(panel.clusters, self.shared)
            shocks = shocks + self.sd_shared * member[:, None] * self._series(rng, 1, periods)
        noise = rng.standard_normal((len(panel.cluster), periods)) / np.sqrt(panel.count)[:, None]
        return shocks[panel.cluster] + self.sd_unit * noise

    def _series(self, rng: np.random.Generator, count: int, periods: int) -> np.ndarray:
        """Stationary series of variance one, shape (count, periods)."""
        if np.isinf(self.freedom):
            drawn = rng.standard_normal((count, periods))
        else:
            drawn = rng.standard_t(self.freedom, (count, periods)) * np.sqrt(1 - 2 / self.freedom)
        new = np.sqrt(1 - self.persistence**2)
        for period in range(1, periods):
            drawn[:, period] = self.persistence * drawn[:, period - 1] + new * drawn[:, period]
        return drawn


def spatial_correlation(neighbours: np.ndarray, strength: float) -> np.ndarray:
    """Correlation of shocks that spread to neighbours (simultaneous autoregression), shape (G, G).

    Parameters
    ----------
    neighbours : ndarray, shape (G, G)
        Row g: each cluster's share in the neighbourhood of g.
    strength : float
        Share of the neighbours' mean shock that a cluster takes over, from 0 to below 1.
    """
    if not 0 <= strength < 1:
        raise ValueError(f"strength is {strength}: from 0 to below 1")
    root = np.linalg.inv(np.eye(len(neighbours)) - strength * neighbours)
    covariance = root @ root.T
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)
