"""Estimates of many assignments at once, with what each becomes when a cluster is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RANK = 1e-9  # what is left of a regressor, or of a sum of weights, below this share counts as nothing


@dataclass(frozen=True)
class Statistics:
    """Estimates for O outcomes under R assignments of G clusters.

    Attributes
    ----------
    estimate : ndarray, shape (O, R)
        NaN where not identified.
    without : ndarray, shape (O, R, G)
        The same without each cluster; NaN where not identified.
    """

    estimate: np.ndarray
    without: np.ndarray

    @property
    def defined(self) -> np.ndarray:
        """Whether estimate and jackknife exist, shape (R,)."""
        return np.isfinite(self.estimate).all(axis=0) & np.isfinite(self.without).all(axis=(0, 2))

    def covariance(self, one: int | slice = 0, other: int | slice = 0) -> np.ndarray:
        """Jackknife covariance (CRV3) of the estimates of two outcomes, shape (R,).

        ``(G - 1)/G`` times the summed products of the deviations from the estimate on all clusters
        (MacKinnon, Nielsen & Webb 2023, eq. 13).
        """
        count = self.without.shape[-1]
        first = self.without[one] - self.estimate[one][..., None]
        second = first if one == other else self.without[other] - self.estimate[other][..., None]
        return (count - 1) / count * np.einsum("...g,...g->...", first, second)


def joined(parts: Sequence[Statistics]) -> Statistics:
    """The statistics of batches that follow each other."""
    if len(parts) == 1:
        return parts[0]
    return Statistics(
        np.concatenate([part.estimate for part in parts], axis=-1),
        np.concatenate([part.without for part in parts], axis=-2),
    )
