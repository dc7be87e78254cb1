"""The order of periods, and event time on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Timeline:
    """T periods in order.

    Attributes
    ----------
    labels : ndarray, shape (T,)
        Floats, or dates, calendar periods and categories as they were given.
    clock : ndarray of int, shape (T,)
        Steps since the first period.
    step : float
        Length of one step in event time: the distance between evenly spaced numbers (2 for waves every two
        years, 0.5 for half years), else 1.
    """

    labels: np.ndarray
    clock: np.ndarray
    step: float

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def times(self) -> np.ndarray:
        """Periods as increasing floats, shape (T,): their labels if these are numbers, else the clock."""
        return self.labels if self.labels.dtype.kind == "f" else self.clock.astype(float)

    def event(self, start: np.ndarray, period: np.ndarray) -> np.ndarray:
        """Event time of positions `period` for units first treated at positions `start`.

        Zero in the first treated period, ``-inf`` for a `start` of T: never within the panel.
        """
        clock = np.append(self.clock.astype(float), np.inf)
        event = (self.clock[period] - clock[start]) * self.step
        # tenths of a year and the like: 3 · 0.1 is to be the 0.3 that somebody asks for
        return np.round(event, 12) if self.step % 0.5 else event

    def steps(self, anticipation: float) -> int:
        """How many whole steps lie within an `anticipation` in event time."""
        if not anticipation >= 0:
            raise ValueError(f"anticipation is {anticipation}: zero or more periods")
        return int(np.floor(anticipation / self.step + _ROUNDING))

    def reference(self, anticipation: float = 0) -> float:
        """Event time of the last step more than `anticipation` before treatment."""
        return float(np.round(-(self.steps(anticipation) + 1) * self.step, 12))

    def last_before(self, start: np.ndarray, anticipation: float = 0) -> np.ndarray:
        """Position of the last period more than `anticipation` before `start`; −1 where there is none."""
        clock = np.append(self.clock, self.clock[-1] + 1)[start]
        return np.searchsorted(self.clock, clock - self.steps(anticipation), side="left") - 1

    def select(self, keep: np.ndarray | slice) -> Timeline:
        """Some of the periods; event times stay what they were."""
        return Timeline(self.labels[keep], self.clock[keep], self.step)


def said(label: object) -> str:
    """A period as in a message: 2014 for 2014.0, and dates without a clock at midnight."""
    if isinstance(label, float):
        return f"{label:g}"
    return str(label).removesuffix("T00:00:00.000000").removesuffix("T00:00:00")
