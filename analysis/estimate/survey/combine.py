"""From statistics on every replicate and plausible value to estimates with their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate.survey.design import ReplicateDesign
from analysis.estimate.survey.inputs import Inputs, taken
from analysis.unknown import NotEstimable


@dataclass(frozen=True, eq=False)
class Combined:
    """Estimates with both parts of their variance; every array has the shape of the statistic."""

    estimate: np.ndarray
    sampling_variance: np.ndarray
    imputation_variance: np.ndarray
    df: np.ndarray

    @property
    def se(self) -> np.ndarray:
        return np.sqrt(self.sampling_variance + self.imputation_variance)


def combine(
    full: np.ndarray, replicates: np.ndarray, design: ReplicateDesign, zones: np.ndarray | float
) -> Combined:
    """Rubin's rules over the last axis, replication over the first.

    Parameters
    ----------
    full : numpy.ndarray, shape (..., M)
        The statistic on each of M plausible values with the full weights.
    replicates : numpy.ndarray, shape (R, ..., M)
        The same with each set of replicate weights. Where one is NaN the sampling variance is unknown.
    zones : array_like
        Zones, or replicates, that contribute: :attr:`GroupedDesign.zones`.

    Notes
    -----
    The degrees of freedom of a jackknife variance are those of a sum of squares of unequal size (Johnson
    and Rust 1992, used by NAEP): a group with most of its rows in a few zones has few. With balanced
    repeated replication they are the number of replicates. Plausible values take some off (Barnard and
    Rubin 1999).
    """
    values = full.shape[-1]
    used = slice(1) if design.first_value else slice(None)
    deviations = replicates[..., used] - full[..., used]
    squares = np.einsum("...m,...m->...", deviations, deviations) / deviations.shape[-1]
    sampling = design.factor * squares.sum(axis=0)
    estimate = full.mean(axis=-1)
    between = np.square(full - estimate[..., None]).sum(axis=-1) / max(values - 1, 1)
    imputation = (1.0 + 1.0 / values) * between
    # A group within one half of one zone has nothing to vary over: unknown, not zero.
    sampling = np.where(zones > 0, sampling, np.nan)
    df = _rubin_df(sampling, imputation, values, _sampling_df(squares, design, zones))
    return Combined(estimate, sampling, imputation, df)


def effective_size(variance: np.ndarray, sampling_variance: np.ndarray) -> np.ndarray:
    """`variance` over `sampling_variance`, NaN where either is zero or unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sampling_variance > 0, variance / sampling_variance, np.nan)


def result_frame(
    inputs: Inputs, combined: Combined, sizes: np.ndarray, terms: dict[str, list] | None = None
) -> pd.DataFrame:
    """One row a group, or one a group and term when the statistic has several.

    Parameters
    ----------
    combined : Combined
        Of shape (groups,) or (groups, terms).
    sizes : numpy.ndarray, shape (groups,)
        Effective n.
    terms : dict with one entry or None
        Name and values of the column that tells the terms of a group apart.
    """
    labels = inputs.labels
    repeats = 1
    if terms is not None:
        ((name, names),) = terms.items()
        repeats = len(names)
        labels = {label: column.repeat(repeats) for label, column in labels.items()}
        if name in labels:
            raise taken(name)
        labels[name] = names * inputs.grouped.groups
    columns = {
        "estimate": combined.estimate.ravel(),
        "se": combined.se.ravel(),
        "sampling_variance": combined.sampling_variance.ravel(),
        "imputation_variance": combined.imputation_variance.ravel(),
        "n": inputs.grouped.n.repeat(repeats),
        "effective_n": np.repeat(sizes, repeats),
        "df": combined.df.ravel(),
    }
    return pd.DataFrame(labels | columns)


def why_no_se(frame: pd.DataFrame) -> NotEstimable | None:
    """Why a standard error in a result is missing; None where all are known."""
    if (frame["se"].notna() | frame["estimate"].isna()).all():
        return None
    return NotEstimable(
        reason="een van de groepen zit in één school of één helft van één zone van de steekproef",
        detail=(
            "a group lies within one half of one zone, or a regressor rests on it: the sample does not tell "
            "how uncertain the estimate is; merge groups, or leave the regressor out"
        ),
    )


def with_interval(frame: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """`frame` with columns ``low`` and ``high``: estimate ± t quantile times standard error."""
    margin = frame["se"] * t_quantile(frame["df"], level)
    return frame.assign(low=frame["estimate"] - margin, high=frame["estimate"] + margin)


def t_quantile(df: np.ndarray | float, level: float = 0.95) -> np.ndarray:
    """How many standard errors the interval of coverage `level` reaches to either side."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: expected a coverage between 0 and 1")
    return stats.t.ppf(0.5 + level / 2.0, np.asarray(df, dtype=float))


def _sampling_df(squares: np.ndarray, design: ReplicateDesign, zones: np.ndarray) -> np.ndarray:
    if design.replicates is not None:
        return zones
    if design.method == "jk2_full":
        squares = squares.reshape(2, design.zones, *squares.shape[1:]).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.square(squares.sum(axis=0)) / np.square(squares).sum(axis=0)
        df = (3.16 - 2.77 / np.sqrt(zones)) * sizes
    return np.where(np.isfinite(df), np.minimum(df, zones), zones)


def _rubin_df(sampling: np.ndarray, imputation: np.ndarray, values: int, complete: np.ndarray) -> np.ndarray:
    total = sampling + imputation
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(total > 0, imputation / total, 0.0)
        observed = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - fraction)
        repeated = np.where(fraction > 0, (values - 1) / fraction**2, np.inf)
        combined = np.where(fraction > 0, 1.0 / (1.0 / repeated + 1.0 / observed), complete)
    return np.where(complete > 0, combined, np.nan)
