"""Did each cohort move like those it is compared with before it started, and could the test have told?

One contrast a cohort: the slope of its difference from the clusters not yet treated, over the periods before
its start. A trend of one cohort alone is lost in a joint test of all periods and adopters; a slope has it.
The test comes with the slope that it would find, with what a slope does to the headline, with an equivalence
version, and with what looking only at designs that pass does to the headline (Roth 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.group_time import GroupTime, comparisons
from analysis.inference.inversion import TIE, NullDistribution
from analysis.inference.reassigned import as_null, smallest_p, statistics
from analysis.inference.setting import Setting
from analysis.inference.statistics import Statistics
from analysis.unknown import NotEstimableError, attempt

WORLDS = 4_000  # shocks behind power and what passing does
PARTS = 10  # of the worlds, each judged by itself, for the simulation error of what all of them say
TOGETHER = "all"


@dataclass(frozen=True)
class Pretrends:
    """Slopes before the start, by cohort and together.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a cohort and one for all together (by observed weight): cohort (first treated period, or
        "all"), treated_clusters, comparison_clusters (the most that it is compared with), clusters (of the
        panel), periods (before the start), smallest_p, slope (per period), se, low, high, p_value,
        bias_of_one (what a slope of one does to the headline), bias (what this slope does), detectable_50,
        detectable_80 (slopes found that often), detectable_80_se (its simulation error), equivalent (whether
        the headline's bias is shown to be below `bound`; None without one), reason.
    p_value : float
        Of no slope in any cohort, by the smallest of their p-values under re-assignment.
    clusters, treated_clusters, comparison_clusters : int
        Of the panel; those of a cohort that could be tested; the most that these are compared with.
    bound : float or None
        Bias of the headline below which trends count as alike.
    """

    table: pd.DataFrame
    p_value: float
    smallest_p: float
    exact: bool
    draws: int
    monte_carlo_se: float
    clusters: int
    treated_clusters: int
    comparison_clusters: int
    level: float
    bound: float | None
    _worlds: _Worlds | None = field(repr=False, default=None)

    def passing(self, slope: float, cohort: float | str = TOGETHER) -> tuple[float, float, float]:
        """What a slope of a cohort does to the headline: by itself, given that no slope is found, and the
        chance of that.

        Parameters
        ----------
        slope : float
            Per period.
        cohort : float or "all"
            As in `table`.
        """
        worlds, place = self._told(cohort)
        bias = slope * float(self.table["bias_of_one"][place])
        noise, passes = worlds.given_passing(place, slope)
        return bias, bias + noise, passes

    def missed(self, cohort: float | str = TOGETHER) -> Missed:
        """What the slope of a cohort does that its test misses as often as it finds it (Roth 2022)."""
        worlds, place = self._told(cohort)
        effect = float(self.table["bias_of_one"][place])

        def told(some: _Worlds) -> np.ndarray:
            slope = _detectable(some, place, 0.5)
            bias = slope * effect
            return np.array([slope, bias, bias + some.given_passing(place, slope)[0]])

        return Missed(*told(worlds), *worlds.simulation_error(told)[1:])

    def _told(self, cohort: float | str) -> tuple[_Worlds, int]:
        if self._worlds is None:
            raise ValueError("asked for without power: call pretrends(..., power=True)")
        row = self.table.index[self.table["cohort"] == cohort]
        if not len(row):
            raise ValueError(f"no cohort {cohort!r}; known are {', '.join(map(str, self.table['cohort']))}")
        return self._worlds, int(row[0])


@dataclass(frozen=True)
class Missed:
    """A slope that the test finds in half of all worlds.

    Attributes
    ----------
    slope : float
        Per period; missing where no slope is found that often.
    bias, bias_passing : float
        What it does to the headline; and in worlds in which no slope is found.
    bias_se, bias_passing_se : float
        Their simulation errors.
    """

    slope: float
    bias: float
    bias_passing: float
    bias_se: float
    bias_passing_se: float


def pretrends(
    panel: ClusterPanel,
    *,
    headline: Setting | None = None,
    bound: float | None = None,
    power: bool = True,
    level: float = 0.95,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> Pretrends:
    """Test the slope before the start of every cohort that has two periods there or more.

    Parameters
    ----------
    headline : Setting, optional
        The estimate that trends may bias; its anticipation is left out of the periods before the start.
    bound : float, optional
        For equivalence: the bias that does not matter, such as the smallest effect of interest.
    power : bool
        Find the detectable slopes as well.
    max_exact, draws, seed
        Enumerate up to `max_exact` re-assignments, else sample.

    Raises
    ------
    NotEstimableError
        If no cohort has two periods before its start and clusters to compare with.

    Notes
    -----
    Tests and intervals are over the jackknife error, by re-assignment, and inverted, as the headline's. But
    here starts move, and not histories: a trend is part of a history, and would pass for volatility.
    Detectable slopes and `passing` are for independent shocks of the size that the slope's error shows.
    """
    headline = headline or Setting()
    panel = panel.without_early(headline.anticipation)
    parts, rows = _contrasts(panel, headline)
    drawn, exact = reassignments(panel.assigned, max_exact=max_exact, draws=draws, seed=seed)
    first = np.vstack([panel.first, panel.position(panel.begin(drawn))])
    lines = [row.line(panel) for row in rows]
    outcomes = np.stack([panel.outcome, *(line[panel.cluster] for line in lines)])
    found = _combined(GroupTime(panel, parts, outcomes)(first), rows)
    size = float(np.abs(panel.outcome).max())
    nulls = [
        attempt(as_null, Statistics(item.estimate[[0, place + 1]], item.without[[0, place + 1]]), size=size)
        for place, item in enumerate(found)
    ]
    known = [place for place, null in enumerate(nulls) if null]
    if not known:
        raise NotEstimableError(nulls[0].detail, reason=nulls[0].reason)
    effect = statistics(panel, headline, panel.start[None], outcomes[1:]).estimate[:, 0]
    crossed = np.array([item.estimate[1:, 0] for item in found])
    worlds = _Worlds.of(panel, parts, rows, headline, nulls, crossed, 1 - level, seed) if power else None
    table = pd.DataFrame(
        [
            _row(row, nulls[place], float(effect[place]), level, bound, exact, len(panel.clusters))
            | {f"detectable_{share}": _detectable(worlds, place, share / 100) for share in (50, 80)}
            | {"detectable_80_se": _detectable_error(worlds, place, 0.8)}
            for place, row in enumerate(rows)
        ]
    )
    ranks = np.stack([_ranks(nulls[place]) for place in known])  # (K, R), p-values of every assignment
    together = ranks.min(axis=0)
    observed = min(nulls[place].p_value() for place in known)
    p = float((together <= observed + TIE).mean())
    return Pretrends(
        table=table,
        p_value=p,
        smallest_p=float((together <= together.min() + TIE).mean()),
        exact=exact,
        draws=len(drawn),
        monte_carlo_se=0.0 if exact else float(np.sqrt(p * (1 - p) / len(drawn))),
        clusters=len(panel.clusters),
        treated_clusters=int(np.any([rows[place].members for place in known], axis=0).sum()),
        comparison_clusters=max(rows[place].compared for place in known),
        level=level,
        bound=bound,
        _worlds=worlds,
    )


@dataclass(frozen=True)
class _Contrast:
    """A slope as weights on parts, and the clusters whose trend it is.

    Attributes
    ----------
    cohort : float or "all"
    weights : ndarray, shape (parts,)
    members : ndarray of bool, shape (G,)
    compared : int
        The most clusters that a part compares them with.
    base : ndarray of int, shape (G,)
        Reference period of each cluster.
    """

    cohort: float | str
    weights: np.ndarray
    members: np.ndarray
    compared: int
    base: np.ndarray
    periods: int

    def line(self, panel: ClusterPanel) -> np.ndarray:
        """A trend of one a period of the members, zero in their reference period; shape (G, T)."""
        return (np.arange(len(panel.times)) - self.base[:, None]) * self.members[:, None]


def _contrasts(panel: ClusterPanel, headline: Setting) -> tuple[list, list[_Contrast]]:
    """One part a cohort and period before its start, and the slopes of the cohorts and of all together."""
    control = "never" if headline.estimator == "never" else "not_yet"
    items = comparisons(np.unique(panel.first), len(panel.times), Setting(control, headline.anticipation))
    early = [item for item in items if item.periods[0] < item.base]
    base = panel.first - headline.anticipation - 1
    parts, rows, mass = [], [], []
    for path in sorted({item.path for item in early}):
        own = [item for item in early if item.path == path]
        parts += [[item] for item in own]
        x = np.array([item.periods[0] - item.base for item in own], dtype=float)
        centre = x.sum() / (len(x) + 1)  # the reference period counts, at zero
        spread = ((x - centre) ** 2).sum() + centre**2
        weights = np.zeros(len(early))
        weights[len(parts) - len(own) : len(parts)] = (x - centre) / spread
        members = panel.first == path
        compared = max(int(np.isin(panel.first, item.others).sum()) for item in own)
        rows.append(_Contrast(float(panel.times[path]), weights, members, compared, base, len(own) + 1))
        mass.append(panel.mass[members].sum())
    if not rows:
        raise NotEstimableError(
            "no cohort has two periods before its start and clusters to compare with: no trend can be seen",
            reason="er zijn te weinig metingen vóór de start",
        )
    if len(rows) > 1:
        share = np.array(mass) / np.sum(mass)
        weights = share @ np.stack([row.weights for row in rows])
        members = np.any([row.members for row in rows], axis=0)
        compared, longest = (max(getattr(row, name) for row in rows) for name in ("compared", "periods"))
        rows.append(_Contrast(TOGETHER, weights, members, compared, base, longest))
    return parts, rows


def _combined(found: list[Statistics], rows: list[_Contrast]) -> list[Statistics]:
    """The slopes, from the parts."""
    estimate = np.stack([part.estimate for part in found])
    without = np.stack([part.without for part in found])
    combined = []
    for row in rows:
        used = row.weights != 0
        combined.append(
            Statistics(
                np.tensordot(row.weights[used], estimate[used], axes=1),
                np.tensordot(row.weights[used], without[used], axes=1),
            )
        )
    return combined


def _row(
    row: _Contrast, null, effect: float, level: float, bound: float | None, exact: bool, clusters: int
) -> dict:
    shared = {
        "cohort": row.cohort,
        "treated_clusters": int(row.members.sum()),
        "comparison_clusters": row.compared,
        "clusters": clusters,
        "periods": row.periods,
        "bias_of_one": effect,
    }
    if not null:
        empty = dict.fromkeys(("slope", "se", "low", "high", "p_value", "smallest_p", "bias"), np.nan)
        return shared | empty | {"equivalent": None, "reason": null.reason}
    se = float(np.sqrt(null.variance))
    least = smallest_p(null, exact=exact)
    low, high = null.interval(level, scale=se, smallest_p=least)
    equivalent = None
    if bound is not None:
        inner = null.interval(2 * level - 1, scale=se, smallest_p=least)  # two one-sided tests
        equivalent = bool(max(abs(inner[0]), abs(inner[1])) * abs(effect) < bound)
    return shared | {
        "slope": null.estimate,
        "se": se,
        "low": low,
        "high": high,
        "p_value": null.p_value(),
        "smallest_p": least,
        "bias": null.estimate * effect,
        "equivalent": equivalent,
        "reason": "",
    }


def _ranks(null: NullDistribution) -> np.ndarray:
    """p-value of every re-assignment, were it the observed one, shape (R,)."""
    _, drawn = null.statistics()
    ordered = np.sort(drawn)
    return 1 - np.searchsorted(ordered, drawn * (1 - TIE), side="left") / len(drawn)


@dataclass(frozen=True)
class _Worlds:
    """Slopes, their errors and the headline in worlds of this design with independent shocks of variance one.

    Attributes
    ----------
    slope, se : ndarray, shape (D, K)
    headline : ndarray, shape (D,)
    scale : ndarray, shape (K,)
        Standard deviation of the shocks that the error of each slope shows; NaN where it has none.
    crossed : ndarray, shape (K, K)
        What a slope of one in the clusters of a column does to the contrast of a row.
    critical : ndarray, shape (K,)
        Of each by itself.
    joint : float
        Factor on all of them for one test of all.
    """

    slope: np.ndarray
    se: np.ndarray
    headline: np.ndarray
    scale: np.ndarray
    crossed: np.ndarray
    alpha: float
    critical: np.ndarray
    joint: float

    @classmethod
    def of(cls, panel, parts, rows, headline, nulls, crossed, alpha: float, seed: int) -> _Worlds:
        count, periods = len(panel.clusters), len(panel.times)
        units = np.eye(count * periods).reshape(-1, count, periods)
        found = _combined(GroupTime(panel, parts, units, by_cluster=True)(panel.first[None]), rows)
        shocks = np.random.default_rng(seed).standard_normal((WORLDS, count * periods))
        effect = statistics(panel, headline, panel.start[None], units[:, panel.cluster]).estimate[:, 0]
        slope = np.stack([shocks @ item.estimate[:, 0] for item in found], axis=1)
        se = np.empty_like(slope)
        for column, item in zip(se.T, found, strict=True):
            deviation = shocks @ (item.without[:, 0] - item.estimate)
            column[:] = np.sqrt((count - 1) / count * (deviation**2).sum(axis=1))
        shown = np.array([np.sqrt(null.variance) if null else np.nan for null in nulls])
        scale = shown / np.sqrt((se**2).mean(axis=0))
        return cls._judged(slope, se, shocks @ effect, scale, crossed, alpha)

    @classmethod
    def _judged(cls, slope, se, headline, scale, crossed, alpha: float) -> _Worlds:
        """With the critical values that these worlds show."""
        t = np.abs(slope / se)
        critical = np.quantile(t, 1 - alpha, axis=0)
        with_error = np.isfinite(critical)
        joint = float(np.quantile((t / critical)[:, with_error].max(axis=1), 1 - alpha))
        return cls(slope, se, headline, scale, crossed, alpha, critical, joint)

    def simulation_error(self, told: Callable[[_Worlds], np.ndarray | float]) -> np.ndarray | float:
        """Standard error of what the worlds tell, from parts of them that are judged by themselves."""
        parts = [
            self._judged(slope, se, headline, self.scale, self.crossed, self.alpha)
            for slope, se, headline in zip(
                *(np.array_split(item, PARTS) for item in (self.slope, self.se, self.headline)), strict=True
            )
        ]
        return np.std([told(part) for part in parts], axis=0, ddof=1) / np.sqrt(PARTS)

    def power(self, place: int, slope: float) -> float:
        """How often a slope is found by the test of its own contrast."""
        t = np.abs(self.scale[place] * self.slope[:, place] + slope) / (self.scale[place] * self.se[:, place])
        return float((t > self.critical[place]).mean())

    def given_passing(self, place: int, slope: float) -> tuple[float, float]:
        """Mean error of the headline in worlds in which no slope is found, and their share."""
        size = self.scale[place]
        t = np.abs(size * self.slope + slope * self.crossed[:, place]) / (size * self.se)
        limit = self.joint * self.critical
        passed = ~(t > limit)[:, np.isfinite(limit)].any(axis=1)
        if not passed.any():
            return np.nan, 0.0
        return float(size * self.headline[passed].mean()), float(passed.mean())


def _detectable(worlds: _Worlds | None, place: int, share: float) -> float:
    if worlds is None or not np.isfinite(worlds.scale[place] * worlds.critical[place]):
        return np.nan
    high = float(worlds.scale[place] * worlds.se[:, place].mean())
    for _ in range(20):
        if worlds.power(place, high) >= share:
            break
        high *= 2
    low = 0.0
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if worlds.power(place, middle) >= share else (middle, high)
    return high


def _detectable_error(worlds: _Worlds | None, place: int, share: float) -> float:
    if worlds is None:
        return np.nan
    return float(worlds.simulation_error(lambda some: _detectable(some, place, share)))
