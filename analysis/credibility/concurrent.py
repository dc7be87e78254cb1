"""Concurrent policy: is the effect that of another programme that started in the same years?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.reassigned import Tested, randomised
from analysis.inference.setting import Setting
from analysis.unknown import NotEstimable, attempt

TWO_WAY = Setting("two_way")


@dataclass(frozen=True)
class Concurrent:
    """The two-way effect beside another policy.

    Attributes
    ----------
    adjusted : Tested
        Effect with the other policy as a regressor.
    interaction : Tested
        How much the effect differs where the other policy is active too.
    """

    adjusted: Tested | NotEstimable
    interaction: Tested | NotEstimable


def policy_cells(panel: ClusterPanel, starts: Mapping[str, float | None]) -> np.ndarray:
    """1 from the other policy's start on, shape (G, T); None never starts.

    Raises
    ------
    ValueError
        If a cluster is not in `starts`.
    """
    unknown = sorted(set(panel.clusters) - set(starts))
    if unknown:
        raise ValueError(f"the start of the other policy is not given for {', '.join(unknown)}")
    begin = np.array([np.inf if starts[name] is None else starts[name] for name in panel.clusters], float)
    return (panel.times >= begin[:, None]).astype(float)


def concurrent(panel: ClusterPanel, policy: np.ndarray, **options) -> Concurrent:
    """Add the other policy to the two-way regression, alone and interacted with treatment.

    Parameters
    ----------
    policy : ndarray, shape (G, T)
        See :func:`policy_cells`.
    **options
        Of :func:`analysis.inference.reassigned.randomised`.

    Notes
    -----
    The other policy keeps its place when starts are re-assigned.
    """
    covariates = policy[None]
    return Concurrent(
        adjusted=attempt(randomised, panel, TWO_WAY, covariates=covariates, **options),
        interaction=attempt(
            randomised, panel, Setting("two_way", target="interaction"), covariates=covariates, **options
        ),
    )
