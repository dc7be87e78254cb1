"""One number for an exposure that stops: worked out by hand, and with units that miss a measurement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.did import on_off_effect
from analysis.unknown import NotEstimableError

COLUMNS = {"unit": "unit", "time": "time", "exposure": "on", "outcome": "y"}


def panel(exposure: dict[str, list[int]], effects: dict[str, list[float]]) -> pd.DataFrame:
    """A level of its own for every unit, the same drift for all, and the effects."""
    rows = [
        (unit, time, float(on), 10 * place + 0.7 * time + effects.get(unit, [0] * len(path))[time])
        for place, (unit, path) in enumerate(exposure.items())
        for time, on in enumerate(path)
    ]
    return pd.DataFrame(rows, columns=["unit", "time", "on", "y"])


ON_OFF = {"a": [0, 1, 1, 0], "b": [0, 1, 1, 0], "c": [0, 0, 0, 0], "d": [0, 0, 0, 0]}


def test_a_measurement_under_exposure_is_worth_its_effect():
    found = on_off_effect(panel(ON_OFF, {unit: [0, 3, 3, 0] for unit in "ab"}), **COLUMNS)
    assert found.estimate == pytest.approx(3.0)  # (3 + 3 + 0) / 2 measurements
    assert found.se == pytest.approx(0.0, abs=1e-9)
    assert (found.n_units, found.n_clusters, found.incomplete, found.reason) == (4, 4, 0, "")


def test_what_lingers_after_a_stop_counts():
    frame = panel(ON_OFF, {"a": [0, 3, 3, 2], "b": [0, 3, 3, 0]})
    found = on_off_effect(frame, **COLUMNS)
    assert found.estimate == pytest.approx((8 + 6) / 4)
    # Leaving out a gives 3, b gives 4, c or d the same: 3/4 of the sum of squares.
    assert found.se == pytest.approx(np.sqrt(0.75 * (0.5**2 + 0.5**2)))


def test_in_the_measurement_of_a_switch_alone():
    exposure = {**ON_OFF, "e": [1, 1, 1, 1], "f": [1, 1, 1, 1]}
    effects = {"a": [0, 3, 9, 5], "b": [0, 3, 9, 5]}
    found = on_off_effect(panel(exposure, effects), **COLUMNS, estimator="switchers")
    assert found.estimate == pytest.approx((3 + (9 - 5)) / 2)  # joining, and minus the change on leaving


def test_units_that_miss_a_measurement_are_left_out_and_counted():
    frame = panel({**ON_OFF, "e": [0, 1, 1, 1]}, {"e": [0, 90, 90, 90]})
    found = on_off_effect(frame.drop(frame.index[-1]), **COLUMNS)
    assert found.estimate == pytest.approx(0.0, abs=1e-9)
    assert (found.n_units, found.incomplete) == (4, 1)


def test_what_cannot_be_had_says_why():
    frame = panel(ON_OFF, {})
    with pytest.raises(NotEstimableError, match="measured every time"):
        on_off_effect(frame[frame["time"] != frame["unit"].map({"a": 0, "b": 1, "c": 2, "d": 3})], **COLUMNS)
    with pytest.raises(NotEstimableError, match="not switched yet"):
        on_off_effect(frame[frame["unit"].isin(["a", "b"])], **COLUMNS)
    with pytest.raises(ValueError, match="expected switch_path or switchers"):
        on_off_effect(frame, **COLUMNS, estimator="two_way")
