"""Exhibits of the programme: what the letters promise and report, from cited facts and rows made of them."""

from __future__ import annotations

import re

import pandas as pd

from analysis import dutch
from analysis.answers.programma import COMMITMENTS, FACTS, LINES, SECTION, places
from analysis.answers.programma_bekend import SECTION as KNOWN
from analysis.chapters.programma_bekend import known_tables, subsidy_table
from analysis.chapters.programma_kosten import cost_table
from analysis.chapters.programma_logica import grid, logic_table
from analysis.datakind import DataKind
from analysis.design.costs import read_bounds
from analysis.exhibits import Exhibit, TableExhibit
from analysis.figures.logic import programme_logic_figure
from analysis.figures.programme import programme_map, programme_timeline
from analysis.results import Released
from analysis.sources import facts as source
from analysis.sources.evidence import english_titles, evidence
from analysis.workspace import Workspace

DRAWN = ("prodemos", "tienskip", "onderzoek_burgerschap")  # lines of which the logic is a figure

# Chapters that answer something, by the anchor the facts name.
CHAPTERS = {
    "sec-samenvatting": "Antwoord op één blad",
    "sec-programma": "Programma en keten",
    "sec-prodemos": "ProDemos in de regio",
    "sec-tienskip": "Tienskip: breedte en bereik",
    "sec-kenniskloof": "De kenniskloof tussen vmbo en vwo",
    "sec-kenniskloof-lessen": "Lessen uit andere landen",
    "sec-regio": "Regionale verschillen",
    "sec-programmalijnen": "Alle programmalijnen in het kort",
    "sec-brieven-onderzoek": "Jongeren, kiezers en onderzoek",
    "sec-brieven-initiatieven": "Initiatieven en de alliantie",
    "sec-brieven-wet": "Wet participatie en uitdaagrecht",
    "sec-brieven-landelijk": "Landelijk en in de EU",
    "sec-besluiten": "Wat de Kamer kan besluiten",
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
        grid(logic, lines),
        cost_table(released, facts, lines, read_bounds(workspace)),
        subsidy_table(found),
        *known_tables(found, english_titles(workspace)),
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
            "Wat": [
                f"{short[line]}: {label}" for line, label in zip(named["line"], named["label"], strict=True)
            ],
            "Aantal of bedrag": [
                f"{qualifier} {row.variables()['full']}".strip()
                for qualifier, row in zip(named["qualifier"], rows, strict=True)
            ],
            "Status en vindplaats": [
                f"{dutch.capital(status)}; {place}"
                for status, place in zip(named["status"], found, strict=True)
            ],
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
        align="lrl",
        widths=(50, 24, 30),
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
    """Commitments, motions and amendments, each with its answer and a link to it: ``tbl-toezeggingen``."""
    cells = pd.DataFrame(
        {
            "Wat": [_named(row) for row in commitments.itertuples()],
            "Gevraagd of toegezegd": commitments["asked"].to_numpy(),
            "Antwoord": [_answer(row) for row in commitments.itertuples()],
            "Waar": [CHAPTERS[anchor] for anchor in commitments["answered_in"]],
        }
    )
    return TableExhibit(
        id="tbl-toezeggingen",
        cells=cells,
        caption=f"De {len(commitments)} toezeggingen, moties, amendementen, vragen en kabinetsreacties uit "
        "de twee brieven, met de stand volgens de brieven, en waar dit rapport erop ingaat.",
        kind=DataKind.FACT,
        source=COMMITMENTS,
        widths=(24, 30, 46, 20),
        links={"Waar": list(commitments["answered_in"])},
    )


def _answer(row) -> str:
    """How it stands, what the letters report, what this report answers, what is to be noted; each once."""
    status = dutch.capital(row.status)
    answer = row.answer if row.answer.startswith("Dit rapport") else f"Dit rapport: {dutch.lower(row.answer)}"
    parts = (
        "" if row.reported.startswith(f"{status} ") else f"{status}.",
        row.reported,
        answer if row.answer else "",
        f"Noot: {row.note}." if row.note else "",
    )
    return " ".join(filter(None, parts))


def _named(row) -> str:
    """``Toezegging T03914, Van der Goot (OPNL), Eerste Kamer``; the Tweede Kamer is the rule."""
    words = [dutch.capital(f"{row.kind} {row.reference}".strip()), row.who]
    return ", ".join([*words, *([row.chamber] if row.chamber != "Tweede Kamer" else [])])


def _letters(letters: str) -> str:
    return "brief A en B" if letters == "A; B" else f"brief {letters}"


def _with_chapters(text: str) -> str:
    """`text` with each ``@sec-…`` spelled out; cells are plain text, of a table beside the report."""
    return _REFERENCE.sub(lambda match: f'hoofdstuk "{CHAPTERS[match[1]]}" van het rapport', text)
