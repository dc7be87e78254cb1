"""Rows and series on turnout by province: how far the twelve lie apart, whether that changes, what lasts.

The real case of the regional chapter: everybody is counted, so that a spread is a fact and needs no sample.
"""

from __future__ import annotations

import math

import pandas as pd

from analysis import dutch
from analysis.answers.regio_names import TURNOUT_PREFIX
from analysis.datakind import DataKind
from analysis.design.questions import Outcome
from analysis.estimate.regional_path import RegionalPath
from analysis.panel.turnout import TurnoutPanel, beside_the_country
from analysis.results import Result, Series
from analysis.sources.geography import province_names
from analysis.sources.sourced import STUDY
from analysis.unknown import NotEstimable

MODEL = "gemiddelde afwijking per provincie, met schokken die doorwerken (AR(1))"
TREND = "lijn door de spreiding van elke verkiezing, met weglaten van één provincie"


def smallest_spread(frame: pd.DataFrame) -> float:
    """A tenth of the standard deviation between people, who vote or do not, at the last election, in points.

    The yardstick of ``data/design/regio.toml`` for the other outcomes: "small" by Cohen (1988).
    """
    last = frame[frame["date"] == frame["date"].max()]
    share = last["voters"].sum() / last["eligible"].sum()
    return 10 * math.sqrt(share * (1 - share))


def turnout_items(
    panel: TurnoutPanel, path: RegionalPath | NotEstimable, outcome: Outcome, *, smallest: float, level: float
) -> tuple[Result | Series, ...]:
    """Everything on turnout by province.

    Parameters
    ----------
    panel : TurnoutPanel
        By province.
    path : RegionalPath or NotEstimable
        Of that panel, with `smallest` as its margin.
    smallest : float
        Standard deviation between provinces that matters.
    """
    return (*_rows(panel, path, outcome, smallest, level), *_series(panel, path, outcome, level))


def _rows(
    panel: TurnoutPanel, path: RegionalPath | NotEstimable, outcome: Outcome, smallest: float, level: float
):
    people = panel.frame.loc[panel.frame["date"] == panel.frame["date"].max(), "n"].sum()

    def row(name: str, label: str, value, unit: str = outcome.unit, **given) -> Result:
        shared = {"kind": panel.kind, "source": panel.source, "outcome": outcome.name, "level": level}
        counts = {"n": int(people), "clusters": int(panel.frame["place"].nunique()), "decimals": 1}
        return Result(f"{TURNOUT_PREFIX}{name}", label, value, unit, **(shared | counts | given))

    if isinstance(path, NotEstimable):
        lasting = trend = equivalence = first = last = path
        given = {}, {}, {}
    else:
        table, below = path.table, path.below
        first, last = (float(table["sd"].iloc[end]) for end in (0, -1))
        lasting, trend, equivalence = path.lasting.sd, path.trend.slope, below.p_value
        given = (
            {"low": path.lasting.low, "high": path.lasting.high},
            {
                "se": path.trend.se,
                "low": path.trend.low,
                "high": path.trend.high,
                "p_value": path.trend.p_value,
            },
            {"note": f"Klein betekent: kleiner dan {dutch.number(below.bound, 1)} {outcome.unit}."},
        )
    dates = panel.frame["date"].str[:4]
    return (
        row("sd_first", f"spreiding tussen provincies in opkomst, {dates.min()}", first),
        row("sd_last", f"spreiding tussen provincies in opkomst, {dates.max()}", last),
        row(
            "sd_lasting",
            "spreiding tussen provincies in opkomst die blijft",
            lasting,
            estimator=MODEL,
            test="Q-profiel",
            **given[0],
        ),
        row(
            "sd_trend",
            "verandering van de spreiding in opkomst",
            trend,
            f"{outcome.unit} per tien jaar",
            estimator=TREND,
            test="Student's t",
            **given[1] | {"decimals": 2},
        ),
        row(
            "equivalence_p",
            "blijvende spreiding in opkomst kleiner dan de grens, p",
            equivalence,
            "",
            estimator=MODEL,
            test="Q-toets op gelijkwaardigheid",
            **given[2] | {"decimals": 3},
        ),
        row(
            "smallest_of_interest",
            "kleinste spreiding in opkomst die ertoe doet",
            smallest,
            kind=DataKind.FACT,
            source=f"{STUDY}; {panel.source}",
            n=None,
            clusters=None,
            note="Een tiende van de standaardafwijking tussen kiezers bij de laatste verkiezing.",
        ),
        row("elections", "verkiezingen", float(dates.nunique()), "verkiezingen", decimals=0),
    )


def _series(panel: TurnoutPanel, path: RegionalPath | NotEstimable, outcome: Outcome, level: float):
    names, shared = (
        province_names(),
        {
            "kind": panel.kind,
            "source": panel.source,
            "outcome": outcome.name,
            "level": level,
            "decimals": 1,  # as printed: what is rounded twice may end a tenth away
        },
    )
    people = panel.frame.groupby("date")["n"].sum()
    spread = path
    if not isinstance(path, NotEstimable):
        spread = path.table.rename(
            columns={"time": "date", "lowest_region": "least", "highest_region": "most"}
        )
        spread = spread.assign(
            n=spread["date"].map(people),
            least=spread["least"].map(names),
            most=spread["most"].map(names),
        )
    lines = beside_the_country(panel.frame).assign(n=panel.frame["n"])
    lines = lines.rename(columns={"place": "region"})
    lines.insert(1, "label", lines["region"].map(names))
    order = {code: place for place, code in enumerate(names)}
    lines = lines.sort_values(["region", "date"], key=lambda s: s.map(order) if s.name == "region" else s)
    return (
        Series(
            f"{TURNOUT_PREFIX}spreiding",
            "spreiding tussen provincies in opkomst, per verkiezing",
            outcome.unit,
            points=spread,
            measures=("mean", "sd", "lowest", "highest"),
            **shared,
        ),
        Series(
            f"{TURNOUT_PREFIX}provincies",
            "opkomst per provincie en verkiezing",
            "%",
            points=pd.DataFrame(lines).reset_index(drop=True),
            measures=("value", "whole"),
            note=panel.remark,
            **shared,
        ),
    )
