"""Reproduce published figures from microdata, and hold them against the printed digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.gap import standardised_difference
from analysis.estimate.survey import ReplicateDesign, difference, mean
from analysis.unknown import NotEstimable, attempt

GROUPS = {"male": 0.0, "female": 1.0}  # values of the column `female`
NO_FILE = "het leerlingbestand is er niet"
_COLUMNS = ("reproduced", "reproduced_se", "n")


def survey_design(frame: pd.DataFrame, weights: Mapping[str, Any]) -> ReplicateDesign:
    """The design of a frame: ``weight, zone, rep`` for ICCS, ``weight, replicates`` for PISA."""
    if "replicates" in weights:
        return ReplicateDesign.brr(frame[weights["weight"]], frame[weights["replicates"]])
    return ReplicateDesign.jk2(*(frame[weights[name]] for name in ("weight", "zone", "rep")))


def reproduce(references: pd.DataFrame, samples: Mapping[tuple, Any]) -> pd.DataFrame:
    """`references` with what the samples give.

    Parameters
    ----------
    references : pandas.DataFrame
        As :func:`analysis.panel.published.references`.
    samples : mapping of (study, cycle, system) to sample
        With ``frame``, ``measures`` and ``weights``.

    Returns
    -------
    pandas.DataFrame
        With added columns ``reproduced``, ``reproduced_se``, ``n`` (NaN where there is no file, or the file
        does not give the measure) and ``outcome``: ``match`` or ``mismatch`` on all printed digits of value
        and standard error, ``no reference`` or ``not reproduced``.
    """
    designs = {key: survey_design(sample.frame, sample.weights) for key, sample in samples.items()}
    rows = []
    for reference in references.itertuples(index=False):
        key = (reference.study, reference.cycle, reference.system)
        sample = samples.get(key)
        if sample is None or reference.measure not in sample.measures:
            rows.append((np.nan, np.nan, np.nan))
            continue
        values = sample.frame[sample.measures[reference.measure]]
        found = attempt(_statistic, reference, values, designs[key], sample.frame)
        known = not isinstance(found, NotEstimable)
        rows.append((found["estimate"], found["se"], found["n"]) if known else (np.nan,) * 3)
    table = references.assign(
        **dict(zip(_COLUMNS, np.array(rows, dtype=float).reshape(-1, 3).T, strict=True))
    )
    return table.assign(outcome=[_outcome(row) for row in table.itertuples(index=False)])


def _statistic(
    reference: Any, values: pd.DataFrame, design: ReplicateDesign, frame: pd.DataFrame
) -> pd.Series:
    group = reference.group
    if reference.statistic == "mean" and group == "":
        return mean(values, design).iloc[0]
    if reference.statistic == "mean" and group in GROUPS:
        rows = (frame["female"] == GROUPS[group]).to_numpy()
        return mean(values[rows], design.take(rows)).iloc[0]
    if reference.statistic == "difference" and set(group.split("-")) == set(GROUPS):
        minuend, subtrahend = (GROUPS[name] for name in group.split("-"))
        return difference(
            values,
            design,
            group=frame["female"],
            minuend=minuend,
            subtrahend=subtrahend,
            missing="drop",
        ).iloc[0]
    raise ValueError(
        f"published figure {reference.id}: statistic {reference.statistic!r} of group {group!r} is not known "
        "here; known are the mean, the mean of male or female, and the difference male-female"
    )


def _outcome(row: Any) -> str:
    if np.isnan(row.reproduced):
        return "not reproduced"
    if row.value is None or np.isnan(row.value):
        return "no reference"
    same = _same(row.reproduced, row.value, row.decimals)
    if row.se is not None and not np.isnan(row.se):
        same = same and _same(row.reproduced_se, row.se, row.se_decimals)
    return "match" if same else "mismatch"


def _same(number: float, printed: float, decimals: float) -> bool:
    """Whether `number` rounds to `printed`; a figure with more digits than printed is rounded too."""
    decimals = 0 if decimals is None or np.isnan(decimals) else int(decimals)
    return bool(abs(number - round(printed, decimals)) <= 0.5 * 10.0**-decimals + 1e-9)


def track_figures(
    sample: Any, measure: str, *, tracks: tuple[str, ...], minuend: str, subtrahend: str
) -> dict[str, pd.DataFrame | NotEstimable]:
    """Means by track and the gap between two tracks in one measure of `sample`.

    Returns
    -------
    dict of str to pandas.DataFrame or NotEstimable
        ``means`` (column ``track``), ``gap`` in points and ``gap_sd`` in standard deviations of all pupils;
        the reason where there is no sample, or no pupil of a track.
    """
    if sample is None:
        return dict.fromkeys(("means", "gap", "gap_sd"), NotEstimable(NO_FILE))
    frame, design = sample.frame, survey_design(sample.frame, sample.weights)
    values = frame[sample.measures[measure]]
    groups = {"group": frame["track"], "minuend": minuend, "subtrahend": subtrahend}
    rows = frame["track"].isin(tracks).to_numpy()
    if not rows.any():
        return dict.fromkeys(("means", "gap", "gap_sd"), NotEstimable("van niemand is de schoolsoort bekend"))
    return {
        "means": attempt(mean, values[rows], design.take(rows), by=frame["track"][rows]),
        "gap": attempt(difference, values, design, **groups),
        "gap_sd": attempt(standardised_difference, values, design, **groups),
    }
