"""The answer among places made alike in size and in young people, as far as open sources know them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.answers.zekerheid_names import ALIKE
from analysis.credibility.alike_in import alike_in
from analysis.estimate.did import ClusterJackknife
from analysis.inference import no_statement
from analysis.panel.covariates import SOURCE
from analysis.panel.question import Panel
from analysis.results import Result
from analysis.unknown import NotEstimable, attempt

LABEL = "effect, dubbel robuust voor kenmerken van plaatsen"
_TEST = "jackknife over provincies, Student's t"
_SIZE, _YOUNG = "log_size", "pupils_per_1000"
_ALWAYS = (
    "de omvang van de plaats (kiesgerechtigden, of inwoners van de provincie)",
    "scholieren in het voortgezet onderwijs per 1.000 inwoners van de provincie",
)


def alike_row(rows, whole) -> Result:
    """One row beside the headline, or why it cannot be had.

    Parameters
    ----------
    rows : analysis.answers.zekerheid._Rows
    whole : Tested or NotEstimable
        The headline: where it says nothing of chance, this does not either.
    """
    panel = rows.panel
    found = adjusted(panel)
    given = {"test": _TEST, "estimator": "doubly_robust", "note": _note(panel)}
    if panel.covariates:
        given["source"] = f"{panel.source}; {SOURCE}"
    if isinstance(found, NotEstimable):
        return rows.row(ALIKE, LABEL, found, **given)
    silent = whole.reason if isinstance(whole, NotEstimable) else no_statement(whole, rows.level)
    low, high = found.interval(rows.level)
    if silent or low is None:
        why = silent or "zonder een van de provincies is deze schatting niet te maken"
        return rows.row(ALIKE, LABEL, found.estimate, no_statement=why, **given)
    return rows.row(ALIKE, LABEL, found.estimate, se=found.se, low=low, high=high, **given)


def adjusted(panel: Panel) -> ClusterJackknife | NotEstimable:
    """The doubly robust estimate of the question of `panel`."""
    if isinstance(panel.frame, NotEstimable):
        return panel.frame
    if panel.profile is None:
        return NotEstimable("van een tweeling zijn geen kenmerken van buiten bekend")
    lacking = next((one.known for one in panel.covariates if isinstance(one.known, NotEstimable)), None)
    if lacking is not None:
        return lacking
    frame = with_covariates(panel)
    names = [_SIZE, _YOUNG, *(one.name for one in panel.covariates)]
    return attempt(alike_in, frame.dropna(subset=names), names, control=panel.question.comparison)


def _note(panel: Panel) -> str:
    labels = [f"{dutch.lower(one.label)} ({one.unit})" for one in panel.covariates]
    told = f"Kenmerken: {dutch.join([*_ALWAYS, *labels])}."
    known = [one.known.notna() for one in panel.covariates if not isinstance(one.known, NotEstimable)]
    missing = int((~pd.concat(known, axis=1).all(axis=1)).sum()) if known else 0
    if missing:
        told += f" Plaatsen die niet meetellen, omdat een kenmerk niet bekend is: {dutch.number(missing)}."
    return told


def with_covariates(panel: Panel) -> pd.DataFrame:
    """The frame with all covariates, the same at all times of a unit, missing where not known.

    Of a place that votes its size is its electorate at its first measurement; the people behind a measured
    mean are a sample, and say nothing of size: then it is the province's.
    """
    frame, own = panel.frame, panel.profile
    size = frame["province"].map(own["inhabitants"])
    if panel.question.outcome.source == "turnout" and "n" in frame.columns:
        first = frame.sort_values("time").groupby("unit")["n"].first()
        size = frame["unit"].map(first).astype(float)
    declared = {one.name: frame["unit"].map(one.known) for one in panel.covariates}
    always = {_SIZE: np.log(size), _YOUNG: frame["province"].map(own["pupils_per_1000"])}
    return frame.assign(**always, **declared)
