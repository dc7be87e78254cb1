"""Exposure on and off: by hand, against the authors' program, against group-time effects, planted effects."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered

from analysis.estimate.did import group_time_att
from analysis.estimate.did.switch_path import switch_path
from analysis.estimate.did.switching import switchers
from analysis.unknown import NotEstimableError

COLUMNS = {"unit": "unit", "time": "time", "exposure": "d", "outcome": "y"}


def long(exposure: np.ndarray, outcome: np.ndarray) -> pd.DataFrame:
    n, t = exposure.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), t),
            "time": np.tile(np.arange(1, t + 1), n),
            "d": exposure.ravel(),
            "y": outcome.ravel(),
        }
    )


def on_and_off(rng, n=40, t=7, effect=1.0, chance=0.12, noise=0.5):
    """A third of the units starts off; each switches now and then."""
    d = np.zeros((n, t))
    for i in range(n):
        state = rng.integers(0, 2) if i % 3 else 0
        for place in range(t):
            if place and rng.random() < chance:
                state = 1 - state
            d[i, place] = state
    y = rng.normal(size=(n, 1)) + rng.normal(size=t) + noise * rng.normal(size=(n, t)) + d * effect
    return long(d, y)


def test_did_m_by_hand():
    d = np.array([[0, 1, 1], [0, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 1]], dtype=float)
    y = np.array([[1, 5, 6], [0, 1, 3], [4, 6, 3], [2, 3, 7], [1, 2, 8]], dtype=float)
    # from 1 to 2: unit 0 on (+4) against units 1 and 4 (+1 both): 3
    # from 2 to 3: unit 4 on (+6) against unit 1 (+2): 4; unit 2 off (−3) against units 0 and 3 (+1, +4): 5.5
    found = switchers(long(d, y), **COLUMNS)
    assert found.table.loc["on", "estimate"] == pytest.approx((3 + 4) / 2)
    assert found.table.loc["off", "estimate"] == pytest.approx(5.5)
    assert found.estimate == pytest.approx((3 + 4 + 5.5) / 3)
    # a period earlier: unit 4 (+1) against unit 1 (+1); unit 2 (+2) against unit 3 (+1), unit 0 was off then
    assert found.table.loc["placebo", "estimate"] == pytest.approx((0 + (1 - 2)) / 2)
    assert list(found.table["switches"]) == [3, 2, 1, 2]
    assert found.left_out == 0


def test_path_as_the_authors_program_prints_it():
    """did_multiplegt_dyn 0.1.9 (its authors' port) on the same panel, four effects and two placebos."""
    frame = on_and_off(np.random.default_rng(0))
    found = switch_path(frame, effects=4, placebos=2, **COLUMNS)
    table = found.table
    assert list(table.index) == [-2, -1, 1, 2, 3, 4]
    assert table["estimate"].to_numpy() == pytest.approx(
        [0.155877, 0.011111, 1.245721, 1.056484, 0.998447, 0.925454], abs=1e-6
    )
    assert table["normalised"].to_numpy() == pytest.approx(
        [0.082040, 0.011111, 1.245721, 0.559315, 0.380361, 0.282778], abs=1e-6
    )
    assert list(table["switchers"]) == [10, 14, 20, 18, 16, 11]
    assert found.average["estimate"] == pytest.approx(1.274296, abs=1e-6)


def test_lasting_adoption_gives_the_group_time_event_study():
    """Without anybody switching back DID_ℓ is Callaway and Sant'Anna's effect at ℓ − 1."""
    frame = staggered(units=80, periods=8, starts=(np.nan, 4, 6, 7), growth=0.5)
    frame["d"] = (frame["time"] >= frame["cohort"]).astype(float)
    events = (
        group_time_att(frame, control="not_yet", **NAMES).aggregate("event").table.set_index("event_time")
    )
    found = switch_path(frame, **COLUMNS).table
    expected = events.loc[0 : len(found) - 1, "estimate"]
    assert found["estimate"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-10)


def test_two_periods_are_a_difference_in_differences():
    rng = np.random.default_rng(2)
    d = np.array([[0, 1]] * 4 + [[0, 0]] * 6, dtype=float)
    y = rng.normal(size=(10, 2))
    change = y[:, 1] - y[:, 0]
    expected = change[:4].mean() - change[4:].mean()
    assert switchers(long(d, y), **COLUMNS).estimate == pytest.approx(expected)
    assert switch_path(long(d, y), **COLUMNS).table.loc[1, "estimate"] == pytest.approx(expected)


def test_effects_that_differ_between_switchers_are_averaged_over_them():
    """Effects of switching on and off planted apart; a two-way regression weighs them otherwise."""
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(60):
        frame = on_and_off(rng, n=60, effect=0.0)
        own = np.linspace(-1, 3, 60)[frame["unit"]]
        frame["y"] += own * frame["d"]
        before = frame.groupby("unit")["d"].shift()
        truth = own[(before.notna() & (before != frame["d"])).to_numpy()].mean()
        few = frame.assign(group=frame["unit"] % 3)  # the error is not asked for: three refits, not sixty
        errors.append(switchers(few, cluster="group", **COLUMNS).estimate - truth)
    assert abs(np.mean(errors)) < 3.3 * np.std(errors) / np.sqrt(60)


def test_intervals_cover_with_twelve_clusters():
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(60):
        frame = on_and_off(rng, n=48, effect=1.0)
        frame["province"] = frame["unit"] % 12
        frame["y"] += rng.normal(0, 0.5, (12, 7))[frame["province"], frame["time"] - 1]
        row = switchers(frame, cluster="province", **COLUMNS).table.loc["effect"]
        covered.append(row["low"] <= 1 <= row["high"])
    assert abs(np.mean(covered) - 0.95) < 3.3 * np.sqrt(0.05 * 0.95 / 60)


def test_errors_are_those_of_leaving_out_each_cluster():
    frame = on_and_off(np.random.default_rng(5))
    frame["province"] = frame["unit"] % 8
    for call in (
        lambda one: switchers(one, cluster="province", **COLUMNS).table.loc["effect"],
        lambda one: switch_path(one, effects=2, cluster="province", **COLUMNS).table.loc[2],
    ):
        full = call(frame)
        without = np.array([call(frame[frame["province"] != code])["estimate"] for code in range(8)])
        expected = np.sqrt(7 / 8 * ((without - full["estimate"]) ** 2).sum())
        assert full["se"] == pytest.approx(expected, rel=1e-10)


def test_weights_count_units_that_often():
    frame = on_and_off(np.random.default_rng(6), n=15)
    times = np.where(np.arange(15) % 4 == 0, 3, 1)
    weighted = frame.assign(w=times[frame["unit"]].astype(float))
    repeated = pd.concat(
        [
            frame[times[frame["unit"]] > copy].assign(unit=lambda one, c=copy: one["unit"] + 100 * c)
            for copy in range(3)
        ]
    )
    assert switchers(weighted, weights="w", **COLUMNS).estimate == pytest.approx(
        switchers(repeated, **COLUMNS).estimate, abs=1e-12
    )
    first = switch_path(weighted, weights="w", placebos=1, **COLUMNS).table["estimate"]
    second = switch_path(repeated, placebos=1, **COLUMNS).table["estimate"]
    assert first.to_numpy() == pytest.approx(second.to_numpy(), abs=1e-12, nan_ok=True)


def test_doses_are_compared_within_equal_first_exposures_and_not_past_crossing():
    d = np.array([[2, 5, 5, 1], [2, 2, 2, 2], [0, 0, 0, 0], [0, 3, 3, 3]], dtype=float)
    y = np.array([[0, 6, 6, 9], [0, 0, 0, 0], [1, 2, 2, 2], [0, 4, 4, 4]], dtype=float)
    table = switch_path(long(d, y), **COLUMNS).table
    assert table.loc[1, "estimate"] == pytest.approx((6 + 3) / 2)
    assert table.loc[1, "normalised"] == pytest.approx(4.5 / 3)
    assert table.loc[2, "normalised"] == pytest.approx(4.5 / 6)
    assert table.loc[3, "switchers"] == 1  # the first unit fell below where it began
    assert table.loc[3, "estimate"] == pytest.approx(3)


def test_what_cannot_be_answered_says_why_and_bad_input_where():
    frame = on_and_off(np.random.default_rng(7), n=12)
    with pytest.raises(NotEstimableError, match="changes for no unit") as caught:
        switchers(frame.assign(d=0.0), **COLUMNS)
    assert caught.value.reason == "nergens begon of stopte het in de onderzochte jaren"
    together = frame.assign(d=(frame["time"] > 3).astype(float))
    for call in (switchers, switch_path):
        with pytest.raises(NotEstimableError) as caught:
            call(together, **COLUMNS)
        assert caught.value.reason == "er zijn geen eenheden zonder verandering om mee te vergelijken"
    with pytest.raises(ValueError, match="d is 2 for unit 0 in 1: expected 0 or 1"):
        switchers(frame.assign(d=frame["d"].where(frame.index != 0, 2.0)), **COLUMNS)
    with pytest.raises(ValueError, match="unit 0 has no row for 3"):
        switchers(frame.drop(index=2), **COLUMNS)
    with pytest.raises(ValueError, match="unit 0 occurs more than once in 1"):
        switchers(pd.concat([frame, frame.head(1)]), **COLUMNS)
    with pytest.raises(ValueError, match="province changes within unit 1"):
        switchers(frame.assign(province=np.where(frame.index == 8, 1, 0)), cluster="province", **COLUMNS)
    with pytest.raises(ValueError, match="column y is missing or infinite in 1 rows"):
        switch_path(frame.assign(y=frame["y"].where(frame.index != 4)), **COLUMNS)
    with pytest.raises(ValueError, match="effects 0"):
        switch_path(frame, effects=0, **COLUMNS)


def test_a_cluster_that_cannot_be_left_out_leaves_no_error_and_says_so():
    d = np.array([[0, 1]] * 2 + [[0, 0]] * 2, dtype=float)
    frame = long(d, np.arange(8.0).reshape(4, 2)).assign(province=lambda one: np.where(one["unit"] < 2, 0, 1))
    row = switchers(frame, cluster="province", **COLUMNS).table.loc["effect"]
    assert np.isfinite(row["estimate"])
    assert np.isnan(row["se"])
    assert row["reason"] == "zonder een van de clusters is er niets om mee te vergelijken"
    assert switchers(frame, **COLUMNS).table.loc["off", "reason"] == "er is niets om mee te vergelijken"
