"""The largest effect that arithmetic allows, beside the smallest that could be seen.

Turnout is of all who are entitled, a programme reaches some of them: even if everybody reached may vote and
the effect a person is as large as the strongest study declared, turnout moves by no more than their product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Ceiling:
    """The largest effect on turnout.

    Attributes
    ----------
    reached : float
        People reached who may vote; an upper bound where not all reached may.
    electorate : float
        People entitled.
    per_person_pp : float
        Effect on the turnout of one person reached, in percentage points.
    """

    reached: float
    electorate: float
    per_person_pp: float

    def __post_init__(self) -> None:
        if not (
            np.isfinite([self.reached, self.electorate, self.per_person_pp]).all() and self.electorate > 0
        ):
            raise ValueError(
                f"{self.reached} reached of {self.electorate}, effect {self.per_person_pp}: numbers"
            )
        if not 0 <= self.reached <= self.electorate:
            raise ValueError(
                f"{self.reached:g} reached is not between 0 and the electorate, {self.electorate:g}"
            )
        if abs(self.per_person_pp) > 100:
            raise ValueError(
                f"an effect of {self.per_person_pp:g} points on one person's turnout: at most 100"
            )

    @property
    def share_pct(self) -> float:
        """People reached per hundred people entitled."""
        return 100 * self.reached / self.electorate

    @property
    def effect_pp(self) -> float:
        """The effect on turnout, in percentage points."""
        return self.per_person_pp * self.reached / self.electorate


def ceilings(cases: pd.DataFrame) -> pd.DataFrame:
    """The largest effect of each case.

    Parameters
    ----------
    cases : pandas.DataFrame
        Columns reached, electorate and per_person_pp, as of :class:`Ceiling`; others are kept.

    Returns
    -------
    pandas.DataFrame
        `cases` with share_pct and effect_pp.

    Raises
    ------
    ValueError
        If a column is absent or a case cannot be; names the row.
    """
    absent = [name for name in ("reached", "electorate", "per_person_pp") if name not in cases]
    if absent:
        raise ValueError(f"columns {', '.join(absent)} are not in the frame; it has {', '.join(cases)}")
    found = []
    for row, case in enumerate(cases.itertuples(), start=1):
        try:
            found.append(Ceiling(float(case.reached), float(case.electorate), float(case.per_person_pp)))
        except ValueError as error:
            raise ValueError(f"row {row}: {error}") from None
    return cases.assign(
        share_pct=[one.share_pct for one in found], effect_pp=[one.effect_pp for one in found]
    )
