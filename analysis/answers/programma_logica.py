"""Of how many stages, and of how many lines, the letters say nothing."""

from __future__ import annotations

import pandas as pd

from analysis.datakind import DataKind
from analysis.results import Result

SECTION = "programma"
LOGIC = "programme_logic"


def logic_items(logic: pd.DataFrame) -> list[Result]:
    """Of how many stages, and of how many lines, the letters say nothing: ``programma.logic_*``.

    Parameters
    ----------
    logic : pandas.DataFrame
        As :func:`analysis.sources.facts.programme_logic` returns it.
    """
    unknown = logic["status"] == "onbekend"

    def count(name: str, label: str, value: int, unit: str) -> Result:
        return Result(f"{SECTION}.logic_{name}", label, value, unit, DataKind.FACT, LOGIC)

    rows = [
        count("stages", "stappen van input tot impact, over alle programmalijnen", len(logic), "stappen"),
        count("unknown", "stappen waarvan de brieven niets melden", int(unknown.sum()), "stappen"),
    ]
    for stage, name, told in (
        ("input", "input", "de input"),
        ("bereik", "reach", "het bereik"),
        ("impact", "impact", "de impact"),
    ):
        own = int((unknown & (logic["stage"] == stage)).sum())
        rows.append(count(f"{name}_unknown", f"programmalijnen waarvan {told} onbekend is", own, "lijnen"))
    measured = int(((logic["stage"] == "impact") & (logic["status"] == "gemeld")).sum())
    rows.append(count("impact_reported", "programmalijnen waarvan de impact is gemeld", measured, "lijnen"))
    return rows
