"""An outcome as it comes: any table with a place, a date and a value.

A row may be a pupil, a school, a municipality or a province. Files, columns and the scale are declared in
``data/design/outcome_tables.toml``; the scale is compared with what stands in the file, so that marks from 1
to 10 are not read as percentages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analysis.design.tables import OUTCOMES, OutcomeMap
from analysis.sources.activities import LEVELS
from analysis.sources.locate import Gazetteer
from analysis.sources.placed_table import (
    Loss,
    Losses,
    Placed,
    read_placed,
    repeating,
    require_most_dated,
    require_most_placed,
)
from analysis.sources.places import UNPLACED

_DECLARED = f"data/design/{OUTCOMES}.toml"
_NARROW = 1 / 9  # of the scale: marks of 1 to 10 fill its lowest ninth at most on a scale to 100
_ENOUGH = 5  # values to judge by
_SAME = ["date", "until", "place", "school"]

MEASUREMENTS = pa.DataFrameSchema(
    {
        "date": pa.Column("datetime64[ns]", coerce=True),
        "until": pa.Column("datetime64[ns]", coerce=True),
        "precision": pa.Column(str),
        "place": pa.Column(str, nullable=True),
        "level": pa.Column(str, pa.Check.isin(LEVELS)),
        "school": pa.Column(str),
        "value": pa.Column(float),
        "n": pa.Column(float, pa.Check.gt(0), nullable=True),
        "se": pa.Column(float, pa.Check.ge(0), nullable=True),
        "weight": pa.Column(float, pa.Check.gt(0), nullable=True),
        "response": pa.Column(float, pa.Check.between(0, 100, include_min=False), nullable=True),
        "file": pa.Column(str),
        "line": pa.Column("int64"),
    },
    strict=True,
    name="measurements",
)
"""One row a measurement with a value. ``value`` and ``se`` are in the unit of the design; n, se, weight and
response (per cent of those invited) are missing where the file has none; n is 1 where a row is a pupil."""


@dataclass(frozen=True)
class Measurements:
    """An outcome.

    Attributes
    ----------
    frame : pandas.DataFrame
        As :data:`MEASUREMENTS`, in the order of the files.
    columns : tuple of str
        Names, as in the files, of the columns that were read, where there are others.
    persons : bool
        No file says over how many people a value goes, and each row counts as one.
    """

    name: str
    unit: str
    frame: pd.DataFrame
    losses: Losses
    columns: tuple[str, ...] = ()
    persons: bool = False


def read_outcome_table(
    paths: Iterable[Path], design: OutcomeMap, gazetteer: Gazetteer, *, declared: str = _DECLARED
) -> Measurements:
    """The measurements in all files together; rows without a value are left out and counted.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file cannot be read or lacks a column, a value lies outside the scale, all values together look
        like those of another scale, or n, se, weight or response cannot be one; names file, column and line.
    """
    placed = read_placed(paths, design, gazetteer, declared)
    frame, losses = placed.frame, placed.losses
    require_most_dated(losses)
    require_most_placed(frame, losses, declared)
    for column in ("n", "se", "weight", "response"):
        frame[column] = frame.get(column, pd.Series(np.nan, frame.index)).astype(float)
    known = frame["value"].notna()
    frame = frame[known].copy()
    losses = replace(placed.losses_of(frame), unknown=(("de uitkomst", int((~known).sum())),))
    _require_scale(frame, design, declared, placed)
    _require(placed, frame, "n", ~(frame["n"] > 0), "a number of people above zero")
    _require(placed, frame, "se", ~(frame["se"] >= 0), "a standard error of zero or more")
    _require(placed, frame, "weight", ~(frame["weight"] > 0), "a weight above zero")
    response = frame["response"]
    _require(
        placed,
        frame,
        "response",
        ~((response > 0) & (response <= 100)),
        "a percentage above 0 and at most 100",
    )
    _require(
        placed, frame, "response", (response <= 1) & (response.max() <= 1), "percentages: these are shares"
    )
    frame["value"] = design.shift + design.factor * frame["value"]
    frame["se"] = abs(design.factor) * frame["se"]
    frame = frame[list(MEASUREMENTS.columns)].reset_index(drop=True)
    losses = replace(losses, repeated=_repeated(frame))
    persons = bool(frame[["n", "se", "response"]].isna().all(axis=None)) and _of_pupils(frame)
    if persons:
        frame["n"] = 1.0  # the people whom another file counts in a column are rows here
    read = dict.fromkeys(name for names in placed.names.values() for name in names.values())
    columns = tuple(read) if placed.others else ()
    return Measurements(design.name, design.unit, MEASUREMENTS.validate(frame), losses, columns, persons)


def by_place(measurements: pd.DataFrame) -> pd.DataFrame:
    """One row a place and period: several schools or pupils there, taken together.

    The mean is weighted by `weight` where every row there has one, else by `n` where every row has that, else
    each row counts once. The standard error is that of the weighted mean of independent rows, missing unless
    every row has one.

    Parameters
    ----------
    measurements : pandas.DataFrame
        As :data:`MEASUREMENTS`; rows without a place are left out.

    Returns
    -------
    pandas.DataFrame
        date, until, precision, place, level, value, n (sum, missing unless every row has one), se, response
        (of all invited together, missing unless every row has it and n), rows.
    """
    keys = ["date", "until", "precision", "place", "level"]
    placed = measurements[measurements["level"] != UNPLACED]
    rows = [
        {**dict(zip(keys, values, strict=True)), **_together(group)}
        for values, group in placed.groupby(keys, sort=True)
    ]
    return pd.DataFrame(rows, columns=[*keys, "value", "n", "se", "response", "rows"])


def together_responded(n: pd.Series, response: pd.Series) -> float:
    """Per cent of all invited that answered: `n` of them in each row, `response` per cent of its invited."""
    return float(n.sum(skipna=False) / (n / response).sum(skipna=False))


def _together(group: pd.DataFrame) -> dict[str, float]:
    weight = np.ones(len(group))
    for column in ("n", "weight"):
        if group[column].notna().all():
            weight = group[column].to_numpy()
    share = weight / weight.sum()
    return {
        "value": float(share @ group["value"]),
        "n": group["n"].sum(skipna=False),
        "se": float(np.sqrt(share**2 @ group["se"].to_numpy() ** 2)),
        "response": together_responded(group["n"], group["response"]),
        "rows": len(group),
    }


def _require_scale(frame: pd.DataFrame, design: OutcomeMap, declared: str, placed: Placed) -> None:
    low, high = design.low, design.high
    _require(
        placed,
        frame,
        "value",
        ~frame["value"].between(low, high),
        f"a value from {low:g} to {high:g}, the low and high of {design.name} in {declared}",
    )
    values = frame["value"]
    fills = (values.max() - low) / (high - low) if len(values) >= _ENOUGH else 1.0
    if fills <= _NARROW and not design.narrow:
        raise ValueError(
            f"{placed.cell(frame.iloc[0], 'value')} and further: values run from {values.min():g} to "
            f"{values.max():g} on a scale declared as {low:g} to {high:g}; is it another scale (a mark from "
            "1 to 10, a share)? Declare low, high and factor for "
            f"{design.name} in {declared}, or narrow = true"
        )


def _require(placed: Placed, frame: pd.DataFrame, column: str, wrong: pd.Series, expected: str) -> None:
    wrong &= frame[column].notna()
    if wrong.any():
        first = frame[wrong].iloc[0]
        more = f"; {int(wrong.sum())} such values" if wrong.sum() > 1 else ""
        raise ValueError(
            f"{placed.cell(first, column)}: found {first[column]:g}, expected {expected}{more}. Correct it, "
            "or leave the cell empty where it is unknown"
        )


def _repeated(frame: pd.DataFrame) -> tuple[Loss, ...]:
    """Rows that say the same of a place and period a second time; not pupils, who may have one value."""
    placed = frame[frame["level"] != UNPLACED]
    again = placed.duplicated([*_SAME, "value", "n", "se", "weight"])
    return repeating(placed, again & placed["n"].notna() if _of_pupils(frame) else again)


def _of_pupils(frame: pd.DataFrame) -> bool:
    """Whether a row without n is a pupil: most rows have others of their place and period beside them."""
    placed = frame[frame["level"] != UNPLACED]
    return bool(placed.duplicated(_SAME).sum() > len(placed) / 2)
