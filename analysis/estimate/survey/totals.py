"""Weighted totals of every replicate in one pass over the rows.

A jackknife replicate differs from the full sample in one zone only, so that its totals are the full
totals plus the doubled half of the zone minus the dropped one. Balanced repeated replication has no such
structure: its totals are a matrix product, taken in blocks of rows so that memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analysis.estimate.survey.design import ReplicateDesign

ROW_BLOCK = 8192


def replicate_totals(
    design: ReplicateDesign, columns: Iterable[np.ndarray], codes: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted totals of `columns` by group, for the full sample and for each replicate.

    Parameters
    ----------
    design : ReplicateDesign
        n rows.
    columns : iterable of numpy.ndarray, each of shape (n,)
        K variables, consumed one at a time where the design allows.
    codes : numpy.ndarray of int, shape (n,)
        Group of each row, 0 … groups − 1.
    groups : int

    Returns
    -------
    full : numpy.ndarray, shape (groups, K)
    replicates : numpy.ndarray, shape (R, groups, K)
    """
    if design.replicates is not None:
        return _brr_totals(design, list(columns), codes, groups)
    cell = (codes * design.zones + design.zone) * 2 + design.half
    totals = [
        np.bincount(cell, weights=design.weight * column, minlength=groups * design.zones * 2)
        for column in columns
    ]
    cells = np.stack(totals, axis=-1).reshape(groups, design.zones, 2, len(totals))
    return _jackknife(design, cells)


def replicate_cross_products(
    design: ReplicateDesign, matrix: np.ndarray, codes: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted cross-products ``matrix' W matrix`` by group, for the full sample and each replicate.

    Parameters
    ----------
    design : ReplicateDesign
    matrix : numpy.ndarray, shape (n, K)
    codes : numpy.ndarray of int, shape (n,)
    groups : int

    Returns
    -------
    full : numpy.ndarray, shape (groups, K, K)
    replicates : numpy.ndarray, shape (R, groups, K, K)
    """
    width = matrix.shape[1]
    if design.replicates is not None:
        first, second = np.triu_indices(width)
        products = (matrix[:, i] * matrix[:, j] for i, j in zip(first, second, strict=True))
        full, replicates = replicate_totals(design, products, codes, groups)
        return _symmetric(full, first, second, width), _symmetric(replicates, first, second, width)
    cell = (codes * design.zones + design.zone) * 2 + design.half
    # Small integers sort by radix, in time linear in the rows.
    order = np.argsort(cell.astype(np.min_scalar_type(groups * design.zones * 2)), kind="stable")
    scaled = matrix[order]
    scaled *= np.sqrt(design.weight[order])[:, None]
    counts = np.bincount(cell, minlength=groups * design.zones * 2)
    present = np.flatnonzero(counts)
    starts = np.concatenate([[0], np.cumsum(counts[present])[:-1]])
    cells = np.zeros((groups * design.zones * 2, width, width))
    for index, start, end in zip(present, starts, [*starts[1:], cell.size], strict=True):
        block = scaled[start:end]
        cells[index] = block.T @ block
    return _jackknife(design, cells.reshape(groups, design.zones, 2, width, width))


def empty_replicates(design: ReplicateDesign, codes: np.ndarray, groups: int) -> np.ndarray:
    """Where a replicate leaves a group without weight.

    Counted, not read off the totals: a total that should be zero is only nearly so.

    Returns
    -------
    numpy.ndarray of bool, shape (R, groups)
    """
    if design.replicates is not None:
        weight = np.zeros((groups, design.n_replicates))
        for group, rows in _rows_by_group(codes, groups):
            weight[group] += design.replicates[rows].sum(axis=0)
        return weight.T <= 0
    counts = cell_counts(design, codes, groups)
    everything = counts.sum(axis=(1, 2))
    lost = counts[..., 0] == everything[:, None]  # all rows in the half that is dropped
    if design.method == "jk2_full":
        lost = np.concatenate([lost, counts[..., 1] == everything[:, None]], axis=1)
    return lost.T


def cell_counts(design: ReplicateDesign, codes: np.ndarray, groups: int) -> np.ndarray:
    """Rows of each group in each half zone, shape (groups, zones, 2)."""
    cell = (codes * design.zones + design.zone) * 2 + design.half
    return np.bincount(cell, minlength=groups * design.zones * 2).reshape(groups, design.zones, 2)


def _jackknife(design: ReplicateDesign, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    full = cells.sum(axis=(1, 2))
    change = np.moveaxis(cells[:, :, 1] - cells[:, :, 0], 1, 0)  # (zones, groups, ...)
    if design.method == "jk2_full":
        change = np.concatenate([change, -change])
    return full, full + change


def _brr_totals(
    design: ReplicateDesign, columns: list[np.ndarray], codes: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    full = np.zeros((groups, len(columns)))
    replicates = np.zeros((groups, design.n_replicates, len(columns)))
    for group, rows in _rows_by_group(codes, groups):
        block = np.column_stack([column[rows] for column in columns])
        full[group] += design.weight[rows] @ block
        replicates[group] += design.replicates[rows].T @ block
    return full, np.moveaxis(replicates, 1, 0)


def _rows_by_group(codes: np.ndarray, groups: int) -> Iterable[tuple[int, np.ndarray]]:
    """Positions of the rows of each group, in blocks."""
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(groups + 1))
    for group in range(groups):
        for start in range(edges[group], edges[group + 1], ROW_BLOCK):
            yield group, order[start : min(start + ROW_BLOCK, edges[group + 1])]


def _symmetric(flat: np.ndarray, first: np.ndarray, second: np.ndarray, width: int) -> np.ndarray:
    square = np.empty((*flat.shape[:-1], width, width))
    square[..., first, second] = flat
    square[..., second, first] = flat
    return square
