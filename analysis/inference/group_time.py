"""Group-time average effects under many assignments, without refitting.

The group-time effect of Callaway & Sant'Anna (2021) without covariates is a difference of two mean changes
since the period before adoption. Those means are sums over clusters: an assignment only says which clusters
are summed, and leaving a cluster out is a subtraction. Each comparison uses the units seen in both of its
periods, as :func:`analysis.estimate.did.group_time_att` does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.setting import Setting
from analysis.inference.statistics import RANK, Statistics

NUMBERS = 100_000  # outcomes times assignments at a time: keeps the work arrays in cache and memory flat


@dataclass(frozen=True)
class Comparison:
    """A path compared with others, over periods that are added together.

    Attributes
    ----------
    path : int
        First treated period, by position.
    others : tuple of int
        Paths compared with.
    event : int
        Periods since the start; of the first of `periods`.
    """

    path: int
    others: tuple[int, ...]
    base: int
    periods: tuple[int, ...]
    event: int


def comparisons(paths: np.ndarray, periods: int, setting: Setting) -> list[Comparison]:
    """Every comparison of a period with the last one before adoption (less anticipation).

    Parameters
    ----------
    paths : ndarray of int
        First treated periods by position; `periods` is never.
    periods : int
        T.
    setting : Setting
        Its estimator is "never" or "not_yet".
    """
    found = []
    for path in sorted({int(path) for path in paths if path < periods}):
        base = path - setting.anticipation - 1
        if base < 0:
            continue  # nothing to compare with: this path tells nothing
        for period in range(periods):
            floor = max(period, base) + setting.anticipation
            if setting.estimator == "never":
                floor = periods - 1
            others = tuple(
                int(other) for other in paths if (other > floor or other == periods) and other != path
            )
            if others and period != base:
                found.append(Comparison(path, others, base, (period,), period - path))
    return found


def simple(paths: np.ndarray, periods: int, setting: Setting) -> list[list[Comparison]]:
    """The comparisons of the setting's target, as one part: after the start, or while waiting for it."""
    wanted = comparisons(paths, periods, setting)
    if setting.target == "before":
        return [[item for item in wanted if -setting.anticipation <= item.event < 0]]
    return [[item for item in wanted if item.event >= 0]]


