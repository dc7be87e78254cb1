"""A series: rows with points, for what is drawn or tabulated as a whole.

A path over event times, estimates by province, a curve of specifications. Every point says over how many
units it is, so that disclosure can act on it as on a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from analysis.datakind import DataKind
from analysis.results.row import ID_PATTERN, NOT_ESTABLISHED, NOT_SHOWN, Stamp
from analysis.unknown import NotEstimable

if TYPE_CHECKING:  # a build that has nothing to do reads no series
    import pandas as pd

N = "n"  # column of the number of units behind a point
LEAST = "n_least"  # and of the people in the smallest group compared, where a point compares groups
SCHOOLS = "schools"  # and of the schools they are of, where a point would show a school


@dataclass(frozen=True, eq=False)
class Series:
    """Points that belong together.

    Attributes
    ----------
    id : str
        As of a row: ``section.name``.
    label, unit, kind, source
        As of a row.
    points : pandas.DataFrame
        Key columns (text, whole numbers), measures, and ``n`` where the points rest on people or places.
        No index of its own; empty where there is a `reason`.
    measures : tuple of str
        The columns that hold numbers over the units of a point: these are withheld and rounded.
    level : float
        Coverage of the intervals among the measures.
    decimals : int
        Digits shown of a measure.
    reason : str
        Why there are no points, in Dutch, as it follows "niet vast te stellen: ".
    withheld : str
        Why disclosure shows none of them, in Dutch.

    Examples
    --------
    >>> import pandas as pd
    >>> points = pd.DataFrame({"year": [2023, 2025], "share": [71.5, 74.0], "n": [410, 395]})
    >>> path = Series(
    ...     "opkomst.pad", "opkomst per jaar", "%", "real", "kiesraad", points, measures=("share",)
    ... )
    >>> path.points["share"].tolist()
    [71.5, 74.0]

    Where there is nothing to draw, the reason takes the place of the points:

    >>> from analysis.unknown import NotEstimable
    >>> Series("opkomst.pad", "opkomst", "%", "real", "kiesraad", NotEstimable("er is één meting")).reason
    'er is één meting'
    """

    id: str
    label: str
    unit: str
    kind: DataKind
    source: str
    points: pd.DataFrame | NotEstimable
    measures: tuple[str, ...] = ("estimate", "low", "high")
    level: float = 0.95
    question: str = ""
    outcome: str = ""
    estimator: str = ""
    specification: str = ""
    test: str = ""
    weighting: str = ""
    decimals: int = 0
    reason: str = ""
    withheld: str = ""
    note: str = ""
    stamp: Stamp = field(default=Stamp())

    def __post_init__(self) -> None:
        import numpy as np
        import pandas as pd

        if not ID_PATTERN.fullmatch(self.id):
            raise ValueError(f"series id {self.id!r}: expected section.name in lower case")
        object.__setattr__(self, "kind", DataKind(self.kind))
        object.__setattr__(self, "measures", tuple(self.measures))
        if isinstance(self.points, NotEstimable):
            object.__setattr__(self, "reason", self.points.reason)
            object.__setattr__(self, "points", pd.DataFrame(columns=[*self.measures]))
        if not self.source:
            raise ValueError(f"series {self.id}: no source given")
        if not 0 < self.level < 1:
            raise ValueError(f"series {self.id}: level {self.level} is not between 0 and 1")
        absent = [name for name in self.measures if name not in self.points.columns]
        if absent:
            raise ValueError(f"series {self.id}: measure {', '.join(absent)} is no column of the points")
        if self.points.empty and not (self.reason or self.withheld):
            raise ValueError(f"series {self.id}: no points, and no reason why")
        columns = (self.points[name] for name in self.measures)
        numbers = (column if column.dtype.kind in "fiu" else pd.to_numeric(column) for column in columns)
        if any(np.isinf(column.to_numpy(dtype=float)).any() for column in numbers):
            raise ValueError(f"series {self.id}: an infinite number; one that is unknown is missing")
        object.__setattr__(self, "points", self.points.reset_index(drop=True))

    @property
    def section(self) -> str:
        """First part of the id."""
        return self.id.partition(".")[0]

    @property
    def unknown(self) -> str:
        """What is read where the points would stand; "" where there are points."""
        if self.withheld:
            return f"{NOT_SHOWN}: {self.withheld}"
        return f"{NOT_ESTABLISHED}: {self.reason}" if self.reason else ""

    def shown(self) -> pd.DataFrame:
        """The points of which at least one measure is known: what a figure can draw."""
        return self.points.dropna(subset=list(self.measures), how="all").reset_index(drop=True)

    def with_points(self, points: pd.DataFrame) -> Series:
        return replace(self, points=points)
