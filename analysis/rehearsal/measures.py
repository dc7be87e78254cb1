"""Stand-ins for outcomes by place and date, and for lists of starts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from analysis.rehearsal.activities import PROVINCES
from analysis.rehearsal.places import MERGED, Town, written


def outcome(
    before: Sequence[Town],
    after: Sequence[Town],
    starts: dict[str, date],
    years: range,
    effect: float,
    rng: np.random.Generator,
) -> list[list]:
    """Municipality, year, mean, pupils and response, one row a municipality and year; some are lacking.

    Municipalities have the names of their year. A province drifts by itself, so that the effect is not all
    there is to see.
    """
    level = {town.code: rng.normal(0, 3) for town in (*before, *after)}
    drift = {code: np.cumsum(rng.normal(0, 0.4, len(years))) for code in PROVINCES}
    rows = []
    for number, year in enumerate(years):
        for town in before if year < MERGED else after:
            n = int(rng.integers(15, 60) + 30 * min(town.size, 8))
            begun = starts.get(town.province)
            reached = begun is not None and begun <= date(year, 1, 1)
            value = 55 + level[town.code] + drift[town.province][number] + 0.3 * number + effect * reached
            value += rng.normal(0, 12 / np.sqrt(n))
            if rng.random() > 0.02:
                place = [written(town, rng), PROVINCES[town.province]]
                rows.append([*place, year, round(float(value), 2), n, 55 + n % 30])
    return rows


def starts_by_province(starts: dict[str, date]) -> list[list]:
    """Province and first day; provinces where nothing has started are there without a date."""
    return [[name, starts.get(code), None] for code, name in PROVINCES.items()]


def starts_by_town(found: Sequence[Town], starts: dict[str, date], rng: np.random.Generator) -> list[list]:
    """Municipality and month of the first day; within a province one after another."""
    rows = []
    for town in found:
        begun = starts.get(town.province)
        if begun is not None and rng.random() < 0.7:
            later = begun.year + (begun.month - 1 + int(rng.integers(0, 6))) // 12
            month = (begun.month - 1 + int(rng.integers(0, 6))) % 12 + 1
            rows.append([town.name, PROVINCES[town.province], f"{later}-{month:02d}"])
    return rows
