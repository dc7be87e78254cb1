"""Effects by cluster, partially pooled, and what they say of a next cluster.

One treated cluster cannot tell its effect from a shock of its own that lasts, so no effect of a single one
is given. What can be had from several is their mean, how far they lie apart beyond what lasting shocks
explain, and from these an interval for the effect in a cluster that has yet to begin. The means of clusters
by period follow::

    y_gt = α_g + δ_t + τ_g D_gt + e_gt,     τ_g ~ N(μ, ω²)
    e_g ~ N(0, σ² R(ρ) + diag(v_g)),        R(ρ)_st = ρ^|s − t|

with α, δ and μ integrated out under flat priors (restricted likelihood) and v_g the known sampling variances
of means over respondents. The other three are not fixed at estimates, of which ω is often exactly zero: all
quantities are averaged over a grid of ρ (uniform on −0.5…0.95), σ (uniform in its logarithm) and ω, with
density ∝ (3s + ω)⁻² where s is the error of a typical effect (DuMouchel's prior, three times as wide). So the
intervals hold what few clusters leave open about each. In simulation the interval for a next cluster covers
.94–.97 where effects differ by as much as a shock, and more where they differ less, as it cannot be narrower
than what is unknown (``benchmarks/regional.py pooled``).

An effect is the mean over periods after adoption; ρ counts steps from one period to the next, whatever the
years between them.

References
----------
Rubin (1981), Estimation in parallel randomized experiments, J. Educ. Stat. 6. DuMouchel & Normand (2000),
Computer-modeling and graphical strategies for meta-analysis, in: Stangl & Berry, Meta-analysis in medicine
and health policy. Gelman (2006), Prior distributions for variance parameters in hierarchical models, Bayesian
Analysis 1. Higgins, Thompson & Spiegelhalter (2009), A re-evaluation of random-effects meta-analysis, JRSS A
172 (prediction intervals). Bertrand, Duflo & Mullainathan (2004), How much should we trust
differences-in-differences estimates?, QJE 119.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.estimate.checks import require_columns
from analysis.estimate.did.panel import Panel, read_panel
from analysis.unknown import NotEstimableError

LEAST_TREATED = 5
_RHO = np.linspace(-0.5, 0.95, 20)
_SIGMA = 15  # points
_OMEGA = 30
_WIDE = 3.0


@dataclass(frozen=True)
class PooledEffects:
    """Mean effect, spread between clusters, and the effect in a next cluster.

    Attributes
    ----------
    mean, low, high : float
        Mean effect μ in the population of clusters, and its interval.
    spread, spread_low, spread_high : float
        ω: posterior median, and interval.
    next_low, next_high : float
        Interval for the effect in a next cluster.
    persistence : float
        Posterior mean of ρ.
    """

    mean: float
    low: float
    high: float
    spread: float
    spread_low: float
    spread_high: float
    next_low: float
    next_high: float
    persistence: float
    n_clusters: int
    n_treated: int
    level: float


def pooled_effects(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str | None = None,
    variance: str | None = None,
    level: float = 0.95,
) -> PooledEffects:
    """Partial pooling of the effects of treated clusters, with lasting shocks by cluster.

    Parameters
    ----------
    frame, unit, time, cohort, outcome
        See :func:`analysis.estimate.did.panel.read_panel`.
    cluster : str or None
        Level of assignment; the plain mean of its units observed in every period counts. The unit itself
        when None.
    variance : str or None
        Column with the sampling variance of the outcome, for instance of a mean over respondents
        (:func:`analysis.estimate.sampled_means.sampled_means`).

    Raises
    ------
    ValueError
        For bad input, a cluster without a unit observed in every period, or units of one cluster that adopt
        at different times.
    NotEstimableError
        With fewer than five treated clusters, or without untreated clusters to tell their effects from time.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a share between 0 and 1")
    panel = read_panel(frame, unit=unit, time=time, cohort=cohort, outcome=outcome, cluster=cluster or unit)
    noise = None
    if variance is not None:
        require_columns(frame, [variance], "frame")
        noise = read_panel(
            frame, unit=unit, time=time, cohort=cohort, outcome=variance, cluster=cluster or unit
        )
        if (noise.outcome[noise.observed] < 0).any():
            raise ValueError(f"column {variance} is negative somewhere: a variance is zero or more")
    means, starts, sampling = _cluster_means(panel, noise, cluster or unit)
    early = starts <= panel.times[0]
    means, starts, sampling = means[~early], starts[~early], sampling[~early]
    treated = np.flatnonzero(np.isfinite(starts))
    if len(treated) < LEAST_TREATED:
        raise NotEstimableError(
            f"{len(treated)} treated clusters: their spread needs at least {LEAST_TREATED}",
            reason=f"het begon in minder dan {LEAST_TREATED} provincies: te weinig om verschillen te kennen",
        )
    begun = (panel.times >= starts[:, None]).astype(float)[treated]
    grid = _Grid.of(means, begun, treated, sampling)
    return grid.summary(len(starts), len(treated), level)


