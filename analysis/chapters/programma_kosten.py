"""The table of costs: amount, reach and what follows from them, for the lines that reach young people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.answers.programma_kosten import CBS, DESIGN, FACTS, SECTION, letter_fact, printed
from analysis.datakind import DataKind
from analysis.design.costs import Bound
from analysis.exhibits import TableExhibit
from analysis.results import Released


def cost_table(
    released: Released, facts: pd.DataFrame, lines: pd.DataFrame, bounds: Sequence[Bound]
) -> TableExhibit:
    """Amount, reach and what follows from them, for the lines that reach young people: ``tbl-kosten``."""

    def told_of(name: str) -> str:
        return released.row(f"{SECTION}.{name}").variables()["full"]

    short = lines.set_index("line")["short"]
    known = {  # line -> amount and reach as the letters give them
        "prodemos": (_cited(facts, "prodemos_budget"), "onbekend"),
        "tienskip": ("onbekend", _cited(facts, "tienskip_reached")),
        "jeugdstrategie": ("onbekend", _cited(facts, "jeugd_jongeren", "werkten mee")),
        "loket_d": (_cited(facts, "loketd_granted"), _cited(facts, "loketd_supported")),
    }
    told = {line: [] for line in known}
    for bound in bounds:
        told.setdefault(bound.line, []).append(
            f"Rekenvoorbeeld: {told_of(bound.name)} per jongere. Aanname: {dutch.lower(bound.assumption)}"
        )
    told["loket_d"].append(
        f"Elk project één jaar de hoogste bijdrage: {told_of('loketd_ceiling_total')}. Het toegekende bedrag "
        f"past daarin: het gemiddelde is ongeveer {told_of('loketd_share_ceiling')} van de hoogste bijdrage."
    )
    cells = pd.DataFrame(
        {
            "Programmalijn": [short[line] for line in known],
            "Bedrag": [amount for amount, _ in known.values()],
            "Bereik": [reach for _, reach in known.values()],
            "Kosten per bereikte jongere": [
                f"onbekend; wel ongeveer {told_of('loketd_per_project')} per project"
                if line == "loket_d"
                else told_of(f"{line}_per_youth")
                for line in known
            ],
            "Wat wel te zeggen is": [
                " ".join(told[line]) or "Niets: het bedrag ontbreekt." for line in known
            ],
        }
    )
    return TableExhibit(
        id="tbl-kosten",
        cells=cells,
        caption="Kosten per bereikte jongere, voor zover te berekenen uit wat de brieven melden. Een "
        "rekenvoorbeeld geldt alleen onder de aanname die erbij staat. Van andere programmalijnen is geen "
        "bereik onder jongeren gemeld.",
        kind=DataKind.FACT,
        source=f"{FACTS}; {CBS}; {DESIGN}",
        widths=(14, 15, 16, 19, 36),
    )


def _cited(facts: pd.DataFrame, result: str, verb: str = "") -> str:
    told = f"{printed(facts, result)} {verb}".strip()
    return f"{dutch.capital(told)} (brief {letter_fact(facts, result)['letter']})"
