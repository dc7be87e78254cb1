"""Spillover: does the programme change outcomes of clusters that border on treated ones?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import Tested, randomised
from analysis.inference.setting import Setting
from analysis.unknown import NotEstimable, attempt


@dataclass(frozen=True)
class Spillover:
    """The two-way effect beside exposure to treated neighbours.

    Attributes
    ----------
    exposure : Tested
        Effect on an untreated cluster all of whose neighbours are treated.
    direct : Tested
        Effect of treatment with that regressor.
    """

    exposure: Tested | NotEstimable
    direct: Tested | NotEstimable


def neighbour_shares(clusters: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Row g: each cluster's equal share in the neighbourhood of g; shape (G, G).

    Raises
    ------
    ValueError
        If a cluster is not in `neighbours`, borders on itself, or a border is given one way only.
    """
    unknown = sorted(set(clusters) - set(neighbours))
    if unknown:
        raise ValueError(f"no neighbours are given for {', '.join(unknown)}")
    touches = np.array([[other in neighbours[one] for other in clusters] for one in clusters], dtype=float)
    one, other = np.nonzero((touches != touches.T) | (np.eye(len(clusters)) * touches > 0))
    if len(one):
        raise ValueError(
            f"{clusters[one[0]]} and {clusters[other[0]]}: neighbours must be two clusters, named both ways"
        )
    return touches / np.maximum(touches.sum(axis=1, keepdims=True), 1.0)


def spillover(panel: ClusterPanel, neighbours: np.ndarray, **options) -> Spillover:
    """Add to the two-way regression the share of treated neighbours of each untreated cell.

    Parameters
    ----------
    neighbours : ndarray, shape (G, G)
        See :func:`neighbour_shares`.
    **options
        Of :func:`analysis.inference.reassigned.randomised`.

    Notes
    -----
    The randomisation test re-assigns starts and recomputes who borders on whom. It tests that nobody is
    affected at all; a rejection for exposure alone is therefore read beside the direct effect.
    """
    exposure, direct = (
        attempt(randomised, panel, setting, neighbours=neighbours, **options)
        for setting in (
            Setting("two_way", spillover=True, target="exposure"), Setting("two_way", spillover=True)
        )
    )  # fmt: skip
    return Spillover(exposure, direct)
