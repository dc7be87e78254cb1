"""Cost per young person reached, as far as cited facts tell: rows ``kosten.*``.

No line has both an amount and a reach in young people, so no mean is computed for any. What can be computed
is said to be: a mean per project of Loket D, and bounds under declared assumptions
(:mod:`analysis.design.costs`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.costs import PUPILS, Bound
from analysis.results import Result
from analysis.sources.facts_contract import COUNTRY

SECTION = "kosten"
FACTS = "letter_facts"
CBS = "cbs_pupils_2021_22"
DESIGN = "studie"
UNITS = {"miljoen euro": 1e6, "euro": 1.0, "euro per plan per jaar": 1.0}


def cost_items(
    facts: pd.DataFrame, lines: pd.DataFrame, pupils: pd.DataFrame, bounds: Sequence[Bound]
) -> list[Result]:
    """Costs that can be computed, bounds under an assumption, and the unknown ones as unknown.

    Parameters
    ----------
    facts, lines, pupils : pandas.DataFrame
        As :func:`analysis.sources.facts.letter_facts`, ``programme_lines`` and ``cbs_pupils`` return them.

    Raises
    ------
    ValueError
        If a fact is missing or has a unit that is no money.
    """
    short = lines.set_index("line")["short"]
    rows = [
        Result(
            f"{SECTION}.{line}_per_youth",
            f"kosten per bereikte jongere, {short[line]}",
            None,
            "euro",
            DataKind.FACT,
            FACTS,
            note=why,
        )
        for line, why in (
            ("prodemos", "het bereik staat in geen van beide brieven"),
            ("tienskip", "het bedrag staat in geen van beide brieven"),
            ("jeugdstrategie", "het bedrag staat in geen van beide brieven"),
        )
    ]
    granted, supported = _amount(facts, "loketd_granted"), _number(facts, "loketd_supported")
    ceiling = _amount(facts, "loketd_max")
    told = f"{printed(facts, 'loketd_granted')} en {printed(facts, 'loketd_supported')}"
    rows += [
        Result(
            f"{SECTION}.loketd_per_project",
            "gemiddelde bijdrage van Loket D per gesteund project, eerste twee rondes",
            granted / supported,
            "euro",
            DataKind.FACT,
            FACTS,
            note=f"berekend uit {told}; de brief schrijft ruim, dus dit is het minste",
        ),
        Result(
            f"{SECTION}.loketd_ceiling_total",
            "bedrag als elk gesteund project één jaar de hoogste bijdrage kreeg",
            supported * ceiling / 1e6,
            "miljoen euro",
            DataKind.FACT,
            FACTS,
            decimals=1,
            note=f"berekend uit {printed(facts, 'loketd_supported')} en {printed(facts, 'loketd_max')}",
        ),
        Result(
            f"{SECTION}.loketd_share_ceiling",
            "gemiddelde bijdrage van Loket D als deel van de hoogste bijdrage voor één jaar",
            100 * granted / supported / ceiling,
            "%",
            DataKind.FACT,
            FACTS,
            note=f"berekend uit {told} en {printed(facts, 'loketd_max')}",
        ),
    ]
    return rows + [_bound(bound, short[bound.line], facts, pupils) for bound in bounds]


def _bound(bound: Bound, name: str, facts: pd.DataFrame, pupils: pd.DataFrame) -> Result:
    amount = _amount(facts, bound.amount)
    if bound.reach == PUPILS:
        reach = float(pupils.set_index("statcode")["total"][COUNTRY])
        counted, sources = f"{dutch.number(reach)} leerlingen", f"{FACTS}; {CBS}; {DESIGN}"
    else:
        reach, counted = _number(facts, bound.reach), printed(facts, bound.reach)
        sources = f"{FACTS}; {DESIGN}"
    value = amount / reach
    return Result(
        f"{SECTION}.{bound.name}",
        f"kosten per bereikte jongere, {name}: rekenvoorbeeld",
        value,
        "euro",
        DataKind.FACT,
        sources,
        decimals=0 if value >= 10 else 2,
        note=f"berekend uit {printed(facts, bound.amount)} en {counted}; aanname: {bound.assumption} "
        f"{bound.source}",
    )


def letter_fact(facts: pd.DataFrame, result: str) -> pd.Series:
    """The one fact of the letters that has this result name."""
    found = facts[facts["result"] == result]
    if len(found) != 1:
        raise ValueError(
            f"letter_facts.csv has {len(found)} facts with result {result!r}; costs need exactly one"
        )
    return found.iloc[0]


def _number(facts: pd.DataFrame, result: str) -> float:
    return float(letter_fact(facts, result)["number"])


def _amount(facts: pd.DataFrame, result: str) -> float:
    """In euro."""
    fact = letter_fact(facts, result)
    if fact["unit"] not in UNITS:
        raise ValueError(f"letter_facts.csv, {fact['id']}: {fact['unit']!r} is no amount of money")
    return float(fact["number"]) * UNITS[fact["unit"]]


def printed(facts: pd.DataFrame, result: str) -> str:
    """The fact as the letter tells it: ``ruim 2 miljoen euro``."""
    fact = letter_fact(facts, result)
    number = dutch.number(fact["number"], 0 if float(fact["number"]).is_integer() else 1)
    return f"{fact['qualifier']} {number} {fact['unit']}".strip()
