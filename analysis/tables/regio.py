"""Table of the regional chapter, and which provinces may be shown by themselves."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit
from analysis.panel.regio import RegioPanel
from analysis.results import Result
from analysis.sources.geography import province_names
from analysis.tables.regio_rows import NOT_AN_EFFECT, STUDY


def regio_table(rows: list[Result], *, id: str = "tbl-regio") -> TableExhibit:
    """The outcomes side by side: spread, tests and what could have been shown.

    Parameters
    ----------
    rows : list of Result
        Of :func:`regio_rows`, of one or more outcomes.
    """
    columns = {}
    for prefix in dict.fromkeys(_prefix(row.id) for row in rows):
        by_name = {row.id: row for row in rows if _prefix(row.id) == prefix}
        get = {name: by_name[f"regio.{prefix}{name}"] for name in _NAMES}
        spread, within = get["sd_province"], get["within_gap"]
        columns[_heading(spread)] = [
            _with_interval(spread),
            *(_with_interval(get[f"sd_{name}"]) for name in ("municipality", "school", "pupil")),
            _p(get["joint_p"]),
            f"{dutch.number(get['smallest_of_interest'].value, spread.decimals)} {spread.unit}",
            _p(get["equivalence_p"]),
            _percent(get["power"]),
            _percent(get["power_panel"]),
            _with_interval(within),
            _with_interval(get["gap_sd_province"]),
            _p(get["gap_joint_p"]),
            _p(get["gap_equivalence_p"]),
            dutch.number(spread.n),
        ]
    cells = pd.DataFrame({"": list(_LINES), **columns}).rename(columns={"": "uitkomst"})
    kinds = DataKind.combine(row.kind for row in rows if row.kind is not DataKind.FACT)
    sources = dict.fromkeys(row.source for row in rows if row.source != STUDY)
    return TableExhibit(
        id=id,
        cells=cells,
        caption="Verschillen tussen provincies, met 95%-interval waar dat er is. Toets op gelijkheid: is p "
        "klein, dan verschillen provincies. Toets op gelijkwaardigheid: is p klein, dan is de spreiding "
        f"kleiner dan wat ertoe doet. {NOT_AN_EFFECT}",
        kind=kinds,
        source="; ".join(sources),
        align="l" + "r" * len(columns),
        widths=[44] + [28] * len(columns),
    )


def shown_provinces(
    table: pd.DataFrame, panel: RegioPanel, *, minimum_n: int, minimum_schools: int
) -> pd.DataFrame:
    """The provinces that may be shown by themselves: enough pupils and enough schools behind each.

    Adds column label, the Dutch name, and for the twin column truth, what was planted.
    """
    names = province_names()
    shown = table[(table["n"] >= minimum_n) & (table["schools"] >= minimum_schools)].reset_index(drop=True)
    shown["label"] = [names[code] for code in shown["region"]]
    if panel.truth is not None:
        shown["truth"] = panel.truth.level.reindex(shown["region"]).to_numpy()
    return shown


_NAMES = (
    "sd_province", "sd_municipality", "sd_school", "sd_pupil", "joint_p", "smallest_of_interest",
    "equivalence_p", "power", "power_panel", "within_gap", "gap_sd_province", "gap_joint_p",
    "gap_equivalence_p",
)  # fmt: skip
_LINES = (
    "Spreiding tussen provincies",
    "Spreiding tussen gemeenten binnen een provincie",
    "Spreiding tussen scholen binnen een gemeente",
    "Spreiding tussen leerlingen binnen een school",
    "Toets op gelijkheid van de provincies, p",
    "Kleinste spreiding die ertoe doet",
    "Toets op gelijkwaardigheid, p",
    "Kans dat gelijkwaardigheid blijkt als provincies gelijk zijn",
    "Dezelfde kans met de omvang van het Adolescentenpanel",
    "Verschil vwo − vmbo binnen scholen",
    "Spreiding tussen provincies in het verschil vwo − vmbo",
    "Toets op gelijkheid van dat verschil, p",
    "Toets op gelijkwaardigheid van dat verschil, p",
    "Leerlingen",
)


def _prefix(id: str) -> str:
    """``houding_`` out of ``regio.houding_sd_province``; empty for the first outcome."""
    name = id.removeprefix("regio.")
    return "houding_" if name.startswith("houding_") else ""


def _heading(row: Result) -> str:
    subject = row.label.split(":")[0]
    return f"{subject} ({row.unit})"


def _with_interval(row: Result) -> str:
    text = dutch.number(row.value, row.decimals)
    return text if row.low is None else f"{text} ({row.interval_text})"


def _p(row: Result) -> str:
    return dutch.p_value(row.value)


def _percent(row: Result) -> str:
    return dutch.number(row.value) + ("%" if row.value is not None else "")
