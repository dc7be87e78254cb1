"""Oaxaca–Blinder–Kitagawa: a gap in means as a part that goes with composition and a part that does not.

References
----------
Kitagawa (1955); Oaxaca (1973); Blinder (1973); Jann (2008) for the notation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.survey.combine import result_frame
from analysis.estimate.survey.design import ReplicateDesign
from analysis.estimate.survey.inputs import prepare
from analysis.estimate.survey.regressions import CrossProducts, cross_products, regressor_matrix
from analysis.estimate.survey.statistics import combined, known_zones, replicated_means, sides_of, take_rows
from analysis.estimate.survey.totals import GroupedDesign
from analysis.estimate.terms import TOTAL
from analysis.unknown import NotEstimableError


def decompose(
    values: Any,
    design: ReplicateDesign,
    *,
    group: Any,
    minuend: Any,
    subtrahend: Any,
    covariates: pd.DataFrame,
) -> pd.DataFrame:
    """The gap split twofold, once at the slopes of each group.

    With means x and slopes b of groups A (`minuend`) and B (`subtrahend`), at the slopes of B the explained
    part is ``(x_A − x_B) b_B`` and the rest, ``x_A (b_A − b_B)`` with intercepts, is unexplained; at the
    slopes of A the parts are ``(x_A − x_B) b_A`` and ``x_B (b_A − b_B)``. Both are printed because neither
    is right. A part that goes with a covariate is not caused by it.

    Parameters
    ----------
    values, design, group, minuend, subtrahend
        As :func:`analysis.estimate.survey.difference`. Rows that miss a covariate are left out.
    covariates : pandas.DataFrame
        Numeric, n rows.

    Returns
    -------
    pandas.DataFrame
        Columns ``reference`` (whose slopes), ``component`` (gap, explained, unexplained), ``term`` (a
        covariate or ``total``) and those of a mean. The unexplained part has a total only: its parts
        depend on where each covariate has its zero.

    Raises
    ------
    NotEstimableError
        If a group is absent or its covariates are collinear.
    """
    side = sides_of(group, design, minuend, subtrahend)
    names, matrix = regressor_matrix(covariates, design)
    if TOTAL in names:
        raise ValueError(f"a covariate is named {TOTAL}, which is the name of a term: rename it")
    rows = (side >= 0) & np.isfinite(matrix).all(axis=1)
    codes = side[rows]
    if np.bincount(codes, minlength=2).min() == 0:
        raise NotEstimableError(
            "a group has no row with every covariate",
            reason="in een van de groepen zijn van niemand alle kenmerken bekend",
        )
    inputs = prepare({"values": take_rows(values, rows)}, design.take(rows))
    pair = GroupedDesign(inputs.design, codes, 2)
    products = cross_products(inputs.arrays[0], matrix[rows], names, pair)
    full, replicates = (_parts(*pieces) for pieces in zip(*_pieces(products), strict=True))
    labels = [
        (reference, component, term)
        for reference in (subtrahend, minuend)
        for component, term in [
            ("gap", TOTAL),
            ("explained", TOTAL),
            *(("explained", name) for name in names),
            ("unexplained", TOTAL),
        ]
    ]
    sizes = replicated_means(inputs.arrays[0], pair).effective_n().sum(keepdims=True)
    found = combined(inputs, full[None], replicates[:, None], zones=known_zones(inputs.grouped.zones, pair))
    frame = result_frame(inputs, found, sizes, {"part": list(range(len(labels)))}).drop(columns="part")
    return pd.concat([pd.DataFrame(labels, columns=["reference", "component", "term"]), frame], axis=1)


def _pieces(products: CrossProducts) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Means of outcomes, means of covariates and coefficients, each full and replicated."""
    return products.means(), products.regressor_means(), products.coefficients()


def _parts(means: np.ndarray, x: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """All parts (..., P, M) from means (..., 2, 1, M), covariates (..., 2, K), slopes (..., 2, K + 1, M)."""
    gap = means[..., 0, :, :] - means[..., 1, :, :]
    difference = (x[..., 0, :] - x[..., 1, :])[..., None]
    parts = []
    for reference in (1, 0):
        explained = difference * coefficients[..., reference, 1:, :]
        total = explained.sum(axis=-2, keepdims=True)
        parts += [gap, total, explained, gap - total]
    return np.concatenate(parts, axis=-2)
