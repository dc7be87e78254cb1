"""A group-time average treatment effect under every re-assignment, without refitting.

The group-time effect of Callaway & Sant'Anna (2021) without covariates is a difference of two mean changes
since the period before adoption. Those means are sums over clusters, so a re-assignment only changes which
clusters are summed.
"""

from __future__ import annotations

import numpy as np

from analysis.inference.panel import DensePanel

CHUNK = 4_096
CONTROLS = ("never", "not_yet")


def att_statistics(
    panel: DensePanel, draws: np.ndarray, *, control: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The overall average effect on the treated ("simple" aggregation) under each re-assignment.

    Parameters
    ----------
    panel : DensePanel
        Units seen in both periods of a comparison count in it, with their weight before adoption.
    draws : ndarray of int, shape (R, G)
        Paths by cluster.
    control : {"never", "not_yet"}

    Returns
    -------
    slopes, variances, defined
        As :func:`analysis.inference.permuted_twoway.twoway_statistics`. The variance sums the squared
        influence of each cluster, with the shares of cohorts in the average taken as given.
    """
    if control not in CONTROLS:
        raise ValueError(f"control {control!r} is unknown: use one of {', '.join(CONTROLS)}")
    comparisons = _comparisons(panel, control)
    if not comparisons:
        raise ValueError(
            f"no cohort has a period before adoption and {control.replace('_', ' ')} treated clusters to "
            "compare with; check the cohorts or use statistic='att_not_yet'"
        )
    # Cohorts count by the summed weight of their units, a unit's weight being its mean over periods seen.
    unit_mass = panel.weight.sum(axis=1) / (panel.weight > 0).sum(axis=1)
    mass = np.add.reduceat(unit_mass, panel.bounds[:-1])
    parts = [
        _chunk(draws[start : start + CHUNK], comparisons, mass, len(panel.paths))
        for start in range(0, len(draws), CHUNK)
    ]
    slopes, variances, defined = zip(*parts, strict=True)
    return np.concatenate(slopes, axis=1), np.concatenate(variances, axis=1), np.concatenate(defined)


def _comparisons(
    panel: DensePanel, control: str
) -> list[tuple[int, tuple[int, ...], np.ndarray, np.ndarray]]:
    """(treated path, control paths, weight by cluster (G,), weighted change by cluster (2, G)) a period."""
    adoption = np.where(panel.paths.any(axis=1), panel.paths.argmax(axis=1), len(panel.times))
    starts = panel.bounds[:-1]
    outcomes = (panel.outcome, panel.treated)
    found = []
    for path, first in enumerate(adoption):
        if first == 0 or first == len(panel.times):
            continue  # treated throughout, or never
        base = first - 1
        for period in range(first, len(panel.times)):
            floor = len(panel.times) - 1 if control == "never" else period
            controls = tuple(int(other) for other in np.flatnonzero(adoption > floor))
            if not controls:
                continue
            both = np.where(panel.weight[:, period] > 0, panel.weight[:, base], 0.0)
            change = [both * (values[:, period] - values[:, base]) for values in outcomes]
            found.append(
                (
                    path,
                    controls,
                    np.add.reduceat(both, starts),
                    np.array([np.add.reduceat(values, starts) for values in change]),
                )
            )
    return found


def _chunk(
    draws: np.ndarray,
    comparisons: list[tuple[int, tuple[int, ...], np.ndarray, np.ndarray]],
    mass: np.ndarray,
    kinds: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    member = [(draws == kind).astype(float) for kind in range(kinds)]
    share = [hot @ mass for hot in member]
    slopes = np.zeros((2, len(draws)))
    influence = np.zeros((2, *draws.shape))
    total = np.zeros(len(draws))
    defined = np.ones(len(draws), dtype=bool)
    for path, controls, weight, change in comparisons:
        compared = sum(member[kind] for kind in controls)
        total += share[path]
        for hot, sign in ((member[path], 1.0), (compared, -1.0)):
            size = hot @ weight
            defined &= size > 0
            scale = share[path] * sign / np.where(size > 0, size, 1.0)
            for outcome in range(2):
                sums = hot @ change[outcome]
                mean = sums / np.where(size > 0, size, 1.0)
                slopes[outcome] += scale * sums
                influence[outcome] += hot * scale[:, None] * (change[outcome] - mean[:, None] * weight)
    slopes /= total
    influence /= total[:, None]
    count = draws.shape[1]
    first, second = influence
    variances = np.stack(
        [(first * first).sum(axis=1), (first * second).sum(axis=1), (second * second).sum(axis=1)]
    )
    return slopes, count / (count - 1) * variances, defined
