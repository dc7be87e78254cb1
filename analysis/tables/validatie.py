"""Result rows, table and figure of the chapter that reproduces published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.answers.systems import system_name
from analysis.datakind import DataKind
from analysis.estimate.survey import with_interval
from analysis.exhibits import Exhibit, TableExhibit
from analysis.figures.published import published_against_reproduced
from analysis.results import Result

STUDY = "studie"
PUBLISHED = {"ICCS": "iccs-gepubliceerd", "PISA": "pisa-gepubliceerd"}
NO_FILES = "Geen echte bestanden aanwezig."
MATHEMATICS_ONLY = "Wiskunde in 2003, geen burgerschapskennis: het toont alleen dat de rekenwijze werkt."
_MEASURES = {
    "civic_knowledge": "burgerschapskennis",
    "mathematics": "wiskunde",
    "reading": "lezen",
    "science": "natuurwetenschappen",
    "problem_solving": "probleemoplossen",
    "space_and_shape": "ruimte en vorm",
}
_GROUPS = {"": "", "male": " van jongens", "female": " van meisjes", "male-female": " jongens − meisjes"}
_STATISTICS = {"mean": "gemiddelde", "difference": "verschil"}
_OUTCOMES = {
    "match": "gelijk",
    "mismatch": "verschilt",
    "no reference": "geen cijfer om mee te vergelijken",
    "not reproduced": "niet nagerekend",
}
_TRACKS = ("vmbo", "havo", "vwo")


def validation_rows(
    table: pd.DataFrame, samples: Mapping[tuple, Any], tracks: Mapping[str, pd.DataFrame]
) -> tuple[Result, ...]:
    """The counts, each figure that was or could be reproduced, and the tracks in PISA 2003 mathematics.

    Without a file the rows are the same and their values unknown.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`analysis.estimate.published.reproduce`.
    samples : mapping
        The files that are there.
    tracks : mapping of str to pandas.DataFrame
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
    )


def validation_table(table: pd.DataFrame, samples: Mapping[tuple, Any]) -> TableExhibit:
    """Published beside reproduced; what was reproduced comes first."""
    order = table["outcome"].eq("not reproduced").to_numpy().argsort(kind="stable")
    cells = [
        (
            f"{row.study} {row.cycle}, {system_name(row.system)}",
            _what(row),
            _printed(row.value, row.se, row.decimals, row.se_decimals)
            + ("" if row.status == "published" or np.isnan(row.value) else " (door anderen nagerekend)"),
            "niet nagerekend"
            if row.outcome == "not reproduced"
            else _printed(row.reproduced, row.reproduced_se, row.decimals, 1),
            _OUTCOMES[row.outcome],
        )
        for row in table.iloc[order].itertuples(index=False)
    ]
    kinds = [DataKind.FACT, *(DataKind.REAL for _ in samples)]
    sources = dict.fromkeys([*PUBLISHED.values(), *(sample.source for sample in samples.values())])
    present = (
        f"Aanwezig: {dutch.join([sample.file for sample in samples.values()])}." if samples else NO_FILES
    )
    return TableExhibit(
        id="tbl-validatie",
        cells=pd.DataFrame(cells, columns=["Onderzoek", "Uitkomst", "Gepubliceerd", "Nagerekend", "Oordeel"]),
        caption="Gepubliceerde cijfers en dezelfde cijfers nagerekend uit de leerlingbestanden, met "
        f"standaardfout tussen haakjes. Gelijk: op alle gedrukte cijfers. {present}",
        kind=DataKind.combine(kinds),
        source="; ".join(sources),
        align="llrrl",
        widths=[30, 30, 20, 20, 20],
    )


def validation_figures(table: pd.DataFrame, samples: Mapping[tuple, Any]) -> tuple[Exhibit, ...]:
    """The figure of what was reproduced; none when nothing was."""
    shown = table[~table["outcome"].isin(["not reproduced", "no reference"])]
    if shown.empty:
        return ()
    rows = pd.DataFrame(
        {
            "label": [_short(row) for row in shown.itertuples(index=False)],
            "panel": [_panel(row) for row in shown.itertuples(index=False)],
            "published": shown["value"],
            "published_se": shown["se"],
            "reproduced": shown["reproduced"],
            "reproduced_se": shown["reproduced_se"],
            "decimals": shown["decimals"],
        }
    ).sort_values("panel", kind="stable", ignore_index=True)
    figure = published_against_reproduced(
        rows,
        id="fig-validatie",
        outcome_label="uitkomsten van ICCS en PISA",
        kind=DataKind.REAL,
        source="; ".join(dict.fromkeys(sample.source for sample in samples.values())),
        caption="Gepubliceerde cijfers en dezelfde cijfers nagerekend",
    )
    return (figure,)


