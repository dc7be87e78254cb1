"""Averages of group-time effects, with the uncertainty of the cohort sizes (Callaway & Sant'Anna 2021, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.estimate.did.bands import add_intervals, interval
from analysis.estimate.did.comparisons import Comparisons
from analysis.estimate.did.influence import Influence, Weighting, standard_errors
from analysis.estimate.did.support import error_unknown
from analysis.estimate.did.timeline import Timeline
from analysis.unknown import NotEstimable, NotEstimableError

KINDS = ("simple", "group", "event", "calendar")
_INDEX = {"group": "cohort", "event": "event_time", "calendar": "time"}


@dataclass(frozen=True)
class Aggregate:
    """An overall effect and, but for ``simple``, its parts.

    Attributes
    ----------
    estimate, se : float
        simple: mean over all cohort-periods after treatment, by cohort size. group: mean over cohorts of
        their mean effect, by cohort size. event: plain mean over event times from 0 on. calendar: plain
        mean over periods. `se` is NaN where it is unknown; `why_no_se` says why.
    index, estimates : ndarray, shape (J,)
        Cohorts, event times or periods, and their effects.
    covariance : ndarray, shape (J, J)
        NaN where unknown.
    base : ndarray of bool, shape (J,)
        Parts that are zero by construction.
    """

    kind: str
    estimate: float
    se: float
    index: np.ndarray
    estimates: np.ndarray
    covariance: np.ndarray
    base: np.ndarray
    clustered: bool
    n_clusters: int
    _influence: Influence
    _weighting: Weighting

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a part: cohort, event_time or time; estimate; se. One row for ``simple``."""
        if self.kind == "simple":
            return pd.DataFrame({"estimate": [self.estimate], "se": [self.se]})
        se = np.where(self.base, np.nan, standard_errors(self.covariance))
        return pd.DataFrame({_INDEX[self.kind]: self.index, "estimate": self.estimates, "se": se})

    @property
    def why_no_se(self) -> NotEstimable | None:
        """Why `se` or that of a part is missing; None where all are known."""
        variances = np.append(np.diag(self.covariance), self.se**2)
        return error_unknown(self.clustered) if np.isnan(variances).any() else None

    @property
    def influence(self) -> np.ndarray:
        """Influence function by unit, shape (N, J + 1); the overall effect is the last column."""
        return self._influence.units(self._weighting)

    def intervals(self, level: float = 0.95, *, seed: int = 0) -> pd.DataFrame:
        """`table` with pointwise and simultaneous intervals; see :func:`add_intervals`."""
        known = np.flatnonzero(self.table["se"].notna())
        return add_intervals(self.table, self.covariance[np.ix_(known, known)], self._df, level, seed=seed)

    @property
    def _df(self) -> float:
        return self.n_clusters - 1 if self.clustered else np.inf

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Pointwise interval: normal, or t(clusters − 1) with clusters; the whole line if `se` is unknown."""
        return interval(self.estimate, self.se, self._df, level)


def aggregate(
    kind: str,
    estimates: np.ndarray,
    known: np.ndarray,
    cells: Comparisons,
    timeline: Timeline,
    influence: Influence,
    clustered: bool,
    *,
    min_event: float = -np.inf,
    max_event: float = np.inf,
    binned: bool = False,
    balance: float | None = None,
) -> Aggregate:
    """Average group-time effects.

    Parameters
    ----------
    kind : {"simple", "group", "event", "calendar"}
    min_event, max_event : float
        Event times used.
    binned : bool
        For ``event``: put event times beyond these two together with them, instead of leaving them out.
    balance : float, optional
        For ``event``: only cohorts observed at least this long after treatment, so that the effects up to
        then are means over the same cohorts. As R's ``balance_e`` it keeps the event times before treatment
        that a cohort with so many periods left can have: from `balance` less the length of the panel on.

    Raises
    ------
    ValueError
        If the kind is unknown.
    NotEstimableError
        If no effect after treatment is left.
    """
    if kind not in KINDS:
        raise ValueError(f"aggregate {kind!r} is unknown: choose {', '.join(KINDS)}")
    event = timeline.event(cells.start, cells.period)
    base_cells = cells.period == cells.base
    reference = event[base_cells].max() if base_cells.any() else -timeline.step
    if binned:
        if kind != "event":
            raise ValueError(f"binned goes with 'event', not with {kind!r}")
        event = _binned(event, reference, min_event, max_event)
    usable = (event >= min_event) & (event <= max_event)
    if balance is not None:
        if kind != "event":
            raise ValueError(f"balance goes with 'event', not with {kind!r}")
        usable &= _balanced(cells, timeline, event, balance)
    post = usable & (event >= 0)
    if not post.any():
        raise NotEstimableError(
            "no effect after treatment is left to average",
            reason="er is geen periode na de start waarover gemiddeld kan worden",
        )
    sizes = np.bincount(cells.codes, weights=influence.sample.weights, minlength=len(cells.starts))
    sizes = sizes / len(cells.codes)
    labels, members = _members(kind, cells, event, usable, post)
    shares, by_cohort = _by_size(members, sizes, cells.cohort, estimates)
    overall = _overall(kind, labels, shares, by_cohort, sizes, cells, estimates)
    unknown = ((np.column_stack([shares, overall.share]) != 0) & ~known[:, None]).any(axis=0)
    weighting = Weighting(
        np.column_stack([shares, overall.share]), np.column_stack([by_cohort, overall.by_cohort])
    )
    covariance = influence.covariance(weighting)
    covariance[unknown], covariance[:, unknown] = np.nan, np.nan
    base = (members & (cells.period != cells.base)[:, None]).sum(axis=0) == 0
    return Aggregate(
        kind=kind,
        estimate=float(overall.share @ estimates),
        se=float(standard_errors(covariance)[-1]),
        index=labels if kind in ("simple", "event") else timeline.labels[labels],
        estimates=shares.T @ estimates,
        covariance=covariance[:-1, :-1],
        base=base,
        clustered=clustered,
        n_clusters=influence.sample.n_clusters,
        _influence=influence,
        _weighting=weighting,
    )


def _binned(event: np.ndarray, reference: float, min_event: float, max_event: float) -> np.ndarray:
    """Event times with those beyond `min_event` and `max_event` put together with these.

    Raises
    ------
    ValueError
        If the first bin would hold the reference, or the last one effects before treatment.
    """
    if not min_event < reference or not max_event >= 0:
        raise ValueError(
            f"event times cannot be put together at {min_event:g} and {max_event:g}: the first bin lies "
            f"before the reference {reference:g}, and the last one at 0 or later"
        )
    return np.where(np.isfinite(event), np.clip(event, min_event, max_event), event)


def _balanced(cells: Comparisons, timeline: Timeline, event: np.ndarray, balance: float) -> np.ndarray:
    """Cells of cohorts observed until `balance` after treatment, at the event times they can have."""
    last = np.full(len(cells), len(timeline) - 1)
    long_enough = timeline.event(cells.start, last) >= balance
    if not (long_enough & (event == balance)).any():
        raise NotEstimableError(
            f"no cohort has an effect {balance:g} periods after treatment",
            reason="geen groep is zo lang na de start gevolgd",
        )
    length = (timeline.clock[-1] - timeline.clock[0]) * timeline.step
    return long_enough & (event <= balance) & (event >= balance - length)


def _members(kind, cells: Comparisons, event, usable, post) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the parts, shape (J,): event times or positions; and the cells in each, shape (M, J)."""
    if kind == "simple":
        return np.zeros(1), post[:, None]
    of_cell, used = {
        "group": (cells.start, post),
        "event": (event, usable),
        "calendar": (cells.period, post),
    }[kind]
    labels = np.unique(of_cell[used])
    return labels, (of_cell[:, None] == labels) & used[:, None]


