"""The two-way regression and the imputed mean under many assignments, each as one Schur complement.

Unit effects lie within clusters and are swept out first. What is left of a cluster is a small matrix of
cross-products of period dummies, further regressors, target and outcome. The estimate follows from the sum of
these matrices after eliminating periods and regressors (Frisch & Waugh 1933); leaving a cluster out
subtracts its matrix. Treatment, neighbours' treatment and another policy are constant within a cluster and
period, so their cross-products follow from those of the dummies.
"""

from __future__ import annotations

import numpy as np

from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.setting import Setting
from analysis.inference.statistics import RANK, Statistics, joined

CELLS = 60_000  # numbers in a batch of matrices: keeps the work arrays in cache


class Regressions:
    """The estimate of a setting for any assignment of clusters to a few paths.

    Parameters
    ----------
    panel : ClusterPanel
    setting : Setting
        Its estimator is "two_way" or "imputation".
    outcomes : ndarray, shape (O, N, T)
    paths : ndarray of int, shape (K,)
        First treated periods that occur, increasing; T is never.
    covariates : ndarray, shape (C, G, T), optional
    neighbours : ndarray, shape (G, G), optional
    """

    def __init__(
        self,
        panel: ClusterPanel,
        setting: Setting,
        outcomes: np.ndarray,
        paths: np.ndarray,
        *,
        covariates: np.ndarray | None = None,
        neighbours: np.ndarray | None = None,
    ) -> None:
        self.setting, self.paths, self.never = setting, paths, len(panel.times)
        self.neighbours = neighbours if setting.spillover else None
        clusters, periods = len(panel.clusters), len(panel.times)
        covariates = np.empty((0, clusters, periods)) if covariates is None else np.asarray(covariates)
        weight, bounds = panel.weight, panel.bounds
        if panel.even:
            weight, outcomes, covariates, treated, waiting = self._stretches(outcomes, covariates, weight)
        else:
            treated, waiting = self._path(np.arange(periods))
        self.treated, self.covariates = treated, covariates  # (K, S), (C, G, S)
        self.tables = [
            _Table.of(weight, outcomes, bounds, treated[k], waiting[k], setting.estimator == "imputation")
            for k in range(len(paths))
        ]
        self.zz = np.stack([table.zz for table in self.tables])  # (K, G, S, S)
        self.zy = np.stack([table.zy for table in self.tables])  # (K, G, S, O)

    def _path(self, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Treated, and waiting to react, by path and period, (K, S)."""
        begin = self.paths[:, None]
        treated = periods >= begin
        early = periods >= begin - self.setting.anticipation
        return treated, ~treated & early & (begin < self.never)

    def _stretches(self, outcomes, covariates, weight):
        """Periods between which nothing changes taken together, weighted by their number.

        All regressors are constant within a stretch, so that the outcome counts by its mean over it.
        """
        count = weight.shape[1]
        changes = np.concatenate([self.paths, self.paths - self.setting.anticipation])
        differs = np.flatnonzero((np.diff(covariates, axis=2) != 0).any(axis=(0, 1))) + 1
        changes = changes[(changes > 0) & (changes < count)]
        first = np.unique(np.concatenate([[0], changes, differs]))
        lengths = np.diff(first, append=count)
        treated, waiting = self._path(first)
        means = np.add.reduceat(outcomes, first, axis=2) / lengths
        return weight[:, first] * lengths, means, covariates[:, :, first], treated, waiting

    def __call__(self, first: np.ndarray) -> Statistics:
        """When clusters are first treated at these positions, shape (R, G)."""
        _, _, size, outcomes = self.zy.shape
        vectors = len(self.covariates) + (self.neighbours is not None) + 2
        cells = (size + vectors) * (size + vectors + outcomes) * (first.shape[1] + 1)
        step = max(1, CELLS // cells)
        return joined([self._chunk(first[at : at + step]) for at in range(0, len(first), step)])

    def _chunk(self, first: np.ndarray) -> Statistics:
        batch, clusters = first.shape
        kind, each = np.searchsorted(self.paths, first), np.arange(clusters)
        treated = self.treated[kind].astype(float)  # (B, G, S)
        regressors = [np.broadcast_to(column, treated.shape) for column in self.covariates]
        if self.neighbours is not None:
            exposure = (1 - treated) * np.einsum("gh,bhs->bgs", self.neighbours, treated)
            regressors.append(exposure)
        target = treated
        if self.setting.target == "exposure":
            target, regressors[-1] = regressors[-1], treated
        elif self.setting.target == "interaction":
            target = treated * regressors[0]
            regressors.append(treated)
        zz, zy = self.zz[kind, each], self.zy[kind, each]  # (B, G, S, S), (B, G, S, O)
        if self.setting.estimator == "imputation":
            return self._imputed(kind, zz, zy, regressors)
        columns = np.stack([*regressors, target], axis=-1)  # (B, G, S, V)
        z_columns = zz @ columns
        moments = _blocks(zz, zy, columns, z_columns)
        scale = np.einsum("bgs,bgs->b", target, z_columns[..., -1])
        left = _eliminated(moments, zz.shape[-1] + len(regressors))[0]
        known = left[0] > RANK * np.tile(np.maximum(scale, np.finfo(float).tiny), clusters + 1)
        values = np.where(known, left[1:], np.nan) / np.where(known, left[0], 1.0)
        values = values.reshape(len(values), clusters + 1, batch).transpose(0, 2, 1)
        return Statistics(values[:, :, 0], values[:, :, 1:])

    def _imputed(self, kind, zz, zy, regressors) -> Statistics:
        batch, clusters, size, _ = zz.shape
        own = np.einsum("bgss->bgs", zz)
        total = own.sum(axis=1)
        # In a period without untreated cells nothing can be imputed: with all clusters, and without each.
        usable = np.concatenate([total[:, None], total[:, None] - own], axis=1) > RANK * total.max()
        found = np.full((zy.shape[-1], batch, clusters + 1), np.nan)
        codes = usable @ (2.0 ** np.arange(size))  # nearly always one pattern: told apart by a number
        patterns = np.unique(codes)
        columns = np.stack(regressors, axis=-1) if regressors else np.empty((batch, clusters, size, 0))
        z_columns = zz @ columns
        each = np.arange(clusters)
        for pattern in patterns:
            asked = codes == pattern
            rows = np.flatnonzero(asked.any(axis=1))
            targets = [table.imputed(usable[asked][0]) for table in self.tables]
            on_periods = np.stack([item[0] for item in targets])[kind[rows], each]  # (b, G, S)
            on_outcome = np.stack([item[1] for item in targets])[kind[rows], each]  # (b, G, O)
            cells = np.stack([item[2] for item in targets])[kind[rows], each]  # (b, G)
            on_columns = np.einsum("bgs,bgsv->bgv", on_periods, columns[rows])
            whole = len(rows) == batch
            moments = _blocks(
                *(part if whole else part[rows] for part in (zz, zy, columns, z_columns)),
                np.concatenate([on_periods, on_columns, on_outcome], axis=-1),
            )
            left = _eliminated(moments, size + len(regressors))
            count = cells.sum(axis=1)
            counts = np.concatenate([count[:, None], count[:, None] - cells], axis=1)  # (b, G + 1)
            counts = np.where(counts > RANK * np.maximum(count[:, None], 1e-300), counts, np.nan)
            values = left[0] / counts.T.reshape(1, -1)
            values = values.reshape(len(values), clusters + 1, len(rows)).transpose(0, 2, 1)
            found[:, rows] = np.where(asked[rows], values, found[:, rows])
        return Statistics(found[:, :, 0], found[:, :, 1:])


class _Table:
    """Cross-products of the clusters when all are on one path.

    Attributes
    ----------
    zz : ndarray, shape (G, S, S)
        Of the period dummies, unit effects swept out, over the cells that the regression uses.
    zy : ndarray, shape (G, S, O)
        With the outcomes.
    """

    def __init__(self, weight, outcomes, bounds, used, wanted) -> None:
        within = weight * used
        total = within.sum(axis=1, keepdims=True)
        share = np.divide(within, total, out=np.zeros_like(within), where=total > 0)
        means = np.einsum("ns,ons->on", share, outcomes)
        swept = outcomes - means[:, :, None]
        size = weight.shape[1]
        outer = -share[:, :, None] * within[:, None, :]
        outer[:, np.arange(size), np.arange(size)] += within
        self.zz = np.add.reduceat(outer, bounds)
        self.zy = np.moveaxis(np.add.reduceat(within * swept, bounds, axis=1), 0, -1)
        self._wanted = weight * wanted * (total > 0)  # treated cells of units with an untreated one
        self._share, self._swept, self._bounds = share, swept, bounds

    @classmethod
    def of(cls, weight, outcomes, bounds, treated, waiting, imputation) -> _Table:
        used = ~(treated | waiting) if imputation else ~waiting
        return cls(weight, outcomes, bounds, used, treated)

    def imputed(self, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Summed over the treated cells in `usable` periods: their dummies (G, S) and outcomes (G, O) less
        those of the same units when untreated, and their weight (G,)."""
        wanted = self._wanted * usable
        count = wanted.sum(axis=1)
        dummies = wanted - count[:, None] * self._share
        outcome = np.einsum("ns,ons->no", wanted, self._swept)
        return tuple(np.add.reduceat(part, self._bounds, axis=0) for part in (dummies, outcome, count))


def _blocks(zz, zy, columns, z_columns, last=None) -> np.ndarray:
    """Moment matrices with all clusters and without each, shape (rows, columns, (G + 1) · B).

    Rows are periods, columns of `columns`, and `last` if given; columns are the same two and the outcomes.
    """
    batch, clusters, size, outcomes = zy.shape
    count = columns.shape[-1]
    rows = size + count + (last is not None)
    own = np.empty((rows, size + count + outcomes, clusters, batch))
    own[:size, :size] = zz.transpose(2, 3, 1, 0)
    own[:size, size + count :] = zy.transpose(2, 3, 1, 0)
    if count:
        crossed = z_columns.transpose(2, 3, 1, 0)
        own[:size, size : size + count] = crossed
        own[size : size + count, :size] = crossed.swapaxes(0, 1)
        turned = columns.swapaxes(2, 3)
        own[size : size + count, size : size + count] = (turned @ z_columns).transpose(2, 3, 1, 0)
        own[size : size + count, size + count :] = (turned @ zy).transpose(2, 3, 1, 0)
    if last is not None:
        own[-1] = last.transpose(2, 1, 0)
    total = own.sum(axis=2, keepdims=True)
    return np.concatenate([total, total - own], axis=2).reshape(rows, own.shape[1], -1)


def _eliminated(moments: np.ndarray, count: int) -> np.ndarray:
    """What is left after eliminating the first `count` rows and columns; a dependent one is passed over."""
    diagonal = np.arange(count)
    scale = RANK * moments[diagonal, diagonal]
    for place in range(count):
        pivot = moments[0, 0]
        kept = pivot > scale[place]
        row = moments[0, 1:] * (kept / np.where(kept, pivot, 1.0))
        moments = moments[1:, 1:] - moments[1:, :1] * row
    return moments
