"""Rows and series of the second opinion on an effect: provinces weighted to look alike, and imitated ones."""

from __future__ import annotations

import math
from dataclasses import fields

import pandas as pd

from analysis.answers.effect_names import IMITATED, WEIGHTED, WEIGHTED_METHODS
from analysis.credibility.weighted_comparison import WeightedComparison, WeightedEstimate
from analysis.design.questions import PLACES
from analysis.results import Result, Series
from analysis.sources.geography import province_names
from analysis.unknown import NotEstimable

PERMUTATION = "randomisatietoets over provincies"
_PLACEBO = "Standaardfout uit een schijntoets op provincies zonder start."
_PROVINCES = PLACES["province"]  # compared by these, wherever the start is decided
Found = WeightedComparison | NotEstimable | None


def weighted_rows(rows, found: Found) -> tuple[Result, ...]:
    """One row an estimate.

    Parameters
    ----------
    rows
        Makes the rows and series of the question, :class:`analysis.answers.effect._Rows`.
    found : WeightedComparison, NotEstimable or None
        Why there is none; None where it is not asked.
    """
    if found is None:
        return ()
    found = _whole(found)
    notes = {WEIGHTED: "" if isinstance(found.did, NotEstimable) or found.did.se is None else _PLACEBO}
    notes[IMITATED] = _refused(found.imitated)
    answers = {WEIGHTED: found.did, IMITATED: found.control}
    return tuple(_row(rows, name, one, notes[name]) for name, one in answers.items())


def _row(rows, name: str, one: WeightedEstimate | NotEstimable, note: str) -> Result:
    outcome = rows.panel.question.outcome
    value, given = one, {"estimator": name, "test": PERMUTATION, "decimals": outcome.decimals}
    if not isinstance(one, NotEstimable):
        value = one.estimate
        given |= {"se": one.se, "clusters": one.clusters, "note": note, "no_statement": one.reason}
        if not one.reason:
            given |= {"p_value": one.p_value, "smallest_p": one.smallest_p}
            if one.low is not None and math.isfinite(one.low) and math.isfinite(one.high):
                given |= {"low": one.low, "high": one.high}
    label = f"effect op {outcome.subject}, {WEIGHTED_METHODS[name]}"
    return rows.row(f"effect_{name}", label, value, outcome.unit, places=_PROVINCES, **given)


def _refused(imitated: pd.DataFrame | NotEstimable) -> str:
    """Which provinces could not be imitated, and why."""
    if isinstance(imitated, NotEstimable):
        return ""
    names, left_out = province_names(), imitated[imitated["refused"] != ""]
    return " ".join(f"{names[one.unit]} telt niet mee: {one.refused}." for one in left_out.itertuples())


def weighted_series(rows, found: Found) -> tuple[Series, ...]:
    """The weights, and each imitated province: what the rows of :func:`weighted_rows` rest on."""
    if found is None:
        return ()
    found, outcome = _whole(found), rows.panel.question.outcome
    weights = {"measures": ("weight",), "decimals": 2, "places": _PROVINCES}
    return (
        rows.series(
            "gewichten",
            "gewicht van elke provincie zonder start",
            _points(rows, found.unit_weights, ["start", "region", "label", "weight", "n"]),
            estimator=WEIGHTED,
            **weights,
        ),
        rows.series(
            "gewichten_metingen",
            "gewicht van elke meting vóór de start",
            _points(rows, found.time_weights, ["start", "measurement", "weight", "n"]),
            estimator=WEIGHTED,
            **weights,
        ),
        rows.series(
            "nabootsing",
            "verschil met de nagebootste provincie",
            _points(
                rows,
                found.imitated,
                ["region", "label", "estimate", "rmspe_before", "p_value", "smallest_p", "refused", "n"],
            ),
            measures=("estimate", "rmspe_before", "p_value", "smallest_p"),
            unit=outcome.unit,
            decimals=3,  # of a rank as well as of turnout
            estimator=IMITATED,
            places=_PROVINCES,
        ),
        rows.series(
            "gewichten_nabootsing",
            "gewicht in elke nagebootste provincie",
            _points(rows, found.imitation_weights, ["imitated", "region", "label", "weight", "n"]),
            estimator=IMITATED,
            **weights,
        ),
    )


def _points(rows, table: pd.DataFrame | NotEstimable, columns: list[str]) -> pd.DataFrame | NotEstimable:
    """`table` with names for codes and times, and the people behind each point.

    Those of the province at the last measurement, or of all provinces at the measurement of the point.
    """
    if isinstance(table, NotEstimable):
        return table
    frame, labels, names = rows.panel.frame, rows.panel.labels, province_names()
    counted = frame.assign(people=frame["n"] if "n" in frame.columns else 1)
    if "unit" in table.columns:
        last = counted[counted["time"] == counted["time"].max()]
        people = table["unit"].map(last.groupby("province")["people"].sum())
        table = table.assign(region=table["unit"], label=table["unit"].map(names))
    else:
        people = table["time"].map(counted.groupby("time")["people"].sum())
        table = table.assign(measurement=[labels[int(time)] for time in table["time"]])
    if "cohort" in table.columns:
        table = table.assign(start=[labels[int(time)] for time in table["cohort"]])
    if "treated" in table.columns:
        table = table.assign(imitated=table["treated"].map(names))
    return table.assign(n=people.astype(int))[columns]


def _whole(found: WeightedComparison | NotEstimable) -> WeightedComparison:
    if isinstance(found, WeightedComparison):
        return found
    return WeightedComparison(**{field.name: found for field in fields(WeightedComparison)})
