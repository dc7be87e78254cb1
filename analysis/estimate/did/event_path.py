"""An event study as the sensitivity analysis of parallel trends wants it: estimates, covariance, reference.

A violation of parallel trends is measured from the reference period, before treatment and after it alike. So
every estimate of a path is a difference with that one period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class EventPath:
    """Effects by event time, the reference left out.

    Attributes
    ----------
    event_times : ndarray, shape (J,)
        Increasing; the outermost may hold those beyond them.
    estimates : ndarray, shape (J,)
    covariance : ndarray, shape (J, J)
    reference : float
        Event time that all are compared with.
    n_clusters : int
    """

    event_times: np.ndarray
    estimates: np.ndarray
    covariance: np.ndarray
    reference: float
    n_clusters: int

    def __post_init__(self) -> None:
        if not (np.diff(self.event_times) > 0).all() or self.reference in self.event_times:
            raise ValueError("event times increase, and the reference is not among them")
        if np.isnan(self.covariance).any():
            unknown = self.event_times[np.isnan(np.diag(self.covariance))]
            said = ", ".join(f"{time:g}" for time in unknown)
            raise NotEstimableError(
                f"the error of the effects at event time {said} is unknown: leave them out by "
                "min_event and max_event, or put them together with others",
                reason="van een deel van het verloop is de onzekerheid niet bekend",
            )

    @property
    def pre(self) -> np.ndarray:
        """Event times before the reference."""
        return self.event_times[self.event_times < self.reference]

    @property
    def post(self) -> np.ndarray:
        """Event times after the reference, those of anticipation among them."""
        return self.event_times[self.event_times > self.reference]

    @property
    def arguments(self) -> dict:
        """Of the Rambachan–Roth functions: ``sensitivity(**path.arguments, mbar=[0.5, 1])``."""
        return {"beta": self.estimates, "sigma": self.covariance, "pre": len(self.pre)}

    @property
    def table(self) -> pd.DataFrame:
        """event_time, estimate and se; the reference as 0 with missing `se`."""
        found = pd.DataFrame(
            {
                "event_time": self.event_times,
                "estimate": self.estimates,
                "se": np.sqrt(np.diag(self.covariance)),
            }
        )
        found.loc[len(found)] = [self.reference, 0.0, np.nan]
        return found.sort_values("event_time", ignore_index=True)


def binned(event: np.ndarray, reference: float, min_event: float, max_event: float) -> np.ndarray:
    """Event times with those beyond `min_event` and `max_event` put together with these.

    Raises
    ------
    ValueError
        If the first bin would hold the reference, or the last one effects before treatment.
    """
    if not min_event < reference or not max_event >= 0:
        raise ValueError(
            f"event times cannot be put together at {min_event:g} and {max_event:g}: the first bin lies "
            f"before the reference {reference:g}, and the last one at 0 or later"
        )
    return np.where(np.isfinite(event), np.clip(event, min_event, max_event), event)
