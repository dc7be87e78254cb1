"""Table of the chapter on the adolescent panel: does the gap widen or close, by outcome."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.adks import AdksDesign
from analysis.estimate.growth_study import GrowthStudy
from analysis.exhibits import TableExhibit
from analysis.panel.adolescents import AdolescentPanel
from analysis.results import Result
from analysis.tables.panel_rows import NOT_AN_EFFECT

_COLUMNS = ("gap_start", "gap_change", "gap_change_fixed", "mundlak_p")


def panel_table(rows: Sequence[Result], *, id: str = "tbl-panel") -> TableExhibit:
    """One line an outcome: the gap at the start, its change a year in two ways, and what follows.

    Parameters
    ----------
    rows : sequence of Result
        Of :func:`analysis.tables.panel_rows.panel_rows`, of several outcomes.
    """
    lines = []
    for outcome in dict.fromkeys(row.outcome for row in rows):
        found = {_name(row): row for row in rows if row.outcome == outcome}
        start, change, fixed, mundlak = (found[name] for name in _COLUMNS)
        lines.append(
            {
                "uitkomst": f"{start.label.split(':')[0]} ({start.unit})",
                "verschil bij eerste meting": _with_interval(start),
                "verandering per jaar": _with_interval(change, sign=True),
                "idem, binnen leerlingen": _with_interval(fixed, sign=True),
                "Mundlak, p": dutch.p_value(mundlak.value),
                "het verschil": verdict(start, change),
                "leerlingen": dutch.number(start.n),
            }
        )
    level = dutch.number(100 * rows[0].level)
    return TableExhibit(
        id=id,
        cells=pd.DataFrame(lines),
        caption=f"Verschil tussen vwo en vmbo bij de eerste meting en de verandering daarvan per jaar, met "
        f"{level}%-interval, gewogen voor uitval, met "
        f"standaardfouten door telkens één school weg te laten. {NOT_AN_EFFECT}",
        kind=DataKind.combine(row.kind for row in rows),
        source="; ".join(dict.fromkeys(row.source for row in rows)),
        align="lrrrrlr",
        widths=[22, 20, 20, 20, 10, 14, 10],
    )


def verdict(start: Result, change: Result) -> str:
    """Whether the gap widens, closes, or cannot be told, by the interval of its change.

    A gap below zero widens as it falls further.
    """
    if change.low is None or start.value is None:
        return dutch.UNKNOWN
    if change.low <= 0 <= change.high:
        return "niet vast te stellen"
    return "wordt groter" if (change.low > 0) == (start.value > 0) else "wordt kleiner"


def track_lines(study: GrowthStudy, panel: AdolescentPanel, outcome: str, *, minimum_n: int) -> pd.DataFrame:
    """Lines for the figure of growth, with column truth for the twin.

    A mean over fewer pupils than `minimum_n` is left out.
    """
    large = study.means["n"] >= minimum_n
    lines = study.means.loc[large, ["group", "wave", "estimate", "low", "high"]].reset_index(drop=True)
    if panel.truth is not None:
        planted = panel.truth[outcome].means
        lines["truth"] = [planted.loc[row.wave, row.group] for row in lines.itertuples()]
    return lines


def gap_line(
    study: GrowthStudy, panel: AdolescentPanel, outcome: str, design: AdksDesign, *, minimum_n: int
) -> pd.DataFrame:
    """The gap by wave as the one line of a figure, with column truth for the twin.

    A wave in which either group has fewer pupils than `minimum_n` is left out: its gap would tell of them.
    """
    pair = study.means["group"].isin([design.minuend, design.subtrahend])
    small = study.means.loc[pair & (study.means["n"] < minimum_n), "wave"]
    shown = ~study.gaps["wave"].isin(small)
    line = study.gaps.loc[shown, ["wave", "estimate", "low", "high"]].reset_index(drop=True)
    line.insert(0, "group", f"{design.minuend} − {design.subtrahend}")
    if panel.truth is not None:
        line["truth"] = panel.truth[outcome].gap.reindex(line["wave"]).to_numpy()
    return line


def not_shown(study: GrowthStudy, *, minimum_n: int) -> str:
    """What a caption says of means over too few pupils; "" when there are none."""
    count = int((study.means["n"] < minimum_n).sum())
    if not count:
        return ""
    return (
        f". Niet getoond: {dutch.number(count)} {'gemiddelde' if count == 1 else 'gemiddelden'} over minder "
        f"dan {dutch.number(minimum_n)} leerlingen"
    )


def _name(row: Result) -> str:
    """``gap_start`` out of ``panel.gap_start`` or ``panel.stemintentie_gap_start``."""
    return row.id.removeprefix("panel.").removeprefix(f"{row.outcome}_")


def _with_interval(row: Result, *, sign: bool = False) -> str:
    text = dutch.number(row.value, row.decimals, sign=sign)
    return text if row.low is None else f"{text} ({row.interval_text})"
