"""All that is asked about one outcome and its regions: level and gap, difference, spread, equivalence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.estimate.checks import require_columns
from analysis.estimate.equivalence import Equivalence, all_within, spread_below, spread_power, within_power
from analysis.estimate.regional import (
    JointTest,
    RegionEstimates,
    identified_levels,
    joint_test,
    region_gaps,
    region_levels,
)
from analysis.estimate.shrinkage import population_spread, shrunken
from analysis.estimate.spread import Spread, spread
from analysis.estimate.within_gap import WithinGap, within_gap


@dataclass(frozen=True)
class RegionColumns:
    """Which columns and values the question is about.

    Attributes
    ----------
    within : tuple of str
        Levels below the region, largest groups first; `school` is one of them.
    groups : tuple of str
        Values of `group` (tracks); the gap is `minuend` − `subtrahend`.
    """

    region: str
    regions: tuple[str, ...]
    within: tuple[str, ...]
    school: str
    time: str
    times: tuple[str, ...]
    group: str
    groups: tuple[str, ...]
    minuend: str
    subtrahend: str


@dataclass(frozen=True)
class Margins:
    """Smallest differences of interest, and how sure one wants to be."""

    sd: float
    deviation: float
    alpha: float = 0.05
    level: float = 0.95
    draws: int = 4000
    seed: int = 0


@dataclass(frozen=True)
class RegionAnswer:
    """What the regions' estimates say: of the level, or of the gap.

    Attributes
    ----------
    spread : Spread
        Of the regions that are there; what the tests are about.
    population : Spread
        Of a population they came from; only where a next region is meant.
    table : pandas.DataFrame
        See :func:`analysis.estimate.shrinkage.shrunken`, with columns n (pupils) and schools.
    power_sd, power_deviation : float
        Chance that equivalence would be shown if the regions were exactly equal.
    """

    estimates: RegionEstimates
    joint: JointTest
    spread: Spread
    population: Spread
    table: pd.DataFrame
    sd_below: Equivalence
    deviation_within: Equivalence
    power_sd: float
    power_deviation: float


@dataclass(frozen=True)
class RegionStudy:
    """Answers on one outcome. `gap` and `within` are None where too few regions or schools have both groups.

    Attributes
    ----------
    left_out : tuple of str
        Regions without one of the two groups: they have no gap.
    """

    level: RegionAnswer
    gap: RegionAnswer | None
    within: WithinGap | None
    left_out: tuple[str, ...]


def region_study(frame: pd.DataFrame, outcome: str, columns: RegionColumns, margins: Margins) -> RegionStudy:
    """Estimate and test on pupils `frame`; errors as in :mod:`analysis.estimate.regional`."""
    names = {columns.region, *columns.within, columns.school, columns.time, columns.group}
    require_columns(frame, sorted(names), "frame")
    coded = frame.astype({name: "category" for name in names})  # text is compared once and not at every step
    schools = coded.groupby(columns.region)[columns.school].nunique()
    level = _answer(levels_of(coded, outcome, columns), margins, schools)
    both = pd.crosstab(coded[columns.region], coded[columns.group]).reindex(
        columns=[columns.minuend, columns.subtrahend], fill_value=0
    )
    has_gap = (both > 0).all(axis=1)
    left_out = tuple(sorted(has_gap.index[~has_gap]))
    gap = None
    if has_gap.sum() >= 3:
        kept = coded[coded[columns.region].isin(has_gap.index[has_gap])]
        gap = _answer(_gaps_of(kept, outcome, columns), margins, schools)
    offered = pd.crosstab(coded[columns.school], coded[columns.group])
    mixed = {columns.minuend, columns.subtrahend} <= set(offered.columns) and bool(
        (offered[[columns.minuend, columns.subtrahend]] > 0).all(axis=1).any()
    )
    within = None
    if mixed:
        within = within_gap(
            frame, outcome=outcome, unit=columns.school, time=columns.time, group=columns.group,
            groups=columns.groups, minuend=columns.minuend, subtrahend=columns.subtrahend,
            cluster=columns.region, level=margins.level,
        )  # fmt: skip
    return RegionStudy(level, gap, within, left_out)


def levels_of(
    frame: pd.DataFrame, outcome: str, columns: RegionColumns, known: Mapping[str, float] | None = None
) -> RegionEstimates:
    """Level in each region; with `known` standard deviations to plan a study instead of estimating them."""
    within = columns.within if known else identified_levels(frame, columns.region, columns.within)
    return region_levels(
        frame, outcome=outcome, region=columns.region, regions=columns.regions, within=within,
        categories={columns.group: columns.groups, columns.time: columns.times}, known=known,
    )  # fmt: skip


def planned_power(
    frame: pd.DataFrame, outcome: str, columns: RegionColumns, margins: Margins, known: Mapping[str, float]
) -> float:
    """Chance that a study with the schools and pupils of `frame` shows that the spread is below its margin.

    Parameters
    ----------
    known : mapping
        Standard deviation of each level of `columns.within` and of ``residual``.
    """
    estimates = levels_of(frame, outcome, columns, known)
    return spread_power(
        estimates, margins.sd, alpha=margins.alpha, draws=_power_draws(margins), seed=margins.seed
    )


def _gaps_of(frame: pd.DataFrame, outcome: str, columns: RegionColumns) -> RegionEstimates:
    within = identified_levels(frame, columns.region, columns.within)
    # a gap differs between schools, so they and not the municipalities are what is counted; with one school
    # a municipality these are the same
    freedom_level = columns.school if columns.school in within else within[0]
    return region_gaps(
        frame, outcome=outcome, region=columns.region, regions=columns.regions, within=within,
        group=columns.group, groups=columns.groups, minuend=columns.minuend, subtrahend=columns.subtrahend,
        categories={columns.time: columns.times}, freedom_level=freedom_level,
    )  # fmt: skip


def _answer(estimates: RegionEstimates, margins: Margins, schools: pd.Series) -> RegionAnswer:
    chance = {"alpha": margins.alpha, "seed": margins.seed}
    return RegionAnswer(
        estimates=estimates,
        joint=joint_test(estimates),
        spread=spread(estimates, margins.level),
        population=population_spread(estimates, margins.level),
        table=shrunken(estimates, margins.level).assign(
            n=estimates.counts, schools=schools.reindex(estimates.regions).to_numpy()
        ),
        sd_below=spread_below(estimates, margins.sd, alpha=margins.alpha),
        deviation_within=all_within(estimates, margins.deviation, alpha=margins.alpha),
        power_sd=spread_power(estimates, margins.sd, draws=_power_draws(margins), **chance),
        power_deviation=within_power(estimates, margins.deviation, draws=margins.draws, **chance),
    )


def _power_draws(margins: Margins) -> int:
    """A draw of the spread costs a whole distribution: a quarter of them, an error of 1.6 points at most."""
    return max(margins.draws // 4, 1)
