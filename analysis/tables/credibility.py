"""The rows, the table and the figures' tables of the chapter on robustness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis import dutch
from analysis.credibility.cells import Cells
from analysis.credibility.lee_bounds import LeeBounds
from analysis.credibility.sensitivity import Sensitivity
from analysis.credibility.specification_curve import Curve
from analysis.datakind import DataKind
from analysis.design.robustness import Robustness
from analysis.design.rollout import Programme
from analysis.exhibits import TableExhibit
from analysis.inference.one_outcome import MIN_TREATED_CLUSTERS
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.tables.rollout import finite

SECTION = "robuustheid"
DECIMALS = 2
TOO_FEW = (
    f"Geen uitspraak over significantie: minder dan {MIN_TREATED_CLUSTERS} provincies met of zonder start."
)
WORDS = {
    "estimator": {
        "not_yet": "groepen en jaren, nog niet begonnen",
        "never": "groepen en jaren, nooit begonnen",
        "imputation": "toegerekend (imputatie)",
        "two_way": "vaste effecten",
    },
    "sample": {
        "municipalities": "elke gemeente even zwaar",
        "inhabitants": "naar inwoners",
        "provinces": "elke provincie even zwaar",
    },
    "spillover": {False: "niet meegenomen", True: "meegenomen"},
    "policy": {False: "niet meegenomen", True: "meegenomen"},
}


@dataclass(frozen=True)
class Checks:
    """What the rows of the chapter share.

    Attributes
    ----------
    panel : Sourced
    design : Programme
    other : Sourced
        The registration of the concurrent programme.
    cells : Cells
        What the checks are computed on: the municipalities measured in every year.
    refusal : str
        Why no significance statement may be made, or "".
    """

    panel: Sourced
    design: Programme
    other: Sourced
    cells: Cells
    refusal: str = ""

    def row(self, name: str, label: str, value: float | None, *, both: bool = False, **fields) -> Result:
        """A row of this chapter; with `both` it also rests on the other programme's registration."""
        sources = (self.panel, self.other) if both else (self.panel,)
        given = {
            "kind": DataKind.combine(item.kind for item in sources),
            "source": "; ".join(dict.fromkeys(item.source for item in sources)),
            "n": self.cells.units,
            "outcome": self.design.outcome.name,
            "unit": self.design.outcome.unit,
            "decimals": DECIMALS,
        }
        return Result(f"{SECTION}.{name}", label, value, **(given | fields))

    def p_row(self, name: str, label: str, value: float, **fields) -> Result:
        """A p-value; none, and the reason, where no significance statement may be made."""
        decimals = 3 if value >= 0.0005 else 4
        given = {"unit": "", "decimals": decimals, "note": self.refusal} | fields
        return self.row(name, label, None if self.refusal else value, **given)


def result_rows(checks: Checks, name: str, label: str, found, **fields) -> tuple[Result, Result]:
    """An estimate with the interval of its randomisation test, and the p-value as ``<name>_p``.

    `found` is a :class:`~analysis.inference.Tested` or one row of its table.
    """
    low, high = finite((found.low, found.high))
    shared = {"clusters": int(found.clusters), **fields}
    value = checks.row(name, label, found.estimate, se=found.se, low=low, high=high, **shared)
    few = min(found.treated_clusters, found.comparison_clusters) < MIN_TREATED_CLUSTERS
    own = replace(checks, refusal=checks.refusal or TOO_FEW) if few else checks
    return value, own.p_row(f"{name}_p", f"p-waarde: {label}", found.p_value, **shared)


def table_rows(
    checks: Checks, table: pd.DataFrame, key: str, name: str, label: str, **fields
) -> tuple[Result, ...]:
    """:func:`result_rows` for every row of a table; ``{}`` in `name` and `label` is the row's `key`."""
    words = WORDS.get({"weights": "sample"}.get(key, key), {})
    return tuple(
        result
        for row in table.itertuples()
        for value in (getattr(row, key),)
        for result in result_rows(
            checks, name.format(value), label.format(words.get(value, value)), row, **fields
        )
    )


def left_out_row(checks: Checks) -> Result:
    """Municipalities that the checks leave out because they are not measured in every year."""
    count = sum(count for _, count in checks.cells.dropped)
    note = "Deze toetsen gebruiken alleen gemeenten die in elk jaar zijn gemeten."
    return checks.row("left_out", "gemeenten weggelaten", count, unit="", decimals=0, note=note)


