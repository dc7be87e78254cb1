"""What public evidence gives a number for: rows ``bekend.<id of a finding>``, and subsidies ``kosten.…``."""

from __future__ import annotations

import pandas as pd

from analysis.datakind import DataKind
from analysis.results import Result
from analysis.sources.evidence import PER_PERSON, STATUS_WORDS

SECTION = "bekend"
EVIDENCE = "openbaar_bewijs"
TOPICS = ("effect", "adks", "electoraat")
SUBSIDY = "subsidie"
THOUSANDS = "duizend euro"


def known_items(evidence: pd.DataFrame, reach: pd.DataFrame) -> list[Result]:
    """The findings with one number on effects, the panel of adolescents and the electorate, and subsidies.

    Parameters
    ----------
    evidence : pandas.DataFrame
        As :func:`analysis.sources.evidence.evidence` returns it. An effect given as "3 to 6" has two limits
        and no row: the table prints both.
    reach : pandas.DataFrame
        As :func:`analysis.panel.reach.reach_of_electorate` returns it.
    """
    known = evidence[evidence["number"].notna()]
    rows = [
        _row(f"{SECTION}.{one.id}", one, float(one.number), one.unit)
        for one in known[known["topic"].isin(TOPICS)].itertuples()
    ]
    studies = evidence[evidence["measure"] == PER_PERSON]
    numbered = int(studies[["number", "low", "high"]].notna().any(axis=1).sum())
    for name, label, count in (
        ("studies", "onderzoeken naar opkomst per persoon", len(studies)),
        ("studies_numbered", "onderzoeken naar opkomst per persoon met een getal", numbered),
    ):
        rows.append(Result(f"{SECTION}.{name}", label, count, "onderzoeken", DataKind.FACT, EVIDENCE))
    rows += _smallest(studies, reach)
    subsidies = known[(known["topic"] == SUBSIDY) & (known["unit"] == THOUSANDS)]
    return rows + [
        _row(f"kosten.{one.id}", one, float(one.number) / 1000, "miljoen euro", decimals=1)
        for one in subsidies.itertuples()
    ]


def _smallest(studies: pd.DataFrame, reach: pd.DataFrame) -> list[Result]:
    """The smallest effect on all turnout that would matter, as far as research can argue one.

    The least effect a person above zero that a study gives, if all who may vote for the first time had it.
    """
    given = studies[["low", "number", "high"]].min(axis=1)
    least = float(given[given > 0].min())
    first = reach[reach["scope"] == "nieuwe kiezers"].iloc[0]
    share = 100 * float(first["reached"]) / float(first["electorate"])
    sources = f"{EVIDENCE}; kiesraad_opkomst"
    return [
        Result(
            f"{SECTION}.{name}",
            label,
            value,
            unit,
            DataKind.FACT,
            source,
            decimals=decimals,
            note=note,
        )
        for name, label, value, unit, source, decimals, note in (
            ("least_per_person", "kleinste effect per persoon boven nul", least, "procentpunten", EVIDENCE, 0,
             "de onderkant van wat een onderzoek geeft"),
            ("first_time_share", "wie voor het eerst mocht stemmen, van alle kiezers", share, "%", sources, 1,
             "Tweede Kamerverkiezing van 2025"),
            ("smallest_on_turnout", "wat dat effect bij al die kiezers met alle opkomst doet",
             least * share / 100, "procentpunten", sources, 2, "het product van die twee"),
        )
    ]  # fmt: skip


def _row(id: str, one, value: float, unit: str, decimals: int | None = None) -> Result:
    whole = value.is_integer()
    return Result(
        id,
        f"{one.text}, {one.period}",
        value,
        "%" if unit == "procent" else unit,
        DataKind.FACT,
        EVIDENCE,
        decimals=(0 if whole else 1) if decimals is None else decimals,
        note="; ".join(part for part in (one.source, STATUS_WORDS[one.status], one.note) if part),
    )
