"""What the answer to one question hangs on, and what it could have shown; each part costs only itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from analysis.credibility.specification_curve import (
    ALL,
    Curve,
    specification_curve,
    specifications,
)
from analysis.credibility.spillover import Spillover, neighbour_shares, spillover
from analysis.credibility.trend_allowance import TrendAllowance, trend_allowance
from analysis.design.robustness import AlarmPlan, ChecksPlan, CurvePlan, PowerPlan, Robustness
from analysis.estimate.panel_noise import PanelNoise, panel_noise
from analysis.estimate.sampled_means import precision_weights
from analysis.inference import (
    ClusterPanel,
    Setting,
    Tested,
    cluster_panel,
    event_path,
    randomised,
)
from analysis.unknown import NotEstimable, NotEstimableError, attempt

UNITS, PEOPLE, PRECISION, CLUSTERS = "municipalities", "inhabitants", "precision", "provinces"
ESTIMATORS = ("never", "imputation", "two_way")
MIN_MEASUREMENTS = 3  # below it persistence cannot be told from place and measurement effects
MOST_ALONE = 40  # clusters that the curve leaves out one by one; of hundreds of municipalities none decides
NAMES = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value", "cluster": "cluster"}


@dataclass(frozen=True)
class CertaintyStudy:
    """The checks of one question; each a result, or the reason why there is none.

    Attributes
    ----------
    whole : Tested or NotEstimable
        The headline again, by the engine that all checks use.
    strata : Tested or NotEstimable
        The same test with re-assignment among like clusters only; its draws are the assignments left.
    weights, estimators, without, dates : pandas.DataFrame or NotEstimable
        One row a choice, see :func:`analysis.inference.reassigned.as_table`.
    drift : Sensitivity or NotEstimable
        Rambachan and Roth.
    noise : PanelNoise or NotEstimable
        What places do by themselves; see :func:`analysis.estimate.panel_noise.panel_noise`.
    power : Power or NotEstimable
        Of the headline test, with that noise or with the noise given.
    alarms : pandas.DataFrame or NotEstimable
        How often the headline test rejects without an effect in this design; see
        :func:`analysis.credibility.size_table.size_table`.
    """

    whole: Tested | NotEstimable
    strata: Tested | NotEstimable
    weights: pd.DataFrame | NotEstimable
    estimators: pd.DataFrame | NotEstimable
    without: pd.DataFrame | NotEstimable
    dates: pd.DataFrame | NotEstimable
    early: Anticipation | NotEstimable
    spill: Spillover | NotEstimable
    beside: Concurrent | NotEstimable
    trends: Pretrends | NotEstimable
    drift: Sensitivity | NotEstimable
    allowance: TrendAllowance | NotEstimable
    hidden: HiddenBias | NotEstimable
    curve: Curve | NotEstimable
    noise: PanelNoise | NotEstimable
    power: Power | NotEstimable
    alarms: pd.DataFrame | NotEstimable


def certainty_study(
    frame: pd.DataFrame,
    plan: Robustness,
    *,
    control: str,
    smallest: float,
    neighbours: Mapping[str, Sequence[str]],
    other: Mapping[str, float | None] | None = None,
    moments: Sequence[float] = (),
    level: float = 0.95,
    seed: int = 0,
) -> CertaintyStudy:
    """Put the answer to a question through all checks.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of :class:`analysis.panel.question.Panel`.
    plan : Robustness
        What is tried.
    control : str
        Whom the headline compares with.
    smallest : float
        The smallest effect that would matter: scales the drifts allowed and the effects tried for power.
    neighbours : mapping of cluster to clusters
    other : mapping of cluster to float, optional
        First measurement under the other programme; None for none. Absent where there is no other programme.
    moments : sequence of float
        When each measurement was, in years, for what places do by themselves.
    """
    samples = attempt(_samples, frame)
    if isinstance(samples, NotEstimable):
        return CertaintyStudy(**dict.fromkeys(CertaintyStudy.__dataclass_fields__, samples))
    panel = samples[UNITS]
    main = Setting(control)
    options = {"level": level, "seed": seed}
    shares = attempt(_shares, panel, neighbours)
    policy = attempt(_policy, panel, other)
    noise = attempt(_noise, frame, neighbours, moments, level)
    worlds = attempt(_ByRow.of, noise, panel, moments)
    return CertaintyStudy(
        whole=attempt(randomised, panel, main, **options),
        strata=attempt(_within_strata, panel, main, plan.strata.randstad, options),
        weights=attempt(
            by_weights,
            {name: item for name, item in samples.items() if name != UNITS},
            setting=main,
            **options,
        ),
        estimators=attempt(by_estimator, panel, {name: Setting(name) for name in ESTIMATORS}, **options),
        without=attempt(leave_one_out, panel, _by_province(frame, panel), setting=main, **options),
        dates=attempt(placebo_dates, panel, plan.checks.placebo, setting=main, **options),
        early=attempt(anticipation, panel, plan.checks.anticipation, control=control, **options),
        spill=attempt(spillover, panel, shares, **options),
        beside=attempt(concurrent, panel, policy, **options),
        trends=attempt(pretrends, panel, headline=main, bound=smallest, **options),
        drift=attempt(_drift, panel, main, plan.checks, level, seed),
        allowance=attempt(
            trend_allowance,
            panel,
            main,
            [smallest * share for share in (0.0, 0.25, 0.5, 1.0)],
            **options,
        ),
        hidden=attempt(hidden_bias, panel, main, alpha=1 - level, seed=seed),
        curve=attempt(_curve, samples, plan.curve, level, shares=shares, policy=policy),
        noise=noise,
        power=attempt(_power, panel, worlds, main, plan.power, smallest),
        alarms=attempt(_alarms, panel, frame, main, plan.alarm, 1 - level),
    )


def _samples(frame: pd.DataFrame) -> dict[str, ClusterPanel]:
    """Every unit the same; by people where known; by precision where each value has an error; every cluster
    the same where it has several units.

    Without clusters that began before the first measurement, as in the headline.
    """
    found = {UNITS: cluster_panel(frame, **NAMES)}
    if "n" in frame.columns:
        found[PEOPLE] = cluster_panel(frame, **NAMES, weights="n")
    if "se" in frame.columns and frame["se"].notna().all():
        weighted = attempt(_precise, frame)
        if not isinstance(weighted, NotEstimable):
            found[PRECISION] = cluster_panel(weighted, **NAMES, weights="precision")
    if frame["unit"].nunique() > frame["cluster"].nunique():
        found[CLUSTERS] = cluster_panel(frame, **NAMES, equal_clusters=True)
    return {name: panel.without_early() for name, panel in found.items()}


def _precise(frame: pd.DataFrame) -> pd.DataFrame:
    """With one weight a unit: what its values earn by their sampling variance and the noise beyond it."""
    begun = frame["time"] >= frame["cohort"]
    table = frame.assign(variance=frame["se"] ** 2, begun=begun)
    found = precision_weights(table, unit="unit", time="time", mean="value", treated="begun")
    return frame.assign(precision=found.weights.groupby(frame["unit"]).transform("mean"))


def _shares(panel: ClusterPanel, neighbours: Mapping[str, Sequence[str]]) -> np.ndarray:
    here = set(panel.clusters)
    if not here <= set(neighbours):
        raise NotEstimableError(
            "the clusters are no provinces: their neighbours are not known",
            reason="van deze plaatsen zijn de buren niet bekend",
        )
    return neighbour_shares(panel.clusters, {one: [x for x in neighbours[one] if x in here] for one in here})


def _policy(panel: ClusterPanel, other: Mapping[str, float | None] | None) -> np.ndarray:
    starts = {name: (other or {}).get(name) for name in panel.clusters}
    cells = policy_cells(panel, starts)
    if not cells.any():
        raise NotEstimableError(
            "no other programme started within the panel",
            reason="van een ander programma is geen start binnen de metingen bekend",
        )
    return cells


def _noise(frame, neighbours, moments: Sequence[float], level: float) -> PanelNoise:
    """From means by cluster: those are what the inference is about.

    From the measurements of all clusters; one that a cluster missed is left out, not the cluster.
    """
    if not len(moments):
        raise NotEstimableError("the measurements have no dates", reason="de metingen hebben geen datum")
    means = frame.groupby(["cluster", "time"], as_index=False)["value"].mean()
    complete = means.groupby("time")["cluster"].transform("nunique") == means["cluster"].nunique()
    if means.loc[complete, "time"].nunique() < MIN_MEASUREMENTS:
        raise NotEstimableError(
            f"fewer than {MIN_MEASUREMENTS} measurements of every cluster: what places do by themselves "
            "cannot be told",
            reason=f"minder dan {MIN_MEASUREMENTS} keer zijn alle provincies gemeten",
        )
    means = means[complete]
    if not set(means["cluster"]) <= set(neighbours):
        raise NotEstimableError(
            "the clusters are no provinces", reason="van deze plaatsen zijn de buren niet bekend"
        )
    before = means.assign(when=[moments[time] for time in means["time"]])
    here = set(before["cluster"])
    near = {one: [x for x in neighbours[one] if x in here] for one in here}
    return panel_noise(before, unit="cluster", time="when", outcome="value", neighbours=near, level=level)


@dataclass(frozen=True)
class _ByRow:
    """Shocks of places, for the rows of a panel: units of a place share them."""

    noise: PanelNoise
    place: np.ndarray
    moments: Sequence[float]

    @classmethod
    def of(cls, noise: PanelNoise, panel: ClusterPanel, moments: Sequence[float]) -> _ByRow:
        place = np.array([noise.places.index(label) for label in panel.clusters])
        return cls(noise, place[panel.cluster], [moments[int(time)] for time in panel.times])

    def __call__(self, seeds: Sequence[int]) -> np.ndarray:
        return self.noise.draw(seeds, self.moments)[:, self.place]


def _within_strata(panel: ClusterPanel, main: Setting, stratum: Sequence[str], options: dict) -> Tested:
    inside = np.isin(panel.clusters, stratum)
    if not 0 < inside.sum() < len(inside):
        raise NotEstimableError(
            "all clusters are in one stratum",
            reason="de Randstad en de rest van het land zijn bij deze plaatsen niet te onderscheiden",
        )
    return randomised(panel, main, strata=inside, **options)


def _alarms(
    panel: ClusterPanel, frame: pd.DataFrame, main: Setting, plan: AlarmPlan, alpha: float
) -> pd.DataFrame:
    """Shocks of clusters with, where a cluster has several units, noise of these in the usual proportion."""
    several = panel.units > len(panel.clusters)
    people = frame.groupby("cluster")["n"].sum().to_dict() if "n" in frame.columns else None
    models = shock_models(
        panel,
        sd_unit=1.0 if several else 0.0,
        periphery=[label for label in plan.periphery if label in panel.clusters],
        size=people,
    )
    return size_table(
        panel, {"main": main}, models, draws=plan.draws, reassigned=plan.reassigned,
        bootstrap=True, alpha=alpha, seed=plan.seed,
    )  # fmt: skip


def _drift(panel: ClusterPanel, main: Setting, plan: ChecksPlan, level: float, seed: int) -> Sensitivity:
    path = event_path(panel, main)
    return path_sensitivity(path, leads=plan.leads, mbar=plan.mbar, level=level, seed=seed)


def _by_province(frame: pd.DataFrame, panel: ClusterPanel) -> dict[str, list[str]]:
    """The clusters of each province: itself, or its municipalities where the start is decided by these."""
    known = frame[frame["cluster"].isin(panel.clusters)]
    home = known.get("province", known["cluster"])
    return {str(name): list(clusters.unique()) for name, clusters in known["cluster"].groupby(home)}


def _curve(samples, plan: CurvePlan, level: float, *, shares, policy) -> Curve:
    panel = samples[UNITS]
    alone = panel.clusters if plan.leave_one_out and len(panel.clusters) <= MOST_ALONE else ()
    has_shares, has_policy = (not isinstance(item, NotEstimable) for item in (shares, policy))
    chosen = specifications(
        estimators=plan.estimators,
        samples=tuple(samples),
        anticipation=plan.anticipation,
        before=plan.before,
        without=(ALL, *alone),
        spillover=(False, True) if has_shares else (False,),
        policy=(False, True) if has_policy else (False,),
    )
    return specification_curve(
        samples,
        chosen,
        neighbours=shares if has_shares else None,
        policy=policy if has_policy else None,
        alpha=1 - level,
        draws=plan.draws,
        seed=plan.seed,
    )


def _power(panel: ClusterPanel, worlds, main: Setting, plan: PowerPlan, smallest: float) -> Power:
    found = simulate_power(
        panel,
        worlds,
        [smallest * share for share in plan.effects],
        {"main": main},
        alpha=plan.alpha,
        target=plan.target,
        reassigned=plan.reassigned,
        draws=plan.draws,
        seed=plan.seed,
    )
    return found["main"]
