"""All that is asked about one outcome and its regions: level and gap, difference, spread, equivalence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.checks import require_columns
from analysis.estimate.equivalence import Equivalence, all_within, spread_below, spread_power, within_power
from analysis.estimate.regional import (
    LEAST_REGIONS,
    JointTest,
    RegionEstimates,
    identified_levels,
    joint_test,
    region_gaps,
    region_levels,
)
from analysis.estimate.shrinkage import EFFECTS, shrunken
from analysis.estimate.spread import Spread, spread
from analysis.estimate.within_gap import WithinGap, within_gap
from analysis.unknown import NotEstimable, NotEstimableError, attempt


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
    """Smallest differences of interest, how sure one wants to be, and which region is told of by itself.

    Attributes
    ----------
    least_units, least_schools : int
        A region with fewer is not told of by itself. Deviations from a mean add up to zero, so it is left out
        of that mean too, or the others would tell its own.
    """

    sd: float
    deviation: float
    alpha: float = 0.05
    level: float = 0.95
    draws: int = 4000
    seed: int = 0
    least_units: int = 1
    least_schools: int = 1


@dataclass(frozen=True)
class RegionAnswer:
    """What the regions' estimates say: of the level, or of the gap.

    Attributes
    ----------
    spread : Spread
        Of the regions that are there; what the tests are about.
    table : pandas.DataFrame
        See :func:`analysis.estimate.shrinkage.shrunken`, with columns n (pupils) and schools; NaN for a
        region that is not told of by itself.
    power_sd, power_deviation : float
        Chance that equivalence would be shown if the regions were exactly equal.
    """

    estimates: RegionEstimates
    joint: JointTest
    spread: Spread
    table: pd.DataFrame
    sd_below: Equivalence
    deviation_within: Equivalence
    power_sd: float
    power_deviation: float


@dataclass(frozen=True)
class RegionStudy:
    """Answers on one outcome, each with what was found or why it cannot be had.

    Attributes
    ----------
    left_out : tuple of str
        Regions without one of the two groups: they have no gap.
    """

    level: RegionAnswer | NotEstimable
    gap: RegionAnswer | NotEstimable
    within: WithinGap | NotEstimable
    left_out: tuple[str, ...] = ()


def region_study(
    frame: pd.DataFrame | NotEstimable, outcome: str, columns: RegionColumns, margins: Margins
) -> RegionStudy:
    """Estimate and test on pupils `frame`; why there are none is the answer to everything.

    Raises
    ------
    ValueError
        If the frame is malformed: missing values, or an unknown region or track.
    """
    if isinstance(frame, NotEstimable):
        return RegionStudy(frame, frame, frame)
    names = {columns.region, *columns.within, columns.school, columns.time, columns.group}
    require_columns(frame, sorted(names), "frame")
    coded = frame.astype({name: "category" for name in names})  # text is compared once and not at every step
    schools = coded.groupby(columns.region, observed=True)[columns.school].nunique()
    both = pd.crosstab(coded[columns.region], coded[columns.group]).reindex(
        columns=[columns.minuend, columns.subtrahend], fill_value=0
    )
    has_gap = (both > 0).all(axis=1)
    kept = coded[coded[columns.region].isin(has_gap.index[has_gap])]
    return RegionStudy(
        level=attempt(_level_answer, coded, outcome, columns, margins, schools),
        gap=attempt(_gap_answer, kept, outcome, columns, margins, schools),
        within=attempt(
            within_gap, frame, outcome=outcome, unit=columns.school, time=columns.time, group=columns.group,
            groups=columns.groups, minuend=columns.minuend, subtrahend=columns.subtrahend,
            cluster=columns.region, level=margins.level,
        ),
        left_out=tuple(sorted(has_gap.index[~has_gap])),
    )  # fmt: skip


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


def _level_answer(
    frame: pd.DataFrame, outcome: str, columns: RegionColumns, margins: Margins, schools: pd.Series
) -> RegionAnswer:
    return _answer(levels_of(frame, outcome, columns), margins, schools)


def _gap_answer(
    frame: pd.DataFrame, outcome: str, columns: RegionColumns, margins: Margins, schools: pd.Series
) -> RegionAnswer:
    if frame[columns.region].nunique() < LEAST_REGIONS:
        raise NotEstimableError(
            f"{columns.minuend} and {columns.subtrahend} are together in fewer than three regions",
            reason=f"in minder dan drie provincies zijn er leerlingen van zowel {columns.minuend} als "
            f"{columns.subtrahend}",
        )
    within = identified_levels(frame, columns.region, columns.within)
    # a gap differs between schools, so they and not the municipalities are what is counted; with one school
    # a municipality these are the same
    freedom_level = columns.school if columns.school in within else within[0]
    estimates = region_gaps(
        frame, outcome=outcome, region=columns.region, regions=columns.regions, within=within,
        group=columns.group, groups=columns.groups, minuend=columns.minuend, subtrahend=columns.subtrahend,
        categories={columns.time: columns.times}, freedom_level=freedom_level,
    )  # fmt: skip
    return _answer(estimates, margins, schools)


def _answer(estimates: RegionEstimates, margins: Margins, schools: pd.Series) -> RegionAnswer:
    chance = {"alpha": margins.alpha, "seed": margins.seed}
    return RegionAnswer(
        estimates=estimates,
        joint=joint_test(estimates),
        spread=spread(estimates, margins.level),
        table=_table(estimates, margins, schools.reindex(estimates.regions).to_numpy()),
        sd_below=spread_below(estimates, margins.sd, alpha=margins.alpha),
        deviation_within=all_within(estimates, margins.deviation, alpha=margins.alpha),
        power_sd=spread_power(estimates, margins.sd, draws=_power_draws(margins), **chance),
        power_deviation=within_power(estimates, margins.deviation, draws=margins.draws, **chance),
    )


def _table(estimates: RegionEstimates, margins: Margins, schools: np.ndarray) -> pd.DataFrame:
    """A row a region; without numbers where it is not told of by itself, or where too few are."""
    told = (estimates.counts >= margins.least_units) & (schools >= margins.least_schools)
    counts = pd.DataFrame({"region": estimates.regions, "n": estimates.counts, "schools": schools})
    if told.sum() < LEAST_REGIONS:
        return counts.assign(**dict.fromkeys(EFFECTS, np.nan))[["region", *EFFECTS, "n", "schools"]]
    kept = estimates if told.all() else estimates.only(told)
    return counts.merge(shrunken(kept, margins.level), on="region", how="left")[
        ["region", *EFFECTS, "n", "schools"]
    ]


def _power_draws(margins: Margins) -> int:
    """A draw of the spread costs a whole distribution: a quarter of them, an error of 1.6 points at most."""
    return max(margins.draws // 4, 1)
