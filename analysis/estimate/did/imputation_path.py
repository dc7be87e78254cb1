"""An event study by imputation whose effects before and after treatment have one reference period."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimate.did.event_path import EventPath
from analysis.estimate.did.event_path import binned as binned_times
from analysis.estimate.did.influence import sum_by
from analysis.estimate.did.support import cluster_factor, several
from analysis.unknown import NotEstimableError

if TYPE_CHECKING:
    from analysis.estimate.did.imputation import Imputation


def imputed_path(fit: Imputation, min_event: float, max_event: float, binned: bool) -> EventPath:
    """See :meth:`analysis.estimate.did.Imputation.event_path`."""
    panel = fit.panel
    if panel.within.all():
        raise NotEstimableError(
            "no never-treated units: a path before treatment is known up to a straight line only",
            reason="alle eenheden gaan meedoen, en dan ligt dit verloop maar op een rechte lijn na vast",
        )
    reference = panel.timeline.reference(fit.anticipation)
    event = panel.event
    if binned:
        event = binned_times(event, reference, min_event, max_event)
    before = panel.observed & np.isfinite(event) & (event < reference)
    leads = np.unique(event[before])
    if not len(leads):
        raise NotEstimableError(
            f"no treated unit is observed before {reference:g}: there is no path before treatment",
            reason="er is geen meting van vóór de laatste periode voor de start",
        )
    dummies = before[:, :, None] & (event[:, :, None] == leads)
    again = fit.again(
        replace(
            panel,
            covariates=np.concatenate([panel.covariates, dummies], axis=2),
            covariate_names=(*panel.covariate_names, *(f"event time {time:g}" for time in leads)),
        )
    )
    effects = np.nan_to_num(again.effects)
    after = ~np.isnan(again.effects) & (event > reference)
    lags = np.unique(event[after])
    targets = [after & (event == time) for time in lags]
    shares = [np.where(target, 1.0 if panel.weights is None else panel.weights, 0.0) for target in targets]
    shares = [share / share.sum() for share in shares]
    slopes, scores = again.slopes()
    first = len(panel.covariate_names)
    estimates = np.append(slopes[first:], [(share * effects).sum() for share in shares])
    scores = sum_by(scores[:, first:], panel.clusters, panel.n_clusters)
    scores = np.column_stack([scores, *(again.scores(share, effects) for share in shares)])
    factor = cluster_factor(panel.n_clusters) if fit.clustered else 1.0
    covariance = factor * scores.T @ scores
    sides = np.column_stack([~panel.within, dummies.any(axis=1)])
    enough = several(panel.clusters, sides)
    known = np.append(enough[1:] & enough[0], [again.known(target) for target in targets])
    covariance[~known], covariance[:, ~known] = np.nan, np.nan
    times = np.append(leads, lags)
    kept = (times >= min_event) & (times <= max_event)
    return EventPath(
        times[kept], estimates[kept], covariance[np.ix_(kept, kept)], reference, panel.n_clusters
    )
