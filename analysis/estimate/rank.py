"""One judgement of rank for every regression: which column the others determine.

Columns are taken in order. One counts as determined when less than :data:`LEFT` of its squares is left after
those before it; as not varying when its squares net of effects, or of its mean, are rounding. Sizes do not
matter: every column is judged on its own scale, after its mean is taken off. Whatever passes has as many
parameters as columns, so that degrees of freedom are counted alike everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.unknown import NotEstimableError

LEFT = 1e-10  # cross-products are right to about 1e-15 of their squares
CONSTANT = 1e-12  # standard deviation over largest size: less is the rounding of a mean
_OF_EFFECTS = 1e-18  # share of squares that rounding may leave when effects are taken off


def determined(cross: np.ndarray) -> np.ndarray:
    """Columns that those before them determine, bool of shape (..., K).

    Parameters
    ----------
    cross : ndarray, shape (..., K, K)
        Cross-products with ones on the diagonal, or with what a replicate left of them. A matrix with a
        missing value has all its columns determined.
    """
    known = np.isfinite(cross).all(axis=(-2, -1), keepdims=True)
    rest = np.where(known, cross, 0.0)
    found = np.zeros(rest.shape[:-1], dtype=bool)
    for k in range(rest.shape[-1]):
        pivot = rest[..., k, k]
        found[..., k] = ~(pivot > LEFT)
        inverse = np.where(found[..., k], 0.0, 1.0 / np.where(found[..., k], 1.0, pivot))
        row = rest[..., k, k:].copy()
        rest[..., k:, k:] -= inverse[..., None, None] * row[..., :, None] * row[..., None, :]
    return found


def require_rank(
    cross: np.ndarray,
    names: Sequence[str],
    *,
    squares: np.ndarray | None = None,
    beyond: str = "the constant",
    where: str = "",
) -> None:
    """Raise unless every column varies and none is determined by those before it.

    Parameters
    ----------
    cross : ndarray, shape (K, K)
        Cross-products of the columns as the estimator uses them, net of means or effects.
    names : sequence of str, length K
    squares : ndarray, shape (K,), optional
        Sums of squares about the mean, before effects were taken off.
    beyond : str
        What was taken off, for the message.
    where : str
        For the message: which part of the data.

    Raises
    ------
    NotEstimableError
        Naming the first such column.
    """
    left = np.diagonal(cross)
    flat = ~(left > (0.0 if squares is None else _OF_EFFECTS * squares))
    scale = np.sqrt(np.where(flat, 1.0, left))
    wrong = flat | determined(cross / np.outer(scale, scale))
    if wrong.any():
        raise collinear(names[int(wrong.argmax())], beyond=beyond, where=where)


def collinear(name: str, *, beyond: str = "the constant", where: str = "") -> NotEstimableError:
    """What is said of column `name`, by every estimator."""
    return NotEstimableError(
        f"the covariates are collinear or do not vary beyond {beyond}{where}: regressor {name} is constant "
        "or determined by the others: leave it out",
        reason=f"het kenmerk {name} verandert niet of volgt uit de andere kenmerken",
    )
