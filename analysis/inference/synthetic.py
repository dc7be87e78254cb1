"""Tests of synthetic difference-in-differences and synthetic control by other units' dates of adoption.

Every re-assignment is estimated anew, weights and all: what the method would have found had other units
adopted at those dates. A permutation goes over all units; a placebo over the never-treated alone, which the
paper uses for a standard error (its algorithm 4).

With twelve provinces of which five are treated in the last of ten periods, and no effect, the permutation
rejects .05–.07 at 5 % over six shock models, and the normal interval of the placebo .02–.24 (150 panels a
model, ``benchmarks/synthetic.py size``). So the permutation and its interval lead, and the placebo gives a
standard error only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimate.synthetic_control import SyntheticControls, departure, fit_controls
from analysis.estimate.synthetic_did import SyntheticDid, estimates_each
from analysis.inference.assignments import MAX_EXACT, reassignments
from analysis.unknown import NotEstimableError

_CLOSE = 1e-9  # of the largest estimate: below it two estimates are the same


@dataclass(frozen=True)
class SyntheticPermutation:
    """The estimate among those under all re-assignments of the dates of adoption.

    Attributes
    ----------
    p_value : float
        Share of re-assignments, the observed one among them, with an estimate at least as far from zero.
    smallest_p : float
        The least p-value this test can give.
    exact : bool
        All re-assignments, or a sample of them.
    monte_carlo_se : float
        Of the p-value; zero when exact.
    estimates : ndarray, shape (draws,)
    """

    estimate: float
    p_value: float
    smallest_p: float
    exact: bool
    draws: int
    monte_carlo_se: float
    estimates: np.ndarray


@dataclass(frozen=True)
class SyntheticPlacebo:
    """Standard error from effects 'found' where nothing happened.

    Attributes
    ----------
    se : float
        Standard deviation of the placebo estimates. It assumes that shocks of treated units are as large
        as those of the others.
    estimates : ndarray, shape (draws,)
    """

    se: float
    exact: bool
    draws: int
    estimates: np.ndarray


def permute_synthetic(
    found: SyntheticDid, *, max_exact: int = MAX_EXACT, draws: int = 4_999, seed: int = 0, null: float = 0.0
) -> SyntheticPermutation:
    """Permutation test that every unit's effect is `null`.

    Parameters
    ----------
    max_exact, draws, seed
        Estimate all re-assignments up to `max_exact`, else a sample.
    null : float
        Constant effect that is taken off before re-assigning.

    Notes
    -----
    Exact when any units were as likely to adopt as those that did, or when units are exchangeable. Neither
    is so when provinces are chosen: "as if" by lot.
    """
    panel = found.panel
    starts, codes = np.unique(panel.cohort, return_inverse=True)
    drawn, exact = reassignments(codes, max_exact=max_exact, draws=draws, seed=seed)
    outcome = panel.outcome - null * panel.treated
    estimates = estimates_each(outcome, panel.times, starts[drawn])
    distance = abs(found.estimate - null)
    close = _CLOSE * np.abs(estimates).max()
    return _permutation(found.estimate, np.abs(estimates) >= distance - close, estimates, exact)


def _permutation(
    estimate: float, extreme: np.ndarray, estimates: np.ndarray, exact: bool
) -> SyntheticPermutation:
    """A test by which re-assignments are as extreme as what was observed, with the estimate of each."""
    p, draws = float(extreme.mean()), len(extreme)
    return SyntheticPermutation(
        estimate=estimate,
        p_value=p,
        smallest_p=1 / draws,
        exact=exact,
        draws=draws,
        monte_carlo_se=0.0 if exact else float(np.sqrt(p * (1 - p) / draws)),
        estimates=estimates,
    )


def permutation_interval(
    found: SyntheticDid, *, level: float = 0.95, max_exact: int = MAX_EXACT, draws: int = 4_999, seed: int = 0
) -> tuple[float, float]:
    """Constant effects that :func:`permute_synthetic` does not reject, from the estimate outwards.

    An end is infinite where the test cannot reject at this level. Found by bisection to a thousandth of the
    scale of the re-assigned estimates.
    """
    at_zero = permute_synthetic(found, max_exact=max_exact, draws=draws, seed=seed)
    if at_zero.smallest_p > 1 - level:
        return -np.inf, np.inf
    scale = float(at_zero.estimates.std())

    def kept(effect: float) -> bool:
        test = permute_synthetic(found, max_exact=max_exact, draws=draws, seed=seed, null=effect)
        return test.p_value > 1 - level

    return _edge(kept, found.estimate, -scale), _edge(kept, found.estimate, scale)


def placebo_synthetic(
    found: SyntheticDid, *, max_exact: int = MAX_EXACT, draws: int = 999, seed: int = 0
) -> SyntheticPlacebo:
    """Standard error from never-treated units in the place of the treated ones.

    Raises
    ------
    NotEstimableError
        When fewer than two controls would be left.
    """
    panel = found.panel
    never = np.isinf(panel.cohort)
    count = int((~never).sum())
    if never.sum() - count < 2:
        raise NotEstimableError(
            f"{int(never.sum())} never-treated units cannot stand in for {count} treated ones and leave two",
            reason="er zijn te weinig eenheden waar niets begon voor een schijntoets",
        )
    starts = np.unique(panel.cohort)
    cohorts = np.full(int(never.sum()), np.inf)
    cohorts[:count] = panel.cohort[~never]
    drawn, exact = reassignments(
        np.searchsorted(starts, cohorts), max_exact=max_exact, draws=draws, seed=seed
    )
    alone = panel.select(never)
    estimates = estimates_each(alone.outcome, alone.times, starts[drawn])
    return SyntheticPlacebo(float(estimates.std()), exact, len(drawn), estimates)


def permute_control(
    found: SyntheticControls, *, max_exact: int = 5_000, draws: int = 999, seed: int = 0
) -> SyntheticPermutation:
    """Permutation test of the mean effect by synthetic control.

    Units are ranked by the size of the mean effect over the root mean squared gap before adoption of the
    units it is the mean of, so that a badly fitted re-assignment does not look like an effect. Units whose
    fit is refused are left out of every mean, as they are of the observed one; a re-assignment of which
    nothing is left counts as extreme. `estimates` holds the effects, NaN there.

    Parameters
    ----------
    max_exact, draws, seed
        Estimate all re-assignments up to `max_exact`, else a sample.
    """
    panel = found.panel
    starts, codes = np.unique(panel.cohort, return_inverse=True)
    drawn, exact = reassignments(codes, max_exact=max_exact, draws=draws, seed=seed)
    effects, ratios = _controlled(found, starts[drawn])
    (effect,), (observed,) = _controlled(found, panel.cohort[None])
    return _permutation(float(effect), ratios >= observed * (1 - _CLOSE), effects, exact)


def _controlled(found: SyntheticControls, cohorts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By row of `cohorts` (D, N): mean effect over the accepted units, and its size over the gap before."""
    panel, settings = found.panel, found.settings
    draws = len(cohorts)
    donors = panel.outcome[np.nonzero(np.isinf(cohorts))[1].reshape(draws, -1)]
    effects, squares, accepted = np.zeros((3, draws))
    for start in np.unique(cohorts[0][np.isfinite(cohorts[0])]):
        before = int((panel.times < start).sum())
        if before < settings.least_before:
            continue
        draw, row = np.nonzero(cohorts == start)
        worst = [settings.worst_fit * departure(one, before) for one in donors]
        for place, fit in zip(
            draw, fit_controls(panel.outcome[row], donors[draw], before, settings), strict=True
        ):
            if fit.rmspe_before <= worst[place]:
                effects[place] += fit.estimate
                squares[place] += fit.rmspe_before**2
                accepted[place] += 1
    some = accepted > 0
    effect = np.divide(effects, accepted, out=np.full(draws, np.nan), where=some)
    gap = np.sqrt(np.divide(squares, accepted, out=np.zeros(draws), where=some))
    return effect, np.divide(np.abs(effect), gap, out=np.full(draws, np.inf), where=some & (gap > 0))


def _edge(kept, start: float, step: float) -> float:
    """Where `kept` ends when walking from `start` by growing steps; infinite when it does not."""
    enough = 1e-3 * abs(step)
    inside, outside = start, start + step
    for _ in range(12):
        if not kept(outside):
            break
        inside, outside, step = outside, outside + 2 * step, 2 * step
    else:
        return float(np.copysign(np.inf, step))
    while abs(outside - inside) > enough:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if kept(middle) else (inside, middle)
    return inside
