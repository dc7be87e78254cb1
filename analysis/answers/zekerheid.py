"""Rows and series on what an answer hangs on and what could have been seen, from the study of its checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
import pandas as pd

from analysis.answers.effect_names import HEADLINE, IMPUTED, MAIN, TWO_WAY
from analysis.answers.places import reasoned, said
from analysis.answers.zekerheid_balans import balance_series
from analysis.answers.zekerheid_gelijk import alike_row
from analysis.answers.zekerheid_names import DRIFT, checks_of
from analysis.answers.zekerheid_uitval import lost_rows
from analysis.credibility import Pretrends
from analysis.credibility.certainty_study import (
    CLUSTERS,
    PEOPLE,
    PRECISION,
    UNITS,
    CertaintyStudy,
    certainty_study,
)
from analysis.credibility.pretrends import TOGETHER
from analysis.credibility.size_table import BOOTSTRAP
from analysis.design.robustness import Robustness
from analysis.inference import Tested, no_statement
from analysis.panel.question import Panel
from analysis.results import Result, Series
from analysis.unknown import NotEstimable, attempt

_SPECIFIED = {"never": (MAIN, "never"), "imputation": (IMPUTED, HEADLINE), "two_way": (TWO_WAY, HEADLINE)}
TEST = "randomisatietoets"
WORDS = {
    "estimator": {
        "not_yet": "groepen en metingen, nog niet begonnen",
        "never": "groepen en metingen, nooit begonnen",
        "imputation": "imputatie",
        "two_way": "vaste effecten",
    },
    "sample": {
        UNITS: "elke gemeente of provincie even zwaar",
        PEOPLE: "naar aantal mensen",
        PRECISION: "naar de nauwkeurigheid van elke meting",
        CLUSTERS: "elke provincie even zwaar",
    },
}


def plan_of(panel: Panel, plan: Robustness) -> Robustness:
    """`plan` with the effects that are tried for this question, in its own smallest effect."""
    outcome = panel.question.outcome
    scale = (outcome.tried or outcome.smallest_of_interest) / outcome.smallest_of_interest
    effects = {scale * effect for effect in plan.power.effects} | {1.0}  # the smallest itself is always tried
    return replace(plan, power=replace(plan.power, effects=tuple(sorted(effects))))


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
    asked = panel.question
    if isinstance(panel.frame, NotEstimable):
        study = CertaintyStudy(**dict.fromkeys(CertaintyStudy.__dataclass_fields__, panel.frame))
    else:
        study = certainty_study(
            panel.frame,
            plan_of(panel, plan),
            control=asked.comparison,
            smallest=asked.outcome.smallest_of_interest,
            neighbours=neighbours,
            other=panel.other,
            moments=panel.moments,
            level=level,
            seed=seed,
        )
    study = _without_tests(study, level)
    rows = _Rows(panel, level, provinces)
    return (
        *rows.tested("main", "hoofdschatting", study.whole, estimator=MAIN, specification=HEADLINE),
        *_strata(rows, study),
        alike_row(rows, study.whole),
        *lost_rows(rows, study.whole, level),
        *rows.table(study.weights, "weights", "weights_{}", "effect: {}", (PEOPLE, CLUSTERS)),
        *rows.table(
            study.estimators, "estimator", "estimator_{}", "effect: {}", ("never", "imputation", "two_way")
        ),
        *rows.table(
            study.dates, "shift", "placebo_{}", "schatting bij een start die {} te vroeg is",
            plan.checks.placebo,
        ),
        *_early(rows, study, plan.checks.anticipation),
        *_spill(rows, study),
        *_trends(rows, study),
        *_limits(rows, study),
        *_curve_rows(rows, study),
        *_noise(rows, study),
        *_power(rows, study, plan.power.target),
        *_alarms(rows, study),
        balance_series(rows, plan.strata.randstad),
        _before(rows, study),
        _without(rows, study),
        _curve(rows, study),
        _drifts(rows, study),
        _power_points(rows, study),
        _alarm_points(rows, study),
    )  # fmt: skip


def _without_tests(study: CertaintyStudy, level: float) -> CertaintyStudy:
    """Where the answer makes no statement, nothing is said either of when it would fall or be seen."""
    silent = "" if isinstance(study.whole, NotEstimable) else no_statement(study.whole, level)
    if not silent:
        return study
    why = NotEstimable(silent)
    return replace(study, drift=why, allowance=why, hidden=why, power=why, alarms=why)


@dataclass(frozen=True)
class _Rows:
    """Makes rows that share question, kind, source and unit."""

    panel: Panel
    level: float
    provinces: Mapping[str, str]

    @property
    def prefix(self) -> str:
        return checks_of(self.panel.question.prefix)

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
        shared.setdefault("least", self.panel.least)
        shared["unit"] = self.panel.question.outcome.unit if unit is None else unit
        if not _known(value):
            value = None
        shared |= {name: None for name in ("se", "p_value", "smallest_p") if not _known(shared.get(name))}
        places = self.panel.places
        return Result(
            f"{self.prefix}.{name}", places.named(label), reasoned(places, value), **said(places, shared)
        )

    def series(self, name: str, label: str, points, measures, unit: str | None = None, **given) -> Series:
        places = self.panel.places
        shared, points = said(places, self._shared() | given), reasoned(places, points)
        unit = self.panel.question.outcome.unit if unit is None else unit
        if not isinstance(points, NotEstimable):
            if "n" not in points.columns:
                points = points.assign(n=self.panel.people)
            if self.panel.least is not None:
                fewest = points.get("n_least", self.panel.least)
                points = points.assign(n_least=np.minimum(fewest, self.panel.least))
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
                    label.format(words.get(value, _measurements(value))),
                    table,
                    test=TEST,
                    **_specified(key, value),
                )
                for value in expected
            )
        rows = []
        for line in table.itertuples():
            value = getattr(line, key)
            text = label.format(words.get(value, _measurements(value)))
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


def _strata(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    found, label = (
        study.strata,
        "zelfde starts over provincies, binnen de Randstad en daarbuiten apart: aantal",
    )
    left = found
    if not isinstance(found, NotEstimable):
        left = (
            float(found.draws) if found.exact else NotEstimable("er zijn er te veel om ze allemaal te maken")
        )
    return (
        *rows.tested("strata", "effect, met herverdeling binnen de Randstad en daarbuiten apart", found),
        rows.row("strata_n", label, left, "", decimals=0),
    )


def _early(rows: _Rows, study: CertaintyStudy, periods: tuple[int, ...]) -> tuple[Result, ...]:
    parts = (
        ("before", "before_{}", "verandering in {} vóór de start"),
        ("effect", "anticipation_{}", "effect als provincies {} vooruitlopen"),
    )
    found = []
    for part, name, label in parts:
        table = study.early if isinstance(study.early, NotEstimable) else getattr(study.early, part)
        found += rows.table(table, "periods", name, label, periods)
    return tuple(found)


def _spill(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    return tuple(
        row
        for name, label, found, part in (
            ("direct", "effect met buurprovincies als regressor", study.spill, "direct"),
            ("spillover", "uitstraling als alle buren meedoen", study.spill, "exposure"),
            ("concurrent", "effect met het andere programma als regressor", study.beside, "adjusted"),
            ("concurrent_interaction", "verschil waar ook het andere programma loopt", study.beside,
             "interaction"),
        )
        for row in rows.tested(name, label, attempt(attrgetter(part), found))
    )  # fmt: skip


def _trends(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    found, unit = study.trends, f"{rows.panel.question.outcome.unit} per meting"
    label = "verschil in ontwikkeling vóór de start"
    if isinstance(found, NotEstimable):
        return _no_trends(rows, label, found, unit)
    together = found.table.iloc[-1]  # all cohorts together, or the only one
    if together["reason"]:
        return _no_trends(rows, label, NotEstimable(together["reason"]), unit)
    silent = no_statement(found, rows.level)
    low, high = (None, None) if silent else _finite(together["low"], together["high"])
    p_value, smallest_p = (None, None) if silent else (float(found.p_value), float(found.smallest_p))
    return (
        rows.row(
            "trend", label, float(together["slope"]), unit, low=low, high=high, p_value=p_value,
            smallest_p=smallest_p, test=TEST, no_statement=silent,
            note="Een hoge p-waarde bewijst niet dat de ontwikkeling gelijk was.",
        ),
        rows.row(
            "trend_detectable", _SEEN_TREND, _or_why(together["detectable_80"]), unit,
            se=float(together["detectable_80_se"]),
        ),
        rows.row("trend_bias", _BIAS, float(together["bias"])),
        *_missed(rows, found, together["cohort"]),
    )  # fmt: skip


def _no_trends(rows: _Rows, label: str, why: NotEstimable, unit: str) -> tuple[Result, ...]:
    """The same rows, of which the text names some, each with why it cannot be had."""
    return (
        rows.row("trend", label, why, unit),
        rows.row("trend_detectable", _SEEN_TREND, why, unit),
        rows.row("trend_bias", _BIAS, why),
        rows.row("trend_missed", _MISSED_TREND, why),
        rows.row("trend_missed_passed", _MISSED_PASSED, why),
    )


def _missed(rows: _Rows, found: Pretrends, cohort: float | str) -> tuple[Result, ...]:
    """What a trend does that the test misses as often as it finds it (Roth 2022)."""
    missed = found.missed(cohort)
    return (
        rows.row("trend_missed", _MISSED_TREND, _or_why(missed.bias), se=missed.bias_se),
        rows.row(
            "trend_missed_passed", _MISSED_PASSED, _or_why(missed.bias_passing), se=missed.bias_passing_se
        ),
    )


def _or_why(number: float) -> float | NotEstimable:
    return (
        float(number)
        if math.isfinite(number)
        else NotEstimable("de toets heeft te weinig metingen of provincies")
    )


def _before(rows: _Rows, study: CertaintyStudy) -> Series:
    """Slopes before the start by the provinces that start together, with what was to be seen of them."""
    unit = f"{rows.panel.question.outcome.unit} per meting"
    label, measures = "verschil in ontwikkeling vóór de start, naar start", _SLOPE
    found = study.trends
    if isinstance(found, NotEstimable):
        return rows.series("voorloop", label, found, measures, unit, test=TEST)
    tested = found.table["reason"] == ""
    if not tested.any():
        why = NotEstimable(found.table["reason"].iloc[0])
        return rows.series("voorloop", label, why, measures, unit, test=TEST)
    table = found.table[tested | (found.table["cohort"] != TOGETHER)]  # every start, also one with no test
    points = pd.DataFrame(
        {
            "label": [_started(rows, cohort) for cohort in table["cohort"]],
            "provinces": table["treated_clusters"],
            "measurements": table["periods"],
            "reason": table["reason"].map(rows.panel.places.named),
            **{name: table[name] for name in _SLOPE},
            "equivalent": [
                _EQUIVALENT[None if pd.isna(item) else bool(item)] for item in table["equivalent"]
            ],
        }
    ).reset_index(drop=True)
    numbers = points[list(_SLOPE)].astype(float).replace([np.inf, -np.inf], np.nan)
    silent = [bool(no_statement(line, rows.level)) for line in table.itertuples()]
    numbers.loc[silent, ["low", "high", "p_value"]] = np.nan
    points.loc[silent, "equivalent"] = _EQUIVALENT[None]
    points[list(_SLOPE)] = numbers
    return rows.series("voorloop", label, points, measures, unit, test=TEST)


_SLOPE = ("slope", "low", "high", "p_value", "detectable_80", "bias")
_EQUIVALENT = {True: "ja", False: "niet aangetoond", None: "niet te toetsen"}


def _started(rows: _Rows, cohort: float | str) -> str:
    labels = rows.panel.labels
    return (
        "alle starts samen"
        if isinstance(cohort, str)
        else f"eerste meting na de start: {labels[int(cohort)]}"
    )


_BIAS = "wat dat verschil in ontwikkeling aan de schatting zou doen"
_SEEN_TREND = "verschil in ontwikkeling dat die toets in vier van de vijf gevallen ziet"
_MISSED_TREND = "vertekening door een ontwikkeling die de toets in de helft van de gevallen mist"
_MISSED_PASSED = f"{_MISSED_TREND}, als de toets niets vond"


def _limits(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    """At which violation the conclusion that there is an effect falls; a note where there is none to fall."""
    unit = rows.panel.question.outcome.unit
    drift, allowance, hidden = study.drift, study.allowance, study.hidden
    parts = (
        (
            "breakdown_mbar", "grootste afwijking, maal die vóór de start, waarbij nul is uitgesloten",
            attempt(attrgetter("breakdown_mbar"), drift), "maal",
        ),
        (
            "breakdown_m", "grootste knik in de ontwikkeling waarbij nul is uitgesloten",
            attempt(attrgetter("breakdown_m"), drift), f"{unit} per meting",
        ),
        (
            "breakdown_b", "grootste uiteenlopen per meting waarbij de randomisatietoets nul uitsluit",
            attempt(attrgetter("breakdown"), allowance),
            f"{unit} per meting",
        ),
        (
            "gamma", "verhouding van kansen op een vroege start waarbij de conclusie valt",
            attempt(attrgetter("gamma"), hidden), "",
        ),
    )  # fmt: skip
    return tuple(_limit(rows, *part) for part in parts)


def _drifts(rows: _Rows, study: CertaintyStudy) -> Series:
    """The interval under each violation that the plan names (Rambachan & Roth 2023)."""
    measures, points = ("low", "high"), study.drift
    if not isinstance(points, NotEstimable):
        table = points.table[points.table["restriction"] == "relative_magnitudes"]
        points = _open_ends(table[["bound", *measures]], measures)
    return rows.series(
        DRIFT,
        "interval als de ontwikkeling na de start uiteenloopt",
        points,
        measures,
        test="Rambachan en Roth (2023), met de jackknife over provincies",
    )


def _measurements(value: object) -> str:
    """What a choice without words of its own counts."""
    return f"{value} meting" if value == 1 else f"{value} metingen"


def _limit(rows: _Rows, name: str, label: str, value: float | NotEstimable, unit: str) -> Result:
    if not isinstance(value, NotEstimable) and value == (1 if name == "gamma" else 0):
        return rows.row(name, label, None, unit, note="Niet van toepassing: nul ligt al in het interval.")
    endless = "Geen enkele doorgerekende afwijking maakt het effect nul."
    return rows.row(name, label, value, unit, note=endless if value == math.inf else "")


def _curve_rows(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    curve = study.curve
    labels = {
        "curve_n": "specificaties in de curve",
        "curve_median": "middelste schatting van alle specificaties",
        "curve_lowest": "kleinste schatting van alle specificaties",
        "curve_highest": "hoogste schatting van alle specificaties",
        "curve_sign": "specificaties met het teken dat het meest voorkomt",
        "curve_p": "p-waarde van de hele curve",
    }
    if isinstance(curve, NotEstimable):
        return tuple(rows.row(name, label, curve) for name, label in labels.items())
    had = curve.table["estimate"].dropna()
    silent = "" if isinstance(study.whole, NotEstimable) else no_statement(study.whole, rows.level)
    values = {
        "curve_n": (float(len(had)), {"unit": "", "decimals": 0}),
        "curve_median": (curve.median, {}),
        "curve_lowest": (float(had.min()), {}),
        "curve_highest": (float(had.max()), {}),
        "curve_sign": (100 * curve.share_sign, {"unit": "%", "decimals": 0}),
        "curve_p": (
            NotEstimable(silent) if silent else curve.p_median,
            {"unit": "", "decimals": 3, "smallest_p": curve.smallest_p, "se": curve.monte_carlo_se},
        ),
    }
    return tuple(rows.row(name, labels[name], value, **given) for name, (value, given) in values.items())


def _noise(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    noise = study.noise
    parts = (
        (
            "noise_sd",
            "blijvende spreiding tussen provincies, zonder programma (standaardafwijking)",
            "sd",
            None,
        ),
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
    change = noise
    if not isinstance(noise, NotEstimable):
        change = noise.change_sd_apart(float(np.median(np.diff(rows.panel.moments))))
    label = "wat een provincie tussen twee metingen uit zichzelf van alle samen afwijkt (standaardafwijking)"
    return (*found, rows.row("noise_change", label, change))


def _power(rows: _Rows, study: CertaintyStudy, target: float) -> tuple[Result, ...]:
    power, outcome = study.power, rows.panel.question.outcome
    wanted = f"{100 * target:.0f}"
    label = f"kleinste effect dat met {wanted}% kans gezien wordt"
    if isinstance(power, NotEstimable):
        return (rows.row("detectable", label, power), rows.row("power", _POWER, power, "%"))
    table = power.table
    if power.detectable is None:
        largest = f"{table['effect'].max():g}".replace(".", ",")
        why = NotEstimable(f"ook een effect van {largest} {outcome.unit} haalt geen {wanted}%")
        first = rows.row("detectable", label, why)
    else:
        first = rows.row("detectable", label, float(power.detectable), se=float(power.detectable_se))
    at = table[np.isclose(table["effect"], outcome.smallest_of_interest)].iloc[0]
    (too_large, large_se), (wrong_sign, sign_se) = (
        (factor * at[name], factor * at[f"{name}_se"]) if math.isfinite(at[name]) else (_UNSEEN, None)
        for name, factor in (("type_m", 1), ("type_s", 100))
    )
    share = {"unit": "%", "decimals": 0}
    return (
        first,
        rows.row("power", _POWER, 100 * at["power"], se=100 * at["power_se"], **share),
        rows.row(
            "size", "kans op vals alarm zonder effect", 100 * power.size, se=100 * power.size_se, **share
        ),
        rows.row(
            "type_m",
            "gemiddelde overschatting als de toets dat effect ziet",
            too_large,
            "maal",
            se=large_se,
            decimals=1,
        ),
        rows.row(
            "type_s",
            "kans op het verkeerde teken als de toets dat effect ziet",
            wrong_sign,
            se=sign_se,
            **share,
        ),
    )


_UNSEEN = NotEstimable("de toets ziet een zo klein effect in geen enkele nabootsing")
_POWER = "kans om het kleinste effect dat ertoe doet te zien"


SHOCKS = {
    "iid": "los van elkaar",
    "AR(.6)": "die aanhouden",
    "AR(.8), small volatile": "die lang aanhouden, in kleine provincies twee keer zo groot",
    "AR(.6), large volatile": "die aanhouden, in grote provincies twee keer zo groot",
    "t(3)": "met uitschieters",
    "t(3), small volatile": "met uitschieters, in kleine provincies twee keer zo groot",
    "periphery shares 0.5 sd": "los van elkaar, met een halve schok die de provincies aan de rand delen",
    "periphery shares 1 sd": "los van elkaar, met een hele schok die de provincies aan de rand delen",
}
_OWN = [name for name in SHOCKS if not name.startswith("periphery")]


def _alarms(rows: _Rows, study: CertaintyStudy) -> tuple[Result, ...]:
    """False alarms in this very design: under shocks of a place's own, and under shared ones."""
    given = {"unit": "%", "decimals": 1}
    labels = {
        "alarm_low": "kans op vals alarm zonder effect, onder de gunstigste van zes soorten schokken",
        "alarm_high": "kans op vals alarm zonder effect, onder de ongunstigste van zes soorten schokken",
        "alarm_shared": "kans op vals alarm zonder effect, als de provincies aan de rand een schok delen",
        "alarm_wild_low": "dezelfde kans van de wilde bootstrap, onder de gunstigste van die zes",
        "alarm_wild_high": "dezelfde kans van de wilde bootstrap, onder de ongunstigste van die zes",
        "alarm_wild_shared": "dezelfde kans van de wilde bootstrap, als zij een schok delen",
    }
    if isinstance(study.alarms, NotEstimable):
        return tuple(rows.row(name, text, study.alarms, **given) for name, text in labels.items())
    found: dict[str, pd.Series | NotEstimable] = {}
    for test, start in zip(_TESTS, ("alarm", "alarm_wild"), strict=True):
        table = study.alarms[study.alarms["test"] == test].set_index("model")
        own = table.loc[_OWN, "size"]
        found[f"{start}_low"], found[f"{start}_high"] = table.loc[own.idxmin()], table.loc[own.idxmax()]
        found[f"{start}_shared"] = (
            table.loc[_SHARED]
            if _SHARED in table.index
            else NotEstimable("geen van deze provincies ligt aan de rand")
        )
    return tuple(
        rows.row(name, text, found[name], **given)
        if isinstance(found[name], NotEstimable)
        else rows.row(
            name, text, 100 * float(found[name]["size"]), se=100 * float(found[name]["size_se"]), **given
        )
        for name, text in labels.items()
    )


