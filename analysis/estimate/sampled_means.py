"""Outcomes that are means over respondents: how precise each is, and the weight it earns.

A municipality's mean over twelve pupils says less than one over four hundred, and neither is the truth. With
pupils in schools (or any other cluster of the sample) the mean of a cell, a unit in a period, has variance::

    v_it = σ_w² Σ_j w_j² / (Σ_j w_j)² + σ_b² Σ_c (W_c / W)²

over its respondents j and clusters c (W_c the weight in a cluster). Cells are too small to tell their own
variance, so σ_w² (within clusters) and σ_b² (between clusters of one cell) are pooled over all of them, by
analysis of variance. Beside it each cell has noise that no number of respondents takes away, with variance
σ²: the most precise weight is not n but ``1 / (σ² + v_it)``.

References
----------
Searle, Casella & McCulloch (1992), Variance components, ch. 3 (analysis of variance, unequal sizes).
Kish (1965), Survey sampling, §5.4 (clusters) and §11.7 (weights).
Solon, Haider & Wooldridge (2015), What are we weighting for?, J. Human Resources 50 (weights by group size
when group errors share noise).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.checks import require_complete, require_positive
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class SampledMeans:
    """Means of cells with their sampling variance.

    Attributes
    ----------
    table : pandas.DataFrame
        The columns of unit and time under their own names, mean, n (respondents), clusters, variance.
    sd_within, sd_between : float
        Between respondents of one cluster, and between clusters of one cell (zero without clusters).
    """

    table: pd.DataFrame
    sd_within: float
    sd_between: float


@dataclass(frozen=True)
class PrecisionWeights:
    """Weights ``1 / (σ² + v)``, brought to a mean of one.

    Attributes
    ----------
    weights : pandas.Series
        In the order of the table.
    noise_sd : float
        σ: what would remain with any number of respondents.
    sampling_share : float
        Part of the variance of a mean cell that is sampling.
    """

    weights: pd.Series
    noise_sd: float
    sampling_share: float


def sampled_means(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    weight: str | None = None,
    cluster: str | None = None,
) -> SampledMeans:
    """Mean of each unit and period over its respondents, with its sampling variance.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a respondent.
    weight : str or None
        Survey weight, above zero.
    cluster : str or None
        Within units: the school. Codes need be unique only within the unit; a cluster that is seen in two
        periods counts as two.

    Raises
    ------
    ValueError
        For missing values or weights that are not above zero.
    NotEstimableError
        When no cluster (or cell) has two respondents, so that their variance cannot be seen.
    """
    named = [name for name in (weight, cluster) if name is not None]
    require_complete(frame, [unit, time, outcome, *named], "frame")
    if weight is not None:
        require_positive(frame[weight], f"column {weight}")
    y = frame[outcome].to_numpy(dtype=float)
    w = np.ones(len(frame)) if weight is None else frame[weight].to_numpy(dtype=float)
    cells = frame.groupby([unit, time], sort=True, observed=True)
    cell = cells.ngroup().to_numpy()
    inner = cell
    if cluster is not None:
        inner = frame.groupby([unit, time, cluster], sort=True, observed=True).ngroup().to_numpy()
    within, between = _components(y, cell, inner)

    total = np.bincount(cell, weights=w)
    mean = np.bincount(cell, weights=w * y) / total
    of_cell = np.zeros(inner.max() + 1, dtype=np.intp)
    of_cell[inner] = cell
    shares = np.bincount(inner, weights=w) / total[of_cell]
    variance = within * np.bincount(cell, weights=w**2) / total**2
    if cluster is not None:
        variance = variance + between * np.bincount(of_cell, weights=shares**2)
    table = cells.size().rename("n").reset_index()
    table.insert(2, "mean", mean)
    table["clusters"] = np.bincount(of_cell) if cluster is not None else table["n"]
    table["variance"] = variance
    return SampledMeans(
        table, float(np.sqrt(within)), float(np.sqrt(between)) if cluster is not None else 0.0
    )


def _components(y: np.ndarray, cell: np.ndarray, inner: np.ndarray) -> tuple[float, float]:
    """Variance within clusters, and between clusters of a cell, by analysis of variance."""
    n, groups, cells = len(y), int(inner.max()) + 1, int(cell.max()) + 1
    if n == groups:
        raise NotEstimableError(
            "no cluster has two respondents: the variance between them cannot be seen",
            reason="van geen school of gemeente zijn er twee respondenten",
        )
    sizes = np.bincount(inner)
    means = np.bincount(inner, weights=y) / sizes
    within = float(((y - means[inner]) ** 2).sum() / (n - groups))
    if groups == cells:
        return within, 0.0
    of_cell = np.zeros(groups, dtype=np.intp)
    of_cell[inner] = cell
    cell_sizes = np.bincount(cell)
    cell_means = np.bincount(cell, weights=y) / cell_sizes
    squares = float((sizes * (means - cell_means[of_cell]) ** 2).sum())
    # expected: (groups − cells) σ_w² + σ_b² (n − Σ_cells Σ_clusters m² / m_cell)
    effective = n - float((sizes**2 / cell_sizes[of_cell]).sum())
    return within, max((squares - (groups - cells) * within) / effective, 0.0)


def precision_weights(
    table: pd.DataFrame,
    *,
    unit: str,
    time: str,
    mean: str = "mean",
    treated: str | None = None,
) -> PrecisionWeights:
    """Weights for a panel of means: sampling variance and the noise beyond it.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a unit and period, as :func:`sampled_means` gives.
    treated : str or None
        Column that is true where treatment has begun: those rows do not count for σ, as effects would pass
        for noise, but do get a weight.

    Notes
    -----
    σ² is the method-of-moments estimate from the residuals of unit and period effects among the untreated
    rows: ``(Σ r² − Σ h v) / Σ h``, with h the share of a row's error that its residual keeps.

    Raises
    ------
    ValueError
        For missing values or negative variances.
    NotEstimableError
        When unit and period effects leave nothing to judge the noise by.
    """
    require_complete(table, [unit, time, mean, "variance", *([treated] if treated else [])], "table")
    v = table["variance"].to_numpy(dtype=float)
    if (v < 0).any():
        raise ValueError(
            f"column variance is negative in row {int((v < 0).argmax())}: a variance is zero or more"
        )
    used = np.ones(len(table), dtype=bool) if treated is None else ~table[treated].to_numpy(dtype=bool)
    kept = table[used]
    design = np.hstack([pd.get_dummies(kept[name], dtype=float).to_numpy() for name in (unit, time)])
    basis, values, _ = np.linalg.svd(design, full_matrices=False)
    basis = basis[:, values > 1e-10 * values.max()]
    y = kept[mean].to_numpy(dtype=float)
    residual = y - basis @ (basis.T @ y)
    keeps = 1 - (basis**2).sum(axis=1)
    if keeps.sum() < 1 - 1e-9:
        raise NotEstimableError(
            f"{len(kept)} untreated rows and {basis.shape[1]} unit and period effects leave no residuals",
            reason="er zijn te weinig metingen om toeval van verschil te scheiden",
        )
    noise = max(float(((residual**2).sum() - keeps @ v[used]) / keeps.sum()), 0.0)
    total = noise + v
    if not (total > 0).all():
        raise NotEstimableError(
            "neither noise nor sampling variance is above zero", reason="de metingen verschillen nergens"
        )
    weights = pd.Series(1 / total, index=table.index)
    return PrecisionWeights(weights / weights.mean(), float(np.sqrt(noise)), float((v / total).mean()))