def _by_size(
    members: np.ndarray, sizes: np.ndarray, cohort: np.ndarray, estimates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shares by cohort size, shape (M, J), and what estimating the sizes adds, shape (K, J).

    With θ = Σ p_m τ_m / Σ p_m the derivative to the size of cohort k is Σ_(m of k) (τ_m − θ) / Σ p_m; the
    influence of a size is w·1{cohort} − p, and the part with p sums to zero.
    """
    mass = sizes[cohort][:, None] * members
    total = mass.sum(axis=0)
    shares = mass / total
    slope = members * (estimates[:, None] - shares.T @ estimates) / total
    by_cohort = np.zeros((len(sizes), members.shape[1]))
    np.add.at(by_cohort, cohort, slope)
    return shares, by_cohort


def _overall(kind, labels, shares, by_cohort, sizes, cells, estimates) -> Weighting:
    """The overall effect as a weighting of the cells."""
    if kind == "simple":
        return Weighting(shares[:, 0], by_cohort[:, 0])
    if kind != "group":
        used = labels >= 0 if kind == "event" else np.ones(len(labels), dtype=bool)
        return Weighting(shares[:, used].mean(axis=1), by_cohort[:, used].mean(axis=1))
    parts = shares.T @ estimates
    position = np.searchsorted(cells.starts, labels)
    weight = sizes[position] / sizes[position].sum()
    overall_by_cohort = by_cohort @ weight
    overall_by_cohort[position] += (parts - weight @ parts) / sizes[position].sum()
    return Weighting(shares @ weight, overall_by_cohort)
