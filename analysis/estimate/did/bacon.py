"""What the two-way fixed-effects coefficient compares (Goodman-Bacon 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.did.comparisons import groups
from analysis.estimate.did.panel import Panel, no_controls, read_panel

TREATED_NEVER = "treated_vs_never"
EARLIER_LATER = "earlier_vs_later"
LATER_EARLIER = "later_vs_earlier"
LATER_ALWAYS = "later_vs_always"
FORBIDDEN = (LATER_EARLIER, LATER_ALWAYS)


@dataclass(frozen=True)
class Bacon:
    """The two-way fixed-effects coefficient as a weighted mean of two-by-two comparisons.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a comparison: kind, treated and control (first treated periods; missing for never,
        minus infinity for treated from the start), weight, estimate. Weights are positive and sum to 1.
    estimate : float
        The coefficient: the weighted mean of the comparisons.
    """

    table: pd.DataFrame
    estimate: float

    @property
    def forbidden_share(self) -> float:
        """Weight of comparisons with units that are treated already."""
        return float(self.table.loc[self.table["kind"].isin(FORBIDDEN), "weight"].sum())


def bacon(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    weights: str | pd.Series | None = None,
) -> Bacon:
    """Decompose the two-way fixed-effects coefficient of a balanced panel.

    Parameters
    ----------
    frame, unit, time, cohort, outcome, weights
        See :func:`analysis.estimate.did.panel.read_panel`; a weight does not change within a unit. Units
        treated from the first period on take part, as controls.

    Raises
    ------
    ValueError
        If the panel is unbalanced or weights change within a unit, for which the decomposition does not
        hold.
    NotEstimableError
        If there is no comparison at all.
    """
    panel = read_panel(frame, unit=unit, time=time, cohort=cohort, outcome=outcome, weights=weights)
    if not panel.balanced:
        missing = int((~panel.observed).sum())
        raise ValueError(
            f"{missing} combinations of {unit} and {time} are missing: the decomposition holds for balanced "
            "panels; keep units that are observed in every period"
        )
    if panel.weights is not None and (panel.weights != panel.weights[:, :1]).any():
        name = weights if isinstance(weights, str) else weights.name
        raise ValueError(f"{name} changes within a unit: the decomposition holds for fixed weights")
    weight = panel.unit_weights()
    never = len(panel.periods)
    starts, codes = groups(panel.start)  # position 0 is treated from the start
    share = np.bincount(codes, weights=weight) / weight.sum()
    # Levels drop out of every comparison; without them no digits are lost.
    outcome_values = panel.outcome - panel.outcome.mean(axis=1, keepdims=True)
    means = np.column_stack([np.bincount(codes, weights=weight * y) for y in outcome_values.T])
    means /= np.bincount(codes, weights=weight)[:, None]
    after = np.arange(never) >= starts[:, None]
    labels = _labels(panel, starts)

    rows = []
    for k, g in enumerate(starts):
        for j, other in enumerate(starts):
            if g in (0, never) or j == k:
                continue
            kind, window = _comparison(g, other, after[j])
            post, pre = window & after[k], window & ~after[k]
            if not post.any() or not pre.any():
                continue
            treated_share = post.sum() / window.sum()
            mass = share[k] * share[j] * window.mean() ** 2 * treated_share * (1 - treated_share)
            change = means[:, post].mean(axis=1) - means[:, pre].mean(axis=1)
            rows.append((kind, labels[k], labels[j], mass, change[k] - change[j]))
    if not rows:
        raise no_controls(
            "there is nothing to compare: no unit adopts within the panel while another does not"
        )
    table = pd.DataFrame(rows, columns=["kind", "treated", "control", "weight", "estimate"])
    table["weight"] /= table["weight"].sum()
    order = {
        kind: place for place, kind in enumerate((TREATED_NEVER, EARLIER_LATER, LATER_EARLIER, LATER_ALWAYS))
    }
    table = table.sort_values("kind", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Bacon(table, float(table["weight"] @ table["estimate"]))


def _labels(panel: Panel, starts: np.ndarray) -> list:
    """First treated period of each group; missing for never, minus infinity for treated from the start."""
    labels = [*panel.periods, np.nan]
    return [-np.inf if start == 0 else labels[start] for start in starts]


def _comparison(treated: int, control: int, control_after: np.ndarray) -> tuple[str, np.ndarray]:
    """Kind of comparison and the periods it uses: those in which the control's treatment does not change."""
    if control == len(control_after):
        return TREATED_NEVER, np.ones(len(control_after), dtype=bool)
    if control == 0:
        return LATER_ALWAYS, np.ones(len(control_after), dtype=bool)
    if control > treated:
        return EARLIER_LATER, ~control_after
    return LATER_EARLIER, control_after
