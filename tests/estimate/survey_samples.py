"""Small simulated surveys, and the same statistics by plain loops over replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimate.survey import ReplicateDesign


@dataclass(frozen=True)
class Survey:
    """A sample with its design and, for the loops, every set of weights."""

    pv: np.ndarray  # (n, M) plausible values
    other: np.ndarray  # (n,)
    regressors: np.ndarray  # (n, 2)
    group: np.ndarray  # (n,)
    design: ReplicateDesign
    weights: np.ndarray  # (n, R)
    factor: float


def survey(method: str, n: int = 600, zones: int = 12, seed: int = 0) -> Survey:
    """A clustered sample for ``jk2``, ``jk2_full`` or ``brr``."""
    rng = np.random.default_rng(seed)
    zone = rng.integers(1, zones + 1, n)
    rep = rng.integers(0, 2, n)
    cluster = rng.normal(0, 30, (zones + 1, 2))[zone, rep]
    regressors = np.column_stack([rng.normal(size=n), rng.integers(0, 2, n)]).astype(float)
    latent = 500 + cluster + 20 * regressors[:, 0] + 60 * rng.normal(size=n)
    values = latent[:, None] + 25 * rng.normal(size=(n, 5))
    weight = rng.lognormal(3, 0.5, n)
    group = rng.integers(0, 3, n)
    other = latent / 10 + rng.normal(0, 8, n)
    inside = zone[:, None] == np.arange(1, zones + 1)
    double = weight[:, None] * np.where(inside, 2.0 * rep[:, None], 1.0)
    if method == "jk2":
        return Survey(values, other, regressors, group, ReplicateDesign.jk2(weight, zone, rep), double, 1.0)
    if method == "jk2_full":
        drop = weight[:, None] * np.where(inside, 2.0 * (1 - rep[:, None]), 1.0)
        design = ReplicateDesign.jk2_full(weight, zone, rep)
        return Survey(values, other, regressors, group, design, np.hstack([double, drop]), 0.5)
    signs = rng.choice([0.5, 1.5], size=(zones + 1, 2, 20))
    replicates = weight[:, None] * signs[zone, rep]
    return Survey(
        values, other, regressors, group, ReplicateDesign.brr(weight, replicates), replicates, 1 / (20 * 0.25)
    )


def loop(sample: Survey, statistic, rows=slice(None)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimate, sampling and imputation variance of ``statistic(m, rows, weight)`` as manuals write them.

    The statistic may be a number or a vector; `m` is the number of the plausible value.
    """
    count = sample.pv.shape[1]
    full = np.array([statistic(m, rows, sample.design.weight[rows]) for m in range(count)])
    sampling = np.zeros_like(full)
    for m in range(count):
        for replicate in sample.weights.T:
            sampling[m] += sample.factor * (statistic(m, rows, replicate[rows]) - full[m]) ** 2
    return full.mean(axis=0), sampling.mean(axis=0), (1 + 1 / count) * full.var(axis=0, ddof=1)
