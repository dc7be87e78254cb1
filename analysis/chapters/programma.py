"""Exhibits of the programme: what the letters promise and report, from cited facts and rows made of them."""

from __future__ import annotations

import re

import pandas as pd

from analysis import dutch
from analysis.answers.programma import COMMITMENTS, FACTS, LINES, SECTION, places
from analysis.answers.programma_bekend import SECTION as KNOWN
from analysis.chapters.programma_bekend import known_table, subsidy_table
from analysis.chapters.programma_kosten import cost_table
from analysis.chapters.programma_logica import logic_table
from analysis.datakind import DataKind
from analysis.design.costs import read_bounds
from analysis.exhibits import Exhibit, TableExhibit
from analysis.figures.logic import programme_logic_figure
from analysis.figures.programme import programme_map, programme_timeline
from analysis.results import Released
from analysis.sources import facts as source
from analysis.sources.evidence import evidence
from analysis.workspace import Workspace

DRAWN = ("prodemos", "tienskip", "onderzoek_burgerschap")  # lines of which the logic is a figure

# Chapters that answer something, by the anchor the facts name.
CHAPTERS = {
    "sec-samenvatting": "Antwoord op één blad",
    "sec-programma": "Het programma in beeld",
    "sec-prodemos": "ProDemos in de regio",
    "sec-tienskip": "Tienskip: breedte en bereik",
    "sec-kenniskloof": "De kenniskloof tussen vmbo en vwo",
    "sec-regio": "Regionale verschillen",
    "sec-programmalijnen": "Bijlage: alle programmalijnen",
}
_REFERENCE = re.compile(r"@(sec-[a-z0-9-]+)")


def sections(workspace: Workspace) -> tuple[str, ...]:
    """First parts of the ids of the notebook `programma`."""
    return (SECTION, "kosten", KNOWN)


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """Timeline, map, logic, costs, what is known already, lines and commitments."""
    facts, told = source.letter_facts(workspace), source.letter_sections(workspace)
    lines, logic = source.programme_lines(workspace), source.programme_logic(workspace)
    found = evidence(workspace)
    first, last = (int(released.row(f"{SECTION}.{end}_year").value) for end in ("first", "last"))
    return [
        key_figures(released, facts, lines, told),
        programme_timeline(source.programme_events(workspace), lines, first_year=first, last_year=last),
        programme_map(facts),
        programme_logic_figure(logic, lines, DRAWN),
        logic_table(logic, lines, told, DRAWN),
        cost_table(released, facts, lines, read_bounds(workspace)),
        subsidy_table(found),
        known_table(found),
        programme_lines_table(lines),
        commitments_table(source.commitments(workspace)),
    ]


def key_figures(
    released: Released, facts: pd.DataFrame, lines: pd.DataFrame, sections: pd.DataFrame
) -> TableExhibit:
    """The amounts and counts of the letters, with status and place: ``tbl-programma-kerncijfers``."""
    named = facts[facts["result"] != ""]
    rows = [released.row(f"{SECTION}.{name}") for name in named["result"]]
    short = lines.set_index("line")["short"]
    order = {line: position for position, line in enumerate(lines["line"])}
    found = places(named, sections)
    cells = pd.DataFrame(
        {
            "Programmalijn": [short[line] for line in named["line"]],
            "Wat": [dutch.capital(label) for label in named["label"]],
            "Aantal of bedrag": [
                f"{qualifier} {row.variables()['full']}".strip()
                for qualifier, row in zip(named["qualifier"], rows, strict=True)
            ],
            "Status": named["status"].to_numpy(),
            "Vindplaats": [dutch.capital(place) for place in found],
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


def _letters(letters: str) -> str:
    return "brief A en B" if letters == "A; B" else f"brief {letters}"


def _with_chapters(text: str) -> str:
    """`text` with each ``@sec-…`` spelled out; cells are plain text."""
    return _REFERENCE.sub(lambda match: f'hoofdstuk "{CHAPTERS[match[1]]}"', text)
