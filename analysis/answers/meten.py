"""Rows of the designs for measuring from now on: how many units, what they see, at what cost.

Everything is computed from cited facts and declared assumptions (:mod:`analysis.design.meten`); no outcome of
the programme is in it. The rows are facts in that sense, and their notes say what was assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis import dutch
from analysis.answers.meten_measured import Measured
from analysis.answers.meten_names import AVAILABLE, SECTION
from analysis.answers.systems import NAMES
from analysis.credibility.planned_design import (
    CellNoise,
    Lottery,
    Plan,
    Simulated,
    Threshold,
    detectable,
    power,
    units_needed,
)
from analysis.datakind import DataKind
from analysis.design.meten import LOTTERY, Meten, Planned
from analysis.results import Result, Series
from analysis.sources.facts_contract import CHANGE_SD, COUNTRY, ICC
from analysis.sources.sourced import STUDY, together
from analysis.unknown import NotEstimable, attempt

VARIATION = "variation"
LEVEL = 0.95  # of the Monte Carlo interval
_ONE = {"procentpunten": "procentpunt"}  # a unit as it follows the number one
_CURVE = 40  # points of a line in the figure


def meten_items(
    design: Meten,
    variation: pd.DataFrame,
    letters: pd.DataFrame,
    population: pd.DataFrame,
    *,
    own: Sequence[Measured] = (),
    draws: int,
    seed: int,
) -> list[Result | Series]:
    """All rows and the series of curves, ``meten.*``.

    Parameters
    ----------
    variation, letters, population : pandas.DataFrame
        As :func:`analysis.sources.facts.variation`, ``letter_facts`` and ``cbs_population`` return them.
    own : sequence of Measured
        Shares between schools from files of Dutch pupils, where these are there: each design that is tried
        with other spreads is tried with these too.
    draws, seed : int
        Of the simulation.

    Raises
    ------
    ValueError
        If a design names a noise or a count that is not there.
    """
    known = variation.set_index("id")
    counts = available_counts(letters, population)
    studies = [_Study(planned, design, known, tuple(own), draws, seed) for planned in design.designs]
    rows: list[Result | Series] = []
    for study in studies:
        rows += study.rows()
        rows += study.with_available(counts)
    rows += [
        Result(
            f"{SECTION}.aanname_{item.name}",
            item.label,
            item.value,
            item.unit,
            DataKind.FACT,
            STUDY,
            decimals=0 if float(item.value).is_integer() else 2,
            note=f"{item.status}; {item.source}",
        )
        for item in design.assumptions.values()
    ]
    rows += [_variation(row) for row in variation.itertuples()]
    rows += [_measured(item) for item in own]
    rows += [_target(design), curves(studies)]
    return rows


def available_counts(letters: pd.DataFrame, population: pd.DataFrame) -> dict[str, int]:
    """How many units there are, by the names of :data:`AVAILABLE`."""
    places = letters[letters["kind"].eq("plaats")]
    reached = set(places.loc[places["line"].eq("prodemos") & places["statcode"].ne(""), "statcode"])
    provinces = population[population["statcode"].ne(COUNTRY)]
    waiting = provinces[~provinces["statcode"].isin(reached)]
    treated = letters.loc[letters["result"].eq("loketd_treated"), "number"]
    return {
        "waiting_provinces": len(waiting),
        "provinces": len(provinces),
        "waiting_municipalities": int(waiting["municipalities"].sum()),
        "municipalities": int(provinces["municipalities"].sum()),
        "applications": int(treated.iloc[0]),
        "pilot_districts": int(places["line"].eq("buurtkracht").sum()),
    }


@dataclass(frozen=True)
class _Study:
    """One design with its numbers looked up."""

    planned: Planned
    design: Meten
    variation: pd.DataFrame
    own_files: tuple[Measured, ...]
    draws: int
    seed: int

    @cached_property
    def own(self) -> Plan:
        """The design with its own variation."""
        return self.plan(self.planned.noise)

    def plan(self, noise: str) -> Plan:
        """The design with the variation of that name."""
        if self.planned.form != LOTTERY:
            return Threshold(self.design.value(self.planned.sd))
        value, spread = self._noise(noise)
        if spread:  # a change holds the noise of two measurements
            return Lottery(self.planned.groups, value**2 / 2)
        return self.with_share(value)

    def with_share(self, icc: float) -> Plan:
        """The lottery with this share of the variance between its units."""
        planned, design = self.planned, self.design
        noise_of = CellNoise(
            sd=design.value(planned.sd),
            icc=icc,
            cluster_memory=design.value(planned.place_memory),
            person_memory=design.value(planned.person_memory),
            persons=planned.persons,
        )
        return Lottery(planned.groups, noise_of.variance)

    def named(self, noise: str) -> str:
        """The variation of that name, in words."""
        if noise not in self.variation.index:
            return dutch.lower(self.design.assumptions[noise].label)
        row = self.variation.loc[noise]
        told = f"{row['study']} {row['cycle']}, {row['group']}, {row['outcome']}"
        return f"{told} ({row['note']})" if row["note"] else told

    def _noise(self, name: str) -> tuple[float, bool]:
        """Its value, and whether it is the spread of a change."""
        if name in self.variation.index:
            row = self.variation.loc[name]
            return float(row["value"]), row["statistic"] == CHANGE_SD
        if name in self.design.assumptions:
            return self.design.value(name), False
        raise ValueError(
            f"design {self.planned.name}: noise {name!r} is neither in variation.csv nor an assumption"
        )

    @cached_property
    def source(self) -> str:
        return f"{VARIATION}; {STUDY}" if self.planned.noise in self.variation.index else STUDY

    @cached_property
    def needed(self) -> int | NotEstimable:
        return self._needed(self.own)

    def _needed(self, plan: Plan) -> int | NotEstimable:
        test = self.design.test
        return attempt(
            lambda: units_needed(plan, self.planned.smallest, alpha=test.alpha, target=test.target)
        )

    def simulated(self, units: int) -> Simulated:
        test = self.design.test
        return self.own.simulate(
            units,
            self.planned.smallest,
            alpha=test.alpha,
            draws=self.draws,
            reassigned=test.reassigned,
            seed=self.seed,
        )

    @cached_property
    def simulations(self) -> dict[int, Simulated]:
        """With what is needed, and shares of it, as far as a test is possible."""
        if isinstance(self.needed, NotEstimable):
            return {}
        plan, units = self.own, [self.needed]
        for share in self.design.test.shares:
            some = plan.step * round(share * self.needed / plan.step)
            units += [some] if some >= plan.least else []
        return {some: self.simulated(some) for some in sorted(set(units))}

    def formula(self, units: int) -> float:
        return power(self.own, units, self.planned.smallest, alpha=self.design.test.alpha)

    def row(self, name: str, label: str, value: Any, unit: str, **more: Any) -> Result:
        return Result(
            f"{SECTION}.{self.planned.name}_{name}",
            f"{self.planned.label}: {label}",
            value,
            unit,
            more.pop("kind", DataKind.FACT),
            more.pop("source", self.source),
            **more,
        )

    def rows(self) -> list[Result]:
        planned = self.planned
        rows = [
            self.row(
                "smallest",
                "gekozen effect om te zien",
                planned.smallest,
                _ONE.get(planned.measure, planned.measure) if planned.smallest == 1 else planned.measure,
                decimals=decimals(planned.smallest),
                source=STUDY,
                note=planned.smallest_reason,
            ),
            self.row("needed", f"{planned.units} die nodig zijn", self.needed, planned.units),
        ]
        for other in planned.other_noise:
            rows.append(
                self.row(
                    f"needed_{other}",
                    f"{planned.units} die nodig zijn met de spreiding van {self.named(other)}",
                    self._needed(self.plan(other)),
                    planned.units,
                    source=f"{VARIATION}; {STUDY}",
                )
            )
        if planned.other_noise:
            rows += [self._with_own(item) for item in self.own_files]
        if not isinstance(self.needed, NotEstimable):
            rows += self._at(self.needed)
        return rows

    def _with_own(self, item: Measured) -> Result:
        """Units that are needed with a share from a file of Dutch pupils, or why that is unknown."""
        found = item.found
        return self.row(
            f"needed_{item.id}",
            f"{self.planned.units} die nodig zijn met de spreiding van {item.label}",
            found if isinstance(found, NotEstimable) else self._needed(self.with_share(found.value)),
            self.planned.units,
            kind=item.kind,
            source=f"{item.source}; {STUDY}" if item.source != STUDY else STUDY,
            n=None if isinstance(found, NotEstimable) else found.n,
            clusters=None if isinstance(found, NotEstimable) else found.groups,
        )

    def _at(self, needed: int) -> list[Result]:
        """Power, size, measurements and cost with the units that are needed."""
        planned, found = self.planned, self.simulations[needed]
        persons = needed * max(planned.persons, 1) * planned.measurements
        unit_price, person_price = (
            self.design.value(name) for name in (planned.unit_price, planned.person_price)
        )
        return [
            self.row("power_formula", "kans volgens de formule", 100 * self.formula(needed), "%"),
            self._chance("power_simulated", "kans nagebootst", found.power, found.power_se, n=found.draws),
            self._chance(
                "size_simulated",
                "kans op een valse vondst, nagebootst",
                found.size,
                found.size_se,
                n=found.draws,
                decimals=1,
            ),
            self.row("measured", "metingen in totaal", persons, "metingen"),
            self.row(
                "cost",
                "rekenbedrag",
                needed * unit_price + persons * person_price,
                "euro",
                note=f"{dutch.number(needed)} keer {dutch.number(unit_price)} euro en "
                f"{dutch.number(persons)} keer {dutch.number(person_price)} euro; geen prijs en geen offerte",
            ),
        ]

    def _chance(self, name: str, label: str, share: float, se: float, **more: Any) -> Result:
        """A simulated share in per cent, with the error of the simulation."""
        return self.row(name, label, 100 * share, "%", se=100 * se, **_ends(share, se), **more)

    def with_available(self, counts: Mapping[str, int]) -> list[Result]:
        """What the units that there are could see."""
        planned, test, rows = self.planned, self.design.test, []
        for name in planned.available:
            if name not in counts:
                raise ValueError(f"design {planned.name}: no count {name!r}; known are {', '.join(counts)}")
            label, _, source = AVAILABLE[name]
            plan, units = self.own, counts[name]
            found = attempt(lambda plan=plan, units=units: _seen(plan, units, test.alpha, test.target))
            sources = together(source, self.source)
            rows += [
                self.row(f"available_{name}", label, units, planned.units, source=source),
                self.row(
                    f"detectable_{name}",
                    f"kleinste effect dat te zien is met {label}",
                    found,
                    planned.measure,
                    decimals=decimals(planned.smallest) or 1,
                    source=sources,
                ),
            ]
        return rows


def _seen(plan: Plan, units: int, alpha: float, target: float) -> float:
    """Units that do not fill the groups evenly count for the even part."""
    even = units - units % plan.step
    return detectable(plan, even if even >= plan.least else units, alpha=alpha, target=target)


def _ends(share: float, se: float) -> dict[str, float]:
    """The interval of a share in per cent, within 0 and 100."""
    far = stats.norm.ppf(0.5 + LEVEL / 2) * se
    return {"low": 100 * max(share - far, 0.0), "high": 100 * min(share + far, 1.0), "level": LEVEL}


def _variation(row: Any) -> Result:
    """A fact on how an outcome varies, a share in per cent, with its interval."""
    scale = 100 if row.statistic == ICC else 1
    far = stats.norm.ppf(0.5 + LEVEL / 2) * row.se
    what = "deel van de spreiding tussen scholen" if row.statistic == ICC else "spreiding van de verandering"
    return Result(
        f"{SECTION}.spreiding_{row.id}",
        f"{row.study} {row.cycle}, {NAMES[row.system]}, {row.group}, {row.outcome}: {what}",
        scale * row.value,
        row.unit or "%",
        DataKind.FACT,
        VARIATION,
        se=scale * row.se,
        low=scale * (row.value - far),
        high=scale * (row.value + far),
        level=LEVEL,
        n=int(row.n),
        clusters=int(row.groups),
        decimals=0 if row.statistic == ICC else 2,
        note=f"{row.source}; {row.note}".removesuffix("; "),
    )


def _measured(item: Measured) -> Result:
    """A share between schools from a file of Dutch pupils, in per cent."""
    about = f"{SECTION}.spreiding_{item.id}", f"{item.label}: deel van de spreiding tussen scholen"
    found = item.found
    if isinstance(found, NotEstimable):
        return Result(*about, found, "%", item.kind, item.source)
    return Result(
        *about,
        100 * found.value,
        "%",
        item.kind,
        item.source,
        se=100 * found.se,
        **_ends(found.value, found.se),
        n=found.n,
        clusters=found.groups,
    )


def _target(design: Meten) -> Result:
    return Result(
        f"{SECTION}.target",
        "kans om het gekozen effect te zien, die van elk ontwerp is gevraagd",
        100 * design.test.target,
        "%",
        DataKind.FACT,
        STUDY,
    )


def decimals(value: float) -> int:
    """As many as the number is written with, three at most."""
    return next((places for places in range(3) if round(value, places) == value), 3)


def curves(studies: list[_Study]) -> Series:
    """Power by number of units: the formula as a line, the simulation as points."""
    points = []
    for study in studies:
        if isinstance(study.needed, NotEstimable):
            continue
        plan = study.own
        line = np.linspace(plan.least, 2 * study.needed, _CURVE)
        whole = {int(plan.step * round(units / plan.step)) for units in line}
        for units in sorted({units for units in whole if units >= plan.least} | set(study.simulations)):
            found = study.simulations.get(units)
            ends = _ends(found.power, found.power_se) if found else {"low": np.nan, "high": np.nan}
            points.append(
                {
                    "design": study.planned.name,
                    "units": units,
                    "formula": 100 * study.formula(units),
                    "simulated": 100 * found.power if found else np.nan,
                    "low": ends["low"],
                    "high": ends["high"],
                    "size": 100 * found.size if found else np.nan,
                }
            )
    return Series(
        f"{SECTION}.vermogen",
        "kans om het gekozen effect te zien, naar aantal eenheden",
        "%",
        DataKind.FACT,
        f"{VARIATION}; {STUDY}",
        pd.DataFrame(points),
        measures=("formula", "simulated", "low", "high", "size"),
        level=LEVEL,
    )
