"""The gap between tracks in earlier cycles of ICCS, and how it changed, where their files hold the track."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis.answers.kenniskloof import OUTCOME, POINTS, WEIGHTING
from analysis.answers.lines import NOT_AN_EFFECT, line
from analysis.design.gap import GapDesign
from analysis.estimate.gap import cycle_change
from analysis.estimate.survey import ReplicateDesign, difference, t_quantile
from analysis.panel.civic_knowledge import plausible_values
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.unknown import NotEstimable, attempt

_DIFFERENCE = "verschil van gewogen gemiddelden"


def trend_items(
    earlier: Mapping[int, Sourced],
    now: pd.DataFrame | NotEstimable,
    design: GapDesign,
    *,
    level: float = 0.95,
) -> tuple[Result, ...]:
    """``gap_<cycle>`` of each earlier cycle and ``gap_change_<cycle>``, from then to now.

    Both groups of a cycle stand on one scale, so that a change of the gap between them crosses no link; that
    of a mean would. The samples are independent.

    Parameters
    ----------
    earlier : mapping of int to Sourced
        Of :func:`analysis.panel.civic_knowledge.earlier_cycles`.
    now : pandas.DataFrame or NotEstimable
        The gap of the last cycle, as the survey engine gives it.
    """
    return tuple(row for cycle in earlier for row in _cycle(cycle, earlier[cycle], now, design, level))


def cycle_gap(panel: Sourced, design: GapDesign) -> pd.DataFrame | NotEstimable:
    """The gap in means of one cycle, or why there is none."""
    frame = panel.frame
    if isinstance(frame, NotEstimable):
        return frame
    survey = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
    pair = {"group": frame["track"], "minuend": design.minuend, "subtrahend": design.subtrahend}
    return attempt(difference, frame[list(plausible_values(panel))], survey, **pair)


def _cycle(
    cycle: int, panel: Sourced, now: pd.DataFrame | NotEstimable, design: GapDesign, level: float
) -> Iterator[Result]:
    then, now = line(cycle_gap(panel, design)), line(now)
    pair = f"{design.minuend} − {design.subtrahend}"
    shared = {"unit": POINTS, "kind": panel.kind, "source": panel.source, "level": level, "outcome": OUTCOME,
              "estimator": _DIFFERENCE, "weighting": WEIGHTING, "note": NOT_AN_EFFECT}  # fmt: skip
    label = f"verschil in gemiddelde in {cycle}, {pair}"
    if isinstance(then, NotEstimable):
        yield Result(f"kenniskloof.gap_{cycle}", label, then, **shared)
    else:
        df = then["df"]
        found = _interval(then["estimate"], then["se"], df, level)
        yield Result(f"kenniskloof.gap_{cycle}", label, then["estimate"], n=int(then["n"]), **found, **shared)
    label = f"verandering van het verschil van {cycle} naar {max(design.countries.cycles)}, {pair}"
    lacking = next((one for one in (then, now) if isinstance(one, NotEstimable)), None)
    if lacking is not None:
        yield Result(f"kenniskloof.gap_change_{cycle}", label, lacking, **shared)
        return
    errors = [None if pd.isna(one["se"]) else float(one["se"]) for one in (then, now)]
    value, se = cycle_change(then["estimate"], errors[0], now["estimate"], errors[1], 0.0)
    found = _interval(value, se, min(then["df"], now["df"]), level)
    n = int(min(then["n"], now["n"]))
    yield Result(f"kenniskloof.gap_change_{cycle}", label, value, n=n, **found, **shared)


def _interval(value: float, se: float | None, df: float, level: float) -> dict[str, float]:
    """Standard error and interval; nothing where they are not known."""
    if se is None or pd.isna(se):
        return {}
    margin = t_quantile(df, level) * se
    return {"se": se, "low": value - margin, "high": value + margin}
