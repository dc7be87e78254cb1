"""Exposure that goes on and off, or up and down: effects by periods since the first change.

F_g is the first period in which the exposure of unit g differs from that in the first period, and ℓ = 1 the
period of that switch::

    DID_g,ℓ = (Y_g,F−1+ℓ − Y_g,F−1) − mean over g' of the same change,
              g' with the same first exposure and no switch up to F − 1 + ℓ
    DID_ℓ   = mean over g of DID_g,ℓ, with minus where the exposure first went down

DID_ℓ is the effect of having been exposed to what they were from F on, rather than to their first exposure;
over the mean exposure gained since it is an effect per unit of exposure (`normalised`). The average is the
sum of all DID_g,ℓ over the sum of the exposure gained in the period itself. A unit counts no longer once its
exposure lies on the other side of the first one. Placebos mirror the effects before F, among the same units.

Reference: de Chaisemartin & D'Haultfœuille (2024), Difference-in-differences estimators of intertemporal
treatment effects, Review of Economics and Statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.exposure_panel import ExposurePanel, jackknifed, read_exposure_panel
from analysis.unknown import NotEstimableError


@dataclass(frozen=True)
class SwitchPath:
    """Effects by periods since the first switch.

    Attributes
    ----------
    table : pandas.DataFrame
        Index `event`: 1 is the period of the switch, −1 the placebo over the period before; columns estimate,
        se, low, high, normalised (per unit of exposure gained), switchers (units), reason.
    average : dict
        The same for the mean over all switchers and periods from the switch on, per unit of exposure.
    """

    table: pd.DataFrame
    average: dict
    n_clusters: int
    level: float


def switch_path(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    exposure: str,
    outcome: str,
    effects: int | None = None,
    placebos: int = 0,
    cluster: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> SwitchPath:
    """Effects by periods since a unit's exposure first changed.

    Parameters
    ----------
    frame, unit, time, outcome, cluster, weights
        As for :func:`analysis.estimate.did.switching.switchers`.
    exposure : str
        Any number.
    effects, placebos : int
        How many periods on and back; as many as any switcher has when `effects` is None.

    Raises
    ------
    ValueError, NotEstimableError
        As for :func:`analysis.estimate.did.switching.switchers`.
    """
    panel = read_exposure_panel(
        frame, unit=unit, time=time, exposure=exposure, outcome=outcome, cluster=cluster, weights=weights
    )
    first = panel.first_switch
    if not np.isfinite(first).any():
        raise NotEstimableError(
            f"{exposure} changes for no {unit}", reason="nergens begon of stopte het in de onderzochte jaren"
        )
    periods = len(panel.times)
    longest = int(periods - first[np.isfinite(first)].min())
    effects = longest if effects is None else effects
    if effects < 1 or placebos < 0:
        raise ValueError(f"effects {effects}, placebos {placebos}: one or more, zero or more")
    events = [*range(-placebos, 0), *range(1, effects + 1)]
    everything = np.ones(len(panel.units), dtype=bool)
    found = {event: _event(panel, event, everything) for event in events}
    if not any(found[event][2] for event in events if event > 0):
        raise NotEstimableError(
            "no unit that switches has one with the same first exposure that has not switched yet",
            reason="er zijn geen eenheden zonder verandering om mee te vergelijken",
        )
    rows = jackknifed(
        panel, lambda keep: np.array([_event(panel, event, keep)[0] for event in events]), level
    )
    table = pd.DataFrame(rows, index=pd.Index(events, name="event"))
    table.insert(4, "switchers", [found[event][2] for event in events])
    with np.errstate(invalid="ignore"):
        table.insert(4, "normalised", [found[event][0] / found[event][1] for event in events])
    average = jackknifed(panel, lambda keep: np.array([_average(panel, effects, keep)]), level)[0]
    return SwitchPath(table, average, panel.n_clusters, level)


def _event(panel: ExposurePanel, event: int, keep: np.ndarray) -> tuple[float, float, int]:
    """DID_ℓ (or the placebo −ℓ) among the units in the mask, mean exposure gained, and units."""
    total, gained, mass, units = 0.0, 0.0, 0.0, 0
    for contrast, dose, weight, count in _contrasts(panel, event, keep):
        total, gained, mass = total + weight * contrast, gained + weight * dose, mass + weight
        units += count
    return (total / mass, gained / mass, units) if mass else (np.nan, np.nan, 0)


def _average(panel: ExposurePanel, effects: int, keep: np.ndarray) -> float:
    """All effects together over all exposure gained in the period itself."""
    total, gained = 0.0, 0.0
    for event in range(1, effects + 1):
        for contrast, _, weight, _ in _contrasts(panel, event, keep):
            total += weight * contrast
        for dose, weight in _doses(panel, event, keep):
            gained += weight * dose
    return total / gained if gained > 0 else np.nan


def _comparable(panel: ExposurePanel, event: int, keep: np.ndarray) -> Iterator:
    """Switchers (a group with one first switch, exposure and sign) with those they are compared with."""
    first, start, crossed = panel.first_switch, panel.exposure[:, 0], _crossed(panel)
    length = abs(event)
    for begin in np.unique(first[np.isfinite(first)]):
        begin = int(begin)
        last = begin - 1 + length
        if last >= len(panel.times) or (event < 0 and begin - 1 - length < 0):
            continue
        for base in np.unique(start):
            group = keep & (first == begin) & (start == base) & (crossed > last)
            stay = keep & (first > last) & (start == base)
            if group.any() and stay.any():
                yield begin, last, group, stay


def _crossed(panel: ExposurePanel) -> np.ndarray:
    """Place of the first period with an exposure on the other side than the first switch went, or inf."""
    side = np.sign(panel.exposure - panel.exposure[:, :1])
    first = panel.first_switch
    switched = np.isfinite(first)
    went = np.zeros(len(side))
    went[switched] = side[switched, first[switched].astype(int)]
    other = (side * went[:, None]) < 0
    return np.where(other.any(axis=1), other.argmax(axis=1), np.inf)


def _signs(panel: ExposurePanel, begin: int, group: np.ndarray) -> np.ndarray:
    return np.sign(panel.exposure[group, begin] - panel.exposure[group, 0])


def _contrasts(panel: ExposurePanel, event: int, keep: np.ndarray) -> Iterator:
    """Signed contrast, exposure gained so far, weight and count of each group of switchers."""
    y, w = panel.outcome, panel.weight
    for begin, last, group, stay in _comparable(panel, event, keep):
        end = last if event > 0 else begin - 1 + event
        change = y[:, end] - y[:, begin - 1]
        sign = _signs(panel, begin, group)
        contrast = sign * (change[group] - np.average(change[stay], weights=w[stay]))
        so_far = panel.exposure[group, begin : last + 1].sum(axis=1)
        dose = np.abs(so_far - abs(event) * panel.exposure[group, 0])
        mass = w[group].sum()
        yield w[group] @ contrast / mass, w[group] @ dose / mass, mass, int(group.sum())


def _doses(panel: ExposurePanel, event: int, keep: np.ndarray) -> Iterator:
    """Exposure gained in the period itself, signed as the first switch, and weight."""
    for begin, last, group, _ in _comparable(panel, event, keep):
        gain = _signs(panel, begin, group) * (panel.exposure[group, last] - panel.exposure[group, 0])
        mass = panel.weight[group].sum()
        yield panel.weight[group] @ gain / mass, mass
