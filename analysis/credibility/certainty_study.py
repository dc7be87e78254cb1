"""How far the answer to one question can be trusted: every check of it, each costing itself and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.credibility.alternatives import by_estimator, by_weights
from analysis.credibility.anticipation import Anticipation, anticipation
from analysis.credibility.concurrent import Concurrent, concurrent, policy_cells
from analysis.credibility.leave_one_out import leave_one_out
from analysis.credibility.placebo import placebo_dates
from analysis.credibility.power import Power, simulate_power
from analysis.credibility.pretrends import Pretrends, pretrends
from analysis.credibility.rosenbaum import HiddenBias, hidden_bias
from analysis.credibility.sensitivity import Sensitivity
from analysis.credibility.sensitivity_path import path_sensitivity
from analysis.credibility.size_table import shock_models, size_table
from analysis.credibility.specification_curve import Curve, specification_curve, specifications
from analysis.credibility.spillover import Spillover, neighbour_shares, spillover
from analysis.credibility.trend_allowance import TrendAllowance, trend_allowance
from analysis.inference import Answer, ClusterPanel, Setting, answered, cluster_panel, event_path
from analysis.unknown import NotEstimable, NotEstimableError, attempt

ESTIMATORS = ("not_yet", "never", "imputation", "two_way")


@dataclass(frozen=True)
class Plan:
    """What is declared beforehand.

    Attributes
    ----------
    anticipation : tuple of int
        Periods tried.
    placebo : tuple of float
        How much earlier programmes are pretended to have started; in periods of the panel.
    leads : int
        Periods before the reference period that sensitivity looks at.
    mbar : tuple of float
        Violations after the start as a multiple of the largest before it.
    allowances : tuple of float
        Drifts a period that the exact test allows for.
    smallest : float or None
        Smallest effect of interest: for equivalence, and for the exaggeration of what would be found.
    strata : mapping of cluster to stratum, or None
        Within which clusters may change places, such as periphery and centre.
    periphery : tuple of str
        Clusters that may share shocks, in the table of sizes.
    draws : int
        Worlds behind sizes and power: enough to tell 5 from 7 %.
    reassigned : int
        Re-assignments sampled in each of them and in the curve.
    """

    anticipation: tuple[int, ...] = (1,)
    placebo: tuple[float, ...] = (1, 2, 3)
    leads: int = 4
    mbar: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
    allowances: tuple[float, ...] = (0.0,)
    smallest: float | None = None
    strata: Mapping[str, object] | None = None
    periphery: tuple[str, ...] = ()
    draws: int = 2_000
    reassigned: int = 999


@dataclass(frozen=True)
class CertaintyStudy:
    """The checks of one question; each a result or the reason why there is none.

    Attributes
    ----------
    main, within_strata : Answer or NotEstimable
        The headline; and re-assigned within the declared strata only, None without strata.
    weights, estimators, without, placebo : pandas.DataFrame or NotEstimable
        Other ways of weighing, other estimators, each cluster left out, and starts pretended earlier: one row
        each, with its own test, and a reason where there is none.
    early : Anticipation or NotEstimable
    neighbours : Spillover, NotEstimable or None
    beside : Concurrent, NotEstimable or None
        With another programme; None without one.
    pretrends : Pretrends or NotEstimable
    sensitivity : Sensitivity or NotEstimable
    allowance : TrendAllowance or NotEstimable
    hidden : HiddenBias or NotEstimable
    curve : Curve or NotEstimable
    sizes : pandas.DataFrame or NotEstimable
        Of the tests, in this design under several models of shocks.
    power : Power, NotEstimable or None
        Of the headline's test; None without noise and effects.
    """

    main: Answer | NotEstimable
    within_strata: Answer | NotEstimable | None
    weights: pd.DataFrame | NotEstimable
    estimators: pd.DataFrame | NotEstimable
    without: pd.DataFrame | NotEstimable
    placebo: pd.DataFrame | NotEstimable
    early: Anticipation | NotEstimable
    neighbours: Spillover | NotEstimable | None
    beside: Concurrent | NotEstimable | None
    pretrends: Pretrends | NotEstimable
    sensitivity: Sensitivity | NotEstimable
    allowance: TrendAllowance | NotEstimable
    hidden: HiddenBias | NotEstimable
    curve: Curve | NotEstimable
    sizes: pd.DataFrame | NotEstimable
    power: Power | NotEstimable | None


def certainty_study(
    frame: pd.DataFrame,
    plan: Plan,
    *,
    comparison: str = "not_yet",
    weights: str | None = None,
    other_weights: Sequence[str] = (),
    borders: Mapping[str, Sequence[str]] | None = None,
    other_starts: Mapping[str, float | None] | None = None,
    noise: Callable[[ClusterPanel], Callable[[Sequence[int]], np.ndarray]] | None = None,
    effects: Sequence[float] = (),
    level: float = 0.95,
    seed: int = 0,
) -> CertaintyStudy:
    """Every check of the answer to a question, from its panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, cluster, time, cohort and value, and the columns of weights.
    plan : Plan
    comparison : {"not_yet", "never"}
    weights : str, optional
        Column of the headline's weights; each unit counts the same unless given.
    other_weights : sequence of str
        Columns that weigh otherwise. Every unit the same, and every cluster the same, are tried in any case.
    borders : mapping of cluster to its neighbours, optional
    other_starts : mapping of cluster to the start of another programme, optional
    noise : callable, optional
        From the panel that is used to a callable from seeds to outcomes without an effect, for instance
        ``lambda panel: Noise(panel, sd=0.8)`` with :class:`analysis.credibility.noise.Noise`.
    effects : sequence of float
        For power; the first zero.
    level, seed : float, int

    Raises
    ------
    ValueError
        For malformed input. What well-formed input cannot answer is a reason in its place.
    """
    names = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value", "cluster": "cluster"}
    samples = _samples(frame, names, weights, other_weights)
    panel = attempt(lambda: samples["headline"].without_early())
    if isinstance(panel, NotEstimable):
        none = dict.fromkeys(CertaintyStudy.__dataclass_fields__, panel)
        optional = {
            "within_strata": plan.strata,
            "neighbours": borders,
            "beside": other_starts,
            "power": noise,
        }
        return CertaintyStudy(**none | {name: panel for name, value in optional.items() if value is not None})
    samples = {name: item.without_early() for name, item in samples.items()}
    setting, options = Setting(comparison), {"level": level, "seed": seed}
    others = {name: item for name, item in samples.items() if name != "headline"}
    settings = {name: Setting(name) for name in ESTIMATORS if name != comparison}
    shares = None if borders is None else neighbour_shares(panel.clusters, _among(borders, panel.clusters))
    policy = None if other_starts is None else policy_cells(panel, other_starts)
    return CertaintyStudy(
        main=attempt(answered, panel, setting, control=comparison, **options),
        within_strata=None
        if plan.strata is None
        else attempt(answered, panel, setting, control=comparison, strata=dict(plan.strata), **options),
        weights=attempt(by_weights, others, setting=setting, **options),
        estimators=attempt(by_estimator, panel, settings, **options),
        without=attempt(leave_one_out, panel, setting=setting, **options),
        placebo=attempt(placebo_dates, panel, plan.placebo, setting=setting, in_periods=True, **options),
        early=attempt(anticipation, panel, plan.anticipation, control=comparison, **options),
        neighbours=None if shares is None else attempt(spillover, panel, shares, **options),
        beside=None if policy is None else attempt(concurrent, panel, policy, **options),
        pretrends=attempt(pretrends, panel, headline=setting, bound=plan.smallest, **options),
        sensitivity=attempt(_sensitivity, panel, setting, plan, level, seed),
        allowance=attempt(trend_allowance, panel, setting, plan.allowances, **options),
        hidden=attempt(hidden_bias, panel, setting, alpha=1 - level, seed=seed),
        curve=attempt(_curve, samples, plan, shares, policy, 1 - level, seed),
        sizes=attempt(_sizes, panel, comparison, plan, 1 - level, seed),
        power=None
        if noise is None
        else attempt(_power, panel, setting, noise, effects, plan, 1 - level, seed),
    )


def _samples(frame, names, weights, other_weights) -> dict[str, ClusterPanel]:
    samples = {"headline": cluster_panel(frame, **names, weights=weights)}
    if weights is not None:
        samples["units"] = cluster_panel(frame, **names)
    samples |= {name: cluster_panel(frame, **names, weights=name) for name in other_weights}
    return samples | {"clusters": cluster_panel(frame, **names, equal_clusters=True)}


def _among(borders: Mapping[str, Sequence[str]], clusters: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Borders between the clusters of the panel."""
    return {
        name: tuple(other for other in borders[name] if other in clusters)
        for name in clusters
        if name in borders
    }


