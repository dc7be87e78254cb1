"""The Netherlands beside other systems in civic knowledge, from published and recomputed means."""

from __future__ import annotations

import math

import pandas as pd

from analysis import dutch
from analysis.answers.systems import system_name
from analysis.datakind import DataKind
from analysis.design.gap import GapDesign
from analysis.estimate.gap import cycle_change
from analysis.estimate.survey import t_quantile
from analysis.results import Result, Series

PUBLISHED = "iccs-gepubliceerd"


def country_items(means: pd.DataFrame, design: GapDesign) -> tuple[Result | Series, ...]:
    """How far the Netherlands lies from each other system, and how it changed between cycles.

    Parameters
    ----------
    means : pandas.DataFrame
        Of :func:`analysis.sources.facts.iccs_means`. Samples of different systems are independent.
    """
    table = means.set_index(["cycle", "system"])
    home, *others = design.countries.systems
    rows = []
    for cycle in design.countries.cycles:
        for system in others:
            if (cycle, system) in table.index:
                own, other = table.loc[(cycle, home)], table.loc[(cycle, system)]
                # Two systems of one cycle stand on one scale: no link is crossed.
                value, se = cycle_change(
                    other["mean"], _known(other["se"]), own["mean"], _known(own["se"]), 0.0
                )
                rows.append(
                    _fact(
                        f"difference_{system.lower()}_{cycle}",
                        f"Nederland − {system_name(system)} in {cycle}",
                        value,
                        se,
                        "De standaardfout van het andere gemiddelde is onbekend."
                        if se is None
                        else "Uit beide gemiddelden en standaardfouten; status per cijfer in data/facts.",
                    )
                )
    for link in design.links:
        before, after = table.loc[(link.first, home)], table.loc[(link.second, home)]
        value, se = cycle_change(
            before["mean"], _known(before["se"]), after["mean"], _known(after["se"]), link.points
        )
        note = (
            "De koppelfout tussen de metingen is onbekend; daarom geen interval."
            if link.points is None
            else f"Met koppelfout van {dutch.number(link.points, 1)} punten ({link.source})."
        )
        rows.append(
            _fact(
                f"change_{link.first}_{link.second}",
                f"verandering in Nederland van {link.first} naar {link.second}",
                value,
                se,
                note,
            )
        )
    return (*rows, _means(means, design))


def _means(means: pd.DataFrame, design: GapDesign) -> Series:
    """Means of the systems shown: label, cycle, mean, se, published."""
    shown = means[
        means["system"].isin(design.countries.systems) & means["cycle"].isin(design.countries.cycles)
    ]
    order = {system: place for place, system in enumerate(design.countries.systems)}
    shown = shown.assign(order=shown["system"].map(order)).sort_values(["order", "cycle"])
    points = pd.DataFrame(
        {
            "label": shown["system"].map(system_name),
            "cycle": shown["cycle"],
            "mean": shown["mean"],
            "se": shown["se"],
            "published": shown["published_mean"].notna(),
        }
    )
    return Series(
        "kenniskloof.landen",
        "gemiddelde burgerschapskennis per land en meting",
        "punten",
        DataKind.FACT,
        PUBLISHED,
        points,
        measures=("mean", "se"),
        outcome="civic_knowledge",
    )


def _fact(name: str, label: str, value: float, se: float | None, note: str) -> Result:
    margin = None if se is None else float(t_quantile(math.inf)) * se
    return Result(
        f"kenniskloof.{name}",
        label,
        value,
        "punten",
        DataKind.FACT,
        PUBLISHED,
        se=se,
        low=None if margin is None else value - margin,
        high=None if margin is None else value + margin,
        outcome="civic_knowledge",
        note=note,
    )


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
