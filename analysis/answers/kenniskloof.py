"""Rows and series on the gap in civic knowledge between tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.answers.kenniskloof_names import COVARIATES, the
from analysis.answers.lines import NOT_AN_EFFECT, line
from analysis.design.gap import TRACKS, GapDesign
from analysis.estimate.gap_study import GapStudy
from analysis.estimate.survey import t_quantile, with_interval
from analysis.estimate.terms import TOTAL
from analysis.results import Result, Series
from analysis.sources.sourced import Sourced
from analysis.synthetic.iccs import CivicTruth
from analysis.unknown import NotEstimable

POINTS, SD = "punten", "standaardafwijkingen"
OUTCOME = "civic_knowledge"
WEIGHTING = "steekproefgewichten, gepaarde jackknife"
_STEPS = {
    "ses": "per standaardafwijking sociale achtergrond",
    "female": "meisjes vergeleken met jongens",
    "migration": "leerlingen met vergeleken met zonder migratieachtergrond",
}
_MEAN, _DIFFERENCE = "gewogen gemiddelde", "verschil van gewogen gemiddelden"
_REGRESSION, _SPLIT = "gewogen kleinste kwadraten", "Oaxaca, Blinder en Kitagawa"


def gap_items(
    panel: Sourced,
    study: GapStudy,
    design: GapDesign,
    *,
    level: float = 0.95,
    truth: CivicTruth | None = None,
) -> tuple[Result | Series, ...]:
    """Everything on the gap between tracks; the ids are the same whatever can be had.

    Parameters
    ----------
    panel : Sourced
        What `study` was made on.
    level : float
        Coverage of the intervals.
    truth : CivicTruth or None
        What was planted in the twin; adds rows ``kenniskloof.truth_…`` and columns ``truth``.
    """
    one = _Answers(panel, level)
    return (
        *_differences(one, study, design),
        *_means(one, study),
        *_parts(one, study, design),
        *_interactions(one, study, design),
        *_levels(one, study, design),
        *_counts(one, design),
        _quantiles(one, study, design),
        _decomposition(one, study, design, truth),
        *(_planted(one, truth, design) if truth is not None else ()),
    )


@dataclass(frozen=True)
class _Answers:
    """Makes rows and series that share panel and level."""

    panel: Sourced
    level: float

    @property
    def shared(self) -> dict:
        return {"kind": self.panel.kind, "source": self.panel.source, "level": self.level, "outcome": OUTCOME}

    def of_frame(self, count: Callable[[pd.DataFrame], int]) -> int | NotEstimable:
        """A count over the pupils, or why there are none."""
        frame = self.panel.frame
        return frame if isinstance(frame, NotEstimable) else int(count(frame))

    def row(
        self, name: str, label: str, found: pd.Series | NotEstimable, *, unit: str = POINTS, **fields
    ) -> Result:
        """A row from a line of an estimator's frame; shares become percentages."""
        given = {"weighting": WEIGHTING, **self.shared}
        value: float | NotEstimable = found
        if isinstance(found, NotEstimable):
            value = _in_words(found)
        else:
            scale = 100.0 if unit == "%" else 1.0
            value = scale * found["estimate"]
            given |= {"n": int(found["n"]), "clusters": self.of_frame(_schools)}
            if np.isfinite(found["se"]):
                se = scale * found["se"]
                margin = t_quantile(found["df"], self.level) * se
                low, high = value - margin, value + margin
                if unit == "%":
                    low, high = max(low, 0.0), min(high, 100.0)
                given |= {"se": se, "low": low, "high": high}
        return Result(f"kenniskloof.{name}", label, value, unit, **(given | fields))

    def plain(self, name: str, label: str, value: float | NotEstimable, unit: str, **fields) -> Result:
        """A row without an interval."""
        n = {} if isinstance(value, NotEstimable) else {"n": self.of_frame(len)}
        return Result(f"kenniskloof.{name}", label, value, unit, **(self.shared | n | fields))

    def series(self, name: str, label: str, points: pd.DataFrame | NotEstimable, **fields) -> Series:
        return Series(
            f"kenniskloof.{name}", label, POINTS, points=points, weighting=WEIGHTING, **(self.shared | fields)
        )


