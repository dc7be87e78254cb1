"""Many outcomes at once: Holm, and Romano–Wolf step-down with the same draws for every outcome."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.inference.inversion import TIE
from analysis.inference.moments import cluster_moments
from analysis.inference.panel import dense_panel
from analysis.inference.randomisation import randomisation_null, require_assigned
from analysis.inference.wild_bootstrap import sign_vectors, wild_null

METHODS = ("randomisation", "wild")


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm (1979) adjusted p-values, in the order given.

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].
    """
    p = np.asarray(p_values, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values must lie between 0 and 1, got {p[~((p >= 0) & (p <= 1))].tolist()}")
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def romano_wolf(observed: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Romano & Wolf (2005, 2016) step-down adjusted p-values.

    Parameters
    ----------
    observed : ndarray, shape (outcomes,)
        Absolute statistics.
    drawn : ndarray, shape (outcomes, draws)
        Absolute statistics under the null; column by column the same draw for every outcome, so that the
        dependence between outcomes is kept. The observed sample is one of the draws.

    Returns
    -------
    ndarray, shape (outcomes,)
        At each step: the share of draws whose largest statistic, over the outcomes not yet stepped over,
        reaches the observed one; made monotone.
    """
    observed, drawn = np.asarray(observed, dtype=float), np.asarray(drawn, dtype=float)
    if drawn.ndim != 2 or drawn.shape[0] != len(observed):
        raise ValueError(
            f"{len(observed)} observed statistics against draws of shape {drawn.shape}; expected "
            "one row of draws an outcome"
        )
    order = np.argsort(-observed, kind="stable")
    # From the least extreme outcome up, the largest draw over it and those below it.
    largest = np.maximum.accumulate(drawn[order[::-1]], axis=0)[::-1]
    p = (largest >= observed[order][:, None] * (1 - TIE)).mean(axis=1)
    adjusted = np.empty(len(observed))
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted


def adjust_outcomes(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcomes: Sequence[str],
    cluster: str,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    method: str = "randomisation",
    studentise: str = "crv3",
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Test each outcome and adjust for their number.

    Rows on which an outcome is missing are left out for that outcome alone and counted in the result; every
    outcome must still be observed in every cluster, because all share the same draws.

    Parameters
    ----------
    frame, unit, time, cohort, cluster, weights, covariates
        See :func:`analysis.inference.panel.dense_panel`.
    outcomes : sequence of str
    method : {"randomisation", "wild"}
        Studentised randomisation test, or restricted wild cluster bootstrap.
    studentise, max_exact, draws, seed
        See :func:`analysis.inference.randomisation.randomisation_inference`.

    Returns
    -------
    DataFrame
        Indexed by outcome: estimate, p, holm, romano_wolf, rows, missing.
    """
    outcomes = tuple(outcomes)
    if not outcomes or len(set(outcomes)) != len(outcomes):
        raise ValueError(f"outcomes {outcomes} must be one or more different columns")
    if method not in METHODS:
        raise ValueError(f"method {method!r} is unknown: use one of {', '.join(METHODS)}")
    absent = [name for name in outcomes if name not in frame.columns]
    if absent:
        raise ValueError(f"outcomes {', '.join(absent)} are not in the frame")
    kinds, starts = _kinds(frame, cluster, cohort)
    chosen, _ = (
        sign_vectors(len(kinds), "rademacher", draws, seed)
        if method == "wild"
        else reassignments(kinds, max_exact=max_exact, draws=draws, seed=seed)
    )
    table, observed, drawn = [], [], []
    for outcome in outcomes:
        present = frame[frame[outcome].notna()]
        panel = dense_panel(
            present,
            unit=unit,
            time=time,
            cohort=cohort,
            outcome=outcome,
            cluster=cluster,
            weights=weights,
            covariates=covariates,
        )
        if len(panel.clusters) != len(kinds):
            raise ValueError(
                f"outcome {outcome!r} is observed in {len(panel.clusters)} of {len(kinds)} clusters; "
                "leave it out, or restrict the frame to clusters that have every outcome"
            )
        moments = cluster_moments(panel)
        if method == "wild":
            null = wild_null(moments, chosen)
        else:
            require_assigned(panel)
            # The periods seen differ by outcome, and with them the path that an adoption date gives.
            path = np.array(
                [np.flatnonzero((panel.paths == (panel.times >= start)).all(axis=1))[0] for start in starts]
            )
            null, _, _ = randomisation_null(panel, moments, path[chosen], studentise=studentise)
        statistic, statistics = null.statistics()
        observed.append(statistic)
        drawn.append(statistics)
        table.append((null.estimate, null.p_value(), len(present), len(frame) - len(present)))
    result = pd.DataFrame(
        table, columns=["estimate", "p", "rows", "missing"], index=pd.Index(outcomes, name="outcome")
    )
    result.insert(2, "holm", holm(result["p"].to_numpy()))
    result.insert(3, "romano_wolf", romano_wolf(np.array(observed), np.array(drawn)))
    return result


def _kinds(frame: pd.DataFrame, cluster: str, cohort: str) -> tuple[np.ndarray, np.ndarray]:
    """The adoption date of each cluster, as a position in the sorted distinct dates; never is infinite."""
    absent = [name for name in (cluster, cohort) if name not in frame.columns]
    if absent:
        raise ValueError(f"columns {', '.join(map(repr, absent))} are not in the frame")
    first = pd.to_numeric(frame[cohort]).astype(float).groupby(frame[cluster], sort=True).min()
    starts, kinds = np.unique(first.fillna(np.inf).to_numpy(), return_inverse=True)
    return kinds, starts
