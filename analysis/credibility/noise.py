"""Worlds without an effect, from noise that is declared: what a design meets before any data of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

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
        panel = self.panel
        shape = len(panel.clusters), len(panel.cluster), len(panel.times)
        own, shared, noise = _drawn(tuple(seeds), *shape, self.freedom, bool(self.sd_shared))
        scale = np.array([(self.volatility or {}).get(label, 1.0) for label in panel.clusters])
        shocks = self.sd * scale[:, None] * self._series(own)
        if self.sd_shared:
            member = np.isin(panel.clusters, self.shared)
            shocks = shocks + self.sd_shared * member[:, None] * self._series(shared)
        noise = noise / np.sqrt(panel.count)[:, None]
        return shocks[:, panel.cluster] + self.sd_unit * noise

    def _series(self, drawn: np.ndarray) -> np.ndarray:
        """Stationary series of variance one from independent draws, shape (seeds, series, periods)."""
        drawn = drawn.copy()
        new = np.sqrt(1 - self.persistence**2)
        for period in range(1, drawn.shape[-1]):
            drawn[..., period] = self.persistence * drawn[..., period - 1] + new * drawn[..., period]
        return drawn


@lru_cache(maxsize=4)
def _drawn(
    seeds: tuple[int, ...], clusters: int, rows: int, periods: int, freedom: float, shared: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Independent draws of variance one: for clusters, for what some share, and for rows.

    Models that differ in what they make of the same draws are told apart with them: these are kept a while.
    """
    found = tuple(np.empty((len(seeds), count, periods)) for count in (clusters, int(shared), rows))
    for place, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        for part in found[:2]:
            if np.isinf(freedom):
                part[place] = rng.standard_normal(part[place].shape)
            else:
                part[place] = rng.standard_t(freedom, part[place].shape) * np.sqrt(1 - 2 / freedom)
        found[2][place] = rng.standard_normal(found[2][place].shape)
    for part in found:
        part.flags.writeable = False
    return found
