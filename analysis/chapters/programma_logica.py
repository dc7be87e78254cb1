"""The logic of the programme as a table: from input to impact, a row a line."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.answers.programma_logica import LOGIC
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit
from analysis.figures.logic import STAGE_NAMES
from analysis.sources.facts_contract import LOGIC_PLACES, LOGIC_STAGES


def logic_table(
    logic: pd.DataFrame, lines: pd.DataFrame, sections: pd.DataFrame, drawn: Sequence[str] = ()
) -> TableExhibit:
    """Every line that is not `drawn` elsewhere, with its stages and places: ``tbl-programma-logica``."""
    label = sections.set_index(["letter", "section"])["label"]
    rest = lines[~lines["line"].isin(drawn)]
    cells = []
    for line in rest.itertuples():
        own = logic[logic["line"] == line.line].set_index("stage")
        places = dict.fromkeys(place for cell in own["places"] if cell for place in cell.split(LOGIC_PLACES))
        row = {"Programmalijn": f"{line.short} ({_letters(list(places), label)})"}
        for stage in LOGIC_STAGES:
            text, status = own.loc[stage, ["text", "status"]]
            row[STAGE_NAMES[stage]] = text if status == "onbekend" else f"{text} [{status}]"
        cells.append(row)
    return TableExhibit(
        id="tbl-programma-logica",
        cells=pd.DataFrame(cells),
        caption=f"Van input naar impact: de {'andere ' if drawn else ''}{dutch.number(len(rest))} "
        "programmalijnen. Tussen haken: gemeld in de brieven, of beoogd (toegezegd of bedoeld). Onbekend: de "
        "brieven zeggen er niets over.",
        kind=DataKind.FACT,
        source=f"{LOGIC}; programme_lines",
        widths=(18, 18, 21, 18, 20, 18),
    )


def grid(logic: pd.DataFrame, lines: pd.DataFrame) -> TableExhibit:
    """What the letters tell of each stage of each line, a word a cell: ``tbl-programma-rooster``."""
    status = logic.set_index(["line", "stage"])["status"]
    studied = lines.loc[lines["effect_status"] == "onderzocht", "short"].tolist()
    cells = [
        {
            "Programmalijn": line.short,
            **{STAGE_NAMES[stage]: status[line.line, stage] for stage in LOGIC_STAGES},
        }
        for line in lines.itertuples()
    ]
    return TableExhibit(
        id="tbl-programma-rooster",
        cells=pd.DataFrame(cells),
        caption=f"Wat de brieven over de {dutch.number(len(lines))} programmalijnen zeggen, van input tot "
        "impact: gemeld, beoogd (toegezegd of bedoeld) of onbekend (niets gezegd). Onderzocht op effect: "
        f"{dutch.join(studied)}.",
        kind=DataKind.FACT,
        source=f"{LOGIC}; programme_lines",
        widths=(34, 18, 20, 18, 18, 18),
    )


def _letters(places: Sequence[str], label: pd.Series) -> str:
    """``A 1.1a``, ``A 3.2`` and ``B 1.1`` as ``brief A, 1.1 (eerste) en 3.2; brief B, 1.1``."""
    told = []
    for letter in ("A", "B"):
        own = [label[letter, place.split(" ", 1)[1]] for place in sorted(places) if place.startswith(letter)]
        if own:
            told.append(f"brief {letter}: {dutch.join(own)}")
    return "; ".join(told)
