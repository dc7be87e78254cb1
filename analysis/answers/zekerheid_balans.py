"""How alike places with and without a start were before it: what was measured, and what open sources say."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.answers.zekerheid_names import BALANCE
from analysis.estimate.balance import before_start, standardised_gap
from analysis.panel.covariates import SOURCE
from analysis.panel.question import Panel
from analysis.results import Series
from analysis.unknown import NotEstimable, attempt

_MEASURES = ("exposed", "others", "difference")
_PUPILS = "Scholieren in het voortgezet onderwijs (2021/22) per 1.000 inwoners (2024)"
_FACTS = "cbs_population_2024; cbs_pupils_2021_22"


def balance_series(rows, randstad: Iterable[str]) -> Series:
    """A point a characteristic: means of both groups and their difference in standard deviations.

    Parameters
    ----------
    rows : analysis.answers.zekerheid._Rows
    randstad : iterable of str
        Provinces, as in ``robustness.toml``.
    """
    panel = rows.panel
    points = balance(panel, randstad)
    sources = [panel.source, *([] if panel.profile is None else [_FACTS])]
    sources += [SOURCE] if panel.covariates else []
    given = {"source": "; ".join(sources)}
    label = "verschil tussen plaatsen met en zonder start, vóór de eerste start"
    return rows.series(BALANCE, label, points, _MEASURES, "", **given)


def balance(panel: Panel, randstad: Iterable[str]) -> pd.DataFrame | NotEstimable:
    """label, unit, decimals, exposed, others, difference, missing, n of every characteristic.

    missing is the number of units of which it is not known; the means are of the others. n is the number of
    people in the smaller of the two groups at the last measurement before the first start; places where the
    source does not say.
    """
    frame = panel.frame
    if isinstance(frame, NotEstimable):
        return frame
    found = attempt(before_start, frame)
    if isinstance(found, NotEstimable):
        return found
    outcome, labels = panel.question.outcome, panel.labels
    now = frame[frame["time"] == found.last]
    table, exposed = found.table, found.exposed
    before, digits = f"{outcome.label}, gemiddeld over alle metingen vooraf", outcome.decimals
    lines = [
        (f"{outcome.label}, {labels[found.last]}", outcome.measured_in, digits, table["last"]),
        (before, outcome.measured_in, digits, table["mean"]),
    ]
    if "change" in table:
        since = f"{labels[found.previous]}–{labels[found.last]}"
        lines.append((f"Verandering daarvan, {since}", outcome.unit, digits, table["change"]))
    if outcome.source == "turnout" and "n" in now.columns:
        electorate = now.groupby("cluster")["n"].sum() / 1000
        lines.append((f"Kiesgerechtigden, {labels[found.last]}", "duizend", 0, electorate))
    province = frame.groupby("cluster")["province"].first().reindex(table.index)
    if panel.profile is not None:
        own = panel.profile.reindex(province).set_axis(table.index)
        lines += [
            ("Inwoners van de provincie, 2024", "duizend", 0, own["inhabitants"] / 1000),
            (_PUPILS, "", 1, own["pupils_per_1000"]),
        ]
    units = frame.drop_duplicates("unit").set_index("unit")["cluster"]
    for one in panel.covariates:
        values = pd.Series(np.nan, units.index) if isinstance(one.known, NotEstimable) else one.known
        lines.append((one.label, one.unit, one.decimals, values.groupby(units).mean(), one.missing))
    inside = 100.0 * province.isin(list(randstad))
    lines.append(("In een provincie van de Randstad", "%", 0, inside))
    people = now["n"] if "n" in now.columns else pd.Series(1, index=now.index)
    smaller = int(people.groupby(now["cohort"].notna()).sum().min())
    return pd.DataFrame([_point(exposed, smaller, *line) for line in lines])


def _point(
    exposed: pd.Series,
    people: int,
    label: str,
    unit: str,
    decimals: int,
    values: pd.Series,
    missing: int = 0,
) -> dict[str, object]:
    """Rounded to what is shown, so that nothing finer leaves."""
    values = values.reindex(exposed.index)
    with_start, without, gap = standardised_gap(values, exposed)
    return {
        "label": label, "unit": unit, "decimals": decimals,
        "exposed": np.round(with_start, decimals), "others": np.round(without, decimals),
        "difference": np.round(gap, 2), "missing": missing, "n": people,
    }  # fmt: skip