def _cluster_means(panel: Panel, noise: Panel | None, name: str) -> tuple:
    """Means by cluster and period (G, T), starts (G,), and sampling variances of the means (G, T)."""
    complete = panel.observed.all(axis=1)
    lost = np.setdiff1d(panel.clusters, panel.clusters[complete])
    if len(lost):
        raise ValueError(f"{name} {panel.cluster_labels[lost[0]]} has no unit observed in every period")
    codes = panel.clusters[complete]
    counts = np.bincount(codes)[:, None]
    first = np.unique(codes, return_index=True)[1]
    cohort = panel.cohort[complete]
    starts = cohort[first]
    mixed = cohort != starts[codes]
    if mixed.any():
        label = panel.cluster_labels[codes[mixed.argmax()]]
        raise ValueError(f"units of {name} {label} adopt at different times: there is no single start")

    def total(values: np.ndarray) -> np.ndarray:
        return np.column_stack([np.bincount(codes, weights=one) for one in values[complete].T])

    sampling = np.zeros((len(first), len(panel.times)))
    if noise is not None:
        sampling = total(noise.outcome) / counts**2
    return total(panel.outcome) / counts, starts, sampling


@dataclass(frozen=True)
class _Grid:
    """Posterior weights over (ρ, σ, ω), and what each point says of the mean effect."""

    weight: np.ndarray  # (P,)
    rho: np.ndarray  # (P,)
    omega: np.ndarray  # (P,)
    mean: np.ndarray  # (P,) of μ
    variance: np.ndarray  # (P,) of μ

    @classmethod
    def of(cls, y: np.ndarray, begun: np.ndarray, treated: np.ndarray, sampling: np.ndarray) -> _Grid:
        periods = y.shape[1]
        lag = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
        left = y - y.mean(axis=0) - (y.mean(axis=1) - y.mean())[:, None]
        rough = float(left.std())
        if rough == 0:
            raise NotEstimableError(
                "the outcome has no variation beyond clusters and periods",
                reason="de uitkomst verschilt niet tussen provincies en jaren",
            )
        sigma = rough * np.exp(np.linspace(np.log(0.3), np.log(6.0), _SIGMA))
        rho = np.repeat(_RHO, _SIGMA)
        sigma = np.tile(sigma, len(_RHO))
        correlation = rho[:, None, None] ** lag
        covariance = sigma[:, None, None, None] ** 2 * correlation[:, None] + sampling[
            None, :, :, None
        ] * np.eye(periods)
        estimates, precision, log_rest = _restricted(y, begun, treated, covariance)

        own = np.linalg.inv(precision)
        place = (np.arange(_OMEGA) + 0.5) / _OMEGA
        # the grid is even in ω/(s + ω): the prior needs no further weight
        error = np.sqrt(len(treated) / (1 / np.diagonal(own, axis1=1, axis2=2)).sum(axis=1))
        omega = _WIDE * error[:, None] * place / (1 - place)
        k = len(treated)
        total = own[:, None] + (omega**2)[:, :, None, None] * np.eye(k)
        inverse = np.linalg.inv(total)
        ones = inverse.sum(axis=-1)
        information = ones.sum(axis=-1)
        mean = (ones @ estimates[:, :, None])[:, :, 0] / information
        centred = estimates[:, None, :] - mean[:, :, None]
        quadratic = np.einsum("sok,sokl,sol->so", centred, inverse, centred)
        log_posterior = (
            log_rest[:, None]
            - 0.5 * np.linalg.slogdet(precision)[1][:, None]
            - 0.5 * (np.linalg.slogdet(total)[1] + np.log(information) + quadratic)
        )
        weight = np.exp(log_posterior - log_posterior.max())
        weight /= weight.sum()

        shape = weight.shape
        flat = weight.ravel() > 1e-9 * weight.max()
        return cls(
            weight=weight.ravel()[flat] / weight.ravel()[flat].sum(),
            rho=np.broadcast_to(rho[:, None], shape).ravel()[flat],
            omega=omega.ravel()[flat],
            mean=mean.ravel()[flat],
            variance=(1 / information).ravel()[flat],
        )

    def summary(self, n_clusters: int, n_treated: int, level: float) -> PooledEffects:
        tails = ((1 - level) / 2, (1 + level) / 2)
        low, high = self._quantiles(self.mean, self.variance, tails)
        next_low, next_high = self._quantiles(self.mean, self.variance + self.omega**2, tails)
        order = np.argsort(self.omega, kind="stable")
        cumulated = np.cumsum(self.weight[order])
        omega = np.interp([tails[0], 0.5, tails[1]], cumulated, self.omega[order])
        return PooledEffects(
            mean=float(self.weight @ self.mean),
            low=low,
            high=high,
            spread=float(omega[1]),
            spread_low=float(omega[0]),
            spread_high=float(omega[2]),
            next_low=next_low,
            next_high=next_high,
            persistence=float(self.weight @ self.rho),
            n_clusters=n_clusters,
            n_treated=n_treated,
            level=level,
        )

    def _quantiles(self, mean: np.ndarray, variance: np.ndarray, shares: tuple) -> tuple[float, float]:
        """Of the mixture of normals with these means and variances."""
        sd = np.sqrt(np.clip(variance, 1e-300, None))
        middle, reach = float(self.weight @ mean), float((np.abs(mean).max() + sd.max()) * 20)

        def below(x: float, share: float) -> float:
            return float(self.weight @ stats.norm.cdf((x - mean) / sd)) - share

        return tuple(
            float(optimize.brentq(below, middle - reach, middle + reach, args=(share,), xtol=1e-7 * reach))
            for share in shares
        )


