"""How a survey was drawn, as far as its standard errors need to know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class ReplicateDesign:
    """Full weights and the replicates that stand for drawing the sample again.

    Made by :meth:`jk2`, :meth:`jk2_full` or :meth:`brr`, which check what they are given. Rows are in the
    order of the values passed to an estimator; where both carry labels, these must be in the same order.

    Attributes
    ----------
    method : str
        ``jk2``, ``jk2_full`` or ``brr``.
    weight : numpy.ndarray, shape (n,)
        Full sampling weights.
    factor : float
        The sampling variance is `factor` times the sum over replicates of squared deviations.
    zone : numpy.ndarray of int, shape (n,), or None
        Jackknife zone of each row, counted from 0.
    half : numpy.ndarray of int, shape (n,), or None
        1 where the zone's replicate doubles the row, 0 where it drops it.
    zones : int
        Number of zones in the whole sample, also after :meth:`take`.
    replicates : numpy.ndarray, shape (n, G), or None
        Replicate weights of ``brr``.
    first_value : bool
        The sampling variance is that of the first plausible value, not the mean over all.
    index : pandas.Index or None
        Labels of the rows, where weights came with them: values with the same labels in another order are
        refused.
    """

    method: str
    weight: np.ndarray
    factor: float
    zone: np.ndarray | None = None
    half: np.ndarray | None = None
    zones: int = 0
    replicates: np.ndarray | None = None
    first_value: bool = False
    index: pd.Index | None = None

    @classmethod
    def jk2(cls, weight: Any, zone: Any, rep: Any, *, first_value: bool = False) -> ReplicateDesign:
        """Paired jackknife with one replicate a zone (ICCS; with `first_value` TIMSS and PIRLS before 2015).

        In replicate h the rows of zone h with ``rep == 1`` count double and those with ``rep == 0`` drop
        out; the variance is the sum of squared deviations.

        Parameters
        ----------
        weight : array_like, shape (n,)
            ``TOTWGTS``: finite and above zero.
        zone : array_like of int, shape (n,)
            ``JKZONES``. Countries in one frame share zone numbers: right for estimates by country, whose
            rows meet only their own. For one estimate over countries number the zones through.
        rep : array_like, shape (n,)
            ``JKREPS``: 0 or 1.
        first_value : bool
            Take the sampling variance from the first plausible value alone, as TIMSS and PIRLS did before
            2015, instead of its mean over all plausible values (ICCS).

        Raises
        ------
        ValueError
            On unequal lengths, no rows, weights that are not positive and finite, zones that are not
            whole numbers, reps other than 0 and 1, or series whose labels are not in the same order.
        """
        return cls._jackknife("jk2", 1.0, weight, zone, rep, first_value)

    @classmethod
    def jk2_full(cls, weight: Any, zone: Any, rep: Any) -> ReplicateDesign:
        """Paired jackknife with both halves of every zone (TIMSS and PIRLS since 2015).

        Two replicates a zone, each half doubled once and dropped once; the variance is half the sum of
        squared deviations. Parameters and errors as :meth:`jk2`.
        """
        return cls._jackknife("jk2_full", 0.5, weight, zone, rep)

    @classmethod
    def brr(cls, weight: Any, replicates: Any, fay: float = 0.5) -> ReplicateDesign:
        """Balanced repeated replication with Fay's factor (PISA: 80 replicates, 0.5).

        The variance is the sum of squared deviations over ``G (1 - fay)**2``.

        Parameters
        ----------
        weight : array_like, shape (n,)
            ``W_FSTUWT``: finite and above zero.
        replicates : array_like, shape (n, G)
            ``W_FSTR1`` … ``W_FSTR80``: finite and not negative.
        fay : float
            In [0, 1).

        Raises
        ------
        ValueError
            On wrong shapes, weights out of range or `fay` out of range.
        """
        index = common_index({"weight": weight, "replicates": replicates})
        weight = _positive_weights(weight)
        replicates = np.asarray(replicates, dtype=float)
        if replicates.ndim != 2 or replicates.shape[0] != weight.size or replicates.shape[1] < 2:
            raise ValueError(
                f"replicate weights have shape {replicates.shape}: expected ({weight.size}, G) with G at "
                "least 2, one row for each weight"
            )
        wrong = ~(np.isfinite(replicates) & (replicates >= 0))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"replicate weight {column + 1} in row {row} is {replicates[row, column]}: replicate weights "
                "are finite and not negative"
            )
        if not 0 <= fay < 1:
            raise ValueError(f"Fay's factor is {fay}: expected 0 or more and below 1 (PISA uses 0.5)")
        factor = 1.0 / (replicates.shape[1] * (1.0 - fay) ** 2)
        return cls("brr", weight, factor, replicates=replicates, index=index)

    @classmethod
    def _jackknife(
        cls, method: str, factor: float, weight: Any, zone: Any, rep: Any, first_value: bool = False
    ) -> ReplicateDesign:
        index = common_index({"weight": weight, "zone": zone, "rep": rep})
        weight = _positive_weights(weight)
        zone = _whole_numbers(zone, weight.size, "zone")
        rep = _whole_numbers(rep, weight.size, "rep")
        wrong = (rep != 0) & (rep != 1)
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(f"rep in row {row} is {rep[row]}: expected 0 or 1; were zone and rep swapped?")
        codes, labels = pd.factorize(zone, sort=True)  # by hashing: the rows are not sorted
        return cls(
            method,
            weight,
            factor,
            zone=codes,
            half=rep,
            zones=labels.size,
            first_value=first_value,
            index=index,
        )

    @property
    def n(self) -> int:
        """Rows."""
        return self.weight.size

    @property
    def n_replicates(self) -> int:
        """Sets of replicate weights."""
        if self.replicates is not None:
            return self.replicates.shape[1]
        return self.zones * (2 if self.method == "jk2_full" else 1)

    @cached_property
    def half_zone(self) -> np.ndarray:
        """Zone and half of each row of a jackknife as one number, shape (n,)."""
        return self.zone * 2 + self.half

    @cached_property
    def positions(self) -> np.ndarray:
        """0 … n: where each row begins in a sparse matrix with one entry a row."""
        return np.arange(self.n + 1)

    def take(self, rows: np.ndarray) -> ReplicateDesign:
        """The design of some rows: `rows` is a mask or positions. Replicates without rows stay."""
        return replace(
            self,
            weight=self.weight[rows],
            zone=None if self.zone is None else self.zone[rows],
            half=None if self.half is None else self.half[rows],
            replicates=None if self.replicates is None else self.replicates[rows],
            index=None if self.index is None else self.index[rows],
        )


def common_index(columns: dict[str, Any], index: pd.Index | None = None) -> pd.Index | None:
    """The labels that these columns (and `index`) share; None when none has labels of its own.

    Rows numbered from 0 have no labels of their own, unless another column has the same numbers in another
    order.

    Raises
    ------
    ValueError
        If two columns label their rows differently: by position they would be put together wrongly.
    """
    first = "the design"
    for name, column in columns.items():
        labels = getattr(column, "index", None)
        if not isinstance(labels, pd.Index):
            continue
        if index is None:
            first, index = name, labels
        elif labels is not index and not labels.equals(index):
            plain, other = (found.equals(pd.RangeIndex(len(found))) for found in (labels, index))
            if plain == other or _reordered(labels, index):
                raise ValueError(
                    f"{name} and {first} label their rows differently (row {labels[0]} against {index[0]} "
                    "first): put them in the same order, or pass arrays"
                )
            if other:
                first, index = name, labels
    return index


def _reordered(labels: pd.Index, index: pd.Index) -> bool:
    return len(labels) == len(index) and bool(labels.isin(index).all())


def _positive_weights(weight: Any) -> np.ndarray:
    weight = np.asarray(weight, dtype=float)
    if weight.ndim != 1 or weight.size == 0:
        raise ValueError(f"weights have shape {weight.shape}: expected one weight a row and at least one row")
    wrong = ~(np.isfinite(weight) & (weight > 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{int(wrong.sum())} weights are not above zero and finite, first in row {row}: {weight[row]}; "
            "leave out rows that do not belong to the sample"
        )
    return weight


def _whole_numbers(values: Any, n: int, name: str) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != (n,):
        raise ValueError(f"{name} has shape {values.shape}: expected ({n},), one for each weight")
    wrong = ~(np.isfinite(values) & (values == np.round(values)))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"{name} in row {row} is {values[row]}: expected a whole number")
    return values.astype(np.int64)