_TESTS = ("main", f"main{BOOTSTRAP}")
_SHARED = "periphery shares 1 sd"


def _alarm_points(rows: _Rows, study: CertaintyStudy) -> Series:
    label, measures = "kans op vals alarm zonder effect, naar soort schokken", ("size", "wild", "size_se")
    given = {"unit": "%", "decimals": 1, "test": TEST}
    if isinstance(study.alarms, NotEstimable):
        return rows.series("alarm", label, study.alarms, measures, **given)
    main, wild = (study.alarms[study.alarms["test"] == test].set_index("model") for test in _TESTS)
    points = pd.DataFrame(
        {
            "label": [rows.panel.places.named(SHOCKS[model]) for model in main.index],
            "size": 100 * main["size"],
            "wild": 100 * wild["size"],
            "size_se": 100 * main["size_se"],
        }
    ).reset_index(drop=True)
    return rows.series("alarm", label, points, measures, **given)


def _without(rows: _Rows, study: CertaintyStudy) -> Series:
    label, measures = "schatting als telkens één provincie wegblijft", ("estimate", "low", "high")
    if isinstance(study.without, NotEstimable):
        return rows.series("zonder", label, study.without, measures, test=TEST)
    table = study.without
    whole = study.whole
    first = pd.DataFrame(
        [
            {
                "cluster": "",
                **({} if isinstance(whole, NotEstimable) else _ends(whole, rows.level)),
                "reason": "",
            }
        ]
    )
    numbers = table[["cluster", *measures, "reason"]].copy()
    numbers.loc[_silent(table, rows.level), ["low", "high"]] = np.nan
    points = pd.concat([first, numbers], ignore_index=True)
    points = _people_left_out(points, rows.panel)
    points["label"] = [
        "alle provincies" if not code else f"zonder {rows.provinces.get(code, code)}"
        for code in points["cluster"]
    ]
    return rows.series("zonder", label, _open_ends(points, measures), measures, test=TEST)


def _people_left_out(points: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """With the people of each place left out: the whole minus an estimate without it tells of them alone."""
    if panel.least is None:
        return points
    fewest = panel.frame.groupby(["province", "time"])["n"].sum().groupby("province").min()
    return points.assign(n_least=points["cluster"].map(fewest).fillna(panel.least).astype(int))


def _curve(rows: _Rows, study: CertaintyStudy) -> Series:
    label, measures = "schatting onder elke verdedigbare specificatie", ("estimate", "low", "high")
    curve = study.curve
    if isinstance(curve, NotEstimable):
        return rows.series("curve", label, curve, measures, test=TEST)
    table = curve.table[curve.table["estimate"].notna()].assign(smallest_p=curve.smallest_p)
    table.loc[_silent(table, rows.level), ["low", "high"]] = np.nan
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


def _ends(found: Tested, level: float) -> dict:
    if no_statement(found, level):
        return {"estimate": found.estimate, "low": np.nan, "high": np.nan}
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _silent(table: pd.DataFrame, level: float) -> np.ndarray:
    """Rows of tests that are too few-sided to speak: these have an estimate and no interval."""
    return np.array([bool(no_statement(line, level)) for line in table.itertuples()], dtype=bool)


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
