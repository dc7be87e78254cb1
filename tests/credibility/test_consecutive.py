"""The contrast of changes between consecutive elections, by an enumeration of its own."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from analysis.credibility.consecutive import consecutive_contrasts
from analysis.panel.turnout import turnout_panel
from analysis.unknown import NotEstimableError

PRODEMOS = ["PV20", "PV22", "PV24", "PV29", "PV30"]
NAMES = {"unit": "place", "time": "date", "outcome": "turnout_pct", "cluster": "province"}


@pytest.fixture(scope="module")
def turnout():
    return turnout_panel("TK").frame


@pytest.fixture(scope="module")
def contrasts(turnout):
    return consecutive_contrasts(turnout, **NAMES, treated=PRODEMOS, since="2024-01-01")


def test_the_yardstick_worked_out_by_hand(turnout):
    """Before this code was written, on the same counts with the postal votes of 2006 in Zuid-Holland."""
    postal = (turnout["date"] == "2006-11-22") & (turnout["province"] == "PV28")
    frame = turnout.copy()
    frame.loc[postal, "eligible"] += 32_126
    frame.loc[postal, "voters"] += 28_545
    frame["turnout_pct"] = 100 * frame["voters"] / frame["eligible"]
    found = consecutive_contrasts(frame, **NAMES, treated=PRODEMOS)["estimate"]
    expected = [-0.07, 0.45, -0.21, -0.28, 0.23, -0.32, -0.46, 0.35, 0.20]
    assert found.round(2).tolist() == pytest.approx(expected, abs=0.0051)


def test_the_yardstick_of_the_tweede_kamer(contrasts):
    expected = [-0.07, 0.45, -0.20, -0.30, 0.23, -0.32, -0.46, 0.35, 0.20]
    assert contrasts["estimate"].round(2).tolist() == pytest.approx(expected, abs=0.0051)
    last = contrasts.iloc[-1]
    assert (last["start"], last["end"], last["reassignments"]) == ("2023-11-22", "2025-10-29", 792)
    assert last["p_value"] == pytest.approx(183 / 792)
    assert contrasts["placebo"].tolist() == [True] * 8 + [False]
    assert contrasts["sd"].round(2).tolist() == [1.24, 1.0, 0.85, 0.93, 0.77, 0.9, 0.64, 1.33, 0.27]


def test_every_pair_by_enumeration(turnout, contrasts):
    wide = turnout.pivot_table(index="province", columns="date", values="turnout_pct")
    for (start, end), row in zip(pairwise(wide.columns), contrasts.itertuples(), strict=True):
        change = wide[end] - wide[start]

        def contrast(chosen, change=change):
            inside = change.index.isin(chosen)
            return change[inside].mean() - change[~inside].mean()

        every = np.array([contrast(chosen) for chosen in combinations(change.index, 5)])
        assert row.estimate == pytest.approx(contrast(PRODEMOS), abs=1e-10)
        assert row.p_value == pytest.approx((np.abs(every) >= abs(contrast(PRODEMOS)) - 1e-12).mean())


def test_counted_votes_of_2025_halve_the_contrast():
    frame = turnout_panel("TK", votes="counted").frame
    last = consecutive_contrasts(frame, **NAMES, treated=PRODEMOS).iloc[-1]
    assert last["estimate"] == pytest.approx(0.113, abs=5e-4)
    assert last["p_value"] == pytest.approx(0.538, abs=5e-4)


def test_a_planted_effect_is_found_and_units_seen_once_are_counted():
    rng = np.random.default_rng(5)
    rows = [
        (f"g{k}", f"p{k % 8}", date, 70 + rng.normal(0, 0.01) + (2.0 if date == "b" and k % 8 < 4 else 0))
        for k in range(40)
        for date in ("a", "b")
    ]
    frame = pd.DataFrame(rows, columns=["place", "province", "date", "turnout_pct"])
    frame = frame.drop(index=[0, 3])
    found = consecutive_contrasts(frame, **NAMES, treated=["p0", "p1", "p2", "p3"]).iloc[0]
    assert found["estimate"] == pytest.approx(2.0, abs=0.02)
    assert found["p_value"] == pytest.approx(2 / 70)
    assert (found["units"], found["left_out"], found["placebo"]) == (38, 2, False)


def test_what_has_no_contrast_says_why(turnout):
    with pytest.raises(NotEstimableError) as caught:
        consecutive_contrasts(turnout[turnout["date"] == "2025-10-29"], **NAMES, treated=PRODEMOS)
    assert "een verandering vraagt er twee" in caught.value.reason
    with pytest.raises(NotEstimableError, match="12 of 12 clusters are treated"):
        consecutive_contrasts(turnout, **NAMES, treated=turnout["province"])
    with pytest.raises(ValueError, match="treated PV99 does not occur"):
        consecutive_contrasts(turnout, **NAMES, treated=["PV99"])
    with pytest.raises(ValueError, match="columns opkomst are not in the frame"):
        consecutive_contrasts(turnout, **NAMES | {"outcome": "opkomst"}, treated=PRODEMOS)


def test_a_pair_without_places_of_both_groups_is_passed_over():
    """Of a and b, with a start, 2 is missing and of c and d 1: only 3 and 4 have places of both."""
    noise = np.random.default_rng(0).normal(size=(4, 5))
    rows = [
        (unit, time, 10.0 * place + noise[place, time])
        for place, unit in enumerate("abcd")
        for time in (0, 1, 2, 3, 4)
        if time != {"a": 2, "b": 2, "c": 1, "d": 1}[unit]
    ]
    frame = pd.DataFrame(rows, columns=["unit", "time", "y"]).assign(cluster=lambda f: f["unit"])
    names = {"unit": "unit", "time": "time", "outcome": "y", "cluster": "cluster"}
    found = consecutive_contrasts(frame, **names, treated=["a", "b"])
    assert found[["start", "end", "units"]].to_numpy().tolist() == [[3, 4, 4]]
    with pytest.raises(NotEstimableError, match="in common"):
        consecutive_contrasts(frame[frame["time"] < 3], **names, treated=["a", "b"])
