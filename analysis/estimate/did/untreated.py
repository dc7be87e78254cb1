"""Covariates among the untreated observations, from which the others are imputed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimate.did.absorb import TwoWay
from analysis.estimate.did.panel import Panel
from analysis.estimate.rank import require_rank


@dataclass(frozen=True)
class Controls:
    """Covariates net of unit and period effects among the untreated.

    Attributes
    ----------
    slope : ndarray, shape (K,)
    residual : ndarray, shape (N, T, K)
        Zero where treated or not observed.
    outside : ndarray, shape (N, T, K)
        Covariates less their fitted effects, also where treated.
    inverse : ndarray, shape (K, K)
    """

    slope: np.ndarray
    residual: np.ndarray
    outside: np.ndarray
    inverse: np.ndarray

    @classmethod
    def of(cls, panel: Panel, fit: TwoWay, mask: np.ndarray) -> Controls:
        k = len(panel.covariate_names)
        if not k:
            empty = np.zeros((0, 0, 0))
            return cls(np.zeros(0), empty, empty, np.zeros((0, 0)))
        residual, outside = np.zeros_like(panel.covariates), np.zeros_like(panel.covariates)
        for column in range(k):
            values = panel.covariates[:, :, column]
            fitted = fit.fit(values)
            residual[:, :, column] = fitted.residual
            outside[:, :, column] = np.nan_to_num(values - fitted.unit[:, None] - fitted.period)
        gram = np.einsum("itk,it,itl->kl", residual, mask, residual)
        squares = np.einsum("itk,it->k", np.nan_to_num(panel.covariates) ** 2, mask)
        beyond = "unit and period effects"
        where = " among untreated observations"
        require_rank(gram, panel.covariate_names, squares=squares, beyond=beyond, where=where)
        inverse = np.linalg.inv(gram)
        outcome = np.where(mask > 0, panel.outcome, 0.0)
        slope = inverse @ np.einsum("itk,it,it->k", residual, mask, outcome)
        return cls(slope, residual, outside, inverse)

    def weights_on_untreated(
        self, fit: TwoWay, unit: np.ndarray, period: np.ndarray, share: np.ndarray
    ) -> np.ndarray:
        """v on untreated observations for a mean that weighs treated ones by `share`, shape (N, T)."""
        of_unit, of_period = fit.solve(unit, period)
        weights = of_unit[:, None] + of_period
        if len(self.slope):
            contrast = np.einsum("it,itk->k", share, self.outside)
            weights = weights + self.residual @ (self.inverse @ contrast)
        return -fit.weights * weights
