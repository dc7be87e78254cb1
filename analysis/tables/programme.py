"""Tables of the programme as the report prints them: frame of cited facts in, exhibit or result rows out."""

from __future__ import annotations

import re

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit
from analysis.results import Result

SECTION = "programma"
FACTS = "letter_facts"
LINES = "programme_lines"
COMMITMENTS = "commitments"
NOT_DETERMINED = "niet vast te stellen"

# Chapters that answer something, by the anchor the facts name.
CHAPTERS = {
    "sec-samenvatting": "Samenvatting",
    "sec-programma": "Het programma in beeld",
    "sec-prodemos": "ProDemos in de regio",
    "sec-tienskip": "Tienskip: breedte en bereik",
    "sec-kenniskloof": "De kenniskloof tussen vmbo en vwo",
    "sec-regio": "Regionale verschillen",
    "sec-programmalijnen": "Bijlage: alle programmalijnen",
}
_REFERENCE = re.compile(r"@(sec-[a-z0-9-]+)")


def fact_results(facts: pd.DataFrame, sections: pd.DataFrame) -> list[Result]:
    """The numbers of the letters that have a `result` name, as result rows ``programma.<name>``.

    Parameters
    ----------
    facts, sections : pandas.DataFrame
        As :func:`analysis.sources.facts.letter_facts` and ``letter_sections`` return them. A share
        (unit ``deel``) becomes a percentage.
    """
    places = _places(facts, sections)
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
                    part for part in (places[fact.Index], fact.status, fact.qualifier, fact.note) if part
                ),
            )
        )
    return rows


def count_results(facts: pd.DataFrame, lines: pd.DataFrame, commitments: pd.DataFrame) -> list[Result]:
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


def key_figures(facts: pd.DataFrame, lines: pd.DataFrame, sections: pd.DataFrame) -> TableExhibit:
    """The amounts and counts of the letters, with status and place: ``tbl-programma-kerncijfers``."""
    rows = fact_results(facts, sections)
    named = facts[facts["result"] != ""]
    short = lines.set_index("line")["short"]
    order = {line: position for position, line in enumerate(lines["line"])}
    places = _places(named, sections)
    cells = pd.DataFrame(
        {
            "Programmalijn": [short[line] for line in named["line"]],
            "Wat": [dutch.capital(label) for label in named["label"]],
            "Aantal of bedrag": [
                f"{qualifier} {row.variables()['full']}".strip()
                for qualifier, row in zip(named["qualifier"], rows, strict=True)
            ],
            "Status": named["status"].to_numpy(),
            "Vindplaats": [dutch.capital(place) for place in places],
        }
    )
    cells = cells.iloc[named["line"].map(order).argsort(kind="stable").to_numpy()].reset_index(drop=True)
    return TableExhibit(
        id="tbl-programma-kerncijfers",
        cells=cells,
        caption="Bedragen en aantallen die de twee brieven noemen, met status en vindplaats. Zij zeggen wat "
        "is toegezegd en gedaan, niet wat het effect is.",
        kind=DataKind.FACT,
        source=FACTS,
        align="llrll",
        widths=(19, 32, 21, 14, 18),
    )


def programme_lines_table(lines: pd.DataFrame) -> TableExhibit:
    """Every programme line with its own row: ``tbl-programmalijnen``."""
    cells = pd.DataFrame(
        {
            "Programmalijn": [f"{row.title} ({_letters(row.letters)})" for row in lines.itertuples()],
            "Toegezegd": lines["promised"].to_numpy(),
            "Gerealiseerd": [f"{dutch.capital(row.status)}. {row.realised}" for row in lines.itertuples()],
            "Effect": [_with_chapters(text) for text in lines["effect"]],
            "Bewijs en onbekend": [
                _with_chapters(f"Bewijs: {dutch.lower(row.evidence)} Onbekend: {dutch.lower(row.unknown)}")
                for row in lines.itertuples()
            ],
        }
    )
    return TableExhibit(
        id="tbl-programmalijnen",
        cells=cells,
        caption=f"De {len(lines)} programmalijnen uit de twee brieven: wat is toegezegd en gerealiseerd, wat "
        "over het effect is te zeggen, waarop dat rust en wat onbekend is.",
        kind=DataKind.FACT,
        source=LINES,
        widths=(17, 22, 23, 21, 23),
    )


def commitments_table(commitments: pd.DataFrame) -> TableExhibit:
    """Commitments, motions and amendments, each with where the report answers it: ``tbl-toezeggingen``."""
    cells = pd.DataFrame(
        {
            "Soort en nummer": [
                dutch.capital(f"{row.kind} {row.reference}".strip()) for row in commitments.itertuples()
            ],
            "Wie": [f"{row.who}, {row.chamber}" for row in commitments.itertuples()],
            "Gevraagd of toegezegd": commitments["asked"].to_numpy(),
            "Wat de brieven melden": [
                row.reported + (f" Noot: {row.note}." if row.note else "") for row in commitments.itertuples()
            ],
            "Status": commitments["status"].to_numpy(),
            "Waar in dit rapport": [CHAPTERS[anchor] for anchor in commitments["answered_in"]],
        }
    )
    return TableExhibit(
        id="tbl-toezeggingen",
        cells=cells,
        caption=f"De {len(commitments)} toezeggingen, moties, amendementen, vragen en kabinetsreacties uit "
        "de twee brieven, met wat daarover is gemeld en waar dit rapport erop ingaat.",
        kind=DataKind.FACT,
        source=COMMITMENTS,
        widths=(18, 17, 24, 28, 15, 18),
    )


def _places(facts: pd.DataFrame, sections: pd.DataFrame) -> pd.Series:
    """``brief A, 1.1 (eerste)`` for each fact."""
    label = sections.set_index(["letter", "section"])["label"]
    return pd.Series(
        [f"brief {row.letter}, {label[row.letter, row.section]}" for row in facts.itertuples()],
        index=facts.index,
        dtype=str,
    )


def _letters(letters: str) -> str:
    return "brief A en B" if letters == "A; B" else f"brief {letters}"


def _with_chapters(text: str) -> str:
    """`text` with each ``@sec-…`` spelled out; cells are plain text."""
    return _REFERENCE.sub(lambda match: f'hoofdstuk "{CHAPTERS[match[1]]}"', text)