def curve_rows(checks: Checks, curve: Curve) -> tuple[Result, ...]:
    """The curve in figures: how many specifications, where they lie, and the tests of the whole."""
    estimates = curve.table["estimate"]
    shared = {"both": True, "clusters": len(checks.cells.clusters)}
    share = {"unit": "%", "decimals": 0, **shared}
    significant = None if checks.refusal else 100 * curve.share_significant
    return (
        checks.row("curve_n", "specificaties in de curve", len(curve.table), unit="", decimals=0, both=True),
        checks.row("curve_median", "middelste schatting van alle specificaties", curve.median, **shared),
        checks.row("curve_low", "laagste schatting van alle specificaties", estimates.min(), **shared),
        checks.row("curve_high", "hoogste schatting van alle specificaties", estimates.max(), **shared),
        checks.row("curve_share_sign", "specificaties met hetzelfde teken", 100 * curve.share_sign, **share),
        checks.row(
            "curve_share_significant",
            "specificaties met dat teken en p hoogstens 0,05",
            significant,
            note=checks.refusal,
            **share,
        ),
        checks.p_row("curve_p", "p-waarde van de hele curve: middelste schatting", curve.p_median, **shared),
        *(
            ()  # a test that cannot reject is not printed
            if curve.p_sign is None
            else (
                checks.p_row(
                    "curve_p_sign", "p-waarde van de hele curve: aandeel teken", curve.p_sign, **shared
                ),
            )
        ),
        checks.p_row(
            "curve_p_significant",
            "p-waarde van de hele curve: aandeel significant",
            curve.p_significant,
            **shared,
        ),
        checks.row(
            "curve_draws",
            "andere verdelingen van de startjaren waarmee de curve is vergeleken",
            curve.draws - 1,
            unit="",
            decimals=0,
            both=True,
        ),
    )


def leave_one_out_rows(
    checks: Checks, table: pd.DataFrame, names: Mapping[str, str]
) -> tuple[Result, Result]:
    """The lowest and the highest estimate when one province is left out; the note says which."""
    found = []
    for end, place in (("low", table["estimate"].idxmin()), ("high", table["estimate"].idxmax())):
        row = table.loc[place]
        word = {"low": "laagste", "high": "hoogste"}[end]
        low, high = finite((row["low"], row["high"]))
        found.append(
            checks.row(
                f"leave_one_out_{end}",
                f"{word} schatting als één provincie wegblijft",
                row["estimate"],
                se=row["se"],
                low=low,
                high=high,
                clusters=int(row["clusters"]),
                note=f"Zonder {names.get(row['cluster'], row['cluster'])}.",
            )
        )
    return found[0], found[1]


def lee_rows(checks: Checks, bounds: LeeBounds) -> tuple[Result, ...]:
    """The bounds, the plain difference and the shares measured."""
    shared = {"n": bounds.n, "clusters": bounds.clusters}
    low, high = bounds.interval or (None, None)
    note = "Verandering sinds de start in de eerste groep provincies, tegen provincies zonder start."
    share = {"unit": "%", "decimals": 0, **shared}
    return (
        checks.row("lee_low", "ondergrens bij uitval", bounds.low, se=bounds.se_low, note=note, **shared),
        checks.row("lee_high", "bovengrens bij uitval", bounds.high, se=bounds.se_high, note=note, **shared),
        checks.row(
            "lee_naive",
            "verschil zonder rekening te houden met uitval",
            bounds.naive,
            low=low,
            high=high,
            note="Het interval houdt wel rekening met uitval: het dekt de onder- en de bovengrens.",
            **shared,
        ),
        checks.row(
            "measured_treated", "gemeten gemeenten, met start", 100 * bounds.observed_treated, **share
        ),
        checks.row(
            "measured_control", "gemeten gemeenten, zonder start", 100 * bounds.observed_control, **share
        ),
    )


def sensitivity_rows(checks: Checks, found: Sensitivity) -> tuple[Result, ...]:
    """How far the provinces may drift apart before the effect of the first year may be zero."""
    clusters = len(checks.cells.clusters)
    rows = []
    for name, value, label, unit in (
        (
            "breakdown_mbar",
            found.breakdown_mbar,
            "grootste afwijking, als veelvoud van die vóór de start, waarbij het effect niet nul kan zijn",
            "maal",
        ),
        (
            "breakdown_m",
            found.breakdown_m,
            "grootste knik in de ontwikkeling waarbij het effect in het eerste jaar niet nul kan zijn",
            f"{checks.design.outcome.unit} per jaar",
        ),
    ):
        known = bool(np.isfinite(value))
        note = "" if known else "Geen enkele doorgerekende afwijking maakt het effect nul."
        rows.append(
            checks.row(name, label, value if known else None, unit=unit, note=note, clusters=clusters)
        )
    return tuple(rows)


def curve_table(curve: Curve, checks: Checks, plan: Robustness, truth: float | None) -> pd.DataFrame:
    """The curve for its figure: choices in Dutch words, the main specification marked.

    Parameters
    ----------
    truth : float or None
        The planted effect, in a twin.
    """
    table = curve.table
    main = {"estimator": plan.main.estimator, "sample": plan.main.weights, "without": ""}
    main |= {"anticipation": checks.design.specification(plan.main.specification).anticipation}
    main |= {"before": plan.curve.years_before[0], "spillover": False, "policy": False}
    is_main = np.logical_and.reduce([table[name] == value for name, value in main.items()])
    words = {name: table[name].map(known) for name, known in WORDS.items()}
    words["anticipation"] = table["anticipation"].map(lambda years: f"{years} jaar" if years else "geen")
    words["before"] = table["before"].map(lambda years: f"{years} jaar" if years else "alle jaren")
    words["without"] = np.where(table["without"] == "", "alle", "één weggelaten")
    clusters = len(checks.cells.clusters)
    drawn = bounded(table, clusters).assign(**words, main=is_main)
    return drawn if truth is None else drawn.assign(truth=truth)


