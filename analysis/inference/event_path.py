"""The event study: effects by time since the start, with bands for each and for all together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate.did.bands import simultaneous_critical_value
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.group_time import GroupTime, comparisons
from analysis.inference.setting import Setting
from analysis.inference.volatility import volatility

DRAWS = 10_000  # shocks behind the critical values: the error of a coverage of 95 % is .2 %
MANY = 40  # clusters from which the usual bands hold: t(G - 1), and the largest of jointly distributed t
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
    mass : ndarray, shape (J,)
        Weight of those clusters: the average of effects since the start by `mass` is the headline.
    base : float
        Event time of the reference period.
    parts : list of list of Comparison, length J
    """

    event_time: np.ndarray
    estimate: np.ndarray
    without: np.ndarray
    n: np.ndarray
    clusters: np.ndarray
    mass: np.ndarray
    base: float
    parts: list = field(repr=False)
    _panel: ClusterPanel = field(repr=False)
    _setting: Setting = field(repr=False)

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

    @cached_property
    def _maps(self) -> tuple[np.ndarray, np.ndarray]:
        """What a unit of each cell does to the estimates (GT, J), and to them without a cluster (GT, J, G).

        Estimates are linear in the outcome, so that these two say all that the design does.
        """
        count, periods = len(self._panel.clusters), len(self._panel.times)
        units = np.eye(count * periods).reshape(-1, count, periods)
        found = GroupTime(self._panel, self.parts, units, by_cluster=True)(self._panel.first[None])
        estimate = np.stack([part.estimate[:, 0] for part in found], axis=1)
        without = np.stack([part.without[:, 0] for part in found], axis=1)
        return estimate, without - estimate[:, :, None]

    @property
    def design_covariance(self) -> np.ndarray:
        """Of the estimates under independent shocks of variance one to clusters and periods, (J, J)."""
        return self._maps[0].T @ self._maps[0]

    def worlds(self, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Estimates (D, J) and jackknife deviations (D, J, G) in D worlds of this design without an effect.

        Shocks to clusters and periods are independent and normal, and those of a cluster as large as its own
        swings; see :mod:`analysis.inference.volatility`. NaN where a cluster cannot be left out.
        """
        estimate, deviation = self._maps
        swings = volatility(self._panel, self._setting, self._panel.outcome[None], trends=True)[0]
        scale = np.repeat(swings, len(self._panel.times))
        draws = min(DRAWS, max(DRAWS // 10, 20 * DRAWS // len(self._panel.clusters)))
        shocks = np.random.default_rng(seed).standard_normal((draws, len(estimate))) * scale
        return shocks @ estimate, np.tensordot(shocks, deviation, axes=1)

    def critical_values(self, level: float, *, seed: int = 0) -> tuple[np.ndarray, float]:
        """What a t statistic, each by itself (J,) and the largest, exceeds in ``1 - level`` of worlds.

        t(G - 1) holds for a mean over all clusters; here a few clusters are compared with a few others, each
        effect with errors of its own, and the jackknife leans to the wide side for small groups. What these
        come to together follows from the design and from how volatile its clusters are; see :meth:`worlds`.
        """
        if len(self._panel.clusters) > MANY:
            return self._usual_critical_values(level, seed)
        estimate, deviation = self.worlds(seed)
        known = np.isfinite(deviation).all(axis=(0, 2))
        count = deviation.shape[2]
        se = np.sqrt((count - 1) / count * (deviation[:, known] ** 2).sum(axis=2))
        t = np.abs(estimate[:, known]) / se
        each = np.full(len(known), np.nan)
        each[known] = np.quantile(t, level, axis=0)
        return each, float(np.quantile(t.max(axis=1), level)) if known.any() else np.nan

    def _usual_critical_values(self, level: float, seed: int) -> tuple[np.ndarray, float]:
        freedom = len(self._panel.clusters) - 1
        covariance = self.covariance
        known = np.flatnonzero(np.diag(covariance) > 0)
        each = np.full(len(covariance), stats.t.ppf((1 + level) / 2, freedom))
        joint = simultaneous_critical_value(covariance[np.ix_(known, known)], freedom, level, seed=seed)
        return each, joint

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
    setting : Setting
        Its estimator is "never" or "not_yet".
    """
    parts = parts_by_event(panel, setting)
    found = GroupTime(panel, list(parts.values()), panel.outcome[None])(panel.first[None])
    known = [np.isfinite(part.estimate[0, 0]) for part in found]
    found = [part for part, kept in zip(found, known, strict=True) if kept]
    parts = {event: items for (event, items), kept in zip(parts.items(), known, strict=True) if kept}
    seen = panel.weight > 0
    units, clusters, mass = [], [], []
    for items in parts.values():
        rows = np.zeros(len(panel.cluster), dtype=bool)
        for item in items:
            own = panel.first[panel.cluster] == item.path
            rows |= own & seen[:, item.periods[0]] & seen[:, item.base]
        units.append(int(panel.count[rows].sum()))
        clusters.append(len(np.unique(panel.cluster[rows])))
        mass.append(panel.mass[np.isin(panel.first, [item.path for item in items])].sum())
    return EventPath(
        event_time=np.array(list(parts)) * panel.step,
        estimate=np.array([part.estimate[0, 0] for part in found]),
        without=np.array([part.without[0, 0] for part in found]).reshape(-1, len(panel.clusters)),
        n=np.array(units, dtype=int),
        clusters=np.array(clusters, dtype=int),
        mass=np.array(mass),
        base=-(1 + setting.anticipation) * panel.step,
        _panel=panel,
        _setting=setting,
        parts=list(parts.values()),
    )
