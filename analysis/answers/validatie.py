"""Rows and the series of the chapter that reproduces published figures from microdata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.answers.kenniskloof_names import the
from analysis.answers.lines import NOT_AN_EFFECT, line
from analysis.answers.systems import system_name
from analysis.answers.validatie_names import NOT_REPRODUCED, OUTCOMES, printed, what
from analysis.datakind import DataKind
from analysis.design.gap import TRACKS
from analysis.estimate.published import NO_FILE
from analysis.estimate.survey import with_interval
from analysis.results import Result, Series
from analysis.sources.sourced import STUDY
from analysis.unknown import NotEstimable

PUBLISHED = {"ICCS": "iccs-gepubliceerd", "PISA": "pisa-gepubliceerd"}
NO_FILES = "Geen echte bestanden aanwezig."
MATHEMATICS_ONLY = "Wiskunde in 2003, geen burgerschapskennis: het toont alleen dat de rekenwijze werkt."
WEIGHTING = "steekproefgewichten en herhaalgewichten van het onderzoek"


def validation_items(
    table: pd.DataFrame,
    samples: Mapping[tuple, Any],
    tracks: Mapping[str, pd.DataFrame | NotEstimable],
) -> tuple[Result | Series, ...]:
    """The counts, each figure that was or could be reproduced, and the tracks in PISA 2003 mathematics.

    Without a file the ids are the same, and each row says that the file is not there.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`analysis.estimate.published.reproduce`.
    samples : mapping
        The files that are there.
    tracks : mapping of str to pandas.DataFrame or NotEstimable
        Of :func:`analysis.estimate.published.track_figures`.
    """
    outcomes = table.loc[table["status"] == "published", "outcome"]
    counts = (
        ("files", "echte bestanden aanwezig", len(samples)),
        ("compared", "cijfers nagerekend die gepubliceerd zijn", outcomes.isin(["match", "mismatch"]).sum()),
        (
            "matched",
            "nagerekende cijfers die op alle gedrukte cijfers gelijk zijn",
            (outcomes == "match").sum(),
        ),
        ("published", "gepubliceerde cijfers om na te rekenen", len(outcomes)),
    )
    return (
        *(
            Result(f"validatie.{name}", label, int(count), "", DataKind.FACT, STUDY)
            for name, label, count in counts
        ),
        *(_figure_row(row, samples) for row in table.itertuples(index=False)),
        *_track_rows(tracks),
        _figures(table, samples),
    )


def _figures(table: pd.DataFrame, samples: Mapping[tuple, Any]) -> Series:
    """What was published beside what was reproduced, a point a figure."""
    files = dutch.join([sample.file for sample in samples.values()])
    sources = dict.fromkeys([*PUBLISHED.values(), *(sample.source for sample in samples.values())])
    points = table.assign(cycle=table["cycle"].astype(int)).rename(
        columns={"value": "published", "se": "published_se", "outcome": "verdict"}
    )
    keys = ["study", "cycle", "system", "measure", "statistic", "group", "status", "verdict"]
    numbers = ["published", "published_se", "decimals", "se_decimals", "reproduced", "reproduced_se", "n"]
    points[numbers] = points[numbers].astype(float)
    return Series(
        "validatie.cijfers",
        "gepubliceerde cijfers en dezelfde nagerekend",
        "punten",
        DataKind.REAL if samples else DataKind.FACT,
        "; ".join(sources),
        points[[*keys, *numbers]],
        measures=("reproduced", "reproduced_se"),
        decimals=3,  # finer than any figure is printed, so that the printed digits come out as computed
        weighting=WEIGHTING,
        note=f"Aanwezig: {files}." if samples else NO_FILES,
    )


def _figure_row(row: Any, samples: Mapping[tuple, Any]) -> Result:
    told = printed(row.value, row.se, row.decimals, row.se_decimals)
    by = "Gepubliceerd" if row.status == "published" else "Door anderen nagerekend"
    id, label = f"validatie.{row.id}", f"{row.study} {row.cycle}, {system_name(row.system)}: {what(row)}"
    given = {"outcome": row.measure, "weighting": WEIGHTING}
    if row.outcome == NOT_REPRODUCED:
        there = (row.study, row.cycle, row.system) in samples
        why = NotEstimable("het bestand bevat deze maat niet" if there else NO_FILE)
        note = f"{by}: {told}."
        return Result(id, label, why, "punten", DataKind.FACT, PUBLISHED[row.study], note=note, **given)
    return Result(
        id,
        label,
        row.reproduced,
        "punten",
        DataKind.REAL,
        samples[row.study, row.cycle, row.system].source,
        se=None if np.isnan(row.reproduced_se) else row.reproduced_se,
        n=int(row.n),
        decimals=int(row.decimals),
        note=f"{by}: {told}. {dutch.capital(OUTCOMES[row.outcome])}.",
        **given,
    )


def _track_rows(tracks: Mapping[str, pd.DataFrame | NotEstimable]) -> Iterator[Result]:
    """Means by track and the gap, in mathematics."""
    means, gap, gap_sd = (_with_interval(tracks[name]) for name in ("means", "gap", "gap_sd"))
    for track in TRACKS:
        found = line(means, f"in de gegevens is geen leerling op {the(track)}", track=track)
        yield _estimate(f"mean_maths_{track}", f"wiskunde op {the(track)}", found, note=MATHEMATICS_ONLY)
    label, note = "verschil vwo − vmbo in wiskunde", f"{MATHEMATICS_ONLY} {NOT_AN_EFFECT}"
    yield _estimate("gap_maths", label, line(gap), note=note)
    sd = {"unit": "standaardafwijkingen", "decimals": 2}
    yield _estimate("gap_maths_sd", label, line(gap_sd), note=note, **sd)


def _with_interval(found: pd.DataFrame | NotEstimable) -> pd.DataFrame | NotEstimable:
    return found if isinstance(found, NotEstimable) else with_interval(found)


def _estimate(
    name: str, label: str, found: pd.Series | NotEstimable, *, unit: str = "punten", **given
) -> Result:
    id, label = f"validatie.pisa2003_{name}", f"PISA 2003: {label}"
    given = {"outcome": "mathematics", "weighting": WEIGHTING} | given
    if isinstance(found, NotEstimable):
        return Result(id, label, found, unit, DataKind.FACT, "pisa2003", **given)
    numbers = {name: float(found[name]) for name in ("se", "low", "high") if np.isfinite(found[name])}
    value, n = float(found["estimate"]), int(found["n"])
    return Result(id, label, value, unit, DataKind.REAL, "pisa2003", n=n, **numbers, **given)


def by_key(samples: Sequence[Any]) -> dict[tuple, Any]:
    """Samples by study, cycle and system."""
    return {sample.key: sample for sample in samples}
