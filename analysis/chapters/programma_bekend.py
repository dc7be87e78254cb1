"""What is known already from published research, and what the ministry paid: from cited evidence."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.answers.programma_bekend import EVIDENCE, SUBSIDY, THOUSANDS
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit

_ABOUT = "effect"
_NO_SIZE = {"opkomst per persoon", "kennis", "houding en gedrag", "ongelijkheid"}  # measures of an effect
_PER_PERSON = {"opkomst per persoon", "registratie per persoon"}
_COUNTS = {"studies"}  # how many studies an overview saw is no size of an effect
_PRODEMOS = "mulder_"  # the one study of effects of ProDemos that has results
_TOLD = ("opzet", "bron")  # of one study, in the text above the table
_SURE = "hoog"
_STATUS = {
    "published": "gepubliceerd",
    "press": "krantenbericht",
    "inferred": "afgeleid",
    "recomputed": "nagerekend",
}


def known_tables(evidence: pd.DataFrame, english: Sequence[str] = ()) -> list[TableExhibit]:
    """Published research on effects, each with what was seen of its size.

    ``tbl-bekend`` holds what is about ProDemos and what gives a number per person, ``tbl-bekend-voluit`` all.
    Of the titles those in `english` are spoken so.
    """
    rows = evidence[(evidence["topic"] == _ABOUT) & ~evidence["measure"].isin(_TOLD)]
    sized = rows["measure"].isin(_PER_PERSON) & rows[["number", "low"]].notna().any(axis=1)
    short = rows[sized | rows["id"].str.startswith(_PRODEMOS)]
    told = "zegt over effecten van burgerschapsonderwijs en bezoeken, met de grootte waar die is gezien."
    return [
        _table(
            "tbl-bekend",
            short,
            f"Wat onderzoek naar ProDemos, en onderzoek met een getal per persoon, {told}",
            english,
        ),
        _table(
            "tbl-bekend-voluit",
            rows,
            f"Wat gepubliceerd onderzoek {told} Vaak is alleen de samenvatting gelezen.",
            english,
        ),
    ]


def _table(id: str, rows: pd.DataFrame, caption: str, english: Sequence[str]) -> TableExhibit:
    cells = pd.DataFrame(
        {
            "Over": [dutch.capital(one.measure) for one in rows.itertuples()],
            "Bevinding": [
                dutch.capital(one.text) + (f" ({one.note})" if one.note else "") for one in rows.itertuples()
            ],
            "Grootte": [_size(one) for one in rows.itertuples()],
            "Bron": [
                one.source + ("" if one.certainty == _SURE else f"; zekerheid {one.certainty}")
                for one in rows.itertuples()
            ],
        }
    )
    return TableExhibit(
        id=id,
        cells=cells,
        caption=caption,
        kind=DataKind.FACT,
        source=EVIDENCE,
        widths=(16, 40, 18, 40),
        english=english,
    )


def _size(one) -> str:
    """The effect as given, or that no number was seen."""
    if pd.notna(one.number) and one.unit not in _COUNTS:
        return f"{dutch.number(one.number, 0 if float(one.number).is_integer() else 1)} {one.unit}"
    if pd.notna(one.low) and pd.notna(one.high):
        return f"{dutch.number(one.low)} tot {dutch.number(one.high)} {one.unit}"
    return "getal niet gezien" if one.measure in _NO_SIZE else "niet van toepassing"


def subsidy_table(evidence: pd.DataFrame) -> TableExhibit:
    """Subsidies of the ministry, by year: ``tbl-subsidies``."""
    rows = evidence[(evidence["topic"] == SUBSIDY) & (evidence["unit"] == THOUSANDS)]
    cells = pd.DataFrame(
        {
            "Jaar": rows["period"].to_numpy(),
            "Wat": [
                dutch.capital(one.text) + (f" ({one.note})" if one.note else "") for one in rows.itertuples()
            ],
            "Miljoen euro": [dutch.number(one.number / 1000, 1) for one in rows.itertuples()],
            "Bron": [f"{one.source}; {_STATUS[one.status]}" for one in rows.itertuples()],
        }
    )
    return TableExhibit(
        id="tbl-subsidies",
        cells=cells,
        caption="Subsidies aan ProDemos volgens openbare begrotingsstukken, in prijzen van het jaar. Zij "
        "gelden alles wat ProDemos doet; welk deel naar het regionale netwerk ging, is onbekend.",
        kind=DataKind.FACT,
        source=EVIDENCE,
        align="llrl",
        widths=(12, 42, 14, 40),
    )