def _figure_row(row: Any, samples: Mapping[tuple, Any]) -> Result:
    reproduced = row.outcome != "not reproduced"
    key = (row.study, row.cycle, row.system)
    told = _printed(row.value, row.se, row.decimals, row.se_decimals)
    by = "Gepubliceerd" if row.status == "published" else "Door anderen nagerekend"
    if not reproduced:
        why = "het bestand bevat deze maat niet" if key in samples else "het bestand is er niet"
        return Result(
            f"validatie.{row.id}",
            f"{row.study} {row.cycle}, {system_name(row.system)}: {_what(row)}",
            None,
            "punten",
            DataKind.FACT,
            PUBLISHED[row.study],
            note=f"Niet nagerekend: {why}. {by}: {told}.",
        )
    return Result(
        f"validatie.{row.id}",
        f"{row.study} {row.cycle}, {system_name(row.system)}: {_what(row)}",
        row.reproduced,
        "punten",
        DataKind.REAL,
        samples[key].source,
        se=None if np.isnan(row.reproduced_se) else row.reproduced_se,
        n=int(row.n),
        outcome=row.measure,
        decimals=int(row.decimals),
        note=f"{by}: {told}. {_OUTCOMES[row.outcome].capitalize()}.",
    )


def _track_rows(tracks: Mapping[str, pd.DataFrame]) -> tuple[Result, ...]:
    """Means by track and the gap, in mathematics; unknown without the file."""
    means = tracks.get("means")
    shared = {"outcome": "mathematics"}
    rows = []
    for track in _TRACKS:
        found = None if means is None else with_interval(means[means["track"] == track]).iloc[0]
        rows.append(
            _estimate(
                f"pisa2003_mean_maths_{track}", f"PISA 2003: wiskunde op {_the(track)}", found, **shared
            )
        )
    for name, label, unit, decimals in (
        ("gap", "PISA 2003: verschil vwo − vmbo in wiskunde", "punten", 0),
        ("gap_sd", "PISA 2003: verschil vwo − vmbo in wiskunde", "standaarddeviaties", 2),
    ):
        table = tracks.get(name)
        found = None if table is None else with_interval(table).iloc[0]
        row_id = "pisa2003_gap_maths" + name.removeprefix("gap")
        rows.append(_estimate(row_id, label, found, unit=unit, decimals=decimals, effect=True, **shared))
    return tuple(rows)


def _estimate(
    name: str,
    label: str,
    found: pd.Series | None,
    *,
    unit: str = "punten",
    decimals: int = 0,
    effect: bool = False,
    **fields: str,
) -> Result:
    note = f"{MATHEMATICS_ONLY} {NOT_AN_EFFECT}" if effect else MATHEMATICS_ONLY
    if found is None:
        return Result(
            f"validatie.{name}", label, None, unit, DataKind.FACT, "pisa2003",
            note=f"Het bestand is er niet. {note}", decimals=decimals, **fields,
        )  # fmt: skip
    return Result(
        f"validatie.{name}", label, found["estimate"], unit, DataKind.REAL, "pisa2003", se=found["se"],
        low=found["low"], high=found["high"], n=int(found["n"]), decimals=decimals, note=note, **fields,
    )  # fmt: skip


def _panel(row: Any) -> str:
    """Rows that share an axis: one measure over systems, or one system over measures."""
    about = _MEASURES[row.measure] if row.study == "ICCS" else system_name(row.system)
    return f"{row.study} {row.cycle}, {about}: {_STATISTICS[row.statistic]} (punten)"


def _short(row: Any) -> str:
    """What sets a row apart within its panel."""
    if row.study == "ICCS":
        return system_name(row.system)
    groups = {"": "", "male": ", jongens", "female": ", meisjes", "male-female": ", jongens − meisjes"}
    return _MEASURES[row.measure].capitalize() + groups[row.group]


def _what(row: Any) -> str:
    measure = _MEASURES.get(row.measure, row.measure)
    return f"{measure}, {_STATISTICS[row.statistic]}{_GROUPS[row.group]}"


def _printed(value: float, se: float, decimals: float, se_decimals: float) -> str:
    decimals = 0 if np.isnan(decimals) else int(decimals)
    text = dutch.number(float(value), decimals)
    if np.isnan(value) or np.isnan(se):
        return text
    return f"{text} ({dutch.number(float(se), 1 if np.isnan(se_decimals) else int(se_decimals))})"


def _the(track: str) -> str:
    return f"de {track}" if track == "havo" else f"het {track}"


def by_key(samples: Sequence[Any]) -> dict[tuple, Any]:
    """Samples by study, cycle and system."""
    return {sample.key: sample for sample in samples}