def leave_one_out_table(checks: Checks, table: pd.DataFrame, names: Mapping[str, str], whole) -> pd.DataFrame:
    """The forest of estimates without each province, the whole first."""
    clusters = len(checks.cells.clusters)
    first = pd.DataFrame([{"label": ALL_PROVINCES, **vars(whole)}])
    rows = table.assign(label=[f"zonder {names.get(code, code)}" for code in table["cluster"]])
    columns = ["label", "estimate", "se", "low", "high"]
    return bounded(pd.concat([first[columns], rows[columns]], ignore_index=True), clusters)


ALL_PROVINCES = "alle provincies"


def bounded(table: pd.DataFrame, clusters: int, level: float = 0.95) -> pd.DataFrame:
    """Where a test gives no end, an interval by t(clusters − 1), so that there is something to draw."""
    half = stats.t.ppf(0.5 + level / 2, clusters - 1) * table["se"]
    known = np.isfinite(table["low"]) & np.isfinite(table["high"])
    return table.assign(
        low=table["low"].where(known, table["estimate"] - half),
        high=table["high"].where(known, table["estimate"] + half),
    )


def checks_table(checks: Checks, rows: tuple[Result, ...]) -> TableExhibit:
    """The checks beside each other; a check without a row is left out."""
    found = {row.id.partition(".")[2]: row for row in rows}
    shown = []
    for name, label in CHECKED.items():
        for key in sorted(key for key in found if key == name or _numbered(key, name)):
            number = key[len(name) :].strip("_")
            row, p = found[key], found.get(f"{key}_p")
            shown.append(
                (
                    label.format(number),
                    dutch.number(row.value, DECIMALS, sign=row.unit == checks.design.outcome.unit),
                    "niet van toepassing" if row.low is None else row.interval_text,
                    "niet getoetst"
                    if p is None
                    else "geen uitspraak"
                    if p.value is None
                    else dutch.p_value(p.value),
                )
            )
    return TableExhibit(
        id=f"tbl-{SECTION}",
        cells=pd.DataFrame(
            shown,
            columns=["Controle", f"Schatting ({checks.design.outcome.unit})", "95%-interval", "p-waarde"],
        ),
        caption=(
            "De hoofdschatting onder andere keuzen, en toetsen waar niets te vinden mag zijn. Intervallen en "
            f"p-waarden uit de randomisatietoets over provincies. {checks.refusal}".strip()
        ),
        kind=DataKind.combine(row.kind for row in rows),
        source="; ".join(dict.fromkeys(key for row in rows for key in row.source.split("; "))),
        align="lrlr",
    )


CHECKED = {
    "main": "Hoofdschatting",
    "weights_inhabitants": "Gemeenten wegen naar inwoners",
    "weights_provinces": "Elke provincie even zwaar",
    "estimator_never": "Alleen vergeleken met provincies zonder start",
    "estimator_imputation": "Toegerekend (imputatie)",
    "estimator_two_way": "Vaste effecten voor gemeente en jaar",
    "anticipation": "Provincies mogen {} jaar vooruitlopen",
    "direct": "Met buurprovincies als regressor",
    "concurrent": "Met het andere programma als regressor",
    "before": "Verandering in {} jaar vóór de start",
    "placebo": "Start {} jaar te vroeg verondersteld",
    "placebo_outcome": "Uitkomst waar het programma niets aan doet",
    "spillover": "Uitstraling als alle buren meedoen",
    "concurrent_interaction": "Verschil waar ook het andere programma loopt",
    "lee_naive": "Eerste groep provincies, zonder te letten op uitval",
    "lee_low": "Ondergrens bij uitval",
    "lee_high": "Bovengrens bij uitval",
}


def _numbered(key: str, name: str) -> bool:
    return key.startswith(f"{name}_") and key[len(name) + 1 :].isdigit()


def choices(plan: Robustness, other: str) -> dict[str, str]:
    """The choices that the plan varies, with their Dutch names, for the figure of the curve."""
    varied = {
        "estimator": (plan.curve.estimators, "Schatter"),
        "sample": (plan.curve.weights, "Weging"),
        "anticipation": (plan.curve.anticipation, "Vooruitlopen"),
        "before": (plan.curve.years_before, "Jaren vóór de start"),
        "without": ((False, True)[: 1 + plan.curve.leave_one_out], "Provincies"),
        "spillover": (plan.curve.spillover, "Buurprovincies"),
        "policy": (plan.curve.other_policy, other),
    }
    return {name: label for name, (options, label) in varied.items() if len(options) > 1}


def starts(schedule: pd.DataFrame) -> dict[str, float | None]:
    """The first year by province from a schedule; None where there is none."""
    return {
        code: None if pd.isna(start) else float(start)
        for code, start in schedule[["code", "start"]].itertuples(index=False)
    }