def _in_words(why: NotEstimable) -> NotEstimable:
    """With what a characteristic is called, in the place of its name in the code."""
    reason = why.reason
    for name, words in COVARIATES.items():
        reason = reason.replace(f"het kenmerk {name} ", f"het kenmerk {words} ")
    return replace(why, reason=reason)


def _pair(design: GapDesign) -> str:
    return f"{design.minuend} − {design.subtrahend}"


def _differences(one: _Answers, study: GapStudy, design: GapDesign) -> Iterator[Result]:
    pair, note = _pair(design), {"note": NOT_AN_EFFECT}
    same = dutch.join([COVARIATES[name] for name in design.adjusted_for])
    complete = line(study.decomposition, reference=design.subtrahend, component="gap", term=TOTAL)
    adjusted = line(study.adjusted, term="difference")
    label = f"verschil in gemiddelde, {pair}"
    yield one.row("gap", label, line(study.gap), estimator=_DIFFERENCE, **note)
    spread = f"{label}, gedeeld door de spreiding tussen leerlingen"
    yield one.row("gap_sd", spread, line(study.gap_sd), unit=SD, decimals=2, estimator=_DIFFERENCE, **note)
    yield one.row(
        "gap_complete",
        f"hetzelfde verschil, leerlingen met bekende {same}",
        complete,
        estimator=_DIFFERENCE,
        specification=f"alleen leerlingen met bekende {same}",
        **note,
    )
    yield one.row(
        "gap_adjusted",
        f"verschil bij gelijke {same}, {pair}",
        adjusted,
        estimator=_REGRESSION,
        specification=f"bij gelijke {same}",
        **note,
    )


def _means(one: _Answers, study: GapStudy) -> Iterator[Result]:
    for track in TRACKS:
        found = line(study.means, f"in de gegevens is geen leerling op {the(track)}", track=track)
        yield one.row(f"mean_{track}", f"gemiddelde {track}", found, estimator=_MEAN)


def _parts(one: _Answers, study: GapStudy, design: GapDesign) -> Iterator[Result]:
    for reference in (design.subtrahend, design.minuend):
        for component, label in (
            ("explained", "deel van het verschil dat samengaat met achtergrond"),
            ("unexplained", "deel van het verschil dat daar niet mee samengaat"),
        ):
            yield one.row(
                f"{component}_{reference}",
                f"{label}, gewogen als op {the(reference)}",
                line(study.decomposition, reference=reference, component=component, term=TOTAL),
                estimator=_SPLIT,
                specification=f"gewogen als op {the(reference)}",
                note=NOT_AN_EFFECT,
            )


def _interactions(one: _Answers, study: GapStudy, design: GapDesign) -> Iterator[Result]:
    for name in design.adjusted_for:
        yield one.row(
            f"interaction_{name}",
            f"hoeveel groter het verschil is, {_STEPS[name]}",
            line(study.interactions[name], term=f"difference x {name}"),
            estimator=_REGRESSION,
            specification=f"verschil naar {COVARIATES[name]}",
            note=NOT_AN_EFFECT,
        )


def _levels(one: _Answers, study: GapStudy, design: GapDesign) -> Iterator[Result]:
    """Shares by level; ``n`` is how many pupils a level holds, on which disclosure acts."""
    for track in (design.subtrahend, design.minuend):
        for level, label in design.level_names.items():
            found = line(
                study.levels, f"in de gegevens is geen leerling op {the(track)}", track=track, level=level
            )
            inside = {} if isinstance(found, NotEstimable) else {"n": int(found["inside"])}
            name = design.level_result(level, track)
            yield one.row(name, f"{label}, {track}", found, unit="%", estimator="gewogen aandeel", **inside)


