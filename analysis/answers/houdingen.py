"""Rows and series on attitudes over the years: the gap between tracks at the start, and its change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.answers.lines import NOT_AN_EFFECT
from analysis.design.adks import AdksDesign, AdksOutcome
from analysis.design.regio import TRACKS
from analysis.estimate.attrition import AttritionWeights
from analysis.estimate.clustered import Estimate
from analysis.estimate.growth import MODELS, PRIMARY, Growth
from analysis.estimate.growth_study import GrowthStudy
from analysis.panel.adolescents import AdolescentPanel
from analysis.results import Result, Series
from analysis.unknown import NotEstimable, attempt

MODEL_NAMES = {
    "pooled": "gewogen gemiddelden",
    "random": "toevallige effecten",
    "correlated": "toevallige effecten met gemiddelden per leerling",
    "fixed": "vaste effecten per leerling",
}
WEIGHTED, UNWEIGHTED = "gewogen voor uitval", "zonder uitvalweging"
JACKKNIFE = "standaardfouten door telkens één school weg te laten"
LINE = "rechte lijn per schoolsoort"


def attitude_items(
    panel: AdolescentPanel,
    weights: AttritionWeights | NotEstimable,
    studies: Mapping[str, GrowthStudy],
    design: AdksDesign,
    outcome: str,
) -> tuple[Result | Series, ...]:
    """What the notebook `houdingen` publishes; the ids are the same whatever can be had.

    Parameters
    ----------
    studies : mapping of outcome to GrowthStudy
    outcome : str
        The main one: its rows carry no outcome in their ids (``houdingen.gap_start``) and its series are
        drawn. Each outcome has rows of its own (``houdingen.stemintentie_gap_start``).
    """
    main = _Answers(panel, design, design.named(outcome), "")
    return (
        *_growth(main, studies[outcome]),
        *_attrition(main, weights),
        _means(main, studies[outcome]),
        _gaps(main, studies[outcome]),
        *(
            row
            for name, study in studies.items()
            for row in _growth(_Answers(panel, design, design.named(name), f"{name}_"), study)
        ),
    )


@dataclass(frozen=True)
class _Answers:
    """Makes rows and series that share panel and outcome."""

    panel: AdolescentPanel
    design: AdksDesign
    outcome: AdksOutcome
    prefix: str

    @property
    def known(self) -> pd.DataFrame | NotEstimable:
        """The rows of the panel with an answer."""
        frame = self.panel.data.frame
        if isinstance(frame, NotEstimable):
            return frame
        answered = frame[frame[self.outcome.name].notna()]
        return answered if len(answered) else NotEstimable("op deze vraag is geen enkel antwoord")

    @property
    def shared(self) -> dict:
        data = self.panel.data
        return {
            "kind": data.kind,
            "source": data.source,
            "outcome": self.outcome.name,
            "level": self.design.level,
            "decimals": self.outcome.decimals,
        }

    def count(self, column: str) -> int | NotEstimable:
        """Different values of `column` among the rows with an answer."""
        return attempt(lambda known: int(known[column].nunique()), self.known)

    def __call__(
        self, name: str, label: str, value: float | NotEstimable | None, unit: str | None = None, **given
    ) -> Result:
        known = not isinstance(self.known, NotEstimable)
        counts = {"n": self.count("pupil"), "clusters": self.count("school")} if known else {}
        return Result(
            f"houdingen.{self.prefix}{name}",
            f"{self.outcome.label}: {label}",
            value,
            self.outcome.unit if unit is None else unit,
            **(self.shared | counts | given),
        )

    def estimate(self, name: str, label: str, found: Estimate | NotEstimable, **given) -> Result:
        given = {"specification": LINE, "test": JACKKNIFE, "note": NOT_AN_EFFECT} | given
        if isinstance(found, NotEstimable):
            return self(name, label, found, **given)
        return self(name, label, found.value, se=found.se, low=found.low, high=found.high, **given)

    def series(self, name: str, label: str, points: pd.DataFrame | NotEstimable, unit: str) -> Series:
        if not isinstance(points, NotEstimable) and points.empty:
            points = NotEstimable("in geen enkele meting zijn beide schoolsoorten aanwezig")
        return Series(
            f"houdingen.{self.prefix}{name}",
            f"{self.outcome.label}: {label}",
            unit,
            points=points,
            estimator="gewogen gemiddelden per meting",
            test=JACKKNIFE,
            weighting=WEIGHTED,
            **self.shared,
        )


def _growth(one: _Answers, study: GrowthStudy) -> Iterator[Result]:
    gap = f"verschil {one.design.minuend} − {one.design.subtrahend}"
    change = f"verandering per jaar van het {gap}"
    main = study.weighted[PRIMARY]
    primary = {"estimator": MODEL_NAMES[PRIMARY], "weighting": WEIGHTED}
    yield one("n", "leerlingen", one.count("pupil"), "leerlingen", decimals=0)
    yield one("n_answers", "antwoorden", attempt(len, one.known), "antwoorden", decimals=0)
    yield one.estimate("gap_start", f"{gap} bij de eerste meting", _part(main, "gap_start"), **primary)
    yield one.estimate("gap_end", f"{gap} bij de laatste meting van beide", _part(main, "gap_end"), **primary)
    yield one.estimate("gap_change", change, _part(main, "gap_change"), **primary)
    for model in MODELS:
        if model != PRIMARY:
            found = _part(study.weighted[model], "gap_change")
            named = {"estimator": MODEL_NAMES[model], "weighting": WEIGHTED}
            yield one.estimate(f"gap_change_{model}", f"{change}, {MODEL_NAMES[model]}", found, **named)
    yield one.estimate(
        "gap_change_unweighted",
        f"{change}, {UNWEIGHTED}",
        _part(study.unweighted, "gap_change"),
        estimator=MODEL_NAMES[PRIMARY],
        weighting=UNWEIGHTED,
    )
    for track in TRACKS:
        found = main if isinstance(main, NotEstimable) else main.slopes.get(track, _nobody(track))
        yield one.estimate(f"slope_{track}", f"verandering per jaar, {track}", found, **primary)
    yield _mundlak(one, study.weighted["correlated"])
    if one.panel.truth is not None:
        truth = one.panel.truth[one.outcome.name]
        label = f"waar {gap} bij de eerste meting in de tweeling"
        yield one("truth_gap_start", label, truth.gap_start)
        label = f"ware verandering per jaar van het {gap} in de tweeling"
        yield one("truth_gap_change", label, truth.gap_change)


def _part(growth: Growth | NotEstimable, name: str) -> Estimate | NotEstimable:
    return attempt(getattr, growth, name)


def _nobody(track: str) -> NotEstimable:
    return NotEstimable(f"in de gegevens is niemand van de groep {track}")


def _mundlak(one: _Answers, fit: Growth | NotEstimable) -> Result:
    label = "hangt het niveau van leerlingen samen met hoe lang zij meedoen? p (toets van Mundlak)"
    given = {"estimator": MODEL_NAMES["correlated"], "weighting": WEIGHTED, "decimals": 3}
    if isinstance(fit, NotEstimable):
        return one("mundlak_p", label, fit, "", **given)
    if fit.mundlak is None:
        why = NotEstimable("alle leerlingen van een schoolsoort doen even lang mee")
        return one("mundlak_p", label, why, "", **given)
    first, second = fit.mundlak.freedom
    note = f"F-toets met {first} en {second} vrijheidsgraden. Klein betekent: ja."
    return one("mundlak_p", label, fit.mundlak.p_value, "", test="toets van Mundlak", note=note, **given)


def _attrition(one: _Answers, weights: AttritionWeights | NotEstimable) -> Iterator[Result]:
    """Who stayed, and what the weights for those who did not are like."""
    frame = one.panel.data.frame
    last = share = frame
    if not isinstance(frame, NotEstimable):
        first_wave, last_wave = frame["wave"].min(), frame["wave"].max()
        started = frame.loc[frame["wave"] == first_wave, "pupil"]
        stayed = frame.loc[frame["wave"] == last_wave, "pupil"]
        last, share = len(stayed), 100 * stayed.isin(started).sum() / len(started)
    effective = largest = trimmed = weights
    if not isinstance(weights, NotEstimable):
        effective, largest, trimmed = weights.effective_n, weights.weights.max(), weights.trimmed
    yield one("n_schools", "scholen", one.count("school"), "scholen", decimals=0)
    yield one("n_last", "leerlingen bij de laatste meting", last, "leerlingen", decimals=0)
    label = "deel van de eerste deelnemers dat bij de laatste meting nog meedoet"
    yield one("share_last", label, share, "%", decimals=0)
    label = "antwoorden na uitvalweging, omgerekend naar gelijke gewichten"
    yield one("effective_n", label, effective, "antwoorden", decimals=0)
    note = "Gemiddeld gewicht is 1."
    yield one("weight_max", "grootste uitvalgewicht", largest, "", decimals=1, note=note)
    yield one("weights_trimmed", "antwoorden met een afgekapt gewicht", trimmed, "antwoorden", decimals=0)
    yield from _flow(one)


def _flow(one: _Answers) -> Iterator[Result]:
    """Who finished, dropped out or changed track, and what was left out; ``n`` is each number itself."""
    panel, frame = one.panel, one.panel.data.frame
    known = not isinstance(frame, NotEstimable)
    dropped = panel.data.dropped
    for name, label, count, unit, note in (
        ("n_finished", "leerlingen van wie de schoolsoort eindigde", panel.finished, "leerlingen",
         ""),
        ("n_dropped_out", "leerlingen die eerder uitvielen", panel.dropped_out, "leerlingen", ""),
        ("n_changed_track", "leerlingen die van schoolsoort veranderden", panel.changed_track, "leerlingen",
         "Zij tellen mee bij de schoolsoort waarin zij begonnen."),
        ("n_left_out", "regels weggelaten", sum(rows for _, rows in dropped), "regels",
         "; ".join(reason for reason, _ in dropped)),
    ):  # fmt: skip
        given = (
            {"n": count} if known and count else {}
        )  # a zero tells of all pupils, a count of those counted
        yield one(name, label, count if known else frame, unit, decimals=0, note=note, **given)


def _means(one: _Answers, study: GrowthStudy) -> Series:
    """Mean by track and wave."""
    points = study.means
    if not isinstance(points, NotEstimable):
        points = points[["group", "wave", "estimate", "low", "high", "n"]]
        if one.panel.truth is not None:
            planted = one.panel.truth[one.outcome.name].means
            points = points.assign(truth=[planted.loc[row.wave, row.group] for row in points.itertuples()])
    return one.series("groei", "gemiddelde per meting en schoolsoort", points, one.outcome.scale)


def _gaps(one: _Answers, study: GrowthStudy) -> Series:
    """The gap by wave; ``n`` is that of the smaller of both groups, of which the gap would tell."""
    points = study.gaps
    pair = f"{one.design.minuend} − {one.design.subtrahend}"
    if not isinstance(points, NotEstimable):
        points = points.assign(group=pair)[["group", "wave", "estimate", "low", "high", "n"]]
        if one.panel.truth is not None:
            planted = one.panel.truth[one.outcome.name].gap
            points = points.assign(truth=planted.reindex(points["wave"]).to_numpy())
    return one.series("kloof", f"verschil {pair} per meting", points, one.outcome.unit)
