"""Cells of tables of people: small and dominated cells are withheld, others too where sums give them away.

Rules and their defaults are those of the ESSnet guidelines (2010), as in the package acro: a minimum count,
the (n, k) rule and the p% rule. Beyond these, the table is audited: from rows, columns and totals that are
shown, the possible values of every withheld cell are worked out by linear programming, and cells are added
until none is known to within the minimum. Fischetti and Salazar, "Models and algorithms for optimizing cell
suppression in tabular data with linear constraints", JASA 95 (2000), give the problem; here the smallest
candidate is added each time and what proves superfluous is shown again: not always the fewest, always safe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from analysis.design.disclosure import CellRule

FEW, DOMINATED, PROTECTING = "te weinig personen", "overheerst door enkele", "beschermt een ander"


@dataclass(frozen=True)
class ProtectedTable:
    """A table that may be shown.

    Attributes
    ----------
    counts : pandas.DataFrame
        Counts with the totals in row and column ``totaal``, rounded; NaN where withheld.
    reasons : pandas.DataFrame
        Of the cells without totals: why a cell is withheld, in Dutch, "" where it is shown.
    """

    counts: pd.DataFrame
    reasons: pd.DataFrame

    @property
    def withheld(self) -> int:
        return int((self.reasons != "").to_numpy().sum())


def unsafe(contributions: np.ndarray, rule: CellRule) -> str:
    """Why a cell with these contributions, one a person or body, must be withheld; "" if it need not.

    Parameters
    ----------
    contributions : array, shape (people,)
        What each adds to the total of the cell, zero or more; ones for a count.

    Raises
    ------
    ValueError
        If a contribution is negative or not finite: shares of a total mean nothing then.
    """
    values = np.asarray(contributions, dtype=float)
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("contributions must be finite and zero or more")
    if values.size == 0:
        return FEW if rule.zeros_tell else ""
    if values.size < rule.minimum_n:
        return FEW
    ordered = np.sort(values)[::-1]
    total = ordered.sum()
    if total == 0:
        return ""
    if ordered[: rule.largest].sum() >= rule.largest_share * total:
        return DOMINATED
    if ordered[2:].sum() < rule.rest_share * ordered[0]:
        return DOMINATED
    return ""


def protected_counts(frame: pd.DataFrame, row: str, column: str, rule: CellRule) -> ProtectedTable:
    """How many people of `frame` (one row each) stand in each cell, as it may be shown with its totals.

    Raises
    ------
    ValueError
        If a person has no value of `row` or `column`: the totals would not be those of the people.
    """
    if frame[[row, column]].isna().to_numpy().any():
        raise ValueError(
            f"{row} or {column} is missing for some people; leave them out first, and count them"
        )
    counts = pd.crosstab(frame[row], frame[column])
    reasons = counts.map(lambda count: unsafe(np.ones(count), rule)).astype(object)
    hidden = protect((reasons != "").to_numpy(), counts.to_numpy(dtype=float), rule.minimum_n)
    reasons = reasons.mask(hidden & (reasons == "").to_numpy(), PROTECTING)
    base = rule.count_base
    shown = (counts / base).round().mul(base).astype(float).mask(hidden)
    return ProtectedTable(_with_totals(shown, counts, rule), reasons)


def protect(hidden: np.ndarray, counts: np.ndarray, width: float) -> np.ndarray:
    """`hidden` with the cells added that are needed so that no hidden cell is known to within `width`.

    Parameters
    ----------
    hidden : bool array, shape (rows, columns)
    counts : array of the same shape
        Zero or more; row, column and grand totals are taken as shown.
    width : float
        Least distance between the smallest and largest possible value of a hidden cell.
    """
    needed, hidden = hidden, hidden.copy()
    while (exposed := _most_exposed(hidden, counts, width)) is not None:
        if hidden.all():
            return hidden
        hidden[_partner(exposed, hidden, counts)] = True
    added = sorted(map(tuple, np.argwhere(hidden & ~needed)), key=lambda cell: (-counts[cell], cell))
    for cell in added:  # what a later cell made superfluous is shown again, largest first
        hidden[cell] = False
        if _most_exposed(hidden, counts, width) is not None:
            hidden[cell] = True
    return hidden


def possible_values(hidden: np.ndarray, counts: np.ndarray, cell: tuple[int, int]) -> tuple[float, float]:
    """Smallest and largest value of a hidden cell that fit the shown cells and totals."""
    unknown = np.argwhere(hidden)
    rows, columns = hidden.shape
    known = np.where(hidden, 0.0, counts)
    equations = np.zeros((rows + columns, len(unknown)))
    equations[unknown[:, 0], np.arange(len(unknown))] = 1
    equations[rows + unknown[:, 1], np.arange(len(unknown))] = 1
    sums = np.concatenate([(counts - known).sum(axis=1), (counts - known).sum(axis=0)])
    goal = np.zeros(len(unknown))
    goal[int(np.flatnonzero((unknown == cell).all(axis=1))[0])] = 1
    low = linprog(goal, A_eq=equations, b_eq=sums, bounds=(0, None), method="highs")
    high = linprog(-goal, A_eq=equations, b_eq=sums, bounds=(0, None), method="highs")
    if not (low.success and high.success):
        raise ValueError("the counts and their totals do not agree")
    return float(low.fun), float(-high.fun)


def _most_exposed(hidden: np.ndarray, counts: np.ndarray, width: float) -> tuple[int, int] | None:
    worst, found = width, None
    for cell in map(tuple, np.argwhere(hidden)):
        low, high = possible_values(hidden, counts, cell)
        if high - low < worst - 1e-6:
            worst, found = high - low, cell
    return found


def _partner(exposed: tuple[int, int], hidden: np.ndarray, counts: np.ndarray) -> tuple[int, int]:
    """The shown cell to hide next: first where a row and a column each have one hidden cell, smallest first.

    Empty cells come last: hiding a zero that everyone expects protects nothing.
    """
    row, column = exposed
    lonely_rows, lonely_columns = hidden.sum(axis=1) == 1, hidden.sum(axis=0) == 1

    def order(cell: tuple[int, int]) -> tuple:
        closes = int(lonely_rows[cell[0]]) + int(lonely_columns[cell[1]])
        near = cell[0] == row or cell[1] == column
        return (-closes, not near, counts[cell] == 0, counts[cell], cell)

    return min((tuple(cell) for cell in np.argwhere(~hidden)), key=order)


def _with_totals(shown: pd.DataFrame, counts: pd.DataFrame, rule: CellRule) -> pd.DataFrame:
    """Totals from the true counts, rounded on their own; a total below the minimum is withheld."""

    def total(value: float) -> float:
        small = value < rule.minimum_n
        return float("nan") if small else float(round(value / rule.count_base) * rule.count_base)

    table = shown.copy()
    table.columns = [str(name) for name in table.columns]
    table.index = [str(name) for name in table.index]
    table["totaal"] = [total(value) for value in counts.sum(axis=1)]
    below = [*(total(value) for value in counts.sum(axis=0)), total(counts.to_numpy().sum())]
    table.loc["totaal"] = below
    return table