def _incomplete(one: _Answers, design: GapDesign) -> Iterator[Result]:
    """Pupils of the two tracks left out where background is equal, and the share of each track."""
    frame = one.panel.frame
    same = dutch.join([COVARIATES[name] for name in design.adjusted_for])
    label = f"leerlingen van wie {same} niet alle bekend zijn"
    rule = f"Zij vallen alleen weg waar leerlingen met gelijke {same} worden vergeleken."
    known = not isinstance(frame, NotEstimable)
    lacks = frame[list(design.adjusted_for)].isna().any(axis=1) if known else None
    groups = {
        track: frame["track"] == track if known else None for track in (design.subtrahend, design.minuend)
    }
    count = int(lacks[groups[design.subtrahend] | groups[design.minuend]].sum()) if known else frame
    yield one.plain("n_incomplete", label, count, "leerlingen", note=rule, **({"n": count} if count else {}))
    for track, rows in groups.items():
        value, n = frame, {}
        if known:
            inside = int(lacks[rows].sum())
            value = (
                100 * inside / rows.sum()
                if rows.any()
                else NotEstimable(f"in de gegevens is geen leerling op {the(track)}")
            )
            n = {"n": inside} if inside else {}
        yield one.plain(f"incomplete_{track}", f"{label}, {track}", value, "%", note=rule, **n)


def _counts(one: _Answers, design: GapDesign) -> Iterator[Result]:
    yield from _incomplete(one, design)
    dropped = one.panel.dropped
    yield one.plain("n", "leerlingen", one.of_frame(len), "leerlingen")
    yield one.plain("n_schools", "scholen", one.of_frame(_schools), "scholen")
    yield one.plain(
        "n_left_out",
        "leerlingen weggelaten",
        one.of_frame(lambda _: sum(count for _, count in dropped)),
        "leerlingen",
        note="; ".join(reason for reason, _ in dropped),
    )


def _quantiles(one: _Answers, study: GapStudy, design: GapDesign) -> Series:
    """The gap by quantile; ``n`` is how many pupils of the smallest group lie beyond the quantile."""
    points = study.quantiles
    if not isinstance(points, NotEstimable):
        smallest = min(
            int(line(study.means, track=track)["n"]) for track in (design.minuend, design.subtrahend)
        )
        beyond = np.minimum(points["q"], 1 - points["q"]) * smallest
        points = with_interval(points, one.level).assign(quantile=points["q"], n=beyond.astype(int))
        points = points[["quantile", "estimate", "low", "high", "n"]]
    return one.series(
        "kwantielen",
        f"verschil {_pair(design)} in burgerschapskennis naar percentiel",
        points,
        estimator="verschil van kwantielen",
    )


def _decomposition(one: _Answers, study: GapStudy, design: GapDesign, truth: CivicTruth | None) -> Series:
    points = study.decomposition
    if not isinstance(points, NotEstimable):
        points = with_interval(points, one.level)
        points = points[["reference", "component", "term", "estimate", "low", "high", "n"]]
        if truth is not None:
            rest = truth.gap_adjusted
            planted = {("gap", TOTAL): truth.gap, ("unexplained", TOTAL): rest}
            planted[("explained", TOTAL)] = truth.gap - rest
            planted |= {("explained", name): value for name, value in truth.explained.items()}
            keys = zip(points["component"], points["term"], strict=True)
            points = points.assign(truth=[planted[key] for key in keys])
    return one.series(
        "decompositie",
        f"verschil {_pair(design)} verdeeld naar achtergrond",
        points,
        estimator=_SPLIT,
    )


def _planted(one: _Answers, truth: CivicTruth, design: GapDesign) -> Iterator[Result]:
    """What the twin was made with, under the names of what is estimated."""
    gap = "verschil dat voor de tweeling is gekozen"
    yield one.plain("truth_gap", gap, truth.gap, POINTS)
    yield one.plain("truth_gap_sd", "hetzelfde in standaardafwijkingen", truth.gap / truth.sd, SD, decimals=2)
    yield one.plain(
        "truth_gap_adjusted",
        "verschil bij gelijke achtergrond dat voor de tweeling is gekozen",
        truth.gap_adjusted,
        POINTS,
    )
    for track, value in truth.mean_by_track.items():
        yield one.plain(f"truth_mean_{track}", f"gemiddelde {track} in de tweeling", value, POINTS)
    for name in design.adjusted_for:  # within each track the twin has the same slopes
        label = f"hoeveel groter het verschil in de tweeling is, {_STEPS[name]}"
        yield one.plain(f"truth_interaction_{name}", label, 0.0, POINTS)


def _schools(frame: pd.DataFrame) -> int:
    return frame["school"].nunique()
