"""Augmented synthetic control, one treated unit at a time.

A weighted mean of never-treated units follows the treated unit before adoption; afterwards the difference
is the effect. Where non-negative weights leave a gap before adoption, a ridge regression of outcomes on
earlier outcomes takes off what that gap would do later::

    w_scm = argmin |x₁ − X₀'w|²                                   w ≥ 0, Σ w = 1
    w     = w_scm + X_c (X_c'X_c + λ I)⁻¹ (x₁ − X₀'w_scm)         X_c: X₀ less its column means
    τ_t   = Y₁t − Σ_i w_i Y_it

with X₀ (J, T₀) the controls and x₁ the treated unit before adoption. The penalty λ is chosen by leaving out
each period before adoption in turn: of twenty-one values from the largest squared singular value of X_c down
to 10⁻⁸ of it, the largest whose mean squared error is within one standard error of the least.
`demean` takes off each unit's own mean before adoption, so that only the shape is followed (de-meaned or
intercept-shifted synthetic control).

A fit is refused where it cannot be judged (too few periods before adoption) or is bad: when the gap before
adoption is larger than what one control by itself departs from the others between two periods.

References
----------
Abadie, Diamond & Hainmueller (2010), Synthetic control methods, JASA 105 (ranks of RMSPE ratios).
Ben-Michael, Feller & Rothstein (2021), The augmented synthetic control method, JASA 116 (eq. 11-13, §5.3).
Ferman & Pinto (2021), Synthetic controls with imperfect pretreatment fit, Quantitative Economics 12.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.estimate.did.panel import Panel, read_panel
from analysis.estimate.simplex import simplex_weights
from analysis.estimate.synthetic_did import require_balanced
from analysis.unknown import NotEstimableError

LEAST_BEFORE = 8
_STEPS = 20  # of the grid of penalties
_LOWEST = 1e-8  # of the largest penalty


@dataclass(frozen=True)
class ControlSettings:
    """How a synthetic unit is made and when it is refused.

    Attributes
    ----------
    augment : bool
        Add the ridge correction; without it the classic synthetic control.
    demean : bool
        Follow the shape and not the level.
    least_before : int
        Periods before adoption below which the fit cannot be judged.
    worst_fit : float
        Largest root mean squared gap before adoption, in standard deviations of what one control departs
        from the others between two periods; infinite to accept any fit.
    """

    augment: bool = True
    demean: bool = False
    least_before: int = LEAST_BEFORE
    worst_fit: float = 1.0

    def __post_init__(self) -> None:
        if self.least_before < 3:
            raise ValueError(f"least_before {self.least_before}: a penalty needs three periods at least")
        if not self.worst_fit > 0:
            raise ValueError(f"worst_fit {self.worst_fit}: expected a number above zero")


@dataclass(frozen=True)
class Fit:
    """One synthetic unit.

    Attributes
    ----------
    gap : ndarray, shape (T,)
        The unit less its synthetic one.
    weights : ndarray, shape (J,)
    penalty : float
        λ; infinite without augmentation.
    improvement : float
        Share of the gap before adoption that the weights take away, against equal weights.
    """

    gap: np.ndarray
    weights: np.ndarray
    before: int
    penalty: float
    improvement: float

    @property
    def estimate(self) -> float:
        return float(self.gap[self.before :].mean())

    @property
    def rmspe_before(self) -> float:
        return float(np.sqrt((self.gap[: self.before] ** 2).mean()))

    @property
    def rmspe_after(self) -> float:
        return float(np.sqrt((self.gap[self.before :] ** 2).mean()))

    @property
    def ratio(self) -> float:
        """RMSPE after over RMSPE before; infinite after a perfect fit."""
        return self.rmspe_after / self.rmspe_before if self.rmspe_before > 0 else np.inf


@dataclass(frozen=True)
class SyntheticControls:
    """Effects by treated unit, with the weights they rest on.

    Attributes
    ----------
    estimate : float
        Mean over the treated units whose fit was accepted, each its mean after adoption.
    table : pandas.DataFrame
        unit, cohort, estimate, rmspe_before, rmspe_after, ratio, improvement, penalty, p_value, smallest_p,
        refused. The p-value is the rank of the unit's RMSPE ratio among those of the controls, each against
        the other controls. A refused unit has no estimate and no p-value, and `refused` says why (Dutch).
    weights : pandas.DataFrame
        treated, unit, weight; negative weights reach outside what the controls span.
    path : pandas.DataFrame
        unit, time, gap.
    """

    estimate: float
    table: pd.DataFrame
    weights: pd.DataFrame
    path: pd.DataFrame
    n_controls: int
    settings: ControlSettings
    panel: Panel = field(repr=False)


def synthetic_control(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    settings: ControlSettings | None = None,
) -> SyntheticControls:
    """Augmented synthetic control of each treated unit against the never-treated.

    Parameters
    ----------
    frame, unit, time, cohort, outcome
        See :func:`analysis.estimate.did.panel.read_panel`; balanced, one row a unit and period.

    Raises
    ------
    ValueError
        For the input that ``read_panel`` refuses, or an unbalanced panel.
    NotEstimableError
        When nothing is treated, there are fewer than three controls, or no treated unit has enough periods
        before adoption and a good enough fit.
    """
    settings = settings or ControlSettings()
    panel = read_panel(frame, unit=unit, time=time, cohort=cohort, outcome=outcome)
    require_balanced(panel)
    controls = np.isinf(panel.cohort)
    treated = np.flatnonzero(~controls)
    if not len(treated):
        raise NotEstimableError(
            "no unit is treated within the panel", reason="in de onderzochte jaren begon het nergens"
        )
    if controls.sum() < 3:
        raise NotEstimableError(
            f"{int(controls.sum())} never-treated units: a synthetic unit and its placebos need three",
            reason="er zijn te weinig eenheden waar niets begon om mee te vergelijken",
        )
    donors = panel.outcome[controls]
    smallest = 1 / (len(donors) + 1)
    placebos: dict[int, np.ndarray] = {}
    rows, weights, paths = [], [], []
    for row in treated:
        before = int(panel.start[row])
        start = panel.periods[before]
        name = panel.units[row]
        if before < settings.least_before:
            reason = f"van vóór de start zijn er {settings.least_before} metingen nodig, niet {before}"
            rows.append({"unit": name, "cohort": start, "smallest_p": smallest, "refused": reason})
            continue
        fit = fit_control(panel.outcome[row], donors, before, settings)
        record = {
            "unit": name,
            "cohort": start,
            "estimate": fit.estimate,
            "rmspe_before": fit.rmspe_before,
            "rmspe_after": fit.rmspe_after,
            "ratio": fit.ratio,
            "improvement": fit.improvement,
            "penalty": fit.penalty,
            "smallest_p": smallest,
            "refused": "",
        }
        if fit.rmspe_before > settings.worst_fit * departure(donors, before):
            record |= {"estimate": np.nan, "refused": "de nagebootste provincie volgt de echte vooraf niet"}
        else:
            if before not in placebos:
                placebos[before] = _placebo_ratios(donors, before, settings)
            record["p_value"] = float((1 + (placebos[before] >= fit.ratio).sum()) * smallest)
        rows.append(record)
        weights.append(pd.DataFrame({"treated": name, "unit": panel.units[controls], "weight": fit.weights}))
        paths.append(pd.DataFrame({"unit": name, "time": panel.periods, "gap": fit.gap}))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    accepted = table["refused"] == ""
    if not accepted.any():
        reasons = "; ".join(f"{one.unit}: {one.refused}" for one in table.itertuples())
        raise NotEstimableError(
            f"no treated unit has a synthetic one that can be trusted ({reasons})",
            reason=table["refused"].iloc[0],
        )
    return SyntheticControls(
        estimate=float(table.loc[accepted, "estimate"].mean()),
        table=table,
        weights=pd.concat(weights, ignore_index=True),
        path=pd.concat(paths, ignore_index=True),
        n_controls=len(donors),
        settings=settings,
        panel=panel,
    )


_COLUMNS = [
    "unit", "cohort", "estimate", "rmspe_before", "rmspe_after", "ratio", "improvement", "penalty", "p_value",
    "smallest_p", "refused",
]  # fmt: skip


def fit_control(target: np.ndarray, donors: np.ndarray, before: int, settings: ControlSettings) -> Fit:
    """Synthetic unit for `target` (T,) from `donors` (J, T); the first `before` periods are fitted."""
    return fit_controls(target[None], donors[None], before, settings)[0]


def fit_controls(
    targets: np.ndarray, donors: np.ndarray, before: int, settings: ControlSettings
) -> list[Fit]:
    """The same for each of `targets` (D, T) from its own `donors` (D, J, T)."""
    if settings.demean:
        targets = targets - targets[:, :before].mean(axis=1, keepdims=True)
        donors = donors - donors[:, :, :before].mean(axis=2, keepdims=True)
    x1, x0 = targets[:, :before], donors[:, :, :before]
    weights, penalties = _scm(x1, x0), np.full(len(targets), np.inf)
    if settings.augment:
        penalties = _chosen_penalty(x1, x0)
        weights = _augmented(x1, x0, weights, penalties[:, None])[:, 0]
    gap = targets - np.einsum("dj,djt->dt", weights, donors)
    equal = np.linalg.norm(x1 - x0.mean(axis=1), axis=1)
    left = np.linalg.norm(gap[:, :before], axis=1)
    better = np.divide(left, equal, out=np.ones(len(left)), where=equal > 0)
    return [
        Fit(gap[one], weights[one], before, float(penalties[one]), float(1 - better[one]))
        for one in range(len(targets))
    ]


def departure(donors: np.ndarray, before: int) -> float:
    """Standard deviation of a control's change between two periods, net of the controls' mean change."""
    change = np.diff(donors[:, :before], axis=1)
    change = change - change.mean(axis=0)
    count, periods = change.shape
    return float(np.sqrt((change**2).sum() / ((count - 1) * periods)))


def _placebo_ratios(donors: np.ndarray, before: int, settings: ControlSettings) -> np.ndarray:
    everything = replace(settings, worst_fit=np.inf)
    return np.array(
        [
            fit_control(donors[place], np.delete(donors, place, axis=0), before, everything).ratio
            for place in range(len(donors))
        ]
    )


def _scm(x1: np.ndarray, x0: np.ndarray) -> np.ndarray:
    spread = np.diff(x0, axis=2).std(axis=(1, 2))
    # Next to no ridge: one solution where there are more controls than periods.
    return simplex_weights(x0.transpose(0, 2, 1), x1, ridge=x1.shape[1] * (1e-6 * spread) ** 2)


def _augmented(x1: np.ndarray, x0: np.ndarray, scm: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Ridge-augmented weights for each penalty (D, P), shape (D, P, J)."""
    centred = x0 - x0.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(centred @ centred.transpose(0, 2, 1))
    left = x1 - np.einsum("dj,djt->dt", scm, x0)
    score = np.einsum("dji,djt,dt->di", vectors, centred, left, optimize=True)
    ridged = score[:, None] / (np.clip(values, 0, None)[:, None] + penalties[:, :, None])
    return scm[:, None] + ridged @ vectors.transpose(0, 2, 1)


def _chosen_penalty(x1: np.ndarray, x0: np.ndarray) -> np.ndarray:
    draws, periods = x1.shape
    centred = x0 - x0.mean(axis=1, keepdims=True)
    largest = np.linalg.norm(centred, 2, axis=(1, 2)) ** 2
    grid = largest[:, None] * _LOWEST ** (np.arange(_STEPS + 1) / _STEPS)
    grid[largest == 0] = np.inf
    squared = np.empty((draws, periods, grid.shape[1]))
    for left_out in range(periods):
        keep = np.arange(periods) != left_out
        part = x1[:, keep], x0[:, :, keep]
        weights = _augmented(*part, _scm(*part), grid)
        expected = np.einsum("dpj,dj->dp", weights, x0[:, :, left_out])
        squared[:, left_out] = (x1[:, left_out, None] - expected) ** 2
    mean = squared.mean(axis=1)
    least = mean.argmin(axis=1)
    one = np.arange(draws)
    allowed = mean[one, least] + squared[one, :, least].std(axis=1, ddof=1) / np.sqrt(periods)
    return grid[one, (mean <= allowed[:, None]).argmax(axis=1)]
