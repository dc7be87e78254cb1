"""The rows and series of one question about an effect, from its panel and its study."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import pandas as pd

from analysis import dutch
from analysis.answers.effect_gemeten import measured_series
from analysis.answers.effect_names import GROUPS, HEADLINE, INTERACTED, MAIN, METHODS, STOPPED, TWO_WAY
from analysis.answers.effect_weighted import weighted_rows, weighted_series
from analysis.answers.places import reasoned, said
from analysis.credibility.effect_study import EffectStudy, effect_study
from analysis.datakind import DataKind
from analysis.design.method import Method, method
from analysis.design.questions import Places, Question
from analysis.estimate.arithmetic_ceiling import ceilings
from analysis.estimate.did import OnOff
from analysis.inference import Answer, no_statement
from analysis.panel.question import DESIGN_SOURCE, Panel
from analysis.panel.reach import REGISTERED
from analysis.results import Result, Series
from analysis.unknown import NotEstimable

RANDOMISATION, JACKKNIFE = "randomisatietoets", "jackknife over provincies, Student's t"
EVIDENCE_SOURCE = "openbaar_bewijs"
_PATHS = ("estimate", "low", "high", "low_simultaneous", "high_simultaneous", "truth")


@dataclass(frozen=True)
class _Rows:
    """Makes rows and series that share question, kind, source and weighting."""

    panel: Panel
    level: float

    def _shared(self) -> dict:
        asked = self.panel.question
        return {
            "kind": self.panel.kind,
            "source": self.panel.source,
            "level": self.level,
            "question": asked.id,
            "outcome": asked.outcome.name,
            "weighting": asked.outcome.weight,
        }

    def row(
        self, name: str, label: str, value, unit: str = "", *, places: Places | None = None, **given
    ) -> Result:
        """In words for the places where the programme starts, or for `places` where others are compared."""
        places = places or self.panel.places
        shared = {**self._shared(), **_counts(self.panel.frame), "least": self.panel.least} | given
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        return Result(
            f"{self.panel.question.prefix}.{name}", places.named(label), reasoned(places, value), unit,
            **said(places, shared),
        )  # fmt: skip

    def series(
        self,
        name: str,
        label: str,
        points,
        measures,
        unit: str = "",
        *,
        compares: bool = False,
        places: Places | None = None,
        **given,
    ) -> Series:
        """With `compares` every point compares the groups: it rests on the smaller of them too."""
        places = places or self.panel.places
        points = reasoned(places, points)
        shared = said(places, {**self._shared(), "measures": measures} | given)
        if compares and self.panel.least is not None and not isinstance(points, NotEstimable):
            points = points.assign(n_least=self.panel.least)
        return Series(f"{self.panel.question.prefix}.{name}", label, unit, points=points, **shared)


def answer_question(panel: Panel, *, level: float = 0.95, seed: int = 0) -> tuple[Result | Series, ...]:
    """The rows and series that answer the question of `panel`: numbers, or reasons why there are none.

    The estimators are those of ``data/design/method.toml``.
    """
    asked, chosen = panel.question, method()
    study = panel.frame
    if not isinstance(study, NotEstimable):
        study = effect_study(
            panel.frame,
            comparison=asked.comparison,
            estimators=(chosen.estimator, chosen.beside, chosen.compared),
            dose=asked.estimand == "dose",
            weighted=counted_long(asked),
            weights=panel.weights,
            smallest=asked.outcome.smallest_of_interest,
            on_off=panel.on_off,
            stopped=chosen.stopped,
            level=level,
            seed=seed,
        )
    return effect_items(panel, study, level=level, chosen=chosen)


def counted_long(asked: Question) -> bool:
    """Whether provinces are weighted to look alike: turnout alone has the measurements before that asks."""
    return asked.outcome.source == "turnout"


def effect_items(
    panel: Panel, study: EffectStudy | NotEstimable, *, level: float, chosen: Method | None = None
) -> tuple[Result | Series, ...]:
    """What the notebook `effect` publishes of one question.

    Parameters
    ----------
    study : EffectStudy or NotEstimable
        Why there is none, where the panel cannot be had.
    level : float
        Coverage the intervals were made with.
    chosen : Method, optional
        What the study estimates; as in ``data/design/method.toml`` unless given.
    """
    rows, chosen = _Rows(panel, level), chosen or method()
    if isinstance(study, NotEstimable):
        asked = panel.question
        none = {field.name: study for field in fields(EffectStudy)}
        absent = {
            "slope": study if asked.estimand == "dose" else None,
            "weighted": study if counted_long(asked) else None,
            "stopped": study if panel.on_off is not None else None,
        }
        study = EffectStudy(**none | absent)
    return (
        *_effects(rows, study, chosen),
        *weighted_rows(rows, study.weighted),
        *_checks(rows, study),
        *_design(rows),
        *_ceiling(rows),
        _path(rows, study),
        _means(rows, study),
        measured_series(rows),
        _earlier(rows, study),
        _schedule(rows),
        *weighted_series(rows, study.weighted),
    )


def _effects(rows: _Rows, study: EffectStudy, chosen: Method) -> tuple[Result, ...]:
    outcome = rows.panel.question.outcome
    shared = {"unit": outcome.unit, "decimals": outcome.decimals}
    label = f"effect op {outcome.subject}"
    others = ((chosen.beside, study.beside), (chosen.compared, study.compared))
    main = _identified(study.main)
    unsaid = "" if isinstance(main, NotEstimable) else main.reason or ""
    found = [
        _answer_row(rows, "effect", label, study.main, chosen.estimator, **shared),
        *(
            _answer_row(rows, f"effect_{name}", f"{label}, {METHODS[name]}", answer, name, **shared)
            for name, answer in others
        ),
        _jackknife_row(
            rows, "effect_sun_abraham", f"{label}, {METHODS[INTERACTED]}", study.interacted,
            unsaid=unsaid, estimator=INTERACTED, **shared,
        ),
    ]  # fmt: skip
    if study.slope is not None:
        unit = f"{outcome.unit} per jongere per 1.000 mensen"
        caveat = (
            "Alleen het effect van meer bereik als plaatsen met veel en met weinig bereik evenveel baat "
            "zouden hebben bij hetzelfde bereik."
        )
        found.append(
            _jackknife_row(
                rows, "dose_slope", "verschil in uitkomst bij meer bereik", study.slope, unsaid=unsaid,
                estimator="dose", unit=unit, decimals=outcome.decimals, note=caveat,
            )
        )  # fmt: skip
    if study.stopped is not None:
        found.append(_stopped_row(rows, label, study.stopped, chosen.stopped, unsaid, **shared))
    truth = rows.panel.truth
    if truth is not None:
        found.append(rows.row("truth", "effect dat voor de tweeling is gekozen", truth.att, **shared))
        if study.slope is not None:
            found.append(
                rows.row("dose_truth", "helling die voor de tweeling is gekozen", truth.dose_slope, **shared)
            )
    return tuple(found)


def _answer_row(rows: _Rows, name: str, label: str, found: Answer | NotEstimable, estimator: str, **given):
    given |= {"estimator": estimator, "specification": HEADLINE, "test": RANDOMISATION}
    found = _identified(found)
    if isinstance(found, NotEstimable):
        return rows.row(name, label, found, **given)
    low, high = _interval(found.low, found.high)
    return rows.row(
        name,
        label,
        float(found.estimate),
        low=low,
        high=high,
        p_value=found.p_value,
        smallest_p=found.smallest_p,
        clusters=found.n_clusters,
        no_statement=found.reason or "",
        **given,
    )


def _identified(found: Answer | NotEstimable) -> Answer | NotEstimable:
    """An answer without an estimate is none: its reason is why."""
    if isinstance(found, NotEstimable) or math.isfinite(found.estimate):
        return found
    return NotEstimable(found.reason or "de schatting is niet te berekenen", found.detail)


def _jackknife_row(rows: _Rows, name: str, label: str, found, *, unsaid: str, **given) -> Result:
    """With the interval of the jackknife; without, where nothing is said of chance: `unsaid` is why."""
    given |= {"test": JACKKNIFE}
    if isinstance(found, NotEstimable):
        return rows.row(name, label, found, **given)
    if unsaid:
        return rows.row(name, label, float(found.estimate), no_statement=unsaid, **given)
    low, high = _interval(*found.interval(rows.level))
    se = None if found.se is None or not math.isfinite(found.se) else found.se
    return rows.row(name, label, float(found.estimate), se=se, low=low, high=high, **given)


def _stopped_row(
    rows: _Rows, label: str, found: OnOff | NotEstimable, estimator: str, unsaid: str, **given
) -> Result:
    """With every measurement, those after a stop included; without an interval where nothing may be said."""
    named = f"{label}, {METHODS[STOPPED]}"
    given |= {"test": JACKKNIFE, "estimator": estimator, "n": _last_people(rows.panel.on_off)}
    if isinstance(found, NotEstimable):
        return rows.row("effect_stopped", named, found, **given)
    given["clusters"] = found.n_clusters
    told = _STOPPED[estimator]
    if found.incomplete:
        told += (
            f" Weggelaten: {dutch.number(found.incomplete)} plaatsen die niet bij elke meting zijn gemeten."
        )
    silent = unsaid or found.reason
    if silent:
        return rows.row(
            "effect_stopped", named, found.estimate, no_statement=silent, note=told, **given
        )  # fmt: skip
    low, high = _interval(found.low, found.high)
    return rows.row(
        "effect_stopped", named, found.estimate, se=found.se, low=low, high=high, note=told, **given
    )


_STOPPED = {
    "switch_path": "Per meting onder het programma, met wat na het stoppen doorwerkt.",
    "switchers": "Alleen bij de meting waarin het begon of stopte, als daarvoor niets doorwerkt.",
}


def _checks(rows: _Rows, study: EffectStudy) -> tuple[Result, ...]:
    outcome = rows.panel.question.outcome
    share = study.parts if isinstance(study.parts, NotEstimable) else 100 * float(study.parts.forbidden_share)
    pretrend, detectable, detectable_se = _before(study, rows.level)
    others = []
    for name, label, key in (
        ("crv3_p", "p-waarde met standaardfouten naar provincie", "crv3_p"),
        ("wild_p", "p-waarde van de wilde bootstrap", "wild_p"),
    ):
        main = _identified(study.main)
        value = main if isinstance(main, NotEstimable) else getattr(main, key)
        if value is None and main.reason:
            value = NotEstimable(main.reason, main.detail)
        others.append(rows.row(name, label, value, decimals=3, estimator=MAIN))
    return (
        rows.row(
            "forbidden_share",
            "aandeel vergelijkingen met wie al begonnen is, bij vaste effecten",
            share,
            "%",
            decimals=1,
            estimator=TWO_WAY,
            note="Goodman-Bacon (2021), over wie bij elke meting is waargenomen.",
        ),
        rows.row(
            "pretrend_p",
            "p-waarde voor gelijke ontwikkeling vóór de start, per startgroep getoetst",
            pretrend,
            decimals=3,
            test=RANDOMISATION,
            note="Een hoge p-waarde bewijst niet dat de ontwikkeling gelijk was.",
        ),
        rows.row(
            "pretrend_detectable",
            "verschil in ontwikkeling dat die toets in vier van de vijf gevallen ziet",
            detectable,
            f"{outcome.unit} per meting",
            decimals=outcome.decimals,
            se=detectable_se,
        ),
        *others,
    )


def _before(
    study: EffectStudy, level: float
) -> tuple[float | NotEstimable, float | NotEstimable, float | None]:
    """p-value of the slopes before the start; the slope of all found four times in five, and its error."""
    found = study.trends
    if isinstance(found, NotEstimable):
        return found, found, None
    silent = no_statement(found, level)
    if silent:
        why = NotEstimable(f"{silent} (geteld zijn de startgroepen die vooraf te toetsen zijn)")
        return why, why, None
    together = found.table.iloc[-1]
    detectable, error = float(together["detectable_80"]), float(together["detectable_80_se"])
    if not math.isfinite(detectable):
        why = NotEstimable("de toets heeft daarvoor te weinig metingen of provincies")
        return float(found.p_value), why, None
    return float(found.p_value), detectable, error


def _design(rows: _Rows) -> tuple[Result, ...]:
    panel = rows.panel
    outcome = panel.question.outcome
    fact = {"kind": DataKind.FACT, "source": DESIGN_SOURCE, "n": None, "clusters": None, "least": None}
    smallest = rows.row(
        "smallest_of_interest",
        "kleinste effect dat ertoe doet",
        outcome.smallest_of_interest,
        outcome.unit,
        decimals=1,
        note=dutch.capital(outcome.smallest_reason) + ".",
        **fact,
    )
    frame = panel.frame
    if isinstance(frame, NotEstimable):
        return (smallest,)
    started = frame["cohort"].notna()
    lost = "; ".join(f"{reason} ({dutch.number(count)})" for reason, count in panel.losses)
    counts = (
        ("n_clusters", "provincies", frame["cluster"].nunique(), ""),
        ("n_treated", "provincies met een start", frame.loc[started, "cluster"].nunique(), ""),
        ("n_units", "vergeleken plaatsen", frame["unit"].nunique(), panel.remark),
        ("n_measurements", "metingen", frame["time"].nunique(), ""),
        ("n_left_out", "weggelaten", sum(count for _, count in panel.losses), lost),
    )
    return (
        smallest,
        *(rows.row(name, label, float(count), note=note, **fact) for name, label, count, note in counts),
    )


_BOUND = (
    " Bij een activiteit zonder aantal is het grootste aantal genomen, en wie op een onbekende plaats is "
    "bereikt, telt overal mee; de provincie met het grootste mogelijke effect staat hier."
)


def _ceiling(rows: _Rows) -> tuple[Result, ...]:
    """The largest effect that arithmetic allows, where the question is about turnout."""
    reach = rows.panel.reach
    if reach is None:
        return ()
    table = ceilings(reach)
    most = table.loc[table["effect_pp"].idxmax()]
    points = dutch.number(float(most["per_person_pp"]))
    registered = most["scope"] == REGISTERED
    people = dutch.number(round(int(most["reached"]), -1 if registered else 0))
    whom = (
        f"de {people} jongeren die volgens de registratie hooguit zijn bereikt"
        if registered
        else (f"alle {people} jongeren")
    )
    voting = "mogen stemmen" if registered else "zijn bereikt en mogen stemmen"
    return (
        rows.row(
            "ceiling",
            "grootste effect dat rekenkundig mogelijk is",
            float(most["effect_pp"]),
            rows.panel.question.outcome.unit,
            decimals=2,
            kind=DataKind.REAL if registered else DataKind.FACT,
            source=f"registratie_{rows.panel.question.exposure.name}; {EVIDENCE_SOURCE}"
            if registered
            else EVIDENCE_SOURCE,
            n=int(most["reached"]) if registered else None,
            clusters=None,
            least=None,
            note=(
                f"Als {whom} {voting}, en hun opkomst {points} punten hoger is: het grootste effect per "
                f"persoon dat in onderzoek is gevonden.{_BOUND if registered else ''}"
            ),
        ),
    )


def _path(rows: _Rows, study: EffectStudy) -> Series:
    outcome, label = rows.panel.question.outcome, "effect naar tijd sinds de start"
    given = {"unit": outcome.unit, "decimals": outcome.decimals, "estimator": MAIN, "test": RANDOMISATION}
    main = _identified(study.main)
    if isinstance(main, NotEstimable):
        return rows.series("pad", label, main, ("estimate", "low", "high"), **given)
    asked = rows.panel.question
    points = main.path.rename(columns={"low_sim": "low_simultaneous", "high_sim": "high_simultaneous"})
    points = points[points["event_time"].between(-asked.leads, asked.lags) & (points["n"] > 0)]
    points = points.assign(series=METHODS[MAIN])  # without the reference, zero by definition
    frame, truth = rows.panel.frame, rows.panel.truth
    if "n" in frame.columns:  # the values are means or shares of people: those are behind every point
        points = points.assign(n=int(_people(frame).iloc[-1]))
    if truth is not None:
        planted = points["event_time"].map(truth.by_event_time)
        points = points.assign(truth=planted.where(points["event_time"] >= 0, 0.0))
    measures = tuple(name for name in _PATHS if name in points.columns)
    kept = points[["series", "event_time", *measures, "n"]]
    return rows.series("pad", label, kept, measures, compares=True, **given)


def _means(rows: _Rows, study: EffectStudy) -> Series:
    outcome = rows.panel.question.outcome
    given = {"unit": outcome.measured_in, "decimals": outcome.decimals}
    label = f"gemiddelde van {outcome.subject}"
    if isinstance(study.means, NotEstimable):
        return rows.series("verloop", label, study.means, ("mean",), **given)
    points = study.means.assign(
        label=[rows.panel.labels[time] for time in study.means["time"]],
        group=study.means["group"].map(GROUPS),
    )
    return rows.series("verloop", label, points, ("mean",), **given)


def _earlier(rows: _Rows, study: EffectStudy) -> Series:
    outcome = rows.panel.question.outcome
    given = {
        "unit": outcome.unit,
        "decimals": outcome.decimals,
        "test": "randomisatietoets, niet gestudentiseerd",
    }
    label, measures = "hetzelfde verschil tussen elke twee metingen", ("estimate", "low", "high", "p_value")
    if isinstance(study.earlier, NotEstimable):
        return rows.series("eerder", label, study.earlier, measures, **given)
    labels, found = rows.panel.labels, study.earlier
    people = _people(rows.panel.frame)
    main = _identified(study.main)
    if (
        isinstance(main, NotEstimable) or main.reason
    ):  # where the answer makes no statement, none is made before
        found = found.assign(low=math.nan, high=math.nan, p_value=math.nan)
    points = pd.DataFrame(
        {
            "start": [labels[time] for time in found["start"]],
            "end": [labels[time] for time in found["end"]],
            "placebo": found["placebo"].astype(bool),
            **{name: found[name].where(found[name].abs() != math.inf) for name in measures},
            "n": [people[time] for time in found["end"]],
        }
    )
    return rows.series("eerder", label, points, measures, compares=True, **given)


def _schedule(rows: _Rows) -> Series:
    panel = rows.panel
    points = panel.schedule.assign(start=panel.schedule["start"].astype(float))
    kind = DataKind.FACT if panel.schedule_source == DESIGN_SOURCE else DataKind.REAL
    return rows.series(
        "start",
        panel.schedule_caption or panel.question.exposure.schedule,
        points,
        (),
        kind=DataKind.SYNTHETIC if panel.kind is DataKind.SYNTHETIC else kind,
        source=panel.schedule_source,
    )


def _people(frame: pd.DataFrame) -> pd.Series:
    """People behind the values of each time; units where the source does not say."""
    if "n" in frame.columns:
        return frame.groupby("time")["n"].sum()
    return frame.groupby("time")["unit"].nunique()


def _last_people(frame: pd.DataFrame | None) -> int | None:
    return None if frame is None else int(_people(frame).iloc[-1])


def _counts(frame: pd.DataFrame | NotEstimable) -> dict:
    if isinstance(frame, NotEstimable):
        return {}
    return {"n": int(_people(frame).iloc[-1]), "clusters": int(frame["cluster"].nunique())}


def _interval(low, high) -> tuple[float | None, float | None]:
    """The interval, or none where an end is open: the test cannot exclude anything there."""
    known = low is not None and high is not None and math.isfinite(low) and math.isfinite(high)
    return (float(low), float(high)) if known else (None, None)
