"""The randomisation test and its interval for any estimator of :mod:`analysis.credibility.reassigned`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.credibility.cells import Cells
from analysis.credibility.reassigned import Answers, Setting, estimates, joined
from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.inversion import NullDistribution

CHUNK = 1024  # re-assignments at a time: keeps the work arrays in cache and memory flat


@dataclass(frozen=True)
class Tested:
    """An estimate with its studentised randomisation test.

    Attributes
    ----------
    estimate, se : float
        `se` by cluster, with G/(G − 1).
    low, high : float
        Constant effects that the test does not reject; infinite where it cannot reject at this level.
    p_value : float
        Two-sided.
    smallest_p : float
        The least p-value this test can give with this design.
    exact : bool
        All admissible re-assignments, or a sample of them.
    draws : int
    clusters, treated_clusters, comparison_clusters : int
    """

    estimate: float
    se: float
    low: float
    high: float
    p_value: float
    smallest_p: float
    exact: bool
    draws: int
    clusters: int
    treated_clusters: int
    comparison_clusters: int


def as_table(found: Mapping[object, Tested], name: str) -> pd.DataFrame:
    """One row a result, in the order given: `name`, and the fields of :class:`Tested`."""
    table = pd.DataFrame([vars(item) for item in found.values()])
    table.insert(0, name, list(found))
    return table


def randomised(
    cells: Cells,
    setting: Setting,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
    level: float = 0.95,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> Tested:
    """Compare the estimate of `setting` with all those under admissible re-assignments.

    Admissible is every re-assignment that keeps the number of clusters at each start. Covariates keep their
    place; exposure to treated neighbours moves with the treatment.

    Raises
    ------
    ValueError
        If the estimate is not identified under the observed assignment.
    """
    drawn, exact = reassignments(cells.assigned, max_exact=max_exact, draws=draws, seed=seed)
    null = null_distribution(cells, setting, drawn, covariates=covariates, neighbours=neighbours)
    se = float(np.sqrt(null.variance))
    least = smallest_p(null) if exact else 1 / len(drawn)
    low, high = null.interval(level, scale=se, smallest_p=least)
    return Tested(
        estimate=null.estimate,
        se=se,
        low=low,
        high=high,
        p_value=null.p_value(),
        smallest_p=least,
        exact=exact,
        draws=len(drawn),
        clusters=len(cells.clusters),
        treated_clusters=cells.treated_clusters,
        comparison_clusters=cells.comparison_clusters,
    )


def null_distribution(
    cells: Cells,
    setting: Setting,
    drawn: np.ndarray,
    *,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> NullDistribution:
    """The statistic under each re-assignment in `drawn`, linear in the hypothesised constant effect.

    Parameters
    ----------
    drawn : ndarray of int, shape (B, G)
        Positions in ``cells.dates``.
    """
    outcomes = np.stack([cells.outcome, direction(cells, setting, covariates, neighbours)])
    begin = np.vstack([cells.start, cells.begin(drawn)])
    parts = [
        estimates(
            setting,
            outcomes,
            cells.times,
            begin[start : start + CHUNK],
            cells.mass,
            covariates=covariates,
            neighbours=neighbours,
        )
        for start in range(0, len(begin), CHUNK)
    ]
    return as_null(setting, joined(parts))


def as_null(setting: Setting, found: Answers) -> NullDistribution:
    """The null distribution from answers on the outcome and its :func:`direction`, the observed row first.

    Raises
    ------
    ValueError
        If the estimate is not identified under the observed assignment, or does not vary between clusters.
    """
    variance = found.covariance()
    if not np.isfinite(found.estimate[0, 0]):
        raise ValueError(
            f"{setting} is not identified under the observed assignment: too few clusters adopt, none can be "
            "compared with, or a regressor takes up all of the treatment"
        )
    if not variance[0] > 0:
        raise ValueError("the outcome has no variation left between clusters, so nothing can be inferred")
    slopes = found.estimate[:, 1:].copy()
    slopes[1, ~np.isfinite(slopes[0])] = 0.0
    return NullDistribution(
        estimate=float(found.estimate[0, 0]),
        variance=float(variance[0]),
        slope0=slopes[0],
        slope1=slopes[1],
        var00=variance[1:],
        var01=found.covariance(0, 1)[1:],
        var11=found.covariance(1, 1)[1:],
    )


def direction(
    cells: Cells,
    setting: Setting,
    covariates: np.ndarray | None = None,
    neighbours: np.ndarray | None = None,
) -> np.ndarray:
    """What a unit of the target adds to each cell as observed, shape (G, T)."""
    treated = cells.treated
    if setting.target == "exposure":
        return (1 - treated) * (neighbours @ treated)
    if setting.target == "interaction":
        return treated * covariates[0]
    if setting.target == "before":
        return (cells.times >= cells.start[:, None] - setting.anticipation) * (1 - treated)
    return treated


def smallest_p(null: NullDistribution) -> float:
    """Share of re-assignments that cannot be told from the observed one or its mirror image."""
    same = (np.abs(np.abs(null.slope1) - 1) < 1e-8) & (null.var11 < 1e-14)
    return float((same | np.isinf(null.slope0)).mean())
