"""One effect where a programme stopped somewhere, with every measurement kept.

The estimators for lasting adoption take exposure to go on, so what was measured after a stop is lost to them.
The two of de Chaisemartin & D'Haultfœuille need no such thing; which of them is asked stands in
``data/design/method.toml``. Both want every unit measured every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.switch_path import switch_path
from analysis.estimate.did.switching import switchers
from analysis.unknown import NotEstimableError

PATH, PERIOD = "switch_path", "switchers"


@dataclass(frozen=True)
class OnOff:
    """The effect of a measurement under exposure.

    Attributes
    ----------
    estimate : float
        With ``switch_path`` per measurement under exposure, whatever lingers after a stop included; with
        ``switchers`` in the very measurement of a switch.
    se, low, high : float
        By leaving out one cluster at a time, t with clusters − 1; NaN where there are none.
    reason : str
        Why there is no error, in Dutch; "" where there is one.
    n_units, n_clusters : int
        Measured every time.
    incomplete : int
        Units left out because they were not.
    """

    estimate: float
    se: float
    low: float
    high: float
    reason: str
    n_units: int
    n_clusters: int
    incomplete: int


def on_off_effect(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    exposure: str,
    outcome: str,
    cluster: str | None = None,
    estimator: str = PATH,
    level: float = 0.95,
) -> OnOff:
    """Effect of an exposure that goes on and off, among the units that were measured every time.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and period.
    exposure : str
        Column of zeros and ones.
    estimator : {"switch_path", "switchers"}
        See :mod:`analysis.estimate.did.switch_path` and :mod:`analysis.estimate.did.switching`.

    Raises
    ------
    ValueError
        As those two, and for another estimator.
    NotEstimableError
        As those two, and when no unit was measured every time.
    """
    if estimator not in (PATH, PERIOD):
        raise ValueError(f"estimator {estimator!r}: expected {PATH} or {PERIOD}")
    complete = frame.groupby(unit)[time].transform("nunique") == frame[time].nunique()
    kept = frame[complete]
    if kept.empty:
        raise NotEstimableError(
            f"no {unit} was measured every time", reason="geen enkele plaats is bij elke meting gemeten"
        )
    asked = {
        "unit": unit, "time": time, "exposure": exposure, "outcome": outcome, "cluster": cluster,
        "level": level,
    }  # fmt: skip
    if estimator == PATH:
        found = switch_path(kept, **asked)
        line, clusters = found.average, found.n_clusters
    else:
        moved = switchers(kept, **asked)
        line, clusters = moved.table.loc["effect"].to_dict(), moved.n_clusters
    if not np.isfinite(line["estimate"]):
        raise NotEstimableError("no exposure is gained by the switches", reason=line["reason"])
    return OnOff(
        **{name: float(line[name]) for name in ("estimate", "se", "low", "high")},
        reason=str(line["reason"]),
        n_units=int(kept[unit].nunique()),
        n_clusters=clusters,
        incomplete=int(frame[unit].nunique() - kept[unit].nunique()),
    )
