"""Rows and series of whom the programmes reached, from their registrations: ``bereik.*``."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import dutch
from analysis.answers.programma_kosten import FACTS, UNITS, letter_fact, printed
from analysis.datakind import DataKind
from analysis.panel.registered import Registered, sources
from analysis.results import Result, Series
from analysis.unknown import NotEstimable

SECTION = "bereik"
PUPILS = "cbs_pupils_2021_22"
_TENS = -1
_COUNTS = ("activities", "municipalities", "young_people")


def reach_items(found: Registered | NotEstimable, name: str) -> tuple[Result | Series, ...]:
    """Activities, young people and places of one programme; the reason where there is no registration.

    Young people are those counted at each activity: who came twice counts twice. Totals are rounded to tens,
    so that no province that is withheld can be worked out from them.

    Parameters
    ----------
    found : Registered or NotEstimable
        From :func:`analysis.panel.registered.registered`.
    name : str
        Of the programme, first part of the names of its rows.
    """
    return (*_totals(found, name), _provinces(found, name), _years(found, name), _lost(found, name))


def cost_items(
    found: Registered | NotEstimable, name: str, facts: pd.DataFrame, *, amount: str, year: int
) -> tuple[Result, ...]:
    """What one young person reached cost: an amount of the letters over the registered reach of its year.

    Parameters
    ----------
    name : str
        Of the programme; nothing where the amount is of another.
    facts : pandas.DataFrame
        As :func:`analysis.sources.facts.letter_facts`.
    amount : str
        Result name of the amount.
    year : int
        The year that the amount is for.
    """
    fact = letter_fact(facts, amount)
    if fact["line"] != name:
        return ()
    given = {
        "id": f"{SECTION}.{name}_cost",
        "label": f"kosten per bereikte jongere in {year}, volgens de registratie",
        "unit": "euro",
        "source": f"{FACTS}; {sources(found)}",
        "decimals": 2,
    }
    if isinstance(found, NotEstimable):
        return (Result(value=found, kind=DataKind.FACT, **given),)
    rows = found.by_year[found.by_year["year"] == year]
    if rows.empty or not rows["young_people"].iloc[0] > 0:
        none = NotEstimable(f"de registratie van {found.label} bevat geen bereik over {year}")
        return (Result(value=none, kind=DataKind.FACT, **given),)
    row = rows.iloc[0]
    unknown = int(row["activities"] - row["with_count"])
    reached = dutch.number(row["young_people"])
    told = f"berekend uit {printed(facts, amount)} en {reached} geregistreerde jongeren"
    if unknown:
        told += (
            f"; van {dutch.counted(unknown, 'activiteit', 'activiteiten')} is het aantal jongeren onbekend, "
            "dus dit is het meeste"
        )
    cost = float(fact["number"]) * UNITS[fact["unit"]] / row["young_people"]
    return (Result(value=cost, kind=DataKind.REAL, n=int(row["young_people"]), note=told, **given),)


def _totals(found: Registered | NotEstimable, name: str) -> Iterable[Result]:
    for part, label, unit in (
        ("young_people", "geregistreerd bereik", "jongeren"),
        ("activities", "geregistreerde activiteiten", "activiteiten"),
        ("unplaced", "regels zonder leesbare plaats of datum", "regels"),
        ("uncounted", "activiteiten zonder aantal jongeren", "activiteiten"),
    ):
        given = {"id": f"{SECTION}.{name}_{part}", "unit": unit, "source": sources(found)}
        if isinstance(found, NotEstimable):
            yield Result(label=label, value=found, kind=DataKind.FACT, **given)
            continue
        value, n, note = _total(found, part)
        yield Result(
            label=f"{label}, {found.label}", value=value, kind=DataKind.REAL, n=n, note=note, **given
        )


def _total(found: Registered, part: str) -> tuple[float | NotEstimable, int, str]:
    """Value, people behind it, and a note."""
    totals, losses, people = found.totals, found.losses, _people(found)
    activities = float(totals["activities"])
    if part == "young_people":
        if pd.isna(totals["young_people"]):
            none = NotEstimable(f"de registratie van {found.label} noemt geen aantallen jongeren")
            return none, people, ""
        note = "afgerond op tientallen; wie twee keer meedeed, telt twee keer"
        return round(float(totals["young_people"]), _TENS), people, note
    if part == "activities":
        return activities, people, ""
    if part == "uncounted":
        return activities - float(totals["with_count"]), people, ""
    lost = sum(loss.rows for loss in (*losses.undated, *losses.unplaced))
    return float(lost), people, f"van {dutch.number(losses.rows)} regels"


def _people(found: Registered) -> int:
    """Young people behind the registration; its activities where nobody was counted."""
    people = found.totals["young_people"]
    return int(found.totals["activities"] if pd.isna(people) else people)


def _provinces(found: Registered | NotEstimable, name: str) -> Series:
    id, label = f"{SECTION}.{name}_provincies", "activiteiten en bereikte jongeren naar provincie"
    measures = (*_COUNTS, "per_hundred")
    if isinstance(found, NotEstimable):
        return Series(id, label, "", DataKind.FACT, sources(found), found, measures)
    if found.unplaced:
        why = NotEstimable(found.unplaced)
        return Series(id, label, "", DataKind.REAL, found.source, why, measures)
    table = found.by_province
    points = table[["code", *measures]].assign(**_lacking(table), n=_behind(table))
    return Series(id, label, "", DataKind.REAL, f"{found.source}; {PUPILS}", points, measures, decimals=1)


def _years(found: Registered | NotEstimable, name: str) -> Series:
    id, label = f"{SECTION}.{name}_jaren", "activiteiten en bereikte jongeren naar jaar"
    if isinstance(found, NotEstimable):
        return Series(id, label, "", DataKind.FACT, sources(found), found, _COUNTS)
    table = found.by_year
    if found.unplaced:  # of most nobody knows in which municipality they were
        table = table.assign(municipalities=float("nan"))
    points = table[["year", "across", *_COUNTS]].assign(**_lacking(table), n=_behind(table))
    return Series(id, label, "", DataKind.REAL, found.source, points, _COUNTS)


def _lacking(table: pd.DataFrame) -> dict[str, pd.Series]:
    """How many activities have no number, and whether of some no municipality can be read.

    Not of how many: that would give away the activities of a point that is withheld.
    """
    return {
        "uncounted": table["activities"] - table["with_count"],
        "unlocated": (table["activities"] > table["with_place"]).astype("int64"),
    }


def _behind(table: pd.DataFrame) -> pd.Series:
    """People behind a point; missing where nobody was counted: a number of activities tells of nobody."""
    return table["young_people"].where(table["young_people"] > 0).astype(float)


def _lost(found: Registered | NotEstimable, name: str) -> Series:
    """Why rows are left out, placed coarsely or doubled. Not what they hold: free text can name a person."""
    id, label = (
        f"{SECTION}.{name}_verlies",
        "regels die niet tellen, grover zijn geplaatst of een eerdere herhalen",
    )
    if isinstance(found, NotEstimable):
        return Series(id, label, "regels", DataKind.FACT, sources(found), found, ("rows",))
    losses = found.losses
    rows = [
        (reason, loss.place, loss.line, loss.rows)
        for reason, group in (
            ("zonder leesbare datum", losses.undated),
            ("volgens de status niet doorgegaan", losses.skipped),
            ("zonder leesbare plaats", losses.unplaced),
            ("alleen de provincie leesbaar", losses.coarser),
            ("totaalregel, niet meegeteld", losses.totals),
            ("gelijk aan een eerdere regel, en meegeteld", losses.repeated),
        )
        for loss in group
    ]
    table = pd.DataFrame(rows, columns=["reason", "file", "line", "rows"])
    points = table.groupby(["reason", "file"], sort=False, as_index=False).agg(
        line=("line", "min"), rows=("rows", "sum")
    )
    points["n"] = _people(found)
    if points.empty:
        none = NotEstimable("alle regels zijn geplaatst en geteld")
        return Series(id, label, "regels", DataKind.REAL, found.source, none, ("rows",))
    return Series(id, label, "regels", DataKind.REAL, found.source, points, ("rows",))