def _restricted(y: np.ndarray, begun: np.ndarray, treated: np.ndarray, covariance: np.ndarray) -> tuple:
    """Estimates (S, k) and precision (S, k, k) of the effects, and the log-likelihood of what is left (S,).

    `covariance` (S, G or 1, T, T) at each of S points. Cluster effects are projected out block by block, then
    the period effects from the sum of the blocks.
    """
    clusters = len(y)
    inverse = np.linalg.inv(covariance)
    ones = inverse.sum(axis=-1)
    information = ones.sum(axis=-1)
    within = inverse - ones[..., :, None] * ones[..., None, :] / information[..., None, None]
    within = np.broadcast_to(within, (len(within), clusters, *within.shape[2:]))
    log_rest = np.broadcast_to(np.linalg.slogdet(covariance)[1] + np.log(information), within.shape[:2]).sum(
        axis=1
    )
    of_periods = within.sum(axis=1)[:, 1:, 1:]  # the first period is the reference
    by_period = np.einsum("sgtu,gu->st", within, y)[:, 1:]
    own = within[:, treated]
    crossed = np.einsum("sktu,ku->skt", own, begun)[:, :, 1:]
    solved = np.linalg.solve(of_periods, np.swapaxes(crossed, 1, 2))  # (S, T-1, k)
    precision = -crossed @ solved
    diagonal = np.einsum("kt,sktu,ku->sk", begun, own, begun)
    place = np.arange(len(treated))
    precision[:, place, place] += diagonal
    score = np.einsum("kt,sktu,ku->sk", begun, own, y[treated])
    score = score - np.einsum("stk,st->sk", solved, by_period)
    if np.linalg.eigvalsh(precision).min() <= 1e-10 * diagonal.max():
        raise NotEstimableError(
            "the effects cannot be told from the periods: too few clusters are untreated while others are",
            reason="er zijn te weinig provincies waar niets begon om mee te vergelijken",
        )
    estimates = np.linalg.solve(precision, score[:, :, None])[:, :, 0]
    squares = np.einsum("gt,sgtu,gu->s", y, within, y)
    squares = squares - np.einsum(
        "st,st->s", by_period, np.linalg.solve(of_periods, by_period[..., None])[..., 0]
    )
    squares = squares - (estimates * score).sum(axis=1)
    log_rest = log_rest + np.linalg.slogdet(of_periods)[1] + squares
    return estimates, precision, -0.5 * log_rest
