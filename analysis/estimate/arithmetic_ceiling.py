"""The largest effect that arithmetic allows, beside the smallest that could be seen.

Turnout is of all who are entitled, a programme reaches some of them: even if everybody reached may vote and
the effect a person is as large as the strongest study declared, turnout moves by no more than their product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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

    def needed_per_person_pp(self, detectable_pp: float) -> float:
        """The effect a person that would just be seen; above 100 points nothing could be; infinite if nobody
        is reached."""
        return detectable_pp * self.electorate / self.reached if self.reached else np.inf

    def can_be_seen(self, detectable_pp: float) -> bool:
        """Whether the largest effect is at least the smallest that could be seen, in percentage points.

        Raises
        ------
        ValueError
            If the smallest effect is not positive.
        """
        if not detectable_pp > 0:
            raise ValueError(f"smallest effect that could be seen {detectable_pp}: positive")
        return abs(self.effect_pp) >= detectable_pp
