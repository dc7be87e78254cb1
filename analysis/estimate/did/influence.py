"""Influence functions and the covariances they give.

An estimate minus its target is, to first order, the mean over units of the influence function. The
covariance is the sum of squares over units, or over clusters of units, divided by the squared number of
units. Clusters get the factor G/(G−1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.estimate.did.support import cluster_factor


@dataclass(frozen=True)
class Weighting:
    """How J aggregates weigh M estimates.

    Attributes
    ----------
    share : ndarray, shape (M, J)
        Derivative of the aggregate to each estimate.
    by_cohort : ndarray, shape (K, J)
        What a unit of cohort k adds, for each unit of weight, because cohort sizes are estimated.
    """

    share: np.ndarray
    by_cohort: np.ndarray


@dataclass(frozen=True)
class Sample:
    """Units as the influence function sees them: cohort codes, weights and clusters, shape (N,)."""

    codes: np.ndarray
    weights: np.ndarray
    clusters: np.ndarray | None
    n_clusters: int

    def covariance(self, scores: np.ndarray) -> np.ndarray:
        """Covariance of estimates whose influence function, summed by cluster, is `scores`."""
        n = len(self.codes)
        factor = 1.0 if self.clusters is None else cluster_factor(self.n_clusters)
        return factor * (scores.T @ scores) / n**2


@dataclass(frozen=True)
class DenseInfluence:
    """The influence function as a matrix; what any estimator can give.

    Attributes
    ----------
    values : ndarray, shape (N, M)
    """

    sample: Sample
    values: np.ndarray

    def units(self, weighting: Weighting | None = None) -> np.ndarray:
        """Shape (N, J)."""
        if weighting is None:
            return self.values
        constant = self.sample.weights[:, None] * weighting.by_cohort[self.sample.codes]
        return self.values @ weighting.share + constant

    def clusters(self, weighting: Weighting | None = None) -> np.ndarray:
        """Summed by cluster, shape (clusters, J)."""
        return sum_by(self.units(weighting), self.sample.clusters, self.sample.n_clusters)

    def covariance(self, weighting: Weighting | None = None) -> np.ndarray:
        return self.sample.covariance(self.clusters(weighting))


@dataclass(frozen=True)
class CohortInfluence:
    """An influence function that is linear in the outcomes, with the same coefficients within a cohort.

    So it is without covariates in a balanced panel: unit i of cohort k has w_i · [y_i, 1] · A_k, with
    y_i its outcomes less the cohort's means. Cohort by cohort, T+1 by T+1 moments then hold all that a
    covariance needs, and the N by M matrix is only made when somebody asks for it.

    Attributes
    ----------
    order : ndarray of int, shape (N,)
        Units in order of cohort.
    bounds : ndarray of int, shape (K + 1,)
        Where each cohort starts in `order`.
    deviations : ndarray, shape (N, T)
        Outcomes less the weighted means of the unit's cohort, in that order.
    coefficients : ndarray, shape (K, T + 1, M)
        A_k.
    """

    sample: Sample
    order: np.ndarray
    bounds: np.ndarray
    deviations: np.ndarray
    coefficients: np.ndarray

    def units(self, weighting: Weighting | None = None) -> np.ndarray:
        """Shape (N, J)."""
        coefficients = self._weighted(weighting)
        values = np.empty((len(self.order), coefficients.shape[2]))
        for k, matrix in enumerate(coefficients):
            rows = slice(self.bounds[k], self.bounds[k + 1])
            values[self.order[rows]] = self.deviations[rows] @ matrix[:-1] + matrix[-1]
        return self.sample.weights[:, None] * values

    def clusters(self, weighting: Weighting | None = None) -> np.ndarray:
        """Summed by cluster, shape (clusters, J)."""
        if self.sample.clusters is None:
            return self.units(weighting)
        coefficients = self._weighted(weighting)
        sums, code, cluster = self._cluster_sums
        values = np.empty((len(sums), coefficients.shape[2]))
        for k, matrix in enumerate(coefficients):
            values[code == k] = sums[code == k] @ matrix
        return sum_by(values, cluster, self.sample.n_clusters)

    def covariance(self, weighting: Weighting | None = None) -> np.ndarray:
        if self.sample.clusters is not None:
            return self.sample.covariance(self.clusters(weighting))
        coefficients = self._weighted(weighting)
        squares = coefficients.transpose(0, 2, 1) @ self._moments @ coefficients
        return squares.sum(axis=0) / len(self.sample.codes) ** 2

    def _weighted(self, weighting: Weighting | None) -> np.ndarray:
        if weighting is None:
            return self.coefficients
        weighted = self.coefficients @ weighting.share
        weighted[:, -1] += weighting.by_cohort
        return weighted

    @cached_property
    def _moments(self) -> np.ndarray:
        """Sum of squares of w · [y, 1] by cohort, shape (K, T + 1, T + 1)."""
        cohorts, width, _ = self.coefficients.shape
        weights = self.sample.weights[self.order]
        moments = np.empty((cohorts, width, width))
        for k in range(cohorts):
            rows = slice(self.bounds[k], self.bounds[k + 1])
            w, y = weights[rows], self.deviations[rows]
            weighted = y if (w == 1).all() else w[:, None] * y
            moments[k, :-1, :-1] = weighted.T @ weighted
            moments[k, :-1, -1] = moments[k, -1, :-1] = w @ weighted
            moments[k, -1, -1] = w @ w
        return moments

    @cached_property
    def _cluster_sums(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of w · [y, 1] by cluster and cohort, with the cohort and cluster of each row."""
        cohorts = len(self.coefficients)
        codes = np.repeat(np.arange(cohorts), np.diff(self.bounds))
        position, found = pd.factorize(self.sample.clusters[self.order] * cohorts + codes, sort=True)
        weights = self.sample.weights[self.order]
        columns = [
            np.bincount(position, weights=weights * y, minlength=len(found)) for y in self.deviations.T
        ]
        columns.append(np.bincount(position, weights=weights, minlength=len(found)))
        return np.column_stack(columns), found % cohorts, found // cohorts


def standard_errors(covariance: np.ndarray) -> np.ndarray:
    """Roots of the diagonal; a variance that rounding left below zero counts as zero."""
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))


Influence = DenseInfluence | CohortInfluence


def sum_by(values: np.ndarray, groups: np.ndarray | None, n_groups: int) -> np.ndarray:
    """Rows of `values` summed by group code; unchanged without groups."""
    if groups is None:
        return values
    return np.column_stack(
        [np.bincount(groups, weights=column, minlength=n_groups) for column in values.T]
    ).reshape(n_groups, values.shape[1])