class GroupTime:
    """Averages of comparisons by the weight of the adopting clusters, for any assignment to the same paths.

    Parameters
    ----------
    panel : ClusterPanel
    parts : list of list of Comparison, length J
        Each is averaged by itself.
    outcomes : ndarray, shape (O, N, T)
        By row of the panel; (O, G, T) with `by_cluster`, the same for all units of a cluster.
    """

    def __init__(
        self,
        panel: ClusterPanel,
        parts: list[list[Comparison]],
        outcomes: np.ndarray,
        *,
        by_cluster: bool = False,
    ) -> None:
        self.mass, self.parts = panel.mass, []
        bounds, seen = panel.bounds, panel.weight > 0
        floor = RANK * panel.mass.sum()
        tables: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

        def table(period: int, base: int) -> tuple[np.ndarray, np.ndarray]:
            """Weight (G,) and weighted change (O, G) of the units seen in both periods."""
            if (period, base) not in tables:
                both = panel.size * (seen[:, period] & seen[:, base])
                weight = np.add.reduceat(both, bounds)
                change = outcomes[:, :, period] - outcomes[:, :, base]
                change = weight * change if by_cluster else np.add.reduceat(both * change, bounds, axis=1)
                tables[period, base] = weight, change
            return tables[period, base]

        for part in parts:
            # Periods with the same units and the same clusters to compare with are added together.
            alike: dict[tuple, list] = {}
            for item in part:
                weight, change = table(item.periods[0], item.base)
                key = item.path, item.others, item.base, weight.tobytes()
                if key in alike:
                    alike[key][1] += 1
                    alike[key][3] = alike[key][3] + change
                else:
                    alike[key] = [item, 1, weight, change]
            self.parts.append(list(alike.values()))
        self.outcomes, self.floor = len(outcomes), floor

    def __call__(self, first: np.ndarray) -> list[Statistics]:
        """The parts' statistics when clusters are first treated at these positions, shape (R, G)."""
        step = max(1, NUMBERS // (self.outcomes * first.shape[1]))
        done = [self._chunk(first[at : at + step]) for at in range(0, len(first), step)]
        return [
            Statistics(
                np.concatenate([chunk[j].estimate for chunk in done], axis=1),
                np.concatenate([chunk[j].without for chunk in done], axis=1),
            )
            for j in range(len(self.parts))
        ]

    def linear(self, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The statistics of a single part as sums over what clusters changed by: for many outcomes.

        Parameters
        ----------
        first : ndarray of int, shape (R, G)

        Returns
        -------
        coefficients : ndarray, shape (R, G + 1, I, G)
            Of the estimate and, after it, of the estimate without each cluster; NaN where not identified.
        changes : ndarray, shape (O, I, G)
            Of each cluster in each of the I comparisons.
        """
        (part,) = self.parts
        count = first.shape[1]
        kept = np.vstack([np.ones(count), 1 - np.eye(count)])  # (G + 1, G)
        found = np.zeros((len(first), count + 1, len(part), count))
        total = np.zeros((len(first), count + 1))
        for place, (item, periods, weight, _) in enumerate(part):
            own, other = _on((item.path,), first), _on(item.others, first)
            known, change = True, 0.0
            for side, sign in ((own, 1.0), (other, -1.0)):
                size = (side * weight) @ kept.T
                enough = size > self.floor
                known = known & enough
                change = change + sign * side[:, None] * kept / np.where(enough, size, 1.0)[:, :, None]
            share = ((own * self.mass) @ kept.T) * known
            found[:, :, place] = share[:, :, None] * change
            total += periods * share
        scale = _ratio(np.ones_like(total), total)
        changes = [change for *_, change in part]
        stacked = np.stack(changes, axis=1) if changes else np.empty((self.outcomes, 0, count))
        return found * scale[:, :, None, None], stacked

    def _chunk(self, first: np.ndarray) -> list[Statistics]:
        member: dict[tuple[int, ...], np.ndarray] = {}

        def on(paths: tuple[int, ...]) -> np.ndarray:
            """Whether each cluster is on one of these paths, (R, G)."""
            if paths not in member:
                member[paths] = _on(paths, first)
            return member[paths]

        return [self._part(part, first.shape, on) for part in self.parts]

    def _part(self, part: list, shape: tuple[int, int], on) -> Statistics:
        top, total = np.zeros((self.outcomes, shape[0])), np.zeros(shape[0])
        top_without, total_without = np.zeros((self.outcomes, *shape)), np.zeros(shape)
        for item, periods, weight, change in part:
            own, other = on((item.path,)), on(item.others)
            share = own @ self.mass
            share_without = share[:, None] - own * self.mass
            effect, effect_without = 0.0, 0.0
            known, known_without = True, True
            for side, sign in ((own, 1.0), (other, -1.0)):
                size, sums = side @ weight, change @ side.T
                left = size[:, None] - side * weight
                enough, enough_left = size > self.floor, left > self.floor
                known, known_without = known & enough, known_without & enough_left
                effect = effect + sign * sums / np.where(enough, size, 1.0)
                rest = sums[:, :, None] - side * change[:, None]
                rest /= np.where(enough_left, left, 1.0)
                effect_without = effect_without + sign * rest
            share, share_without = share * known, share_without * known_without
            top += share * effect
            total += periods * share
            top_without += share_without * effect_without
            total_without += periods * share_without
        return Statistics(_ratio(top, total), _ratio(top_without, total_without))


def _on(paths: tuple[int, ...], first: np.ndarray) -> np.ndarray:
    """1 where a cluster is on one of these paths, (R, G)."""
    among = np.zeros(max([*paths, int(first.max())]) + 1)
    among[list(paths)] = 1.0
    return among[first]


def _ratio(top: np.ndarray, total: np.ndarray) -> np.ndarray:
    known = np.broadcast_to(total > 0, top.shape)
    return np.divide(top, total, out=np.full(top.shape, np.nan), where=known)
