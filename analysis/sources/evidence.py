"""Public evidence on exposure, effect, money and electorate: each figure with its source and certainty."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.sources.facts import fact_table
from analysis.sources.facts_contract import COUNTRY
from analysis.sources.geography import require_provinces
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.workspace import Workspace

TOPICS = ("tienskip", "prodemos", "effect", "adks", "subsidie", "regels", "electoraat")
STATUS_WORDS = {
    "published": "gepubliceerd",
    "press": "uit de pers",
    "inferred": "afgeleid",
    "recomputed": "nagerekend",
}
STATUS = tuple(STATUS_WORDS)
CERTAINTY = ("hoog", "midden-hoog", "midden", "laag-midden", "laag")
ENGLISH = "en"
PLAN, PER_PERSON = "plan", "opkomst per persoon"

_FILLED = pa.Check.str_length(min_value=1)


def _number() -> pa.Column:
    return pa.Column(float, nullable=True, coerce=True)


EVIDENCE = pa.DataFrameSchema(
    {
        "id": pa.Column(str, pa.Check.str_matches(r"^[a-z][a-z0-9_]*$"), unique=True),
        "topic": pa.Column(str, pa.Check.isin(TOPICS)),
        "measure": pa.Column(str, _FILLED),
        "text": pa.Column(str, _FILLED),
        "number": _number(),
        "low": _number(),
        "high": _number(),
        "unit": pa.Column(str),
        "period": pa.Column(str, _FILLED),
        "place": pa.Column(str, pa.Check.str_matches(rf"^({COUNTRY}|{PROVINCE_PATTERN})?$")),
        "source": pa.Column(str, _FILLED),
        "language": pa.Column(str, pa.Check.isin(("", ENGLISH))),
        "url": pa.Column(str, _FILLED),
        "status": pa.Column(str, pa.Check.isin(STATUS)),
        "certainty": pa.Column(str, pa.Check.isin(CERTAINTY)),
        "note": pa.Column(str),
    },
    checks=[
        pa.Check(
            lambda table: table[["number", "low", "high"]].notna().any(axis=1) == (table["unit"] != ""),
            error="a number has a unit, and only a number has",
        ),
        pa.Check(
            lambda table: (
                ~(table["low"] > table["high"])
                & ~(table["low"] > table["number"])
                & ~(table["number"] > table["high"])
            ),
            error="low, number and high rise",
        ),
    ],
    strict=True,
    name="evidence",
)
"""One row a finding. ``status``: a figure that a newspaper gave (press) or that was inferred is no published
one. ``low`` and ``high`` are limits as given ("ruim", "bijna", "3 tot 6"); what is known without a number has
none. ``place`` is empty outside the country. ``language`` is that of the title of the source, empty where it
is Dutch."""


def evidence(workspace: Workspace | None = None) -> pd.DataFrame:
    """All findings, as :data:`EVIDENCE`."""
    return fact_table("evidence.csv", EVIDENCE, workspace)


def english_titles(workspace: Workspace | None = None) -> tuple[str, ...]:
    """Titles of sources in English, as they begin ``source``, each once."""
    table = evidence(workspace)
    sources = table.loc[table["language"] == ENGLISH, "source"]
    return tuple(dict.fromkeys(source.split(" (")[0] for source in sources))


def finding(key: str, workspace: Workspace | None = None) -> pd.Series:
    """The finding with this id.

    Raises
    ------
    ValueError
        If there is none.
    """
    table = evidence(workspace).set_index("id")
    if key not in table.index:
        raise ValueError(f"evidence.csv: no finding {key!r}; there are {', '.join(table.index)}")
    return table.loc[key]


def planned_reach(workspace: Workspace | None = None) -> pd.Series:
    """Young people that Tienskip planned to reach in 2024/25, by province; targets, not counts."""
    table = evidence(workspace)
    rows = table[(table["topic"] == "tienskip") & (table["measure"] == PLAN) & (table["place"] != COUNTRY)]
    require_provinces(rows["place"], "evidence.csv, column place of the plan", workspace)
    total = table.loc[table["id"] == "tienskip_plan_totaal", "number"]
    if len(total) == 1 and rows["number"].sum() != total.iloc[0]:
        raise ValueError(
            f"evidence.csv: the plan by province adds up to {rows['number'].sum():.0f}, "
            f"in all {total.iloc[0]:.0f}"
        )
    return rows.set_index("place")["number"].sort_index().astype("int64")


def effects_per_person(workspace: Workspace | None = None) -> pd.DataFrame:
    """Effects on a person's turnout that studies declared: id, text, effect_pp (the highest value given),
    source, status, certainty, note; studies without a number are left out."""
    table = evidence(workspace)
    rows = table[table["measure"] == PER_PERSON].copy()
    rows["effect_pp"] = rows[["number", "high"]].max(axis=1)
    columns = ["id", "text", "effect_pp", "source", "status", "certainty", "note"]
    return rows.loc[rows["effect_pp"].notna(), columns].sort_values("effect_pp", ignore_index=True)
