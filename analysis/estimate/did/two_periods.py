"""The effect on the treated from two periods of a panel, with covariates.

Formulas and influence functions follow Sant'Anna & Zhao (2020), Callaway & Sant'Anna (2021) and their
reference implementation in R (DRDID): the outcome regression is by weighted least squares among the
controls, the propensity score is a weighted logit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analysis.estimate.rank import require_rank
from analysis.unknown import NotEstimableError

TRIM = 0.995  # controls with a higher propensity score are left out, as in DRDID
_HIGHEST_SCORE = 1 - 1e-6
_ITERATIONS = 50


def outcome_regression(
    change: np.ndarray, treated: np.ndarray, x: np.ndarray, w: np.ndarray, names: Sequence[str]
) -> tuple[float, np.ndarray]:
    """Effect on the treated by outcome regression, and the influence function.

    Parameters
    ----------
    change : ndarray, shape (n,)
        Outcome less outcome in the base period.
    treated : ndarray of bool, shape (n,)
    x : ndarray, shape (n, K)
        Constant first.
    w : ndarray, shape (n,)
    names : sequence of str, length K
        Of the columns of `x`, for messages.

    Raises
    ------
    NotEstimableError
        If the columns are collinear, or separate the treated from the controls.
    """
    predicted, representation = _least_squares(change, ~treated, x, w, names)
    share = w * treated
    mean_share = share.mean()
    observed = (share * change).mean() / mean_share
    expected = (share * predicted).mean() / mean_share
    slope = (share[:, None] * x).mean(axis=0)
    influence = share * (change - observed) - share * (predicted - expected) - representation @ slope
    return float(observed - expected), influence / mean_share


def inverse_probability(
    change: np.ndarray, treated: np.ndarray, x: np.ndarray, w: np.ndarray, names: Sequence[str]
) -> tuple[float, np.ndarray]:
    """Effect on the treated by normalised inverse probability weighting; see :func:`outcome_regression`."""
    score, representation = _propensity(treated, x, w, names)
    share, odds = w * treated, _odds(w, treated, score)
    mean_share, mean_odds = share.mean(), odds.mean()
    observed = (share * change).mean() / mean_share
    expected = (odds * change).mean() / mean_odds
    slope = ((odds * (change - expected))[:, None] * x).mean(axis=0)
    influence = share * (change - observed) / mean_share
    influence -= (odds * (change - expected) + representation @ slope) / mean_odds
    return float(observed - expected), influence


def doubly_robust(
    change: np.ndarray, treated: np.ndarray, x: np.ndarray, w: np.ndarray, names: Sequence[str]
) -> tuple[float, np.ndarray]:
    """Doubly robust effect on the treated; see :func:`outcome_regression`."""
    predicted, by_regression = _least_squares(change, ~treated, x, w, names)
    score, by_score = _propensity(treated, x, w, names)
    share, odds = w * treated, _odds(w, treated, score)
    mean_share, mean_odds = share.mean(), odds.mean()
    left = change - predicted
    observed = (share * left).mean() / mean_share
    expected = (odds * left).mean() / mean_odds
    treated_slope = (share[:, None] * x).mean(axis=0)
    control_slope = (odds[:, None] * x).mean(axis=0)
    score_slope = ((odds * (left - expected))[:, None] * x).mean(axis=0)
    of_treated = share * (left - observed) - by_regression @ treated_slope
    of_controls = odds * (left - expected) + by_score @ score_slope - by_regression @ control_slope
    return float(observed - expected), of_treated / mean_share - of_controls / mean_odds


METHODS: dict[str, Callable] = {
    "reg": outcome_regression,
    "ipw": inverse_probability,
    "dr": doubly_robust,
}


def _least_squares(
    y: np.ndarray, used: np.ndarray, x: np.ndarray, w: np.ndarray, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Fitted values for all rows from the rows in `used`, and the coefficients' influence (n, K)."""
    weight = w * used
    gram = (weight[:, None] * x).T @ x / len(y)
    require_rank(gram, names, where=" among the controls")
    inverse = np.linalg.inv(gram)
    coefficients = inverse @ ((weight * y) @ x / len(y))
    fitted = x @ coefficients
    return fitted, (weight * (y - fitted))[:, None] * (x @ inverse)


def _propensity(
    treated: np.ndarray, x: np.ndarray, w: np.ndarray, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Propensity score by weighted logit (Newton), and the coefficients' influence (n, K)."""
    n = len(treated)
    require_rank((w[:, None] * x).T @ x / n, names, where=" in the comparison")
    coefficients = np.zeros(x.shape[1])
    for _ in range(_ITERATIONS):
        score = 1 / (1 + np.exp(-np.clip(x @ coefficients, -500, 500)))
        hessian = ((w * score * (1 - score))[:, None] * x).T @ x / n
        gradient = (w * (treated - score)) @ x / n
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            raise _separated() from None
        coefficients = coefficients + step
        if not np.isfinite(coefficients).all() or np.abs(coefficients).max() > 1e8:
            raise _separated()
        if np.abs(step).max() <= 1e-12 * max(1.0, np.abs(coefficients).max()):
            break
    else:
        raise _separated()
    score = 1 / (1 + np.exp(-x @ coefficients))
    hessian = ((w * score * (1 - score))[:, None] * x).T @ x / n
    representation = (w * (treated - score))[:, None] * (x @ np.linalg.inv(hessian))
    return np.minimum(score, _HIGHEST_SCORE), representation


def _odds(w: np.ndarray, treated: np.ndarray, score: np.ndarray) -> np.ndarray:
    kept = ~treated & (score < TRIM)
    if not kept.any():
        raise _separated()
    return np.where(kept, w * score / (1 - score), 0.0)


def _separated() -> NotEstimableError:
    return NotEstimableError(
        "the covariates separate treated from controls, so that no propensity score exists: use fewer "
        "covariates, or est_method='reg'",
        reason="de achtergrondkenmerken scheiden deelnemers volledig van de vergelijkingsgroep",
    )
