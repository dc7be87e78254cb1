"""Exposure that goes on and off: the effect in the very period of a switch (DID_M).

Two-way fixed effects and the estimators for lasting adoption both mislead when a programme stops somewhere.
Here units that switch on are compared with those that stay off over the same two periods, and units that
switch off with those that stay on::

    DID₊,t = mean change of 0→1 − mean change of 0→0
    DID₋,t = mean change of 1→1 − mean change of 1→0
    DID_M  = Σ_t (N₊,t DID₊,t + N₋,t DID₋,t) / Σ_t (N₊,t + N₋,t)

It needs no more than two periods and assumes that what happened before the last period leaves no trace; for
effects that take time, and for exposures other than on and off, see :mod:`analysis.estimate.did.switch_path`.
The placebo is the same contrast one period earlier, among units that did not switch then.

Reference: de Chaisemartin & D'Haultfœuille (2020), Two-way fixed effects estimators with heterogeneous
treatment effects, AER 110.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.exposure_panel import ExposurePanel, jackknifed, read_exposure_panel
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class Switchers:
    """Effects in the period of a switch.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows ``effect`` (DID_M), ``on``, ``off`` and ``placebo``; columns estimate, se, low, high, switches
        (units times periods), reason. Numbers are missing where no switch has units to compare with, and an
        error where some cluster cannot be left out; `reason` says so, in Dutch.
    left_out : int
        Switches without a unit to compare with.
    """

    table: pd.DataFrame
    left_out: int
    n_clusters: int
    level: float

    @property
    def estimate(self) -> float:
        return float(self.table.loc["effect", "estimate"])


def switchers(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    exposure: str,
    outcome: str,
    cluster: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> Switchers:
    """Effect of switching on or off, in the period of the switch (DID_M).

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and period; every unit in every period.
    exposure : str
        Column of zeros and ones (or false and true).
    cluster : str or None
        Level at which exposure was decided, for the errors; the unit itself when None.
    weights : str or None
        Column of positive weights, one a unit: the one of its first period.

    Raises
    ------
    ValueError
        For missing values, a unit and period twice or absent, an exposure that is neither 0 nor 1, or a
        cluster that changes within a unit.
    NotEstimableError
        When nobody switches, or no switch has a unit to compare with.
    """
    panel = read_exposure_panel(
        frame, unit=unit, time=time, exposure=exposure, outcome=outcome, cluster=cluster, weights=weights
    )
    other = ~np.isin(panel.exposure, (0.0, 1.0))
    if other.any():
        row, column = np.argwhere(other)[0]
        raise ValueError(
            f"{exposure} is {panel.exposure[row, column]:g} for {unit} {panel.units[row]} in "
            f"{panel.times[column]}: expected 0 or 1; for other exposures see switch_path"
        )
    everything = _did_m(panel, np.ones(len(panel.units), dtype=bool))
    if not everything["switches"]["all"]:
        raise NotEstimableError(
            f"{exposure} changes for no {unit}", reason="nergens begon of stopte het in de onderzochte jaren"
        )
    if not np.isfinite(everything["effect"]):
        raise NotEstimableError(
            "no unit that switches has one that stays as it was to be compared with",
            reason="er zijn geen eenheden zonder verandering om mee te vergelijken",
        )
    names = ("effect", "on", "off", "placebo")
    rows = jackknifed(panel, lambda keep: np.array([_did_m(panel, keep)[name] for name in names]), level)
    table = pd.DataFrame(rows, index=pd.Index(names, name="quantity"))
    table.insert(4, "switches", [everything["switches"][name] for name in names])
    left_out = everything["switches"]["all"] - everything["switches"]["effect"]
    return Switchers(table, left_out, panel.n_clusters, level)


def _did_m(panel: ExposurePanel, keep: np.ndarray) -> dict:
    """DID_M among the units in the mask, its two halves and placebo; NaN where nothing can be compared."""
    y, d, w = panel.outcome, panel.exposure, panel.weight
    sums = {"on": [0.0, 0.0], "off": [0.0, 0.0], "placebo": [0.0, 0.0]}
    counts = dict.fromkeys(("on", "off", "placebo", "all"), 0)
    for t in range(1, len(panel.times)):
        for name, before, sign in (("on", 0.0, 1), ("off", 1.0, -1)):
            switch = keep & (d[:, t - 1] == before) & (d[:, t] != before)
            stay = keep & (d[:, t - 1] == before) & (d[:, t] == before)
            counts["all"] += int(switch.sum())
            if switch.any() and stay.any():
                mass = w[switch].sum()
                sums[name][0] += mass * sign * _contrast(y[:, t] - y[:, t - 1], w, switch, stay)
                sums[name][1] += mass
                counts[name] += int(switch.sum())
            if t < 2:
                continue
            earlier = d[:, t - 2] == before
            switch, stay = switch & earlier, stay & earlier
            if switch.any() and stay.any():
                mass = w[switch].sum()
                sums["placebo"][0] += mass * sign * _contrast(y[:, t - 1] - y[:, t - 2], w, switch, stay)
                sums["placebo"][1] += mass
                counts["placebo"] += int(switch.sum())
    found = {name: total / mass if mass else np.nan for name, (total, mass) in sums.items()}
    mass = sums["on"][1] + sums["off"][1]
    found["effect"] = (sums["on"][0] + sums["off"][0]) / mass if mass else np.nan
    counts["effect"] = counts["on"] + counts["off"]
    return found | {"switches": counts}


def _contrast(change: np.ndarray, w: np.ndarray, switch: np.ndarray, stay: np.ndarray) -> float:
    return float(np.average(change[switch], weights=w[switch]) - np.average(change[stay], weights=w[stay]))
