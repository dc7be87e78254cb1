"""Civic knowledge by track in earlier cycles of ICCS, the gap, and how both changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis import dutch
from analysis.answers.kenniskloof import OUTCOME, POINTS, WEIGHTING
from analysis.answers.kenniskloof_names import the
from analysis.answers.lines import NOT_AN_EFFECT, line
from analysis.design.gap import TRACKS, GapDesign, Link
from analysis.estimate.gap import cycle_change
from analysis.estimate.gap_study import GapStudy
from analysis.estimate.survey import ReplicateDesign, difference, mean, t_quantile
from analysis.panel.civic_knowledge import plausible_values
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.unknown import NotEstimable, attempt

_MEAN, _DIFFERENCE = "gewogen gemiddelde", "verschil van gewogen gemiddelden"


@dataclass(frozen=True)
class Cycle:
    """Means by track and the gap of one cycle, as the survey engine gives them, or why there are none."""

    means: pd.DataFrame | NotEstimable
    gap: pd.DataFrame | NotEstimable


def trend_items(
    earlier: Mapping[int, Sourced], now: GapStudy | NotEstimable, design: GapDesign, *, level: float = 0.95
) -> tuple[Result, ...]:
    """Of each earlier cycle ``mean_<track>_<cycle>`` and ``gap_<cycle>``, and how they changed since.

    The change of a mean (``mean_change_<track>_<cycle>``) crosses the link between the scales of two cycles:
    it has an interval only where the linking error is known. Both groups of a cycle stand on one scale, so
    that a change of the gap between them (``gap_change_<cycle>``) crosses none. The samples are independent.

    Parameters
    ----------
    earlier : mapping of int to Sourced
        Of :func:`analysis.panel.civic_knowledge.earlier_cycles`.
    now : GapStudy or NotEstimable
        Of the last cycle.
    """
    last = max(design.countries.cycles)
    if isinstance(now, NotEstimable):
        now = GapStudy.without(now, design.adjusted_for)
    links = {(link.first, link.second): link for link in design.links}
    rows = []
    for cycle, panel in earlier.items():
        then = cycle_figures(panel, design)
        link = links.get((cycle, last), Link(cycle, last, "onbekend"))
        one = _Cycle(cycle, last, panel, level)
        rows += one.means(then, now.means, link)
        rows += one.gap(then, now.gap, f"{design.minuend} − {design.subtrahend}")
    return tuple(rows)


def cycle_figures(panel: Sourced, design: GapDesign) -> Cycle:
    """Means by track and the gap of one cycle."""
    frame = panel.frame
    if isinstance(frame, NotEstimable):
        return Cycle(frame, frame)
    survey = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
    values = frame[list(plausible_values(panel))]
    pair = {"group": frame["track"], "minuend": design.minuend, "subtrahend": design.subtrahend}
    return Cycle(
        attempt(mean, values, survey, by=frame["track"]), attempt(difference, values, survey, **pair)
    )


@dataclass(frozen=True)
class _Cycle:
    """Makes the rows of one earlier cycle."""

    cycle: int
    last: int
    panel: Sourced
    level: float

    def means(self, then: Cycle, now: pd.DataFrame | NotEstimable, link: Link) -> Iterator[Result]:
        told = (
            "De koppelfout tussen de metingen is onbekend; daarom geen interval."
            if link.points is None
            else f"Met koppelfout van {dutch.number(link.points, 1)} punten ({link.source})."
        )
        for track in TRACKS:
            none = f"in de gegevens is geen leerling op {the(track)}"
            ends = line(then.means, none, track=track), line(now, none, track=track)
            label = f"gemiddelde op {the(track)} in {self.cycle}"
            yield self._figure(f"mean_{track}_{self.cycle}", label, ends[0], _MEAN)
            label = f"verandering van het gemiddelde op {the(track)} van {self.cycle} naar {self.last}"
            name = f"mean_change_{track}_{self.cycle}"
            yield self._change(name, label, *ends, link.points, _MEAN, f"{told} {NOT_AN_EFFECT}")

    def gap(self, then: Cycle, now: pd.DataFrame | NotEstimable, pair: str) -> Iterator[Result]:
        ends = line(then.gap), line(now)
        label = f"verschil in gemiddelde in {self.cycle}, {pair}"
        yield self._figure(f"gap_{self.cycle}", label, ends[0], _DIFFERENCE)
        label = f"verandering van het verschil van {self.cycle} naar {self.last}, {pair}"
        yield self._change(f"gap_change_{self.cycle}", label, *ends, 0.0, _DIFFERENCE, NOT_AN_EFFECT)

    def _figure(self, name: str, label: str, found: pd.Series | NotEstimable, estimator: str) -> Result:
        if isinstance(found, NotEstimable):
            return self._row(name, label, found, estimator)
        given = _interval(found["estimate"], _known(found["se"]), found["df"], self.level)
        return self._row(name, label, found["estimate"], estimator, n=int(found["n"]), **given)

    def _change(
        self,
        name: str,
        label: str,
        then: pd.Series | NotEstimable,
        now: pd.Series | NotEstimable,
        linking_error: float | None,
        estimator: str,
        note: str,
    ) -> Result:
        lacking = next((one for one in (then, now) if isinstance(one, NotEstimable)), None)
        if lacking is not None:
            return self._row(name, label, lacking, estimator)
        errors = [_known(one["se"]) for one in (then, now)]
        value, se = cycle_change(then["estimate"], errors[0], now["estimate"], errors[1], linking_error)
        given = _interval(value, se, min(then["df"], now["df"]), self.level)
        n = int(min(then["n"], now["n"]))
        return self._row(name, label, value, estimator, n=n, note=note, **given)

    def _row(self, name: str, label: str, value: float | NotEstimable, estimator: str, **given) -> Result:
        shared = {"kind": self.panel.kind, "source": self.panel.source, "level": self.level,
                  "outcome": OUTCOME, "estimator": estimator, "weighting": WEIGHTING,
                  "note": NOT_AN_EFFECT}  # fmt: skip
        return Result(f"kenniskloof.{name}", label, value, POINTS, **(shared | given))


def _known(error: float) -> float | None:
    return None if pd.isna(error) else float(error)


def _interval(value: float, se: float | None, df: float, level: float) -> dict[str, float]:
    """Standard error and interval; nothing where they are not known."""
    if se is None:
        return {}
    margin = t_quantile(df, level) * se
    return {"se": se, "low": value - margin, "high": value + margin}
