"""What was measured of a question at each time: places, people and response, with a start and without."""

from __future__ import annotations

import pandas as pd

from analysis.answers.effect_names import MEASURED
from analysis.panel.question import Panel
from analysis.results import Series
from analysis.sources.outcome_table import together_responded
from analysis.unknown import NotEstimable

_COUNTED = ("units_exposed", "units_others", "provinces", "people", "response_exposed", "response_others")


def measured_series(rows) -> Series:
    """A point a measurement: date, places of both groups, provinces, and people where the source says so.

    Parameters
    ----------
    rows : analysis.answers.effect._Rows
        Of the question.
    """
    label = "wat bij elke meting is gemeten"
    found = measurements(rows.panel)
    return rows.series(MEASURED, label, found, _COUNTED)


def measurements(panel: Panel) -> pd.DataFrame | NotEstimable:
    """time, label, date, units of both groups, provinces, people, both responses, n of every measurement.

    `people` is missing where the source does not say over how many a value goes; `n` then counts places. The
    responses (per cent of those invited) are missing unless the source has one of every value of the group;
    with them goes `n_least`, the people in the smaller group.
    """
    frame = panel.frame
    if isinstance(frame, NotEstimable):
        return frame
    lines, answered = [], "response" in frame.columns and "n" in frame.columns
    for time, now in frame.groupby("time", sort=True):
        begins = now["cohort"].notna()
        people = float(now["n"].sum()) if "n" in now.columns else float("nan")
        lines.append(
            {
                "time": int(time),
                "label": panel.labels[time],
                "date": panel.dates[time] if panel.dates else panel.labels[time],
                "units_exposed": int(now.loc[begins, "unit"].nunique()),
                "units_others": int(now.loc[~begins, "unit"].nunique()),
                "provinces": int(now["province"].nunique()),
                "people": people,
                "response_exposed": _response(now[begins]) if answered else float("nan"),
                "response_others": _response(now[~begins]) if answered else float("nan"),
                "n": int(people) if people == people else int(now["unit"].nunique()),
                **({"n_least": int(now["n"].groupby(begins).sum().min())} if answered else {}),
            }
        )
    return pd.DataFrame(lines)


def _response(now: pd.DataFrame) -> float:
    """Rounded to what is shown, so that nothing finer leaves."""
    return round(together_responded(now["n"], now["response"]), 0) if len(now) else float("nan")
