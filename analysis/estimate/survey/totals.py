"""Weighted totals of every replicate in one pass over the rows.

A jackknife replicate differs from the full sample in one zone only, so that its totals are the full
totals plus the doubled half of the zone minus the dropped one. Balanced repeated replication has no such
structure: its totals are a matrix product, taken in blocks of rows so that memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from scipy import sparse

from analysis.estimate.survey.design import ReplicateDesign

BLOCK_CELLS = 2**20  # replicate weights copied at once
ALIKE = 1e-4  # relative difference of factors that files with rounded weights may show within a school


class GroupedDesign:
    """A design whose rows belong to groups, and the sums that all statistics are made of.

    Parameters
    ----------
    design : ReplicateDesign
        n rows.
    codes : numpy.ndarray of int, shape (n,)
        Group of each row, 0 … groups − 1; every group has a row.
    groups : int
    n : numpy.ndarray of int, shape (groups,), or None
        Rows of each group, where they are counted already.
    """

    def __init__(
        self, design: ReplicateDesign, codes: np.ndarray, groups: int, n: np.ndarray | None = None
    ) -> None:
        self.design, self.codes, self.groups = design, codes, groups
        self.n = np.bincount(codes, minlength=groups) if n is None else n

    @classmethod
    def whole(cls, design: ReplicateDesign) -> GroupedDesign:
        """All rows as one group."""
        return cls(design, np.zeros(design.n, dtype=np.int64), 1)

    @cached_property
    def zones(self) -> np.ndarray:
        """What the sampling variance of each group is summed over, shape (groups,).

        For a jackknife the zones in which the group has rows; for balanced repeated replication the number of
        replicates. 0 for a group that no replicate divides, because it lies within one half of one zone:
        its error is unknown.
        """
        if self.design.replicates is not None:
            divided = [self._divided(group) for group in range(self.groups)]
            return np.where(divided, float(self.design.n_replicates), 0.0)
        dropped, doubled = self._occupied[..., 0], self._occupied[..., 1]
        return np.where(self._halves > 1, np.count_nonzero(dropped | doubled, axis=1), 0).astype(float)

    @cached_property
    def empty(self) -> np.ndarray:
        """Where a replicate leaves a group without weight, shape (R, groups).

        Read off where the group has rows, not off the totals: a total that should be zero is only nearly so.
        """
        design = self.design
        if design.replicates is not None:
            weight = np.zeros((self.groups, design.n_replicates))
            for group, rows in self._blocks():
                weight[group] += design.replicates[rows].sum(axis=0)
            return weight.T <= 0
        alone = self._occupied & (self._halves == 1)[:, None, None]
        lost = alone[..., 0]  # the group lies within the half that is dropped
        if design.method == "jk2_full":
            lost = np.concatenate([lost, alone[..., 1]], axis=1)
        return lost.T

    def totals(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weighted totals of `columns` (n, K) by group.

        Returns
        -------
        full : numpy.ndarray, shape (groups, K)
        replicates : numpy.ndarray, shape (R, groups, K)
            NaN where a replicate leaves the group without weight.
        """
        design = self.design
        if design.replicates is not None:
            full = np.zeros((self.groups, columns.shape[1]))
            replicates = np.zeros((design.n_replicates, self.groups, columns.shape[1]))
            for group, rows in self._blocks():
                block = columns[rows]
                full[group] += design.weight[rows] @ block
                replicates[:, group] += design.replicates[rows].T @ block
        else:
            cells = self._to_cells @ np.ascontiguousarray(columns)
            full, replicates = self._jackknife(cells)
        replicates[self.empty] = np.nan
        return full, replicates

    def full_totals(self, columns: np.ndarray) -> np.ndarray:
        """Weighted totals of `columns` (n, K) by group for the full sample alone, shape (groups, K)."""
        columns = np.ascontiguousarray(columns)
        if self.design.replicates is not None:
            return self._adding_up(self.codes, self.groups) @ columns
        return self._over_zones(self._to_cells @ columns)

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums of weights, (groups, 1) and (R, groups, 1); NaN as in :meth:`totals`."""
        if self.design.replicates is not None:
            return self.totals(np.ones((self.design.n, 1)))
        full, replicates = self._jackknife(self._cell_weights[:, None])
        replicates[self.empty] = np.nan
        return full, replicates

    def cross_products(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weighted cross-products ``matrix' W matrix`` of `matrix` (n, K) by group.

        Returns
        -------
        full : numpy.ndarray, shape (groups, K, K)
        replicates : numpy.ndarray, shape (R, groups, K, K)
            NaN where a replicate leaves the group without weight.
        """
        width = matrix.shape[1]
        if self.design.replicates is not None:
            first, second = np.triu_indices(width)
            full, replicates = self.totals(matrix[:, first] * matrix[:, second])
            return _symmetric(full, first, second, width), _symmetric(replicates, first, second, width)
        counts = np.bincount(self._cell, minlength=self._cell_count)
        # Small integers sort by radix, in time linear in the rows.
        order = np.argsort(self._cell.astype(np.min_scalar_type(self._cell_count)), kind="stable")
        scaled = matrix[order]
        scaled *= np.sqrt(self.design.weight[order])[:, None]
        present = np.flatnonzero(counts)
        ends = np.cumsum(counts[present])
        cells = np.zeros((self._cell_count, width, width))
        for index, start, end in zip(present, ends - counts[present], ends, strict=True):
            block = scaled[start:end]
            cells[index] = block.T @ block
        full, replicates = self._jackknife(cells)
        replicates[self.empty] = np.nan
        return full, replicates

    @cached_property
    def _cell(self) -> np.ndarray:
        """Group, zone and half of each row as one number."""
        cell = self.codes * (2 * self.design.zones)
        cell += self.design.half_zone
        return cell

    @property
    def _cell_count(self) -> int:
        return self.groups * self.design.zones * 2

    @cached_property
    def _cell_weights(self) -> np.ndarray:
        """Sum of weights in each cell, shape (groups × zones × 2,)."""
        return np.bincount(self._cell, weights=self.design.weight, minlength=self._cell_count)

    @cached_property
    def _occupied(self) -> np.ndarray:
        """Which cells have rows, shape (groups, zones, 2): weights are above zero."""
        return (self._cell_weights > 0).reshape(self.groups, self.design.zones, 2)

    @cached_property
    def _halves(self) -> np.ndarray:
        """In how many halves of zones each group has rows, shape (groups,)."""
        return np.count_nonzero(self._occupied.reshape(self.groups, -1), axis=1)

    @cached_property
    def _to_cells(self) -> sparse.csc_array:
        return self._adding_up(self._cell, self._cell_count)

    def _adding_up(self, places: np.ndarray, size: int) -> sparse.csc_array:
        """The matrix (size, n) that adds weighted rows up in their places; nothing is sorted."""
        design = self.design
        return sparse.csc_array((design.weight, places, design.positions), shape=(size, design.n))

    def _over_zones(self, cells: np.ndarray) -> np.ndarray:
        """Sums over the zones and halves of each group, from (groups × zones × 2, ...) to (groups, ...)."""
        flat = cells.reshape(self.groups, self.design.zones * 2, -1)
        return (np.ones(flat.shape[1]) @ flat).reshape(self.groups, *cells.shape[1:])

    def _jackknife(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        full = self._over_zones(cells)
        cells = cells.reshape(self.groups, self.design.zones, 2, *cells.shape[1:])
        change = np.moveaxis(cells[:, :, 1] - cells[:, :, 0], 1, 0)  # (zones, groups, ...)
        if self.design.method == "jk2_full":
            change = np.concatenate([change, -change])
        return full, full + change

    def _divided(self, group: int) -> bool:
        """Whether some replicate changes the weights of the group's rows by different factors.

        Also where none changes them at all: such rows were not sampled, and have no sampling error.
        """
        rows = np.flatnonzero(self.codes == group)
        weight = self.design.weight[rows]
        changed = False
        for column in self.design.replicates.T:
            factor = column[rows] / weight
            if np.ptp(factor) > ALIKE * max(1.0, factor.max()):
                return True
            changed |= abs(factor[0] - 1.0) > ALIKE
        return not changed

    def _blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Positions of the rows of each group, in blocks."""
        order = np.argsort(self.codes, kind="stable")
        edges = np.concatenate([[0], np.cumsum(self.n)])
        height = max(1, BLOCK_CELLS // self.design.n_replicates)
        for group in range(self.groups):
            for start in range(edges[group], edges[group + 1], height):
                yield group, order[start : min(start + height, edges[group + 1])]


def _symmetric(flat: np.ndarray, first: np.ndarray, second: np.ndarray, width: int) -> np.ndarray:
    square = np.empty((*flat.shape[:-1], width, width))
    square[..., first, second] = flat
    square[..., second, first] = flat
    return square
