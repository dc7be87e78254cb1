"""Rows of the programme: the numbers of the letters, and counts over them. All are cited facts."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.results import Result
from analysis.sources.sourced import STUDY

SECTION = "programma"
FACTS = "letter_facts"
LINES = "programme_lines"
COMMITMENTS = "commitments"
NOT_DETERMINED = "niet vast te stellen"


def fact_items(facts: pd.DataFrame, sections: pd.DataFrame) -> list[Result]:
    """The numbers of the letters that have a `result` name, as result rows ``programma.<name>``.

    Parameters
    ----------
    facts, sections : pandas.DataFrame
        As :func:`analysis.sources.facts.letter_facts` and ``letter_sections`` return them. A share
        (unit ``deel``) becomes a percentage.
    """
    where = places(facts, sections)
    rows = []
    for fact in facts[facts["result"] != ""].itertuples():
        share = fact.unit == "deel"
        value = 100 * fact.number if share else fact.number
        rows.append(
            Result(
                id=f"{SECTION}.{fact.result}",
                label=fact.label,
                value=value,
                unit="%" if share else fact.unit,
                kind=DataKind.FACT,
                source=FACTS,
                decimals=0 if float(value).is_integer() else 1,
                note="; ".join(
                    part for part in (where[fact.Index], fact.status, fact.qualifier, fact.note) if part
                ),
            )
        )
    return rows


def count_items(facts: pd.DataFrame, lines: pd.DataFrame, commitments: pd.DataFrame) -> list[Result]:
    """Counts over the facts: lines, lines without an effect to tell, commitments, and Loket D's share."""
    effect = lines["effect_status"].value_counts()
    number = facts.set_index("result")["number"]
    supported, treated = number["loketd_supported"], number["loketd_treated"]

    def count(name: str, label: str, value: float, unit: str, source: str, note: str = "") -> Result:
        return Result(f"{SECTION}.{name}", label, value, unit, DataKind.FACT, source, note=note)

    return [
        count("lines", "programmalijnen in de twee brieven", len(lines), "lijnen", LINES),
        count(
            "lines_not_determined",
            "programmalijnen waarvan het effect niet is vast te stellen",
            int(effect.get(NOT_DETERMINED, 0)),
            "lijnen",
            LINES,
        ),
        count(
            "lines_studied",
            "programmalijnen waarvan dit rapport het effect onderzoekt",
            int(effect.get("onderzocht", 0)),
            "lijnen",
            LINES,
        ),
        count(
            "commitments",
            "toezeggingen, moties, amendementen, vragen en kabinetsreacties",
            len(commitments),
            "stuks",
            COMMITMENTS,
        ),
        count(
            "loketd_supported_share",
            "deel van de behandelde aanvragen bij Loket D dat is gesteund",
            100 * supported / treated,
            "%",
            FACTS,
            note=f"berekend: {dutch.number(supported)} van {dutch.number(treated)}, eerste twee rondes",
        ),
    ]


def timeline_items(first_year: int, last_year: int) -> list[Result]:
    """From which to which year the timeline runs."""
    return [
        Result(f"{SECTION}.{name}", label, year, "", DataKind.FACT, STUDY)
        for name, label, year in (
            ("first_year", "eerste jaar van de tijdlijn", first_year),
            ("last_year", "laatste jaar van de tijdlijn", last_year),
        )
    ]


def places(facts: pd.DataFrame, sections: pd.DataFrame) -> pd.Series:
    """``brief A, 1.1 (eerste)`` for each fact."""
    label = sections.set_index(["letter", "section"])["label"]
    return pd.Series(
        [f"brief {row.letter}, {label[row.letter, row.section]}" for row in facts.itertuples()],
        index=facts.index,
        dtype=str,
    )
