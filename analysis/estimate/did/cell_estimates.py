"""The estimates of all two-by-two comparisons, with their influence functions."""

from __future__ import annotations

import numpy as np

from analysis.estimate.did.comparisons import Comparisons
from analysis.estimate.did.influence import CohortInfluence, DenseInfluence, Sample
from analysis.estimate.did.panel import Panel, no_controls
from analysis.estimate.did.support import several
from analysis.estimate.did.timeline import said
from analysis.estimate.did.two_periods import METHODS
from analysis.unknown import NotEstimableError


def from_cohort_means(panel: Panel, cells: Comparisons, sample: Sample) -> tuple[np.ndarray, CohortInfluence]:
    """Balanced and without covariates: everything follows from cohort means and moments."""
    n, periods = panel.outcome.shape
    cohorts = len(cells.starts)
    # Units in order of cohort, so that a cohort is a slice: one copy, and none afterwards.
    order = np.argsort(cells.codes.astype(np.int32), kind="stable")
    bounds = np.searchsorted(cells.codes[order], np.arange(cohorts + 1))
    deviations = panel.outcome[order]
    # A unit's own mean drops out of every difference; without it no digits are lost to large levels.
    deviations -= (deviations @ np.full(periods, 1 / periods))[:, None]
    means, mass = np.empty((cohorts, periods)), np.empty(cohorts)
    weights = None if panel.weights is None else sample.weights[order]
    for k in range(cohorts):
        rows = slice(bounds[k], bounds[k + 1])
        w = np.ones(bounds[k + 1] - bounds[k]) if weights is None else weights[rows]
        mass[k] = w.sum()
        means[k] = w @ deviations[rows] / mass[k]
        deviations[rows] -= means[k]
    m = np.arange(len(cells))
    controls = cells.controls * mass
    control_mass = controls.sum(axis=1)
    change = means[:, cells.period] - means[:, cells.base]  # (K, M)
    of_controls = (controls.T * change).sum(axis=0) / control_mass
    estimates = change[cells.cohort, m] - of_controls

    per_unit = -n * cells.controls.T / control_mass  # (K, M)
    coefficients = np.zeros((cohorts, periods + 1, len(cells)))
    coefficients[:, -1] = per_unit * (change - of_controls)
    per_unit[cells.cohort, m] += n / mass[cells.cohort]
    coefficients[:, cells.period, m] += per_unit
    coefficients[:, cells.base, m] -= per_unit
    return estimates, CohortInfluence(sample, order, bounds, deviations, coefficients)


def one_by_one(
    panel: Panel, cells: Comparisons, sample: Sample, est_method: str
) -> tuple[Comparisons, np.ndarray, np.ndarray, DenseInfluence]:
    """Unbalanced or with covariates: each comparison on the units observed in both periods."""
    n = len(panel.units)
    estimates, columns, made, known = [], [], [], []
    names = ("constant", *panel.covariate_names)
    for m in range(len(cells)):
        t, base = cells.period[m], cells.base[m]
        change = panel.outcome[:, t] - panel.outcome[:, base]
        member = cells.controls[m].copy()
        member[cells.cohort[m]] = True
        rows = np.flatnonzero(member[cells.codes] & ~np.isnan(change))
        treated = cells.codes[rows] == cells.cohort[m]
        if not treated.any() or treated.all():
            continue
        sides = np.column_stack([treated, ~treated])
        known.append(several(None if panel.clusters is None else panel.clusters[rows], sides).all())
        if t == base:
            estimates.append(0.0)
            columns.append(np.zeros(n))
            made.append(m)
            continue
        x = np.column_stack([np.ones(len(rows)), panel.covariates[rows, base]])
        w = sample.weights[rows] / sample.weights[rows].mean()
        try:
            estimate, influence = METHODS[est_method](change[rows], treated, x, w, names)
        except NotEstimableError as error:
            g, period, earlier = (said(panel.periods[p]) for p in (cells.start[m], t, base))
            where = f"cohort {g} in {period} against {earlier}: {error}"
            raise NotEstimableError(where, reason=error.reason) from None
        column = np.zeros(n)
        column[rows] = influence * (n / len(rows))
        estimates.append(estimate)
        columns.append(column)
        made.append(m)
    if not made:
        raise no_controls("no comparison has treated and control units observed in both of its periods")
    kept = Comparisons(
        cells.starts,
        cells.codes,
        cells.cohort[made],
        cells.period[made],
        cells.base[made],
        cells.controls[made],
    )
    return kept, np.array(estimates), np.array(known), DenseInfluence(sample, np.column_stack(columns))