def _sensitivity(panel, setting, plan: Plan, level: float, seed: int) -> Sensitivity:
    path = event_path(panel, setting)
    return path_sensitivity(path, leads=plan.leads, mbar=plan.mbar, level=level, seed=seed)


def _curve(samples, plan: Plan, shares, policy, alpha: float, seed: int) -> Curve:
    chosen = specifications(
        estimators=ESTIMATORS,
        samples=tuple(samples),
        anticipation=(0, *plan.anticipation),
        without=("", *samples["headline"].clusters),
        spillover=(False,) if shares is None else (False, True),
        policy=(False,) if policy is None else (False, True),
    )
    return specification_curve(
        samples, chosen, neighbours=shares, policy=policy, alpha=alpha, draws=plan.reassigned, seed=seed
    )


def _sizes(panel, comparison: str, plan: Plan, alpha: float, seed: int) -> pd.DataFrame:
    tests = {name: Setting(name) for name in (comparison, "imputation", "two_way")}
    models = shock_models(panel, periphery=plan.periphery)
    options = {"draws": plan.draws, "reassigned": plan.reassigned, "alpha": alpha, "seed": seed}
    return size_table(panel, tests, models, **options)


def _power(panel, setting, noise, effects, plan: Plan, alpha: float, seed: int) -> Power:
    if not len(effects):
        raise NotEstimableError(
            "no sizes of effects are given to find the power of", reason="er zijn geen effecten opgegeven"
        )
    tests, options = {"main": setting}, {"alpha": alpha, "reassigned": plan.reassigned, "draws": plan.draws}
    return simulate_power(panel, noise(panel), effects, tests, seed=seed, **options)["main"]
