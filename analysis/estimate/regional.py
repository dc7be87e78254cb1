"""Do regions differ: a mean or a gap for each region, and a joint test that all are equal.

Pupils sit in classes, schools and municipalities, so the regions' means are estimated by generalised
least squares with random intercepts for those levels (:mod:`analysis.estimate.variance_components`).
The regions themselves are fixed here: all of them are in the data. What is said of them afterwards, the
spread between them, shrunken effects and equivalence, rests on these estimates and their covariance.

Reference: Searle, Casella & McCulloch (1992), Variance components, ch. 7 (estimated generalised least
squares with nested random effects).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate.checks import require_columns, require_complete
from analysis.estimate.variance_components import dummies, nested_variance_components
from analysis.unknown import NotEstimableError

LEAST_REGIONS = 3


@dataclass(frozen=True)
class RegionEstimates:
    """What was estimated for each region, as deviation from the plain mean of the regions.

    Attributes
    ----------
    estimate : numpy.ndarray, (K,)
        Level in each region, or gap in each region.
    covariance : numpy.ndarray, (K, K)
    freedom : int
        Degrees of freedom of the denominator: groups of the level that varies within regions, minus regions.
    groups, n : int
        Those groups, and observations.
    counts : numpy.ndarray or None, (K,)
        Observations in each region.
    components : pandas.DataFrame or None
        Variance within regions by level: level, groups, sd, variance, share.
    """

    regions: tuple[str, ...]
    estimate: np.ndarray
    covariance: np.ndarray
    freedom: int
    groups: int
    n: int
    counts: np.ndarray | None = None
    components: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        count = len(self.regions)
        if count < LEAST_REGIONS:
            raise NotEstimableError(
                f"{count} regions: differences between them need at least three",
                reason="er zijn gegevens uit minder dan drie provincies",
            )
        if self.estimate.shape != (count,) or self.covariance.shape != (count, count):
            raise ValueError(
                f"{count} regions, estimates {self.estimate.shape}, covariance {self.covariance.shape}"
            )
        if not (np.isfinite(self.estimate).all() and np.isfinite(self.covariance).all()):
            raise ValueError("an estimate or its covariance is missing or infinite")
        if self.freedom < 1:
            raise NotEstimableError(
                f"{self.groups} groups in {count} regions leave no degrees of freedom: "
                "a region cannot be told apart from the one group within it",
                reason="er zijn te weinig groepen in een provincie om haar daarvan te onderscheiden",
            )

    def only(self, kept: np.ndarray) -> RegionEstimates:
        """The estimates of some regions, `kept` a mask (K,): their mean is then the mean of these alone."""
        return replace(
            self,
            regions=tuple(np.array(self.regions)[kept]),
            estimate=self.estimate[kept],
            covariance=self.covariance[np.ix_(kept, kept)],
            counts=None if self.counts is None else self.counts[kept],
        )

    @property
    def deviation(self) -> np.ndarray:
        """Estimates minus their plain mean, (K,)."""
        return self.estimate - self.estimate.mean()

    def mean(self, level: float = 0.95) -> tuple[float, float, float, float]:
        """Plain mean of the regions, its standard error and its interval (Student's t)."""
        estimate = float(self.estimate.mean())
        se = float(np.sqrt(self.covariance.mean()))
        reach = float(stats.t.ppf((1 + level) / 2, self.freedom)) * se
        return estimate, se, estimate - reach, estimate + reach

    @property
    def deviation_covariance(self) -> np.ndarray:
        count = len(self.regions)
        centre = np.eye(count) - 1 / count
        return centre @ self.covariance @ centre


def region_levels(
    frame: pd.DataFrame,
    *,
    outcome: str,
    region: str,
    regions: Sequence[str],
    within: Sequence[str],
    categories: dict[str, Sequence[str]],
    known: Mapping[str, float] | None = None,
) -> RegionEstimates:
    """Mean outcome a region, at the same mix of `categories` (tracks, years) in each.

    The regions differ by the same amount in every category; where they do not, this is a weighted mean of
    their differences, and :func:`region_gaps` says how far the categories differ.

    Parameters
    ----------
    frame : pandas.DataFrame, (n, …)
    outcome, region : str
        Columns.
    regions : sequence of str
        The codes that are allowed; those present are estimated.
    within : sequence of str
        Columns of the levels below the region, largest groups first.
    categories : dict
        Column to its values; the first value is the reference.
    known : mapping or None
        Standard deviations by level of `within` and ``residual`` to plan with, instead of estimates.

    Raises
    ------
    ValueError
        For an unknown region or category or missing values.
    NotEstimableError
        For collinear columns, too few regions or too few groups.
    """
    columns = [outcome, region, *within, *categories]
    require_complete(frame, columns, "frame")
    present = _present(frame, region, regions)
    design = pd.concat(
        [
            dummies(frame, region, categories=present),
            *(dummies(frame, name, categories=_used(frame, name, values), reference=values[0])
              for name, values in categories.items()),
        ],
        axis=1,
    )  # fmt: skip
    return _estimates(frame, outcome, region, present, within, design, within[0], known)


def region_gaps(
    frame: pd.DataFrame,
    *,
    outcome: str,
    region: str,
    regions: Sequence[str],
    within: Sequence[str],
    group: str,
    groups: Sequence[str],
    minuend: str,
    subtrahend: str,
    categories: dict[str, Sequence[str]],
    freedom_level: str,
) -> RegionEstimates:
    """Difference between two groups (vwo − vmbo) in each region; other groups keep their own level there.

    Parameters and errors as for :func:`region_levels`; `minuend` minus `subtrahend` of column `group`, and
    `freedom_level` the level of `within` whose groups are counted for the degrees of freedom.
    """
    require_complete(frame, [outcome, region, group, *within, *categories], "frame")
    present = _present(frame, region, regions)
    if minuend == subtrahend or not {minuend, subtrahend} <= set(groups):
        raise ValueError(
            f"gap {minuend} − {subtrahend}: both must be different values out of {', '.join(groups)}"
        )
    for code in present:
        here = set(frame.loc[frame[region] == code, group].unique())
        if not {minuend, subtrahend} <= here:
            absent = " and no ".join(sorted({minuend, subtrahend} - here))
            raise ValueError(f"{region} {code} has no {absent}: leave the region out or ask for levels")
    region_dummies = dummies(frame, region, categories=present)
    group_dummies = dummies(frame, group, categories=_used(frame, group, groups), reference=subtrahend)
    crossed = {}
    for name in [f"{group}={minuend}", *(n for n in group_dummies if n != f"{group}={minuend}")]:
        for code in present:
            product = region_dummies[f"{region}={code}"] * group_dummies[name]
            if product.any():
                crossed[f"{name}:{code}"] = product
    design = pd.concat(
        [
            pd.DataFrame(crossed, index=frame.index),
            region_dummies,
            *(dummies(frame, name, categories=_used(frame, name, values), reference=values[0])
              for name, values in categories.items()),
        ],
        axis=1,
    )  # fmt: skip
    return _estimates(frame, outcome, region, present, within, design, freedom_level, None)


@dataclass(frozen=True)
class JointTest:
    """F test that all regions are equal."""

    statistic: float
    freedom: tuple[int, int]
    p_value: float


def joint_test(regions: RegionEstimates) -> JointTest:
    """Wald F test that all regions have the same level (or gap).

    The denominator's degrees of freedom are the groups within regions minus the regions ("containment"),
    exact when groups are of equal size.
    """
    contrast = np.eye(len(regions.regions))[1:] - np.eye(len(regions.regions))[0]
    difference = contrast @ regions.estimate
    covariance = contrast @ regions.covariance @ contrast.T
    count = len(difference)
    statistic = float(difference @ np.linalg.solve(covariance, difference)) / count
    freedom = (count, regions.freedom)
    return JointTest(statistic, freedom, float(stats.f.sf(statistic, *freedom)))


def identified_levels(frame: pd.DataFrame, region: str, within: Sequence[str]) -> list[str]:
    """The levels of `within` whose variance can be told apart, largest groups first.

    A level with no more groups than the next smaller one says the same twice (one school a municipality);
    the smaller is left out. So is a level with a group for every pupil.
    """
    kept, above = [], frame[region].nunique()
    for i, name in enumerate(within):
        groups = frame.groupby([region, *within[: i + 1]], observed=True).ngroups
        if above < groups < len(frame):
            kept.append(name)
            above = groups
    if not kept:
        raise NotEstimableError(
            f"no level of {', '.join(within)} has several groups in a {region}",
            reason="in geen enkele provincie zijn er meer scholen, dus provincie en school vallen samen",
        )
    return kept


def _present(frame: pd.DataFrame, region: str, regions: Sequence[str]) -> list[str]:
    unknown = sorted({str(code) for code in frame[region].unique()} - set(regions))
    if unknown:
        raise ValueError(f"{region}: unknown code {', '.join(unknown)}; known are {', '.join(regions)}")
    here = set(frame[region].unique())
    return [code for code in regions if code in here]


def _used(frame: pd.DataFrame, name: str, values: Sequence) -> list:
    unknown = sorted({str(value) for value in frame[name].unique()} - {str(value) for value in values})
    if unknown:
        raise ValueError(
            f"{name}: unknown value {', '.join(unknown)}; known are {', '.join(map(str, values))}"
        )
    here = set(frame[name].unique())
    return [value for value in values if value in here or value == values[0]]


def _estimates(
    frame: pd.DataFrame,
    outcome: str,
    region: str,
    present: list[str],
    within: Sequence[str],
    design: pd.DataFrame,
    freedom_level: str,
    known: Mapping[str, float] | None,
) -> RegionEstimates:
    within = list(within)
    require_columns(frame[within], [freedom_level], "levels")
    # codes need be unique only within the region, which has dummies here and no variance
    nested = pd.DataFrame(
        {
            name: frame.groupby([region, *within[: i + 1]], observed=True).ngroup()
            for i, name in enumerate(within)
        }
    )
    fit = nested_variance_components(frame[outcome], design, nested, known=known)
    groups = nested[freedom_level].nunique()
    return RegionEstimates(
        regions=tuple(present),
        estimate=fit.coefficients.to_numpy()[: len(present)],
        covariance=fit.covariance.to_numpy()[: len(present), : len(present)],
        freedom=groups - len(present),
        groups=groups,
        n=fit.n,
        counts=frame[region].value_counts().reindex(present).to_numpy(),
        components=fit.table,
    )
