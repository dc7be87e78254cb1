"""Means and standardised differences before the start, against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.balance import before_start, standardised_gap
from analysis.unknown import NotEstimableError


def frame(cohorts: dict[str, float], values: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (unit, unit[0], time, cohorts.get(unit[0], np.nan), value)
        for unit, path in values.items()
        for time, value in enumerate(path)
        if not math.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["unit", "cluster", "time", "cohort", "value"])


def test_levels_and_change_are_of_the_clusters_before_the_first_start():
    nan = math.nan
    found = before_start(
        frame(
            {"a": 2.0, "b": 3.0},
            {"a1": [1, 3, 50], "a2": [3, 7, 50], "b1": [2, 2, 2], "c1": [4, nan, 60], "c2": [6, 9, 60]},
        )
    )
    assert (found.last, found.previous) == (1, 0)
    assert found.table["last"].to_dict() == {"a": 5.0, "b": 2.0, "c": 9.0}
    assert found.table["mean"].to_dict() == {"a": 3.5, "b": 2.0, "c": 7.0}
    assert found.table["change"].to_dict() == {"a": 3.0, "b": 0.0, "c": 4.0}
    assert found.exposed.to_dict() == {"a": True, "b": True, "c": False}


def test_the_difference_is_in_standard_deviations_within_the_groups():
    values = pd.Series([1.0, 3.0, 5.0, 10.0, 14.0])
    exposed = pd.Series([True, True, True, False, False])
    # Variances 4 and 8, their mean 6; means 3 and 12.
    assert standardised_gap(values, exposed) == pytest.approx((3.0, 12.0, -9 / math.sqrt(6)))


@pytest.mark.parametrize("values", [[1.0, 1.0, 2.0, 2.0], [1.0, math.nan, 2.0, 3.0]])
def test_without_spread_or_with_one_place_there_is_no_difference(values):
    exposed = pd.Series([True, True, False, False])
    assert math.isnan(standardised_gap(pd.Series(values), exposed)[2])


def test_without_a_measurement_before_there_is_no_balance():
    with pytest.raises(NotEstimableError, match="before the first start"):
        before_start(frame({"a": 0.0}, {"a1": [1, 2], "b1": [1, 2]}))
