"""Rows and series on what an answer hangs on and what could have been seen, from the study of its checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.answers.effect import HEADLINE, IMPUTED, MAIN, TWO_WAY
from analysis.credibility.certainty_study import (
    CLUSTERS,
    PEOPLE,
    UNITS,
    CertaintyPlan,
    CertaintyStudy,
    certainty_study,
)
from analysis.design.robustness import Robustness
from analysis.inference import Tested, no_statement
from analysis.panel.question import Panel
from analysis.results import Result, Series
from analysis.unknown import NotEstimable

SECTION = "zekerheid"
_SPECIFIED = {"never": (MAIN, "never"), "imputation": (IMPUTED, HEADLINE), "two_way": (TWO_WAY, HEADLINE)}
TEST = "randomisatietoets"
WORDS = {
    "estimator": {
        "not_yet": "groepen en metingen, nog niet begonnen",
        "never": "groepen en metingen, nooit begonnen",
        "imputation": "toegerekend",
        "two_way": "vaste effecten",
    },
    "sample": {
        UNITS: "elke gemeente of provincie even zwaar",
        PEOPLE: "naar aantal mensen",
        CLUSTERS: "elke provincie even zwaar",
    },
}


def plan_of(panel: Panel, plan: Robustness) -> CertaintyPlan:
    """What is tried for this question, from ``robustness.toml`` and the question itself."""
    asked, smallest = panel.question, panel.question.outcome.smallest_of_interest
    scale = (asked.outcome.tried or smallest) / smallest
    return CertaintyPlan(
        control=asked.comparison,
        curve_estimators=plan.curve.estimators,
        anticipation=plan.curve.anticipation,
        before=plan.curve.before,
        leave_one_out=plan.curve.leave_one_out,
        curve_draws=plan.curve.draws,
        curve_seed=plan.curve.seed,
        placebo=plan.checks.placebo,
        early=plan.checks.anticipation,
        leads=plan.checks.leads,
        mbar=plan.checks.mbar,
        smallest=smallest,
        effects=tuple(sorted({1.0, *(scale * effect for effect in plan.power.effects)})),
        target=plan.power.target,
        alpha=plan.power.alpha,
        reassigned=plan.power.reassigned,
        draws=plan.power.draws,
        power_seed=plan.power.seed,
    )


def check_question(
    panel: Panel,
    plan: Robustness,
    *,
    neighbours: Mapping[str, tuple[str, ...]],
    provinces: Mapping[str, str],
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Result | Series, ...]:
    """The rows and series that say how sure the answer to the question of `panel` is.

    Parameters
    ----------
    neighbours : mapping of province to provinces
    provinces : mapping of code to name
    """
    chosen = plan_of(panel, plan)
    if isinstance(panel.frame, NotEstimable):
        study = CertaintyStudy(**dict.fromkeys(CertaintyStudy.__dataclass_fields__, panel.frame))
    else:
        study = certainty_study(
            panel.frame,
            chosen,
            neighbours=neighbours,
            other=panel.other,
            moments=panel.moments,
            level=level,
            seed=seed,
        )
    rows = _Rows(panel, level, provinces)
    return (
        *rows.tested("main", "hoofdschatting", study.whole, estimator=MAIN, specification=HEADLINE),
        *rows.table(study.weights, "weights", "weights_{}", "effect: {}", (PEOPLE, CLUSTERS)),
        *rows.table(
            study.estimators, "estimator", "estimator_{}", "effect: {}", ("never", "imputation", "two_way")
        ),
        *rows.table(
            study.dates, "shift", "placebo_{}", "schatting bij een start die {} metingen te vroeg is",
            chosen.placebo,
        ),
        *_early(rows, study, chosen),
        *_spill(rows, study),
        *_trends(rows, study),
        *_limits(rows, study),
        *_curve_rows(rows, study),
        *_noise(rows, study),
        *_power(rows, study, chosen),
        _without(rows, study),
        _curve(rows, study),
        _power_points(rows, study),
    )  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """Makes rows that share question, kind, source and unit."""

    panel: Panel
    level: float
    provinces: Mapping[str, str]

    @property
    def prefix(self) -> str:
        return f"{SECTION}.{self.panel.question.prefix.replace('.', '_')}"

    def _shared(self) -> dict:
        asked = self.panel.question
        return {
            "kind": self.panel.kind,
            "source": self.panel.source,
            "level": self.level,
            "question": asked.id,
            "outcome": asked.outcome.name,
            "decimals": asked.outcome.decimals,
        }

    def row(self, name: str, label: str, value, unit: str | None = None, **given) -> Result:
        shared = {**self._shared(), "n": self.panel.people, "clusters": self.panel.clusters} | given
        shared["unit"] = self.panel.question.outcome.unit if unit is None else unit
        if not _known(value):
            value = None
        shared |= {name: None for name in ("se", "p_value", "smallest_p") if not _known(shared.get(name))}
        return Result(f"{self.prefix}.{name}", label, value, **shared)

    def series(self, name: str, label: str, points, measures, unit: str | None = None, **given) -> Series:
        shared = self._shared() | given
        unit = self.panel.question.outcome.unit if unit is None else unit
        if not isinstance(points, NotEstimable) and "n" not in points.columns:
            points = points.assign(n=self.panel.people)
        return Series(f"{self.prefix}.{name}", label, unit, points=points, measures=measures, **shared)

    def tested(self, name: str, label: str, found, **given) -> tuple[Result]:
        """An estimate with the interval and p-value of its randomisation test, where that may speak."""
        given |= {"test": TEST}
        if isinstance(found, NotEstimable):
            return (self.row(name, label, found, **given),)
        silent = no_statement(found, self.level)
        if silent:
            clusters = int(found.clusters)
            estimate = float(found.estimate)
            return (self.row(name, label, estimate, clusters=clusters, no_statement=silent, **given),)
        low, high = _finite(found.low, found.high)
        return (
            self.row(
                name, label, float(found.estimate), low=low, high=high,
                p_value=None if math.isnan(found.p_value) else float(found.p_value),
                smallest_p=float(found.smallest_p), clusters=int(found.clusters), **given,
            ),
        )  # fmt: skip

    def table(self, table, key: str, name: str, label: str, expected) -> tuple[Result, ...]:
        """A row for every choice of a table; all without a number where there is no table."""
        words = WORDS.get({"weights": "sample"}.get(key, key), {})
        if isinstance(table, NotEstimable):
            return tuple(
                self.row(
                    name.format(value),
                    label.format(words.get(value, value)),
                    table,
                    test=TEST,
                    **_specified(key, value),
                )
                for value in expected
            )
        rows = []
        for line in table.itertuples():
            value = getattr(line, key)
            text = label.format(words.get(value, value))
            found = NotEstimable(line.reason) if line.reason else line
            rows += self.tested(name.format(value), text, found, **_specified(key, value))
        return tuple(rows)


def _specified(key: str, value) -> dict[str, str]:
    """Estimator and specification of a choice, named as those of the answer where it is one of these."""
    return (
        dict(zip(("estimator", "specification"), _SPECIFIED[value], strict=True))
        if key == "estimator"
        else {}
    )


def _early(rows: _Rows, study: CertaintyStudy, plan: CertaintyPlan) -> tuple[Result, ...]:
    parts = (
        ("before", "before_{}", "verandering in {} metingen vóór de start"),
        ("effect", "anticipation_{}", "effect als provincies {} metingen vooruitlopen"),
    )
    found = []
    for part, name, label in parts:
        table = study.early if isinstance(study.early, NotEstimable) else getattr(study.early, part)
        found += rows.table(table, "periods", name, label, plan.early)
    return tuple(found)


def _spill(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    spill, beside = study.spill, study.beside
    spill_parts = (spill, spill) if isinstance(spill, NotEstimable) else (spill.direct, spill.exposure)
    other = (beside, beside) if isinstance(beside, NotEstimable) else (beside.adjusted, beside.interaction)
    return (
        *rows.tested("direct", "effect met buurprovincies als regressor", spill_parts[0]),
        *rows.tested("spillover", "uitstraling als alle buren meedoen", spill_parts[1]),
        *rows.tested("concurrent", "effect met het andere programma als regressor", other[0]),
        *rows.tested("concurrent_interaction", "verschil waar ook het andere programma loopt", other[1]),
    )


def _trends(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    found, unit = study.trends, f"{rows.panel.question.outcome.unit} per meting"
    label = "verschil in ontwikkeling vóór de start"
    if isinstance(found, NotEstimable):
        return (rows.row("trend", label, found, unit), rows.row("trend_bias", _BIAS, found))
    together = found.table.iloc[-1]  # all cohorts together, or the only one
    if together["reason"]:
        why = NotEstimable(together["reason"])
        return (rows.row("trend", label, why, unit), rows.row("trend_bias", _BIAS, why))
    low, high = _finite(together["low"], together["high"])
    return (
        rows.row(
            "trend", label, float(together["slope"]), unit, low=low, high=high, p_value=float(found.p_value),
            smallest_p=float(found.smallest_p), test=TEST,
            note="Een hoge p-waarde bewijst niet dat de ontwikkeling gelijk was.",
        ),
        rows.row(
            "trend_detectable", "verschil in ontwikkeling dat die toets in vier van de vijf gevallen ziet",
            float(together["detectable_80"]), unit,
        ),
        rows.row("trend_bias", _BIAS, float(together["bias"])),
    )  # fmt: skip


_BIAS = "wat dat verschil in ontwikkeling aan de schatting zou doen"


def _limits(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    """At which violation the conclusion that there is an effect falls; zero where there is none."""
    unit = rows.panel.question.outcome.unit
    drift, allowance, hidden = study.drift, study.allowance, study.hidden
    parts = (
        (
            "breakdown_mbar", "grootste afwijking, maal die vóór de start, waarbij nul is uitgesloten",
            drift if isinstance(drift, NotEstimable) else float(drift.breakdown_mbar), "maal",
        ),
        (
            "breakdown_m", "grootste knik in de ontwikkeling waarbij nul is uitgesloten",
            drift if isinstance(drift, NotEstimable) else float(drift.breakdown_m), f"{unit} per meting",
        ),
        (
            "breakdown_b", "grootste uiteenlopen per meting waarbij de randomisatietoets nul uitsluit",
            allowance if isinstance(allowance, NotEstimable) else float(allowance.breakdown),
            f"{unit} per meting",
        ),
        (
            "gamma", "verhouding van kansen op een vroege start waarbij de conclusie valt",
            hidden if isinstance(hidden, NotEstimable) else float(hidden.gamma), "",
        ),
    )  # fmt: skip
    endless = "Geen enkele doorgerekende afwijking maakt het effect nul."
    return tuple(
        rows.row(name, label, value, own, note=endless if value == math.inf else "")
        for name, label, value, own in parts
    )


def _curve_rows(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    curve = study.curve
    labels = {
        "curve_n": "specificaties in de curve",
        "curve_median": "middelste schatting van alle specificaties",
        "curve_lowest": "kleinste schatting van alle specificaties",
        "curve_highest": "hoogste schatting van alle specificaties",
        "curve_sign": "specificaties met hetzelfde teken",
        "curve_p": "p-waarde van de hele curve",
    }
    if isinstance(curve, NotEstimable):
        return tuple(rows.row(name, label, curve) for name, label in labels.items())
    had = curve.table["estimate"].dropna()
    values = {
        "curve_n": (float(len(had)), {"unit": "", "decimals": 0}),
        "curve_median": (curve.median, {}),
        "curve_lowest": (float(had.min()), {}),
        "curve_highest": (float(had.max()), {}),
        "curve_sign": (100 * curve.share_sign, {"unit": "%", "decimals": 0}),
        "curve_p": (
            curve.p_median,
            {"unit": "", "decimals": 3, "smallest_p": curve.smallest_p, "se": curve.monte_carlo_se},
        ),
    }
    return tuple(rows.row(name, labels[name], value, **given) for name, (value, given) in values.items())


def _noise(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    noise = study.noise
    parts = (
        ("noise_sd", "schok van één provincie in één meting (standaardafwijking)", "sd", None),
        ("noise_persistence", "samenhang van schokken die een jaar uiteenliggen", "persistence", ""),
        ("noise_spatial", "samenhang met buurprovincies", "spatial", ""),
    )
    found = []
    for name, label, field, unit in parts:
        if isinstance(noise, NotEstimable):
            found.append(rows.row(name, label, noise, unit))
            continue
        item = getattr(noise, field)
        low, high = _finite(item.low, item.high)
        found.append(rows.row(name, label, float(item.value), unit, low=low, high=high))
    return tuple(found)


def _power(rows: _Rows, study: CertaintyStudy, plan: CertaintyPlan) -> tuple[Result, ...]:
    power, unit = study.power, rows.panel.question.outcome.unit
    wanted = f"{100 * plan.target:.0f}"
    label = f"kleinste effect dat met {wanted}% kans gezien wordt"
    if isinstance(power, NotEstimable):
        return (rows.row("detectable", label, power), rows.row("power", _POWER, power, "%"))
    table = power.table
    if power.detectable is None:
        largest = f"{table['effect'].max():g}".replace(".", ",")
        why = NotEstimable(f"ook een effect van {largest} {unit} haalt geen {wanted}%")
        first = rows.row("detectable", label, why)
    else:
        first = rows.row("detectable", label, float(power.detectable), se=float(power.detectable_se))
    at = {name: float(np.interp(plan.smallest, table["effect"], table[name])) for name in table.columns}
    too_large, wrong_sign = (
        factor * at[name] if math.isfinite(at[name]) else _UNSEEN
        for name, factor in (("type_m", 1), ("type_s", 100))
    )
    share = {"unit": "%", "decimals": 0}
    return (
        first,
        rows.row("power", _POWER, 100 * at["power"], se=100 * at["power_se"], **share),
        rows.row(
            "size", "kans op vals alarm zonder effect", 100 * power.size, se=100 * power.size_se, **share
        ),
        rows.row("type_m", "gemiddelde overschatting als de toets dat effect ziet", too_large, "maal"),
        rows.row("type_s", "kans op het verkeerde teken als de toets dat effect ziet", wrong_sign, **share),
    )


_UNSEEN = NotEstimable("de toets ziet een zo klein effect in geen enkele nabootsing")
_POWER = "kans om het kleinste effect dat ertoe doet te zien"


def _without(rows: _Rows, study: CertaintyStudy) -> Series:
    label, measures = "schatting als telkens één provincie wegblijft", ("estimate", "low", "high")
    if isinstance(study.without, NotEstimable):
        return rows.series("zonder", label, study.without, measures, test=TEST)
    table = study.without
    whole = study.whole
    first = pd.DataFrame(
        [{"cluster": "", **({} if isinstance(whole, NotEstimable) else _ends(whole)), "reason": ""}]
    )
    points = pd.concat([first, table[["cluster", *measures, "reason"]]], ignore_index=True)
    points["label"] = [
        "alle provincies" if not code else f"zonder {rows.provinces.get(code, code)}"
        for code in points["cluster"]
    ]
    return rows.series("zonder", label, _open_ends(points, measures), measures, test=TEST)


def _curve(rows: _Rows, study: CertaintyStudy) -> Series:
    label, measures = "schatting onder elke verdedigbare specificatie", ("estimate", "low", "high")
    curve = study.curve
    if isinstance(curve, NotEstimable):
        return rows.series("curve", label, curve, measures, test=TEST)
    table = curve.table[curve.table["estimate"].notna()]
    points = pd.DataFrame(
        {
            "estimator": table["estimator"].map(WORDS["estimator"]),
            "sample": table["sample"].map(WORDS["sample"]),
            "anticipation": table["anticipation"].map(lambda count: f"{count} meting" if count else "geen"),
            "before": table["before"].map(lambda count: f"{count} metingen" if count else "alle"),
            "without": np.where(table["without"] == "", "alle", "één weggelaten"),
            "spillover": table["spillover"].map({False: "niet meegenomen", True: "meegenomen"}),
            "policy": table["policy"].map({False: "niet meegenomen", True: "meegenomen"}),
            "main": _is_main(table, rows.panel.question.comparison),
            **{name: table[name] for name in measures},
        }
    )
    return rows.series("curve", label, _open_ends(points, measures), measures, test=TEST)


def _is_main(table: pd.DataFrame, control: str) -> pd.Series:
    return (
        (table["estimator"] == control) & (table["sample"] == UNITS) & (table["anticipation"] == 0)
        & (table["before"] == 0) & (table["without"] == "") & ~table["spillover"] & ~table["policy"]
    )  # fmt: skip


def _power_points(rows: _Rows, study: CertaintyStudy) -> Series:
    label, measures = "kans om een effect te zien, naar grootte", ("power", "power_se")
    if isinstance(study.power, NotEstimable):
        return rows.series("vermogen", label, study.power, measures, "")
    points = study.power.table[["effect", *measures]].reset_index(drop=True)
    return rows.series("vermogen", label, points, measures, "", test=TEST)


def _ends(found: Tested) -> dict:
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _open_ends(points: pd.DataFrame, measures: tuple[str, ...]) -> pd.DataFrame:
    """An interval without an end is none: the test cannot exclude anything there."""
    points = points.copy()
    numbers = points[list(measures)].astype(float).replace([np.inf, -np.inf], np.nan)
    gone = numbers["low"].isna() | numbers["high"].isna()
    numbers.loc[gone, ["low", "high"]] = np.nan
    points[list(measures)] = numbers
    return points.reset_index(drop=True)


def _known(number) -> bool:
    """Whether a row may hold `number`: an infinite or missing one it may not."""
    return not isinstance(number, float | np.floating) or math.isfinite(number)


def _finite(low: float, high: float) -> tuple[float | None, float | None]:
    known = math.isfinite(low) and math.isfinite(high)
    return (float(low), float(high)) if known else (None, None)
