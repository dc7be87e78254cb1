"""The rows, tables and the plain sentence of the chapter on what the study could have seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.credibility.power import Power
from analysis.datakind import DataKind
from analysis.design.robustness import DiagnosisPlan, PowerPlan
from analysis.design.rollout import Programme
from analysis.exhibits import TableExhibit
from analysis.results import Result

SECTION = "vermogen"
DECIMALS = 2
SPECIFICATIONS = {"hoofd": "groepen en jaren", "klassiek": "vaste effecten"}
SUFFIX = {"hoofd": "", "klassiek": "_twfe"}


def power_rows(
    design: Programme, plan: PowerPlan, found: Mapping[str, Power], formula: Mapping[str, float]
) -> tuple[Result, ...]:
    """What could have been detected in one programme.

    Parameters
    ----------
    found : mapping of specification to Power
    formula : mapping of specification to float
        The minimum detectable effect by formula.
    """
    rows = []
    of_interest = design.outcome.smallest_of_interest
    for name, power in found.items():
        tail = f"{design.name}{SUFFIX[name]}"
        method = f"{design.label}, {SPECIFICATIONS[name]}"
        wanted = dutch.number(100 * plan.target)
        table = power.table
        largest = dutch.number(table["effect"].max(), 1)
        missed = f"Ook het grootste doorgerekende effect, {largest}, haalt {wanted}% niet."
        at = float(np.interp(of_interest, table["effect"], table["power"]))
        spread = float(np.interp(of_interest, table["effect"], table["power_se"]))
        percent = {"unit": "%", "decimals": 0}
        rows += [
            _row(
                design,
                f"mde_{tail}",
                f"kleinste effect dat met {wanted}% kans gezien wordt ({method})",
                power.detectable,
                se=power.detectable_se,
                note="" if power.detectable is not None else missed,
            ),
            _row(
                design,
                f"mde_formula_{tail}",
                f"kleinste effect dat met {wanted}% kans gezien wordt, volgens de formule ({method})",
                formula[name],
            ),
            _row(
                design,
                f"power_interest_{tail}",
                f"kans om het kleinste effect dat ertoe doet te zien ({method})",
                100 * at,
                se=100 * spread,
                **percent,
            ),
            _row(
                design,
                f"size_{tail}",
                f"kans op vals alarm zonder effect ({method})",
                100 * power.size,
                se=100 * power.size_se,
                **percent,
            ),
        ]
    return tuple(rows)


def diagnosis_rows(
    designs: Mapping[str, Programme], plan: DiagnosisPlan, table: pd.DataFrame
) -> tuple[Result, ...]:
    """Bias, error, power, coverage and false alarms of every answer, with Monte Carlo standard errors."""
    answers = {item.id: item for item in plan.answers}
    rows = []
    for line in table.itertuples():
        item = answers[line.answer]
        design = designs[item.programme]
        percent = {"unit": "%", "decimals": 0, "specification": item.specification}
        own = {"specification": item.specification}
        rows += [
            _row(design, f"truth_{item.id}", f"waar effect ({item.label})", line.mean_truth, **own),
            _row(
                design,
                f"estimate_{item.id}",
                f"gemiddelde schatting ({item.label})",
                line.mean_estimate,
                **own,
            ),
            _row(design, f"bias_{item.id}", f"vertekening ({item.label})", line.bias, se=line.bias_se, **own),
            _row(
                design,
                f"rmse_{item.id}",
                f"gemiddelde fout ({item.label})",
                line.rmse,
                se=line.rmse_se,
                **own,
            ),
        ]
        for key, label in (
            ("power", "kans om het effect te zien"),
            ("coverage", "dekking van het 95%-interval"),
            ("false_positive", "kans op vals alarm"),
        ):
            value, se = 100 * getattr(line, key), 100 * getattr(line, f"{key}_se")
            rows.append(_row(design, f"{key}_{item.id}", f"{label} ({item.label})", value, se=se, **percent))
    return tuple(rows)


def draws_rows(design: Programme, power: PowerPlan, diagnosis: DiagnosisPlan) -> tuple[Result, ...]:
    """How often was simulated, and the effect that would matter."""
    counted = {"unit": "", "decimals": 0, "kind": DataKind.FACT, "source": "studie", "n": None}
    return (
        _row(
            design, "draws_power", "nagebootste registraties per programma: vermogen", power.draws, **counted
        ),
        _row(
            design,
            "draws_diagnosis",
            "nagebootste registraties per programma: diagnose",
            diagnosis.draws,
            **counted,
        ),
        _row(
            design,
            "target",
            "gewenste kans om een effect te zien",
            100 * power.target,
            **(counted | {"unit": "%"}),
        ),
    )


def _row(design: Programme, name: str, label: str, value: float | None, **fields) -> Result:
    given = {
        "unit": design.outcome.unit,
        "kind": DataKind.SYNTHETIC,
        "source": f"tweeling_{design.name}",
        "n": sum(province.municipalities for province in design.provinces),
        "clusters": len(design.provinces),
        "outcome": design.outcome.name,
        "decimals": DECIMALS,
    }
    return Result(f"{SECTION}.{name}", label, value, **(given | fields))


def power_table(found: Mapping[str, Mapping[str, Power]], designs: Mapping[str, Programme]) -> pd.DataFrame:
    """Power by effect of every programme and specification, for the figure."""
    return pd.concat(
        [
            power.table[["effect", "power"]].assign(
                series=f"{designs[programme].label}, {SPECIFICATIONS[specification]}"
            )
            for programme, powers in found.items()
            for specification, power in powers.items()
        ],
        ignore_index=True,
    )


def detectable_sentence(design: Programme, plan: PowerPlan, power: Power) -> str:
    """What could have been detected, in plain Dutch."""
    unit = design.outcome.unit
    wanted = f"{dutch.number(100 * plan.target)}%"
    matters = dutch.number(design.outcome.smallest_of_interest, 1)
    if power.detectable is None:
        largest = dutch.number(power.table["effect"].max(), 1)
        return (
            f"{design.label}: met deze opzet is ook een effect van {largest} {unit} niet met {wanted} kans "
            "te zien. Geen effect vinden betekent hier niet dat er geen effect is."
        )
    least = dutch.number(power.detectable, 1)
    start = f"{design.label}: met deze opzet is een effect vanaf {least} {unit} met {wanted} kans te zien. "
    if power.detectable > design.outcome.smallest_of_interest:
        return start + (
            f"Het kleinste effect dat ertoe doet, {matters}, blijft vaak onopgemerkt: geen effect vinden "
            "betekent hier niet dat er geen effect is."
        )
    return start + f"Ook het kleinste effect dat ertoe doet, {matters}, is dus meestal te zien."


def diagnosis_table(plan: DiagnosisPlan, table: pd.DataFrame) -> TableExhibit:
    """Every answer a line; the simulation error in brackets."""
    labels = {item.id: item.label for item in plan.answers}

    def told(value: float, se: float, decimals: int = DECIMALS, *, sign: bool = False) -> str:
        return f"{dutch.number(value, decimals, sign=sign)} ({dutch.number(se, decimals)})"

    def percent(value: float, se: float) -> str:
        return f"{dutch.number(100 * value)}% ({dutch.number(100 * se)})"

    cells = [
        (
            labels[line.answer],
            dutch.number(line.mean_truth, DECIMALS),
            dutch.number(line.mean_estimate, DECIMALS),
            told(line.bias, line.bias_se, sign=True),
            told(line.rmse, line.rmse_se),
            percent(line.power, line.power_se),
            percent(line.coverage, line.coverage_se),
            percent(line.false_positive, line.false_positive_se),
        )
        for line in table.itertuples()
    ]
    columns = [
        "Vraag en schatter", "Waar", "Geschat", "Vertekening", "Fout", "Gezien", "Dekking", "Vals alarm",
    ]  # fmt: skip
    programmes = dict.fromkeys(item.programme for item in plan.answers)
    return TableExhibit(
        id=f"tbl-{SECTION}-diagnose",
        cells=pd.DataFrame(cells, columns=columns),
        caption=(
            f"Wat elke schatter doet in {dutch.number(plan.draws)} nagebootste registraties per programma; "
            "tussen haakjes de simulatiefout. Fout: wortel van de gemiddelde kwadratische fout. Gezien en "
            f"vals alarm: aandeel met p hoogstens {dutch.number(plan.alpha, 2)}, met en zonder effect. "
            "Dekking: aandeel 95%-intervallen waar het ware effect in ligt."
        ),
        kind=DataKind.SYNTHETIC,
        source="; ".join(f"tweeling_{name}" for name in programmes),
        align="lrrrrrrr",
    )
