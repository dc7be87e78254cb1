"""Synthetic difference-in-differences: controls and earlier periods weighted to look like what is compared.

For the N₁ units of one cohort, N₀ never-treated controls, T₀ periods before and T₁ from adoption on::

    ω = argmin Σ_{t≤T₀} (ω₀ + Σ_i ω_i Y_it − Ȳ_treated,t)² + ζ² T₀ |ω|²      ω ≥ 0, Σ ω = 1
    λ = argmin Σ_{i≤N₀} (λ₀ + Σ_t λ_t Y_it − Ȳ_i,post)²   + ζ_λ² N₀ |λ|²     λ ≥ 0, Σ λ = 1
    ζ = (N₁ T₁)^¼ σ̂,   ζ_λ = 10⁻⁶ σ̂,   σ̂ the standard deviation of Y_it − Y_i,t−1, controls, t ≤ T₀
    τ = (Ȳ_treated,post − Σ_t λ_t Ȳ_treated,t) − Σ_i ω_i (Ȳ_i,post − Σ_t λ_t Y_it)

σ̂ holds shocks that all units share, as in the paper: where those are large (turnout from one election to
the next) ω lies near equal weights. Both problems are solved exactly (:mod:`analysis.estimate.simplex`),
where the authors' program stops Frank–Wolfe steps early. Cohorts are estimated one by one against the
never-treated and averaged by their treated cells (unit times period), as in the appendix.

Tests by re-assignment are in :mod:`analysis.inference.synthetic`.

References
----------
Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), Synthetic difference-in-differences, AER 111.
Clarke, Pailañir, Athey & Imbens (2024), On synthetic difference-in-differences and related estimation
methods in Stata, Stata Journal 24 (cohorts).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import Panel, read_panel
from analysis.estimate.simplex import simplex_weights
from analysis.unknown import NotEstimableError

_NEXT_TO_NONE = 1e-6  # of σ̂: makes a solution unique without moving it


@dataclass(frozen=True)
class Block:
    """One cohort against the never-treated.

    Attributes
    ----------
    cohort : float
        First treated period, on the scale of ``Panel.times``.
    treated, controls : ndarray of int
        Rows of the panel.
    before : int
        Periods before adoption, T₀.
    omega : ndarray, shape (N₀,)
        Weights of the controls.
    lam : ndarray, shape (T₀,)
        Weights of the periods before adoption.
    """

    cohort: float
    treated: np.ndarray
    controls: np.ndarray
    before: int
    omega: np.ndarray
    lam: np.ndarray

    def differences(self, outcome: np.ndarray) -> np.ndarray:
        """Treated mean less weighted controls in every period, less its λ-mean before, shape (T,)."""
        gap = outcome[self.treated].mean(axis=0) - self.omega @ outcome[self.controls]
        return gap - self.lam @ gap[: self.before]

    def estimate(self, outcome: np.ndarray) -> float:
        return float(self.differences(outcome)[self.before :].mean())

    def cells(self, periods: int) -> int:
        """Treated units times treated periods."""
        return len(self.treated) * (periods - self.before)


@dataclass(frozen=True)
class SyntheticDid:
    """Effect on the treated with the weights it rests on.

    Attributes
    ----------
    estimate : float
        Mean over treated units and periods.
    n_treated, n_controls : int
        Units.
    dropped : tuple of (str, int)
        Units left out, by reason.
    """

    estimate: float
    n_treated: int
    n_controls: int
    dropped: tuple[tuple[str, int], ...]
    blocks: tuple[Block, ...] = field(repr=False)
    panel: Panel = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """cohort, units, periods_before, periods_after, estimate, share: one row a cohort."""
        periods = len(self.panel.times)
        cells = np.array([block.cells(periods) for block in self.blocks])
        return pd.DataFrame(
            {
                "cohort": [self._label(block) for block in self.blocks],
                "units": [len(block.treated) for block in self.blocks],
                "periods_before": [block.before for block in self.blocks],
                "periods_after": [periods - block.before for block in self.blocks],
                "estimate": [block.estimate(self.panel.outcome) for block in self.blocks],
                "share": cells / cells.sum(),
            }
        )

    @property
    def unit_weights(self) -> pd.DataFrame:
        """cohort, unit, weight: ω of each control."""
        return pd.concat(
            [
                pd.DataFrame(
                    {
                        "cohort": self._label(block),
                        "unit": self.panel.units[block.controls],
                        "weight": block.omega,
                    }
                )
                for block in self.blocks
            ],
            ignore_index=True,
        )

    @property
    def time_weights(self) -> pd.DataFrame:
        """cohort, time, weight: λ of each period before adoption."""
        return pd.concat(
            [
                pd.DataFrame(
                    {
                        "cohort": self._label(block),
                        "time": self.panel.periods[: block.before],
                        "weight": block.lam,
                    }
                )
                for block in self.blocks
            ],
            ignore_index=True,
        )

    def _label(self, block: Block) -> object:
        """First treated period as it was given."""
        return self.panel.periods[block.before]


def synthetic_did(frame: pd.DataFrame, *, unit: str, time: str, cohort: str, outcome: str) -> SyntheticDid:
    """Synthetic difference-in-differences of a balanced panel.

    Parameters
    ----------
    frame, unit, time, cohort, outcome
        See :func:`analysis.estimate.did.panel.read_panel`. The unit is the level at which treatment was
        assigned (the province): sum or average smaller units beforehand. The order of periods counts, not
        their distance.

    Raises
    ------
    ValueError
        For the input that ``read_panel`` refuses, or an unbalanced panel.
    NotEstimableError
        When nothing is treated within the panel, fewer than two units are never treated, or a cohort has
        fewer than two periods before adoption.
    """
    panel = read_panel(frame, unit=unit, time=time, cohort=cohort, outcome=outcome)
    require_balanced(panel)
    panel, late = panel.without_always_treated()
    dropped = (("units without a period before treatment", late),) if late else ()
    blocks = fit_blocks(panel.outcome, panel.times, panel.cohort)
    periods = len(panel.times)
    cells = np.array([block.cells(periods) for block in blocks])
    estimates = np.array([block.estimate(panel.outcome) for block in blocks])
    return SyntheticDid(
        estimate=float(cells @ estimates / cells.sum()),
        n_treated=sum(len(block.treated) for block in blocks),
        n_controls=len(blocks[0].controls),
        dropped=dropped,
        blocks=blocks,
        panel=panel,
    )


def fit_blocks(outcome: np.ndarray, times: np.ndarray, cohort: np.ndarray) -> tuple[Block, ...]:
    """Weights of every cohort; `outcome` of shape (N, T), `cohort` of shape (N,), inf when never treated."""
    controls = np.flatnonzero(np.isinf(cohort))
    starts = np.unique(cohort[np.isfinite(cohort)])
    if not len(starts):
        raise NotEstimableError(
            "no unit is treated within the panel", reason="in de onderzochte jaren begon het nergens"
        )
    if len(controls) < 2:
        raise NotEstimableError(
            f"{len(controls)} never-treated units: weights need at least two to choose from",
            reason="er zijn te weinig eenheden waar niets begon om mee te vergelijken",
        )
    blocks = []
    for start in starts:
        before = int((times < start).sum())
        if before < 2:
            raise NotEstimableError(
                f"cohort {start:g} has {before} periods before adoption: weights need at least two",
                reason="er zijn te weinig metingen van vóór de start",
            )
        treated = np.flatnonzero(cohort == start)
        omega, lam = _weights(
            outcome[controls][None], outcome[treated].mean(axis=0)[None], before, len(treated)
        )
        blocks.append(Block(float(start), treated, controls, before, omega[0], lam[0]))
    return tuple(blocks)


def estimates_each(outcome: np.ndarray, times: np.ndarray, cohorts: np.ndarray) -> np.ndarray:
    """What the estimate would be under each row of `cohorts` (D, N), re-assignments of one another, (D,)."""
    draws, periods = len(cohorts), len(times)
    controls = outcome[np.nonzero(np.isinf(cohorts))[1].reshape(draws, -1)]
    total, cells = np.zeros(draws), 0
    for start in np.unique(cohorts[0][np.isfinite(cohorts[0])]):
        before = int((times < start).sum())
        treated = outcome[np.nonzero(cohorts == start)[1].reshape(draws, -1)]
        mean = treated.mean(axis=1)
        omega, lam = _weights(controls, mean, before, treated.shape[1])
        gap = mean - np.einsum("di,dit->dt", omega, controls)
        effect = gap[:, before:].mean(axis=1) - np.einsum("dt,dt->d", lam, gap[:, :before])
        count = treated.shape[1] * (periods - before)
        total += count * effect
        cells += count
    return total / cells


def require_balanced(panel: Panel) -> None:
    """Raise ValueError when a unit misses a period: synthetic units need every cell."""
    if panel.balanced:
        return
    row, column = np.argwhere(~panel.observed)[0]
    raise ValueError(
        f"unit {panel.units[row]} has no outcome in {panel.times[column]:g}: synthetic units need every unit "
        "in every period; leave out the unit or the period beforehand"
    )


def _weights(controls: np.ndarray, treated: np.ndarray, before: int, n_treated: int) -> tuple:
    """Omega (D, N0) and lambda (D, T0) of controls (D, N0, T) and the mean of treated units (D, T)."""
    noise = _noise(controls, before)
    after = controls.shape[2] - before
    zeta = (n_treated * after) ** 0.25 * noise
    early = controls[:, :, :before]
    omega = simplex_weights(
        early.transpose(0, 2, 1), treated[:, :before], ridge=before * zeta**2, intercept=True
    )
    lam = simplex_weights(
        early,
        controls[:, :, before:].mean(axis=2),
        ridge=controls.shape[1] * (_NEXT_TO_NONE * noise) ** 2,
        intercept=True,
    )
    return omega, lam


def _noise(controls: np.ndarray, before: int) -> np.ndarray:
    """σ̂: standard deviation of the controls' changes from period to period before adoption, (D,)."""
    return np.diff(controls[:, :, :before], axis=2).std(axis=(1, 2), ddof=1)
