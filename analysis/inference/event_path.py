"""The event study: effects by time since the start, with bands for each and for all together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.group_time import GroupTime, comparisons
from analysis.inference.setting import Setting

DRAWS = 10_000  # shocks behind the critical values: the error of a coverage of 95 % is .2 %
COLUMNS = ("event_time", "estimate", "low", "high", "low_sim", "high_sim", "se", "n", "clusters")


@dataclass(frozen=True)
class EventPath:
    """Effects by periods since the start, against the last period before it (less anticipation).

    Attributes
    ----------
    event_time : ndarray, shape (J,)
        Time since the first treated period; in periods where these are unevenly spaced.
    estimate : ndarray, shape (J,)
    without : ndarray, shape (J, G)
        The same without each cluster; NaN where there is none.
    n, clusters : ndarray of int, shape (J,)
        Treated units and treated clusters behind each.
    base : float
        Event time of the reference period.
    """

    event_time: np.ndarray
    estimate: np.ndarray
    without: np.ndarray
    n: np.ndarray
    clusters: np.ndarray
    base: float
    _panel: ClusterPanel = field(repr=False)
    _parts: list = field(repr=False)

    @property
    def covariance(self) -> np.ndarray:
        """By the jackknife over clusters (CRV3), shape (J, J); NaN where some cluster cannot be left out."""
        count = self.without.shape[1]
        deviation = self.without - self.estimate[:, None]
        return (count - 1) / count * deviation @ deviation.T

    @property
    def se(self) -> np.ndarray:
        """Shape (J,)."""
        return np.sqrt(np.diag(self.covariance))

    def critical_values(self, level: float, *, seed: int = 0) -> tuple[np.ndarray, float]:
        """What a t statistic, each by itself (J,) and the largest, exceeds in ``1 - level`` of worlds.

        The worlds have this design and independent normal shocks to clusters and periods. t(G - 1) holds for
        a mean over all clusters; here a few clusters are compared with a few others, each effect with
        errors of its own, and the jackknife leans to the wide side for small groups: the three together
        follow from the design alone.
        """
        count, periods = len(self._panel.clusters), len(self._panel.times)
        units = np.eye(count * periods).reshape(-1, count, periods)
        found = GroupTime(self._panel, self._parts, units, by_cluster=True)(self._panel.first[None])
        # Estimates are linear in the outcome: what a unit of a cell does to each, and without each cluster.
        estimate = np.array([part.estimate[:, 0] for part in found])  # (J, GT)
        deviation = np.array([part.without[:, 0] for part in found]) - estimate[:, :, None]  # (J, GT, G)
        known = np.isfinite(deviation).all(axis=(1, 2))
        shocks = np.random.default_rng(seed).standard_normal((DRAWS, count * periods))
        t = np.abs(shocks @ estimate[known].T)
        for column, one in zip(t.T, deviation[known], strict=True):
            column /= np.sqrt((count - 1) / count * ((shocks @ one) ** 2).sum(axis=1))
        each = np.full(len(known), np.nan)
        each[known] = np.quantile(t, level, axis=0)
        return each, float(np.quantile(t.max(axis=1), level)) if known.any() else np.nan

    def table(self, level: float | None = None, *, seed: int = 0) -> pd.DataFrame:
        """One row an event time, the reference period among them; without `level` no bands.

        Columns event_time, estimate, low, high, low_sim, high_sim (all together), se, n, clusters.
        """
        bands = dict.fromkeys(("low", "high", "low_sim", "high_sim", "se"), np.nan)
        if level is not None and len(self.estimate):
            se = np.where(self.se > 0, self.se, np.nan)
            each, largest = self.critical_values(level, seed=seed)
            bands = {
                "low": self.estimate - each * se,
                "high": self.estimate + each * se,
                "low_sim": self.estimate - largest * se,
                "high_sim": self.estimate + largest * se,
                "se": se,
            }
        table = pd.DataFrame(
            {
                "event_time": self.event_time,
                "estimate": self.estimate,
                **bands,
                "n": self.n,
                "clusters": self.clusters,
            }
        )
        reference = {"event_time": self.base, "estimate": 0.0, "n": 0, "clusters": 0}
        table.loc[len(table)] = {**dict.fromkeys(COLUMNS, np.nan), **reference}
        whole = {"n": int, "clusters": int}
        if (table["event_time"] % 1 == 0).all():
            whole["event_time"] = int
        return table.sort_values("event_time", ignore_index=True)[list(COLUMNS)].astype(whole)


def no_path() -> pd.DataFrame:
    """A path without rows."""
    return pd.DataFrame({name: pd.Series(dtype=float) for name in COLUMNS})


def parts_by_event(panel: ClusterPanel, setting: Setting) -> dict[int, list]:
    """The comparisons of each event time, in order."""
    found: dict[int, list] = {}
    for item in comparisons(np.unique(panel.first), len(panel.times), setting):
        found.setdefault(item.event, []).append(item)
    return dict(sorted(found.items()))


def event_path(panel: ClusterPanel, setting: Setting) -> EventPath:
    """The event study of a panel.

    Parameters
    ----------
    panel : ClusterPanel
    setting : Setting
        Its estimator is "never" or "not_yet".
    """
    parts = parts_by_event(panel, setting)
    found = GroupTime(panel, list(parts.values()), panel.outcome[None])(panel.first[None])
    known = [np.isfinite(part.estimate[0, 0]) for part in found]
    found = [part for part, kept in zip(found, known, strict=True) if kept]
    parts = {event: items for (event, items), kept in zip(parts.items(), known, strict=True) if kept}
    seen = panel.weight > 0
    units, clusters = [], []
    for items in parts.values():
        rows = np.zeros(len(panel.cluster), dtype=bool)
        for item in items:
            own = panel.first[panel.cluster] == item.path
            rows |= own & seen[:, item.periods[0]] & seen[:, item.base]
        units.append(int(panel.count[rows].sum()))
        clusters.append(len(np.unique(panel.cluster[rows])))
    return EventPath(
        event_time=np.array(list(parts)) * panel.step,
        estimate=np.array([part.estimate[0, 0] for part in found]),
        without=np.array([part.without[0, 0] for part in found]).reshape(-1, len(panel.clusters)),
        n=np.array(units, dtype=int),
        clusters=np.array(clusters, dtype=int),
        base=-(1 + setting.anticipation) * panel.step,
        _panel=panel,
        _parts=list(parts.values()),
    )
